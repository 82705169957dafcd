#include "core/handlers/polymorphic.h"

#include "core/runtime/attribute.h"

namespace pyvm::handlers {
namespace {

// `cache` and `op` are what a site that sees this type alone would have. The
// name is owned: its address is part of the key.
struct Entry {
  uint32_t version = 0;
  Op op = Op::kLOAD_ATTR_ANY;
  InlineCache cache{};
};

constexpr size_t kEntries = 1024;
Entry attrs[kEntries];
Entry methods[kEntries];

// The entry for this pair, filled by `specialize` if it holds another; null if
// the type has no version.
template <Op (*specialize)(PyObject*, InlineCache*)>
Entry* Find(Entry* table, PyObject* owner, PyObject* name) {
  PyTypeObject* type = Py_TYPE(owner);
  uint32_t version = type->tp_version_tag;
  if (version == 0 || PyType_Check(owner) || PyModule_CheckExact(owner)) {
    return nullptr;
  }
  size_t hash = version * 0x9e3779b1u ^ reinterpret_cast<uintptr_t>(name) >> 4;
  Entry* entry = &table[hash % kEntries];
  if (entry->version == version && entry->cache.name == name) return entry;
  PyObject* old = entry->cache.name;
  entry->cache = InlineCache{};
  entry->cache.name = Py_NewRef(name);
  entry->version = version;
  entry->op = specialize(owner, &entry->cache);
  Py_XDECREF(old);  // a str: no code runs
  return entry;
}

}  // namespace

PyObject* FindAttr(PyObject* owner, PyObject* name) {
  Entry* e = Find<SpecializeLoadAttr>(attrs, owner, name);
  if (e == nullptr) return nullptr;
  const InlineCache& cache = e->cache;
  switch (e->op) {
    case Op::kLOAD_ATTR_VALUE: {
      PyDictValues* values = ValuesOf(owner);
      return values == nullptr ? nullptr : values->values[cache.index];
    }
    case Op::kLOAD_ATTR_SLOT:
      return *reinterpret_cast<PyObject**>(reinterpret_cast<char*>(owner) +
                                           cache.index);
    case Op::kLOAD_ATTR_DICT: {
      PyDictObject* dict = DictAt(owner, static_cast<int32_t>(cache.version2));
      if (dict == nullptr || dict->ma_values != nullptr) return nullptr;
      PyDictKeysObject* keys = dict->ma_keys;
      if (!DK_IS_UNICODE(keys) || cache.index >= keys->dk_nentries) {
        return nullptr;
      }
      PyDictUnicodeEntry* entry = DK_UNICODE_ENTRIES(keys) + cache.index;
      return entry->me_key == name ? entry->me_value : nullptr;
    }
    case Op::kLOAD_ATTR_NONDATA:
      if (cache.version2 != 0 && !SharedKeysAre(owner, cache.version2)) {
        e->version = 0;
        return nullptr;
      }
      return cache.value;
    default:
      return nullptr;
  }
}

PyObject* FindMethod(PyObject* owner, PyObject* name) {
  Entry* e = Find<SpecializeLoadMethod>(methods, owner, name);
  if (e == nullptr) return nullptr;
  switch (e->op) {
    case Op::kLOAD_METHOD_NO_DICT:
      return e->cache.value;
    case Op::kLOAD_METHOD_VALUES:
      if (SharedKeysAre(owner, e->cache.version2)) return e->cache.value;
      e->version = 0;  // the keys have grown: look again next time
      return nullptr;
    default:
      return nullptr;
  }
}

}  // namespace pyvm::handlers
