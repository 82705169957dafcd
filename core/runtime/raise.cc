#include "core/runtime/raise.h"

#include "core/runtime/ref.h"

namespace pyvm {
namespace {

constexpr char kUnboundLocal[] =
    "cannot access local variable '%s' where it is not associated with a value";
constexpr char kUnboundFree[] =
    "cannot access free variable '%s' where it is not associated with a value "
    "in enclosing scope";

int Reraise(PyThreadState* tstate) {
  PyObject* exc = _PyErr_GetTopmostException(tstate)->exc_value;
  if (exc == nullptr || Py_IsNone(exc)) {
    _PyErr_SetString(tstate, PyExc_RuntimeError,
                     "No active exception to reraise");
    return 0;
  }
  _PyErr_Restore(tstate, Py_NewRef(PyExceptionInstance_Class(exc)),
                 Py_NewRef(exc), PyException_GetTraceback(exc));
  return 1;
}

// Sets the cause that the statement asks for. Returns 0, or -1 with an
// exception set.
int SetCause(PyThreadState* tstate, PyObject* exc, PyObject* cause) {
  PyObject* fixed = nullptr;  // None asks for no cause
  if (PyExceptionClass_Check(cause)) {
    fixed = _PyObject_CallNoArgs(cause);
    if (fixed == nullptr) return -1;
  } else if (PyExceptionInstance_Check(cause)) {
    fixed = Py_NewRef(cause);
  } else if (!Py_IsNone(cause)) {
    _PyErr_SetString(tstate, PyExc_TypeError,
                     "exception causes must derive from BaseException");
    return -1;
  }
  PyException_SetCause(exc, fixed);
  return 0;
}

// The exception knows the name, from which the interpreter suggests others.
void RaiseNameError(PyThreadState* tstate, const char* format, PyObject* name) {
  const char* text = PyUnicode_AsUTF8(name);
  if (text == nullptr) return;
  _PyErr_Format(tstate, PyExc_NameError, format, text);
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  PyErr_NormalizeException(&type, &value, &traceback);
  if (PyErr_GivenExceptionMatches(value, PyExc_NameError) != 0 &&
      reinterpret_cast<PyNameErrorObject*>(value)->name == nullptr) {
    // A failure gives way to the NameError.
    (void)PyObject_SetAttr(value, &_Py_ID(name), name);
  }
  PyErr_Restore(type, value, traceback);
}

}  // namespace

int DoRaise(PyThreadState* tstate, PyObject* exc, PyObject* cause) {
  if (exc == nullptr) return Reraise(tstate);
  Ref cause_ref(cause), type, value;
  if (PyExceptionClass_Check(exc)) {
    *type.out() = exc;
    *value.out() = _PyObject_CallNoArgs(exc);
    if (!value) return 0;
    if (!PyExceptionInstance_Check(value.get())) {
      _PyErr_Format(tstate, PyExc_TypeError,
                    "calling %R should have returned an instance of "
                    "BaseException, not %R",
                    exc, Py_TYPE(value.get()));
      return 0;
    }
  } else if (PyExceptionInstance_Check(exc)) {
    *value.out() = exc;
    *type.out() = Py_NewRef(PyExceptionInstance_Class(exc));
  } else {
    Py_DECREF(exc);
    _PyErr_SetString(tstate, PyExc_TypeError,
                     "exceptions must derive from BaseException");
    return 0;
  }
  if (cause != nullptr && SetCause(tstate, value.get(), cause) < 0) return 0;
  _PyErr_SetObject(tstate, type.get(), value.get());
  return 0;
}

int CheckExceptType(PyThreadState* tstate, PyObject* type) {
  bool is_tuple = PyTuple_Check(type);
  Py_ssize_t n = is_tuple ? PyTuple_GET_SIZE(type) : 1;
  for (Py_ssize_t i = 0; i < n; ++i) {
    PyObject* item = is_tuple ? PyTuple_GET_ITEM(type, i) : type;
    if (!PyExceptionClass_Check(item)) {
      _PyErr_SetString(tstate, PyExc_TypeError,
                       "catching classes that do not inherit from "
                       "BaseException is not allowed");
      return -1;
    }
  }
  return 0;
}

int CheckExcMatch(PyThreadState* tstate, PyObject* left, PyObject* right) {
  if (CheckExceptType(tstate, right) < 0) return -1;
  return PyErr_GivenExceptionMatches(left, right) != 0 ? 1 : 0;
}

void FormatUnboundLocal(PyThreadState* tstate, PyCodeObject* code, int local) {
  PyObject* name = PyTuple_GET_ITEM(code->co_localsplusnames, local);
  const char* text = PyUnicode_AsUTF8(name);
  if (text == nullptr) return;
  _PyErr_Format(tstate, PyExc_UnboundLocalError, kUnboundLocal, text);
}

void FormatUnboundDeref(PyThreadState* tstate, PyCodeObject* code, int local) {
  if (_PyErr_Occurred(tstate)) return;
  if (local < code->co_nplaincellvars + code->co_nlocals) {
    FormatUnboundLocal(tstate, code, local);
    return;
  }
  RaiseNameError(tstate, kUnboundFree,
                 PyTuple_GET_ITEM(code->co_localsplusnames, local));
}

void FormatNameError(PyThreadState* tstate, PyObject* name) {
  RaiseNameError(tstate, "name '%.200s' is not defined", name);
}

}  // namespace pyvm
