#include "plugins/common/policy_test.h"

namespace pyvm::plugins {
namespace {

TEST_F(PolicyTest, NeverAsksAgain) {
  ASSERT_EQ(Create("never"), "");
  for (uint32_t kind : {PYVM_NEW_UNIT, PYVM_ENTRY_BUDGET, PYVM_LOOP_BUDGET}) {
    pyvm_decision decision = Ask(kind, 0, 1'000'000, 1'000'000);
    EXPECT_EQ(decision.action, PYVM_STAY);
    EXPECT_EQ(decision.entry_budget, PYVM_NEVER);
    EXPECT_EQ(decision.loop_budget, PYVM_NEVER);
  }
}

TEST_F(PolicyTest, HasNoParameters) {
  EXPECT_EQ(Create("never", "calls=1"),
            "policy never has no parameter 'calls'; it has none");
}

}  // namespace
}  // namespace pyvm::plugins
