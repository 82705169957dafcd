#include <vector>

#include "plugins/common/policy_test.h"

namespace pyvm::plugins {
namespace {

class RandomTest : public PolicyTest {
 protected:
  std::vector<uint32_t> Actions(const std::string& params) {
    EXPECT_EQ(Create("random", params), "");
    std::vector<uint32_t> actions;
    for (int i = 0; i < 1000; ++i) actions.push_back(Calls(1, 100, 0).action);
    return actions;
  }
};

TEST_F(RandomTest, TheSeedDecides) {
  EXPECT_EQ(Actions("seed=7"), Actions("seed=7"));
  EXPECT_NE(Actions("seed=7"), Actions("seed=8"));
}

TEST_F(RandomTest, TheProbabilityIsKept) {
  auto changes = [](const std::vector<uint32_t>& actions) {
    return 1000 - std::count(actions.begin(), actions.end(), PYVM_STAY);
  };
  EXPECT_EQ(changes(Actions("0")), 0);
  EXPECT_EQ(changes(Actions("p=1")), 1000);
  EXPECT_NEAR(static_cast<double>(changes(Actions("p=0.3"))), 300, 50);
  // Up and down alike.
  std::vector<uint32_t> actions = Actions("p=1");
  EXPECT_NEAR(static_cast<double>(
                  std::count(actions.begin(), actions.end(), PYVM_STEP_DOWN)),
              500, 60);
}

TEST_F(RandomTest, AsksEveryNCounts) {
  ASSERT_EQ(Create("random", "every=7"), "");
  EXPECT_EQ(New().entry_budget, 7);
  EXPECT_EQ(Create("random", "p=1.5"),
            "policy random: p=1.5: expected a value from 0 to 1");
}

}  // namespace
}  // namespace pyvm::plugins
