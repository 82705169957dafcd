#include "plugins/common/policy_test.h"

namespace pyvm::plugins {
namespace {

// The predicate as compilationPolicy.hpp words it.
bool CallPredicate(double i, double b, double s) {
  return i > 200 * s || (i > 100 * s && i + b > 2000 * s);
}

TEST_F(PolicyTest, AgreesWithThePredicate) {
  for (uint32_t queue : {0u, 5u, 12u}) {
    double s = queue / 5.0 + 1;
    for (uint64_t i : {99, 100, 101, 150, 200, 201, 220, 400, 401, 680, 681}) {
      for (uint64_t b : {0, 1799, 1850, 1899, 1900, 3000, 6000}) {
        ASSERT_EQ(Create("hotspot"), "");
        event_.queue_length = queue;
        pyvm_decision decision = Calls(0, i, b);
        EXPECT_EQ(
            decision.action == PYVM_COMPILE,
            CallPredicate(static_cast<double>(i), static_cast<double>(b), s))
            << i << " calls, " << b << " loops, queue " << queue;
      }
    }
  }
}

TEST_F(PolicyTest, IsAskedAtTheRightMoment) {
  ASSERT_EQ(Create("hotspot"), "");
  EXPECT_EQ(CountUntilPromoted(false), 201u);
  ASSERT_EQ(Create("hotspot"), "");
  EXPECT_EQ(CountUntilPromoted(true), 60001u);
  EXPECT_EQ(CountUntilPromoted(false, 1), 5001u);
}

TEST_F(PolicyTest, ALoopGoesOnBelowUntilItHasRunLongEnough) {
  ASSERT_EQ(Create("hotspot"), "");
  pyvm_decision decision = Loops(0, 150, 1900);
  EXPECT_EQ(decision.action, PYVM_COMPILE);
  decision = Loops(1, 0, 30000);
  EXPECT_EQ(decision.action, PYVM_STAY);
  decision = Loops(1, 0, 60001);
  EXPECT_EQ(decision.action, PYVM_OSR);
  EXPECT_EQ(decision.tier, 2u);  // Tier4BackEdgeThreshold has been passed, too
  ASSERT_EQ(Create("hotspot", "t4-backedge=1000000"), "");
  Loops(0, 150, 1900);
  decision = Loops(1, 0, 60001);
  EXPECT_EQ(decision.action, PYVM_OSR);
  EXPECT_EQ(decision.tier, 1u);
}

TEST_F(PolicyTest, EachNumberIsAParameter) {
  ASSERT_EQ(Create("hotspot", "t3=10,t3-min=5"), "");
  EXPECT_EQ(CountUntilPromoted(false), 11u);
  ASSERT_EQ(Create("hotspot", "t3-compile=300,t4=7,t4-min=3"), "");
  EXPECT_EQ(Calls(0, 101, 200).action, PYVM_COMPILE);
  EXPECT_EQ(CountUntilPromoted(false, 1), 8u);
  ASSERT_EQ(Create("hotspot", "t3-backedge=9,t4-backedge=99"), "");
  EXPECT_EQ(CountUntilPromoted(true), 10u);
  EXPECT_EQ(CountUntilPromoted(true, 1), 100u);
  ASSERT_EQ(Create("hotspot", "t4-compile=1000"), "");
  EXPECT_EQ(Calls(1, 601, 400).action, PYVM_COMPILE);
  event_.queue_length = 20;
  ASSERT_EQ(Create("hotspot", "threads=2,t3-feedback=10,t4-feedback=10"), "");
  EXPECT_EQ(CountUntilPromoted(false), 401u);
  EXPECT_EQ(CountUntilPromoted(false, 1), 10001u);
  EXPECT_EQ(Create("hotspot", "threads=0"),
            "policy hotspot: threads=0: expected a value from 1 to 1024");
}

TEST_F(PolicyTest, ThePriorityIsTheRate) {
  ASSERT_EQ(Create("hotspot"), "");
  event_.ns_since = 1'000'000;
  EXPECT_EQ(Calls(0, 300, 200).priority, 500'000);
}

TEST_F(PolicyTest, ColdCodeIsGivenUpUnderPressure) {
  ASSERT_EQ(Create("hotspot", "evict-below=100"), "");
  event_.ns_since = 1'000'000'000;
  EXPECT_EQ(Ask(PYVM_MEMORY_PRESSURE, 1, 99, 0).action, PYVM_EVICT);
  EXPECT_EQ(Ask(PYVM_MEMORY_PRESSURE, 1, 199, 0).action, PYVM_STAY);
  ASSERT_EQ(Create("hotspot"), "");
  EXPECT_EQ(Ask(PYVM_MEMORY_PRESSURE, 1, 0, 0).action, PYVM_STAY);
}

}  // namespace
}  // namespace pyvm::plugins
