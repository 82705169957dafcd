// Calls of Python functions, methods and classes: they run in the same
// activation, behind their caller's frame.
#include "core/handlers/calls.h"

#include "core/runtime/attribute.h"
#include "core/runtime/bind.h"
#include "core/runtime/instance.h"

namespace pyvm::handlers {
namespace {

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
PYVM_HANDLER CallBinding(PYVM_ARGS) {
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
  PYVM_ENTER_CALL(frame, unit, WordsOf<form>(cache), 0);
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
  return reinterpret_cast<Unit*>(cache->value);
}

// What the operands of a call are, apart from the callable: all of one sort
// move without a test of each.
enum class Operands { kMixed, kTemps, kLent };

// Moves the `n` operands in `list` into a callee's registers.
template <Operands sort>
inline void MoveArguments(const Operand* list, uint32_t n, PyObject** to,
                          PyObject** regs, PyObject** pool) {
#pragma clang loop unroll(disable) vectorize(disable)
  for (uint32_t i = 0; i < n; ++i) {
    if constexpr (sort == Operands::kMixed) {
      to[i] = TakeArgument(regs, pool, list[i]);
    } else if constexpr (sort == Operands::kTemps) {
      PyObject** reg = regs + (list[i] - kTempFlag);
      to[i] = *reg;
      *reg = nullptr;
    } else {
      auto x = static_cast<int16_t>(list[i]);
      to[i] = Py_NewRef((x < 0 ? pool : regs)[x]);
    }
  }
}

// CALL_PY, CALL_PY_TEMPS or CALL_PY_LENT by the operands.
Op ChooseOperands(const Operand* list, uint32_t n, Op mixed, Op temps,
                  Op lent) {
  bool all = true, none = true;
  for (uint32_t i = 0; i < n; ++i) {
    (IsTempOperand(list[i]) ? none : all) = false;
  }
  return none ? lent : all ? temps : mixed;
}

template <Operands sort>
PYVM_HANDLER CallPy(PYVM_ARGS) {
  InlineCache* cache = CacheIn(pool, pc->c);
  const Operand* list = reinterpret_cast<const Operand*>(pc + 1);
  // The other forms take the callable from a temporary.
  PyObject* callable = sort == Operands::kMixed
                           ? ReadAny(regs, pool, list[0])
                           : Read<kTemp>(regs, pool, list[0]);
  Unit* unit = CachedUnit(cache, callable);
  if (unit == nullptr) [[unlikely]] {
    PYVM_TAIL CallMiss(pc, regs, pool, act);
  }
  uint32_t n = cache->num_args;
  SaveCall(regs, cache, kCallCaches);
  callable = sort == Operands::kMixed ? TakeArgument(regs, pool, list[0])
                                      : Take<kTemp>(regs, pool, list[0]);
  Frame* frame = BeginCall(act, callable, unit, n);
  if (frame == nullptr) [[unlikely]]
    PYVM_ERROR();
  MoveArguments<sort>(list + 1, n, frame->localsplus, regs, pool);
  PYVM_ENTER_CALL(frame, unit, ListWords(n + 1), 0);
}

template <Operands sort>
PYVM_HANDLER CallMethodPy(PYVM_ARGS) {
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
  MoveArguments<sort>(list, n, frame->localsplus + 1, regs, pool);
  PYVM_ENTER_CALL(frame, unit, ListWords(n), 0);
}

Op SpecializeCall(PyObject* callable, InlineCache* cache, Activation* act);

// Whether the site has not called yet what is not a Python function. Much code
// runs only once; and a call that is new counts as recursion in CPython too,
// whatever the C function, where one that is specialised may not.
inline bool IsFirstCall(InlineCache* cache) {
  if (cache->misses != 0) return false;
  cache->misses = 1;
  return true;
}

}  // namespace

PYVM_HANDLER Call(PYVM_ARGS) {
  InlineCache* cache = CacheIn(pool, pc->c);
  const Operand* list = reinterpret_cast<const Operand*>(pc + 1);
  PyObject* callable = ReadAny(regs, pool, list[0]);
  uint32_t n = cache->num_args;
  if (!Py_IS_TYPE(callable, &PyFunction_Type)) [[unlikely]] {
    if (IsFirstCall(cache))
      PYVM_TAIL CallAny<Form::kPlain>(pc, regs, pool, act);
    Rewrite(pc, SpecializeCall(callable, cache, act));
    PYVM_AGAIN();
  }
  Unit* unit = InlineCallee(act, callable);
  if (unit == nullptr || cache->keywords != 0) {
    auto* code = reinterpret_cast<PyCodeObject*>(
        reinterpret_cast<PyFunctionObject*>(callable)->func_code);
    unit = UnitOf(code);
    if (unit == nullptr) {
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
    cache->misses = kMaxMisses;  // there is no instruction for defaults
  }
  SaveCall(regs, cache, kCallCaches);
  if (n == unit->arg_count && CacheFunction(cache, callable, unit)) {
    Op op = Op::kCALL_PY;
    if (IsTempOperand(list[0])) {
      op = ChooseOperands(list + 1, n, op, Op::kCALL_PY_TEMPS,
                          Op::kCALL_PY_LENT);
    }
    Rewrite(pc, op);
  }
  callable = TakeAny(regs, pool, list[0]);
  Frame* frame = BeginCall(act, callable, unit, unit->arg_count);
  if (frame == nullptr) [[unlikely]]
    PYVM_ERROR();
  for (uint32_t i = 0; i < n; ++i) {
    frame->localsplus[i] = TakeArgument(regs, pool, list[1 + i]);
  }
  if (n != unit->arg_count) {
    FillDefaults(frame->f_func, unit, n, frame->localsplus);
  }
  PYVM_ENTER_CALL(frame, unit, WordsOf<Form::kPlain>(cache), 0);
}

PYVM_HANDLER CallMethod(PYVM_ARGS) {
  InlineCache* cache = CacheIn(pool, pc->c);
  const Operand* list = reinterpret_cast<const Operand*>(pc + 1);
  PyObject** window = regs + pc->b;
  if (window[0] == nullptr) {
    PyObject* callable = window[1];
    if (Unbind(callable, window)) {
      Drop(callable, pc, regs, pool);
      PYVM_AGAIN();
    }
  }
  uint32_t self = window[0] != nullptr;
  PyObject* callable = window[1 - self];
  uint32_t n = cache->num_args;
  if (!Py_IS_TYPE(callable, &PyFunction_Type)) [[unlikely]] {
    if (IsFirstCall(cache)) {
      PYVM_TAIL CallAny<Form::kMethod>(pc, regs, pool, act);
    }
    Op op = Op::kCALL_METHOD_C;
    if (cache->keywords == 0 && ++cache->misses < kMaxMisses) {
      op = SpecializeMethodC(window, cache, act);
    }
    Rewrite(pc, op);
    PYVM_AGAIN();
  }
  Unit* unit = InlineCallee(act, callable);
  if (unit == nullptr || cache->keywords != 0) {
    auto* code = reinterpret_cast<PyCodeObject*>(
        reinterpret_cast<PyFunctionObject*>(callable)->func_code);
    unit = UnitOf(code);
    if (unit == nullptr) {
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
    cache->misses = kMaxMisses;  // there is no instruction for defaults
  }
  SaveCall(regs, cache, kCallCaches);
  if (self == 0) {
    cache->misses = kMaxMisses;  // there is no instruction for it
  } else if (n + 1 == unit->arg_count && CacheFunction(cache, callable, unit)) {
    Rewrite(pc, ChooseOperands(list, n, Op::kCALL_METHOD_PY,
                               Op::kCALL_METHOD_PY_TEMPS,
                               Op::kCALL_METHOD_PY_LENT));
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
  PYVM_ENTER_CALL(frame, unit, WordsOf<Form::kMethod>(cache), 0);
}

namespace {

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
    return SpecializeC(callable, cache, act);
  }
  return Op::kCALL_C;
}

}  // namespace

PYVM_HANDLER CallMiss(PYVM_ARGS) {
  Rewrite(pc, Op::kCALL);
  PYVM_TAIL Call(pc, regs, pool, act);
}

PYVM_HANDLER CallMethodMiss(PYVM_ARGS) {
  Rewrite(pc, Op::kCALL_METHOD);
  PYVM_TAIL CallMethod(pc, regs, pool, act);
}

namespace {

PYVM_HANDLER CallClass(PYVM_ARGS) {
  InlineCache* cache = CacheIn(pool, pc->c);
  const Operand* list = reinterpret_cast<const Operand*>(pc + 1);
  PyObject* callable = ReadAny(regs, pool, list[0]);
  auto* cls = reinterpret_cast<PyTypeObject*>(callable);
  PyObject** window = regs + pc->b;
  if (!PyType_Check(callable) || cls->tp_version_tag != cache->version) {
    Py_CLEAR(window[0]);
    PYVM_TAIL CallMiss(pc, regs, pool, act);
  }
  Unit* unit = InlineCallee(act, cache->value);
  uint32_t n = cache->num_args;
  if (unit == nullptr || !CanBind(cache->value, unit, n + 1)) [[unlikely]] {
    Py_CLEAR(window[0]);
    Rewrite(pc, Op::kCALL_C);
    PYVM_AGAIN();
  }
  SaveCall(regs, cache, 0);
  // The instance waits in the window for __init__ to end. Machine code may have
  // made it.
  if (window[0] == nullptr) window[0] = NewInstance(cls);
  PyObject* self = window[0];
  if (self == nullptr) [[unlikely]]
    PYVM_ERROR();
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
  PYVM_ENTER_CALL(frame, unit, WordsOf<Form::kPlain>(cache), kReturnSelf);
}

}  // namespace

PYVM_ROW0(CALL, Call)
PYVM_ROW0(CALL_METHOD, CallMethod)
PYVM_ROW0(CALL_PY, CallPy<Operands::kMixed>)
PYVM_ROW0(CALL_PY_TEMPS, CallPy<Operands::kTemps>)
PYVM_ROW0(CALL_PY_LENT, CallPy<Operands::kLent>)
PYVM_ROW0(CALL_METHOD_PY, CallMethodPy<Operands::kMixed>)
PYVM_ROW0(CALL_METHOD_PY_TEMPS, CallMethodPy<Operands::kTemps>)
PYVM_ROW0(CALL_METHOD_PY_LENT, CallMethodPy<Operands::kLent>)
PYVM_ROW0(CALL_CLASS, CallClass)

}  // namespace pyvm::handlers
