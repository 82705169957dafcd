// Comparisons and jumps.
#include "core/handlers/compare.h"
#include "core/handlers/generators.h"
#include "core/handlers/machine.h"
#include "core/runtime/dict.h"
#include "core/runtime/number.h"

namespace pyvm::handlers {
namespace {

// Goes to pc, which lies back if the jump was backward.
#define PYVM_GO(distance)                      \
  do {                                         \
    int32_t by = (distance);                   \
    pc += by;                                  \
    if (by <= 0) PYVM_LOOP();                  \
    if (act->cframe.use_tracing) [[unlikely]]  \
      PYVM_TAIL HandOver(pc, regs, pool, act); \
    PYVM_DISPATCH();                           \
  } while (0)

PYVM_HANDLER Jump(PYVM_ARGS) { PYVM_JUMP(LongJump(*pc)); }

PYVM_HANDLER JumpBack(PYVM_ARGS) {
  pc += LongJump(*pc);
  PYVM_LOOP();
}

PYVM_HANDLER JumpBackQuiet(PYVM_ARGS) {
  pc += LongJump(*pc);
  if (--UnitIn(pool)->loop_budget <= 0) [[unlikely]] {
    PYVM_TAIL DelegationBudget(pc, regs, pool, act);
  }
  PYVM_DISPATCH();
}

template <bool sense, OperandKind K>
PYVM_HANDLER JumpIf(PYVM_ARGS) {
  PyObject* o = Read<K>(regs, pool, pc->a);
  int truth;
  if (o == Py_True || o == Py_False || o == Py_None) [[likely]] {
    truth = o == Py_True;
    if constexpr (K == kTemp) {
      Forget<K>(regs, pc->a);
      --o->ob_refcnt;
    }
  } else {
    SavePc(pc, regs, pool);
    truth = Truth(o);
    Consume<K>(o, pc, regs, pool, pc->a);
    if (truth < 0) [[unlikely]]
      PYVM_ERROR();
  }
  if ((truth != 0) == sense) PYVM_GO(LongJump(*pc));
  PYVM_NEXT_AFTER_CALL(1);
}
template <OperandKind K>
PYVM_HANDLER JumpIfTrue(PYVM_ARGS) {
  PYVM_TAIL JumpIf<true, K>(pc, regs, pool, act);
}
template <OperandKind K>
PYVM_HANDLER JumpIfFalse(PYVM_ARGS) {
  PYVM_TAIL JumpIf<false, K>(pc, regs, pool, act);
}

template <bool sense, OperandKind K>
PYVM_HANDLER JumpNone(PYVM_ARGS) {
  PyObject* o = Read<K>(regs, pool, pc->a);
  bool is_none = o == Py_None;
  Consume<K>(o, pc, regs, pool, pc->a);
  if (is_none == sense) PYVM_GO(LongJump(*pc));
  PYVM_NEXT(1);
}
template <OperandKind K>
PYVM_HANDLER JumpIfNone(PYVM_ARGS) {
  PYVM_TAIL JumpNone<true, K>(pc, regs, pool, act);
}
template <OperandKind K>
PYVM_HANDLER JumpIfNotNone(PYVM_ARGS) {
  PYVM_TAIL JumpNone<false, K>(pc, regs, pool, act);
}

// `and` and `or`: the value stays if it decides.
template <bool sense>
PYVM_HANDLER JumpKeep(PYVM_ARGS) {
  PyObject* o = regs[pc->a];
  SavePc(pc, regs, pool);
  int truth = Truth(o);
  if (truth < 0) [[unlikely]]
    PYVM_ERROR();
  if ((truth != 0) == sense) PYVM_GO(LongJump(*pc));
  regs[pc->a] = nullptr;
  Drop(o, pc, regs, pool);
  PYVM_NEXT_AFTER_CALL(1);
}

// --- Comparison -------------------------------------------------------------

template <int op, OperandKind L, OperandKind R>
PYVM_HANDLER Compare(PYVM_ARGS) {
  PyObject* left = Read<L>(regs, pool, pc->b);
  PyObject* right = Read<R>(regs, pool, pc->c);
  bool truth;
  PyObject* result;
  if (FastCompare<op>(left, right, &truth)) {
    result = Py_NewRef(truth ? Py_True : Py_False);
  } else {
    if (IsComparedInPython(act, left, right, op)) {
      PYVM_TAIL ComparePython(pc, regs, pool, act);
    }
    SavePc(pc, regs, pool);
    result = PyObject_RichCompare(left, right, op);
  }
  Consume<L>(left, pc, regs, pool, pc->b);
  Consume<R>(right, pc, regs, pool, pc->c);
  if (result == nullptr) [[unlikely]]
    PYVM_ERROR();
  Set(result, pc->a, pc, regs, pool);
  PYVM_NEXT_AFTER_CALL(1);
}

// Comparison of other objects, then the jump.
template <int op, bool sense, OperandKind L, OperandKind R>
PYVM_HANDLER JumpCompareSlow(PYVM_ARGS) {
  PyObject* left = Read<L>(regs, pool, pc->a);
  PyObject* right = Read<R>(regs, pool, pc->b);
  if (IsComparedInPython(act, left, right, op)) {
    PYVM_TAIL ComparePython(pc, regs, pool, act);
  }
  SavePc(pc, regs, pool);
  PyObject* result = PyObject_RichCompare(left, right, op);
  int truth = -1;
  if (result != nullptr) {
    truth = Truth(result);
    Py_DECREF(result);
  }
  Consume<L>(left, pc, regs, pool, pc->a);
  Consume<R>(right, pc, regs, pool, pc->b);
  if (truth < 0) [[unlikely]]
    PYVM_ERROR();
  if ((truth != 0) == sense) PYVM_GO(static_cast<int16_t>(pc->c));
  PYVM_NEXT_AFTER_CALL(1);
}

template <OperandKind K>
inline void ConsumeNumber(PyObject* o, Activation* act, PyObject** regs,
                          uint16_t x) {
  if constexpr (K == kTemp) {
    Forget<K>(regs, x);
    DropNumber(act->interp, o);
  }
}

template <int op, bool sense, OperandKind L, OperandKind R>
PYVM_HANDLER JumpCompareOther(PYVM_ARGS) {
  PyObject* left = Read<L>(regs, pool, pc->a);
  PyObject* right = Read<R>(regs, pool, pc->b);
  bool truth;
  if (!FastCompare<op>(left, right, &truth)) {
    PYVM_TAIL JumpCompareSlow<op, sense, L, R>(pc, regs, pool, act);
  }
  ConsumeNumber<L>(left, act, regs, pc->a);
  ConsumeNumber<R>(right, act, regs, pc->b);
  if (truth == sense) PYVM_GO(static_cast<int16_t>(pc->c));
  PYVM_NEXT(1);
}

template <int op, bool sense, OperandKind L, OperandKind R>
PYVM_HANDLER JumpCompare(PYVM_ARGS) {
  PyObject* left = Read<L>(regs, pool, pc->a);
  PyObject* right = Read<R>(regs, pool, pc->b);
  if (!IsInt(left) || !IsInt(right) || !IsOneDigit(left) ||
      !IsOneDigit(right)) {
    PYVM_TAIL JumpCompareOther<op, sense, L, R>(pc, regs, pool, act);
  }
  bool truth = CompareValues<op>(OneDigitValue(left), OneDigitValue(right));
  if constexpr (L == kTemp) {
    Forget<L>(regs, pc->a);
    DropInt(left);
  }
  if constexpr (R == kTemp) {
    Forget<R>(regs, pc->b);
    DropInt(right);
  }
  if (truth == sense) {
    int32_t by = static_cast<int16_t>(pc->c);
    pc += by;
    if (by <= 0) PYVM_LOOP();
    PYVM_DISPATCH();
  }
  PYVM_NEXT(1);
}

#define PYVM_COMPARE_ROWS(NAME, OP)                              \
  template <OperandKind L, OperandKind R>                        \
  PYVM_HANDLER Compare##NAME(PYVM_ARGS) {                        \
    PYVM_TAIL Compare<OP, L, R>(pc, regs, pool, act);            \
  }                                                              \
  template <OperandKind L, OperandKind R>                        \
  PYVM_HANDLER JumpIf##NAME(PYVM_ARGS) {                         \
    PYVM_TAIL JumpCompare<OP, true, L, R>(pc, regs, pool, act);  \
  }                                                              \
  template <OperandKind L, OperandKind R>                        \
  PYVM_HANDLER JumpUnless##NAME(PYVM_ARGS) {                     \
    PYVM_TAIL JumpCompare<OP, false, L, R>(pc, regs, pool, act); \
  }
