#include "passes/inline/operators.h"

#include <unordered_set>

#include "core/bytecode/unit.h"
#include "core/host/cpython.h"
#include "core/host/frame.h"
#include "core/runtime/attribute.h"
#include "core/runtime/function.h"
#include "core/runtime/polymorphic.h"

namespace pyvm::ir {
namespace {

// The NewObject that makes the instance, or one that may have made it.
const Node* MakerOf(const Node* value, std::unordered_set<const Node*>* seen) {
  value = Function::Find(const_cast<Node*>(value));
  while (value->info().result == Result::same && value->op != Op::kPhi) {
    value = Function::Find(value->inputs[0]);
  }
  if (value->op == Op::kNewObject && value->imm != 0) return value;
  if (value->op == Op::kOperatorDone) return MakerOf(value->inputs[1], seen);
  if (value->op != Op::kPhi || !seen->insert(value).second) return nullptr;
  for (const Node* input : value->inputs) {
    if (const Node* maker = MakerOf(input, seen)) return maker;
  }
  return nullptr;
}

PyObject* NameOf(const Node& operation) {
  PyObject* const comparisons[] = {&_Py_ID(__lt__), &_Py_ID(__le__),
                                   &_Py_ID(__eq__), &_Py_ID(__ne__),
                                   &_Py_ID(__gt__), &_Py_ID(__ge__)};
  switch (operation.op) {
    case Op::kCompare:
    case Op::kCompareBool:
      return comparisons[operation.imm];
    case Op::kNegative:
      return &_Py_ID(__neg__);
    default:
      return nullptr;
  }
}

class Rewriter {
 public:
  Rewriter(Function* function, Node* operation)
      : function_(*function), operation_(operation) {}

  Node* Insert(Op op, std::initializer_list<Node*> inputs, int64_t imm = 0,
               const void* ptr = nullptr) {
    bool has_state = InfoOf(op).HasState();
    Node* node =
        function_.NewNode(op, inputs, has_state ? operation_->state : nullptr);
    node->imm = imm;
    node->ptr = ptr;
    Function::InsertBefore(operation_, node);
    return node;
  }

  Node* Run(PyObject* method, uint32_t type_version, uint32_t version,
            Unit* unit) {
    bool compares =
        operation_->op == Op::kCompare || operation_->op == Op::kCompareBool;
    Node* left = operation_->inputs[0];
    Node* known = Insert(Op::kGuardVersion, {left}, type_version);
    Node* right = nullptr;
    if (compares) {
      right = operation_->inputs[1];
      Insert(Op::kGuardVersion, {right}, type_version);
    }
    known = Insert(Op::kKnown, {known}, 0, method);
    known->type.exact = &PyFunction_Type;
    Node* callee = Insert(Op::kGuardFunction, {known}, version, method);
    Insert(Op::kIncRef, {callee});
    Insert(Op::kIncRef, {left});
    Node* call;
    Node* result;
    if (compares) {
      Insert(Op::kIncRef, {right});
      call = Insert(Op::kCallFunction, {callee, left, right}, version, unit);
      bool truth = operation_->op == Op::kCompareBool;
      result = Insert(truth ? Op::kCompareTruth : Op::kCompareDone,
                      {call, left, right}, operation_->imm);
    } else {
      result = call = Insert(Op::kCallFunction, {callee, left}, version, unit);
    }
    function_.Replace(operation_, result);
    return call;
  }

 private:
  Function& function_;
  Node* const operation_;
};

}  // namespace

Node* CallMethodOf(Function* function, Node* operation) {
  PyObject* name = NameOf(*operation);
  if (name == nullptr || operation->catches) return nullptr;
  const FrameState& state = *operation->state;
  if (function->denied && function->denied(state.unit, state.instr)) {
    return nullptr;
  }
  std::unordered_set<const Node*> seen;
  const Node* maker = MakerOf(operation->inputs[0], &seen);
  if (maker == nullptr) return nullptr;
  auto* type = static_cast<PyTypeObject*>(const_cast<void*>(maker->ptr));
  if (TypeVersion(type) != maker->imm) return nullptr;
  PyObject* method = FindSpecial(type, name);
  if (method == nullptr || !Py_IS_TYPE(method, &PyFunction_Type)) {
    return nullptr;
  }
  auto* python = reinterpret_cast<PyFunctionObject*>(method);
  Unit* unit = UnitOf(reinterpret_cast<PyCodeObject*>(python->func_code));
  uint32_t version = FunctionVersion(python);
  bool compares =
      operation->op == Op::kCompare || operation->op == Op::kCompareBool;
  if (unit == nullptr || !unit->simple_args || version == 0 ||
      SharesVersion(python) || unit->arg_count != (compares ? 2u : 1u)) {
    return nullptr;
  }
  return Rewriter(function, operation)
      .Run(method, static_cast<uint32_t>(maker->imm), version, unit);
}

}  // namespace pyvm::ir
