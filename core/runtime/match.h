// The match statement.
#ifndef PYVM_CORE_RUNTIME_MATCH_H_
#define PYVM_CORE_RUNTIME_MATCH_H_

#include "core/runtime/window_ops.h"

namespace pyvm {

WindowOp GetLen;
WindowOp MatchMapping;
WindowOp MatchSequence;
WindowOp MatchKeys;
WindowOp MatchClass;

}  // namespace pyvm

#endif  // PYVM_CORE_RUNTIME_MATCH_H_
