// Where values lie in NativeFrame::values. Each value that a site may ask for
// has one place for all sites: once it has been stored there it need not be
// stored again. Places are shared by values that no site asks for at one time.
#ifndef PYVM_TIERS_LLVM_HOME_SLOTS_H_
#define PYVM_TIERS_LLVM_HOME_SLOTS_H_

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "passes/ir/ir.h"

namespace pyvm::llvm_tier {

// What has to be stored so that a frame can be built with `value` in a
// register: the value, or what the box holds that it is; null for what is known
// without that.
const ir::Node* StoredFor(const ir::Node* value, bool owned);

// Guards give what they have got: one value, whatever is known of it.
const ir::Node* Root(const ir::Node* node);

class HomeSlots {
 public:
  // Of a function whose blocks are in order.
  explicit HomeSlots(const ir::Function& fn);

  // A value that has a place.
  struct Value {
    const ir::Node* node;
    uint32_t slot = 0;
    // Worth storing as soon as it exists: it would be in many other places.
    bool early = false;
  };
  const std::vector<Value>& values() const { return values_; }
  // Numbers of the values that sites of the state need.
  std::span<const uint32_t> ValuesOf(const ir::FrameState* state) const;
  // The number of a node's value, or kNone.
  uint32_t NumberOf(const ir::Node* node) const;
  uint32_t SlotOf(const ir::Node* node) const {
    return values_[NumberOf(node)].slot;
  }
  uint32_t num_slots() const { return num_slots_; }
  // Whether the register holds, while the code runs, what it held at the start.
  bool IsHeld(size_t reg) const { return reg < held_.size() && held_[reg]; }

  static constexpr uint32_t kNone = ~uint32_t{0};

 private:
  // Positions of nodes, over all blocks.
  struct Range {
    uint32_t begin, end;
  };
  struct Loop {
    Range range;             // of all its blocks
    std::vector<bool> body;  // by Block::order
  };

  void FindHeld(const ir::Function& fn);
  void Number(const ir::FrameState* state);
  void FindRanges(const ir::Function& fn);
  static std::vector<Loop> LoopsOf(const ir::Function& fn,
                                   const std::vector<Range>& blocks);
  void ExtendOverLoops(const std::vector<Loop>& loops);
  void ChooseEarly();
  void Assign();

  std::unordered_map<const ir::FrameState*, std::vector<uint32_t>> states_;
  std::vector<bool> held_;         // by register
  std::vector<uint32_t> numbers_;  // by node id
  std::vector<Value> values_;
  std::vector<Range> ranges_;   // by value
  std::vector<uint32_t> uses_;  // by value: states
  uint32_t num_slots_ = 0;
};

}  // namespace pyvm::llvm_tier

#endif  // PYVM_TIERS_LLVM_HOME_SLOTS_H_
