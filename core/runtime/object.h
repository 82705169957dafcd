// References, and boxes for ints and floats that cost no call in C.
#ifndef PYVM_CORE_RUNTIME_OBJECT_H_
#define PYVM_CORE_RUNTIME_OBJECT_H_

#include "core/host/cpython.h"

namespace pyvm {

// Ints that await reuse, linked through ob_type. Kept apart from CPython, which
// has no such list in 3.11.
struct IntFreeList {
  PyLongObject* head = nullptr;
  int32_t room = 256;
  // How many digits there is room for, one or two: CPython's allocator rounds
  // up what is asked for one digit, those that look for errors do not.
  uint32_t digits = 1;

  // An int with one reference, whose size and digits are not set; or null.
  PyLongObject* Take() {
    PyLongObject* l = head;
    if (l == nullptr) return nullptr;
    head = reinterpret_cast<PyLongObject*>(Py_TYPE(l));
    ++room;
    l->ob_base.ob_base.ob_type = &PyLong_Type;
    l->ob_base.ob_base.ob_refcnt = 1;
    return l;
  }
  // Keeps an int whose last reference is gone; false if there is no room.
  bool Put(PyObject* o) {
    if (room <= 0) return false;
    --room;
    o->ob_type = reinterpret_cast<PyTypeObject*>(head);
    head = reinterpret_cast<PyLongObject*>(o);
    return true;
  }
};
extern IntFreeList int_free_list;  // defined in number.cc
// The same for ints of three to six digits, whose blocks have one size in
// CPython's allocator; not used with others.
extern IntFreeList wide_int_free_list;
constexpr Py_ssize_t kMinWideDigits = 3, kMaxWideDigits = 6;
// Before the first int is made here.
void InitIntFreeList();
// Gives their memory back.
void EmptyIntFreeLists();

inline bool IsInt(PyObject* o) { return Py_IS_TYPE(o, &PyLong_Type); }
inline bool IsFloat(PyObject* o) { return Py_IS_TYPE(o, &PyFloat_Type); }
inline bool IsStr(PyObject* o) { return Py_IS_TYPE(o, &PyUnicode_Type); }

inline double FloatValue(PyObject* o) {
  return reinterpret_cast<PyFloatObject*>(o)->ob_fval;
}

// --- Floats -----------------------------------------------------------------

// New reference, or null with MemoryError.
inline PyObject* NewFloat(PyInterpreterState* interp, double value) {
  struct _Py_float_state* state = &interp->float_state;
  PyFloatObject* f = state->free_list;
  if (f == nullptr) [[unlikely]]
    return PyFloat_FromDouble(value);
  state->free_list = reinterpret_cast<PyFloatObject*>(Py_TYPE(f));
  --state->numfree;
  f->ob_base.ob_type = &PyFloat_Type;
  f->ob_base.ob_refcnt = 1;
  f->ob_fval = value;
  return reinterpret_cast<PyObject*>(f);
}

// Frees an exact float whose last reference is gone.
inline void FreeFloat(PyInterpreterState* interp, PyObject* o) {
  struct _Py_float_state* state = &interp->float_state;
  if (state->numfree >= PyFloat_MAXFREELIST) [[unlikely]] {
    PyObject_Free(o);
    return;
  }
  ++state->numfree;
  o->ob_type = reinterpret_cast<PyTypeObject*>(state->free_list);
  state->free_list = reinterpret_cast<PyFloatObject*>(o);
}

inline void DropFloat(PyInterpreterState* interp, PyObject* o) {
  if (--o->ob_refcnt == 0) FreeFloat(interp, o);
}

// --- Ints -------------------------------------------------------------------

inline Py_ssize_t IntSize(PyObject* o) {
  return reinterpret_cast<PyVarObject*>(o)->ob_size;
}
inline bool IsOneDigit(PyObject* o) {
  return static_cast<size_t>(IntSize(o) + 1) <= 2;
}
inline int64_t OneDigitValue(PyObject* o) {
  return IntSize(o) *
         static_cast<int64_t>(reinterpret_cast<PyLongObject*>(o)->ob_digit[0]);
}
// The value of an int of at most two digits (60 bits).
inline bool ToInt64(PyObject* o, int64_t* value) {
  if (IsOneDigit(o)) {
    *value = OneDigitValue(o);
    return true;
  }
  Py_ssize_t size = IntSize(o);
  if (size != 2 && size != -2) return false;
  auto* l = reinterpret_cast<PyLongObject*>(o);
  int64_t v = static_cast<int64_t>(l->ob_digit[0]) |
              static_cast<int64_t>(l->ob_digit[1]) << PyLong_SHIFT;
  *value = size < 0 ? -v : v;
  return true;
}

inline PyObject* SmallInt(int64_t value) {
  return Py_NewRef(reinterpret_cast<PyObject*>(
      &_Py_SINGLETON(small_ints)[_PY_NSMALLNEGINTS + value]));
}
inline bool IsSmallInt(int64_t value) {
  return static_cast<uint64_t>(value) + _PY_NSMALLNEGINTS <
         _PY_NSMALLNEGINTS + _PY_NSMALLPOSINTS;
}

// Whether recycled ints have room for a magnitude.
inline bool FitsBox(uint64_t magnitude) {
  return magnitude <= PyLong_MASK ||
         (int_free_list.digits == 2 && magnitude >> (2 * PyLong_SHIFT) == 0);
}
inline void PutDigits(PyLongObject* l, bool negative, uint64_t magnitude) {
  Py_ssize_t size = 1;
  l->ob_digit[0] = static_cast<digit>(magnitude & PyLong_MASK);
  if (magnitude > PyLong_MASK) [[unlikely]] {
    l->ob_digit[1] = static_cast<digit>(magnitude >> PyLong_SHIFT);
    size = 2;
  }
  l->ob_base.ob_size = negative ? -size : size;
}
// Whether an exact int has the room of recycled ones.
inline bool IsBox(PyObject* o) {
  return static_cast<uint64_t>(IntSize(o)) + int_free_list.digits <=
         2 * uint64_t{int_free_list.digits};
}

// New reference, or null with MemoryError; out of line.
PyObject* NewIntSlow(int64_t value);

// New reference, or null with MemoryError.
inline PyObject* NewInt(int64_t value) {
  if (IsSmallInt(value)) return SmallInt(value);
  uint64_t magnitude =
      value < 0 ? -static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
  PyLongObject* l = FitsBox(magnitude) ? int_free_list.Take() : nullptr;
  if (l == nullptr) [[unlikely]]
    return NewIntSlow(value);
  PutDigits(l, value < 0, magnitude);
  return reinterpret_cast<PyObject*>(l);
}

// Frees an exact int whose last reference is gone.
inline void FreeInt(PyObject* o) {
  if (IsBox(o) && int_free_list.Put(o)) [[likely]]
    return;
  Py_ssize_t digits = IntSize(o) < 0 ? -IntSize(o) : IntSize(o);
  if (digits >= kMinWideDigits && digits <= kMaxWideDigits &&
      wide_int_free_list.Put(o)) {
    return;
  }
  PyObject_Free(o);
}

inline void DropInt(PyObject* o) {
  if (--o->ob_refcnt == 0) FreeInt(o);
}

// Overwrites `box`, an exact int that nobody else refers to, if the value fits
// the room that it certainly has. Small ints are never unshared.
inline bool OverwriteInt(PyObject* box, int64_t value) {
  if (!IsBox(box)) return false;
  uint64_t magnitude =
      value < 0 ? -static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
  if (!FitsBox(magnitude) || IsSmallInt(value)) return false;
  PutDigits(reinterpret_cast<PyLongObject*>(box), value < 0, magnitude);
  return true;
}

}  // namespace pyvm

#endif  // PYVM_CORE_RUNTIME_OBJECT_H_
