#include "core/runtime/iterator.h"

#include "core/runtime/container.h"
#include "core/runtime/object.h"

namespace pyvm {

PyTypeObject* const text_iterator_type = &_PyUnicodeASCIIIter_Type;

namespace {

// Dead iterators, linked through ob_type. Those of lists and of tuples are of
// one kind.
struct FreeList {
  PyObject* head = nullptr;
  int room = 16;

  PyObject* Pop() {
    PyObject* o = head;
    if (o == nullptr || _Py_tracemalloc_config.tracing) return nullptr;
    head = reinterpret_cast<PyObject*>(o->ob_type);
    ++room;
    o->ob_refcnt = 1;
    return o;
  }
  bool Push(PyObject* o) {
    if (room <= 0) return false;
    --room;
    o->ob_type = reinterpret_cast<PyTypeObject*>(head);
    head = o;
    return true;
  }
};
FreeList ranges, sequences;

}  // namespace

PyObject* RangeIteratorOf(PyObject* const* args, size_t n) {
  if (n == 0 || n > 3) return nullptr;
  int64_t values[3];
  for (size_t i = 0; i < n; ++i) {
    if (!IsInt(args[i]) || !ToInt64(args[i], &values[i])) return nullptr;
  }
  int64_t start = n == 1 ? 0 : values[0];
  int64_t stop = n == 1 ? values[0] : values[1];
  int64_t step = n == 3 ? values[2] : 1;
  if (step == 0) return nullptr;
  int64_t length = 0;
  if (step > 0 && start < stop) {
    length = step == 1 ? stop - start : (stop - 1 - start) / step + 1;
  } else if (step < 0 && stop < start) {
    length = (start - 1 - stop) / -step + 1;
  }
  auto* made = reinterpret_cast<RangeIterator*>(ranges.Pop());
  if (made == nullptr) {
    made = PyObject_New(RangeIterator, &PyRangeIter_Type);
    if (made == nullptr) {
      PyErr_Clear();
      return nullptr;
    }
  }
  made->ob_base.ob_type = &PyRangeIter_Type;
  made->index = 0;
  made->start = start;
  made->step = step;
  made->len = length;
  return reinterpret_cast<PyObject*>(made);
}

PyObject* SequenceIteratorOf(PyInterpreterState* interp, PyObject* sequence) {
  PyTypeObject* type = PyList_CheckExact(sequence)    ? &PyListIter_Type
                       : PyTuple_CheckExact(sequence) ? &PyTupleIter_Type
                                                      : nullptr;
  if (type == nullptr) return nullptr;
  auto* made = reinterpret_cast<SequenceIterator*>(sequences.Pop());
  if (made == nullptr) return nullptr;
  made->ob_base.ob_type = type;
  made->index = 0;
  made->sequence = Py_NewRef(sequence);
  auto* iterator = reinterpret_cast<PyObject*>(made);
  Track(interp, iterator);
  return iterator;
}

namespace {

// Steps over removed entries; whether there is one at *i.
template <typename Entry>
inline bool Seek(const Entry* entries, Py_ssize_t n, Py_ssize_t* i) {
  while (*i < n && entries[*i].me_value == nullptr) ++*i;
  return *i < n;
}

PyObject* NextOfDict(DictIterator* it, bool keys) {
  PyDictObject* dict = it->dict;
  if (dict == nullptr || it->used != dict->ma_used || it->left == 0 ||
      dict->ma_values != nullptr) {
    return nullptr;
  }
  Py_ssize_t i = it->position, n = dict->ma_keys->dk_nentries;
  PyObject* next;
  if (DK_IS_UNICODE(dict->ma_keys)) {
    PyDictUnicodeEntry* entries = DK_UNICODE_ENTRIES(dict->ma_keys);
    if (!Seek(entries, n, &i)) return nullptr;
    next = keys ? entries[i].me_key : entries[i].me_value;
  } else {
    PyDictKeyEntry* entries = DK_ENTRIES(dict->ma_keys);
    if (!Seek(entries, n, &i)) return nullptr;
    next = keys ? entries[i].me_key : entries[i].me_value;
  }
  it->position = i + 1;
  --it->left;
  return Py_NewRef(next);
}

PyObject* NextOfSet(SetIterator* it) {
  PySetObject* set = it->set;
  if (set == nullptr || it->used != set->used) return nullptr;
  Py_ssize_t i = it->position;
  for (; i <= set->mask; ++i) {
    PyObject* key = set->table[i].key;
    if (key == nullptr || key == _PySet_Dummy) continue;
    it->position = i + 1;
    --it->left;
    return Py_NewRef(key);
  }
  return nullptr;
}

}  // namespace

PyObject* NextHashed(PyObject* iterator) {
  PyTypeObject* type = Py_TYPE(iterator);
  if (type == &PyDictIterKey_Type || type == &PyDictIterValue_Type) {
    return NextOfDict(reinterpret_cast<DictIterator*>(iterator),
                      type == &PyDictIterKey_Type);
  }
  if (type == &PySetIter_Type) {
    return NextOfSet(reinterpret_cast<SetIterator*>(iterator));
  }
  return nullptr;
}

bool NextItemOf(DictIterator* iterator, PyObject** key, PyObject** value) {
  PyDictObject* dict = iterator->dict;
  if (dict == nullptr || iterator->used != dict->ma_used ||
      iterator->left == 0 || dict->ma_values != nullptr) {
    return false;
  }
  PyDictKeysObject* keys = dict->ma_keys;
  Py_ssize_t i = iterator->position;
  PyObject *found_key = nullptr, *found = nullptr;
  if (DK_IS_UNICODE(keys)) {
    PyDictUnicodeEntry* entries = DK_UNICODE_ENTRIES(keys);
    while (i < keys->dk_nentries && entries[i].me_value == nullptr) ++i;
    if (i < keys->dk_nentries) {
      found_key = entries[i].me_key;
      found = entries[i].me_value;
    }
  } else {
    PyDictKeyEntry* entries = DK_ENTRIES(keys);
    while (i < keys->dk_nentries && entries[i].me_value == nullptr) ++i;
    if (i < keys->dk_nentries) {
      found_key = entries[i].me_key;
      found = entries[i].me_value;
    }
  }
  if (found_key == nullptr) return false;
  iterator->position = i + 1;
  --iterator->left;
  *key = found_key;
  *value = found;
  return true;
}

void FreeIterator(PyObject* iterator) {
  if (Py_IS_TYPE(iterator, &PyRangeIter_Type)) {
    if (ranges.Push(iterator)) return;
  } else if (sequences.room > 0) {
    _PyObject_GC_UNTRACK(iterator);
    sequences.Push(iterator);
    return;
  }
  _Py_Dealloc(iterator);
}

}  // namespace pyvm
