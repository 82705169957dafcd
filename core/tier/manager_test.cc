#include "core/tier/manager.h"

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/bytecode/unit.h"
#include "core/tier/metrics.h"
#include "core/tier/options.h"
#include "gtest/gtest.h"

namespace pyvm {
namespace {

// --- A policy that answers from a script, and a monitor that notes what it
// sees.

struct Script {
  std::deque<pyvm_decision> answers;
  std::vector<pyvm_event> asked;
  std::vector<pyvm_tier_info> high;  // what each event said of the upper tier
  std::function<void()> meanwhile;   // what the policy executes
  std::vector<std::vector<uint64_t>> entries_by_tier;
};
Script script;

const pyvm_policy kPolicy = {
    sizeof(pyvm_policy),
    [](void*, const pyvm_event* event, pyvm_decision* decision) {
      script.asked.push_back(*event);
      script.entries_by_tier.emplace_back(
          event->entries_by_tier, event->entries_by_tier + event->num_tiers);
      if (event->num_tiers > 1) script.high.push_back(event->tiers[1]);
      if (script.meanwhile) script.meanwhile();
      ++event->memory[1];
      if (script.answers.empty()) return;
      decision->error = script.answers.front().error;
      decision->action = script.answers.front().action;
      decision->tier = script.answers.front().tier;
      decision->entry_budget = script.answers.front().entry_budget;
      decision->loop_budget = script.answers.front().loop_budget;
      script.answers.pop_front();
    },
    PYVM_WANTS_PRESSURE};
const pyvm_plugin kPolicyPlugin = {.abi_version = PYVM_ABI_VERSION,
                                   .size = sizeof(pyvm_plugin),
                                   .kind = PYVM_POLICY,
                                   .num_params = 0,
                                   .name = "script",
                                   .help = "test",
                                   .params = nullptr,
                                   .create = nullptr,
                                   .destroy = nullptr,
                                   .api = &kPolicy};

std::vector<uint32_t> seen;
std::vector<uint64_t> sequences;
std::vector<uint64_t> reported_units;
const pyvm_monitor kMonitor = {
    sizeof(pyvm_monitor), PYVM_WANTS_EVENTS | PYVM_WANTS_UNITS,
    [](void*, const pyvm_event* event, const pyvm_decision*) {
      seen.push_back(event->kind);
      sequences.push_back(event->sequence);
    },
    [](void*, const pyvm_report* report) -> const char* {
      for (uint32_t i = 0; i < report->num_units; ++i)
        reported_units.push_back(report->units[i].unit_id);
      return report->num_metrics > 0 ? "noted" : nullptr;
    }};
const pyvm_plugin kMonitorPlugin = {.abi_version = PYVM_ABI_VERSION,
                                    .size = sizeof(pyvm_plugin),
                                    .kind = PYVM_MONITOR,
                                    .num_params = 0,
                                    .name = "notes",
                                    .help = "test",
                                    .params = nullptr,
                                    .create = nullptr,
                                    .destroy = nullptr,
                                    .api = &kMonitor};

// --- Two tiers: one that takes all as it is, and one that compiles, or does
// not.

const Tier kLow = {"low",   "help",  kTierIsLandingTier,
                   nullptr, nullptr, nullptr,
                   nullptr, 1,       0};
const char* refusal = nullptr;
CompileRequest last_request;
int released = 0;
CompileResult Compile(Unit*, const CompileRequest& request) {
  static char code;
  last_request = request;
  return {refusal == nullptr ? &code : nullptr, refusal};
}
const Tier kHigh = {"high",  "help",  0,
                    Compile, nullptr, [](Unit*, void*) { ++released; },
                    nullptr, 3,       7};

// The same, beside the program.
int finished = 0;
int dropped = 0;
struct Task final : CompileTask {
  ~Task() override { ++dropped; }
  void Finish() override { ++finished; }
  CompileResult Install() override {
    static char code;
    return {&code, nullptr};
  }
};
const Tier kBeside = [] {
  Tier tier = kHigh;
  tier.prepare = [](Unit*, const CompileRequest& request,
                    const char** refused) {
    last_request = request;
    *refused = refusal;
    return refusal == nullptr ? std::unique_ptr<CompileTask>(new Task)
                              : nullptr;
  };
  return tier;
}();

const pyvm_host kHost = {PYVM_ABI_VERSION, sizeof(pyvm_host), "0.1", nullptr,
                         nullptr};

Policy MakePolicy() {
  return Policy(*PluginInstance::Create(kPolicyPlugin, {"script", {}}, kHost));
}

pyvm_decision Answer(uint32_t action, uint32_t tier, int32_t entries,
                     int32_t loops) {
  pyvm_decision decision = {};
  decision.action = action;
  decision.tier = tier;
  decision.entry_budget = entries;
  decision.loop_budget = loops;
  return decision;
}

class ManagerTest : public testing::Test {
 protected:
  void SetUp() override {
    script = {};
    seen.clear();
    sequences.clear();
    reported_units.clear();
    refusal = nullptr;
    released = 0;
    options = {};
    metrics = {};
  }

