#include "core/tier/event_log.h"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "core/tier/json.h"
#include "core/tier/options.h"
#include "gtest/gtest.h"

namespace pyvm {
namespace {

using Json = nlohmann::json;

std::string TempFile(const char* name) {
  return testing::TempDir() + "/" + std::to_string(getpid()) + name;
}

Json Read(const std::string& path) {
  std::ifstream file(path);
  return Json::parse(file);
}

TEST(JsonTest, AnyBytesMakeAValidString) {
  std::string all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<char>(i));
  // Overlong, surrogate, cut short.
  for (const std::string& text :
       {all, std::string("\xC0\x80"), std::string("\xED\xA0\x80"),
        std::string("\xE2\x82"), std::string("\xF5\x80\x80\x80")}) {
    std::string out;
    AppendJsonString(&out, text);
    EXPECT_TRUE(Json::accept(out)) << out;
  }
  std::string out;
  AppendJsonString(&out, "a\"b\\c\n€");
  EXPECT_EQ(Json::parse(out).get<std::string>(), "a\"b\\c\n€");
}

TEST(EventLogTest, WritesValidJson) {
  std::string path = TempFile("log.json");
  EventLog log;
  ASSERT_TRUE(log.Open(path).ok());
  pyvm_tier_info tiers[2] = {};
  tiers[0].name = "low";
  tiers[1].name = "high";
  pyvm_event event = {};
  event.size = sizeof(event);
  event.kind = PYVM_ENTRY_BUDGET;
  event.sequence = 5;
  event.name = "a \"quoted\" \xff name";
  event.filename = "<string>";
  event.tiers = tiers;
  event.num_tiers = 2;
  event.tier_stride = sizeof(tiers[0]);
  event.entries = 25;
  pyvm_decision decision = {};
  decision.action = PYVM_COMPILE;
  decision.tier = 1;
  decision.reason = "25 of 25 calls";
  log.Event(event, &decision);
  log.Event(event, nullptr);
  log.Compile(event, "high", event.time_ns, 5, nullptr);
  log.Compile(event, "high", event.time_ns, 5, "too large");
  log.Install(event, "install", "high", 7000, 96);
  log.Collection(8000, 1500, 2, 10, 0);
  options.virtual_time = true;
  log.Collection(9000, 1500, 2, 10, 0);
  options.virtual_time = false;
  log.Close();
  log.Event(event, nullptr);  // too late: ignored

  Json trace = Read(path);
  ASSERT_EQ(trace.size(), 7u);
  EXPECT_EQ(trace[0]["name"], "process_name");
  EXPECT_EQ(trace[1]["args"]["action"], "compile");
  EXPECT_EQ(trace[1]["args"]["to"], "high");
  EXPECT_EQ(trace[1]["args"]["tier"], "low");
  EXPECT_EQ(trace[1]["args"]["reason"], "25 of 25 calls");
  EXPECT_EQ(trace[1]["args"]["sequence"], 5);
  EXPECT_EQ(trace[4]["name"], "refused");
  EXPECT_EQ(trace[4]["args"]["reason"], "too large");
  EXPECT_EQ(trace[5]["name"], "install");
  EXPECT_EQ(trace[5]["ts"], 7);
  EXPECT_EQ(trace[5]["args"]["to"], "high");
  EXPECT_EQ(trace[5]["args"]["code_bytes"], 96);
  EXPECT_EQ(trace[6]["name"], "gc");
  EXPECT_EQ(trace[6]["ph"], "X");
  EXPECT_EQ(trace[6]["dur"], 1.5);
  EXPECT_EQ(trace[6]["args"]["generation"], 2);
  EXPECT_EQ(trace[6]["args"]["collected"], 10);
}

TEST(EventLogTest, UnwritableFile) {
  EventLog log;
  absl::Status status = log.Open("/nonexistent/log.json");
  EXPECT_EQ(status.message(),
            "cannot write /nonexistent/log.json: No such file or directory");
  EXPECT_FALSE(log.enabled());
}

TEST(EventLogTest, ProcessIdInTheName) {
  EXPECT_EQ(ExpandFileName("a%p.b"), "a" + std::to_string(getpid()) + ".b");
  EXPECT_EQ(ExpandFileName("a%q"), "a%q");
}

TEST(EventLogTest, AChildDoesNotWriteToItsParentsFile) {
  std::string path = TempFile("fork.json");
  EventLog log;
  ASSERT_TRUE(log.Open(path).ok());
  log.AfterForkInChild();
  EXPECT_FALSE(log.enabled());

  ASSERT_TRUE(log.Open(TempFile("fork-%p.json")).ok());
  log.AfterForkInChild();
  EXPECT_TRUE(log.enabled());
  log.Close();
  EXPECT_EQ(Read(ExpandFileName(TempFile("fork-%p.json"))).size(), 1u);
}

}  // namespace
}  // namespace pyvm
