#include <string>
#include <vector>

#include "core/plugin/loader.h"
#include "core/plugin/params.h"
#include "core/plugin/pyvm.h"
#include "gtest/gtest.h"

namespace pyvm {
namespace {

const pyvm_host kHost = {PYVM_ABI_VERSION, sizeof(pyvm_host), "0.1", nullptr,
                         nullptr};

class FixedCountTest : public testing::Test {
 protected:
  void SetUp() override {
    const char* names[] = {"interp", "baseline", "llvm"};
    for (int i = 0; i < 3; ++i) {
      tiers_[i] = {};
      tiers_[i].name = names[i];
    }
  }

  void Create(const std::string& params) {
    absl::StatusOr<PluginInstance> instance = PluginInstance::Create(
        *pyvm_plugin_main(&kHost), *ParsePluginSpec("fixed-count:" + params),
        kHost);
    ASSERT_TRUE(instance.ok()) << instance.status();
    instance_ = *std::move(instance);
  }

  // The policy's answer for a unit in tier `tier` with these counts there.
  pyvm_decision Ask(uint32_t tier, uint64_t entries, uint64_t loops,
                    uint32_t kind = PYVM_ENTRY_BUDGET) {
    uint64_t entries_by_tier[3] = {}, loops_by_tier[3] = {};
    entries_by_tier[tier] = entries;
    loops_by_tier[tier] = loops;
    event_.size = sizeof(event_);
    event_.kind = kind;
    event_.tier = tier;
    event_.num_tiers = 3;
    event_.tier_stride = sizeof(pyvm_tier_info);
    event_.tiers = tiers_;
    event_.entries = entries;
    event_.loops = loops;
    event_.entries_by_tier = entries_by_tier;
    event_.loops_by_tier = loops_by_tier;
    pyvm_decision decision = {};
    decision.size = sizeof(decision);
    decision.entry_budget = decision.loop_budget = PYVM_NEVER;
    static_cast<const pyvm_policy*>(instance_.plugin().api)
        ->decide(instance_.self(), &event_, &decision);
    EXPECT_NE(decision.reason, nullptr);
    return decision;
  }

  pyvm_tier_info tiers_[3];
  pyvm_event event_ = {.name = "Worker.run"};
  PluginInstance instance_;
};

TEST_F(FixedCountTest, Defaults) {
  Create("");
  pyvm_decision decision = Ask(0, 0, 0, PYVM_NEW_UNIT);
  EXPECT_EQ(decision.action, PYVM_STAY);
  EXPECT_EQ(decision.entry_budget, 25);
  EXPECT_EQ(decision.loop_budget, 25);
  decision = Ask(0, 25, 3);
  EXPECT_EQ(decision.action, PYVM_COMPILE);
  EXPECT_EQ(decision.tier, 1u);
  EXPECT_EQ(decision.entry_budget, 1500);
  EXPECT_EQ(decision.loop_budget, 2500);
  EXPECT_STREQ(decision.reason, "25 of 25 calls, 3 of 25 loops");
  decision = Ask(1, 1500, 0);
  EXPECT_EQ(decision.action, PYVM_COMPILE);
  EXPECT_EQ(decision.tier, 2u);
  EXPECT_EQ(decision.entry_budget, PYVM_NEVER);
  EXPECT_EQ(Ask(2, 9999, 9999).action, PYVM_STAY);
}

TEST_F(FixedCountTest, LoopsEnterTheLoop) {
  Create("");
  EXPECT_EQ(Ask(0, 1, 25, PYVM_LOOP_BUDGET).action, PYVM_OSR);
  pyvm_decision decision = Ask(0, 20, 10, PYVM_LOOP_BUDGET);
  EXPECT_EQ(decision.action, PYVM_STAY);
  EXPECT_EQ(decision.entry_budget, 5);
  EXPECT_EQ(decision.loop_budget, 15);
}

TEST_F(FixedCountTest, NumbersByTier) {
  Create("calls=7,calls.llvm=11,loops.baseline=3");
  pyvm_decision decision = Ask(0, 0, 0, PYVM_NEW_UNIT);
  EXPECT_EQ(decision.entry_budget, 7);
  EXPECT_EQ(decision.loop_budget, 3);
  decision = Ask(1, 0, 0);
  EXPECT_EQ(decision.entry_budget, 11);
  EXPECT_EQ(decision.loop_budget, 2500);
  Create("calls=7");
  EXPECT_EQ(Ask(1, 0, 0).entry_budget, 7);
}

TEST_F(FixedCountTest, OnlySomeFunctions) {
  Create("only=main+Worker.*");
  EXPECT_EQ(Ask(0, 25, 0).action, PYVM_COMPILE);
  event_.name = "helper";
  EXPECT_EQ(Ask(0, 25, 0).action, PYVM_STAY);
}

TEST_F(FixedCountTest, StopsAtACodeSize) {
  Create("max-code=1000");
  event_.code_bytes = 999;
  EXPECT_EQ(Ask(0, 25, 0).action, PYVM_COMPILE);
  event_.code_bytes = 1000;
  EXPECT_EQ(Ask(0, 25, 0).action, PYVM_STAY);
}

TEST_F(FixedCountTest, DoesNotTryAgainAfterARefusal) {
  Create("");
  event_.refused = "too large";
  pyvm_decision decision = Ask(0, 25, 0);
  EXPECT_EQ(decision.action, PYVM_STAY);
  EXPECT_EQ(decision.entry_budget, PYVM_NEVER);
  EXPECT_STREQ(decision.reason, "too large");
}

}  // namespace
}  // namespace pyvm
