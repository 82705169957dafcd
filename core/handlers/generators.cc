#include "core/handlers/generators.h"

#include "core/handlers/calls.h"
#include "core/host/host.h"
#include "core/host/resume.h"
#include "core/runtime/unwind.h"

namespace pyvm::handlers {
namespace {

// Makes the frame that resumed this generator the present one again.
#define PYVM_TO_RESUMER(frame)                          \
  do {                                                  \
    Frame* resumer = (frame);                           \
    act->cframe.current_frame = resumer;                \
    Unit* to = UnitOf(resumer);                         \
    regs = resumer->localsplus;                         \
    pool = to->pool;                                    \
    pc = to->instrs + DecodeResumer(resumer->stacktop); \
    resumer->stacktop = -1;                             \
  } while (0)

// Whether this activation can run the generator, or coroutine; *unit is its
// frame's.
inline bool IsResumable(PyGenObject* gen, Unit** unit) {
  if (gen->gi_frame_state >= FRAME_EXECUTING) return false;
  *unit = UnitOf(reinterpret_cast<Frame*>(gen->gi_iframe));
  return *unit != nullptr;
}

// Goes on in `gen`, of this unit, which receives `value` (taken over). pc's
// position is saved, recursion has been counted.
#define PYVM_RESUME_GENERATOR(gen, unit, value)                          \
  do {                                                                   \
    Frame* self = FrameOf(regs);                                         \
    self->stacktop =                                                     \
        EncodeResumer(static_cast<uint32_t>(pc - UnitIn(pool)->instrs)); \
    BeginResume(act->tstate, gen, self, value);                          \
    auto* frame = reinterpret_cast<Frame*>((gen)->gi_iframe);            \
    act->cframe.current_frame = frame;                                   \
    pc = ResumePoint(frame, unit);                                       \
    regs = frame->localsplus;                                            \
    pool = (unit)->pool;                                                 \
    frame->stacktop = -1;                                                \
    PYVM_SWITCH();                                                       \
  } while (0)

bool IsSend(const Instr* pc) { return BaseOf(pc->op) == Op::kSEND; }

}  // namespace

PYVM_HANDLER LeaveSuspended(PYVM_ARGS) {
  Frame* frame = FrameOf(regs);
  ++act->tstate->recursion_remaining;
  if (frame->is_entry) PYVM_EXIT();
  Frame* caller = frame->previous;
  EndResume(act->tstate, _PyFrame_GetGenerator(frame), frame);
  PYVM_TO_RESUMER(caller);
  if (IsSend(pc)) {
    regs[pc->a + 1] = act->result;
  } else {
    Set(act->result, pc->a, pc, regs, pool);
  }
  ++pc;
  if (act->cframe.use_tracing) [[unlikely]] {
    PYVM_TAIL HandOver(pc, regs, pool, act);
  }
  PYVM_SWITCH();
}

PYVM_HANDLER LeaveGenerator(PYVM_ARGS) {
  Frame* frame = FrameOf(regs);
  Frame* caller = frame->previous;
  PyGenObject* gen = _PyFrame_GetGenerator(frame);
  Unit* unit = UnitIn(pool);
  PyObject* result = act->result;
  PYVM_TO_RESUMER(caller);
  FinishGenerator(act->tstate, gen, frame, unit, result == nullptr);
  if (result == nullptr) PYVM_ERROR();
  if (IsSend(pc)) {
    Set(result, pc->a, pc, regs, pool);
    pc += static_cast<int16_t>(pc->c);
  } else {
    Py_DECREF(result);
    PyObject* iterator = regs[pc->b];
    regs[pc->b] = nullptr;
    Drop(iterator, pc, regs, pool);
    pc += static_cast<int16_t>(pc->c);
  }
  if (act->cframe.use_tracing) [[unlikely]] {
    PYVM_TAIL HandOver(pc, regs, pool, act);
  }
  PYVM_SWITCH();
}

namespace {

PYVM_HANDLER Yield(PYVM_ARGS) {
  Frame* frame = FrameOf(regs);
  Unit* unit = UnitIn(pool);
  SavePc(pc, regs, pool);
  act->result = TakeAny(regs, pool, pc->b);
  frame->stacktop = static_cast<int>(unit->num_locals + pc->c);
  NoteResume(frame, pc, unit);
  _PyFrame_GetGenerator(frame)->gi_frame_state = FRAME_SUSPENDED;
  PYVM_TAIL LeaveSuspended(pc, regs, pool, act);
}

PYVM_HANDLER ReturnGenerator(PYVM_ARGS) {
  Frame* frame = FrameOf(regs);
  Unit* unit = UnitIn(pool);
  SavePc(pc, regs, pool);
  PyObject* made = MakeGenerator(act->tstate, frame, unit);
  if (made == nullptr) PYVM_ERROR();
  NoteResume(
      reinterpret_cast<Frame*>(reinterpret_cast<PyGenObject*>(made)->gi_iframe),
      pc, unit);
  act->result = made;
  ++act->tstate->recursion_remaining;
  if (frame->is_entry) {
    // C code clears the frame: what moved must not be released twice.
    frame->stacktop = 0;
    frame->f_locals = nullptr;
    Py_INCREF(frame->f_func);
    Py_INCREF(frame->f_code);
    PYVM_EXIT();
  }
  ReturnLink link = *LinkOf(frame);
  Frame* caller = frame->previous;
  act->cframe.current_frame = caller;
  PopDataStack(act->tstate, reinterpret_cast<PyObject**>(LinkOf(frame)));
  regs = caller->localsplus;
  pool = reinterpret_cast<Unit*>(link.unit_flags & ~uintptr_t{7})->pool;
  pc = link.call;
  Set(made, pc->a, pc, regs, pool);
  pc = link.next;
  if (act->cframe.use_tracing) [[unlikely]] {
    PYVM_TAIL HandOver(pc, regs, pool, act);
  }
  PYVM_SWITCH();
}

PYVM_HANDLER SendSlow(PYVM_ARGS) {
  SavePc(pc, regs, pool);
  PyObject* receiver = regs[pc->a];
  PyObject* value = regs[pc->a + 1];
  PyObject* result;
  PySendResult status = PyIter_Send(receiver, value, &result);
  regs[pc->a + 1] = nullptr;
  Drop(value, pc, regs, pool);
  if (status == PYGEN_ERROR) PYVM_ERROR();
  if (status == PYGEN_RETURN) {
    Set(result, pc->a, pc, regs, pool);
    PYVM_JUMP_AFTER_CALL(static_cast<int16_t>(pc->c));
  }
  regs[pc->a + 1] = result;
  PYVM_NEXT_AFTER_CALL(1);
}

PYVM_HANDLER Send(PYVM_ARGS) {
  PyObject* value = regs[pc->a + 1];
  PyObject* receiver = regs[pc->a];
  auto* gen = reinterpret_cast<PyGenObject*>(receiver);
  Unit* unit;
  if ((!PyGen_CheckExact(receiver) && !PyCoro_CheckExact(receiver)) ||
      !IsResumable(gen, &unit) ||
      (gen->gi_frame_state == FRAME_CREATED && value != Py_None)) {
    PYVM_TAIL SendSlow(pc, regs, pool, act);
  }
  SavePc(pc, regs, pool);
  if (!EnterRecursion(act->tstate)) PYVM_ERROR();
  regs[pc->a + 1] = nullptr;
  PYVM_RESUME_GENERATOR(gen, unit, value);
}

PYVM_HANDLER ForIterGen(PYVM_ARGS) {
  PyObject* iterator = regs[pc->b];
  auto* gen = reinterpret_cast<PyGenObject*>(iterator);
  Unit* unit;
  if (!PyGen_CheckExact(iterator) || !IsResumable(gen, &unit)) [[unlikely]] {
    PYVM_TAIL ForIterMiss(pc, regs, pool, act);
  }
  SavePc(pc, regs, pool);
  if (!EnterRecursion(act->tstate)) PYVM_ERROR();
  PYVM_RESUME_GENERATOR(gen, unit, Py_NewRef(Py_None));
}

}  // namespace

PYVM_ROW0(YIELD, Yield)
PYVM_ROW0(RETURN_GENERATOR, ReturnGenerator)
PYVM_ROW0(SEND, Send)
PYVM_ROW0(FOR_ITER_GEN, ForIterGen)

}  // namespace pyvm::handlers
