// Calls of what is not a Python function, through its vectorcall or, for common
// forms of C functions, straight.
#include "core/runtime/window_ops.h"
#include "tiers/interp/calls.h"

namespace pyvm::interp {
namespace {

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
  if (!EnterRecursion(tstate, " while calling a Python object")) {
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

}  // namespace

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
template PYVM_CC void CallAny<Form::kPlain>(PYVM_ARGS);
template PYVM_CC void CallAny<Form::kMethod>(PYVM_ARGS);

namespace {

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
  PYVM_ENTER_CALL(frame, unit, WordsOf<Form::kMethod>(cache), 0);
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

PYVM_ROW0(CALL_LEN, CallLen)
PYVM_ROW0(CALL_ISINSTANCE, CallIsinstance)
PYVM_ROW0(CALL_C, CallC)
PYVM_ROW0(CALL_METHOD_C, CallMethodC)
PYVM_ROW0(CALL_LIST_APPEND, CallListAppend)
PYVM_ROW0(CALL_EX, CallEx)

}  // namespace pyvm::interp
