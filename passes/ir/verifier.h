// What must hold of a function between passes.
#ifndef PYVM_PASSES_IR_VERIFIER_H_
#define PYVM_PASSES_IR_VERIFIER_H_

#include <string>

#include "passes/ir/ir.h"

namespace pyvm::ir {

// Empty, or one line that names the function and the node: blocks, phis and
// edges agree; inputs are what ops.def asks for; definitions dominate their
// uses, those in frame states too; states are there, and have a slot for each
// register; and what CheckReferences says.
std::string Verify(const Function& function);

// The part about references, of a function whose structure is right: on every
// path, each reference that an operation makes is taken once, and a frame that
// is built where code is left gets all those that have not been taken. A phi of
// objects takes the references of its inputs. Values that may be null there
// may be taken less often.
std::string CheckReferences(const Function& function);

}  // namespace pyvm::ir

#endif  // PYVM_PASSES_IR_VERIFIER_H_
