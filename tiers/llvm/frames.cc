// Frames out of what native code knows of them: where it is left, and for those
// who look at it.
#include "tiers/llvm/frames.h"

#include <algorithm>
#include <cstring>

#include "absl/container/inlined_vector.h"
#include "core/bytecode/decode.h"
#include "core/bytecode/window.h"
#include "core/handlers/machine.h"
#include "core/runtime/attribute.h"
#include "core/runtime/instance.h"
#include "core/runtime/object.h"
#include "core/tier/manager.h"

namespace pyvm::llvm_tier {
namespace {

// The values of a site as objects.
class Values {
 public:
  // Whether the code gives its references away, or goes on with them.
  enum Purpose { kLook, kLeave };

  Values(const NativeFrame* native, Purpose purpose)
      : native_(native),
        purpose_(purpose),
        objects_(native->site->objects.size()) {}
  ~Values() {
    for (PyObject* box : boxes_) Py_XDECREF(box);
    for (PyObject* object : objects_) Py_XDECREF(object);
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
      case Location::kRegister:
        return GivenRegisters(native_->caller)[slot.index];
      case Location::kBool:
        return native_->values[slot.index] != 0 ? Py_True : Py_False;
      case Location::kVirtual:
        return Object(slot.index);
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
                                        slot.where == Location::kRegister ||
                                        slot.where == Location::kConstant);
    return has_reference ? Get(slot) : New(slot);
  }

  // All that the site mentions: what they hold is theirs.
  void MakeObjects() {
    for (size_t i = 0; i < objects_.size(); ++i) Object(i);
  }

