// Import statements.
#ifndef PYVM_CORE_RUNTIME_IMPORTS_H_
#define PYVM_CORE_RUNTIME_IMPORTS_H_

#include "core/runtime/window_ops.h"

namespace pyvm {

WindowOp ImportName;
WindowOp ImportFrom;
WindowOp ImportStar;

}  // namespace pyvm

#endif  // PYVM_CORE_RUNTIME_IMPORTS_H_
