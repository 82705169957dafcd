// Running frames in native code, and what native code calls while it runs.
#include <pthread.h>

#include <algorithm>

#include "core/handlers/calls.h"
#include "core/handlers/generators.h"
#include "core/handlers/machine.h"
#include "core/runtime/container.h"
#include "core/runtime/instance.h"
#include "core/runtime/object.h"
#include "core/runtime/quiet.h"
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

}  // namespace

__thread uintptr_t stack_limit = ~uintptr_t{0};

bool FindStackLimit(uintptr_t at) {
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

namespace {

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

// The same as EntranceFor for frames of a generator's function.
Entrance EntranceForGenerator(const Activation* act, Frame* frame, Unit* unit) {
  // Frames that make generators do nothing else.
  if (frame->owner != FRAME_OWNED_BY_GENERATOR || IsHeld(frame)) return {};
  auto instr = static_cast<uint32_t>(act->pc - unit->instrs);
  return FindEntry(unit, &instr);
}

// The frame is linked already, as BeginResume does it, and stays so.
PyObject* EnterGenerator(const Unit* unit, GeneratorEntry entry,
                         Activation* act) {
  const std::vector<uint32_t>& resumed = CodeOf(unit)->resumed_behind;
  auto instr = static_cast<uint32_t>(act->pc - unit->instrs);
  PyObject* sent = nullptr;
  if (std::binary_search(resumed.begin(), resumed.end(), instr)) {
    sent = std::exchange(act->regs[act->pc[-1].a], nullptr);
  }
  PyThreadState* tstate = act->tstate;
  Frame* frame = FrameOf(act->regs);
  PyGenObject* gen = _PyFrame_GetGenerator(frame);
  Frame* previous = frame->previous;
  bool is_entry = frame->is_entry;
  _PyErr_StackItem* handled = gen->gi_exc_state.previous_item;
  tstate->exc_info = handled;
  act->cframe.current_frame = previous;
  // The frame has been counted already.
  PyObject* result =
      entry(act, gen, int64_t{tstate->recursion_remaining} + 1, sent);
  frame->previous = previous;
  frame->is_entry = is_entry;
  gen->gi_exc_state.previous_item = handled;
  tstate->exc_info = &gen->gi_exc_state;
  act->cframe.current_frame = frame;
  return result;
}

// The code that goes on with the activation, if there is any.
Entrance EntranceFor(Activation* act, Unit* unit) {
  if (act->throwing || act->cframe.use_tracing || !HasStack()) return {};
  Frame* frame = FrameOf(act->regs);
  if (IsGenerator(*unit)) return EntranceForGenerator(act, frame, unit);
  if (frame->owner != FRAME_OWNED_BY_THREAD) return {};
  Entrance entrance;
  if (!IsStart(act, unit)) {
    auto instr = static_cast<uint32_t>(act->pc - unit->instrs);
    entrance = FindEntry(unit, &instr);
  } else {
    if (act->pc == unit->instrs) {
      if (unit->starts_with_resume) {
        if (!Resume(act, unit)) return {};
      } else if (unit->entry_budget > 1) {
        --unit->entry_budget;
      }
    }
    entrance = FindEntry(unit, nullptr);
  }
  return entrance && HasRoom(act->tstate, frame, unit) ? entrance : Entrance{};
}

// The frame at `regs`, of `unit`, has ended with `result`, or has yielded it.
void Finish(Activation* act, PyObject** regs, Unit* unit, PyObject* result) {
  act->result = result;
  Frame* frame = FrameOf(regs);
  auto leave =
      frame->owner == FRAME_OWNED_BY_GENERATOR &&
              _PyFrame_GetGenerator(frame)->gi_frame_state == FRAME_SUSPENDED
          ? handlers::LeaveSuspended
          : handlers::Leave;
  if (leave(unit->instrs, regs, unit->pool, act) == kFailed) {
    act->throwing = true;
  }
}

}  // namespace

void Run(Activation* act) {
  Unit* unit = UnitIn(act->pool);
  Entrance entrance = EntranceFor(act, unit);
  if (!entrance) {
    // The unit may have another tier by now, but that will be seen soon.
    TheManager().landing()->run(act);
    return;
  }
  PyObject** regs = act->regs;
  act->stack_limit = stack_limit;
  int remaining = act->tstate->recursion_remaining;
  int limit_outside =
      std::exchange(act->recursion_limit, act->tstate->recursion_limit);
  PyObject* result;
  {
    Running running(act);
    result =
        entrance.direct != nullptr
            ? EnterDirect(act, regs, unit, entrance.direct)
        : IsGenerator(*unit)
            ? EnterGenerator(
                  unit, reinterpret_cast<GeneratorEntry>(entrance.entry), act)
            : entrance.entry(act, regs);
  }
  act->tstate->recursion_remaining = RemainingNow(act, remaining);
  act->recursion_limit = limit_outside;
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

// Runs a frame that is linked as current from its start.
PyObject* RunFromStart(Activation* act, Frame* frame, const Unit* unit,
                       const Tier* tier) {
  bool entry = frame->is_entry;
  frame->is_entry = true;
  act->pc = unit->instrs;
  act->regs = frame->localsplus;
  act->pool = unit->pool;
  act->throwing = false;
  RunToEnd(act, tier);
  frame->is_entry = entry;
  return act->result;
}

// A direct function for `sizeof...(Args)` arguments.
template <typename... Args>
PYVM_PRESERVE_NONE PyObject* CallWithFrame(Activation* act, NativeFrame* caller,
                                           PyObject* function,
                                           int64_t remaining, Args... args) {
  PyObject* given[] = {args..., nullptr};
  act->tstate->recursion_remaining = RemainingNow(act, remaining);
  if (!IsGiven(caller)) {
    pyvm_llvm_link(act, caller);
    auto* f = reinterpret_cast<PyFunctionObject*>(function);
    Unit* unit = UnitOf(reinterpret_cast<PyCodeObject*>(f->func_code));
    return pyvm_llvm_call_function(act, Py_NewRef(function), unit, given);
  }
  // Code that was entered with a frame has no room on the C stack.
  Frame* frame = FrameOf(GivenRegisters(caller));
  std::copy_n(given, sizeof...(Args), frame->localsplus);
  frame->stacktop = -1;
  --act->tstate->recursion_remaining;
  return RunFromStart(act, frame, UnitOf(frame), TheManager().landing());
}

template <size_t>
using Argument = PyObject*;

// Direct functions of a number of arguments.
template <typename Indices>
struct Arity;
template <size_t... i>
struct Arity<std::index_sequence<i...>> {
  static PyObject* Enter(Direct code, Activation* act, PyObject** regs) {
    PyObject* args[] = {std::exchange(regs[i], nullptr)..., nullptr};
    return reinterpret_cast<DirectCall<Argument<i>...>>(code)(
        act, GivenFrame(regs),
        reinterpret_cast<PyObject*>(FrameOf(regs)->f_func),
        // The frame has been counted already.
        int64_t{act->tstate->recursion_remaining} + 1, args[i]...);
  }
  static constexpr DirectCall<Argument<i>...> kStub =
      CallWithFrame<Argument<i>...>;
};

// By number of arguments.
struct Arities {
  PyObject* (*enter)(Direct code, Activation* act, PyObject** regs);
  Direct stub;
};
template <size_t... n>
const Arities* MakeArities(std::index_sequence<n...>) {
  static const Arities table[] = {
      {Arity<std::make_index_sequence<n>>::Enter,
       reinterpret_cast<Direct>(Arity<std::make_index_sequence<n>>::kStub)}...};
  return table;
}
const Arities& ArityOf(uint32_t num_args) {
  static const Arities* const table =
      MakeArities(std::make_index_sequence<kMaxDirectArgs + 1>());
  return table[num_args];
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

PyObject* EnterDirect(Activation* act, PyObject** regs, const Unit* unit,
                      Direct code) {
  Frame* frame = FrameOf(regs);
  // The code will say where it is when somebody may look.
  NativeFrameOf(regs, unit) = nullptr;
  frame->stacktop = kNativeStacktop;
  PyObject* result = ArityOf(unit->arg_count).enter(code, act, regs);
  if (frame->stacktop == kNativeStacktop) frame->stacktop = 0;
  return result;
}

namespace {

// Frees objects whose last reference is gone. Links the native frame before
// code of others may run.
class LastReferences {
 public:
  LastReferences(Activation* act, NativeFrame* native)
      : act_(act), native_(native) {}

  void Free(PyObject* o) {
    if (FreeSimple(o)) return;
    auto release = [this](PyObject* item) { Release(item); };
    PyInterpreterState* interp = act_->interp;
    if ((PyTuple_CheckExact(o) && FreeTuple(interp, o, release)) ||
        (PyList_CheckExact(o) && FreeList(interp, o, release))) {
      return;
    }
    Announce(o);
    if (!FreeInstance(o)) _Py_Dealloc(o);
  }

 private:
  // What refers to nothing else.
  bool FreeSimple(PyObject* o) {
    if (IsInt(o)) {
      FreeInt(o);
    } else if (IsFloat(o)) {
      FreeFloat(act_->interp, o);
    } else if (PyUnicode_CheckExact(o)) {
      _Py_Dealloc(o);
    } else {
      return false;
    }
    return true;
  }

  void Release(PyObject* item) {
    if (item == nullptr || --item->ob_refcnt > 0 || FreeSimple(item)) return;
    Announce(item);
    // Of nested containers CPython limits the recursion.
    _Py_Dealloc(item);
  }

  void Announce(PyObject* o) {
    if (linked_ || DiesQuietly(o)) return;
    pyvm_llvm_link(act_, native_);
    linked_ = true;
  }

  Activation* const act_;
  NativeFrame* const native_;
  bool linked_ = false;
};

}  // namespace

extern "C" {

Direct pyvm_llvm_direct_stub(uint32_t num_args) {
  return ArityOf(num_args).stub;
}

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
  PyObject* result = RunFromStart(act, frame, unit, unit->tier);
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
void pyvm_llvm_dealloc(Activation* act, NativeFrame* native, PyObject* o) {
  // A callee that has ended, but still has the room of its frame, releases on
  // behalf of its caller: frames that were there before lie below it.
  uint64_t before = IsGiven(native) ? 0 : native->inlined;
  LastReferences last(act, native);
  last.Free(o);
  if (!IsGiven(native) && native->inlined != before) {
    pyvm_llvm_unlink_inlined(act, native);
  }
}

void pyvm_llvm_dealloc_callee(Activation* act, NativeFrame* native,
                              PyObject* function) {
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  pyvm_llvm_dealloc(act, native, function);
  PyErr_Restore(type, value, traceback);
}

PyObject* pyvm_llvm_new_object(Activation* act, NativeFrame* native,
                               PyTypeObject* cls) {
  if (MayCollect(act)) [[unlikely]]
    pyvm_llvm_link(act, native);
  return NewInstance(cls);
}

}  // extern "C"

}  // namespace pyvm::llvm_tier
