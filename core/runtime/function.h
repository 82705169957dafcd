// Python functions as C code sees them.
#ifndef PYVM_CORE_RUNTIME_FUNCTION_H_
#define PYVM_CORE_RUNTIME_FUNCTION_H_

#include <cstddef>

#include "core/bytecode/unit.h"
#include "core/host/cpython.h"
#include "core/host/frame.h"

namespace pyvm {

// The vectorcall of functions that pyvm makes. As _PyFunction_Vectorcall,
// without the detour through CPython's binding of arguments and the evaluation
// hook where a unit exists and nothing is traced.
PyObject* FunctionVectorcall(PyObject* callable, PyObject* const* args,
                             size_t nargsf, PyObject* kwnames);

// A function of `code`, without defaults; null with an exception. Functions of
// one code object have one version from the second on, as long as nobody
// changes them or gives them defaults: what calls them knows their code.
PyObject* NewFunction(PyObject* code, PyObject* globals);
// To be called before a new function gets defaults.
void ForgetVersion(PyObject* function);
// Whether others may have the version of the function.
inline bool SharesVersion(const PyFunctionObject* function) {
  const Unit* unit =
      UnitOf(reinterpret_cast<PyCodeObject*>(function->func_code));
  return unit != nullptr && function->func_version != 0 &&
         function->func_version == unit->shared_version;
}

}  // namespace pyvm

#endif  // PYVM_CORE_RUNTIME_FUNCTION_H_
