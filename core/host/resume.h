// Where a frame goes on that has been left: at a handler, after a yield.
#ifndef PYVM_CORE_HOST_RESUME_H_
#define PYVM_CORE_HOST_RESUME_H_

#include <cstdint>

#include "core/bytecode/opcodes.h"
#include "core/bytecode/unit.h"
#include "core/host/frame.h"

namespace pyvm {

// A frame that has resumed a generator keeps the number of its instruction in
// `stacktop`, which a running frame does not need and which the collector takes
// for an empty stack as long as it is negative.
inline constexpr int EncodeResumer(uint32_t instr) {
  return -2 - static_cast<int>(instr);
}
inline constexpr int DecodeResumer(int stacktop) { return -2 - stacktop; }

// The instruction that begins at code unit `lasti`, which must be an entry
// point of the unit.
const Instr* EntryAt(const Unit* unit, uint32_t lasti);

// Two bytes of a frame lie idle behind `owner`: there a frame that yields notes
// the number of its next instruction, if it is small enough. Zero: nothing is
// known. While there is a number, all registers above the stack of the
// suspended frame are null. In a running frame the tier may note what it likes;
// it begins with zero.
static_assert(offsetof(Frame, localsplus) - offsetof(Frame, owner) >= 3);
inline constexpr int kResumeHint = offsetof(Frame, owner) + 1;
inline uint16_t& ResumeHint(Frame* frame) {
  return *reinterpret_cast<uint16_t*>(reinterpret_cast<char*>(frame) +
                                      kResumeHint);
}

inline uint16_t HintBehind(const Instr* yield, const Unit* unit) {
  auto next = static_cast<size_t>(yield + 1 - unit->instrs);
  return next <= 0xffff ? static_cast<uint16_t>(next) : 0;
}
inline void NoteResume(Frame* frame, const Instr* yield, const Unit* unit) {
  ResumeHint(frame) = HintBehind(yield, unit);
}

// Four bytes lie idle behind a generator's state: there the tier that resumes
// it may note where the resumer goes on, as long as the hint says that it has.
inline constexpr int kResumerNote = offsetof(PyGenObject, gi_frame_state) + 1;
static_assert(kResumerNote % 4 == 0 &&
              kResumerNote + 4 == offsetof(PyGenObject, gi_iframe));

// A field of CPython's that nobody reads while a generator is suspended, or has
// not begun. There the tier that has suspended it may say how it goes on; null:
// nothing is known. The highest bit is set in what Resumer takes; what the
// baseline tier notes are small numbers.
inline _PyErr_StackItem*& ResumptionNote(PyGenObject* gen) {
  return gen->gi_exc_state.previous_item;
}
inline constexpr uintptr_t kForResumer = uintptr_t{1} << 63;
inline bool IsForResumer(PyGenObject* gen) {
  return reinterpret_cast<intptr_t>(ResumptionNote(gen)) < 0;
}
// Resumes a generator whose note is for it, or whose unit its tier runs, but
// not a generator that has not begun with anything but None. Borrows `value`.
// False if it cannot, and nothing has happened. Else *item is what is yielded;
// or null, and then *returned is what has been returned, or null with an
// exception.
using Resumer = bool (*)(PyThreadState* tstate, PyGenObject* gen,
                         PyObject* value, PyObject** item, PyObject** returned);
// There is one for the process.
void SetResumer(const Tier* tier, Resumer resumer);

// That of the generator whose frame has these registers.
inline char* NoteOf(PyObject** regs) {
  return reinterpret_cast<char*>(regs) - offsetof(Frame, localsplus) -
         offsetof(PyGenObject, gi_iframe) + kResumerNote;
}

// ResumePoint where the hint does not say it.
const Instr* ResumePointSlow(Frame* frame, const Unit* unit);

// Where a suspended frame goes on; its registers above `stacktop` are null from
// now on, and its hint is zero. The hint holds only if CPython's position
// agrees: a delegating frame that is thrown into is moved by CPython.
inline const Instr* ResumePoint(Frame* frame, const Unit* unit) {
  uint32_t hint = ResumeHint(frame);
  ResumeHint(frame) = 0;
  if (hint > 0 && hint <= unit->num_instrs) [[likely]] {
    const Instr* next = unit->instrs + hint;
    if (CodeStart(unit) + unit->PositionOf(next - 1) == frame->prev_instr)
        [[likely]] {
      return next;
    }
  }
  return ResumePointSlow(frame, unit);
}

}  // namespace pyvm

#endif  // PYVM_CORE_HOST_RESUME_H_
