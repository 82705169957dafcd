#include "core/code/code_memory.h"

#include <dirent.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <iterator>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/code/test_code.h"
#include "core/tier/metrics.h"
#include "gtest/gtest.h"

namespace pyvm {
namespace {

constexpr size_t kPage = 4096;
constexpr size_t kReserve = size_t{32} << 20;
constexpr size_t kZone = kReserve / CodeMemory::kMaxZones;

struct OneZone {
  explicit OneZone(uint64_t limit = 0)
      : memory({.reserve = kReserve, .limit = limit}),
        zone(memory.AddZone("test", nullptr).value()) {}

  CodeBlock Allocate(size_t bytes) {
    return memory.Allocate(bytes, zone).value();
  }

  CodeMemory memory;
  CodeZone zone;
};

// Pages of the zone that the kernel keeps.
size_t ResidentPages(const uint8_t* zone_begin) {
  std::vector<unsigned char> pages(kZone / kPage);
  EXPECT_EQ(mincore(const_cast<uint8_t*>(zone_begin), kZone, pages.data()), 0);
  size_t count = 0;
  for (unsigned char page : pages) count += page & 1;
  return count;
}

size_t ResidentShared() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    size_t kilobytes;
    if (word == "RssShmem:" && status >> kilobytes) return kilobytes * 1024;
  }
  return 0;
}

size_t OpenFiles() {
  DIR* folder = opendir("/proc/self/fd");
  size_t count = 0;
  while (readdir(folder) != nullptr) ++count;
  closedir(folder);
  return count;
}

// To what there is now, and so many bytes.
void LimitAddressSpace(size_t more) {
  std::ifstream statm("/proc/self/statm");
  size_t pages = 0;
  statm >> pages;
  rlimit limit = {pages * kPage + more, RLIM_INFINITY};
  setrlimit(RLIMIT_AS, &limit);
}

