// Writes JSON text, without a library: it is on the way of every --stats and
// --trace.
#ifndef PYVM_CORE_TIER_JSON_H_
#define PYVM_CORE_TIER_JSON_H_

#include <string>

#include "absl/strings/string_view.h"

namespace pyvm {

// Appends `text` as a JSON string, quotes included. Bytes that are not UTF-8
// become U+FFFD.
void AppendJsonString(std::string* out, absl::string_view text);

}  // namespace pyvm

#endif  // PYVM_CORE_TIER_JSON_H_
