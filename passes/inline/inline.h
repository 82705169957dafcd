// Puts the bodies of known Python functions in place of their calls.
#ifndef PYVM_PASSES_INLINE_INLINE_H_
#define PYVM_PASSES_INLINE_INLINE_H_

#include "passes/ir/pass.h"

namespace pyvm::ir {

extern const Pass kInlinePass;

}  // namespace pyvm::ir

#endif  // PYVM_PASSES_INLINE_INLINE_H_
