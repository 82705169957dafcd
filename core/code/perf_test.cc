// Linux's perf itself profiles a process with machine code in it: this same
// executable, started with arguments.
#include <sys/wait.h>
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

namespace pyvm {
namespace {

// Counts down for a while.
class SpinCode : public TestCode {
 public:
  SpinCode() {
    mov(eax, 400'000'000);
    loop = static_cast<uint32_t>(getSize());
    Xbyak::Label again;
    L(again);
    dec(eax);
    jnz(again);
    ret();
  }
  uint32_t loop;
};

void Target(const CodeMapConfig& config) {
  CodeMemory memory({});
  CodeMap map(&memory);
  if (!map.Configure(config).ok()) abort();
  SpinCode code;
  CodeBlock block =
      code.Install(&memory, memory.AddZone("test", nullptr).value());
  map.Add(block.exec, {.function = "spin",
                       .file = "/src/spin.py",
                       .line = 10,
                       .lines = {{0, 10, 0}, {code.loop, 1234, 0}}});
  RunConstant(block.exec);
}

// --- perf
// ----------------------------------------------------------------------

std::string Shell(const std::string& command) {
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  std::string output;
  char buffer[4096];
  while (size_t got = fread(buffer, 1, sizeof(buffer), pipe)) {
    output.append(buffer, got);
  }
  return pclose(pipe) == 0 ? output : "failed: " + output;
}

class PerfTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string folder = absl::StrCat(testing::TempDir(), "/perf.XXXXXX");
    ASSERT_NE(mkdtemp(folder.data()), nullptr);
    folder_ = folder;
    ASSERT_GT(readlink("/proc/self/exe", self_, sizeof(self_) - 1), 0);
    // perf keeps what it finds in a folder in HOME.
    setenv("HOME", folder_.c_str(), 1);
    if (absl::StartsWith(Record("true"), "failed")) {
      GTEST_SKIP() << "perf is not installed, or may not record";
    }
  }
  void TearDown() override { Shell("rm -r " + folder_); }

  std::string File(const char* name) const {
    return absl::StrCat(folder_, "/", name);
  }
  std::string Record(const std::string& command) const {
    return Shell(absl::StrCat("timeout 60 perf record -e cpu-clock -k mono -o ",
                              File("data"), " ", command));
  }
  static std::string Report(const std::string& data, const char* sort) {
    return Shell(
        absl::StrCat("timeout 60 perf report --stdio -i ", data, " -s ", sort));
  }

  std::string folder_;
  char self_[PATH_MAX] = {};
};

TEST_F(PerfTest, MapNamesFunctions) {
  std::string recorded = Record(absl::StrCat("sh -c 'echo $$ >", File("pid"),
                                             "; exec ", self_, " --map /tmp'"));
  SCOPED_TRACE(recorded);
  std::string report = Report(File("data"), "symbol");
  EXPECT_TRUE(absl::StrContains(report, "py::spin:/src/spin.py:10")) << report;
  Shell(absl::StrCat("rm /tmp/perf-$(cat ", File("pid"), ").map"));
}

TEST_F(PerfTest, JitdumpNamesFunctionsAndLines) {
  std::string recorded = Record(absl::StrCat(self_, " --jitdump ", folder_));
  SCOPED_TRACE(recorded);
  std::string injected = Shell(absl::StrCat("timeout 60 perf inject --jit -i ",
                                            File("data"), " -o ", File("jit")));
  SCOPED_TRACE(injected);
  std::string report = Report(File("jit"), "symbol,srcline");
  EXPECT_TRUE(absl::StrContains(report, "py::spin:/src/spin.py:10")) << report;
  EXPECT_TRUE(absl::StrContains(report, "spin.py:1234")) << report;
}

}  // namespace

int Main(int argc, char** argv) {
  std::string mode = argc == 3 ? argv[1] : "";
  if (mode == "--map" || mode == "--jitdump") {
    Target({.perf_map = mode == "--map",
            .jitdump = mode == "--jitdump",
            .folder = argv[2]});
    return 0;
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}

}  // namespace pyvm

int main(int argc, char** argv) { return pyvm::Main(argc, argv); }
