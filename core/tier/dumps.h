// --dump: which functions are shown, and whether any has been.
#ifndef PYVM_CORE_TIER_DUMPS_H_
#define PYVM_CORE_TIER_DUMPS_H_

#include <string>
#include <vector>

#include "core/tier/options.h"

namespace pyvm {

struct Unit;

// The GIL is held here. Exceptions that are set stay.

// Whether the unit is to be shown so.
bool IsDumped(Dump kind, const Unit& unit);
// A unit has been translated.
void NoteForDumps(const Unit& unit);
// Something has been shown.
void NoteDumped(Dump kind);
// Of each kind that was asked for and has shown nothing: why, in one line.
std::vector<std::string> DumpComplaints();

}  // namespace pyvm

#endif  // PYVM_CORE_TIER_DUMPS_H_
