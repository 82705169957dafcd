// Where an event log comes from: which build of pyvm, and which program.
#ifndef PYVM_CORE_DRIVER_IDENTITY_H_
#define PYVM_CORE_DRIVER_IDENTITY_H_

#include <string>
#include <vector>

namespace pyvm {

// A hash of the build identifiers that the linker gave the executable and the
// tiers that are loaded. The order of loading does not matter.
std::string BuildIdentity();

// A hash of the words that Python gets, argv[0] left out. The first one that
// names a file, which is the script, counts by its contents: where it stands is
// of no importance.
std::string ProgramIdentity(const std::vector<char*>& python_args);

}  // namespace pyvm

#endif  // PYVM_CORE_DRIVER_IDENTITY_H_
