// Executable memory for the machine code of all tiers: one reserved region in
// reach of the executable's 32-bit calls, never writable and executable at
// once.
//
// The region's pages have two addresses: one where they may be executed and
// read, and one where they may be written (Ulrich Drepper, "SELinux Memory
// Protection Tests"; JavaScriptCore's "bulletproof JIT" does the same). They
// are shared anonymous memory that is mapped twice, and no memfd: perf looks
// for names only in what it takes for anonymous, and there is no descriptor
// that a program could close. Address space is reserved at the first use, pages
// come with the first write, and go back to the kernel when nothing lies in
// them.
//
// The region is cut into zones, one a frame layout: see AddZone.
#ifndef PYVM_CORE_CODE_CODE_MEMORY_H_
#define PYVM_CORE_CODE_CODE_MEMORY_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/code/extent_map.h"
#include "core/code/fork_aware.h"

namespace pyvm {

struct FrameLayout;

// A part of the region, for code with one frame layout. Never given back.
enum class CodeZone : uint8_t {};

// Where code lies: `size` bytes at two addresses. Both are 16-byte aligned and
// belong to the CodeMemory.
struct CodeBlock {
  uint8_t* write = nullptr;
  const uint8_t* exec = nullptr;
  size_t size = 0;
  CodeZone zone = {};
};

// The operand of a call or jump with a 32-bit displacement, of which the next
// instruction is at `next` (executable address). Nothing where `target` is out
// of reach: core is in reach of all code, plugins and libc are not.
inline std::optional<int32_t> Rel32(const void* next, const void* target) {
  int64_t distance =
      reinterpret_cast<int64_t>(target) - reinterpret_cast<int64_t>(next);
  if (distance < std::numeric_limits<int32_t>::min() ||
      distance > std::numeric_limits<int32_t>::max()) {
    return std::nullopt;
  }
  return static_cast<int32_t>(distance);
}

// All in bytes, but for `blocks`.
struct CodeUsage {
  uint64_t live = 0;  // in blocks
  uint64_t live_peak = 0;
  uint64_t committed = 0;  // pages in which there is a block
  uint64_t committed_peak = 0;
  uint64_t blocks = 0;

  uint64_t free() const { return committed - live; }
};

struct CodeMemoryConfig {
  // Address space. Halved where there is not so much, down to 8 MiB.
  size_t reserve = size_t{512} << 20;
  // Bytes of live code beyond which Allocate refuses; 0: only the reserve.
  uint64_t limit = 0;
  // Tells GDB of each zone as a whole, so that it can unwind through code that
  // it has no name for. Not where each block is told (--gdb): GDB wants one
  // description for each address.
  bool describe_zones_to_gdb = false;
};

// Whether an object is one of the executable's own, which lie at the same
// address in each run.
bool InExecutable(const void* object);

// Any thread may call, with the GIL or without. Executing, reading and writing
// a block is the affair of whoever has allocated it. A core that may have
// executed the old contents of an address must pass a serializing instruction
// before it executes new ones (Intel SDM 3A, 9.1.3); any switch of threads is
// one.
//
// After fork, parent and child each have pages of their own, with the same
// contents at the same addresses. The copy is made before the fork: the parent
// may change code while the child is not yet running. It costs about 1 ms for
// each MiB of code.
class CodeMemory final : private ForkAware {
 public:
  static constexpr size_t kAlignment = 16;
  static constexpr size_t kMaxZones = 8;

  explicit CodeMemory(const CodeMemoryConfig& config);
  // All code is gone. Nobody may be executing it.
  ~CodeMemory();

  // Makes a zone for code of `tier`, which is accounted under that name; a tier
  // may have several. All code in it has frames of this `layout` whenever it
  // makes a call. That costs one entry for the unwinder in a process, nothing
  // for a block: registering each block would take 150 bytes a block, and time
  // at each frame that any exception in the process unwinds. Null: the tier
  // registers its blocks itself (LLVM's code, where each function's frame
  // differs).
  // Fails with Unavailable where executable memory cannot be had, with
  // OutOfRange when there are kMaxZones.
  absl::StatusOr<CodeZone> AddZone(const std::string& tier,
                                   const FrameLayout* layout);

