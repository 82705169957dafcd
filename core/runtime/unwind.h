// Exception tables, and entry points of units.
#ifndef PYVM_CORE_RUNTIME_UNWIND_H_
#define PYVM_CORE_RUNTIME_UNWIND_H_

#include "core/host/frame.h"
#include "core/host/resume.h"

namespace pyvm {

struct HandlerInfo {
  uint32_t depth;    // values that stay on the stack
  uint32_t handler;  // code unit where it begins
  bool lasti;        // whether the instruction number is pushed
};

// The handler of the code unit `position`; false if there is none.
bool FindHandler(const PyCodeObject* code, uint32_t position,
                 HandlerInfo* info);

// Moves the current exception to the frame's stack as `info` says: releases
// the temporaries above its depth, pushes the instruction number if wanted,
// and the normalized exception. -1 if that raised another one.
int EnterHandler(PyThreadState* tstate, Frame* frame, const Unit* unit,
                 const HandlerInfo& info);

}  // namespace pyvm

#endif  // PYVM_CORE_RUNTIME_UNWIND_H_
