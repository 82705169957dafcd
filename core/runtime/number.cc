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

}  // namespace pyvm
