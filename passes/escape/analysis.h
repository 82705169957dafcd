// Which instances need not exist. Private to the pass.
#ifndef PYVM_PASSES_ESCAPE_ANALYSIS_H_
#define PYVM_PASSES_ESCAPE_ANALYSIS_H_

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "passes/ir/ir.h"
#include "passes/ir/references.h"

namespace pyvm::ir::escape {

using Place = StateObject::Place;
using Field = StateObject::Field;

// Where a load or a store of an attribute goes.
bool IsAccess(const Node& node);
bool IsStore(const Node& node);
Field FieldOf(const Node& access);

// Instances that flow into each other through phis: they have the same class,
// and attributes in the same order.
struct Group {
  const void* cls = nullptr;
  int64_t version = 0;
  // The class first; inline values in the order in which they are first set.
  std::vector<Field> fields;

  size_t IndexOf(const Field& field) const;
};

// References of instances that are held, node by node.
class Counts {
 public:
  Counts(const ReferenceFlow& flow, const std::vector<Node*>& instances)
      : flow_(flow), instances_(instances) {}

  void Begin(const Block* block);
  int Of(const Node* instance) const;
  // What the node takes is gone: the state of a call says what is left.
  void Take(const Node& node);
  // Then: what it makes is there.
  void Finish(const Node& node);

 private:
  const ReferenceFlow& flow_;
  const std::vector<Node*>& instances_;
  std::unordered_map<const Node*, int> held_;
};

class Analysis {
 public:
  explicit Analysis(const Function& function);

  // NewObjects and phis that go, in the order of the blocks.
  const std::vector<Node*>& instances() const { return instances_; }
  bool IsVirtual(const Node* owner) const {
    return owner->id < group_.size() && group_[owner->id] != kNone;
  }
  const Group& GroupOf(const Node* instance) const {
    return groups_[group_[instance->id]];
  }
  Counts MakeCounts() const { return {flow_, instances_}; }
  // What stays, and why.
  const std::vector<std::string>& remarks() const { return remarks_; }

 private:
  struct Use {
    Node* user;
    uint32_t index;
  };
  static constexpr uint32_t kNone = ~uint32_t{0};

  void CollectUses();
  void FindPhis();
  void Reject(Node* instance, const std::string& why);
  bool IsCandidate(const Node* owner) const {
    return owner->id < candidate_.size() && candidate_[owner->id];
  }
  // One round: true if something was rejected.
  bool CheckUses();
  bool CheckCounts();
  bool CheckFields();
  bool MakeGroups();
  // Why the use needs the instance; null if it does not.
  const char* Obstacle(const Node* instance, const Use& use) const;
  // Of states: calls that may look at anything.
  const char* Obstacle(const Node& node) const;
  void CheckState(const Node& node, const Counts& counts, bool* changed);
  bool IsSetBefore(const Group& group, const Field& field) const;
  bool FindOrder(const Node* made, const Group& group,
                 std::vector<Field>* order) const;

  const Function& function_;
  const ReferenceFlow flow_;
  std::vector<std::vector<Use>> uses_;  // by id of the owner
  std::vector<bool> candidate_;
  std::vector<const Node*> made_by_;  // by id: a NewObject of the same class
  std::vector<Node*> instances_;
  std::vector<uint32_t> group_;
  std::vector<Group> groups_;
  std::vector<std::string> remarks_;
};

// Calls `f` with each virtual instance that a state of the chain mentions.
void ForEachMention(const FrameState* state, const Analysis& analysis,
                    const std::function<void(Node*)>& f);

}  // namespace pyvm::ir::escape

#endif  // PYVM_PASSES_ESCAPE_ANALYSIS_H_
