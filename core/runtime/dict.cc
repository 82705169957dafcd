#include "core/runtime/dict.h"

#include <cstring>

#include "core/runtime/number.h"
#include "core/runtime/object.h"

// The compiler finds a lookup too large, but each step of it is hot.
#define PYVM_INLINE __attribute__((always_inline)) inline

namespace pyvm {
namespace {

// --- Keys --------------------------------------------------------------------

// The hash of an exact str or of an int of up to two digits; false for others.
inline bool HashItem(PyObject* o, Py_hash_t* hash) {
  if (IsStr(o)) {
    *hash = reinterpret_cast<PyASCIIObject*>(o)->hash;
    if (*hash == -1 && PyUnicode_IS_READY(o)) *hash = PyObject_Hash(o);
    return *hash != -1;
  }
  int64_t value;
  if (!IsInt(o) || !ToInt64(o, &value)) return false;
  *hash = value == -1 ? -2 : value;
  return true;
}

// As CPython's tuplehash, for items that HashItem knows.
bool HashTuple(PyObject* tuple, Py_hash_t* hash) {
  constexpr Py_uhash_t kPrime1 = 11400714785074694791u;
  constexpr Py_uhash_t kPrime2 = 14029467366897019727u;
  constexpr Py_uhash_t kPrime5 = 2870177450012600261u;
  Py_ssize_t n = PyTuple_GET_SIZE(tuple);
  Py_uhash_t acc = kPrime5;
  for (Py_ssize_t i = 0; i < n; ++i) {
    Py_hash_t lane;
    if (!HashItem(PyTuple_GET_ITEM(tuple, i), &lane)) return false;
    acc += static_cast<Py_uhash_t>(lane) * kPrime2;
    acc = (acc << 31) | (acc >> 33);
    acc *= kPrime1;
  }
  acc += static_cast<Py_uhash_t>(n) ^ (kPrime5 ^ 3527539u);
  *hash = static_cast<Py_hash_t>(acc);
  if (*hash == -1) *hash = 1546275796;
  return true;
}

PYVM_INLINE bool HashKey(PyObject* key, Py_hash_t* hash) {
  return PyTuple_CheckExact(key) ? HashTuple(key, hash) : HashItem(key, hash);
}

// Whether `a`, an exact str or int, is equal to any `b`.
PYVM_INLINE Found SameItem(PyObject* a, PyObject* b) {
  auto answer = [](bool same) { return same ? Found::kYes : Found::kNo; };
  if (a == b) return Found::kYes;
  if (b == Py_None) return Found::kNo;
  if (IsStr(a)) {
    if (IsStr(b)) return answer(EqualStrings(a, b));
    return IsInt(b) ? Found::kNo : Found::kAskCPython;
  }
  if (!IsInt(b)) return IsStr(b) ? Found::kNo : Found::kAskCPython;
  int64_t x, y;
  if (!ToInt64(a, &x) || !ToInt64(b, &y)) return Found::kAskCPython;
  return answer(x == y);
}

// Whether keys of equal hash are equal; HashKey knows `a`.
PYVM_INLINE Found SameKey(PyObject* a, PyObject* b) {
  if (a == b) return Found::kYes;
  if (!PyTuple_CheckExact(a)) return SameItem(a, b);
  Py_ssize_t n = PyTuple_GET_SIZE(a);
  if (!PyTuple_CheckExact(b) || PyTuple_GET_SIZE(b) != n) {
    return Found::kAskCPython;
  }
  for (Py_ssize_t i = 0; i < n; ++i) {
    Found same = SameItem(PyTuple_GET_ITEM(a, i), PyTuple_GET_ITEM(b, i));
    if (same != Found::kYes) return same;
  }
  return Found::kYes;
}

// --- Dicts -------------------------------------------------------------------

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

inline void SetDictIndex(PyDictKeysObject* keys, size_t slot, int64_t index) {
  char* indices = keys->dk_indices;
  if (keys->dk_log2_size < 8) {
    reinterpret_cast<int8_t*>(indices)[slot] = static_cast<int8_t>(index);
  } else if (keys->dk_log2_size < 16) {
    reinterpret_cast<int16_t*>(indices)[slot] = static_cast<int16_t>(index);
  } else if (keys->dk_log2_size < 32) {
    reinterpret_cast<int32_t*>(indices)[slot] = static_cast<int32_t>(index);
  } else {
    reinterpret_cast<int64_t*>(indices)[slot] = index;
  }
}

// Where a search has ended.
struct Search {
  Found found;
  int64_t index;  // the entry, on kYes
  size_t slot;    // the empty slot, on kNo
};

// Probes as CPython's dictobject.c does. `same` tells of an entry whether it is
// the one, is not, or cannot be judged here.
template <typename Same>
PYVM_INLINE Search Probe(const PyDictKeysObject* keys, Py_hash_t hash,
                         Same same) {
  size_t mask = (size_t{1} << keys->dk_log2_size) - 1;
  auto perturb = static_cast<size_t>(hash);
  size_t slot = static_cast<size_t>(hash) & mask;
  for (;;) {
    int64_t index = DictIndex(keys, slot);
    if (index == DKIX_EMPTY) return {Found::kNo, 0, slot};
    if (index >= 0) {
      Found found = same(index);
      if (found != Found::kNo) return {found, index, 0};
    }
    perturb >>= 5;
    slot = (slot * 5 + perturb + 1) & mask;
  }
}

PYVM_INLINE Search FindText(PyDictKeysObject* keys, PyObject* key,
                            Py_hash_t hash) {
  PyDictUnicodeEntry* entries = DK_UNICODE_ENTRIES(keys);
  return Probe(keys, hash, [&](int64_t i) __attribute__((always_inline)) {
    PyObject* other = entries[i].me_key;
    if (other == key) return Found::kYes;
    return other != nullptr &&
                   reinterpret_cast<PyASCIIObject*>(other)->hash == hash &&
                   EqualStrings(other, key)
               ? Found::kYes
               : Found::kNo;
  });
}

PYVM_INLINE Search FindAny(PyDictKeysObject* keys, PyObject* key,
                           Py_hash_t hash) {
  PyDictKeyEntry* entries = DK_ENTRIES(keys);
  return Probe(keys, hash, [&](int64_t i) __attribute__((always_inline)) {
    PyObject* other = entries[i].me_key;
    if (other == key) return Found::kYes;
    if (entries[i].me_hash != hash) return Found::kNo;
    return other == nullptr ? Found::kAskCPython : SameKey(key, other);
  });
}

PYVM_INLINE Search Find(PyDictKeysObject* keys, PyObject* key,
                        Py_hash_t* hash) {
  constexpr Search kAsk = {Found::kAskCPython, 0, 0};
  if (DK_IS_UNICODE(keys)) {
    if (!IsStr(key)) {
      bool none = keys->dk_nentries == 0 && HashKey(key, hash);
      return none ? Search{Found::kNo, 0, 0} : kAsk;
    }
    return HashItem(key, hash) ? FindText(keys, key, *hash) : kAsk;
  }
  return HashKey(key, hash) ? FindAny(keys, key, *hash) : kAsk;
}

inline PyObject** PlaceAt(PyDictObject* dict, int64_t index) {
  PyDictKeysObject* keys = dict->ma_keys;
  if (dict->ma_values != nullptr) return &dict->ma_values->values[index];
  return DK_IS_UNICODE(keys) ? &DK_UNICODE_ENTRIES(keys)[index].me_value
                             : &DK_ENTRIES(keys)[index].me_value;
}

}  // namespace

bool HashOf(PyObject* key, Py_hash_t* hash) { return HashKey(key, hash); }

Found FindPlace(PyObject* object, PyObject* key, PyObject*** place) {
  auto* dict = reinterpret_cast<PyDictObject*>(object);
  Py_hash_t hash;
  Search search = Find(dict->ma_keys, key, &hash);
  if (search.found != Found::kYes) return search.found;
  *place = PlaceAt(dict, search.index);
  return **place == nullptr ? Found::kAskCPython : Found::kYes;
}

bool StoreInDict(PyObject* object, PyObject* key, PyObject* value,
                 PyObject** old) {
  auto* dict = reinterpret_cast<PyDictObject*>(object);
  PyDictKeysObject* keys = dict->ma_keys;
  // An untracked dict has to be tracked once it refers to a container.
  if (!_PyObject_GC_IS_TRACKED(object) && (_PyObject_GC_MAY_BE_TRACKED(value) ||
                                           _PyObject_GC_MAY_BE_TRACKED(key))) {
    return false;
  }
  Py_hash_t hash;
  Search search = Find(keys, key, &hash);
  if (search.found == Found::kAskCPython) return false;
  if (search.found == Found::kYes) {
    PyObject** place = PlaceAt(dict, search.index);
    if (*place == nullptr) return false;
    *old = *place;
    *place = Py_NewRef(value);
    dict->ma_version_tag = DICT_NEXT_VERSION();
    return true;
  }
  if (keys->dk_usable <= 0 || dict->ma_values != nullptr ||
      DK_IS_UNICODE(keys) != IsStr(key)) {
    return false;
  }
  // As CPython's insertdict.
  keys->dk_version = 0;
  Py_ssize_t index = keys->dk_nentries;
  SetDictIndex(keys, search.slot, index);
  if (DK_IS_UNICODE(keys)) {
    DK_UNICODE_ENTRIES(keys)[index] = {Py_NewRef(key), Py_NewRef(value)};
  } else {
    DK_ENTRIES(keys)[index] = {hash, Py_NewRef(key), Py_NewRef(value)};
  }
  ++dict->ma_used;
  dict->ma_version_tag = DICT_NEXT_VERSION();
  --keys->dk_usable;
  ++keys->dk_nentries;
  *old = nullptr;
  return true;
}

// --- Sets --------------------------------------------------------------------

namespace {

// The entry of the key, or an unused one, as CPython's set_lookkey; null leaves
// the case to CPython. *free is the last entry of a removed key on the way.
inline setentry* FindEntry(PySetObject* set, PyObject* key, Py_hash_t hash,
                           setentry** free = nullptr) {
  constexpr size_t kLinearProbes = 9;
  auto mask = static_cast<size_t>(set->mask);
  auto perturb = static_cast<size_t>(hash);
  size_t i = static_cast<size_t>(hash) & mask;
  for (;;) {
    setentry* entry = &set->table[i];
    setentry* last = entry + (i + kLinearProbes <= mask ? kLinearProbes : 0);
    for (; entry <= last; ++entry) {
      if (entry->hash == hash) {
        if (entry->key == nullptr) return entry;
        Found same = SameKey(key, entry->key);
        if (same == Found::kYes) return entry;
        if (same == Found::kAskCPython) return nullptr;
      } else if (entry->hash == 0 && entry->key == nullptr) {
        return entry;
      } else if (free != nullptr && entry->hash == -1) {
        *free = entry;
      }
    }
    perturb >>= 5;
    i = (i * 5 + 1 + perturb) & mask;
  }
}

}  // namespace

Found FindInSet(PyObject* object, PyObject* key) {
  Py_hash_t hash;
  if (!HashKey(key, &hash)) return Found::kAskCPython;
  setentry* entry =
      FindEntry(reinterpret_cast<PySetObject*>(object), key, hash);
  if (entry == nullptr) return Found::kAskCPython;
  return entry->key == nullptr ? Found::kNo : Found::kYes;
}

bool AddToSet(PyObject* object, PyObject* key) {
  auto* set = reinterpret_cast<PySetObject*>(object);
  Py_hash_t hash;
  if (!HashKey(key, &hash)) return false;
  setentry* free = nullptr;
  setentry* entry = FindEntry(set, key, hash, &free);
  if (entry == nullptr) return false;
  if (entry->key != nullptr) return true;
  // As CPython's set_add_entry: the order of iteration comes from this.
  if (free != nullptr) {
    entry = free;
  } else {
    // CPython makes a larger table behind such an addition.
    if ((set->fill + 1) * 5 >= set->mask * 3) return false;
    ++set->fill;
  }
  ++set->used;
  entry->key = Py_NewRef(key);
  entry->hash = hash;
  return true;
}

Found RemoveFromSet(PyObject* object, PyObject* key) {
  auto* set = reinterpret_cast<PySetObject*>(object);
  Py_hash_t hash;
  if (!HashKey(key, &hash)) return Found::kAskCPython;
  setentry* entry = FindEntry(set, key, hash);
  if (entry == nullptr) return Found::kAskCPython;
  PyObject* old = entry->key;
  if (old == nullptr) return Found::kNo;
  entry->key = _PySet_Dummy;
  entry->hash = -1;
  --set->used;
  Py_DECREF(old);
  return Found::kYes;
}

// --- Others ------------------------------------------------------------------

namespace {

Found FindAmong(PyObject** items, Py_ssize_t n, PyObject* item) {
  bool known = IsStr(item) || IsInt(item);
  for (Py_ssize_t i = 0; i < n; ++i) {
    if (items[i] == item) return Found::kYes;
    if (!known) return Found::kAskCPython;
    Found same = SameItem(item, items[i]);
    if (same != Found::kNo) return same;
  }
  return Found::kNo;
}

// A character in a text, both ASCII.
Found FindCharacter(PyObject* text, PyObject* character) {
  if (!IsStr(character) || PyUnicode_GET_LENGTH(character) != 1 ||
      !PyUnicode_IS_COMPACT_ASCII(character) ||
      !PyUnicode_IS_COMPACT_ASCII(text)) {
    return Found::kAskCPython;
  }
  const char* begin = static_cast<const char*>(_PyUnicode_COMPACT_DATA(text));
  char c = *static_cast<const char*>(_PyUnicode_COMPACT_DATA(character));
  auto size = static_cast<size_t>(PyUnicode_GET_LENGTH(text));
  return std::memchr(begin, c, size) == nullptr ? Found::kNo : Found::kYes;
}

}  // namespace

Found FindIn(PyObject* container, PyObject* item) {
  PyTypeObject* type = Py_TYPE(container);
  if (type == &PyDict_Type) {
    PyObject** place;
    return FindPlace(container, item, &place);
  }
  if (type == &PySet_Type || type == &PyFrozenSet_Type) {
    return FindInSet(container, item);
  }
  if (type == &PyTuple_Type) {
    return FindAmong(&PyTuple_GET_ITEM(container, 0),
                     PyTuple_GET_SIZE(container), item);
  }
  if (type == &PyList_Type) {
    return FindAmong(reinterpret_cast<PyListObject*>(container)->ob_item,
                     PyList_GET_SIZE(container), item);
  }
  if (type == &PyUnicode_Type) return FindCharacter(container, item);
  return Found::kAskCPython;
}

}  // namespace pyvm
