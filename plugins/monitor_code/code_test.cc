#include "plugins/common/monitor_test.h"

namespace pyvm::plugins {
namespace {

TEST_F(MonitorTest, BytesOverTime) {
  ASSERT_EQ(Create("code", "format=csv"), "");
  event_.code_bytes_limit = 5000;
  event_.sequence = 1;
  Show(PYVM_NEW_UNIT);
  event_.sequence = 2;
  Show(PYVM_ENTRY_BUDGET);  // nothing has changed
  event_.sequence = 3;
  event_.virtual_time = 70;
  event_.time_ns = 2'000'000;
  event_.code_bytes = tiers_[1].code_bytes = 640;
  Show(PYVM_COMPILED);
  EXPECT_EQ(Report(),
            "sequence,virtual_time,ms,bytes,limit,bytes.interp,bytes.baseline\n"
            "1,0,0.000,0,5000,0,0\n"
            "3,70,2.000,640,5000,0,640\n");
}

}  // namespace
}  // namespace pyvm::plugins
