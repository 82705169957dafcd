// What sites with many owner types share: tables of what a name means for the
// instances of a type, found by the type's version and the name. Machine code
// reads them too.
#ifndef PYVM_CORE_RUNTIME_POLYMORPHIC_H_
#define PYVM_CORE_RUNTIME_POLYMORPHIC_H_

#include <cstdint>

#include "core/host/cpython.h"

namespace pyvm {

// What the tables are for, each with its own.
enum class Lookup { kLoad, kMethod, kStore, kOperator };
inline constexpr int kNumLookups = 4;

struct PolymorphicEntry {
  enum Meaning : uint32_t {
    kValue,          // of the inline values, number `index`
    kSlot,           // of the object, `index` bytes from its begin
    kFixed,          // `value`
    kFixedPastKeys,  // `value`, as long as the instance has no dict and shares
                     // keys of version `keys`
    kDict,   // entry number `index` of the dict that lies at offset `keys`
    kOther,  // the general way; `keys` counts how often that was found
  };

  PyObject* name;    // owned: its address is part of the key
  uint32_t version;  // of the type; never 0 where there is a name
  Meaning meaning;
  union {
    PyObject* value;  // borrowed: kept alive by what the version guards
    int64_t index;
  };
  uint32_t keys;
};
static_assert(sizeof(PolymorphicEntry) == 32);

inline constexpr uint32_t kPolymorphicEntries = 1024;
extern PolymorphicEntry polymorphic[kNumLookups][kPolymorphicEntries];

// The place of an entry is this, combined with the version by exclusive or.
inline uint32_t PolymorphicHash(PyObject* name) {
  return static_cast<uint32_t>(
             (reinterpret_cast<uintptr_t>(name) >> 4) * 0x9e3779b1u >> 12) %
         kPolymorphicEntries;
}

// The attribute of `owner` (borrowed), or null if the general way has to be
// taken. No foreign code runs, and no exception is left; the same holds for
// the others.
PyObject* FindAttr(PyObject* owner, PyObject* name);

// The method that `owner` receives calls of `name` by (borrowed), or null.
PyObject* FindMethod(PyObject* owner, PyObject* name);

// Where `owner` keeps its attribute, for a store; null if the general way has
// to be taken. *index is the number of the inline value that it is, or -1.
PyObject** FindStore(PyObject* owner, PyObject* name, int64_t* index);

// The Python function that alone carries out the binary operator for two
// operands of `type` (borrowed), or null. Its entry has the operator's name.
PyObject* FindOperator(PyTypeObject* type, uint32_t oparg);
// The same for what is looked up in the type by one name, as __getitem__.
PyObject* FindSpecial(PyTypeObject* type, PyObject* name);

}  // namespace pyvm

#endif  // PYVM_CORE_RUNTIME_POLYMORPHIC_H_
