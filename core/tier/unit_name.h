// What people call a unit.
#ifndef PYVM_CORE_TIER_UNIT_NAME_H_
#define PYVM_CORE_TIER_UNIT_NAME_H_

#include <cstdint>

namespace pyvm {

struct Unit;

// The texts belong to the code object. "?" where there is none, or it is not
// UTF-8.
struct UnitName {
  const char* qualified_name;
  const char* filename;
  uint32_t first_line;
};
UnitName NameOf(const Unit& unit);

}  // namespace pyvm

#endif  // PYVM_CORE_TIER_UNIT_NAME_H_
