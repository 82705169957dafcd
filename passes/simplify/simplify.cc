#include "passes/simplify/simplify.h"

#include <bit>
#include <cmath>
#include <optional>

#include "core/bytecode/python.h"
#include "passes/ir/edit.h"

namespace pyvm::ir {
namespace {

std::optional<int64_t> IntOf(const Node* node) {
  if (node->op != Op::kConstInt) return std::nullopt;
  return node->imm;
}
std::optional<double> FloatOf(const Node* node) {
  if (node->op != Op::kConstFloat) return std::nullopt;
  return std::bit_cast<double>(node->imm);
}
std::optional<bool> BoolOf(const Node* node) {
  if (node->op != Op::kConstBool) return std::nullopt;
  return node->imm != 0;
}

// The type of a constant, if it is a static one that it cannot change.
const PyTypeObject* TypeOfConstant(const Node* node) {
  PyTypeObject* type = Py_TYPE(node->object());
  bool fixed =
      (type->tp_flags & Py_TPFLAGS_HEAPTYPE) == 0 && type != &PyModule_Type;
  return fixed ? type : nullptr;
}

std::optional<bool> Compare(Cond cond, auto a, auto b) {
  switch (cond) {
    case Cond::kLt:
      return a < b;
    case Cond::kLe:
      return a <= b;
    case Cond::kEq:
      return a == b;
    case Cond::kNe:
      return a != b;
    case Cond::kGt:
      return a > b;
    case Cond::kGe:
      return a >= b;
  }
  return std::nullopt;
}

Cond Inverse(Cond cond) {
  constexpr Cond kInverse[] = {Cond::kGe, Cond::kGt, Cond::kNe,
                               Cond::kEq, Cond::kLe, Cond::kLt};
  return kInverse[static_cast<int>(cond)];
}

std::optional<int64_t> Arithmetic(Op op, int64_t a, int64_t b) {
  int64_t result;
  switch (op) {
    case Op::kAddInt:
      if (__builtin_add_overflow(a, b, &result)) return std::nullopt;
      return result;
    case Op::kSubInt:
      if (__builtin_sub_overflow(a, b, &result)) return std::nullopt;
      return result;
    case Op::kMulInt:
      if (__builtin_mul_overflow(a, b, &result)) return std::nullopt;
      return result;
    case Op::kFloorDivInt:
      if (b <= 0) return std::nullopt;
      return a / b - (a % b < 0 ? 1 : 0);
    case Op::kModInt:
      if (b <= 0) return std::nullopt;
      return a % b + (a % b < 0 ? b : 0);
    case Op::kAndInt:
      return a & b;
    case Op::kOrInt:
      return a | b;
    case Op::kXorInt:
      return a ^ b;
    case Op::kLshiftInt:
      if (b < 0 || b > 62 ||
          __builtin_mul_overflow(a, int64_t{1} << b, &result))
        return std::nullopt;
      return result;
    case Op::kRshiftInt:
      if (b < 0) return std::nullopt;
      return a >> (b > 63 ? 63 : b);
    default:
      return std::nullopt;
  }
}

class Simplifier {
 public:
  explicit Simplifier(Function* function) : function_(function) {}

  uint32_t Run() {
    uint32_t before;
    do {
      before = changes_;
      for (Block* block : function_->blocks()) {
        for (Node* node : NodesOf(block)) Visit(node);
      }
      // Blocks that cannot be reached any more give phis no inputs.
      if (edges_gone_) function_->ComputeDominators();
      edges_gone_ = false;
    } while (changes_ != before);
    return changes_;
  }

 private:
  void Visit(Node* node) {
    for (Node*& input : node->inputs) input = Function::Find(input);
    node_ = node;
    Node* with = Value();
    if (with == nullptr || with == node) return;
    function_->Replace(node, with);
    ++changes_;
  }
  Node* Input(size_t i) const { return node_->inputs[i]; }
  Node* Int(int64_t v) const { return NewConstInt(function_, node_, v); }
  Node* Float(double v) const { return NewConstFloat(function_, node_, v); }
  Node* Bool(bool v) const { return NewConstBool(function_, node_, v); }
  Node* New(Op op, std::initializer_list<Node*> inputs, int64_t imm = 0,
            const void* ptr = nullptr) const {
    Node* node = function_->NewNode(op, inputs);
    node->imm = imm;
    node->ptr = ptr;
    Function::InsertBefore(node_, node);
    return node;
  }
  void Drop() {
    Function::Remove(node_);
    ++changes_;
  }

