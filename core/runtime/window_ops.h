// Operations on a window of the stack: the rows of opcodes.def whose fields are
// B, O, O. Those on modules and on patterns are in imports.h and match.h.
#ifndef PYVM_CORE_RUNTIME_WINDOW_OPS_H_
#define PYVM_CORE_RUNTIME_WINDOW_OPS_H_

#include <cstdint>

#include "core/host/cpython.h"

namespace pyvm {

// `s` is the first register of the window: the inputs are owned references from
// s[0] on, what lies below the window is s[-1] and so on, and stays. Consumes
// the inputs, leaves the outputs (owned) from s[0] on, and null in an input
// slot that holds no output. Returns 0, or -1 with an exception set: then the
// slots of the window are null or own references, which the unwinder releases.
using WindowOp = int(PyThreadState* tstate, _PyInterpreterFrame* frame,
                     PyObject** s, uint32_t imm);

// Containers and strings.
WindowOp BuildSet;
WindowOp BuildMap;
WindowOp BuildConstKeyMap;
WindowOp BuildString;
WindowOp BuildSlice;
WindowOp MapAdd;
WindowOp ListExtend;
WindowOp SetUpdate;
WindowOp DictUpdate;
WindowOp DictMerge;
WindowOp ListToTuple;
WindowOp UnpackEx;
WindowOp FormatValue;

// Functions, classes, module bodies.
WindowOp MakeFunction;
WindowOp LoadBuildClass;
WindowOp PrintExpr;
WindowOp SetupAnnotations;

// Exceptions and context managers.
WindowOp PushExcInfo;
WindowOp PopExcept;
WindowOp CheckEgMatch;
WindowOp PrepReraiseStar;
WindowOp WithExceptStart;
WindowOp BeforeWith;
WindowOp LoadAssertionError;

// Coroutines.
WindowOp GetYieldFromIter;
WindowOp GetAwaitable;
WindowOp GetAiter;
WindowOp GetAnext;
WindowOp BeforeAsyncWith;
WindowOp AsyncGenWrap;

// Stores the items of `v` (borrowed) from sp[-1] downwards: `before` of them,
// and, unless `after` is -1, a list of the middle ones and `after` more.
// Returns 1; or 0 with an exception set and null in the slots that it wrote.
int UnpackIterable(PyThreadState* tstate, PyObject* v, int before, int after,
                   PyObject** sp);

// Gives the exception that merging `kwargs` into the keyword arguments of a
// call of `func` raised the words of a call. All are borrowed.
void FormatKwargsError(PyThreadState* tstate, PyObject* func, PyObject* kwargs);

// Returns 0 if `args` can be the *args of a call of `func`, else -1 with an
// exception set, which replaces any that was.
int CheckArgsIterable(PyThreadState* tstate, PyObject* func, PyObject* args);

}  // namespace pyvm

#endif  // PYVM_CORE_RUNTIME_WINDOW_OPS_H_
