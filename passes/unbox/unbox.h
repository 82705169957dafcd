// Numbers and bools that go round loops as objects, or only wait in frame
// states, do so unboxed.
#ifndef PYVM_PASSES_UNBOX_UNBOX_H_
#define PYVM_PASSES_UNBOX_UNBOX_H_

#include "passes/ir/pass.h"

namespace pyvm::ir {

extern const Pass kUnboxPass;

}  // namespace pyvm::ir

#endif  // PYVM_PASSES_UNBOX_UNBOX_H_
