#include "core/host/frame.h"

#include "core/bytecode/translator.h"
#include "core/host/resume.h"
#include "core/tier/metrics.h"
#include "core/tier/options.h"

namespace pyvm {

uint32_t return_epoch = 1;

namespace {
constexpr uint32_t kTracebacksForLines = 16;
}

PyObject** PushDataStackSlow(PyThreadState* tstate, size_t words) {
  auto* base = reinterpret_cast<PyObject**>(
      _PyThreadState_BumpFramePointerSlow(tstate, words));
  if (base == nullptr && !PyErr_Occurred()) PyErr_NoMemory();
  return base;
}

void PopDataStackSlow(PyThreadState* tstate, PyObject** base) {
  _PyThreadState_PopFrame(tstate, reinterpret_cast<Frame*>(base));
}

void ClearObservedFrame(Frame* frame) { _PyFrame_Clear(frame); }

void ClearFrame(Frame* frame, const Unit* unit) {
  frame->stacktop = static_cast<int>(unit->num_locals);
  _PyFrame_Clear(frame);
}

void ClearAndPopFrameSlow(PyThreadState* tstate, Frame* frame,
                          const Unit* unit) {
  // The code may die with the frame, and its unit with it.
  --tstate->recursion_remaining;
  ClearFrame(frame, unit);
  ++tstate->recursion_remaining;
  PopDataStack(tstate, reinterpret_cast<PyObject**>(LinkOf(frame)));
}

void FinishGenerator(PyThreadState* tstate, PyGenObject* gen, Frame* frame,
                     const Unit* unit, bool raised) {
  gen->gi_frame_state = FRAME_COMPLETED;
  EndResume(tstate, gen, frame);
  bool async = PyAsyncGen_CheckExact(gen);
  if (raised && PyErr_ExceptionMatches(PyExc_StopIteration)) {
    _PyErr_FormatFromCause(PyExc_RuntimeError, "%s",
                           PyCoro_CheckExact(gen)
                               ? "coroutine raised StopIteration"
                           : async ? "async generator raised StopIteration"
                                   : "generator raised StopIteration");
  } else if (raised && async &&
             PyErr_ExceptionMatches(PyExc_StopAsyncIteration)) {
    _PyErr_FormatFromCause(PyExc_RuntimeError, "%s",
                           "async generator raised StopAsyncIteration");
  }
  Py_CLEAR(gen->gi_exc_state.exc_value);
  gen->gi_frame_state = FRAME_CLEARED;
  // What has not run, for too much recursion, is as it was.
  if (frame->stacktop < 0) frame->stacktop = static_cast<int>(unit->num_locals);
  _PyFrame_Clear(frame);
}

PyObject* RunOnHost(PyThreadState* tstate, Frame* frame, int throwing,
                    const char* reason) {
  ++metrics.host_frames;
  CountHostFrame(reason);
  // It leaves what it likes above the stack. A generator that it makes of this
  // frame gets a copy.
  ResumeHint(frame) = 0;
  if (options.strict && !tstate->cframe->use_tracing) {
    Py_FatalError(
        "--strict: a frame of an untraced program went to CPython's evaluator");
  }
  return _PyEval_EvalFrameDefault(tstate, frame, throwing);
}

void MaterializeForHost(Frame* frame, const Unit& unit, uint32_t instr) {
  StackImage image = DescribeStack(unit, instr);
  if (!image.ok) Py_FatalError("pyvm: no stack image for a translated unit");
  for (size_t d = 0; d < image.entries.size(); ++d) {
    Operand x = image.entries[d];
    if (x == kNullEntry) continue;
    PyObject*& slot = frame->localsplus[unit.num_locals + d];
    switch (KindOf(x)) {
      case OperandKind::kTemp:
        break;
      case OperandKind::kLocal:
        slot = Py_NewRef(frame->localsplus[x]);
        break;
      case OperandKind::kConst:
        slot = Py_NewRef(unit.pool[static_cast<int16_t>(x)]);
        break;
    }
  }
  frame->stacktop = static_cast<int>(unit.num_locals + image.entries.size());
  frame->prev_instr = CodeStart(&unit) + image.next_unit - 1;
}

namespace {

// As ceval.c's COMPUTE_EVAL_BREAKER, which is private to that file.
void ComputeEvalBreaker(PyInterpreterState* interp) {
  struct _ceval_runtime_state* ceval = &_PyRuntime.ceval;
  struct _ceval_state* ceval2 = &interp->ceval;
  auto load = [](_Py_atomic_int* x) {
    return __atomic_load_n(&x->_value, __ATOMIC_RELAXED);
  };
  bool main_thread = PyThread_get_thread_ident() == _PyRuntime.main_thread;
  int breaker = load(&ceval2->gil_drop_request) |
                (load(&ceval->signals_pending) && main_thread &&
                 interp == _PyRuntime.interpreters.main) |
                (load(&ceval2->pending.calls_to_do) && main_thread) |
                ceval2->pending.async_exc;
  __atomic_store_n(&ceval2->eval_breaker._value, breaker, __ATOMIC_RELAXED);
}

}  // namespace

int HandlePending(PyThreadState* tstate) {
  struct _ceval_runtime_state* ceval = &_PyRuntime.ceval;
  struct _ceval_state* ceval2 = &tstate->interp->ceval;
  if (__atomic_load_n(&ceval->signals_pending._value, __ATOMIC_RELAXED) ||
      __atomic_load_n(&ceval2->pending.calls_to_do._value, __ATOMIC_RELAXED)) {
    if (Py_MakePendingCalls() != 0) return -1;
  }
  if (__atomic_load_n(&ceval2->gil_drop_request._value, __ATOMIC_RELAXED)) {
    PyEval_RestoreThread(PyEval_SaveThread());
  }
  if (tstate->async_exc != nullptr) {
    PyObject* exc = tstate->async_exc;
    tstate->async_exc = nullptr;
    ceval2->pending.async_exc = 0;
    ComputeEvalBreaker(tstate->interp);
    PyErr_SetNone(exc);
    Py_DECREF(exc);
    return -1;
  }
  return 0;
}

void AddTraceback(Frame* frame) {
  if (_PyFrame_IsIncomplete(frame)) return;
  // A traceback entry needs a line number, which CPython finds by reading the
  // line table from its start, unless the code has an array of lines. Code that
  // raises often gets one.
  PyCodeObject* code = frame->f_code;
  if (code->_co_linearray == nullptr) {
    Unit* unit = UnitOf(code);
    if (unit != nullptr && ++unit->tracebacks == kTracebacksForLines &&
        _PyCode_CreateLineArray(code) < 0) {
      PyErr_Clear();
    }
  }
  PyFrameObject* object = _PyFrame_GetFrameObject(frame);
  if (object != nullptr) PyTraceBack_Here(object);
}

}  // namespace pyvm
