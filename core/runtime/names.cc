#include "core/runtime/names.h"

#include "core/runtime/raise.h"

namespace pyvm {

int LookupItem(PyThreadState* tstate, PyObject* mapping, PyObject* name,
               PyObject** value) {
  if (PyDict_CheckExact(mapping)) {
    *value = Py_XNewRef(PyDict_GetItemWithError(mapping, name));
    if (*value != nullptr) return 1;
    return _PyErr_Occurred(tstate) ? -1 : 0;
  }
  *value = PyObject_GetItem(mapping, name);
  if (*value != nullptr) return 1;
  if (!_PyErr_ExceptionMatches(tstate, PyExc_KeyError)) return -1;
  _PyErr_Clear(tstate);
  return 0;
}

int StoreItem(PyObject* mapping, PyObject* name, PyObject* value) {
  int err = PyDict_CheckExact(mapping) ? PyDict_SetItem(mapping, name, value)
                                       : PyObject_SetItem(mapping, name, value);
  return err == 0 ? 0 : -1;
}

PyObject* LoadName(PyThreadState* tstate, _PyInterpreterFrame* frame,
                   PyObject* name) {
  PyObject* locals = frame->f_locals;
  if (locals == nullptr) {
    _PyErr_Format(tstate, PyExc_SystemError, "no locals when loading %R", name);
    return nullptr;
  }
  PyObject* value;
  if (LookupItem(tstate, locals, name, &value) != 0) return value;
  // A subclass of dict is read as a dict here, unlike in LoadGlobal.
  value = Py_XNewRef(PyDict_GetItemWithError(frame->f_globals, name));
  if (value != nullptr || _PyErr_Occurred(tstate)) return value;
  if (LookupItem(tstate, frame->f_builtins, name, &value) == 0) {
    FormatNameError(tstate, name);
  }
  return value;
}

PyObject* LoadGlobal(PyThreadState* tstate, _PyInterpreterFrame* frame,
                     PyObject* name) {
  PyObject* globals = frame->f_globals;
  PyObject* builtins = frame->f_builtins;
  if (PyDict_CheckExact(globals) && PyDict_CheckExact(builtins)) {
    PyObject* found =
        _PyDict_LoadGlobal(reinterpret_cast<PyDictObject*>(globals),
                           reinterpret_cast<PyDictObject*>(builtins), name);
    if (found != nullptr) return Py_NewRef(found);
    if (!_PyErr_Occurred(tstate)) FormatNameError(tstate, name);
    return nullptr;
  }
  PyObject* value;
  if (LookupItem(tstate, globals, name, &value) == 0 &&
      LookupItem(tstate, builtins, name, &value) == 0) {
    FormatNameError(tstate, name);
  }
  return value;
}

PyObject* LoadClassDeref(PyThreadState* tstate, _PyInterpreterFrame* frame,
                         int local) {
  PyCodeObject* code = frame->f_code;
  PyObject* name = PyTuple_GET_ITEM(code->co_localsplusnames, local);
  PyObject* value;
  if (LookupItem(tstate, frame->f_locals, name, &value) != 0) return value;
  value = Py_XNewRef(PyCell_GET(frame->localsplus[local]));
  if (value == nullptr) FormatUnboundDeref(tstate, code, local);
  return value;
}

int StoreName(PyThreadState* tstate, _PyInterpreterFrame* frame, PyObject* name,
              PyObject* value) {
  if (frame->f_locals == nullptr) {
    _PyErr_Format(tstate, PyExc_SystemError, "no locals found when storing %R",
                  name);
    return -1;
  }
  return StoreItem(frame->f_locals, name, value);
}

int DeleteName(PyThreadState* tstate, _PyInterpreterFrame* frame,
               PyObject* name) {
  if (frame->f_locals == nullptr) {
    _PyErr_Format(tstate, PyExc_SystemError, "no locals when deleting %R",
                  name);
    return -1;
  }
  if (PyObject_DelItem(frame->f_locals, name) == 0) return 0;
  FormatNameError(tstate, name);  // whatever the mapping raised
  return -1;
}

int DeleteGlobal(PyThreadState* tstate, _PyInterpreterFrame* frame,
                 PyObject* name) {
  if (PyDict_DelItem(frame->f_globals, name) == 0) return 0;
  if (_PyErr_ExceptionMatches(tstate, PyExc_KeyError)) {
    FormatNameError(tstate, name);
  }
  return -1;
}

}  // namespace pyvm