  // The block has `bytes` rounded up to kAlignment; `bytes` is not zero. Its
  // contents are undefined. Refusals, which CodeRefusal puts into words:
  //   ResourceExhausted   the limit would be passed
  //   OutOfRange          the zone has no gap that is large enough
  //   FailedPrecondition  a fork could not copy the code (see Writable)
  absl::StatusOr<CodeBlock> Allocate(size_t bytes, CodeZone zone);

  // Keeps the first `bytes` of a block, rounded up; `bytes` is not zero.
  void Shrink(const uint8_t* exec, size_t bytes);

  // Takes back a block, which begins at `exec`. No thread is in it or will
  // return to it.
  void Free(const uint8_t* exec);

  // Where the byte at `exec`, in a block, can be written. Null after a fork
  // that could not copy the code, in parent and child: their code is then
  // shared, and can no longer change.
  uint8_t* Writable(const uint8_t* exec) const;

  // The block in which `pc` lies. Not for signal handlers.
  std::optional<CodeBlock> Find(const void* pc) const;

  // The layout that was given for the zone, or null.
  const FrameLayout* LayoutOf(CodeZone zone) const;

  CodeUsage Usage() const;
  // The sums over all zones of the tier; of the peaks too.
  CodeUsage UsageOf(const std::string& tier) const;
  // Names of tiers that have zones, each once.
  std::vector<std::string> Tiers() const;

  // `callback` is called from Allocate, on whatever thread that runs, when live
  // code reaches 7/8 of the limit, and again only after it has been below. It
  // may use this object.
  using PressureCallback = void (*)(uint64_t live, uint64_t limit);
  void OnPressure(PressureCallback callback);

 private:
  struct Zone;

  absl::Status Reserve();
  const Zone* ZoneOf(const void* pc) const;
  Zone* ZoneOf(const void* pc);
  CodeBlock BlockAt(const Zone& zone, uint32_t begin, uint32_t end) const;
  // Gives pages of what has become free to the kernel.
  void GiveBack(Zone* zone, const ExtentMap::Change& change, int64_t blocks);
  void Account(Zone* zone, int64_t live, int64_t pages, int64_t blocks);
  // What of the write view has been used is dropped from the page tables now
  // and then: the kernel counts a page that is mapped twice as resident twice.
  void NoteWritten(uint32_t begin, uint32_t end);
  // Memory like the region, writable, with all that is in blocks; or null.
  uint8_t* CopyOfCode() const;

  void BeforeFork() override;
  void AfterForkInParent() override;
  void AfterForkInChild() override;
  void EndFork();

  const CodeMemoryConfig config_;
  mutable std::mutex mutex_;
  // Null until the first zone is made.
  uint8_t* exec_ = nullptr;
  uint8_t* write_ = nullptr;
  size_t size_ = 0;
  std::vector<std::unique_ptr<Zone>> zones_;
  CodeUsage usage_;
  PressureCallback on_pressure_ = nullptr;
  bool pressed_ = false;
  bool frozen_ = false;
  uint32_t written_begin_ = 0, written_end_ = 0;
  uint64_t written_bytes_ = 0;
  uint8_t* copy_ = nullptr;  // between BeforeFork and EndFork
};

// Why Allocate or AddZone has failed, as a static string: what a tier's
// `compile` returns as CompileResult::refused.
const char* CodeRefusal(const absl::Status& status);

// The one of this process, configured by pyvm::options; lives for ever.
CodeMemory& TheCodeMemory();

}  // namespace pyvm

#endif  // PYVM_CORE_CODE_CODE_MEMORY_H_
