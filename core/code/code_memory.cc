#include "core/code/code_memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/code/extent_map.h"
#include "core/code/frame_layout.h"
#include "core/code/gdb_jit.h"
#include "core/tier/metrics.h"
#include "core/tier/options.h"

// The linker's names for where the executable lies.
extern "C" const char __executable_start[];
extern "C" const char _end[];

namespace pyvm {
namespace {

constexpr uint32_t kPage = 4096;
constexpr size_t kMinReserve = size_t{8} << 20;
// How far apart the places are that are tried for the region.
constexpr uint64_t kSearchStep = uint64_t{16} << 20;
// How many bytes may be written before their second mapping is dropped.
constexpr uint64_t kMaxWrittenTwice = uint64_t{256} << 10;

[[noreturn]] void Fatal(const char* what) {
  fprintf(stderr, "pyvm: code memory: %s\n", what);
  abort();
}

uint32_t RoundDown(uint32_t value, uint32_t to) { return value / to * to; }
uint32_t RoundUp(uint32_t value, uint32_t to) {
  return RoundDown(value + to - 1, to);
}

// The pages of which some of `change.part`, and nothing outside of
// `change.hole`, is in: those that go from free to used, or back.
Extent PagesOf(const ExtentMap::Change& change) {
  uint32_t begin = std::max(RoundDown(change.part.begin, kPage),
                            RoundUp(change.hole.begin, kPage));
  uint32_t end = std::min(RoundUp(change.part.end, kPage),
                          RoundDown(change.hole.end, kPage));
  if (change.part.empty() || begin >= end) return {};
  return {begin, end};
}

// Metrics are guarded by the GIL, but these by a mutex here: who reads them
// gets the value of a moment ago.
void Set(uint64_t& metric, uint64_t value) {
  std::atomic_ref<uint64_t>(metric).store(value, std::memory_order_relaxed);
}

void Adjust(uint64_t& gauge, uint64_t* peak, int64_t change) {
  uint64_t value = gauge + static_cast<uint64_t>(change);
  Set(gauge, value);
  if (peak != nullptr && value > *peak) Set(*peak, value);
}

void AdjustUsage(CodeUsage* usage, int64_t live, int64_t committed,
                 int64_t blocks) {
  AdjustGauge(usage->live, usage->live_peak, live);
  AdjustGauge(usage->committed, usage->committed_peak, committed);
  usage->blocks += static_cast<uint64_t>(blocks);
}

// New memory without pages, that can be mapped a second time. Null on failure.
uint8_t* MapShared(void* at, size_t size, int protection, int flags) {
  void* memory =
      mmap(at, size, protection,
           MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE | flags, -1, 0);
  return memory == MAP_FAILED ? nullptr : static_cast<uint8_t*>(memory);
}

// Maps the same memory a second time, at `at` if it is not null, in the place
// of what is there. Null on failure.
uint8_t* MapAgain(uint8_t* memory, size_t size, uint8_t* at) {
  // An old size of zero leaves the first mapping where it is.
  void* again = mremap(memory, 0, size,
                       MREMAP_MAYMOVE | (at != nullptr ? MREMAP_FIXED : 0), at);
  return again == MAP_FAILED ? nullptr : static_cast<uint8_t*>(again);
}

bool MakeExecutable(uint8_t* memory, size_t size) {
  return mprotect(memory, size, PROT_READ | PROT_EXEC) == 0;
}
bool MakeWritable(uint8_t* memory, size_t size) {
  return mprotect(memory, size, PROT_READ | PROT_WRITE) == 0;
}

// As high as 32-bit displacements from and to all of the executable reach,
// since the heap grows from the executable upwards; in the lowest 2 GiB, where
// the executable lies there, so that addresses fit in signed 32-bit operands
// too.
uint8_t* MapNearExecutable(size_t size) {
  constexpr uint64_t kReach = (uint64_t{1} << 31) - (uint64_t{64} << 10);
  auto image_begin = reinterpret_cast<uint64_t>(__executable_start);
  auto image_end = reinterpret_cast<uint64_t>(_end);
  uint64_t top = image_begin < kReach ? kReach : image_begin + kReach;
  top = top / kPage * kPage;
  for (; top >= image_end + size; top -= kSearchStep) {
    uint8_t* memory = MapShared(reinterpret_cast<void*>(top - size), size,
                                PROT_NONE, MAP_FIXED_NOREPLACE);
    if (memory != nullptr || errno != EEXIST) return memory;
  }
  return nullptr;
}

}  // namespace

bool InExecutable(const void* object) {
  return object >= __executable_start && object < _end;
}

struct CodeMemory::Zone {
  Zone(std::string tier, CodeZone id, Extent range, const FrameLayout* layout)
      : tier(std::move(tier)), id(id), extents(range) {
    if (layout != nullptr) this->layout.emplace(*layout);
  }

