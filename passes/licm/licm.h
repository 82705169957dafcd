// Moves out of loops what is the same in each turn.
#ifndef PYVM_PASSES_LICM_LICM_H_
#define PYVM_PASSES_LICM_LICM_H_

#include "passes/ir/pass.h"

namespace pyvm::ir {

extern const Pass kLicmPass;

}  // namespace pyvm::ir

#endif  // PYVM_PASSES_LICM_LICM_H_
