// Machine code resumes generators and coroutines: straight where their units
// have machine code too.
#include <utility>

#include "core/handlers/machine.h"
#include "core/host/resume.h"
#include "tiers/llvm/frames.h"

namespace pyvm::llvm_tier {
namespace {

// Where machine code goes on with a generator that is suspended or has not
// begun: the address of a Resumption.
const Resumption* ResumptionIn(PyGenObject* gen) {
  return reinterpret_cast<const Resumption*>(
      reinterpret_cast<uintptr_t>(ResumptionNote(gen)) & ~kForResumer);
}
// `note`: an address of a Resumption with kForResumer, or null.
void Note(PyGenObject* gen, const void* note) {
  ResumptionNote(gen) = static_cast<_PyErr_StackItem*>(const_cast<void*>(note));
}

Frame* FrameOf(PyGenObject* gen) {
  return reinterpret_cast<Frame*>(gen->gi_iframe);
}

// The code that goes on with the generator, if it is suspended or has not
// begun; null if none is known.
inline GeneratorEntry EntryOf(const PyThreadState* tstate, PyGenObject* gen) {
  static_assert(FRAME_CREATED < FRAME_SUSPENDED &&
                FRAME_SUSPENDED < FRAME_EXECUTING);
  if (gen->gi_frame_state >= FRAME_EXECUTING || !IsForResumer(gen) ||
      IsHeld(FrameOf(gen)) || tstate->recursion_remaining <= 0 || !HasStack()) {
    return nullptr;
  }
  return ResumptionIn(gen)->entry;
}

// As the host's Run: null at its end, with what it returned in *returned (null:
// an exception). `value` is taken over.
__attribute__((always_inline)) inline PyObject* Resume(Activation* act,
                                                       PyGenObject* gen,
                                                       GeneratorEntry entry,
                                                       PyObject* value,
                                                       PyObject** returned) {
  PyThreadState* tstate = act->tstate;
  // Relative to the limit that machine code began with.
  int64_t remaining = int64_t{tstate->recursion_remaining} -
                      tstate->recursion_limit + act->recursion_limit;
  PyObject* result = entry(act, gen, remaining, value);
  if (gen->gi_frame_state == FRAME_SUSPENDED) [[likely]]
    return result;
  Frame* frame = FrameOf(gen);
  FinishGenerator(tstate, gen, frame, UnitOf(frame), result == nullptr);
  *returned = result;
  return nullptr;
}

// It has been made or suspended by other than machine code: notes where machine
// code can resume it.
void NoteSuspended(PyGenObject* gen) {
  if (gen->gi_frame_state >= FRAME_EXECUTING || ResumptionNote(gen) != nullptr)
    return;
  Frame* frame = FrameOf(gen);
  Unit* unit = UnitOf(frame);
  if (unit == nullptr || CodeOf(unit) == nullptr) return;
  uint16_t hint = ResumeHint(frame);
  if (hint == 0 || hint > unit->num_instrs ||
      CodeStart(unit) + unit->PositionOf(unit->instrs + hint - 1) !=
          frame->prev_instr) {
    return;
  }
  Note(gen, pyvm_llvm_resumption(unit, hint));
}

// As gen_send with what the generator has returned, which is taken over.
void SetStopIteration(PyObject* returned) {
  if (returned == Py_None) {
    PyErr_SetNone(PyExc_StopIteration);
  } else {
    _PyGen_SetStopIterationValue(returned);
  }
  Py_DECREF(returned);
}

}  // namespace

bool ResumeFromC(PyThreadState* tstate, PyGenObject* gen, PyObject* value,
                 PyObject** item, PyObject** returned) {
  NoteSuspended(gen);
  GeneratorEntry entry = EntryOf(tstate, gen);
  if (entry == nullptr) return false;
  // As Activate.
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
  act->cframe.current_frame = previous->current_frame;
  tstate->cframe = &act->cframe;
  act->stack_limit = stack_limit;
  act->recursion_limit = tstate->recursion_limit;
  int remaining = tstate->recursion_remaining;
  {
    Running running(act);
    *item = Resume(act, gen, entry, Py_NewRef(value), returned);
  }
  tstate->recursion_remaining = RemainingNow(act, remaining);
  tstate->cframe = previous;
  previous->use_tracing = act->cframe.use_tracing;
  return true;
}

extern "C" {

PyObject* pyvm_llvm_make_generator(Activation* act, PyObject* function,
                                   Unit* unit, PyObject** args) {
  PyThreadState* tstate = act->tstate;
  if (tstate->recursion_remaining <= 0 ||
      tstate->coroutine_origin_tracking_depth != 0) {
    return pyvm_llvm_call_function(act, function, unit, args);
  }
  PyObject* made = MakeGeneratorWith(
      tstate, reinterpret_cast<PyFunctionObject*>(function), unit, args);
  if (made == nullptr) [[unlikely]] {
    Py_DECREF(function);
    for (uint32_t i = 0; i < unit->arg_count; ++i) Py_DECREF(args[i]);
    return nullptr;
  }
  if (CodeOf(unit) != nullptr) {
    Note(reinterpret_cast<PyGenObject*>(made), pyvm_llvm_resumption(unit, 1));
  }
  return made;
}

const void* pyvm_llvm_resumption(Unit* unit, uint32_t instr) {
  return reinterpret_cast<const void*>(
      reinterpret_cast<uintptr_t>(ResumptionOf(unit, instr)) | kForResumer);
}

PyObject* pyvm_llvm_end_generator(Activation* act, PyObject* generator,
                                  PyObject* result) {
  auto* gen = reinterpret_cast<PyGenObject*>(generator);
  Frame* frame = FrameOf(gen);
  FinishGenerator(act->tstate, gen, frame, UnitOf(frame), result == nullptr);
  act->result = result;
  return result == nullptr ? kResumedRaised : nullptr;
}

PyObject* pyvm_llvm_end_send_method(Activation* act, PyObject* generator,
                                    PyObject* result) {
  if (pyvm_llvm_end_generator(act, generator, result) == nullptr) {
    SetStopIteration(std::exchange(act->result, nullptr));
  }
  return kResumedRaised;
}

PyObject* pyvm_llvm_send_method(Activation* act, PyObject* generator,
                                PyObject* value) {
  PyObject* item = pyvm_llvm_send(act, generator, value);
  if (item != nullptr) return item;
  SetStopIteration(std::exchange(act->result, nullptr));
  return kResumedRaised;
}

PyObject* pyvm_llvm_resume_next(Activation* act, PyObject* generator) {
  auto* gen = reinterpret_cast<PyGenObject*>(generator);
  if (GeneratorEntry entry = EntryOf(act->tstate, gen)) [[likely]] {
    PyObject* returned;
    PyObject* item = Resume(act, gen, entry, Py_NewRef(Py_None), &returned);
    if (item != nullptr) [[likely]]
      return item;
    act->result = returned;
    return returned == nullptr ? kResumedRaised : nullptr;
  }
  PyObject* item = PyGen_Type.tp_iternext(generator);
  if (item != nullptr) {
    NoteSuspended(gen);
    return item;
  }
  if (PyErr_Occurred()) {
    if (!PyErr_ExceptionMatches(PyExc_StopIteration)) return kResumedRaised;
    PyErr_Clear();
  }
  act->result = Py_NewRef(Py_None);
  return nullptr;
}

PyObject* pyvm_llvm_send(Activation* act, PyObject* receiver, PyObject* value) {
  auto* gen = reinterpret_cast<PyGenObject*>(receiver);
  bool ours = PyGen_CheckExact(receiver) || PyCoro_CheckExact(receiver);
  if (ours && (value == Py_None || gen->gi_frame_state == FRAME_SUSPENDED)) {
    if (GeneratorEntry entry = EntryOf(act->tstate, gen)) {
      PyObject* item = Resume(act, gen, entry, value, &act->result);
      return item != nullptr || act->result != nullptr ? item : kResumedRaised;
    }
  }
  PyObject* result;
  PySendResult status = PyIter_Send(receiver, value, &result);
  Py_DECREF(value);
  if (status == PYGEN_ERROR) return kResumedRaised;
  if (status == PYGEN_RETURN) {
    act->result = result;
    return nullptr;
  }
  if (ours) NoteSuspended(gen);
  return result;
}

}  // extern "C"

}  // namespace pyvm::llvm_tier
