#include "passes/ir/pure_functions.h"

#include <cstring>
#include <string_view>

namespace pyvm::ir {
namespace {

constexpr const char* kBuiltins = "builtins";
constexpr const char* kMath = "math";

const PureFunction kTable[] = {
    // --- str. What is no str is refused, not converted.
    {&PyUnicode_Type, nullptr, "capitalize", "", &PyUnicode_Type},
    {&PyUnicode_Type, nullptr, "casefold", "", &PyUnicode_Type},
    {&PyUnicode_Type, nullptr, "center", "i?a", &PyUnicode_Type},
    {&PyUnicode_Type, nullptr, "count", "a?ii", &PyLong_Type},
    {&PyUnicode_Type, nullptr, "endswith", "a?ii", &PyBool_Type},
    {&PyUnicode_Type, nullptr, "find", "a?ii", &PyLong_Type},
    {&PyUnicode_Type, nullptr, "index", "a?ii", &PyLong_Type},
    {&PyUnicode_Type, nullptr, "isalnum", "", &PyBool_Type},
    {&PyUnicode_Type, nullptr, "isalpha", "", &PyBool_Type},
    {&PyUnicode_Type, nullptr, "isascii", "", &PyBool_Type},
    {&PyUnicode_Type, nullptr, "isdecimal", "", &PyBool_Type},
    {&PyUnicode_Type, nullptr, "isdigit", "", &PyBool_Type},
    {&PyUnicode_Type, nullptr, "isidentifier", "", &PyBool_Type},
    {&PyUnicode_Type, nullptr, "islower", "", &PyBool_Type},
    {&PyUnicode_Type, nullptr, "isnumeric", "", &PyBool_Type},
    {&PyUnicode_Type, nullptr, "isprintable", "", &PyBool_Type},
    {&PyUnicode_Type, nullptr, "isspace", "", &PyBool_Type},
    {&PyUnicode_Type, nullptr, "istitle", "", &PyBool_Type},
    {&PyUnicode_Type, nullptr, "isupper", "", &PyBool_Type},
    {&PyUnicode_Type, nullptr, "join", "s", &PyUnicode_Type},
    {&PyUnicode_Type, nullptr, "ljust", "i?a", &PyUnicode_Type},
    {&PyUnicode_Type, nullptr, "lower", "", &PyUnicode_Type},
    {&PyUnicode_Type, nullptr, "lstrip", "?a", &PyUnicode_Type},
    {&PyUnicode_Type, nullptr, "partition", "a", &PyTuple_Type},
    {&PyUnicode_Type, nullptr, "removeprefix", "a", &PyUnicode_Type},
    {&PyUnicode_Type, nullptr, "removesuffix", "a", &PyUnicode_Type},
    {&PyUnicode_Type, nullptr, "replace", "aa?i", &PyUnicode_Type},
    {&PyUnicode_Type, nullptr, "rfind", "a?ii", &PyLong_Type},
    {&PyUnicode_Type, nullptr, "rindex", "a?ii", &PyLong_Type},
    {&PyUnicode_Type, nullptr, "rjust", "i?a", &PyUnicode_Type},
    {&PyUnicode_Type, nullptr, "rpartition", "a", &PyTuple_Type},
    {&PyUnicode_Type, nullptr, "rsplit", "?ai", &PyList_Type},
    {&PyUnicode_Type, nullptr, "rstrip", "?a", &PyUnicode_Type},
    {&PyUnicode_Type, nullptr, "split", "?ai", &PyList_Type},
    {&PyUnicode_Type, nullptr, "splitlines", "", &PyList_Type},
    {&PyUnicode_Type, nullptr, "startswith", "a?ii", &PyBool_Type},
    {&PyUnicode_Type, nullptr, "strip", "?a", &PyUnicode_Type},
    {&PyUnicode_Type, nullptr, "swapcase", "", &PyUnicode_Type},
    {&PyUnicode_Type, nullptr, "title", "", &PyUnicode_Type},
    {&PyUnicode_Type, nullptr, "upper", "", &PyUnicode_Type},
    {&PyUnicode_Type, nullptr, "zfill", "i", &PyUnicode_Type},
    // --- Containers, numbers
    {&PyDict_Type, nullptr, "copy", "", &PyDict_Type},
    {&PyDict_Type, nullptr, "items", "", &PyDictItems_Type},
    {&PyDict_Type, nullptr, "keys", "", &PyDictKeys_Type},
    {&PyDict_Type, nullptr, "values", "", &PyDictValues_Type},
    {&PyFloat_Type, nullptr, "is_integer", "", &PyBool_Type},
    {&PyList_Type, nullptr, "copy", "", &PyList_Type},
    {&PyLong_Type, nullptr, "bit_count", "", &PyLong_Type},
    {&PyLong_Type, nullptr, "bit_length", "", &PyLong_Type},
    {&PySet_Type, nullptr, "copy", "", &PySet_Type},
    // --- Functions
    {nullptr, kBuiltins, "bin", "i", &PyUnicode_Type},
    {nullptr, kBuiltins, "callable", "a", &PyBool_Type},
    {nullptr, kBuiltins, "chr", "i", &PyUnicode_Type},
    {nullptr, kBuiltins, "divmod", "ii", &PyTuple_Type},
    {nullptr, kBuiltins, "hex", "i", &PyUnicode_Type},
    {nullptr, kBuiltins, "id", "a", &PyLong_Type},
    {nullptr, kBuiltins, "oct", "i", &PyUnicode_Type},
    {nullptr, kBuiltins, "ord", "a", &PyLong_Type},
    {nullptr, kMath, "atan2", "ff", &PyFloat_Type},
    {nullptr, kMath, "ceil", "f", &PyLong_Type},
    {nullptr, kMath, "cos", "f", &PyFloat_Type},
    {nullptr, kMath, "exp", "f", &PyFloat_Type},
    {nullptr, kMath, "fabs", "f", &PyFloat_Type},
    {nullptr, kMath, "floor", "f", &PyLong_Type},
    {nullptr, kMath, "fmod", "ff", &PyFloat_Type},
    {nullptr, kMath, "isqrt", "i", &PyLong_Type},
    {nullptr, kMath, "log", "f?f", &PyFloat_Type},
    {nullptr, kMath, "pow", "ff", &PyFloat_Type},
    {nullptr, kMath, "sin", "f", &PyFloat_Type},
    {nullptr, kMath, "tan", "f", &PyFloat_Type},
};

bool IsOf(PyObject* function, const char* module) {
  PyObject* name = reinterpret_cast<PyCFunctionObject*>(function)->m_module;
  return name != nullptr && PyUnicode_Check(name) &&
         _PyUnicode_EqualToASCIIString(name, module);
}

}  // namespace

const PureFunction* FindPure(PyObject* callable) {
  const PyTypeObject* type = nullptr;
  const char* name;
  if (Py_IS_TYPE(callable, &PyMethodDescr_Type)) {
    auto* method = reinterpret_cast<PyMethodDescrObject*>(callable);
    type = method->d_common.d_type;
    name = method->d_method->ml_name;
  } else if (PyCFunction_CheckExact(callable)) {
    name = reinterpret_cast<PyCFunctionObject*>(callable)->m_ml->ml_name;
  } else {
    return nullptr;
  }
  for (const PureFunction& row : kTable) {
    if (row.type == type && std::strcmp(row.name, name) == 0 &&
        (type != nullptr || IsOf(callable, row.module))) {
      return &row;
    }
  }
  return nullptr;
}

bool Takes(const PureFunction& function, size_t num_args) {
  std::string_view args = function.args;
  size_t optional = args.find('?');
  if (optional == args.npos) return num_args == args.size();
  return num_args >= optional && num_args < args.size();
}

char KindOfArgument(const PureFunction& function, size_t i) {
  const char* optional = std::strchr(function.args, '?');
  bool behind = optional != nullptr && function.args + i >= optional;
  return function.args[i + (behind ? 1 : 0)];
}

}  // namespace pyvm::ir
