// How an activation begins and ends, for those who make one.
#ifndef PYVM_CORE_HOST_ENTER_H_
#define PYVM_CORE_HOST_ENTER_H_

#include "core/host/activation.h"
#include "core/tier/tier.h"

namespace pyvm {

// As Enter; `begin` sets `pc` and `throwing` of the activation. Mirrors the
// head of _PyEval_EvalFrameDefault.
template <typename Begin>
__attribute__((always_inline)) inline PyObject* Activate(Unit* unit,
                                                         PyThreadState* tstate,
                                                         Frame* frame,
                                                         Begin begin) {
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
    begin(act);
    frame->stacktop = -1;
    const Tier* tier = unit->tier;
    do {
      tier->run(act);
      if (act->pc == nullptr) [[likely]]
        break;
      tier = reinterpret_cast<Unit*>(act->pool[0])->tier;
    } while (true);
  }
  tstate->cframe = previous;
  previous->use_tracing = act->cframe.use_tracing;
  return act->result;
}

}  // namespace pyvm

#endif  // PYVM_CORE_HOST_ENTER_H_
