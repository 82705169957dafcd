// What is sure to run no code of others, so that nobody can look at a frame
// meanwhile. Each answer is quick, and false where the question would be long.
#ifndef PYVM_CORE_RUNTIME_QUIET_H_
#define PYVM_CORE_RUNTIME_QUIET_H_

#include "core/host/cpython.h"

namespace pyvm {

// Releasing the last reference to `o`, with all that dies with it.
bool DiesQuietly(PyObject* o);

// Releasing one reference each of `n` objects, which may be null or the same.
bool ReleasedQuietly(PyObject* const* objects, Py_ssize_t n);

// Comparing `o` with others of which the same is said, and hashing it if that
// is possible.
bool ComparesQuietly(PyObject* o);

// iter(o), but for a collection that its allocation sets off.
bool IteratesQuietly(PyObject* o);

// One step of an iterator, its end included.
bool StepsQuietly(PyObject* iterator);

// Whether `callable` is a function as min(), which is quiet about numbers.
bool IsOfNumbers(PyObject* callable);

// A call with positional arguments of some classes and functions of CPython's,
// as int("12"), min(a, b) or list(range(3)); but for such a collection.
bool CallsQuietly(PyObject* callable, PyObject* const* args, Py_ssize_t n);

}  // namespace pyvm

#endif  // PYVM_CORE_RUNTIME_QUIET_H_
