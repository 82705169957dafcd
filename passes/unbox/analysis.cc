#include "passes/unbox/analysis.h"

#include <algorithm>
#include <cctype>
#include <map>

#include "core/bytecode/python.h"
#include "passes/ir/edit.h"

namespace pyvm::ir::unbox {

const _typeobject* TypeOf(Kind kind) {
  return kind == Kind::kInt     ? &PyLong_Type
         : kind == Kind::kFloat ? &PyFloat_Type
                                : &PyBool_Type;
}
Op BoxOf(Kind kind) {
  return kind == Kind::kInt     ? Op::kBoxInt
         : kind == Kind::kFloat ? Op::kBoxFloat
                                : Op::kBoxBool;
}
Op UnboxOf(Kind kind) {
  return kind == Kind::kInt     ? Op::kUnboxInt
         : kind == Kind::kFloat ? Op::kUnboxFloat
                                : Op::kUnboxBool;
}
Type UnboxedTypeOf(Kind kind) {
  return kind == Kind::kInt ? kInt : kind == Kind::kFloat ? kFloat : kBool;
}

namespace {

Kind KindOfBox(Op op) {
  return op == Op::kBoxInt     ? Kind::kInt
         : op == Op::kBoxFloat ? Kind::kFloat
         : op == Op::kBoxBool  ? Kind::kBool
                               : Kind::kObject;
}

Kind KindOfType(const _typeobject* type) {
  return type == &PyLong_Type    ? Kind::kInt
         : type == &PyFloat_Type ? Kind::kFloat
         : type == &PyBool_Type  ? Kind::kBool
                                 : Kind::kObject;
}

Kind KindOfConstant(const Node* node) {
  PyObject* object = node->object();
  if (!PyLong_CheckExact(object)) return KindOfType(Py_TYPE(object));
  int overflow = 0;
  PyLong_AsLongLongAndOverflow(object, &overflow);
  return overflow == 0 ? Kind::kInt : Kind::kObject;
}

Kind Meet(Kind a, Kind b) {
  if (a == Kind::kUnknown) return b;
  if (b == Kind::kUnknown || a == b) return a;
  return Kind::kObject;
}

bool IsDenied(const Function& function, const FrameState& state) {
  return function.denied && function.denied(state.unit, state.instr);
}

bool HasSlot(const FrameState* state, const Node* owner) {
  for (; state != nullptr; state = state->caller) {
    for (const StateSlot& slot : state->slots) {
      if (slot.value != nullptr && OwnerOf(slot.value) == owner) return true;
    }
  }
  return false;
}

// How often a node runs, roughly.
double Weight(const Node* node) {
  double weight = 1;
  for (uint32_t i = 0; i < std::min(node->block->loop_depth, 4u); ++i) {
    weight *= 10;
  }
  return weight;
}

}  // namespace

Analysis::Analysis(const Function& function)
    : function_(function),
      uses_(function.num_nodes()),
      kinds_(function.num_nodes(), Kind::kObject),
      given_up_(function.num_nodes()) {
  CollectUses();
  do {
    FindKinds();
    SinkBoxes();
  } while (!KeepWorthy());
}

void Analysis::CollectUses() {
  for (Block* block : function_.blocks()) {
    for (Node* node : NodesOf(block)) {
      if (node->op == Op::kPhi && node->type.rep == Rep::kObject) {
        phis_.push_back(node);
      } else if (KindOfBox(node->op) != Kind::kObject) {
        boxes_.push_back(node);
      }
      for (uint32_t i = 0; i < node->inputs.size(); ++i) {
        if (node->inputs[i]->type.rep != Rep::kObject) continue;
        uses_[OwnerOf(node->inputs[i])->id].push_back({node, i});
      }
    }
  }
}

Need Analysis::NeedOf(const Use& use, Kind kind) const {
  const Node& user = *use.user;
  switch (user.op) {
    case Op::kUnboxInt:
    case Op::kUnboxFloat:
    case Op::kUnboxBool:
      return user.op == UnboxOf(kind) ? Need::kValue : Need::kBox;
    case Op::kGuardType:
      return user.ptr == TypeOf(kind) ? Need::kValue : Need::kBox;
    case Op::kGuardFull:
    case Op::kAssumeFull:
    case Op::kIncRef:
    case Op::kDecRef:
    case Op::kXDecRef:
    case Op::kIsTrue:
      return Need::kValue;
    case Op::kGuardEmpty:
      return user.inputs[0]->type.nullable ? Need::kValue : Need::kBox;
    case Op::kIsSame: {
      const Node* other = OwnerOf(user.inputs[1 - use.index]);
      bool with_bool = kind == Kind::kBool && other->op == Op::kConst &&
                       (other->ptr == Py_True || other->ptr == Py_False) &&
                       !user.inputs[use.index]->type.nullable;
      return with_bool || other->op == Op::kNull ? Need::kValue : Need::kBox;
    }
    case Op::kPhi:
      if (KindOf(&user) == kind || KindOf(&user) == Kind::kUnknown) {
        return Need::kValue;
      }
      break;
    default:
      if (user.info().result == Result::same) return Need::kBox;
      break;
  }
  return user.inputs[use.index]->type.nullable ? Need::kBox : Need::kObject;
}

bool Analysis::IsForeign(const Node* phi, size_t index) const {
  const Node* owner = OwnerOf(phi->inputs[index]);
  switch (owner->op) {
    case Op::kPhi:
      return !IsUnboxed(KindOf(owner));
    case Op::kConst:
    case Op::kNull:
    case Op::kBoxInt:
    case Op::kBoxFloat:
    case Op::kBoxBool:
      return false;
    default:
      return true;
  }
}

Kind Analysis::KindOfInput(const Node* phi, size_t index) const {
  const Node* input = phi->inputs[index];
  const Node* owner = OwnerOf(input);
  const FrameState* state = phi->block->entry_state;
  switch (owner->op) {
    case Op::kNull:
      return Kind::kUnknown;
    case Op::kConst:
      return state != nullptr ? KindOfConstant(owner) : Kind::kObject;
    case Op::kBoxInt:
    case Op::kBoxFloat:
    case Op::kBoxBool:
      if (state == nullptr && !IsSunk(owner)) return Kind::kObject;
      return KindOfBox(owner->op);
    case Op::kPhi:
      if (KindOf(owner) != Kind::kObject) return KindOf(owner);
      break;
    case Op::kBinaryBig:  // does not fit, most likely
      return Kind::kObject;
    default:
      break;
  }
  // An object that can be unboxed where it comes in: once, at the entry to a
  // loop; or elsewhere if its type is known.
  if (state == nullptr || input->type.nullable || IsDenied(function_, *state)) {
    return Kind::kObject;
  }
  if (input->type.exact != nullptr) return KindOfType(input->type.exact);
  bool entry = phi->block->loop_header &&
               !Function::Dominates(phi->block, phi->block->preds[index]);
  return entry ? Kind::kUnknown : Kind::kObject;
}

Kind Analysis::Meet(const Node* phi) const {
  Kind kind = Kind::kUnknown;
  for (size_t i = 0; i < phi->inputs.size(); ++i) {
    kind = unbox::Meet(kind, KindOfInput(phi, i));
  }
  for (const Use& use : uses_[phi->id]) {
    if (IsUnboxed(kind) && NeedOf(use, kind) == Need::kBox) {
      return Kind::kObject;
    }
  }
  return kind;
}

// Optimistic: phis of phis are unboxed unless something speaks against it.
void Analysis::FindKinds() {
  for (Node* box : boxes_) kinds_[box->id] = KindOfBox(box->op);
  for (Node* phi : phis_) {
    kinds_[phi->id] = given_up_[phi->id] ? Kind::kObject : Kind::kUnknown;
  }
  for (bool changed = true; changed;) {
    changed = false;
    for (Node* phi : phis_) {
      if (kinds_[phi->id] == Kind::kObject) continue;
      Kind kind = Meet(phi);
      if (kind == kinds_[phi->id]) continue;
      // Down only: from kUnknown to one kind, to kObject.
      kinds_[phi->id] =
          kinds_[phi->id] == Kind::kUnknown ? kind : Kind::kObject;
      changed = true;
    }
  }
  // Nothing says what these are; others may have counted on them.
  bool changed = false;
  for (Node* phi : phis_) {
    if (kinds_[phi->id] != Kind::kUnknown) continue;
    given_up_[phi->id] = changed = true;
  }
  if (changed) FindKinds();
}

// Whether code that is left at the use finds the box that is made for it: in a
// register, or nowhere since it has been taken.
bool Analysis::CanBox(const Node* owner, const Use& use) const {
  const OpInfo& info = use.user->info();
  bool taken = isupper(info.Input(use.index)) != 0;
  return use.user->state == nullptr || (taken && info.Has(kCall)) ||
         HasSlot(use.user->state, owner);
}

// Nobody needs the object, or only where code gets to less often.
bool Analysis::CanSink(const Node* box) const {
  double cost = 0;
  for (const Use& use : uses_[box->id]) {
    Need need = NeedOf(use, KindOfBox(box->op));
    if (need == Need::kValue) continue;
    if (need == Need::kBox || !CanBox(box, use)) return false;
    cost += Weight(use.user->op == Op::kPhi
                       ? use.user->block->preds[use.index]->last
                       : use.user);
  }
  return cost == 0 || 2 * cost <= Weight(box);
}

void Analysis::SinkBoxes() {
  for (Node* box : boxes_) {
    if (!CanSink(box)) kinds_[box->id] = Kind::kObject;
  }
}

bool Analysis::KeepWorthy() {
  // Phis that feed each other go together.
  std::map<const Node*, const Node*> leader;
  auto find = [&](const Node* node) {
    while (leader[node] != node) node = leader[node];
    return node;
  };
  for (Node* phi : phis_) {
    if (IsSunk(phi)) leader[phi] = phi;
  }
  for (Node* phi : phis_) {
    if (!IsSunk(phi)) continue;
    for (Node* input : phi->inputs) {
      const Node* owner = OwnerOf(input);
      if (owner->op == Op::kPhi && IsSunk(owner)) {
        leader[find(owner)] = find(phi);
      }
    }
  }
  struct Group {
    double cost = 0, gain = 0;  // boxes made and saved
    bool wanted = false;        // somebody unboxes
    bool foreign = false;
    double shared = 0;  // boxes that come in, and are objects elsewhere too
    bool impossible = false;
  };
  std::map<const Node*, Group> groups;
  for (Node* phi : phis_) {
    if (!IsSunk(phi)) continue;
    Group& group = groups[find(phi)];
    Kind kind = KindOf(phi);
    for (size_t i = 0; i < phi->inputs.size(); ++i) {
      const Node* owner = OwnerOf(phi->inputs[i]);
      group.foreign |= IsForeign(phi, i);
      if (KindOfBox(owner->op) == Kind::kObject) continue;
      if (!IsSunk(owner)) group.shared += Weight(owner);
      group.impossible |= !IsSunk(owner) && phi->block->entry_state == nullptr;
      if (IsSunk(owner)) group.gain += Weight(owner);
    }
    for (const Use& use : uses_[phi->id]) {
      Op op = use.user->op;
      if (op == UnboxOf(kind) || op == Op::kIsTrue) {
        group.wanted = true;
        group.gain += 0.3 * Weight(use.user);
      }
      if (NeedOf(use, kind) != Need::kObject) continue;
      group.cost += Weight(use.user);
      group.impossible |= !CanBox(phi, use);
    }
  }
  bool kept = true;
  for (Node* phi : phis_) {
    if (!IsSunk(phi)) continue;
    const Group& group = groups[find(phi)];
    // A box that exists anyway had better go on: who compares it with the one
    // of a frame finds one object.
    bool worthy = !group.impossible && (group.wanted || !group.foreign) &&
                  group.gain > 0 && group.cost + 2 * group.shared <= group.gain;
    if (worthy) continue;
    given_up_[phi->id] = true;
    kept = false;
  }
  return kept;
}

std::vector<Node*> Analysis::Sunk() const {
  std::vector<Node*> sunk;
  for (Node* node : phis_) {
    if (IsSunk(node)) sunk.push_back(node);
  }
  for (Node* node : boxes_) {
    if (IsSunk(node)) sunk.push_back(node);
  }
  return sunk;
}

}  // namespace pyvm::ir::unbox
