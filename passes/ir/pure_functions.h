// C functions that have no effect but their result: they run no code of others,
// look at no frames and change nothing, as long as their arguments are of the
// types that are asked for.
#ifndef PYVM_PASSES_IR_PURE_FUNCTIONS_H_
#define PYVM_PASSES_IR_PURE_FUNCTIONS_H_

#include <cstddef>

#include "core/host/cpython.h"

namespace pyvm::ir {

struct PureFunction {
  // A type's method, or (null) a function of `module`.
  const PyTypeObject* type;
  const char* module;
  const char* name;
  // What an argument has to be, a letter each: `a` anything, `i` exactly an
  // int, `f` a float, `s` a list or tuple (of anything). Behind `?`: it may be
  // left out.
  const char* args;
  const PyTypeObject* result;  // exact
};

// What is known of `callable` (a method descriptor of a type or a function of a
// module that is built in); null: nothing.
const PureFunction* FindPure(PyObject* callable);

// Whether it takes so many arguments.
bool Takes(const PureFunction& function, size_t num_args);
// What argument number `i` has to be.
char KindOfArgument(const PureFunction& function, size_t i);

}  // namespace pyvm::ir

#endif  // PYVM_PASSES_IR_PURE_FUNCTIONS_H_
