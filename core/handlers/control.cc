// Entering and leaving frames, exceptions, and what happens between
// instructions.
#include "core/handlers/calls.h"
#include "core/handlers/compare.h"
#include "core/handlers/generators.h"
#include "core/handlers/machine.h"
#include "core/host/host.h"
#include "core/host/tracing.h"
#include "core/runtime/container.h"
#include "core/runtime/instance.h"
#include "core/runtime/number.h"
#include "core/runtime/raise.h"
#include "core/runtime/unwind.h"
#include "core/tier/manager.h"

namespace pyvm::handlers {

void DropLast(PyObject* o, const Instr* pc, PyObject** regs, PyObject** pool) {
  if (IsInt(o)) {
    FreeInt(o);
    return;
  }
  if (IsFloat(o)) {
    FreeFloat(_PyInterpreterState_GET(), o);
    return;
  }
  SavePc(pc, regs, pool);
  if (PyTuple_CheckExact(o)) {
    FreeTuple(_PyInterpreterState_GET(), o);
  } else if (PyList_CheckExact(o)) {
    FreeList(_PyInterpreterState_GET(), o);
  } else if (!FreeInstance(o)) {
    _Py_Dealloc(o);
  }
}

// --- Leaving a frame --------------------------------------------------------

namespace {

// The same for a comparison that jumps.
PYVM_HANDLER ReturnFromCompareJump(PYVM_ARGS) {
  Op op = BaseOf(pc->op);
  PyObject* result = act->result;
  PyObject* left = ReadAny(regs, pool, pc->a);
  PyObject* right = ReadAny(regs, pool, pc->b);
  if (result == Py_NotImplemented) [[unlikely]] {
    Py_DECREF(result);
    result = CompareReflected(left, right, ComparisonOf(op));
  }
  int truth = -1;
  if (result != nullptr) {
    truth = Truth(result);
    Py_DECREF(result);
  }
  ConsumeAny(left, pc, regs, pool, pc->a);
  ConsumeAny(right, pc, regs, pool, pc->b);
  if (truth < 0) PYVM_ERROR();
  bool jumps = (truth != 0) == (op < Op::kJUMP_UNLESS_LT);
  int distance = jumps ? static_cast<int16_t>(pc->c) : 1;
  pc += distance;
  if (distance <= 0) {
    if (--UnitIn(pool)->loop_budget <= 0) [[unlikely]]
      PYVM_TAIL LoopBudget(pc, regs, pool, act);
    if (*act->eval_breaker != 0) [[unlikely]]
      PYVM_TAIL CheckBreaker(pc, regs, pool, act);
  }
  if (act->cframe.use_tracing) [[unlikely]] {
    PYVM_TAIL HandOver(pc, regs, pool, act);
  }
  PYVM_SWITCH();
}

}  // namespace

// The method of an operator has returned act->result to the instruction at pc,
// whose operands are still in place.
PYVM_HANDLER ReturnFromOperator(PYVM_ARGS) {
  if (IsCompareJump(BaseOf(pc->op))) {
    PYVM_TAIL ReturnFromCompareJump(pc, regs, pool, act);
  }
  PyObject* result = act->result;
  PyObject* left = ReadAny(regs, pool, pc->b);
  PyObject* right = ReadAny(regs, pool, pc->c);
  if (result == Py_NotImplemented) [[unlikely]] {
    Op op = BaseOf(pc->op);
    if (op == Op::kBINARY_OP_ANY) {
      Py_DECREF(result);
      RaiseUnsupported(left, right, SourceArg(pc, pool));
      result = nullptr;
    } else if (IsComparison(op)) {
      Py_DECREF(result);
      result = CompareReflected(left, right, ComparisonOf(op));
    }
  }
  ConsumeAny(left, pc, regs, pool, pc->b);
  ConsumeAny(right, pc, regs, pool, pc->c);
  if (result == nullptr) PYVM_ERROR();
  Set(result, pc->a, pc, regs, pool);
  ++pc;
  if (act->cframe.use_tracing) [[unlikely]] {
    PYVM_TAIL HandOver(pc, regs, pool, act);
  }
  PYVM_SWITCH();
}

// An __init__ has returned act->result to the CALL_CLASS at pc.
PYVM_HANDLER ReturnFromInit(PYVM_ARGS) {
  PyObject* result = act->result;
  PyObject* self = regs[pc->b];
  regs[pc->b] = nullptr;
  if (result != Py_None) [[unlikely]] {
    PyErr_Format(PyExc_TypeError, "__init__() should return None, not '%.200s'",
                 Py_TYPE(result)->tp_name);
    Py_DECREF(result);
    Py_DECREF(self);
    PYVM_ERROR();
  }
  Py_DECREF(result);
  Set(self, pc->a, pc, regs, pool);
  pc += 1 + ListWords(CacheIn(pool, pc->c)->num_args + 1);
  if (act->cframe.use_tracing) [[unlikely]] {
    PYVM_TAIL HandOver(pc, regs, pool, act);
  }
  PYVM_SWITCH();
}

namespace {

// The caller goes on with `result` behind its call.
#define PYVM_RESUME_CALLER(link, value)                                    \
  do {                                                                     \
    PyObject* returned = (value);                                          \
    Unit* to = reinterpret_cast<Unit*>((link).unit_flags & ~uintptr_t{7}); \
    pc = (link).call;                                                      \
    pool = to->pool;                                                       \
    if (((link).unit_flags & kReturnSelf) != 0) [[unlikely]] {             \
      act->result = returned;                                              \
      PYVM_TAIL ReturnFromInit(pc, regs, pool, act);                       \
    }                                                                      \
    if (((link).unit_flags & kReturnOperator) != 0) [[unlikely]] {         \
      act->result = returned;                                              \
      PYVM_TAIL ReturnFromOperator(pc, regs, pool, act);                   \
    }                                                                      \
    PyObject* old = regs[pc->a];                                           \
    regs[pc->a] = returned;                                                \
    const Instr* next = (link).next;                                       \
    if (old != nullptr) Drop(old, pc, regs, pool);                         \
    pc = next;                                                             \
    if (act->cframe.use_tracing) [[unlikely]]                              \
      PYVM_TAIL HandOver(pc, regs, pool, act);                             \
    PYVM_SWITCH();                                                         \
  } while (0)

// The exception has arrived in the frame, whose prev_instr is right.
void NoteException(Activation* act, Frame* frame) {
  AddTraceback(frame);
  if (act->tstate->c_tracefunc != nullptr) [[unlikely]] {
    TraceException(act->tstate, frame);
  }
}

// The exception of a callee arrives at the call, whose prev_instr stands.
PYVM_HANDLER ErrorInCallee(PYVM_ARGS) {
  NoteException(act, FrameOf(regs));
  PYVM_TAIL Unwind(pc, regs, pool, act);
}

}  // namespace

PYVM_HANDLER Leave(PYVM_ARGS) {
  Frame* frame = FrameOf(regs);
  Unit* unit = UnitIn(pool);
  ++act->tstate->recursion_remaining;
  if (frame->is_entry) {
    frame->stacktop = static_cast<int>(unit->num_locals);
    PYVM_EXIT();
  }
  if (frame->owner == FRAME_OWNED_BY_GENERATOR) {
    PYVM_TAIL LeaveGenerator(pc, regs, pool, act);
  }
  ReturnLink link = *LinkOf(frame);
  Frame* caller = frame->previous;
  act->cframe.current_frame = caller;
  ClearAndPopFrameSlow(act->tstate, frame, unit);
  regs = caller->localsplus;
  if (act->result == nullptr) {
    pc = link.call;
    pool = reinterpret_cast<Unit*>(link.unit_flags & ~uintptr_t{7})->pool;
    PYVM_TAIL ErrorInCallee(pc, regs, pool, act);
  }
  PYVM_RESUME_CALLER(link, act->result);
}

namespace {

template <OperandKind K>
PYVM_HANDLER Return(PYVM_ARGS) {
  Frame* frame = FrameOf(regs);
  PyObject* result = Read<K>(regs, pool, pc->a);
  // is_entry and owner lie side by side: false and FRAME_OWNED_BY_THREAD.
  static_assert(offsetof(Frame, owner) == offsetof(Frame, is_entry) + 1);
  static_assert(FRAME_OWNED_BY_THREAD == 0);
  uint16_t special;
  __builtin_memcpy(&special, &frame->is_entry, sizeof special);
  if (special != 0 || frame->frame_obj != nullptr || frame->f_locals != nullptr)
      [[unlikely]] {
    act->result = Take<K>(regs, pool, pc->a);
    // A frame object outlives the call, and tells the line.
    if (frame->frame_obj != nullptr) SavePc(pc, regs, pool);
    PYVM_TAIL Leave(pc, regs, pool, act);
  }
  // The frame is ours alone: a local's reference can move out.
  if constexpr (K == kLocal) {
    regs[pc->a] = nullptr;
  } else if constexpr (K == kTemp) {
    Forget<K>(regs, pc->a);
  } else {
    Py_INCREF(result);
  }
  PyThreadState* tstate = act->tstate;
  Unit* unit = UnitIn(pool);
  ++tstate->recursion_remaining;
  ReturnLink link = *LinkOf(frame);
  Frame* caller = frame->previous;
  act->cframe.current_frame = caller;
  for (uint32_t i = 0, n = unit->num_locals; i < n; ++i) {
    PyObject* o = regs[i];
    if (o != nullptr && --o->ob_refcnt == 0) _Py_Dealloc(o);
  }
  PyObject* func = reinterpret_cast<PyObject*>(frame->f_func);
  PyObject* code = reinterpret_cast<PyObject*>(frame->f_code);
  if (--func->ob_refcnt == 0) _Py_Dealloc(func);
  if (--code->ob_refcnt == 0) _Py_Dealloc(code);
  PopDataStack(tstate, reinterpret_cast<PyObject**>(LinkOf(frame)));
  regs = caller->localsplus;
  PYVM_RESUME_CALLER(link, result);
}

}  // namespace

// --- Exceptions -------------------------------------------------------------

PYVM_HANDLER HandleError(PYVM_ARGS) {
  if (!PyErr_Occurred()) {
    PyErr_SetString(PyExc_SystemError, "error return without exception set");
  }
  SavePc(pc, regs, pool);
  NoteException(act, FrameOf(regs));
  PYVM_TAIL Unwind(pc, regs, pool, act);
}

PYVM_HANDLER Unwind(PYVM_ARGS) {
  Frame* frame = FrameOf(regs);
  Unit* unit = UnitIn(pool);
  HandlerInfo info;
  if (FindHandler(unit->code, unit->PositionOf(pc), &info)) {
    if (EnterHandler(act->tstate, frame, unit, info) < 0) {
      PYVM_TAIL Unwind(pc, regs, pool, act);
    }
    pc = EntryAt(unit, info.handler);
    if (act->cframe.use_tracing) [[unlikely]] {
      PYVM_TAIL HandOver(pc, regs, pool, act);
    }
    PYVM_SWITCH();
  }
  for (uint32_t i = unit->num_registers; i > unit->num_locals; --i) {
    Py_CLEAR(regs[i - 1]);
  }
  if (act->cframe.use_tracing) [[unlikely]] {
    TraceUnwind(act->tstate, frame);
  }
  act->result = nullptr;
  PYVM_TAIL Leave(pc, regs, pool, act);
}

namespace {

PYVM_HANDLER Raise(PYVM_ARGS) {
  SavePc(pc, regs, pool);
  PyObject** s = regs + pc->a;
  PyObject* exc = pc->b > 0 ? s[0] : nullptr;
  PyObject* cause = pc->b > 1 ? s[1] : nullptr;
  for (uint32_t i = 0; i < pc->b; ++i) s[i] = nullptr;
  if (DoRaise(act->tstate, exc, cause) != 0) PYVM_ERROR_AGAIN();
  PYVM_ERROR();
}

// Raises `exc` (taken over) again, with the traceback that it has.
void RestoreException(PyObject* exc) {
  PyObject* type = Py_NewRef(PyExceptionInstance_Class(exc));
  PyErr_Restore(type, exc, PyException_GetTraceback(exc));
}

PYVM_HANDLER Reraise(PYVM_ARGS) {
  SavePc(pc, regs, pool);
  if (pc->b != 0) {
    PyObject* lasti = regs[pc->c];
    if (lasti == nullptr || !PyLong_Check(lasti)) {
      PyErr_SetString(PyExc_SystemError, "lasti is not an int");
      PYVM_ERROR();
    }
    FrameOf(regs)->prev_instr = CodeStart(UnitIn(pool)) + PyLong_AsLong(lasti);
  }
  PyObject* exc = regs[pc->a];
  regs[pc->a] = nullptr;
  RestoreException(exc);
  PYVM_ERROR_AGAIN();
}

PYVM_HANDLER EndAsyncFor(PYVM_ARGS) {
  PyObject* exc = regs[pc->a + 1];
  regs[pc->a + 1] = nullptr;
  SavePc(pc, regs, pool);
  if (PyErr_GivenExceptionMatches(exc, PyExc_StopAsyncIteration)) {
    PyObject* iterator = regs[pc->a];
    regs[pc->a] = nullptr;
    Drop(exc, pc, regs, pool);
    Drop(iterator, pc, regs, pool);
    PYVM_NEXT_AFTER_CALL(1);
  }
  RestoreException(exc);
  PYVM_ERROR_AGAIN();
}

PYVM_HANDLER CheckExcMatchOp(PYVM_ARGS) {
  SavePc(pc, regs, pool);
  PyObject* right = ReadAny(regs, pool, pc->c);
  int match = CheckExcMatch(act->tstate, regs[pc->b], right);
  ConsumeAny(right, pc, regs, pool, pc->c);
  if (match < 0) PYVM_ERROR();
  Set(Py_NewRef(match ? Py_True : Py_False), pc->a, pc, regs, pool);
  PYVM_NEXT_AFTER_CALL(1);
}

}  // namespace

// --- Between instructions ---------------------------------------------------

PYVM_HANDLER HandOver(PYVM_ARGS) {
  Frame* frame = FrameOf(regs);
  Unit* unit = UnitIn(pool);
  MaterializeForHost(frame, *unit, static_cast<uint32_t>(pc - unit->instrs));
  bool entry = frame->is_entry;
  act->cframe.current_frame = frame->previous;
  act->result = RunOnHost(act->tstate, frame, 0, "traced");
  frame->is_entry = entry;
  act->cframe.current_frame = frame;
  if (frame->owner == FRAME_OWNED_BY_GENERATOR && act->result != nullptr &&
      _PyFrame_GetGenerator(frame)->gi_frame_state == FRAME_SUSPENDED) {
    PYVM_TAIL LeaveSuspended(pc, regs, pool, act);
  }
  PYVM_TAIL Leave(pc, regs, pool, act);
}

PYVM_HANDLER CheckBreaker(PYVM_ARGS) {
  if (*act->eval_breaker != 0) {
    // Signal handlers see the frame before the instruction at pc.
    Unit* unit = UnitIn(pool);
    FrameOf(regs)->prev_instr = CodeStart(unit) + unit->PositionOf(pc);
    if (HandlePending(act->tstate) < 0) {
      NoteException(act, FrameOf(regs));
      PYVM_TAIL Unwind(pc, regs, pool, act);
    }
  }
  if (act->cframe.use_tracing) PYVM_TAIL HandOver(pc, regs, pool, act);
  PYVM_SWITCH();
}

namespace {

void AskAboutLoop(const Instr* pc, PyObject** regs, PyObject** pool) {
  Unit* unit = UnitIn(pool);
  // The policy may be written in Python, and sees the frame.
  SavePc(pc, regs, pool);
  OnBudget(unit, /*loop=*/true, static_cast<uint32_t>(pc - unit->instrs));
}

}  // namespace

PYVM_HANDLER LoopBudget(PYVM_ARGS) {
  AskAboutLoop(pc, regs, pool);
  PYVM_TAIL CheckBreaker(pc, regs, pool, act);
}

PYVM_HANDLER DelegationBudget(PYVM_ARGS) {
  AskAboutLoop(pc, regs, pool);
  if (act->cframe.use_tracing) PYVM_TAIL HandOver(pc, regs, pool, act);
  PYVM_SWITCH();
}

namespace {

PYVM_HANDLER Resume(PYVM_ARGS) {
  Unit* unit = UnitIn(pool);
  bool asked = pc->b == 0 && --unit->entry_budget <= 0;
  if (asked) [[unlikely]] {
    SavePc(pc, regs, pool);
    OnBudget(unit, /*loop=*/false);
  }
  if (*act->eval_breaker | act->cframe.use_tracing) [[unlikely]] {
    if (act->cframe.use_tracing) PYVM_TAIL HandOver(pc, regs, pool, act);
    SavePc(pc, regs, pool);
    if (HandlePending(act->tstate) < 0) PYVM_ERROR();
    if (act->cframe.use_tracing) PYVM_TAIL HandOver(pc, regs, pool, act);
  }
  if (asked) [[unlikely]] {
    // The unit may have another tier by now.
    ++pc;
    PYVM_SWITCH();
  }
  PYVM_NEXT(1);
}

}  // namespace

PYVM_ROW0(RESUME, Resume)
PYVM_ROW1(RETURN, Return)
PYVM_ROW0(RAISE, Raise)
PYVM_ROW0(RERAISE, Reraise)
PYVM_ROW0(END_ASYNC_FOR, EndAsyncFor)
PYVM_ROW0(CHECK_EXC_MATCH, CheckExcMatchOp)

}  // namespace pyvm::handlers
