#include "passes/guards/versions.h"

#include "passes/ir/edit.h"

namespace pyvm::ir {

std::vector<uint8_t> LoopWrites(const Function& function) {
  std::vector<uint8_t> here(function.blocks().size());
  for (Block* block : function.blocks()) {
    for (Node* node : NodesOf(block)) here[block->order] |= WritesOf(*node);
  }
  std::vector<uint8_t> writes(here.size());
  for (Block* header : function.blocks()) {
    if (!header->loop_header) continue;
    for (const Block* block : LoopBody(header)) {
      writes[header->order] |= here[block->order];
    }
  }
  return writes;
}

Versions::Versions(const Function& function)
    : loop_writes_(LoopWrites(function)), at_end_(function.blocks().size()) {}

void Versions::Begin(const Block* block) {
  block_ = block;
  for (int kind = 0; kind < kMemKinds; ++kind) {
    uint32_t version = 0;
    bool same = !block->preds.empty();
    for (const Block* pred : block->preds) {
      uint32_t there = at_end_[pred->order][kind];
      if (there == 0) {
        // From behind: the same unless the loop writes it.
        same &= block->loop_header && Function::Dominates(block, pred) &&
                (loop_writes_[block->order] & (1 << kind)) == 0;
        continue;
      }
      same &= version == 0 || version == there;
      version = there;
    }
    now_[kind] = same && version != 0 ? version : next_++;
  }
}

void Versions::Write(uint8_t kinds) {
  for (int kind = 0; kind < kMemKinds; ++kind) {
    if ((kinds & (1 << kind)) != 0) now_[kind] = next_++;
  }
}

}  // namespace pyvm::ir
