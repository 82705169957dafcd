// Calls of functions, classes and methods of CPython's.
#include <cstring>
#include <string_view>

#include "core/runtime/array.h"
#include "core/runtime/attribute.h"
#include "core/runtime/instance.h"
#include "core/runtime/polymorphic.h"
#include "passes/ir/builder_impl.h"
#include "passes/ir/pure_functions.h"

namespace pyvm::ir {
namespace {

bool IsBuiltinFunction(PyObject* o) {
  if (!PyCFunction_CheckExact(o)) return false;
  PyObject* module = reinterpret_cast<PyCFunctionObject*>(o)->m_module;
  return module != nullptr && PyUnicode_Check(module) &&
         _PyUnicode_EqualToASCIIString(module, "builtins");
}

}  // namespace

bool Builder::CallBuiltin(Bytecode op) {
  switch (op) {
    case Bytecode::kCALL_LEN:
      return CallLen();
    case Bytecode::kCALL_TYPE_VECTOR:
      return CallRange();
    case Bytecode::kCALL_LIST_APPEND:
      return CallListAppend();
    default:
      return false;
  }
}

bool Builder::CallLen() {
  GuardConstant(Read(ListOperand(in_, 0)),
                _PyInterpreterState_GET()->callable_cache.len);
  Operand x = ListOperand(in_, 1);
  Node* o = Read(x);
  const PyTypeObject* type = Expected(o, x);
  Node* size = SizeOf(o, type);
  if (size == nullptr) size = Call(Op::kLength, {o});
  Borrow(ListOperand(in_, 0));
  Borrow(x);
  Finish(in_->a, Emit(Op::kBoxInt, {size}));
  return true;
}

bool Builder::CallIsinstance() {
  if (Failed(Op::kGuardIs)) return false;
  GuardConstant(Read(ListOperand(in_, 0)),
                _PyInterpreterState_GET()->callable_cache.isinstance);
  Node* o = Read(ListOperand(in_, 1));
  Node* cls = Read(ListOperand(in_, 2));
  Node* is = Denied() ? Call(Op::kIsInstance, {o, cls})
                      : Guard(Op::kIsPlainInstance, {o, cls});
  for (uint32_t i = 0; i < 3; ++i) Borrow(ListOperand(in_, i));
  FinishBool(in_->a, is);
  return true;
}

// A function or class of the module builtins that is called by its own name;
// null for all else.
PyObject* Builder::BuiltinOf(const CallShape& shape) {
  if (shape.has_self || Keywords() != nullptr) return nullptr;
  PyObject* callable = ExampleOf(Read(shape.callable));
  if (callable == nullptr) return nullptr;
  if (Py_IS_TYPE(callable, &PyType_Type)) return callable;
  return IsBuiltinFunction(callable) ? callable : nullptr;
}

// That it is called; false if it can be seen that it is not.
bool Builder::GuardBuiltin(const CallShape& shape, PyObject* builtin) {
  Node* callable = Read(shape.callable);
  if (PyType_Check(builtin)) {
    GuardConstant(callable, builtin);
    return true;
  }
  if (callable->type.exact != nullptr &&
      callable->type.exact != &PyCFunction_Type) {
    return false;
  }
  Guard(Op::kGuardBuiltin, {GuardType(callable, &PyCFunction_Type)}, 0,
        reinterpret_cast<PyCFunctionObject*>(builtin)->m_ml);
  return true;
}

void Builder::FinishBuiltin(const CallShape& shape, Node* result) {
  Borrow(shape.callable);
  for (uint32_t i = 0; i < shape.num_args; ++i) {
    Borrow(ListOperand(in_, shape.first + i));
  }
  Finish(in_->a, result);
}

bool Builder::CallNumbers(const CallShape& shape) {
  PyObject* builtin = BuiltinOf(shape);
  if (builtin == nullptr) return false;
  if (!PyType_Check(builtin)) {
    std::string_view name =
        reinterpret_cast<PyCFunctionObject*>(builtin)->m_ml->ml_name;
    if (name == "abs") return CallAbs(shape, builtin);
    bool max = name == "max";
    return (max || name == "min") && CallExtreme(shape, builtin, max);
  }
  if (builtin == reinterpret_cast<PyObject*>(&PyLong_Type) ||
      builtin == reinterpret_cast<PyObject*>(&PyFloat_Type) ||
      builtin == reinterpret_cast<PyObject*>(&PyUnicode_Type)) {
    return CallConversion(shape, reinterpret_cast<PyTypeObject*>(builtin));
  }
  return false;
}

// int(), float() or str() of what is one already, or of another number.
bool Builder::CallConversion(const CallShape& shape, PyTypeObject* to) {
  if (shape.num_args != 1) return false;
  Operand x = ListOperand(in_, shape.first);
  const PyTypeObject* from = Expected(Read(x), x);
  if (from == to) {
    GuardConstant(Read(shape.callable), reinterpret_cast<PyObject*>(to));
    Node* same = Own(GuardType(Read(x), to));
    FinishBuiltin(shape, same);
    return true;
  }
  bool to_int = to == &PyLong_Type && from == &PyFloat_Type;
  bool to_float =
      to == &PyFloat_Type && from == &PyLong_Type && CanBeInt(Read(x));
  if (!to_int && !to_float) return false;
  GuardConstant(Read(shape.callable), reinterpret_cast<PyObject*>(to));
  Node* number = AsFloat(Read(x), x);
  if (to_int) {
    number = Emit(Op::kBoxInt, {Guard(Op::kFloatToInt, {number})});
  } else {
    number = Emit(Op::kBoxFloat, {number});
  }
  FinishBuiltin(shape, number);
  return true;
}

// A class of which instances have been made, if it is the only one that has the
// method as a Python function of `self` alone.
bool Builder::FindOnlyMethod(Node* self, PyObject* name, Operator* found) {
  auto add = [&](PyTypeObject* type) {
    PyObject* method = type == nullptr ? nullptr : FindSpecial(type, name);
    Callee callee;
    if (method == nullptr || !FindFunction(method, &callee) ||
        callee.function == nullptr || callee.unit->arg_count != 1) {
      return true;
    }
    uint32_t version = TypeVersion(type);
    bool first = found->type_version == 0 || found->type_version == version;
    *found = {version, callee};
    return first;
  };
  if (PyObject* example = ExampleOf(self)) {
    add(Py_TYPE(example));
    return found->type_version != 0;
  }
  for (const InstancePool& pool : instance_pools) {
    if (!add(TypeOf(pool.version))) return false;
  }
  return found->type_version != 0;
}

bool Builder::CallAbsOfObject(const CallShape& shape, PyObject* builtin) {
  if (!GuardBuiltin(shape, builtin)) return false;
  Operand x = ListOperand(in_, shape.first);
  Operator method = {};
  Node* function = nullptr;
  if (FindOnlyMethod(Read(x), &_Py_ID(__abs__), &method)) {
    const Callee& callee = method.callee;
    Node* known = Guard(Op::kGuardVersion, {Read(x)}, method.type_version);
    function = Guard(Op::kGuardFunction, {Known(known, callee.function)},
                     callee.version, callee.function);
  }
  // What is called takes the references.
  Node* callable = Read(shape.callable);
  Node* taken = Take(x);
  if (function != nullptr) Own(function);
  if (KindOf(shape.callable) == OperandKind::kTemp) {
    regs_[RegisterOf(shape.callable)] = nullptr;
    Release(callable);
  }
  Finish(in_->a, function == nullptr
                     ? Call(Op::kAbs, {taken})
                     : Call(Op::kCallFunction, {function, taken},
                            method.callee.version, method.callee.unit));
  return true;
}

bool Builder::CallAbs(const CallShape& shape, PyObject* builtin) {
  if (shape.num_args != 1) return false;
  Operand x = ListOperand(in_, shape.first);
  const PyTypeObject* type = Expected(Read(x), x);
  if (type == nullptr) return CallAbsOfObject(shape, builtin);
  bool is_int = type == &PyLong_Type && CanBeInt(Read(x));
  if ((!is_int && (type != &PyFloat_Type || !CanBeFloat(Read(x)))) ||
      !GuardBuiltin(shape, builtin)) {
    return false;
  }
  Node* number =
      is_int
          ? Emit(Op::kBoxInt, {Guard(Op::kAbsInt, {AsInt(Read(x))})})
          : Emit(Op::kBoxFloat, {Emit(Op::kAbsFloat, {AsFloat(Read(x), x)})});
  FinishBuiltin(shape, number);
  return true;
}

// min() or max() of numbers of one kind: the first of those that nothing is
// less or greater than.
bool Builder::CallExtreme(const CallShape& shape, PyObject* builtin, bool max) {
  if (shape.num_args < 2) return false;
  const PyTypeObject* type = nullptr;
  for (uint32_t i = 0; i < shape.num_args; ++i) {
    Operand x = ListOperand(in_, shape.first + i);
    const PyTypeObject* expected = Expected(Read(x), x);
    if (type == nullptr) type = expected;
    bool fits = expected == &PyLong_Type
                    ? CanBeInt(Read(x)) && !IsBig(Read(x), x)
                    : expected == &PyFloat_Type;
    if (!fits || expected != type) return false;
  }
  if (!GuardBuiltin(shape, builtin)) return false;
  bool ints = type == &PyLong_Type;
  auto number = [&](Operand x) {
    return ints ? AsInt(Read(x)) : AsFloat(Read(x), x);
  };
  Operand x = ListOperand(in_, shape.first);
  Node* best = number(x);
  Node* object = Read(x);
  auto cond = static_cast<int64_t>(max ? Cond::kGt : Cond::kLt);
  for (uint32_t i = 1; i < shape.num_args; ++i) {
    x = ListOperand(in_, shape.first + i);
    Node* value = number(x);
    Sides sides = Branch(EmitImm(ints ? Op::kCompareInt : Op::kCompareFloat,
                                 {value, best}, cond));
    Block* after = f_->NewBlock();
    for (Block* side : {sides.yes, sides.no}) {
      Enter(side);
      Emit(Op::kJump);
      f_->AddEdge(block_, after);
    }
    Enter(after);
    auto meet = [&](Node* yes, Node* no) {
      Node* phi = Make(Op::kPhi, {yes, no}, nullptr);
      phi->type = Join(yes->type, no->type);
      Append(phi);
      phis_.push_back(phi);
      return phi;
    };
    Node* next = Read(x);
    object = next == object ? object : meet(next, object);
    best = value == best ? best : meet(value, best);
  }
  FinishBuiltin(shape, Own(object));
  return true;
}

// A range that a loop iterates over need not exist.
bool Builder::CallRange() {
  auto* range = reinterpret_cast<PyObject*>(&PyRange_Type);
  Node* callable = Read(ListOperand(in_, 0));
  uint32_t n = Cache().num_args;
  const Instr& next = unit_->instrs[next_];
  if (ExampleOf(callable) != range || n < 1 || n > 3 || Cache().keywords != 0 ||
      BaseOf(next.op) != Bytecode::kGET_ITER || next.b != TempOperand(in_->a) ||
      IsLeader(next_)) {
    return false;
  }
  for (uint32_t i = 1; i <= n; ++i) {
    Operand x = ListOperand(in_, i);
    const PyTypeObject* type = Expected(Read(x), x);
    if (!CanBeInt(Read(x)) || (type != nullptr && type != &PyLong_Type)) {
      return false;
    }
  }
  GuardConstant(callable, range);
  auto arg = [&](uint32_t i) { return AsInt(Read(ListOperand(in_, i))); };
  Node* start = n == 1 ? ConstantInt(0) : arg(1);
  Node* stop = arg(n == 1 ? 1 : 2);
  Node* step = n == 3 ? arg(3) : ConstantInt(1);
  if (n == 3 && (step->op != Op::kConstInt || step->imm == 0)) {
    Guard(Op::kGuardTrue, {EmitImm(Op::kCompareInt, {step, ConstantInt(0)},
                                   static_cast<int64_t>(Cond::kNe))});
  }
  Node* iterator = Emit(Op::kRangeIter, {start, stop, step});
  iterator->type.exact = &PyRangeIter_Type;
  for (uint32_t i = 0; i <= n; ++i) Borrow(ListOperand(in_, i));
  Finish(next.a, iterator);
  ++next_;
  return true;
}

bool Builder::CallSqrt(const CallShape& shape) {
  if (shape.num_args != 1 || shape.has_self || Keywords() != nullptr) {
    return false;
  }
  Node* callable = Read(shape.callable);
  PyObject* example = ExampleOf(callable);
  if (example == nullptr || !PyCFunction_CheckExact(example)) return false;
  auto* function = reinterpret_cast<PyCFunctionObject*>(example);
  if (std::strcmp(function->m_ml->ml_name, "sqrt") != 0 ||
      function->m_module == nullptr || !PyUnicode_Check(function->m_module) ||
      !_PyUnicode_EqualToASCIIString(function->m_module, "math")) {
    return false;
  }
  Operand x = ListOperand(in_, shape.first);
  const PyTypeObject* type = Expected(Read(x), x);
  if (!CanBeFloat(Read(x)) ||
      (type != nullptr && type != &PyFloat_Type && type != &PyLong_Type)) {
    return false;
  }
  if (callable->type.exact != nullptr &&
      callable->type.exact != &PyCFunction_Type) {
    return false;
  }
  Guard(Op::kGuardBuiltin, {GuardType(callable, &PyCFunction_Type)}, 0,
        function->m_ml);
  Node* root = Guard(Op::kSqrtFloat, {AsFloat(Read(x), x)});
  Borrow(shape.callable);
  Borrow(x);
  Finish(in_->a, Emit(Op::kBoxFloat, {root}));
  return true;
}

bool Builder::CallListAppend() {
  CallShape shape;
  if (!FindShape(Bytecode::kCALL_METHOD_PY, &shape) || !shape.has_self) {
    return false;
  }
  Node* list = Read(TempOperand(in_->b + 1u));
  if (list->type.exact != nullptr && list->type.exact != &PyList_Type) {
    return false;
  }
  GuardConstant(Read(shape.callable),
                _PyInterpreterState_GET()->callable_cache.list_append);
  list = GuardType(list, &PyList_Type);
  Borrow(shape.callable);
  Borrow(TempOperand(in_->b + 1u));
  Node* item = Take(ListOperand(in_, 0));
  Call(Op::kAppendList, {list, item});
  FinishWithNone();
  return true;
}

void Builder::FinishWithNone() {
  const Instr& next = unit_->instrs[next_];
  if (next.op == ConcreteOp(Bytecode::kDROP, TempOperand(0)) &&
      next.a == TempOperand(in_->a) && !IsLeader(next_)) {
    FinishWithout();
    ++next_;
  } else {
    FinishLent(in_->a, Constant(Py_None));
  }
}

// That an argument is what a pure function wants; false if it is not likely to
// be.
bool Builder::GuardArgument(Operand x, char kind) {
  Node* node = Read(x);
  const PyTypeObject* type = Expected(node, x);
  switch (kind) {
    case 'a':
      return true;
    case 'i':
      if (type == &PyLong_Type) break;
      return false;
    case 'f':
      if (type == &PyFloat_Type) break;
      return false;
    default:
      if (type == &PyList_Type || type == &PyTuple_Type) break;
      return false;
  }
  GuardType(node, const_cast<PyTypeObject*>(type));
  return true;
}

bool Builder::CallPure(const CallShape& shape) {
  PyObject* callable = ExampleOf(Read(shape.callable));
  const PureFunction* pure = callable == nullptr ? nullptr : FindPure(callable);
  if (pure == nullptr || Keywords() != nullptr ||
      shape.has_self != (pure->type != nullptr) ||
      !Takes(*pure, shape.num_args)) {
    return false;
  }
  PyMethodDef* method;
  Node* self;
  if (shape.has_self) {
    self = Read(TempOperand(in_->b + 1u));
    if (ConstantOf(Read(shape.callable)) != callable ||
        self->type.exact != pure->type) {
      return false;
    }
    method = reinterpret_cast<PyMethodDescrObject*>(callable)->d_method;
  } else {
    self = Read(shape.callable);
    if (self->type.exact != nullptr && self->type.exact != &PyCFunction_Type) {
      return false;
    }
    method = reinterpret_cast<PyCFunctionObject*>(callable)->m_ml;
  }
  for (uint32_t i = 0; i < shape.num_args; ++i) {
    if (!GuardArgument(ListOperand(in_, shape.first + i),
                       KindOfArgument(*pure, i))) {
      return false;
    }
  }
  if (!shape.has_self) {
    self = Guard(Op::kGuardBuiltin, {GuardType(self, &PyCFunction_Type)}, 0,
                 method);
  }
  std::vector<Node*> inputs = {self};
  for (uint32_t i = 0; i < shape.num_args; ++i) {
    inputs.push_back(Read(ListOperand(in_, shape.first + i)));
  }
  Node* result = Make(Op::kCallPure, inputs, Before());
  result->ptr = method;
  result->type.exact = pure->result;
  Append(result);
  if (pure->result == &PyList_Type) SetElement(result, &PyUnicode_Type);
  Borrow(shape.callable);
  if (shape.has_self) Borrow(TempOperand(in_->b + 1u));
  for (uint32_t i = 0; i < shape.num_args; ++i) {
    Borrow(ListOperand(in_, shape.first + i));
  }
  Finish(in_->a, result);
  return true;
}

// Methods that need no code of others.
bool Builder::CallMethodOfC(const CallShape& shape) {
  if (!shape.has_self || Keywords() != nullptr) return false;
  PyObject* callable = ConstantOf(Read(shape.callable));
  Operand receiver = TempOperand(in_->b + 1u);
  Node* self = Read(receiver);
  if (callable == nullptr || !Py_IS_TYPE(callable, &PyMethodDescr_Type)) {
    return false;
  }
  auto* method = reinterpret_cast<PyMethodDescrObject*>(callable);
  const PyTypeObject* type = method->d_common.d_type;
  if (self->type.exact != type) return false;
  std::string_view name = method->d_method->ml_name;
  if (type == &PyDict_Type && name == "get") return CallDictGet(shape);
  if (type == &PyList_Type && name == "pop" && shape.num_args == 0) {
    Node* item = Guard(Op::kPopList, {self});
    SetExample(item, ElementOf(ExampleOf(self)));
    Expect(item, ElementOf(self));
    Borrow(shape.callable);
    Borrow(receiver);
    Finish(in_->a, item);
    return true;
  }
  if (type == &PySet_Type && name == "add" && shape.num_args == 1) {
    Operand key = ListOperand(in_, shape.first);
    if (!CanBeKey(Expected(Read(key), key))) return false;
    Guard(Op::kAddSet, {self, Read(key)});
    for (Operand x : {shape.callable, receiver, key}) Borrow(x);
    FinishWithNone();
    return true;
  }
  if ((type == &PyGen_Type || type == &PyCoro_Type) && name == "send" &&
      shape.num_args == 1) {
    Node* value = Take(ListOperand(in_, shape.first));
    Borrow(shape.callable);
    Borrow(receiver);
    Finish(in_->a, Call(Op::kSendMethod, {self, value}));
    return true;
  }
  return false;
}

bool Builder::CallNext(const CallShape& shape) {
  if (shape.num_args != 1) return false;
  PyObject* builtin = BuiltinOf(shape);
  Operand x = ListOperand(in_, shape.first);
  if (builtin == nullptr || PyType_Check(builtin) ||
      std::strcmp(reinterpret_cast<PyCFunctionObject*>(builtin)->m_ml->ml_name,
                  "next") != 0 ||
      Expected(Read(x), x) != &PyGen_Type || !GuardBuiltin(shape, builtin)) {
    return false;
  }
  Node* generator = GuardType(Read(x), &PyGen_Type);
  Borrow(shape.callable);
  Borrow(x);
  Node* none = Own(Constant(Py_None));
  Finish(in_->a, Call(Op::kSendMethod, {generator, none}));
  return true;
}

bool Builder::CallDictGet(const CallShape& shape) {
  if (shape.num_args != 1 && shape.num_args != 2) return false;
  Operand receiver = TempOperand(in_->b + 1u);
  Node* found = FindKey(receiver, ListOperand(in_, shape.first));
  if (found == nullptr) return false;
  Node* other = shape.num_args == 1 ? Constant(Py_None)
                                    : Read(ListOperand(in_, shape.first + 1));
  Sides sides = Branch(Emit(Op::kIsSame, {found, NullNode()}));
  Block* after = f_->NewBlock();
  Enter(sides.yes);
  Own(other);
  Emit(Op::kJump);
  f_->AddEdge(block_, after);
  Enter(sides.no);
  Node* full = Emit(Op::kAssumeFull, {found});
  full->type.nullable = false;
  Own(full);
  Emit(Op::kJump);
  f_->AddEdge(block_, after);
  Enter(after);
  Node* inputs[] = {other, full};
  Node* result = Make(Op::kPhi, inputs, nullptr);
  result->type = Join(other->type, full->type);
  Append(result);
  phis_.push_back(result);
  const PyTypeObject* type = Expected(other);
  if (type != Py_TYPE(Py_None)) Expect(result, type);
  Borrow(shape.callable);
  Borrow(receiver);
  for (uint32_t i = 0; i < shape.num_args; ++i) {
    Borrow(ListOperand(in_, shape.first + i));
  }
  Finish(in_->a, result);
  return true;
}

}  // namespace pyvm::ir
