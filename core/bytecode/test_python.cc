#include "core/bytecode/test_python.h"

#include "gtest/gtest.h"

namespace pyvm {
namespace {

OwnedCode Own(PyObject* object) {
  return OwnedCode(reinterpret_cast<PyCodeObject*>(object));
}

std::string TakeError() {
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  PyErr_NormalizeException(&type, &value, &traceback);
  PyObject* text = PyObject_Str(value);
  std::string message = reinterpret_cast<PyTypeObject*>(type)->tp_name;
  if (text != nullptr) message += std::string(": ") + PyUnicode_AsUTF8(text);
  Py_XDECREF(text);
  Py_XDECREF(type);
  Py_XDECREF(value);
  Py_XDECREF(traceback);
  PyErr_Clear();
  return message;
}

constexpr char kStandardLibrary[] = R"(
import importlib.util, marshal, os
codes = []
for folder, folders, files in os.walk(os.path.dirname(os.__file__)):
    folders[:] = sorted(set(folders) - {
        '__pycache__', 'test', 'tests', 'dist-packages', 'site-packages'})
    for name in sorted(files):
        path = os.path.join(folder, name)
        if not name.endswith('.py'):
            continue
        try:
            with open(importlib.util.cache_from_source(path), 'rb') as file:
                codes.append(marshal.loads(file.read()[16:]))
                continue
        except OSError:
            pass
        try:
            with open(path, 'rb') as file:
                codes.append(compile(file.read(), path, 'exec'))
        except SyntaxError:
            pass  # lib2to3 and idlelib carry samples of Python 2
)";

}  // namespace

OwnedCode Compile(const std::string& source) {
  PyObject* code = Py_CompileString(source.c_str(), "<test>", Py_file_input);
  if (code == nullptr) ADD_FAILURE() << TakeError();
  return Own(code);
}

std::vector<OwnedCode> WithNested(PyCodeObject* code) {
  std::vector<OwnedCode> all;
  all.push_back(Own(Py_NewRef(reinterpret_cast<PyObject*>(code))));
  for (size_t i = 0; i < all.size(); ++i) {
    PyObject* consts = all[i]->co_consts;
    for (Py_ssize_t j = 0; j < PyTuple_GET_SIZE(consts); ++j) {
      PyObject* c = PyTuple_GET_ITEM(consts, j);
      if (PyCode_Check(c)) all.push_back(Own(Py_NewRef(c)));
    }
  }
  return all;
}

OwnedCode CompileFunction(const std::string& source, const std::string& name) {
  OwnedCode module = Compile(source);
  if (module == nullptr) return nullptr;
  for (OwnedCode& code : WithNested(module.get())) {
    if (name == PyUnicode_AsUTF8(code->co_qualname)) return std::move(code);
  }
  ADD_FAILURE() << "no function " << name;
  return nullptr;
}

std::vector<OwnedCode> StandardLibrary() {
  std::vector<OwnedCode> modules;
  PyObject* space = RunPython(kStandardLibrary);
  if (space == nullptr) return modules;
  PyObject* list = PyDict_GetItemString(space, "codes");
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list); ++i) {
    modules.push_back(Own(Py_NewRef(PyList_GET_ITEM(list, i))));
  }
  Py_DECREF(space);
  return modules;
}

OwnedUnit TranslateOrError(PyCodeObject* code, std::string* error) {
  Unit* unit = Translate(code);
  error->clear();
  if (unit == nullptr) {
    *error = PyErr_Occurred() ? TakeError() : "null without an exception";
  } else if (PyErr_Occurred()) {
    *error = "a unit with an exception: " + TakeError();
  }
  return OwnedUnit(unit);
}

std::string Describe(PyCodeObject* code) {
  return std::string(PyUnicode_AsUTF8(code->co_qualname)) + " (" +
         PyUnicode_AsUTF8(code->co_filename) + ":" +
         std::to_string(code->co_firstlineno) + ")";
}

PyObject* RunPython(const char* source) {
  PyObject* space = PyDict_New();
  PyDict_SetItemString(space, "__builtins__", PyEval_GetBuiltins());
  PyObject* result = PyRun_String(source, Py_file_input, space, space);
  if (result == nullptr) {
    ADD_FAILURE() << TakeError();
    Py_DECREF(space);
    return nullptr;
  }
  Py_DECREF(result);
  return space;
}

}  // namespace pyvm

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  PyConfig config;
  PyConfig_InitIsolatedConfig(&config);
  config.site_import = 0;
  PyStatus status = Py_InitializeFromConfig(&config);
  PyConfig_Clear(&config);
  if (PyStatus_Exception(status)) Py_ExitStatusException(status);
  int result = RUN_ALL_TESTS();
  return Py_FinalizeEx() < 0 ? 1 : result;
}