  const std::string tier;
  const CodeZone id;
  ExtentMap extents;  // of offsets in the region
  CodeUsage usage;
  std::optional<FrameLayout> layout;
  std::optional<UnwindRegistration> unwind;
  std::optional<GdbObject> gdb;
};

CodeMemory::CodeMemory(const CodeMemoryConfig& config) : config_(config) {
  WatchForks();
}

CodeMemory::~CodeMemory() {
  IgnoreForks();
  for (auto& zone : zones_) {
    Account(zone.get(), -static_cast<int64_t>(zone->usage.live),
            -static_cast<int64_t>(zone->usage.committed / kPage),
            -static_cast<int64_t>(zone->usage.blocks));
  }
  zones_.clear();
  if (exec_ == nullptr) return;
  munmap(exec_, size_);
  munmap(write_, size_);
}

absl::Status CodeMemory::Reserve() {
  if (exec_ != nullptr) return absl::OkStatus();
  for (size_t size = config_.reserve / kPage * kPage;; size /= 2) {
    uint8_t* exec = MapNearExecutable(size);
    uint8_t* write = exec == nullptr ? nullptr : MapAgain(exec, size, nullptr);
    if (write != nullptr && MakeWritable(write, size) &&
        MakeExecutable(exec, size)) {
      exec_ = exec;
      write_ = write;
      size_ = size;
      return absl::OkStatus();
    }
    int error = errno;
    if (exec != nullptr) munmap(exec, size);
    if (write != nullptr) munmap(write, size);
    if (size / 2 < kMinReserve) {
      return absl::UnavailableError(absl::StrCat(
          "no executable memory near the executable: ", strerror(error)));
    }
  }
}

absl::StatusOr<CodeZone> CodeMemory::AddZone(const std::string& tier,
                                             const FrameLayout* layout) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (zones_.size() == kMaxZones) {
    return absl::OutOfRangeError("there are no more zones of code");
  }
  if (absl::Status status = Reserve(); !status.ok()) return status;
  auto zone_size = static_cast<uint32_t>(size_ / kMaxZones / kPage * kPage);
  auto begin = static_cast<uint32_t>(zones_.size() * zone_size);
  auto id = static_cast<CodeZone>(zones_.size());
  auto zone = std::make_unique<Zone>(tier, id, Extent{begin, begin + zone_size},
                                     layout);
  if (layout != nullptr) {
    zone->unwind.emplace(*zone->layout, exec_ + begin, zone_size);
    if (config_.describe_zones_to_gdb) {
      zone->gdb.emplace(GdbElfOfZone(absl::StrCat("py::", tier), exec_ + begin,
                                     zone_size, *zone->layout));
    }
  }
  zones_.push_back(std::move(zone));
  return id;
}

const CodeMemory::Zone* CodeMemory::ZoneOf(const void* pc) const {
  auto offset =
      reinterpret_cast<uint64_t>(pc) - reinterpret_cast<uint64_t>(exec_);
  if (exec_ == nullptr || offset >= size_) return nullptr;
  size_t zone = offset / (size_ / kMaxZones / kPage * kPage);
  return zone < zones_.size() ? zones_[zone].get() : nullptr;
}

CodeMemory::Zone* CodeMemory::ZoneOf(const void* pc) {
  return const_cast<Zone*>(std::as_const(*this).ZoneOf(pc));
}

CodeBlock CodeMemory::BlockAt(const Zone& zone, uint32_t begin,
                              uint32_t end) const {
  return {write_ + begin, exec_ + begin, end - begin, zone.id};
}

void CodeMemory::Account(Zone* zone, int64_t live, int64_t pages,
                         int64_t blocks) {
  int64_t committed = pages * kPage;
  AdjustUsage(&zone->usage, live, committed, blocks);
  AdjustUsage(&usage_, live, committed, blocks);
  Adjust(metrics.bytes_code, &metrics.bytes_code_peak, live);
  Adjust(metrics.bytes_code_committed, &metrics.bytes_code_committed_peak,
         committed);
  Adjust(metrics.bytes_code_free, nullptr, committed - live);
  Adjust(metrics.code_blocks, nullptr, blocks);
}

