#include "passes/licm/licm.h"

#include <algorithm>
#include <map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "passes/ir/edit.h"

namespace pyvm::ir {
namespace {

// The loops' headers, the innermost first. A loop that is entered in more than
// one way, or from a branch, gets a block of its own in front.
std::vector<Block*> PrepareLoops(Function* function) {
  std::vector<Block*> headers;
  for (Block* block : function->blocks()) {
    if (block->loop_header) headers.push_back(block);
  }
  bool changed = false;
  for (Block* header : headers) {
    bool made;
    Preheader(function, header, &made);
    changed |= made;
  }
  if (changed) function->ComputeDominators();
  std::sort(headers.begin(), headers.end(), [](Block* a, Block* b) {
    return std::pair(b->loop_depth, a->order) <
           std::pair(a->loop_depth, b->order);
  });
  return headers;
}

class Loop {
 public:
  Loop(Function* function, Block* header)
      : function_(*function), header_(header), body_(LoopBody(header)) {
    bool made;
    target_ = Preheader(function, header, &made);
    std::sort(body_.begin(), body_.end(),
              [](Block* a, Block* b) { return a->order < b->order; });
    inside_.insert(body_.begin(), body_.end());
    for (Block* block : body_) {
      for (Node* node : NodesOf(block)) writes_ |= WritesOf(*node);
    }
  }

  uint32_t Run() {
    if (target_ == nullptr) return 0;
    uint32_t moved = 0;
    for (Block* block : body_) {
      bool each_turn = IsInEachTurn(block);
      for (Node* node : NodesOf(block)) {
        if (CanMove(*node, each_turn)) {
          Move(node);
          ++moved;
        } else {
          // Others may count on it without naming it.
          keys_left_ |= node->op == Op::kGuardKeys;
        }
      }
    }
    return moved;
  }

 private:
  bool IsInEachTurn(const Block* block) const {
    for (const Block* pred : header_->preds) {
      if (inside_.contains(pred) && !Function::Dominates(block, pred)) {
        return false;
      }
    }
    return true;
  }

  bool CanMove(const Node& node, bool each_turn) const {
    const OpInfo& info = node.info();
    for (const Node* input : node.inputs) {
      if (inside_.contains(Function::Find(const_cast<Node*>(input))->block)) {
        return false;
      }
    }
    if (info.Has(kPure) && !info.Has(kGuard)) {
      // A branch inside of the loop may be what makes an assumption true.
      return node.op != Op::kPhi && node.op != Op::kAssumeFull;
    }
    if (MakesReference(node)) return false;
    if (!each_turn || info.writes != kMemNone || (info.reads & writes_) != 0) {
      return false;
    }
    if (node.op == Op::kSizeOf || node.op == Op::kTableSize ||
        node.op == Op::kKnown) {
      return true;
    }
    if (!info.Has(kGuard) || info.Has(kEnd)) return false;
    if (header_->entry_state == nullptr) return false;
    switch (node.op) {
      case Op::kUnobserved:
      case Op::kUntraced:
      case Op::kSafepoint:
        return false;  // what they ask may change at any time
      case Op::kLoadEntry:
        return !keys_left_;
      case Op::kGuardGlobals:
        return IsSameFrame(*node.state, *header_->entry_state);
      default:
        return true;
    }
  }

  static bool IsSameFrame(const FrameState& a, const FrameState& b) {
    if (a.unit != b.unit ||
        (a.function == nullptr) != (b.function == nullptr)) {
      return false;
    }
    return a.function == nullptr || OwnerOf(a.function) == OwnerOf(b.function);
  }

  void Move(Node* node) {
    Function::Remove(node);
    Function::InsertBefore(target_->last, node);
    if (node->state != nullptr) node->state = StateFor(*node->state);
  }

  // The loop's entry; the instruction that is to blame stays the node's own.
  FrameState* StateFor(const FrameState& own) {
    Unit* unit = own.blamed_unit;
    uint32_t instr = own.blamed_instr;
    if (unit == nullptr) {
      unit = own.unit;
      instr = own.instr;
    }
    FrameState*& state = states_[{unit, instr}];
    if (state != nullptr) return state;
    size_t edge = PredecessorIndex(target_, 0);
    state = StateOnEdge(&function_, header_, edge);
    state->blamed_unit = unit;
    state->blamed_instr = instr;
    return state;
  }

  Function& function_;
  Block* header_;
  std::vector<Block*> body_;
  std::unordered_set<const Block*> inside_;
  Block* target_;
  uint8_t writes_ = kMemNone;
  bool keys_left_ = false;
  std::map<std::pair<Unit*, uint32_t>, FrameState*> states_;
};

uint32_t Run(Function& function, const PassContext&) {
  uint32_t moved = 0;
  for (Block* header : PrepareLoops(&function)) {
    moved += Loop(&function, header).Run();
  }
  return moved;
}

}  // namespace

constinit const Pass kLicmPass = {
    "licm",
    "moves guards, loads and arithmetic that do not vary out of loops",
    Run,
    {}};

}  // namespace pyvm::ir
