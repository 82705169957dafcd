// Instructions on a window of temporaries that make something: functions, sets,
// dicts, strs.
#include <utility>

#include "core/bytecode/window.h"
#include "passes/ir/builder_impl.h"

namespace pyvm::ir {
namespace {

const Node* ValueOf(const Node* node) {
  while (node->info().result == Result::same && node->op != Op::kPhi) {
    node = node->inputs[0];
  }
  return node;
}

}  // namespace

bool Builder::Windows(Bytecode op) {
  switch (op) {
    case Bytecode::kMAKE_FUNCTION:
      MakeFunction();
      return true;
    case Bytecode::kBUILD_MAP:
      MakeDict(/*constant_keys=*/false);
      return true;
    case Bytecode::kBUILD_CONST_KEY_MAP: {
      auto n = static_cast<uint32_t>(LongJump(*in_));
      PyObject* keys = ConstantOf(Temporary(in_->a + n));
      if (keys == nullptr || !PyTuple_CheckExact(keys) ||
          PyTuple_GET_SIZE(keys) != n) {
        return false;
      }
      MakeDict(/*constant_keys=*/true);
      return true;
    }
    case Bytecode::kBUILD_SET:
      MakeSet();
      return true;
    case Bytecode::kSET_ADD:
      AddItem();
      return true;
    case Bytecode::kMAP_ADD:
      MapAdd();
      return true;
    case Bytecode::kLIST_EXTEND:
      return Merge(Op::kExtendList);
    case Bytecode::kSET_UPDATE:
      return Merge(Op::kUpdateSet);
    case Bytecode::kDICT_UPDATE:
      return Merge(Op::kUpdateDict);
    case Bytecode::kDICT_MERGE:
      return MergeDict();
    case Bytecode::kLIST_TO_TUPLE: {
      Node* list = Borrow(TempOperand(in_->a));
      if (list->type.exact != &PyList_Type) {
        borrowed_.clear();
        return false;
      }
      Finish(in_->a, Emit(Op::kListTuple, {list}));
      return true;
    }
    case Bytecode::kUNPACK_EX:
      UnpackStar();
      return true;
    case Bytecode::kCALL_EX:
      CallSpread();
      return true;
    case Bytecode::kBUILD_STRING:
      JoinStr();
      return true;
    case Bytecode::kFORMAT_VALUE:
    case Bytecode::kFORMAT_SIMPLE:
      Format();
      return true;
    default:
      return false;
  }
}

Node* Builder::Temporary(uint32_t reg) { return Read(TempOperand(reg)); }

// --- Functions and calls
// -----------------------------------------------------

void Builder::MakeFunction() {
  auto flags = static_cast<uint32_t>(LongJump(*in_));
  uint32_t reg = in_->a;
  // As CPython's oparg numbers them: defaults, keyword defaults, annotations,
  // closure. The code lies behind them.
  Node* parts[4];
  for (uint32_t i = 0; i < 4; ++i) {
    parts[i] = (flags >> i & 1) != 0 ? Take(TempOperand(reg++)) : NullNode();
  }
  Node* code = Borrow(TempOperand(reg));
  Node* function = Emit(Op::kMakeFunction, {FunctionNode(), code, parts[0],
                                            parts[1], parts[2], parts[3]});
  Finish(in_->a, function);
}

void Builder::CallSpread() {
  Node* callable = Borrow(TempOperand(in_->b + 1u));
  Node* args = Borrow(TempOperand(in_->b + 2u));
  Node* names = in_->c != 0 ? Borrow(TempOperand(in_->b + 3u)) : NullNode();
  Finish(in_->a, Call(Op::kCallSpread, {callable, args, names}));
}

void Builder::Raise() {
  auto n = static_cast<uint32_t>(LongJump(*in_));
  if (n == 0) {
    // The handled exception again, which gets no new traceback entry.
    Append(Make(Op::kReraise, {}, Before()));
    block_ = nullptr;
    return;
  }
  Node* exception = Take(TempOperand(in_->a));
  Node* cause = n > 1 ? Take(TempOperand(in_->a + 1u)) : NullNode();
  Call(Op::kRaise, {exception, cause});
  unobserved_pending_ = false;
  Append(Make(Op::kDeopt, {}, State(at_, regs_)));  // not reached
  block_ = nullptr;
}

// --- Sets and dicts
// ----------------------------------------------------------

void Builder::MakeDict(bool constant_keys) {
  auto n = static_cast<uint32_t>(LongJump(*in_));
  std::vector<Node*> inputs;
  if (constant_keys) {
    PyObject* keys = ConstantOf(Temporary(in_->a + n));
    for (uint32_t i = 0; i < n; ++i) {
      inputs.push_back(Constant(PyTuple_GET_ITEM(keys, i)));
      inputs.push_back(Borrow(TempOperand(in_->a + i)));
    }
    Borrow(TempOperand(in_->a + n));
  } else {
    for (uint32_t i = 0; i < 2 * n; ++i) {
      inputs.push_back(Borrow(TempOperand(in_->a + i)));
    }
  }
  Finish(in_->a, Call(Op::kMakeDict, inputs));
}

void Builder::MakeSet() {
  auto n = static_cast<uint32_t>(LongJump(*in_));
  std::vector<Node*> inputs;
  for (uint32_t i = 0; i < n; ++i) {
    inputs.push_back(Borrow(TempOperand(in_->a + i)));
  }
  Finish(in_->a, Call(Op::kMakeSet, inputs));
}

void Builder::AddItem() {
  Node* set = Temporary(in_->a);
  bool known = set->type.exact == nullptr || set->type.exact == &PySet_Type;
  if (known && !Denied() && CanBeKey(Expected(Read(in_->b), in_->b))) {
    set = GuardType(set, &PySet_Type);
    Guard(Op::kAddSet, {set, Read(in_->b)});
    Borrow(in_->b);
  } else {
    Call(Op::kAddItem, {set, Borrow(in_->b)});
  }
  FinishWithout();
}

void Builder::MapAdd() {
  Node* dict = Temporary(in_->a - static_cast<uint32_t>(LongJump(*in_)));
  Operand key = TempOperand(in_->a), value = TempOperand(in_->a + 1u);
  bool known = dict->type.exact == nullptr || dict->type.exact == &PyDict_Type;
  if (known && !Denied() && CanBeKey(Expected(Read(key), key))) {
    dict = GuardType(dict, &PyDict_Type);
    Release(Guard(Op::kSetDictItem, {dict, Read(key), Read(value)}));
    Borrow(key);
    Borrow(value);
  } else {
    Node* name = Borrow(key);
    Call(Op::kStoreItem, {dict, name, Borrow(value)});
  }
  FinishWithout();
}

// What lies below the window gets the items of what is in it.
bool Builder::Merge(Op op) {
  Node* into = regs_[in_->a - static_cast<uint32_t>(LongJump(*in_))];
  if (into == nullptr || into->type.nullable) return false;
  Call(op, {into, Borrow(TempOperand(in_->a))});
  FinishWithout();
  return true;
}

bool Builder::MergeDict() {
  auto below = static_cast<uint32_t>(LongJump(*in_));
  Node* into = regs_[in_->a - below];
  // Deeper lies what is going to be called: an error names it.
  Node* callable = regs_[in_->a - below - 2];
  if (into == nullptr || into->type.nullable || callable == nullptr ||
      callable->type.nullable) {
    return false;
  }
  Call(Op::kMergeDict, {into, Borrow(TempOperand(in_->a)), callable});
  FinishWithout();
  return true;
}

void Builder::UnpackStar() {
  auto arg = static_cast<uint32_t>(LongJump(*in_));
  std::vector<uint32_t> to;
  uint32_t n = 1 + (arg & 0xff) + (arg >> 8);
  // In the order of CPython's stack, whose top is the first item.
  for (uint32_t i = 0; i < n; ++i) to.push_back(in_->a + n - 1 - i);
  Scatter(Call(Op::kUnpackStar, {Temporary(in_->a)}, arg), TempOperand(in_->a),
          to);
}

// --- Strs
// --------------------------------------------------------------------

// The left operand grows in place where it dies, as a temporary or as the local
// that gets the result, and nobody else has it.
bool Builder::AddStr() {
  Node* left = Read(in_->b);
  Node* right = Read(in_->c);
  for (Node* node : {left, right}) {
    bool str =
        node->type.exact == nullptr || node->type.exact == &PyUnicode_Type;
    if (!str || Denied()) {
      if (options_.function == nullptr) return false;
      BinaryGeneric();
      return true;
    }
  }
  left = GuardType(left, &PyUnicode_Type);
  right = GuardType(Read(in_->c), &PyUnicode_Type);
  bool dies = KindOf(in_->b) == OperandKind::kTemp ||
              (KindOf(in_->b) == OperandKind::kLocal && in_->b == in_->a);
  if (!dies || ValueOf(left) == ValueOf(right)) {
    Borrow(in_->b);
    Borrow(in_->c);
    Finish(in_->a, Call(Op::kConcatStr, {left, right}));
    return true;
  }
  regs_[RegisterOf(in_->b)] = nullptr;
  Borrow(in_->c);
  Finish(in_->a, Call(Op::kAppendStr, {left, right}));
  return true;
}

void Builder::JoinStr() {
  auto n = static_cast<uint32_t>(LongJump(*in_));
  std::vector<Node*> inputs;
  for (uint32_t i = 0; i < n; ++i) {
    inputs.push_back(Borrow(TempOperand(in_->a + i)));
  }
  Node* joined = Call(Op::kJoinStr, inputs);
  Expect(joined, &PyUnicode_Type);
  Finish(in_->a, joined);
}

void Builder::Format() {
  bool simple = BaseOf(in_->op) == Bytecode::kFORMAT_SIMPLE;
  Operand x = simple ? in_->b : TempOperand(in_->a);
  int64_t arg = simple ? 0 : LongJump(*in_);
  Node* value = Borrow(x);
  if (arg == 0 && value->type.exact == &PyUnicode_Type) {
    // As it is.
    if (KindOf(x) != OperandKind::kTemp) return FinishLent(in_->a, value);
    borrowed_.clear();
    value = Take(x);
    return Finish(in_->a, value);
  }
  bool has_spec = (arg & FVS_MASK) == FVS_HAVE_SPEC;
  Node* spec = has_spec ? Borrow(TempOperand(in_->a + 1u)) : NullNode();
  Node* text = Call(Op::kFormat, {value, spec}, arg);
  Expect(text, &PyUnicode_Type);
  Finish(in_->a, text);
}

}  // namespace pyvm::ir
