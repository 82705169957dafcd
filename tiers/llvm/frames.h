// What machine code calls where it leaves its frame, enters others, or lets
// others look.
#ifndef PYVM_TIERS_LLVM_FRAMES_H_
#define PYVM_TIERS_LLVM_FRAMES_H_

#include "core/tier/tier.h"
#include "tiers/llvm/code.h"

namespace pyvm::llvm_tier {

inline constexpr size_t kCurrentFrame =
    offsetof(Activation, cframe) + offsetof(_PyCFrame, current_frame);
// See ResumptionNote.
inline constexpr size_t kResumptionNote =
    offsetof(PyGenObject, gi_exc_state) +
    offsetof(_PyErr_StackItem, previous_item);

// The backend, which is loaded later, finds these by their names.
#pragma GCC visibility push(default)
extern "C" {

// Gives `native` and its callers frames, so that whoever looks at the thread's
// frames finds them, at the positions that their sites say. Nothing if `native`
// is a given frame. tstate->recursion_remaining is right.
void pyvm_llvm_link(Activation* act, NativeFrame* native);
// Takes frames of inlined functions away again, behind a call; if somebody has
// taken hold of one they stay, and code has to be left.
void pyvm_llvm_unlink_inlined(Activation* act, NativeFrame* native);
// The function has ended, but for what it still releases: takes the frame, if
// it is linked or given, out of the thread's stack of frames.
void pyvm_llvm_unlink(Activation* act, NativeFrame* native);
// A direct function that is linked ends: gives the frame back unless it is
// given. Its registers hold nothing.
void pyvm_llvm_finish(Activation* act, NativeFrame* native, int64_t remaining);

// A guard has failed. Builds the frames of native->site, goes on in the landing
// tier before the innermost's instruction, and runs to the end of the
// outermost, which it gives back unless it is given. Result as Entry's.
PyObject* pyvm_llvm_deopt(Activation* act, NativeFrame* native,
                          int64_t remaining);
// The same where the innermost's instruction has raised the exception that is
// set.
PyObject* pyvm_llvm_raise(Activation* act, NativeFrame* native,
                          int64_t remaining);

// The exception that is set, which the running frame has raised, normalized and
// with its traceback. Null where it is traced: it stays set, without the frame.
PyObject* pyvm_llvm_catch(Activation* act);

// Calls `function` (a Python function of `unit`) with plain arguments, as many
// as it takes; all these references are taken over. New reference, or null with
// an exception. In whatever tier, with a frame.
PyObject* pyvm_llvm_call_function(Activation* act, PyObject* function,
                                  Unit* unit, PyObject** args);
// A direct function that does the same for any unit with so many arguments.
Direct pyvm_llvm_direct_stub(uint32_t num_args);

// Looks at the operands of an operation that is general. `second` may be null.
// Runs no code.
void pyvm_llvm_meet(Site* site, PyObject* first, PyObject* second);

// An instance of a class that object.__new__ makes. Links `native` before a
// collection may run code.
PyObject* pyvm_llvm_new_object(Activation* act, NativeFrame* native,
                               PyTypeObject* cls);

// Runs the bytecode instruction number `instr` of the frame's unit by its
// handler; the registers that it reads are in the frame, and those that it
// writes will be. 0, or -1 with an exception.
int pyvm_llvm_run_handler(Activation* act, PyObject** regs, uint32_t instr);

// What an exact generator yields next: a new reference. Null at its end, with
// something in act->result that is to be released; kResumedRaised with an
// exception. The frame of the caller is linked.
PyObject* pyvm_llvm_resume_next(Activation* act, PyObject* generator);
// The same for any iterator, which is sent `value` (taken over). At its end its
// result is in act->result.
PyObject* pyvm_llvm_send(Activation* act, PyObject* receiver, PyObject* value);
// The method send of an exact generator or coroutine; takes `value`. A
// StopIteration at its end; kResumedRaised with an exception.
PyObject* pyvm_llvm_send_method(Activation* act, PyObject* generator,
                                PyObject* value);
// As pyvm_llvm_call_function, of a function whose unit begins with
// RETURN_GENERATOR.
PyObject* pyvm_llvm_make_generator(Activation* act, PyObject* function,
                                   Unit* unit, PyObject** args);
// A generator that machine code has resumed has ended, with this result: as the
// host's FinishGenerator. The result is in act->result; null, or
// kResumedRaised.
PyObject* pyvm_llvm_end_generator(Activation* act, PyObject* generator,
                                  PyObject* result);
// The same of one that is resumed by its method send: kResumedRaised.
PyObject* pyvm_llvm_end_send_method(Activation* act, PyObject* generator,
                                    PyObject* result);
// Address of ResumptionOf, as the note of a generator that is suspended there.
const void* pyvm_llvm_resumption(Unit* unit, uint32_t instr);

// Releases an object whose last reference is gone. Links `native` (which may be
// a given frame) before code may run.
void pyvm_llvm_dealloc(Activation* act, NativeFrame* native, PyObject* object);
// The same for a function that has been called; an exception that is set stays.
void pyvm_llvm_dealloc_callee(Activation* act, NativeFrame* native,
                              PyObject* function);

// No object.
inline PyObject* const kResumedRaised = reinterpret_cast<PyObject*>(1);

// --stress=deopt: guards that machine code comes by before the next one that
// fails for no reason of its own; below 0 while that one does.
extern int64_t pyvm_llvm_guards_left;

}  // extern "C"
#pragma GCC visibility pop

// A LocalsReader (core/host/observers.h): what a native frame holds, from its
// site. False where the frame's part of the native stack is not in place,
// because it belongs to a greenlet that does not run.
bool ReadLocals(Frame* frame, PyObject** locals);

// Calls the unit's direct code for a frame that is linked as current, with its
// arguments in its registers. As Entry.
PyObject* EnterDirect(Activation* act, PyObject** regs, const Unit* unit,
                      Direct code);

// Whether one of the next few objects that the collector knows may set off a
// collection.
inline bool MayCollect(const Activation* act) {
  constexpr int kFew = 4;
  const _gc_runtime_state& gc = act->interp->gc;
  return gc.enabled &&
         gc.generations[0].count + kFew > gc.generations[0].threshold;
}

// As Activation::stack_limit, for this thread. Until it is known, the end of
// memory. In the block of memory that comes with the thread: a read is one
// instruction.
extern
    __attribute__((tls_model("initial-exec"))) __thread uintptr_t stack_limit;
// Finds it; as HasStack.
bool FindStackLimit(uintptr_t at);
// Whether machine code has room on the thread's stack.
inline bool HasStack() {
  auto at = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  return at >= stack_limit || FindStackLimit(at);
}

// Whether somebody may look at the frame of a generator, or a debugger move it,
// at any time: by its frame object. One that nobody has is dropped; a traceback
// of an exception that the generator has caught leaves one behind.
inline bool IsHeld(Frame* frame) {
  PyFrameObject* object = frame->frame_obj;
  if (object == nullptr) [[likely]]
    return false;
  if (Py_REFCNT(object) > 1 || object->f_trace != nullptr ||
      !object->f_trace_lines || object->f_trace_opcodes) {
    return true;
  }
  frame->frame_obj = nullptr;
  Py_DECREF(object);
  return false;
}

// A Resumer (core/host/resume.h).
bool ResumeFromC(PyThreadState* tstate, PyGenObject* gen, PyObject* value,
                 PyObject** item, PyObject** returned);

// What tstate->recursion_remaining has to be where machine code has
// `remaining`: it does not see that the limit has been changed.
inline int RemainingNow(const Activation* act, int64_t remaining) {
  return static_cast<int>(remaining) + act->tstate->recursion_limit -
         act->recursion_limit;
}

// Runs frames of the activation, from act->pc in a frame of `tier` on, until
// the first frame with `is_entry` ends: its result, or null with an exception,
// in act->result. The frame stays linked and counted out of the recursion.
void RunToEnd(Activation* act, const Tier* tier);

}  // namespace pyvm::llvm_tier

#endif  // PYVM_TIERS_LLVM_FRAMES_H_
