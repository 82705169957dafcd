#include <Python.h>
#include <unistd.h>

#include <fstream>

#include "plugins/common/policy_test.h"

namespace pyvm::plugins {
namespace {

class PythonTest : public PolicyTest {
 protected:
  static void SetUpTestSuite() { Py_InitializeEx(0); }

  std::string CreateFrom(const std::string& source) {
    std::string path =
        testing::TempDir() + "/policy" + std::to_string(getpid()) + ".py";
    std::ofstream(path) << source;
    std::string error = Create("python", path);
    unlink(path.c_str());
    return error;
  }
};

TEST_F(PythonTest, TheFunctionDecides) {
  ASSERT_EQ(CreateFrom(R"(
def decide(event):
    if event.kind == 'new unit':
        return {'entry_budget': 7, 'loop_budget': event.instructions}
    return {'action': 'osr', 'tier': 'llvm', 'loop': event.loop, 'passes': 'p',
            'priority': 2, 'reason': f'{event.name} {event.entries_by_tier}'}
)"),
            "");
  pyvm_decision decision = New();
  EXPECT_EQ(decision.action, PYVM_STAY);
  EXPECT_EQ(decision.entry_budget, 7);
  EXPECT_EQ(decision.loop_budget, 100);
  event_.loop = 33;
  decision = Loops(0, 4, 5);
  EXPECT_EQ(decision.action, PYVM_OSR);
  EXPECT_EQ(decision.tier, 2u);
  EXPECT_EQ(decision.loop, 33u);
  EXPECT_STREQ(decision.passes, "p");
  EXPECT_EQ(decision.priority, 2);
  EXPECT_STREQ(decision.reason,
               "Worker.run {'interp': 4, 'baseline': 0, 'llvm': 0}");
  EXPECT_EQ(decision.error, nullptr);
}

TEST_F(PythonTest, NoneMeansToStay) {
  ASSERT_EQ(CreateFrom("def decide(event): pass\n"), "");
  EXPECT_EQ(Calls(0, 1, 0).action, PYVM_STAY);
  EXPECT_EQ(Calls(0, 1, 0).error, nullptr);
}

TEST_F(PythonTest, NonsenseIsAnError) {
  ASSERT_EQ(CreateFrom("answers = iter(["
                       "{'action': 'jump'}, {'entry_budget': 0}, {'x': 'y'},"
                       "{'entry_budget': 5, 'tier': 3}, 17])\n"
                       "def decide(event): return next(answers)\n"),
            "");
  for (const char* message :
       {"decide returned nonsense: 'action' is no action: jump",
        "decide returned nonsense: 'entry_budget' is not a number in range",
        "decide returned nonsense: 'x' is no part of a decision",
        "decide returned nonsense: 'tier' is unknown, or not a str",
        "decide returned neither a dict nor None",
        "decide raised StopIteration"}) {
    pyvm_decision decision = Calls(0, 1, 0);
    EXPECT_STREQ(decision.error, message);
    EXPECT_EQ(decision.action, PYVM_STAY);
    EXPECT_EQ(decision.entry_budget, PYVM_NEVER);
  }
}

TEST_F(PythonTest, TheProgramsExceptionStays) {
  ASSERT_EQ(CreateFrom("def decide(event): 1/0\n"), "");
  PyErr_SetString(PyExc_KeyError, "the program's");
  EXPECT_STREQ(Calls(0, 1, 0).error,
               "decide raised ZeroDivisionError: division by zero");
  EXPECT_TRUE(PyErr_ExceptionMatches(PyExc_KeyError));
  PyErr_Clear();
}

TEST_F(PythonTest, FilesThatCannotBeUsed) {
  EXPECT_EQ(Create("python"),
            "policy python: file: expected Python source, as in python:FILE");
  EXPECT_EQ(Create("python", "/nonexistent/x"),
            "policy python: cannot read /nonexistent/x");
  ASSERT_EQ(CreateFrom("def decide(event) return 1\n"), "");
  EXPECT_THROW(New(), std::runtime_error);
  ASSERT_EQ(CreateFrom("deside = 1\n"), "");
  EXPECT_THROW(New(), std::runtime_error);
}

}  // namespace
}  // namespace pyvm::plugins
