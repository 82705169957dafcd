#include "passes/unbox/unbox.h"

#include <algorithm>
#include <cctype>
#include <unordered_map>
#include <unordered_set>

#include "core/bytecode/python.h"
#include "passes/ir/edit.h"
#include "passes/unbox/analysis.h"
#include "passes/unbox/share.h"

namespace pyvm::ir {
namespace {

using unbox::Analysis;
using unbox::Kind;
using unbox::Need;
using unbox::Use;

class Rewriter {
 public:
  explicit Rewriter(Function* function)
      : function_(*function), analysis_(*function), sunk_(analysis_.Sunk()) {}

  uint32_t Run() {
    if (sunk_.empty()) return 0;
    for (Node* node : sunk_) {
      if (node->op == Op::kPhi) {
        NewPhi(node);
      } else {
        values_[node] = node->inputs[0];
      }
    }
    shared_ = unbox::ShareBoxes(&function_, analysis_, values_);
    std::vector<Block*> blocks(function_.blocks());
    for (Block* block : blocks) FillPhis(block);
    for (Node* node : sunk_) {
      std::vector<Use> uses = analysis_.UsesOf(node);
      for (const Use& use : uses) Rewrite(node, use);
    }
    for (FrameState* state : function_.States()) RewriteState(state);
    // Last: until now they have said whose value a guard's is.
    for (Node* node : guards_) Function::Remove(node);
    for (Node* node : sunk_) Function::Remove(node);
    return static_cast<uint32_t>(sunk_.size());
  }

 private:
  bool IsSunk(const Node* owner) const { return values_.contains(owner); }
  Node* ValueOf(const Node* owner) const { return values_.at(owner); }
  // Whether it is there, of one that may be null; else null.
  Node* PresenceOf(const Node* owner) const {
    auto it = presences_.find(owner);
    return it != presences_.end() ? it->second : nullptr;
  }

  void NewPhi(Node* phi) {
    auto make = [&](Type type) {
      Node* node = function_.NewNode(Op::kPhi, {});
      node->type = type;
      Function::InsertBefore(phi, node);
      return node;
    };
    values_[phi] = make(unbox::UnboxedTypeOf(analysis_.KindOf(phi)));
    if (phi->type.nullable) presences_[phi] = make(kBool);
  }

  Node* Insert(Node* at, Op op, std::initializer_list<Node*> inputs,
               FrameState* state = nullptr) {
    Node* node = function_.NewNode(op, inputs, state);
    Function::InsertBefore(at, node);
    return node;
  }

  // --- What comes into phis
  // ---------------------------------------------------

  void FillPhis(Block* block) {
    std::vector<Node*> phis;
    bool guards = false;
    for (Node* phi = block->first; phi && phi->op == Op::kPhi;
         phi = phi->next) {
      if (!IsSunk(phi)) continue;
      phis.push_back(phi);
      for (size_t i = 0; i < phi->inputs.size(); ++i) {
        guards |=
            analysis_.IsForeign(phi, i) && !IsSunk(OwnerOf(phi->inputs[i]));
      }
    }
    if (phis.empty()) return;
    for (size_t edge = 0; edge < block->preds.size(); ++edge) {
      if (guards) unbox::SplitIfBranch(&function_, block, edge);
      FillEdge(block, edge, phis);
    }
  }

