// The passes that can run: those of passes/, and those of plugins.
#ifndef PYVM_TIERS_LLVM_PASS_TABLE_H_
#define PYVM_TIERS_LLVM_PASS_TABLE_H_

#include "core/tier/tier.h"
#include "passes/ir/pass_manager.h"

namespace pyvm::llvm_tier {

// As --passes says. Plugins are added before the first function is compiled.
const ir::PassManager& DefaultManager();

const TierPasses* Passes();

}  // namespace pyvm::llvm_tier

#endif  // PYVM_TIERS_LLVM_PASS_TABLE_H_
