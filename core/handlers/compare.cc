#include "core/handlers/compare.h"

#include "core/handlers/calls.h"
#include "core/runtime/polymorphic.h"

namespace pyvm::handlers {
namespace {

// The function that compares two instances of `type`, as CPython's
// slot_tp_richcompare looks it up; null if it is not written in Python.
PyObject* FindComparison(PyTypeObject* type, int op) {
  PyObject* const names[] = {&_Py_ID(__lt__), &_Py_ID(__le__), &_Py_ID(__eq__),
                             &_Py_ID(__ne__), &_Py_ID(__gt__), &_Py_ID(__ge__)};
  return FindSpecial(type, names[op]);
}

}  // namespace

bool IsComparedInPython(Activation* act, PyObject* left, PyObject* right,
                        int op) {
  PyTypeObject* type = Py_TYPE(left);
  if (type != Py_TYPE(right) || (type->tp_flags & Py_TPFLAGS_HEAPTYPE) == 0) {
    return false;
  }
  PyObject* function = FindComparison(type, op);
  if (function == nullptr) return false;
  Unit* unit = InlineCallee(act, function);
  return unit != nullptr && unit->arg_count == 2;
}

PYVM_HANDLER ComparePython(PYVM_ARGS) {
  SavePc(pc, regs, pool);
  Op op = BaseOf(pc->op);
  bool jump = IsCompareJump(op);
  PyObject* left = ReadAny(regs, pool, jump ? pc->a : pc->b);
  PyObject* right = ReadAny(regs, pool, jump ? pc->b : pc->c);
  PyObject* function = FindComparison(Py_TYPE(left), ComparisonOf(op));
  Unit* unit = InlineCallee(act, function);
  Frame* frame = BeginCall(act, Py_NewRef(function), unit, 2);
  if (frame == nullptr) [[unlikely]]
    PYVM_ERROR();
  // The operands stay in place until the callee returns.
  frame->localsplus[0] = Py_NewRef(left);
  frame->localsplus[1] = Py_NewRef(right);
  PYVM_ENTER_CALL(frame, unit, 0, kReturnOperator);
}

}  // namespace pyvm::handlers
