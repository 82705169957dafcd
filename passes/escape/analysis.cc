#include "passes/escape/analysis.h"

#include <algorithm>
#include <cctype>
#include <map>

#include "passes/ir/edit.h"

namespace pyvm::ir::escape {

bool IsAccess(const Node& node) {
  return node.op == Op::kLoadInline || node.op == Op::kLoadSlot ||
         IsStore(node);
}
bool IsStore(const Node& node) {
  return node.op == Op::kStoreInline || node.op == Op::kStoreSlot;
}
Field FieldOf(const Node& access) {
  bool is_inline =
      access.op == Op::kLoadInline || access.op == Op::kStoreInline;
  return {is_inline ? Place::kInline : Place::kSlot,
          static_cast<uint32_t>(access.imm)};
}

size_t Group::IndexOf(const Field& field) const {
  auto it = std::find(fields.begin(), fields.end(), field);
  return static_cast<size_t>(it - fields.begin());
}

// --- Counts ------------------------------------------------------------------

void Counts::Begin(const Block* block) {
  held_.clear();
  for (const Node* instance : instances_) {
    if (int count = flow_.CountAtEntry(block, instance); count != 0) {
      held_[instance] = count;
    }
  }
}

int Counts::Of(const Node* instance) const {
  auto it = held_.find(instance);
  return it == held_.end() ? 0 : it->second;
}

void Counts::Take(const Node& node) {
  if (node.op == Op::kPhi) return;
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    if (!isupper(node.info().Input(i))) continue;
    auto it = held_.find(OwnerOf(node.inputs[i]));
    if (it != held_.end()) --it->second;
  }
}

void Counts::Finish(const Node& node) {
  if (node.op == Op::kNewObject) held_[&node] = 1;
  if (node.op != Op::kIncRef) return;
  auto it = held_.find(OwnerOf(node.inputs[0]));
  if (it != held_.end()) ++it->second;
}

// --- Analysis ----------------------------------------------------------------

namespace {

std::string NameOf(const Node* node) { return "v" + std::to_string(node->id); }

template <typename F>
void ForEachSlot(const FrameState* state, F f) {
  for (; state != nullptr; state = state->caller) {
    for (const StateSlot& slot : state->slots) {
      if (slot.value != nullptr && slot.value->type.rep == Rep::kObject) {
        f(OwnerOf(slot.value));
      }
    }
  }
}

}  // namespace

Analysis::Analysis(const Function& function)
    : function_(function),
      flow_(function),
      uses_(function.num_nodes()),
      candidate_(function.num_nodes()),
      made_by_(function.num_nodes()),
      group_(function.num_nodes(), kNone) {
  if (!flow_.error().empty()) return;
  CollectUses();
  FindPhis();
  while (CheckUses() || CheckCounts() || CheckFields()) {
  }
  std::erase_if(instances_, [this](Node* n) { return !IsCandidate(n); });
}

void Analysis::CollectUses() {
  for (Block* block : function_.blocks()) {
    for (Node* node : NodesOf(block)) {
      bool plain =
          node->op == Op::kNewObject && node->imm != 0 && !node->catches;
      if (plain || (node->op == Op::kPhi && node->type.rep == Rep::kObject)) {
        instances_.push_back(node);
        candidate_[node->id] = true;
        if (plain) made_by_[node->id] = node;
      }
      for (uint32_t i = 0; i < node->inputs.size(); ++i) {
        if (node->inputs[i]->type.rep != Rep::kObject) continue;
        uses_[OwnerOf(node->inputs[i])->id].push_back({node, i});
      }
    }
  }
}

// Phis of instances of one class: all that nothing speaks against.
void Analysis::FindPhis() {
  for (bool changed = true; changed;) {
    changed = false;
    for (Node* phi : instances_) {
      if (phi->op != Op::kPhi || !IsCandidate(phi)) continue;
      const Node*& made_by = made_by_[phi->id];
      for (const Node* input : phi->inputs) {
        const Node* owner = OwnerOf(input);
        if (owner->op == Op::kNull) continue;
        const Node* by = IsCandidate(owner) ? made_by_[owner->id] : nullptr;
        if (!IsCandidate(owner) ||
            (by != nullptr && made_by != nullptr && by->imm != made_by->imm)) {
          candidate_[phi->id] = false;
          changed = true;
          break;
        }
        if (by != nullptr && made_by == nullptr) {
          made_by = by;
          changed = true;
        }
      }
    }
  }
  std::erase_if(instances_, [this](Node* node) {
    if (IsCandidate(node) && made_by_[node->id] != nullptr) return false;
    candidate_[node->id] = false;
    return true;
  });
}

