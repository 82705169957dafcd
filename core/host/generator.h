// Generators and coroutines that C code resumes: the way from CPython's slots
// to an activation, without a detour through its evaluation hook.
#ifndef PYVM_CORE_HOST_GENERATOR_H_
#define PYVM_CORE_HOST_GENERATOR_H_

#include "core/host/cpython.h"

namespace pyvm::host {

// Puts our own functions into the slots of generators and coroutines, and into
// their method `send`. They
// serve as long as `evaluator` is the evaluation hook.
void InstallGenerators(_PyFrameEvalFunction evaluator);

}  // namespace pyvm::host

#endif  // PYVM_CORE_HOST_GENERATOR_H_
