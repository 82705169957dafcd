#include "tiers/llvm/compiled_for_test.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/bytecode/test_python.h"
#include "core/host/activation.h"
#include "gtest/gtest.h"

namespace pyvm::llvm_tier {

std::string Repr(PyObject* o) {
  if (o == nullptr) return "null";
  PyObject* repr = PyObject_Repr(o);
  std::string text = PyUnicode_AsUTF8(repr);
  Py_DECREF(repr);
  return text;
}

namespace {

std::string ReprOf(const SlotMap& slot, const NativeFrame* native) {
  uint64_t bits = slot.where == Location::kConstant
                      ? reinterpret_cast<uintptr_t>(slot.constant)
                  : slot.where == Location::kRegister
                      ? reinterpret_cast<uintptr_t>(
                            GivenRegisters(native->caller)[slot.index])
                      : native->values[slot.index];
  switch (slot.where) {
    case Location::kEmpty:
      return "-";
    case Location::kInt:
      return "int " + std::to_string(static_cast<int64_t>(bits));
    case Location::kFloat: {
      double value;
      std::memcpy(&value, &bits, sizeof value);
      PyObject* box = PyFloat_FromDouble(value);
      std::string text = "float " + Repr(box);
      Py_DECREF(box);
      return text;
    }
    case Location::kBool:
      return bits != 0 ? "bool True" : "bool False";
    case Location::kVirtual:
      return "virtual " + std::to_string(slot.index);
    case Location::kConstant:
    case Location::kRegister:
    case Location::kObject:
      break;
  }
  auto* o = reinterpret_cast<PyObject*>(bits);
  std::string text = Repr(o);
  if (slot.owned) Py_XDECREF(o);
  return text;
}

// What a frame that is built at the site would hold. Owned references are
// released.
std::string Describe(const char* what, const NativeFrame* native) {
  std::string text = std::string(what) + " " + native->site->reason;
  for (const FrameMap& frame : native->site->frames) {
    text += " @" + std::to_string(frame.instr);
    for (const SlotMap& slot : frame.slots) text += " " + ReprOf(slot, native);
    if (frame.function.owned) ReprOf(frame.function, native);
  }
  return text;
}

constexpr uint32_t kInstrs = 100;
Instr instrs[kInstrs];
uint16_t positions[kInstrs];
uint16_t code_units[kInstrs];

Backend& TheBackend() {
  const char* refused = nullptr;
  static Backend* backend = Backend::Create(&refused).release();
  return *backend;
}

PyObject* Str(const std::string& text) {
  return PyUnicode_FromString(text.c_str());
}

}  // namespace

PyObject* Evaluate(const std::string& source, const char* name) {
  PyObject* space = RunPython(source.c_str());
  PyObject* value = Py_NewRef(PyDict_GetItemString(space, name));
  Py_DECREF(space);
  return value;
}

Compiled::Compiled(const std::string& text, int level)
    : parsed_(ir::Parse(text)) {
  EXPECT_EQ(parsed_.error, "");
  for (auto& unit : parsed_.units) {
    // Positions of instructions, for what machine code notes.
    unit->instrs = instrs;
    unit->positions16 = positions;
    unit->first_code_unit = code_units;
    unit->num_instrs = kInstrs;
  }
  GenerateOptions options;
  options.verify = true;
  options.level = level;
  options.llvm_ir = &llvm_ir;
  options.optimized_llvm_ir = &optimized;
  const char* refused = nullptr;
  code_ = TheBackend().Generate(*parsed_.function, options, &refused);
  EXPECT_TRUE(code_.has_value()) << refused;
}

Compiled::~Compiled() {
  if (code_) TheBackend().Release(code_->block);
}

PyObject* Compiled::Call(std::initializer_list<PyObject*> args) {
  struct {
    Frame frame;
    PyObject* more[16];
  } room = {};
  PyObject** regs = room.frame.localsplus;
  std::copy(args.begin(), args.end(), regs);
  Activation act = {};
  int breaker = 0;
  act.tstate = PyThreadState_Get();
  act.interp = act.tstate->interp;
  act.recursion_limit = act.tstate->recursion_limit;
  act.eval_breaker = &breaker;
  PyObject* result = reinterpret_cast<Entry>(code_->entry)(&act, regs);
  for (uint32_t i = 0; i < parsed_.function->unit()->num_registers; ++i) {
    EXPECT_EQ(regs[i], nullptr) << "register " << i;
  }
  return result;
}

std::string Compiled::Resume(std::initializer_list<PyObject*> args,
                             PyObject* sent) {
  struct {
    PyGenObject gen;
    PyObject* more[32];
  } room = {};
  auto* frame = reinterpret_cast<Frame*>(room.gen.gi_iframe);
  PyObject** regs = frame->localsplus;
  std::copy(args.begin(), args.end(), regs);
  room.gen.gi_frame_state = FRAME_SUSPENDED;
  Activation act = {};
  int breaker = 0;
  act.tstate = PyThreadState_Get();
  act.interp = act.tstate->interp;
  act.eval_breaker = &breaker;
  PyObject* result = reinterpret_cast<GeneratorEntry>(code_->entry)(
      &act, &room.gen, 100, sent);
  const Unit& unit = *parsed_.function->unit();
  bool suspended = room.gen.gi_frame_state == FRAME_SUSPENDED;
  std::string text = suspended ? "suspended" : "ended";
  text += " @" + std::to_string(frame->prev_instr - CodeStart(&unit)) + " " +
          Repr(result) + ", stack " + std::to_string(frame->stacktop);
  if (suspended) {
    text += ", goes on @" + std::to_string(ResumeHint(frame));
    EXPECT_EQ(
        reinterpret_cast<const void*>(room.gen.gi_exc_state.previous_item),
        unit.instrs + ResumeHint(frame));
  } else {
    act.tstate->exc_info = room.gen.gi_exc_state.previous_item;
  }
  EXPECT_EQ(act.cframe.current_frame, nullptr);
  Py_XDECREF(result);
  for (uint32_t i = 0; i < unit.num_registers; ++i) {
    text += (i == 0 ? ": " : " ") + Repr(regs[i]);
    Py_XDECREF(regs[i]);
  }
  return text;
}

std::string Compiled::Run(std::initializer_list<PyObject*> args) {
  PyObject* result = Call(args);
  if (result == nullptr) return "null";
  std::string text =
      PyUnicode_CheckExact(result) ? PyUnicode_AsUTF8(result) : Repr(result);
  Py_DECREF(result);
  return text;
}

std::string Compiled::Ints(std::initializer_list<int64_t> args) {
  PyObject* a = PyLong_FromLongLong(args.begin()[0]);
  if (args.size() == 1) return Run({a});
  return Run({a, PyLong_FromLongLong(args.begin()[1])});
}

// --- In place of frames.cc ---------------------------------------------------

extern "C" {

int64_t pyvm_llvm_guards_left = 0;

void pyvm_llvm_link(Activation*, NativeFrame*) {}
void pyvm_llvm_unlink(Activation*, NativeFrame*) {}
void pyvm_llvm_unlink_inlined(Activation*, NativeFrame*) {}
void pyvm_llvm_finish(Activation*, NativeFrame*, int64_t) {}

PyObject* pyvm_llvm_deopt(Activation*, NativeFrame* native, int64_t) {
  return Str(Describe("failed", native));
}

PyObject* pyvm_llvm_raise(Activation*, NativeFrame* native, int64_t) {
  EXPECT_NE(PyErr_Occurred(), nullptr);
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  std::string text = Describe("raised", native) + ": " +
                     reinterpret_cast<PyTypeObject*>(type)->tp_name;
  Py_XDECREF(type);
  Py_XDECREF(value);
  Py_XDECREF(traceback);
  return Str(text);
}

PyObject* pyvm_llvm_catch(Activation*) {
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  PyErr_NormalizeException(&type, &value, &traceback);
  Py_XDECREF(type);
  Py_XDECREF(traceback);
  return value;
}

PyObject* pyvm_llvm_call_function(Activation*, PyObject* function, Unit*,
                                  PyObject** args) {
  PyObject* result = PyObject_Vectorcall(function, args, 1, nullptr);
  Py_DECREF(args[0]);
  return result;
}

PyObject* pyvm_llvm_make_generator(Activation* act, PyObject* function,
                                   Unit* unit, PyObject** args) {
  return pyvm_llvm_call_function(act, function, unit, args);
}

PyObject* pyvm_llvm_resume_next(Activation* act, PyObject* generator) {
  PyObject* item = PyIter_Next(generator);
  if (item == nullptr && PyErr_Occurred()) return kResumedRaised;
  if (item == nullptr) act->result = Py_NewRef(Py_None);
  return item;
}

PyObject* pyvm_llvm_send(Activation* act, PyObject* receiver, PyObject* value) {
  PyObject* result;
  PySendResult status = PyIter_Send(receiver, value, &result);
  Py_DECREF(value);
  if (status == PYGEN_NEXT) return result;
  act->result = result;
  return status == PYGEN_RETURN ? nullptr : kResumedRaised;
}

PyObject* pyvm_llvm_send_method(Activation* act, PyObject* generator,
                                PyObject* value) {
  PyObject* item = pyvm_llvm_send(act, generator, value);
  if (item != nullptr) return item;
  _PyGen_SetStopIterationValue(act->result);
  Py_CLEAR(act->result);
  return kResumedRaised;
}

PyObject* pyvm_llvm_end_send_method(Activation*, PyObject*, PyObject*) {
  ADD_FAILURE() << "no test resumes machine code by machine code";
  return kResumedRaised;
}

PyObject* pyvm_llvm_end_generator(Activation*, PyObject*, PyObject*) {
  ADD_FAILURE() << "no test resumes machine code by machine code";
  return kResumedRaised;
}

// Any address.
const void* pyvm_llvm_resumption(Unit* unit, uint32_t instr) {
  return unit->instrs + instr;
}

// What is called directly is called so.
Direct pyvm_llvm_direct_stub(uint32_t num_args) {
  EXPECT_EQ(num_args, 1u);
  DirectCall<PyObject*> stub = [](Activation*, NativeFrame*, PyObject* function,
                                  int64_t, PyObject* arg) PYVM_PRESERVE_NONE {
    PyObject* result = PyObject_Vectorcall(function, &arg, 1, nullptr);
    Py_DECREF(arg);
    return result;
  };
  return reinterpret_cast<Direct>(stub);
}

int pyvm_llvm_run_handler(Activation*, PyObject** regs, uint32_t instr) {
  std::swap(regs[0], regs[1]);
  if (instr != 9) return 0;
  PyErr_SetString(PyExc_ValueError, "no");
  Py_CLEAR(regs[0]);
  Py_CLEAR(regs[1]);
  return -1;
}

PyObject* pyvm_llvm_new_object(Activation*, NativeFrame*, PyTypeObject* cls) {
  return cls->tp_alloc(cls, 0);
}

void pyvm_llvm_meet(Site*, PyObject*, PyObject*) {}

void pyvm_llvm_dealloc(Activation*, NativeFrame*, PyObject* o) {
  _Py_Dealloc(o);
}
void pyvm_llvm_dealloc_callee(Activation*, NativeFrame*, PyObject* function) {
  _Py_Dealloc(function);
}

}  // extern "C"

}  // namespace pyvm::llvm_tier
