// Frames out of what native code knows of them: where it is left, and for those
// who look at it.
#include "tiers/llvm/frames.h"

#include <cstring>

#include "core/bytecode/decode.h"
#include "core/handlers/machine.h"
#include "core/runtime/object.h"
#include "core/tier/manager.h"

namespace pyvm::llvm_tier {
namespace {

// The values of a site as objects.
class Values {
 public:
  explicit Values(const NativeFrame* native) : native_(native) {}
  ~Values() {
    for (PyObject* box : boxes_) Py_XDECREF(box);
  }
  Values(const Values&) = delete;
  Values& operator=(const Values&) = delete;

  // What the slot holds, borrowed; null if nothing.
  PyObject* Get(const SlotMap& slot) {
    if (slot.present != SlotMap::kAlways &&
        native_->values[slot.present] == 0) {
      return nullptr;
    }
    switch (slot.where) {
      case Location::kEmpty:
        return nullptr;
      case Location::kConstant:
        return slot.constant;
      case Location::kObject:
        return reinterpret_cast<PyObject*>(native_->values[slot.index]);
      case Location::kBool:
        return native_->values[slot.index] != 0 ? Py_True : Py_False;
      case Location::kInt:
      case Location::kFloat:
        break;
    }
    if (slot.index >= boxes_.size()) boxes_.resize(slot.index + 1u);
    PyObject*& box = boxes_[slot.index];
    if (box == nullptr) box = Box(slot.where, native_->values[slot.index]);
    return box;
  }

  // The same as a new reference.
  PyObject* New(const SlotMap& slot) { return Py_XNewRef(Get(slot)); }

  // The same; a reference that the frame owns is handed over.
  PyObject* Take(const SlotMap& slot) {
    bool has_reference = slot.owned && (slot.where == Location::kObject ||
                                        slot.where == Location::kConstant);
    return has_reference ? Get(slot) : New(slot);
  }

 private:
  static PyObject* Box(Location where, uint64_t bits) {
    PyObject* box;
    if (where == Location::kInt) {
      box = NewInt(static_cast<int64_t>(bits));
    } else {
      double value;
      std::memcpy(&value, &bits, sizeof value);
      box = PyFloat_FromDouble(value);
    }
    if (box == nullptr) Py_FatalError("pyvm: no memory for a frame's numbers");
    return box;
  }

