// What machine code calls to make functions, sets, dicts and strs, to take
// iterables apart, and to raise exceptions.
#include <algorithm>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "core/runtime/container.h"
#include "core/runtime/dict.h"
#include "core/runtime/function.h"
#include "core/runtime/iterator.h"
#include "core/runtime/raise.h"
#include "core/runtime/window_ops.h"
#include "tiers/llvm/collection.h"
#include "tiers/llvm/frames.h"
#include "tiers/llvm/runtime_ops.h"

namespace pyvm::llvm_tier {
namespace {

// Keys that a dict has room for when it gets its first one.
constexpr int64_t kSmallDict = 5;

// Whether its hash and its comparison with its like run no code.
bool IsPlainKey(PyObject* key) {
  return PyUnicode_CheckExact(key) || PyLong_CheckExact(key) ||
         PyBytes_CheckExact(key) || PyFloat_CheckExact(key);
}

// Whether format(), str() and repr() of it run no code.
bool IsPlainValue(PyObject* value) {
  return PyUnicode_CheckExact(value) || PyLong_CheckExact(value) ||
         PyFloat_CheckExact(value) || PyBool_Check(value) || value == Py_None;
}

// One reference less. An exception that is set stays.
void Release(Activation* act, NativeFrame* native, PyObject* o) {
  if (--o->ob_refcnt == 0) pyvm_llvm_dealloc_callee(act, native, o);
}

// As pyvm_llvm_iter_next.
PyObject* NextItem(Activation* act, NativeFrame* native, PyObject* iterator) {
  PyObject* item = NextInSequence(iterator);
  return item != nullptr ? item : pyvm_llvm_iter_next(act, native, iterator);
}
bool IsItem(const PyObject* item) {
  return item != nullptr && item != kIterRaised;
}

// CPython's iterators of pairs keep the last one in a tuple that they use
// again: its items live until the next iteration. So they do here. An int need
// not, since nobody can tell: `first` may be null.
void Retain(Activation* act, NativeFrame* native, PyObject* result,
            PyObject* first, PyObject* second) {
  if (result == nullptr || result->ob_refcnt != 1) return;
  PyObject* old_first =
      first == nullptr ? nullptr : PyTuple_GET_ITEM(result, 0);
  PyObject* old_second = PyTuple_GET_ITEM(result, 1);
  if (first != nullptr) PyTuple_SET_ITEM(result, 0, Py_NewRef(first));
  PyTuple_SET_ITEM(result, 1, Py_NewRef(second));
  // The collector may have left it out while it held nothing.
  if (!_PyObject_GC_IS_TRACKED(result)) Track(act->interp, result);
  if (old_first != nullptr) Release(act, native, old_first);
  Release(act, native, old_second);
}

PyObject* NextOfItems(Activation* act, NativeFrame* native,
                      DictIterator* iterator, PyObject** second) {
  PyObject *key, *value;
  if (NextItemOf(iterator, &key, &value)) {
    Py_INCREF(key);
    *second = Py_NewRef(value);
    Retain(act, native, iterator->result, key, value);
    return key;
  }
  // The end, a dict that has changed, or one that shares its keys.
  PyObject* pair =
      pyvm_llvm_iter_next(act, native, reinterpret_cast<PyObject*>(iterator));
  if (!IsItem(pair)) return pair;
  PyObject* first = Py_NewRef(PyTuple_GET_ITEM(pair, 0));
  *second = Py_NewRef(PyTuple_GET_ITEM(pair, 1));
  Py_DECREF(pair);
  return first;
}

PyObject* NextOfZip(Activation* act, NativeFrame* native, ZipIterator* zip,
                    PyObject** second) {
  PyObject* first = NextItem(act, native, PyTuple_GET_ITEM(zip->iterators, 0));
  if (!IsItem(first)) return first;
  PyObject* other = NextItem(act, native, PyTuple_GET_ITEM(zip->iterators, 1));
  if (!IsItem(other)) {
    Release(act, native, first);
    return other;
  }
  Retain(act, native, zip->result, first, other);
  *second = other;
  return first;
}

// The items that UnpackIterable stores from the last on, as a tuple.
PyObject* UnpackToTuple(Activation* act, PyObject* iterable, int before,
                        int after) {
  auto n = static_cast<size_t>(before + 1 + after);
  absl::InlinedVector<PyObject*, 16> items(n);
  if (UnpackIterable(act->tstate, iterable, before, after, items.data() + n) ==
      0) {
    return nullptr;
  }
  PyObject* tuple = PyTuple_New(static_cast<Py_ssize_t>(n));
  if (tuple == nullptr) {
    for (PyObject* item : items) Py_DECREF(item);
    return nullptr;
  }
  std::reverse_copy(items.begin(), items.end(),
                    reinterpret_cast<PyTupleObject*>(tuple)->ob_item);
  return tuple;
}

}  // namespace

extern "C" {

PyObject* pyvm_llvm_make_function(Activation* act, PyObject* function,
                                  PyObject* code, PyObject* defaults,
                                  PyObject* keyword_defaults,
                                  PyObject* annotations, PyObject* closure) {
  PyObject* globals =
      reinterpret_cast<PyFunctionObject*>(function)->func_globals;
  PyObject* made =
      WithoutCollection(act, [&] { return NewFunction(code, globals); });
  auto* f = reinterpret_cast<PyFunctionObject*>(made);
  if (defaults != nullptr || keyword_defaults != nullptr) ForgetVersion(made);
  f->func_defaults = defaults;
  f->func_kwdefaults = keyword_defaults;
  f->func_annotations = annotations;
  f->func_closure = closure;
  return made;
}

PyObject* pyvm_llvm_list_tuple(Activation* act, PyObject* list) {
  return WithoutCollection(act, [list] { return PyList_AsTuple(list); });
}

// --- Sets and dicts ----------------------------------------------------------

PyObject* pyvm_llvm_make_set(Activation* act, NativeFrame* native,
                             PyObject** items, int64_t n) {
  LinkUnless(true, act, native);
  PyObject* set = PySet_New(nullptr);
  if (set == nullptr) return nullptr;
  for (int64_t i = 0; i < n; ++i) {
    if (pyvm_llvm_add_item(act, native, set, items[i]) < 0) {
      Release(act, native, set);
      return nullptr;
    }
  }
  return set;
}

PyObject* pyvm_llvm_make_dict(Activation* act, NativeFrame* native,
                              PyObject** items, int64_t n) {
  bool quiet = true;
  for (int64_t i = 0; i < n; ++i) quiet &= IsPlainKey(items[2 * i]);
  LinkUnless(quiet, act, native);
  PyObject* dict = n <= kSmallDict ? PyDict_New() : _PyDict_NewPresized(n);
  if (dict == nullptr) return nullptr;
  for (int64_t i = 0; i < n; ++i) {
    if (PyDict_SetItem(dict, items[2 * i], items[2 * i + 1]) < 0) {
      Release(act, native, dict);
      return nullptr;
    }
  }
  return dict;
}

int pyvm_llvm_add_item(Activation* act, NativeFrame* native, PyObject* set,
                       PyObject* item) {
  if (AddToSet(set, item)) return 0;
  pyvm_llvm_link(act, native);
  return PySet_Add(set, item);
}

// The operations on windows of the stack find what is below their operands
// there; these they take.

int pyvm_llvm_extend_list(Activation* act, NativeFrame* native, PyObject* list,
                          PyObject* iterable) {
  LinkUnless(PyList_CheckExact(iterable) || PyTuple_CheckExact(iterable), act,
             native);
  PyObject* stack[] = {list, Py_NewRef(iterable)};
  return ListExtend(act->tstate, nullptr, stack + 1, 1);
}

int pyvm_llvm_update_set(Activation* act, PyObject* set, PyObject* iterable) {
  PyObject* stack[] = {set, Py_NewRef(iterable)};
  return SetUpdate(act->tstate, nullptr, stack + 1, 1);
}

int pyvm_llvm_update_dict(Activation* act, PyObject* dict, PyObject* update) {
  PyObject* stack[] = {dict, Py_NewRef(update)};
  return DictUpdate(act->tstate, nullptr, stack + 1, 1);
}

int pyvm_llvm_merge_dict(Activation* act, PyObject* dict, PyObject* update,
                         PyObject* callable) {
  PyObject* stack[] = {callable, nullptr, dict, Py_NewRef(update)};
  return DictMerge(act->tstate, nullptr, stack + 3, 1);
}

// --- Iterables ---------------------------------------------------------------

PyObject* pyvm_llvm_unpack(Activation* act, NativeFrame* native,
                           PyObject* iterable, int64_t n) {
  if (PyTuple_CheckExact(iterable) && PyTuple_GET_SIZE(iterable) == n) {
    return Py_NewRef(iterable);
  }
  if (PyList_CheckExact(iterable) && PyList_GET_SIZE(iterable) == n) {
    return pyvm_llvm_list_tuple(act, iterable);
  }
  pyvm_llvm_link(act, native);
  return UnpackToTuple(act, iterable, static_cast<int>(n), -1);
}

PyObject* pyvm_llvm_unpack_star(Activation* act, NativeFrame* native,
                                PyObject* iterable, int64_t arg) {
  LinkUnless(PyList_CheckExact(iterable) || PyTuple_CheckExact(iterable), act,
             native);
  return UnpackToTuple(act, iterable, static_cast<int>(arg & 0xff),
                       static_cast<int>(arg >> 8));
}

PyObject* pyvm_llvm_enumerate_next(Activation* act, NativeFrame* native,
                                   PyObject* iterator, int64_t* index) {
  auto* it = reinterpret_cast<EnumerateIterator*>(iterator);
  PyObject* item = NextItem(act, native, it->iterator);
  if (!IsItem(item)) return item;
  *index = it->index++;
  Retain(act, native, it->result, nullptr, item);
  return item;
}

PyObject* pyvm_llvm_next_pair(Activation* act, NativeFrame* native,
                              PyObject* iterator, PyObject** second) {
  if (Py_IS_TYPE(iterator, &PyZip_Type)) {
    return NextOfZip(act, native, reinterpret_cast<ZipIterator*>(iterator),
                     second);
  }
  return NextOfItems(act, native, reinterpret_cast<DictIterator*>(iterator),
                     second);
}

// --- Strs --------------------------------------------------------------------

PyObject* pyvm_llvm_append_str(PyObject* left, PyObject* right) {
  if (left == right) {
    PyObject* both = PyUnicode_Concat(left, right);
    Py_DECREF(left);
    return both;
  }
  PyUnicode_Append(&left, right);
  return left;
}

PyObject* pyvm_llvm_join_str(PyObject** parts, int64_t n) {
  return _PyUnicode_JoinArray(&_Py_STR(empty), parts, n);
}

PyObject* pyvm_llvm_format(Activation* act, NativeFrame* native,
                           PyObject* value, PyObject* spec, uint32_t arg) {
  LinkUnless(
      IsPlainValue(value) && (spec == nullptr || PyUnicode_CheckExact(spec)),
      act, native);
  PyObject* stack[] = {Py_NewRef(value), Py_XNewRef(spec)};
  return FormatValue(act->tstate, nullptr, stack, arg) < 0 ? nullptr : stack[0];
}

// --- Exceptions and calls ----------------------------------------------------

int pyvm_llvm_do_raise(Activation* act, PyObject* exception, PyObject* cause) {
  DoRaise(act->tstate, exception, cause);
  return -1;
}

PyObject* pyvm_llvm_handle(Activation* act, PyObject* exception) {
  PyObject* before = std::exchange(act->tstate->exc_info->exc_value, exception);
  return before != nullptr ? before : Py_NewRef(Py_None);
}

PyObject* pyvm_llvm_handled_before(Activation* act, PyObject* before) {
  return std::exchange(act->tstate->exc_info->exc_value, before);
}

PyObject* pyvm_llvm_call_spread(Activation* act, PyObject* callable,
                                PyObject* args, PyObject* names) {
  PyThreadState* tstate = act->tstate;
  PyObject* keywords = Py_XNewRef(names);
  if (names != nullptr && !PyDict_CheckExact(names)) {
    Py_SETREF(keywords, PyDict_New());
    if (keywords == nullptr) return nullptr;
    if (_PyDict_MergeEx(keywords, names, 2) < 0) {
      Py_DECREF(keywords);
      FormatKwargsError(tstate, callable, names);
      return nullptr;
    }
  }
  PyObject* tuple = nullptr;
  if (PyTuple_CheckExact(args)) {
    tuple = Py_NewRef(args);
  } else if (CheckArgsIterable(tstate, callable, args) == 0) {
    tuple = PySequence_Tuple(args);
  }
  PyObject* result =
      tuple == nullptr ? nullptr : PyObject_Call(callable, tuple, keywords);
  Py_XDECREF(tuple);
  Py_XDECREF(keywords);
  return result;
}

}  // extern "C"

}  // namespace pyvm::llvm_tier
