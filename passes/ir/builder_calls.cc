// Calls.
#include <algorithm>
#include <cstring>
#include <string_view>

#include "core/host/frame.h"
#include "core/host/host.h"
#include "core/runtime/attribute.h"
#include "core/runtime/function.h"
#include "core/runtime/instance.h"
#include "core/runtime/number.h"
#include "core/runtime/polymorphic.h"
#include "passes/ir/builder_impl.h"
#include "passes/ir/pure_functions.h"

namespace pyvm::ir {
namespace {

// An object that nobody can see die, and that refers to no others.
bool IsAtom(PyObject* object) {
  return PyLong_CheckExact(object) || PyFloat_CheckExact(object) ||
         PyUnicode_CheckExact(object) || PyBytes_CheckExact(object);
}

}  // namespace

bool Builder::Calls(Bytecode op) {
  if (!IsCall(op)) return false;
  CallShape shape;
  if (!FindShape(op, &shape)) {
    CallEither(op);
    return true;
  }
  if (CallOneOfSome(shape)) return true;
  if (op == Bytecode::kCALL_ISINSTANCE && CallIsinstance()) return true;
  if (!Denied()) {
    if (CallBuiltin(op) || CallNumbers(shape) || CallSqrt(shape) ||
        CallNext(shape) || CallMethodOfC(shape) || CallPlainClass(shape) ||
        CallPure(shape) || CallKnown(op, shape)) {
      return true;
    }
  }
  // Instances are made faster by the handler than by the class.
  if (op == Bytecode::kCALL_CLASS && options_.function == nullptr) return false;
  CallGeneric(op, shape);
  return true;
}

bool Builder::FindShape(Bytecode op, CallShape* shape) {
  shape->num_args = Cache().num_args;
  if (!IsMethodCall(op)) {
    shape->callable = ListOperand(in_, 0);
    shape->first = 1;
    return true;
  }
  Node* function = regs_[in_->b];
  if (function == nullptr || function->op == Op::kNull) {
    shape->callable = TempOperand(in_->b + 1u);
    return true;
  }
  if (function->type.nullable) {
    bool python = op == Bytecode::kCALL_METHOD_PY ||
                  op == Bytecode::kCALL_METHOD_PY_TEMPS ||
                  op == Bytecode::kCALL_METHOD_PY_LENT;
    if (!python || Denied()) return false;
    Refine(function, Guard(Op::kGuardFull, {function}));
  }
  shape->callable = TempOperand(in_->b);
  shape->has_self = true;
  return true;
}

// LOAD_METHOD has left either a function and its receiver, or a callable alone.
void Builder::CallEither(Bytecode op) {
  uint32_t num_args = Cache().num_args;
  // Whatever reading makes of registers holds on both sides.
  for (uint32_t i = 0; i < num_args; ++i) Read(ListOperand(in_, i));
  Node* function = regs_[in_->b];
  Sided sided = BeginSides();
  Sides sides = Branch(Emit(Op::kIsSame, {function, NullNode()}));
  Enter(sides.yes);
  regs_[in_->b] = nullptr;
  CallGeneric(op, {.callable = TempOperand(in_->b + 1u), .num_args = num_args});
  EndSide(&sided);
  Enter(sides.no);
  Node* full = Emit(Op::kAssumeFull, {function});
  full->type.nullable = false;
  Refine(function, full);
  CallGeneric(op, {.callable = TempOperand(in_->b),
                   .has_self = true,
                   .num_args = num_args});
  EndSide(&sided);
  MeetSides(sided);
}

bool Builder::CallPlainClass(const CallShape& shape) {
  if (shape.num_args != 0 || shape.has_self) return false;
  Node* callable = Read(shape.callable);
  PyObject* example = ExampleOf(callable);
  if (example == nullptr || !Py_IS_TYPE(example, &PyType_Type) ||
      (callable->type.exact != nullptr &&
       callable->type.exact != &PyType_Type)) {
    return false;
  }
  auto* cls = reinterpret_cast<PyTypeObject*>(example);
  uint32_t version = TypeVersion(cls);
  if (version == 0 || cls->tp_new != PyBaseObject_Type.tp_new ||
      cls->tp_init != PyBaseObject_Type.tp_init ||
      (cls->tp_flags & Py_TPFLAGS_HEAPTYPE) == 0 ||
      (cls->tp_flags & Py_TPFLAGS_IS_ABSTRACT) != 0) {
    return false;
  }
  Guard(Op::kGuardClass, {GuardType(callable, &PyType_Type)}, version);
  Borrow(shape.callable);
  Finish(in_->a, Call(Op::kNewObject, {}, 0, example));
  return true;
}

PyObject* Builder::Keywords() const {
  uint32_t keywords = Cache().keywords;
  return keywords == 0 ? nullptr : unit_->pool[-static_cast<int64_t>(keywords)];
}

// That it is an object that outlives the code. Others are known by their
// versions: at their addresses other objects may come to lie.
Node* Builder::GuardConstant(Node* node, PyObject* object) {
  if (ConstantOf(node) == object) return node;
  Node* guarded = Guard(Op::kGuardIs, {node}, 0, object);
  Refine(node, guarded);
  return guarded;
}

void Builder::CallGeneric(Bytecode op, const CallShape& shape) {
  Node* callable = Read(shape.callable);
  // Of a builtin that is known, more can be made.
  PyObject* example = ExampleOf(callable);
  bool specialised =
      op >= Bytecode::kCALL_STR && op <= Bytecode::kCALL_C_VECTOR;
  if (specialised && example != nullptr && !Denied() &&
      callable->op == Op::kLoadEntry && OutlivesCode(example)) {
    GuardConstant(callable, example);
  }
  std::vector<Node*> inputs = {Borrow(shape.callable)};
  if (shape.has_self) inputs.push_back(Borrow(TempOperand(in_->b + 1u)));
  for (uint32_t i = 0; i < shape.num_args; ++i) {
    inputs.push_back(Borrow(ListOperand(in_, shape.first + i)));
  }
  Node* result = Call(Op::kCall, inputs, 0, Keywords());
  ExpectInstance(result, callable, inputs.size() > 1 ? inputs[1] : nullptr);
  Finish(in_->a, result);
}

// --- Python functions
// --------------------------------------------------------

bool Builder::FindFunction(PyObject* function, Callee* callee) const {
  if (function == nullptr || !Py_IS_TYPE(function, &PyFunction_Type)) {
    return false;
  }
  auto* func = reinterpret_cast<PyFunctionObject*>(function);
  Unit* unit = UnitOf(reinterpret_cast<PyCodeObject*>(func->func_code));
  if (unit == nullptr || !unit->simple_args) return false;
  uint32_t version = FunctionVersion(func);
  // By a version that others share, it is not known which of them it is.
  *callee = {version, unit, SharesVersion(func) ? nullptr : function};
  return callee->version != 0;
}

bool Builder::FindCallee(Bytecode op, const CallShape& shape,
                         Callee* callee) const {
  const InlineCache& cache = Cache();
  PyObject* example =
      ExampleOf(regs_[KindOf(shape.callable) == OperandKind::kConst
                          ? 0
                          : RegisterOf(shape.callable)]);
  bool cached =
      (op >= Bytecode::kCALL_PY && op <= Bytecode::kCALL_METHOD_PY_LENT);
  Callee seen;
  bool known = FindFunction(example, &seen);
  if (!cached) {
    if (!known) return false;
    *callee = seen;
    return true;
  }
  auto* unit = reinterpret_cast<Unit*>(cache.value);
  if (cache.version == 0 || !IsUnit(unit)) return false;
  *callee = {cache.version, unit, nullptr};
  if (known && seen.version == cache.version) callee->function = seen.function;
  return true;
}

bool Builder::Bind(const Callee& callee, uint32_t given,
                   std::vector<int32_t>* from) const {
  uint32_t count = callee.unit->arg_count;
  PyObject* names = Keywords();
  uint32_t keywords =
      names == nullptr ? 0 : static_cast<uint32_t>(PyTuple_GET_SIZE(names));
  if (given > count) return false;
  if (given == count && keywords == 0) {
    for (uint32_t i = 0; i < count; ++i) {
      from->push_back(static_cast<int32_t>(i));
    }
    return true;
  }
  if (callee.function == nullptr) return false;
  constexpr int32_t kNone = INT32_MIN;
  from->assign(count, kNone);
  uint32_t positional = given - keywords;
  for (uint32_t i = 0; i < positional; ++i)
    (*from)[i] = static_cast<int32_t>(i);
  const PyCodeObject* code = callee.unit->code;
  for (uint32_t k = 0; k < keywords; ++k) {
    uint32_t i = static_cast<uint32_t>(code->co_posonlyargcount);
    while (i < count && PyTuple_GET_ITEM(code->co_localsplusnames, i) !=
                            PyTuple_GET_ITEM(names, k)) {
      ++i;
    }
    if (i == count || (*from)[i] != kNone) return false;
    (*from)[i] = static_cast<int32_t>(positional + k);
  }
  PyObject* defaults =
      reinterpret_cast<PyFunctionObject*>(callee.function)->func_defaults;
  auto num_defaults = defaults == nullptr
                          ? 0u
                          : static_cast<uint32_t>(PyTuple_GET_SIZE(defaults));
  for (uint32_t i = 0; i < count; ++i) {
    if ((*from)[i] != kNone) continue;
    if (i + num_defaults < count) return false;
    (*from)[i] = -1 - static_cast<int32_t>(i + num_defaults - count);
  }
  return true;
}

PyObject* Builder::DefaultOf(const Callee& callee, int32_t source) {
  return PyTuple_GET_ITEM(
      reinterpret_cast<PyFunctionObject*>(callee.function)->func_defaults,
      -1 - source);
}

void Builder::TakeParameters(const CallShape& shape, const Callee& callee,
                             const std::vector<int32_t>& from, Node* self,
                             Node* function, std::vector<Node*>* inputs) {
  std::vector<Node*> given;
  if (self != nullptr) given.push_back(self);
  for (uint32_t i = 0; i < shape.num_args; ++i) {
    given.push_back(Take(ListOperand(in_, shape.first + i)));
  }
  for (int32_t source : from) {
    if (source >= 0) {
      inputs->push_back(given[static_cast<size_t>(source)]);
      continue;
    }
    PyObject* value = DefaultOf(callee, source);
    if (function == nullptr && !OutlivesCode(value)) f_->kept.push_back(value);
    inputs->push_back(
        Own(function != nullptr ? Known(function, value) : Constant(value)));
  }
}

Node* Builder::TakeFunction(Operand callable, const Callee& callee) {
  Node* node = Read(callable);
  Node* function =
      Guard(Op::kGuardFunction, {node}, callee.version, callee.function);
  Refine(node, function);
  // Its frame has the reference. The function has this code until it is called,
  // since nothing runs before.
  Take(callable);
  return function;
}

bool Builder::CallKnown(Bytecode op, const CallShape& shape) {
  if (op == Bytecode::kCALL_CLASS) return CallClass();
  Callee callee;
  std::vector<int32_t> from;
  if (!FindCallee(op, shape, &callee) ||
      !Bind(callee, shape.num_args + (shape.has_self ? 1 : 0), &from)) {
    return false;
  }
  Node* function = TakeFunction(shape.callable, callee);
  std::vector<Node*> inputs = {function};
  Node* self = shape.has_self ? Take(TempOperand(in_->b + 1u)) : nullptr;
  TakeParameters(shape, callee, from, self, function, &inputs);
  Finish(in_->a, Call(Op::kCallFunction, inputs, callee.version, callee.unit));
  return true;
}

// Python functions that the tables for sites with many types know as methods of
// that name.
std::vector<Builder::Callee> Builder::MethodsOfName(PyObject* name) {
  std::vector<Callee> methods;
  for (const PolymorphicEntry& entry :
       polymorphic[static_cast<int>(Lookup::kMethod)]) {
    if (entry.name != name ||
        (entry.meaning != PolymorphicEntry::kFixed &&
         entry.meaning != PolymorphicEntry::kFixedPastKeys)) {
      continue;
    }
    PyTypeObject* type = TypeOf(entry.version);
    Callee callee;
    if (type == nullptr || _PyType_Lookup(type, name) != entry.value ||
        !FindFunction(entry.value, &callee)) {
      continue;
    }
    bool known = std::any_of(
        methods.begin(), methods.end(),
        [&](const Callee& m) { return m.version == callee.version; });
    if (!known) methods.push_back(callee);
  }
  return methods;
}

// A call of a method that has been found in the tables: each function that it
// may be is called by a call of its own, so that it can be inlined.
bool Builder::CallOneOfSome(const CallShape& shape) {
  constexpr size_t kMaxMethods = 4;
  if (!shape.has_self) return false;
  Node* callable = Read(shape.callable);
  const Node* found = callable;
  while (found->op == Op::kGuardFull || found->op == Op::kAssumeFull) {
    found = found->inputs[0];
  }
  if (found->op != Op::kFindMethod) return false;
  std::vector<Callee> methods = MethodsOfName(found->object());
  if (methods.empty() || methods.size() > kMaxMethods) return false;
  std::vector<std::vector<int32_t>> from(methods.size());
  for (size_t i = 0; i < methods.size(); ++i) {
    if (!Bind(methods[i], shape.num_args + 1, &from[i])) return false;
  }
  // Whatever reading makes of registers holds on all sides.
  for (uint32_t i = 0; i < shape.num_args; ++i) {
    Read(ListOperand(in_, shape.first + i));
  }
  Sided sided = BeginSides();
  for (size_t i = 0; i < methods.size(); ++i) {
    Sides sides =
        Branch(EmitImm(Op::kIsFunction, {callable}, methods[i].version));
    Enter(sides.yes);
    Node* function = TakeFunction(shape.callable, methods[i]);
    std::vector<Node*> inputs = {function};
    Node* self = Take(TempOperand(in_->b + 1u));
    TakeParameters(shape, methods[i], from[i], self, function, &inputs);
    Finish(in_->a, Call(Op::kCallFunction, inputs, methods[i].version,
                        methods[i].unit));
    EndSide(&sided);
    Enter(sides.no);
  }
  CallGeneric(Bytecode::kCALL_METHOD, shape);
  EndSide(&sided);
  MeetSides(sided);
  return true;
}

// --- Operators

std::vector<Builder::Operator> Builder::OperatorsOf(Node* left,
                                                    uint32_t oparg) {
  constexpr size_t kMaxTypes = 3;
  std::vector<Operator> operators;
  auto add = [&](PyTypeObject* type) {
    PyObject* method = type == nullptr ? nullptr : OperatorMethod(type, oparg);
    Callee callee;
    if (method == nullptr || !FindFunction(method, &callee) ||
        callee.function == nullptr || callee.unit->arg_count != 2) {
      return;
    }
    uint32_t version = TypeVersion(type);
    bool known = std::any_of(
        operators.begin(), operators.end(),
        [=](const Operator& o) { return o.type_version == version; });
    if (!known && version != 0) operators.push_back({version, callee});
  };
  PyObject* example = ExampleOf(left);
  if (example != nullptr) add(Py_TYPE(example));
  for (const InstancePool& pool : instance_pools) add(TypeOf(pool.version));
  if (operators.size() > kMaxTypes) operators.clear();
  return operators;
}

// What CPython's binary_op1 does where the left operand's type has the operator
// as a Python function, and the right one is of the same type or a number: it
// asks nobody else.
bool Builder::BinaryPython() {
  Node* left = Read(in_->b);
  Node* right = Read(in_->c);
  if (Denied() || left->type.exact != nullptr ||
      Expected(left, in_->b) != nullptr) {
    return false;
  }
  uint32_t oparg = SourceArg();
  std::vector<Operator> operators = OperatorsOf(left, oparg);
  if (operators.empty()) return false;
  const PyTypeObject* number = Expected(right, in_->c);
  if (number != nullptr && number != &PyFloat_Type && number != &PyLong_Type) {
    return false;
  }
  if (number != nullptr) {
    right = GuardType(right, const_cast<PyTypeObject*>(number));
  }
  Sided sided = BeginSides();
  Block* rest = f_->NewBlock();
  auto go_to_rest = [&](Block* from) {
    Enter(from);
    Emit(Op::kJump);
    f_->AddEdge(block_, rest);
  };
  for (const auto& [version, callee] : operators) {
    Sides sides = Branch(EmitImm(Op::kHasVersion, {left}, version));
    Enter(sides.yes);
    if (number == nullptr) {
      Sides same = Branch(EmitImm(Op::kHasVersion, {right}, version));
      go_to_rest(same.no);
      Enter(same.yes);
    }
    Node* function = Guard(Op::kGuardFunction, {Known(left, callee.function)},
                           callee.version, callee.function);
    Borrow(in_->b);
    Borrow(in_->c);
    Node* inputs[] = {Own(function), Own(left), Own(right)};
    Node* result = Call(Op::kCallFunction, inputs, callee.version, callee.unit);
    Node* done[] = {result, left, right};
    Finish(in_->a, Call(Op::kOperatorDone, done, oparg));
    EndSide(&sided);
    Enter(sides.no);
  }
  go_to_rest(block_);
  Enter(rest);
  BinaryGeneric();
  EndSide(&sided);
  MeetSides(sided);
  return true;
}

bool Builder::CallClass() {
  const InlineCache& cache = Cache();
  CallShape shape;
  FindShape(Bytecode::kCALL_CLASS, &shape);
  PyTypeObject* cls = TypeOf(cache.version);
  if (cls == nullptr || Py_TYPE(cls) != &PyType_Type ||
      cls->tp_new != PyBaseObject_Type.tp_new) {
    return false;
  }
  PyObject* init = _PyType_Lookup(cls, &_Py_ID(__init__));
  Callee callee;
  std::vector<int32_t> from;
  if (init != cache.value || !FindFunction(init, &callee) ||
      !Bind(callee, shape.num_args + 1, &from)) {
    return false;
  }
  // Code may run while the instance is made: the defaults may be others' then.
  // Numbers and strs the code can keep, and nobody sees it.
  for (int32_t source : from) {
    PyObject* value = source < 0 ? DefaultOf(callee, source) : Py_None;
    if (!OutlivesCode(value) && !IsAtom(value)) return false;
  }
  Node* callable = Read(shape.callable);
  if (callable->type.exact != nullptr && callable->type.exact != &PyType_Type) {
    return false;
  }
  callable = Guard(Op::kGuardClass, {GuardType(callable, &PyType_Type)},
                   cache.version);
  Node* function =
      Guard(Op::kGuardFunction, {Known(callable, init)}, callee.version, init);
  // It may have got another by the time that it is called.
  f_->kept.push_back(reinterpret_cast<PyObject*>(callee.unit->code));
  // The window has room for it in the meantime.
  regs_[in_->b] = Own(function);
  Node* self =
      Call(Op::kNewObject, {}, 0, reinterpret_cast<const PyObject*>(cls));
  // It waits in the window for __init__ to end.
  regs_[in_->b] = self;
  if (KindOf(shape.callable) == OperandKind::kTemp) {
    regs_[RegisterOf(shape.callable)] = nullptr;
    Release(callable);
  }
  std::vector<Node*> inputs = {function};
  Own(self);
  TakeParameters(shape, callee, from, self, nullptr, &inputs);
  Node* result = Call(Op::kCallFunction, inputs, callee.version, callee.unit);
  Call(Op::kInitDone, {result});
  regs_[in_->b] = nullptr;
  Finish(in_->a, self);
  return true;
}

}  // namespace pyvm::ir
