// Arithmetic: handlers specialised in place for ints, floats and strs.
#include "core/handlers/calls.h"
#include "core/handlers/machine.h"
#include "core/runtime/number.h"
#include "core/runtime/polymorphic.h"

namespace pyvm::handlers {
namespace {

// Whether both are ints but one is a bool: of two bools & makes a bool.
bool IsIntAndBool(PyObject* left, PyObject* right) {
  return (IsInt(left) && Py_IS_TYPE(right, &PyBool_Type)) ||
         (IsInt(right) && Py_IS_TYPE(left, &PyBool_Type));
}

// The generic half: any operands, C semantics of the operator.
template <OperandKind L, OperandKind R>
PYVM_HANDLER BinaryAny(PYVM_ARGS) {
  SavePc(pc, regs, pool);
  PyObject* left = Read<L>(regs, pool, pc->b);
  PyObject* right = Read<R>(regs, pool, pc->c);
  uint32_t oparg = SourceArg(pc, pool);
  if (Py_TYPE(left) == Py_TYPE(right) &&
      (Py_TYPE(left)->tp_flags & Py_TPFLAGS_HEAPTYPE) != 0) {
    PyObject* method = FindOperator(Py_TYPE(left), oparg);
    Unit* unit = method == nullptr ? nullptr : InlineCallee(act, method);
    if (unit != nullptr && unit->arg_count == 2) {
      Frame* frame = BeginCall(act, Py_NewRef(method), unit, 2);
      if (frame == nullptr) [[unlikely]]
        PYVM_ERROR();
      frame->localsplus[0] = Py_NewRef(left);
      frame->localsplus[1] = Py_NewRef(right);
      PYVM_ENTER_CALL(frame, unit, 0, kReturnOperator);
    }
  }
  PyObject* result;
  if (IsIntAndBool(left, right)) {
    constexpr uint32_t kInPlace = NB_INPLACE_ADD;
    result =
        BinaryIntOp(left, right, oparg >= kInPlace ? oparg - kInPlace : oparg);
  } else {
    result = BinaryOp(left, right, oparg);
  }
  Consume<L>(left, pc, regs, pool, pc->b);
  Consume<R>(right, pc, regs, pool, pc->c);
  if (result == nullptr) [[unlikely]]
    PYVM_ERROR();
  Set(result, pc->a, pc, regs, pool);
  PYVM_NEXT_AFTER_CALL(1);
}

struct Choice {
  Op for_ints;
  Op for_floats;
};

// The specialised operations of CPython's oparg, in-place or not.
Choice ChoiceOf(uint32_t oparg) {
  constexpr Op kNo = Op::kBINARY_OP_ANY;
  switch (oparg >= NB_INPLACE_ADD ? oparg - NB_INPLACE_ADD : oparg) {
    case NB_ADD:
      return {Op::kADD_INT, Op::kADD_FLOAT};
    case NB_SUBTRACT:
      return {Op::kSUB_INT, Op::kSUB_FLOAT};
    case NB_MULTIPLY:
      return {Op::kMUL_INT, Op::kMUL_FLOAT};
    case NB_TRUE_DIVIDE:
      return {Op::kTRUEDIV_FLOAT, Op::kTRUEDIV_FLOAT};
    case NB_FLOOR_DIVIDE:
      return {Op::kFLOORDIV_INT, kNo};
    case NB_REMAINDER:
      return {Op::kMOD_INT, kNo};
    case NB_AND:
      return {Op::kAND_INT, kNo};
    case NB_OR:
      return {Op::kOR_INT, kNo};
    case NB_XOR:
      return {Op::kXOR_INT, kNo};
    case NB_LSHIFT:
      return {Op::kLSHIFT_INT, kNo};
    case NB_RSHIFT:
      return {Op::kRSHIFT_INT, kNo};
    default:
      return {kNo, kNo};
  }
}

Op Choose(PyObject* left, PyObject* right, uint32_t oparg) {
  Choice choice = ChoiceOf(oparg);
  double unused;
  if (IsInt(left) && IsInt(right)) return choice.for_ints;
  if (ToDouble(left, &unused) && ToDouble(right, &unused)) {
    return choice.for_floats;
  }
  if (IsStr(left) && IsStr(right) &&
      (oparg == NB_ADD || oparg == NB_INPLACE_ADD)) {
    return Op::kADD_STR;
  }
  return Op::kBINARY_OP_ANY;
}

template <OperandKind L, OperandKind R>
PYVM_HANDLER Binary(PYVM_ARGS) {
  PyObject* left = Read<L>(regs, pool, pc->b);
  PyObject* right = Read<R>(regs, pool, pc->c);
  Rewrite(pc, Choose(left, right, SourceArg(pc, pool)));
  PYVM_AGAIN();
}

// A specialised handler met other operands: never again here, unless the new
// ones are numbers too.
template <OperandKind L, OperandKind R>
PYVM_HANDLER BinaryMiss(PYVM_ARGS) {
  PyObject* left = Read<L>(regs, pool, pc->b);
  PyObject* right = Read<R>(regs, pool, pc->c);
  Op op = BaseOf(pc->op);
  Op choice = Choose(left, right, SourceArg(pc, pool));
  bool to_float = op < Op::kADD_FLOAT && choice >= Op::kADD_FLOAT &&
                  choice <= Op::kTRUEDIV_FLOAT;
  if (to_float) {
    Rewrite(pc, choice);
    PYVM_AGAIN();
  }
  // Big ints keep their handler: small ones will come again.
  if (choice != op) Rewrite(pc, Op::kBINARY_OP_ANY);
  PYVM_TAIL BinaryAny<L, R>(pc, regs, pool, act);
}

// Ints that are too long, or an operation that raises.
template <IntOp op, OperandKind L, OperandKind R>
PYVM_HANDLER BinaryLongInt(PYVM_ARGS) {
  SavePc(pc, regs, pool);
  PyObject* left = Read<L>(regs, pool, pc->b);
  PyObject* right = Read<R>(regs, pool, pc->c);
  PyObject* result = BinaryIntOp(left, right, SourceArgOf(op));
  if constexpr (L == kTemp) {
    Forget<L>(regs, pc->b);
    DropInt(left);
  }
  if constexpr (R == kTemp) {
    Forget<R>(regs, pc->c);
    DropInt(right);
  }
  if (result == nullptr) [[unlikely]]
    PYVM_ERROR();
  PYVM_SET_AND_NEXT(result, 1);
}

template <IntOp op, OperandKind L, OperandKind R>
PYVM_HANDLER BinaryInt(PYVM_ARGS) {
  PyObject* left = Read<L>(regs, pool, pc->b);
  PyObject* right = Read<R>(regs, pool, pc->c);
  if (!IsInt(left) || !IsInt(right)) [[unlikely]] {
    PYVM_TAIL BinaryMiss<L, R>(pc, regs, pool, act);
  }
  int64_t a, b, value;
  if (!ToInt64(left, &a) || !ToInt64(right, &b) ||
      !ComputeInt<op>(a, b, &value)) [[unlikely]] {
    PYVM_TAIL BinaryLongInt<op, L, R>(pc, regs, pool, act);
  }
  // Temporaries are taken first: the destination may be the slot of one.
  Forget<L>(regs, pc->b);
  Forget<R>(regs, pc->c);
  PyObject* old = regs[pc->a];
  // Overwrite a box that dies here: the destination's, or a temporary's.
  if (old != nullptr && old->ob_refcnt == 1 && IsInt(old) &&
      OverwriteInt(old, value)) {
    if constexpr (L == kTemp) DropInt(left);
    if constexpr (R == kTemp) DropInt(right);
    PYVM_NEXT(1);
  }
  PyObject* result;
  if (L == kTemp && left->ob_refcnt == 1 && OverwriteInt(left, value)) {
    result = left;
  } else {
    result = NewInt(value);
    if constexpr (L == kTemp) DropInt(left);
  }
  if constexpr (R == kTemp) DropInt(right);
  if (result == nullptr) [[unlikely]]
    PYVM_ERROR();
  regs[pc->a] = result;
  if (old != nullptr && --old->ob_refcnt == 0) [[unlikely]] {
    act->dying = old;
    PYVM_TAIL DropAndNext<1>(pc, regs, pool, act);
  }
  PYVM_NEXT(1);
}

template <FloatOp op, OperandKind L, OperandKind R>
PYVM_HANDLER BinaryFloat(PYVM_ARGS) {
  PyObject* left = Read<L>(regs, pool, pc->b);
  PyObject* right = Read<R>(regs, pool, pc->c);
  double a, b;
  if (!ToDouble(left, &a) || !ToDouble(right, &b)) [[unlikely]] {
    PYVM_TAIL BinaryMiss<L, R>(pc, regs, pool, act);
  }
  if constexpr (op == FloatOp::kDiv) {
    if (b == 0.0) [[unlikely]] {
      PYVM_TAIL BinaryAny<L, R>(pc, regs, pool, act);
    }
  } else {
    if (!IsFloat(left) && !IsFloat(right)) [[unlikely]] {
      PYVM_TAIL BinaryMiss<L, R>(pc, regs, pool, act);
    }
  }
  double value = ComputeFloat<op>(a, b);
  Forget<L>(regs, pc->b);
  Forget<R>(regs, pc->c);
  PyObject* old = regs[pc->a];
  PyObject* result;
  if (old != nullptr && old->ob_refcnt == 1 && IsFloat(old)) {
    reinterpret_cast<PyFloatObject*>(old)->ob_fval = value;
    result = old;
  } else if (L == kTemp && left->ob_refcnt == 1 && IsFloat(left)) {
    reinterpret_cast<PyFloatObject*>(left)->ob_fval = value;
    result = left;
  } else if (R == kTemp && right->ob_refcnt == 1 && IsFloat(right)) {
    reinterpret_cast<PyFloatObject*>(right)->ob_fval = value;
    result = right;
  } else {
    result = NewFloat(act->interp, value);
  }
  if constexpr (L == kTemp) {
    if (left != result) DropNumber(act->interp, left);
  }
  if constexpr (R == kTemp) {
    if (right != result) DropNumber(act->interp, right);
  }
  if (result == nullptr) [[unlikely]]
    PYVM_ERROR();
  if (old != result) {
    regs[pc->a] = result;
    if (old != nullptr && --old->ob_refcnt == 0) [[unlikely]] {
      act->dying = old;
      PYVM_TAIL DropAndNext<1>(pc, regs, pool, act);
    }
  }
  PYVM_NEXT(1);
}

#define PYVM_INT_ROW(NAME, OP)                                 \
  template <OperandKind L, OperandKind R>                      \
  PYVM_HANDLER NAME##Handler(PYVM_ARGS) {                      \
    PYVM_TAIL BinaryInt<IntOp::OP, L, R>(pc, regs, pool, act); \
  }
#define PYVM_FLOAT_ROW(NAME, OP)                                   \
  template <OperandKind L, OperandKind R>                          \
  PYVM_HANDLER NAME##Handler(PYVM_ARGS) {                          \
    PYVM_TAIL BinaryFloat<FloatOp::OP, L, R>(pc, regs, pool, act); \
  }
