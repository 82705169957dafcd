#include "plugins/common/policy_test.h"

namespace pyvm::plugins {
namespace {

TEST_F(PolicyTest, CallsAndLoopsCountDownOneCounter) {
  ASSERT_EQ(Create("wizard"), "");
  EXPECT_EQ(CountUntilPromoted(false), 10u);
  ASSERT_EQ(Create("wizard"), "");
  EXPECT_EQ(CountUntilPromoted(true), 10u);
  ASSERT_EQ(Create("wizard"), "");
  New();
  EXPECT_EQ(Calls(0, 4, 5).action, PYVM_STAY);
  EXPECT_EQ(Calls(0, 5, 5).action, PYVM_COMPILE);
}

TEST_F(PolicyTest, ALoopIsEnteredAndTheCounterIsAlmostUsedUp) {
  ASSERT_EQ(Create("wizard"), "");
  New();
  pyvm_decision decision = Loops(0, 0, 10);
  EXPECT_EQ(decision.action, PYVM_OSR);
  EXPECT_EQ(decision.tier, 1u);
  EXPECT_EQ(decision.entry_budget, 1);
  decision = Calls(1, 1, 0);
  EXPECT_EQ(decision.action, PYVM_COMPILE);
  EXPECT_EQ(decision.tier, 2u);
  EXPECT_EQ(decision.entry_budget, PYVM_NEVER);
}

TEST_F(PolicyTest, NumbersByTier) {
  ASSERT_EQ(Create("wizard", "counter=20,counter.llvm=300,after-osr=9"), "");
  EXPECT_EQ(CountUntilPromoted(false), 20u);
  EXPECT_EQ(Calls(1, 299, 0).action, PYVM_STAY);
  EXPECT_EQ(Calls(1, 300, 0).action, PYVM_COMPILE);
  ASSERT_EQ(Create("wizard", "after-osr=9"), "");
  New();
  EXPECT_EQ(Loops(0, 0, 10).loop_budget, 5);  // half of nine
}

TEST_F(PolicyTest, OutOfRange) {
  EXPECT_EQ(Create("wizard", "counter=0"),
            "policy wizard: counter=0: expected a value from 1 to 2147483646");
}

}  // namespace
}  // namespace pyvm::plugins
