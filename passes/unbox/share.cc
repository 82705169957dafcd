#include "passes/unbox/share.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <utility>
#include <vector>

#include "passes/ir/edit.h"
#include "passes/ir/references.h"

namespace pyvm::ir::unbox {

void SplitIfBranch(Function* function, Block* block, size_t edge) {
  Block* pred = block->preds[edge];
  if (pred->NumSuccs() < 2) return;
  for (int which = 0; which < 2; ++which) {
    if (pred->succs[which] == block && PredecessorIndex(pred, which) == edge) {
      function->SplitEdge(pred, which);
      return;
    }
  }
}

FrameState* StateNear(Node* node) {
  for (Block* block = node->block; block != nullptr;) {
    for (; node != nullptr; node = node->prev) {
      if (node->state != nullptr) return node->state;
    }
    if (block->entry_state != nullptr) return block->entry_state;
    block = block->idom;
    if (block != nullptr) node = block->last;
  }
  return nullptr;
}

namespace {

bool IsRelease(Op op) { return op == Op::kDecRef || op == Op::kXDecRef; }

// One number.
class Sharer {
 public:
  Sharer(Function* function, const Analysis& analysis,
         const ReferenceFlow& flow, uint32_t num_blocks, Node* owner,
         Node* value, Values* made)
      : function_(*function),
        analysis_(analysis),
        flow_(flow),
        num_blocks_(num_blocks),
        owner_(owner),
        kind_(analysis.KindOf(owner)),
        value_(value),
        made_(*made) {}

  void Run() {
    bool wanted = false;
    for (Block* block : function_.blocks()) {
      blocks_[block] = Look(block);
      wanted |= blocks_[block].wants;
    }
    if (!wanted) return;
    FindBoxed();
    if (owner_->type.nullable && MustForce()) return;
    FindOrigins();
    std::vector<Block*> blocks(function_.blocks());
    for (Block* block : blocks) Rewrite(block);
    for (Block* block : blocks) FillPhi(block);
  }

 private:
  struct State {
    int count = 0;       // references at the beginning
    bool wants = false;  // somebody in it wants the object
    bool live = false;   // references are left at its end
    bool boxed = false;  // there is a box at its beginning
    // The block (or, of an edge where a box is made, nothing) where the box
    // comes from that is there at its end; null: not known.
    const Block* origin = nullptr;
    bool has_phi = false;
    Node* phi = nullptr;
    Node* object = nullptr;  // at its end
  };

  bool Is(const Node* node) const {
    return node->type.rep == Rep::kObject && OwnerOf(node) == owner_;
  }
  bool Wants(Node* user, size_t input) const {
    return Is(user->inputs[input]) &&
           analysis_.NeedOf({user, static_cast<uint32_t>(input)}, kind_) ==
               Need::kObject;
  }
  bool Wants(Node* user) const {
    for (size_t i = 0; i < user->inputs.size(); ++i) {
      if (Wants(user, i)) return true;
    }
    return false;
  }
  int Taken(const Node* user) const {
    int taken = 0;
    for (size_t i = 0; i < user->inputs.size(); ++i) {
      taken += isupper(user->info().Input(i)) != 0 && Is(user->inputs[i]);
    }
    return taken;
  }
  static int CountAfter(const Node* node, int count, int taken) {
    return count - taken + (node->op == Op::kIncRef ? 1 : 0);
  }
  template <typename F>
  void ForPhiInputs(Block* block, F f) {
    for (int which = 0; which < block->NumSuccs(); ++which) {
      Block* succ = block->succs[which];
      size_t edge = PredecessorIndex(block, which);
      for (Node* phi = succ->first; phi && phi->op == Op::kPhi;
           phi = phi->next) {
        // Phis that are being made have no inputs yet.
        if (edge < phi->inputs.size() && Is(phi->inputs[edge])) f(phi, edge);
      }
    }
  }

  // References at the block's beginning. Of a block that was put on an edge
  // since they were counted: those that the other end has, or takes.
  int CountAt(Block* block) {
    if (block->id < num_blocks_) return flow_.CountAtEntry(block, owner_);
    Block* to = block->succs[0];
    int count = to == owner_->block ? 0 : flow_.CountAtEntry(to, owner_);
    ForPhiInputs(block, [&](Node*, size_t) { ++count; });
    return count;
  }

