#include "core/host/activation.h"

#include "core/host/enter.h"
#include "core/host/resume.h"

namespace pyvm {

PyObject* Enter(Unit* unit, PyThreadState* tstate, Frame* frame, int throwing) {
  return Activate(unit, tstate, frame, [=](Activation* act) {
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
  });
}

}  // namespace pyvm
