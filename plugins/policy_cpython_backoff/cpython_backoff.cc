// A countdown that grows longer each time it has led to nothing: 2^k - 1, with
// k one more after each failure. After CPython 3.13 and later,
// pycore_backoff.h, whose jumps backward count; calls do not, unless one asks
// for it.
#include "plugins/common/policy.h"

namespace pyvm::plugins {
namespace {

constexpr pyvm_param kParams[] = {
    {"loop-start", PYVM_INT, "back-edges", "16", 1, 1e9,
     "the first countdown in a tier (JUMP_BACKWARD_INITIAL_VALUE)"},
    {"loop-backoff", PYVM_INT, "", "4", 0, 30,
     "k at first (JUMP_BACKWARD_INITIAL_BACKOFF)"},
    {"max-backoff", PYVM_INT, "", "12", 0, 30, "k grows no further"},
    {"side-exit", PYVM_INT, "deopts", "64", 1, 1e9,
     "after so many in a unit it goes down, to be compiled with what it has "
     "seen since (SIDE_EXIT_INITIAL_VALUE)"},
    {"count-calls", PYVM_BOOL, "", "0", 0, 0,
     "calls count as back-edges do; without, a unit that has no loop stays"},
};

// What the unit's two words of memory hold.
struct State {
  uint32_t left = 0;     // of the countdown
  uint16_t tier = 0;     // in which it runs
  uint16_t backoff = 0;  // k
  uint32_t deopts = 0;   // when it last went down
  uint32_t unused = 0;
};

class CpythonBackoff {
 public:
  explicit CpythonBackoff(const Args& args)
      : start_(static_cast<uint32_t>(args.Int("loop-start"))),
        backoff_(static_cast<uint16_t>(args.Int("loop-backoff"))),
        max_backoff_(static_cast<uint16_t>(args.Int("max-backoff"))),
        side_exit_(static_cast<uint32_t>(args.Int("side-exit"))),
        count_calls_(args.Bool("count-calls")) {}

  void Decide(const pyvm_event& event, pyvm_decision* decision) {
    auto state = Recall<State>(event);
    Decide(event, &state, decision);
    Remember(event, state);
  }

 private:
  void Decide(const pyvm_event& event, State* state, pyvm_decision* decision) {
    if (event.kind == PYVM_NEW_UNIT || state->tier != event.tier) {
      // The promotion has succeeded: a new countdown for the next one.
      state->left = start_;
      state->backoff = backoff_;
      state->tier = static_cast<uint16_t>(event.tier);
    }
    if (event.tier > 0 && event.tier < event.num_tiers &&
        event.deopts - state->deopts >= side_exit_) {
      decision->action = PYVM_STEP_DOWN;
      decision->tier = event.tier - 1;
      decision->reason =
          reason_.Format("%u deopts since", event.deopts - state->deopts);
      state->deopts = event.deopts;
      GiveBudgets(start_, decision);
      return;
    }
    if (NextTier(event) >= event.num_tiers) {
      decision->reason = "it is in the top tier";
      // It may give up its frames.
      if (event.tier > 0 && event.deopts > 0) GiveBudgets(start_, decision);
      return;
    }
    uint64_t counted =
        event.loops_since + (count_calls_ ? event.entries_since : 0);
    state->left -=
        static_cast<uint32_t>(std::min<uint64_t>(state->left, counted));
    decision->reason =
        reason_.Format("countdown at %u, k %d, %s", state->left, state->backoff,
                       event.refused != nullptr ? event.refused : "no failure");
    if (state->left == 0) {
      Promote(event, decision, NextTier(event));
      // As after a failure; a success shows by the tier.
      state->backoff = std::min<uint16_t>(state->backoff + 1, max_backoff_);
      state->left = std::max((1u << state->backoff) - 1, 1u);
    }
    GiveBudgets(state->left, decision);
  }

  void GiveBudgets(uint32_t left, pyvm_decision* decision) const {
    SplitBudget(decision, left);
    if (!count_calls_) {
      decision->entry_budget = PYVM_NEVER;
      decision->loop_budget = Budget(left);
    }
  }

  uint32_t start_;
  uint16_t backoff_, max_backoff_;
  uint32_t side_exit_;
  bool count_calls_;
  Reason reason_;
};

constexpr pyvm_plugin kPlugin = PolicyPlugin<CpythonBackoff>(
    "cpython-backoff",
    "a countdown of back-edges that doubles after each failure (CPython 3.13, "
    "pycore_backoff.h)",
    kParams);

}  // namespace
}  // namespace pyvm::plugins

const pyvm_plugin* pyvm_plugin_main(const pyvm_host*) {
  return &pyvm::plugins::kPlugin;
}
