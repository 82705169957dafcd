// Generators that run in the activation of the frame that resumes them.
//
// The resuming frame keeps the number of its instruction in `stacktop`, which a
// running frame does not need and which the collector takes for an empty stack
// as long as it is negative.
#ifndef PYVM_TIERS_INTERP_GENERATORS_H_
#define PYVM_TIERS_INTERP_GENERATORS_H_

#include "core/runtime/unwind.h"
#include "tiers/interp/machine.h"

namespace pyvm::interp {

// Ends a generator's frame that this activation has resumed, with act->result.
PYVM_CC void LeaveGenerator(PYVM_ARGS);
// A generator's frame has yielded act->result; it is in order.
PYVM_CC void LeaveSuspended(PYVM_ARGS);

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

}  // namespace pyvm::interp

#endif  // PYVM_TIERS_INTERP_GENERATORS_H_