  void FillEdge(Block* block, size_t edge, const std::vector<Node*>& phis) {
    Node* at = block->preds[edge]->last;
    // The registers at the edge: with objects, and as the phis take them over.
    FrameState* before = nullptr;
    auto state_before = [&] {
      if (before == nullptr) before = StateAt(block, edge, /*unboxed=*/false);
      return before;
    };
    std::vector<Node*> released;
    for (Node* phi : phis) {
      Node* input = phi->inputs[edge];
      Node* owner = OwnerOf(input);
      Kind kind = analysis_.KindOf(phi);
      Node* value;
      Node* presence = nullptr;
      if (IsSunk(owner)) {
        value = ValueOf(owner);
        if (input->type.nullable) presence = PresenceOf(owner);
      } else if (owner->op == Op::kNull) {
        value = Constant(at, kind, nullptr);
        presence = NewConstBool(&function_, at, false);
      } else if (owner->op == Op::kConst) {
        value = Constant(at, kind, owner->object());
        owner->type.exact = unbox::TypeOf(kind);
        released.push_back(owner);
      } else if (auto shared = shared_.find(owner); shared != shared_.end()) {
        value = shared->second;
        released.push_back(owner);
      } else if (owner->op == unbox::BoxOf(kind)) {
        value = owner->inputs[0];
        released.push_back(owner);
      } else {
        if (input->type.nullable) {
          const _typeobject* exact = input->type.exact;
          input = Insert(at, Op::kGuardFull, {input}, state_before());
          input->type = {Rep::kObject, false, exact};
        }
        if (input->type.exact == nullptr) {
          input = Insert(at, Op::kGuardType, {input}, state_before());
          input->ptr = unbox::TypeOf(kind);
          input->type.exact = unbox::TypeOf(kind);
        }
        value = Insert(at, unbox::UnboxOf(kind), {input}, state_before());
        released.push_back(input);
      }
      function_.AddPhiInput(ValueOf(phi), value);
      if (Node* present = PresenceOf(phi)) {
        if (presence == nullptr) presence = NewConstBool(&function_, at, true);
        function_.AddPhiInput(present, presence);
      }
    }
    if (released.empty()) return;
    // The phi of objects has taken these.
    FrameState* after = block->entry_state != nullptr
                            ? StateAt(block, edge, /*unboxed=*/true)
                            : unbox::StateNear(at);
    for (Node* object : released) Insert(at, Op::kDecRef, {object}, after);
  }

  Node* Constant(Node* at, Kind kind, PyObject* object) {
    switch (kind) {
      case Kind::kInt:
        return NewConstInt(&function_, at,
                           object != nullptr ? PyLong_AsLongLong(object) : 0);
      case Kind::kFloat:
        return NewConstFloat(&function_, at,
                             object != nullptr ? PyFloat_AS_DOUBLE(object) : 0);
      default:
        return NewConstBool(&function_, at, object == Py_True);
    }
  }

  // The state of the block's entry on one edge to it.
  FrameState* StateAt(Block* block, size_t edge, bool unboxed) {
    return CopyStates(block->entry_state, [&](StateSlot* slot) {
      Node* owner = OwnerOf(slot->value);
      if (owner->op != Op::kPhi || owner->block != block) return;
      if (unboxed && IsSunk(owner)) {
        const std::span<Node*> inputs = ValueOf(owner)->inputs;
        Node* presence = PresenceOf(owner);
        slot->value = inputs[edge];
        if (presence != nullptr) slot->present = presence->inputs[edge];
      } else {
        slot->value = owner->inputs[edge];
      }
    });
  }

  template <typename F>
  FrameState* CopyStates(const FrameState* state, F edit) {
    FrameState* first = nullptr;
    for (FrameState** link = &first; state != nullptr; state = state->caller) {
      *link = function_.CopyState(*state);
      for (StateSlot& slot : (*link)->slots) {
        if (slot.value != nullptr) edit(&slot);
      }
      link = &(*link)->caller;
    }
    return first;
  }

  // --- Uses
  // -------------------------------------------------------------------

  void Rewrite(Node* owner, const Use& use) {
    Node* user = use.user;
    if (user->block == nullptr) return;  // has been dealt with
    if (OwnerOf(user->inputs[use.index]) != owner) return;  // has a box
    Node* value = ValueOf(owner);
    Node* presence = PresenceOf(owner);
    bool maybe_null = user->inputs[use.index]->type.nullable;
    switch (user->op) {
      case Op::kUnboxInt:
      case Op::kUnboxFloat:
      case Op::kUnboxBool:
        return function_.Replace(user, value);
      case Op::kIncRef:
      case Op::kDecRef:
      case Op::kXDecRef:
        return Function::Remove(user);
      case Op::kIsTrue:
        return function_.Replace(user, TruthOf(user, value));
      case Op::kIsSame:
        if (const Node* other = OwnerOf(user->inputs[1 - use.index]);
            other->op == Op::kConst) {
          return function_.Replace(user, other->ptr == Py_True
                                             ? value
                                             : Insert(user, Op::kNot, {value}));
        }
        return function_.Replace(user,
                                 presence != nullptr && maybe_null
                                     ? Insert(user, Op::kNot, {presence})
                                     : NewConstBool(&function_, user, false));
      case Op::kGuardFull:
        if (presence != nullptr && maybe_null) {
          Insert(user, Op::kGuardTrue, {presence}, user->state);
        }
        guards_.push_back(user);
        return;
      case Op::kGuardEmpty:
        Insert(user, Op::kGuardTrue, {Insert(user, Op::kNot, {presence})},
               user->state);
        return Function::Remove(user);
      case Op::kGuardType:
      case Op::kAssumeFull:
        guards_.push_back(user);
        return;
      case Op::kPhi:
        if (!IsSunk(user)) BoxForPhi(owner, user, use.index);
        return;
      default:
        BoxFor(owner, user);
    }
  }

