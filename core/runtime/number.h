// Arithmetic and comparison: the fast halves inline, the rest in number.cc.
#ifndef PYVM_CORE_RUNTIME_NUMBER_H_
#define PYVM_CORE_RUNTIME_NUMBER_H_

#include <cmath>

#include "core/runtime/object.h"

namespace pyvm {

// CPython's binary operator `oparg` (NB_ADD ... NB_INPLACE_XOR) on any operands
// (borrowed). New reference, or null with an exception.
PyObject* BinaryOp(PyObject* left, PyObject* right, uint32_t oparg);

// The same for exact ints, without looking for the operator's methods.
PyObject* BinaryIntOp(PyObject* left, PyObject* right, uint32_t oparg);

// The function that carries out the operator for two operands of one user
// class, if nothing else would be asked (borrowed); else null. No code runs.
PyObject* OperatorMethod(PyTypeObject* type, uint32_t oparg);
// The name of the method that the operator asks for first (borrowed); null with
// MemoryError.
PyObject* OperatorName(uint32_t oparg);
// What a comparison says whose first operand's method has returned
// NotImplemented. New reference, or null with an exception.
PyObject* CompareReflected(PyObject* left, PyObject* right, int op);
// Raises what the operator raises when no operand knows it.
void RaiseUnsupported(PyObject* left, PyObject* right, uint32_t oparg);

enum class IntOp {
  kAdd,
  kSub,
  kMul,
  kFloorDiv,
  kMod,
  kAnd,
  kOr,
  kXor,
  kLshift,
  kRshift
};

// The result of `op` on int64 operands of at most 60 bits if it has at most 62
// bits and is defined; else false.
// CPython's number of the operator.
constexpr uint32_t SourceArgOf(IntOp op) {
  constexpr uint32_t kArgs[] = {
      NB_ADD, NB_SUBTRACT, NB_MULTIPLY, NB_FLOOR_DIVIDE, NB_REMAINDER,
      NB_AND, NB_OR,       NB_XOR,      NB_LSHIFT,       NB_RSHIFT};
  return kArgs[static_cast<int>(op)];
}

template <IntOp op>
inline bool ComputeInt(int64_t a, int64_t b, int64_t* r) {
  switch (op) {
    case IntOp::kAdd:
      *r = a + b;
      return true;
    case IntOp::kSub:
      *r = a - b;
      return true;
    case IntOp::kMul:
      return !__builtin_mul_overflow(a, b, r);
    case IntOp::kFloorDiv:
    case IntOp::kMod: {
      if (b == 0) return false;
      int64_t q, m;
      if (((a | b) >> 32) == 0) {  // much cheaper than a 64-bit division
        q = static_cast<uint32_t>(a) / static_cast<uint32_t>(b);
        m = static_cast<uint32_t>(a) % static_cast<uint32_t>(b);
      } else {
        q = a / b;
        m = a % b;
        if (m != 0 && (m ^ b) < 0) {
          --q;
          m += b;
        }
      }
      *r = op == IntOp::kFloorDiv ? q : m;
      return true;
    }
    case IntOp::kAnd:
      *r = a & b;
      return true;
    case IntOp::kOr:
      *r = a | b;
      return true;
    case IntOp::kXor:
      *r = a ^ b;
      return true;
    case IntOp::kLshift: {
      if (static_cast<uint64_t>(b) > 60) return false;
      int64_t v = static_cast<int64_t>(static_cast<uint64_t>(a) << b);
      *r = v;
      return v >> b == a;
    }
    case IntOp::kRshift:
      if (b < 0) return false;
      *r = a >> (b > 63 ? 63 : b);
      return true;
  }
  __builtin_unreachable();
}

enum class FloatOp { kAdd, kSub, kMul, kDiv };

template <FloatOp op>
inline double ComputeFloat(double a, double b) {
  switch (op) {
    case FloatOp::kAdd:
      return a + b;
    case FloatOp::kSub:
      return a - b;
    case FloatOp::kMul:
      return a * b;
    case FloatOp::kDiv:
      return a / b;
  }
  __builtin_unreachable();
}

// The value of a float, or of an int that converts exactly.
inline bool ToDouble(PyObject* o, double* value) {
  if (IsFloat(o)) {
    *value = FloatValue(o);
    return true;
  }
  if (IsInt(o) && IsOneDigit(o)) {
    *value = static_cast<double>(OneDigitValue(o));
    return true;
  }
  return false;
}

// Python's comparisons, numbered as Py_LT ... Py_GE.
template <int op, typename T>
inline bool CompareValues(T a, T b) {
  switch (op) {
    case Py_LT:
      return a < b;
    case Py_LE:
      return a <= b;
    case Py_EQ:
      return a == b;
    case Py_NE:
      return a != b;
    case Py_GT:
      return a > b;
    default:
      return a >= b;
  }
}

// The same where one has no characters yet (PEP 393's legacy strings).
bool EqualLegacyStrings(PyObject* a, PyObject* b);
// Whether two different exact strs are equal.
inline bool EqualStrings(PyObject* a, PyObject* b) {
  auto* x = reinterpret_cast<PyASCIIObject*>(a);
  auto* y = reinterpret_cast<PyASCIIObject*>(b);
  if (x->length != y->length || x->length == 0) {
    if (!PyUnicode_IS_READY(a) || !PyUnicode_IS_READY(b)) [[unlikely]] {
      return EqualLegacyStrings(a, b);
    }
    return x->length == y->length;
  }
  if (x->hash != y->hash && x->hash != -1 && y->hash != -1) return false;
  return _PyUnicode_EQ(a, b) != 0;
}

// Compares what needs no call: ints of 60 bits, floats, and for equality
// interned or equally long strs. False if the operands are of other kinds.
template <int op>
inline bool FastCompare(PyObject* a, PyObject* b, bool* result) {
  if (Py_TYPE(a) != Py_TYPE(b)) {
    double x, y;
    if (!ToDouble(a, &x) || !ToDouble(b, &y)) return false;
    *result = CompareValues<op>(x, y);
    return true;
  }
  if (IsInt(a)) {
    int64_t x, y;
    if (!ToInt64(a, &x) || !ToInt64(b, &y)) return false;
    *result = CompareValues<op>(x, y);
    return true;
  }
  if (IsFloat(a)) {
    *result = CompareValues<op>(FloatValue(a), FloatValue(b));
    return true;
  }
  if ((op == Py_EQ || op == Py_NE) && IsStr(a)) {
    bool equal = a == b || EqualStrings(a, b);
    *result = equal == (op == Py_EQ);
    return true;
  }
  return false;
}

// PyObject_IsTrue with the common cases inline. -1 with an exception.
inline int Truth(PyObject* o) {
  if (o == Py_True) return 1;
  if (o == Py_False || o == Py_None) return 0;
  if (IsInt(o)) return IntSize(o) != 0;
  if (IsStr(o) && PyUnicode_IS_READY(o)) return PyUnicode_GET_LENGTH(o) != 0;
  if (Py_IS_TYPE(o, &PyList_Type) || Py_IS_TYPE(o, &PyTuple_Type)) {
    return Py_SIZE(o) != 0;
  }
  return PyObject_IsTrue(o);
}

// Releases `o` by the shortest way for its type.
inline void DropNumber(PyInterpreterState* interp, PyObject* o) {
  if (--o->ob_refcnt != 0) return;
  if (IsInt(o)) {
    FreeInt(o);
  } else if (IsFloat(o)) {
    FreeFloat(interp, o);
  } else {
    _Py_Dealloc(o);
  }
}

}  // namespace pyvm

#endif  // PYVM_CORE_RUNTIME_NUMBER_H_
