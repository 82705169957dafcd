// What sites with many owner types share: a table of inline caches, found by
// the owner's type version and the name.
#ifndef PYVM_HANDLERS_POLYMORPHIC_H_
#define PYVM_HANDLERS_POLYMORPHIC_H_

#include "core/bytecode/opcodes.h"
#include "core/feedback/inline_cache.h"
#include "core/host/cpython.h"

namespace pyvm::handlers {

// The attribute of `owner` (borrowed), or null if the general way has to be
// taken. No foreign code runs.
PyObject* FindAttr(PyObject* owner, PyObject* name);

// The method that `owner` receives calls of `name` by (borrowed), or null.
PyObject* FindMethod(PyObject* owner, PyObject* name);

}  // namespace pyvm::handlers

#endif  // PYVM_HANDLERS_POLYMORPHIC_H_
