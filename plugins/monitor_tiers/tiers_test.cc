#include "plugins/common/monitor_test.h"

namespace pyvm::plugins {
namespace {

TEST_F(MonitorTest, ChangesOfTier) {
  ASSERT_EQ(Create("tiers", "format=csv"), "");
  event_.sequence = 7;
  event_.virtual_time = 90;
  event_.time_ns = 1'500'000;
  event_.entries = 25;
  decision_.action = PYVM_COMPILE;
  decision_.tier = 1;
  Show(PYVM_ENTRY_BUDGET);  // what was decided is not yet what came of it
  Show(PYVM_COMPILED);
  decision_.action = PYVM_EVICT;
  Show(PYVM_COMPILED);
  decision_.action = PYVM_OSR;
  event_.refused = "too \"large\"";
  Show(PYVM_REFUSED);
  EXPECT_EQ(Report(),
            "sequence,virtual_time,ms,unit,to,outcome,calls,loops,function,"
            "place,reason\n"
            "7,90,1.500,4,baseline,compiled,25,0,Worker.run,w.py:10,it is hot\n"
            "7,90,1.500,4,(landing),evicted,25,0,Worker.run,w.py:10,it is hot\n"
            "7,90,1.500,4,baseline,refused,25,0,Worker.run,w.py:10,\"too "
            "\"\"large\"\"\"\n");
}

TEST_F(MonitorTest, Json) {
  ASSERT_EQ(Create("tiers", "format=json"), "");
  decision_.action = PYVM_STEP_DOWN;
  event_.name = "a\"b";
  Show(PYVM_COMPILED);
  EXPECT_NE(Report().find("\"outcome\": \"stepped down\", \"calls\": 0, "
                          "\"loops\": 0, \"function\": \"a\\\"b\""),
            std::string::npos);
}

TEST_F(MonitorTest, Text) {
  ASSERT_EQ(Create("tiers", ""), "");
  EXPECT_EQ(Report(),
            "sequence  virtual_time  ms  unit  to  outcome  calls  loops  "
            "function  place  reason\n");
  EXPECT_EQ(Create("tiers", "format=xml"),
            "monitor tiers: format=xml: expected text, csv or json");
  EXPECT_EQ(Create("tiers", "file=/nonexistent/x"),
            "monitor tiers: cannot write /nonexistent/x: No such file or "
            "directory");
}

}  // namespace
}  // namespace pyvm::plugins