void CodeMemory::NoteWritten(uint32_t begin, uint32_t end) {
  if (written_bytes_ == 0) written_begin_ = written_end_ = begin;
  written_begin_ = std::min(written_begin_, RoundDown(begin, kPage));
  written_end_ = std::max(written_end_, RoundUp(end, kPage));
  written_bytes_ += end - begin;
  if (written_bytes_ < kMaxWrittenTwice) return;
  // The contents stay, since they are shared; who is still writing maps the
  // page again.
  madvise(write_ + written_begin_, written_end_ - written_begin_,
          MADV_DONTNEED);
  written_bytes_ = 0;
}

absl::StatusOr<CodeBlock> CodeMemory::Allocate(size_t bytes, CodeZone zone_id) {
  std::unique_lock<std::mutex> lock(mutex_);
  auto index = static_cast<size_t>(zone_id);
  if (bytes == 0 || index >= zones_.size()) {
    Fatal(
        "an empty block, or one of a zone that does not exist, was asked for");
  }
  if (frozen_) {
    return absl::FailedPreconditionError(
        "code is shared with another process since a fork");
  }
  if (bytes > size_) return absl::OutOfRangeError("larger than all zones");
  auto size = RoundUp(static_cast<uint32_t>(bytes), kAlignment);
  if (config_.limit != 0 && usage_.live + size > config_.limit) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "machine code would pass the limit of ", config_.limit, " bytes"));
  }
  Zone* zone = zones_[index].get();
  std::optional<ExtentMap::Change> change = zone->extents.Allocate(size);
  if (!change) {
    return absl::OutOfRangeError(absl::StrCat(
        "the zone of ", zone->tier, " has no gap of ", size, " bytes"));
  }
  Account(zone, size, PagesOf(*change).size() / kPage, 1);
  NoteWritten(change->part.begin, change->part.end);
  CodeBlock block = BlockAt(*zone, change->part.begin, change->part.end);

  uint64_t live = usage_.live;
  if (config_.limit == 0 || pressed_ || live < config_.limit / 8 * 7) {
    return block;
  }
  pressed_ = true;
  Adjust(metrics.code_pressure, nullptr, 1);
  PressureCallback callback = on_pressure_;
  lock.unlock();
  if (callback != nullptr) callback(live, config_.limit);
  return block;
}

void CodeMemory::Shrink(const uint8_t* exec, size_t bytes) {
  std::lock_guard<std::mutex> lock(mutex_);
  Zone* zone = ZoneOf(exec);
  auto begin = static_cast<uint32_t>(exec - exec_);
  std::optional<Extent> block;
  if (zone != nullptr) block = zone->extents.Find(begin);
  if (!block || block->begin != begin || bytes == 0 || bytes > block->size()) {
    Fatal("what is to shrink is not a block, or smaller");
  }
  // Bytes that must not be written again cannot be used again.
  if (frozen_) return;
  auto size = RoundUp(static_cast<uint32_t>(bytes), kAlignment);
  GiveBack(zone, zone->extents.Shrink(begin, size), 0);
}

void CodeMemory::Free(const uint8_t* exec) {
  std::lock_guard<std::mutex> lock(mutex_);
  Zone* zone = ZoneOf(exec);
  auto begin = static_cast<uint32_t>(exec - exec_);
  if (zone == nullptr || !zone->extents.taken().contains(begin)) {
    Fatal("what is to be freed is not a block");
  }
  GiveBack(zone, zone->extents.Free(begin), 1);
}

void CodeMemory::GiveBack(Zone* zone, const ExtentMap::Change& change,
                          int64_t blocks) {
  Extent pages = PagesOf(change);
  // The other process may still be executing what lies there.
  if (!pages.empty() && !frozen_) {
    madvise(write_ + pages.begin, pages.size(), MADV_REMOVE);
  }
  Account(zone, -static_cast<int64_t>(change.part.size()),
          -static_cast<int64_t>(pages.size() / kPage), -blocks);
  if (usage_.live < config_.limit / 8 * 7) pressed_ = false;
}

uint8_t* CodeMemory::Writable(const uint8_t* exec) const {
  std::lock_guard<std::mutex> lock(mutex_);
  if (ZoneOf(exec) == nullptr) Fatal("what is to be written is not code");
  return frozen_ ? nullptr : write_ + (exec - exec_);
}

std::optional<CodeBlock> CodeMemory::Find(const void* pc) const {
  std::lock_guard<std::mutex> lock(mutex_);
  const Zone* zone = ZoneOf(pc);
  if (zone == nullptr) return std::nullopt;
  auto at = static_cast<uint32_t>(static_cast<const uint8_t*>(pc) - exec_);
  std::optional<Extent> found = zone->extents.Find(at);
  if (!found) return std::nullopt;
  return BlockAt(*zone, found->begin, found->end);
}

