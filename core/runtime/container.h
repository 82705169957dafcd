// Tuples and lists from CPython's free lists, without a call in C.
#ifndef PYVM_CORE_RUNTIME_CONTAINER_H_
#define PYVM_CORE_RUNTIME_CONTAINER_H_

#include <cstdint>

#include "core/host/cpython.h"

namespace pyvm {

// As _PyObject_GC_TRACK, for an interpreter that is at hand.
inline void Track(PyInterpreterState* interp, PyObject* o) {
  PyGC_Head* gc = _Py_AS_GC(o);
  PyGC_Head* head = interp->gc.generation0;
  auto* last = reinterpret_cast<PyGC_Head*>(head->_gc_prev);
  _PyGCHead_SET_NEXT(last, gc);
  _PyGCHead_SET_PREV(gc, last);
  _PyGCHead_SET_NEXT(gc, head);
  head->_gc_prev = reinterpret_cast<uintptr_t>(gc);
}

// A tuple of `n` items that the caller fills with owned references, then
// tracks. Null if the free list has none (no exception is set then).
inline PyTupleObject* TupleFromFreeList(PyInterpreterState* interp,
                                        uint32_t n) {
  if (n - 1 >= PyTuple_MAXSAVESIZE - 1 || _Py_tracemalloc_config.tracing) {
    return nullptr;
  }
  PyTupleObject*& head = interp->tuple.free_list[n - 1];
  PyTupleObject* tuple = head;
  if (tuple == nullptr) return nullptr;
  head = reinterpret_cast<PyTupleObject*>(tuple->ob_item[0]);
  --interp->tuple.numfree[n - 1];
  tuple->ob_base.ob_base.ob_refcnt = 1;
  return tuple;
}

// Frees an exact tuple whose last reference is gone; `release` gives up a
// reference to an item, which may be null. False, with nothing done, where the
// tuple is not for the free list.
template <typename Release>
inline bool FreeTuple(PyInterpreterState* interp, PyObject* o,
                      Release release) {
  Py_ssize_t n = Py_SIZE(o);
  if (n == 0 || n >= PyTuple_MAXSAVESIZE ||
      interp->tuple.numfree[n - 1] >= PyTuple_MAXFREELIST) {
    return false;
  }
  if (_PyObject_GC_IS_TRACKED(o)) _PyObject_GC_UNTRACK(o);
  auto* tuple = reinterpret_cast<PyTupleObject*>(o);
  for (Py_ssize_t i = n; i-- > 0;) release(tuple->ob_item[i]);
  PyTupleObject*& head = interp->tuple.free_list[n - 1];
  tuple->ob_item[0] = reinterpret_cast<PyObject*>(head);
  head = tuple;
  ++interp->tuple.numfree[n - 1];
  return true;
}

// The same with an item's last reference as any, which may run code.
inline void FreeTuple(PyInterpreterState* interp, PyObject* o) {
  auto release = [](PyObject* item) { Py_XDECREF(item); };
  if (!FreeTuple(interp, o, release)) _Py_Dealloc(o);
}

// As TupleFromFreeList, with room for `n` items; also null where memory is
// short.
inline PyListObject* ListFromFreeList(PyInterpreterState* interp, uint32_t n) {
  struct _Py_list_state* state = &interp->list;
  if (state->numfree == 0 || _Py_tracemalloc_config.tracing) return nullptr;
  PyObject** items = nullptr;
  if (n > 0) {
    items = static_cast<PyObject**>(PyMem_Malloc(n * sizeof(PyObject*)));
    if (items == nullptr) return nullptr;
  }
  PyListObject* list = state->free_list[--state->numfree];
  list->ob_base.ob_base.ob_refcnt = 1;
  list->ob_base.ob_size = n;
  list->ob_item = items;
  list->allocated = n;
  return list;
}

// As FreeTuple, of an exact list.
template <typename Release>
inline bool FreeList(PyInterpreterState* interp, PyObject* o, Release release) {
  struct _Py_list_state* state = &interp->list;
  if (state->numfree >= PyList_MAXFREELIST) return false;
  _PyObject_GC_UNTRACK(o);
  auto* list = reinterpret_cast<PyListObject*>(o);
  if (list->ob_item != nullptr) {
    for (Py_ssize_t i = Py_SIZE(o); i-- > 0;) release(list->ob_item[i]);
    PyMem_Free(list->ob_item);
  }
  if (state->numfree >= PyList_MAXFREELIST) {
    PyObject_GC_Del(o);
  } else {
    state->free_list[state->numfree++] = list;
  }
  return true;
}
inline void FreeList(PyInterpreterState* interp, PyObject* o) {
  auto release = [](PyObject* item) { Py_XDECREF(item); };
  if (!FreeList(interp, o, release)) _Py_Dealloc(o);
}

}  // namespace pyvm

#endif  // PYVM_CORE_RUNTIME_CONTAINER_H_
