// What the handlers that call Python functions share.
#ifndef PYVM_TIERS_INTERP_CALLS_H_
#define PYVM_TIERS_INTERP_CALLS_H_

#include "core/host/host.h"
#include "tiers/interp/machine.h"

namespace pyvm::interp {

// This tier, as the manager knows it.
extern const Tier kTier;

// The unit of `callable` if it is a Python function that this tier runs, with
// positional parameters only; else null. No exception is left.
inline Unit* InlineCallee(Activation* act, PyObject* callable) {
  if (!Py_IS_TYPE(callable, &PyFunction_Type)) return nullptr;
  auto* code = reinterpret_cast<PyCodeObject*>(
      reinterpret_cast<PyFunctionObject*>(callable)->func_code);
  Unit* unit = UnitOf(code);
  if (unit == nullptr) [[unlikely]] {
    unit = EnsureUnit(code);
    if (unit == nullptr) {
      PyErr_Clear();
      return nullptr;
    }
  }
  return unit->tier == &kTier && unit->simple_args ? unit : nullptr;
}

// Pushes a frame for `function` (reference taken over, also on failure), whose
// first `args` registers the caller fills at once. Null with an exception:
// RecursionError or MemoryError.
__attribute__((always_inline)) inline Frame* BeginCall(Activation* act,
                                                       PyObject* function,
                                                       const Unit* unit,
                                                       uint32_t args) {
  PyThreadState* tstate = act->tstate;
  if (tstate->recursion_remaining-- <= 0 &&
      _Py_CheckRecursiveCall(tstate, "") != 0) [[unlikely]] {
    Py_DECREF(function);
    return nullptr;
  }
  Frame* frame =
      PushFrame(tstate, reinterpret_cast<PyFunctionObject*>(function),
                unit->code, unit, args);
  if (frame == nullptr) [[unlikely]] {
    ++tstate->recursion_remaining;
    Py_DECREF(function);
  }
  return frame;
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

// Links the frame that BeginCall has pushed behind the present one, whose
// prev_instr is right, and runs it; `words` is the length of the calling
// instruction's list, `flags` are ReturnFlags.
#define PYVM_ENTER_CALL_FLAGS(frame, unit, words, flags)                    \
  do {                                                                      \
    *LinkOf(frame) = {pc, pc + 1 + (words),                                 \
                      reinterpret_cast<uintptr_t>(UnitIn(pool)) | (flags)}; \
    (frame)->previous = FrameOf(regs);                                      \
    act->cframe.current_frame = (frame);                                    \
    pc = (unit)->instrs;                                                    \
    pool = (unit)->pool;                                                    \
    regs = (frame)->localsplus;                                             \
    PYVM_DISPATCH();                                                        \
  } while (0)
// The same for a callee whose first instruction may be folded into the call.
#define PYVM_ENTER_DIRECT(frame, unit, words, flags)                        \
  do {                                                                      \
    *LinkOf(frame) = {pc, pc + 1 + (words),                                 \
                      reinterpret_cast<uintptr_t>(UnitIn(pool)) | (flags)}; \
    (frame)->previous = FrameOf(regs);                                      \
    act->cframe.current_frame = (frame);                                    \
    pc = (unit)->instrs;                                                    \
    pool = (unit)->pool;                                                    \
    regs = (frame)->localsplus;                                             \
    if ((unit)->starts_with_resume && (unit)->entry_budget > 1 &&           \
        (*act->eval_breaker | act->cframe.use_tracing) == 0) [[likely]] {   \
      --(unit)->entry_budget;                                               \
      ++pc;                                                                 \
    }                                                                       \
    PYVM_DISPATCH();                                                        \
  } while (0)
#define PYVM_ENTER_CALL(frame, unit, words) \
  PYVM_ENTER_CALL_FLAGS(frame, unit, words, 0)

}  // namespace pyvm::interp

#endif  // PYVM_TIERS_INTERP_CALLS_H_
