// Owned references that release themselves.
#ifndef PYVM_CORE_RUNTIME_REF_H_
#define PYVM_CORE_RUNTIME_REF_H_

#include <utility>

#include "core/host/cpython.h"

namespace pyvm {

// One owned reference, or null.
class Ref {
 public:
  explicit Ref(PyObject* owned = nullptr) : ptr_(owned) {}
  ~Ref() { Py_XDECREF(ptr_); }
  Ref(const Ref&) = delete;
  Ref& operator=(const Ref&) = delete;

  PyObject* get() const { return ptr_; }
  explicit operator bool() const { return ptr_ != nullptr; }
  // Hands the reference to the caller.
  PyObject* release() { return std::exchange(ptr_, nullptr); }
  // For functions that return a new reference through a pointer.
  PyObject** out() { return &ptr_; }

 private:
  PyObject* ptr_;
};

// Takes the reference out of a slot, which is null from then on.
inline PyObject* Take(PyObject** slot) { return std::exchange(*slot, nullptr); }

}  // namespace pyvm

#endif  // PYVM_CORE_RUNTIME_REF_H_
