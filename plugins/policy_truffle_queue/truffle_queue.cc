// Thresholds that follow the load of the compile queue: a tenth of them while
// it is empty, all of them while it is as full as it should be, more beyond.
// After Truffle, DynamicThresholdsQueue and OptimizedRuntimeOptions.
#include "plugins/common/policy.h"

namespace pyvm::plugins {
namespace {

constexpr pyvm_param kParams[] = {
    {"first-tier", PYVM_FLOAT, "counts", "400", 0, 1e9,
     "calls and back-edges before the first compiler "
     "(FirstTierCompilationThreshold)"},
    {"last-tier", PYVM_FLOAT, "counts", "10000", 0, 1e9,
     "the same before llvm and any later one (LastTierCompilationThreshold)"},
    {"threshold.*", PYVM_FLOAT, "counts", "", 0, 1e9,
     "the same before one tier"},
    {"first-tier-min-invoke", PYVM_FLOAT, "calls", "1", 0, 1e9,
     "calls without which back-edges do not count "
     "(FirstTierMinInvokeThreshold)"},
    {"min-invoke", PYVM_FLOAT, "calls", "3", 0, 1e9,
     "the same before llvm and any later one (MinInvokeThreshold)"},
    {"osr", PYVM_FLOAT, "back-edges", "100352", 0, 1e9,
     "before a loop enters compiled code (OSRCompilationThreshold)"},
    {"min-scale", PYVM_FLOAT, "", "0.1", 0, 1, "scale at an empty queue"},
    {"min-normal-load", PYVM_FLOAT, "compilations", "10", 1e-3, 1e9,
     "a thread: from here on the scale is 1"},
    {"max-normal-load", PYVM_FLOAT, "compilations", "90", 0, 1e9,
     "a thread: up to here, and rising beyond"},
    {"threads", PYVM_INT, "threads", "1", 1, 1024, "that compile"},
};

class TruffleQueue {
 public:
  explicit TruffleQueue(const Args& args)
      : first_(args.Number("first-tier")),
        last_(args.Number("last-tier")),
        own_(args.Family("threshold")),
        first_calls_(args.Number("first-tier-min-invoke")),
        last_calls_(args.Number("min-invoke")),
        osr_(args.Number("osr")),
        min_scale_(args.Number("min-scale")),
        min_load_(args.Number("min-normal-load")),
        max_load_(args.Number("max-normal-load")),
        threads_(args.Number("threads")) {
    if (min_load_ > max_load_)
      args.Fail("min-normal-load is greater than max-normal-load");
  }

  void Decide(const pyvm_event& event, pyvm_decision* decision) {
    WaitingLoop waiting(&event.memory[0]);
    bool in_loop = event.kind == PYVM_LOOP_BUDGET;
    Counts here = CountsHere(event);
    auto calls = static_cast<double>(here.calls);
    auto loops = static_cast<double>(here.loops);
    double scale = Scale(event);
    pyvm_event after = event;
    if (in_loop && waiting.IsFor(event.tier) && loops >= osr_ * scale) {
      waiting.Done();
      Promote(event, decision, event.tier);
      decision->reason = reason_.Format("%.0f loops: enters its code", loops);
    } else if (uint32_t next = NextTier(event); !CannotRise(event, decision)) {
      double threshold = ThresholdOf(event, next);
      double minimum = MinimumOf(event, next);
      decision->reason = reason_.Format(
          "%.0f calls of %.0f, %.0f counts of %.0f, scale %.2f at load %.1f",
          calls, minimum, calls + loops, threshold, scale, Load(event));
      if (in_loop && loops >= osr_ * scale) {
        Promote(event, decision, next);
      } else if (calls >= minimum && calls + loops >= threshold * scale) {
        decision->action = PYVM_COMPILE;
        decision->tier = next;
        if (in_loop) waiting.Wait(next);
      }
      if (decision->action != PYVM_STAY) {
        after.tier = next;
        calls = loops = 0;
      }
    }
    GiveBudgets(after, calls, loops, waiting.IsFor(after.tier), decision);
  }

 private:
  double Load(const pyvm_event& event) const {
    return event.queue_length / threads_;
  }
  // DynamicThresholdsQueue.scale()
  double Scale(const pyvm_event& event) const {
    double load = Load(event);
    if (load >= min_load_ && load <= max_load_) return 1;
    double slope = (1 - min_scale_) / min_load_;
    return load < min_load_ ? min_scale_ + slope * load
                            : 1 + slope * (load - max_load_);
  }
  double ThresholdOf(const pyvm_event& event, uint32_t tier) const {
    auto found = own_.find(TierAt(event, tier).name);
    if (found != own_.end()) return found->second;
    return IsOptimizing(event, tier) ? last_ : first_;
  }
  double MinimumOf(const pyvm_event& event, uint32_t tier) const {
    return IsOptimizing(event, tier) ? last_calls_ : first_calls_;
  }

  void GiveBudgets(const pyvm_event& event, double calls, double loops,
                   bool waits, pyvm_decision* decision) const {
    double osr_left = osr_ * Scale(event) - loops;
    uint32_t next = NextTier(event);
    if (next < event.num_tiers && event.refused == nullptr) {
      double minimum = MinimumOf(event, next);
      if (calls < minimum) {
        // Back-edges alone lead nowhere but into the loop.
        decision->entry_budget = Budget(minimum - calls);
        decision->loop_budget = Budget(osr_left);
      } else {
        SplitBudget(decision,
                    ThresholdOf(event, next) * Scale(event) - calls - loops);
        decision->loop_budget =
            std::min(decision->loop_budget, Budget(osr_left));
      }
    }
    if (waits)
      decision->loop_budget = std::min(decision->loop_budget, Budget(osr_left));
  }

  double first_, last_;
  std::map<std::string, double, std::less<>> own_;
  double first_calls_, last_calls_, osr_;
  double min_scale_, min_load_, max_load_, threads_;
  Reason reason_;
};

constexpr pyvm_plugin kPlugin = PolicyPlugin<TruffleQueue>(
    "truffle-queue",
    "thresholds that follow the load of the compile queue (GraalVM Truffle, "
    "dynamic compilation thresholds)",
    kParams);

}  // namespace
}  // namespace pyvm::plugins

const pyvm_plugin* pyvm_plugin_main(const pyvm_host*) {
  return &pyvm::plugins::kPlugin;
}
