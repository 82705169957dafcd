// Takes out pairs of IncRef and DecRef between which something else keeps the
// object alive.
#ifndef PYVM_PASSES_REFCOUNT_REFCOUNT_H_
#define PYVM_PASSES_REFCOUNT_REFCOUNT_H_

#include "passes/ir/pass.h"

namespace pyvm::ir {

extern const Pass kRefcountPass;

}  // namespace pyvm::ir

#endif  // PYVM_PASSES_REFCOUNT_REFCOUNT_H_
