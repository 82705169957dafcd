// Which operation of the IR each piece of machine code was made of: by way of
// LLVM's debug information, whose line numbers are numbers of operations here.
// Includes LLVM: for .cc files only.
#ifndef PYVM_TIERS_LLVM_PLACES_H_
#define PYVM_TIERS_LLVM_PLACES_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "llvm/IR/DebugInfoMetadata.h"
#include "llvm/IR/DebugLoc.h"
#include "llvm/IR/Function.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/Object/ObjectFile.h"
#include "passes/ir/ir.h"
#include "tiers/llvm/lowering.h"

namespace pyvm::llvm_tier {

class Places {
 public:
  // The function's operations. An operation belongs to the instruction of its
  // frame state; one without a state to that of what stands before it.
  explicit Places(const ir::Function& fn);

  // Before anything is added to the LLVM function.
  void Begin(llvm::Function* function);
  // Of what the node becomes.
  llvm::DebugLoc Of(const ir::Node& node) const;

  std::vector<Operation> TakeOperations() { return std::move(operations_); }

 private:
  std::vector<Operation> operations_;
  std::vector<uint32_t> lines_;  // by node
  llvm::DISubprogram* scope_ = nullptr;
};

// LLVM's numbers begin with 1.
inline uint32_t OperationOfLine(uint32_t line) {
  return line == 0 ? kNoOperation : line - 1;
}

// The places in the object's code, whose section begins at 0.
std::vector<CodePart> ReadPlaces(const llvm::object::ObjectFile& object);

// From now on what LLVM says of its optimizations is appended to `remarks`.
void CollectRemarks(llvm::LLVMContext& context,
                    std::vector<LlvmRemark>* remarks);

}  // namespace pyvm::llvm_tier

#endif  // PYVM_TIERS_LLVM_PLACES_H_
