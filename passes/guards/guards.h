// Nodes that repeat what a dominating one has found: guards, loads from memory
// that has not changed since, arithmetic.
#ifndef PYVM_PASSES_GUARDS_GUARDS_H_
#define PYVM_PASSES_GUARDS_GUARDS_H_

#include "passes/ir/pass.h"

namespace pyvm::ir {

extern const Pass kGuardsPass;

}  // namespace pyvm::ir

#endif  // PYVM_PASSES_GUARDS_GUARDS_H_
