#include "core/runtime/function.h"

#include "core/host/activation.h"
#include "core/host/enter.h"
#include "core/runtime/bind.h"

namespace pyvm {
namespace {

// Calls a function that takes just these arguments: most of what C code calls.
PyObject* CallPlain(PyThreadState* tstate, PyObject* callable, Unit* unit,
                    PyObject* const* args) {
  uint32_t nargs = unit->arg_count;
  Frame* frame = PushFrame(
      tstate, reinterpret_cast<PyFunctionObject*>(Py_NewRef(callable)),
      unit->code, unit, nargs);
  if (frame == nullptr) [[unlikely]] {
    Py_DECREF(callable);
    return nullptr;
  }
  for (uint32_t i = 0; i < nargs; ++i) {
    frame->localsplus[i] = Py_NewRef(args[i]);
  }
  PyObject* result = Activate(unit, tstate, frame, [unit](Activation* act) {
    act->pc = unit->instrs;
    act->throwing = false;
  });
  ClearAndPopEntryFrame(tstate, frame);
  return result;
}

}  // namespace

PyObject* FunctionVectorcall(PyObject* callable, PyObject* const* args,
                             size_t nargsf, PyObject* kwnames) {
  PyThreadState* tstate = _PyThreadState_GET();
  auto* func = reinterpret_cast<PyFunctionObject*>(callable);
  auto* code = reinterpret_cast<PyCodeObject*>(func->func_code);
  Unit* unit = UnitOf(code);
  if (unit != nullptr && unit->simple_args && !tstate->cframe->use_tracing &&
      kwnames == nullptr && PyVectorcall_NARGS(nargsf) == unit->arg_count)
      [[likely]] {
    return CallPlain(tstate, callable, unit, args);
  }
  if (unit == nullptr || unit->one_shot || tstate->cframe->use_tracing ||
      (code->co_flags & CO_OPTIMIZED) == 0) {
    return _PyFunction_Vectorcall(callable, args, nargsf, kwnames);
  }
  Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);
  Py_ssize_t total = nargs;
  if (kwnames != nullptr) total += PyTuple_GET_SIZE(kwnames);
  Frame* frame = PushFrame(
      tstate, reinterpret_cast<PyFunctionObject*>(Py_NewRef(callable)), code,
      unit, 0);
  if (frame == nullptr) {
    Py_DECREF(callable);
    return nullptr;
  }
  PyObject* result = nullptr;
  for (Py_ssize_t i = 0; i < total; ++i) Py_INCREF(args[i]);
  bool bound =
      BindArguments(tstate, func, frame->localsplus, args, nargs, kwnames) == 0;
  if (bound) result = Enter(unit, tstate, frame, 0);
  ClearAndPopEntryFrame(tstate, frame);
  return result;
}

PyObject* NewFunction(PyObject* code, PyObject* globals) {
  PyObject* made = PyFunction_New(code, globals);
  if (made == nullptr) return nullptr;
  auto* function = reinterpret_cast<PyFunctionObject*>(made);
  function->vectorcall = FunctionVectorcall;
  Unit* unit = UnitOf(reinterpret_cast<PyCodeObject*>(code));
  if (unit == nullptr) return made;
  if (unit->shared_version == 0 && unit->functions_made++ > 0) {
    // One that no other function has; 0 if there are none left.
    unit->shared_version = _PyFunction_GetVersionForCurrentState(function);
  }
  function->func_version = unit->shared_version;
  return made;
}

void ForgetVersion(PyObject* function) {
  reinterpret_cast<PyFunctionObject*>(function)->func_version = 0;
}

}  // namespace pyvm