PYVM_INT_ROW(AddInt, kAdd)
PYVM_INT_ROW(SubInt, kSub)
PYVM_INT_ROW(MulInt, kMul)
PYVM_INT_ROW(FloorDivInt, kFloorDiv)
PYVM_INT_ROW(ModInt, kMod)
PYVM_INT_ROW(AndInt, kAnd)
PYVM_INT_ROW(OrInt, kOr)
PYVM_INT_ROW(XorInt, kXor)
PYVM_INT_ROW(LshiftInt, kLshift)
PYVM_INT_ROW(RshiftInt, kRshift)
PYVM_FLOAT_ROW(AddFloat, kAdd)
PYVM_FLOAT_ROW(SubFloat, kSub)
PYVM_FLOAT_ROW(MulFloat, kMul)
PYVM_FLOAT_ROW(DivFloat, kDiv)

template <OperandKind L, OperandKind R>
PYVM_HANDLER AddStr(PYVM_ARGS) {
  PyObject* left = Read<L>(regs, pool, pc->b);
  PyObject* right = Read<R>(regs, pool, pc->c);
  if (!IsStr(left) || !IsStr(right)) [[unlikely]] {
    PYVM_TAIL BinaryMiss<L, R>(pc, regs, pool, act);
  }
  SavePc(pc, regs, pool);
  PyObject* result;
  if (L == kLocal && pc->b == pc->a && left != right) {
    // s = s + t: the local's own reference is given up, so that the string can
    // grow in place when it was the last one.
    PyUnicode_Append(&regs[pc->a], right);
    Consume<R>(right, pc, regs, pool, pc->c);
    if (regs[pc->a] == nullptr) [[unlikely]]
      PYVM_ERROR();
    PYVM_NEXT(1);
  }
  if (L == kTemp && left->ob_refcnt == 1) {
    result = left;
    Forget<L>(regs, pc->b);
    PyUnicode_Append(&result, right);
  } else {
    result = PyUnicode_Concat(left, right);
    Consume<L>(left, pc, regs, pool, pc->b);
  }
  Consume<R>(right, pc, regs, pool, pc->c);
  if (result == nullptr) [[unlikely]]
    PYVM_ERROR();
  PYVM_SET_AND_NEXT(result, 1);
}