 private:
  // Virtual object number `i` of the site, which is made once.
  PyObject* Object(size_t i) {
    if (objects_[i] != nullptr) return objects_[i];
    const VirtualMap& map = native_->site->objects[i];
    auto* cls = reinterpret_cast<PyTypeObject*>(Get(map.cls));
    if (cls == nullptr) return nullptr;  // neither is there an object
    PyObject* o = NewInstanceQuietly(cls);
    if (o == nullptr) Py_FatalError("pyvm: no memory for a frame's objects");
    objects_[i] = o;
    for (const VirtualMap::Field& field : map.fields) {
      PyObject* content =
          purpose_ == kLeave ? Take(field.content) : New(field.content);
      if (content == nullptr) continue;
      if (field.is_inline) {
        InitValue(o, ValuesOf(o), field.index, content);
      } else {
        *reinterpret_cast<PyObject**>(reinterpret_cast<char*>(o) +
                                      field.index) = content;
      }
    }
    // The object has a reference of its own.
    if (purpose_ == kLeave && map.cls.owned) Py_DECREF(cls);
    return o;
  }

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
  const Purpose purpose_;
  std::vector<PyObject*> boxes_;    // by index
  std::vector<PyObject*> objects_;  // that were virtual
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

using Registers = absl::InlinedVector<PyObject*, 16>;

Registers ContentOf(const FrameMap& map, Values* values) {
  Registers content;
  for (const SlotMap& slot : map.slots) content.push_back(values->Take(slot));
  return content;
}

void FillRegisters(Frame* frame, const FrameMap& map, const Registers& content,
                   Leftovers* leftovers) {
  for (size_t i = 0; i < map.slots.size(); ++i) {
    const SlotMap& slot = map.slots[i];
    // What the code has put into a register for a handler is no value of its.
    if (slot.where == Location::kEmpty && !slot.held) continue;
    PyObject*& reg = frame->localsplus[i];
    if (reg != nullptr && !slot.held) leftovers->push_back(reg);
    reg = content[i];
  }
  frame->stacktop = -1;
}

void SetNativeFrame(Frame* frame, const Unit* unit, NativeFrame* native) {
  if (frame->owner == FRAME_OWNED_BY_GENERATOR) {
    SetNativeFrameOfGenerator(frame->localsplus, native);
  } else {
    NativeFrameOf(frame->localsplus, unit) = native;
  }
}

void SetPosition(Frame* frame, const Unit& unit, uint32_t instr) {
  frame->prev_instr = CodeStart(&unit) + unit.PositionOf(unit.instrs + instr);
}

uintptr_t FlagsOf(Op op) {
  if (op == Op::kCALL_CLASS) return kReturnSelf;
  return IsCall(op) || op == Op::kLOAD_ATTR_PROPERTY ? 0 : kReturnOperator;
}

// Frames that are linked borrow their functions from the code that has called
// them, so that reference counts are those of frames that take what is called.
// Of an inlined one the code may have no reference: then the frame has, which
// its link notes.
uint32_t& OwnsFunction(Frame* frame) { return LinkOf(frame)->machine_code; }

void PopLinked(Activation* act, Frame* frame) {
  act->cframe.current_frame = frame->previous;
  if (OwnsFunction(frame) == 0) Py_INCREF(frame->f_func);
  ClearAndPopEntryFrame(act->tstate, frame);
}

// The frame of a function that was inlined into `caller`, as if the instruction
// there had called it.
Frame* PushInlined(Activation* act, Frame* caller, const FrameMap& at,
                   const FrameMap& map, PyObject* function) {
  Frame* frame =
      PushFrame(act->tstate, reinterpret_cast<PyFunctionObject*>(function),
                map.unit->code, map.unit, 0);
  if (frame == nullptr) Py_FatalError("pyvm: no memory for an inlined frame");
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

// Links frames of the functions that are inlined at the native frame's site;
// its own is the innermost that is linked, but for such that have been already.
void LinkInlined(Activation* act, NativeFrame* native) {
  const std::vector<FrameMap>& maps = native->site->frames;
  if (maps.size() == 1) return;
  Values values(native, Values::kLook);
  Frame* frame = act->cframe.current_frame;
  for (size_t i = native->inlined + 1; i < maps.size(); ++i) {
    frame = PushInlined(act, frame, maps[i - 1], maps[i],
                        values.Get(maps[i].function));
    if (!maps[i].function.owned) {
      Py_INCREF(frame->f_func);
      OwnsFunction(frame) = 1;
    }
    frame->stacktop = kNativeStacktop;
    NativeFrameOf(frame->localsplus, maps[i].unit) = native;
    act->cframe.current_frame = frame;
  }
  native->inlined = maps.size() - 1;
  SetPosition(frame, *maps.back().unit, maps.back().instr);
}

// Those of the native frame's site, which are linked, outermost first.
std::vector<Frame*> LinkedFrames(const Activation* act,
                                 const NativeFrame* native) {
  std::vector<Frame*> frames(native->site->frames.size());
  Frame* frame = act->cframe.current_frame;
  for (size_t i = frames.size(); i > 0; --i, frame = frame->previous) {
    frames[i - 1] = frame;
  }
  return frames;
}

// Whether the instruction takes the temporary `reg`, and releases it before its
// exception is seen.
bool Takes(const Unit& unit, const Instr* in, uint32_t reg) {
  Op op = BaseOf(in->op);
  auto is_it = [reg](Operand x) { return x == TempOperand(reg); };
  auto in_window = [&](uint32_t first, uint32_t words) {
    return reg >= first && reg < first + words;
  };
  const uint16_t fields[] = {in->a, in->b, in->c};
  for (int i = 0; i < 3; ++i) {
    Field field = InfoOf(op).fields[i];
    if ((field == Field::S || field == Field::X) && is_it(fields[i])) {
      return true;
    }
  }
  if (op == Op::kBUILD_SET) {
    auto size = static_cast<uint32_t>(LongJump(*in));
    return in_window(in->a, ShapeOfWindow(op, size).inputs);
  }
  if (op == Op::kCALL_EX) return in_window(in->b, 4);
  if (!IsCall(op) && op != Op::kLOAD_SLICE) return false;
  if (IsMethodCall(op) && in_window(in->b, 2)) return true;
  const auto* list = reinterpret_cast<const Operand*>(in + 1);
  return std::any_of(list, list + ListLength(unit, *in), is_it);
}

// As the interpreter: lowest first, unlike what unwinding does.
void ReleaseOperands(Frame* frame, const Unit& unit, uint32_t instr) {
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  for (uint32_t reg = unit.num_locals; reg < unit.num_registers; ++reg) {
    if (frame->localsplus[reg] != nullptr &&
        Takes(unit, unit.instrs + instr, reg)) {
      Py_CLEAR(frame->localsplus[reg]);
    }
  }
  PyErr_Restore(type, value, traceback);
}

// Builds the frames of the native one's site, which is linked, and runs them to
// the end of the outermost.
PyObject* GoOn(Activation* act, NativeFrame* native, bool throwing) {
  const Site& site = *native->site;
  const FrameMap& last = site.frames.back();
  std::vector<Frame*> frames = LinkedFrames(act, native);
  Frame* outermost = frames.front();
  Frame* frame = frames.back();
  Leftovers leftovers;
  {
    Values values(native, Values::kLeave);
    std::vector<Registers> contents;
    for (const FrameMap& map : site.frames) {
      contents.push_back(ContentOf(map, &values));
    }
    for (size_t i = 0; i < frames.size(); ++i) {
      FillRegisters(frames[i], site.frames[i], contents[i], &leftovers);
      if (i == 0) continue;
      // From here on the frame has the one reference.
      bool owned = site.frames[i].function.owned;
      auto* function = reinterpret_cast<PyObject*>(frames[i]->f_func);
      if (OwnsFunction(frames[i]) == 0) {
        if (!owned) Py_INCREF(function);
      } else if (owned) {
        leftovers.push_back(function);
      }
    }
    values.MakeObjects();
  }
  bool entry = outermost->is_entry;
  outermost->is_entry = true;
  // Nothing is noted of a generator that another tier runs.
  if (outermost->owner == FRAME_OWNED_BY_GENERATOR) ResumeHint(outermost) = 0;
  // May run code, which may look at the frames.
  Drop(leftovers);
  if (throwing && site.has_operands) {
    ReleaseOperands(frame, *last.unit, last.instr);
  }

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
  return act->result;
}

// The frame of `native`, which has ended, is not needed any more.
void GiveBack(Activation* act, const NativeFrame* native) {
  if (IsGiven(native->caller)) return;  // it is another's
  PopLinked(act, FrameOf(native->regs));
}

// As the code does where it leaves a generator.
void UnlinkGenerator(Activation* act, Frame* frame) {
  PyGenObject* gen = _PyFrame_GetGenerator(frame);
  act->cframe.current_frame = frame->previous;
  if (gen->gi_frame_state == FRAME_SUSPENDED) {
    EndResume(act->tstate, gen, frame);
  }
}

PyObject* LeaveBy(Activation* act, NativeFrame* native, int64_t remaining,
                  bool throwing) {
  auto inlined = static_cast<int64_t>(native->site->frames.size()) - 1;
  bool of_generator = IsGenerator(*native->site->frames[0].unit);
  act->tstate->recursion_remaining = RemainingNow(act, remaining - inlined);
  pyvm_llvm_link(act, native);
  PyObject* result = GoOn(act, native, throwing);
  act->tstate->recursion_remaining = RemainingNow(act, remaining);
  if (of_generator) {
    UnlinkGenerator(act, FrameOf(GivenRegisters(native->caller)));
  } else {
    GiveBack(act, native);
  }
  return result;
}

// Binds a frame to the native one that runs it, where its site is.
void Attach(NativeFrame* native, PyObject** regs) {
  const FrameMap& at = native->site->frames[0];
  native->regs = regs;
  SetNativeFrame(FrameOf(regs), at.unit, native);
  SetPosition(FrameOf(regs), *at.unit, at.instr);
}

// A frame for a function that runs without one.
void PushLinked(Activation* act, NativeFrame* native) {
  const Unit* unit = native->site->frames[0].unit;
  Frame* frame = PushFrame(
      act->tstate, reinterpret_cast<PyFunctionObject*>(native->function),
      unit->code, unit, 0);
  if (frame == nullptr) Py_FatalError("pyvm: no memory for a frame");
  LinkOf(frame)->epoch = 0;
  OwnsFunction(frame) = 0;
  frame->stacktop = kNativeStacktop;
  frame->previous = act->cframe.current_frame;
  act->cframe.current_frame = frame;
  Attach(native, frame->localsplus);
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
  const NativeFrame* native = frame->owner == FRAME_OWNED_BY_GENERATOR
                                  ? NativeFrameOfGenerator(frame->localsplus)
                                  : NativeFrameOf(frame->localsplus, unit);
  if (native == nullptr) return false;
  size_t depth = 0;
  for (const Frame* f = frame; f != FrameOf(native->regs); f = f->previous) {
    ++depth;
  }
  const FrameMap& map = native->site->frames[depth];
  Values values(native, Values::kLook);
  for (uint32_t i = 0; i < unit->num_locals; ++i) {
    // What the code has left in a register is newer than what the map says.
    PyObject* kept = map.slots[i].held ? nullptr : frame->localsplus[i];
    locals[i] = kept != nullptr ? Py_NewRef(kept) : values.New(map.slots[i]);
  }
  return true;
}

extern "C" {

void pyvm_llvm_link(Activation* act, NativeFrame* native) {
  absl::InlinedVector<NativeFrame*, 16> open;
  for (; !IsGiven(native) && native->regs == nullptr; native = native->caller) {
    if (IsGiven(native->caller)) {
      Attach(native, GivenRegisters(native->caller));
      break;
    }
    open.push_back(native);
  }
  // The caller of the others is where it calls; its own callers have been there
  // since they were linked.
  if (!IsGiven(native)) {
    Attach(native, native->regs);
    LinkInlined(act, native);
  }
  for (size_t i = open.size(); i > 0; --i) {
    PushLinked(act, open[i - 1]);
    LinkInlined(act, open[i - 1]);
  }
}

void pyvm_llvm_unlink_inlined(Activation* act, NativeFrame* native) {
  Frame* frame = act->cframe.current_frame;
  for (size_t i = 0; i < native->inlined; ++i, frame = frame->previous) {
    // The code will be left before it goes on, with these frames.
    if (frame->frame_obj != nullptr || frame->f_locals != nullptr) return;
  }
  for (; native->inlined > 0; --native->inlined) {
    frame = act->cframe.current_frame;
    frame->stacktop = 0;
    PopLinked(act, frame);
  }
}

void pyvm_llvm_unlink(Activation* act, NativeFrame* native) {
  PyObject** regs =
      IsGiven(native->caller) ? GivenRegisters(native->caller) : native->regs;
  act->cframe.current_frame = FrameOf(regs)->previous;
}

void pyvm_llvm_finish(Activation* act, NativeFrame* native, int64_t remaining) {
  act->tstate->recursion_remaining = RemainingNow(act, remaining);
  FrameOf(native->regs)->stacktop = 0;
  GiveBack(act, native);
}

PyObject* pyvm_llvm_deopt(Activation* act, NativeFrame* native,
                          int64_t remaining) {
  auto* site = const_cast<Site*>(native->site);
  const FrameMap& last = site->frames.back();
  NoteDeopt(last.unit, last.instr);
  NoteFailure(site->frames[0].unit, site);
  return LeaveBy(act, native, remaining, false);
}

PyObject* pyvm_llvm_raise(Activation* act, NativeFrame* native,
                          int64_t remaining) {
  return LeaveBy(act, native, remaining, true);
}

PyObject* pyvm_llvm_catch(Activation* act) {
  if (act->cframe.use_tracing) return nullptr;
  AddTraceback(act->cframe.current_frame);
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  PyErr_NormalizeException(&type, &value, &traceback);
  PyException_SetTraceback(value, traceback == nullptr ? Py_None : traceback);
  Py_XDECREF(traceback);
  Py_XDECREF(type);
  return value;
}

}  // extern "C"

}  // namespace pyvm::llvm_tier
