// "Did you mean": the nearest of several names.
#ifndef PYVM_CORE_PLUGIN_SUGGEST_H_
#define PYVM_CORE_PLUGIN_SUGGEST_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace pyvm {

// The candidate that is nearest to `name`, or "" if none is near.
std::string Nearest(absl::string_view name,
                    const std::vector<std::string>& candidates);

// The tail of an error message: "; did you mean 'x'?", or else the list of what
// there is, or "" if there is nothing.
std::string Suggestion(absl::string_view name,
                       const std::vector<std::string>& candidates);

}  // namespace pyvm

#endif  // PYVM_CORE_PLUGIN_SUGGEST_H_