// --- Unary ------------------------------------------------------------------

template <OperandKind K>
PYVM_HANDLER Negative(PYVM_ARGS) {
  PyObject* o = Read<K>(regs, pool, pc->b);
  PyObject* result;
  int64_t value;
  if (IsInt(o) && ToInt64(o, &value)) {
    result = NewInt(-value);
  } else if (IsFloat(o)) {
    result = NewFloat(act->interp, -FloatValue(o));
  } else {
    SavePc(pc, regs, pool);
    result = PyNumber_Negative(o);
  }
  Consume<K>(o, pc, regs, pool, pc->b);
  if (result == nullptr) [[unlikely]]
    PYVM_ERROR();
  Set(result, pc->a, pc, regs, pool);
  PYVM_NEXT_AFTER_CALL(1);
}

template <PyObject* (*fn)(PyObject*)>
PYVM_HANDLER Unary(PYVM_ARGS) {
  SavePc(pc, regs, pool);
  PyObject* o = ReadAny(regs, pool, pc->b);
  PyObject* result = fn(o);
  ConsumeAny(o, pc, regs, pool, pc->b);
  if (result == nullptr) [[unlikely]]
    PYVM_ERROR();
  Set(result, pc->a, pc, regs, pool);
  PYVM_NEXT_AFTER_CALL(1);
}

