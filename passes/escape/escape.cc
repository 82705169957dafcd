#include "passes/escape/escape.h"

#include <algorithm>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "passes/escape/analysis.h"
#include "passes/ir/edit.h"

namespace pyvm::ir {
namespace {

using escape::Analysis;
using escape::Counts;
using escape::Field;
using escape::Group;
using escape::Place;

// Each attribute of an instance becomes a variable: what it holds at a place is
// found by looking back along the ways that lead there; where they meet, a phi
// is made (Braun et al., Simple and Efficient Construction of Static Single
// Assignment Form, 2013).
class Variables {
 public:
  explicit Variables(Function* function) : function_(*function) {
    null_ = function_.NewNode(Op::kNull, {});
    Function::InsertFirst(function_.entry(), null_);
  }

  Node* null() const { return null_; }

  void Begin(Block* block) { block_ = block; }
  Node* Get(Node* instance, size_t field) {
    return AtEnd(block_, {instance, field});
  }
  void Set(Node* instance, size_t field, Node* value) {
    known_[block_][{instance, field}] = value;
  }

  // All blocks have ended: gives the phis their inputs, then types to these and
  // to the guards on them.
  void Finish(const std::vector<Node*>& guards) {
    for (size_t i = 0; i < phis_.size(); ++i) {
      auto [phi, variable] = phis_[i];
      Block* block = phi->block;
      Node* instance = variable.first;
      for (size_t edge = 0; edge < block->preds.size(); ++edge) {
        Node* source = instance->block == block && instance->op == Op::kPhi
                           ? OwnerOf(instance->inputs[edge])
                           : instance;
        Node* value =
            source->op == Op::kNull
                ? null_
                : AtEnd(block->preds[edge], {source, variable.second});
        function_.AddPhiInput(phi, value);
      }
    }
    FindTypes(guards);
  }

 private:
  using Variable = std::pair<Node*, size_t>;  // instance and field

  // Until something else is known.
  Node* AtEnd(Block* block, const Variable& variable) {
    auto [it, unknown] = known_[block].try_emplace(variable, nullptr);
    if (unknown) {
      Node* value = AtEntry(block, variable);
      known_[block][variable] = value;
      return value;
    }
    return it->second = Function::Find(it->second);
  }

  Node* AtEntry(Block* block, const Variable& variable) {
    Node* instance = variable.first;
    bool is_phi = instance->block == block && instance->op == Op::kPhi;
    if (!is_phi && block->preds.size() == 1) {
      return AtEnd(block->preds[0], variable);
    }
    Node* phi = function_.NewNode(Op::kPhi, {});
    phi->type = kNullableObject;
    Function::InsertBefore(block->first, phi);
    phis_.push_back({phi, variable});
    return phi;
  }

  // The most that holds: phis begin with nothing, and are lifted as far as
  // their inputs demand.
  void FindTypes(const std::vector<Node*>& guards) {
    for (auto& [phi, variable] : phis_) phi->type = kNoValue;
    for (Node* guard : guards) guard->type = kNoValue;
    auto lift = [](Node* node, Type type) {
      if (type == node->type) return false;
      node->type = type;
      return true;
    };
    for (bool changed = true; changed;) {
      changed = false;
      for (auto& [phi, variable] : phis_) changed |= lift(phi, TypeNow(phi));
      for (Node* guard : guards) {
        Type type = Function::Find(guard->inputs[0])->type;
        type.nullable = false;
        changed |= lift(guard, type);
      }
    }
    for (auto& [phi, variable] : phis_) {
      if (phi->type.rep == Rep::kNone) phi->type = kNullableObject;
    }
    for (Node* guard : guards) {
      if (guard->type.rep == Rep::kNone) guard->type = kObject;
    }
  }
  static Type TypeNow(const Node* phi) {
    Type type;
    bool maybe_null = false;
    for (Node* input : phi->inputs) {
      const Node* value = Function::Find(input);
      if (value->op == Op::kNull) {
        maybe_null = true;
      } else if (value->type.rep != Rep::kNone) {
        type = type.rep == Rep::kNone ? value->type : Join(type, value->type);
      }
    }
    if (type.rep == Rep::kNone && maybe_null) return kNullableObject;
    type.nullable |= maybe_null;
    return type;
  }