PYVM_COMPARE_ROWS(Lt, Py_LT)
PYVM_COMPARE_ROWS(Le, Py_LE)
PYVM_COMPARE_ROWS(Eq, Py_EQ)
PYVM_COMPARE_ROWS(Ne, Py_NE)
PYVM_COMPARE_ROWS(Gt, Py_GT)
PYVM_COMPARE_ROWS(Ge, Py_GE)

// --- Identity and membership ------------------------------------------------

template <bool sense, OperandKind L, OperandKind R>
PYVM_HANDLER Identity(PYVM_ARGS) {
  PyObject* left = Read<L>(regs, pool, pc->b);
  PyObject* right = Read<R>(regs, pool, pc->c);
  PyObject* result = Py_NewRef((left == right) == sense ? Py_True : Py_False);
  Consume<L>(left, pc, regs, pool, pc->b);
  Consume<R>(right, pc, regs, pool, pc->c);
  PYVM_SET_AND_NEXT(result, 1);
}
template <OperandKind L, OperandKind R>
PYVM_HANDLER Is(PYVM_ARGS) {
  PYVM_TAIL Identity<true, L, R>(pc, regs, pool, act);
}
template <OperandKind L, OperandKind R>
PYVM_HANDLER IsNot(PYVM_ARGS) {
  PYVM_TAIL Identity<false, L, R>(pc, regs, pool, act);
}

