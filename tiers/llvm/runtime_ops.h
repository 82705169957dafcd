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
// The following three where they run no code of others, and look at no frames:
// of numbers and strs. Else null or -1, without an exception.
PyObject* pyvm_llvm_plain_binary(PyObject* left, PyObject* right,
                                 uint32_t oparg);
// abs(); takes the reference of its operand.
PyObject* pyvm_llvm_abs(Activation* act, NativeFrame* native, PyObject* o);
// A comparison whose first operand's method has given `result`, which is taken;
// the second's truth value is 0 or 1, or -1 with an exception.
PyObject* pyvm_llvm_compare_reflected(PyObject* result, PyObject* left,
                                      PyObject* right, uint32_t op);
int pyvm_llvm_compare_truth(PyObject* result, PyObject* left, PyObject* right,
                            uint32_t op);
PyObject* pyvm_llvm_plain_negative(PyObject* o);
int pyvm_llvm_plain_compare(PyObject* left, PyObject* right, uint32_t op);
PyObject* pyvm_llvm_binary(PyObject* left, PyObject* right, uint32_t oparg);
PyObject* pyvm_llvm_compare(Activation* act, NativeFrame* native,
                            PyObject* left, PyObject* right, uint32_t op);
// The truth of a comparison.
int pyvm_llvm_compare_bool(PyObject* left, PyObject* right, uint32_t op);
// Whether two exact strs are equal. Never fails.
int pyvm_llvm_equal_str(PyObject* a, PyObject* b);
int pyvm_llvm_contains(Activation* act, NativeFrame* native, PyObject* item,
                       PyObject* container);
int pyvm_llvm_truth(PyObject* o);
// The same where that runs no code; else -1.
int pyvm_llvm_plain_truth(PyObject* o);
// Its length, where no code is asked; else -1.
int64_t pyvm_llvm_plain_size(PyObject* o);
// Its __class__ (borrowed), where no code is asked; else null.
PyObject* pyvm_llvm_plain_class(PyObject* o);

// On exact ints. Null without an exception where there is no result.
PyObject* pyvm_llvm_binary_big(PyObject* left, PyObject* right, uint32_t oparg);
// 0 or 1, for exact ints. Never fails.
int pyvm_llvm_compare_big(PyObject* left, PyObject* right, uint32_t op);

// --- Attributes, globals, items.
PyObject* pyvm_llvm_load_attr(Activation* act, NativeFrame* native,
                              PyObject* owner, PyObject* name);
int pyvm_llvm_store_attr(Activation* act, NativeFrame* native, PyObject* owner,
                         PyObject* name, PyObject* value);
// As the function `function` sees it.
PyObject* pyvm_llvm_load_global(Activation* act, PyObject* function,
                                PyObject* name);
PyObject* pyvm_llvm_load_item(Activation* act, NativeFrame* native,
                              PyObject* owner, PyObject* index);
PyObject* pyvm_llvm_load_slice(Activation* act, NativeFrame* native,
                               PyObject* owner, PyObject* start, PyObject* stop,
                               PyObject* step);
// If `value` is `dying`, it may be left with the items that are replaced.
int pyvm_llvm_store_slice(Activation* act, NativeFrame* native, PyObject* owner,
                          PyObject* start, PyObject* stop, PyObject* step,
                          PyObject* value, int dying);
int pyvm_llvm_store_item(Activation* act, NativeFrame* native, PyObject* owner,
                         PyObject* index, PyObject* value);
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
PyObject* pyvm_llvm_async_gen_wrap(Activation* act, PyObject* o);
// The same; the iterator is borrowed.
PyObject* pyvm_llvm_get_anext(Activation* act, PyObject* iterator);
// Null without an exception at the end; kIterRaised.
PyObject* pyvm_llvm_iter_next(Activation* act, NativeFrame* native,
                              PyObject* iterator);

// --- Containers. As boxes, where memory is short.
// Of `n` items, which they take.
// Around what makes objects that the collector knows: a collection is put off
// to the next safepoint. Whether it was on, for the second.
int pyvm_llvm_stop_collector(Activation* act);
void pyvm_llvm_start_collector(Activation* act, int enabled);
PyObject* pyvm_llvm_call(Activation* act, NativeFrame* native,
                         PyObject* callable, PyObject** args, int64_t n);
