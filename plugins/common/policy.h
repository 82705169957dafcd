// What policies share: parameters by name and by tier, where a unit stands,
// budgets that do not overflow, and the frame of the plugin.
#ifndef PYVM_PLUGINS_COMMON_POLICY_H_
#define PYVM_PLUGINS_COMMON_POLICY_H_

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/plugin/pyvm.h"
#include "plugins/common/event.h"

namespace pyvm::plugins {

// The arguments of `create`. A name that is not in the plugin's table is a
// mistake of the plugin's.
class Args {
 public:
  Args(const pyvm_host& host, const pyvm_arg* args, size_t num_args)
      : host_(host), args_(args, args + num_args) {}

  int64_t Int(std::string_view name) const { return Find(name).v.i; }
  bool Bool(std::string_view name) const { return Find(name).v.i != 0; }
  const char* String(std::string_view name) const { return Find(name).v.s; }
  // Of either kind of number.
  double Number(std::string_view name) const { return NumberIn(Find(name)); }
  bool IsDefault(std::string_view name) const {
    return Find(name).is_default != 0;
  }
  // The members of NAME.* that have been set.
  std::map<std::string, double, std::less<>> Family(
      std::string_view name) const {
    std::map<std::string, double, std::less<>> members;
    for (const pyvm_arg& arg : args_) {
      std::string_view full = arg.name;
      if (full.size() > name.size() && full.starts_with(name) &&
          full[name.size()] == '.') {
        members[std::string(full.substr(name.size() + 1))] = NumberIn(arg);
      }
    }
    return members;
  }
  const pyvm_host& host() const { return host_; }

  // The plugin cannot be created: one line that says why. The first one counts.
  void Fail(std::string why) const {
    if (error_.empty()) error_ = std::move(why);
  }
  const std::string& error() const { return error_; }

 private:
  static double NumberIn(const pyvm_arg& arg) {
    return arg.type == PYVM_FLOAT ? arg.v.f : static_cast<double>(arg.v.i);
  }
  const pyvm_arg& Find(std::string_view name) const {
    return *std::find_if(args_.begin(), args_.end(),
                         [&](const pyvm_arg& arg) { return arg.name == name; });
  }

  const pyvm_host& host_;
  std::vector<pyvm_arg> args_;
  mutable std::string error_;
};

// The parameters NAME and NAME.*: what the user has set for a tier, else what
// he has set for all, else the default for the tier, else that for all.
class ByTier {
 public:
  ByTier(const Args& args, std::string_view name,
         std::map<std::string, double, std::less<>> defaults)
      : common_(args.Number(name)), own_(args.Family(name)) {
    if (args.IsDefault(name)) own_.merge(defaults);
  }
  double Of(std::string_view tier) const {
    auto found = own_.find(tier);
    return found != own_.end() ? found->second : common_;
  }

 private:
  double common_;
  std::map<std::string, double, std::less<>> own_;
};

// --- Where a unit stands ----------------------------------------------------

// The next tier up; num_tiers where there is none.
inline uint32_t NextTier(const pyvm_event& event) {
  return event.tier >= event.num_tiers ? 0 : event.tier + 1;
}

// Whether numbers that are meant for an optimizing compiler hold for promotions
// to this tier: it is called llvm, or is the second step up or a later one.
inline bool IsOptimizing(const pyvm_event& event, uint32_t tier) {
  return tier >= 2 || std::string_view(TierAt(event, tier).name) == "llvm";
}

// The tier of that name; num_tiers where there is none: pyvm says so.
inline uint32_t TierCalled(const pyvm_event& event, std::string_view name) {
  uint32_t tier = 0;
  while (tier < event.num_tiers && TierAt(event, tier).name != name) ++tier;
  return tier;
}

// What has been counted in the tier that runs the unit now.
struct Counts {
  uint64_t calls, loops;
  uint64_t total() const { return calls + loops; }
};
inline Counts CountsHere(const pyvm_event& event) {
  if (event.tier >= event.num_tiers) return {event.entries, event.loops};
  return {event.entries_by_tier[event.tier], event.loops_by_tier[event.tier]};
}

// --- Decisions --------------------------------------------------------------

// A decision that stays for ever, with its reason: there is no tier above, or
// one has refused the unit.
inline bool CannotRise(const pyvm_event& event, pyvm_decision* decision) {
  if (NextTier(event) >= event.num_tiers) {
    decision->reason = "it is in the top tier";
  } else if (event.refused != nullptr) {
    decision->reason = event.refused;
  } else {
    return false;
  }
  return true;
}

// The action that logs of events call so.
inline std::optional<uint32_t> ActionCalled(std::string_view name) {
  static constexpr std::pair<std::string_view, uint32_t> kActions[] = {
      {"stay", PYVM_STAY},
      {"compile", PYVM_COMPILE},
      {"osr", PYVM_OSR},
      {"step down", PYVM_STEP_DOWN},
      {"blacklist", PYVM_BLACKLIST},
      {"evict", PYVM_EVICT}};
  for (const auto& [word, action] : kActions) {
    if (word == name) return action;
  }
  return std::nullopt;
}

// At the next call; or at once, where a loop has used its budget up.
inline void Promote(const pyvm_event& event, pyvm_decision* decision,
                    uint32_t tier) {
  decision->action = event.kind == PYVM_LOOP_BUDGET ? PYVM_OSR : PYVM_COMPILE;
  decision->tier = tier;
  decision->loop = event.loop;
}

// So many counts, rounded up; at least one, and never the word for "never".
inline int32_t Budget(double left) {
  if (!(left > 1)) return 1;
  return static_cast<int32_t>(
      std::min(std::ceil(left), static_cast<double>(PYVM_NEVER) - 1));
}

// Budgets for a counter of which `left` remains, and which calls and back-edges
// count down alike, by their weights. Half of it goes to each, so that both
// together do not pass the mark by more than one step; at the end of either the
// policy is asked again, and halves what is left.
inline void SplitBudget(pyvm_decision* decision, double left,
                        double call_weight = 1, double loop_weight = 1) {
  auto half = [left](double weight) {
    return weight > 0 ? Budget(left / 2 / weight) : PYVM_NEVER;
  };
  decision->entry_budget = half(call_weight);
  decision->loop_budget = half(loop_weight);
}

// One line with numbers, which lives until the next one.
class Reason {
 public:
  __attribute__((format(printf, 2, 3))) const char* Format(const char* format,
                                                           ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(text_, sizeof(text_), format, args);
    va_end(args);
    return text_;
  }

