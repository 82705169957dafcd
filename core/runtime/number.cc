#include "core/runtime/number.h"

namespace pyvm {

IntFreeList int_free_list;

PyObject* NewIntSlow(int64_t value) { return PyLong_FromLongLong(value); }

namespace {

PyObject* Power(PyObject* a, PyObject* b) {
  return PyNumber_Power(a, b, Py_None);
}
PyObject* InPlacePower(PyObject* a, PyObject* b) {
  return PyNumber_InPlacePower(a, b, Py_None);
}

// In the order of NB_ADD ... NB_INPLACE_XOR of opcode.h.
constexpr binaryfunc kBinaryOps[] = {
    PyNumber_Add,
    PyNumber_And,
    PyNumber_FloorDivide,
    PyNumber_Lshift,
    PyNumber_MatrixMultiply,
    PyNumber_Multiply,
    PyNumber_Remainder,
    PyNumber_Or,
    Power,
    PyNumber_Rshift,
    PyNumber_Subtract,
    PyNumber_TrueDivide,
    PyNumber_Xor,
    PyNumber_InPlaceAdd,
    PyNumber_InPlaceAnd,
    PyNumber_InPlaceFloorDivide,
    PyNumber_InPlaceLshift,
    PyNumber_InPlaceMatrixMultiply,
    PyNumber_InPlaceMultiply,
    PyNumber_InPlaceRemainder,
    PyNumber_InPlaceOr,
    InPlacePower,
    PyNumber_InPlaceRshift,
    PyNumber_InPlaceSubtract,
    PyNumber_InPlaceTrueDivide,
    PyNumber_InPlaceXor,
};
static_assert(sizeof(kBinaryOps) / sizeof(kBinaryOps[0]) == 26);
static_assert(NB_ADD == 0 && NB_INPLACE_XOR == 25 && NB_TRUE_DIVIDE == 11);

}  // namespace

PyObject* BinaryOp(PyObject* left, PyObject* right, uint32_t oparg) {
  return kBinaryOps[oparg](left, right);
}

PyObject* BinaryIntOp(PyObject* left, PyObject* right, uint32_t oparg) {
  const PyNumberMethods* m = PyLong_Type.tp_as_number;
  switch (oparg) {
    case NB_ADD:
      return m->nb_add(left, right);
    case NB_SUBTRACT:
      return m->nb_subtract(left, right);
    case NB_MULTIPLY:
      return m->nb_multiply(left, right);
    case NB_FLOOR_DIVIDE:
      return m->nb_floor_divide(left, right);
    case NB_REMAINDER:
      return m->nb_remainder(left, right);
    case NB_AND:
      return m->nb_and(left, right);
    case NB_OR:
      return m->nb_or(left, right);
    case NB_XOR:
      return m->nb_xor(left, right);
    case NB_LSHIFT:
      return m->nb_lshift(left, right);
    case NB_RSHIFT:
      return m->nb_rshift(left, right);
    default:
      return BinaryOp(left, right, oparg);
  }
}

}  // namespace pyvm
