// References that code holds, followed along all paths.
#ifndef PYVM_PASSES_IR_REFERENCES_H_
#define PYVM_PASSES_IR_REFERENCES_H_

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>

#include "passes/ir/ir.h"

namespace pyvm::ir {

enum class Null : uint8_t { kNo, kMaybe, kYes };
struct Held {
  int count = 0;  // references of the code that have not been taken
  Null null = Null::kNo;
  bool operator==(const Held&) const = default;
};
// By value; what is not in it holds no reference. Ordered, so that the first
// complaint is always the same.
struct ById {
  bool operator()(const Node* a, const Node* b) const { return a->id < b->id; }
};
using References = std::map<const Node*, Held, ById>;

class ReferenceFlow {
 public:
  explicit ReferenceFlow(const Function& function);

  // What is wrong (see CheckReferences in verifier.h); empty if nothing is.
  const std::string& error() const { return error_; }

  // References of the value (see OwnerOf) that are held where the block begins,
  // its phis' included.
  int CountAtEntry(const Block* block, const Node* owner) const;

 private:
  std::string error_;
  std::unordered_map<const Block*, References> at_entry_;
};

}  // namespace pyvm::ir

#endif  // PYVM_PASSES_IR_REFERENCES_H_
