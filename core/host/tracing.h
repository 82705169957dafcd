// The events that a trace or profile function gets from frames which pyvm still
// runs when tracing is switched on: CPython's evaluator takes them over at the
// next instruction, but an exception may leave them before that.
#ifndef PYVM_CORE_HOST_TRACING_H_
#define PYVM_CORE_HOST_TRACING_H_

#include "core/host/frame.h"

namespace pyvm {

// The current exception has arrived in `frame`. The trace function may replace
// it.
void TraceException(PyThreadState* tstate, Frame* frame);

// The current exception leaves `frame`.
void TraceUnwind(PyThreadState* tstate, Frame* frame);

}  // namespace pyvm

#endif  // PYVM_CORE_HOST_TRACING_H_
