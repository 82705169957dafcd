// What --stats and pyvm.stats() tell.
#ifndef PYVM_CORE_TIER_STATS_H_
#define PYVM_CORE_TIER_STATS_H_

#include <string>

#include "absl/status/status.h"

namespace pyvm {

// For people: a table, with zeros left out.
std::string StatsText();

// One JSON object: version, tiers, policy, monitors, metrics,
// host_frame_reasons.
std::string StatsJson();

// Replaces the file in one step: who reads it sees the old one or the new one,
// whole. What is no regular file (a pipe, /dev/stdout) is written to as it is.
absl::Status WriteFile(const std::string& path, const std::string& text);

}  // namespace pyvm

#endif  // PYVM_CORE_TIER_STATS_H_
