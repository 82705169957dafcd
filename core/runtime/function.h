// Python functions as C code sees them.
#ifndef PYVM_CORE_RUNTIME_FUNCTION_H_
#define PYVM_CORE_RUNTIME_FUNCTION_H_

#include <cstddef>

#include "core/host/cpython.h"

namespace pyvm {

// The vectorcall of functions that pyvm makes. As _PyFunction_Vectorcall,
// without the detour through CPython's binding of arguments and the evaluation
// hook where a unit exists and nothing is traced.
PyObject* FunctionVectorcall(PyObject* callable, PyObject* const* args,
                             size_t nargsf, PyObject* kwnames);

}  // namespace pyvm

#endif  // PYVM_CORE_RUNTIME_FUNCTION_H_
