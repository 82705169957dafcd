#include "core/host/resume.h"

#include <algorithm>

namespace pyvm {

const Instr* EntryAt(const Unit* unit, uint32_t lasti) {
  const EntryPoint* first = unit->entries;
  const EntryPoint* end = first + unit->num_entries;
  const EntryPoint* it = std::lower_bound(
      first, end, lasti,
      [](const EntryPoint& e, uint32_t x) { return e.lasti < x; });
  if (it == end || it->lasti != lasti) {
    Py_FatalError("pyvm: a frame is entered where its unit has no entry point");
  }
  return unit->instrs + it->instr;
}

const Instr* ResumePointSlow(Frame* frame, const Unit* unit) {
  NullRegistersAbove(frame, unit);
  auto lasti = static_cast<uint32_t>(frame->prev_instr - CodeStart(unit));
  return EntryAt(unit, lasti + 1);
}

}  // namespace pyvm