  void Configure(std::vector<const Tier*> tiers, bool with_policy) {
    ManagerConfig config;
    config.tiers = std::move(tiers);
    config.landing = &kLow;
    if (with_policy) config.policy.emplace(MakePolicy());
    config.monitors.emplace_back(
        *PluginInstance::Create(kMonitorPlugin, {"notes", {}}, kHost));
    ASSERT_TRUE(manager_.Configure(std::move(config)).ok());
  }
  void UseUpEntries() {
    unit_.entry_budget = 0;
    manager_.OnBudget(&unit_, false, 0);
  }
  void UseUpLoops(uint32_t instr) {
    unit_.loop_budget = 0;
    manager_.OnBudget(&unit_, true, instr);
  }

  // A unit that looks for its code, until it is in the tier or time is up.
  bool RunsSoon(const Tier* tier) {
    for (int i = 0; i < 5000 && unit_.tier != tier; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      UseUpLoops(17);
    }
    return unit_.tier == tier;
  }

  Manager manager_;
  Unit unit_;
};

TEST_F(ManagerTest, WithoutAPolicyUnitsStay) {
  Configure({&kLow}, false);
  manager_.InitUnit(&unit_);
  EXPECT_EQ(unit_.tier, &kLow);
  EXPECT_EQ(unit_.entry_budget, PYVM_NEVER);
  EXPECT_EQ(unit_.entries_total(), 0u);
  UseUpEntries();
  EXPECT_EQ(unit_.tier, &kLow);
  EXPECT_EQ(unit_.entry_budget, PYVM_NEVER);
  EXPECT_EQ(unit_.entries_total(), static_cast<uint64_t>(PYVM_NEVER));
}

TEST_F(ManagerTest, PromotesWhenThePolicySaysSo) {
  Configure({&kLow, &kHigh}, true);
  script.answers = {Answer(PYVM_STAY, 0, 10, 20),
                    Answer(PYVM_COMPILE, 1, 30, 40),
                    Answer(PYVM_STAY, 0, 5, 5)};
  manager_.InitUnit(&unit_);
  EXPECT_EQ(unit_.entry_budget, 10);
  EXPECT_EQ(unit_.loop_budget, 20);
  unit_.loop_budget = 13;
  UseUpEntries();
  EXPECT_EQ(unit_.tier, &kHigh);
  EXPECT_NE(unit_.tier_code, nullptr);
  EXPECT_EQ(last_request.entry, EntryKind::kFunctionStart);
  EXPECT_EQ(script.asked[1].entries, 10u);
  EXPECT_EQ(script.asked[1].loops, 7u);
  EXPECT_EQ(script.asked[1].virtual_time, 17u);
  UseUpEntries();
  EXPECT_EQ(script.asked[2].entries, 40u);
  EXPECT_EQ(script.asked[2].entries_since, 30u);
  EXPECT_EQ(script.asked[2].compiles, 1u);
  EXPECT_EQ(script.entries_by_tier[2], (std::vector<uint64_t>{10, 30}));
  EXPECT_EQ(seen, (std::vector<uint32_t>{PYVM_NEW_UNIT, PYVM_ENTRY_BUDGET,
                                         PYVM_COMPILED, PYVM_ENTRY_BUDGET}));
  EXPECT_EQ(metrics.compiles, 1u);
  manager_.UnitDied(&unit_);
  EXPECT_EQ(released, 1);
}

TEST_F(ManagerTest, AUnitThatIsCompiledBesideTheProgramStaysMeanwhile) {
  Configure({&kLow, &kBeside}, true);
  script.answers = {Answer(PYVM_STAY, 0, 10, 20), Answer(PYVM_OSR, 1, 30, 40)};
  manager_.InitUnit(&unit_);
  UseUpLoops(17);
  EXPECT_EQ(unit_.tier, &kLow);
  EXPECT_LT(unit_.loop_budget, 40);
  EXPECT_EQ(metrics.compile_queue_peak, 1u);
  EXPECT_TRUE(RunsSoon(&kBeside));
  EXPECT_EQ(last_request.loop, 17u);
  EXPECT_EQ(script.asked.size(), 2u);  // not again while it waited
  EXPECT_EQ(unit_.entry_budget, 30);
  EXPECT_EQ(unit_.loop_budget, 40);
  EXPECT_EQ(metrics.compiles, 1u);
  manager_.UnitDied(&unit_);
  EXPECT_EQ(released, 1);
}

TEST_F(ManagerTest, WhatIsRefusedInTheFirstPhaseIsRefusedAtOnce) {
  Configure({&kLow, &kBeside}, true);
  script.answers = {Answer(PYVM_STAY, 0, 10, 20),
                    Answer(PYVM_COMPILE, 1, 30, 40)};
  refusal = "because";
  manager_.InitUnit(&unit_);
  UseUpEntries();
  EXPECT_EQ(unit_.tier, &kLow);
  EXPECT_EQ(unit_.entry_budget, 30);
  EXPECT_EQ(metrics.refusals, 1u);
  UseUpEntries();
  EXPECT_STREQ(script.asked[2].refused, "because");
  manager_.UnitDied(&unit_);
}

TEST_F(ManagerTest, AUnitThatDiesWhileItWaitsIsNotCompiled) {
  Configure({&kLow, &kBeside}, true);
  script.answers = {Answer(PYVM_STAY, 0, 10, 20),
                    Answer(PYVM_COMPILE, 1, 30, 40)};
  manager_.InitUnit(&unit_);
  UseUpEntries();
  manager_.UnitDied(&unit_);
  EXPECT_EQ(metrics.compiles_cancelled, 1u);
  EXPECT_EQ(released, 0);
  EXPECT_EQ(metrics.compiles, 0u);
}

TEST_F(ManagerTest, SyncCompileWaits) {
  options.sync_compile = true;
  Configure({&kLow, &kBeside}, true);
  script.answers = {Answer(PYVM_STAY, 0, 10, 20),
                    Answer(PYVM_COMPILE, 1, 30, 40)};
  manager_.InitUnit(&unit_);
  UseUpEntries();
  EXPECT_EQ(unit_.tier, &kBeside);
  EXPECT_EQ(metrics.compile_queue_peak, 0u);
  EXPECT_EQ(metrics.compile_wait_ns, metrics.compile_time_ns);
  manager_.UnitDied(&unit_);
}

TEST_F(ManagerTest, OsrNamesTheLoop) {
  Configure({&kLow, &kHigh}, true);
  script.answers = {Answer(PYVM_STAY, 0, 10, 20), Answer(PYVM_OSR, 1, 30, 40)};
  manager_.InitUnit(&unit_);
  UseUpLoops(17);
  EXPECT_EQ(last_request.entry, EntryKind::kLoopHeader);
  EXPECT_EQ(last_request.loop, 17u);
}

TEST_F(ManagerTest, RefusalsAreRemembered) {
  Configure({&kLow, &kHigh}, true);
  refusal = "too large";
  script.answers = {Answer(PYVM_STAY, 0, 10, 20),
                    Answer(PYVM_COMPILE, 1, 30, 40)};
  manager_.InitUnit(&unit_);
  UseUpEntries();
  EXPECT_EQ(unit_.tier, &kLow);
  UseUpEntries();
  EXPECT_STREQ(script.asked[2].refused, "too large");
  EXPECT_EQ(script.asked[2].refusals, 1u);
  EXPECT_EQ(manager_.InfoOf(&kHigh)->refused, 1u);
}

TEST_F(ManagerTest, WrongAnswersAreRefusals) {
  Configure({&kLow, &kHigh}, true);
  script.answers = {Answer(PYVM_STAY, 0, -5, 0), Answer(PYVM_COMPILE, 9, 3, 3),
                    Answer(77, 1, 3, 3), Answer(PYVM_COMPILE, 0, 3, 3)};
  manager_.InitUnit(&unit_);
  EXPECT_EQ(unit_.entry_budget, 1);  // a budget counts down to zero
  for (int i = 0; i < 3; ++i) UseUpEntries();
  EXPECT_EQ(unit_.tier, &kLow);
  EXPECT_EQ(metrics.refusals, 3u);
}

TEST_F(ManagerTest, BlacklistedUnitsAreNotAskedAbout) {
  Configure({&kLow, &kHigh}, true);
  script.answers = {Answer(PYVM_STAY, 0, 10, 20),
                    Answer(PYVM_BLACKLIST, 0, 3, 3)};
  manager_.InitUnit(&unit_);
  UseUpEntries();
  UseUpEntries();
  EXPECT_EQ(script.asked.size(), 2u);
  EXPECT_EQ(unit_.entry_budget, PYVM_NEVER);
}

TEST_F(ManagerTest, StepsDownAndReleasesTheCodeOnceNobodyIsInIt) {
  Configure({&kLow, &kHigh}, true);
  script.answers = {Answer(PYVM_STAY, 0, 10, 20), Answer(PYVM_COMPILE, 1, 3, 3),
                    Answer(PYVM_STEP_DOWN, 0, 3, 3)};
  manager_.InitUnit(&unit_);
  UseUpEntries();
  unit_.active = 1;
  UseUpEntries();
  EXPECT_EQ(unit_.tier, &kLow);
  EXPECT_EQ(released, 0);
  unit_.active = 0;
  manager_.ReleaseRetired(&unit_);
  EXPECT_EQ(released, 1);
}

TEST_F(ManagerTest, AFirstTierThatCompilesDoesSoAtOnce) {
  Configure({&kHigh}, false);
  manager_.InitUnit(&unit_);
  EXPECT_EQ(unit_.tier, &kHigh);
  refusal = "no";
  Unit other;
  manager_.InitUnit(&other);
  EXPECT_EQ(other.tier, &kLow);
}

TEST_F(ManagerTest, StressPromotesAtTheFirstCall) {
  options.stress = kStressPromote;
  Configure({&kLow, &kHigh}, false);
  manager_.InitUnit(&unit_);
  EXPECT_EQ(unit_.entry_budget, 1);
  UseUpEntries();
  EXPECT_EQ(unit_.tier, &kHigh);
}

TEST_F(ManagerTest, CodeBytesAreLimited) {
  options.code_bytes_limit = 100;
  metrics.bytes_code = 100;
  Configure({&kLow, &kHigh}, true);
  script.answers = {Answer(PYVM_STAY, 0, 10, 20),
                    Answer(PYVM_COMPILE, 1, 3, 3)};
  manager_.InitUnit(&unit_);
  UseUpEntries();
  EXPECT_EQ(unit_.tier, &kLow);
}

TEST_F(ManagerTest, TheWayBackIsToTheLandingTier) {
  Configure({&kLow, &kHigh}, true);
  script.answers = {Answer(PYVM_EVICT, 0, 10, 20),
                    Answer(PYVM_COMPILE, 1, 3, 3), Answer(PYVM_EVICT, 0, 5, 6)};
  manager_.InitUnit(&unit_);
  EXPECT_EQ(metrics.refusals, 1u);  // there is nothing to give up
  UseUpEntries();
  UseUpEntries();
  EXPECT_EQ(unit_.tier, &kLow);
  EXPECT_EQ(unit_.entry_budget, 5);
  EXPECT_EQ(released, 1);
  EXPECT_EQ(metrics.evictions, 1u);
}

TEST_F(ManagerTest, UnderPressureUnitsWithCodeAreAskedAbout) {
  Configure({&kLow, &kHigh}, true);
  Unit other;
  script.answers = {Answer(PYVM_STAY, 0, 10, 20), Answer(PYVM_STAY, 0, 10, 20),
                    Answer(PYVM_COMPILE, 1, 30, 40)};
  manager_.InitUnit(&other);
  manager_.InitUnit(&unit_);
  UseUpEntries();
  manager_.NoteMemoryPressure();
  script.answers = {Answer(PYVM_STAY, 0, 50, 60), Answer(PYVM_EVICT, 0, 7, 8)};
  unit_.loop_budget = 33;
  UseUpEntries();
  ASSERT_EQ(script.asked.size(), 5u);  // the interpreted unit is left alone
  EXPECT_EQ(script.asked[4].kind, PYVM_MEMORY_PRESSURE);
  EXPECT_EQ(unit_.tier, &kLow);
  EXPECT_EQ(unit_.entry_budget, 7);
  UseUpEntries();
  EXPECT_EQ(script.asked.size(), 6u);  // once is enough
}

TEST_F(ManagerTest, UnderPressureBudgetsStayAsTheyAre) {
  Configure({&kLow, &kHigh}, true);
  script.answers = {Answer(PYVM_STAY, 0, 10, 20),
                    Answer(PYVM_COMPILE, 1, 30, 40)};
  manager_.InitUnit(&unit_);
  UseUpEntries();
  unit_.loop_budget = 33;
  manager_.NoteMemoryPressure();
  Unit other;
  manager_.InitUnit(&other);
  EXPECT_EQ(script.asked.back().kind, PYVM_MEMORY_PRESSURE);
  EXPECT_EQ(unit_.tier, &kHigh);
  EXPECT_EQ(unit_.entry_budget, 30);
  EXPECT_EQ(unit_.loop_budget, 33);
  EXPECT_EQ(unit_.loops_total(), 7u);
}

TEST_F(ManagerTest, FailuresOfThePolicyAreCountedAndShownOnce) {
  Configure({&kLow, &kHigh}, true);
  pyvm_decision fails = Answer(PYVM_COMPILE, 1, 3, 3);
  fails.error = "it raised";
  script.answers = {Answer(PYVM_STAY, 0, 10, 20), fails, fails,
                    Answer(PYVM_COMPILE, 2, 3, 3),
                    Answer(PYVM_COMPILE, 2, 3, 3)};
  manager_.InitUnit(&unit_);
  testing::internal::CaptureStderr();
  for (int i = 0; i < 4; ++i) UseUpEntries();
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "pyvm: policy script failed: it raised; ? stays in its tier "
            "(--stats counts policy.errors)\n"
            "pyvm: policy script asked for a tier that is not in --tiers; ? "
            "stays in its tier (--stats counts policy.errors)\n");
  EXPECT_EQ(unit_.tier, &kLow);
  EXPECT_EQ(metrics.policy_errors, 4u);
}

TEST_F(ManagerTest, WhatThePolicyExecutesIsNoEvent) {
  Configure({&kLow, &kHigh}, true);
  Unit inside;
  script.meanwhile = [&] {
    if (inside.tier == nullptr) manager_.InitUnit(&inside);
    manager_.OnBudget(&inside, false, 0);
  };
  manager_.InitUnit(&unit_);
  ASSERT_EQ(script.asked.size(), 1u);
  EXPECT_EQ(inside.entry_budget, 1);
  // It is met when the program runs it.
  script.meanwhile = nullptr;
  inside.entry_budget = 0;
  manager_.OnBudget(&inside, false, 0);
  ASSERT_EQ(script.asked.size(), 2u);
  EXPECT_EQ(script.asked[1].kind, PYVM_NEW_UNIT);
  EXPECT_EQ(script.asked[1].entries_since, 0u);
}

TEST_F(ManagerTest, EventsHoldPredictionsDeoptsAndMemory) {
  Configure({&kLow, &kHigh}, true);
  unit_.bytes_bytecode = 100;
  options.virtual_time = true;
  script.answers = {Answer(PYVM_STAY, 0, 10, 20),
                    Answer(PYVM_COMPILE, 1, 3, 3)};
  manager_.InitUnit(&unit_);
  EXPECT_EQ(script.high[0].predicted_compile_ns, 700);
  EXPECT_EQ(script.high[0].predicted_speedup, 3);
  manager_.NoteDeopt(&unit_, 5);
  manager_.NoteDeopt(&unit_, 8);
  manager_.NoteDeopt(&unit_, 5);
  UseUpEntries();
  const pyvm_event& event = script.asked[1];
  EXPECT_EQ(event.deopts, 3u);
  ASSERT_EQ(event.num_deopt_sites, 2u);
  EXPECT_EQ(event.deopt_sites[0].instruction, 5u);
  EXPECT_EQ(event.deopt_sites[0].count, 2u);
  EXPECT_EQ(event.memory[1], 2u);
  UseUpEntries();
  // Compiled by now; but what that took would differ from run to run.
  EXPECT_EQ(script.high[2].predicted_compile_ns, 700);
  EXPECT_EQ(script.high[2].compile_ns, 0u);
  EXPECT_EQ(script.high[2].predicted_speedup, 1);
}

TEST_F(ManagerTest, VirtualTimeIsMadeOfCounts) {
  options.virtual_time = true;
  Configure({&kLow, &kHigh}, true);
  script.answers = {Answer(PYVM_STAY, 0, 10, 20), Answer(PYVM_STAY, 0, 5, 5)};
  manager_.InitUnit(&unit_);
  UseUpEntries();
  UseUpEntries();
  EXPECT_EQ(script.asked[0].time_ns, 0u);
  EXPECT_EQ(script.asked[1].time_ns, 10u * PYVM_VIRTUAL_NS);
  EXPECT_EQ(script.asked[2].time_ns, 15u * PYVM_VIRTUAL_NS);
  EXPECT_EQ(script.asked[2].ns_since, 5u * PYVM_VIRTUAL_NS);
  EXPECT_EQ(manager_.EventTimeNs(), 15u * PYVM_VIRTUAL_NS);
}

TEST_F(ManagerTest, AnOutcomeHasTheNumberOfItsEvent) {
  Configure({&kLow, &kHigh}, true);
  script.answers = {Answer(PYVM_STAY, 0, 10, 20),
                    Answer(PYVM_COMPILE, 1, 3, 3)};
  manager_.InitUnit(&unit_);
  UseUpEntries();
  UseUpEntries();
  EXPECT_EQ(sequences, (std::vector<uint64_t>{1, 2, 2, 3}));
}

TEST_F(ManagerTest, ReportsHaveTheUnitsThatAreAlive) {
  Configure({&kLow}, false);
  Unit first, second;
  manager_.InitUnit(&first);
  manager_.InitUnit(&second);
  manager_.InitUnit(&unit_);
  manager_.UnitDied(&second);
  manager_.Finish(true);
  EXPECT_EQ(reported_units, (std::vector<uint64_t>{1, 3}));
}

TEST_F(ManagerTest, MonitorsReportOnce) {
  Configure({&kLow}, false);
  EXPECT_EQ(manager_.Finish(true),
            (std::vector<std::string>{"monitor notes: noted"}));
  EXPECT_TRUE(manager_.Finish(true).empty());
}

TEST_F(ManagerTest, CountingNeedsATierThatCounts) {
  static const pyvm_monitor counting = {sizeof(pyvm_monitor),
                                        PYVM_WANTS_OPCOUNTS, nullptr, nullptr};
  static pyvm_plugin plugin = kMonitorPlugin;
  plugin.api = &counting;
  ManagerConfig config;
  config.tiers = {&kLow};
  config.landing = &kLow;
  config.monitors.emplace_back(
      *PluginInstance::Create(plugin, {"notes", {}}, kHost));
  EXPECT_EQ(
      manager_.Configure(std::move(config)).message(),
      "tier low cannot count instructions, which a monitor wants; leave it out "
      "of --tiers");
}

}  // namespace
}  // namespace pyvm
