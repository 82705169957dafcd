#include "plugins/common/policy_test.h"

namespace pyvm::plugins {
namespace {

TEST_F(PolicyTest, ThresholdsOfLoopsAndCalls) {
  ASSERT_EQ(Create("pypy-decay"), "");
  EXPECT_EQ(CountUntilPromoted(true), 1039u);
  ASSERT_EQ(Create("pypy-decay"), "");
  EXPECT_EQ(CountUntilPromoted(false), 1619u);
  // The counters are separate.
  ASSERT_EQ(Create("pypy-decay"), "");
  New();
  EXPECT_EQ(Calls(0, 1618, 1038).action, PYVM_STAY);
  ASSERT_EQ(Create("pypy-decay", "threshold=10,function-threshold=20"), "");
  EXPECT_EQ(CountUntilPromoted(true), 10u);
  ASSERT_EQ(Create("pypy-decay", "threshold=10,function-threshold=20"), "");
  EXPECT_EQ(CountUntilPromoted(false), 20u);
}

TEST_F(PolicyTest, CountersDecay) {
  ASSERT_EQ(Create("pypy-decay", "period=1000"), "");
  New();
  event_.virtual_time = 900;
  Loops(0, 0, 1000);
  // Two periods later, 1000 are 1000 * 0.96 * 0.96 = 921.6.
  event_.virtual_time = 2500;
  pyvm_decision decision = Loops(0, 0, 1039);
  EXPECT_EQ(decision.action, PYVM_STAY);
  EXPECT_EQ(decision.loop_budget, 79);  // 1039 - 921.6 - 39, rounded up
  ASSERT_EQ(Create("pypy-decay", "period=1000,decay=0"), "");
  event_.virtual_time = 0;
  New();
  Loops(0, 0, 1000);
  event_.virtual_time = 2500;
  EXPECT_EQ(Loops(0, 0, 1039).action, PYVM_OSR);
}

TEST_F(PolicyTest, AUnitThatFailsGoesDown) {
  ASSERT_EQ(Create("pypy-decay", "trace-eagerness=50"), "");
  New(1);
  event_.deopts = 49;
  EXPECT_EQ(Calls(2, 10, 0).action, PYVM_STAY);
  event_.deopts = 50;
  pyvm_decision decision = Calls(2, 20, 0);
  EXPECT_EQ(decision.action, PYVM_STEP_DOWN);
  EXPECT_EQ(decision.tier, 1u);
  EXPECT_EQ(Calls(1, 10, 0).action, PYVM_STAY);
}

}  // namespace
}  // namespace pyvm::plugins
