// Instances that nobody outside of the code gets to see are not made.
#ifndef PYVM_PASSES_ESCAPE_ESCAPE_H_
#define PYVM_PASSES_ESCAPE_ESCAPE_H_

#include "passes/ir/pass.h"

namespace pyvm::ir {

extern const Pass kEscapePass;

}  // namespace pyvm::ir

#endif  // PYVM_PASSES_ESCAPE_ESCAPE_H_
