// Generators and coroutines that C code resumes.
#include "core/host/generator.h"

#include <cstring>
#include <utility>

#include "core/host/enter.h"
#include "core/host/frame.h"
#include "core/host/host.h"
#include "core/host/resume.h"

namespace pyvm {
namespace host {
namespace {

iternextfunc cpython_next;
sendfunc cpython_send;
_PyFrameEvalFunction evaluator;

// Whether CPython would give the generator's frame to us; *unit is its unit.
inline bool IsOurs(const PyGenObject* gen, const PyThreadState* tstate,
                   Unit** unit) {
  if (gen->gi_frame_state >= FRAME_EXECUTING || tstate->cframe->use_tracing ||
      tstate->interp->eval_frame != evaluator) {
    return false;
  }
  *unit = UnitOf(reinterpret_cast<const Frame*>(gen->gi_iframe));
  return *unit != nullptr && !(*unit)->one_shot;
}

Resumer resumer = nullptr;
const Tier* resumer_tier = nullptr;

// As gen_send_ex2: null if the generator has ended, with what it returned, or
// null and an exception, in *returned.
__attribute__((always_inline)) inline PyObject* Run(PyGenObject* gen,
                                                    Unit* unit,
                                                    PyThreadState* tstate,
                                                    PyObject* value,
                                                    PyObject** returned) {
  if (IsForResumer(gen) || unit->tier == resumer_tier) {
    PyObject* item;
    if (resumer(tstate, gen, value, &item, returned)) [[likely]]
      return item;
  }
  Py_INCREF(value);
  auto* frame = reinterpret_cast<Frame*>(gen->gi_iframe);
  BeginResume(tstate, gen, nullptr, value);
  PyObject* result = Activate(unit, tstate, frame, [=](Activation* act) {
    act->throwing = false;
    act->pc = ResumePoint(frame, unit);
  });
  if (gen->gi_frame_state == FRAME_SUSPENDED) [[likely]] {
    EndResume(tstate, gen, frame);
    return result;
  }
  FinishGenerator(tstate, gen, frame, unit, result == nullptr);
  *returned = result;
  return nullptr;
}

// As gen_iternext.
PyObject* Next(PyObject* self) {
  auto* gen = reinterpret_cast<PyGenObject*>(self);
  PyThreadState* tstate = _PyThreadState_GET();
  Unit* unit;
  if (!IsOurs(gen, tstate, &unit)) [[unlikely]]
    return cpython_next(self);
  PyObject* returned;
  PyObject* item = Run(gen, unit, tstate, Py_None, &returned);
  if (item != nullptr) [[likely]]
    return item;
  if (returned != nullptr) {
    if (returned != Py_None) _PyGen_SetStopIterationValue(returned);
    Py_DECREF(returned);
  }
  return nullptr;
}

// As PyGen_am_send.
PySendResult Send(PyObject* self, PyObject* value, PyObject** result) {
  auto* gen = reinterpret_cast<PyGenObject*>(self);
  PyThreadState* tstate = _PyThreadState_GET();
  Unit* unit;
  if (!IsOurs(gen, tstate, &unit) ||
      (gen->gi_frame_state == FRAME_CREATED && value != Py_None)) {
    return cpython_send(self, value, result);
  }
  PyObject* item = Run(gen, unit, tstate, value, result);
  if (item != nullptr) {
    *result = item;
    return PYGEN_NEXT;
  }
  return *result != nullptr ? PYGEN_RETURN : PYGEN_ERROR;
}

PyCFunction cpython_generator_send, cpython_coroutine_send;

// As gen_send.
PyObject* SendMethod(PyObject* self, PyObject* value) {
  auto* gen = reinterpret_cast<PyGenObject*>(self);
  PyThreadState* tstate = _PyThreadState_GET();
  Unit* unit;
  if (!IsOurs(gen, tstate, &unit) ||
      (gen->gi_frame_state == FRAME_CREATED && value != Py_None)) {
    return (PyGen_CheckExact(self) ? cpython_generator_send
                                   : cpython_coroutine_send)(self, value);
  }
  PyObject* returned;
  PyObject* item = Run(gen, unit, tstate, value, &returned);
  if (item != nullptr) [[likely]]
    return item;
  if (returned != nullptr) {
    if (returned == Py_None) {
      PyErr_SetNone(PyExc_StopIteration);
    } else {
      _PyGen_SetStopIterationValue(returned);
    }
    Py_DECREF(returned);
  }
  return nullptr;
}

// Returns what the method `send` of `type` was.
PyCFunction ReplaceSend(PyTypeObject* type) {
  PyMethodDef* method = type->tp_methods;
  while (std::strcmp(method->ml_name, "send") != 0) ++method;
  return std::exchange(method->ml_meth, SendMethod);
}

// --- Items of asynchronous generators
// --------------------------------------------------------

// CPython's, private to its genobject.c.
struct WrappedItem {
  PyObject_HEAD PyObject* item;
};
struct ItemAwaiter {
  PyObject_HEAD PyAsyncGenObject* generator;
  PyObject* sent;  // or null
  int state;
};
constexpr int kStateInit = 0, kStateIter = 1, kStateClosed = 2;

// As PyIter_Send of what has no am_send.
PySendResult SendByMethods(PyObject* self, PyObject* value, PyObject** result) {
  *result = value == Py_None
                ? Py_TYPE(self)->tp_iternext(self)
                : PyObject_CallMethodOneArg(self, &_Py_ID(send), value);
  if (*result != nullptr) return PYGEN_NEXT;
  return _PyGen_FetchStopIterationValue(result) == 0 ? PYGEN_RETURN
                                                     : PYGEN_ERROR;
}

// As async_gen_asend_send and async_gen_unwrap_value, but an item is no
// exception.
PySendResult SendToItem(PyObject* self, PyObject* value, PyObject** result) {
  auto* awaiter = reinterpret_cast<ItemAwaiter*>(self);
  PyAsyncGenObject* generator = awaiter->generator;
  auto* gen = reinterpret_cast<PyGenObject*>(generator);
  PyObject* sent = value;
  if (awaiter->state == kStateInit && value == Py_None &&
      awaiter->sent != nullptr) {
    sent = awaiter->sent;
  }
  PyThreadState* tstate = _PyThreadState_GET();
  Unit* unit;
  if (awaiter->state == kStateClosed ||
      (awaiter->state == kStateInit && generator->ag_running_async != 0) ||
      !IsOurs(gen, tstate, &unit) ||
      (gen->gi_frame_state == FRAME_CREATED && sent != Py_None)) {
    return SendByMethods(self, value, result);
  }
  awaiter->state = kStateIter;
  generator->ag_running_async = 1;
  PyObject* returned;
  PyObject* item = Run(gen, unit, tstate, sent, &returned);
  if (item != nullptr && !Py_IS_TYPE(item, &_PyAsyncGenWrappedValue_Type)) {
    *result = item;
    return PYGEN_NEXT;
  }
  generator->ag_running_async = 0;
  awaiter->state = kStateClosed;
  if (item != nullptr) {
    *result = Py_NewRef(reinterpret_cast<WrappedItem*>(item)->item);
    Py_DECREF(item);
    return PYGEN_RETURN;
  }
  if (returned != nullptr) {
    Py_DECREF(returned);
    PyErr_SetNone(PyExc_StopAsyncIteration);
  }
  if (PyErr_ExceptionMatches(PyExc_StopAsyncIteration) ||
      PyErr_ExceptionMatches(PyExc_GeneratorExit)) {
    generator->ag_closed = 1;
  }
  *result = nullptr;
  return PYGEN_ERROR;
}

// --- Memory ------------------------------------------------------------------

// Small ones that were freed, by the number of slots in their frames; the type
// field links them. Guarded by the GIL.
constexpr Py_ssize_t kMaxSlots = 16;
constexpr int kMaxFree = 16;
struct {
  PyObject* head = nullptr;
  int count = 0;
} free_generators[kMaxSlots + 1];

Py_ssize_t SlotsOf(const PyCodeObject* code) {
  return code->co_nlocalsplus + code->co_stacksize;
}

destructor cpython_dealloc;

// As PyObject_GC_NewVar.
PyGenObject* Allocate(PyTypeObject* type, Py_ssize_t slots,
                      PyInterpreterState* interp) {
  gc_generation& youngest = interp->gc.generations[0];
  if (slots > kMaxSlots || free_generators[slots].head == nullptr ||
      youngest.count >= youngest.threshold || _Py_tracemalloc_config.tracing) {
    return PyObject_GC_NewVar(PyGenObject, type, slots);
  }
  auto& list = free_generators[slots];
  PyObject* o = list.head;
  list.head = reinterpret_cast<PyObject*>(Py_TYPE(o));
  --list.count;
  ++youngest.count;
  *_Py_AS_GC(o) = {};
  o->ob_refcnt = 1;
  o->ob_type = type;
  return reinterpret_cast<PyGenObject*>(o);
}

// As gen_dealloc, of what has ended.
void Dealloc(PyObject* self) {
  auto* gen = reinterpret_cast<PyGenObject*>(self);
  if (gen->gi_frame_state != FRAME_CLEARED || gen->gi_weakreflist != nullptr ||
      gen->gi_exc_state.exc_value != nullptr ||
      gen->gi_origin_or_finalizer != nullptr) {
    cpython_dealloc(self);
    return;
  }
  _PyObject_GC_UNTRACK(self);
  Py_ssize_t slots = SlotsOf(gen->gi_code);
  Py_DECREF(gen->gi_code);
  Py_DECREF(gen->gi_name);
  Py_DECREF(gen->gi_qualname);
  if (slots > kMaxSlots || free_generators[slots].count >= kMaxFree) {
    PyObject_GC_Del(self);
    return;
  }
  auto& list = free_generators[slots];
  ++list.count;
  self->ob_type = reinterpret_cast<PyTypeObject*>(list.head);
  list.head = self;
  gc_generation& youngest = _PyInterpreterState_GET()->gc.generations[0];
  if (youngest.count > 0) --youngest.count;
}

// As _Py_MakeCoro, and make_gen.
PyGenObject* NewGenerator(PyFunctionObject* func, const PyCodeObject* code,
                          PyThreadState* tstate) {
  constexpr int kKinds = CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR;
  int kind = code->co_flags & kKinds;
  if (kind == CO_ASYNC_GENERATOR ||
      tstate->coroutine_origin_tracking_depth != 0) {
    return reinterpret_cast<PyGenObject*>(_Py_MakeCoro(func));
  }
  PyGenObject* gen = Allocate(kind == CO_GENERATOR ? &PyGen_Type : &PyCoro_Type,
                              SlotsOf(code), tstate->interp);
  if (gen == nullptr) return nullptr;
  gen->gi_code = reinterpret_cast<PyCodeObject*>(
      Py_NewRef(reinterpret_cast<PyObject*>(func->func_code)));
  gen->gi_weakreflist = nullptr;
  gen->gi_name = Py_NewRef(func->func_name);
  gen->gi_qualname = Py_NewRef(func->func_qualname);
  gen->gi_exc_state = {};
  gen->gi_origin_or_finalizer = nullptr;
  gen->gi_hooks_inited = gen->gi_closed = gen->gi_running_async = 0;
  return gen;
}

}  // namespace

void InstallGenerators(_PyFrameEvalFunction function) {
  evaluator = function;
  cpython_next = PyGen_Type.tp_iternext;
  PyGen_Type.tp_iternext = Next;
  cpython_send = PyGen_Type.tp_as_async->am_send;
  PyGen_Type.tp_as_async->am_send = Send;
  PyCoro_Type.tp_as_async->am_send = Send;
  _PyAsyncGenASend_Type.tp_as_async->am_send = SendToItem;
  cpython_generator_send = ReplaceSend(&PyGen_Type);
  cpython_coroutine_send = ReplaceSend(&PyCoro_Type);
  cpython_dealloc = PyGen_Type.tp_dealloc;
  PyGen_Type.tp_dealloc = PyCoro_Type.tp_dealloc = Dealloc;
}

}  // namespace host

void SetResumer(const Tier* tier, Resumer resumer) {
  host::resumer_tier = tier;
  host::resumer = resumer;
}

PyObject* MakeGeneratorWith(PyThreadState* tstate, PyFunctionObject* func,
                            const Unit* unit, PyObject** args) {
  PyGenObject* gen = host::NewGenerator(func, unit->code, tstate);
  if (gen == nullptr) return nullptr;
  auto* made = reinterpret_cast<Frame*>(gen->gi_iframe);
  made->f_func = func;
  made->f_globals = func->func_globals;
  made->f_builtins = func->func_builtins;
  made->f_locals = nullptr;
  made->f_code = unit->code;
  Py_INCREF(unit->code);
  made->frame_obj = nullptr;
  made->previous = nullptr;
  made->prev_instr = CodeStart(unit) + unit->PositionOf(unit->instrs);
  made->stacktop = static_cast<int>(unit->num_locals);
  made->is_entry = false;
  made->owner = FRAME_OWNED_BY_GENERATOR;
  NoteResume(made, unit->instrs, unit);
  uint32_t i = 0;
  for (; i < unit->arg_count; ++i) made->localsplus[i] = args[i];
#pragma clang loop unroll(disable) vectorize(disable)
  for (; i < unit->num_registers; ++i) {
    made->localsplus[i] = nullptr;
    asm volatile("" ::: "memory");  // as below
  }
  gen->gi_frame_state = FRAME_CREATED;
  auto* object = reinterpret_cast<PyObject*>(gen);
  if (!_PyObject_GC_IS_TRACKED(object)) _PyObject_GC_TRACK(object);
  return object;
}

PyObject* MakeGenerator(PyThreadState* tstate, Frame* frame, const Unit* unit) {
  PyFunctionObject* func = frame->f_func;
  PyCodeObject* code = frame->f_code;
  PyGenObject* gen = host::NewGenerator(func, code, tstate);
  if (gen == nullptr) return nullptr;
  auto* made = reinterpret_cast<Frame*>(gen->gi_iframe);
  // As _PyFrame_Copy. What the function has too is read there: the frame has
  // just been written, in other pieces.
  made->f_func = func;
  made->f_globals = func->func_globals;
  made->f_builtins = func->func_builtins;
  made->f_locals = frame->f_locals;
  made->f_code = code;
  made->frame_obj = frame->frame_obj;
  made->previous = nullptr;
  made->prev_instr = frame->prev_instr;
  made->stacktop = static_cast<int>(unit->num_locals);
  made->is_entry = false;
  made->owner = FRAME_OWNED_BY_GENERATOR;
  uint32_t i = 0;
#pragma clang loop unroll(disable) vectorize(disable)
  for (; i < unit->num_locals; ++i) {
    made->localsplus[i] = frame->localsplus[i];
  }
  for (; i < unit->num_registers; ++i) {
    made->localsplus[i] = nullptr;
    asm volatile("" ::: "memory");  // they are few: no call of memset
  }
  gen->gi_frame_state = FRAME_CREATED;
  auto* object = reinterpret_cast<PyObject*>(gen);
  if (!_PyObject_GC_IS_TRACKED(object)) _PyObject_GC_TRACK(object);
  return object;
}

}  // namespace pyvm
