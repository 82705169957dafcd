#include "core/runtime/attribute.h"

#include <structmember.h>

namespace pyvm {

uint32_t KeysVersion(PyDictKeysObject* keys) {
  return _PyDictKeys_GetVersionForCurrentState(keys);
}

uint32_t FunctionVersion(PyFunctionObject* function) {
  return _PyFunction_GetVersionForCurrentState(function);
}

Py_ssize_t KeysLookup(PyDictKeysObject* keys, PyObject* name) {
  return _PyDictKeys_StringLookup(keys, name);
}

uint32_t TypeVersion(PyTypeObject* type) {
  return (type->tp_flags & Py_TPFLAGS_VALID_VERSION_TAG) != 0
             ? type->tp_version_tag
             : 0;
}

void InitValue(PyObject* owner, PyDictValues* values, int64_t index,
               PyObject* value) {
  values->values[index] = value;
  _PyDictValues_AddToInsertionOrder(values, index);
}

void TouchDict(PyDictObject* dict) {
  dict->ma_version_tag = DICT_NEXT_VERSION();
}

namespace {

// What a type's attribute `name` means for its instances.
enum class Kind {
  kOther,     // not covered
  kAbsent,    // the type has none
  kPlain,     // no descriptor
  kMethod,    // a function, or something that binds like one
  kSlot,      // a member of __slots__
  kProperty,  // a property
  kClass,     // object.__class__
};

// What object's __dict__ holds as __class__.
PyObject* ClassGetter() {
  static PyObject* getter =
      PyDict_GetItemWithError(PyBaseObject_Type.tp_dict, &_Py_ID(__class__));
  return getter;
}

// What CPython gives classes that have a __getattr__ written in Python.
getattrofunc GetattrHook() {
  static getattrofunc hook = [] {
    PyObject* made =
        PyObject_CallFunction(reinterpret_cast<PyObject*>(&PyType_Type),
                              "s(){sO}", "C", "__getattr__", Py_None);
    if (made == nullptr) {
      PyErr_Clear();
      return PyObject_GenericGetAttr;
    }
    getattrofunc found = reinterpret_cast<PyTypeObject*>(made)->tp_getattro;
    Py_DECREF(made);
    return found;
  }();
  return hook;
}

// Whether attributes that are there are found as object's __getattribute__
// finds them. *hooked: if that raises AttributeError, __getattr__ is called.
bool HasGenericGetattr(PyTypeObject* type, bool* hooked) {
  *hooked = false;
  if (type->tp_getattro == PyObject_GenericGetAttr) return true;
  if ((type->tp_flags & Py_TPFLAGS_HEAPTYPE) == 0 ||
      type->tp_getattro != GetattrHook()) {
    return false;
  }
  static PyObject* generic = PyDict_GetItemWithError(PyBaseObject_Type.tp_dict,
                                                     &_Py_ID(__getattribute__));
  *hooked = true;
  return _PyType_Lookup(type, &_Py_ID(__getattribute__)) == generic;
}

Kind Classify(PyTypeObject* type, PyObject* name, bool store,
              PyObject** descr) {
  bool hooked = false;
  if (store ? type->tp_setattro != PyObject_GenericSetAttr
            : !HasGenericGetattr(type, &hooked)) {
    return Kind::kOther;
  }
  PyObject* d = _PyType_Lookup(type, name);
  *descr = d;
  if (TypeVersion(type) == 0) return Kind::kOther;
  if (d == nullptr) return Kind::kAbsent;
  PyTypeObject* cls = Py_TYPE(d);
  if ((cls->tp_flags & Py_TPFLAGS_IMMUTABLETYPE) == 0) return Kind::kOther;
  if (cls->tp_descr_set != nullptr) {
    if (cls == &PyMemberDescr_Type &&
        reinterpret_cast<PyMemberDescrObject*>(d)->d_member->type ==
            T_OBJECT_EX &&
        (reinterpret_cast<PyMemberDescrObject*>(d)->d_member->flags &
         PY_AUDIT_READ) == 0 &&
        PyType_IsSubtype(
            type, reinterpret_cast<PyMemberDescrObject*>(d)->d_common.d_type)) {
      return Kind::kSlot;
    }
    if (d == ClassGetter()) return Kind::kClass;
    return cls == &PyProperty_Type && !hooked ? Kind::kProperty : Kind::kOther;
  }
  if (cls->tp_descr_get == nullptr) return Kind::kPlain;
  return (cls->tp_flags & Py_TPFLAGS_METHOD_DESCRIPTOR) != 0 ? Kind::kMethod
                                                             : Kind::kOther;
}

// Where instances keep their dict; 0 if nowhere, or out of reach.
int32_t DictOffset(PyTypeObject* type) {
  if ((type->tp_flags & Py_TPFLAGS_MANAGED_DICT) != 0) {
    return MANAGED_DICT_OFFSET;
  }
  Py_ssize_t offset = type->tp_dictoffset;
  return offset > 0 && offset < 0x7fff ? static_cast<int32_t>(offset) : 0;
}

PyDictKeysObject* SharedKeys(PyTypeObject* type) {
  return reinterpret_cast<PyHeapTypeObject*>(type)->ht_cached_keys;
}

// The operation that reaches the instance's own attribute, or `none`.
Op OwnAttribute(PyObject* owner, InlineCache* cache, Op in_values, Op in_dict,
                Op none) {
  PyTypeObject* type = Py_TYPE(owner);
  int32_t offset = DictOffset(type);
  if (offset == 0) return none;
  PyDictObject* dict = DictAt(owner, offset);
  cache->version = TypeVersion(type);
  if (dict == nullptr) {
    if (offset != MANAGED_DICT_OFFSET || ValuesOf(owner) == nullptr) {
      return none;
    }
    PyDictKeysObject* keys = SharedKeys(type);
    Py_ssize_t index = _PyDictKeys_StringLookup(keys, cache->name);
    if (index < 0) return none;
    cache->index = index;
    return in_values;
  }
  if (!PyDict_CheckExact(dict) || !DK_IS_UNICODE(dict->ma_keys) ||
      dict->ma_values != nullptr) {
    return none;
  }
  PyObject* value = nullptr;
  Py_ssize_t hint = _PyDict_GetItemHint(dict, cache->name, -1, &value);
  if (hint < 0 || value == nullptr) {
    PyErr_Clear();
    return none;
  }
  cache->index = hint;
  cache->version2 = static_cast<uint32_t>(offset);
  return in_dict;
}

// Whether the instance certainly has no attribute of its own by that name, as
// long as its type and the keys named by cache->version2 stay the same.
// *in_dict tells that the keys are those of a dict of its own.
bool AbsentInInstance(PyObject* owner, InlineCache* cache, bool* in_dict) {
  PyTypeObject* type = Py_TYPE(owner);
  *in_dict = false;
  cache->version2 = 0;
  if (type->tp_dictoffset == 0) return true;
  int32_t offset = DictOffset(type);
  if (offset == 0) return false;
  PyDictObject* dict = DictAt(owner, offset);
  PyDictKeysObject* keys;
  if (dict == nullptr) {
    if (offset != MANAGED_DICT_OFFSET) return false;
    keys = SharedKeys(type);
  } else {
    if (!PyDict_CheckExact(dict)) return false;
    keys = dict->ma_keys;
    *in_dict = true;
  }
  if (!DK_IS_UNICODE(keys) ||
      _PyDictKeys_StringLookup(keys, cache->name) != DKIX_EMPTY) {
    return false;
  }
  cache->version2 = KeysVersion(keys);
  return cache->version2 != 0;
}

// A module's attribute.
bool CacheModule(PyObject* owner, InlineCache* cache) {
  auto* module = reinterpret_cast<PyModuleObject*>(owner);
  auto* dict = reinterpret_cast<PyDictObject*>(module->md_dict);
  if (dict == nullptr || !DK_IS_UNICODE(dict->ma_keys)) return false;
  PyObject* descr = _PyType_Lookup(&PyModule_Type, cache->name);
  if (descr != nullptr) return false;
  Py_ssize_t index = _PyDictKeys_StringLookup(dict->ma_keys, cache->name);
  if (index < 0) return false;
  cache->version = KeysVersion(dict->ma_keys);
  cache->index = EntryOffset(dict->ma_keys, index);
  return cache->version != 0;
}

// A class's attribute that is what the MRO holds.
bool CacheClass(PyObject* owner, InlineCache* cache) {
  auto* cls = reinterpret_cast<PyTypeObject*>(owner);
  PyTypeObject* meta = Py_TYPE(owner);
  if (meta->tp_getattro != PyType_Type.tp_getattro ||
      _PyType_Lookup(meta, cache->name) != nullptr) {
    return false;
  }
  PyObject* descr = _PyType_Lookup(cls, cache->name);
  if (descr == nullptr) return false;
  PyTypeObject* kind = Py_TYPE(descr);
  if (kind->tp_descr_get != nullptr && kind != &PyFunction_Type) return false;
  if ((kind->tp_flags & Py_TPFLAGS_IMMUTABLETYPE) == 0 &&
      kind->tp_descr_get == nullptr && !PyType_Check(descr)) {
    // Its class could become a descriptor class later; plain instances of
    // user classes are left to the generic operation.
    return false;
  }
  cache->version = TypeVersion(cls);
  cache->version2 = TypeVersion(meta);
  cache->value = descr;
  return cache->version != 0 && cache->version2 != 0;
}

}  // namespace

Op SpecializeLoadAttr(PyObject* owner, InlineCache* cache) {
  constexpr Op kNone = Op::kLOAD_ATTR_ANY;
  PyTypeObject* type = Py_TYPE(owner);
  if (PyModule_CheckExact(owner)) {
    return CacheModule(owner, cache) ? Op::kLOAD_ATTR_MODULE : kNone;
  }
  if (PyType_Check(owner)) {
    return CacheClass(owner, cache) ? Op::kLOAD_ATTR_CLASS : kNone;
  }
  PyObject* descr = nullptr;
  switch (Classify(type, cache->name, false, &descr)) {
    case Kind::kClass:
      cache->version = TypeVersion(type);
      cache->version2 = 0;
      cache->value = reinterpret_cast<PyObject*>(type);
      return Op::kLOAD_ATTR_NONDATA;
    case Kind::kSlot:
      cache->version = TypeVersion(type);
      cache->index =
          reinterpret_cast<PyMemberDescrObject*>(descr)->d_member->offset;
      return Op::kLOAD_ATTR_SLOT;
    case Kind::kProperty:
      cache->version = TypeVersion(type);
      cache->value = descr;
      return Op::kLOAD_ATTR_PROPERTY;
    case Kind::kAbsent:
      return OwnAttribute(owner, cache, Op::kLOAD_ATTR_VALUE,
                          Op::kLOAD_ATTR_DICT, kNone);
    case Kind::kPlain: {
      bool in_dict;
      if (AbsentInInstance(owner, cache, &in_dict) && !in_dict) {
        cache->version = TypeVersion(type);
        cache->value = descr;
        return Op::kLOAD_ATTR_NONDATA;
      }
      return OwnAttribute(owner, cache, Op::kLOAD_ATTR_VALUE,
                          Op::kLOAD_ATTR_DICT, kNone);
    }
    default:
      return kNone;
  }
}

Op SpecializeLoadMethod(PyObject* owner, InlineCache* cache) {
  constexpr Op kNone = Op::kLOAD_METHOD_ANY;
  PyTypeObject* type = Py_TYPE(owner);
  if (PyModule_CheckExact(owner)) {
    return CacheModule(owner, cache) ? Op::kLOAD_METHOD_MODULE : kNone;
  }
  if (PyType_Check(owner)) {
    return CacheClass(owner, cache) ? Op::kLOAD_METHOD_CLASS : kNone;
  }
  PyObject* descr = nullptr;
  if (Classify(type, cache->name, false, &descr) != Kind::kMethod) {
    return kNone;
  }
  bool in_dict;
  if (!AbsentInInstance(owner, cache, &in_dict)) return kNone;
  cache->version = TypeVersion(type);
  cache->value = descr;
  if (cache->version2 == 0) return Op::kLOAD_METHOD_NO_DICT;
  if (!in_dict) return Op::kLOAD_METHOD_VALUES;
  // The offset of the dict follows from the type.
  return Op::kLOAD_METHOD_DICT;
}

Op SpecializeStoreAttr(PyObject* owner, InlineCache* cache) {
  constexpr Op kNone = Op::kSTORE_ATTR_ANY;
  PyTypeObject* type = Py_TYPE(owner);
  if (PyModule_CheckExact(owner) || PyType_Check(owner)) return kNone;
  PyObject* descr = nullptr;
  switch (Classify(type, cache->name, true, &descr)) {
    case Kind::kSlot: {
      auto* member = reinterpret_cast<PyMemberDescrObject*>(descr)->d_member;
      if ((member->flags & READONLY) != 0) return kNone;
      cache->version = TypeVersion(type);
      cache->index = member->offset;
      return Op::kSTORE_ATTR_SLOT;
    }
    case Kind::kAbsent:
    case Kind::kPlain:
      return OwnAttribute(owner, cache, Op::kSTORE_ATTR_VALUE,
                          Op::kSTORE_ATTR_DICT, kNone);
    default:
      return kNone;
  }
}

namespace {

// The function that super() finds for its instance by `name`, and the instance
// (both borrowed); null without an exception if the general way has to be
// taken.
PyObject* FindThroughSuper(PyObject* owner, PyObject* name, PyObject** self) {
  struct Super {  // private to CPython's typeobject.c
    PyObject ob_base;
    PyTypeObject* type;
    PyObject* obj;
    PyTypeObject* obj_type;
  };
  auto* super = reinterpret_cast<Super*>(owner);
  PyTypeObject* start = super->obj_type;
  if (start == nullptr ||
      start == reinterpret_cast<PyTypeObject*>(super->obj) ||
      start->tp_mro == nullptr || name == &_Py_ID(__class__)) {
    return nullptr;
  }
  Py_ssize_t n = PyTuple_GET_SIZE(start->tp_mro), i = 0;
  auto base = [&] { return PyTuple_GET_ITEM(start->tp_mro, i); };
  while (i < n && base() != reinterpret_cast<PyObject*>(super->type)) ++i;
  // A dict of strs is searched for a str: no code runs.
  for (++i; i < n; ++i) {
    PyObject* dict = reinterpret_cast<PyTypeObject*>(base())->tp_dict;
    if (!DK_IS_UNICODE(reinterpret_cast<PyDictObject*>(dict)->ma_keys)) break;
    PyObject* found = PyDict_GetItemWithError(dict, name);
    if (found == nullptr) continue;
    if (!Py_IS_TYPE(found, &PyFunction_Type)) break;
    *self = super->obj;
    return found;
  }
  return nullptr;
}

}  // namespace

int LoadMethod(PyObject* owner, PyObject* name, PyObject** method,
               PyObject** self) {
  if (Py_IS_TYPE(owner, &PySuper_Type)) {
    if (PyObject* function = FindThroughSuper(owner, name, self)) {
      *method = Py_NewRef(function);
      Py_INCREF(*self);
      Py_DECREF(owner);
      return 0;
    }
  }
  PyObject* found = nullptr;
  int unbound = _PyObject_GetMethod(owner, name, &found);
  if (found == nullptr) {
    Py_DECREF(owner);
    return -1;
  }
  if (unbound) {
    *method = found;
    *self = owner;
  } else {
    *method = nullptr;
    *self = found;
    Py_DECREF(owner);
  }
  return 0;
}

}  // namespace pyvm
