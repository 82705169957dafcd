// Instances of plain classes: a few of each that have died are kept, with the
// room for their attributes, and used again.
//
// A class is plain if nothing that it inherits runs when an instance dies: no
// __del__, and nothing in C but what CPython's own classes in Python have. That
// and the layout follow from the version of the type.
#ifndef PYVM_CORE_RUNTIME_INSTANCE_H_
#define PYVM_CORE_RUNTIME_INSTANCE_H_

#include <cstdint>

#include "core/host/cpython.h"

namespace pyvm {

struct InstancePool {
  uint32_t version;   // of the type; 0: none
  uint16_t num_kept;  // instances in the list
  bool has_values;    // attributes lie in inline values
  uint8_t refused;    // times that another class has wanted the place
  PyObject* kept;     // linked through the place of the managed dict, or of the
                      // first slot
};
// The place of a pool is the version, modulo this.
inline constexpr uint32_t kInstancePools = 64;
extern InstancePool instance_pools[kInstancePools];
inline constexpr uint16_t kMaxKept = 32;

// Gives all of them back, as the collector does with CPython's free lists.
void EmptyInstancePools();

// What object.__new__ makes of a class without asking it: an instance with
// room for its attributes. New reference, or null with an exception. The
// collector may run.
PyObject* NewInstance(PyTypeObject* cls);
// The same where nothing may run: the collector does not.
PyObject* NewInstanceQuietly(PyTypeObject* cls);

// Whether the class is plain, as its version will tell from now on.
bool IsPlainClass(PyTypeObject* cls);

// isinstance() of a class or a tuple of classes without metaclasses, where the
// instance is sure to say what its type says: 1 or 0; -1 where code of others
// would have to be asked.
int IsPlainInstance(PyObject* o, PyObject* cls);
// PyObject_IsInstance, which the above makes faster.
int IsInstance(PyObject* o, PyObject* cls);

// Second half of FreeInstance.
bool FreePlainInstance(PyObject* o, InstancePool* pool);

// Frees `o`, whose last reference is gone, if its class is plain and known to
// have been called; else false, and nothing has happened. Attributes may run
// code.
inline bool FreeInstance(PyObject* o) {
  uint32_t version = Py_TYPE(o)->tp_version_tag;
  InstancePool* pool = &instance_pools[version % kInstancePools];
  return pool->version == version && version != 0 && FreePlainInstance(o, pool);
}

// The objects that an instance refers to, if FreeInstance would free it: up to
// `room` of them, some perhaps null. Their number, or -1.
int RefersTo(PyObject* o, PyObject** objects, int room);

}  // namespace pyvm

#endif  // PYVM_CORE_RUNTIME_INSTANCE_H_
