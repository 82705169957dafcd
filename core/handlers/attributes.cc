// Attributes and methods.
#include "core/handlers/calls.h"
#include "core/handlers/machine.h"
#include "core/runtime/attribute.h"
#include "core/runtime/polymorphic.h"

namespace pyvm::handlers {
namespace {

// --- Loads ------------------------------------------------------------------

// What PyObject_GetAttr does.
template <OperandKind K>
PYVM_HANDLER LoadAttrGeneric(PYVM_ARGS) {
  SavePc(pc, regs, pool);
  PyObject* owner = Read<K>(regs, pool, pc->b);
  PyObject* value = PyObject_GetAttr(owner, CacheIn(pool, pc->c)->name);
  Consume<K>(owner, pc, regs, pool, pc->b);
  if (value == nullptr) [[unlikely]]
    PYVM_ERROR();
  Set(value, pc->a, pc, regs, pool);
  PYVM_NEXT_AFTER_CALL(1);
}

// The same for sites with many owner types.
template <OperandKind K>
PYVM_HANDLER LoadAttrAny(PYVM_ARGS) {
  PyObject* owner = Read<K>(regs, pool, pc->b);
  PyObject* found = FindAttr(owner, CacheIn(pool, pc->c)->name);
  if (found == nullptr) PYVM_TAIL LoadAttrGeneric<K>(pc, regs, pool, act);
  Py_INCREF(found);
  Consume<K>(owner, pc, regs, pool, pc->b);
  PYVM_SET_AND_NEXT(found, 1);
}

template <OperandKind K>
PYVM_HANDLER LoadAttr(PYVM_ARGS) {
  InlineCache* cache = CacheIn(pool, pc->c);
  // Not at the first execution: much code runs only once.
  if (cache->misses == 0) {
    cache->misses = 1;
    PYVM_TAIL LoadAttrGeneric<K>(pc, regs, pool, act);
  }
  Op op = SpecializeLoadAttr(Read<K>(regs, pool, pc->b), cache);
  if (op != Op::kLOAD_ATTR_ANY) {
    Rewrite(pc, op);
  } else if (++cache->misses >= kMaxMisses) {
    Rewrite(pc, op);
  }
  PYVM_TAIL LoadAttrAny<K>(pc, regs, pool, act);
}

// A specialised load met another owner.
template <OperandKind K>
PYVM_HANDLER LoadAttrMiss(PYVM_ARGS) {
  InlineCache* cache = CacheIn(pool, pc->c);
  if (++cache->misses >= kMaxMisses) {
    Rewrite(pc, Op::kLOAD_ATTR_ANY);
    PYVM_TAIL LoadAttrAny<K>(pc, regs, pool, act);
  }
  Rewrite(pc, Op::kLOAD_ATTR);
  PYVM_TAIL LoadAttr<K>(pc, regs, pool, act);
}

// Ends a load: the owner is consumed, the value (borrowed) stored.
#define PYVM_FINISH_LOAD(value)               \
  do {                                        \
    PyObject* loaded = Py_NewRef(value);      \
    Consume<K>(owner, pc, regs, pool, pc->b); \
    PYVM_SET_AND_NEXT(loaded, 1);             \
  } while (0)
#define PYVM_MISS_IF(condition) \
  if (condition) [[unlikely]]   \
  PYVM_TAIL LoadAttrMiss<K>(pc, regs, pool, act)

template <OperandKind K>
PYVM_HANDLER LoadAttrValue(PYVM_ARGS) {
  PyObject* owner = Read<K>(regs, pool, pc->b);
  InlineCache* cache = CacheIn(pool, pc->c);
  PYVM_MISS_IF(Py_TYPE(owner)->tp_version_tag != cache->version);
  PyDictValues* values = ValuesOf(owner);
  PYVM_MISS_IF(values == nullptr);
  PyObject* value = values->values[cache->index];
  PYVM_MISS_IF(value == nullptr);
  PYVM_FINISH_LOAD(value);
}

template <OperandKind K>
PYVM_HANDLER LoadAttrDict(PYVM_ARGS) {
  PyObject* owner = Read<K>(regs, pool, pc->b);
  InlineCache* cache = CacheIn(pool, pc->c);
  PYVM_MISS_IF(Py_TYPE(owner)->tp_version_tag != cache->version);
  PyDictObject* dict = DictAt(owner, static_cast<int32_t>(cache->version2));
  PYVM_MISS_IF(dict == nullptr || dict->ma_values != nullptr);
  PyDictKeysObject* keys = dict->ma_keys;
  PYVM_MISS_IF(!DK_IS_UNICODE(keys) || cache->index >= keys->dk_nentries);
  PyDictUnicodeEntry* entry = DK_UNICODE_ENTRIES(keys) + cache->index;
  PYVM_MISS_IF(entry->me_key != cache->name || entry->me_value == nullptr);
  PYVM_FINISH_LOAD(entry->me_value);
}

template <OperandKind K>
PYVM_HANDLER LoadAttrSlot(PYVM_ARGS) {
  PyObject* owner = Read<K>(regs, pool, pc->b);
  InlineCache* cache = CacheIn(pool, pc->c);
  PYVM_MISS_IF(Py_TYPE(owner)->tp_version_tag != cache->version);
  PyObject* value = *reinterpret_cast<PyObject**>(
      reinterpret_cast<char*>(owner) + cache->index);
  PYVM_MISS_IF(value == nullptr);
  PYVM_FINISH_LOAD(value);
}

// Shared with LOAD_METHOD_MODULE. Null on a miss.
inline PyObject* ModuleValue(PyObject* owner, InlineCache* cache) {
  if (!PyModule_CheckExact(owner)) return nullptr;
  auto* dict = reinterpret_cast<PyDictObject*>(
      reinterpret_cast<PyModuleObject*>(owner)->md_dict);
  if (dict == nullptr || dict->ma_keys->dk_version != cache->version) {
    return nullptr;
  }
  return EntryAt(dict->ma_keys, cache->index);
}

template <OperandKind K>
PYVM_HANDLER LoadAttrModule(PYVM_ARGS) {
  PyObject* owner = Read<K>(regs, pool, pc->b);
  PyObject* value = ModuleValue(owner, CacheIn(pool, pc->c));
  PYVM_MISS_IF(value == nullptr);
  PYVM_FINISH_LOAD(value);
}

// Whether `owner` is the class that the cache knows.
inline bool IsCachedClass(PyObject* owner, InlineCache* cache) {
  return Py_TYPE(owner)->tp_version_tag == cache->version2 &&
         PyType_Check(owner) &&
         reinterpret_cast<PyTypeObject*>(owner)->tp_version_tag ==
             cache->version;
}

template <OperandKind K>
PYVM_HANDLER LoadAttrClass(PYVM_ARGS) {
  PyObject* owner = Read<K>(regs, pool, pc->b);
  InlineCache* cache = CacheIn(pool, pc->c);
  PYVM_MISS_IF(!IsCachedClass(owner, cache));
  PYVM_FINISH_LOAD(cache->value);
}

template <OperandKind K>
PYVM_HANDLER LoadAttrNondata(PYVM_ARGS) {
  PyObject* owner = Read<K>(regs, pool, pc->b);
  InlineCache* cache = CacheIn(pool, pc->c);
  PyTypeObject* type = Py_TYPE(owner);
  PYVM_MISS_IF(type->tp_version_tag != cache->version);
  if (cache->version2 != 0) {
    PYVM_MISS_IF(!SharedKeysAre(owner, cache->version2));
  }
  PYVM_FINISH_LOAD(cache->value);
}

// The getter of a property; the struct is private to CPython's descrobject.c.
PyObject* GetterOf(PyObject* property) {
  struct Property {
    PyObject ob_base;
    PyObject* prop_get;
  };
  return reinterpret_cast<Property*>(property)->prop_get;
}

template <OperandKind K>
PYVM_HANDLER LoadAttrProperty(PYVM_ARGS) {
  PyObject* owner = Read<K>(regs, pool, pc->b);
  InlineCache* cache = CacheIn(pool, pc->c);
  PYVM_MISS_IF(Py_TYPE(owner)->tp_version_tag != cache->version);
  PyObject* getter = GetterOf(cache->value);
  Unit* unit = InlineCallee(act, getter);
  if (unit == nullptr || unit->arg_count != 1) {
    PYVM_TAIL LoadAttrAny<K>(pc, regs, pool, act);
  }
  SavePc(pc, regs, pool);
  PyObject* self = Take<K>(regs, pool, pc->b);
  Frame* frame = BeginCall(act, Py_NewRef(getter), unit, 1);
  if (frame == nullptr) [[unlikely]] {
    Py_DECREF(self);
    PYVM_ERROR();
  }
  frame->localsplus[0] = self;
  PYVM_ENTER_CALL(frame, unit, 0, 0);
}
#undef PYVM_MISS_IF

// --- Methods ----------------------------------------------------------------

template <OperandKind K>
PYVM_HANDLER LoadMethodGeneric(PYVM_ARGS) {
  SavePc(pc, regs, pool);
  PyObject* owner = Take<K>(regs, pool, pc->b);
  PyObject *method, *self;
  if (LoadMethod(owner, CacheIn(pool, pc->c)->name, &method, &self) < 0) {
    PYVM_ERROR();
  }
  regs[pc->a] = method;
  regs[pc->a + 1] = self;
  PYVM_NEXT_AFTER_CALL(1);
}

template <OperandKind K>
PYVM_HANDLER LoadMethodAny(PYVM_ARGS) {
  PyObject* owner = Read<K>(regs, pool, pc->b);
  PyObject* name = CacheIn(pool, pc->c)->name;
  PyObject* found = FindMethod(owner, name);
  if (found == nullptr) {
    // A callable that is an attribute.
    found = FindAttr(owner, name);
    if (found == nullptr) PYVM_TAIL LoadMethodGeneric<K>(pc, regs, pool, act);
    PyObject* callable = Py_NewRef(found);
    Consume<K>(owner, pc, regs, pool, pc->b);
    regs[pc->a + 1] = callable;
    PYVM_NEXT_AFTER_CALL(1);
  }
  PyObject* self = Take<K>(regs, pool, pc->b);
  regs[pc->a] = Py_NewRef(found);
  regs[pc->a + 1] = self;
  PYVM_NEXT(1);
}

template <OperandKind K>
PYVM_HANDLER LoadMethodOp(PYVM_ARGS) {
  InlineCache* cache = CacheIn(pool, pc->c);
  // Not at the first execution: much code runs only once.
  if (cache->misses == 0) {
    cache->misses = 1;
    PYVM_TAIL LoadMethodGeneric<K>(pc, regs, pool, act);
  }
  Op op = SpecializeLoadMethod(Read<K>(regs, pool, pc->b), cache);
  if (op != Op::kLOAD_METHOD_ANY || ++cache->misses >= kMaxMisses) {
    Rewrite(pc, op);
  }
  PYVM_TAIL LoadMethodAny<K>(pc, regs, pool, act);
}

template <OperandKind K>
PYVM_HANDLER LoadMethodMiss(PYVM_ARGS) {
  InlineCache* cache = CacheIn(pool, pc->c);
  if (++cache->misses >= kMaxMisses) {
    Rewrite(pc, Op::kLOAD_METHOD_ANY);
    PYVM_TAIL LoadMethodAny<K>(pc, regs, pool, act);
  }
  Rewrite(pc, Op::kLOAD_METHOD);
  PYVM_TAIL LoadMethodOp<K>(pc, regs, pool, act);
}
#define PYVM_MISS_IF(condition) \
  if (condition) [[unlikely]]   \
  PYVM_TAIL LoadMethodMiss<K>(pc, regs, pool, act)
// The method and its receiver go to the window.
#define PYVM_FINISH_METHOD()                     \
  do {                                           \
    PyObject* self = Take<K>(regs, pool, pc->b); \
    regs[pc->a] = Py_NewRef(cache->value);       \
    regs[pc->a + 1] = self;                      \
    PYVM_NEXT(1);                                \
  } while (0)

template <OperandKind K>
PYVM_HANDLER LoadMethodValues(PYVM_ARGS) {
  PyObject* owner = Read<K>(regs, pool, pc->b);
  InlineCache* cache = CacheIn(pool, pc->c);
  PyTypeObject* type = Py_TYPE(owner);
  PYVM_MISS_IF(type->tp_version_tag != cache->version);
  PYVM_MISS_IF(!SharedKeysAre(owner, cache->version2));
  PYVM_FINISH_METHOD();
}

template <OperandKind K>
PYVM_HANDLER LoadMethodDict(PYVM_ARGS) {
  PyObject* owner = Read<K>(regs, pool, pc->b);
  InlineCache* cache = CacheIn(pool, pc->c);
  PyTypeObject* type = Py_TYPE(owner);
  PYVM_MISS_IF(type->tp_version_tag != cache->version);
  Py_ssize_t offset = (type->tp_flags & Py_TPFLAGS_MANAGED_DICT) != 0
                          ? MANAGED_DICT_OFFSET
                          : type->tp_dictoffset;
  PyDictObject* dict = DictAt(owner, static_cast<int32_t>(offset));
  PYVM_MISS_IF(dict == nullptr || dict->ma_keys->dk_version != cache->version2);
  PYVM_FINISH_METHOD();
}

template <OperandKind K>
PYVM_HANDLER LoadMethodNoDict(PYVM_ARGS) {
  PyObject* owner = Read<K>(regs, pool, pc->b);
  InlineCache* cache = CacheIn(pool, pc->c);
  PYVM_MISS_IF(Py_TYPE(owner)->tp_version_tag != cache->version);
  PYVM_FINISH_METHOD();
}

// What is found is the callable itself.
#define PYVM_FINISH_CALLABLE(value)           \
  do {                                        \
    PyObject* callable = Py_NewRef(value);    \
    Consume<K>(owner, pc, regs, pool, pc->b); \
    regs[pc->a + 1] = callable;               \
    PYVM_NEXT(1);                             \
  } while (0)

template <OperandKind K>
PYVM_HANDLER LoadMethodModule(PYVM_ARGS) {
  PyObject* owner = Read<K>(regs, pool, pc->b);
  PyObject* value = ModuleValue(owner, CacheIn(pool, pc->c));
  PYVM_MISS_IF(value == nullptr);
  PYVM_FINISH_CALLABLE(value);
}

template <OperandKind K>
PYVM_HANDLER LoadMethodClass(PYVM_ARGS) {
  PyObject* owner = Read<K>(regs, pool, pc->b);
  InlineCache* cache = CacheIn(pool, pc->c);
  PYVM_MISS_IF(!IsCachedClass(owner, cache));
  PYVM_FINISH_CALLABLE(cache->value);
}
#undef PYVM_MISS_IF

// --- Stores -----------------------------------------------------------------

// What PyObject_SetAttr does.
template <OperandKind O, OperandKind V>
PYVM_HANDLER StoreAttrGeneric(PYVM_ARGS) {
  SavePc(pc, regs, pool);
  PyObject* owner = Read<O>(regs, pool, pc->a);
  PyObject* value = Read<V>(regs, pool, pc->b);
  int err = PyObject_SetAttr(owner, CacheIn(pool, pc->c)->name, value);
  Consume<V>(value, pc, regs, pool, pc->b);
  Consume<O>(owner, pc, regs, pool, pc->a);
  if (err < 0) [[unlikely]]
    PYVM_ERROR();
  PYVM_NEXT_AFTER_CALL(1);
}

// The same for sites with many owner types.
template <OperandKind O, OperandKind V>
PYVM_HANDLER StoreAttrAny(PYVM_ARGS) {
  PyObject* owner = Read<O>(regs, pool, pc->a);
  int64_t index;
  PyObject** place = FindStore(owner, CacheIn(pool, pc->c)->name, &index);
  if (place == nullptr) PYVM_TAIL StoreAttrGeneric<O, V>(pc, regs, pool, act);
  PyObject* value = Take<V>(regs, pool, pc->b);
  PyObject* old = *place;
  if (old == nullptr && index >= 0) {
    InitValue(owner, ValuesOf(owner), index, value);
  } else {
    *place = value;
    XDrop(old, pc, regs, pool);
  }
  Consume<O>(owner, pc, regs, pool, pc->a);
  PYVM_NEXT_AFTER_CALL(1);
}

template <OperandKind O, OperandKind V>
PYVM_HANDLER StoreAttr(PYVM_ARGS) {
  InlineCache* cache = CacheIn(pool, pc->c);
  // Not at the first execution: much code runs only once.
  if (cache->misses == 0) {
    cache->misses = 1;
    PYVM_TAIL StoreAttrGeneric<O, V>(pc, regs, pool, act);
  }
  Op op = SpecializeStoreAttr(Read<O>(regs, pool, pc->a), cache);
  if (op != Op::kSTORE_ATTR_ANY || ++cache->misses >= kMaxMisses) {
    Rewrite(pc, op);
  }
  PYVM_TAIL StoreAttrAny<O, V>(pc, regs, pool, act);
}

template <OperandKind O, OperandKind V>
PYVM_HANDLER StoreAttrMiss(PYVM_ARGS) {
  InlineCache* cache = CacheIn(pool, pc->c);
  if (++cache->misses >= kMaxMisses) {
    Rewrite(pc, Op::kSTORE_ATTR_ANY);
    PYVM_TAIL StoreAttrAny<O, V>(pc, regs, pool, act);
  }
  Rewrite(pc, Op::kSTORE_ATTR);
  PYVM_TAIL StoreAttr<O, V>(pc, regs, pool, act);
}
#define PYVM_MISS_IF(condition) \
  if (condition) [[unlikely]]   \
  PYVM_TAIL StoreAttrMiss<O, V>(pc, regs, pool, act)

template <OperandKind O, OperandKind V>
PYVM_HANDLER StoreAttrValue(PYVM_ARGS) {
  PyObject* owner = Read<O>(regs, pool, pc->a);
  InlineCache* cache = CacheIn(pool, pc->c);
  PYVM_MISS_IF(Py_TYPE(owner)->tp_version_tag != cache->version);
  PyDictValues* values = ValuesOf(owner);
  PYVM_MISS_IF(values == nullptr);
  PyObject* value = Take<V>(regs, pool, pc->b);
  PyObject* old = values->values[cache->index];
  if (old == nullptr) {
    InitValue(owner, values, cache->index, value);
  } else {
    values->values[cache->index] = value;
    Drop(old, pc, regs, pool);
  }
  Consume<O>(owner, pc, regs, pool, pc->a);
  PYVM_NEXT(1);
}

template <OperandKind O, OperandKind V>
PYVM_HANDLER StoreAttrDict(PYVM_ARGS) {
  PyObject* owner = Read<O>(regs, pool, pc->a);
  InlineCache* cache = CacheIn(pool, pc->c);
  PYVM_MISS_IF(Py_TYPE(owner)->tp_version_tag != cache->version);
  PyDictObject* dict = DictAt(owner, static_cast<int32_t>(cache->version2));
  PYVM_MISS_IF(dict == nullptr || dict->ma_values != nullptr);
  PyDictKeysObject* keys = dict->ma_keys;
  PYVM_MISS_IF(!DK_IS_UNICODE(keys) || cache->index >= keys->dk_nentries);
  PyDictUnicodeEntry* entry = DK_UNICODE_ENTRIES(keys) + cache->index;
  PyObject* old = entry->me_value;
  PYVM_MISS_IF(entry->me_key != cache->name || old == nullptr);
  PyObject* value = Take<V>(regs, pool, pc->b);
  entry->me_value = value;
  if (!_PyObject_GC_IS_TRACKED(reinterpret_cast<PyObject*>(dict)) &&
      _PyObject_GC_MAY_BE_TRACKED(value)) {
    PyObject_GC_Track(dict);
  }
  TouchDict(dict);
  Drop(old, pc, regs, pool);
  Consume<O>(owner, pc, regs, pool, pc->a);
  PYVM_NEXT(1);
}

template <OperandKind O, OperandKind V>
PYVM_HANDLER StoreAttrSlot(PYVM_ARGS) {
  PyObject* owner = Read<O>(regs, pool, pc->a);
  InlineCache* cache = CacheIn(pool, pc->c);
  PYVM_MISS_IF(Py_TYPE(owner)->tp_version_tag != cache->version);
  auto** slot = reinterpret_cast<PyObject**>(reinterpret_cast<char*>(owner) +
                                             cache->index);
  PyObject* old = *slot;
  *slot = Take<V>(regs, pool, pc->b);
  XDrop(old, pc, regs, pool);
  Consume<O>(owner, pc, regs, pool, pc->a);
  PYVM_NEXT(1);
}

PYVM_HANDLER DeleteAttr(PYVM_ARGS) {
  SavePc(pc, regs, pool);
  PyObject* owner = ReadAny(regs, pool, pc->a);
  PyObject* name =
      PyTuple_GET_ITEM(UnitIn(pool)->code->co_names, LongJump(*pc));
  int err = PyObject_SetAttr(owner, name, nullptr);
  ConsumeAny(owner, pc, regs, pool, pc->a);
  if (err < 0) [[unlikely]]
    PYVM_ERROR();
  PYVM_NEXT_AFTER_CALL(1);
}

}  // namespace

PYVM_ROW1(LOAD_ATTR, LoadAttr)
PYVM_ROW1(LOAD_ATTR_ANY, LoadAttrAny)
PYVM_ROW1(LOAD_ATTR_VALUE, LoadAttrValue)
PYVM_ROW1(LOAD_ATTR_DICT, LoadAttrDict)
PYVM_ROW1(LOAD_ATTR_SLOT, LoadAttrSlot)
PYVM_ROW1(LOAD_ATTR_MODULE, LoadAttrModule)
PYVM_ROW1(LOAD_ATTR_CLASS, LoadAttrClass)
PYVM_ROW1(LOAD_ATTR_PROPERTY, LoadAttrProperty)
PYVM_ROW1(LOAD_ATTR_NONDATA, LoadAttrNondata)
PYVM_ROW1(LOAD_METHOD, LoadMethodOp)
PYVM_ROW1(LOAD_METHOD_ANY, LoadMethodAny)
PYVM_ROW1(LOAD_METHOD_VALUES, LoadMethodValues)
PYVM_ROW1(LOAD_METHOD_DICT, LoadMethodDict)
PYVM_ROW1(LOAD_METHOD_NO_DICT, LoadMethodNoDict)
PYVM_ROW1(LOAD_METHOD_MODULE, LoadMethodModule)
PYVM_ROW1(LOAD_METHOD_CLASS, LoadMethodClass)
PYVM_ROW2(STORE_ATTR, StoreAttr)
PYVM_ROW2(STORE_ATTR_ANY, StoreAttrAny)
PYVM_ROW2(STORE_ATTR_VALUE, StoreAttrValue)
PYVM_ROW2(STORE_ATTR_DICT, StoreAttrDict)
PYVM_ROW2(STORE_ATTR_SLOT, StoreAttrSlot)
PYVM_ROW0(DELETE_ATTR, DeleteAttr)

}  // namespace pyvm::handlers
