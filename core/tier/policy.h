// A policy that has been chosen and created. It decides; see
// core/plugin/pyvm.h.
#ifndef PYVM_CORE_TIER_POLICY_H_
#define PYVM_CORE_TIER_POLICY_H_

#include <utility>

#include "core/plugin/loader.h"
#include "core/plugin/pyvm.h"

namespace pyvm {

// Runs a callback of a plugin. If it throws, pyvm ends with one line and exit
// code 2: a program that goes on without its policy would give figures that
// mean nothing.
void CallPlugin(const pyvm_plugin& plugin, const char* function,
                void (*call)(void* context), void* context);

template <typename Function>
void CallPlugin(const PluginInstance& instance, const char* function,
                Function&& call) {
  CallPlugin(
      instance.plugin(), function,
      [](void* context) {
        (*static_cast<std::remove_reference_t<Function>*>(context))();
      },
      &call);
}

class Policy {
 public:
  explicit Policy(PluginInstance instance) : instance_(std::move(instance)) {}

  void Decide(const pyvm_event& event, pyvm_decision* decision) const {
    CallPlugin(instance_, "decide",
               [&] { api()->decide(instance_.self(), &event, decision); });
  }
  bool Wants(pyvm_policy_wants what) const {
    return PYVM_HAS(api(), wants) && (api()->wants & what) != 0;
  }
  const PluginInstance& instance() const { return instance_; }

 private:
  const pyvm_policy* api() const {
    return static_cast<const pyvm_policy*>(instance_.plugin().api);
  }
  PluginInstance instance_;
};

}  // namespace pyvm

#endif  // PYVM_CORE_TIER_POLICY_H_
