// What a unit's sites have seen, as monitors are told.
#ifndef PYVM_CORE_TIER_SITES_H_
#define PYVM_CORE_TIER_SITES_H_

#include <vector>

#include "core/plugin/pyvm.h"

namespace pyvm {

struct Unit;

// In order of instruction. Empty for a unit that has given its bytecode back.
std::vector<pyvm_site> SitesOf(const Unit& unit);

}  // namespace pyvm

#endif  // PYVM_CORE_TIER_SITES_H_