void Analysis::Reject(Node* instance, const std::string& why) {
  if (!IsCandidate(instance)) return;
  candidate_[instance->id] = false;
  if (instance->op == Op::kNewObject) {
    remarks_.push_back(NameOf(instance) + " is made: " + why);
  }
}

const char* Analysis::Obstacle(const Node& node) const {
  // What dies, and a collection, may run code that looks at the frames: seldom,
  // and then it finds an object.
  bool rare = node.op == Op::kDecRef || node.op == Op::kXDecRef ||
              node.op == Op::kNewObject;
  if (rare || !node.info().Has(kCall) || !MayRunCode(node)) return nullptr;
  return node.info().name;
}

const char* Analysis::Obstacle(const Node* instance, const Use& use) const {
  const Node& user = *use.user;
  switch (user.op) {
    case Op::kIncRef:
    case Op::kDecRef:
    case Op::kXDecRef:
    case Op::kKnown:
    case Op::kGuardFull:
    case Op::kAssumeFull:
    case Op::kGuardInstanceKeys:
    case Op::kHasVersion:
    case Op::kGuardEmpty:
      return nullptr;
    case Op::kIsSame: {
      const Node* other = user.inputs[1 - use.index];
      bool both_null = user.inputs[use.index]->type.nullable &&
                       other->type.nullable && other->op != Op::kNull;
      if (!both_null) return nullptr;
      break;
    }
    case Op::kGuardVersion:
      if (user.imm == made_by_[instance->id]->imm) return nullptr;
      break;
    case Op::kLoadInline:
    case Op::kLoadSlot:
      return nullptr;
    case Op::kStoreInline:
    case Op::kStoreSlot:
      if (use.index == 0) return nullptr;
      break;
    case Op::kPhi:
      if (IsCandidate(&user)) return nullptr;
      break;
    default:
      break;
  }
  return user.info().name;
}

bool Analysis::CheckUses() {
  bool changed = false;
  for (bool again = true; again;) {
    again = false;
    for (Node* instance : instances_) {
      if (!IsCandidate(instance)) continue;
      const char* why = nullptr;
      for (const Use& use : uses_[instance->id]) {
        why = Obstacle(instance, use);
        if (why != nullptr) break;
      }
      if (instance->op == Op::kPhi) {
        for (const Node* input : instance->inputs) {
          const Node* owner = OwnerOf(input);
          if (!IsCandidate(owner) && owner->op != Op::kNull) why = "Phi";
        }
      }
      if (why == nullptr) continue;
      Reject(instance, std::string(why) + " needs it");
      again = changed = true;
    }
  }
  return changed;
}

void Analysis::CheckState(const Node& node, const Counts& counts,
                          bool* changed) {
  const char* obstacle = Obstacle(node);
  ForEachSlot(node.state, [&](Node* owner) {
    if (!IsCandidate(owner)) return;
    if (obstacle != nullptr) {
      Reject(owner, std::string(obstacle) + " may look at it");
    } else if (counts.Of(owner) < 1) {
      Reject(owner, "somebody else keeps it alive");
    } else {
      return;
    }
    *changed = true;
  });
}

// Each use is of an instance that the code itself holds; a phi takes the only
// reference.
bool Analysis::CheckCounts() {
  bool changed = false;
  Counts counts = MakeCounts();
  auto reject_unless = [&](bool good, Node* owner) {
    if (good || !IsCandidate(owner)) return;
    Reject(owner, "it has several names");
    changed = true;
  };
  for (Block* block : function_.blocks()) {
    counts.Begin(block);
    for (Node* node : NodesOf(block)) {
      if (node->op == Op::kPhi) continue;
      for (Node* input : node->inputs) {
        if (input->type.rep != Rep::kObject) continue;
        Node* owner = OwnerOf(input);
        reject_unless(counts.Of(owner) >= 1, owner);
      }
      if (node->info().Has(kCall)) {
        counts.Take(*node);
        CheckState(*node, counts, &changed);
      } else {
        CheckState(*node, counts, &changed);
        counts.Take(*node);
      }
      counts.Finish(*node);
    }
    for (Block* succ : block->succs) {
      if (succ == nullptr) continue;
      for (size_t i = 0; i < succ->preds.size(); ++i) {
        if (succ->preds[i] != block) continue;
        for (Node* phi = succ->first; phi && phi->op == Op::kPhi;
             phi = phi->next) {
          if (phi->type.rep != Rep::kObject) continue;
          Node* owner = OwnerOf(phi->inputs[i]);
          reject_unless(counts.Of(owner) == 1, owner);
        }
      }
    }
  }
  return changed;
}

