#include "core/runtime/instance.h"

#include <algorithm>
#include <utility>

#include "core/runtime/attribute.h"
#include "core/runtime/container.h"

namespace pyvm {

InstancePool instance_pools[kInstancePools];

namespace {

constexpr Py_ssize_t kWord = sizeof(PyObject*);

// What CPython gives classes that are written in Python.
destructor ClassDealloc() {
  static destructor dealloc = [] {
    PyObject* made = PyObject_CallFunction(
        reinterpret_cast<PyObject*>(&PyType_Type), "s(){}", "C");
    if (made == nullptr) {
      PyErr_Clear();
      return destructor{};
    }
    destructor found = reinterpret_cast<PyTypeObject*>(made)->tp_dealloc;
    Py_DECREF(made);
    return found;
  }();
  return dealloc;
}

// Whether instances of `type` are freed as FreePlainInstance does.
bool IsPlain(PyTypeObject* type) {
  constexpr unsigned long kNeeded = Py_TPFLAGS_HEAPTYPE | Py_TPFLAGS_HAVE_GC;
  if ((type->tp_flags & kNeeded) != kNeeded || type->tp_itemsize != 0 ||
      type->tp_finalize != nullptr || type->tp_del != nullptr ||
      type->tp_alloc != PyType_GenericAlloc ||
      type->tp_free != PyObject_GC_Del) {
    return false;
  }
  bool values = (type->tp_flags & Py_TPFLAGS_MANAGED_DICT) != 0;
  if (!values && type->tp_dictoffset != 0) return false;
  // All room is that of slots and of the list of weak references.
  Py_ssize_t words = type->tp_weaklistoffset != 0 ? 1 : 0;
  for (PyTypeObject* base = type; base != &PyBaseObject_Type;
       base = base->tp_base) {
    if ((base->tp_flags & Py_TPFLAGS_HEAPTYPE) == 0 ||
        base->tp_dealloc != ClassDealloc()) {
      return false;
    }
    words += Py_SIZE(base);
  }
  if (!values && words == 0) return false;
  return type->tp_basicsize ==
         static_cast<Py_ssize_t>(sizeof(PyObject)) + words * kWord;
}

PyObject** WordAt(PyObject* o, Py_ssize_t offset) {
  return reinterpret_cast<PyObject**>(reinterpret_cast<char*>(o) + offset);
}

// What links an instance in the list; null in one that is made.
PyObject** LinkOf(PyObject* o, const InstancePool* pool) {
  return WordAt(o, pool->has_values
                       ? MANAGED_DICT_OFFSET
                       : static_cast<Py_ssize_t>(sizeof(PyObject)));
}

// Gives back the memory of an instance that holds nothing and is not tracked.
// Its class may be gone.
void GiveBack(PyObject* o, bool has_values) {
  char* begin = reinterpret_cast<char*>(o) - sizeof(PyGC_Head);
  if (has_values) {
    // As CPython's free_values, but for a look at the class.
    constexpr Py_ssize_t kValuesOffset = MANAGED_DICT_OFFSET - 8;
    char* values = reinterpret_cast<char*>(*WordAt(o, kValuesOffset));
    PyMem_Free(values - reinterpret_cast<uint8_t*>(values)[-1]);
    begin -= 2 * sizeof(PyObject*);
  }
  PyObject_Free(begin);
}

void Empty(InstancePool* pool) {
  while (PyObject* o = pool->kept) {
    pool->kept = *LinkOf(o, pool);
    GiveBack(o, pool->has_values);
  }
  pool->num_kept = 0;
}

PyObject* MakeInstance(PyTypeObject* cls) {
  PyObject* self = PyType_GenericAlloc(cls, 0);
  if (self != nullptr && _PyObject_InitializeDict(self) < 0) Py_CLEAR(self);
  return self;
}

}  // namespace

void EmptyInstancePools() {
  for (InstancePool& pool : instance_pools) Empty(&pool);
}

PyObject* NewInstance(PyTypeObject* cls) {
  uint32_t version = cls->tp_version_tag;
  InstancePool* pool = &instance_pools[version % kInstancePools];
  PyObject* o = pool->kept;
  if (pool->version != version) [[unlikely]] {
    constexpr int kPatience = 16;
    if (version != 0 &&
        (pool->version == 0 || ++pool->refused % kPatience == 0) &&
        IsPlain(cls)) {
      Empty(pool);
      pool->version = version;
      pool->has_values = (cls->tp_flags & Py_TPFLAGS_MANAGED_DICT) != 0;
    }
    return MakeInstance(cls);
  }
  PyInterpreterState* interp = _PyInterpreterState_GET();
  gc_generation& young = interp->gc.generations[0];
  // Where the collector has to run, CPython makes the instance.
  if (o == nullptr || (young.count >= young.threshold && interp->gc.enabled) ||
      _Py_tracemalloc_config.tracing) {
    return MakeInstance(cls);
  }
  ++young.count;
  pool->kept = *LinkOf(o, pool);
  *LinkOf(o, pool) = nullptr;
  --pool->num_kept;
  o->ob_refcnt = 1;
  o->ob_type = cls;
  Py_INCREF(cls);
  _Py_AS_GC(o)->_gc_prev = 0;
  Track(interp, o);
  return o;
}

PyObject* NewInstanceQuietly(PyTypeObject* cls) {
  int& enabled = _PyInterpreterState_GET()->gc.enabled;
  int before = std::exchange(enabled, 0);
  PyObject* o = NewInstance(cls);
  enabled = before;
  return o;
}

bool IsPlainClass(PyTypeObject* cls) { return IsPlain(cls); }

int IsPlainInstance(PyObject* o, PyObject* cls) {
  PyTypeObject* type = Py_TYPE(o);
  // object.__class__ is a data descriptor: an instance cannot hide it.
  static PyObject* class_getter =
      PyDict_GetItemWithError(PyBaseObject_Type.tp_dict, &_Py_ID(__class__));
  if (type->tp_getattro != PyObject_GenericGetAttr ||
      _PyType_Lookup(type, &_Py_ID(__class__)) != class_getter) {
    return -1;
  }
  if (Py_IS_TYPE(cls, &PyType_Type)) {
    return PyType_IsSubtype(type, reinterpret_cast<PyTypeObject*>(cls));
  }
  if (!PyTuple_CheckExact(cls)) return -1;
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(cls); ++i) {
    PyObject* item = PyTuple_GET_ITEM(cls, i);
    if (!Py_IS_TYPE(item, &PyType_Type)) return -1;
    if (PyType_IsSubtype(type, reinterpret_cast<PyTypeObject*>(item))) return 1;
  }
  return 0;
}

