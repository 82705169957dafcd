#include "plugins/common/policy_test.h"

namespace pyvm::plugins {
namespace {

TEST_F(PolicyTest, KTimesTheLength) {
  ASSERT_EQ(Create("v8-budget"), "");
  EXPECT_EQ(CountUntilPromoted(false), 8u);
  New();
  pyvm_decision decision = Calls(0, 4, 4);
  EXPECT_EQ(decision.action, PYVM_COMPILE);
  EXPECT_EQ(decision.tier, 1u);
  EXPECT_STREQ(decision.reason, "spent 6400 of 6400 bytes");
  EXPECT_EQ(Calls(1, 2999, 0).action, PYVM_STAY);
  EXPECT_EQ(Calls(1, 3000, 0).tier, 2u);
}

TEST_F(PolicyTest, BaselineCodeIsEnteredAtOnceOptimizedCodeLater) {
  ASSERT_EQ(Create("v8-budget"), "");
  New();
  EXPECT_EQ(Loops(0, 0, 8).action, PYVM_OSR);
  pyvm_decision decision = Loops(1, 0, 3000);
  EXPECT_EQ(decision.action, PYVM_COMPILE);
  EXPECT_EQ(decision.loop_budget, 500);
  EXPECT_EQ(Loops(2, 0, 499).loop_budget, 1);
  decision = Loops(2, 0, 500);
  EXPECT_EQ(decision.action, PYVM_OSR);
  EXPECT_EQ(decision.tier, 2u);
  EXPECT_EQ(Loops(2, 0, 1000).action, PYVM_STAY);
}

TEST_F(PolicyTest, Parameters) {
  ASSERT_EQ(Create("v8-budget", "20,loop-share=0.5"), "");
  EXPECT_EQ(CountUntilPromoted(true), 40u);
  ASSERT_EQ(Create("v8-budget",
                   "invocation-count-for.llvm=400,invocation-count-for-osr=50"),
            "");
  EXPECT_EQ(CountUntilPromoted(true, 1), 400u);
  EXPECT_EQ(Loops(2, 0, 50).action, PYVM_OSR);
  EXPECT_EQ(Create("v8-budget", "invocation-count-for-ors=50"),
            "policy v8-budget has no parameter 'invocation-count-for-ors'; did "
            "you mean 'invocation-count-for-osr'?");
}

}  // namespace
}  // namespace pyvm::plugins