  Function& function_;
  Node* null_;
  Block* block_ = nullptr;
  // By block: what was known last, of blocks that have ended at their end.
  std::unordered_map<const Block*, std::map<Variable, Node*>> known_;
  std::vector<std::pair<Node*, Variable>> phis_;
};

class Rewriter {
 public:
  explicit Rewriter(Function* function)
      : function_(*function), analysis_(*function) {}

  uint32_t Run() {
    for (const std::string& remark : analysis_.remarks()) Note(remark);
    if (analysis_.instances().empty()) return 0;
    variables_.emplace_back(&function_);
    MakeObjects();
    Counts counts = analysis_.MakeCounts();
    counts_ = &counts;
    std::vector<Block*> blocks(function_.blocks());
    for (Block* block : blocks) {
      variables().Begin(block);
      counts.Begin(block);
      block->entry_state = StateOf(block->entry_state);
      for (Node* node : NodesOf(block)) Visit(node);
    }
    variables().Finish(guards_);
    // Last: until now they have said whose value a guard's is.
    for (Node* node : gone_) Function::Remove(node);
    return static_cast<uint32_t>(analysis_.instances().size());
  }

 private:
  Variables& variables() { return variables_.front(); }

  void Note(const std::string& remark) {
    function_.remarks.push_back("escape: " + remark);
  }

  // What frame states call them.
  void MakeObjects() {
    for (Node* instance : analysis_.instances()) {
      const Group& group = analysis_.GroupOf(instance);
      Node* object = function_.NewNode(Op::kVirtual, {});
      object->imm = object->id;
      object->ptr = group.cls;
      Function::InsertFirst(function_.entry(), object);
      objects_[instance] = object;
      gone_.push_back(instance);
      if (instance->op == Op::kNewObject) {
        Note("v" + std::to_string(instance->id) + " is not made");
      }
    }
  }

  Node* Insert(Node* at, Op op, std::initializer_list<Node*> inputs,
               FrameState* state = nullptr, int64_t imm = 0) {
    Node* node = function_.NewNode(op, inputs, state);
    node->imm = imm;
    Function::InsertBefore(at, node);
    return node;
  }

  void Visit(Node* node) {
    if (node->op == Op::kPhi) return;
    Node* instance = nullptr;
    if (!node->inputs.empty() && node->inputs[0]->type.rep == Rep::kObject) {
      instance = OwnerOf(node->inputs[0]);
      if (!analysis_.IsVirtual(instance)) instance = nullptr;
    }
    int held = instance != nullptr ? counts_->Of(instance) : 0;
    counts_->Take(*node);
    counts_->Finish(*node);
    if (node->op == Op::kNewObject && analysis_.IsVirtual(node)) {
      return Make(node);
    }
    node->state = StateOf(node->state);
    if (node->op == Op::kIsSame) return Compare(node);
    if (instance != nullptr) Use(node, instance, held);
  }

  // The class lives as long as the instance would.
  void Make(Node* node) {
    Node* cls = Function::Find(node->inputs[0]);
    Insert(node, Op::kIncRef, {cls});
    const Group& group = analysis_.GroupOf(node);
    variables().Set(node, 0, cls);
    for (size_t i = 1; i < group.fields.size(); ++i) {
      variables().Set(node, i, variables().null());
    }
  }

