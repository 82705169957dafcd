// What lies where in code memory: the names behind addresses, for profilers,
// for debuggers, and for who holds a return address and asks whose it is.
#ifndef PYVM_CORE_CODE_CODE_MAP_H_
#define PYVM_CORE_CODE_CODE_MAP_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "core/code/code_info.h"
#include "core/code/code_memory.h"
#include "core/code/fork_aware.h"
#include "core/code/perf.h"

namespace pyvm {

struct CodeMapConfig {
  bool perf_map = false;
  bool jitdump = false;
  bool gdb = false;
  std::string folder = "/tmp";  // of the two files; perf wants the map in /tmp
};

// Any thread may call. The files of a process that has forked name its code
// afresh in the child.
class CodeMap final : private ForkAware {
 public:
  // `memory` outlives this.
  explicit CodeMap(CodeMemory* memory);
  ~CodeMap();

  // Before the first Add. Fails in one line if a file cannot be written.
  absl::Status Configure(const CodeMapConfig& config);

  // Whether it is worth while to make CodeInfo::lines: otherwise nobody reads
  // them, and they cost 8 bytes an entry.
  bool WantsLines() const { return config_.jitdump || config_.gdb; }

  // The block that begins at `exec` has its final size and contents, and is
  // about to be executed.
  void Add(const uint8_t* exec, CodeInfo info);

  // Forgets the block, if it is known, and gives its memory back
  // (CodeMemory::Free).
  void Free(const uint8_t* exec);

  // What is at `pc`; for a return address ask for `pc` - 1, since a call may be
  // a block's last instruction. Null if there is no block that was added. Valid
  // until the block is freed. Not for signal handlers.
  const CodeInfo* Find(const void* pc) const;

  // What is at `pc`, with the distance from its beginning if that is not zero:
  // "f+0x1c", or the name of a label. "" where there is nothing.
  std::string NameAt(const void* pc) const;

  // Bytes of blocks that have no owner.
  uint64_t OwnerlessBytes() const;

  // The function whose code is `owner`'s; "" where there is none. Slow.
  std::string NameOfOwner(const void* owner) const;

  // The line of code at `offset`; `info.line` where it is not known.
  static uint32_t LineAt(const CodeInfo& info, uint32_t offset);

 private:
  struct Entry;

  absl::Status OpenFiles();

  void BeforeFork() override;
  void AfterForkInParent() override;
  void AfterForkInChild() override;

  CodeMemory* const memory_;
  mutable std::mutex mutex_;  // taken before the memory's
  CodeMapConfig config_;
  absl::btree_map<const uint8_t*, std::unique_ptr<Entry>> entries_;
  PerfMap perf_map_;
  JitDump jitdump_;
};

// That of TheCodeMemory(); lives for ever.
CodeMap& TheCodeMap();

}  // namespace pyvm

#endif  // PYVM_CORE_CODE_CODE_MAP_H_