  State Look(Block* block) {
    State state;
    state.count = CountAt(block);
    int count = state.count;
    for (Node* node : NodesOf(block)) {
      if (node == owner_ && node->op != Op::kPhi) count = 1;
      if (node->op == Op::kPhi) continue;
      state.wants |= Wants(node);
      bool counts = node->op != Op::kIncRef || Is(node->inputs[0]);
      count = counts ? CountAfter(node, count, Taken(node)) : count;
    }
    ForPhiInputs(block, [&](Node* phi, size_t edge) {
      state.wants |= Wants(phi, edge);
      --count;
    });
    state.live = count > 0;
    return state;
  }

  bool IsBoxedAtEnd(const Block* block) const {
    const State& state = blocks_.at(block);
    return state.live && (state.boxed || state.wants);
  }
  // Where a box exists on some way, there has to be one.
  void FindBoxed() {
    for (bool changed = true; changed;) {
      changed = false;
      for (Block* block : function_.blocks()) {
        State& state = blocks_[block];
        if (state.boxed || block == owner_->block || state.count == 0) continue;
        state.boxed = std::any_of(
            block->preds.begin(), block->preds.end(),
            [this](const Block* pred) { return IsBoxedAtEnd(pred); });
        changed |= state.boxed;
      }
    }
  }
  bool MustForce() const {
    for (const auto& [block, state] : blocks_) {
      if (!state.boxed) continue;
      for (const Block* pred : block->preds) {
        if (!IsBoxedAtEnd(pred)) return true;
      }
    }
    return false;
  }

  // Which blocks need phis, because boxes of several origins meet there.
  void FindOrigins() {
    for (bool changed = true; changed;) {
      changed = false;
      for (Block* block : function_.blocks()) {
        State& state = blocks_[block];
        const Block* origin = state.origin;
        if (!state.boxed) {
          if (state.wants) origin = block;
        } else if (!state.has_phi) {
          const Block* only = nullptr;
          for (const Block* pred : block->preds) {
            const Block* there =
                IsBoxedAtEnd(pred) ? blocks_.at(pred).origin : pred;
            if (there == nullptr) continue;
            state.has_phi |= only != nullptr && only != there;
            only = there;
          }
          origin = state.has_phi ? block : only;
        }
        if (origin == state.origin) continue;
        state.origin = origin;
        changed = true;
      }
    }
  }

  // --- Changes
  // -----------------------------------------------------------------------

  Node* Insert(Node* at, Op op, std::initializer_list<Node*> inputs) {
    Node* node = function_.NewNode(op, inputs);
    if (IsRelease(op)) node->state = StateNear(at);
    Function::InsertBefore(at, node);
    return node;
  }
  Node* NewBox(Node* at, int references) {
    Node* box = Insert(at, BoxOf(kind_), {value_});
    made_[box] = value_;
    for (int i = 1; i < references; ++i) Insert(at, Op::kIncRef, {box});
    return box;
  }

  void Rewrite(Block* block) {
    State& state = blocks_[block];
    Node* object = nullptr;
    if (state.has_phi) {
      object = state.phi = function_.NewNode(Op::kPhi, {});
      object->type = {Rep::kObject, false, TypeOf(kind_)};
      made_[object] = value_;
      Function::InsertFirst(block, object);
      for (int i = 1; i < state.count; ++i) {
        Node* more = function_.NewNode(Op::kIncRef, {object});
        Function::InsertFirst(block, more);
      }
    } else if (state.boxed) {
      // The way that comes first has been rewritten.
      for (const Block* pred : block->preds) {
        if (object == nullptr) object = blocks_[pred].object;
      }
    }
    if (object != nullptr) {
      block->entry_state = Named(block->entry_state, object);
    }
    int count = state.count;
    for (Node* node : NodesOf(block)) {
      if (node == owner_ && node->op != Op::kPhi) count = 1;
      if (node->op == Op::kPhi || made_.contains(node)) continue;
      if (node->op == Op::kIncRef && made_.contains(node->inputs[0])) continue;
      if (object == nullptr && Wants(node)) object = NewBox(node, count);
      int taken = Taken(node);
      if (node->op != Op::kIncRef || Is(node->inputs[0])) {
        count = CountAfter(node, count, taken);
      }
      if (object == nullptr) continue;
      node->state = Named(node->state, object);
      bool counts = node->op == Op::kIncRef || IsRelease(node->op);
      for (size_t i = 0; i < node->inputs.size(); ++i) {
        if (Wants(node, i) || (counts && Is(node->inputs[i]))) {
          node->inputs[i] = object;
        }
      }
      if (node->op == Op::kXDecRef && node->inputs[0] == object) {
        node->op = Op::kDecRef;
      }
      if (count == 0) object = nullptr;
    }
    ForPhiInputs(block, [&](Node* phi, size_t edge) {
      if (object == nullptr && Wants(phi, edge)) {
        object = NewBox(block->last, count);
      }
    });
    if (object != nullptr) {
      ForPhiInputs(block,
                   [&](Node* phi, size_t edge) { phi->inputs[edge] = object; });
    }
    state.object = object;
  }

