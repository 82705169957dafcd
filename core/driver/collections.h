// The garbage collector's runs in the event log.
#ifndef PYVM_CORE_DRIVER_COLLECTIONS_H_
#define PYVM_CORE_DRIVER_COLLECTIONS_H_

namespace pyvm {

// Has each run of the collector noted from now on, by a function of ours in
// gc.callbacks: a program that empties that list sees to it that nothing more
// is noted. 0, or -1 with an exception set.
int LogCollections();

}  // namespace pyvm

#endif  // PYVM_CORE_DRIVER_COLLECTIONS_H_
