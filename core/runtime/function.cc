#include "core/runtime/function.h"

#include "core/host/activation.h"
#include "core/runtime/bind.h"

namespace pyvm {

PyObject* FunctionVectorcall(PyObject* callable, PyObject* const* args,
                             size_t nargsf, PyObject* kwnames) {
  PyThreadState* tstate = _PyThreadState_GET();
  auto* func = reinterpret_cast<PyFunctionObject*>(callable);
  auto* code = reinterpret_cast<PyCodeObject*>(func->func_code);
  Unit* unit = UnitOf(code);
  if (unit == nullptr || unit->one_shot || tstate->cframe->use_tracing ||
      (code->co_flags & CO_OPTIMIZED) == 0) {
    return _PyFunction_Vectorcall(callable, args, nargsf, kwnames);
  }
  Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);
  Py_ssize_t total = nargs;
  if (kwnames != nullptr) total += PyTuple_GET_SIZE(kwnames);
  bool plain = unit->simple_args && total == nargs &&
               static_cast<uint32_t>(nargs) == unit->arg_count;
  Frame* frame = PushFrame(
      tstate, reinterpret_cast<PyFunctionObject*>(Py_NewRef(callable)), code,
      unit, plain ? unit->arg_count : 0);
  if (frame == nullptr) {
    Py_DECREF(callable);
    return nullptr;
  }
  PyObject* result = nullptr;
  bool bound = true;
  if (plain) {
    for (Py_ssize_t i = 0; i < nargs; ++i) {
      frame->localsplus[i] = Py_NewRef(args[i]);
    }
  } else {
    for (Py_ssize_t i = 0; i < total; ++i) Py_INCREF(args[i]);
    bound = BindArguments(tstate, func, frame->localsplus, args, nargs,
                          kwnames) == 0;
  }
  if (bound) result = Enter(unit, tstate, frame, 0);
  // It has not run, for too much recursion perhaps: the arguments are its all.
  if (frame->stacktop < 0) frame->stacktop = code->co_nlocalsplus;
  ClearAndPopEntryFrame(tstate, frame);
  return result;
}

}  // namespace pyvm
