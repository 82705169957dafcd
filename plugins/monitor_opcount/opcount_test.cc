#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

#include "core/plugin/loader.h"
#include "core/plugin/params.h"
#include "core/plugin/pyvm.h"
#include "gtest/gtest.h"

namespace pyvm {
namespace {

const pyvm_host kHost = {PYVM_ABI_VERSION, sizeof(pyvm_host), "0.1", nullptr,
                         nullptr};

absl::StatusOr<PluginInstance> Create(const std::string& params) {
  return PluginInstance::Create(*pyvm_plugin_main(&kHost),
                                *ParsePluginSpec("opcount:" + params), kHost);
}

// What the monitor writes for a report of four operations.
std::string Report(const std::string& params) {
  std::string path = testing::TempDir() + "/opcount" + std::to_string(getpid());
  {
    absl::StatusOr<PluginInstance> instance =
        Create("file=" + path + "," + params);
    EXPECT_TRUE(instance.ok()) << instance.status();
    const char* names[] = {"ADD", "MOVE", "NEVER", "CALL"};
    const uint64_t counts[] = {5, 90, 0, 5};
    pyvm_report report = {};
    report.size = sizeof(report);
    report.num_opcodes = 4;
    report.opcode_names = names;
    report.opcounts = counts;
    const auto* monitor =
        static_cast<const pyvm_monitor*>(instance->plugin().api);
    EXPECT_EQ(monitor->on_exit(instance->self(), &report), nullptr);
  }
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  unlink(path.c_str());
  return text.str();
}

TEST(OpCountTest, Formats) {
  EXPECT_EQ(Report("format=csv"), "operation,count\nMOVE,90\nADD,5\nCALL,5\n");
  EXPECT_EQ(Report("format=csv,top=1"), "operation,count\nMOVE,90\n");
  EXPECT_EQ(Report("format=json,top=2"),
            "{\"total\": 100, \"operations\": {\n  \"MOVE\": 90,\n  \"ADD\": "
            "5\n}}\n");
  EXPECT_NE(Report("format=text").find("90.00"), std::string::npos);
}

TEST(OpCountTest, RefusesWhatItCannotDo) {
  EXPECT_EQ(Create("format=xml").status().message(),
            "monitor opcount: format=xml: expected text, csv or json");
  EXPECT_EQ(Create("file=/nonexistent/x").status().message(),
            "monitor opcount: cannot write /nonexistent/x: No such file or "
            "directory");
}

}  // namespace
}  // namespace pyvm
