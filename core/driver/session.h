// What a command line asks for, set up before CPython starts and wound up at
// exit.
#ifndef PYVM_CORE_DRIVER_SESSION_H_
#define PYVM_CORE_DRIVER_SESSION_H_

#include <string>

#include "absl/status/status.h"
#include "core/driver/command_line.h"
#include "core/plugin/registry.h"

namespace pyvm {

// What plugins are told of pyvm.
const pyvm_host& Host();

// Loads what --plugin names.
absl::Status LoadPluginFiles(const CommandLine& line, Registry* registry);

// Fills in pyvm::options, loads and creates tiers, policy and monitors,
// configures the manager, and opens the output files. On failure nothing must
// run.
absl::Status SetUp(const CommandLine& line, Registry* registry);

// Whether there is anything to do at exit.
bool HasExitWork();

// Monitors report, the event log ends, --stats is written. Problems go to
// stderr. Does nothing when called again.
void WindUp();

// The text of --list.
std::string ListText(const CommandLine& line, Registry* registry);

}  // namespace pyvm

#endif  // PYVM_CORE_DRIVER_SESSION_H_
