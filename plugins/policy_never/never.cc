// Nothing is promoted: the control that every other policy is compared with.
#include "plugins/common/policy.h"

namespace pyvm::plugins {
namespace {

class Never {
 public:
  explicit Never(const Args&) {}

  void Decide(const pyvm_event&, pyvm_decision* decision) {
    decision->reason = "never";
  }
};

constexpr pyvm_plugin kPlugin =
    PolicyPlugin<Never>("never", "promotes nothing (a control)");

}  // namespace
}  // namespace pyvm::plugins

const pyvm_plugin* pyvm_plugin_main(const pyvm_host*) {
  return &pyvm::plugins::kPlugin;
}