int IsInstance(PyObject* o, PyObject* cls) {
  int is = IsPlainInstance(o, cls);
  return is >= 0 ? is : PyObject_IsInstance(o, cls);
}

int RefersTo(PyObject* o, PyObject** objects, int room) {
  PyTypeObject* type = Py_TYPE(o);
  uint32_t version = type->tp_version_tag;
  const InstancePool& pool = instance_pools[version % kInstancePools];
  Py_ssize_t weak = type->tp_weaklistoffset;
  if (pool.version != version || version == 0 ||
      (weak != 0 && *WordAt(o, weak) != nullptr)) {
    return -1;
  }
  int n = 0;
  for (Py_ssize_t at = sizeof(PyObject); at < type->tp_basicsize; at += kWord) {
    if (n == room) return -1;
    objects[n++] = *WordAt(o, at);
  }
  if (!pool.has_values) return n;
  PyDictValues* values = ValuesOf(o);
  if (values == nullptr || *_PyObject_ManagedDictPointer(o) != nullptr) {
    return -1;
  }
  Py_ssize_t used =
      reinterpret_cast<PyHeapTypeObject*>(type)->ht_cached_keys->dk_nentries;
  if (n + used > room) return -1;
  std::copy_n(values->values, used, objects + n);
  return n + static_cast<int>(used);
}

bool FreePlainInstance(PyObject* o, InstancePool* pool) {
  PyTypeObject* type = Py_TYPE(o);
  Py_ssize_t weak = type->tp_weaklistoffset;
  if (pool->num_kept >= kMaxKept ||
      (weak != 0 && *WordAt(o, weak) != nullptr)) {
    return false;
  }
  bool has_values = pool->has_values;
  uint32_t version = pool->version;
  PyDictValues* values = nullptr;
  if (has_values) {
    values = ValuesOf(o);
    if (values == nullptr || *_PyObject_ManagedDictPointer(o) != nullptr) {
      return false;
    }
  }
  if (_PyObject_GC_IS_TRACKED(o)) _PyObject_GC_UNTRACK(o);
  for (Py_ssize_t at = sizeof(PyObject); at < type->tp_basicsize; at += kWord) {
    Py_CLEAR(*WordAt(o, at));
  }
  if (has_values) {
    // CPython adds a key to the keys before it sets the first value for it.
    Py_ssize_t n =
        reinterpret_cast<PyHeapTypeObject*>(type)->ht_cached_keys->dk_nentries;
    for (Py_ssize_t i = 0; i < n; ++i) Py_CLEAR(values->values[i]);
    // No order of insertion.
    reinterpret_cast<uint8_t*>(values)[-2] = 0;
  }
  // Code that has run may have changed the pool.
  if (pool->version != version || pool->num_kept >= kMaxKept) {
    GiveBack(o, has_values);
  } else {
    *LinkOf(o, pool) = pool->kept;
    pool->kept = o;
    ++pool->num_kept;
  }
  int& count = _PyInterpreterState_GET()->gc.generations[0].count;
  if (count > 0) --count;
  Py_DECREF(type);
  return true;
}

}  // namespace pyvm
