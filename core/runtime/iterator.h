// The iterators of ranges, lists and tuples, which loops make and drop.
#ifndef PYVM_CORE_RUNTIME_ITERATOR_H_
#define PYVM_CORE_RUNTIME_ITERATOR_H_

#include <cstddef>

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

// The type of the iterators of ASCII strs, which are SequenceIterators too.
extern PyTypeObject* const text_iterator_type;

// Each returns a new reference; or null without an exception, if the case is
// not covered or memory is short.

// iter(range(*args)), for one to three ints of up to two digits, without the
// range.
PyObject* RangeIteratorOf(PyObject* const* args, size_t n);
// iter(sequence) of an exact list or tuple.
PyObject* SequenceIteratorOf(PyInterpreterState* interp, PyObject* sequence);

// Frees an iterator whose last reference is gone: a range's, or an exhausted
// one of a list or tuple. A few are kept for later loops.
void FreeIterator(PyObject* iterator);

}  // namespace pyvm

#endif  // PYVM_CORE_RUNTIME_ITERATOR_H_
