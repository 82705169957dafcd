// Slices, tuples and lists.
#include <utility>

#include "passes/ir/builder_impl.h"

namespace pyvm::ir {

bool Builder::Containers(Bytecode op) {
  if (op >= Bytecode::kLOAD_ITEM && op <= Bytecode::kLOAD_ITEM_STR) {
    LoadItem(op);
    return true;
  }
  if (op >= Bytecode::kSTORE_ITEM && op <= Bytecode::kSTORE_ITEM_DICT) {
    StoreItem(op);
    return true;
  }
  switch (op) {
    case Bytecode::kLOAD_SLICE:
      SliceItems();
      return true;
    case Bytecode::kBUILD_SLICE:
      BuildSlice();
      return true;
    case Bytecode::kBUILD_TUPLE:
      BuildSequence(Op::kMakeTuple);
      return true;
    case Bytecode::kBUILD_LIST:
      BuildSequence(Op::kMakeList);
      return true;
    case Bytecode::kLIST_APPEND: {
      Node* item = Take(in_->b);
      Call(Op::kAppendList, {Read(TempOperand(in_->a)), item});
      return true;
    }
    case Bytecode::kUNPACK:
      Unpack();
      return true;
    default:
      return false;
  }
}

// --- Slices
// ------------------------------------------------------------------

void Builder::SliceItems() {
  Node* owner = Borrow(in_->c);
  Node* start = Borrow(ListOperand(in_, 0));
  Node* stop = Borrow(ListOperand(in_, 1));
  Finish(in_->a, Call(Op::kLoadSlice, {owner, start, stop, Constant(Py_None)}));
}

// With the subscript that follows, which needs no slice then.
void Builder::BuildSlice() {
  auto n = static_cast<uint32_t>(LongJump(*in_));
  uint32_t first = in_->a;
  Node* bounds[3] = {nullptr, nullptr, Constant(Py_None)};
  for (uint32_t i = 0; i < n; ++i) bounds[i] = Read(TempOperand(first + i));
  const Instr& next = unit_->instrs[next_];
  Bytecode op = BaseOf(next.op);
  if (op >= Bytecode::kLOAD_ITEM && op <= Bytecode::kLOAD_ITEM_STR &&
      next.c == TempOperand(first) && !IsLeader(next_)) {
    for (uint32_t i = 0; i < n; ++i) Borrow(TempOperand(first + i));
    at_ = next_;
    in_ = &next;
    next_ = at_ + 1;
    before_ = nullptr;
    Node* owner = Borrow(in_->b);
    return Finish(
        in_->a, Call(Op::kLoadSlice, {owner, bounds[0], bounds[1], bounds[2]}));
  }
  if (op >= Bytecode::kSTORE_ITEM && op <= Bytecode::kSTORE_ITEM_DICT &&
      next.b == TempOperand(first) && !IsLeader(next_)) {
    at_ = next_;
    in_ = &next;
    next_ = at_ + 1;
    before_ = nullptr;
    Node* value = Borrow(in_->c);
    Node* owner = Borrow(in_->a);
    for (uint32_t i = 0; i < n; ++i) Borrow(TempOperand(first + i));
    Call(Op::kStoreSlice, {owner, bounds[0], bounds[1], bounds[2], value},
         KindOf(in_->c) == OperandKind::kTemp);
    return FinishWithout();
  }
  for (uint32_t i = 0; i < n; ++i) Borrow(TempOperand(first + i));
  Node* slice = Emit(Op::kMakeSlice, {bounds[0], bounds[1], bounds[2]});
  slice->type.exact = &PySlice_Type;
  Finish(first, slice);
}

// --- Tuples and lists
// --------------------------------------------------------

void Builder::BuildSequence(Op op) {
  std::vector<Node*> items;
  for (uint32_t i = 0; i < in_->b; ++i)
    items.push_back(Take(ListOperand(in_, i)));
  Node* sequence = Append(Make(op, items, nullptr));
  if (!items.empty()) SetElement(sequence, Expected(items[0]));
  Finish(in_->a, sequence);
}

void Builder::Unpack() {
  Node* sequence = Read(in_->a);
  const PyTypeObject* type = Expected(sequence, in_->a);
  bool list = type == &PyList_Type;
  bool known = type == nullptr || list || type == &PyTuple_Type;
  if (!Denied() && known && UnpackKnown(sequence, list)) return;
  std::vector<uint32_t> to;
  for (uint32_t i = 0; i < in_->b; ++i) to.push_back(ListOperand(in_, i));
  Scatter(Call(Op::kUnpack, {sequence}, in_->b), in_->a, to);
}

// Stores the items of a tuple, which nobody else has, to registers. What it was
// made of, `from`, is released at last.
void Builder::Scatter(Node* tuple, Operand from,
                      const std::vector<uint32_t>& to) {
  std::vector<Node*> items;
  for (uint32_t i = 0; i < to.size(); ++i) {
    items.push_back(Own(EmitImm(Op::kField, {tuple}, i)));
  }
  Release(tuple);
  Node* dying = nullptr;
  if (KindOf(from) == OperandKind::kTemp) {
    dying = std::exchange(regs_[RegisterOf(from)], nullptr);
  }
  for (uint32_t i = 0; i < to.size(); ++i) {
    Node* old = std::exchange(regs_[to[i]], items[i]);
    if (old != nullptr) Release(old);
  }
  if (dying != nullptr) Release(dying);
}

bool Builder::UnpackKnown(Node* sequence, bool list) {
  uint32_t n = in_->b;
  std::vector<uint32_t> to;
  for (uint32_t i = 0; i < n; ++i) to.push_back(ListOperand(in_, i));
  bool temp = KindOf(in_->a) == OperandKind::kTemp;
  uint32_t from = temp ? RegisterOf(in_->a) : unit_->num_registers;
  for (uint32_t reg : to) {
    // What a local held may be the last to hold the sequence, or run code that
    // changes it.
    if (!temp && reg == in_->a) return false;
    Node* old = regs_[reg];
    if (list && reg != from && old != nullptr && old->op != Op::kNull &&
        old->type.exact != &PyLong_Type && old->type.exact != &PyFloat_Type &&
        old->type.exact != &PyUnicode_Type) {
      return false;
    }
  }
  sequence = GuardType(sequence, list ? &PyList_Type : &PyTuple_Type);
  Node* fits =
      EmitImm(Op::kCompareInt, {Emit(Op::kSizeOf, {sequence}), ConstantInt(n)},
              static_cast<int64_t>(Cond::kEq));
  Guard(Op::kGuardTrue, {fits});
  std::vector<Node*> items;
  for (uint32_t i = 0; i < n; ++i) {
    items.push_back(Guard(list ? Op::kListItem : Op::kTupleItem,
                          {sequence, ConstantInt(i)}));
    PyObject* example = ExampleOf(sequence);
    if (example == nullptr) continue;
    if (PyTuple_CheckExact(example) && i < PyTuple_GET_SIZE(example)) {
      SetExample(items[i], PyTuple_GET_ITEM(example, i));
    } else if (PyList_CheckExact(example) && i < PyList_GET_SIZE(example)) {
      SetExample(items[i], PyList_GET_ITEM(example, i));
    }
  }
  // The register of the sequence comes last: it keeps the items alive.
  Node* into_from = nullptr;
  for (uint32_t i = 0; i < n; ++i) {
    if (to[i] == from) {
      into_from = items[i];
    } else {
      FinishLent(to[i], items[i]);
    }
  }
  if (into_from != nullptr) {
    Borrow(in_->a);
    FinishLent(from, into_from);
  } else if (temp) {
    Borrow(in_->a);
    FinishWithout();
  }
  return true;
}

}  // namespace pyvm::ir
