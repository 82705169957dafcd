// One counter, of which a call uses more than a back-edge, against a threshold
// that grows with the unit's size, with failures of its compiled code and with
// the machine code that there is. After JavaScriptCore: ExecutionCounter.cpp,
// CodeBlock.cpp, OptionsList.h.
#include "plugins/common/policy.h"

namespace pyvm::plugins {
namespace {

constexpr pyvm_param kParams[] = {
    {"threshold-for-jit", PYVM_FLOAT, "", "500", 0, 1e9,
     "T of the first step up"},
    {"threshold-for-optimize", PYVM_FLOAT, "", "1000", 0, 1e9,
     "T of the second step"},
    {"threshold-for-ftl", PYVM_FLOAT, "", "64000", 0, 1e9,
     "T of any further step"},
    {"threshold.*", PYVM_FLOAT, "", "", 0, 1e9,
     "T before one tier, for instance threshold.llvm=64000"},
    {"entry", PYVM_FLOAT, "", "15", 0, 1e6, "what a call counts"},
    {"loop", PYVM_FLOAT, "", "1", 0, 1e6, "what a back-edge counts"},
    {"a", PYVM_FLOAT, "", "0.061504", 0, 1e6,
     "F(x) = a*sqrt(x+b) + |c*x| + d, where x is the number of instructions"},
    {"b", PYVM_FLOAT, "", "1.02406", 0, 1e6, "see a"},
    {"c", PYVM_FLOAT, "", "0", -1e6, 1e6, "see a"},
    {"d", PYVM_FLOAT, "", "0.825914", 0, 1e6, "see a"},
    {"exits", PYVM_INT, "deopts", "100", 1, 1e9,
     "deoptimizations that count as a failure; each one doubles the threshold"},
    kEvictBelow,
};

class Jsc {
 public:
  static constexpr uint32_t kWants = PYVM_WANTS_PRESSURE;

  explicit Jsc(const Args& args)
      : jit_(args.Number("threshold-for-jit")),
        optimize_(args.Number("threshold-for-optimize")),
        ftl_(args.Number("threshold-for-ftl")),
        own_(args.Family("threshold")),
        entry_(args.Number("entry")),
        loop_(args.Number("loop")),
        a_(args.Number("a")),
        b_(args.Number("b")),
        c_(args.Number("c")),
        d_(args.Number("d")),
        exits_(static_cast<uint32_t>(args.Int("exits"))),
        eviction_(args) {}

  void Decide(const pyvm_event& event, pyvm_decision* decision) {
    if (eviction_.Decide(event, decision)) return;
    if (CannotRise(event, decision)) return;
    uint32_t next = NextTier(event);
    Counts here = CountsHere(event);
    double count = entry_ * static_cast<double>(here.calls) +
                   loop_ * static_cast<double>(here.loops);
    double threshold = Threshold(event, next);
    decision->reason = reason_.Format(
        "%.0f of %.0f: T %.0f, F(%u) %.3f, %u retries, pressure %.2f", count,
        threshold, BaseOf(event, next), event.instructions, Size(event),
        Retries(event), Pressure(event));
    if (count >= threshold) {
      Promote(event, decision, next);
      if (++next >= event.num_tiers) return;
      threshold = Threshold(event, next);
      count = 0;
    }
    SplitBudget(decision, threshold - count, entry_, loop_);
  }

 private:
  double Threshold(const pyvm_event& event, uint32_t tier) const {
    return BaseOf(event, tier) * Size(event) * std::exp2(Retries(event)) *
           Pressure(event);
  }
  double BaseOf(const pyvm_event& event, uint32_t tier) const {
    auto found = own_.find(TierAt(event, tier).name);
    if (found != own_.end()) return found->second;
    return tier <= 1 ? jit_ : tier == 2 ? optimize_ : ftl_;
  }
  double Size(const pyvm_event& event) const {
    double x = event.instructions;
    return a_ * std::sqrt(x + b_) + std::abs(c_ * x) + d_;
  }
  uint32_t Retries(const pyvm_event& event) const {
    return std::min(event.deopts / exits_, 32u);
  }
  static double Pressure(const pyvm_event& event) {
    auto limit = static_cast<double>(event.code_bytes_limit);
    auto used = static_cast<double>(event.code_bytes);
    return limit == 0 ? 1 : limit / std::max(limit - used, 1.0);
  }

  double jit_, optimize_, ftl_;
  std::map<std::string, double, std::less<>> own_;
  double entry_, loop_, a_, b_, c_, d_;
  uint32_t exits_;
  Eviction eviction_;
  Reason reason_;
};

constexpr pyvm_plugin kPlugin = PolicyPlugin<Jsc>(
    "jsc",
    "a counter against a threshold that grows with size, failures and machine "
    "code (JavaScriptCore, execution counters)",
    kParams);

}  // namespace
}  // namespace pyvm::plugins

const pyvm_plugin* pyvm_plugin_main(const pyvm_host*) {
  return &pyvm::plugins::kPlugin;
}
