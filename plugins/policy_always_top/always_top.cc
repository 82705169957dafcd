// All is compiled by the top tier at its first execution: the control at the
// other end, and what a compiler costs without a policy.
#include "plugins/common/policy.h"

namespace pyvm::plugins {
namespace {

class AlwaysTop {
 public:
  explicit AlwaysTop(const Args&) {}

  void Decide(const pyvm_event& event, pyvm_decision* decision) {
    if (CannotRise(event, decision)) return;
    Promote(event, decision, event.num_tiers - 1);
    decision->reason = "always";
  }
};

constexpr pyvm_plugin kPlugin = PolicyPlugin<AlwaysTop>(
    "always-top",
    "promotes all to the top tier at its first execution (a control)");

}  // namespace
}  // namespace pyvm::plugins

const pyvm_plugin* pyvm_plugin_main(const pyvm_host*) {
  return &pyvm::plugins::kPlugin;
}
