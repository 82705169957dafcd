// From a unit to machine code. This and what it needs (IR, passes, lowering,
// LLVM) make a library of their own, which is loaded at the first compilation:
// a program that promotes nothing to this tier does not pay for it.
#ifndef PYVM_TIERS_LLVM_PIPELINE_H_
#define PYVM_TIERS_LLVM_PIPELINE_H_

#include <memory>

#include "core/tier/tier.h"
#include "tiers/llvm/code.h"

namespace pyvm::llvm_tier {

// One entry on its way. Owns references to what its code refers to.
class Compilation {
 public:
  virtual ~Compilation() = default;
  // As CompileTask's.
  virtual void Finish() = 0;
  // Adds the entry to `code`, of the same unit. False with a reason, a static
  // string.
  virtual bool AddTo(Code* code, const char** refused) = 0;
};

struct Pipeline {
  // Begins to compile an entry of the unit, which does not speculate on what
  // experience denies. `request.entry` is kFunctionStart or kLoopHeader. Null
  // with a reason, a static string.
  std::unique_ptr<Compilation> (*prepare)(Unit* unit,
                                          const CompileRequest& request,
                                          const Experience& experience,
                                          const char** refused);
  // As Tier::load.
  void (*warm_up)();
  // Gives a block of code memory back. Nothing runs in it.
  void (*release)(const uint8_t* block);
  const TierPasses* passes;
};

extern "C" {
// What the library exports. Null where executable memory cannot be had.
__attribute__((visibility("default"))) const Pipeline* pyvm_llvm_pipeline(
    const char** refused);
}

// The pipeline, loaded now if it has not been. Null with a reason.
const Pipeline* ThePipeline(const char** refused);

}  // namespace pyvm::llvm_tier

#endif  // PYVM_TIERS_LLVM_PIPELINE_H_
