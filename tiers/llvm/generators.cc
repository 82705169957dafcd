// Machine code resumes generators and coroutines: straight where their units
// have machine code too.
#include "core/handlers/machine.h"
#include "core/host/resume.h"
#include "tiers/llvm/frames.h"

namespace pyvm::llvm_tier {
namespace {

// While a generator that is suspended has code to go on in, a field that nobody
// reads meanwhile says where: the resumption's address with the highest bit
// set. The baseline tier, whose notes lie there too, takes that for none of its
// own: its epochs are small.
constexpr uintptr_t kIsOurs = uintptr_t{1} << 63;
_PyErr_StackItem*& NoteIn(PyGenObject* gen) {
  return gen->gi_exc_state.previous_item;
}
const Resumption* ResumptionIn(PyGenObject* gen) {
  auto note = reinterpret_cast<uintptr_t>(NoteIn(gen));
  return (note & kIsOurs) != 0
             ? reinterpret_cast<const Resumption*>(note & ~kIsOurs)
             : nullptr;
}
void Note(PyGenObject* gen, const void* resumption) {
  if (resumption == nullptr) return;
  NoteIn(gen) = reinterpret_cast<_PyErr_StackItem*>(
      reinterpret_cast<uintptr_t>(resumption) | kIsOurs);
}

Frame* FrameOf(PyGenObject* gen) {
  return reinterpret_cast<Frame*>(gen->gi_iframe);
}

// The code that goes on with the generator, which is suspended; null if none is
// known.
inline Entry EntryOf(const Activation* act, PyGenObject* gen) {
  if (gen->gi_frame_state != FRAME_SUSPENDED ||
      FrameOf(gen)->frame_obj != nullptr) {
    return nullptr;
  }
  const Resumption* resumption = ResumptionIn(gen);
  if (resumption == nullptr || act->tstate->recursion_remaining <= 0 ||
      !HasStack()) {
    return nullptr;
  }
  return resumption->entry;
}

// As the host's Run: null at its end, with what it returned in *returned (null:
// an exception). `value` is taken over.
inline PyObject* Resume(Activation* act, PyGenObject* gen, Entry entry,
                        PyObject* value, PyObject** returned) {
  PyThreadState* tstate = act->tstate;
  Frame* self = act->cframe.current_frame;
  Frame* frame = FrameOf(gen);
  BeginResume(tstate, gen, self, value);
  frame->stacktop = kNativeStacktop;
  act->cframe.current_frame = frame;
  --tstate->recursion_remaining;
  PyObject* result = entry(act, frame->localsplus);
  act->cframe.current_frame = self;
  if (gen->gi_frame_state == FRAME_SUSPENDED) [[likely]] {
    EndResume(tstate, gen, frame);
    Note(gen, act->suspended_at);
    return result;
  }
  if (frame->stacktop == kNativeStacktop) frame->stacktop = 0;
  FinishGenerator(tstate, gen, frame, UnitOf(frame), result == nullptr);
  *returned = result;
  return nullptr;
}

// It has been resumed in some other way: notes where machine code can do it the
// next time.
void NoteSuspended(PyGenObject* gen) {
  if (gen->gi_frame_state != FRAME_SUSPENDED || NoteIn(gen) != nullptr) return;
  Frame* frame = FrameOf(gen);
  Unit* unit = UnitOf(frame);
  if (unit == nullptr || CodeOf(unit) == nullptr) return;
  uint16_t hint = ResumeHint(frame);
  if (hint == 0 || hint > unit->num_instrs ||
      CodeStart(unit) + unit->PositionOf(unit->instrs + hint - 1) !=
          frame->prev_instr) {
    return;
  }
  Note(gen, ResumptionOf(unit, hint));
}

}  // namespace

extern "C" {

const void* pyvm_llvm_resumption(Unit* unit, uint32_t instr) {
  return ResumptionOf(unit, instr);
}

PyObject* pyvm_llvm_resume_next(Activation* act, PyObject* generator) {
  auto* gen = reinterpret_cast<PyGenObject*>(generator);
  if (Entry entry = EntryOf(act, gen)) [[likely]] {
    PyObject* returned;
    PyObject* item = Resume(act, gen, entry, Py_NewRef(Py_None), &returned);
    if (item != nullptr) [[likely]]
      return item;
    if (returned == nullptr) return kResumedRaised;
    Py_DECREF(returned);
    return nullptr;
  }
  PyObject* item = PyGen_Type.tp_iternext(generator);
  if (item != nullptr) {
    NoteSuspended(gen);
    return item;
  }
  if (!PyErr_Occurred()) return nullptr;
  if (!PyErr_ExceptionMatches(PyExc_StopIteration)) return kResumedRaised;
  PyErr_Clear();
  return nullptr;
}

PyObject* pyvm_llvm_send(Activation* act, PyObject* receiver, PyObject* value) {
  auto* gen = reinterpret_cast<PyGenObject*>(receiver);
  bool ours = PyGen_CheckExact(receiver) || PyCoro_CheckExact(receiver);
  if (ours) {
    if (Entry entry = EntryOf(act, gen)) {
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