 private:
  char text_[256] = "";
};

// What a policy keeps of a unit, in the unit's two words of memory: all zero at
// first.
template <typename State>
State Recall(const pyvm_event& event) {
  return std::bit_cast<State>(
      std::array<uint64_t, 2>{event.memory[0], event.memory[1]});
}
template <typename State>
void Remember(const pyvm_event& event, const State& state) {
  auto words = std::bit_cast<std::array<uint64_t, 2>>(state);
  std::copy(words.begin(), words.end(), event.memory);
}

// A promotion that was decided in a loop but waits for the next call, while the
// loop runs on in the code of the tier below: the unit's word of memory knows
// which tier's code the loop is to enter once it has run long enough.
class WaitingLoop {
 public:
  explicit WaitingLoop(uint64_t* word) : word_(word) {}
  void Wait(uint32_t tier) { *word_ = tier + 1; }
  void Done() { *word_ = 0; }
  bool IsFor(uint32_t tier) const { return *word_ == tier + 1; }

 private:
  uint64_t* word_;
};

// What a policy does at PYVM_MEMORY_PRESSURE: gives up code that is hardly run.
inline constexpr pyvm_param kEvictBelow = {
    "evict-below",
    PYVM_FLOAT,
    "per second",
    "0",
    0,
    1e12,
    "at memory pressure, give up code with fewer calls and loops since it was "
    "last asked about; 0: none"};

class Eviction {
 public:
  explicit Eviction(const Args& args) : below_(args.Number("evict-below")) {}

  // Whether the event is for this to decide.
  bool Decide(const pyvm_event& event, pyvm_decision* decision) {
    if (event.kind != PYVM_MEMORY_PRESSURE) return false;
    double seconds = static_cast<double>(event.ns_since) / 1e9;
    auto counts = static_cast<double>(event.entries_since + event.loops_since);
    decision->reason =
        reason_.Format("%.0f calls and loops in %.3f s", counts, seconds);
    if (counts >= below_ * seconds) return true;
    decision->action = PYVM_EVICT;
    decision->entry_budget = decision->loop_budget = kUntilNextLook;
    return true;
  }

 private:
  // Counts until the policy looks again at a unit whose code is gone.
  static constexpr int32_t kUntilNextLook = 100;

  double below_;
  Reason reason_;
};

// --- The frame of a plugin --------------------------------------------------

template <typename P>
constexpr uint32_t WantsOf() {
  if constexpr (requires { P::kWants; }) return P::kWants;
  return 0;
}

template <typename P>
inline constexpr pyvm_policy kPolicyApi = {
    .size = sizeof(pyvm_policy),
    .decide =
        [](void* self, const pyvm_event* event, pyvm_decision* decision) {
          static_cast<P*>(self)->Decide(*event, decision);
        },
    .wants = WantsOf<P>(),
};

template <typename P>
void* CreatePolicy(const pyvm_host* host, const pyvm_arg* args, size_t num_args,
                   char* error, size_t error_size) {
  Args parsed(*host, args, num_args);
  auto policy = std::make_unique<P>(parsed);
  if (parsed.error().empty()) return policy.release();
  snprintf(error, error_size, "%s", parsed.error().c_str());
  return nullptr;
}

// P has a constructor P(const Args&), which may call Args::Fail, and
// void Decide(const pyvm_event&, pyvm_decision*); kWants if it wants anything.
template <typename P>
constexpr pyvm_plugin PolicyPlugin(const char* name, const char* help,
                                   const pyvm_param* params,
                                   size_t num_params) {
  return {
      .abi_version = PYVM_ABI_VERSION,
      .size = sizeof(pyvm_plugin),
      .kind = PYVM_POLICY,
      .num_params = static_cast<uint32_t>(num_params),
      .name = name,
      .help = help,
      .params = params,
      .create = CreatePolicy<P>,
      .destroy = [](void* self) { delete static_cast<P*>(self); },
      .api = &kPolicyApi<P>,
  };
}
template <typename P>
constexpr pyvm_plugin PolicyPlugin(const char* name, const char* help) {
  return PolicyPlugin<P>(name, help, nullptr, 0);
}
template <typename P, size_t n>
constexpr pyvm_plugin PolicyPlugin(const char* name, const char* help,
                                   const pyvm_param (&params)[n]) {
  return PolicyPlugin<P>(name, help, params, n);
}

}  // namespace pyvm::plugins

#endif  // PYVM_PLUGINS_COMMON_POLICY_H_