// Whether `body` says so in a child of a fork.
bool InChild(const std::function<bool()>& body) {
  pid_t pid = fork();
  if (pid == 0) _exit(body() ? 0 : 1);
  int status = -1;
  waitpid(pid, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST(CodeMemoryTest, RunsCode) {
  OneZone code;
  CodeBlock a = ConstantCode(41).Install(&code.memory, code.zone);
  CodeBlock b = ConstantCode(42).Install(&code.memory, code.zone);
  EXPECT_EQ(RunConstant(a.exec), 41u);
  EXPECT_EQ(RunConstant(b.exec), 42u);
  EXPECT_EQ(code.memory.Writable(b.exec + 1), b.write + 1);
}

TEST(CodeMemoryTest, IsInReachOfTheExecutable) {
  OneZone code;
  CodeBlock block = code.Allocate(16);
  auto* function = reinterpret_cast<const void*>(&CodeRefusal);
  EXPECT_TRUE(Rel32(block.exec, function).has_value());
  EXPECT_TRUE(Rel32(block.exec + kReserve, function).has_value());
  EXPECT_TRUE(Rel32(function, block.exec + kReserve).has_value());
  EXPECT_LT(reinterpret_cast<uint64_t>(block.exec) + kReserve, 1u << 31);
  EXPECT_FALSE(Rel32(block.exec, &errno).has_value());
}

TEST(CodeMemoryTest, NothingIsWritableAndExecutable) {
  OneZone code;
  ConstantCode(1).Install(&code.memory, code.zone);
  std::ifstream maps("/proc/self/maps");
  int views = 0;
  for (std::string line; std::getline(maps, line);) {
    std::string permissions = line.substr(line.find(' ') + 1, 4);
    EXPECT_FALSE(permissions[1] == 'w' && permissions[2] == 'x') << line;
    if (line.find("/dev/zero") == std::string::npos) continue;
    ++views;
    EXPECT_TRUE(permissions == "r-xs" || permissions == "rw-s") << line;
  }
  EXPECT_EQ(views, 2);
}

TEST(CodeMemoryTest, KeepsNoDescriptor) {
  size_t before = OpenFiles();
  OneZone code;
  code.Allocate(100);
  EXPECT_EQ(OpenFiles(), before);
}

TEST(CodeMemoryTest, RandomUse) {
  OneZone code;
  std::mt19937 random(1);
  struct Live {
    CodeBlock block;
    uint8_t contents;
  };
  std::vector<Live> live;
  size_t bytes = 0;
  const uint8_t* begin = nullptr;
  for (int step = 0; step < 5000; ++step) {
    if (live.empty() || random() % 100 < 52) {
      size_t want = 1 + random() % (random() % 20 == 0 ? 40000 : 600);
      Live one{code.Allocate(want), static_cast<uint8_t>(random())};
      if (begin == nullptr) begin = one.block.exec;
      ASSERT_GE(one.block.size, want);
      ASSERT_LT(one.block.size, want + CodeMemory::kAlignment);
      ASSERT_EQ(reinterpret_cast<uintptr_t>(one.block.exec) % 16, 0u);
      memset(one.block.write, one.contents, one.block.size);
      bytes += one.block.size;
      live.push_back(one);
      continue;
    }
    Live& one = live[random() % live.size()];
    for (const uint8_t* at :
         {one.block.exec, one.block.exec + one.block.size - 1}) {
      ASSERT_EQ(*at, one.contents);
      std::optional<CodeBlock> found = code.memory.Find(at);
      ASSERT_TRUE(found.has_value());
      ASSERT_EQ(found->exec, one.block.exec);
      ASSERT_EQ(found->size, one.block.size);
    }
    bytes -= one.block.size;
    if (random() % 4 == 0) {
      size_t keep = 1 + random() % one.block.size;
      code.memory.Shrink(one.block.exec, keep);
      one.block.size = (keep + 15) / 16 * 16;
      bytes += one.block.size;
    } else {
      code.memory.Free(one.block.exec);
      std::swap(one, live.back());
      live.pop_back();
    }
    CodeUsage usage = code.memory.Usage();
    ASSERT_EQ(usage.live, bytes);
    ASSERT_EQ(usage.blocks, live.size());
    ASSERT_GE(usage.committed, bytes);
    if (step % 100 == 0) {
      ASSERT_LE(ResidentPages(begin) * kPage, usage.committed);
    }
  }
  for (const Live& one : live) {
    for (size_t i = 0; i < one.block.size; ++i) {
      ASSERT_EQ(one.block.exec[i], one.contents);
    }
    code.memory.Free(one.block.exec);
  }
  EXPECT_EQ(code.memory.Usage().committed, 0u);
  EXPECT_EQ(code.memory.Usage().live, 0u);
  EXPECT_EQ(ResidentPages(begin), 0u);
}

TEST(CodeMemoryTest, GivesPagesBack) {
  OneZone code;
  size_t before = ResidentShared();
  CodeBlock small = code.Allocate(100);
  CodeBlock large = code.Allocate(100 * kPage);
  memset(large.write, 0x90, large.size);
  EXPECT_GE(ResidentShared(), before + 99 * kPage);
  EXPECT_GE(ResidentPages(small.exec), 100u);
  EXPECT_EQ(code.memory.Usage().committed, 101 * kPage);
  code.memory.Shrink(large.exec, 10 * kPage);
  EXPECT_LE(ResidentPages(small.exec), 11u);
  code.memory.Free(large.exec);
  EXPECT_LE(ResidentPages(small.exec), 1u);
  EXPECT_LE(ResidentShared(), before + 2 * kPage);
  EXPECT_EQ(code.memory.Usage().committed, kPage);
  EXPECT_EQ(code.memory.Usage().committed_peak, 101 * kPage);
}

TEST(CodeMemoryTest, WrittenPagesAreResidentOnce) {
  OneZone code;
  size_t before = ResidentShared();
  constexpr size_t kBlocks = 4096, kBytes = 1024;
  for (size_t i = 0; i < kBlocks; ++i) {
    CodeBlock block = code.Allocate(kBytes);
    memset(block.write, 0x90, kBytes);
    ASSERT_EQ(*block.exec, 0x90);  // maps the executable page
  }
  EXPECT_LT(ResidentShared() - before, kBlocks * kBytes * 5 / 4);
}

TEST(CodeMemoryTest, FindsNothingOutside) {
  OneZone code;
  EXPECT_FALSE(code.memory.Find(nullptr).has_value());
  CodeBlock block = code.Allocate(32);
  EXPECT_FALSE(code.memory.Find(block.exec + 32).has_value());
  EXPECT_FALSE(code.memory.Find(block.exec - 1).has_value());
  EXPECT_FALSE(code.memory.Find(block.write).has_value());
  code.memory.Free(block.exec);
  EXPECT_FALSE(code.memory.Find(block.exec).has_value());
}

uint64_t pressure_calls, pressure_live, pressure_limit;

TEST(CodeMemoryTest, LimitAndPressure) {
  constexpr uint64_t kLimit = 8000;
  OneZone code(kLimit);
  uint64_t counted = metrics.code_pressure;
  pressure_calls = 0;
  code.memory.OnPressure([](uint64_t live, uint64_t limit) {
    ++pressure_calls;
    pressure_live = live;
    pressure_limit = limit;
  });
  CodeBlock first = code.Allocate(6992);
  EXPECT_EQ(pressure_calls, 0u);
  CodeBlock second = code.Allocate(16);
  EXPECT_EQ(pressure_calls, 1u);
  EXPECT_EQ(pressure_live, 7008u);
  EXPECT_EQ(pressure_limit, kLimit);
  code.Allocate(16);
  EXPECT_EQ(pressure_calls, 1u) << "only once";

  absl::StatusOr<CodeBlock> refused = code.memory.Allocate(1000, code.zone);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_STREQ(CodeRefusal(refused.status()),
               "machine code has reached code-bytes-limit");
  EXPECT_EQ(code.memory.Usage().live, 7024u);

  code.memory.Free(second.exec);
  code.Allocate(16);
  EXPECT_EQ(pressure_calls, 1u) << "it has not been below";
  code.memory.Free(first.exec);
  code.Allocate(7952);
  EXPECT_EQ(pressure_calls, 2u);
  EXPECT_EQ(metrics.code_pressure, counted + 2);
}

TEST(CodeMemoryTest, RefusesWhatDoesNotFit) {
  OneZone code;
  for (size_t size : {kZone + 1, kReserve, ~size_t{0}}) {
    auto refused = code.memory.Allocate(size, code.zone);
    EXPECT_EQ(refused.status().code(), absl::StatusCode::kOutOfRange);
    EXPECT_STREQ(CodeRefusal(refused.status()),
                 "the tier's part of code memory is full");
  }
  CodeBlock all = code.Allocate(kZone);
  EXPECT_FALSE(code.memory.Allocate(1, code.zone).ok());
  code.memory.Free(all.exec);
  EXPECT_TRUE(code.memory.Allocate(1, code.zone).ok());
}

TEST(CodeMemoryTest, ZonesAndAccounting) {
  uint64_t before = metrics.bytes_code;
  {
    CodeMemory memory({.reserve = kReserve});
    CodeZone a = memory.AddZone("a", nullptr).value();
    CodeZone b1 = memory.AddZone("b", nullptr).value();
    CodeZone b2 = memory.AddZone("b", nullptr).value();
    CodeBlock block = memory.Allocate(100, a).value();
    EXPECT_EQ(block.zone, a);
    EXPECT_EQ(memory.Find(memory.Allocate(20, b1)->exec)->zone, b1);
    EXPECT_EQ(memory.Find(memory.Allocate(40, b2)->exec)->zone, b2);
    EXPECT_EQ(memory.UsageOf("a").live, 112u);
    EXPECT_EQ(memory.UsageOf("b").live, 32u + 48u);
    EXPECT_EQ(memory.UsageOf("c").live, 0u);
    EXPECT_EQ(memory.Tiers(), (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(metrics.bytes_code, before + 192);
    EXPECT_EQ(metrics.code_blocks, 3u);
    EXPECT_EQ(metrics.bytes_code_committed, 3 * kPage);
    EXPECT_EQ(metrics.bytes_code_free, 3 * kPage - 192);
    memory.Free(block.exec);
    EXPECT_EQ(memory.UsageOf("a").live, 0u);
    EXPECT_EQ(memory.UsageOf("a").live_peak, 112u);
    for (size_t i = 3; i < CodeMemory::kMaxZones; ++i) {
      EXPECT_TRUE(memory.AddZone("a", nullptr).ok());
    }
    EXPECT_FALSE(memory.AddZone("a", nullptr).ok());
  }
  EXPECT_EQ(metrics.bytes_code, before);
  EXPECT_EQ(metrics.bytes_code_committed, 0u);
  EXPECT_EQ(metrics.code_blocks, 0u);
}

TEST(CodeMemoryTest, TheProcesssOwnHasRowsByTier) {
  CodeZone zone = TheCodeMemory().AddZone("mine", nullptr).value();
  CodeBlock block = TheCodeMemory().Allocate(160, zone).value();
  uint64_t live = 0, peak = 0;
  for (const pyvm_metric& metric : CurrentMetrics()) {
    if (metric.name == std::string("bytes.code.mine")) live = metric.value;
    if (metric.name == std::string("bytes.code.mine.peak")) peak = metric.value;
  }
  EXPECT_EQ(live, 160u);
  EXPECT_EQ(peak, 160u);
  TheCodeMemory().Free(block.exec);
}

TEST(CodeMemoryTest, ThreadsMayAllocate) {
  OneZone code;
  std::vector<std::thread> threads;
  for (uint32_t t = 0; t < 4; ++t) {
    threads.emplace_back([&code, t] {
      for (uint32_t i = 0; i < 2000; ++i) {
        CodeBlock block =
            ConstantCode(t * 10000 + i).Install(&code.memory, code.zone);
        EXPECT_EQ(RunConstant(block.exec), t * 10000 + i);
        if (i % 8 != 0) code.memory.Free(block.exec);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(code.memory.Usage().blocks, 4u * 250);
}

// --- fork --------------------------------------------------------------------

TEST(CodeMemoryForkTest, AChildsWritesAreItsOwn) {
  OneZone code;
  CodeBlock shared = ConstantCode(1).Install(&code.memory, code.zone);
  size_t files = OpenFiles();
  EXPECT_TRUE(InChild([&] {
    bool ok = RunConstant(shared.exec) == 1;
    ConstantCode two(2);
    memcpy(code.memory.Writable(shared.exec), two.getCode(), two.getSize());
    ok = ok && RunConstant(shared.exec) == 2;
    CodeBlock more = ConstantCode(3).Install(&code.memory, code.zone);
    ok = ok && RunConstant(more.exec) == 3;
    code.memory.Free(shared.exec);
    return ok && code.memory.Usage().blocks == 1 && OpenFiles() == files;
  }));
  EXPECT_EQ(RunConstant(shared.exec), 1u);
  EXPECT_EQ(OpenFiles(), files);
  EXPECT_EQ(code.memory.Usage().blocks, 1u);
}

TEST(CodeMemoryForkTest, AParentsWritesAreItsOwn) {
  OneZone code;
  std::vector<CodeBlock> blocks;
  for (uint32_t i = 0; i < 1000; ++i) {
    blocks.push_back(ConstantCode(i).Install(&code.memory, code.zone));
  }
  int go[2];
  ASSERT_EQ(pipe(go), 0);
  pid_t pid = fork();
  if (pid == 0) {
    // Until the parent has destroyed all of its code.
    char byte;
    bool ok = read(go[0], &byte, 1) == 1;
    for (uint32_t i = 0; i < 1000; ++i) {
      ok = ok && RunConstant(blocks[i].exec) == i;
    }
    _exit(ok ? 0 : 1);
  }
  for (CodeBlock& block : blocks) {
    memset(block.write, 0xcc, block.size);
    code.memory.Free(block.exec);
  }
  ASSERT_EQ(write(go[1], "", 1), 1);
  int status = -1;
  waitpid(pid, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  close(go[0]);
  close(go[1]);
}

TEST(CodeMemoryForkTest, WorksBeforeTheFirstUseAndInGrandchildren) {
  CodeMemory memory({.reserve = kReserve});
  EXPECT_TRUE(InChild([&] {
    CodeZone zone = memory.AddZone("test", nullptr).value();
    CodeBlock block = ConstantCode(5).Install(&memory, zone);
    bool ok = InChild([&] {
      CodeBlock next = ConstantCode(6).Install(&memory, zone);
      return RunConstant(block.exec) == 5 && RunConstant(next.exec) == 6;
    });
    return ok && RunConstant(block.exec) == 5;
  }));
  EXPECT_EQ(memory.Usage().live, 0u);
}

// Without memory for the copy nobody may change what is shared.
TEST(CodeMemoryForkTest, WithoutACopyTheCodeIsFrozen) {
  EXPECT_TRUE(InChild([] {
    OneZone code;
    CodeBlock block = ConstantCode(7).Install(&code.memory, code.zone);
    LimitAddressSpace(kReserve / 2);
    auto frozen = [&] {
      auto refused = code.memory.Allocate(16, code.zone);
      code.memory.Shrink(block.exec, 1);
      bool ok =
          code.memory.Writable(block.exec) == nullptr &&
          refused.status().code() == absl::StatusCode::kFailedPrecondition;
      code.memory.Free(block.exec);
      return ok && RunConstant(block.exec) == 7;
    };
    bool child = InChild(frozen);
    return child && frozen();
  }));
}

TEST(CodeMemoryForkTest, LittleAddressSpaceIsARefusal) {
  EXPECT_TRUE(InChild([] {
    LimitAddressSpace(size_t{4} << 20);
    CodeMemory none({});
    absl::Status status = none.AddZone("test", nullptr).status();
    bool refused =
        status.code() == absl::StatusCode::kUnavailable &&
        CodeRefusal(status) == std::string("there is no executable memory");
    LimitAddressSpace(size_t{100} << 20);
    CodeMemory less({});
    auto zone = less.AddZone("test", nullptr);
    return refused && zone.ok() && less.Allocate(1 << 20, *zone).ok();
  }));
}

}  // namespace
}  // namespace pyvm
