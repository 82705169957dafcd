// Versions of memory: two reads of one kind of memory see the same if it has
// the same version at both.
#ifndef PYVM_PASSES_GUARDS_VERSIONS_H_
#define PYVM_PASSES_GUARDS_VERSIONS_H_

#include <array>
#include <cstdint>
#include <vector>

#include "passes/ir/ir.h"

namespace pyvm::ir {

inline constexpr int kMemKinds = 8;
static_assert(kMemAny == (1 << kMemKinds) - 1);
using MemVersions = std::array<uint32_t, kMemKinds>;

// Forward through the function, block by block in reverse postorder.
class Versions {
 public:
  explicit Versions(const Function& function);

  // Begins a block. All its predecessors but those of back-edges have ended.
  void Begin(const Block* block);
  // What the node writes has a new version.
  void Write(uint8_t kinds);
  void End() { at_end_[block_->order] = now_; }

  const MemVersions& now() const { return now_; }

 private:
  std::vector<uint8_t> loop_writes_;  // by order of the header
  std::vector<MemVersions> at_end_;   // by order; 0: not known yet
  const Block* block_ = nullptr;
  MemVersions now_;
  uint32_t next_ = 1;
};

// What is written in each loop, by order of its header.
std::vector<uint8_t> LoopWrites(const Function& function);

}  // namespace pyvm::ir

#endif  // PYVM_PASSES_GUARDS_VERSIONS_H_