  Node* TruthOf(Node* at, Node* value) {
    if (value->type.rep == Rep::kBool) return value;
    bool is_int = value->type.rep == Rep::kInt;
    Node* zero = is_int ? NewConstInt(&function_, at, 0)
                        : NewConstFloat(&function_, at, 0);
    Node* truth =
        Insert(at, is_int ? Op::kCompareInt : Op::kCompareFloat, {value, zero});
    truth->imm = static_cast<int64_t>(Cond::kNe);
    return truth;
  }

  // A new box with a reference of its own, if `owned`.
  Node* NewBox(Node* at, Node* owner, bool owned) {
    Node* box =
        Insert(at, unbox::BoxOf(analysis_.KindOf(owner)), {ValueOf(owner)});
    if (owned && box->op == Op::kBoxBool) Insert(at, Op::kIncRef, {box});
    return box;
  }

  void BoxForPhi(Node* owner, Node* phi, size_t edge) {
    unbox::SplitIfBranch(&function_, phi->block, edge);
    phi->inputs[edge] =
        NewBox(phi->block->preds[edge]->last, owner, /*owned=*/true);
  }

  // Who wants the object gets one that is made for it.
  void BoxFor(Node* owner, Node* user) {
    Node* lent = nullptr;
    bool leaves = user->info().Has(kGuard);
    for (size_t i = 0; i < user->inputs.size(); ++i) {
      if (user->inputs[i]->type.rep != Rep::kObject ||
          OwnerOf(user->inputs[i]) != owner) {
        continue;
      }
      if (isupper(user->info().Input(i))) {
        user->inputs[i] = NewBox(user, owner, /*owned=*/true);
        if (leaves) OwnInState(owner, user, user->inputs[i]);
      } else {
        if (lent == nullptr) lent = NewBox(user, owner, /*owned=*/false);
        user->inputs[i] = lent;
      }
    }
    // True and False live without us.
    if (lent == nullptr || lent->op == Op::kBoxBool) return;
    FrameState* state = user->state;
    if (state == nullptr) state = unbox::StateNear(user);
    if (user->state != nullptr) OwnInState(owner, user, lent);
    Node* release = function_.NewNode(Op::kDecRef, {lent}, state);
    Function::InsertBefore(user->next, release);
  }

  // Where code is left at `user`, the registers have the box.
  void OwnInState(Node* owner, Node* user, Node* box) {
    bool owned = true;
    user->state = CopyStates(user->state, [&](StateSlot* slot) {
      if (OwnerOf(slot->value) != owner) return;
      slot->value = box;
      slot->present = nullptr;
      slot->owned = owned;
      owned = false;
    });
  }

  void RewriteState(FrameState* state) {
    for (StateSlot& slot : state->slots) {
      if (slot.value == nullptr || slot.value->type.rep != Rep::kObject) {
        continue;
      }
      Node* owner = OwnerOf(slot.value);
      if (!IsSunk(owner)) continue;
      slot.present = slot.value->type.nullable ? PresenceOf(owner) : nullptr;
      slot.value = ValueOf(owner);
      slot.owned = true;
    }
  }

  Function& function_;
  Analysis analysis_;
  std::vector<Node*> sunk_;
  unbox::Values values_;                              // by what is sunk
  unbox::Values shared_;                              // by boxes behind
  std::unordered_map<const Node*, Node*> presences_;  // of what may be null
  std::vector<Node*> guards_;                         // on what is sunk
};

uint32_t Run(Function& function, const PassContext&) {
  return Rewriter(&function).Run();
}

}  // namespace

constinit const Pass kUnboxPass = {
    "unbox",
    "keeps numbers and bools unboxed round loops, and where frame states alone "
    "know them",
    Run,
    {}};

}  // namespace pyvm::ir
