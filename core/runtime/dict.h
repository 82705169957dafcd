// Looking up the keys that programs mostly use, without a call.
#ifndef PYVM_CORE_RUNTIME_DICT_H_
#define PYVM_CORE_RUNTIME_DICT_H_

#include "core/runtime/attribute.h"
#include "core/runtime/number.h"
#include "core/runtime/object.h"

namespace pyvm {

enum class Found { kYes, kNo, kAskCPython };

namespace internal {

inline int64_t DictIndex(const PyDictKeysObject* keys, size_t slot) {
  const char* indices = keys->dk_indices;
  if (keys->dk_log2_size < 8) {
    return reinterpret_cast<const int8_t*>(indices)[slot];
  }
  if (keys->dk_log2_size < 16) {
    return reinterpret_cast<const int16_t*>(indices)[slot];
  }
  if (keys->dk_log2_size < 32) {
    return reinterpret_cast<const int32_t*>(indices)[slot];
  }
  return reinterpret_cast<const int64_t*>(indices)[slot];
}

// Probes as CPython's dictobject.c does. `same` tells of an entry whether it is
// the one, is not, or cannot be judged here.
template <typename Same>
inline Found Probe(const PyDictKeysObject* keys, Py_hash_t hash, Same same) {
  size_t mask = (size_t{1} << keys->dk_log2_size) - 1;
  auto perturb = static_cast<size_t>(hash);
  size_t slot = static_cast<size_t>(hash) & mask;
  for (;;) {
    int64_t index = DictIndex(keys, slot);
    if (index == DKIX_EMPTY) return Found::kNo;
    if (index >= 0) {
      Found found = same(index);
      if (found != Found::kNo) return found;
    }
    perturb >>= 5;
    slot = (slot * 5 + perturb + 1) & mask;
  }
}

}  // namespace internal

// Looks up exact strs in dicts of strs, and one-digit ints in others. On kYes
// *place holds the value; kAskCPython leaves the case to CPython.
inline Found FindPlace(PyObject* object, PyObject* key, PyObject*** place) {
  auto* dict = reinterpret_cast<PyDictObject*>(object);
  PyDictKeysObject* keys = dict->ma_keys;
  if (IsStr(key)) {
    Py_hash_t hash = reinterpret_cast<PyASCIIObject*>(key)->hash;
    if (hash == -1 || !DK_IS_UNICODE(keys)) return Found::kAskCPython;
    PyDictUnicodeEntry* entries = DK_UNICODE_ENTRIES(keys);
    return internal::Probe(keys, hash, [&](int64_t i) {
      PyObject* other = entries[i].me_key;
      if (other != key &&
          (other == nullptr ||
           reinterpret_cast<PyASCIIObject*>(other)->hash != hash ||
           !EqualStrings(other, key))) {
        return Found::kNo;
      }
      *place = dict->ma_values == nullptr ? &entries[i].me_value
                                          : &dict->ma_values->values[i];
      return **place == nullptr ? Found::kAskCPython : Found::kYes;
    });
  }
  if (IsInt(key) && IsOneDigit(key) && !DK_IS_UNICODE(keys)) {
    Py_hash_t hash = OneDigitValue(key);
    if (hash == -1) hash = -2;
    PyDictKeyEntry* entries = DK_ENTRIES(keys);
    return internal::Probe(keys, hash, [&](int64_t i) {
      PyObject* other = entries[i].me_key;
      if (other != key) {
        if (entries[i].me_hash != hash) return Found::kNo;
        if (other == nullptr || !IsInt(other) || !IsOneDigit(other)) {
          return Found::kAskCPython;
        }
        if (OneDigitValue(other) != OneDigitValue(key)) return Found::kNo;
      }
      *place = &entries[i].me_value;
      return **place == nullptr ? Found::kAskCPython : Found::kYes;
    });
  }
  return Found::kAskCPython;
}

// The same for the value (borrowed).
inline Found FindInDict(PyObject* object, PyObject* key, PyObject** value) {
  PyObject** place;
  Found found = FindPlace(object, key, &place);
  if (found == Found::kYes) *value = *place;
  return found;
}

// Replaces the value of a key that an exact dict has. Returns the old value,
// which is the caller's now; null leaves the case to CPython, `value` too.
inline PyObject* ReplaceInDict(PyObject* object, PyObject* key,
                               PyObject* value) {
  PyObject** place;
  // An untracked dict has to be tracked once it refers to a container.
  if ((!_PyObject_GC_IS_TRACKED(object) && PyObject_IS_GC(value)) ||
      FindPlace(object, key, &place) != Found::kYes) {
    return nullptr;
  }
  PyObject* old = *place;
  *place = value;
  TouchDict(reinterpret_cast<PyDictObject*>(object));
  return old;
}

}  // namespace pyvm

#endif  // PYVM_CORE_RUNTIME_DICT_H_
