// Replaces nodes whose result is known: unboxed boxes, guards on what is
// known, constants, phis of one value, branches that go one way.
#ifndef PYVM_PASSES_SIMPLIFY_SIMPLIFY_H_
#define PYVM_PASSES_SIMPLIFY_SIMPLIFY_H_

#include "passes/ir/pass.h"

namespace pyvm::ir {

extern const Pass kSimplifyPass;

}  // namespace pyvm::ir

#endif  // PYVM_PASSES_SIMPLIFY_SIMPLIFY_H_
