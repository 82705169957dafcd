// Comparisons that are functions written in Python: they run in the activation
// of the instruction, which is one of COMPARE_LT ... COMPARE_GE, JUMP_IF_LT ...
// JUMP_UNLESS_GE.
#ifndef PYVM_HANDLERS_COMPARE_H_
#define PYVM_HANDLERS_COMPARE_H_

#include "core/handlers/machine.h"

namespace pyvm::handlers {

constexpr bool IsCompareJump(Op op) {
  return op >= Op::kJUMP_IF_LT && op <= Op::kJUMP_UNLESS_GE;
}
constexpr bool IsComparison(Op op) {
  return (op >= Op::kCOMPARE_LT && op <= Op::kCOMPARE_GE) || IsCompareJump(op);
}
// Py_LT ... Py_GE.
constexpr int ComparisonOf(Op op) {
  Op first = !IsCompareJump(op)         ? Op::kCOMPARE_LT
             : op < Op::kJUMP_UNLESS_LT ? Op::kJUMP_IF_LT
                                        : Op::kJUMP_UNLESS_LT;
  return static_cast<int>(op) - static_cast<int>(first);
}
static_assert(ComparisonOf(Op::kJUMP_UNLESS_GE) == Py_GE &&
              ComparisonOf(Op::kJUMP_IF_LT) == Py_LT &&
              ComparisonOf(Op::kCOMPARE_EQ) == Py_EQ);

// Whether ComparePython can carry out the comparison.
bool IsComparedInPython(Activation* act, PyObject* left, PyObject* right,
                        int op);
PYVM_HANDLER ComparePython(PYVM_ARGS);

}  // namespace pyvm::handlers

#endif  // PYVM_HANDLERS_COMPARE_H_
