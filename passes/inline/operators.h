// Operations of the library on instances, as calls of the methods that they
// would call. Private to the pass.
#ifndef PYVM_PASSES_INLINE_OPERATORS_H_
#define PYVM_PASSES_INLINE_OPERATORS_H_

#include "passes/ir/ir.h"

namespace pyvm::ir {

// Of a comparison or negation whose operands are likely to be instances
// of a class that has it as a Python function: the code makes them itself. The
// operation is replaced; returns the call, or null if nothing has changed.
Node* CallMethodOf(Function* function, Node* operation);

}  // namespace pyvm::ir

#endif  // PYVM_PASSES_INLINE_OPERATORS_H_
