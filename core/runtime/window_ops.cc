#include "core/runtime/window_ops.h"

#include <cstddef>

#include "core/runtime/function.h"
#include "core/runtime/names.h"
#include "core/runtime/raise.h"
#include "core/runtime/ref.h"

namespace pyvm {
namespace {

// The register `distance` below the window.
PyObject* Below(PyObject** s, uint32_t distance) {
  return s[-static_cast<ptrdiff_t>(distance)];
}

// Releases `n` inputs, the top of the stack first, and leaves `result`.
int Replace(PyObject** s, uint32_t n, PyObject* result) {
  while (n > 0) {
    --n;
    Py_CLEAR(s[n]);
  }
  s[0] = result;
  return 0;
}

// Takes the reference to `result`, which is null if an exception is set.
int Leave(PyObject** s, PyObject* result) {
  s[0] = result;
  return result == nullptr ? -1 : 0;
}

int CheckExceptStarType(PyThreadState* tstate, PyObject* type) {
  if (CheckExceptType(tstate, type) < 0) return -1;
  bool is_tuple = PyTuple_Check(type);
  Py_ssize_t n = is_tuple ? PyTuple_GET_SIZE(type) : 1;
  for (Py_ssize_t i = 0; i < n; ++i) {
    PyObject* item = is_tuple ? PyTuple_GET_ITEM(type, i) : type;
    int is_group = PyObject_IsSubclass(item, PyExc_BaseExceptionGroup);
    if (is_group < 0) return -1;
    if (is_group > 0) {
      _PyErr_SetString(tstate, PyExc_TypeError,
                       "catching ExceptionGroup with except* is not allowed. "
                       "Use except instead.");
      return -1;
    }
  }
  return 0;
}

// Splits what `except* type` catches of `exc` from the rest; each is None if it
// is empty. Returns 0, or -1 with an exception set.
int SplitGroup(PyObject* exc, PyObject* type, Ref* match, Ref* rest) {
  bool is_group = !Py_IsNone(exc) && _PyBaseExceptionGroup_Check(exc);
  if (Py_IsNone(exc)) {
    *match->out() = Py_NewRef(Py_None);
  } else if (PyErr_GivenExceptionMatches(exc, type)) {
    if (is_group) {
      *match->out() = Py_NewRef(exc);
    } else {
      Ref excs(PyTuple_Pack(1, exc));
      if (!excs) return -1;
      *match->out() = _PyExc_CreateExceptionGroup("", excs.get());
      if (!*match) return -1;
    }
  } else if (is_group) {
    Ref pair(PyObject_CallMethod(exc, "split", "(O)", type));
    if (!pair) return -1;
    if (!PyTuple_CheckExact(pair.get()) || PyTuple_GET_SIZE(pair.get()) < 2) {
      // CPython 3.11.2 takes this on trust; later versions say so too.
      PyErr_Format(PyExc_TypeError,
                   "%.200s.split must return a 2-tuple, not %.200s",
                   Py_TYPE(exc)->tp_name, Py_TYPE(pair.get())->tp_name);
      return -1;
    }
    *match->out() = Py_NewRef(PyTuple_GET_ITEM(pair.get(), 0));
    *rest->out() = Py_NewRef(PyTuple_GET_ITEM(pair.get(), 1));
    return 0;
  } else {
    *match->out() = Py_NewRef(Py_None);
  }
  *rest->out() = Py_NewRef(Py_None);
  return 0;
}

struct ContextProtocol {
  const char* name;
  PyObject* enter;
  PyObject* exit;
};

int EnterContext(PyThreadState* tstate, PyObject** s,
                 const ContextProtocol& protocol) {
  PyObject* manager = s[0];
  // A method that need not be bound is called as it is.
  PyObject* found = _PyType_Lookup(Py_TYPE(manager), protocol.enter);
  bool method = found != nullptr &&
                PyType_HasFeature(Py_TYPE(found), Py_TPFLAGS_METHOD_DESCRIPTOR);
  Ref enter(method ? Py_NewRef(found)
                   : _PyObject_LookupSpecial(manager, protocol.enter));
  if (!enter) {
    if (!_PyErr_Occurred(tstate)) {
      _PyErr_Format(tstate, PyExc_TypeError,
                    "'%.200s' object does not support the %s protocol",
                    Py_TYPE(manager)->tp_name, protocol.name);
    }
    return -1;
  }
  PyObject* exit = _PyObject_LookupSpecial(manager, protocol.exit);
  if (exit == nullptr) {
    if (!_PyErr_Occurred(tstate)) {
      _PyErr_Format(tstate, PyExc_TypeError,
                    "'%.200s' object does not support the %s protocol "
                    "(missed %U method)",
                    Py_TYPE(manager)->tp_name, protocol.name, protocol.exit);
    }
    return -1;
  }
  s[0] = exit;
  PyObject* entered = method ? PyObject_CallOneArg(enter.get(), manager)
                             : _PyObject_CallNoArgs(enter.get());
  Py_DECREF(manager);
  return Leave(s + 1, entered);
}

void FormatAwaitableError(PyThreadState* tstate, PyTypeObject* type,
                          uint32_t where) {
  if (type->tp_as_async != nullptr && type->tp_as_async->am_await != nullptr) {
    return;
  }
  if (where == 1 || where == 2) {
    _PyErr_Format(tstate, PyExc_TypeError,
                  "'async with' received an object from %s "
                  "that does not implement __await__: %.100s",
                  where == 1 ? "__aenter__" : "__aexit__", type->tp_name);
  }
}

}  // namespace

// --- Containers and strings --------------------------------------------------

int BuildSet(PyThreadState* tstate, _PyInterpreterFrame* frame, PyObject** s,
             uint32_t imm) {
  Ref set(PySet_New(nullptr));
  if (!set) return -1;
  // The others die before the set, whatever happens.
  int failed = 0;
  for (uint32_t i = 0; i < imm; ++i) {
    Ref item(Take(&s[i]));
    if (failed == 0) failed = PySet_Add(set.get(), item.get());
  }
  return failed != 0 ? -1 : Leave(s, set.release());
}

int BuildMap(PyThreadState* tstate, _PyInterpreterFrame* frame, PyObject** s,
             uint32_t imm) {
  PyObject* map = _PyDict_FromItems(s, 2, s + 1, 2, imm);
  if (map == nullptr) return -1;
  return Replace(s, 2 * imm, map);
}

int BuildConstKeyMap(PyThreadState* tstate, _PyInterpreterFrame* frame,
                     PyObject** s, uint32_t imm) {
  PyObject* keys = s[imm];
  if (!PyTuple_CheckExact(keys) ||
      PyTuple_GET_SIZE(keys) != static_cast<Py_ssize_t>(imm)) {
    _PyErr_SetString(tstate, PyExc_SystemError,
                     "bad BUILD_CONST_KEY_MAP keys argument");
    return -1;
  }
  PyObject* map = _PyDict_FromItems(&PyTuple_GET_ITEM(keys, 0), 1, s, 1, imm);
  if (map == nullptr) return -1;
  return Replace(s, imm + 1, map);
}

int BuildString(PyThreadState* tstate, _PyInterpreterFrame* frame, PyObject** s,
                uint32_t imm) {
  PyObject* str = _PyUnicode_JoinArray(&_Py_STR(empty), s, imm);
  if (str == nullptr) return -1;
  return Replace(s, imm, str);
}

int BuildSlice(PyThreadState* tstate, _PyInterpreterFrame* frame, PyObject** s,
               uint32_t imm) {
  PyObject* slice = PySlice_New(s[0], s[1], imm == 3 ? s[2] : nullptr);
  if (slice == nullptr) return -1;
  return Replace(s, imm, slice);
}

int MapAdd(PyThreadState* tstate, _PyInterpreterFrame* frame, PyObject** s,
           uint32_t imm) {
  auto* dict = reinterpret_cast<PyDictObject*>(Below(s, imm));
  PyObject* key = Take(&s[0]);
  PyObject* value = Take(&s[1]);
  return _PyDict_SetItem_Take2(dict, key, value) == 0 ? 0 : -1;
}

int ListExtend(PyThreadState* tstate, _PyInterpreterFrame* frame, PyObject** s,
               uint32_t imm) {
  auto* list = reinterpret_cast<PyListObject*>(Below(s, imm));
  Ref iterable(Take(s));
  Ref none(_PyList_Extend(list, iterable.get()));
  if (none) return 0;
  if (_PyErr_ExceptionMatches(tstate, PyExc_TypeError) &&
      Py_TYPE(iterable.get())->tp_iter == nullptr &&
      !PySequence_Check(iterable.get())) {
    _PyErr_Clear(tstate);
    _PyErr_Format(tstate, PyExc_TypeError,
                  "Value after * must be an iterable, not %.200s",
                  Py_TYPE(iterable.get())->tp_name);
  }
  return -1;
}

int SetUpdate(PyThreadState* tstate, _PyInterpreterFrame* frame, PyObject** s,
              uint32_t imm) {
  Ref iterable(Take(s));
  return _PySet_Update(Below(s, imm), iterable.get()) < 0 ? -1 : 0;
}

int DictUpdate(PyThreadState* tstate, _PyInterpreterFrame* frame, PyObject** s,
               uint32_t imm) {
  Ref update(Take(s));
  if (PyDict_Update(Below(s, imm), update.get()) == 0) return 0;
  if (_PyErr_ExceptionMatches(tstate, PyExc_AttributeError)) {
    _PyErr_Format(tstate, PyExc_TypeError, "'%.200s' object is not a mapping",
                  Py_TYPE(update.get())->tp_name);
  }
  return -1;
}

int DictMerge(PyThreadState* tstate, _PyInterpreterFrame* frame, PyObject** s,
              uint32_t imm) {
  Ref update(Take(s));
  if (_PyDict_MergeEx(Below(s, imm), update.get(), 2) == 0) return 0;
  // Below the dict lie the positional arguments, and the function below them.
  FormatKwargsError(tstate, Below(s, imm + 2), update.get());
  return -1;
}

int ListToTuple(PyThreadState* tstate, _PyInterpreterFrame* frame, PyObject** s,
                uint32_t imm) {
  Ref list(Take(s));
  return Leave(s, PyList_AsTuple(list.get()));
}

int UnpackEx(PyThreadState* tstate, _PyInterpreterFrame* frame, PyObject** s,
             uint32_t imm) {
  int before = static_cast<int>(imm & 0xff), after = static_cast<int>(imm >> 8);
  Ref iterable(Take(s));
  bool done = UnpackIterable(tstate, iterable.get(), before, after,
                             s + before + 1 + after) != 0;
  return done ? 0 : -1;
}

namespace {

// PyObject_Format, without the detour through __format__ for exact numbers and
// strs. `spec` may be null.
PyObject* Format(PyObject* value, PyObject* spec) {
  if (spec == nullptr || PyUnicode_READY(spec) < 0 ||
      PyUnicode_GET_LENGTH(spec) == 0) {
    return PyObject_Format(value, spec);
  }
  PyTypeObject* type = Py_TYPE(value);
  int (*format)(_PyUnicodeWriter*, PyObject*, PyObject*, Py_ssize_t,
                Py_ssize_t) = nullptr;
  if (type == &PyLong_Type) format = _PyLong_FormatAdvancedWriter;
  if (type == &PyFloat_Type) format = _PyFloat_FormatAdvancedWriter;
  if (type == &PyUnicode_Type) format = _PyUnicode_FormatAdvancedWriter;
  if (format == nullptr) return PyObject_Format(value, spec);
  _PyUnicodeWriter writer;
  _PyUnicodeWriter_Init(&writer);
  if (format(&writer, value, spec, 0, PyUnicode_GET_LENGTH(spec)) < 0) {
    _PyUnicodeWriter_Dealloc(&writer);
    return nullptr;
  }
  return _PyUnicodeWriter_Finish(&writer);
}

}  // namespace

int FormatValue(PyThreadState* tstate, _PyInterpreterFrame* frame, PyObject** s,
                uint32_t imm) {
  bool has_spec = (imm & FVS_MASK) == FVS_HAVE_SPEC;
  Ref spec(has_spec ? Take(&s[1]) : nullptr);
  Ref value(Take(s));
  PyObject* (*convert)(PyObject*) = nullptr;
  switch (imm & FVC_MASK) {
    case FVC_STR:
      convert = PyObject_Str;
      break;
    case FVC_REPR:
      convert = PyObject_Repr;
      break;
    case FVC_ASCII:
      convert = PyObject_ASCII;
      break;
  }
  if (convert != nullptr) {
    PyObject* converted = convert(value.get());
    Py_DECREF(value.release());
    if (converted == nullptr) return -1;
    *value.out() = converted;
  }
  if (PyUnicode_CheckExact(value.get()) && !spec) {
    return Leave(s, value.release());
  }
  return Leave(s, Format(value.get(), spec.get()));
}

// --- Functions, classes, module bodies ---------------------------------------

int MakeFunction(PyThreadState* tstate, _PyInterpreterFrame* frame,
                 PyObject** s, uint32_t imm) {
  uint32_t top = (imm & 1) + (imm >> 1 & 1) + (imm >> 2 & 1) + (imm >> 3 & 1);
  Ref code(Take(&s[top]));
  PyObject* object = NewFunction(code.get(), frame->f_globals);
  if (object == nullptr) return -1;
  auto* func = reinterpret_cast<PyFunctionObject*>(object);
  if ((imm & 3) != 0) ForgetVersion(object);
  if ((imm & 8) != 0) func->func_closure = Take(&s[--top]);
  if ((imm & 4) != 0) func->func_annotations = Take(&s[--top]);
  if ((imm & 2) != 0) func->func_kwdefaults = Take(&s[--top]);
  if ((imm & 1) != 0) func->func_defaults = Take(&s[--top]);
  return Leave(s, object);
}

int LoadBuildClass(PyThreadState* tstate, _PyInterpreterFrame* frame,
                   PyObject** s, uint32_t imm) {
  int found =
      LookupItem(tstate, frame->f_builtins, &_Py_ID(__build_class__), s);
  if (found == 0) {
    _PyErr_SetString(tstate, PyExc_NameError, "__build_class__ not found");
  }
  return found > 0 ? 0 : -1;
}

int PrintExpr(PyThreadState* tstate, _PyInterpreterFrame* frame, PyObject** s,
              uint32_t imm) {
  Ref value(Take(s));
  PyObject* hook = _PySys_GetAttr(tstate, &_Py_ID(displayhook));
  if (hook == nullptr) {
    _PyErr_SetString(tstate, PyExc_RuntimeError, "lost sys.displayhook");
    return -1;
  }
  Ref result(PyObject_CallOneArg(hook, value.get()));
  return result ? 0 : -1;
}

int SetupAnnotations(PyThreadState* tstate, _PyInterpreterFrame* frame,
                     PyObject** s, uint32_t imm) {
  PyObject* locals = frame->f_locals;
  if (locals == nullptr) {
    _PyErr_SetString(tstate, PyExc_SystemError,
                     "no locals found when setting up annotations");
    return -1;
  }
  PyObject* name = &_Py_ID(__annotations__);
  Ref annotations;
  int found = LookupItem(tstate, locals, name, annotations.out());
  if (found != 0) return found > 0 ? 0 : -1;
  *annotations.out() = PyDict_New();
  if (!annotations) return -1;
  return StoreItem(locals, name, annotations.get());
}

// --- Exceptions and context managers -----------------------------------------

int PushExcInfo(PyThreadState* tstate, _PyInterpreterFrame* frame, PyObject** s,
                uint32_t imm) {
  _PyErr_StackItem* info = tstate->exc_info;
  PyObject* exc = s[0];
  PyObject* previous = info->exc_value;
  s[0] = previous != nullptr ? previous : Py_NewRef(Py_None);
  s[1] = Py_NewRef(exc);
  info->exc_value = exc;
  return 0;
}

int PopExcept(PyThreadState* tstate, _PyInterpreterFrame* frame, PyObject** s,
              uint32_t imm) {
  Ref handled(std::exchange(tstate->exc_info->exc_value, Take(&s[0])));
  return 0;
}

int CheckEgMatch(PyThreadState* tstate, _PyInterpreterFrame* frame,
                 PyObject** s, uint32_t imm) {
  Ref match, rest;
  {
    Ref type(Take(&s[1]));
    if (CheckExceptStarType(tstate, type.get()) < 0 ||
        SplitGroup(s[0], type.get(), &match, &rest) < 0) {
      return -1;
    }
  }
  if (Py_IsNone(match.get())) return Leave(s + 1, match.release());
  Ref group(s[0]);
  s[0] = rest.release();
  s[1] = match.release();
  PyErr_SetExcInfo(nullptr, Py_NewRef(s[1]), nullptr);
  return 0;
}

int PrepReraiseStar(PyThreadState* tstate, _PyInterpreterFrame* frame,
                    PyObject** s, uint32_t imm) {
  Ref original(Take(&s[0]));
  Ref raised(Take(&s[1]));
  return Leave(s, _PyExc_PrepReraiseStar(original.get(), raised.get()));
}

// Below the window: __exit__, the number of the instruction that raised, the
// exception handled before, the exception.
int WithExceptStart(PyThreadState* tstate, _PyInterpreterFrame* frame,
                    PyObject** s, uint32_t imm) {
  PyObject* exc = s[-1];
  Ref traceback(PyException_GetTraceback(exc));
  PyObject* args[] = {nullptr, PyExceptionInstance_Class(exc), exc,
                      traceback ? traceback.get() : Py_None};
  return Leave(
      s, PyObject_Vectorcall(s[-4], args + 1,
                             3 | PY_VECTORCALL_ARGUMENTS_OFFSET, nullptr));
}

int BeforeWith(PyThreadState* tstate, _PyInterpreterFrame* frame, PyObject** s,
               uint32_t imm) {
  return EnterContext(
      tstate, s, {"context manager", &_Py_ID(__enter__), &_Py_ID(__exit__)});
}

int LoadAssertionError(PyThreadState* tstate, _PyInterpreterFrame* frame,
                       PyObject** s, uint32_t imm) {
  return Leave(s, Py_NewRef(PyExc_AssertionError));
}

// --- Coroutines --------------------------------------------------------------

int GetYieldFromIter(PyThreadState* tstate, _PyInterpreterFrame* frame,
                     PyObject** s, uint32_t imm) {
  if (PyGen_CheckExact(s[0])) return 0;
  if (!PyCoro_CheckExact(s[0])) {
    Ref iterable(Take(s));
    return Leave(s, PyObject_GetIter(iterable.get()));
  }
  int flags = frame->f_code->co_flags;
  if ((flags & (CO_COROUTINE | CO_ITERABLE_COROUTINE)) != 0) return 0;
  // Its destructor may warn that it was never awaited: before the error.
  Py_CLEAR(s[0]);
  _PyErr_SetString(tstate, PyExc_TypeError,
                   "cannot 'yield from' a coroutine object "
                   "in a non-coroutine generator");
  return -1;
}

int GetAwaitable(PyThreadState* tstate, _PyInterpreterFrame* frame,
                 PyObject** s, uint32_t imm) {
  Ref iter;
  {
    Ref awaitable(Take(s));
    *iter.out() = _PyCoro_GetAwaitableIter(awaitable.get());
    if (!iter) {
      FormatAwaitableError(tstate, Py_TYPE(awaitable.get()), imm);
      return -1;
    }
  }
  if (PyCoro_CheckExact(iter.get())) {
    Ref inner(_PyGen_yf(reinterpret_cast<PyGenObject*>(iter.get())));
    if (inner) {
      _PyErr_SetString(tstate, PyExc_RuntimeError,
                       "coroutine is being awaited already");
      return -1;
    }
  }
  return Leave(s, iter.release());
}

int GetAiter(PyThreadState* tstate, _PyInterpreterFrame* frame, PyObject** s,
             uint32_t imm) {
  Ref iter;
  {
    Ref iterable(Take(s));
    PyTypeObject* type = Py_TYPE(iterable.get());
    if (type->tp_as_async == nullptr ||
        type->tp_as_async->am_aiter == nullptr) {
      _PyErr_Format(tstate, PyExc_TypeError,
                    "'async for' requires an object with "
                    "__aiter__ method, got %.100s",
                    type->tp_name);
      return -1;
    }
    *iter.out() = type->tp_as_async->am_aiter(iterable.get());
    if (!iter) return -1;
  }
  PyTypeObject* type = Py_TYPE(iter.get());
  if (type->tp_as_async == nullptr || type->tp_as_async->am_anext == nullptr) {
    _PyErr_Format(tstate, PyExc_TypeError,
                  "'async for' received an object from __aiter__ "
                  "that does not implement __anext__: %.100s",
                  type->tp_name);
    return -1;
  }
  return Leave(s, iter.release());
}

int GetAnext(PyThreadState* tstate, _PyInterpreterFrame* frame, PyObject** s,
             uint32_t imm) {
  PyObject* iter = s[-1];
  PyTypeObject* type = Py_TYPE(iter);
  if (PyAsyncGen_CheckExact(iter)) {
    return Leave(s, type->tp_as_async->am_anext(iter));
  }
  if (type->tp_as_async == nullptr || type->tp_as_async->am_anext == nullptr) {
    _PyErr_Format(tstate, PyExc_TypeError,
                  "'async for' requires an iterator with "
                  "__anext__ method, got %.100s",
                  type->tp_name);
    return -1;
  }
  Ref next(type->tp_as_async->am_anext(iter));
  if (!next) return -1;
  PyObject* awaitable = _PyCoro_GetAwaitableIter(next.get());
  if (awaitable == nullptr) {
    _PyErr_FormatFromCause(PyExc_TypeError,
                           "'async for' received an invalid object "
                           "from __anext__: %.100s",
                           Py_TYPE(next.get())->tp_name);
  }
  return Leave(s, awaitable);
}

int BeforeAsyncWith(PyThreadState* tstate, _PyInterpreterFrame* frame,
                    PyObject** s, uint32_t imm) {
  return EnterContext(tstate, s,
                      {"asynchronous context manager", &_Py_ID(__aenter__),
                       &_Py_ID(__aexit__)});
}

int AsyncGenWrap(PyThreadState* tstate, _PyInterpreterFrame* frame,
                 PyObject** s, uint32_t imm) {
  Ref value(Take(s));
  return Leave(s, _PyAsyncGenValueWrapperNew(value.get()));
}

// --- What other operations share ---------------------------------------------

int UnpackIterable(PyThreadState* tstate, PyObject* v, int before, int after,
                   PyObject** sp) {
  Ref iter(PyObject_GetIter(v));
  if (!iter) {
    if (_PyErr_ExceptionMatches(tstate, PyExc_TypeError) &&
        Py_TYPE(v)->tp_iter == nullptr && !PySequence_Check(v)) {
      _PyErr_Format(tstate, PyExc_TypeError,
                    "cannot unpack non-iterable %.200s object",
                    Py_TYPE(v)->tp_name);
    }
    return 0;
  }
  PyObject** end = sp;
  auto fail = [&] {
    for (; sp < end; ++sp) Py_CLEAR(*sp);
    return 0;
  };
  for (int i = 0; i < before; ++i) {
    PyObject* item = PyIter_Next(iter.get());
    if (item != nullptr) {
      *--sp = item;
      continue;
    }
    if (!_PyErr_Occurred(tstate)) {
      _PyErr_Format(tstate, PyExc_ValueError,
                    "not enough values to unpack (expected %s%d, got %d)",
                    after == -1 ? "" : "at least ",
                    after == -1 ? before : before + after, i);
    }
    return fail();
  }
  if (after == -1) {
    Ref extra(PyIter_Next(iter.get()));
    if (extra) {
      _PyErr_Format(tstate, PyExc_ValueError,
                    "too many values to unpack (expected %d)", before);
    }
    return _PyErr_Occurred(tstate) ? fail() : 1;
  }
  PyObject* list = PySequence_List(iter.get());
  if (list == nullptr) return fail();
  *--sp = list;
  Py_ssize_t size = PyList_GET_SIZE(list);
  if (size < after) {
    _PyErr_Format(tstate, PyExc_ValueError,
                  "not enough values to unpack (expected at least %d, got %zd)",
                  before + after, before + size);
    return fail();
  }
  for (int i = after; i > 0; --i) *--sp = PyList_GET_ITEM(list, size - i);
  Py_SET_SIZE(list, size - after);
  return 1;
}

void FormatKwargsError(PyThreadState* tstate, PyObject* func,
                       PyObject* kwargs) {
  // A missing method `keys` means that `kwargs` is no mapping.
  if (_PyErr_ExceptionMatches(tstate, PyExc_AttributeError)) {
    _PyErr_Clear(tstate);
    Ref name(_PyObject_FunctionStr(func));
    if (!name) return;
    _PyErr_Format(tstate, PyExc_TypeError,
                  "%U argument after ** must be a mapping, not %.200s",
                  name.get(), Py_TYPE(kwargs)->tp_name);
    return;
  }
  if (!_PyErr_ExceptionMatches(tstate, PyExc_KeyError)) return;
  PyObject *type, *value, *traceback;
  _PyErr_Fetch(tstate, &type, &value, &traceback);
  // The merge leaves the key of a duplicate in a tuple; a KeyError that other
  // code raised is an exception by now.
  if (value == nullptr || !PyTuple_Check(value) ||
      PyTuple_GET_SIZE(value) != 1) {
    _PyErr_Restore(tstate, type, value, traceback);
    return;
  }
  Ref type_ref(type), value_ref(value), traceback_ref(traceback);
  Ref name(_PyObject_FunctionStr(func));
  if (!name) return;
  _PyErr_Format(tstate, PyExc_TypeError,
                "%U got multiple values for keyword argument '%S'", name.get(),
                PyTuple_GET_ITEM(value, 0));
}

int CheckArgsIterable(PyThreadState* tstate, PyObject* func, PyObject* args) {
  if (Py_TYPE(args)->tp_iter != nullptr || PySequence_Check(args)) return 0;
  _PyErr_Clear(tstate);
  Ref name(_PyObject_FunctionStr(func));
  if (name) {
    _PyErr_Format(tstate, PyExc_TypeError,
                  "%U argument after * must be an iterable, not %.200s",
                  name.get(), Py_TYPE(args)->tp_name);
  }
  return -1;
}

}  // namespace pyvm
