// A monitor under test, the events that it is shown, and the table that it
// writes.
#ifndef PYVM_PLUGINS_COMMON_MONITOR_TEST_H_
#define PYVM_PLUGINS_COMMON_MONITOR_TEST_H_

#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>
#include <utility>

#include "core/plugin/loader.h"
#include "core/plugin/params.h"
#include "core/plugin/pyvm.h"
#include "gtest/gtest.h"

namespace pyvm::plugins {

class MonitorTest : public testing::Test {
 protected:
  MonitorTest()
      : path_(testing::TempDir() + "/monitor" + std::to_string(getpid())) {
    tiers_[0] = {};
    tiers_[1] = {};
    tiers_[0].name = "interp";
    tiers_[1].name = "baseline";
    event_.size = sizeof(event_);
    event_.unit_id = 4;
    event_.name = "Worker.run";
    event_.filename = "w.py";
    event_.first_line = 10;
    event_.num_tiers = report_.num_tiers = 2;
    event_.tier_stride = report_.tier_stride = sizeof(pyvm_tier_info);
    event_.tiers = report_.tiers = tiers_;
    event_.entries_by_tier = entries_by_tier_;
    event_.loops_by_tier = loops_by_tier_;
    report_.size = sizeof(report_);
    report_.unit_stride = sizeof(pyvm_unit_info);
    decision_.size = sizeof(decision_);
    decision_.reason = "it is hot";
  }
  ~MonitorTest() override { unlink(path_.c_str()); }

  // "" where it worked, else the message.
  std::string Create(const std::string& name, const std::string& params) {
    absl::StatusOr<PluginInstance> instance = PluginInstance::Create(
        *pyvm_plugin_main(&host_),
        *ParsePluginSpec(name + ":file=" + path_ +
                         (params.empty() ? "" : "," + params)),
        host_);
    if (!instance.ok()) return std::string(instance.status().message());
    instance_ = *std::move(instance);
    return "";
  }
  void Show(uint32_t kind) {
    event_.kind = kind;
    Api().on_event(instance_.self(), &event_, &decision_);
  }
  // Ends the program; what has been written.
  std::string Report() {
    EXPECT_EQ(Api().on_exit(instance_.self(), &report_), nullptr);
    std::stringstream text;
    text << std::ifstream(path_).rdbuf();
    return text.str();
  }

  pyvm_tier_info tiers_[2];
  uint64_t entries_by_tier_[2] = {}, loops_by_tier_[2] = {};
  pyvm_event event_ = {};
  pyvm_decision decision_ = {};
  pyvm_report report_ = {};

 private:
  const pyvm_monitor& Api() const {
    return *static_cast<const pyvm_monitor*>(instance_.plugin().api);
  }

  pyvm_host host_ = {PYVM_ABI_VERSION, sizeof(pyvm_host), "0.1",  nullptr,
                     nullptr,          nullptr,           nullptr};
  std::string path_;
  PluginInstance instance_;
};

}  // namespace pyvm::plugins

#endif  // PYVM_PLUGINS_COMMON_MONITOR_TEST_H_
