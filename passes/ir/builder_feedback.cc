// What is known of values and likely of them: feedback, and a look at a frame.
#include <algorithm>

#include "core/host/frame.h"
#include "core/runtime/attribute.h"
#include "passes/ir/builder_impl.h"

namespace pyvm::ir {
namespace {

// How many frames are looked through for one of the unit.
constexpr int kMaxFrames = 4;

// Whether it is an exact int that does not fit 64 bits.
bool IsBigInt(PyObject* o) {
  if (o == nullptr || !PyLong_CheckExact(o)) return false;
  int overflow;
  PyLong_AsLongLongAndOverflow(o, &overflow);
  return overflow != 0;
}

// A site that has missed so often will miss again.
constexpr uint8_t kManyMisses = 6;

}  // namespace

PyTypeObject* FixedType(PyTypeObject* type) {
  // The class of a module can change.
  bool fixed = (type->tp_flags & Py_TPFLAGS_IMMUTABLETYPE) != 0 &&
               (type->tp_flags & Py_TPFLAGS_HEAPTYPE) == 0 &&
               type != &PyModule_Type;
  return fixed ? type : nullptr;
}

bool OutlivesCode(PyObject* object) {
  if (object == Py_None || object == Py_True || object == Py_False ||
      object == Py_Ellipsis || object == Py_NotImplemented) {
    return true;
  }
  // Small ints, the empty tuple, strs of one character and the like.
  auto at = reinterpret_cast<uintptr_t>(object);
  auto first = reinterpret_cast<uintptr_t>(&_PyRuntime.global_objects);
  if (at - first < sizeof _PyRuntime.global_objects) return true;
  if (PyType_Check(object)) {
    return (reinterpret_cast<PyTypeObject*>(object)->tp_flags &
            Py_TPFLAGS_HEAPTYPE) == 0;
  }
  if (Py_IS_TYPE(object, &PyMethodDescr_Type) ||
      Py_IS_TYPE(object, &PyWrapperDescr_Type)) {
    // Nothing is taken out of the dict of a static type.
    auto* descr = reinterpret_cast<PyDescrObject*>(object);
    return (descr->d_type->tp_flags & Py_TPFLAGS_HEAPTYPE) == 0 &&
           PyDict_GetItemWithError(descr->d_type->tp_dict, descr->d_name) ==
               object;
  }
  if (!PyCFunction_CheckExact(object)) return false;
  // The interpreter has a copy of the builtins for its own end.
  PyObject* copy = _PyInterpreterState_GET()->builtins_copy;
  auto* function = reinterpret_cast<PyCFunctionObject*>(object);
  return copy != nullptr &&
         PyDict_GetItemString(copy, function->m_ml->ml_name) == object;
}

// --- Types by their versions
// -------------------------------------------------

PyTypeObject* TypeIndex::Find(uint32_t version) {
  if (version == 0) return nullptr;
  if (!filled_) {
    filled_ = true;
    Add(&PyBaseObject_Type);
  }
  auto it = types_.find(version);
  return it == types_.end() ? nullptr : it->second;
}

void TypeIndex::Add(PyTypeObject* type) {
  if (uint32_t version = TypeVersion(type)) {
    // With two bases a type is met twice.
    if (!types_.emplace(version, type).second) return;
  }
  if (type->tp_subclasses == nullptr) return;
  Py_ssize_t position = 0;
  PyObject *key, *reference;
  while (PyDict_Next(type->tp_subclasses, &position, &key, &reference)) {
    PyObject* subclass = PyWeakref_GET_OBJECT(reference);
    if (subclass != Py_None) Add(reinterpret_cast<PyTypeObject*>(subclass));
  }
}

// --- This instruction
// --------------------------------------------------------

bool Builder::DeniedAt(uint32_t instr) const {
  return (options_.denied != nullptr && options_.denied(unit_, instr)) ||
         HasManyMeanings(instr);
}

bool Builder::Failed(Op op) const {
  return options_.failed != nullptr &&
         options_.failed(unit_, at_, pyvm::ir::InfoOf(op).name);
}

bool Builder::HasFailed(Op op) const {
  if (options_.failed == nullptr) return false;
  for (uint32_t i = 0; i < unit_->num_instrs; i += InstrWords(*unit_, i)) {
    if (options_.failed(unit_, i, pyvm::ir::InfoOf(op).name)) return true;
  }
  return false;
}

// Whether a site that is specialised now has been for many others before.
bool Builder::HasManyMeanings(uint32_t instr) const {
  const Instr& in = unit_->instrs[instr];
  Bytecode op = BaseOf(in.op);
  bool site =
      (op > Bytecode::kLOAD_ATTR_ANY && op <= Bytecode::kLOAD_ATTR_NONDATA) ||
      (op > Bytecode::kLOAD_METHOD_ANY && op <= Bytecode::kLOAD_METHOD_CLASS) ||
      (op > Bytecode::kSTORE_ATTR_ANY && op <= Bytecode::kSTORE_ATTR_SLOT) ||
      (op >= Bytecode::kCALL_PY && op <= Bytecode::kCALL_METHOD_PY_LENT);
  return site && unit_->caches()[in.c].misses > kManyMisses;
}

bool Builder::IsCold(const Instr& in) const {
  switch (BaseOf(in.op)) {
    case Bytecode::kBINARY_OP:
    case Bytecode::kLOAD_ITEM:
    case Bytecode::kSTORE_ITEM:
    case Bytecode::kFOR_ITER:
      return true;
    case Bytecode::kLOAD_ATTR:
    case Bytecode::kLOAD_METHOD:
    case Bytecode::kSTORE_ATTR:
    case Bytecode::kLOAD_GLOBAL:
      // The first execution is counted, and specialises nothing.
      return unit_->caches()[in.c].misses == 0;
    default:
      return false;
  }
}

// --- Examples
// ----------------------------------------------------------------

PyObject* Builder::ExampleOf(const Node* node) const {
  return node->id < examples_.size() ? examples_[node->id] : nullptr;
}

void Builder::SetExample(Node* node, PyObject* example) {
  if (example == nullptr) return;
  if (node->id >= examples_.size()) examples_.resize(node->id + 64);
  examples_[node->id] = example;
}

PyObject* Builder::ElementOf(PyObject* sequence) {
  if (sequence == nullptr || Py_TYPE(sequence) == nullptr) return nullptr;
  if (PyList_CheckExact(sequence) && PyList_GET_SIZE(sequence) > 0) {
    return PyList_GET_ITEM(sequence, 0);
  }
  if (PyTuple_CheckExact(sequence) && PyTuple_GET_SIZE(sequence) > 0) {
    return PyTuple_GET_ITEM(sequence, 0);
  }
  return nullptr;
}

void Builder::Expect(Node* node, const PyTypeObject* type) {
  if (type == nullptr) return;
  if (node->id >= expected_.size()) expected_.resize(node->id + 64);
  expected_[node->id] = type;
}

const PyTypeObject* Builder::ElementOf(const Node* node) const {
  if (node->id < elements_.size() && elements_[node->id] != nullptr) {
    return elements_[node->id];
  }
  PyObject* element = ElementOf(ExampleOf(node));
  return element != nullptr ? FixedType(Py_TYPE(element)) : nullptr;
}

void Builder::SetElement(Node* node, const PyTypeObject* type) {
  if (type == nullptr) return;
  if (node->id >= elements_.size()) elements_.resize(node->id + 64);
  elements_[node->id] = type;
}

// What has been denied to ints overflows.
bool Builder::IsBig(const Node* node) const {
  return big_.contains(node) || IsBigInt(ExampleOf(node));
}

bool Builder::IsBig(const Node* node, Operand x) const {
  return IsBig(node) || (KindOf(x) == OperandKind::kLocal && votes_[x].big);
}

void Builder::SetBig(Node* node) { big_.insert(node); }

const PyTypeObject* Builder::Expected(const Node* node) const {
  if (node->type.exact != nullptr) return node->type.exact;
  if (node->id < expected_.size() && expected_[node->id] != nullptr) {
    return expected_[node->id];
  }
  PyObject* example = ExampleOf(node);
  return example != nullptr ? FixedType(Py_TYPE(example)) : nullptr;
}

// What code has learned of the operand of this instruction.
const PyTypeObject* Builder::TypeMet(Operand x) const {
  if (options_.met == nullptr || in_ == nullptr) return nullptr;
  const PyTypeObject* const* types = options_.met(unit_, at_);
  if (types == nullptr) return nullptr;
  Bytecode op = BaseOf(in_->op);
  // The arguments begin with the receiver then.
  if (IsMethodCall(op) && regs_[in_->b] != nullptr) return nullptr;
  for (uint32_t i = 0; i < 2; ++i) {
    Operand place;
    if (IsCall(op)) {
      uint32_t first = IsMethodCall(op) ? 0 : 1;
      if (i >= Cache().num_args) break;
      place = ListOperand(in_, first + i);
    } else if ((op >= Bytecode::kSTORE_ITEM &&
                op <= Bytecode::kSTORE_ITEM_DICT) ||
               JumpTarget(*unit_, at_) >= 0) {
      place = i == 0 ? in_->a : in_->b;
    } else {
      place = i == 0 ? in_->b : in_->c;
    }
    if (place == x) return types[i];
  }
  return nullptr;
}

const PyTypeObject* Builder::Expected(const Node* node, Operand x) const {
  if (const PyTypeObject* type = Expected(node)) return type;
  if (const PyTypeObject* type = TypeMet(x)) return type;
  if (KindOf(x) != OperandKind::kLocal || votes_[x].split) return nullptr;
  return votes_[x].type;
}

// --- Votes: what instructions that have been quickened say of locals

void Builder::Vote(Operand x, PyTypeObject* type, bool written) {
  if (KindOf(x) != OperandKind::kLocal) return;
  Votes& votes = votes_[x];
  if (votes.type != nullptr && votes.type != type) votes.split = true;
  votes.type = type;
  votes.written |= written;
}

void Builder::CountVotes() {
  votes_.assign(unit_->num_registers, {});
  for (uint32_t r = 0; r < unit_->num_locals; ++r) {
    votes_[r].big = IsBigInt(SampleOf(r));
  }
  for (uint32_t i = 0; i < unit_->num_instrs; i += InstrWords(*unit_, i)) {
    const Instr& in = unit_->instrs[i];
    Bytecode op = BaseOf(in.op);
    if (op >= Bytecode::kADD_INT && op <= Bytecode::kRSHIFT_INT) {
      Vote(in.a, &PyLong_Type, /*written=*/true);
      votes_[in.a].big |= DeniedAt(i);
      for (Operand x : {in.b, in.c}) Vote(x, &PyLong_Type);
    } else if (op >= Bytecode::kADD_FLOAT && op <= Bytecode::kTRUEDIV_FLOAT) {
      Vote(in.a, &PyFloat_Type, /*written=*/true);
    } else if (op == Bytecode::kADD_STR) {
      for (Operand x : {in.a, in.b, in.c}) Vote(x, &PyUnicode_Type);
    } else if (op == Bytecode::kFOR_ITER_RANGE) {
      Vote(in.a, &PyLong_Type);
    } else if (op == Bytecode::kLOAD_ITEM_LIST) {
      Vote(in.b, &PyList_Type);
      Vote(in.c, &PyLong_Type);
    } else if (op == Bytecode::kLOAD_ITEM_TUPLE) {
      Vote(in.b, &PyTuple_Type);
      Vote(in.c, &PyLong_Type);
    } else if (op == Bytecode::kLOAD_ITEM_STR) {
      Vote(in.b, &PyUnicode_Type);
      Vote(in.c, &PyLong_Type);
    } else if (op == Bytecode::kSTORE_ITEM_LIST) {
      Vote(in.a, &PyList_Type);
      Vote(in.b, &PyLong_Type);
    }
  }
}

// --- A frame of the unit
// -----------------------------------------------------

namespace {

Frame* FrameNow(const Unit* unit) {
  Frame* frame = _PyThreadState_GET()->cframe->current_frame;
  for (int i = 0; frame != nullptr && i < kMaxFrames; ++i) {
    if (frame->f_code == unit->code) return frame;
    frame = frame->previous;
  }
  return nullptr;
}

}  // namespace

void Builder::FindSample() {
  sample_ = options_.sample;
  sample_temps_ = sample_ != nullptr;
  if (sample_ != nullptr) return;
  if (Frame* frame = FrameNow(unit_)) sample_ = frame->localsplus;
}

PyObject* Builder::SampleOf(uint32_t reg) const {
  if (sample_ == nullptr) return nullptr;
  return reg < unit_->num_locals || sample_temps_ ? sample_[reg] : nullptr;
}

// The version of a dict's keys is its own: what a cache has seen in globals
// tells which dict these were.
bool Builder::HasSeen(PyObject* globals) const {
  if (globals == nullptr || !PyDict_CheckExact(globals)) return false;
  uint32_t version =
      reinterpret_cast<PyDictObject*>(globals)->ma_keys->dk_version;
  if (version == 0) return false;
  for (uint32_t i = 0; i < unit_->num_instrs; i += InstrWords(*unit_, i)) {
    const Instr& in = unit_->instrs[i];
    Bytecode op = BaseOf(in.op);
    if ((op == Bytecode::kLOAD_GLOBAL_MODULE ||
         op == Bytecode::kLOAD_GLOBAL_BUILTIN) &&
        unit_->caches()[in.c].version == version) {
      return true;
    }
  }
  return false;
}

PyObject* Builder::FindGlobals() const {
  PyObject* modules = _PyInterpreterState_GET()->modules;
  if (modules == nullptr || !PyDict_CheckExact(modules)) return nullptr;
  Py_ssize_t position = 0;
  PyObject *name, *module;
  while (PyDict_Next(modules, &position, &name, &module)) {
    if (!PyModule_CheckExact(module)) continue;
    PyObject* dict = reinterpret_cast<PyModuleObject*>(module)->md_dict;
    if (HasSeen(dict)) return dict;
  }
  return nullptr;
}

void Builder::FindNamespaces() {
  PyObject *globals = nullptr, *builtins = nullptr;
  PyObject* function =
      options_.function != nullptr ? ConstantOf(options_.function) : nullptr;
  Frame* frame = options_.function == nullptr ? FrameNow(unit_) : nullptr;
  if (function != nullptr && PyFunction_Check(function)) {
    globals = reinterpret_cast<PyFunctionObject*>(function)->func_globals;
    builtins = reinterpret_cast<PyFunctionObject*>(function)->func_builtins;
  } else if (frame != nullptr) {
    globals = frame->f_globals;
    builtins = frame->f_builtins;
  } else {
    globals = FindGlobals();
    builtins = _PyInterpreterState_GET()->builtins;
  }
  namespaces_known_ = function != nullptr;
  if (globals != nullptr && PyDict_CheckExact(globals)) globals_ = globals;
  if (builtins != nullptr && PyDict_CheckExact(builtins)) {
    builtins_ = builtins;
  }
}

}  // namespace pyvm::ir
