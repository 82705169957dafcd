#include "core/tier/unit_name.h"

#include <Python.h>

#include "core/bytecode/unit.h"

namespace pyvm {
namespace {

const char* Utf8(PyObject* text) {
  // This may be called while an exception is set, and must not touch it.
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  const char* result = PyUnicode_AsUTF8(text);
  PyErr_Restore(type, value, traceback);
  return result != nullptr ? result : "?";
}

}  // namespace

UnitName NameOf(const Unit& unit) {
  if (unit.code == nullptr) return {"?", "?", 0};
  return {Utf8(unit.code->co_qualname), Utf8(unit.code->co_filename),
          static_cast<uint32_t>(unit.code->co_firstlineno)};
}

}  // namespace pyvm
