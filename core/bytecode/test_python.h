// CPython inside unit tests: a test that includes this links test_python.cc,
// whose main starts it.
#ifndef PYVM_CORE_BYTECODE_TEST_PYTHON_H_
#define PYVM_CORE_BYTECODE_TEST_PYTHON_H_

#include <memory>
#include <string>
#include <vector>

#include "core/bytecode/python.h"
#include "core/bytecode/translator.h"

namespace pyvm {

struct DecRef {
  void operator()(PyCodeObject* code) const {
    Py_XDECREF(reinterpret_cast<PyObject*>(code));
  }
};
using OwnedCode = std::unique_ptr<PyCodeObject, DecRef>;

struct UnitDeleter {
  void operator()(Unit* unit) const {
    if (unit != nullptr) FreeUnit(unit);
  }
};
using OwnedUnit = std::unique_ptr<Unit, UnitDeleter>;

// The code of a module with this source. Null, and a failed test, if it does
// not compile.
OwnedCode Compile(const std::string& source);

// `code` and all code among its constants, to any depth.
std::vector<OwnedCode> WithNested(PyCodeObject* code);

// The code of the function `name` that the source defines at its top level.
OwnedCode CompileFunction(const std::string& source, const std::string& name);

// The code of every module of the standard library, less its tests.
std::vector<OwnedCode> StandardLibrary();

// The unit of `code`, or null with *error telling the exception, which is
// cleared.
OwnedUnit TranslateOrError(PyCodeObject* code, std::string* error);

// "name (file:line)".
std::string Describe(PyCodeObject* code);

// Runs Python source in a fresh namespace and returns it (a new reference). A
// failed test and null on an exception.
PyObject* RunPython(const char* source);

}  // namespace pyvm

#endif  // PYVM_CORE_BYTECODE_TEST_PYTHON_H_