template <bool sense, OperandKind L, OperandKind R>
PYVM_HANDLER JumpIdentity(PYVM_ARGS) {
  PyObject* left = Read<L>(regs, pool, pc->a);
  PyObject* right = Read<R>(regs, pool, pc->b);
  bool same = left == right;
  Consume<L>(left, pc, regs, pool, pc->a);
  Consume<R>(right, pc, regs, pool, pc->b);
  if (same == sense) PYVM_GO(static_cast<int16_t>(pc->c));
  PYVM_NEXT(1);
}
template <OperandKind L, OperandKind R>
PYVM_HANDLER JumpIfIs(PYVM_ARGS) {
  PYVM_TAIL JumpIdentity<true, L, R>(pc, regs, pool, act);
}
template <OperandKind L, OperandKind R>
PYVM_HANDLER JumpIfIsNot(PYVM_ARGS) {
  PYVM_TAIL JumpIdentity<false, L, R>(pc, regs, pool, act);
}

// 1 or 0; -1 with an exception.
inline int Contains(PyObject* container, PyObject* item) {
  Found found = FindIn(container, item);
  if (found != Found::kAskCPython) [[likely]]
    return found == Found::kYes;
  return PySequence_Contains(container, item);
}

template <bool sense, OperandKind L, OperandKind R>
PYVM_HANDLER Membership(PYVM_ARGS) {
  PyObject* left = Read<L>(regs, pool, pc->b);
  PyObject* right = Read<R>(regs, pool, pc->c);
  SavePc(pc, regs, pool);
  int found = Contains(right, left);
  Consume<L>(left, pc, regs, pool, pc->b);
  Consume<R>(right, pc, regs, pool, pc->c);
  if (found < 0) [[unlikely]]
    PYVM_ERROR();
  Set(Py_NewRef((found != 0) == sense ? Py_True : Py_False), pc->a, pc, regs,
      pool);
  PYVM_NEXT_AFTER_CALL(1);
}
template <OperandKind L, OperandKind R>
PYVM_HANDLER ContainsItem(PYVM_ARGS) {
  PYVM_TAIL Membership<true, L, R>(pc, regs, pool, act);
}
template <OperandKind L, OperandKind R>
PYVM_HANDLER NotContains(PYVM_ARGS) {
  PYVM_TAIL Membership<false, L, R>(pc, regs, pool, act);
}

