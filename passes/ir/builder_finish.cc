// What can be said of values when all has been built: phis that are none, and
// types that loops keep.
#include "passes/ir/builder_impl.h"

namespace pyvm::ir {
namespace {

Node* RootOf(Node* node) {
  node = Function::Find(node);
  while (node->info().result == Result::same && node->op != Op::kPhi) {
    node = Function::Find(node->inputs[0]);
  }
  return node;
}

constexpr int kMaxRounds = 4;

bool IsSequence(const PyTypeObject* type) {
  return type == &PyList_Type || type == &PyTuple_Type;
}

}  // namespace

void Builder::Conclude() {
  HoldRegisters();
  for (const Stretch& stretch : stretches_) {
    if (stretch.header != nullptr) {
      stretch.header->loop_header =
          stretch.header->preds.size() > stretch.edges.size();
      if (stretch.edges.size() == 1) single_entry_.insert(stretch.header);
    }
  }
  // A guard that says nothing new makes phis trivial, and the other way round.
  for (int round = 0; round < kMaxRounds; ++round) {
    bool changed = RemoveTrivialPhis();
    FindTypes();
    changed |= UseTypes();
    if (!changed) break;
  }
  // Nobody else has an iterator that the code itself has made.
  for (Node* asked : asked_at_end_) {
    Node* iterator = RootOf(asked->inputs[0]);
    if (iterator->op == Op::kGetIter &&
        IsSequence(Function::Find(iterator->inputs[0])->type.exact)) {
      f_->Remove(asked);
    }
  }
  f_->Resolve();
  // Nothing is nothing.
  for (FrameState* state : states_) {
    for (StateSlot& slot : state->slots) {
      if (slot.value == nullptr) continue;
      slot.value = Function::Find(slot.value);
      if (slot.value->op == Op::kNull) slot.value = nullptr;
    }
  }
}

// A phi of one value, whatever guards have said of it on the way around.
bool Builder::RemoveTrivialPhis() {
  bool any = false;
  for (bool changed = true; changed;) {
    changed = false;
    for (Node* phi : phis_) {
      if (phi->replacement != nullptr) continue;
      auto only_by = [phi](auto of) -> Node* {
        Node* only = nullptr;
        for (Node* input : phi->inputs) {
          Node* value = of(input);
          if (value == phi) continue;
          if (only != nullptr && only != value) return nullptr;
          only = value;
        }
        return only;
      };
      Node* only = only_by(Function::Find);
      if (only == nullptr) {
        only = only_by(RootOf);
        // More may be known of the one that comes in, if it is the only one
        // that does: the others have gone around.
        if (only != nullptr && single_entry_.contains(phi->block)) {
          only = Function::Find(phi->inputs[0]);
        }
      }
      if (only == nullptr) continue;
      if (only->type.nullable && !phi->type.nullable) continue;
      // All guards may have said the same of it.
      if (phi->type.exact != nullptr && only->type.exact != phi->type.exact) {
        continue;
      }
      f_->Replace(phi, only);
      changed = any = true;
    }
  }
  return any;
}

// --- Types
// -------------------------------------------------------------------

// What follows from the types that its inputs have now; kNone while nothing is
// known of them.
Type Builder::TypeNow(const Node* node) const {
  if (auto it = kept_.find(node); it != kept_.end()) {
    return Function::Find(it->second)->type;
  }
  if (node->op == Op::kPhi) {
    Type type;
    bool nothing = false;
    for (Node* input : node->inputs) {
      const Node* value = Function::Find(input);
      if (value->op == Op::kNull) {
        nothing = true;
      } else if (value->type.rep != Rep::kNone) {
        type = type.rep == Rep::kNone ? value->type : Join(type, value->type);
      }
    }
    if (type.rep == Rep::kNone && nothing) return kNullableObject;
    type.nullable |= nothing;
    return type;
  }
  Type type = Function::Find(node->inputs[0])->type;
  if (type.rep == Rep::kNone) return type;
  switch (node->op) {
    case Op::kGuardType:
      return {Rep::kObject, false, static_cast<const PyTypeObject*>(node->ptr)};
    case Op::kGuardIs:
      return {Rep::kObject, false, FixedType(Py_TYPE(node->object()))};
    default:
      type.nullable = false;
      return type;
  }
}

// The most that holds: phis begin with nothing, and are lifted as far as their
// inputs demand.
void Builder::FindTypes() {
  std::vector<Node*> open;
  for (Node* node : made_) {
    if (node->replacement != nullptr) continue;
    if (node->op == Op::kPhi ||
        (node->info().result == Result::same && !node->inputs.empty()) ||
        kept_.contains(node)) {
      open.push_back(node);
      if (node->type.rep == Rep::kObject) node->type = kNoValue;
    }
  }
  for (bool changed = true; changed;) {
    changed = false;
    for (Node* node : open) {
      Type type = TypeNow(node);
      if (type.rep != Rep::kNone && type != node->type) {
        node->type = type;
        changed = true;
      }
    }
  }
  for (Node* node : open) {
    if (node->type.rep == Rep::kNone) node->type = kNullableObject;
  }
}

bool Builder::UseTypes() {
  bool changed = false;
  for (Node* node : made_) {
    if (node->replacement != nullptr || node->block == nullptr) continue;
    switch (node->op) {
      case Op::kGuardType: {
        Node* value = Function::Find(node->inputs[0]);
        if (value->type.exact == node->ptr) {
          f_->Replace(node, value);
          changed = true;
        }
        break;
      }
      case Op::kGuardFull:
      case Op::kAssumeFull: {
        Node* value = Function::Find(node->inputs[0]);
        if (value->op == Op::kNull && node->op == Op::kGuardFull) {
          // Unbound on every path: nothing behind it can be reached.
          Node* leave = f_->NewNode(Op::kDeopt, {}, node->state);
          f_->InsertBefore(node, leave);
          f_->SplitAfter(leave);
        } else if (!value->type.nullable) {
          f_->Replace(node, value);
          changed = true;
        }
        break;
      }
      case Op::kXDecRef: {
        Node* value = Function::Find(node->inputs[0]);
        if (value->op == Op::kNull) {
          f_->Remove(node);
        } else if (!value->type.nullable) {
          node->op = Op::kDecRef;
        }
        break;
      }
      default:
        break;
    }
  }
  return changed;
}

}  // namespace pyvm::ir
