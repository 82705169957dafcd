#include "plugins/common/policy_test.h"

namespace pyvm::plugins {
namespace {

class TruffleTest : public PolicyTest {
 protected:
  // Calls until the first compiler, at this length of the queue.
  uint64_t CallsAt(uint32_t queue, const std::string& params = "") {
    event_.queue_length = queue;
    EXPECT_EQ(Create("truffle-queue", params), "");
    return CountUntilPromoted(false);
  }
};

TEST_F(TruffleTest, TheScaleFollowsTheLoad) {
  // 0.1 at an empty queue, linear to 1 at 10, 1 up to 90, then the same slope.
  EXPECT_EQ(CallsAt(0), 40u);
  EXPECT_EQ(CallsAt(5), 220u);  // 400 * 0.55
  EXPECT_EQ(CallsAt(10), 400u);
  EXPECT_EQ(CallsAt(90), 400u);
  EXPECT_EQ(CallsAt(100), 760u);  // 400 * (1 + 0.09 * 10)
  EXPECT_EQ(CallsAt(10, "threads=2"), 220u);
  EXPECT_EQ(CallsAt(0, "min-scale=0.5"), 200u);
  EXPECT_EQ(CallsAt(10, "min-normal-load=20"), 220u);
  EXPECT_EQ(CallsAt(60, "max-normal-load=50"), 760u);
}

TEST_F(TruffleTest, CallsAreNeededToo) {
  ASSERT_EQ(Create("truffle-queue"), "");
  event_.queue_length = 10;
  EXPECT_EQ(Loops(0, 0, 5000).action, PYVM_STAY);
  EXPECT_EQ(Loops(0, 1, 5000).action, PYVM_COMPILE);
  EXPECT_EQ(Calls(1, 2, 20000).action, PYVM_STAY);
  EXPECT_EQ(Calls(1, 3, 9996).action, PYVM_STAY);
  EXPECT_EQ(Calls(1, 3, 9997).action, PYVM_COMPILE);
}

TEST_F(TruffleTest, LoopsAreEnteredLate) {
  ASSERT_EQ(Create("truffle-queue"), "");
  event_.queue_length = 10;
  EXPECT_EQ(CountUntilPromoted(true), 100352u);
  Loops(0, 1, 5000);
  EXPECT_EQ(Loops(1, 0, 100351).action, PYVM_STAY);
  pyvm_decision decision = Loops(1, 0, 100352);
  EXPECT_EQ(decision.action, PYVM_OSR);
  EXPECT_EQ(decision.tier, 1u);
}

TEST_F(TruffleTest, EachNumberIsAParameter) {
  EXPECT_EQ(CallsAt(10, "first-tier=50"), 50u);
  EXPECT_EQ(CallsAt(10, "threshold.baseline=60"), 60u);
  EXPECT_EQ(CallsAt(10, "first-tier=5,first-tier-min-invoke=9"), 9u);
  ASSERT_EQ(Create("truffle-queue", "last-tier=70"), "");
  EXPECT_EQ(CountUntilPromoted(false, 1), 70u);
  ASSERT_EQ(Create("truffle-queue", "last-tier=1,min-invoke=8"), "");
  EXPECT_EQ(CountUntilPromoted(false, 1), 8u);
  ASSERT_EQ(Create("truffle-queue", "osr=77"), "");
  EXPECT_EQ(CountUntilPromoted(true), 77u);
  EXPECT_EQ(Create("truffle-queue", "max-normal-load=5"),
            "policy truffle-queue: min-normal-load is greater than "
            "max-normal-load");
}

}  // namespace
}  // namespace pyvm::plugins
