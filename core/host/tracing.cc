#include "core/host/tracing.h"

namespace pyvm {
namespace {

// As ceval.c's call_trace, which is private to that file.
int CallTrace(Py_tracefunc function, PyObject* object, PyThreadState* tstate,
              Frame* frame, int what, PyObject* arg) {
  if (tstate->tracing != 0) return 0;
  PyFrameObject* f = _PyFrame_GetFrameObject(frame);
  if (f == nullptr) return -1;
  int what_before = tstate->tracing_what;
  tstate->tracing_what = what;
  PyThreadState_EnterTracing(tstate);
  f->f_lineno = PyCode_Addr2Line(frame->f_code,
                                 _PyInterpreterFrame_LASTI(frame) *
                                     static_cast<int>(sizeof(_Py_CODEUNIT)));
  int result = function(object, f, what, arg);
  f->f_lineno = 0;
  PyThreadState_LeaveTracing(tstate);
  tstate->tracing_what = what_before;
  return result;
}

// Keeps the current exception unless the trace function raises another one.
int CallTraceProtected(Py_tracefunc function, PyObject* object,
                       PyThreadState* tstate, Frame* frame, int what,
                       PyObject* arg) {
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  int err = CallTrace(function, object, tstate, frame, what, arg);
  if (err == 0) {
    PyErr_Restore(type, value, traceback);
    return 0;
  }
  Py_XDECREF(type);
  Py_XDECREF(value);
  Py_XDECREF(traceback);
  return -1;
}

}  // namespace

void TraceException(PyThreadState* tstate, Frame* frame) {
  if (tstate->c_tracefunc == nullptr) return;
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  if (value == nullptr) value = Py_NewRef(Py_None);
  PyErr_NormalizeException(&type, &value, &traceback);
  PyObject* arg =
      PyTuple_Pack(3, type, value, traceback != nullptr ? traceback : Py_None);
  PyErr_Restore(type, value, traceback);
  if (arg == nullptr) return;
  // A failure has replaced the exception.
  (void)CallTraceProtected(tstate->c_tracefunc, tstate->c_traceobj, tstate,
                           frame, PyTrace_EXCEPTION, arg);
  Py_DECREF(arg);
}

void TraceUnwind(PyThreadState* tstate, Frame* frame) {
  if (tstate->c_tracefunc != nullptr &&
      CallTraceProtected(tstate->c_tracefunc, tstate->c_traceobj, tstate, frame,
                         PyTrace_RETURN, nullptr) != 0) {
    return;
  }
  if (tstate->c_profilefunc != nullptr) {
    (void)CallTraceProtected(tstate->c_profilefunc, tstate->c_profileobj,
                             tstate, frame, PyTrace_RETURN, nullptr);
  }
}

}  // namespace pyvm
