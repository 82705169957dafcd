// Reading an event whose arrays may have larger elements than this plugin
// knows.
#ifndef PYVM_PLUGINS_COMMON_EVENT_H_
#define PYVM_PLUGINS_COMMON_EVENT_H_

#include <cstddef>
#include <cstdint>

#include "core/plugin/pyvm.h"

namespace pyvm::plugins {

inline const pyvm_tier_info& TierAt(const pyvm_event& event, uint32_t index) {
  return *reinterpret_cast<const pyvm_tier_info*>(
      reinterpret_cast<const char*>(event.tiers) +
      size_t{index} * event.tier_stride);
}

}  // namespace pyvm::plugins

#endif  // PYVM_PLUGINS_COMMON_EVENT_H_
