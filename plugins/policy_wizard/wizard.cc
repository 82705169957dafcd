// One counter for each unit, which calls and back-edges count down alike: at
// zero the unit goes up, in the middle of its loop if need be, and after that
// the counter is nearly used up again. The rule of the Wizard engine.
#include "plugins/common/policy.h"

namespace pyvm::plugins {
namespace {

constexpr pyvm_param kParams[] = {
    {"counter", PYVM_INT, "counts", "10", 1, PYVM_NEVER - 1,
     "calls and back-edges before the next tier"},
    {"counter.*", PYVM_INT, "counts", "", 1, PYVM_NEVER - 1,
     "the same before one tier, for instance counter.llvm=1000"},
    {"after-osr", PYVM_INT, "counts", "1", 1, PYVM_NEVER - 1,
     "the counter after a promotion within a loop"},
};

class Wizard {
 public:
  explicit Wizard(const Args& args)
      : counter_(args, "counter", {}),
        after_osr_(static_cast<uint64_t>(args.Int("after-osr"))) {}

  void Decide(const pyvm_event& event, pyvm_decision* decision) {
    if (CannotRise(event, decision)) return;
    uint64_t& left = event.memory[0];
    uint32_t next = NextTier(event);
    if (left == 0) left = CounterBefore(event, next);
    left -= std::min(left, event.entries_since + event.loops_since);
    decision->reason = reason_.Format("counter at %llu",
                                      static_cast<unsigned long long>(left));
    if (left == 0) {
      Promote(event, decision, next);
      if (next + 1 >= event.num_tiers) return;
      bool osr = decision->action == PYVM_OSR;
      left = osr ? after_osr_ : CounterBefore(event, next + 1);
    }
    SplitBudget(decision, static_cast<double>(left));
  }

 private:
  uint64_t CounterBefore(const pyvm_event& event, uint32_t tier) const {
    return static_cast<uint64_t>(counter_.Of(TierAt(event, tier).name));
  }

  ByTier counter_;
  uint64_t after_osr_;
  Reason reason_;
};

constexpr pyvm_plugin kPlugin = PolicyPlugin<Wizard>(
    "wizard",
    "one counter of calls and back-edges, and loops that are entered at once "
    "(Wizard engine, B. Titzer, tier-up of its fast interpreter)",
    kParams);

}  // namespace
}  // namespace pyvm::plugins

const pyvm_plugin* pyvm_plugin_main(const pyvm_host*) {
  return &pyvm::plugins::kPlugin;
}
