// Jumps, loops over iterators, and returns.
#include <algorithm>
#include <utility>

#include "passes/ir/builder_impl.h"

namespace pyvm::ir {

bool Builder::Jumps(Bytecode op) {
  if (op >= Bytecode::kJUMP_IF_LT && op <= Bytecode::kJUMP_UNLESS_GE) {
    JumpCompare(op);
    return true;
  }
  if (op >= Bytecode::kFOR_ITER && op <= Bytecode::kFOR_ITER_GEN) {
    ForIter(op);
    return true;
  }
  auto target = [&] { return static_cast<uint32_t>(JumpTarget(*unit_, at_)); };
  switch (op) {
    case Bytecode::kJUMP:
    case Bytecode::kJUMP_BACK:
    case Bytecode::kJUMP_BACK_QUIET:
      GoTo(target());
      return true;
    case Bytecode::kJUMP_IF_TRUE:
    case Bytecode::kJUMP_IF_FALSE: {
      Node* truth = Truth(Read(in_->a));
      Borrow(in_->a);
      JumpIf(truth, op == Bytecode::kJUMP_IF_TRUE, target());
      return true;
    }
    case Bytecode::kJUMP_IF_NONE:
    case Bytecode::kJUMP_IF_NOT_NONE: {
      Node* none = Emit(Op::kIsSame, {Borrow(in_->a), Constant(Py_None)});
      JumpIf(none, op == Bytecode::kJUMP_IF_NONE, target());
      return true;
    }
    case Bytecode::kJUMP_IF_TRUE_KEEP:
    case Bytecode::kJUMP_IF_FALSE_KEEP:
      JumpKeep(op == Bytecode::kJUMP_IF_TRUE_KEEP);
      return true;
    case Bytecode::kJUMP_IF_IS:
    case Bytecode::kJUMP_IF_IS_NOT: {
      Node* left = Borrow(in_->a);
      Node* same = Emit(Op::kIsSame, {left, Borrow(in_->b)});
      JumpIf(same, op == Bytecode::kJUMP_IF_IS, target());
      return true;
    }
    case Bytecode::kJUMP_IF_IN:
    case Bytecode::kJUMP_IF_NOT_IN: {
      Node* found = Contains(in_->a, in_->b);
      Borrow(in_->a);
      Borrow(in_->b);
      JumpIf(found, op == Bytecode::kJUMP_IF_IN, target());
      return true;
    }
    case Bytecode::kGET_ITER:
      GetIter();
      return true;
    case Bytecode::kRETURN:
      Return();
      return true;
    default:
      return false;
  }
}

void Builder::JumpCompare(Bytecode op) {
  bool sense = op < Bytecode::kJUMP_UNLESS_LT;
  Bytecode first = sense ? Bytecode::kJUMP_IF_LT : Bytecode::kJUMP_UNLESS_LT;
  auto cond = static_cast<Cond>(static_cast<int>(op) - static_cast<int>(first));
  Node* truth = CompareAny(in_->a, in_->b, cond);
  Borrow(in_->a);
  Borrow(in_->b);
  JumpIf(truth, sense, static_cast<uint32_t>(JumpTarget(*unit_, at_)));
}

// `and` and `or`: the value stays if it decides.
void Builder::JumpKeep(bool sense) {
  Node* truth = Truth(Read(TempOperand(in_->a)));
  bool pending = unobserved_pending_;
  Sides sides = Branch(truth);
  Enter(sense ? sides.yes : sides.no);
  GoTo(static_cast<uint32_t>(JumpTarget(*unit_, at_)));
  unobserved_pending_ = pending;
  Enter(sense ? sides.no : sides.yes);
  Node* value = regs_[in_->a];
  regs_[in_->a] = nullptr;
  Release(value);
  GoTo(next_);
}

// --- Loops
// -------------------------------------------------------------------

void Builder::GetIter() {
  // The loop knows what it iterates over.
  Node* o = Read(in_->b);
  Bytecode loop = BaseOf(unit_->instrs[next_].op);
  PyTypeObject* type = loop == Bytecode::kFOR_ITER_LIST    ? &PyList_Type
                       : loop == Bytecode::kFOR_ITER_TUPLE ? &PyTuple_Type
                                                           : nullptr;
  const PyTypeObject* expected = Expected(o, in_->b);
  if (type != nullptr && !Denied() &&
      (expected == nullptr || expected == type)) {
    GuardType(o, type);
  }
  o = Borrow(in_->b);
  Node* iterator = Call(Op::kGetIter, {o});
  if (o->type.exact == &PyList_Type) iterator->type.exact = &PyListIter_Type;
  if (o->type.exact == &PyTuple_Type) iterator->type.exact = &PyTupleIter_Type;
  if (o->type.exact == &PyRange_Type) iterator->type.exact = &PyRangeIter_Type;
  // An iterator's example is what it iterates over.
  SetExample(iterator, ExampleOf(o));
  SetElement(iterator, ElementOf(o));
  Finish(in_->a, iterator);
}

void Builder::ForIter(Bytecode op) {
  if (Denied()) return ForIterAny();
  switch (op) {
    case Bytecode::kFOR_ITER_RANGE:
      return ForIterKnown(&PyRangeIter_Type, Op::kRangeMore, Op::kRangeNext);
    case Bytecode::kFOR_ITER_LIST:
      return ForIterKnown(&PyListIter_Type, Op::kListIterMore,
                          Op::kListIterNext);
    case Bytecode::kFOR_ITER_TUPLE:
      return ForIterKnown(&PyTupleIter_Type, Op::kTupleIterMore,
                          Op::kTupleIterNext);
    case Bytecode::kFOR_ITER_GEN:
      return ForIterGenerator();
    case Bytecode::kFOR_ITER_ENUMERATE:
    case Bytecode::kFOR_ITER_ITEMS:
    case Bytecode::kFOR_ITER_ZIP:
      if (!ForIterPair(op)) ForIterAny();
      return;
    default:
      return ForIterAny();
  }
}

const Instr* Builder::UnpackBehind() const {
  bool pair = AfterPair(at_) != next_ && !IsLeader(next_);
  return pair ? unit_->instrs + next_ : nullptr;
}

// Carries out the UNPACK that follows, too.
bool Builder::ForIterPair(Bytecode op) {
  const Instr* unpack = UnpackBehind();
  PyTypeObject* type = op == Bytecode::kFOR_ITER_ENUMERATE ? &PyEnum_Type
                       : op == Bytecode::kFOR_ITER_ZIP     ? &PyZip_Type
                                                       : &PyDictIterItem_Type;
  Node* iterator = Read(TempOperand(in_->b));
  if (unpack == nullptr ||
      (iterator->type.exact != nullptr && iterator->type.exact != type)) {
    return false;
  }
  iterator = GuardType(iterator, type);
  if (type == &PyEnum_Type) Guard(Op::kGuardEnumerate, {iterator});
  if (type == &PyZip_Type) Guard(Op::kGuardZip, {iterator});
  Node* item = Call(type == &PyEnum_Type ? Op::kEnumerateNext : Op::kNextPair,
                    {iterator});
  Sides sides = Branch(Emit(Op::kIsSame, {item, NullNode()}));
  std::vector<Node*> before = regs_;
  Enter(sides.yes);
  LeaveLoop(/*ask=*/false);
  regs_ = before;
  Enter(sides.no);
  unobserved_pending_ = true;
  Node* first;
  Node* second;
  if (type == &PyEnum_Type) {
    Node* index = Emit(Op::kEnumerateIndex);
    second = Emit(Op::kAssumeFull, {item});
    second->type.nullable = false;
    first = Emit(Op::kBoxInt, {index});
  } else {
    second = Emit(Op::kPairSecond);
    first = Emit(Op::kAssumeFull, {item});
    first->type.nullable = false;
  }
  at_ = next_;
  in_ = unpack;
  next_ += InstrWords(*unit_, at_);
  before_ = nullptr;
  for (Node* value : {first, second}) {
    uint32_t to = ListOperand(in_, value == first ? 0 : 1);
    Node* old = std::exchange(regs_[to], value);
    if (old != nullptr) Release(old);
  }
  GoTo(next_);
  return true;
}

void Builder::ForIterKnown(PyTypeObject* type, Op more, Op next) {
  Node* iterator = regs_[in_->b];
  if (iterator->type.exact != nullptr && iterator->type.exact != type) {
    return ForIterAny();
  }
  iterator = GuardType(iterator, type);
  Sides sides = Branch(Emit(more, {iterator}));
  std::vector<Node*> before = regs_;
  Enter(sides.no);
  // An exhausted iterator lets its sequence go, and stays exhausted.
  LeaveLoop(/*ask=*/type != &PyRangeIter_Type);
  regs_ = before;
  Enter(sides.yes);
  called_ = false;
  unobserved_pending_ = false;
  if (type == &PyRangeIter_Type) {
    Finish(in_->a, Emit(Op::kBoxInt, {Emit(next, {iterator})}));
  } else {
    Node* item = Emit(next, {iterator});
    SetExample(item, ElementOf(ExampleOf(iterator)));
    Expect(item, ElementOf(iterator));
    FinishLent(in_->a, item);
  }
  GoTo(next_);
}

void Builder::LeaveLoop(bool ask) {
  Node* iterator = regs_[in_->b];
  if (ask) asked_at_end_.push_back(Call(Op::kIterNext, {iterator}));
  regs_[in_->b] = nullptr;
  Release(iterator);
  GoTo(static_cast<uint32_t>(JumpTarget(*unit_, at_)));
}

void Builder::ForIterAny() {
  GoOnWithItem(Call(Op::kIterNext, {Read(TempOperand(in_->b))}));
}

void Builder::GoOnWithItem(Node* item) {
  Sides sides = Branch(Emit(Op::kIsSame, {item, NullNode()}));
  std::vector<Node*> before = regs_;
  Enter(sides.yes);
  LeaveLoop(/*ask=*/false);
  regs_ = before;
  Enter(sides.no);
  unobserved_pending_ = true;
  item = Emit(Op::kAssumeFull, {item});
  item->type.nullable = false;
  // These give pairs that are unpacked at once.
  Bytecode op = BaseOf(in_->op);
  if (op == Bytecode::kFOR_ITER_ENUMERATE || op == Bytecode::kFOR_ITER_ZIP ||
      op == Bytecode::kFOR_ITER_ITEMS) {
    Expect(item, &PyTuple_Type);
  }
  bool pair = UnpackBehind() != nullptr;
  Finish(in_->a, item);
  if (pair) {
    at_ = next_;
    Step();
  }
  GoTo(next_);
}

// --- Returns
// -----------------------------------------------------------------

void Builder::Return() {
  if (generator_) return EndGenerator();
  // Whoever holds the frame finds the locals as they were.
  if (block_->last == nullptr || block_->last->op != Op::kUnobserved ||
      block_->last->state->instr != at_) {
    Append(Make(Op::kUnobserved, {}, Before()));
  }
  Node* result = Read(in_->a);
  bool constant = KindOf(in_->a) == OperandKind::kConst;
  // The register of the result keeps it: a frame that somebody looks at in
  // between has to have all references.
  uint32_t kept = constant ? unit_->num_registers : RegisterOf(in_->a);
  // What dies from here on does not see the frame.
  if (options_.caller == nullptr) Emit(Op::kUnlink);
  returning_ = true;
  for (uint32_t r = 0; r < regs_.size(); ++r) {
    Node* local = regs_[r];
    if (r == kept || local == nullptr) continue;
    regs_[r] = nullptr;
    Release(local);
  }
  if (constant) Own(result);
  // The frame's reference goes last. It is the caller's frame that is left.
  if (options_.function != nullptr) {
    Append(Make(Op::kDecRef, {options_.function}, options_.caller));
  }
  unobserved_pending_ = false;
  Emit(Op::kReturn, {result});
  returning_ = false;
  block_ = nullptr;
}

}  // namespace pyvm::ir
