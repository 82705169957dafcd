// Shorter functions for methods of CPython's types.
#ifndef PYVM_CORE_RUNTIME_METHODS_H_
#define PYVM_CORE_RUNTIME_METHODS_H_

namespace pyvm {

// Puts functions of ours into the tables of dict, list, set and tuple, for the
// keys and items whose hash and comparison need no foreign code; they leave all
// else to the functions that stood there. Once, when the types are ready.
void InstallMethods();

}  // namespace pyvm

#endif  // PYVM_CORE_RUNTIME_METHODS_H_