  void Compare(Node* node) {
    Node* a = OwnerOf(node->inputs[0]);
    Node* b = OwnerOf(node->inputs[1]);
    if (!analysis_.IsVirtual(a) && !analysis_.IsVirtual(b)) return;
    size_t other = a->op == Op::kNull ? 1 : 0;
    bool with_null = a->op == Op::kNull || b->op == Op::kNull;
    if (with_null && node->inputs[other]->type.nullable) {
      // Where there is no instance, it has no class.
      Node* cls = variables().Get(other == 0 ? a : b, 0);
      Node* null = variables().null();
      function_.Replace(node, Insert(node, Op::kIsSame, {cls, null}));
    } else {
      function_.Replace(node, NewConstBool(&function_, node, a == b));
    }
  }

  void Use(Node* node, Node* instance, int held) {
    switch (node->op) {
      case Op::kIncRef:
        return Function::Remove(node);
      case Op::kDecRef:
      case Op::kXDecRef:
        if (held == 1) Die(node, instance);
        return Function::Remove(node);
      case Op::kKnown:
        node->inputs[0] = ClassOf(node, instance);
        return;
      case Op::kHasVersion:
        return function_.Replace(node, HasVersion(node, instance));
      case Op::kGuardVersion:
        classes_[node] =
            Insert(node, Op::kGuardClass, {ClassOf(node, instance)},
                   node->state, node->imm);
        break;
      case Op::kGuardInstanceKeys:
        Insert(node, Op::kGuardSharedKeys, {ClassOf(node, instance)},
               node->state, node->imm);
        break;
      case Op::kGuardFull:
        classes_[node] =
            Full(node, Op::kGuardFull, variables().Get(instance, 0));
        break;
      case Op::kGuardEmpty:
        node->inputs[0] = variables().Get(instance, 0);
        return;
      case Op::kLoadInline:
      case Op::kLoadSlot:
        return function_.Replace(node, Load(node, instance));
      case Op::kStoreInline:
      case Op::kStoreSlot: {
        size_t field =
            analysis_.GroupOf(instance).IndexOf(escape::FieldOf(*node));
        Node* old = variables().Get(instance, field);
        variables().Set(instance, field, Function::Find(node->inputs[1]));
        // It may be known by now that there was something.
        if (!node->type.nullable) old = Full(node, Op::kAssumeFull, old);
        return function_.Replace(node, old);
      }
      default:
        break;
    }
    gone_.push_back(node);
  }

  // The class of the instance that the node is about, by the guard that has
  // asked for its version if there is one.
  Node* ClassOf(Node* node, Node* instance) {
    for (Node* value = Function::Find(node->inputs[0]); value != instance;
         value = Function::Find(value->inputs[0])) {
      auto it = classes_.find(value);
      if (it != classes_.end()) return it->second;
    }
    return Full(node, Op::kAssumeFull, variables().Get(instance, 0));
  }

  Node* HasVersion(Node* node, Node* instance) {
    // Versions are not used twice.
    if (node->imm != analysis_.GroupOf(instance).version) {
      return NewConstBool(&function_, node, false);
    }
    return Insert(node, Op::kClassHasVersion, {ClassOf(node, instance)},
                  nullptr, node->imm);
  }

  Node* Load(Node* node, Node* instance) {
    size_t field = analysis_.GroupOf(instance).IndexOf(escape::FieldOf(*node));
    return Full(node, Op::kGuardFull, variables().Get(instance, field));
  }

  Node* Full(Node* at, Op op, Node* value) {
    if (!value->type.nullable) return value;
    Node* full =
        Insert(at, op, {value}, op == Op::kGuardFull ? at->state : nullptr);
    full->type.nullable = false;
    guards_.push_back(full);
    return full;
  }

  // As FreePlainInstance does it.
  void Die(Node* at, Node* instance) {
    const Group& group = analysis_.GroupOf(instance);
    std::vector<Field> fields(group.fields);
    auto order = [](const Field& field) {
      return std::pair(field.place == Place::kClass    ? 2
                       : field.place == Place::kInline ? 1
                                                       : 0,
                       field.index);
    };
    std::sort(
        fields.begin(), fields.end(),
        [&](const Field& a, const Field& b) { return order(a) < order(b); });
    // The class last.
    for (const Field& field : fields) {
      Node* value = variables().Get(instance, group.IndexOf(field));
      if (value->op == Op::kNull) continue;
      if (field.place == Place::kClass && IsHeld(instance, group)) {
        Insert(at, Op::kDropRef, {value});
        continue;
      }
      Insert(at, value->type.nullable ? Op::kXDecRef : Op::kDecRef, {value},
             at->state);
    }
  }