template <bool sense, OperandKind L, OperandKind R>
PYVM_HANDLER JumpMembership(PYVM_ARGS) {
  PyObject* left = Read<L>(regs, pool, pc->a);
  PyObject* right = Read<R>(regs, pool, pc->b);
  SavePc(pc, regs, pool);
  int found = Contains(right, left);
  Consume<L>(left, pc, regs, pool, pc->a);
  Consume<R>(right, pc, regs, pool, pc->b);
  if (found < 0) [[unlikely]]
    PYVM_ERROR();
  if ((found != 0) == sense) PYVM_GO(static_cast<int16_t>(pc->c));
  PYVM_NEXT_AFTER_CALL(1);
}
template <OperandKind L, OperandKind R>
PYVM_HANDLER JumpIfIn(PYVM_ARGS) {
  PYVM_TAIL JumpMembership<true, L, R>(pc, regs, pool, act);
}
template <OperandKind L, OperandKind R>
PYVM_HANDLER JumpIfNotIn(PYVM_ARGS) {
  PYVM_TAIL JumpMembership<false, L, R>(pc, regs, pool, act);
}

}  // namespace

PYVM_ROW0(JUMP, Jump)
PYVM_ROW0(JUMP_BACK, JumpBack)
PYVM_ROW0(JUMP_BACK_QUIET, JumpBackQuiet)
PYVM_ROW1(JUMP_IF_TRUE, JumpIfTrue)
PYVM_ROW1(JUMP_IF_FALSE, JumpIfFalse)
PYVM_ROW1(JUMP_IF_NONE, JumpIfNone)
PYVM_ROW1(JUMP_IF_NOT_NONE, JumpIfNotNone)
PYVM_ROW0(JUMP_IF_TRUE_KEEP, JumpKeep<true>)
PYVM_ROW0(JUMP_IF_FALSE_KEEP, JumpKeep<false>)
PYVM_ROW2(COMPARE_LT, CompareLt)
PYVM_ROW2(COMPARE_LE, CompareLe)
PYVM_ROW2(COMPARE_EQ, CompareEq)
PYVM_ROW2(COMPARE_NE, CompareNe)
PYVM_ROW2(COMPARE_GT, CompareGt)
PYVM_ROW2(COMPARE_GE, CompareGe)
PYVM_ROW2(JUMP_IF_LT, JumpIfLt)
PYVM_ROW2(JUMP_IF_LE, JumpIfLe)
PYVM_ROW2(JUMP_IF_EQ, JumpIfEq)
PYVM_ROW2(JUMP_IF_NE, JumpIfNe)
PYVM_ROW2(JUMP_IF_GT, JumpIfGt)
PYVM_ROW2(JUMP_IF_GE, JumpIfGe)
PYVM_ROW2(JUMP_UNLESS_LT, JumpUnlessLt)
PYVM_ROW2(JUMP_UNLESS_LE, JumpUnlessLe)
PYVM_ROW2(JUMP_UNLESS_EQ, JumpUnlessEq)
PYVM_ROW2(JUMP_UNLESS_NE, JumpUnlessNe)
PYVM_ROW2(JUMP_UNLESS_GT, JumpUnlessGt)
PYVM_ROW2(JUMP_UNLESS_GE, JumpUnlessGe)
PYVM_ROW2(IS, Is)
PYVM_ROW2(IS_NOT, IsNot)
PYVM_ROW2(JUMP_IF_IS, JumpIfIs)
PYVM_ROW2(JUMP_IF_IS_NOT, JumpIfIsNot)
PYVM_ROW2(CONTAINS, ContainsItem)
PYVM_ROW2(NOT_CONTAINS, NotContains)
PYVM_ROW2(JUMP_IF_IN, JumpIfIn)
PYVM_ROW2(JUMP_IF_NOT_IN, JumpIfNotIn)

}  // namespace pyvm::handlers
