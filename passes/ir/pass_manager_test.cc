#include "passes/ir/pass_manager.h"

#include "core/bytecode/test_python.h"
#include "gtest/gtest.h"
#include "passes/ir/parser.h"

namespace pyvm::ir {
namespace {

std::string* ran;  // what the passes below note

constexpr PassParameter kParameters[] = {{"budget", "how much", 7},
                                         {"depth", "how deep", 2}};
constexpr Pass kFirst = {"first", "notes its parameters",
                         [](Function&, const PassContext& context) -> uint32_t {
                           *ran += "first " +
                                   std::to_string(context.Get("budget")) + " " +
                                   std::to_string(context.Get("depth")) + ". ";
                           return 3;
                         },
                         kParameters};
constexpr Pass kSecond = {"second",
                          "notes itself",
                          [](Function&, const PassContext&) -> uint32_t {
                            *ran += "second. ";
                            return 0;
                          },
                          {}};
constexpr Pass kBreak = {
    "break",
    "drops the end of the entry",
    [](Function& function, const PassContext&) -> uint32_t {
      Function::Remove(function.entry()->last);
      return 1;
    },
    {}};
constexpr const Pass* kAll[] = {&kFirst, &kSecond, &kBreak};

class PassManagerTest : public testing::Test {
 protected:
  PassManagerTest() : manager_(kAll, "first,second,first:depth=5") {
    ran = &text_;
    parsed_ = std::make_unique<Parsed>(
        Parse("function f(), 0 temporaries\nb0:\n  Deopt [@0]\n"));
  }
  // What runs, or the complaint.
  std::string Try(const std::string& passes) {
    text_.clear();
    std::string error = manager_.Configure(passes);
    if (error.empty()) error = manager_.Run(parsed_->function.get(), options_);
    return error.empty() ? text_ : error;
  }

  std::string text_;
  PassManager manager_;
  PassManager::Options options_;
  std::unique_ptr<Parsed> parsed_;
};

TEST_F(PassManagerTest, WhatRunsInWhichOrder) {
  EXPECT_EQ(Try(""), "first 7 2. second. first 7 5. ");
  EXPECT_EQ(Try("-first"), "second. ");
  EXPECT_EQ(Try("-second,-first"), "");
  EXPECT_EQ(Try("first:budget=1"), "first 1 2. second. first 1 2. ");
  EXPECT_EQ(Try("only:second,first:budget=-1:depth=0,second"),
            "second. first -1 0. second. ");
  EXPECT_EQ(Try("only:"), "");
}

TEST_F(PassManagerTest, Complaints) {
  EXPECT_EQ(Try("-third"),
            "no pass is called `third`; there are first, second, break");
  EXPECT_EQ(Try("only:first,,second"),
            "no pass is called ``; there are first, second, break");
  EXPECT_EQ(Try("first:width=3"),
            "pass first has no parameter `width`; it has budget, depth");
  EXPECT_EQ(Try("second:width=3"), "pass second has no parameter `width`");
  EXPECT_EQ(Try("first:depth=much"), "first:depth is a number, not `much`");
  EXPECT_EQ(Try("-break"),
            "pass break does not run by default: name all that shall run by "
            "`only:`");
  // What was there before stays.
  EXPECT_EQ(Try(""), "first 7 2. second. first 7 5. ");
  EXPECT_NE(manager_.Configure("nonsense"), "");
  EXPECT_EQ(manager_.pipeline().size(), 3u);
}

TEST_F(PassManagerTest, CountsDumpsAndVerifies) {
  std::vector<PassRun> runs;
  std::string dumped;
  options_.runs = &runs;
  options_.dump = [&](const Function&, const Pass* pass) {
    dumped += pass != nullptr ? pass->name : "start";
    dumped += " ";
  };
  options_.verify = true;
  EXPECT_EQ(Try("-second"), "first 7 2. first 7 5. ");
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_EQ(runs[0].pass, &kFirst);
  EXPECT_EQ(runs[0].changes, 3u);
  EXPECT_EQ(runs[0].nodes, 1u);
  EXPECT_EQ(dumped, "start first first ");
  EXPECT_EQ(Try("only:break,first"), "after break: ?: b0 is empty");
  EXPECT_EQ(text_, "");
}

}  // namespace
}  // namespace pyvm::ir
