#include "plugins/common/monitor_test.h"

namespace pyvm::plugins {
namespace {

class HotnessTest : public MonitorTest {
 protected:
  HotnessTest() {
    unit_.size = sizeof(unit_);
    unit_.unit_id = 9;
    unit_.name = "main";
    unit_.filename = "m.py";
    unit_.first_line = 1;
    unit_.entries = 30;
    unit_.entries_by_tier = entries_;
    unit_.loops_by_tier = loops_;
    report_.num_units = 1;
    report_.units = &unit_;
  }
  pyvm_unit_info unit_ = {};
  uint64_t entries_[2] = {10, 20}, loops_[2] = {0, 0};
};

TEST_F(HotnessTest, TheLivingAndTheDead) {
  ASSERT_EQ(Create("hotness", "format=csv"), "");
  event_.entries = 3;
  event_.loops = 100;
  entries_by_tier_[0] = 3;
  loops_by_tier_[1] = 100;
  Show(PYVM_ENTRY_BUDGET);
  Show(PYVM_UNIT_DIED);
  EXPECT_EQ(Report(),
            "unit,calls,loops,calls.interp,loops.interp,calls.baseline,"
            "loops.baseline,function,place\n"
            "4,3,100,3,0,0,100,Worker.run,w.py:10\n"
            "9,30,0,10,0,20,0,main,m.py:1\n");
}

TEST_F(HotnessTest, Top) {
  ASSERT_EQ(Create("hotness", "format=json,top=1"), "");
  event_.entries = 31;
  Show(PYVM_UNIT_DIED);
  std::string report = Report();
  EXPECT_NE(report.find("Worker.run"), std::string::npos);
  EXPECT_EQ(report.find("main"), std::string::npos);
}

}  // namespace
}  // namespace pyvm::plugins