template <OperandKind K>
PYVM_HANDLER Not(PYVM_ARGS) {
  PyObject* o = Read<K>(regs, pool, pc->b);
  SavePc(pc, regs, pool);
  int truth = Truth(o);
  Consume<K>(o, pc, regs, pool, pc->b);
  if (truth < 0) [[unlikely]]
    PYVM_ERROR();
  Set(Py_NewRef(truth ? Py_False : Py_True), pc->a, pc, regs, pool);
  PYVM_NEXT_AFTER_CALL(1);
}

}  // namespace

PYVM_ROW2(BINARY_OP, Binary)
PYVM_ROW2(BINARY_OP_ANY, BinaryAny)
PYVM_ROW2(ADD_INT, AddIntHandler)
PYVM_ROW2(SUB_INT, SubIntHandler)
PYVM_ROW2(MUL_INT, MulIntHandler)
PYVM_ROW2(FLOORDIV_INT, FloorDivIntHandler)
PYVM_ROW2(MOD_INT, ModIntHandler)
PYVM_ROW2(AND_INT, AndIntHandler)
PYVM_ROW2(OR_INT, OrIntHandler)
PYVM_ROW2(XOR_INT, XorIntHandler)
PYVM_ROW2(LSHIFT_INT, LshiftIntHandler)
PYVM_ROW2(RSHIFT_INT, RshiftIntHandler)
PYVM_ROW2(ADD_FLOAT, AddFloatHandler)
PYVM_ROW2(SUB_FLOAT, SubFloatHandler)
PYVM_ROW2(MUL_FLOAT, MulFloatHandler)
PYVM_ROW2(TRUEDIV_FLOAT, DivFloatHandler)
PYVM_ROW2(ADD_STR, AddStr)
PYVM_ROW1(UNARY_NEGATIVE, Negative)
PYVM_ROW0(UNARY_POSITIVE, Unary<PyNumber_Positive>)
PYVM_ROW0(UNARY_INVERT, Unary<PyNumber_Invert>)
PYVM_ROW1(UNARY_NOT, Not)

}  // namespace pyvm::handlers
