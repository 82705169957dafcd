// Binding the arguments of a call to the parameters of a Python function.
#ifndef PYVM_CORE_RUNTIME_BIND_H_
#define PYVM_CORE_RUNTIME_BIND_H_

#include "core/host/cpython.h"

namespace pyvm {

// Binds `nargs` positional arguments, and behind them in `args` one for each
// name in the tuple `kwnames` (which may be null), to the parameters of `func`,
// which come first in `localsplus`. That is all null on entry. Steals the
// references in `args` in all cases. Returns 0, or -1 with an exception set:
// what is in `localsplus` by then is the caller's to release.
int BindArguments(PyThreadState* tstate, PyFunctionObject* func,
                  PyObject** localsplus, PyObject* const* args,
                  Py_ssize_t nargs, PyObject* kwnames);

}  // namespace pyvm

#endif  // PYVM_CORE_RUNTIME_BIND_H_