const FrameLayout* CodeMemory::LayoutOf(CodeZone zone) const {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto& layout = zones_[static_cast<size_t>(zone)]->layout;
  return layout ? &*layout : nullptr;
}

CodeUsage CodeMemory::Usage() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return usage_;
}

CodeUsage CodeMemory::UsageOf(const std::string& tier) const {
  std::lock_guard<std::mutex> lock(mutex_);
  CodeUsage sum;
  for (const auto& zone : zones_) {
    if (zone->tier != tier) continue;
    sum.live += zone->usage.live;
    sum.live_peak += zone->usage.live_peak;
    sum.committed += zone->usage.committed;
    sum.committed_peak += zone->usage.committed_peak;
    sum.blocks += zone->usage.blocks;
  }
  return sum;
}

std::vector<std::string> CodeMemory::Tiers() const {
  std::lock_guard<std::mutex> lock(mutex_);
  std::vector<std::string> tiers;
  for (const auto& zone : zones_) {
    if (std::find(tiers.begin(), tiers.end(), zone->tier) == tiers.end()) {
      tiers.push_back(zone->tier);
    }
  }
  return tiers;
}

void CodeMemory::OnPressure(PressureCallback callback) {
  std::lock_guard<std::mutex> lock(mutex_);
  on_pressure_ = callback;
}

// --- fork --------------------------------------------------------------------

uint8_t* CodeMemory::CopyOfCode() const {
  uint8_t* copy = MapShared(nullptr, size_, PROT_READ | PROT_WRITE, 0);
  if (copy == nullptr) return nullptr;
  for (const auto& zone : zones_) {
    for (const auto& [begin, end] : zone->extents.taken()) {
      memcpy(copy + begin, exec_ + begin, end - begin);
    }
  }
  return copy;
}

void CodeMemory::BeforeFork() {
  mutex_.lock();
  if (exec_ != nullptr && !frozen_) copy_ = CopyOfCode();
}

void CodeMemory::AfterForkInParent() {
  if (copy_ != nullptr) munmap(copy_, size_);
  EndFork();
}

void CodeMemory::AfterForkInChild() {
  if (copy_ != nullptr) {
    // The copy is writable; nothing is executable in between.
    if (MapAgain(copy_, size_, write_) == nullptr ||
        MapAgain(copy_, size_, exec_) == nullptr ||
        !MakeExecutable(exec_, size_)) {
      Fatal("a child of fork cannot map its code");
    }
    munmap(copy_, size_);
  }
  EndFork();
}

void CodeMemory::EndFork() {
  if (exec_ != nullptr && copy_ == nullptr) frozen_ = true;
  copy_ = nullptr;
  mutex_.unlock();
}

// -----------------------------------------------------------------------------

const char* CodeRefusal(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kResourceExhausted:
      return "machine code has reached code-bytes-limit";
    case absl::StatusCode::kOutOfRange:
      return "the tier's part of code memory is full";
    case absl::StatusCode::kFailedPrecondition:
      return "machine code cannot change: a fork could not copy it";
    case absl::StatusCode::kUnavailable:
      return "there is no executable memory";
    default:
      return "machine code cannot be allocated";
  }
}

namespace {

// A row by tier, whose names the table of metrics cannot know.
void AddTierRows(std::vector<pyvm_metric>* rows) {
  static auto* texts = new std::vector<std::unique_ptr<std::string>>;
  auto keep = [](std::string text) {
    for (const auto& known : *texts) {
      if (*known == text) return known->c_str();
    }
    texts->push_back(std::make_unique<std::string>(std::move(text)));
    return texts->back()->c_str();
  };
  for (const std::string& tier : TheCodeMemory().Tiers()) {
    CodeUsage usage = TheCodeMemory().UsageOf(tier);
    std::string name = absl::StrCat("bytes.code.", tier);
    rows->push_back({keep(name), "gauge", "bytes",
                     keep(absl::StrCat("machine code of ", tier)), usage.live});
    rows->push_back({keep(absl::StrCat(name, ".peak")), "high-water", "bytes",
                     keep(absl::StrCat("the most bytes of machine code of ",
                                       tier, " at once")),
                     usage.live_peak});
  }
}

}  // namespace

CodeMemory& TheCodeMemory() {
  static auto* memory = [] {
    AddMetricRows(AddTierRows);
    return new CodeMemory({
        .limit = static_cast<uint64_t>(options.code_bytes_limit),
        .describe_zones_to_gdb = !options.gdb,
    });
  }();
  return *memory;
}

}  // namespace pyvm
