#include <unistd.h>

#include <fstream>

#include "plugins/common/policy_test.h"

namespace pyvm::plugins {
namespace {

class ReplayTest : public PolicyTest {
 protected:
  void SetUp() override {
    path_ = testing::TempDir() + "/replay" + std::to_string(getpid());
    event_.unit_id = 3;
    event_.first_line = 7;
  }
  void TearDown() override { unlink(path_.c_str()); }

  std::string CreateFrom(const std::string& log) {
    std::ofstream(path_) << log;
    return Create("replay", path_);
  }
  static std::string Head(const std::string& build = "build",
                          const std::string& program = "program") {
    return "[\n{\"name\":\"process_name\",\"args\":{\"name\":\"pyvm\","
           "\"build\":"
           "\"" +
           build + "\",\"program\":\"" + program + "\"}}";
  }
  static std::string Line(const std::string& fields) {
    return ",\n{\"name\":\"entry budget\",\"args\":{\"unit\":3,\"function\":"
           "\"Worker.run\",\"line\":7," +
           fields + "}}";
  }

  std::string path_;
};

TEST_F(ReplayTest, FollowsTheLog) {
  ASSERT_EQ(
      CreateFrom(
          Head() +
          Line("\"sequence\":5,\"virtual_time\":0,\"action\":\"stay\","
               "\"entry_budget\":10,\"loop_budget\":20") +
          Line("\"sequence\":9,\"virtual_time\":20,\"action\":\"osr\",\"to\":"
               "\"llvm\",\"loop\":4,\"passes\":\"-unbox\",\"entry_budget\":30,"
               "\"loop_budget\":40") +
          Line("\"sequence\":12,\"action\":\"compile\",\"to\":\"gone\"") +
          "\n]\n"),
      "");
  event_.sequence = 5;
  pyvm_decision decision = New();
  EXPECT_EQ(decision.action, PYVM_STAY);
  EXPECT_EQ(decision.entry_budget, 10);
  EXPECT_EQ(decision.loop_budget, 20);
  EXPECT_STREQ(decision.reason, "event 5 of the log");
  event_.sequence = 10;
  decision = Loops(0, 0, 20);
  EXPECT_EQ(decision.action, PYVM_OSR);
  EXPECT_EQ(decision.tier, 2u);
  EXPECT_EQ(decision.loop, 4u);
  EXPECT_STREQ(decision.passes, "-unbox");
  EXPECT_STREQ(decision.reason,
               "event 9 of the log, but not at the same moment");
  // A tier that is not there is for pyvm to complain about.
  EXPECT_EQ(Calls(2, 1, 0).tier, 3u);
  EXPECT_EQ(Calls(2, 2, 0).action, PYVM_STAY);
}

TEST_F(ReplayTest, NoticesUnitsThatAreNotInTheLog) {
  ASSERT_EQ(CreateFrom(Head() + Line("\"action\":\"stay\"") + "\n]\n"), "");
  event_.first_line = 8;
  EXPECT_STREQ(
      New().error,
      "unit 3, Worker.run, is not in the log: the program has taken another "
      "way");
}

TEST_F(ReplayTest, ALogThatWasCutShortIsFollowedToItsEnd) {
  std::string log = Head() + Line("\"action\":\"stay\",\"entry_budget\":5") +
                    Line("\"action\":\"comp");
  ASSERT_EQ(CreateFrom(log.substr(0, log.size() - 2)), "");
  EXPECT_EQ(New().entry_budget, 5);
  EXPECT_EQ(Calls(0, 5, 0).entry_budget, PYVM_NEVER);
}

TEST_F(ReplayTest, RefusesOtherLogs) {
  EXPECT_EQ(CreateFrom(Head("other")),
            "policy replay: " + path_ +
                " was written by another build of pyvm (other; this is build)");
  EXPECT_EQ(CreateFrom(Head("build", "other")),
            "policy replay: " + path_ +
                " is of another program, or of other arguments");
  EXPECT_EQ(CreateFrom("hello\n"),
            "policy replay: " + path_ + " is no event log of pyvm");
  EXPECT_EQ(Create("replay", "/nonexistent/x"),
            "policy replay: cannot read /nonexistent/x");
  EXPECT_EQ(Create("replay"),
            "policy replay: log: expected a file that --trace has written, as "
            "in replay:FILE");
}

}  // namespace
}  // namespace pyvm::plugins
