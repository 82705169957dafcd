// A unit goes to the next tier when it has been called, or has looped, a fixed
// number of times. The rule of Pyston 0.6 (core/options.cpp), whose numbers are
// the defaults, and of CinderX (compile_after_n_calls).
#include <fnmatch.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/common/policy.h"

namespace pyvm::plugins {
namespace {

constexpr pyvm_param kParams[] = {
    {"calls", PYVM_INT, "calls", "25", 1, PYVM_NEVER - 1,
     "calls in a tier before the next one; 1500 before llvm unless this is "
     "set"},
    {"loops", PYVM_INT, "back-edges", "25", 1, PYVM_NEVER - 1,
     "back-edges in a tier before the next one; 2500 before llvm unless this "
     "is set"},
    {"calls.*", PYVM_INT, "calls", "", 1, PYVM_NEVER - 1,
     "the same before one tier, for instance calls.llvm=500"},
    {"loops.*", PYVM_INT, "back-edges", "", 1, PYVM_NEVER - 1,
     "the same before one tier, for instance loops.llvm=1000"},
    {"only", PYVM_STRING, "", "", 0, 0,
     "globs of qualified names, separated by '+': no other function is "
     "promoted"},
    {"max-code", PYVM_INT, "bytes", "0", 0, 1e15,
     "promote nothing while there is so much machine code; 0: no limit"},
    kEvictBelow,
};

class FixedCount {
 public:
  static constexpr uint32_t kWants = PYVM_WANTS_PRESSURE;

  explicit FixedCount(const Args& args)
      : calls_(args, "calls", {{"llvm", 1500}}),
        loops_(args, "loops", {{"llvm", 2500}}),
        max_code_(static_cast<uint64_t>(args.Int("max-code"))),
        eviction_(args) {
    SetOnly(args.String("only"));
  }

  void Decide(const pyvm_event& event, pyvm_decision* decision) {
    if (eviction_.Decide(event, decision) || CannotRise(event, decision))
      return;
    if (!IsChosen(event.name)) {
      decision->reason = "its name is not in `only`";
      return;
    }
    if (max_code_ != 0 && event.code_bytes >= max_code_) {
      decision->reason = "machine code has reached max-code";
      return;
    }
    uint32_t next = NextTier(event);
    // Counts begin anew in each tier.
    Counts here = CountsHere(event);
    Counts wanted = Before(event, next);
    decision->reason = reason_.Format("%llu of %llu calls, %llu of %llu loops",
                                      Print(here.calls), Print(wanted.calls),
                                      Print(here.loops), Print(wanted.loops));
    if (here.calls >= wanted.calls || here.loops >= wanted.loops) {
      Promote(event, decision, next);
      if (next + 1 >= event.num_tiers) return;
      wanted = Before(event, next + 1);
      here = {0, 0};
    }
    decision->entry_budget = static_cast<int32_t>(wanted.calls - here.calls);
    decision->loop_budget = static_cast<int32_t>(wanted.loops - here.loops);
  }

 private:
  static unsigned long long Print(uint64_t number) { return number; }

  Counts Before(const pyvm_event& event, uint32_t tier) const {
    const char* name = TierAt(event, tier).name;
    return {static_cast<uint64_t>(calls_.Of(name)),
            static_cast<uint64_t>(loops_.Of(name))};
  }

  void SetOnly(std::string_view globs) {
    while (!globs.empty()) {
      size_t end = std::min(globs.find('+'), globs.size());
      if (end > 0) only_.emplace_back(globs.substr(0, end));
      globs.remove_prefix(std::min(end + 1, globs.size()));
    }
  }

  bool IsChosen(const char* name) const {
    if (only_.empty()) return true;
    for (const std::string& glob : only_) {
      if (fnmatch(glob.c_str(), name, 0) == 0) return true;
    }
    return false;
  }

  ByTier calls_, loops_;
  std::vector<std::string> only_;
  uint64_t max_code_;
  Eviction eviction_;
  Reason reason_;
};

constexpr pyvm_plugin kPlugin = PolicyPlugin<FixedCount>(
    "fixed-count",
    "promotes after a fixed number of calls or loops (Pyston 0.6, "
    "core/options.cpp; CinderX, compile_after_n_calls)",
    kParams);

}  // namespace
}  // namespace pyvm::plugins

const pyvm_plugin* pyvm_plugin_main(const pyvm_host*) {
  return &pyvm::plugins::kPlugin;
}
