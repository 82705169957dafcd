// Names in namespaces: locals of class and module bodies, globals, builtins.
#ifndef PYVM_CORE_RUNTIME_NAMES_H_
#define PYVM_CORE_RUNTIME_NAMES_H_

#include "core/host/cpython.h"

namespace pyvm {

// Return a new reference, or null with an exception set.
PyObject* LoadName(PyThreadState* tstate, _PyInterpreterFrame* frame,
                   PyObject* name);
PyObject* LoadGlobal(PyThreadState* tstate, _PyInterpreterFrame* frame,
                     PyObject* name);
// Looks in f_locals, then in the cell in register `local`.
PyObject* LoadClassDeref(PyThreadState* tstate, _PyInterpreterFrame* frame,
                         int local);

// Return 0, or -1 with an exception set. `value` is borrowed.
int StoreName(PyThreadState* tstate, _PyInterpreterFrame* frame, PyObject* name,
              PyObject* value);
int DeleteName(PyThreadState* tstate, _PyInterpreterFrame* frame,
               PyObject* name);
int DeleteGlobal(PyThreadState* tstate, _PyInterpreterFrame* frame,
                 PyObject* name);

// Looks `name` up in a dict or any other mapping. Returns 1 and a new reference
// in *value, 0 if it is not there, or -1 with an exception set; *value is null
// then.
int LookupItem(PyThreadState* tstate, PyObject* mapping, PyObject* name,
               PyObject** value);

// mapping[name] = value, all borrowed. Returns 0, or -1 with an exception set.
int StoreItem(PyObject* mapping, PyObject* name, PyObject* value);

}  // namespace pyvm

#endif  // PYVM_CORE_RUNTIME_NAMES_H_
