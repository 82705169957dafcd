#include "core/driver/command_line.h"

#include <algorithm>
#include <string>
#include <vector>

#include "core/tier/options.h"
#include "gtest/gtest.h"

namespace pyvm {
namespace {

using Words = std::vector<std::string>;

// Keeps what argv points to.
struct Parsed {
  Words words;
  absl::StatusOr<CommandLine> line = absl::UnknownError("");
  Words python() const {
    return Words(line->python_args.begin() + 1, line->python_args.end());
  }
};

Parsed Parse(Words words, const char* environment = nullptr) {
  Parsed parsed;
  parsed.words = std::move(words);
  parsed.words.insert(parsed.words.begin(), "pyvm");
  std::vector<char*> argv;
  for (std::string& word : parsed.words) argv.push_back(word.data());
  argv.push_back(nullptr);
  parsed.line = ParseCommandLine(static_cast<int>(argv.size()) - 1, argv.data(),
                                 environment);
  // The short strings move with the vector's elements, which stay in place.
  return parsed;
}

const CommandLine::Dumped& DumpOf(const CommandLine& line, Dump kind) {
  return line.dumps[static_cast<int>(kind)];
}

std::string ErrorOf(Words words, const char* environment = nullptr) {
  return std::string(
      Parse(std::move(words), environment).line.status().message());
}

TEST(CommandLineTest, SyncCompileIsExplained) {
  EXPECT_FALSE(Parse({"-c", "pass"}).line->sync_compile);
  EXPECT_TRUE(Parse({"--sync-compile", "-c", "pass"}).line->sync_compile);
  EXPECT_EQ(ErrorOf({"--sync-compile=1"}),
            "option --sync-compile takes no value");
  std::string help = HelpText("pyvm");
  EXPECT_NE(help.find("wait for each compilation; without this"),
            std::string::npos);
}

TEST(CommandLineTest, PythonsWordsPassInOrder) {
  for (const Words& words :
       std::vector<Words>{{},
                          {"-"},
                          {"-Ic", "pass", "--stats"},
                          {"-c", "pass", "--tiers=x", "--nonsense"},
                          {"-c"},
                          {"-m", "mod", "--help"},
                          {"-mmod", "--help"},
                          {"script.py", "--stats"},
                          {"-X", "dev", "-W", "error", "-Xutf8", "x.py"},
                          {"-X", "--stats", "x.py"},
                          {"-BsE", "-OO", "--", "--stats"},
                          {"--check-hash-based-pycs", "always", "x.py"},
                          {"--check-hash-based-pycs", "--stats"},
                          {"--help-all"},
                          {"-V"},
                          {"-h"},
                          {"-Z"}}) {
    Parsed parsed = Parse(words);
    ASSERT_TRUE(parsed.line.ok()) << parsed.line.status();
    EXPECT_EQ(parsed.python(), words);
    EXPECT_FALSE(parsed.line->stats.has_value());
  }
}

TEST(CommandLineTest, OwnOptionsAreTakenOut) {
  Parsed parsed = Parse({"-I", "--tiers=interp,baseline:x=1,y=2", "--stats",
                         "-X", "dev", "--policy", "p:a=b", "--trace=t.json",
                         "--strict", "--monitors=m,n:x=1", "--monitors=o",
                         "--plugin=f.so", "--stress=promote,gc,deopt",
                         "--dump=bytecode:f*", "--perf=map,jitdump", "--gdb",
                         "--virtual-time", "x.py", "--strict"});
  ASSERT_TRUE(parsed.line.ok()) << parsed.line.status();
  const CommandLine& line = *parsed.line;
  EXPECT_EQ(parsed.python(), (Words{"-I", "-X", "dev", "x.py", "--strict"}));
  EXPECT_EQ(line.tiers, (Words{"interp", "baseline:x=1,y=2"}));
  EXPECT_EQ(line.stats, "");
  EXPECT_EQ(line.policy, "p:a=b");
  EXPECT_EQ(line.trace, "t.json");
  EXPECT_EQ(line.monitors, (Words{"m", "n:x=1", "o"}));
  EXPECT_EQ(line.plugins, (Words{"f.so"}));
  EXPECT_EQ(line.stress, kStressPromote | kStressGc | kStressDeopt);
  EXPECT_EQ(DumpOf(line, Dump::kBytecode).glob, "f*");
  EXPECT_EQ(line.perf, kPerfMap | kPerfJitdump);
  EXPECT_TRUE(line.gdb);
  EXPECT_TRUE(line.strict);
  EXPECT_TRUE(line.virtual_time);
}

TEST(CommandLineTest, DumpsSeveralKinds) {
  Parsed parsed = Parse({"--dump=bytecode,asm:f", "--dump=asm"});
  ASSERT_TRUE(parsed.line.ok()) << parsed.line.status();
  EXPECT_EQ(DumpOf(*parsed.line, Dump::kBytecode).glob, "f");
  EXPECT_EQ(DumpOf(*parsed.line, Dump::kAsm).glob, "*");
  EXPECT_EQ(DumpOf(*parsed.line, Dump::kIr).glob, "");
}

TEST(CommandLineTest, DumpsWhatOnePassLeaves) {
  Parsed parsed = Parse({"--dump=ir,graph:f.<locals>.g:after=dce",
                         "--dump=graph:after=licm", "--dump=remarks:h"});
  ASSERT_TRUE(parsed.line.ok()) << parsed.line.status();
  EXPECT_EQ(DumpOf(*parsed.line, Dump::kIr).glob, "f.<locals>.g");
  EXPECT_EQ(DumpOf(*parsed.line, Dump::kIr).after, "dce");
  EXPECT_EQ(DumpOf(*parsed.line, Dump::kGraph).glob, "*");
  EXPECT_EQ(DumpOf(*parsed.line, Dump::kGraph).after, "licm");
  EXPECT_EQ(DumpOf(*parsed.line, Dump::kRemarks).glob, "h");
  EXPECT_EQ(DumpOf(*parsed.line, Dump::kRemarks).after, "");
}

TEST(CommandLineTest, TheLastOneCounts) {
  Parsed parsed = Parse({"--stats=a", "--stats=b", "--tiers=x", "--tiers=y"});
  EXPECT_EQ(parsed.line->stats, "b");
  EXPECT_EQ(parsed.line->tiers, (Words{"y"}));
  EXPECT_EQ(Parse({"--stats"}, "--stats=a").line->stats, "");
}

TEST(CommandLineTest, Environment) {
  Parsed parsed = Parse({"--monitors=b", "-c", "pass"},
                        " --monitors a  --stats='x y' --strict ");
  ASSERT_TRUE(parsed.line.ok()) << parsed.line.status();
  EXPECT_EQ(parsed.line->monitors, (Words{"a", "b"}));
  EXPECT_EQ(parsed.line->stats, "x y");
  EXPECT_TRUE(parsed.line->strict);
  EXPECT_EQ(parsed.python(), (Words{"-c", "pass"}));
}

TEST(CommandLineTest, UnknownOptionsAreLeftToPython) {
  Parsed parsed = Parse({"-I", "--xyzzy", "x.py"});
  ASSERT_TRUE(parsed.line.ok()) << parsed.line.status();
  EXPECT_EQ(parsed.python(), (Words{"-I", "--xyzzy", "x.py"}));
}

TEST(CommandLineTest, ErrorsAreOneLineAndSayWhatToDo) {
  EXPECT_EQ(ErrorOf({"--tires=x"}),
            "unknown option --tires; did you mean --tiers?");
  EXPECT_EQ(ErrorOf({}, "--xyzzy"),
            "environment variable PYVM_OPTIONS: unknown option --xyzzy; see "
            "--help");
  EXPECT_EQ(ErrorOf({"--tiers"}), "option --tiers needs a value");
  EXPECT_EQ(ErrorOf({"--tiers="}), "option --tiers needs a value");
  EXPECT_EQ(ErrorOf({"--strict=1"}), "option --strict takes no value");
  EXPECT_EQ(ErrorOf({"--dump=bytecode,asn:f"}),
            "--dump: unknown kind 'asn'; did you mean 'asm'?");
  EXPECT_EQ(ErrorOf({"--dump=bytcode"}),
            "--dump: unknown kind 'bytcode'; did you mean 'bytecode'?");
  EXPECT_EQ(ErrorOf({"--dump=everything:f"}),
            "--dump: unknown kind 'everything'; there is bytecode, ir, graph, "
            "llvm, asm, remarks");
  EXPECT_EQ(ErrorOf({"--dump=ir,llvm:f:after=dce"}),
            "--dump=llvm takes no after=; ir and graph do");
  EXPECT_EQ(ErrorOf({"--dump=ir:f:after="}),
            "--dump: after= needs a pass's name");
  EXPECT_EQ(ErrorOf({"--stress=promot"}),
            "--stress: unknown kind 'promot'; did you mean 'promote'?");
  EXPECT_EQ(ErrorOf({"--list=tier"}),
            "--list: unknown kind 'tier'; did you mean 'tiers'?");
  EXPECT_NE(ErrorOf({"--tune=code-bytes-limit=-1"}), "");
  EXPECT_NE(ErrorOf({"--tune=code-bytes-limit"}), "");
  EXPECT_EQ(ErrorOf({"--perf=jitdmp"}),
            "--perf: unknown kind 'jitdmp'; did you mean 'jitdump'?");
  EXPECT_EQ(ErrorOf({"--gdb=1"}), "option --gdb takes no value");
  EXPECT_EQ(
      ErrorOf({}, "script.py"),
      "environment variable PYVM_OPTIONS: 'script.py' is not one of pyvm's own "
      "options, which alone may stand here");
  EXPECT_NE(ErrorOf({}, "--stats='x"), "");
}

TEST(CommandLineTest, ListAndVersion) {
  EXPECT_EQ(Parse({"--list"}).line->lists, (Words{"all"}));
  EXPECT_EQ(Parse({"--list=tiers,metrics"}).line->lists,
            (Words{"tiers", "metrics"}));
  EXPECT_EQ(Parse({"--version", "--version"}).line->version, 2);
  EXPECT_TRUE(Parse({"--help"}).line->help);
}

TEST(CommandLineTest, Tunables) {
  Parsed parsed = Parse({"--tune=code-bytes-limit=5,trace-buffer-bytes=7"});
  ASSERT_EQ(parsed.line->tunables.size(), 2u);
  EXPECT_EQ(parsed.line->tunables[0].second, 5);
}

TEST(CommandLineTest, CodeLimit) {
  auto limit = [](const char* text) {
    Parsed parsed = Parse({"--code-limit", text});
    EXPECT_TRUE(parsed.line.ok()) << parsed.line.status();
    EXPECT_EQ(parsed.line->tunables.size(), 1u);
    EXPECT_EQ(parsed.line->tunables[0].first, "code-bytes-limit");
    return parsed.line->tunables[0].second;
  };
  EXPECT_EQ(limit("65536"), 65536);
  EXPECT_EQ(limit("512k"), 512 << 10);
  EXPECT_EQ(limit("16M"), 16 << 20);
  EXPECT_EQ(limit("0"), 0);
  EXPECT_EQ(
      ErrorOf({"--code-limit=16Q"}),
      "--code-limit: '16Q': expected a number of bytes, for instance 65536, "
      "512k or 16M");
  for (const char* text :
       {"k", "-1", "1.5M", "9999999999G", "16kk", "M16", "0x10", " "}) {
    EXPECT_NE(ErrorOf({std::string("--code-limit=") + text}), "") << text;
  }
}

TEST(SplitWordsTest, Quoting) {
  EXPECT_EQ(*SplitWords(R"( a 'b c' "d \"e\" \x" f\ g '' )"),
            (Words{"a", "b c", "d \"e\" \\x", "f g", ""}));
  EXPECT_FALSE(SplitWords("'a").ok());
}

TEST(HelpTest, LooksLikePythons) {
  std::string text = HelpText("pyvm");
  EXPECT_EQ(text.rfind("usage: pyvm", 0), 0u);
  EXPECT_LT(std::count(text.begin(), text.end(), '\n'), 50);
  for (const char* option :
       {"--tiers", "--policy", "--stats", "PYVM_OPTIONS"}) {
    EXPECT_NE(text.find(option), std::string::npos) << option;
  }
}

}  // namespace
}  // namespace pyvm
