// The Python module `pyvm`, and what pyvm leaves in the module `sys`.
#ifndef PYVM_CORE_DRIVER_MODULE_H_
#define PYVM_CORE_DRIVER_MODULE_H_

struct _object;  // PyObject

namespace pyvm {

// For PyImport_AppendInittab.
_object* InitPyvmModule();

// Adds pyvm's mark to sys.version, and sys.implementation._pyvm. 0, or -1 with
// an exception set.
int MarkSysModule();

// Has `function` called when the interpreter exits, behind all functions that
// are registered later. 0, or -1 with an exception set.
int RegisterAtExit(void (*function)());

}  // namespace pyvm

#endif  // PYVM_CORE_DRIVER_MODULE_H_
