// What the handlers that call Python functions share.
#ifndef PYVM_HANDLERS_CALLS_H_
#define PYVM_HANDLERS_CALLS_H_

#include "core/handlers/machine.h"
#include "core/host/host.h"

namespace pyvm::handlers {

// The unit of `callable` if it is a Python function with positional parameters
// only; else null. No exception is left.
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
  return unit->simple_args ? unit : nullptr;
}

// Pushes a frame for `function` (reference taken over, also on failure), whose
// first `args` registers the caller fills at once. Null with an exception:
// RecursionError or MemoryError.
__attribute__((always_inline)) inline Frame* BeginCall(Activation* act,
                                                       PyObject* function,
                                                       const Unit* unit,
                                                       uint32_t args) {
  PyThreadState* tstate = act->tstate;
  if (!EnterRecursion(tstate)) [[unlikely]] {
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

// Links the frame that BeginCall has pushed behind the present one, whose
// prev_instr is right, and runs it; `words` is the length of the calling
// instruction's list, `flags` are ReturnFlags. A RESUME that the callee begins
// with is folded into the call where it has nothing to do.
#define PYVM_ENTER_CALL(frame, unit, words, flags)                            \
  do {                                                                        \
    *LinkOf(frame) = {pc, pc + 1 + (words),                                   \
                      reinterpret_cast<uintptr_t>(UnitIn(pool)) | (flags), 0, \
                      0};                                                     \
    (frame)->previous = FrameOf(regs);                                        \
    act->cframe.current_frame = (frame);                                      \
    pc = (unit)->instrs;                                                      \
    pool = (unit)->pool;                                                      \
    regs = (frame)->localsplus;                                               \
    if ((unit)->starts_with_resume && (unit)->entry_budget > 1 &&             \
        (*act->eval_breaker | act->cframe.use_tracing) == 0) [[likely]] {     \
      --(unit)->entry_budget;                                                 \
      ++pc;                                                                   \
    }                                                                         \
    PYVM_SWITCH();                                                            \
  } while (0)

// --- The shape of a call instruction ----------------------------------------

// How the operand list of a call begins.
enum class Form { kPlain, kMethod };

template <Form form>
inline uint32_t WordsOf(const InlineCache* cache) {
  return ListWords(cache->num_args + (form == Form::kPlain ? 1 : 0));
}
template <Form form>
inline const Operand* ArgsOf(const Instr* pc) {
  return reinterpret_cast<const Operand*>(pc + 1) +
         (form == Form::kPlain ? 1 : 0);
}
inline PyObject* KeywordsOf(const InlineCache* cache, PyObject** pool) {
  return cache->keywords == 0 ? nullptr
                              : pool[-static_cast<int32_t>(cache->keywords)];
}
// The CALL's last cache entry, where CPython leaves prev_instr of a caller.
inline void SaveCall(PyObject** regs, const InlineCache* cache, int offset) {
  FrameOf(regs)->prev_instr =
      reinterpret_cast<_Py_CODEUNIT*>(cache->call_unit) + offset;
}
constexpr int kCallCaches = 4;

// Puts the listed operands into the window, from its third register on.
inline void FillWindow(const Operand* args, uint32_t n, PyObject** window,
                       PyObject** regs, PyObject** pool) {
  for (uint32_t i = 0; i < n; ++i) {
    Operand x = args[i];
    if (!IsTempOperand(x)) window[2 + i] = Py_NewRef(ReadAny(regs, pool, x));
  }
}

// Calls whatever the window holds after FillWindow, by CPython's rules.
template <Form form>
PYVM_HANDLER CallAny(PYVM_ARGS);
PYVM_HANDLER Call(PYVM_ARGS);
PYVM_HANDLER CallMethod(PYVM_ARGS);
// A specialised CALL or CALL_METHOD met something else.
PYVM_HANDLER CallMiss(PYVM_ARGS);
PYVM_HANDLER CallMethodMiss(PYVM_ARGS);

// The instruction that calls what is not a Python function without keywords
// best, for CALL and for CALL_METHOD; fills the cache.
Op SpecializeC(PyObject* callable, InlineCache* cache, Activation* act);
Op SpecializeMethodC(PyObject** window, InlineCache* cache, Activation* act);

}  // namespace pyvm::handlers

#endif  // PYVM_HANDLERS_CALLS_H_
