// Drops nodes whose values nobody uses, and whose absence nobody can tell.
#ifndef PYVM_PASSES_DCE_DCE_H_
#define PYVM_PASSES_DCE_DCE_H_

#include "passes/ir/pass.h"

namespace pyvm::ir {

extern const Pass kDcePass;

}  // namespace pyvm::ir

#endif  // PYVM_PASSES_DCE_DCE_H_
