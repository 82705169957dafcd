#include "core/runtime/imports.h"

#include "core/runtime/names.h"
#include "core/runtime/ref.h"

namespace pyvm {
namespace {

PyObject* NameAt(_PyInterpreterFrame* frame, uint32_t index) {
  return PyTuple_GET_ITEM(frame->f_code->co_names, index);
}

PyObject* Import(PyThreadState* tstate, _PyInterpreterFrame* frame,
                 PyObject* name, PyObject* fromlist, PyObject* level) {
  PyObject* import =
      _PyDict_GetItemWithError(frame->f_builtins, &_Py_ID(__import__));
  if (import == nullptr) {
    if (!_PyErr_Occurred(tstate)) {
      _PyErr_SetString(tstate, PyExc_ImportError, "__import__ not found");
    }
    return nullptr;
  }
  PyObject* locals = frame->f_locals != nullptr ? frame->f_locals : Py_None;
  if (import == tstate->interp->import_func) {  // nobody has replaced it
    int number = _PyLong_AsInt(level);
    if (number == -1 && _PyErr_Occurred(tstate)) return nullptr;
    return PyImport_ImportModuleLevelObject(name, frame->f_globals, locals,
                                            fromlist, number);
  }
  Ref function(Py_NewRef(import));
  PyObject* args[] = {name, frame->f_globals, locals, fromlist, level};
  return PyObject_Vectorcall(import, args, 5, nullptr);
}

// Raises the ImportError of `from package import name`. `package` is the name
// of the module, or null if it has none.
void CannotImport(PyThreadState* tstate, PyObject* module, PyObject* package,
                  PyObject* name) {
  Ref path(PyModule_GetFilenameObject(module));
  Ref shown(package != nullptr ? Py_NewRef(package)
                               : PyUnicode_FromString("<unknown module name>"));
  if (!shown) return;
  if (!path || !PyUnicode_Check(path.get())) {
    _PyErr_Clear(tstate);
    Ref message(PyUnicode_FromFormat(
        "cannot import name %R from %R (unknown location)", name, shown.get()));
    PyErr_SetImportError(message.get(), package, nullptr);
    return;
  }
  Ref spec(PyObject_GetAttr(module, &_Py_ID(__spec__)));
  const char* format =
      _PyModuleSpec_IsInitializing(spec.get())
          ? "cannot import name %R from partially initialized module %R "
            "(most likely due to a circular import) (%S)"
          : "cannot import name %R from %R (%S)";
  Ref message(PyUnicode_FromFormat(format, name, shown.get(), path.get()));
  PyErr_SetImportError(message.get(), package, path.get());
}

// Returns a new reference, or null with an exception set.
PyObject* FromModule(PyThreadState* tstate, PyObject* module, PyObject* name) {
  PyObject* value;
  if (_PyObject_LookupAttr(module, name, &value) != 0) return value;
  // In a circular import the submodule may be in sys.modules already.
  Ref package(PyObject_GetAttr(module, &_Py_ID(__name__)));
  if (!package || !PyUnicode_Check(package.get())) {
    CannotImport(tstate, module, nullptr, name);
    return nullptr;
  }
  {
    Ref full(PyUnicode_FromFormat("%U.%U", package.get(), name));
    if (!full) return nullptr;
    value = PyImport_GetModule(full.get());
  }
  if (value == nullptr && !_PyErr_Occurred(tstate)) {
    CannotImport(tstate, module, package.get(), name);
  }
  return value;
}

// Raises the TypeError of a name in __all__, or else in __dict__, that is no
// str.
void NameIsNoString(PyThreadState* tstate, PyObject* module, PyObject* name,
                    bool has_all) {
  Ref module_name(PyObject_GetAttr(module, &_Py_ID(__name__)));
  if (!module_name) return;
  if (!PyUnicode_Check(module_name.get())) {
    _PyErr_Format(tstate, PyExc_TypeError,
                  "module __name__ must be a string, not %.100s",
                  Py_TYPE(module_name.get())->tp_name);
    return;
  }
  _PyErr_Format(tstate, PyExc_TypeError, "%s in %U.%s must be str, not %.100s",
                has_all ? "Item" : "Key", module_name.get(),
                has_all ? "__all__" : "__dict__", Py_TYPE(name)->tp_name);
}

// The names that `from module import *` imports, as a new reference; null with
// an exception set.
PyObject* PublicNames(PyThreadState* tstate, PyObject* module, bool* has_all) {
  PyObject* all;
  if (_PyObject_LookupAttr(module, &_Py_ID(__all__), &all) < 0) return nullptr;
  *has_all = all != nullptr;
  if (*has_all) return all;
  Ref dict;
  if (_PyObject_LookupAttr(module, &_Py_ID(__dict__), dict.out()) < 0) {
    return nullptr;
  }
  if (!dict) {
    _PyErr_SetString(tstate, PyExc_ImportError,
                     "from-import-* object has no __dict__ and no __all__");
    return nullptr;
  }
  return PyMapping_Keys(dict.get());
}

int ImportAll(PyThreadState* tstate, PyObject* locals, PyObject* module) {
  bool has_all;
  Ref names(PublicNames(tstate, module, &has_all));
  if (!names) return -1;
  for (Py_ssize_t i = 0;; ++i) {
    Ref name(PySequence_GetItem(names.get(), i));
    if (!name) {
      if (!_PyErr_ExceptionMatches(tstate, PyExc_IndexError)) return -1;
      _PyErr_Clear(tstate);
      return 0;
    }
    if (!PyUnicode_Check(name.get())) {
      NameIsNoString(tstate, module, name.get(), has_all);
      return -1;
    }
    if (!has_all) {
      if (PyUnicode_READY(name.get()) == -1) return -1;
      // The empty name reads as NUL.
      if (PyUnicode_READ_CHAR(name.get(), 0) == '_') continue;
    }
    Ref value(PyObject_GetAttr(module, name.get()));
    if (!value || StoreItem(locals, name.get(), value.get()) != 0) return -1;
  }
}

}  // namespace

int ImportName(PyThreadState* tstate, _PyInterpreterFrame* frame, PyObject** s,
               uint32_t imm) {
  Ref level(Take(&s[0]));
  Ref fromlist(Take(&s[1]));
  s[0] = Import(tstate, frame, NameAt(frame, imm), fromlist.get(), level.get());
  return s[0] == nullptr ? -1 : 0;
}

int ImportFrom(PyThreadState* tstate, _PyInterpreterFrame* frame, PyObject** s,
               uint32_t imm) {
  s[0] = FromModule(tstate, s[-1], NameAt(frame, imm));
  return s[0] == nullptr ? -1 : 0;
}

int ImportStar(PyThreadState* tstate, _PyInterpreterFrame* frame, PyObject** s,
               uint32_t imm) {
  Ref module(Take(&s[0]));
  if (_PyFrame_FastToLocalsWithError(frame) < 0) return -1;
  if (frame->f_locals == nullptr) {
    _PyErr_SetString(tstate, PyExc_SystemError,
                     "no locals found during 'import *'");
    return -1;
  }
  int err = ImportAll(tstate, frame->f_locals, module.get());
  _PyFrame_LocalsToFast(frame, 0);
  return err;
}

}  // namespace pyvm
