// CPython's public headers, in the order in which C++ can read them.
#ifndef PYVM_CORE_BYTECODE_PYTHON_H_
#define PYVM_CORE_BYTECODE_PYTHON_H_

#define PY_SSIZE_T_CLEAN
#include <pyconfig.h>
#undef HAVE_STD_ATOMIC
#include <Python.h>
#include <opcode.h>

#endif  // PYVM_CORE_BYTECODE_PYTHON_H_
