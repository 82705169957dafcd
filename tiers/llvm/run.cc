// Running frames in native code, and what native code calls while it runs.
#include <pthread.h>

#include "core/handlers/calls.h"
#include "core/handlers/machine.h"
#include "core/runtime/container.h"
#include "core/runtime/instance.h"
#include "core/runtime/object.h"
#include "core/tier/manager.h"
#include "tiers/llvm/frames.h"

namespace pyvm::llvm_tier {
namespace {

using handlers::kFailed;
using handlers::UnitIn;

// --- The native stack
// ----------------------------------------------------------

// Calls of native code nest on the thread's stack. Near its end frames run in
// the landing tier, which needs none.
constexpr uintptr_t kStackReserve = uintptr_t{256} << 10;
// In the block of memory that comes with the thread: a read is one instruction.
__attribute__((tls_model("initial-exec"))) thread_local uintptr_t stack_limit =
    ~uintptr_t{0};

// Until it is known, the limit is the end of memory.
__attribute__((noinline)) bool FindLimit(uintptr_t at) {
  if (stack_limit != ~uintptr_t{0}) return false;
  pthread_attr_t attributes;
  void* lowest = nullptr;
  size_t size = 0;
  if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
    pthread_attr_getstack(&attributes, &lowest, &size);
    pthread_attr_destroy(&attributes);
  }
  if (lowest == nullptr) return false;
  stack_limit = reinterpret_cast<uintptr_t>(lowest) + kStackReserve;
  return at >= stack_limit;
}

inline bool HasStack() {
  auto at = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  return at >= stack_limit || FindLimit(at);
}

// --- Entering
// --------------------------------------------------------------------

// Frames of ours have room for NativeFrameOf. Others lie at the end of the data
// stack when they are entered, or have room if they were pushed for less
// registers.
bool HasRoom(PyThreadState* tstate, Frame* frame, const Unit* unit) {
  PyObject** end = frame->localsplus + unit->num_registers;
  if (tstate->datastack_top > end &&
      tstate->datastack_top <= tstate->datastack_limit &&
      end > &tstate->datastack_chunk->data[0]) {
    return true;
  }
  if (tstate->datastack_top != end || end + 1 >= tstate->datastack_limit) {
    return false;
  }
  // It is given back with the frame.
  ++tstate->datastack_top;
  return true;
}

// RESUME, at the start of a function: budget, signals, other threads. False if
// the frame is not for native code any more; *act says how it goes on.
bool Resume(Activation* act, Unit* unit) {
  Frame* frame = FrameOf(act->regs);
  if (--unit->entry_budget <= 0) [[unlikely]] {
    handlers::SavePc(act->pc, act->regs, act->pool);
    OnBudget(unit, /*loop=*/false);
  }
  if (*act->eval_breaker != 0) [[unlikely]] {
    handlers::SavePc(act->pc, act->regs, act->pool);
    if (HandlePending(act->tstate) < 0) {
      act->throwing = true;
      return false;
    }
  }
  if (act->cframe.use_tracing) [[unlikely]] {
    ++unit->entry_budget;  // the landing tier counts it
    return false;
  }
  ++act->pc;
  // The position says that it is the function's start.
  frame->prev_instr = CodeStart(unit) - 1;
  return true;
}

// Whether act->pc is where calls begin. That may be the header of a loop too; a
// frame that comes from there has noted its position.
bool IsStart(const Activation* act, const Unit* unit) {
  if (act->pc == unit->instrs) return true;
  return act->pc == unit->instrs + 1 && unit->starts_with_resume &&
         FrameOf(act->regs)->prev_instr <=
             CodeStart(unit) + unit->PositionOf(unit->instrs);
}

// The code that goes on with the activation; null if there is none.
Entry EntryFor(Activation* act, Unit* unit) {
  if (act->throwing || act->cframe.use_tracing || !HasStack()) return nullptr;
  Frame* frame = FrameOf(act->regs);
  if (frame->owner != FRAME_OWNED_BY_THREAD) return nullptr;
  if (!IsStart(act, unit)) {
    auto instr = static_cast<uint32_t>(act->pc - unit->instrs);
    Entry entry = FindEntry(unit, &instr);
    return entry != nullptr && HasRoom(act->tstate, frame, unit) ? entry
                                                                 : nullptr;
  }
  if (act->pc == unit->instrs) {
    if (unit->starts_with_resume) {
      if (!Resume(act, unit)) return nullptr;
    } else if (unit->entry_budget > 1) {
      --unit->entry_budget;
    }
  }
  Entry entry = FindEntry(unit, nullptr);
  return entry != nullptr && HasRoom(act->tstate, frame, unit) ? entry
                                                               : nullptr;
}

// The frame at `regs`, of `unit`, has ended with `result`.
void Finish(Activation* act, PyObject** regs, Unit* unit, PyObject* result) {
  act->result = result;
  if (handlers::Leave(unit->instrs, regs, unit->pool, act) == kFailed) {
    act->throwing = true;
  }
}

}  // namespace

