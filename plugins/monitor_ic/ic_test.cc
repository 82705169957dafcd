#include "plugins/common/monitor_test.h"

namespace pyvm::plugins {
namespace {

class IcTest : public MonitorTest {
 protected:
  std::string ReportOn(const std::string& params) {
    EXPECT_EQ(Create("ic", params), "");
    pyvm_site sites[] = {{3, 11, PYVM_SITE_COLD, 0, "LOAD_ATTR"},
                         {5, 12, PYVM_SITE_SPECIALISED, 2, "LOAD_ATTR_SLOT"},
                         {6, 12, PYVM_SITE_GENERIC, 24, "CALL"}};
    pyvm_unit_info unit = {};
    unit.size = sizeof(unit);
    unit.unit_id = 4;
    unit.name = "f";
    unit.filename = "m.py";
    unit.num_sites = 3;
    unit.sites = sites;
    report_.num_units = 1;
    report_.units = &unit;
    return Report();
  }
};

TEST_F(IcTest, Sites) {
  EXPECT_EQ(ReportOn("format=csv"),
            "unit,instruction,line,operation,state,misses,function,file\n"
            "4,3,11,LOAD_ATTR,cold,0,f,m.py\n"
            "4,5,12,LOAD_ATTR_SLOT,specialised,2,f,m.py\n"
            "4,6,12,CALL,generic,24,f,m.py\n");
}

TEST_F(IcTest, Selections) {
  EXPECT_EQ(ReportOn("format=csv,misses=3"),
            "unit,instruction,line,operation,state,misses,function,file\n"
            "4,6,12,CALL,generic,24,f,m.py\n");
  EXPECT_EQ(ReportOn("format=csv,state=cold"),
            "unit,instruction,line,operation,state,misses,function,file\n"
            "4,3,11,LOAD_ATTR,cold,0,f,m.py\n");
}

}  // namespace
}  // namespace pyvm::plugins
