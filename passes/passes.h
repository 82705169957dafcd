// All passes there are, and which run by default.
#ifndef PYVM_PASSES_PASSES_H_
#define PYVM_PASSES_PASSES_H_

#include <span>
#include <string_view>

#include "passes/ir/pass.h"

namespace pyvm::ir {

std::span<const Pass* const> AllPasses();

// Names, separated by commas, in order; for PassManager.
std::string_view DefaultPasses();

}  // namespace pyvm::ir

#endif  // PYVM_PASSES_PASSES_H_
