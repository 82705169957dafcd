// What operations that allocate do about collections, which may run code that
// looks at frames. Private to runtime_ops.cc and making_ops.cc.
#ifndef PYVM_TIERS_LLVM_COLLECTION_H_
#define PYVM_TIERS_LLVM_COLLECTION_H_

#include "core/host/activation.h"
#include "core/host/cpython.h"
#include "tiers/llvm/frames.h"
#include "tiers/llvm/runtime_ops.h"

namespace pyvm::llvm_tier {

inline PyObject* OrDie(PyObject* made) {
  if (made == nullptr) Py_FatalError("pyvm: out of memory in compiled code");
  return made;
}

// A collection that is due, but could not happen where it became so. CollectNow
// asks for an object that comes from no free list.
extern bool collection_pending;
int CollectNow(void*);

// Frames are linked before an operation that may look at them: if it is not
// `quiet`, or if its allocations may set off a collection.
inline void LinkUnless(bool quiet, Activation* act, NativeFrame* native) {
  if (!quiet || MayCollect(act)) pyvm_llvm_link(act, native);
}

// Makes a container. A collection would run code where there is no state to
// show a frame in: it is put off to the next safepoint.
template <typename Make>
PyObject* WithoutCollection(Activation* act, Make make) {
  int enabled = pyvm_llvm_stop_collector(act);
  PyObject* made = OrDie(make());
  pyvm_llvm_start_collector(act, enabled);
  return made;
}

}  // namespace pyvm::llvm_tier

#endif  // PYVM_TIERS_LLVM_COLLECTION_H_
