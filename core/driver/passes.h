// The passes of optimizing tiers: --passes, the kinds of --dump that show them,
// and plugins of kind PYVM_PASS.
#ifndef PYVM_CORE_DRIVER_PASSES_H_
#define PYVM_CORE_DRIVER_PASSES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "core/driver/command_line.h"
#include "core/plugin/registry.h"
#include "core/tier/tier.h"

namespace pyvm {

// Loads the plugin of a pass and gives it to the tier, whose compiler has been
// loaded: the plugin refers to it.
absl::Status AddPass(Registry* registry, absl::string_view name,
                     const TierPasses& passes);

// What the options say of passes, to the tiers that have some.
absl::Status ConfigurePasses(const CommandLine& line, Registry* registry,
                             const std::vector<const Tier*>& tiers);

}  // namespace pyvm

#endif  // PYVM_CORE_DRIVER_PASSES_H_
