// Two thresholds for calls, one for calls with many loops, one for entering a
// loop; all grow with the queue of compilations. After HotSpot,
// compilationPolicy.hpp; the parameters are Tier3InvocationThreshold and so on.
#include "plugins/common/policy.h"

namespace pyvm::plugins {
namespace {

#define PYVM_LEVEL(t, invocation, minimum, compile, backedge, feedback, where) \
  {t, PYVM_INT, "calls", invocation, 0, 1e9, "Ti: calls before " where},       \
      {t "-min",                                                               \
       PYVM_INT,                                                               \
       "calls",                                                                \
       minimum,                                                                \
       0,                                                                      \
       1e9,                                                                    \
       "Tmin: calls without which Tc does not count"},                         \
      {t "-compile",                                                           \
       PYVM_INT,                                                               \
       "counts",                                                               \
       compile,                                                                \
       0,                                                                      \
       1e9,                                                                    \
       "Tc: calls and back-edges before " where},                              \
      {t "-backedge",                                                          \
       PYVM_INT,                                                               \
       "back-edges",                                                           \
       backedge,                                                               \
       0,                                                                      \
       1e9,                                                                    \
       "Tb: back-edges before a loop enters the code of " where},              \
      {t "-feedback",                                                          \
       PYVM_FLOAT,                                                             \
       "compilations",                                                         \
       feedback,                                                               \
       1e-3,                                                                   \
       1e9,                                                                    \
       "load feedback: thresholds double when so many wait for each thread"}

constexpr pyvm_param kParams[] = {
    PYVM_LEVEL("t3", "200", "100", "2000", "60000", "5", "the first compiler"),
    PYVM_LEVEL("t4", "5000", "600", "15000", "40000", "3",
               "llvm and any later compiler"),
    {"threads", PYVM_INT, "threads", "1", 1, 1024, "that compile"},
    kEvictBelow,
};
#undef PYVM_LEVEL

// The numbers of one step.
struct Level {
  Level(const Args& args, const std::string& t)
      : invocation(args.Number(t)),
        minimum(args.Number(t + "-min")),
        compile(args.Number(t + "-compile")),
        backedge(args.Number(t + "-backedge")),
        feedback(args.Number(t + "-feedback")) {}

  double invocation, minimum, compile, backedge, feedback;
};

class Hotspot {
 public:
  static constexpr uint32_t kWants = PYVM_WANTS_PRESSURE;

  explicit Hotspot(const Args& args)
      : t3_(args, "t3"),
        t4_(args, "t4"),
        threads_(args.Number("threads")),
        eviction_(args) {}

  void Decide(const pyvm_event& event, pyvm_decision* decision) {
    if (eviction_.Decide(event, decision)) return;
    // The code may be there, and its loop still run in the old one.
    WaitingLoop waiting(&event.memory[0]);
    bool in_loop = event.kind == PYVM_LOOP_BUDGET;
    Counts here = CountsHere(event);
    auto i = static_cast<double>(here.calls);
    auto b = static_cast<double>(here.loops);
    if (uint32_t next = NextTier(event); !CannotRise(event, decision)) {
      const Level& level = LevelOf(event, next);
      double s = Scale(event, level);
      decision->priority = Rate(event);
      decision->reason = reason_.Format(
          "i %.0f, b %.0f, s %.2f, %.0f/s; Ti %.0f, Tmin %.0f, Tc %.0f, Tb "
          "%.0f",
          i, b, s, decision->priority, level.invocation, level.minimum,
          level.compile, level.backedge);
      if (in_loop && b > level.backedge * s) {
        Promote(event, decision, next);
      } else if (i > level.invocation * s ||
                 (i > level.minimum * s && i + b > level.compile * s)) {
        decision->action = PYVM_COMPILE;
        decision->tier = next;
        if (in_loop) waiting.Wait(next);
      }
    }
    if (decision->action == PYVM_STAY && in_loop && waiting.IsFor(event.tier)) {
      const Level& level = LevelOf(event, event.tier);
      if (b > level.backedge * Scale(event, level)) {
        waiting.Done();
        Promote(event, decision, event.tier);
        decision->reason =
            reason_.Format("b %.0f: the loop enters code that is there", b);
      }
    }
    pyvm_event after = event;
    if (decision->action != PYVM_STAY && decision->tier != event.tier) {
      after.tier = decision->tier;
      i = b = 0;
    }
    GiveBudgets(after, i, b, waiting.IsFor(after.tier), decision);
  }

 private:
  const Level& LevelOf(const pyvm_event& event, uint32_t tier) const {
    return IsOptimizing(event, tier) ? t4_ : t3_;
  }
  double Scale(const pyvm_event& event, const Level& level) const {
    return event.queue_length / (level.feedback * threads_) + 1;
  }
  // d(i + b) / dt, which orders the queue.
  static double Rate(const pyvm_event& event) {
    if (event.ns_since == 0) return 0;
    return static_cast<double>(event.entries_since + event.loops_since) * 1e9 /
           static_cast<double>(event.ns_since);
  }

  // The next moment at which one of the conditions can hold.
  void GiveBudgets(const pyvm_event& event, double i, double b, bool waits,
                   pyvm_decision* decision) const {
    // "More than" a threshold is one more than it.
    auto left = [](double threshold, double count) {
      return std::floor(threshold) + 1 - count;
    };
    if (uint32_t next = NextTier(event);
        next < event.num_tiers && event.refused == nullptr) {
      const Level& level = LevelOf(event, next);
      double s = Scale(event, level);
      decision->entry_budget = Budget(left(level.invocation * s, i));
      decision->loop_budget = Budget(left(level.backedge * s, b));
      if (i <= level.minimum * s) {
        decision->entry_budget = std::min(decision->entry_budget,
                                          Budget(left(level.minimum * s, i)));
      } else {
        pyvm_decision both = {};
        SplitBudget(&both, left(level.compile * s, i + b));
        decision->entry_budget =
            std::min(decision->entry_budget, both.entry_budget);
        decision->loop_budget =
            std::min(decision->loop_budget, both.loop_budget);
      }
    }
    if (waits) {
      const Level& level = LevelOf(event, event.tier);
      decision->loop_budget =
          std::min(decision->loop_budget,
                   Budget(left(level.backedge * Scale(event, level), b)));
    }
  }

  Level t3_, t4_;
  double threads_;
  Eviction eviction_;
  Reason reason_;
};

constexpr pyvm_plugin kPlugin = PolicyPlugin<Hotspot>(
    "hotspot",
    "thresholds for calls, calls with loops, and loops, which grow with the "
    "compile queue (HotSpot, compilationPolicy.hpp)",
    kParams);

}  // namespace
}  // namespace pyvm::plugins

const pyvm_plugin* pyvm_plugin_main(const pyvm_host*) {
  return &pyvm::plugins::kPlugin;
}
