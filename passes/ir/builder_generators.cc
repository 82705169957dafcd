// Generators and coroutines: how they are left, and how others resume them.
//
// Code of a generator is entered with its frame, which another has linked. It
// takes the registers up where it is entered, and puts them back where it is
// left: a frame that is suspended, or has ended, is as the interpreter leaves
// it.
#include "passes/ir/builder_impl.h"

namespace pyvm::ir {

bool Builder::Generators(Bytecode op) {
  switch (op) {
    case Bytecode::kYIELD:
      Suspend();
      return true;
    case Bytecode::kSEND:
      Send();
      return true;
    case Bytecode::kGET_AWAITABLE:
      GetInner(Op::kGetAwaitable);
      return true;
    case Bytecode::kGET_YIELD_FROM_ITER:
      GetInner(Op::kGetYieldFromIter);
      return true;
    default:
      return false;
  }
}

void Builder::FillFrame() {
  for (uint32_t r = 0; r < regs_.size(); ++r) {
    if (regs_[r] == nullptr) continue;
    EmitImm(Op::kPutReg, {regs_[r]}, r);
    regs_[r] = nullptr;
  }
}

void Builder::Suspend() {
  Node* item = Take(in_->b);
  FillFrame();
  EmitImm(Op::kSuspend, {item}, at_);
  block_ = nullptr;
}

void Builder::EndGenerator() {
  Node* result = Take(in_->a);
  FillFrame();
  EmitImm(Op::kEndGenerator, {result}, at_);
  block_ = nullptr;
}

void Builder::ForIterGenerator() {
  Node* iterator = regs_[in_->b];
  if (iterator->type.exact != nullptr && iterator->type.exact != &PyGen_Type) {
    return ForIterAny();
  }
  iterator = GuardType(iterator, &PyGen_Type);
  GoOnWithItem(Call(Op::kResumeNext, {iterator}));
}

void Builder::Send() {
  Node* receiver = Read(TempOperand(in_->a));
  Node* value = Take(TempOperand(in_->a + 1));
  Node* item = Call(Op::kSend, {receiver, value});
  Sides sides = Branch(Emit(Op::kIsSame, {item, NullNode()}));
  std::vector<Node*> before = regs_;
  Enter(sides.yes);
  Finish(in_->a, Emit(Op::kSent));
  GoTo(static_cast<uint32_t>(JumpTarget(*unit_, at_)));
  regs_ = before;
  Enter(sides.no);
  unobserved_pending_ = true;
  item = Emit(Op::kAssumeFull, {item});
  item->type.nullable = false;
  regs_[in_->a + 1u] = item;
  GoTo(next_);
}

void Builder::GetInner(Op op) {
  Node* given = Take(TempOperand(in_->a));
  regs_[in_->a] = Call(op, {given}, static_cast<uint32_t>(LongJump(*in_)));
}

}  // namespace pyvm::ir
