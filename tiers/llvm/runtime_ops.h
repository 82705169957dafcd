// What machine code calls where it does not do something itself. Operands are
// borrowed; results are new references, or null (-1) with an exception. Those
// that get a native frame link it if somebody may look at frames.
#ifndef PYVM_TIERS_LLVM_RUNTIME_OPS_H_
#define PYVM_TIERS_LLVM_RUNTIME_OPS_H_

#include <cstdint>

#include "core/host/activation.h"
#include "core/host/cpython.h"
#include "tiers/llvm/code.h"

namespace pyvm::llvm_tier {

// pyvm_llvm_iter_next's word for an exception.
inline PyObject* const kIterRaised = reinterpret_cast<PyObject*>(1);

// A word that is no object, for a table whose keys would run code of others.
inline PyObject* const kLeftToCPython = reinterpret_cast<PyObject*>(1);

extern "C" {

// --- Boxes. These end the process where memory is short: there is no state to
// raise an exception in.
PyObject* pyvm_llvm_new_float(double value);
// Not a small one; where free lists have none.
PyObject* pyvm_llvm_new_int(int64_t value);
// The value of an exact int; `fits` is 0 if it has more than 64 bits.
struct WideInt {
  int64_t value;
  int64_t fits;
};
WideInt pyvm_llvm_wide_int(PyObject* o);
// The memory of an object; of an exact int whose last reference is gone.
void pyvm_llvm_free(PyObject* o);
void pyvm_llvm_free_int(PyObject* o);

// --- Operators.
PyObject* pyvm_llvm_binary(PyObject* left, PyObject* right, uint32_t oparg);
PyObject* pyvm_llvm_compare(PyObject* left, PyObject* right, uint32_t op);
// The truth of a comparison.
int pyvm_llvm_compare_bool(PyObject* left, PyObject* right, uint32_t op);
// Whether two exact strs are equal. Never fails.
int pyvm_llvm_equal_str(PyObject* a, PyObject* b);
int pyvm_llvm_contains(PyObject* item, PyObject* container);
int pyvm_llvm_truth(PyObject* o);

// On exact ints. Null without an exception where there is no result.
PyObject* pyvm_llvm_binary_big(PyObject* left, PyObject* right, uint32_t oparg);
// 0 or 1, for exact ints. Never fails.
int pyvm_llvm_compare_big(PyObject* left, PyObject* right, uint32_t op);

// --- Attributes, globals, items.
PyObject* pyvm_llvm_load_attr(PyObject* owner, PyObject* name);
int pyvm_llvm_store_attr(PyObject* owner, PyObject* name, PyObject* value);
// As the function `function` sees it.
PyObject* pyvm_llvm_load_global(Activation* act, PyObject* function,
                                PyObject* name);
PyObject* pyvm_llvm_load_item(PyObject* owner, PyObject* index);
PyObject* pyvm_llvm_load_slice(PyObject* owner, PyObject* start, PyObject* stop,
                               PyObject* step);
// If `value` is `dying`, it may be left with the items that are replaced.
int pyvm_llvm_store_slice(PyObject* owner, PyObject* start, PyObject* stop,
                          PyObject* step, PyObject* value, int dying);
int pyvm_llvm_store_item(PyObject* owner, PyObject* index, PyObject* value);
// Takes the item, whether it succeeds or not.
int pyvm_llvm_append_list(PyObject* list, PyObject* item);

// The list has lost items: it gives back memory that it does not need.
void pyvm_llvm_shrink_list(PyObject* list);

// --- Tables. These run nobody's code and raise nothing.
// The value of the key (borrowed), null, or kLeftToCPython.
PyObject* pyvm_llvm_dict_find(PyObject* dict, PyObject* key);
// Stores references of its own. The value that was there, which is the
// caller's now, null, or kLeftToCPython.
PyObject* pyvm_llvm_set_dict_item(PyObject* dict, PyObject* key,
                                  PyObject* value);
// -1: left to CPython.
int pyvm_llvm_has_item(PyObject* container, PyObject* item);
// 0: left to CPython.
int pyvm_llvm_add_set(PyObject* set, PyObject* key);

// --- Iteration.
PyObject* pyvm_llvm_range_iter(int64_t start, int64_t stop, int64_t step);
PyObject* pyvm_llvm_get_iter(Activation* act, NativeFrame* native, PyObject* o);
// As the instructions; the object is taken over. The frame is linked.
PyObject* pyvm_llvm_get_awaitable(Activation* act, PyObject* o, uint32_t arg);
PyObject* pyvm_llvm_get_yield_from_iter(Activation* act, PyObject* o);
// Null without an exception at the end; kIterRaised.
PyObject* pyvm_llvm_iter_next(Activation* act, NativeFrame* native,
                              PyObject* iterator);

// --- Containers. As boxes, where memory is short.
// Of `n` items, which they take.
PyObject* pyvm_llvm_make_tuple(Activation* act, PyObject** items, int64_t n);
PyObject* pyvm_llvm_make_list(Activation* act, PyObject** items, int64_t n);
PyObject* pyvm_llvm_make_slice(Activation* act, PyObject* start, PyObject* stop,
                               PyObject* step);
// Takes the content, which may be null.
PyObject* pyvm_llvm_make_cell(Activation* act, PyObject* content);

// An __init__ has returned this, which it takes, and not None: -1.
int pyvm_llvm_wrong_init(PyObject* result);

}  // extern "C"

}  // namespace pyvm::llvm_tier

#endif  // PYVM_TIERS_LLVM_RUNTIME_OPS_H_