  void FillPhi(Block* block) {
    const State state = blocks_[block];
    if (!state.has_phi) return;
    for (size_t edge = 0; edge < block->preds.size(); ++edge) {
      auto known = blocks_.find(block->preds[edge]);
      bool boxed = IsBoxedAtEnd(known->first);
      Node* object = boxed ? known->second.object : nullptr;
      // The phi takes one reference, and has the others made behind it.
      if (!boxed || state.count > 1) SplitIfBranch(&function_, block, edge);
      Node* end = block->preds[edge]->last;
      if (!boxed) object = NewBox(end, 1);
      for (int i = 1; boxed && i < state.count; ++i) {
        Insert(end, Op::kDecRef, {object});
      }
      function_.AddPhiInput(state.phi, object);
    }
  }

  // The state, with the object in place of the number.
  FrameState* Named(FrameState* state, Node* object) {
    bool has = false;
    for (const FrameState* s = state; s != nullptr; s = s->caller) {
      for (const StateSlot& slot : s->slots) {
        has |= slot.value != nullptr && Is(slot.value);
      }
    }
    if (!has) return state;
    FrameState*& named = named_[{state, object}];
    FrameState** link = &named;
    if (named != nullptr) return named;
    for (; state != nullptr; state = state->caller) {
      *link = function_.CopyState(*state);
      for (StateSlot& slot : (*link)->slots) {
        if (slot.value != nullptr && Is(slot.value)) slot.value = object;
      }
      link = &(*link)->caller;
    }
    return named;
  }

  Function& function_;
  const Analysis& analysis_;
  const ReferenceFlow& flow_;
  const uint32_t num_blocks_;  // when references were counted
  Node* owner_;
  const Kind kind_;
  Node* value_;
  Values& made_;
  std::map<const Block*, State> blocks_;
  std::map<std::pair<FrameState*, Node*>, FrameState*> named_;
};

}  // namespace

Values ShareBoxes(Function* function, const Analysis& analysis,
                  const Values& values) {
  std::vector<Node*> owners;
  for (Node* owner : analysis.Sunk()) {
    Kind kind = analysis.KindOf(owner);
    // True and False are always the same.
    if (kind == Kind::kBool) continue;
    bool wanted = false;
    for (const Use& use : analysis.UsesOf(owner)) {
      if (analysis.NeedOf(use, kind) != Need::kObject) continue;
      wanted = true;
      if (use.user->op == Op::kPhi) {
        SplitIfBranch(function, use.user->block, use.index);
      }
    }
    if (wanted) owners.push_back(owner);
  }
  Values made;
  if (owners.empty()) return made;
  function->ComputeDominators();
  uint32_t num_blocks = 0;
  for (const Block* block : function->blocks()) {
    num_blocks = std::max(num_blocks, block->id + 1);
  }
  ReferenceFlow flow(*function);
  if (!flow.error().empty()) return made;
  for (Node* owner : owners) {
    Sharer(function, analysis, flow, num_blocks, owner, values.at(owner), &made)
        .Run();
    // New blocks on edges.
    function->ComputeDominators();
  }
  return made;
}

}  // namespace pyvm::ir::unbox
