#include "passes/refcount/refcount.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <unordered_map>
#include <vector>

#include "passes/ir/edit.h"
#include "passes/ir/references.h"

namespace pyvm::ir {
namespace {

bool IsRelease(const Node& node) {
  return node.op == Op::kDecRef || node.op == Op::kXDecRef ||
         node.op == Op::kDropRef;
}

// Who keeps an object alive that nobody holds.
struct Keeper {
  bool always = false;  // it outlives the code, or the frame does not
  bool memory = false;  // who holds it does so until memory of `kinds` changes
  uint8_t kinds = kMemNone;
};

Keeper KeeperOf(const Node* owner) {
  switch (owner->op) {
    case Op::kConst:
    case Op::kBoxBool:
    case Op::kThisFunction:
    case Op::kStrItem:  // one of those that CPython keeps
      return {.always = true};
    case Op::kFreeVar:
    case Op::kTupleItem:
    case Op::kField:
      // These never change, and live as long as the function or the tuple.
      if (KeeperOf(OwnerOf(owner->inputs[0])).always) return {.always = true};
      return {.memory = true, .kinds = kMemNone};
    default: {
      Result result = owner->info().result;
      bool lent = result == Result::lent || result == Result::nlent;
      return {.memory = lent, .kinds = owner->info().reads};
    }
  }
}

// Whether a guard has found that it is an object that outlives the code. What
// other guards find (Known, GuardFunction) lives until code runs.
bool IsKnownObject(const Node* node) {
  while (node->info().result == Result::same && node->op != Op::kPhi) {
    if (node->op == Op::kGuardIs) return true;
    node = Function::Find(node->inputs[0]);
  }
  return false;
}

// One IncRef, and all that happens until its reference is released on each
// path.
class Region {
 public:
  Region(Node* incref, int held)
      : incref_(incref),
        owner_(OwnerOf(incref->inputs[0])),
        keeper_(KeeperOf(owner_)),
        held_(held) {
    keeper_.always |= IsKnownObject(incref->inputs[0]);
    // One keeper is enough to look at.
    if (keeper_.always || held > 0) keeper_.memory = false;
  }

  // Whether the object stays alive without this reference.
  bool Find() {
    if (!Walk(incref_->next, {held_, false})) return false;
    while (!work_.empty()) {
      Block* block = work_.back();
      work_.pop_back();
      if (!Walk(block->first, entered_.at(block))) return false;
    }
    // Nothing comes in from elsewhere.
    for (const auto& [block, held] : entered_) {
      for (Block* pred : block->preds) {
        if (!left_.contains(pred)) return false;
      }
    }
    return !releases_.empty();
  }

  Node* owner() const { return owner_; }
  const std::vector<Node*>& releases() const { return releases_; }
  // Nodes whose states own one slot too many then; blocks that were entered.
  const std::vector<Node*>& nodes() const { return nodes_; }
  std::vector<Block*> blocks() const {
    std::vector<Block*> blocks;
    for (const auto& [block, held] : entered_) blocks.push_back(block);
    return blocks;
  }

 private:
  // Without the reference of the IncRef.
  struct Held {
    int count;
    bool clobbered;  // whom it was lent by may have let it go
    bool operator==(const Held&) const = default;
  };

  bool IsAlive(const Held& held) const {
    // Less than none: a constant that is owed a reference.
    return held.count > 0 ||
           (held.count == 0 &&
            (keeper_.always || (keeper_.memory && !held.clobbered)));
  }
  bool MayLetGo(const Node& node) const {
    uint8_t writes = WritesOf(node);
    return writes == kMemAny || (writes & keeper_.kinds) != 0 ||
           MayRunCode(node);
  }
  static int OwnedSlots(const FrameState* state, const Node* owner) {
    int count = 0;
    for (; state != nullptr; state = state->caller) {
      count += state->function != nullptr && state->function_owned &&
               OwnerOf(state->function) == owner;
      for (const StateSlot& slot : state->slots) {
        count += slot.value != nullptr && slot.owned &&
                 slot.value->type.rep == Rep::kObject &&
                 OwnerOf(slot.value) == owner;
      }
    }
    return count;
  }

  bool Walk(Node* node, Held held) {
    for (; node != nullptr; node = node->next) {
      if (++steps_ > kMaxSteps) return false;
      if (node->op == Op::kPhi) continue;
      // A loop has come round to where the value is made.
      if (node == owner_ || node == incref_) return false;
      const OpInfo& info = node->info();
      if (IsRelease(*node) && OwnerOf(node->inputs[0]) == owner_) {
        releases_.push_back(node);
        return IsAlive(held);
      }
      int before = held.count;
      for (size_t i = 0; i < node->inputs.size(); ++i) {
        if (isupper(info.Input(i)) && OwnerOf(node->inputs[i]) == owner_) {
          if (--held.count < 0) return false;
        }
      }
      int in_state = info.Has(kCall) ? held.count : before;
      if (OwnedSlots(node->state, owner_) > in_state) nodes_.push_back(node);
      held.clobbered |= keeper_.memory && MayLetGo(*node);
      if (!IsAlive(held)) return false;
      if (node->op == Op::kIncRef && OwnerOf(node->inputs[0]) == owner_) {
        ++held.count;
      }
      if (node->op == Op::kReturn || node->op == Op::kSuspend ||
          node->op == Op::kEndGenerator) {
        return false;
      }
      if (info.Has(kEnd)) {
        left_[node->block] = true;
        return Leave(node->block, held);
      }
    }
    return true;
  }

