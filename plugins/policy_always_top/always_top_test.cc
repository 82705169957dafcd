#include "plugins/common/policy_test.h"

namespace pyvm::plugins {
namespace {

TEST_F(PolicyTest, GoesToTheTopAtOnce) {
  ASSERT_EQ(Create("always-top"), "");
  pyvm_decision decision = New();
  EXPECT_EQ(decision.action, PYVM_COMPILE);
  EXPECT_EQ(decision.tier, 2u);
  EXPECT_EQ(New(2).action, PYVM_STAY);
}

TEST_F(PolicyTest, TakesARefusalForAnAnswer) {
  ASSERT_EQ(Create("always-top"), "");
  event_.refused = "too large";
  EXPECT_EQ(New().action, PYVM_STAY);
}

}  // namespace
}  // namespace pyvm::plugins
