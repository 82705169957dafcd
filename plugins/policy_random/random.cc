// Units change tiers at random, up and down: a control, and a way to test that
// nothing but speed depends on the tier. The same seed gives the same answers
// to the same questions.
#include "plugins/common/policy.h"

namespace pyvm::plugins {
namespace {

constexpr pyvm_param kParams[] = {
    {"p", PYVM_FLOAT, "", "0.5", 0, 1,
     "probability of a change whenever a unit is asked about"},
    {"seed", PYVM_INT, "", "1", 0, 9e18, "of the random numbers"},
    {"every", PYVM_INT, "counts", "100", 1, 1e9,
     "calls, or back-edges, between two questions about a unit"},
};

class Random {
 public:
  explicit Random(const Args& args)
      : p_(args.Number("p")),
        state_(static_cast<uint64_t>(args.Int("seed"))),
        every_(static_cast<int32_t>(args.Int("every"))) {}

  void Decide(const pyvm_event& event, pyvm_decision* decision) {
    decision->entry_budget = decision->loop_budget = every_;
    // All tiers but the present one are equally likely.
    uint32_t others = event.num_tiers - (event.tier < event.num_tiers ? 1 : 0);
    double draw = NextFraction();
    decision->reason = reason_.Format("drew %.3f, p %.3f", draw, p_);
    if (event.kind == PYVM_NEW_UNIT || others == 0 || draw >= p_) return;
    uint32_t tier = static_cast<uint32_t>(Next() % others);
    if (tier >= event.tier) ++tier;
    if (event.tier < event.num_tiers && tier < event.tier) {
      decision->action = PYVM_STEP_DOWN;
      decision->tier = tier;
    } else {
      Promote(event, decision, tier);
    }
  }

 private:
  // SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
  uint64_t Next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  double NextFraction() { return static_cast<double>(Next() >> 11) * 0x1p-53; }

  double p_;
  uint64_t state_;
  int32_t every_;
  Reason reason_;
};

constexpr pyvm_plugin kPlugin = PolicyPlugin<Random>(
    "random", "changes tiers at random, up and down (a control, and a test)",
    kParams);

}  // namespace
}  // namespace pyvm::plugins

const pyvm_plugin* pyvm_plugin_main(const pyvm_host*) {
  return &pyvm::plugins::kPlugin;
}
