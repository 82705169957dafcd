// Which objects need not exist. Private to the pass.
#ifndef PYVM_PASSES_UNBOX_ANALYSIS_H_
#define PYVM_PASSES_UNBOX_ANALYSIS_H_

#include <cstdint>
#include <vector>

#include "passes/ir/ir.h"

namespace pyvm::ir::unbox {

// What an object is that can be unboxed.
enum class Kind : uint8_t { kUnknown, kInt, kFloat, kBool, kObject };

const _typeobject* TypeOf(Kind kind);
Op BoxOf(Kind kind);
Op UnboxOf(Kind kind);
Type UnboxedTypeOf(Kind kind);
inline bool IsUnboxed(Kind kind) {
  return kind != Kind::kUnknown && kind != Kind::kObject;
}

// A use of an object, perhaps through guards on it.
struct Use {
  Node* user;
  uint32_t index;  // of the input
};

// What a use needs.
enum class Need : uint8_t {
  kValue,   // nothing but the number; or it is about references
  kObject,  // a box, which can be made for it
  kBox,     // this very object
};

class Analysis {
 public:
  explicit Analysis(const Function& function);

  // Of phis and boxes: what they become, or kObject if they stay.
  Kind KindOf(const Node* owner) const {
    return owner->id < kinds_.size() ? kinds_[owner->id] : Kind::kObject;
  }
  bool IsSunk(const Node* owner) const { return IsUnboxed(KindOf(owner)); }
  const std::vector<Use>& UsesOf(const Node* owner) const {
    return uses_[owner->id];
  }
  // Phis and boxes that lose their objects.
  std::vector<Node*> Sunk() const;
  Need NeedOf(const Use& use, Kind kind) const;

  // What phi input `index` is worth: the kind of the object, kUnknown if it may
  // be any (an input that is unboxed there), kObject if it has to stay one.
  Kind KindOfInput(const Node* phi, size_t index) const;
  // Whether the input has to be unboxed where it comes in.
  bool IsForeign(const Node* phi, size_t index) const;

 private:
  void CollectUses();
  void FindKinds();
  // One round: false if a group of phis was given up.
  bool KeepWorthy();
  void SinkBoxes();
  Kind Meet(const Node* phi) const;
  bool CanBox(const Node* owner, const Use& use) const;
  bool CanSink(const Node* box) const;

  const Function& function_;
  std::vector<std::vector<Use>> uses_;
  std::vector<Kind> kinds_;
  std::vector<bool> given_up_;
  std::vector<Node*> phis_, boxes_;
};

}  // namespace pyvm::ir::unbox

#endif  // PYVM_PASSES_UNBOX_ANALYSIS_H_
