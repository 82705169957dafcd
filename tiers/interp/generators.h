// Generators that run in the activation of the frame that resumes them.
//
// The resuming frame keeps the number of its instruction in `stacktop`, which a
// running frame does not need and which the collector takes for an empty stack
// as long as it is negative.
#ifndef PYVM_TIERS_INTERP_GENERATORS_H_
#define PYVM_TIERS_INTERP_GENERATORS_H_

#include "tiers/interp/machine.h"

namespace pyvm::interp {

// Ends a generator's frame that this activation has resumed, with act->result.
PYVM_CC void LeaveGenerator(PYVM_ARGS);
// A generator's frame has yielded act->result; it is in order.
PYVM_CC void LeaveSuspended(PYVM_ARGS);

}  // namespace pyvm::interp

#endif  // PYVM_TIERS_INTERP_GENERATORS_H_
