// An activation is one entry from C into Python code: the frames that run until
// its first frame ends, whichever tiers run them.
#ifndef PYVM_CORE_HOST_ACTIVATION_H_
#define PYVM_CORE_HOST_ACTIVATION_H_

#include "core/bytecode/instr.h"
#include "core/bytecode/unit.h"
#include "core/host/cpython.h"
#include "core/host/frame.h"

namespace pyvm {

// Lives on the C stack. The frames of an activation are linked behind `cframe`.
// A tier that gives it up, because control has reached a frame of another tier,
// leaves in pc, regs and pool where that frame goes on.
struct Activation {
  PyThreadState* tstate;
  PyInterpreterState* interp;
  const volatile int* eval_breaker;
  PyObject* result;  // of the first frame, or null with an exception
  PyObject* dying;   // argument of DropAndNext
  _PyCFrame cframe;

  const Instr* pc;  // null: the first frame has ended
  PyObject** regs;  // of the frame: its localsplus
  PyObject** pool;  // of the frame's unit
  bool throwing;    // an exception comes out of the instruction at pc
  // tstate's recursion_limit when control last went from C++ to machine code
  // that counts the recursion by itself.
  int recursion_limit;

  // Below this address of the C stack a tier that nests on it calls no more.
  uintptr_t stack_limit;
};

// Runs `frame` of `unit`, whose `previous` is not set yet, to its return, its
// next yield or an exception. Returns a new reference, or null with an
// exception set, as _PyEval_EvalFrameDefault does; `throwing` is that
// function's `throwflag`.
PyObject* Enter(Unit* unit, PyThreadState* tstate, Frame* frame, int throwing);

}  // namespace pyvm

#endif  // PYVM_CORE_HOST_ACTIVATION_H_
