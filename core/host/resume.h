// Where a frame goes on that has been left: at a handler, after a yield.
#ifndef PYVM_CORE_HOST_RESUME_H_
#define PYVM_CORE_HOST_RESUME_H_

#include <cstdint>

#include "core/bytecode/opcodes.h"
#include "core/bytecode/unit.h"
#include "core/host/frame.h"

namespace pyvm {

// The instruction that begins at code unit `lasti`, which must be an entry
// point of the unit.
const Instr* EntryAt(const Unit* unit, uint32_t lasti);

// Two bytes of a frame lie idle behind `owner`: there a frame that yields notes
// the number of its next instruction, if it is small enough.
static_assert(offsetof(Frame, localsplus) - offsetof(Frame, owner) >= 3);
inline uint16_t& ResumeHint(Frame* frame) {
  return *reinterpret_cast<uint16_t*>(&frame->owner + 1);
}

inline void NoteResume(Frame* frame, const Instr* yield, const Unit* unit) {
  auto next = static_cast<size_t>(yield + 1 - unit->instrs);
  ResumeHint(frame) = next <= 0xffff ? static_cast<uint16_t>(next) : 0;
}

// Where a suspended frame goes on. The hint holds only if CPython's position
// agrees: the frame may have run in its evaluator since.
inline const Instr* ResumePoint(Frame* frame, const Unit* unit) {
  auto lasti = static_cast<uint32_t>(frame->prev_instr - CodeStart(unit));
  uint32_t hint = ResumeHint(frame);
  if (hint > 0 && hint < unit->num_instrs) {
    const Instr* yield = unit->instrs + hint - 1;
    if ((yield->op == ConcreteOp(Op::kYIELD) ||
         yield->op == ConcreteOp(Op::kRETURN_GENERATOR)) &&
        unit->PositionOf(yield) == lasti) {
      return yield + 1;
    }
  }
  return EntryAt(unit, lasti + 1);
}

}  // namespace pyvm

#endif  // PYVM_CORE_HOST_RESUME_H_
