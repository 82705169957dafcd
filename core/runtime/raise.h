// Raising exceptions and asking whether a handler takes them.
#ifndef PYVM_CORE_RUNTIME_RAISE_H_
#define PYVM_CORE_RUNTIME_RAISE_H_

#include "core/host/cpython.h"

namespace pyvm {

// The raise statement; steals `exc` and `cause`, each of which may be null.
// Always leaves an exception set. Returns 1 if it is the handled exception
// again, whose traceback gets no new entry, else 0.
int DoRaise(PyThreadState* tstate, PyObject* exc, PyObject* cause);

// Whether `except right` takes exception `left`; both are borrowed. Returns 1,
// 0, or -1 with an exception set.
int CheckExcMatch(PyThreadState* tstate, PyObject* left, PyObject* right);

// Returns 0 if `type` (borrowed) is an exception class or a tuple of them, else
// -1 with an exception set.
int CheckExceptType(PyThreadState* tstate, PyObject* type);

// Raise what reading, or deleting, something that is not there raises: local
// variable `local`; the cell in register `local`, unless an exception is set
// already; a name.
void FormatUnboundLocal(PyThreadState* tstate, PyCodeObject* code, int local);
void FormatUnboundDeref(PyThreadState* tstate, PyCodeObject* code, int local);
void FormatNameError(PyThreadState* tstate, PyObject* name);

}  // namespace pyvm

#endif  // PYVM_CORE_RUNTIME_RAISE_H_
