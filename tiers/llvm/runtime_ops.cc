#include "tiers/llvm/runtime_ops.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/runtime/array.h"
#include "core/runtime/attribute.h"
#include "core/runtime/container.h"
#include "core/runtime/dict.h"
#include "core/runtime/iterator.h"
#include "core/runtime/names.h"
#include "core/runtime/number.h"
#include "core/runtime/polymorphic.h"
#include "core/runtime/quiet.h"
#include "core/runtime/slice.h"
#include "core/runtime/window_ops.h"
#include "tiers/llvm/collection.h"
#include "tiers/llvm/frames.h"

namespace pyvm::llvm_tier {
namespace {

// The version of the keys of a dict that has none: CPython's constant.
constexpr uint32_t kNoKeys = 1;

bool IsBoolAndInt(PyObject* left, PyObject* right) {
  return (IsInt(left) && Py_IS_TYPE(right, &PyBool_Type)) ||
         (IsInt(right) && Py_IS_TYPE(left, &PyBool_Type));
}

// As CPython's range iterators count, but for those with more numbers than fit,
// which nobody sees the end of.
int64_t LengthOf(int64_t start, int64_t stop, int64_t step) {
  if (step > 0 ? start >= stop : start <= stop) return 0;
  auto from = static_cast<uint64_t>(start), to = static_cast<uint64_t>(stop);
  auto by = static_cast<uint64_t>(step);
  uint64_t length = step > 0 ? (to - from - 1) / by : (from - to - 1) / -by;
  return length >= INT64_MAX ? INT64_MAX : static_cast<int64_t>(length + 1);
}

template <int op>
int CompareTruth(PyObject* left, PyObject* right) {
  bool fast;
  if (FastCompare<op>(left, right, &fast)) return fast;
  // Not PyObject_RichCompareBool, for which what is the same is equal.
  PyObject* result = PyObject_RichCompare(left, right, op);
  if (result == nullptr) return -1;
  int truth = Truth(result);
  Py_DECREF(result);
  return truth;
}

template <int op>
PyObject* CompareAny(PyObject* left, PyObject* right) {
  bool result;
  if (FastCompare<op>(left, right, &result)) {
    return Py_NewRef(result ? Py_True : Py_False);
  }
  return PyObject_RichCompare(left, right, op);
}

}  // namespace

bool collection_pending = false;

int CollectNow(void*) {
  collection_pending = false;
  PyObject* probe = PyTuple_New(PyTuple_MAXSAVESIZE + 1);
  if (probe == nullptr) return -1;
  Py_DECREF(probe);
  return 0;
}

namespace {

// An exact int or float: whatever is done with it runs no code of others.
bool IsPlainNumber(PyObject* o) {
  return PyLong_CheckExact(o) || PyFloat_CheckExact(o);
}

// Null without an exception, which the general way will raise again.
PyObject* OrNothing(PyObject* result) {
  if (result == nullptr) PyErr_Clear();
  return result;
}

}  // namespace

extern "C" {

PyObject* pyvm_llvm_new_float(double value) {
  return OrDie(PyFloat_FromDouble(value));
}

PyObject* pyvm_llvm_new_int(int64_t value) { return OrDie(NewIntSlow(value)); }

WideInt pyvm_llvm_wide_int(PyObject* o) {
  auto* number = reinterpret_cast<PyLongObject*>(o);
  Py_ssize_t size = IntSize(o);
  if (size != 3 && size != -3) {
    int64_t value;
    bool fits = ToInt64(o, &value);
    return {fits ? value : 0, fits};
  }
  uint64_t top = number->ob_digit[2];
  constexpr int kTopBits = 64 - 2 * PyLong_SHIFT;
  uint64_t magnitude = number->ob_digit[0] |
                       static_cast<uint64_t>(number->ob_digit[1])
                           << PyLong_SHIFT |
                       top << (2 * PyLong_SHIFT);
  constexpr uint64_t kMost = INT64_MAX;
  if (top >> kTopBits != 0 || magnitude > kMost + (size < 0 ? 1 : 0)) {
    return {0, 0};
  }
  return {static_cast<int64_t>(size < 0 ? -magnitude : magnitude), 1};
}

void pyvm_llvm_free(PyObject* o) { PyObject_Free(o); }
void pyvm_llvm_free_int(PyObject* o) { FreeInt(o); }

PyObject* pyvm_llvm_plain_binary(PyObject* left, PyObject* right,
                                 uint32_t oparg) {
  uint32_t op = oparg >= NB_INPLACE_ADD ? oparg - NB_INPLACE_ADD : oparg;
  bool floats = PyFloat_CheckExact(left) || PyFloat_CheckExact(right);
  if (!IsPlainNumber(left) || !IsPlainNumber(right)) {
    if (op != NB_ADD || !PyUnicode_CheckExact(left) ||
        !PyUnicode_CheckExact(right)) {
      return nullptr;
    }
    return OrNothing(PyUnicode_Concat(left, right));
  }
  const PyNumberMethods* methods =
      (floats ? PyFloat_Type : PyLong_Type).tp_as_number;
  switch (op) {
    case NB_ADD:
      return OrNothing(methods->nb_add(left, right));
    case NB_SUBTRACT:
      return OrNothing(methods->nb_subtract(left, right));
    case NB_MULTIPLY:
      return OrNothing(methods->nb_multiply(left, right));
    case NB_TRUE_DIVIDE:
      return OrNothing(methods->nb_true_divide(left, right));
    case NB_FLOOR_DIVIDE:
      return OrNothing(methods->nb_floor_divide(left, right));
    case NB_REMAINDER:
      return OrNothing(methods->nb_remainder(left, right));
    case NB_POWER:
      return OrNothing(methods->nb_power(left, right, Py_None));
    default:
      return nullptr;
  }
}

PyObject* pyvm_llvm_plain_negative(PyObject* o) {
  if (!IsPlainNumber(o)) return nullptr;
  return OrNothing(Py_TYPE(o)->tp_as_number->nb_negative(o));
}

PyObject* pyvm_llvm_abs(Activation* act, NativeFrame* native, PyObject* o) {
  LinkUnless(IsPlainNumber(o), act, native);
  PyObject* result = PyNumber_Absolute(o);
  Py_DECREF(o);
  return result;
}

PyObject* pyvm_llvm_compare_reflected(PyObject* result, PyObject* left,
                                      PyObject* right, uint32_t op) {
  Py_DECREF(result);
  return CompareReflected(left, right, static_cast<int>(op));
}

int pyvm_llvm_compare_truth(PyObject* result, PyObject* left, PyObject* right,
                            uint32_t op) {
  if (result == Py_NotImplemented) {
    result = pyvm_llvm_compare_reflected(result, left, right, op);
    if (result == nullptr) return -1;
  }
  int truth = PyObject_IsTrue(result);
  Py_DECREF(result);
  return truth;
}

int pyvm_llvm_plain_compare(PyObject* left, PyObject* right, uint32_t op) {
  bool plain = (IsPlainNumber(left) && IsPlainNumber(right)) ||
               (PyUnicode_CheckExact(left) && PyUnicode_CheckExact(right));
  if (!plain) return -1;
  PyObject* result = PyObject_RichCompare(left, right, static_cast<int>(op));
  if (result == nullptr) {
    PyErr_Clear();
    return -1;
  }
  Py_DECREF(result);  // a bool
  return result == Py_True;
}

PyObject* pyvm_llvm_binary(PyObject* left, PyObject* right, uint32_t oparg) {
  if (IsBoolAndInt(left, right)) {
    return BinaryIntOp(
        left, right, oparg >= NB_INPLACE_ADD ? oparg - NB_INPLACE_ADD : oparg);
  }
  return BinaryOp(left, right, oparg);
}

PyObject* pyvm_llvm_compare(Activation* act, NativeFrame* native,
                            PyObject* left, PyObject* right, uint32_t op) {
  LinkUnless(ComparesQuietly(left) && ComparesQuietly(right), act, native);
  switch (op) {
    case Py_LT:
      return CompareAny<Py_LT>(left, right);
    case Py_LE:
      return CompareAny<Py_LE>(left, right);
    case Py_EQ:
      return CompareAny<Py_EQ>(left, right);
    case Py_NE:
      return CompareAny<Py_NE>(left, right);
    case Py_GT:
      return CompareAny<Py_GT>(left, right);
    default:
      return CompareAny<Py_GE>(left, right);
  }
}

int pyvm_llvm_compare_bool(PyObject* left, PyObject* right, uint32_t op) {
  switch (op) {
    case Py_LT:
      return CompareTruth<Py_LT>(left, right);
    case Py_LE:
      return CompareTruth<Py_LE>(left, right);
    case Py_EQ:
      return CompareTruth<Py_EQ>(left, right);
    case Py_NE:
      return CompareTruth<Py_NE>(left, right);
    case Py_GT:
      return CompareTruth<Py_GT>(left, right);
    default:
      return CompareTruth<Py_GE>(left, right);
  }
}

int pyvm_llvm_equal_str(PyObject* a, PyObject* b) { return EqualStrings(a, b); }

int pyvm_llvm_contains(Activation* act, NativeFrame* native, PyObject* item,
                       PyObject* container) {
  switch (FindIn(container, item)) {
    case Found::kYes:
      return 1;
    case Found::kNo:
      return 0;
    case Found::kAskCPython:
      break;
  }
  pyvm_llvm_link(act, native);
  return PySequence_Contains(container, item);
}

int pyvm_llvm_truth(PyObject* o) { return Truth(o); }

int64_t pyvm_llvm_plain_size(PyObject* o) {
  const PyTypeObject* type = Py_TYPE(o);
  if (type == &PyUnicode_Type) {
    return PyUnicode_IS_READY(o) ? PyUnicode_GET_LENGTH(o) : -1;
  }
  if (type == &PyList_Type || type == &PyTuple_Type || type == &PyBytes_Type ||
      type == &PyByteArray_Type) {
    return Py_SIZE(o);
  }
  if (type == &PyDict_Type) return PyDict_GET_SIZE(o);
  if (type == &PySet_Type || type == &PyFrozenSet_Type) {
    return PySet_GET_SIZE(o);
  }
  bool deque = (type->tp_flags & Py_TPFLAGS_HEAPTYPE) == 0 &&
               std::strcmp(type->tp_name, "collections.deque") == 0;
  return deque ? Py_SIZE(o) : -1;
}

int pyvm_llvm_plain_truth(PyObject* o) {
  if (PyLong_CheckExact(o)) return Py_SIZE(o) != 0;
  if (int64_t size = pyvm_llvm_plain_size(o); size >= 0) return size != 0;
  const PyTypeObject* type = Py_TYPE(o);
  bool asks = (type->tp_as_number != nullptr &&
               type->tp_as_number->nb_bool != nullptr) ||
              (type->tp_as_mapping != nullptr &&
               type->tp_as_mapping->mp_length != nullptr) ||
              (type->tp_as_sequence != nullptr &&
               type->tp_as_sequence->sq_length != nullptr);
  return asks ? -1 : 1;
}

PyObject* pyvm_llvm_plain_class(PyObject* o) {
  static PyObject* class_getter =
      PyDict_GetItemWithError(PyBaseObject_Type.tp_dict, &_Py_ID(__class__));
  PyTypeObject* type = Py_TYPE(o);
  bool plain = type->tp_getattro == PyObject_GenericGetAttr &&
               _PyType_Lookup(type, &_Py_ID(__class__)) == class_getter;
  return plain ? reinterpret_cast<PyObject*>(type) : nullptr;
}

PyObject* pyvm_llvm_load_attr(Activation* act, NativeFrame* native,
                              PyObject* owner, PyObject* name) {
  if (PyObject* found = FindAttr(owner, name)) return Py_NewRef(found);
  pyvm_llvm_link(act, native);
  return PyObject_GetAttr(owner, name);
}

int pyvm_llvm_store_attr(Activation* act, NativeFrame* native, PyObject* owner,
                         PyObject* name, PyObject* value) {
  int64_t index;
  PyObject** place = FindStore(owner, name, &index);
  if (place == nullptr) {
    pyvm_llvm_link(act, native);
    return PyObject_SetAttr(owner, name, value);
  }
  PyObject* old = *place;
  Py_INCREF(value);
  if (old == nullptr && index >= 0) {
    InitValue(owner, ValuesOf(owner), index, value);
  } else {
    *place = value;
    if (old != nullptr && --old->ob_refcnt == 0) {
      pyvm_llvm_dealloc(act, native, old);
    }
  }
  return 0;
}

PyObject* pyvm_llvm_load_global(Activation* act, PyObject* function,
                                PyObject* name) {
  auto* f = reinterpret_cast<PyFunctionObject*>(function);
  Frame frame = {};
  frame.f_func = f;
  frame.f_globals = f->func_globals;
  frame.f_builtins = f->func_builtins;
  return LoadGlobal(act->tstate, &frame, name);
}

PyObject* pyvm_llvm_load_item(Activation* act, NativeFrame* native,
                              PyObject* owner, PyObject* index) {
  if (PyDict_CheckExact(owner)) {
    PyObject* value;
    if (FindInDict(owner, index, &value) == Found::kYes) {
      return Py_NewRef(value);
    }
  } else if (Py_TYPE(owner) == array_type) {
    if (PyObject* item = LoadArrayItem(owner, index)) return item;
  }
  bool quiet = (PyList_CheckExact(owner) || PyTuple_CheckExact(owner) ||
                PyUnicode_CheckExact(owner)) &&
               PyLong_CheckExact(index);
  LinkUnless(quiet, act, native);
  return PyObject_GetItem(owner, index);
}

PyObject* pyvm_llvm_load_slice(Activation* act, NativeFrame* native,
                               PyObject* owner, PyObject* start, PyObject* stop,
                               PyObject* step) {
  bool quiet = PyList_CheckExact(owner) || PyTuple_CheckExact(owner) ||
               PyUnicode_CheckExact(owner);
  for (PyObject* bound : {start, stop, step}) {
    quiet &= bound == Py_None || PyLong_CheckExact(bound);
  }
  LinkUnless(quiet, act, native);
  PyObject* result = LoadSlice(owner, start, stop, step);
  if (result != nullptr || PyErr_Occurred()) return result;
  PyObject* slice = PySlice_New(start, stop, step);
  if (slice == nullptr) return nullptr;
  result = PyObject_GetItem(owner, slice);
  Py_DECREF(slice);
  return result;
}

int pyvm_llvm_store_slice(Activation* act, NativeFrame* native, PyObject* owner,
                          PyObject* start, PyObject* stop, PyObject* step,
                          PyObject* value, int dying) {
  if (dying != 0 && SwapSlice(owner, start, stop, step, value)) return 0;
  bool quiet = PyList_CheckExact(owner) && PyList_CheckExact(value) &&
               step == Py_None &&
               ReleasedQuietly(reinterpret_cast<PyListObject*>(owner)->ob_item,
                               Py_SIZE(owner));
  for (PyObject* bound : {start, stop}) {
    quiet &= bound == Py_None || PyLong_CheckExact(bound);
  }
  LinkUnless(quiet, act, native);
  int done = StoreSlice(owner, start, stop, step, value, false);
  if (done <= 0) return done;
  PyObject* slice = PySlice_New(start, stop, step);
  if (slice == nullptr) return -1;
  done = PyObject_SetItem(owner, slice, value);
  Py_DECREF(slice);
  return done;
}

int pyvm_llvm_store_item(Activation* act, NativeFrame* native, PyObject* owner,
                         PyObject* index, PyObject* value) {
  if (PyDict_CheckExact(owner)) {
    PyObject* old;
    if (StoreInDict(owner, index, value, &old)) {
      if (old != nullptr && --old->ob_refcnt == 0) {
        pyvm_llvm_dealloc(act, native, old);
      }
      return 0;
    }
  } else if (Py_TYPE(owner) == array_type) {
    if (StoreArrayItem(owner, index, value)) return 0;
  }
  pyvm_llvm_link(act, native);
  return PyObject_SetItem(owner, index, value);
}

int pyvm_llvm_append_list(PyObject* list, PyObject* item) {
  int error = PyList_Append(list, item);
  Py_DECREF(item);
  return error;
}

void pyvm_llvm_shrink_list(PyObject* object) {
  auto* list = reinterpret_cast<PyListObject*>(object);
  // As CPython's list_resize.
  auto size = static_cast<size_t>(Py_SIZE(list));
  size_t room = size == 0 ? 0 : (size + (size >> 3) + 6) & ~size_t{3};
  void* items = PyMem_Realloc(list->ob_item, room * sizeof(PyObject*));
  if (items == nullptr) return;  // it keeps what it has
  list->ob_item = static_cast<PyObject**>(items);
  list->allocated = static_cast<Py_ssize_t>(room);
}

PyObject* pyvm_llvm_dict_find(PyObject* dict, PyObject* key) {
  PyObject* value;
  switch (FindInDict(dict, key, &value)) {
    case Found::kYes:
      return value;
    case Found::kNo:
      return nullptr;
    case Found::kAskCPython:
      break;
  }
  return kLeftToCPython;
}

PyObject* pyvm_llvm_set_dict_item(PyObject* object, PyObject* key,
                                  PyObject* value) {
  auto* dict = reinterpret_cast<PyDictObject*>(object);
  // Somebody may count on a namespace.
  if (dict->ma_keys->dk_version > kNoKeys || dict->ma_values != nullptr) {
    return kLeftToCPython;
  }
  PyObject* old;
  if (StoreInDict(object, key, value, &old)) return old;
  PyObject** place;
  switch (FindPlace(object, key, &place)) {
    case Found::kNo:
      // It has been compared with all keys of its hash: CPython runs no code
      // where it makes room for it.
      if (PyDict_SetItem(object, key, value) < 0) {
        Py_FatalError("pyvm: out of memory in compiled code");
      }
      return nullptr;
    case Found::kYes:
      old = Py_NewRef(*place);
      PyDict_SetItem(object, key, value);
      return old;
    case Found::kAskCPython:
      break;
  }
  return kLeftToCPython;
}

PyObject* pyvm_llvm_binary_big(PyObject* left, PyObject* right,
                               uint32_t oparg) {
  PyObject* result = BinaryIntOp(
      left, right, oparg >= NB_INPLACE_ADD ? oparg - NB_INPLACE_ADD : oparg);
  if (result == nullptr) PyErr_Clear();  // raised again where code is left
  return result;
}

int pyvm_llvm_compare_big(PyObject* left, PyObject* right, uint32_t op) {
  PyObject* result =
      PyLong_Type.tp_richcompare(left, right, static_cast<int>(op));
  Py_DECREF(result);
  return result == Py_True;
}

int pyvm_llvm_has_item(PyObject* container, PyObject* item) {
  switch (FindIn(container, item)) {
    case Found::kYes:
      return 1;
    case Found::kNo:
      return 0;
    case Found::kAskCPython:
      break;
  }
  return -1;
}

int pyvm_llvm_add_set(PyObject* set, PyObject* key) {
  if (AddToSet(set, key)) return 1;
  if (FindInSet(set, key) != Found::kNo) return 0;
  if (PySet_Add(set, key) < 0) {
    Py_FatalError("pyvm: out of memory in compiled code");
  }
  return 1;
}

PyObject* pyvm_llvm_range_iter(int64_t start, int64_t stop, int64_t step) {
  auto* made = PyObject_New(RangeIterator, &PyRangeIter_Type);
  OrDie(reinterpret_cast<PyObject*>(made));
  made->index = 0;
  made->start = start;
  made->step = step;
  made->len = LengthOf(start, stop, step);
  return reinterpret_cast<PyObject*>(made);
}

PyObject* pyvm_llvm_get_iter(Activation* act, NativeFrame* native,
                             PyObject* o) {
  if (PyObject* iterator = SequenceIteratorOf(act->interp, o)) return iterator;
  LinkUnless(IteratesQuietly(o), act, native);
  return PyObject_GetIter(o);
}

PyObject* pyvm_llvm_get_awaitable(Activation* act, PyObject* o, uint32_t arg) {
  // It has not begun: nobody awaits it.
  if (PyCoro_CheckExact(o) &&
      reinterpret_cast<PyGenObject*>(o)->gi_frame_state == FRAME_CREATED) {
    return o;
  }
  PyObject* window[] = {o};
  int err = GetAwaitable(act->tstate, act->cframe.current_frame, window, arg);
  return err < 0 ? nullptr : window[0];
}

PyObject* pyvm_llvm_get_yield_from_iter(Activation* act, PyObject* o) {
  if (PyGen_CheckExact(o)) return o;
  PyObject* window[] = {o};
  int err = GetYieldFromIter(act->tstate, act->cframe.current_frame, window, 0);
  return err < 0 ? nullptr : window[0];
}

PyObject* pyvm_llvm_async_gen_wrap(Activation* act, PyObject* o) {
  PyObject* window[] = {o};
  int err = AsyncGenWrap(act->tstate, act->cframe.current_frame, window, 0);
  return err < 0 ? nullptr : window[0];
}

PyObject* pyvm_llvm_get_anext(Activation* act, PyObject* iterator) {
  PyObject* window[] = {iterator, nullptr};
  int err = GetAnext(act->tstate, act->cframe.current_frame, window + 1, 0);
  return err < 0 ? nullptr : window[1];
}

PyObject* pyvm_llvm_iter_next(Activation* act, NativeFrame* native,
                              PyObject* iterator) {
  PyTypeObject* type = Py_TYPE(iterator);
  if (PyObject* next = NextInSequence(iterator)) return next;
  if (PyObject* next = NextHashed(iterator)) return next;
  LinkUnless(StepsQuietly(iterator), act, native);
  PyObject* item = type->tp_iternext(iterator);
  if (item == nullptr && PyErr_Occurred()) {
    if (!PyErr_ExceptionMatches(PyExc_StopIteration)) return kIterRaised;
    PyErr_Clear();
  }
  return item;
}

PyObject* pyvm_llvm_call(Activation* act, NativeFrame* native,
                         PyObject* callable, PyObject** args, int64_t n) {
  LinkUnless(CallsQuietly(callable, args, n), act, native);
  auto flags = static_cast<size_t>(n) | PY_VECTORCALL_ARGUMENTS_OFFSET;
  return PyObject_Vectorcall(callable, args, flags, nullptr);
}

int pyvm_llvm_stop_collector(Activation* act) {
  return std::exchange(act->interp->gc.enabled, 0);
}

void pyvm_llvm_start_collector(Activation* act, int enabled) {
  struct _gc_runtime_state* gc = &act->interp->gc;
  gc->enabled = enabled;
  if (enabled && gc->generations[0].count > gc->generations[0].threshold &&
      gc->generations[0].threshold != 0 && !collection_pending) {
    collection_pending = Py_AddPendingCall(CollectNow, nullptr) == 0;
  }
}

void pyvm_llvm_forget_exception() { PyErr_Clear(); }

PyObject* pyvm_llvm_call_varargs(Activation* act, PyCFunction function,
                                 PyObject* self, PyObject** args, int64_t n) {
  for (int64_t i = 0; i < n; ++i) Py_INCREF(args[i]);
  PyObject* tuple = pyvm_llvm_make_tuple(act, args, n);
  PyObject* result = function(self, tuple);
  Py_DECREF(tuple);
  return result;
}

PyObject* pyvm_llvm_make_tuple(Activation* act, PyObject** items, int64_t n) {
  if (PyTupleObject* tuple =
          TupleFromFreeList(act->interp, static_cast<uint32_t>(n))) {
    std::copy_n(items, n, tuple->ob_item);
    Track(act->interp, reinterpret_cast<PyObject*>(tuple));
    return reinterpret_cast<PyObject*>(tuple);
  }
  PyObject* tuple = WithoutCollection(act, [n] { return PyTuple_New(n); });
  std::copy_n(items, n, reinterpret_cast<PyTupleObject*>(tuple)->ob_item);
  return tuple;
}

PyObject* pyvm_llvm_make_list(Activation* act, PyObject** items, int64_t n) {
  if (PyListObject* list =
          ListFromFreeList(act->interp, static_cast<uint32_t>(n))) {
    std::copy_n(items, n, list->ob_item);
    Track(act->interp, reinterpret_cast<PyObject*>(list));
    return reinterpret_cast<PyObject*>(list);
  }
  PyObject* list = WithoutCollection(act, [n] { return PyList_New(n); });
  std::copy_n(items, n, reinterpret_cast<PyListObject*>(list)->ob_item);
  return list;
}

PyObject* pyvm_llvm_make_slice(Activation* act, PyObject* start, PyObject* stop,
                               PyObject* step) {
  return WithoutCollection(act, [&] { return PySlice_New(start, stop, step); });
}

PyObject* pyvm_llvm_make_cell(Activation* act, PyObject* content) {
  PyObject* cell =
      WithoutCollection(act, [content] { return PyCell_New(content); });
  Py_XDECREF(content);
  return cell;
}

int pyvm_llvm_wrong_operands(PyObject* result, PyObject* left, PyObject* right,
                             uint32_t oparg) {
  Py_DECREF(result);
  RaiseUnsupported(left, right, oparg);
  return -1;
}

int pyvm_llvm_wrong_init(PyObject* result) {
  PyErr_Format(PyExc_TypeError, "__init__() should return None, not '%.200s'",
               Py_TYPE(result)->tp_name);
  Py_DECREF(result);
  return -1;
}

}  // extern "C"

}  // namespace pyvm::llvm_tier
