#include "plugins/common/policy_test.h"

namespace pyvm::plugins {
namespace {

class BackoffTest : public PolicyTest {
 protected:
  // Back-edges between one attempt and the next, all of which fail.
  std::vector<int> Intervals(const std::string& params, int n) {
    EXPECT_EQ(Create("cpython-backoff", params), "");
    std::vector<int> intervals;
    int32_t budget = New().loop_budget;
    uint64_t loops = 0;
    for (int i = 0; i < n; ++i) {
      intervals.push_back(budget);
      loops += static_cast<uint64_t>(budget);
      pyvm_decision decision = Loops(0, 0, loops);
      EXPECT_EQ(decision.action, PYVM_OSR);
      event_.refused = "no";
      budget = decision.loop_budget;
    }
    event_.refused = nullptr;
    return intervals;
  }
};

TEST_F(BackoffTest, DoublesAfterEachFailure) {
  EXPECT_EQ(Intervals("", 11),
            (std::vector<int>{16, 31, 63, 127, 255, 511, 1023, 2047, 4095, 4095,
                              4095}));
  EXPECT_EQ(Intervals("loop-start=5,loop-backoff=1,max-backoff=3", 4),
            (std::vector<int>{5, 3, 7, 7}));
}

TEST_F(BackoffTest, StartsAnewInTheNextTier) {
  Intervals("", 3);
  EXPECT_EQ(Loops(1, 0, 1).loop_budget, 15);
}

TEST_F(BackoffTest, CallsCountIfAsked) {
  ASSERT_EQ(Create("cpython-backoff"), "");
  EXPECT_EQ(New().entry_budget, PYVM_NEVER);
  ASSERT_EQ(Create("cpython-backoff", "count-calls=1"), "");
  EXPECT_EQ(CountUntilPromoted(false), 16u);
}

TEST_F(BackoffTest, SideExits) {
  ASSERT_EQ(Create("cpython-backoff", "side-exit=10"), "");
  New(1);
  event_.deopts = 9;
  EXPECT_EQ(Loops(1, 0, 5).action, PYVM_STAY);
  event_.deopts = 10;
  pyvm_decision decision = Loops(1, 0, 10);
  EXPECT_EQ(decision.action, PYVM_STEP_DOWN);
  EXPECT_EQ(decision.tier, 0u);
}

}  // namespace
}  // namespace pyvm::plugins
