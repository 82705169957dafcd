// A unit goes to the next tier when it has been called, or has looped, a fixed
// number of times. The rule of Pyston 0.6 (core/options.cpp), whose numbers are
// the defaults, and of CinderX (compile_after_n_calls).
#include <fnmatch.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/plugin/pyvm.h"

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
};

// One of the two kinds of counts: its thresholds by tier.
class Thresholds {
 public:
  explicit Thresholds(int32_t llvm) : llvm_(llvm) {}

  void Set(const pyvm_arg& arg) {
    common_ = static_cast<int32_t>(arg.v.i);
    is_default_ = arg.is_default != 0;
  }
  void Set(std::string_view tier, const pyvm_arg& arg) {
    own_[std::string(tier)] = static_cast<int32_t>(arg.v.i);
  }
  int32_t Before(const char* tier) const {
    if (auto found = own_.find(tier); found != own_.end()) return found->second;
    return is_default_ && std::string_view(tier) == "llvm" ? llvm_ : common_;
  }

 private:
  int32_t llvm_;
  int32_t common_ = 25;
  bool is_default_ = true;
  std::map<std::string, int32_t, std::less<>> own_;
};

class FixedCount {
 public:
  FixedCount(const pyvm_arg* args, size_t num_args) {
    for (size_t i = 0; i < num_args; ++i) {
      std::string_view name = args[i].name;
      if (name == "calls") {
        calls_.Set(args[i]);
      } else if (name == "loops") {
        loops_.Set(args[i]);
      } else if (name == "only") {
        SetOnly(args[i].v.s);
      } else if (name == "max-code") {
        max_code_ = static_cast<uint64_t>(args[i].v.i);
      } else {
        (name[0] == 'c' ? calls_ : loops_).Set(name.substr(6), args[i]);
      }
    }
  }

  void Decide(const pyvm_event& event, pyvm_decision* decision) {
    bool outside = event.tier >= event.num_tiers;
    uint32_t next = outside ? 0 : event.tier + 1;
    decision->action = PYVM_STAY;
    if (next >= event.num_tiers) {
      decision->reason = "it is in the top tier";
      return;
    }
    if (event.refused != nullptr) {
      decision->reason = event.refused;
      return;
    }
    if (!IsChosen(event.name)) {
      decision->reason = "its name is not in `only`";
      return;
    }
    if (max_code_ != 0 && event.code_bytes >= max_code_) {
      decision->reason = "machine code has reached max-code";
      return;
    }
    // Counts begin anew in each tier.
    uint64_t calls =
        outside ? event.entries : event.entries_by_tier[event.tier];
    uint64_t loops = outside ? event.loops : event.loops_by_tier[event.tier];
    int32_t wanted_calls = calls_.Before(event.tiers[next].name);
    int32_t wanted_loops = loops_.Before(event.tiers[next].name);
    snprintf(reason_, sizeof(reason_), "%llu of %d calls, %llu of %d loops",
             static_cast<unsigned long long>(calls), wanted_calls,
             static_cast<unsigned long long>(loops), wanted_loops);
    decision->reason = reason_;
    if (calls < static_cast<uint64_t>(wanted_calls) &&
        loops < static_cast<uint64_t>(wanted_loops)) {
      decision->entry_budget = wanted_calls - static_cast<int32_t>(calls);
      decision->loop_budget = wanted_loops - static_cast<int32_t>(loops);
      return;
    }
    decision->action = event.kind == PYVM_LOOP_BUDGET ? PYVM_OSR : PYVM_COMPILE;
    decision->tier = next;
    if (next + 1 < event.num_tiers) {
      decision->entry_budget = calls_.Before(event.tiers[next + 1].name);
      decision->loop_budget = loops_.Before(event.tiers[next + 1].name);
    }
  }

 private:
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

  Thresholds calls_{1500};
  Thresholds loops_{2500};
  std::vector<std::string> only_;
  uint64_t max_code_ = 0;
  char reason_[128] = "";
};

constexpr pyvm_policy kPolicy = {
    .size = sizeof(pyvm_policy),
    .decide =
        [](void* self, const pyvm_event* event, pyvm_decision* decision) {
          static_cast<FixedCount*>(self)->Decide(*event, decision);
        },
};

constexpr pyvm_plugin kPlugin = {
    .abi_version = PYVM_ABI_VERSION,
    .size = sizeof(pyvm_plugin),
    .kind = PYVM_POLICY,
    .num_params = sizeof(kParams) / sizeof(kParams[0]),
    .name = "fixed-count",
    .help =
        "promotes after a fixed number of calls or loops (Pyston 0.6, CinderX)",
    .params = kParams,
    .create = [](const pyvm_host*, const pyvm_arg* args, size_t num_args, char*,
                 size_t) -> void* { return new FixedCount(args, num_args); },
    .destroy = [](void* self) { delete static_cast<FixedCount*>(self); },
    .api = &kPolicy,
};

}  // namespace

const pyvm_plugin* pyvm_plugin_main(const pyvm_host*) { return &kPlugin; }