  // What the node can be replaced with, or null.
  Node* Value() {
    switch (node_->op) {
      case Op::kConst:
        if (node_->type.exact == nullptr) {
          node_->type.exact = TypeOfConstant(node_);
        }
        return nullptr;
      case Op::kPhi:
        return Phi();
      case Op::kBranch:
        Branch();
        return nullptr;
      case Op::kDropRef:
        if (Input(0)->op == Op::kNull) Drop();
        return nullptr;
      case Op::kXDecRef:
        if (Input(0)->op == Op::kNull) {
          Drop();
        } else if (!Input(0)->type.nullable) {
          node_->op = Op::kDecRef;
          ++changes_;
        }
        return nullptr;
      case Op::kUnboxInt:
      case Op::kUnboxFloat:
      case Op::kUnboxBool:
        return Unbox();
      case Op::kGuardType:
      case Op::kGuardFull:
      case Op::kGuardIs:
      case Op::kAssumeFull:
        return Guard();
      case Op::kGuardEmpty:
        if (Input(0)->op == Op::kNull) Drop();
        return nullptr;
      case Op::kGuardTrue:
        if (BoolOf(Input(0)) == true) Drop();
        return nullptr;
      case Op::kIsTrue:
        return IsTrue();
      case Op::kNot:
        return Not();
      case Op::kIsSame:
        return IsSame();
      case Op::kCompareTruth:
        return CompareTruth();
      case Op::kCompareDone:
      case Op::kOperatorDone:
        // Of a class that is known, or made here: not NotImplemented.
        return Input(0)->type.exact != nullptr || Input(0)->op == Op::kNewObject
                   ? Input(0)
                   : nullptr;
      case Op::kInitDone:
        // None, and nobody else: its reference is given back.
        if (OwnerOf(Input(0))->op == Op::kConst &&
            OwnerOf(Input(0))->ptr == Py_None) {
          node_->op = Op::kDecRef;
          ++changes_;
        }
        return nullptr;
      default:
        return Number();
    }
  }

  // A phi of one value and itself, guards on itself included.
  Node* Phi() {
    Node* only = nullptr;
    for (Node* input : node_->inputs) {
      if (OwnerOf(input) == node_) continue;
      if (only != nullptr && input != only) return nullptr;
      only = input;
    }
    return only;
  }

  void Branch() {
    Block* block = node_->block;
    Node* test = Input(0);
    if (std::optional<bool> value = BoolOf(test)) {
      RemoveEdge(block, *value ? 1 : 0);
      edges_gone_ = true;
      ++changes_;
    } else if (test->op == Op::kNot && block->succs[0] != block->succs[1]) {
      node_->inputs[0] = Function::Find(test->inputs[0]);
      std::swap(block->succs[0], block->succs[1]);
      ++changes_;
    }
  }

  Node* Unbox() {
    Node* box = OwnerOf(Input(0));
    Op made_by = node_->op == Op::kUnboxInt     ? Op::kBoxInt
                 : node_->op == Op::kUnboxFloat ? Op::kBoxFloat
                                                : Op::kBoxBool;
    if (box->op == made_by) return Function::Find(box->inputs[0]);
    if (box->op != Op::kConst) return nullptr;
    PyObject* object = box->object();
    if (node_->op == Op::kUnboxInt && PyLong_CheckExact(object)) {
      int overflow = 0;
      long long value = PyLong_AsLongLongAndOverflow(object, &overflow);
      return overflow == 0 ? Int(value) : nullptr;
    }
    if (node_->op == Op::kUnboxFloat && PyFloat_CheckExact(object)) {
      return Float(PyFloat_AS_DOUBLE(object));
    }
    if (node_->op == Op::kUnboxBool && PyBool_Check(object)) {
      return Bool(object == Py_True);
    }
    return nullptr;
  }

  Node* Guard() {
    Node* value = Input(0);
    switch (node_->op) {
      case Op::kGuardType:
        if (value->type.exact == node_->ptr && !value->type.nullable) {
          return value;
        }
        node_->type.exact = static_cast<const PyTypeObject*>(node_->ptr);
        return nullptr;
      case Op::kGuardFull:
      case Op::kAssumeFull:
        return value->type.nullable ? nullptr : value;
      default:
        return OwnerOf(value)->op == Op::kConst &&
                       OwnerOf(value)->ptr == node_->ptr
                   ? value
                   : nullptr;
    }
  }

  Node* IsTrue() {
    Node* value = OwnerOf(Input(0));
    const PyTypeObject* type = Input(0)->type.exact;
    switch (value->op) {
      case Op::kBoxBool:
        return Function::Find(value->inputs[0]);
      case Op::kBoxInt:
        return New(Op::kCompareInt, {Function::Find(value->inputs[0]), Int(0)},
                   static_cast<int64_t>(Cond::kNe));
      case Op::kBoxFloat:
        return New(Op::kCompareFloat,
                   {Function::Find(value->inputs[0]), Float(0)},
                   static_cast<int64_t>(Cond::kNe));
      case Op::kConst:
        if (value->ptr == Py_True) return Bool(true);
        if (value->ptr == Py_False || value->ptr == Py_None) return Bool(false);
        return nullptr;
      default:
        if (type != &PyBool_Type) return nullptr;
        return New(Op::kIsSame, {value, New(Op::kConst, {}, 0, Py_True)});
    }
  }

