// Attributes: how a site's cache is filled. The fast halves are short enough
// to stand in the tiers.
#ifndef PYVM_CORE_RUNTIME_ATTRIBUTE_H_
#define PYVM_CORE_RUNTIME_ATTRIBUTE_H_

#include "core/bytecode/opcodes.h"
#include "core/feedback/inline_cache.h"
#include "core/host/cpython.h"

namespace pyvm {

// The version of dict keys, assigned now if there is none; 0 if there can be
// none.
uint32_t KeysVersion(PyDictKeysObject* keys);

// The function version, assigned now if there is none; 0 if there can be none.
uint32_t FunctionVersion(PyFunctionObject* function);

// The index of `name` (an exact str) in keys of strs; negative if absent.
Py_ssize_t KeysLookup(PyDictKeysObject* keys, PyObject* name);

// The valid version tag of a type, assigned now; 0 if there can be none.
uint32_t TypeVersion(PyTypeObject* type);

// Each returns the operation to rewrite the instruction to, its cache filled,
// or the generic one when the case is not covered. They run no foreign code
// and leave no exception.
Op SpecializeLoadAttr(PyObject* owner, InlineCache* cache);
Op SpecializeLoadMethod(PyObject* owner, InlineCache* cache);
Op SpecializeStoreAttr(PyObject* owner, InlineCache* cache);

// LOAD_METHOD in full: *method is a function and *self (owned, the consumed
// owner) its receiver, or *method is null and *self a callable. `owner` is
// consumed. -1 with an exception.
int LoadMethod(PyObject* owner, PyObject* name, PyObject** method,
               PyObject** self);

inline PyDictValues* ValuesOf(PyObject* o) {
  return *_PyObject_ValuesPointer(o);
}

// The dict that an instance keeps at `offset`; null if it has none.
inline PyDictObject* DictAt(PyObject* owner, int32_t offset) {
  return *reinterpret_cast<PyDictObject**>(reinterpret_cast<char*>(owner) +
                                           offset);
}
// Whether an instance with a managed dict has none of its own, and the keys
// that it shares with its class have this version.
inline bool SharedKeysAre(PyObject* owner, uint32_t version) {
  return *_PyObject_ManagedDictPointer(owner) == nullptr &&
         reinterpret_cast<PyHeapTypeObject*>(Py_TYPE(owner))
                 ->ht_cached_keys->dk_version == version;
}

// Stores into an empty inline value: the order of insertion is noted.
void InitValue(PyObject* owner, PyDictValues* values, int64_t index,
               PyObject* value);
// Marks a change of `dict` for those who watch its version.
void TouchDict(PyDictObject* dict);

// Where the value of entry `at` lies, in bytes from its keys, and that value.
inline int64_t EntryOffset(PyDictKeysObject* keys, Py_ssize_t at) {
  return reinterpret_cast<char*>(&DK_UNICODE_ENTRIES(keys)[at].me_value) -
         reinterpret_cast<char*>(keys);
}
inline PyObject* EntryAt(PyDictKeysObject* keys, int64_t offset) {
  return *reinterpret_cast<PyObject**>(reinterpret_cast<char*>(keys) + offset);
}

}  // namespace pyvm

#endif  // PYVM_CORE_RUNTIME_ATTRIBUTE_H_
