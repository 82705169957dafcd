// Calls of what is not a Python function, through its vectorcall or, for common
// forms of C functions, straight.
#include <cstring>

#include "core/handlers/calls.h"
#include "core/runtime/instance.h"
#include "core/runtime/iterator.h"
#include "core/runtime/window_ops.h"

namespace pyvm::handlers {
namespace {

// What a signal handler raises comes out of the call that was interrupted.
#define PYVM_PENDING_AFTER_CALL()                                             \
  if (*act->eval_breaker != 0 && HandlePending(act->tstate) < 0) [[unlikely]] \
  PYVM_ERROR()

}  // namespace

// Calls whatever the window holds after FillWindow; `first` is where the
// arguments begin (1 with a receiver, else 2).
template <Form form>
PYVM_HANDLER CallAny(PYVM_ARGS) {
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
  PyObject* result = _PyObject_VectorcallTstate(
      act->tstate, callable, window + first,
      nargs | PY_VECTORCALL_ARGUMENTS_OFFSET, kwnames);
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
template PYVM_HANDLER CallAny<Form::kPlain>(PYVM_ARGS);
template PYVM_HANDLER CallAny<Form::kMethod>(PYVM_ARGS);

namespace {

// The call of a bound method.
PYVM_HANDLER CallBoundPlain(PYVM_ARGS) {
  InlineCache* cache = CacheIn(pool, pc->c);
  const Operand* list = reinterpret_cast<const Operand*>(pc + 1);
  PyObject* callable = ReadAny(regs, pool, list[0]);
  auto* method = reinterpret_cast<PyMethodObject*>(callable);
  uint32_t n = cache->num_args;
  Unit* unit =
      cache->keywords == 0 ? InlineCallee(act, method->im_func) : nullptr;
  if (unit == nullptr || unit->arg_count != n + 1) {
    PYVM_TAIL CallAny<Form::kPlain>(pc, regs, pool, act);
  }
  SaveCall(regs, cache, kCallCaches);
  Frame* frame = BeginCall(act, Py_NewRef(method->im_func), unit, n + 1);
  if (frame == nullptr) [[unlikely]]
    PYVM_ERROR();
  PyObject** to = frame->localsplus;
  to[0] = Py_NewRef(method->im_self);
  for (uint32_t i = 0; i < n; ++i) {
    to[1 + i] = TakeArgument(regs, pool, list[1 + i]);
  }
  if (IsTempOperand(list[0])) {
    regs[RegisterOf(list[0])] = nullptr;
    Py_DECREF(callable);  // the frame holds what it refers to
  }
  PYVM_ENTER_CALL(frame, unit, WordsOf<Form::kPlain>(cache), 0);
}

PYVM_HANDLER CallC(PYVM_ARGS) {
  PyObject* callable = ReadAny(regs, pool, ListOperand(pc, 0));
  if (Py_IS_TYPE(callable, &PyMethod_Type)) {
    PYVM_TAIL CallBoundPlain(pc, regs, pool, act);
  }
  if (Py_IS_TYPE(callable, &PyFunction_Type)) [[unlikely]] {
    InlineCache* cache = CacheIn(pool, pc->c);
    if (++cache->misses < kMaxMisses) Rewrite(pc, Op::kCALL);
    PYVM_TAIL Call(pc, regs, pool, act);
  }
  PYVM_TAIL CallAny<Form::kPlain>(pc, regs, pool, act);
}

// The call of a bound method whose first argument is in the window too, as the
// end of a with statement calls __exit__.
PYVM_HANDLER CallBound(PYVM_ARGS) {
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

PYVM_HANDLER CallMethodC(PYVM_ARGS) {
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

// --- C functions of a common form, called straight --------------------------
//
// The operands are passed as they stand: a local lends its reference, since
// nothing but the code of this frame stores to its registers.

// What the METH_ flags say of a function's parameters.
enum class Params { kNone, kOne, kVector };

// More arguments than this go through the window.
constexpr uint32_t kMaxLent = 8;

constexpr int kFormFlags = METH_VARARGS | METH_FASTCALL | METH_NOARGS | METH_O |
                           METH_KEYWORDS | METH_METHOD | METH_STATIC |
                           METH_CLASS;

template <Params params>
inline bool HasForm(const PyMethodDef* def) {
  int flags = def->ml_flags & kFormFlags;
  if constexpr (params == Params::kNone) return flags == METH_NOARGS;
  if constexpr (params == Params::kOne) return flags == METH_O;
  if constexpr (params == Params::kVector) {
    return (flags & ~METH_KEYWORDS) == METH_FASTCALL;
  }
}

// The definition of `callable` if it is a C function, with what it is called
// on; null if not. A method descriptor takes only receivers of its own type.
template <Form form>
inline PyMethodDef* DefinitionOf(PyObject* callable, PyObject** self) {
  if constexpr (form == Form::kMethod) {
    if (!Py_IS_TYPE(callable, &PyMethodDescr_Type)) return nullptr;
    auto* descr = reinterpret_cast<PyMethodDescrObject*>(callable);
    return Py_IS_TYPE(*self, descr->d_common.d_type) ? descr->d_method
                                                     : nullptr;
  } else {
    if (!Py_IS_TYPE(callable, &PyCFunction_Type)) return nullptr;
    *self = reinterpret_cast<PyCFunctionObject*>(callable)->m_self;
    return reinterpret_cast<PyCFunctionObject*>(callable)->m_ml;
  }
}

// Which of the handlers below calls `def` with `n` arguments; kCALL if none.
Op OpFor(const PyMethodDef* def, uint32_t n, bool method) {
  // What it counts must include the reference of an argument list.
  if (std::strcmp(def->ml_name, "getrefcount") == 0) return Op::kCALL;
  if (HasForm<Params::kNone>(def) && n == 0) {
    return method ? Op::kCALL_METHOD_C_NONE : Op::kCALL_C_NONE;
  }
  if (HasForm<Params::kOne>(def) && n == 1) {
    return method ? Op::kCALL_METHOD_C_ONE : Op::kCALL_C_ONE;
  }
  if (HasForm<Params::kVector>(def) && n <= kMaxLent) {
    return method ? Op::kCALL_METHOD_C_VECTOR : Op::kCALL_C_VECTOR;
  }
  return Op::kCALL;
}

template <Form form, Params params>
PYVM_HANDLER CallKnownC(PYVM_ARGS) {
  InlineCache* cache = CacheIn(pool, pc->c);
  const Operand* args = ArgsOf<form>(pc);
  PyObject** window = regs + pc->b;
  PyObject* callable;
  PyObject* self = nullptr;
  const PyMethodDef* def;
  bool receiver = false;
  if constexpr (form == Form::kPlain) {
    callable = ReadAny(regs, pool, ListOperand(pc, 0));
    def = DefinitionOf<Form::kPlain>(callable, &self);
  } else {
    // A method and its receiver, or an attribute that is a function.
    callable = window[0];
    receiver = callable != nullptr;
    self = window[1];
    if (receiver) {
      def = DefinitionOf<Form::kMethod>(callable, &self);
    } else {
      callable = self;
      def = DefinitionOf<Form::kPlain>(callable, &self);
    }
  }
  if (def == nullptr || def != reinterpret_cast<PyMethodDef*>(cache->value) ||
      !HasForm<params>(def)) [[unlikely]] {
    if constexpr (form == Form::kPlain) {
      PYVM_TAIL CallMiss(pc, regs, pool, act);
    } else {
      PYVM_TAIL CallMethodMiss(pc, regs, pool, act);
    }
  }
  SaveCall(regs, cache, 0);
  PyObject* result = nullptr;
  if constexpr (params == Params::kVector) {
    uint32_t n = cache->num_args;
    PyObject* vector[kMaxLent];
    for (uint32_t i = 0; i < n; ++i) vector[i] = ReadAny(regs, pool, args[i]);
    // One without keywords does not look at the last argument.
    result = reinterpret_cast<_PyCFunctionFastWithKeywords>(
        reinterpret_cast<void (*)()>(def->ml_meth))(self, vector, n, nullptr);
    for (uint32_t i = 0; i < n; ++i) {
      ConsumeAny(vector[i], pc, regs, pool, args[i]);
    }
  } else {
    PyObject* arg =
        params == Params::kOne ? ReadAny(regs, pool, args[0]) : nullptr;
    // CPython promises to count these calls.
    if (EnterRecursion(act->tstate, " while calling a Python object"))
        [[likely]] {
      result = def->ml_meth(self, arg);
      ++act->tstate->recursion_remaining;
    }
    if constexpr (params == Params::kOne) {
      ConsumeAny(arg, pc, regs, pool, args[0]);
    }
  }
  if constexpr (form == Form::kPlain) {
    ConsumeAny(callable, pc, regs, pool, ListOperand(pc, 0));
  } else {
    window[0] = window[1] = nullptr;
    Drop(callable, pc, regs, pool);
    if (receiver) Drop(self, pc, regs, pool);
  }
  if (result == nullptr) [[unlikely]]
    PYVM_ERROR();
  Set(result, pc->a, pc, regs, pool);
  PYVM_PENDING_AFTER_CALL();
  PYVM_NEXT_AFTER_CALL(1 + WordsOf<form>(cache));
}

// A type that makes its instances from a vector of arguments, as int, list and
// range do. A range that a loop iterates over need not exist.
PYVM_HANDLER CallTypeVector(PYVM_ARGS) {
  InlineCache* cache = CacheIn(pool, pc->c);
  const Operand* args = ArgsOf<Form::kPlain>(pc);
  PyObject* callable = ReadAny(regs, pool, ListOperand(pc, 0));
  vectorcallfunc make = nullptr;
  if (Py_IS_TYPE(callable, &PyType_Type)) {
    make = reinterpret_cast<PyTypeObject*>(callable)->tp_vectorcall;
  }
  if (make == nullptr) [[unlikely]] {
    PYVM_TAIL CallMiss(pc, regs, pool, act);
  }
  SaveCall(regs, cache, 0);
  uint32_t n = cache->num_args;
  PyObject* vector[kMaxLent];
  for (uint32_t i = 0; i < n; ++i) vector[i] = ReadAny(regs, pool, args[i]);
  const Instr* next = pc + 1 + WordsOf<Form::kPlain>(cache);
  PyObject* iterator = nullptr;
  if (callable == reinterpret_cast<PyObject*>(&PyRange_Type) &&
      BaseOf(next->op) == Op::kGET_ITER && next->b == TempOperand(pc->a)) {
    iterator = RangeIteratorOf(vector, n);
  }
  PyObject* result =
      iterator == nullptr ? make(callable, vector, n, nullptr) : nullptr;
  for (uint32_t i = 0; i < n; ++i) {
    ConsumeAny(vector[i], pc, regs, pool, args[i]);
  }
  ConsumeAny(callable, pc, regs, pool, ListOperand(pc, 0));
  if (iterator != nullptr) {
    pc = next;
    Set(iterator, pc->a, pc, regs, pool);
    PYVM_PENDING_AFTER_CALL();
    PYVM_JUMP_AFTER_CALL(1);
  }
  if (result == nullptr) [[unlikely]]
    PYVM_ERROR();
  Set(result, pc->a, pc, regs, pool);
  PYVM_PENDING_AFTER_CALL();
  PYVM_NEXT_AFTER_CALL(1 + WordsOf<Form::kPlain>(cache));
}

PYVM_HANDLER CallStr(PYVM_ARGS) {
  InlineCache* cache = CacheIn(pool, pc->c);
  PyObject* callable = ReadAny(regs, pool, ListOperand(pc, 0));
  if (callable != reinterpret_cast<PyObject*>(&PyUnicode_Type)) [[unlikely]] {
    PYVM_TAIL CallMiss(pc, regs, pool, act);
  }
  SaveCall(regs, cache, 0);
  PyObject* o = ReadAny(regs, pool, ListOperand(pc, 1));
  PyObject* result = PyObject_Str(o);
  ConsumeAny(o, pc, regs, pool, ListOperand(pc, 1));
  ConsumeAny(callable, pc, regs, pool, ListOperand(pc, 0));
  if (result == nullptr) [[unlikely]]
    PYVM_ERROR();
  Set(result, pc->a, pc, regs, pool);
  PYVM_PENDING_AFTER_CALL();
  PYVM_NEXT_AFTER_CALL(1 + ListWords(2));
}

// --- Known C functions ------------------------------------------------------

// CPython's own min and max, whatever the names mean by now.
PyObject* Builtin(PyInterpreterState* interp, const char* name) {
  return PyDict_GetItemString(interp->builtins_copy, name);
}

// The smaller, or larger, of the operands by < or >; the first of equals. Null
// with an exception.
template <int compare>
inline PyObject* Extreme(const Operand* args, uint32_t n, PyObject** regs,
                         PyObject** pool) {
  PyObject* best = ReadAny(regs, pool, args[0]);
  for (uint32_t i = 1; i < n; ++i) {
    PyObject* o = ReadAny(regs, pool, args[i]);
    int better;
    if (IsInt(o) && IsInt(best) && IsOneDigit(o) && IsOneDigit(best)) {
      better = compare == Py_LT ? OneDigitValue(o) < OneDigitValue(best)
                                : OneDigitValue(o) > OneDigitValue(best);
    } else if (IsFloat(o) && IsFloat(best)) {
      better = compare == Py_LT ? FloatValue(o) < FloatValue(best)
                                : FloatValue(o) > FloatValue(best);
    } else {
      better = PyObject_RichCompareBool(o, best, compare);
      if (better < 0) return nullptr;
    }
    if (better) best = o;
  }
  return best;
}

template <int compare>
PYVM_HANDLER CallExtreme(PYVM_ARGS) {
  InlineCache* cache = CacheIn(pool, pc->c);
  PyObject* callable = ReadAny(regs, pool, ListOperand(pc, 0));
  if (callable != cache->value) [[unlikely]] {
    PYVM_TAIL CallMiss(pc, regs, pool, act);
  }
  SaveCall(regs, cache, 0);
  const Operand* args = ArgsOf<Form::kPlain>(pc);
  uint32_t n = cache->num_args;
  PyObject* result = Extreme<compare>(args, n, regs, pool);
  Py_XINCREF(result);
  for (uint32_t i = 0; i < n; ++i) {
    ConsumeAny(ReadAny(regs, pool, args[i]), pc, regs, pool, args[i]);
  }
  ConsumeAny(callable, pc, regs, pool, ListOperand(pc, 0));
  if (result == nullptr) [[unlikely]]
    PYVM_ERROR();
  Set(result, pc->a, pc, regs, pool);
  PYVM_NEXT_AFTER_CALL(1 + WordsOf<Form::kPlain>(cache));
}

PYVM_HANDLER CallLen(PYVM_ARGS) {
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

PYVM_HANDLER CallIsinstance(PYVM_ARGS) {
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
    is = IsInstance(o, cls);
  }
  ConsumeAny(callable, pc, regs, pool, list[0]);
  ConsumeAny(o, pc, regs, pool, list[1]);
  ConsumeAny(cls, pc, regs, pool, list[2]);
  if (is < 0) [[unlikely]]
    PYVM_ERROR();
  Set(Py_NewRef(is ? Py_True : Py_False), pc->a, pc, regs, pool);
  PYVM_NEXT_AFTER_CALL(1 + ListWords(3));
}

PYVM_HANDLER CallListAppend(PYVM_ARGS) {
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
  const Instr* next = pc + 1 + ListWords(1);
  if (next->op == ConcreteOp(Op::kDROP, TempOperand(0)) &&
      next->a == TempOperand(pc->a)) [[likely]] {
    pc = next;
    PYVM_JUMP(1);
  }
  Set(Py_NewRef(Py_None), pc->a, pc, regs, pool);
  PYVM_NEXT(1 + ListWords(1));
}

// --- f(*args, **kwargs) -----------------------------------------------------

PYVM_HANDLER CallEx(PYVM_ARGS) {
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

Op SpecializeC(PyObject* callable, InlineCache* cache, Activation* act) {
  uint32_t n = cache->num_args;
  PyInterpreterState* interp = act->interp;
  if (callable == interp->callable_cache.len && n == 1) return Op::kCALL_LEN;
  if (callable == interp->callable_cache.isinstance && n == 2) {
    return Op::kCALL_ISINSTANCE;
  }
  if (Py_IS_TYPE(callable, &PyType_Type) && n <= kMaxLent) {
    auto* type = reinterpret_cast<PyTypeObject*>(callable);
    if (type == &PyUnicode_Type && n == 1) return Op::kCALL_STR;
    if (type->tp_vectorcall != nullptr) return Op::kCALL_TYPE_VECTOR;
  }
  PyObject* self;
  PyMethodDef* def = DefinitionOf<Form::kPlain>(callable, &self);
  if (def == nullptr) return Op::kCALL_C;
  if (n >= 2) {
    bool min = callable == Builtin(interp, "min");
    if (min || callable == Builtin(interp, "max")) {
      cache->value = callable;
      return min ? Op::kCALL_MIN : Op::kCALL_MAX;
    }
  }
  cache->value = reinterpret_cast<PyObject*>(def);
  Op op = OpFor(def, n, /*method=*/false);
  return op == Op::kCALL ? Op::kCALL_C : op;
}

Op SpecializeMethodC(PyObject** window, InlineCache* cache, Activation* act) {
  uint32_t n = cache->num_args;
  PyObject* self = window[1];
  if (window[0] == act->interp->callable_cache.list_append && n == 1) {
    return Op::kCALL_LIST_APPEND;
  }
  PyMethodDef* def = window[0] != nullptr
                         ? DefinitionOf<Form::kMethod>(window[0], &self)
                         : DefinitionOf<Form::kPlain>(window[1], &self);
  if (def == nullptr) return Op::kCALL_METHOD_C;
  cache->value = reinterpret_cast<PyObject*>(def);
  Op op = OpFor(def, n, /*method=*/true);
  return op == Op::kCALL ? Op::kCALL_METHOD_C : op;
}

PYVM_ROW0(CALL_LEN, CallLen)
PYVM_ROW0(CALL_MIN, CallExtreme<Py_LT>)
PYVM_ROW0(CALL_MAX, CallExtreme<Py_GT>)
PYVM_ROW0(CALL_STR, CallStr)
PYVM_ROW0(CALL_TYPE_VECTOR, CallTypeVector)
PYVM_ROW0(CALL_C_NONE, (CallKnownC<Form::kPlain, Params::kNone>))
PYVM_ROW0(CALL_C_ONE, (CallKnownC<Form::kPlain, Params::kOne>))
PYVM_ROW0(CALL_C_VECTOR, (CallKnownC<Form::kPlain, Params::kVector>))
PYVM_ROW0(CALL_METHOD_C_NONE, (CallKnownC<Form::kMethod, Params::kNone>))
PYVM_ROW0(CALL_METHOD_C_ONE, (CallKnownC<Form::kMethod, Params::kOne>))
PYVM_ROW0(CALL_METHOD_C_VECTOR, (CallKnownC<Form::kMethod, Params::kVector>))
PYVM_ROW0(CALL_ISINSTANCE, CallIsinstance)
PYVM_ROW0(CALL_C, CallC)
PYVM_ROW0(CALL_METHOD_C, CallMethodC)
PYVM_ROW0(CALL_LIST_APPEND, CallListAppend)
PYVM_ROW0(CALL_EX, CallEx)

}  // namespace pyvm::handlers
