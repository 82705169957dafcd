#include "core/code/code_map.h"

#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/code/gdb_jit.h"

namespace pyvm {

std::string SymbolOf(const CodeInfo& info) {
  if (info.file.empty()) return absl::StrCat("py::", info.function);
  return absl::StrCat("py::", info.function, ":", info.file, ":", info.line);
}

struct CodeMap::Entry {
  CodeInfo info;
  size_t size;
  std::optional<GdbObject> gdb;
};

CodeMap::CodeMap(CodeMemory* memory) : memory_(memory) { WatchForks(); }
CodeMap::~CodeMap() { IgnoreForks(); }

absl::Status CodeMap::Configure(const CodeMapConfig& config) {
  std::lock_guard<std::mutex> lock(mutex_);
  config_ = config;
  return OpenFiles();
}

absl::Status CodeMap::OpenFiles() {
  absl::Status status;
  if (config_.perf_map) {
    status = perf_map_.Open(
        absl::StrCat(config_.folder, "/perf-", getpid(), ".map"));
  }
  if (status.ok() && config_.jitdump) {
    status =
        jitdump_.Open(absl::StrCat(config_.folder, "/jit-", getpid(), ".dump"));
  }
  return status;
}

void CodeMap::Add(const uint8_t* exec, CodeInfo info) {
  std::lock_guard<std::mutex> lock(mutex_);
  CodeBlock block = memory_->Find(exec).value();
  auto entry = std::make_unique<Entry>(Entry{std::move(info), block.size, {}});
  if (config_.perf_map) perf_map_.Add(entry->info, exec, block.size);
  if (config_.jitdump) jitdump_.Add(entry->info, exec, block.size);
  if (config_.gdb) {
    entry->gdb.emplace(GdbElfOfBlock(entry->info, exec, block.size,
                                     memory_->LayoutOf(block.zone)));
  }
  entries_[exec] = std::move(entry);
}

void CodeMap::Free(const uint8_t* exec) {
  std::lock_guard<std::mutex> lock(mutex_);
  entries_.erase(exec);
  memory_->Free(exec);
}

const CodeInfo* CodeMap::Find(const void* pc) const {
  std::lock_guard<std::mutex> lock(mutex_);
  auto* at = static_cast<const uint8_t*>(pc);
  auto after = entries_.upper_bound(at);
  if (after == entries_.begin()) return nullptr;
  const auto& [begin, entry] = *std::prev(after);
  return at < begin + entry->size ? &entry->info : nullptr;
}

std::string CodeMap::NameAt(const void* pc) const {
  std::lock_guard<std::mutex> lock(mutex_);
  auto* at = static_cast<const uint8_t*>(pc);
  auto after = entries_.upper_bound(at);
  if (after == entries_.begin()) return "";
  const auto& [begin, entry] = *std::prev(after);
  if (at >= begin + entry->size) return "";
  auto offset = static_cast<uint32_t>(at - begin);
  const std::vector<CodeLabel>& labels = entry->info.labels;
  auto next = std::upper_bound(
      labels.begin(), labels.end(), offset,
      [](uint32_t o, const CodeLabel& label) { return o < label.offset; });
  std::string name = entry->info.function;
  if (next != labels.begin()) {
    name = std::prev(next)->name;
    offset -= std::prev(next)->offset;
  }
  return offset == 0 ? name : absl::StrCat(name, "+0x", absl::Hex(offset));
}

uint64_t CodeMap::OwnerlessBytes() const {
  std::lock_guard<std::mutex> lock(mutex_);
  uint64_t bytes = 0;
  for (const auto& [begin, entry] : entries_) {
    if (entry->info.owner == nullptr) bytes += entry->size;
  }
  return bytes;
}

std::string CodeMap::NameOfOwner(const void* owner) const {
  std::lock_guard<std::mutex> lock(mutex_);
  for (const auto& [begin, entry] : entries_) {
    if (entry->info.owner == owner) return entry->info.function;
  }
  return "";
}

uint32_t CodeMap::LineAt(const CodeInfo& info, uint32_t offset) {
  auto after = std::upper_bound(
      info.lines.begin(), info.lines.end(), offset,
      [](uint32_t at, const CodeLine& entry) { return at < entry.offset; });
  return after == info.lines.begin() ? info.line : std::prev(after)->line;
}

void CodeMap::BeforeFork() { mutex_.lock(); }
void CodeMap::AfterForkInParent() { mutex_.unlock(); }

// perf takes the child's mappings of code in a jitdump over from the parent,
// but looks for a map under the child's own number.
void CodeMap::AfterForkInChild() {
  if (OpenFiles().ok() && config_.perf_map) {
    for (const auto& [begin, entry] : entries_) {
      perf_map_.Add(entry->info, begin, entry->size);
    }
  }
  mutex_.unlock();
}

CodeMap& TheCodeMap() {
  static auto* map = new CodeMap(&TheCodeMemory());
  return *map;
}

}  // namespace pyvm
