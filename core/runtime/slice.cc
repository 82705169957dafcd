#include "core/runtime/slice.h"

#include <algorithm>

#include "core/runtime/container.h"
#include "core/runtime/object.h"

namespace pyvm {
namespace {

// A bound or a step; false if it is neither None nor a small int.
inline bool ToBound(PyObject* o, Py_ssize_t none, Py_ssize_t* bound) {
  if (o == Py_None) {
    *bound = none;
    return true;
  }
  if (!IsInt(o) || !IsOneDigit(o)) return false;
  *bound = OneDigitValue(o);
  return true;
}

struct Slice {
  Py_ssize_t start, stop, step, length;
};

inline bool Resolve(Py_ssize_t size, PyObject* start, PyObject* stop,
                    PyObject* step, Slice* slice) {
  if (!ToBound(step, 1, &slice->step) || slice->step == 0) return false;
  bool back = slice->step < 0;
  if (!ToBound(start, back ? PY_SSIZE_T_MAX : 0, &slice->start) ||
      !ToBound(stop, back ? PY_SSIZE_T_MIN : PY_SSIZE_T_MAX, &slice->stop)) {
    return false;
  }
  slice->length =
      PySlice_AdjustIndices(size, &slice->start, &slice->stop, slice->step);
  return true;
}

PyObject** ItemsOf(PyObject* o) {
  return PyList_CheckExact(o) ? reinterpret_cast<PyListObject*>(o)->ob_item
                              : &PyTuple_GET_ITEM(o, 0);
}

void Copy(PyObject* o, const Slice& slice, PyObject** to) {
  PyObject** from = ItemsOf(o);
  Py_ssize_t position = slice.start;
  for (Py_ssize_t i = 0; i < slice.length; ++i, position += slice.step) {
    to[i] = Py_NewRef(from[position]);
  }
}

PyObject* OfList(PyObject* o, const Slice& slice) {
  PyInterpreterState* interp = _PyInterpreterState_GET();
  auto n = static_cast<uint32_t>(slice.length);
  PyListObject* made =
      n == slice.length ? ListFromFreeList(interp, n) : nullptr;
  if (made != nullptr) [[likely]] {
    Copy(o, slice, made->ob_item);
    auto* list = reinterpret_cast<PyObject*>(made);
    Track(interp, list);
    return list;
  }
  Py_ssize_t size = PyList_GET_SIZE(o);
  PyObject* list = PyList_New(slice.length);
  if (list == nullptr) return nullptr;
  // The allocation may have run finalizers, which may have changed the list.
  if (PyList_GET_SIZE(o) != size) {
    Py_DECREF(list);
    return nullptr;
  }
  Copy(o, slice, ItemsOf(list));
  return list;
}

PyObject* OfTuple(PyObject* o, const Slice& slice) {
  if (slice.step == 1) {
    return PyTuple_GetSlice(o, slice.start, slice.start + slice.length);
  }
  PyObject* made = PyTuple_New(slice.length);
  if (made != nullptr) Copy(o, slice, ItemsOf(made));
  return made;
}

}  // namespace

PyObject* LoadSlice(PyObject* owner, PyObject* start, PyObject* stop,
                    PyObject* step) {
  bool is_str = IsStr(owner) && PyUnicode_IS_READY(owner);
  if (!is_str && !PyList_CheckExact(owner) && !PyTuple_CheckExact(owner)) {
    return nullptr;
  }
  Slice slice;
  Py_ssize_t size = is_str ? PyUnicode_GET_LENGTH(owner) : Py_SIZE(owner);
  if (!Resolve(size, start, stop, step, &slice)) return nullptr;
  if (PyList_CheckExact(owner)) return OfList(owner, slice);
  if (!is_str) return OfTuple(owner, slice);
  return slice.step != 1 ? nullptr
                         : PyUnicode_Substring(owner, slice.start,
                                               slice.start + slice.length);
}

bool SwapSlice(PyObject* owner, PyObject* start, PyObject* stop, PyObject* step,
               PyObject* value) {
  Slice slice;
  if (!PyList_CheckExact(owner) || !PyList_CheckExact(value) ||
      step != Py_None || value->ob_refcnt != 1 ||
      !Resolve(PyList_GET_SIZE(owner), start, stop, step, &slice) ||
      PyList_GET_SIZE(value) != slice.length) {
    return false;
  }
  PyObject** items = ItemsOf(value);
  std::swap_ranges(items, items + slice.length, ItemsOf(owner) + slice.start);
  return true;
}

int StoreSlice(PyObject* owner, PyObject* start, PyObject* stop, PyObject* step,
               PyObject* value, bool dying) {
  if (dying && SwapSlice(owner, start, stop, step, value)) return 0;
  Slice slice;
  if (!PyList_CheckExact(owner) || !PyList_CheckExact(value) ||
      step != Py_None ||
      !Resolve(PyList_GET_SIZE(owner), start, stop, step, &slice)) {
    return 1;
  }
  return PyList_SetSlice(owner, slice.start, slice.start + slice.length, value);
}

}  // namespace pyvm
