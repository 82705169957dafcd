// GDB itself looks at a process with machine code in it: this same executable,
// started with an argument.
#include <unistd.h>

#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/code/code_map.h"
#include "core/code/test_code.h"
#include "gtest/gtest.h"

extern "C" [[gnu::noinline]] void pyvm_test_stop_here() {
  asm volatile("" ::: "memory");
}

namespace pyvm {
namespace {

// --- What GDB looks at
// ---------------------------------------------------------

uint64_t Stop(uint64_t argument) {
  pyvm_test_stop_here();
  return argument;
}

const uint8_t* inner;
uint64_t CallInner(uint64_t argument) {
  return RunCaller(inner, Stop, argument);
}

void Target(bool blocks) {
  FrameLayout layout = TestLayout();
  CodeMemory memory({.describe_zones_to_gdb = !blocks});
  CodeMap map(&memory);
  if (!map.Configure({.gdb = blocks}).ok()) abort();
  CodeZone zone = memory.AddZone("test", &layout).value();
  CallerCode code;
  auto call = static_cast<uint32_t>(code.call_end);

  CodeBlock gone = code.Install(&memory, zone);
  CodeBlock outer = code.Install(&memory, zone);
  inner = code.Install(&memory, zone).exec;
  map.Add(gone.exec, {.function = "gone", .file = "/src/gone.py", .line = 1});
  map.Add(outer.exec, {.function = "main.<locals>.outer",
                       .file = "/src/mod.py",
                       .line = 10,
                       .lines = {{0, 10, 0}, {4, 12, 0}, {call, 13, 0}}});
  map.Add(inner, {.function = "inner",
                  .file = "/src/mod.py",
                  .line = 20,
                  .lines = {{4, 300, 1}, {call, 22, 0}},
                  .inlined_files = {"/src/inlined.py"}});
  map.Free(gone.exec);
  RunCaller(outer.exec, CallInner, 1);
  RunCaller(outer.exec, CallInner, 2);
  map.Free(outer.exec);
  map.Free(inner);
  pyvm_test_stop_here();
}

// --- GDB
// -----------------------------------------------------------------------

std::string Shell(const std::string& command) {
  FILE* pipe = popen(command.c_str(), "r");
  std::string output;
  char buffer[4096];
  while (size_t got = fread(buffer, 1, sizeof(buffer), pipe)) {
    output.append(buffer, got);
  }
  pclose(pipe);
  return output;
}

constexpr char kLastFrame[] = " _start (";

// The output of these GDB commands at the first stop.
std::string Gdb(const char* mode, const std::string& commands) {
  char self[PATH_MAX] = {};
  if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0) return "";
  return Shell(absl::StrCat(
      "timeout 100 gdb -nx -batch -iex 'set debuginfod enabled off'"
      " -iex 'set auto-load off' -ex 'set width 0'"
      " -ex 'break pyvm_test_stop_here' -ex run ",
      commands, " --args ", self, " ", mode, " 2>&1"));
}

bool HasGdb() {
  static const bool has =
      absl::StrContains(
          Shell("timeout 20 gdb -nx -batch -ex 'break main' -ex run"
                " -ex 'print 40 + 2' /bin/true 2>&1"),
          "42") &&
      !absl::StrContains(
          Shell("timeout 20 gdb -nx -batch -ex run /bin/true 2>&1"), "ptrace");
  return has;
}

#define SKIP_WITHOUT_GDB() \
  if (!HasGdb()) GTEST_SKIP() << "gdb is not installed, or may not trace"

TEST(GdbTest, BacktraceNamesFunctionsAndLines) {
  SKIP_WITHOUT_GDB();
  std::string output = Gdb("--blocks", "-ex bt -ex continue -ex bt");
  SCOPED_TRACE(output);
  size_t stop = output.find("pyvm_test_stop_here ()");
  size_t in = output.find("py::inner () at /src/inlined.py:300");
  size_t out = output.find("py::main.<locals>.outer () at /src/mod.py:12");
  size_t main = output.find(kLastFrame);
  ASSERT_NE(stop, std::string::npos);
  ASSERT_NE(in, std::string::npos);
  ASSERT_NE(out, std::string::npos);
  ASSERT_NE(main, std::string::npos);
  EXPECT_LT(stop, in);
  EXPECT_LT(in, out);
  EXPECT_LT(out, main);
}

TEST(GdbTest, SymbolsComeAndGo) {
  SKIP_WITHOUT_GDB();
  std::string output =
      Gdb("--blocks",
          "-ex 'info functions py::' -ex 'echo ---\\n' -ex continue"
          " -ex continue -ex 'info functions py::'");
  SCOPED_TRACE(output);
  size_t freed = output.find("---");
  ASSERT_NE(freed, std::string::npos);
  EXPECT_LT(output.find("py::inner"), freed);
  EXPECT_EQ(output.find("py::gone"), std::string::npos);
  EXPECT_EQ(output.find("py::inner", freed), std::string::npos);
}

TEST(GdbTest, UnwindsFromInsideAPrologue) {
  SKIP_WITHOUT_GDB();
  std::string output = Gdb("--blocks",
                           "-ex \"thbreak *'py::inner'\" -ex continue -ex bt"
                           " -ex stepi -ex bt -ex stepi -ex bt -ex stepi"
                           " -ex bt");
  SCOPED_TRACE(output);
  if (absl::StrContains(output, "Could not insert hardware breakpoint")) {
    GTEST_SKIP() << "the machine has no hardware breakpoints";
  }
  int complete = 0;
  for (size_t at = 0;
       (at = output.find(kLastFrame, at)) != std::string::npos;) {
    ++complete;
    ++at;
  }
  EXPECT_EQ(complete, 4);
}

TEST(GdbTest, UnwindsThroughUnnamedCode) {
  SKIP_WITHOUT_GDB();
  std::string output = Gdb("--zones", "-ex bt");
  SCOPED_TRACE(output);
  EXPECT_NE(output.find("py::test ()"), std::string::npos);
  EXPECT_NE(output.find(kLastFrame), std::string::npos);
}

}  // namespace

int Main(int argc, char** argv) {
  if (argc == 2 && strcmp(argv[1], "--blocks") == 0) return Target(true), 0;
  if (argc == 2 && strcmp(argv[1], "--zones") == 0) return Target(false), 0;
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}

}  // namespace pyvm

int main(int argc, char** argv) { return pyvm::Main(argc, argv); }
