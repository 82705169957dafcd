// Frames: CPython's _PyInterpreterFrame on CPython's data stack, so that
// tracebacks, generators, greenlets and the collector find what they expect.
#ifndef PYVM_CORE_HOST_FRAME_H_
#define PYVM_CORE_HOST_FRAME_H_

#include <cstddef>
#include <cstdint>

#include "core/bytecode/unit.h"
#include "core/host/cpython.h"

namespace pyvm {

using Frame = _PyInterpreterFrame;

// What our own calls leave in front of the callee's frame.
struct ReturnLink {
  const Instr* call;     // the caller's instruction
  const Instr* next;     // where the caller goes on
  uintptr_t unit_flags;  // the caller's Unit*, and ReturnFlags
  // Where a caller's machine code goes on, in the lowest 2 GiB, as long as
  // `epoch` is return_epoch.
  uint32_t machine_code;
  uint32_t epoch;  // 0 if there is no such code
};
// Counts how often machine code that may be returned to has been given back.
extern uint32_t return_epoch;
inline constexpr size_t kLinkWords = sizeof(ReturnLink) / sizeof(PyObject*);
static_assert(kLinkWords == 4);

enum ReturnFlags : uintptr_t {
  kReturnOperator = 2,  // the callee is an operator's method: the operands of
                        // the instruction are released, NotImplemented raises
  kReturnSelf = 1,      // the callee is an __init__: the result is register `b`
};

inline Frame* FrameOf(PyObject** regs) {
  return reinterpret_cast<Frame*>(reinterpret_cast<char*>(regs) -
                                  offsetof(Frame, localsplus));
}
inline ReturnLink* LinkOf(Frame* frame) {
  return reinterpret_cast<ReturnLink*>(frame) - 1;
}

// The unit of a code object that has one, else null.
struct CodeExtra {  // CPython's private layout of co_extra
  Py_ssize_t size;
  void* extras[1];
};
inline Unit* UnitOf(const PyCodeObject* code) {
  auto* extra = static_cast<const CodeExtra*>(code->co_extra);
  return extra == nullptr ? nullptr : static_cast<Unit*>(extra->extras[0]);
}
// The unit of a running frame. Never null for a frame that pyvm runs.
inline Unit* UnitOf(const Frame* frame) { return UnitOf(frame->f_code); }

inline _Py_CODEUNIT* CodeStart(const Unit* unit) {
  return reinterpret_cast<_Py_CODEUNIT*>(unit->first_code_unit);
}

// Slow halves; see frame.cc.
PyObject** PushDataStackSlow(PyThreadState* tstate, size_t words);
void PopDataStackSlow(PyThreadState* tstate, PyObject** base);

// Room for `words` words on the data stack. Null with MemoryError.
inline PyObject** PushDataStack(PyThreadState* tstate, size_t words) {
  // Integers, since both ends are null before a thread's first frame.
  auto base = reinterpret_cast<uintptr_t>(tstate->datastack_top);
  uintptr_t top = base + words * sizeof(PyObject*);
  if (top < reinterpret_cast<uintptr_t>(tstate->datastack_limit)) [[likely]] {
    tstate->datastack_top = reinterpret_cast<PyObject**>(top);
    return reinterpret_cast<PyObject**>(base);
  }
  return PushDataStackSlow(tstate, words);
}
inline void PopDataStack(PyThreadState* tstate, PyObject** base) {
  if (base != &tstate->datastack_chunk->data[0]) {
    tstate->datastack_top = base;
  } else {
    PopDataStackSlow(tstate, base);
  }
}

// Nulls the registers from `from` to `end`, two at a time: perhaps the word at
// `end` too, which frames of ours have room for.
inline void NullRegisters(PyObject** from, PyObject** end) {
  using Pair [[gnu::vector_size(16), gnu::aligned(8), gnu::may_alias]] =
      long long;
#pragma clang loop unroll(disable) vectorize(disable)
  for (; from < end; from += 2) *reinterpret_cast<Pair*>(from) = Pair{};
}

// Nulls the registers above `stacktop` of a frame that holds nothing there.
inline void NullRegistersAbove(Frame* frame, const Unit* unit) {
  PyObject** regs = frame->localsplus;
#pragma clang loop unroll(disable) vectorize(disable)
  for (auto i = static_cast<uint32_t>(frame->stacktop); i < unit->num_registers;
       ++i) {
    regs[i] = nullptr;
  }
}

// A frame for a call of `func` (reference taken over) with link in front. All
// registers are null; `previous` and the link are the caller's to set. Null
// with MemoryError, and `func` is released.
Frame* PushFrameSlow(PyThreadState* tstate, PyFunctionObject* func, Unit* unit);
__attribute__((always_inline)) inline Frame* PushFrame(PyThreadState* tstate,
                                                       PyFunctionObject* func,
                                                       const PyCodeObject* code,
                                                       const Unit* unit,
                                                       uint32_t args) {
  PyObject** base = PushDataStack(tstate, unit->frame_words);
  if (base == nullptr) [[unlikely]]
    return nullptr;
  auto* frame = reinterpret_cast<Frame*>(base + kLinkWords);
  frame->f_func = func;
  frame->f_globals = func->func_globals;
  frame->f_builtins = func->func_builtins;
  frame->f_locals = nullptr;
  frame->f_code = const_cast<PyCodeObject*>(code);
  Py_INCREF(reinterpret_cast<PyObject*>(frame->f_code));
  frame->frame_obj = nullptr;
  frame->prev_instr = CodeStart(unit) - 1;
  frame->stacktop = -1;
  frame->is_entry = false;
  frame->owner = FRAME_OWNED_BY_THREAD;
  NullRegisters(frame->localsplus + args,
                frame->localsplus + unit->num_registers);
  return frame;
}

// Releases what a frame that pyvm pushed refers to, and its room. The frame
// must be unlinked. Its temporaries must be null.
void ClearAndPopFrameSlow(PyThreadState* tstate, Frame* frame,
                          const Unit* unit);

// _PyFrame_Clear, which plugins do not see.
void ClearObservedFrame(Frame* frame);

// The same for a frame that C code has entered; `stacktop` says how many of its
// registers may hold references, or is negative if it has not run, for too much
// recursion perhaps: its locals are its all then. Whoever dies with it may die
// in any order.
inline void ClearAndPopEntryFrame(PyThreadState* tstate, Frame* frame) {
  if (frame->stacktop < 0) [[unlikely]] {
    frame->stacktop = frame->f_code->co_nlocalsplus;
  }
  --tstate->recursion_remaining;
  if (frame->frame_obj != nullptr || frame->f_locals != nullptr) [[unlikely]] {
    ClearObservedFrame(frame);
  } else {
    for (int i = 0, n = frame->stacktop; i < n; ++i) {
      Py_XDECREF(frame->localsplus[i]);
    }
    Py_DECREF(frame->f_func);
    Py_DECREF(frame->f_code);
  }
  ++tstate->recursion_remaining;
  PopDataStack(tstate, reinterpret_cast<PyObject**>(LinkOf(frame)));
}

// _PyFrame_Clear; `frame` holds nothing above its locals.
void ClearFrame(Frame* frame, const Unit* unit);

// Makes a generator, coroutine or asynchronous generator of `frame`, which is
// emptied (its func and code references move). New reference, or null.
PyObject* MakeGenerator(PyThreadState* tstate, Frame* frame, const Unit* unit);

// What a call of `func`, whose unit has simple_args and begins with
// RETURN_GENERATOR, returns; it takes `func` and the arguments, as many as
// there are parameters, if it does not fail. No origins of coroutines are
// tracked.
PyObject* MakeGeneratorWith(PyThreadState* tstate, PyFunctionObject* func,
                            const Unit* unit, PyObject** args);

// What CPython's gen_send_ex2 does around a run: before it, with the frame of
// `gen` (not running, not finished), whose stack gets `value` (taken over) ...
inline void BeginResume(PyThreadState* tstate, PyGenObject* gen, Frame* caller,
                        PyObject* value) {
  auto* frame = reinterpret_cast<Frame*>(gen->gi_iframe);
  frame->localsplus[frame->stacktop++] = value;
  frame->previous = caller;
  frame->is_entry = false;
  gen->gi_exc_state.previous_item = tstate->exc_info;
  tstate->exc_info = &gen->gi_exc_state;
  gen->gi_frame_state = FRAME_EXECUTING;
}
// ... after a yield ...
inline void EndResume(PyThreadState* tstate, PyGenObject* gen, Frame* frame) {
  tstate->exc_info = gen->gi_exc_state.previous_item;
  gen->gi_exc_state.previous_item = nullptr;
  frame->previous = nullptr;
}
// ... and after a return or (`raised`) an exception: the frame is cleared, and
// a StopIteration becomes a RuntimeError.
void FinishGenerator(PyThreadState* tstate, PyGenObject* gen, Frame* frame,
                     const Unit* unit, bool raised);

// Runs `frame`, or the rest of it, in CPython's evaluator; `reason` is counted.
PyObject* RunOnHost(PyThreadState* tstate, Frame* frame, int throwing,
                    const char* reason);

// Brings a running frame of `unit` into the state in which CPython's evaluator
// can go on with it before instruction `instr`.
void MaterializeForHost(Frame* frame, const Unit& unit, uint32_t instr);

// Signals, pending calls, other threads' wish for the GIL, asynchronous
// exceptions. -1 with an exception set.
int HandlePending(PyThreadState* tstate);

// Adds the frame to the traceback of the current exception.
void AddTraceback(Frame* frame);

}  // namespace pyvm

#endif  // PYVM_CORE_HOST_FRAME_H_