void pyvm_llvm_forget_exception();
// Calls a C function that takes a tuple of arguments, which are borrowed.
PyObject* pyvm_llvm_call_varargs(Activation* act, PyCFunction function,
                                 PyObject* self, PyObject** args, int64_t n);
PyObject* pyvm_llvm_make_tuple(Activation* act, PyObject** items, int64_t n);
PyObject* pyvm_llvm_make_list(Activation* act, PyObject** items, int64_t n);
PyObject* pyvm_llvm_make_slice(Activation* act, PyObject* start, PyObject* stop,
                               PyObject* step);
// Takes the content, which may be null.
PyObject* pyvm_llvm_make_cell(Activation* act, PyObject* content);

// --- What making_ops.cc has.
// A function with the globals of `function`. Takes the last four, each of which
// may be null.
PyObject* pyvm_llvm_make_function(Activation* act, PyObject* function,
                                  PyObject* code, PyObject* defaults,
                                  PyObject* keyword_defaults,
                                  PyObject* annotations, PyObject* closure);
PyObject* pyvm_llvm_list_tuple(Activation* act, PyObject* list);
PyObject* pyvm_llvm_make_set(Activation* act, NativeFrame* native,
                             PyObject** items, int64_t n);
// Of n keys and values, by turns.
PyObject* pyvm_llvm_make_dict(Activation* act, NativeFrame* native,
                              PyObject** items, int64_t n);
int pyvm_llvm_add_item(Activation* act, NativeFrame* native, PyObject* set,
                       PyObject* item);
int pyvm_llvm_extend_list(Activation* act, NativeFrame* native, PyObject* list,
                          PyObject* iterable);
int pyvm_llvm_update_set(Activation* act, PyObject* set, PyObject* iterable);
int pyvm_llvm_update_dict(Activation* act, PyObject* dict, PyObject* update);
int pyvm_llvm_merge_dict(Activation* act, PyObject* dict, PyObject* update,
                         PyObject* callable);
PyObject* pyvm_llvm_unpack(Activation* act, NativeFrame* native,
                           PyObject* iterable, int64_t n);
// `arg` as UNPACK_EX's; the items in the order of the source.
PyObject* pyvm_llvm_unpack_star(Activation* act, NativeFrame* native,
                                PyObject* iterable, int64_t arg);
// Takes the first.
PyObject* pyvm_llvm_append_str(PyObject* left, PyObject* right);
PyObject* pyvm_llvm_join_str(PyObject** parts, int64_t n);
// `spec` may be null; `arg` as FORMAT_VALUE's.
PyObject* pyvm_llvm_format(Activation* act, NativeFrame* native,
                           PyObject* value, PyObject* spec, uint32_t arg);
// Takes both, which may be null. -1.
int pyvm_llvm_do_raise(Activation* act, PyObject* exception, PyObject* cause);
// As PUSH_EXC_INFO: takes the exception that is handled from here on. The one
// that was, or None.
PyObject* pyvm_llvm_handle(Activation* act, PyObject* exception);
// As POP_EXCEPT: takes what that has given; what was handled, or null.
PyObject* pyvm_llvm_handled_before(Activation* act, PyObject* before);
// `names` is a mapping or null.
PyObject* pyvm_llvm_call_spread(Activation* act, PyObject* callable,
                                PyObject* args, PyObject* names);

// --- Iterators that give pairs. Null at the end, or kIterRaised. What an
// iterator has given last it keeps until it goes on, as CPython's do.
PyObject* pyvm_llvm_enumerate_next(Activation* act, NativeFrame* native,
                                   PyObject* iterator, int64_t* index);
PyObject* pyvm_llvm_next_pair(Activation* act, NativeFrame* native,
                              PyObject* iterator, PyObject** second);

// An __init__ has returned this, which it takes, and not None: -1.
int pyvm_llvm_wrong_init(PyObject* result);
// An operator's method has returned NotImplemented, which is released.
int pyvm_llvm_wrong_operands(PyObject* result, PyObject* left, PyObject* right,
                             uint32_t oparg);

}  // extern "C"

}  // namespace pyvm::llvm_tier

#endif  // PYVM_TIERS_LLVM_RUNTIME_OPS_H_
