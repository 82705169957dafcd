#include "core/host/activation.h"

#include "core/host/resume.h"
#include "core/tier/tier.h"

namespace pyvm {

// Mirrors the head of _PyEval_EvalFrameDefault.
PyObject* Enter(Unit* unit, PyThreadState* tstate, Frame* frame, int throwing) {
  Activation activation;
  Activation* act = &activation;
  act->tstate = tstate;
  act->interp = tstate->interp;
  act->eval_breaker = const_cast<const volatile int*>(
      &tstate->interp->ceval.eval_breaker._value);
  act->result = nullptr;
  _PyCFrame* previous = tstate->cframe;
  act->cframe.use_tracing = previous->use_tracing;
  act->cframe.previous = previous;
  tstate->cframe = &act->cframe;
  frame->is_entry = true;
  frame->previous = previous->current_frame;
  act->cframe.current_frame = frame;

  // Without room to recurse nothing runs: the frame stays as it came.
  if (tstate->recursion_remaining-- > 0 ||
      _Py_CheckRecursiveCall(tstate, "") == 0) [[likely]] {
    act->regs = frame->localsplus;
    act->pool = unit->pool;
    act->throwing = throwing != 0;
    auto position = static_cast<int64_t>(frame->prev_instr - CodeStart(unit));
    if (position < 0) {
      NullRegistersAbove(frame, unit);
      act->pc = unit->instrs;
    } else if (throwing) {
      NullRegistersAbove(frame, unit);
      // The exception comes out of the instruction where the frame waits.
      act->pc = EntryAt(unit, static_cast<uint32_t>(position) + 1) - 1;
    } else {
      act->pc = ResumePoint(frame, unit);
    }
    frame->stacktop = -1;
    do {
      reinterpret_cast<Unit*>(act->pool[0])->tier->run(act);
    } while (act->pc != nullptr);
  }
  tstate->cframe = previous;
  previous->use_tracing = act->cframe.use_tracing;
  return act->result;
}

}  // namespace pyvm