  const NativeFrame* const native_;
  std::vector<PyObject*> boxes_;  // by index
};

// What registers held that have got something else, until the frames can be
// looked at again.
using Leftovers = std::vector<PyObject*>;

void Drop(const Leftovers& leftovers) {
  if (leftovers.empty()) return;
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  for (PyObject* o : leftovers) Py_DECREF(o);
  PyErr_Restore(type, value, traceback);
}

void FillRegisters(Frame* frame, const FrameMap& map, Values* values,
                   Leftovers* leftovers) {
  for (size_t i = 0; i < map.slots.size(); ++i) {
    // What the code has put into a register for a handler is no value of its.
    if (map.slots[i].where == Location::kEmpty) continue;
    PyObject*& reg = frame->localsplus[i];
    if (reg != nullptr) leftovers->push_back(reg);
    reg = values->Take(map.slots[i]);
  }
  frame->stacktop = -1;
}

void SetPosition(Frame* frame, const Unit& unit, uint32_t instr) {
  frame->prev_instr = CodeStart(&unit) + unit.PositionOf(unit.instrs + instr);
}

uintptr_t FlagsOf(Op op) {
  if (op == Op::kCALL_CLASS) return kReturnSelf;
  return IsCall(op) || op == Op::kLOAD_ATTR_PROPERTY ? 0 : kReturnOperator;
}

// The frame of a function that was inlined into `caller`, as if the instruction
// there had called it.
Frame* PushInlined(Activation* act, Frame* caller, const FrameMap& at,
                   const FrameMap& map, Values* values) {
  PyObject* function = values->Take(map.function);
  Frame* frame =
      PushFrame(act->tstate, reinterpret_cast<PyFunctionObject*>(function),
                map.unit->code, map.unit, 0);
  if (frame == nullptr) Py_FatalError("pyvm: no memory for an inlined frame");
  --act->tstate->recursion_remaining;
  const Instr* call = at.unit->instrs + at.instr;
  Op op = BaseOf(call->op);
  *LinkOf(frame) = {call, call + InstrWords(*at.unit, at.instr),
                    reinterpret_cast<uintptr_t>(at.unit) | FlagsOf(op), 0, 0};
  SetPosition(caller, *at.unit, at.instr);
  // Where CPython leaves it, behind the call's inline caches.
  if (IsCall(op)) caller->prev_instr += 4;
  frame->previous = caller;
  return frame;
}

// Builds the frames of the native one's site and runs them to the end of the
// outermost.
PyObject* GoOn(Activation* act, PyObject** regs, NativeFrame* native,
               bool throwing) {
  Frame* outermost = FrameOf(regs);
  const Site& site = *native->site;
  const FrameMap& last = site.frames.back();
  Leftovers leftovers;
  Frame* frame = outermost;
  {
    Values values(native);
    FillRegisters(frame, site.frames[0], &values, &leftovers);
    for (size_t i = 1; i < site.frames.size(); ++i) {
      frame =
          PushInlined(act, frame, site.frames[i - 1], site.frames[i], &values);
      FillRegisters(frame, site.frames[i], &values, &leftovers);
    }
  }
  SetPosition(frame, *last.unit, last.instr);
  act->cframe.current_frame = frame;
  bool entry = outermost->is_entry;
  outermost->is_entry = true;
  // May run code, which may look at the frames.
  Drop(leftovers);

  act->pc = last.unit->instrs + last.instr;
  act->regs = frame->localsplus;
  act->pool = last.unit->pool;
  act->throwing = throwing;
  const Tier* tier = TheManager().landing();
  if (!throwing && act->cframe.use_tracing) [[unlikely]] {
    if (handlers::HandOver(act->pc, act->regs, act->pool, act) ==
        handlers::kFailed) {
      act->throwing = true;
    }
    tier = act->pc == nullptr ? nullptr : handlers::UnitIn(act->pool)->tier;
  }
  if (tier != nullptr) RunToEnd(act, tier);
  outermost->is_entry = entry;
  // Whoever has entered the code counts the frame out.
  --act->tstate->recursion_remaining;
  return act->result;
}

// The frame is linked in a thread's stack of frames: the native stack that it
// lies on is in place.
bool IsPresent(const Frame* frame) {
  for (PyInterpreterState* interp = PyInterpreterState_Head();
       interp != nullptr; interp = PyInterpreterState_Next(interp)) {
    for (PyThreadState* thread = PyInterpreterState_ThreadHead(interp);
         thread != nullptr; thread = PyThreadState_Next(thread)) {
      for (const Frame* f = thread->cframe->current_frame; f != nullptr;
           f = f->previous) {
        if (f == frame) return true;
      }
    }
  }
  return false;
}

}  // namespace

bool ReadLocals(Frame* frame, PyObject** locals) {
  if (!IsPresent(frame)) return false;
  const Unit* unit = UnitOf(frame);
  const NativeFrame* native = NativeFrameOf(frame->localsplus, unit);
  const FrameMap& map = native->site->frames[0];
  Values values(native);
  for (uint32_t i = 0; i < unit->num_locals; ++i) {
    // What the code has left in a register is newer than what the map says.
    PyObject* kept = frame->localsplus[i];
    locals[i] = kept != nullptr ? Py_NewRef(kept) : values.New(map.slots[i]);
  }
  return true;
}

extern "C" {

PyObject* pyvm_llvm_deopt(Activation* act, PyObject** regs,
                          NativeFrame* native) {
  auto* site = const_cast<Site*>(native->site);
  const FrameMap& last = site->frames.back();
  NoteDeopt(last.unit, last.instr);
  NoteFailure(UnitOf(FrameOf(regs)), site);
  return GoOn(act, regs, native, false);
}

PyObject* pyvm_llvm_raise(Activation* act, PyObject** regs,
                          NativeFrame* native) {
  return GoOn(act, regs, native, true);
}

}  // extern "C"

}  // namespace pyvm::llvm_tier
