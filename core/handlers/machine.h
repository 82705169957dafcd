// The interpreter's machine state, and what every handler is made of.
//
// A handler is a function that ends in a tail call of the next one. Four values
// travel in registers that C functions preserve: the instruction, the frame's
// registers, the unit's pool and the activation. A handler that needs no C call
// on its fast path therefore touches no stack at all.
#ifndef PYVM_HANDLERS_MACHINE_H_
#define PYVM_HANDLERS_MACHINE_H_

#include <cstdint>
#include <type_traits>

#include "core/bytecode/instr.h"
#include "core/bytecode/opcodes.h"
#include "core/feedback/inline_cache.h"
#include "core/host/activation.h"
#include "core/host/frame.h"
#include "core/runtime/number.h"
#include "core/runtime/object.h"
#include "core/tier/tier.h"

namespace pyvm::handlers {

#define PYVM_ARGS                                                     \
  [[maybe_unused]] const Instr *pc, [[maybe_unused]] PyObject **regs, \
      [[maybe_unused]] PyObject **pool, [[maybe_unused]] Activation *act
#define PYVM_TAIL __attribute__((musttail)) return

// A tier compiles the handlers in one of two ways.
//
// Threaded: a handler goes on with the next one by a tail call, and no handler
// returns before the activation leaves the tier.
//
// Returning: a handler is a C function that machine code calls for one
// instruction. It returns null to go on behind that instruction, an instruction
// of the same frame to go on there, or kSwitched where act->pc, regs and pool
// say how the activation goes on.
//
// Alone, in addition: an instruction that raises does not look for a handler.
// It returns kFailed, and act->pc, regs and pool say where; and none hands its
// frame to CPython's evaluator because tracing has been switched on. For a tier
// that has the frame's other values elsewhere.
#if PYVM_RETURNING
#define PYVM_CC
#define PYVM_HANDLER const Instr*
inline const Instr* const kSwitched = reinterpret_cast<const Instr*>(1);
inline const Instr* const kFailed = reinterpret_cast<const Instr*>(3);
#else
#define PYVM_CC __attribute__((preserve_none))
#define PYVM_HANDLER PYVM_CC void
#endif
using Handler = std::remove_pointer_t<PYVM_HANDLER (*)(PYVM_ARGS)>*;

// Indexed by concrete opcode. Not const: counting swaps its entries.
extern Handler table[kNumConcreteOps];
// Before the first instruction runs.
void FillTable();

// The tier that these handlers belong to.
extern const Tier kThisTier;

// The handlers of one row of opcodes.def, one for each combination of kinds.
struct HandlerRow {
  Handler variants[9];
};
#define PYVM_OP(name, ...) extern const HandlerRow kRow_##name;
#include "core/bytecode/opcodes.def"
#undef PYVM_OP

// --- Going on ---------------------------------------------------------------

// Runs the instruction at pc, as it is now.
#define PYVM_AGAIN() PYVM_TAIL table[pc->op](pc, regs, pool, act)

#if PYVM_RETURNING
// Goes on at pc, in the same frame.
#define PYVM_DISPATCH() return pc
// Goes on behind the `n` words of the instruction.
#define PYVM_NEXT(n) return nullptr
// Goes on at pc in a frame that may be another one.
#define PYVM_SWITCH() \
  do {                \
    act->pc = pc;     \
    act->regs = regs; \
    act->pool = pool; \
    return kSwitched; \
  } while (0)
// The activation's first frame has ended.
#define PYVM_EXIT()    \
  do {                 \
    act->pc = nullptr; \
    return kSwitched;  \
  } while (0)
#else
#define PYVM_DISPATCH() PYVM_AGAIN()
#define PYVM_NEXT(n) \
  do {               \
    pc += (n);       \
    PYVM_DISPATCH(); \
  } while (0)
#define PYVM_SWITCH()                                  \
  do {                                                 \
    if (UnitIn(pool)->tier != &kThisTier) [[unlikely]] \
      PYVM_TAIL LeaveTier(pc, regs, pool, act);        \
    PYVM_DISPATCH();                                   \
  } while (0)
#define PYVM_EXIT() return
// The activation goes on in the tier of its frame.
PYVM_HANDLER LeaveTier(PYVM_ARGS);
#endif
#define PYVM_JUMP(n) \
  do {               \
    pc += (n);       \
    PYVM_DISPATCH(); \
  } while (0)
#if PYVM_ALONE
#define PYVM_NEXT_AFTER_CALL(n) PYVM_NEXT(n)
#define PYVM_JUMP_AFTER_CALL(n) PYVM_JUMP(n)
#define PYVM_ERROR()  \
  do {                \
    act->pc = pc;     \
    act->regs = regs; \
    act->pool = pool; \
    return kFailed;   \
  } while (0)
#define PYVM_ERROR_AGAIN() PYVM_ERROR()
#else
// After foreign code may have run: it may have switched tracing on.
#define PYVM_NEXT_AFTER_CALL(n)                 \
  do {                                          \
    if (act->cframe.use_tracing) [[unlikely]] { \
      pc += (n);                                \
      PYVM_TAIL HandOver(pc, regs, pool, act);  \
    }                                           \
    PYVM_NEXT(n);                               \
  } while (0)
#define PYVM_JUMP_AFTER_CALL(n)                \
  do {                                         \
    pc += (n);                                 \
    if (act->cframe.use_tracing) [[unlikely]]  \
      PYVM_TAIL HandOver(pc, regs, pool, act); \
    PYVM_DISPATCH();                           \
  } while (0)
// An exception is set, by the instruction at pc.
#define PYVM_ERROR() PYVM_TAIL HandleError(pc, regs, pool, act)
// An exception is set that has been raised before.
#define PYVM_ERROR_AGAIN() PYVM_TAIL Unwind(pc, regs, pool, act)
#endif

// The instruction at pc has raised: adds to the traceback, then unwinds.
PYVM_HANDLER HandleError(PYVM_ARGS);
// The same without a new traceback entry, for exceptions raised again.
PYVM_HANDLER Unwind(PYVM_ARGS);
// A specialised FOR_ITER met another iterator.
PYVM_HANDLER ForIterMiss(PYVM_ARGS);
// CPython's evaluator goes on before the instruction at pc.
PYVM_HANDLER HandOver(PYVM_ARGS);
// Looks for signals, other threads and the like, then goes on at pc.
PYVM_HANDLER CheckBreaker(PYVM_ARGS);
// The loop budget is used up; then as CheckBreaker.
PYVM_HANDLER LoopBudget(PYVM_ARGS);
// A callee has returned act->result to the instruction at pc, which asked for
// kReturnOperator or kReturnSelf.
PYVM_HANDLER ReturnFromOperator(PYVM_ARGS);
PYVM_HANDLER ReturnFromInit(PYVM_ARGS);
// Ends the frame, whose temporaries are null, with act->result (an exception is
// set if it is null), and goes on in its caller.
PYVM_HANDLER Leave(PYVM_ARGS);

// A backward jump has been taken to pc: spends budget, looks for signals.
#define PYVM_LOOP()                                                \
  do {                                                             \
    if (--UnitIn(pool)->loop_budget <= 0) [[unlikely]]             \
      PYVM_TAIL LoopBudget(pc, regs, pool, act);                   \
    if (*act->eval_breaker | act->cframe.use_tracing) [[unlikely]] \
      PYVM_TAIL CheckBreaker(pc, regs, pool, act);                 \
    PYVM_DISPATCH();                                               \
  } while (0)

// --- State ------------------------------------------------------------------

inline Unit* UnitIn(PyObject** pool) {
  return reinterpret_cast<Unit*>(pool[0]);
}
inline InlineCache* CacheIn(PyObject** pool, uint16_t index) {
  return reinterpret_cast<InlineCache*>(pool + 1) + index;
}
// Counts a call. False with RecursionError, whose text ends in `where`.
inline bool EnterRecursion(PyThreadState* tstate, const char* where = "") {
  return tstate->recursion_remaining-- > 0 ||
         _Py_CheckRecursiveCall(tstate, where) == 0;
}
// Before foreign code can look at the frame.
inline void SavePc(const Instr* pc, PyObject** regs, PyObject** pool) {
  Unit* unit = UnitIn(pool);
  FrameOf(regs)->prev_instr = CodeStart(unit) + unit->PositionOf(pc);
}
inline void Rewrite(const Instr* pc, Op op) {
  const_cast<Instr*>(pc)->op = Rebase(pc->op, op);
}
// CPython's oparg of the instruction that pc stands for (no EXTENDED_ARG).
inline uint32_t SourceArg(const Instr* pc, PyObject** pool) {
  Unit* unit = UnitIn(pool);
  return _Py_OPARG(CodeStart(unit)[unit->PositionOf(pc)]);
}

// --- Operands ---------------------------------------------------------------

using enum OperandKind;

template <OperandKind K>
inline PyObject* Read(PyObject** regs, PyObject** pool, uint16_t x) {
  if constexpr (K == kLocal) return regs[x];
  if constexpr (K == kTemp) return (regs - kTempFlag)[x];
  if constexpr (K == kConst) return pool[static_cast<int16_t>(x)];
}
// A consumed temporary leaves null.
template <OperandKind K>
inline void Forget(PyObject** regs, uint16_t x) {
  if constexpr (K == kTemp) (regs - kTempFlag)[x] = nullptr;
}
// An operand as an owned reference.
template <OperandKind K>
inline PyObject* Take(PyObject** regs, PyObject** pool, uint16_t x) {
  PyObject* o = Read<K>(regs, pool, x);
  if constexpr (K == kTemp) {
    (regs - kTempFlag)[x] = nullptr;
  } else {
    Py_INCREF(o);
  }
  return o;
}

// Operands whose kind is tested at run time.
inline PyObject* ReadAny(PyObject** regs, PyObject** pool, uint16_t x) {
  auto i = static_cast<int16_t>(x);
  return i < 0 ? pool[i] : regs[i & (kTempFlag - 1)];
}
inline bool IsTempOperand(uint16_t x) {
  return (x & (0x8000 | kTempFlag)) == kTempFlag;
}
inline PyObject* TakeAny(PyObject** regs, PyObject** pool, uint16_t x) {
  auto i = static_cast<int16_t>(x);
  if (i < 0) return Py_NewRef(pool[i]);
  PyObject** reg = &regs[i & (kTempFlag - 1)];
  if ((i & kTempFlag) == 0) return Py_NewRef(*reg);
  PyObject* o = *reg;
  *reg = nullptr;
  return o;
}

// The operand x as an owned reference, without branches: whether it is a local,
// a temporary (which is left null) or a constant differs from one argument to
// the next.
inline PyObject* TakeArgument(PyObject** regs, PyObject** pool, Operand x) {
  auto i = static_cast<int16_t>(x);
  PyObject** at = i < 0 ? pool + i : regs + (i & (kTempFlag - 1));
  bool temp = IsTempOperand(x);
  PyObject* o = *at;
  o->ob_refcnt += !temp;
  *at = temp ? nullptr : o;
  return o;
}

// Releases `o` when its finalizer may look at this frame.
__attribute__((noinline, preserve_most)) void DropLast(PyObject* o,
                                                       const Instr* pc,
                                                       PyObject** regs,
                                                       PyObject** pool);
inline void Drop(PyObject* o, const Instr* pc, PyObject** regs,
                 PyObject** pool) {
  if (--o->ob_refcnt == 0) [[unlikely]]
    DropLast(o, pc, regs, pool);
}
inline void XDrop(PyObject* o, const Instr* pc, PyObject** regs,
                  PyObject** pool) {
  if (o != nullptr) Drop(o, pc, regs, pool);
}
// Consumes operand x, which has been read as o.
template <OperandKind K>
inline void Consume(PyObject* o, const Instr* pc, PyObject** regs,
                    PyObject** pool, uint16_t x) {
  if constexpr (K == kTemp) {
    (regs - kTempFlag)[x] = nullptr;
    Drop(o, pc, regs, pool);
  }
}
inline void ConsumeAny(PyObject* o, const Instr* pc, PyObject** regs,
                       PyObject** pool, uint16_t x) {
  if (!IsTempOperand(x)) return;
  regs[x & (kTempFlag - 1)] = nullptr;
  Drop(o, pc, regs, pool);
}
// Stores an owned reference into a register, dropping what was there.
inline void Set(PyObject* value, uint16_t reg, const Instr* pc, PyObject** regs,
                PyObject** pool) {
  PyObject* old = regs[reg];
  regs[reg] = value;
  XDrop(old, pc, regs, pool);
}

// Releases act->dying, whose last reference is gone, then goes on behind the
// instruction at pc. Apart, so that the fast path needs no stack.
template <int words>
__attribute__((noinline)) PYVM_HANDLER DropAndNext(PYVM_ARGS) {
  DropLast(act->dying, pc, regs, pool);
  PYVM_NEXT_AFTER_CALL(words);
}
// Releases an object, or null, and goes on.
#define PYVM_DROP_AND_NEXT(object, words)                               \
  do {                                                                  \
    PyObject* dropped = (object);                                       \
    if (dropped != nullptr && --dropped->ob_refcnt == 0) [[unlikely]] { \
      act->dying = dropped;                                             \
      PYVM_TAIL DropAndNext<words>(pc, regs, pool, act);                \
    }                                                                   \
    PYVM_NEXT(words);                                                   \
  } while (0)
// Stores an owned reference into the destination and goes on.
#define PYVM_SET_AND_NEXT(value, words)                               \
  do {                                                                \
    PyObject* stored = (value);                                       \
    PyObject* before = regs[pc->a];                                   \
    regs[pc->a] = stored;                                             \
    if (before != nullptr && --before->ob_refcnt == 0) [[unlikely]] { \
      act->dying = before;                                            \
      PYVM_TAIL DropAndNext<words>(pc, regs, pool, act);              \
    }                                                                 \
    PYVM_NEXT(words);                                                 \
  } while (0)

// --- Rows -------------------------------------------------------------------

// Each checks that the row has as many variants as opcodes.def gives it.
#define PYVM_ROW0(NAME, FN)                              \
  static_assert(InfoOf(Op::k##NAME).NumVariants() == 1); \
  const HandlerRow kRow_##NAME = {{FN}};
#define PYVM_ROW1(NAME, FN)                              \
  static_assert(InfoOf(Op::k##NAME).NumVariants() == 3); \
  const HandlerRow kRow_##NAME = {{FN<kLocal>, FN<kTemp>, FN<kConst>}};
#define PYVM_ROW2(NAME, FN)                                       \
  static_assert(InfoOf(Op::k##NAME).NumVariants() == 9);          \
  const HandlerRow kRow_##NAME = {                                \
      {FN<kLocal, kLocal>, FN<kTemp, kLocal>, FN<kConst, kLocal>, \
       FN<kLocal, kTemp>, FN<kTemp, kTemp>, FN<kConst, kTemp>,    \
       FN<kLocal, kConst>, FN<kTemp, kConst>, FN<kConst, kConst>}};

}  // namespace pyvm::handlers

#endif  // PYVM_HANDLERS_MACHINE_H_
