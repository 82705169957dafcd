// The iterators of CPython's containers.
#ifndef PYVM_CORE_RUNTIME_ITERATOR_H_
#define PYVM_CORE_RUNTIME_ITERATOR_H_

#include <cstddef>
#include <cstdint>

#include "core/host/cpython.h"

namespace pyvm {

// Structs private to CPython.
struct RangeIterator {
  PyObject ob_base;
  long index, start, step, len;
};
struct SequenceIterator {
  PyObject ob_base;
  Py_ssize_t index;
  PyObject* sequence;  // null when exhausted
};
struct DictIterator {
  PyObject ob_base;
  PyDictObject* dict;  // null when exhausted
  Py_ssize_t used;     // ma_used at the start
  Py_ssize_t position;
  PyObject* result;
  Py_ssize_t left;
};
struct SetIterator {
  PyObject ob_base;
  PySetObject* set;  // null when exhausted
  Py_ssize_t used;   // at the start
  Py_ssize_t position;
  Py_ssize_t left;
};

// enumerate() and zip(). What they have given last is in `result`, too.
struct EnumerateIterator {
  PyObject ob_base;
  Py_ssize_t index;
  PyObject* iterator;
  PyObject* result;
};
struct ZipIterator {
  PyObject ob_base;
  Py_ssize_t size;
  PyObject* iterators;  // a tuple
  PyObject* result;
  int strict;
};

// The type of the iterators of ASCII strs, which are SequenceIterators too.
extern PyTypeObject* const text_iterator_type;

// Each returns a new reference; or null without an exception, if the case is
// not covered or memory is short.

// iter(range(*args)), for one to three ints of up to two digits, without the
// range.
PyObject* RangeIteratorOf(PyObject* const* args, size_t n);
// iter(sequence) of an exact list or tuple.
PyObject* SequenceIteratorOf(PyInterpreterState* interp, PyObject* sequence);

// The next key or value of a dict, or item of a set, as a new reference. Null,
// without an exception, leaves the case to CPython: other iterators, the end,
// a container that has changed.
PyObject* NextHashed(PyObject* iterator);

// The next item of an iterator over a list, tuple or ASCII str as a new
// reference. Null leaves the case to CPython: its end, and other iterators.
inline PyObject* NextInSequence(PyObject* iterator) {
  auto* it = reinterpret_cast<SequenceIterator*>(iterator);
  if (Py_IS_TYPE(iterator, &PyListIter_Type)) {
    if (it->sequence != nullptr && it->index < PyList_GET_SIZE(it->sequence)) {
      return Py_NewRef(PyList_GET_ITEM(it->sequence, it->index++));
    }
  } else if (Py_IS_TYPE(iterator, &PyTupleIter_Type)) {
    if (it->sequence != nullptr && it->index < PyTuple_GET_SIZE(it->sequence)) {
      return Py_NewRef(PyTuple_GET_ITEM(it->sequence, it->index++));
    }
  } else if (Py_IS_TYPE(iterator, text_iterator_type)) {
    if (it->sequence != nullptr &&
        it->index < PyUnicode_GET_LENGTH(it->sequence)) {
      auto* text = reinterpret_cast<PyASCIIObject*>(it->sequence);
      auto letter = reinterpret_cast<const uint8_t*>(text + 1)[it->index++];
      return Py_NewRef(
          reinterpret_cast<PyObject*>(&_Py_SINGLETON(strings).ascii[letter]));
    }
  }
  return nullptr;
}

// The next key and value (borrowed) of an iterator over the items of a dict.
// False leaves the case to CPython: its end, a dict that has changed, or one
// that shares its keys with others.
bool NextItemOf(DictIterator* iterator, PyObject** key, PyObject** value);

// Frees an iterator whose last reference is gone: a range's, or an exhausted
// one of a list or tuple. A few are kept for later loops.
void FreeIterator(PyObject* iterator);

}  // namespace pyvm

#endif  // PYVM_CORE_RUNTIME_ITERATOR_H_
