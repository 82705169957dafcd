#include "plugins/common/policy_test.h"

namespace pyvm::plugins {
namespace {

TEST_F(PolicyTest, Defaults) {
  ASSERT_EQ(Create("fixed-count", ""), "");
  pyvm_decision decision = Ask(PYVM_NEW_UNIT, 0, 0, 0);
  EXPECT_EQ(decision.action, PYVM_STAY);
  EXPECT_EQ(decision.entry_budget, 25);
  EXPECT_EQ(decision.loop_budget, 25);
  decision = Calls(0, 25, 3);
  EXPECT_EQ(decision.action, PYVM_COMPILE);
  EXPECT_EQ(decision.tier, 1u);
  EXPECT_EQ(decision.entry_budget, 1500);
  EXPECT_EQ(decision.loop_budget, 2500);
  EXPECT_STREQ(decision.reason, "25 of 25 calls, 3 of 25 loops");
  decision = Calls(1, 1500, 0);
  EXPECT_EQ(decision.action, PYVM_COMPILE);
  EXPECT_EQ(decision.tier, 2u);
  EXPECT_EQ(decision.entry_budget, PYVM_NEVER);
  EXPECT_EQ(Calls(2, 9999, 9999).action, PYVM_STAY);
}

TEST_F(PolicyTest, LoopsEnterTheLoop) {
  ASSERT_EQ(Create("fixed-count", ""), "");
  EXPECT_EQ(Loops(0, 1, 25).action, PYVM_OSR);
  pyvm_decision decision = Loops(0, 20, 10);
  EXPECT_EQ(decision.action, PYVM_STAY);
  EXPECT_EQ(decision.entry_budget, 5);
  EXPECT_EQ(decision.loop_budget, 15);
}

TEST_F(PolicyTest, NumbersByTier) {
  ASSERT_EQ(Create("fixed-count", "calls=7,calls.llvm=11,loops.baseline=3"),
            "");
  pyvm_decision decision = Ask(PYVM_NEW_UNIT, 0, 0, 0);
  EXPECT_EQ(decision.entry_budget, 7);
  EXPECT_EQ(decision.loop_budget, 3);
  decision = Calls(1, 0, 0);
  EXPECT_EQ(decision.entry_budget, 11);
  EXPECT_EQ(decision.loop_budget, 2500);
  ASSERT_EQ(Create("fixed-count", "calls=7"), "");
  EXPECT_EQ(Calls(1, 0, 0).entry_budget, 7);
}

TEST_F(PolicyTest, OnlySomeFunctions) {
  ASSERT_EQ(Create("fixed-count", "only=main+Worker.*"), "");
  EXPECT_EQ(Calls(0, 25, 0).action, PYVM_COMPILE);
  event_.name = "helper";
  EXPECT_EQ(Calls(0, 25, 0).action, PYVM_STAY);
}

TEST_F(PolicyTest, StopsAtACodeSize) {
  ASSERT_EQ(Create("fixed-count", "max-code=1000"), "");
  event_.code_bytes = 999;
  EXPECT_EQ(Calls(0, 25, 0).action, PYVM_COMPILE);
  event_.code_bytes = 1000;
  EXPECT_EQ(Calls(0, 25, 0).action, PYVM_STAY);
}

TEST_F(PolicyTest, DoesNotTryAgainAfterARefusal) {
  ASSERT_EQ(Create("fixed-count", ""), "");
  event_.refused = "too large";
  pyvm_decision decision = Calls(0, 25, 0);
  EXPECT_EQ(decision.action, PYVM_STAY);
  EXPECT_EQ(decision.entry_budget, PYVM_NEVER);
  EXPECT_STREQ(decision.reason, "too large");
}

}  // namespace
}  // namespace pyvm::plugins
