// Hash tables and other containers, for the keys that programs mostly use:
// those whose hash and equality need no foreign code. All operands are
// borrowed, and nothing here runs foreign code or raises.
#ifndef PYVM_CORE_RUNTIME_DICT_H_
#define PYVM_CORE_RUNTIME_DICT_H_

#include "core/host/cpython.h"

namespace pyvm {

enum class Found { kYes, kNo, kAskCPython };

// The hash of an exact str, of an int of up to two digits, or of a tuple of
// them; false for others.
bool HashOf(PyObject* key, Py_hash_t* hash);

// Looks up what HashOf knows. On kYes
// *place holds the value; kAskCPython leaves the case to CPython. `dict` is an
// exact dict.
Found FindPlace(PyObject* dict, PyObject* key, PyObject*** place);

// The same for the value (borrowed).
inline Found FindInDict(PyObject* dict, PyObject* key, PyObject** value) {
  PyObject** place;
  Found found = FindPlace(dict, key, &place);
  if (found == Found::kYes) *value = *place;
  return found;
}

// Stores references of its own into an exact dict. *old is the value that the
// key had, which is the caller's now, or null. False leaves it all to CPython.
bool StoreInDict(PyObject* dict, PyObject* key, PyObject* value,
                 PyObject** old);

// For a set or frozenset, or an instance of a subclass.
Found FindInSet(PyObject* set, PyObject* key);
// Adds to an exact set. False leaves it to CPython.
bool AddToSet(PyObject* set, PyObject* key);
// Removes from an exact set, if the key is there.
Found RemoveFromSet(PyObject* set, PyObject* key);

// Whether the container, of any type, has the item.
Found FindIn(PyObject* container, PyObject* item);

}  // namespace pyvm

#endif  // PYVM_CORE_RUNTIME_DICT_H_
