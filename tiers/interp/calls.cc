// Calls. A Python function runs in the same activation, behind its caller's
// frame; anything else is called through its vectorcall.
#include "tiers/interp/calls.h"

#include "core/runtime/attribute.h"
#include "core/runtime/bind.h"
#include "core/runtime/window_ops.h"

namespace pyvm::interp {
namespace {

// How the operand list of a call begins.
enum class Form { kPlain, kMethod };

template <Form form>
inline uint32_t WordsOf(const InlineCache* cache) {
  return ListWords(cache->num_args + (form == Form::kPlain ? 1 : 0));
}
template <Form form>
inline const Operand* ArgsOf(const Instr* pc) {
  return reinterpret_cast<const Operand*>(pc + 1) +
         (form == Form::kPlain ? 1 : 0);
}
inline PyObject* KeywordsOf(const InlineCache* cache, PyObject** pool) {
  return cache->keywords == 0 ? nullptr
                              : pool[-static_cast<int32_t>(cache->keywords)];
}
// The CALL's last cache entry, where CPython leaves prev_instr of a caller.
inline void SaveCall(PyObject** regs, const InlineCache* cache, int offset) {
  FrameOf(regs)->prev_instr =
      reinterpret_cast<_Py_CODEUNIT*>(cache->call_unit) + offset;
}
constexpr int kCallCaches = 4;

// --- Calls of anything ------------------------------------------------------

// Puts the listed operands into the window, from its third register on.
inline void FillWindow(const Operand* args, uint32_t n, PyObject** window,
                       PyObject** regs, PyObject** pool) {
  for (uint32_t i = 0; i < n; ++i) {
    Operand x = args[i];
    if (!IsTempOperand(x)) window[2 + i] = Py_NewRef(ReadAny(regs, pool, x));
  }
}

inline PyObject* CallFast(PyMethodDef* def, PyObject* self, PyObject** args,
                          size_t n) {
  return reinterpret_cast<_PyCFunctionFast>(reinterpret_cast<void (*)()>(
      def->ml_meth))(self, args, static_cast<Py_ssize_t>(n));
}

// Calls `callable` without the detour through its vectorcall if it is a C
// function of a common form; null without an exception if it is not. `args` are
// `n` owned references, of which the first is the receiver for methods of
// built-in types.
inline PyObject* CallKnownForm(PyThreadState* tstate, PyObject* callable,
                               PyObject** args, size_t n, bool* done) {
  constexpr int kForms = METH_VARARGS | METH_FASTCALL | METH_NOARGS | METH_O |
                         METH_KEYWORDS | METH_METHOD;
  PyMethodDef* def;
  PyObject* self;
  bool is_method = false;
  if (Py_IS_TYPE(callable, &PyCFunction_Type)) {
    def = reinterpret_cast<PyCFunctionObject*>(callable)->m_ml;
    self = (def->ml_flags & METH_STATIC) != 0
               ? nullptr
               : reinterpret_cast<PyCFunctionObject*>(callable)->m_self;
  } else if (Py_IS_TYPE(callable, &PyMethodDescr_Type)) {
    auto* descr = reinterpret_cast<PyMethodDescrObject*>(callable);
    if (n == 0 || !Py_IS_TYPE(args[0], descr->d_common.d_type)) return nullptr;
    def = descr->d_method;
    self = *args++;
    --n;
    is_method = true;
  } else {
    return nullptr;
  }
  PyObject* arg = nullptr;
  switch (def->ml_flags & kForms) {
    case METH_FASTCALL:
      if (is_method) break;
      *done = true;
      return CallFast(def, self, args, n);
    case METH_NOARGS:
      if (n != 0) return nullptr;
      break;
    case METH_O:
      if (n != 1) return nullptr;
      arg = args[0];
      break;
    default:
      return nullptr;
  }
  *done = true;
  // CPython promises to count these calls.
  if (tstate->recursion_remaining-- <= 0 &&
      _Py_CheckRecursiveCall(tstate, " while calling a Python object") != 0) {
    return nullptr;
  }
  PyObject* result = (def->ml_flags & METH_FASTCALL) != 0
                         ? CallFast(def, self, args, n)
                         : def->ml_meth(self, arg);
  ++tstate->recursion_remaining;
  return result;
}

// What a signal handler raises comes out of the call that was interrupted.
#define PYVM_PENDING_AFTER_CALL()                                             \
  if (*act->eval_breaker != 0 && HandlePending(act->tstate) < 0) [[unlikely]] \
  PYVM_ERROR()

// Calls whatever the window holds after FillWindow; `first` is where the
// arguments begin (1 with a receiver, else 2).
template <Form form>
PYVM_CC void CallAny(PYVM_ARGS) {
  InlineCache* cache = CacheIn(pool, pc->c);
  uint32_t n = cache->num_args;
  PyObject** window = regs + pc->b;
  PyObject* kwnames = KeywordsOf(cache, pool);
  SaveCall(regs, cache, 0);
  FillWindow(ArgsOf<form>(pc), n, window, regs, pool);
  PyObject* callable;
  uint32_t first = 2;
  bool owned = true;
  if constexpr (form == Form::kPlain) {
    Operand x = ListOperand(pc, 0);
    callable = ReadAny(regs, pool, x);
    owned = IsTempOperand(x);
  } else if (window[0] != nullptr) {
    callable = window[0];
    first = 1;
  } else {
    callable = window[1];
  }
  size_t nargs = n + 2 - first;
  if (kwnames != nullptr) {
    nargs -= static_cast<size_t>(PyTuple_GET_SIZE(kwnames));
  }
  PyObject* result = nullptr;
  bool done = false;
  if (kwnames == nullptr) {
    result = CallKnownForm(act->tstate, callable, window + first, nargs, &done);
  }
  if (!done) {
    result = _PyObject_VectorcallTstate(act->tstate, callable, window + first,
                                        nargs | PY_VECTORCALL_ARGUMENTS_OFFSET,
                                        kwnames);
  }
  if (owned) {
    window[first - 1] = nullptr;
    Drop(callable, pc, regs, pool);
  }
  for (uint32_t i = first; i < n + 2; ++i) {
    PyObject* o = window[i];
    window[i] = nullptr;
    Drop(o, pc, regs, pool);
  }
  if (result == nullptr) [[unlikely]]
    PYVM_ERROR();
  Set(result, pc->a, pc, regs, pool);
  PYVM_PENDING_AFTER_CALL();
  PYVM_NEXT_AFTER_CALL(1 + WordsOf<form>(cache));
}

// --- Calls of Python functions ----------------------------------------------

// Fills missing positional arguments from the defaults; false if they are not
// enough. `have` arguments are there.
inline bool FillDefaults(PyFunctionObject* func, const Unit* unit,
                         uint32_t have, PyObject** to) {
  PyObject* defaults = func->func_defaults;
  if (defaults == nullptr) return false;
  auto count = static_cast<uint32_t>(PyTuple_GET_SIZE(defaults));
  if (have + count < unit->arg_count) return false;
  for (uint32_t i = have; i < unit->arg_count; ++i) {
    to[i] =
        Py_NewRef(PyTuple_GET_ITEM(defaults, i - (unit->arg_count - count)));
  }
  return true;
}

// Whether `have` positional arguments are all, or the defaults are the rest.
inline bool CanBind(PyObject* function, const Unit* unit, uint32_t have) {
  if (have >= unit->arg_count) return have == unit->arg_count;
  PyObject* defaults =
      reinterpret_cast<PyFunctionObject*>(function)->func_defaults;
  return defaults != nullptr &&
         have + PyTuple_GET_SIZE(defaults) >= unit->arg_count;
}

// A call that the fast path does not bind: keywords, stars, defaults that do
// not fit. The window has been filled, all operands are there as owned
// references; `function` is one of them.
template <Form form>
PYVM_CC void CallBinding(PYVM_ARGS) {
  InlineCache* cache = CacheIn(pool, pc->c);
  PyObject** window = regs + pc->b;
  uint32_t n = cache->num_args;
  bool receiver = form == Form::kMethod && window[0] != nullptr;
  PyObject* function;
  if constexpr (form == Form::kPlain) {
    function = TakeAny(regs, pool, ListOperand(pc, 0));
    window[1] = nullptr;
  } else {
    uint32_t at = receiver ? 0 : 1;
    function = window[at];
    window[at] = nullptr;
  }
  auto* func = reinterpret_cast<PyFunctionObject*>(function);
  auto* code = reinterpret_cast<PyCodeObject*>(func->func_code);
  Unit* unit = UnitOf(code);
  SaveCall(regs, cache, 0);
  FillWindow(ArgsOf<form>(pc), n, window, regs, pool);
  PyObject* locals = (code->co_flags & CO_OPTIMIZED) != 0
                         ? nullptr
                         : Py_NewRef(func->func_globals);
  Frame* frame = BeginCall(act, function, unit, 0);
  if (frame == nullptr) [[unlikely]] {
    Py_XDECREF(locals);
    PYVM_ERROR();
  }
  frame->f_locals = locals;
  PyObject* kwnames = KeywordsOf(cache, pool);
  Py_ssize_t keywords = kwnames == nullptr ? 0 : PyTuple_GET_SIZE(kwnames);
  uint32_t first = receiver ? 1 : 2;
  PyObject** args = window + first;
  uint32_t total = n + 2 - first;
  int err = BindArguments(act->tstate, func, frame->localsplus, args,
                          total - keywords, kwnames);
  for (uint32_t i = 0; i < total; ++i) args[i] = nullptr;
  if (err < 0) [[unlikely]] {
    ClearAndPopFrameSlow(act->tstate, frame, unit);
    ++act->tstate->recursion_remaining;
    PYVM_ERROR();
  }
  SaveCall(regs, cache, kCallCaches);
  PYVM_ENTER_CALL(frame, unit, WordsOf<form>(cache));
}

// Bound methods are taken apart: window[0] = function, window[1] = self.
inline bool Unbind(PyObject* callable, PyObject** window) {
  if (!Py_IS_TYPE(callable, &PyMethod_Type)) return false;
  auto* method = reinterpret_cast<PyMethodObject*>(callable);
  window[0] = Py_NewRef(method->im_func);
  window[1] = Py_NewRef(method->im_self);
  return true;
}

// Notes in the cache that the site calls this function; false if it should not.
bool CacheFunction(InlineCache* cache, PyObject* function, Unit* unit) {
  if (++cache->misses >= kMaxMisses) {
    cache->misses = kMaxMisses;
    return false;
  }
  cache->version =
      FunctionVersion(reinterpret_cast<PyFunctionObject*>(function));
  cache->value = reinterpret_cast<PyObject*>(unit);
  return cache->version != 0;
}

// The unit of `callable` if it is the function of the cache; else null. A
// function's version stands for its code and its defaults.
inline Unit* CachedUnit(InlineCache* cache, PyObject* callable) {
  if (!Py_IS_TYPE(callable, &PyFunction_Type) ||
      reinterpret_cast<PyFunctionObject*>(callable)->func_version !=
          cache->version) {
    return nullptr;
  }
  auto* unit = reinterpret_cast<Unit*>(cache->value);
  return unit->tier == &kTier ? unit : nullptr;
}

PYVM_CC void CallMethod(PYVM_ARGS);
PYVM_CC void Call(PYVM_ARGS);
PYVM_CC void CallMiss(PYVM_ARGS);
PYVM_CC void CallMethodMiss(PYVM_ARGS);

PYVM_CC void CallPy(PYVM_ARGS) {
  InlineCache* cache = CacheIn(pool, pc->c);
  const Operand* list = reinterpret_cast<const Operand*>(pc + 1);
  PyObject* callable = ReadAny(regs, pool, list[0]);
  Unit* unit = CachedUnit(cache, callable);
  if (unit == nullptr) [[unlikely]] {
    PYVM_TAIL CallMiss(pc, regs, pool, act);
  }
  uint32_t n = cache->num_args;
  SaveCall(regs, cache, kCallCaches);
  callable = TakeArgument(regs, pool, list[0]);
  Frame* frame = BeginCall(act, callable, unit, n);
  if (frame == nullptr) [[unlikely]]
    PYVM_ERROR();
  for (uint32_t i = 0; i < n; ++i) {
    frame->localsplus[i] = TakeArgument(regs, pool, list[1 + i]);
  }
  PYVM_ENTER_DIRECT(frame, unit, WordsOf<Form::kPlain>(cache), 0);
}

PYVM_CC void CallMethodPy(PYVM_ARGS) {
  InlineCache* cache = CacheIn(pool, pc->c);
  const Operand* list = reinterpret_cast<const Operand*>(pc + 1);
  PyObject** window = regs + pc->b;
  PyObject* callable = window[0];
  Unit* unit = callable == nullptr ? nullptr : CachedUnit(cache, callable);
  if (unit == nullptr) [[unlikely]] {
    PYVM_TAIL CallMethodMiss(pc, regs, pool, act);
  }
  uint32_t n = cache->num_args;
  SaveCall(regs, cache, kCallCaches);
  window[0] = nullptr;
  Frame* frame = BeginCall(act, callable, unit, n + 1);
  if (frame == nullptr) [[unlikely]]
    PYVM_ERROR();
  frame->localsplus[0] = window[1];
  window[1] = nullptr;
  for (uint32_t i = 0; i < n; ++i) {
    frame->localsplus[1 + i] = TakeArgument(regs, pool, list[i]);
  }
  PYVM_ENTER_DIRECT(frame, unit, WordsOf<Form::kMethod>(cache), 0);
}

Op SpecializeCall(PyObject* callable, InlineCache* cache, Activation* act);

PYVM_CC void Call(PYVM_ARGS) {
  InlineCache* cache = CacheIn(pool, pc->c);
  const Operand* list = reinterpret_cast<const Operand*>(pc + 1);
  PyObject* callable = ReadAny(regs, pool, list[0]);
  uint32_t n = cache->num_args;
  if (!Py_IS_TYPE(callable, &PyFunction_Type)) [[unlikely]] {
    Rewrite(pc, SpecializeCall(callable, cache, act));
    PYVM_DISPATCH();
  }
  Unit* unit = InlineCallee(act, callable);
  if (unit == nullptr || cache->keywords != 0) {
    auto* code = reinterpret_cast<PyCodeObject*>(
        reinterpret_cast<PyFunctionObject*>(callable)->func_code);
    unit = UnitOf(code);
    if (unit == nullptr || unit->tier != &kTier) {
      PYVM_TAIL CallAny<Form::kPlain>(pc, regs, pool, act);
    }
    PYVM_TAIL CallBinding<Form::kPlain>(pc, regs, pool, act);
  }
  if (n != unit->arg_count) [[unlikely]] {
    PyObject* defaults =
        reinterpret_cast<PyFunctionObject*>(callable)->func_defaults;
    if (n > unit->arg_count || defaults == nullptr ||
        n + PyTuple_GET_SIZE(defaults) < unit->arg_count) {
      PYVM_TAIL CallBinding<Form::kPlain>(pc, regs, pool, act);
    }
  }
  SaveCall(regs, cache, kCallCaches);
  callable = TakeAny(regs, pool, list[0]);
  Frame* frame = BeginCall(act, callable, unit, unit->arg_count);
  if (frame == nullptr) [[unlikely]]
    PYVM_ERROR();
  for (uint32_t i = 0; i < n; ++i) {
    frame->localsplus[i] = TakeAny(regs, pool, list[1 + i]);
  }
  if (n != unit->arg_count) {
    FillDefaults(frame->f_func, unit, n, frame->localsplus);
  }
  PYVM_ENTER_CALL(frame, unit, WordsOf<Form::kPlain>(cache));
}

PYVM_CC void CallMethod(PYVM_ARGS) {
  InlineCache* cache = CacheIn(pool, pc->c);
  const Operand* list = reinterpret_cast<const Operand*>(pc + 1);
  PyObject** window = regs + pc->b;
  if (window[0] == nullptr) {
    PyObject* callable = window[1];
    if (Unbind(callable, window)) {
      Drop(callable, pc, regs, pool);
      PYVM_DISPATCH();
    }
  }
  uint32_t self = window[0] != nullptr;
  PyObject* callable = window[1 - self];
  uint32_t n = cache->num_args;
  if (!Py_IS_TYPE(callable, &PyFunction_Type)) [[unlikely]] {
    if (callable == act->interp->callable_cache.list_append && self == 1 &&
        n == 1 && cache->keywords == 0) {
      Rewrite(pc, Op::kCALL_LIST_APPEND);
    } else {
      Rewrite(pc, Op::kCALL_METHOD_C);
    }
    PYVM_DISPATCH();
  }
  Unit* unit = InlineCallee(act, callable);
  if (unit == nullptr || cache->keywords != 0) {
    auto* code = reinterpret_cast<PyCodeObject*>(
        reinterpret_cast<PyFunctionObject*>(callable)->func_code);
    unit = UnitOf(code);
    if (unit == nullptr || unit->tier != &kTier) {
      PYVM_TAIL CallAny<Form::kMethod>(pc, regs, pool, act);
    }
    PYVM_TAIL CallBinding<Form::kMethod>(pc, regs, pool, act);
  }
  if (n + self != unit->arg_count) [[unlikely]] {
    PyObject* defaults =
        reinterpret_cast<PyFunctionObject*>(callable)->func_defaults;
    if (n + self > unit->arg_count || defaults == nullptr ||
        n + self + PyTuple_GET_SIZE(defaults) < unit->arg_count) {
      PYVM_TAIL CallBinding<Form::kMethod>(pc, regs, pool, act);
    }
  }
  SaveCall(regs, cache, kCallCaches);
  if (self != 0 && n + 1 == unit->arg_count &&
      CacheFunction(cache, callable, unit)) {
    Rewrite(pc, Op::kCALL_METHOD_PY);
  }
  window[1 - self] = nullptr;
  Frame* frame = BeginCall(act, callable, unit, unit->arg_count);
  if (frame == nullptr) [[unlikely]]
    PYVM_ERROR();
  PyObject** to = frame->localsplus;
  if (self != 0) {
    to[0] = window[1];
    window[1] = nullptr;
  }
  for (uint32_t i = 0; i < n; ++i) {
    to[self + i] = TakeArgument(regs, pool, list[i]);
  }
  if (n + self != unit->arg_count) {
    FillDefaults(frame->f_func, unit, n + self, to);
  }
  PYVM_ENTER_DIRECT(frame, unit, WordsOf<Form::kMethod>(cache), 0);
}

// --- Classes ----------------------------------------------------------------

// The __init__ of a class whose instances can be made without asking the class;
// else null.
PyObject* InlineInit(PyTypeObject* cls) {
  if (Py_TYPE(cls) != &PyType_Type || cls->tp_new != PyBaseObject_Type.tp_new ||
      cls->tp_alloc != PyType_GenericAlloc ||
      (cls->tp_flags & Py_TPFLAGS_IS_ABSTRACT) != 0) {
    return nullptr;
  }
  static PyObject* name = PyUnicode_InternFromString("__init__");
  PyObject* init = _PyType_Lookup(cls, name);
  if (init == nullptr || !Py_IS_TYPE(init, &PyFunction_Type)) return nullptr;
  return TypeVersion(cls) == 0 ? nullptr : init;
}

Op SpecializeCall(PyObject* callable, InlineCache* cache, Activation* act) {
  uint32_t n = cache->num_args;
  if (cache->keywords == 0 && ++cache->misses < kMaxMisses) {
    if (callable == act->interp->callable_cache.len && n == 1) {
      return Op::kCALL_LEN;
    }
    if (callable == act->interp->callable_cache.isinstance && n == 2) {
      return Op::kCALL_ISINSTANCE;
    }
    if (PyType_Check(callable)) {
      auto* cls = reinterpret_cast<PyTypeObject*>(callable);
      if (PyObject* init = InlineInit(cls)) {
        Unit* unit = InlineCallee(act, init);
        if (unit != nullptr && CanBind(init, unit, n + 1)) {
          cache->version = TypeVersion(cls);
          cache->value = init;
          return Op::kCALL_CLASS;
        }
      }
    }
  }
  return Op::kCALL_C;
}

PYVM_CC void CallC(PYVM_ARGS) {
  PyObject* callable = ReadAny(regs, pool, ListOperand(pc, 0));
  if (Py_IS_TYPE(callable, &PyFunction_Type)) [[unlikely]] {
    InlineCache* cache = CacheIn(pool, pc->c);
    if (++cache->misses < kMaxMisses) Rewrite(pc, Op::kCALL);
    PYVM_TAIL Call(pc, regs, pool, act);
  }
  PYVM_TAIL CallAny<Form::kPlain>(pc, regs, pool, act);
}

// The call of a bound method whose first argument is in the window too, as the
// end of a with statement calls __exit__.
PYVM_CC void CallBound(PYVM_ARGS) {
  InlineCache* cache = CacheIn(pool, pc->c);
  const Operand* list = reinterpret_cast<const Operand*>(pc + 1);
  PyObject** window = regs + pc->b;
  auto* method = reinterpret_cast<PyMethodObject*>(window[0]);
  uint32_t n = cache->num_args;
  Unit* unit =
      cache->keywords == 0 ? InlineCallee(act, method->im_func) : nullptr;
  if (unit == nullptr || unit->arg_count != n + 2) {
    PYVM_TAIL CallAny<Form::kMethod>(pc, regs, pool, act);
  }
  SaveCall(regs, cache, kCallCaches);
  Frame* frame = BeginCall(act, Py_NewRef(method->im_func), unit, n + 2);
  if (frame == nullptr) [[unlikely]]
    PYVM_ERROR();
  PyObject** to = frame->localsplus;
  to[0] = Py_NewRef(method->im_self);
  to[1] = window[1];
  window[0] = window[1] = nullptr;
  for (uint32_t i = 0; i < n; ++i) {
    to[2 + i] = TakeArgument(regs, pool, list[i]);
  }
  Py_DECREF(method);
  PYVM_ENTER_DIRECT(frame, unit, WordsOf<Form::kMethod>(cache), 0);
}

PYVM_CC void CallMethodC(PYVM_ARGS) {
  PyObject** window = regs + pc->b;
  PyObject* callable = window[0] != nullptr ? window[0] : window[1];
  if (Py_IS_TYPE(callable, &PyFunction_Type) ||
      (window[0] == nullptr && Py_IS_TYPE(callable, &PyMethod_Type)))
      [[unlikely]] {
    Rewrite(pc, Op::kCALL_METHOD);
    PYVM_TAIL CallMethod(pc, regs, pool, act);
  }
  if (window[0] != nullptr && Py_IS_TYPE(callable, &PyMethod_Type)) {
    PYVM_TAIL CallBound(pc, regs, pool, act);
  }
  PYVM_TAIL CallAny<Form::kMethod>(pc, regs, pool, act);
}

PYVM_CC void CallMiss(PYVM_ARGS) {
  Rewrite(pc, Op::kCALL);
  PYVM_TAIL Call(pc, regs, pool, act);
}

PYVM_CC void CallMethodMiss(PYVM_ARGS) {
  Rewrite(pc, Op::kCALL_METHOD);
  PYVM_TAIL CallMethod(pc, regs, pool, act);
}

PYVM_CC void CallClass(PYVM_ARGS) {
  InlineCache* cache = CacheIn(pool, pc->c);
  const Operand* list = reinterpret_cast<const Operand*>(pc + 1);
  PyObject* callable = ReadAny(regs, pool, list[0]);
  auto* cls = reinterpret_cast<PyTypeObject*>(callable);
  if (!PyType_Check(callable) || cls->tp_version_tag != cache->version) {
    PYVM_TAIL CallMiss(pc, regs, pool, act);
  }
  Unit* unit = InlineCallee(act, cache->value);
  uint32_t n = cache->num_args;
  if (unit == nullptr || !CanBind(cache->value, unit, n + 1)) [[unlikely]] {
    Rewrite(pc, Op::kCALL_C);
    PYVM_DISPATCH();
  }
  SaveCall(regs, cache, 0);
  PyObject* self = NewInstance(cls);
  if (self == nullptr) [[unlikely]]
    PYVM_ERROR();
  // The instance waits in the window for __init__ to end.
  PyObject** window = regs + pc->b;
  window[0] = self;
  Frame* frame = BeginCall(act, Py_NewRef(cache->value), unit, unit->arg_count);
  if (frame == nullptr) [[unlikely]]
    PYVM_ERROR();
  frame->localsplus[0] = Py_NewRef(self);
  for (uint32_t i = 0; i < n; ++i) {
    frame->localsplus[1 + i] = TakeArgument(regs, pool, list[1 + i]);
  }
  if (n + 1 != unit->arg_count) {
    FillDefaults(frame->f_func, unit, n + 1, frame->localsplus);
  }
  if (IsTempOperand(list[0])) {
    window[1] = nullptr;
    --callable->ob_refcnt;  // its instance holds another reference
  }
  PYVM_ENTER_CALL_FLAGS(frame, unit, WordsOf<Form::kPlain>(cache), kReturnSelf);
}

// --- Known C functions ------------------------------------------------------

PYVM_CC void CallLen(PYVM_ARGS) {
  InlineCache* cache = CacheIn(pool, pc->c);
  const Operand* list = reinterpret_cast<const Operand*>(pc + 1);
  PyObject* callable = ReadAny(regs, pool, list[0]);
  if (callable != act->interp->callable_cache.len) [[unlikely]] {
    PYVM_TAIL CallMiss(pc, regs, pool, act);
  }
  PyObject* o = ReadAny(regs, pool, list[1]);
  Py_ssize_t size;
  if (Py_IS_TYPE(o, &PyList_Type) || Py_IS_TYPE(o, &PyTuple_Type)) {
    size = Py_SIZE(o);
  } else {
    SaveCall(regs, cache, 0);
    size = PyObject_Size(o);
  }
  PyObject* result = size < 0 ? nullptr : NewInt(size);
  ConsumeAny(callable, pc, regs, pool, list[0]);
  ConsumeAny(o, pc, regs, pool, list[1]);
  if (result == nullptr) [[unlikely]]
    PYVM_ERROR();
  Set(result, pc->a, pc, regs, pool);
  PYVM_NEXT_AFTER_CALL(1 + ListWords(2));
}

PYVM_CC void CallIsinstance(PYVM_ARGS) {
  InlineCache* cache = CacheIn(pool, pc->c);
  const Operand* list = reinterpret_cast<const Operand*>(pc + 1);
  PyObject* callable = ReadAny(regs, pool, list[0]);
  if (callable != act->interp->callable_cache.isinstance) [[unlikely]] {
    PYVM_TAIL CallMiss(pc, regs, pool, act);
  }
  PyObject* o = ReadAny(regs, pool, list[1]);
  PyObject* cls = ReadAny(regs, pool, list[2]);
  int is = 1;
  if (reinterpret_cast<PyObject*>(Py_TYPE(o)) != cls) {
    SaveCall(regs, cache, 0);
    is = PyObject_IsInstance(o, cls);
  }
  ConsumeAny(callable, pc, regs, pool, list[0]);
  ConsumeAny(o, pc, regs, pool, list[1]);
  ConsumeAny(cls, pc, regs, pool, list[2]);
  if (is < 0) [[unlikely]]
    PYVM_ERROR();
  Set(Py_NewRef(is ? Py_True : Py_False), pc->a, pc, regs, pool);
  PYVM_NEXT_AFTER_CALL(1 + ListWords(3));
}

PYVM_CC void CallListAppend(PYVM_ARGS) {
  PyObject** window = regs + pc->b;
  PyObject* method = window[0];
  PyObject* list = window[1];
  if (method != act->interp->callable_cache.list_append || !PyList_Check(list))
      [[unlikely]] {
    Rewrite(pc, Op::kCALL_METHOD);
    PYVM_TAIL CallMethod(pc, regs, pool, act);
  }
  Operand x = ListOperand(pc, 0);
  auto* l = reinterpret_cast<PyListObject*>(list);
  Py_ssize_t size = Py_SIZE(list);
  if (size < l->allocated) [[likely]] {
    l->ob_item[size] = TakeAny(regs, pool, x);
    Py_SET_SIZE(l, size + 1);
  } else {
    PyObject* o = ReadAny(regs, pool, x);
    SavePc(pc, regs, pool);
    int err = PyList_Append(list, o);
    ConsumeAny(o, pc, regs, pool, x);
    if (err < 0) [[unlikely]]
      PYVM_ERROR();
  }
  window[0] = window[1] = nullptr;
  --method->ob_refcnt;  // the cache of callables holds another reference
  Drop(list, pc, regs, pool);
  Set(Py_NewRef(Py_None), pc->a, pc, regs, pool);
  PYVM_NEXT(1 + ListWords(1));
}

// --- f(*args, **kwargs) -----------------------------------------------------

PYVM_CC void CallEx(PYVM_ARGS) {
  SavePc(pc, regs, pool);
  PyObject** window = regs + pc->b;
  PyObject* func = window[1];
  PyThreadState* tstate = act->tstate;
  if (pc->c != 0 && !PyDict_CheckExact(window[3])) {
    PyObject* kwargs = PyDict_New();
    if (kwargs == nullptr) PYVM_ERROR();
    if (_PyDict_MergeEx(kwargs, window[3], 2) < 0) {
      Py_DECREF(kwargs);
      FormatKwargsError(tstate, func, window[3]);
      PYVM_ERROR();
    }
    Py_SETREF(window[3], kwargs);
  }
  if (!PyTuple_CheckExact(window[2])) {
    if (CheckArgsIterable(tstate, func, window[2]) < 0) PYVM_ERROR();
    PyObject* args = PySequence_Tuple(window[2]);
    if (args == nullptr) PYVM_ERROR();
    Py_SETREF(window[2], args);
  }
  PyObject* result =
      PyObject_Call(func, window[2], pc->c != 0 ? window[3] : nullptr);
  for (int i = 1; i < 3 + pc->c; ++i) {
    PyObject* o = window[i];
    window[i] = nullptr;
    Drop(o, pc, regs, pool);
  }
  if (result == nullptr) [[unlikely]]
    PYVM_ERROR();
  Set(result, pc->a, pc, regs, pool);
  PYVM_PENDING_AFTER_CALL();
  PYVM_NEXT_AFTER_CALL(1);
}

}  // namespace

PYVM_ROW0(CALL, Call)
PYVM_ROW0(CALL_METHOD, CallMethod)
PYVM_ROW0(CALL_PY, CallPy)
PYVM_ROW0(CALL_METHOD_PY, CallMethodPy)
PYVM_ROW0(CALL_CLASS, CallClass)
PYVM_ROW0(CALL_LEN, CallLen)
PYVM_ROW0(CALL_ISINSTANCE, CallIsinstance)
PYVM_ROW0(CALL_C, CallC)
PYVM_ROW0(CALL_METHOD_C, CallMethodC)
PYVM_ROW0(CALL_LIST_APPEND, CallListAppend)
PYVM_ROW0(CALL_EX, CallEx)

}  // namespace pyvm::interp
