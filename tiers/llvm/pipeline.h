// From a unit to machine code. This and what it needs (IR, passes, lowering,
// LLVM) make a library of their own, which is loaded at the first compilation:
// a program that promotes nothing to this tier does not pay for it.
#ifndef PYVM_TIERS_LLVM_PIPELINE_H_
#define PYVM_TIERS_LLVM_PIPELINE_H_

#include "core/tier/tier.h"
#include "tiers/llvm/code.h"

namespace pyvm::llvm_tier {

struct Pipeline {
  // Compiles one entry of the unit and adds it to `code`, whose denials hold.
  // `request.entry` is kFunctionStart or kLoopHeader. False with a reason, a
  // static string.
  bool (*compile)(Unit* unit, const CompileRequest& request, Code* code,
                  const char** refused);
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
