// A plugin's parameters: from NAME:key=value,... to checked values.
#ifndef PYVM_CORE_PLUGIN_PARAMS_H_
#define PYVM_CORE_PLUGIN_PARAMS_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/plugin/pyvm.h"

namespace pyvm {

// What stands on the command line: NAME[:key=value,...]. The first one may be a
// value alone, that of the plugin's first parameter: its key is "". A backslash
// takes the meaning from the character behind it.
struct PluginSpec {
  std::string name;
  std::vector<std::pair<std::string, std::string>> params;
};
absl::StatusOr<PluginSpec> ParsePluginSpec(absl::string_view text);

// Several of them, as in --monitors=NAME:key=value,key=value,NAME. A piece
// between commas that has a '=' and no ':' before it goes on with the
// parameters of the one before.
std::vector<std::string> SplitPluginSpecs(absl::string_view text);

// A limit of a parameter, without an exponent where it is a whole number.
std::string LimitText(double value);

// The arguments of pyvm_plugin::create. Names and texts are kept in `texts`,
// which the result points into.
absl::StatusOr<std::vector<pyvm_arg>> ParseParams(
    const pyvm_plugin& plugin, const PluginSpec& spec,
    std::vector<std::pair<std::string, std::string>>* texts);

}  // namespace pyvm

#endif  // PYVM_CORE_PLUGIN_PARAMS_H_
