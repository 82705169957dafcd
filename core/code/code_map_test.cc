#include "core/code/code_map.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/code/test_code.h"
#include "gtest/gtest.h"

namespace pyvm {
namespace {

class CodeMapTest : public testing::Test {
 protected:
  CodeMapTest() : memory_({.reserve = size_t{32} << 20}), map_(&memory_) {
    zone_ = memory_.AddZone("test", nullptr).value();
  }

  CodeBlock Add(const std::string& function, uint32_t line) {
    CodeBlock block = ConstantCode(line).Install(&memory_, zone_);
    map_.Add(block.exec, {.function = function,
                          .file = "/src/mod.py",
                          .line = line,
                          .owner = this,
                          .lines = {{0, line, 0}, {4, line + 2, 0}, {5, 77, 1}},
                          .inlined_files = {"/src/other.py"}});
    return block;
  }

  static std::string Folder() {
    std::string folder = testing::TempDir();
    while (folder.size() > 1 && folder.back() == '/') folder.pop_back();
    return folder;
  }
  static std::string MapFile() {
    return absl::StrCat(Folder(), "/perf-", getpid(), ".map");
  }
  static std::string DumpFile() {
    return absl::StrCat(Folder(), "/jit-", getpid(), ".dump");
  }
  static std::string Read(const std::string& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  static std::string MapLine(const CodeBlock& block, const char* symbol) {
    return absl::StrCat(absl::Hex(reinterpret_cast<uint64_t>(block.exec)), " ",
                        absl::Hex(block.size), " ", symbol, "\n");
  }

  CodeMemory memory_;
  CodeMap map_;
  CodeZone zone_;
};

TEST_F(CodeMapTest, FindsByAddress) {
  EXPECT_EQ(map_.Find(nullptr), nullptr);
  CodeBlock a = Add("f", 1);
  CodeBlock b = Add("C.g", 10);
  for (size_t i : {size_t{0}, size_t{5}, a.size - 1}) {
    ASSERT_NE(map_.Find(a.exec + i), nullptr);
    EXPECT_EQ(map_.Find(a.exec + i)->function, "f");
    EXPECT_EQ(map_.Find(b.exec + i)->function, "C.g");
  }
  EXPECT_EQ(map_.Find(a.exec)->owner, this);
  EXPECT_EQ(map_.Find(a.exec - 1), nullptr);
  EXPECT_EQ(map_.Find(b.exec + b.size), nullptr);
  map_.Free(a.exec);
  EXPECT_EQ(map_.Find(a.exec), nullptr);
  EXPECT_EQ(memory_.Usage().blocks, 1u);
}

TEST_F(CodeMapTest, ABlockWithoutANameIsFreedAsWell) {
  CodeBlock block = ConstantCode(1).Install(&memory_, zone_);
  map_.Free(block.exec);
  EXPECT_EQ(memory_.Usage().blocks, 0u);
}

TEST_F(CodeMapTest, Lines) {
  const CodeInfo* info = map_.Find(Add("f", 20).exec);
  EXPECT_EQ(CodeMap::LineAt(*info, 0), 20u);
  EXPECT_EQ(CodeMap::LineAt(*info, 3), 20u);
  EXPECT_EQ(CodeMap::LineAt(*info, 4), 22u);
  EXPECT_EQ(CodeMap::LineAt(*info, 1000), 77u);
  EXPECT_EQ(info->FileOf(info->lines[1]), "/src/mod.py");
  EXPECT_EQ(info->FileOf(info->lines[2]), "/src/other.py");
  EXPECT_EQ(CodeMap::LineAt({.function = "g", .file = "", .line = 3}, 9), 3u);
}

TEST_F(CodeMapTest, NamesOfAddresses) {
  CodeBlock block = Add("f", 1);
  EXPECT_EQ(map_.NameAt(block.exec), "f");
  EXPECT_EQ(map_.NameAt(block.exec + 5), "f+0x5");
  EXPECT_EQ(map_.NameAt(block.exec - 1), "");
  EXPECT_EQ(map_.NameAt(block.exec + block.size), "");
  CodeBlock stubs = ConstantCode(1).Install(&memory_, zone_);
  map_.Add(stubs.exec,
           {.function = "stubs", .labels = {{2, "enter"}, {4, "leave"}}});
  EXPECT_EQ(map_.NameAt(stubs.exec + 1), "stubs+0x1");
  EXPECT_EQ(map_.NameAt(stubs.exec + 2), "enter");
  EXPECT_EQ(map_.NameAt(stubs.exec + 3), "enter+0x1");
  EXPECT_EQ(map_.NameAt(stubs.exec + 5), "leave+0x1");
}

TEST_F(CodeMapTest, PerfSeesLabels) {
  ASSERT_TRUE(map_.Configure({.perf_map = true, .folder = Folder()}).ok());
  CodeBlock stubs = ConstantCode(1).Install(&memory_, zone_);
  map_.Add(stubs.exec,
           {.function = "stubs", .labels = {{0, "enter"}, {4, "leave"}}});
  auto address = reinterpret_cast<uint64_t>(stubs.exec);
  EXPECT_EQ(Read(MapFile()),
            absl::StrCat(absl::Hex(address), " 4 py::stubs::enter\n",
                         absl::Hex(address + 4), " ", absl::Hex(stubs.size - 4),
                         " py::stubs::leave\n"));
  unlink(MapFile().c_str());
}

TEST_F(CodeMapTest, Owners) {
  EXPECT_EQ(map_.OwnerlessBytes(), 0u);
  CodeBlock owned = Add("f", 1);
  CodeBlock shared = ConstantCode(1).Install(&memory_, zone_);
  map_.Add(shared.exec, {.function = "stubs"});
  EXPECT_EQ(map_.OwnerlessBytes(), shared.size);
  EXPECT_EQ(map_.NameOfOwner(this), "f");
  map_.Free(owned.exec);
  EXPECT_EQ(map_.NameOfOwner(this), "");
}

TEST_F(CodeMapTest, LinesAreWantedByWhoShowsThem) {
  EXPECT_FALSE(map_.WantsLines());
  ASSERT_TRUE(map_.Configure({.perf_map = true, .folder = Folder()}).ok());
  EXPECT_FALSE(map_.WantsLines());
  ASSERT_TRUE(map_.Configure({.gdb = true}).ok());
  EXPECT_TRUE(map_.WantsLines());
}

TEST_F(CodeMapTest, PerfMap) {
  ASSERT_TRUE(map_.Configure({.perf_map = true, .folder = Folder()}).ok());
  CodeBlock a = Add("f", 1);
  CodeBlock b = Add("f.<locals>.<lambda>", 10);
  EXPECT_EQ(Read(MapFile()),
            MapLine(a, "py::f:/src/mod.py:1") +
                MapLine(b, "py::f.<locals>.<lambda>:/src/mod.py:10"));
  unlink(MapFile().c_str());
}

TEST_F(CodeMapTest, AFileThatCannotBeWrittenIsAnError) {
  absl::Status status =
      map_.Configure({.perf_map = true, .folder = "/no/such/folder"});
  EXPECT_EQ(status.message(),
            absl::StrCat("cannot write /no/such/folder/perf-", getpid(),
                         ".map: No such file or directory"));
  EXPECT_FALSE(
      map_.Configure({.jitdump = true, .folder = "/no/such/folder"}).ok());
}

TEST_F(CodeMapTest, AChildNamesTheCodeItHas) {
  ASSERT_TRUE(map_.Configure({.perf_map = true, .folder = Folder()}).ok());
  CodeBlock a = Add("f", 1);
  pid_t pid = fork();
  if (pid == 0) {
    CodeBlock b = Add("g", 2);
    bool ok = Read(MapFile()) == MapLine(a, "py::f:/src/mod.py:1") +
                                     MapLine(b, "py::g:/src/mod.py:2");
    unlink(MapFile().c_str());
    _exit(ok ? 0 : 1);
  }
  int status = -1;
  waitpid(pid, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(Read(MapFile()), MapLine(a, "py::f:/src/mod.py:1"));
  unlink(MapFile().c_str());
}

// --- jitdump: read as tools/perf/util/jitdump.c does
// ----------------------------

struct Reader {
  explicit Reader(std::string text) : data(std::move(text)) {}

  template <typename T>
  T Get() {
    T value = {};
    if (at + sizeof(T) <= data.size()) memcpy(&value, &data[at], sizeof(T));
    at += sizeof(T);
    return value;
  }
  std::string String() {
    std::string text = data.c_str() + at;
    at += text.size() + 1;
    return text;
  }

  std::string data;
  size_t at = 0;
};

TEST_F(CodeMapTest, Jitdump) {
  ASSERT_TRUE(map_.Configure({.jitdump = true, .folder = Folder()}).ok());
  std::vector<CodeBlock> blocks = {Add("f", 1), Add("C.g", 10)};
  std::vector<std::string> names = {"py::f:/src/mod.py:1",
                                    "py::C.g:/src/mod.py:10"};
  Reader in(Read(DumpFile()));
  EXPECT_EQ(in.Get<uint32_t>(), 0x4A695444u);
  EXPECT_EQ(in.Get<uint32_t>(), 1u);
  EXPECT_EQ(in.Get<uint32_t>(), 40u);
  EXPECT_EQ(in.Get<uint32_t>(), 62u);
  in.Get<uint32_t>();
  EXPECT_EQ(in.Get<uint32_t>(), static_cast<uint32_t>(getpid()));
  uint64_t time = in.Get<uint64_t>();
  EXPECT_EQ(in.Get<uint64_t>(), 0u);
  for (size_t i = 0; i < blocks.size(); ++i) {
    SCOPED_TRACE(i);
    auto address = reinterpret_cast<uint64_t>(blocks[i].exec);
    uint32_t line = i == 0 ? 1 : 10;

    size_t begin = in.at;
    EXPECT_EQ(in.Get<uint32_t>(), 2u) << "lines";
    size_t size = in.Get<uint32_t>();
    EXPECT_GE(in.Get<uint64_t>(), time);
    EXPECT_EQ(in.Get<uint64_t>(), address);
    ASSERT_EQ(in.Get<uint64_t>(), 4u);
    std::vector<std::string> rows;
    for (int row = 0; row < 4; ++row) {
      uint64_t at = in.Get<uint64_t>() - address;
      uint32_t of = in.Get<uint32_t>();
      EXPECT_EQ(in.Get<uint32_t>(), 0u);
      rows.push_back(absl::StrCat(at, " ", in.String(), ":", of));
    }
    EXPECT_EQ(rows, (std::vector<std::string>{
                        absl::StrCat("0 /src/mod.py:", line),
                        absl::StrCat("4 /src/mod.py:", line + 2),
                        "5 /src/other.py:77",
                        absl::StrCat(blocks[i].size, " /src/other.py:77")}));
    EXPECT_EQ(in.at, begin + size);

    begin = in.at;
    EXPECT_EQ(in.Get<uint32_t>(), 0u) << "code";
    size = in.Get<uint32_t>();
    EXPECT_GE(in.Get<uint64_t>(), time);
    EXPECT_EQ(in.Get<uint32_t>(), static_cast<uint32_t>(getpid()));
    EXPECT_EQ(in.Get<uint32_t>(), static_cast<uint32_t>(gettid()));
    EXPECT_EQ(in.Get<uint64_t>(), address);
    EXPECT_EQ(in.Get<uint64_t>(), address);
    ASSERT_EQ(in.Get<uint64_t>(), blocks[i].size);
    EXPECT_EQ(in.Get<uint64_t>(), i + 1);
    EXPECT_EQ(in.String(), names[i]);
    EXPECT_EQ(memcmp(&in.data[in.at], blocks[i].exec, blocks[i].size), 0);
    in.at += blocks[i].size;
    EXPECT_EQ(in.at, begin + size);
  }
  EXPECT_EQ(in.at, in.data.size());
  std::string maps = Read("/proc/self/maps");
  bool marked = false;
  for (absl::string_view line : absl::StrSplit(maps, '\n')) {
    marked = marked || (absl::StrContains(line, DumpFile()) &&
                        absl::StrContains(line, "r-xp"));
  }
  EXPECT_TRUE(marked) << "perf finds the file by an executable mapping";
  unlink(DumpFile().c_str());
}

}  // namespace
}  // namespace pyvm
