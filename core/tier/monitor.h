// A monitor that has been chosen and created. It observes, and never decides.
#ifndef PYVM_CORE_TIER_MONITOR_H_
#define PYVM_CORE_TIER_MONITOR_H_

#include <cstdint>
#include <utility>

#include "core/plugin/loader.h"
#include "core/plugin/pyvm.h"
#include "core/tier/policy.h"

namespace pyvm {

class Monitor {
 public:
  explicit Monitor(PluginInstance instance) : instance_(std::move(instance)) {}

  bool Wants(pyvm_wants what) const { return (api()->wants & what) != 0; }
  void OnEvent(const pyvm_event& event, const pyvm_decision* decision) const {
    if (!Wants(PYVM_WANTS_EVENTS) || api()->on_event == nullptr) return;
    CallPlugin(instance_, "on_event",
               [&] { api()->on_event(instance_.self(), &event, decision); });
  }
  // Null, or what went wrong.
  const char* OnExit(const pyvm_report& report) const {
    const char* error = nullptr;
    if (api()->on_exit == nullptr) return error;
    CallPlugin(instance_, "on_exit",
               [&] { error = api()->on_exit(instance_.self(), &report); });
    return error;
  }
  const PluginInstance& instance() const { return instance_; }

 private:
  const pyvm_monitor* api() const {
    return static_cast<const pyvm_monitor*>(instance_.plugin().api);
  }
  PluginInstance instance_;
};

}  // namespace pyvm

#endif  // PYVM_CORE_TIER_MONITOR_H_
