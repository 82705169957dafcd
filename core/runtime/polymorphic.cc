#include "core/runtime/polymorphic.h"

#include "core/runtime/attribute.h"
#include "core/runtime/number.h"

namespace pyvm {

PolymorphicEntry polymorphic[kNumLookups][kPolymorphicEntries];

namespace {

using Entry = PolymorphicEntry;

// No type has it: versions are given out upwards.
constexpr uint32_t kNoVersion = ~0u;
// How often an entry that covers nothing is looked up anew: an instance may get
// its attribute later.
constexpr uint32_t kPatience = 8;

void Fill(Entry* entry, Op op, const InlineCache& cache) {
  entry->index = cache.index;
  entry->keys = cache.version2;
  switch (op) {
    case Op::kLOAD_ATTR_VALUE:
    case Op::kSTORE_ATTR_VALUE:
      entry->meaning = Entry::kValue;
      break;
    case Op::kLOAD_ATTR_SLOT:
    case Op::kSTORE_ATTR_SLOT:
      entry->meaning = Entry::kSlot;
      break;
    case Op::kLOAD_ATTR_NONDATA:
    case Op::kLOAD_METHOD_VALUES:
    case Op::kLOAD_METHOD_NO_DICT:
      entry->meaning =
          cache.version2 == 0 ? Entry::kFixed : Entry::kFixedPastKeys;
      break;
    case Op::kLOAD_ATTR_DICT:
      entry->meaning = Entry::kDict;
      break;
    default:
      entry->meaning = Entry::kOther;
      break;
  }
}

Entry* Place(Lookup lookup, uint32_t version, PyObject* name) {
  uint32_t i = (version ^ PolymorphicHash(name)) % kPolymorphicEntries;
  return &polymorphic[static_cast<int>(lookup)][i];
}

inline bool Holds(const Entry* entry, uint32_t version, PyObject* name) {
  return entry->version == version && entry->name == name;
}

void Rename(Entry* entry, uint32_t version, PyObject* name) {
  PyObject* old = entry->name;
  entry->name = Py_NewRef(name);
  entry->version = version;
  entry->meaning = Entry::kOther;
  entry->value = nullptr;
  entry->keys = 0;
  Py_XDECREF(old);  // a str: no code runs
}

// The entry for this pair, filled by `specialize` if it holds another; null if
// the type has no version.
template <Op (*specialize)(PyObject*, InlineCache*)>
Entry* Find(Lookup lookup, PyObject* owner, PyObject* name) {
  uint32_t version = Py_TYPE(owner)->tp_version_tag;
  if (version == 0) return nullptr;
  Entry* entry = Place(lookup, version, name);
  uint32_t failures = 0;
  if (Holds(entry, version, name)) {
    if (entry->meaning != Entry::kOther || entry->keys >= kPatience) {
      return entry;
    }
    failures = entry->keys + 1;
  } else {
    if (PyType_Check(owner) || PyModule_CheckExact(owner)) return nullptr;
    Rename(entry, version, name);
  }
  InlineCache cache{};
  cache.name = name;
  Op op = specialize(owner, &cache);
  Fill(entry, op, cache);
  if (entry->meaning == Entry::kOther) entry->keys = failures;
  return entry;
}

// What `entry` says is there, or null.
inline PyObject* Read(Entry* entry, PyObject* owner) {
  switch (entry->meaning) {
    case Entry::kValue: {
      PyDictValues* values = ValuesOf(owner);
      return values == nullptr ? nullptr : values->values[entry->index];
    }
    case Entry::kSlot:
      return *reinterpret_cast<PyObject**>(reinterpret_cast<char*>(owner) +
                                           entry->index);
    case Entry::kFixedPastKeys:
      if (!SharedKeysAre(owner, entry->keys)) {
        entry->version = kNoVersion;  // the keys have grown: look again
        return nullptr;
      }
      [[fallthrough]];
    case Entry::kFixed:
      return entry->value;
    case Entry::kDict: {
      PyDictObject* dict = DictAt(owner, static_cast<int32_t>(entry->keys));
      if (dict == nullptr || dict->ma_values != nullptr) return nullptr;
      PyDictKeysObject* keys = dict->ma_keys;
      if (!DK_IS_UNICODE(keys) || entry->index >= keys->dk_nentries) {
        return nullptr;
      }
      PyDictUnicodeEntry* found = DK_UNICODE_ENTRIES(keys) + entry->index;
      return found->me_key == entry->name ? found->me_value : nullptr;
    }
    default:
      return nullptr;
  }
}

template <typename F>
PyObject* FindFunction(PyTypeObject* type, PyObject* name, F look_up) {
  uint32_t version = type->tp_version_tag;
  if (version == 0) return look_up();
  Entry* entry = Place(Lookup::kOperator, version, name);
  if (!Holds(entry, version, name)) {
    PyObject* function = look_up();
    Rename(entry, version, name);
    entry->meaning = function == nullptr ? Entry::kOther : Entry::kFixed;
    entry->value = function;
  }
  return entry->value;
}

}  // namespace

PyObject* FindAttr(PyObject* owner, PyObject* name) {
  Entry* entry = Find<SpecializeLoadAttr>(Lookup::kLoad, owner, name);
  return entry == nullptr ? nullptr : Read(entry, owner);
}

PyObject* FindMethod(PyObject* owner, PyObject* name) {
  Entry* entry = Find<SpecializeLoadMethod>(Lookup::kMethod, owner, name);
  return entry == nullptr ? nullptr : Read(entry, owner);
}

PyObject** FindStore(PyObject* owner, PyObject* name, int64_t* index) {
  Entry* entry = Find<SpecializeStoreAttr>(Lookup::kStore, owner, name);
  if (entry == nullptr) return nullptr;
  if (entry->meaning == Entry::kSlot) {
    *index = -1;
    return reinterpret_cast<PyObject**>(reinterpret_cast<char*>(owner) +
                                        entry->index);
  }
  if (entry->meaning != Entry::kValue) return nullptr;
  PyDictValues* values = ValuesOf(owner);
  if (values == nullptr) return nullptr;
  *index = entry->index;
  return &values->values[entry->index];
}

PyObject* FindOperator(PyTypeObject* type, uint32_t oparg) {
  PyObject* name = OperatorName(oparg);
  if (name == nullptr) {
    PyErr_Clear();
    return nullptr;
  }
  return FindFunction(type, name, [&] { return OperatorMethod(type, oparg); });
}

PyObject* FindSpecial(PyTypeObject* type, PyObject* name) {
  return FindFunction(type, name, [&]() -> PyObject* {
    if ((type->tp_flags & Py_TPFLAGS_HEAPTYPE) == 0) return nullptr;
    PyObject* found = _PyType_Lookup(type, name);
    return found != nullptr && Py_IS_TYPE(found, &PyFunction_Type) ? found
                                                                   : nullptr;
  });
}

}  // namespace pyvm
