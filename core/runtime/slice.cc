#include "core/runtime/slice.h"

#include <algorithm>

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

PyObject* Straight(PyObject* o, const Slice& slice) {
  Py_ssize_t stop = slice.start + slice.length;
  if (PyList_CheckExact(o)) return PyList_GetSlice(o, slice.start, stop);
  if (PyTuple_CheckExact(o)) return PyTuple_GetSlice(o, slice.start, stop);
  return PyUnicode_Substring(o, slice.start, stop);
}

PyObject** ItemsOf(PyObject* o) {
  return PyList_CheckExact(o) ? reinterpret_cast<PyListObject*>(o)->ob_item
                              : &PyTuple_GET_ITEM(o, 0);
}

PyObject* WithStep(PyObject* o, const Slice& slice) {
  Py_ssize_t size = Py_SIZE(o);
  PyObject* made = PyList_CheckExact(o) ? PyList_New(slice.length)
                                        : PyTuple_New(slice.length);
  if (made == nullptr) return nullptr;
  // The allocation may have run finalizers, which may have changed a list.
  if (Py_SIZE(o) != size) {
    Py_DECREF(made);
    return nullptr;
  }
  PyObject** from = ItemsOf(o);
  PyObject** to = ItemsOf(made);
  Py_ssize_t position = slice.start;
  for (Py_ssize_t i = 0; i < slice.length; ++i, position += slice.step) {
    to[i] = Py_NewRef(from[position]);
  }
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
  if (slice.step == 1) return Straight(owner, slice);
  return is_str ? nullptr : WithStep(owner, slice);
}

int StoreSlice(PyObject* owner, PyObject* start, PyObject* stop, PyObject* step,
               PyObject* value, bool dying) {
  Slice slice;
  if (!PyList_CheckExact(owner) || !PyList_CheckExact(value) ||
      step != Py_None ||
      !Resolve(PyList_GET_SIZE(owner), start, stop, step, &slice)) {
    return 1;
  }
  if (dying && value->ob_refcnt == 1 &&
      PyList_GET_SIZE(value) == slice.length) {
    PyObject** items = ItemsOf(value);
    std::swap_ranges(items, items + slice.length, ItemsOf(owner) + slice.start);
    return 0;
  }
  return PyList_SetSlice(owner, slice.start, slice.start + slice.length, value);
}

}  // namespace pyvm