// The order in which the instance gets its inline values: __dict__ shows it.
// False if it depends on the way that is taken.
bool Analysis::FindOrder(const Node* made, const Group& group,
                         std::vector<Field>* order) const {
  std::vector<const Node*> firsts;  // stores to inline values
  std::vector<const Node*> stores;
  for (const Use& use : uses_[made->id]) {
    if (IsStore(*use.user)) stores.push_back(use.user);
  }
  for (const Node* store : stores) {
    Field field = FieldOf(*store);
    bool again = std::find(order->begin(), order->end(), field) != order->end();
    if (!again) order->push_back(field);
    if (field.place != Place::kInline) continue;
    // Behind the first store to the same value, or else to the last one.
    const Node* before = firsts.empty() ? nullptr : firsts.back();
    for (const Node* first : firsts) {
      if (FieldOf(*first) == field) before = first;
    }
    if (before != nullptr &&
        !Function::Dominates(before->block, store->block)) {
      return false;
    }
    if (!again) firsts.push_back(store);
  }
  return group.fields.empty() || group.fields == *order;
}

// Whether instances that come into phis have the inline value already: a store
// there adds nothing to the order.
bool Analysis::IsSetBefore(const Group& group, const Field& field) const {
  for (const Node* made : instances_) {
    if (!IsCandidate(made) || made->op != Op::kNewObject ||
        &groups_[group_[made->id]] != &group) {
      continue;
    }
    const Node* first = nullptr;
    for (const Use& use : uses_[made->id]) {
      if (first == nullptr && IsStore(*use.user) &&
          FieldOf(*use.user) == field) {
        first = use.user;
      }
    }
    for (const Use& use : uses_[made->id]) {
      if (use.user->op != Op::kPhi) continue;
      const Block* from = use.user->block->preds[use.index];
      if (first == nullptr || !Function::Dominates(first->block, from)) {
        return false;
      }
    }
  }
  return true;
}

bool Analysis::MakeGroups() {
  groups_.clear();
  std::fill(group_.begin(), group_.end(), kNone);
  std::map<const Node*, const Node*> leader;
  auto find = [&](const Node* node) {
    while (leader[node] != node) node = leader[node];
    return node;
  };
  for (const Node* node : instances_) {
    if (IsCandidate(node)) leader[node] = node;
  }
  for (const Node* node : instances_) {
    if (!IsCandidate(node) || node->op != Op::kPhi) continue;
    for (const Node* input : node->inputs) {
      const Node* owner = OwnerOf(input);
      if (owner->op != Op::kNull) leader[find(owner)] = find(node);
    }
  }
  bool any = false;
  for (const Node* node : instances_) {
    if (!IsCandidate(node)) continue;
    const Node* first = find(node);
    if (group_[first->id] == kNone) {
      group_[first->id] = static_cast<uint32_t>(groups_.size());
      const Node* made_by = made_by_[node->id];
      groups_.push_back({.cls = made_by->ptr, .version = made_by->imm});
    }
    group_[node->id] = group_[first->id];
    any = true;
  }
  return any;
}

bool Analysis::CheckFields() {
  if (!MakeGroups()) return false;
  bool changed = false;
  for (Node* node : instances_) {
    if (!IsCandidate(node) || node->op != Op::kNewObject) continue;
    Group& group = groups_[group_[node->id]];
    std::vector<Field> order;
    if (!FindOrder(node, group, &order)) {
      Reject(node, "its attributes come in an order that is not known");
      changed = true;
    } else {
      group.fields = order;
    }
  }
  for (Node* node : instances_) {
    if (!IsCandidate(node)) continue;
    const Group& group = groups_[group_[node->id]];
    for (const Use& use : uses_[node->id]) {
      if (!IsCandidate(node) || !IsAccess(*use.user)) continue;
      Field field = FieldOf(*use.user);
      bool known = group.IndexOf(field) < group.fields.size();
      bool adds = node->op == Op::kPhi && IsStore(*use.user) &&
                  field.place == Place::kInline && !IsSetBefore(group, field);
      if (known && !adds) continue;
      Reject(node, "an attribute is not set where it is made");
      changed = true;
    }
  }
  if (changed) return true;
  for (Group& group : groups_) {
    group.fields.insert(group.fields.begin(), {Place::kClass, 0});
  }
  return false;
}

void ForEachMention(const FrameState* state, const Analysis& analysis,
                    const std::function<void(Node*)>& f) {
  ForEachSlot(state, [&](Node* owner) {
    if (analysis.IsVirtual(owner)) f(owner);
  });
}

}  // namespace pyvm::ir::escape
