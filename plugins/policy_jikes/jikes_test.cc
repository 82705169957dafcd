#include "plugins/common/policy_test.h"

namespace pyvm::plugins {
namespace {

constexpr char kNumbers[] =
    "quantum=100,speed.baseline=2,speed.llvm=10,cost.baseline=10,"
    "cost.llvm=1000";

// C_j + T * S_i / S_j for 800 bytes of bytecode in the interpreter.
double Baseline(double t) { return 10 * 800 + t / 2; }
double Llvm(double t) { return 1000 * 800 + t / 10; }

TEST_F(PolicyTest, ChoosesTheCheapestTier) {
  for (uint64_t calls : {1, 100, 159, 160, 161, 5000, 19799, 19801, 50000}) {
    ASSERT_EQ(Create("jikes", kNumbers), "");
    double t = static_cast<double>(calls) * 100;
    double best = std::min({t, Baseline(t), Llvm(t)});
    pyvm_decision decision = Calls(0, calls, 0);
    if (best == t) {
      EXPECT_EQ(decision.action, PYVM_STAY) << calls;
    } else {
      EXPECT_EQ(decision.action, PYVM_COMPILE) << calls;
      EXPECT_EQ(decision.tier, best == Baseline(t) ? 1u : 2u) << calls;
    }
  }
}

TEST_F(PolicyTest, IsAskedWhenItPays) {
  ASSERT_EQ(Create("jikes", kNumbers), "");
  // T > 8000 + T / 2, that is 16000 ns, 160 counts of 100 ns.
  EXPECT_EQ(CountUntilPromoted(false), 161u);
  EXPECT_EQ(CountUntilPromoted(true), 161u);
}

TEST_F(PolicyTest, TheSameTestForLoops) {
  ASSERT_EQ(Create("jikes", kNumbers), "");
  EXPECT_EQ(Loops(0, 0, 161).action, PYVM_OSR);
}

TEST_F(PolicyTest, TimeInAFasterTierCountsLess) {
  ASSERT_EQ(Create("jikes", kNumbers), "");
  // In baseline a count takes 50 ns; T > 800000 + T / 5 at 1000000 ns.
  EXPECT_EQ(Calls(1, 20000, 0).action, PYVM_STAY);
  EXPECT_EQ(Calls(1, 20001, 0).action, PYVM_COMPILE);
}

TEST_F(PolicyTest, MeasuredFiguresAreTakenWhereNoneAreSet) {
  ASSERT_EQ(Create("jikes", "quantum=100"), "");
  EXPECT_EQ(CountUntilPromoted(false), 1601u);  // 100 ns a byte, twice as fast
  tiers_[1].predicted_compile_ns = 40000;
  EXPECT_EQ(CountUntilPromoted(false), 801u);
  tiers_[1].predicted_speedup = 5;
  EXPECT_EQ(CountUntilPromoted(false), 501u);
  ASSERT_EQ(Create("jikes", "quantum=100,cost=1,speed=1"), "");
  tiers_[1].predicted_speedup = 1;
  EXPECT_EQ(CountUntilPromoted(false), 0u);  // no tier is faster
}

}  // namespace
}  // namespace pyvm::plugins