  // Whether another instance holds the class.
  bool IsHeld(const Node* instance, const Group& group) const {
    return std::any_of(analysis_.instances().begin(),
                       analysis_.instances().end(), [&](const Node* other) {
                         return other != instance && !other->type.nullable &&
                                counts_->Of(other) > 0 &&
                                analysis_.GroupOf(other).version ==
                                    group.version;
                       });
  }

  // --- States
  // -------------------------------------------------------------------

  // The state with objects in place of the instances.
  FrameState* StateOf(FrameState* state) {
    std::vector<Node*> instances;
    escape::ForEachMention(state, analysis_, [&](Node* instance) {
      auto end = instances.end();
      if (std::find(instances.begin(), end, instance) == end) {
        instances.push_back(instance);
      }
    });
    if (instances.empty()) return state;
    std::vector<Node*> values;
    for (Node* instance : instances) {
      size_t fields = analysis_.GroupOf(instance).fields.size();
      for (size_t i = 0; i < fields; ++i) {
        values.push_back(variables().Get(instance, i));
      }
    }
    FrameState*& known = states_[{state, values}];
    if (known == nullptr) known = MakeState(*state, instances, values);
    return known;
  }

  FrameState* MakeState(const FrameState& state,
                        const std::vector<Node*>& instances,
                        const std::vector<Node*>& values) {
    FrameState* made =
        function_.CopyState(state, static_cast<uint32_t>(values.size()));
    std::vector<StateObject> objects(state.objects.begin(),
                                     state.objects.end());
    auto next = static_cast<uint32_t>(state.slots.size());
    size_t value = 0;
    for (Node* instance : instances) {
      const std::vector<Field>& fields = analysis_.GroupOf(instance).fields;
      objects.push_back({objects_.at(instance), next, fields});
      for (size_t i = 0; i < fields.size(); ++i, ++next, ++value) {
        bool empty = values[value]->op == Op::kNull;
        made->slots[next].value = empty ? nullptr : values[value];
      }
    }
    for (StateObject& object : objects) {
      object.fields = function_.Keep(object.fields);
    }
    made->objects = function_.Keep<StateObject>(objects);
    FrameState** link = &made->caller;
    for (; *link != nullptr; link = &(*link)->caller) {
      *link = function_.CopyState(**link);
    }
    for (FrameState* s = made; s != nullptr; s = s->caller) {
      for (StateSlot& slot : s->slots) {
        if (slot.value == nullptr || slot.value->type.rep != Rep::kObject) {
          continue;
        }
        Node* owner = OwnerOf(slot.value);
        // Whoever builds the frame makes the object, and adds references.
        if (analysis_.IsVirtual(owner)) {
          slot = {.value = objects_.at(owner), .owned = false};
        }
      }
    }
    return made;
  }

  Function& function_;
  const Analysis analysis_;
  std::vector<Variables> variables_;  // one, once it is needed
  Counts* counts_ = nullptr;
  std::unordered_map<const Node*, Node*> objects_;  // by instance
  std::unordered_map<const Node*, Node*> classes_;  // by guard of the version
  std::map<std::pair<FrameState*, std::vector<Node*>>, FrameState*> states_;
  std::vector<Node*> guards_;  // on attributes
  std::vector<Node*> gone_;
};

uint32_t Run(Function& function, const PassContext&) {
  return Rewriter(&function).Run();
}

}  // namespace

constinit const Pass kEscapePass = {
    "escape",
    "keeps attributes of instances that nobody else gets to see in values of "
    "their own, and makes these instances where code is left",
    Run,
    {}};

}  // namespace pyvm::ir
