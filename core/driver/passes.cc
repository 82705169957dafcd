#include "core/driver/passes.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace pyvm {
namespace {

// Which of the options that need passes was given; "" for none.
std::string OptionGiven(const CommandLine& line, const Registry& registry) {
  if (!line.passes.empty()) return "--passes";
  for (int kind = 0; kind < kNumDumps; ++kind) {
    if (kDumpKinds[kind].of_passes && !line.dumps[kind].glob.empty()) {
      return absl::StrCat("--dump=", kDumpKinds[kind].name);
    }
  }
  if (!registry.added_passes().empty()) return "--plugin";
  return "";
}

// Whether what stands behind after= is a pass.
absl::Status CheckAfter(const CommandLine& line, const TierPasses& passes) {
  std::vector<std::string> names = {kAsBuilt};
  for (const TierPasses::Pass& pass : passes.list()) {
    names.push_back(pass.name);
  }
  for (int kind = 0; kind < kNumDumps; ++kind) {
    const std::string& after = line.dumps[kind].after;
    if (after.empty() ||
        std::find(names.begin(), names.end(), after) != names.end()) {
      continue;
    }
    return absl::InvalidArgumentError(
        absl::StrCat("--dump=", kDumpKinds[kind].name, ": no pass is called `",
                     after, "`; there are ", absl::StrJoin(names, ", ")));
  }
  return absl::OkStatus();
}

// The plugins that were given, and those that --passes names.
absl::Status AddPasses(const CommandLine& line, Registry* registry,
                       const TierPasses& passes) {
  std::vector<std::string> words =
      absl::StrSplit(line.passes, absl::ByAnyChar(":,"));
  for (const FoundPlugin& found : registry->added_passes()) {
    words.push_back(found.name);
  }
  for (const FoundPlugin& found : registry->List(PYVM_PASS)) {
    if (std::find(words.begin(), words.end(), found.name) == words.end()) {
      continue;
    }
    absl::Status status = AddPass(registry, found.name, passes);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status AddPass(Registry* registry, absl::string_view name,
                     const TierPasses& passes) {
  absl::StatusOr<const pyvm_plugin*> plugin = registry->Find(PYVM_PASS, name);
  if (!plugin.ok()) return plugin.status();
  std::string wrong = passes.add(**plugin);
  if (wrong.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("pass ", name, ": ", wrong));
}

absl::Status ConfigurePasses(const CommandLine& line, Registry* registry,
                             const std::vector<const Tier*>& tiers) {
  std::string option = OptionGiven(line, *registry);
  if (option.empty()) return absl::OkStatus();
  bool any = false;
  for (const Tier* tier : tiers) {
    if (tier->passes == nullptr) continue;
    any = true;
    const char* why = "";
    const TierPasses* passes = tier->passes(&why);
    if (passes == nullptr) {
      return absl::InvalidArgumentError(absl::StrCat(option, ": ", why));
    }
    absl::Status status = AddPasses(line, registry, *passes);
    if (status.ok()) status = CheckAfter(line, *passes);
    if (!status.ok()) return status;
    std::string wrong =
        line.passes.empty() ? "" : passes->configure(line.passes);
    if (!wrong.empty()) {
      return absl::InvalidArgumentError(absl::StrCat("--passes: ", wrong));
    }
  }
  if (any) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(option, ": no tier of --tiers has passes; llvm does"));
}

}  // namespace pyvm