void Run(Activation* act) {
  Unit* unit = UnitIn(act->pool);
  Entry entry = EntryFor(act, unit);
  if (entry == nullptr) {
    // The unit may have another tier by now, but that will be seen soon.
    TheManager().landing()->run(act);
    return;
  }
  PyObject** regs = act->regs;
  PyObject* result;
  {
    Running running(CodeOf(unit));
    result = entry(act, regs);
  }
  Finish(act, regs, unit, result);
}

void RunToEnd(Activation* act, const Tier* tier) {
  while (true) {
    tier->run(act);
    if (act->pc == nullptr) return;
    tier = UnitIn(act->pool)->tier;
  }
}

// --- Calls
// -------------------------------------------------------------------------

namespace {

// Runs the frame, which is linked, from its start, in whatever tier.
PyObject* RunFromStart(Activation* act, Frame* frame, Unit* unit) {
  frame->is_entry = true;
  act->pc = unit->instrs;
  act->regs = frame->localsplus;
  act->pool = unit->pool;
  act->throwing = false;
  RunToEnd(act, unit->tier);
  --act->tstate->recursion_remaining;
  return act->result;
}

// Completes the instruction at `pc` of a native frame, whose handler has pushed
// a frame and left. 0, or -1 with an exception.
int CompleteCall(Activation* act, const Instr* pc, PyObject** regs,
                 const Unit* unit) {
  Frame* callee = act->cframe.current_frame;
  if (callee->owner != FRAME_OWNED_BY_THREAD) {
    Py_FatalError("pyvm: native code has resumed a generator by its handler");
  }
  ReturnLink link = *LinkOf(callee);
  callee->is_entry = true;
  act->throwing = false;
  RunToEnd(act, UnitIn(act->pool)->tier);
  PyObject* result = act->result;
  act->cframe.current_frame = FrameOf(regs);
  ClearAndPopEntryFrame(act->tstate, callee);
  if (result == nullptr) return -1;
  if ((link.unit_flags & (kReturnSelf | kReturnOperator)) == 0) {
    handlers::Set(result, pc->a, pc, regs, unit->pool);
    return 0;
  }
  act->result = result;
  // The frame is not for CPython's evaluator.
  auto tracing = act->cframe.use_tracing;
  act->cframe.use_tracing = 0;
  const Instr* next =
      (link.unit_flags & kReturnSelf) != 0
          ? handlers::ReturnFromInit(pc, regs, unit->pool, act)
          : handlers::ReturnFromOperator(pc, regs, unit->pool, act);
  act->cframe.use_tracing |= tracing;
  return next == kFailed ? -1 : 0;
}

}  // namespace

extern "C" {

PyObject* pyvm_llvm_call_function(Activation* act, PyObject* function,
                                  Unit* unit, PyObject** args) {
  PyThreadState* tstate = act->tstate;
  uint32_t n = unit->arg_count;
  Frame* frame = handlers::BeginCall(act, function, unit, n);
  if (frame == nullptr) [[unlikely]] {
    for (uint32_t i = 0; i < n; ++i) Py_DECREF(args[i]);
    return nullptr;
  }
  for (uint32_t i = 0; i < n; ++i) frame->localsplus[i] = args[i];
  LinkOf(frame)->epoch = 0;
  Frame* caller = act->cframe.current_frame;
  frame->previous = caller;
  act->cframe.current_frame = frame;

  PyObject* result;
  Code* code = CodeOf(unit);
  if (code != nullptr && code->start != nullptr && unit->starts_with_resume &&
      unit->entry_budget > 1 &&
      (*act->eval_breaker | act->cframe.use_tracing) == 0 && HasStack())
      [[likely]] {
    --unit->entry_budget;
    Running running(code);
    result = code->start(act, frame->localsplus);
  } else {
    result = RunFromStart(act, frame, unit);
  }
  ++tstate->recursion_remaining;
  act->cframe.current_frame = caller;
  ClearAndPopEntryFrame(tstate, frame);
  return result;
}

int pyvm_llvm_run_handler(Activation* act, PyObject** regs, uint32_t instr) {
  const Unit* unit = UnitOf(FrameOf(regs));
  const Instr* pc = unit->instrs + instr;
  const Instr* next = handlers::table[pc->op](pc, regs, unit->pool, act);
  if (next == nullptr) [[likely]]
    return 0;
  if (next == kFailed) return -1;
  if (next != handlers::kSwitched) return 0;  // it has jumped
  return CompleteCall(act, pc, regs, unit);
}

// As DropLast.
void pyvm_llvm_dealloc(PyObject* o) {
  if (IsInt(o)) {
    FreeInt(o);
  } else if (IsFloat(o)) {
    FreeFloat(_PyInterpreterState_GET(), o);
  } else if (PyTuple_CheckExact(o)) {
    FreeTuple(_PyInterpreterState_GET(), o);
  } else if (PyList_CheckExact(o)) {
    FreeList(_PyInterpreterState_GET(), o);
  } else if (!FreeInstance(o)) {
    _Py_Dealloc(o);
  }
}

}  // extern "C"

}  // namespace pyvm::llvm_tier
