// Slices of lists, tuples and strs without a slice object.
#ifndef PYVM_CORE_RUNTIME_SLICE_H_
#define PYVM_CORE_RUNTIME_SLICE_H_

#include "core/host/cpython.h"

namespace pyvm {

// owner[start:stop:step] of an exact list, tuple or str where the bounds and
// the step are None or small ints. New reference, or null with an exception;
// null without one if the case is not covered.
PyObject* LoadSlice(PyObject* owner, PyObject* start, PyObject* stop,
                    PyObject* step);

// The same store where `value`, an exact list, has one reference, is about to
// die, and is as long as the slice of an exact list: it is left with the items
// that are replaced. Runs no code. False if it has not happened.
bool SwapSlice(PyObject* owner, PyObject* start, PyObject* stop, PyObject* step,
               PyObject* value);

// owner[start:stop:step] = value for two exact lists and no step. 0, or -1 with
// an exception; 1 if the case is not covered. If `value` is `dying`, it may be
// left with the items that are replaced.
int StoreSlice(PyObject* owner, PyObject* start, PyObject* stop, PyObject* step,
               PyObject* value, bool dying);

}  // namespace pyvm

#endif  // PYVM_CORE_RUNTIME_SLICE_H_
