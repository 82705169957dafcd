// Arithmetic, comparisons and truth.
#include "passes/ir/builder_impl.h"

namespace pyvm::ir {
namespace {

// In the order of opcodes.def.
constexpr Op kIntOps[] = {
    Op::kAddInt, Op::kSubInt, Op::kMulInt, Op::kFloorDivInt, Op::kModInt,
    Op::kAndInt, Op::kOrInt,  Op::kXorInt, Op::kLshiftInt,   Op::kRshiftInt};
constexpr Op kFloatOps[] = {Op::kAddFloat, Op::kSubFloat, Op::kMulFloat,
                            Op::kDivFloat};

// False for an int that needs more than 64 bits.
bool Fits(PyObject* number, int64_t* value) {
  int overflow;
  *value = PyLong_AsLongLongAndOverflow(number, &overflow);
  return overflow == 0;
}

// Whether its object is there to be read while code is built.
bool IsGiven(const Node* node) {
  return node->op == Op::kConst || node->op == Op::kKnown;
}

}  // namespace

bool Builder::Numbers(Bytecode op) {
  if (op >= Bytecode::kADD_INT && op <= Bytecode::kRSHIFT_INT) {
    BinaryInt(op);
    return true;
  }
  if (op >= Bytecode::kADD_FLOAT && op <= Bytecode::kTRUEDIV_FLOAT) {
    BinaryFloat(op);
    return true;
  }
  if (op >= Bytecode::kCOMPARE_LT && op <= Bytecode::kCOMPARE_GE) {
    auto cond = static_cast<Cond>(static_cast<int>(op) -
                                  static_cast<int>(Bytecode::kCOMPARE_LT));
    if (Node* b = CompareTyped(in_->b, in_->c, cond)) {
      Borrow(in_->b);
      Borrow(in_->c);
      FinishBool(in_->a, b);
      return true;
    }
    Node* left = Borrow(in_->b);
    Node* right = Borrow(in_->c);
    Finish(in_->a,
           Call(Op::kCompare, {left, right}, static_cast<int64_t>(cond)));
    return true;
  }
  switch (op) {
    case Bytecode::kBINARY_OP:
    case Bytecode::kBINARY_OP_ANY:
      if (!PowerFloat() && !BinaryBool() && !BinaryPython()) BinaryGeneric();
      return true;
    case Bytecode::kADD_STR:
      return AddStr();
    case Bytecode::kUNARY_NEGATIVE:
    case Bytecode::kUNARY_INVERT:
    case Bytecode::kUNARY_NOT:
      Unary(op);
      return true;
    case Bytecode::kIS:
    case Bytecode::kIS_NOT: {
      Node* same = Emit(Op::kIsSame, {Borrow(in_->b), Borrow(in_->c)});
      FinishBool(in_->a, op == Bytecode::kIS ? same : Emit(Op::kNot, {same}));
      return true;
    }
    case Bytecode::kCONTAINS:
    case Bytecode::kNOT_CONTAINS: {
      Node* found = Contains(in_->b, in_->c);
      Borrow(in_->b);
      Borrow(in_->c);
      FinishBool(in_->a,
                 op == Bytecode::kCONTAINS ? found : Emit(Op::kNot, {found}));
      return true;
    }
    default:
      return false;
  }
}

// --- Values of boxes
// ---------------------------------------------------------

bool Builder::CanBeInt(const Node* node) const {
  if (node->type.exact != nullptr && node->type.exact != &PyLong_Type) {
    return false;
  }
  int64_t unused;
  return !IsGiven(node) ||
         (node->type.exact == &PyLong_Type && Fits(node->object(), &unused));
}

bool Builder::CanBeFloat(const Node* node) const {
  return node->type.exact == &PyFloat_Type || CanBeInt(node);
}

Node* Builder::GuardType(Node* node, PyTypeObject* type) {
  if (node->type.exact == type) return node;
  Node* guarded = Guard(Op::kGuardType, {node}, 0, type);
  Refine(node, guarded);
  return guarded;
}

Node* Builder::AsInt(Node* node) {
  if (IsGiven(node)) {
    int64_t value = 0;
    Fits(node->object(), &value);
    return ConstantInt(value);
  }
  if (node->op == Op::kBoxInt) return node->inputs[0];
  return Guard(Op::kUnboxInt, {GuardType(node, &PyLong_Type)});
}

Node* Builder::AsFloat(Node* node, Operand x) {
  if (IsGiven(node)) {
    if (node->type.exact == &PyFloat_Type) {
      return ConstantFloat(PyFloat_AS_DOUBLE(node->object()));
    }
    int64_t value = 0;
    Fits(node->object(), &value);
    if (value > -(int64_t{1} << 53) && value < int64_t{1} << 53) {
      return ConstantFloat(static_cast<double>(value));
    }
  }
  if (Expected(node, x) == &PyLong_Type) {
    return Guard(Op::kIntToFloat, {AsInt(node)});
  }
  if (node->op == Op::kBoxFloat) return node->inputs[0];
  return Guard(Op::kUnboxFloat, {GuardType(node, &PyFloat_Type)});
}

// --- Arithmetic
// --------------------------------------------------------------

uint32_t Builder::SourceArg() const {
  return _Py_OPARG(reinterpret_cast<_Py_CODEUNIT*>(
      unit_->first_code_unit)[unit_->PositionOf(in_)]);
}

Node* Builder::BinaryGeneric() {
  Node* left = Borrow(in_->b);
  Node* right = Borrow(in_->c);
  Node* result = Call(Op::kBinary, {left, right}, SourceArg());
  // A list may be repeated, or appended to.
  SetElement(result, ElementOf(left));
  if (left->type.exact == &PyList_Type) Expect(result, &PyList_Type);
  Finish(in_->a, result);
  return result;
}

// Sums and differences of bools and ints.
bool Builder::BinaryBool() {
  uint32_t oparg = SourceArg();
  bool add = oparg == NB_ADD || oparg == NB_INPLACE_ADD;
  bool subtract = oparg == NB_SUBTRACT || oparg == NB_INPLACE_SUBTRACT;
  if (Denied() || (!add && !subtract)) return false;
  bool bools = false;
  for (Operand x : {in_->b, in_->c}) {
    const PyTypeObject* type = Expected(Read(x), x);
    bool is_bool = type == &PyBool_Type;
    bools |= is_bool;
    if (!is_bool &&
        (type != &PyLong_Type || !CanBeInt(Read(x)) || IsBig(Read(x), x))) {
      return false;
    }
  }
  if (!bools) return false;
  auto number = [this](Operand x) {
    if (Expected(Read(x), x) != &PyBool_Type) return AsInt(Read(x));
    return Emit(Op::kBoolToInt, {Truth(Read(x))});
  };
  Node* left = number(in_->b);
  Node* right = number(in_->c);
  Node* value = Guard(add ? Op::kAddInt : Op::kSubInt, {left, right});
  Borrow(in_->b);
  Borrow(in_->c);
  Finish(in_->a, Emit(Op::kBoxInt, {value}));
  return true;
}

// A power of floats, or of one and an int that is known.
bool Builder::PowerFloat() {
  uint32_t arg = SourceArg();
  if ((arg != NB_POWER && arg != NB_INPLACE_POWER) || Denied()) return false;
  Node* x = Read(in_->b);
  Node* y = Read(in_->c);
  auto fits = [&](Node* node, Operand operand) {
    const PyTypeObject* type = Expected(node, operand);
    return type == &PyFloat_Type
               ? CanBeFloat(node)
               : type == &PyLong_Type && IsGiven(node) && CanBeInt(node);
  };
  bool floats = Expected(x, in_->b) == &PyFloat_Type ||
                Expected(y, in_->c) == &PyFloat_Type;
  if (!floats || !fits(x, in_->b) || !fits(y, in_->c)) return false;
  Node* base = AsFloat(x, in_->b);
  Node* exponent = AsFloat(Read(in_->c), in_->c);
  Node* result = Guard(Op::kPowFloat, {base, exponent});
  Borrow(in_->b);
  Borrow(in_->c);
  Finish(in_->a, Emit(Op::kBoxFloat, {result}));
  return true;
}

// On ints of any size. False if others have been met, or errors.
bool Builder::BinaryBig(bool small) {
  auto can = [](const Node* node) {
    return node->type.exact == nullptr || node->type.exact == &PyLong_Type;
  };
  if (Failed(Op::kGuardType) || Failed(Op::kBinaryBig) || !can(Read(in_->b)) ||
      !can(Read(in_->c))) {
    return false;
  }
  Node* left = GuardType(Read(in_->b), &PyLong_Type);
  Node* right = GuardType(Read(in_->c), &PyLong_Type);
  // Registers may have been refined.
  left = Read(in_->b);
  Node* result = Guard(Op::kBinaryBig, {left, right}, SourceArg());
  Borrow(in_->b);
  Borrow(in_->c);
  small ? Expect(result, &PyLong_Type) : SetBig(result);
  Finish(in_->a, result);
  return true;
}

Node* Builder::CompareBig(Node* left, Node* right, Cond cond) {
  if (Failed(Op::kGuardType)) return nullptr;
  left = GuardType(left, &PyLong_Type);
  right = GuardType(right, &PyLong_Type);
  return EmitImm(Op::kCompareBig, {left, right}, static_cast<int64_t>(cond));
}

void Builder::BinaryInt(Bytecode op) {
  Node* x = Read(in_->b);
  Node* y = Read(in_->c);
  bool x_fits = CanBeInt(x) && !IsBig(x, in_->b);
  bool y_fits = CanBeInt(y) && !IsBig(y, in_->c);
  if (Denied() || !x_fits || !y_fits) {
    // A mask or a modulus brings it back.
    bool small = (op == Bytecode::kAND_INT && (x_fits || y_fits)) ||
                 (op == Bytecode::kMOD_INT && y_fits);
    if (BinaryBig(small)) return;
    Node* result = BinaryGeneric();
    small ? Expect(result, &PyLong_Type) : SetBig(result);
    return;
  }
  Node* left = AsInt(Read(in_->b));
  Node* right = AsInt(Read(in_->c));
  Op ir = kIntOps[static_cast<int>(op) - static_cast<int>(Bytecode::kADD_INT)];
  Node* value = ir == Op::kAndInt || ir == Op::kOrInt || ir == Op::kXorInt
                    ? Emit(ir, {left, right})
                    : Guard(ir, {left, right});
  Borrow(in_->b);
  Borrow(in_->c);
  Finish(in_->a, Emit(Op::kBoxInt, {value}));
}

void Builder::BinaryFloat(Bytecode op) {
  Node* x = Read(in_->b);
  Node* y = Read(in_->c);
  // Of two ints the result is an int, but for a quotient.
  bool ints = op != Bytecode::kTRUEDIV_FLOAT &&
              Expected(x, in_->b) == &PyLong_Type &&
              Expected(y, in_->c) == &PyLong_Type;
  if (Denied() || ints || !CanBeFloat(x) || !CanBeFloat(y)) {
    BinaryGeneric();
    return;
  }
  Node* left = AsFloat(x, in_->b);
  Node* right = AsFloat(Read(in_->c), in_->c);
  Node* result;
  if (op == Bytecode::kTRUEDIV_FLOAT) {
    result = Guard(Op::kDivFloat, {left, right});
  } else {
    result = Emit(kFloatOps[static_cast<int>(op) -
                            static_cast<int>(Bytecode::kADD_FLOAT)],
                  {left, right});
  }
  Borrow(in_->b);
  Borrow(in_->c);
  Finish(in_->a, Emit(Op::kBoxFloat, {result}));
}

void Builder::Unary(Bytecode op) {
  Node* x = Read(in_->b);
  const PyTypeObject* type = Denied() ? nullptr : Expected(x, in_->b);
  if (op == Bytecode::kUNARY_NOT) {
    Node* truth = Truth(x);
    Borrow(in_->b);
    return FinishBool(in_->a, Emit(Op::kNot, {truth}));
  }
  if (type == &PyLong_Type && CanBeInt(x)) {
    Node* value = AsInt(x);
    value = op == Bytecode::kUNARY_NEGATIVE
                ? Guard(Op::kNegInt, {value})
                : Emit(Op::kXorInt, {value, ConstantInt(-1)});
    Borrow(in_->b);
    return Finish(in_->a, Emit(Op::kBoxInt, {value}));
  }
  if (op == Bytecode::kUNARY_INVERT) return RunHandler();
  if (type == &PyFloat_Type && CanBeFloat(x)) {
    Node* value = Emit(Op::kNegFloat, {AsFloat(x, in_->b)});
    Borrow(in_->b);
    return Finish(in_->a, Emit(Op::kBoxFloat, {value}));
  }
  Borrow(in_->b);
  Finish(in_->a, Call(Op::kNegative, {x}));
}

// --- Comparison and truth
// ----------------------------------------------------

Node* Builder::CompareTyped(Operand x, Operand y, Cond cond) {
  Node* left = Read(x);
  Node* right = Read(y);
  if (Denied() || IsBig(left, x) || IsBig(right, y)) {
    bool ints =
        Expected(left, x) == &PyLong_Type && Expected(right, y) == &PyLong_Type;
    return ints ? CompareBig(left, right, cond) : nullptr;
  }
  const PyTypeObject* a = Expected(left, x);
  const PyTypeObject* b = Expected(right, y);
  // What one is, the other is likely to be.
  if (a == nullptr) a = b;
  if (b == nullptr) b = a;
  auto imm = static_cast<int64_t>(cond);
  if (a == &PyLong_Type && b == &PyLong_Type) {
    if (!CanBeInt(left) || !CanBeInt(right)) return nullptr;
    Node* l = AsInt(left);
    return EmitImm(Op::kCompareInt, {l, AsInt(Read(y))}, imm);
  }
  auto is_number = [](const PyTypeObject* type) {
    return type == &PyFloat_Type || type == &PyLong_Type;
  };
  if (is_number(a) && is_number(b)) {
    if (!CanBeFloat(left) || !CanBeFloat(right)) return nullptr;
    Node* l = AsFloat(left, x);
    return EmitImm(Op::kCompareFloat, {l, AsFloat(Read(y), y)}, imm);
  }
  if (a == &PyUnicode_Type && b == &PyUnicode_Type &&
      (cond == Cond::kEq || cond == Cond::kNe)) {
    auto can = [](const Node* node) {
      return node->type.exact == nullptr || node->type.exact == &PyUnicode_Type;
    };
    if (!can(left) || !can(right)) return nullptr;
    left = GuardType(left, &PyUnicode_Type);
    right = GuardType(Read(y), &PyUnicode_Type);
    Node* equal = Emit(Op::kEqualStr, {left, right});
    return cond == Cond::kEq ? equal : Emit(Op::kNot, {equal});
  }
  return nullptr;
}

Node* Builder::CompareAny(Operand x, Operand y, Cond cond) {
  if (Node* b = CompareTyped(x, y, cond)) return b;
  return Call(Op::kCompareBool, {Read(x), Read(y)}, static_cast<int64_t>(cond));
}

Node* Builder::Truth(Node* node) {
  const PyTypeObject* type = Denied() ? node->type.exact : Expected(node);
  if (node->op == Op::kConst) {
    PyObject* object = node->object();
    if (object == Py_None || object == Py_False || object == Py_True) {
      return EmitImm(Op::kConstBool, {}, object == Py_True);
    }
  }
  if (node->op == Op::kBoxBool) return node->inputs[0];
  if (type == &PyBool_Type) {
    return Guard(Op::kUnboxBool, {GuardType(node, &PyBool_Type)});
  }
  auto compare = [&](Op op, Node* value, Node* zero) {
    return EmitImm(op, {value, zero}, static_cast<int64_t>(Cond::kNe));
  };
  if (type == &PyLong_Type && CanBeInt(node) && !Denied() && !IsBig(node)) {
    return compare(Op::kCompareInt, AsInt(node), ConstantInt(0));
  }
  if (Expected(node) == &PyLong_Type && (Denied() || IsBig(node))) {
    Node* zero = Constant(_PyLong_GetZero());
    if (Node* truth = CompareBig(node, zero, Cond::kNe)) return truth;
  }
  if (type == &PyFloat_Type && !Denied()) {
    Node* value = AsFloat(node, ConstOperand(0));
    return compare(Op::kCompareFloat, value, ConstantFloat(0));
  }
  if (Node* size = SizeOf(node, type)) {
    return compare(Op::kCompareInt, size, ConstantInt(0));
  }
  return Call(Op::kIsTrue, {node});
}

}  // namespace pyvm::ir
