// Generators that run in the activation of the frame that resumes them.
#ifndef PYVM_HANDLERS_GENERATORS_H_
#define PYVM_HANDLERS_GENERATORS_H_

#include "core/handlers/machine.h"
#include "core/runtime/unwind.h"

namespace pyvm::handlers {

// Ends a generator's frame that this activation has resumed, with act->result.
PYVM_HANDLER LeaveGenerator(PYVM_ARGS);
// A generator's frame has yielded act->result; it is in order.
PYVM_HANDLER LeaveSuspended(PYVM_ARGS);

// The loop budget is used up by a delegation, at whose SEND pc is. Nobody looks
// for signals: the innermost generator does.
PYVM_HANDLER DelegationBudget(PYVM_ARGS);

}  // namespace pyvm::handlers

#endif  // PYVM_HANDLERS_GENERATORS_H_