  bool Leave(Block* block, const Held& held) {
    for (Block* succ : block->succs) {
      if (succ == nullptr) continue;
      if (owner_->op == Op::kPhi && owner_->block == succ) return false;
      for (size_t i = 0; i < succ->preds.size(); ++i) {
        if (succ->preds[i] != block) continue;
        Held there = held;
        for (Node* phi = succ->first; phi && phi->op == Op::kPhi;
             phi = phi->next) {
          Node* input = phi->inputs[i];
          if (phi->type.rep == Rep::kObject && OwnerOf(input) == owner_ &&
              --there.count < 0) {
            return false;
          }
        }
        auto [it, first] = entered_.try_emplace(succ, there);
        if (first) {
          work_.push_back(succ);
        } else if (it->second != there) {
          return false;
        }
      }
    }
    return true;
  }

  static constexpr int kMaxSteps = 4000;
  Node* incref_;
  Node* owner_;
  Keeper keeper_;
  int held_;
  int steps_ = 0;
  std::vector<Block*> work_;
  std::unordered_map<Block*, Held> entered_;
  std::unordered_map<const Block*, bool> left_;
  std::vector<Node*> releases_;
  std::vector<Node*> nodes_;
};

class Eliminator {
 public:
  explicit Eliminator(Function* function)
      : function_(*function), flow_(*function) {}

  uint32_t Run() {
    if (!flow_.error().empty()) return 0;
    std::vector<Node*> increfs;
    for (Block* block : function_.blocks()) {
      for (Node* node : NodesOf(block)) {
        if (node->op == Op::kIncRef) increfs.push_back(node);
      }
    }
    // The innermost first.
    std::reverse(increfs.begin(), increfs.end());
    uint32_t removed = 0;
    for (Node* incref : increfs) {
      Region region(incref, HeldBefore(incref));
      if (!region.Find()) continue;
      Eliminate(incref, region);
      ++removed;
    }
    return removed;
  }

 private:
  int HeldBefore(const Node* at) {
    const Node* owner = OwnerOf(at->inputs[0]);
    const Block* block = at->block;
    int count = flow_.CountAtEntry(block, owner) - gone_[{block, owner}];
    for (const Node* node = block->first; node != at; node = node->next) {
      const OpInfo& info = node->info();
      if (node->op == Op::kPhi) continue;
      for (size_t i = 0; i < node->inputs.size(); ++i) {
        count -= isupper(info.Input(i)) && OwnerOf(node->inputs[i]) == owner;
      }
      if (node->op == Op::kIncRef) count += OwnerOf(node->inputs[0]) == owner;
      if (node == owner) {
        count = info.result == Result::fresh || info.result == Result::nfresh;
      }
    }
    return count;
  }

  void Eliminate(Node* incref, const Region& region) {
    std::map<FrameState*, FrameState*> lent;
    for (Node* node : region.nodes()) {
      node->state = Lend(node->state, region.owner(), &lent);
    }
    for (Block* block : region.blocks()) {
      ++gone_[{block, region.owner()}];
      block->entry_state = Lend(block->entry_state, region.owner(), &lent);
    }
    Function::Remove(incref);
    for (Node* release : region.releases()) Function::Remove(release);
  }

  // The state with one slot less that owns the object, if there is one.
  FrameState* Lend(FrameState* state, const Node* owner,
                   std::map<FrameState*, FrameState*>* lent) {
    if (state == nullptr) return nullptr;
    auto [it, first] = lent->try_emplace(state);
    if (!first) return it->second;
    FrameState* result = nullptr;
    if (state->function != nullptr && state->function_owned &&
        OwnerOf(state->function) == owner) {
      result = function_.CopyState(*state);
      result->function_owned = false;
    }
    for (size_t i = 0; i < state->slots.size() && result == nullptr; ++i) {
      const StateSlot& slot = state->slots[i];
      if (slot.value == nullptr || !slot.owned ||
          slot.value->type.rep != Rep::kObject ||
          OwnerOf(slot.value) != owner) {
        continue;
      }
      result = function_.CopyState(*state);
      result->slots[i].owned = false;
    }
    if (result == nullptr) {
      // Perhaps a caller's.
      FrameState* caller = Lend(state->caller, owner, lent);
      result = state;
      if (caller != state->caller) {
        result = function_.CopyState(*state);
        result->caller = caller;
      }
    }
    (*lent)[state] = result;
    return result;
  }

  Function& function_;
  ReferenceFlow flow_;
  // References less at a block's entry than there were at first.
  std::map<std::pair<const Block*, const Node*>, int> gone_;
};

uint32_t Run(Function& function, const PassContext&) {
  return Eliminator(&function).Run();
}

}  // namespace

constinit const Pass kRefcountPass = {
    "refcount",
    "takes out pairs of IncRef and DecRef of what is kept alive in between",
    Run,
    {}};

}  // namespace pyvm::ir
