// Counters between 0 and 1, one for calls and one for loops of a unit, that
// shrink now and then: what is only lukewarm never gets there. After PyPy,
// rpython/jit/metainterp/counter.py and rpython/rlib/jit.py.
#include "plugins/common/policy.h"

namespace pyvm::plugins {
namespace {

constexpr pyvm_param kParams[] = {
    {"threshold", PYVM_FLOAT, "back-edges", "1039", 1, 1e9,
     "T of loops: each back-edge adds 1 / (T - 0.001)"},
    {"function-threshold", PYVM_FLOAT, "calls", "1619", 1, 1e9, "T of calls"},
    {"trace-eagerness", PYVM_INT, "deopts", "200", 1, 1e9,
     "after so many in a unit it goes down, to be compiled with what it has "
     "seen since"},
    {"decay", PYVM_FLOAT, "thousandths", "40", 0, 1000,
     "by which all counters shrink at a time"},
    {"period", PYVM_INT, "counts", "100000", 1, 1e15,
     "calls and back-edges of the program from one time to the next (PyPy: 32 "
     "minor collections)"},
};

// What the unit's two words of memory hold.
struct State {
  float loops = 0, calls = 0;
  uint32_t periods = 0;  // that have been applied
  uint32_t deopts = 0;   // when it last went down
};

class PypyDecay {
 public:
  explicit PypyDecay(const Args& args)
      : loop_step_(1 / (args.Number("threshold") - 0.001)),
        call_step_(1 / (args.Number("function-threshold") - 0.001)),
        eagerness_(static_cast<uint32_t>(args.Int("trace-eagerness"))),
        keep_(1 - args.Number("decay") * 0.001),
        period_(static_cast<uint64_t>(args.Int("period"))) {}

  void Decide(const pyvm_event& event, pyvm_decision* decision) {
    auto state = Recall<State>(event);
    Update(event, &state);
    Decide(event, &state, decision);
    Remember(event, state);
  }

 private:
  void Update(const pyvm_event& event, State* state) const {
    auto periods = static_cast<uint32_t>(event.virtual_time / period_);
    // A new unit starts now.
    if (event.kind == PYVM_NEW_UNIT) state->periods = periods;
    auto keep = static_cast<float>(std::pow(keep_, periods - state->periods));
    state->periods = periods;
    state->loops =
        state->loops * keep +
        static_cast<float>(loop_step_ * static_cast<double>(event.loops_since));
    state->calls = state->calls * keep +
                   static_cast<float>(call_step_ *
                                      static_cast<double>(event.entries_since));
  }

  void Decide(const pyvm_event& event, State* state, pyvm_decision* decision) {
    if (event.tier < event.num_tiers && event.tier > 0 &&
        event.deopts - state->deopts >= eagerness_) {
      decision->action = PYVM_STEP_DOWN;
      decision->tier = event.tier - 1;
      decision->reason =
          reason_.Format("%u deopts since", event.deopts - state->deopts);
      *state = {0, 0, state->periods, event.deopts};
    } else if (CannotRise(event, decision)) {
      // There is one below that may give up its frames.
      if (event.tier > 0) decision->entry_budget = Budget(1 / call_step_);
      return;
    } else {
      decision->reason = reason_.Format("loops %.4f, calls %.4f",
                                        static_cast<double>(state->loops),
                                        static_cast<double>(state->calls));
      if (state->loops >= kFull || state->calls >= kFull) {
        Promote(event, decision, NextTier(event));
        state->loops = state->calls = 0;
      }
    }
    decision->loop_budget = Budget((1 - state->loops) / loop_step_);
    decision->entry_budget = Budget((1 - state->calls) / call_step_);
  }

  // T times 1 / (T - 0.001) is a little more than 1: floats may lose some of
  // it.
  static constexpr float kFull = 1 - 1e-6f;

  double loop_step_, call_step_;
  uint32_t eagerness_;
  double keep_;
  uint64_t period_;
  Reason reason_;
};

constexpr pyvm_plugin kPlugin = PolicyPlugin<PypyDecay>(
    "pypy-decay",
    "counters of calls and of loops that shrink now and then (PyPy, `--jit` "
    "parameters, counter.py)",
    kParams);

}  // namespace
}  // namespace pyvm::plugins

const pyvm_plugin* pyvm_plugin_main(const pyvm_host*) {
  return &pyvm::plugins::kPlugin;
}
