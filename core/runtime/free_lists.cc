// After a full collection CPython gives its free lists back. The linker's
// --wrap puts this in front of the one for lists, so that ours are given back
// as well.
#include "core/runtime/instance.h"
#include "core/runtime/object.h"

extern "C" {

void __real__PyList_ClearFreeList(PyInterpreterState* interp);

void __wrap__PyList_ClearFreeList(PyInterpreterState* interp) {
  __real__PyList_ClearFreeList(interp);
  pyvm::EmptyInstancePools();
  pyvm::EmptyIntFreeLists();
}

}  // extern "C"
