#include <cmath>

#include "plugins/common/policy_test.h"

namespace pyvm::plugins {
namespace {

// CodeBlock::optimizationThresholdScalingFactor
double F(double x) { return 0.061504 * std::sqrt(x + 1.02406) + 0.825914; }

// Calls until a counter that each of them raises by 15 is there.
uint64_t CallsFor(double threshold) {
  return static_cast<uint64_t>(std::ceil(threshold / 15));
}

TEST_F(PolicyTest, ThresholdTimesSize) {
  for (uint32_t size : {10u, 100u, 1000u, 10000u}) {
    event_.instructions = size;
    ASSERT_EQ(Create("jsc"), "");
    EXPECT_EQ(CountUntilPromoted(false), CallsFor(500 * F(size)));
    EXPECT_EQ(CountUntilPromoted(true),
              static_cast<uint64_t>(std::ceil(500 * F(size))));
    EXPECT_EQ(CountUntilPromoted(false, 1), CallsFor(1000 * F(size)));
  }
}

TEST_F(PolicyTest, RetriesDouble) {
  ASSERT_EQ(Create("jsc"), "");
  event_.deopts = 250;
  EXPECT_EQ(CountUntilPromoted(false), CallsFor(500 * F(100) * 4));
  ASSERT_EQ(Create("jsc", "exits=50"), "");
  EXPECT_EQ(CountUntilPromoted(false), CallsFor(500 * F(100) * 32));
}

TEST_F(PolicyTest, MachineCodeMakesItReluctant) {
  ASSERT_EQ(Create("jsc"), "");
  event_.code_bytes_limit = 1000;
  event_.code_bytes = 750;
  EXPECT_EQ(CountUntilPromoted(false), CallsFor(500 * F(100) * 4));
}

TEST_F(PolicyTest, EachNumberIsAParameter) {
  ASSERT_EQ(
      Create("jsc", "threshold-for-jit=100,a=0,d=1,entry=1,threshold.llvm=300"),
      "");
  EXPECT_EQ(CountUntilPromoted(false), 100u);
  EXPECT_EQ(CountUntilPromoted(false, 1), 300u);
  ASSERT_EQ(Create("jsc", "threshold-for-optimize=100,a=0,d=1,loop=2"), "");
  EXPECT_EQ(CountUntilPromoted(true, 1), 50u);
  // F(100) = 1 * sqrt(100 + 21) + 2 * 100 + 0
  ASSERT_EQ(Create("jsc", "threshold-for-jit=2,a=1,b=21,c=-2,d=0,entry=1"), "");
  EXPECT_EQ(CountUntilPromoted(false), 422u);
  event_.instructions = 1;
  tiers_[1].name = "x";
  ASSERT_EQ(Create("jsc", "threshold-for-ftl=7"), "");
  EXPECT_EQ(CountUntilPromoted(true, 1),
            static_cast<uint64_t>(std::ceil(1000 * F(1))));
}

}  // namespace
}  // namespace pyvm::plugins
