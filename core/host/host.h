// pyvm inside CPython: which frames are ours, and how they come to us.
#ifndef PYVM_CORE_HOST_HOST_H_
#define PYVM_CORE_HOST_HOST_H_

#include "absl/status/status.h"
#include "core/bytecode/unit.h"
#include "core/host/cpython.h"

namespace pyvm {

// The unit of `code` (borrowed), translated now if it has none. Null with
// SystemError if the code is malformed.
Unit* EnsureUnit(PyCodeObject* code);

// A one-shot unit has run: gives it back if no frame is in it.
void ReleaseOneShot(Unit* unit);

// Whether there is (still) a unit at this address.
bool IsUnit(const void* address);

// All live units, through Unit::next.
Unit* FirstUnit();

namespace host {

// From now on every frame that CPython would evaluate comes to pyvm's tiers.
// The interpreter state must exist, and the manager be configured.
absl::Status Install();

}  // namespace host
}  // namespace pyvm

#endif  // PYVM_CORE_HOST_HOST_H_
