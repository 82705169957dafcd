// Costs against benefits: a unit is expected to run for as long as it has run
// already, and goes to the tier in which that time and its compilation together
// are shortest, if that is less than to stay. After the adaptive optimization
// system of Jikes RVM (Arnold et al., OOPSLA 2000), where timer samples measure
// time; here counted calls and back-edges do.
#include "plugins/common/policy.h"

namespace pyvm::plugins {
namespace {

constexpr pyvm_param kParams[] = {
    {"quantum", PYVM_FLOAT, "ns", "300", 1e-3, 1e9,
     "what a call or a back-edge takes in a tier of speed 1"},
    {"speed", PYVM_FLOAT, "", "1", 1e-3, 1e6,
     "S: how fast a tier is; 2 for baseline and 8 for llvm unless this is set "
     "or the tier says otherwise"},
    {"speed.*", PYVM_FLOAT, "", "", 1e-3, 1e6,
     "the same for one tier, for instance speed.baseline=1.7"},
    {"cost", PYVM_FLOAT, "ns a byte", "0", 0, 1e9,
     "C: to compile a byte of bytecode, where it has not been measured; 100 "
     "for baseline and 20000 for llvm unless this is set"},
    {"cost.*", PYVM_FLOAT, "ns a byte", "", 0, 1e9,
     "the same for one tier, measured or not"},
};

class Jikes {
 public:
  explicit Jikes(const Args& args)
      : quantum_(args.Number("quantum")),
        speed_(args, "speed", {{"baseline", 2}, {"llvm", 8}}),
        ask_tiers_(args.IsDefault("speed") && args.Family("speed").empty()),
        cost_(args, "cost", {{"baseline", 100}, {"llvm", 20000}}),
        own_cost_(args.Family("cost")) {}

  void Decide(const pyvm_event& event, pyvm_decision* decision) {
    if (CannotRise(event, decision)) return;
    double future = TimeUntilNow(event);
    uint32_t best = event.tier;
    double best_ns = future;
    double wait = HUGE_VAL;  // until one of the tiers pays
    for (uint32_t j = NextTier(event); j < event.num_tiers; ++j) {
      double ratio = SpeedUp(event, j);
      if (ratio <= 1) continue;
      double cost = Cost(event, j);
      double ns = cost + future / ratio;
      wait = std::min(wait, cost / (1 - 1 / ratio) - future);
      if (ns < best_ns) {
        best = j;
        best_ns = ns;
      }
    }
    if (best == event.tier) {
      decision->reason = reason_.Format(
          "future %.0f ns: no tier pays before %.0f ns more", future, wait);
      if (wait < HUGE_VAL)
        SplitBudget(decision,
                    std::floor(wait / CountNs(event, event.tier)) + 1);
      return;
    }
    Promote(event, decision, best);
    decision->reason = reason_.Format(
        "future %.0f ns; in %s %.0f ns: %.0f to compile, %.2f times as fast",
        future, TierAt(event, best).name, best_ns, Cost(event, best),
        SpeedUp(event, best));
    // Tiers above are weighed again when as much time has passed.
    if (best + 1 < event.num_tiers)
      SplitBudget(decision, future / CountNs(event, best));
  }

 private:
  double SpeedOf(const pyvm_event& event, uint32_t tier) const {
    return tier < event.num_tiers ? speed_.Of(TierAt(event, tier).name) : 1;
  }
  double CountNs(const pyvm_event& event, uint32_t tier) const {
    return quantum_ / SpeedOf(event, tier);
  }
  // The estimated time that the unit has run.
  double TimeUntilNow(const pyvm_event& event) const {
    double ns = 0;
    uint64_t known = 0;
    for (uint32_t i = 0; i < event.num_tiers; ++i) {
      uint64_t counts = event.entries_by_tier[i] + event.loops_by_tier[i];
      known += counts;
      ns += static_cast<double>(counts) * CountNs(event, i);
    }
    // The rest was counted in a landing tier that is not in --tiers.
    uint64_t all = event.entries + event.loops;
    return ns + static_cast<double>(all - std::min(all, known)) * quantum_;
  }
  // S_i / S_j of the published formula: how many times as fast `tier` is.
  double SpeedUp(const pyvm_event& event, uint32_t tier) const {
    const pyvm_tier_info& info = TierAt(event, tier);
    if (ask_tiers_ && info.predicted_speedup != 1)
      return info.predicted_speedup;
    return SpeedOf(event, tier) / SpeedOf(event, event.tier);
  }
  double Cost(const pyvm_event& event, uint32_t tier) const {
    const pyvm_tier_info& info = TierAt(event, tier);
    if (!own_cost_.contains(info.name) && info.predicted_compile_ns > 0)
      return info.predicted_compile_ns;
    return cost_.Of(info.name) * event.bytecode_bytes;
  }

  double quantum_;
  ByTier speed_;
  bool ask_tiers_;  // the user has said nothing of speeds
  ByTier cost_;
  std::map<std::string, double, std::less<>> own_cost_;
  Reason reason_;
};

constexpr pyvm_plugin kPlugin = PolicyPlugin<Jikes>(
    "jikes",
    "promotes where compilation pays within the time that a unit has run "
    "(Jikes "
    "RVM, Arnold et al. 2000); experiments/calibrate measures the numbers",
    kParams);

}  // namespace
}  // namespace pyvm::plugins

const pyvm_plugin* pyvm_plugin_main(const pyvm_host*) {
  return &pyvm::plugins::kPlugin;
}