  // Of a bool, whose reference is given back.
  Node* CompareTruth() {
    Node* value = Input(0);
    if (value->type.exact != &PyBool_Type) return nullptr;
    Node* truth =
        OwnerOf(value)->op == Op::kBoxBool
            ? Function::Find(OwnerOf(value)->inputs[0])
            : New(Op::kIsSame, {value, New(Op::kConst, {}, 0, Py_True)});
    Node* release = function_->NewNode(Op::kDecRef, {value}, node_->state);
    Function::InsertBefore(node_, release);
    return truth;
  }

  Node* Not() {
    Node* value = Input(0);
    if (std::optional<bool> known = BoolOf(value)) return Bool(!*known);
    if (value->op == Op::kNot) return Function::Find(value->inputs[0]);
    bool equality = value->cond() == Cond::kEq || value->cond() == Cond::kNe;
    // Not of floats: a comparison with a NaN and its inverse are both false.
    if (value->op == Op::kCompareInt ||
        (value->op == Op::kCompareFloat && equality)) {
      return New(
          value->op,
          {Function::Find(value->inputs[0]), Function::Find(value->inputs[1])},
          static_cast<int64_t>(Inverse(value->cond())));
    }
    return nullptr;
  }

  Node* IsSame() {
    Node* a = OwnerOf(Input(0));
    Node* b = OwnerOf(Input(1));
    if (a == b) return Bool(true);
    if (a->op == Op::kConst && b->op == Op::kConst) {
      return Bool(a->ptr == b->ptr);
    }
    const Type &at = Input(0)->type, &bt = Input(1)->type;
    if ((a->op == Op::kNull && !bt.nullable) ||
        (b->op == Op::kNull && !at.nullable)) {
      return Bool(false);
    }
    if (!at.nullable && !bt.nullable && at.exact != nullptr &&
        bt.exact != nullptr && at.exact != bt.exact) {
      return Bool(false);
    }
    if (a->op == Op::kConst) std::swap(a, b);
    if (a->op == Op::kBoxBool && b->op == Op::kConst) {
      Node* value = Function::Find(a->inputs[0]);
      if (b->ptr == Py_True) return value;
      if (b->ptr == Py_False) return New(Op::kNot, {value});
    }
    return nullptr;
  }

  Node* Number() {
    if (node_->inputs.size() == 1) {
      Node* x = Input(0);
      if (node_->op == Op::kIntToFloat && IntOf(x)) {
        auto value = static_cast<double>(*IntOf(x));
        bool exact = std::abs(value) <= 9007199254740992.0;
        return exact ? Float(value) : nullptr;
      }
      if (node_->op == Op::kNegInt && IntOf(x) && *IntOf(x) != INT64_MIN) {
        return Int(-*IntOf(x));
      }
      if (node_->op == Op::kNegFloat && FloatOf(x)) return Float(-*FloatOf(x));
      return nullptr;
    }
    if (node_->inputs.size() != 2) return nullptr;
    Node *a = Input(0), *b = Input(1);
    if (IntOf(a) && IntOf(b)) {
      if (node_->op == Op::kCompareInt) {
        return Bool(*Compare(node_->cond(), *IntOf(a), *IntOf(b)));
      }
      std::optional<int64_t> value =
          Arithmetic(node_->op, *IntOf(a), *IntOf(b));
      return value ? Int(*value) : nullptr;
    }
    if (FloatOf(a) && FloatOf(b)) return FloatResult(*FloatOf(a), *FloatOf(b));
    switch (node_->op) {
      case Op::kAddInt:
        if (IntOf(a) == 0) return b;
        return IntOf(b) == 0 ? a : nullptr;
      case Op::kSubInt:
        return IntOf(b) == 0 ? a : nullptr;
      case Op::kMulInt:
        if (IntOf(a) == 1) return b;
        return IntOf(b) == 1 ? a : nullptr;
      case Op::kCompareInt:
        return a == b ? Bool(*Compare(node_->cond(), 0, 0)) : nullptr;
      default:
        return nullptr;
    }
  }
  Node* FloatResult(double a, double b) {
    switch (node_->op) {
      case Op::kAddFloat:
        return Float(a + b);
      case Op::kSubFloat:
        return Float(a - b);
      case Op::kMulFloat:
        return Float(a * b);
      case Op::kDivFloat:
        return b != 0 ? Float(a / b) : nullptr;
      case Op::kCompareFloat:
        return Bool(*Compare(node_->cond(), a, b));
      default:
        return nullptr;
    }
  }

  Function* function_;
  Node* node_ = nullptr;
  uint32_t changes_ = 0;
  bool edges_gone_ = false;
};

uint32_t Run(Function& function, const PassContext&) {
  return Simplifier(&function).Run();
}

}  // namespace

constinit const Pass kSimplifyPass = {
    "simplify",
    "folds constants, boxes that are unboxed, guards on what is known, phis of "
    "one value",
    Run,
    {}};

}  // namespace pyvm::ir
