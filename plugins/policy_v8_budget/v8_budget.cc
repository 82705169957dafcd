// An interrupt budget in bytes of bytecode: a call spends the length of the
// unit, a back-edge that of its loop, and so many lengths buy the next tier.
// Baseline code is entered within the loop; for optimized code the loop waits
// until it has spent a budget of its own. After V8, flag-definitions.h and
// tiering-manager.cc.
#include "plugins/common/policy.h"

namespace pyvm::plugins {
namespace {

constexpr pyvm_param kParams[] = {
    {"invocation-count-for", PYVM_FLOAT, "lengths", "8", 0, 1e9,
     "K: a tier costs K times the length of the bytecode; 3000 for llvm unless "
     "this is set (V8: for feedback allocation and Sparkplug, for TurboFan)"},
    {"invocation-count-for.*", PYVM_FLOAT, "lengths", "", 0, 1e9,
     "the same for one tier, for instance invocation-count-for.llvm=400 "
     "(V8: Maglev)"},
    {"invocation-count-for-osr", PYVM_FLOAT, "lengths", "500", 0, 1e9,
     "what a loop spends before it enters optimized code that is there"},
    {"loop-share", PYVM_FLOAT, "", "1", 0, 1,
     "length of a loop, as a share of the unit's, which V8 knows and events do "
     "not tell"},
};

class V8Budget {
 public:
  explicit V8Budget(const Args& args)
      : k_(args, "invocation-count-for", {{"llvm", 3000}}),
        k_osr_(args.Number("invocation-count-for-osr")),
        loop_share_(args.Number("loop-share")) {}

  void Decide(const pyvm_event& event, pyvm_decision* decision) {
    WaitingLoop waiting(&event.memory[0]);
    Counts here = CountsHere(event);
    double length = event.bytecode_bytes;
    auto calls = static_cast<double>(here.calls);
    double looped = static_cast<double>(here.loops) * loop_share_ * length;
    if (event.kind == PYVM_LOOP_BUDGET && waiting.IsFor(event.tier) &&
        looped >= k_osr_ * length) {
      waiting.Done();
      Promote(event, decision, event.tier);
      decision->reason = Spent("loop has spent", looped, k_osr_ * length);
      GiveBudgets(event, here, false, decision);
      return;
    }
    bool top = CannotRise(event, decision);
    uint32_t next = NextTier(event);
    if (!top) {
      double cost = k_.Of(TierAt(event, next).name) * length;
      double spent = calls * length + looped;
      decision->reason = Spent("spent", spent, cost);
      if (spent >= cost) {
        Promote(event, decision, next);
        if (decision->action == PYVM_OSR && IsOptimizing(event, next)) {
          decision->action = PYVM_COMPILE;
          waiting.Wait(next);
        }
        pyvm_event after = event;
        after.tier = next;
        GiveBudgets(after, {0, 0}, waiting.IsFor(next), decision);
        return;
      }
    }
    GiveBudgets(event, here, waiting.IsFor(event.tier), decision);
  }

 private:
  const char* Spent(const char* what, double spent, double budget) {
    return reason_.Format("%s %.0f of %.0f bytes", what, spent, budget);
  }

  // Budgets for a unit in event.tier that has counted `here`.
  void GiveBudgets(const pyvm_event& event, Counts here, bool waits,
                   pyvm_decision* decision) const {
    auto loops = static_cast<double>(here.loops) * loop_share_;
    if (uint32_t next = NextTier(event);
        next < event.num_tiers && event.refused == nullptr) {
      double k = k_.Of(TierAt(event, next).name);
      SplitBudget(decision, k - static_cast<double>(here.calls) - loops, 1,
                  loop_share_);
    }
    if (waits && loop_share_ > 0) {
      decision->loop_budget = std::min(decision->loop_budget,
                                       Budget((k_osr_ - loops) / loop_share_));
    }
  }

  ByTier k_;
  double k_osr_;
  double loop_share_;
  Reason reason_;
};

constexpr pyvm_plugin kPlugin = PolicyPlugin<V8Budget>(
    "v8-budget",
    "a budget of bytecode bytes, spent by calls and back-edges (V8's interrupt "
    "budget: flag-definitions.h, tiering-manager.cc)",
    kParams);

}  // namespace
}  // namespace pyvm::plugins

const pyvm_plugin* pyvm_plugin_main(const pyvm_host*) {
  return &pyvm::plugins::kPlugin;
}
