// What machine code calls where it leaves its frame, enters others, or lets
// others look.
#ifndef PYVM_TIERS_LLVM_FRAMES_H_
#define PYVM_TIERS_LLVM_FRAMES_H_

#include "core/tier/tier.h"
#include "tiers/llvm/code.h"

namespace pyvm::llvm_tier {

// The backend, which is loaded later, finds these by their names.
#pragma GCC visibility push(default)
extern "C" {

// A guard has failed. Builds the frames of native->site (outermost: the one of
// `regs`), goes on in the landing tier before the innermost's instruction, and
// runs to the end of the outermost. Result as Entry's.
PyObject* pyvm_llvm_deopt(Activation* act, PyObject** regs,
                          NativeFrame* native);
// The same where the innermost's instruction has raised the exception that is
// set.
PyObject* pyvm_llvm_raise(Activation* act, PyObject** regs,
                          NativeFrame* native);

// Calls `function` (a Python function of `unit`) with plain arguments, as many
// as it takes; all these references are taken over. New reference, or null with
// an exception.
PyObject* pyvm_llvm_call_function(Activation* act, PyObject* function,
                                  Unit* unit, PyObject** args);

// Runs the bytecode instruction number `instr` of the frame's unit by its
// handler; the registers that it reads are in the frame, and those that it
// writes will be. 0, or -1 with an exception.
int pyvm_llvm_run_handler(Activation* act, PyObject** regs, uint32_t instr);

// Releases an object whose last reference is gone.
void pyvm_llvm_dealloc(PyObject* object);

}  // extern "C"
#pragma GCC visibility pop

// A LocalsReader (core/host/observers.h): what a native frame holds, from its
// site. False where the frame's part of the native stack is not in place,
// because it belongs to a greenlet that does not run.
bool ReadLocals(Frame* frame, PyObject** locals);

// Runs frames of the activation, from act->pc in a frame of `tier` on, until
// the first frame with `is_entry` ends: its result, or null with an exception,
// in act->result. The frame stays linked and counted out of the recursion.
void RunToEnd(Activation* act, const Tier* tier);

}  // namespace pyvm::llvm_tier

#endif  // PYVM_TIERS_LLVM_FRAMES_H_
