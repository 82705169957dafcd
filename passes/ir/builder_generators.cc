// Generators and coroutines: how they are left, and how others resume them.
//
// Code of a generator is entered with its frame, which another has linked. It
// takes the registers up where it is entered, and puts them back where it is
// left: a frame that is suspended, or has ended, is as the interpreter leaves
// it.
#include "core/runtime/attribute.h"
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
      if (!CallAwait()) GetInner(Op::kGetAwaitable);
      return true;
    case Bytecode::kGET_ANEXT:
      regs_[in_->a] = Call(Op::kGetAnext, {Read(TempOperand(in_->a - 1u))});
      return true;
    case Bytecode::kASYNC_GEN_WRAP: {
      Node* item = Take(TempOperand(in_->a));
      regs_[in_->a] = Call(Op::kAsyncGenWrap, {item});
      return true;
    }
    case Bytecode::kGET_YIELD_FROM_ITER:
      GetInner(Op::kGetYieldFromIter);
      return true;
    default:
      return false;
  }
}

void Builder::FillFrame() {
  for (uint32_t r = 0; r < regs_.size(); ++r) {
    if (regs_[r] != nullptr) {
      EmitImm(Op::kPutReg, {regs_[r]}, r);
    } else {
      emptied_.push_back(EmitImm(Op::kPutReg, {NullNode()}, r));
    }
    regs_[r] = nullptr;
  }
}

// Registers that nothing but this code knows need not be emptied at its start,
// and those that it has not changed not be filled where it is left.
void Builder::HoldRegisters() {
  std::vector<bool> held(unit_->num_registers);
  for (Node* node : taken_) {
    auto reg = static_cast<uint32_t>(node->imm);
    if (handled_.contains(reg)) continue;
    node->op = Op::kHeldReg;
    held[reg] = true;
  }
  for (Node* node : emptied_) {
    if (!held[static_cast<size_t>(node->imm)]) f_->Remove(node);
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

// The method __await__, if that is a generator's function: what it gives can be
// waited for.
bool Builder::CallAwait() {
  Node* given = Read(TempOperand(in_->a));
  PyObject* example = ExampleOf(given);
  const PyTypeObject* made =
      given->op == Op::kNewObject
          ? reinterpret_cast<const PyTypeObject*>(given->ptr)
      : example != nullptr ? Py_TYPE(example)
                           : nullptr;
  auto* type = const_cast<PyTypeObject*>(made);
  if (Denied() || type == nullptr || given->type.exact != nullptr ||
      (type->tp_flags & Py_TPFLAGS_HEAPTYPE) == 0) {
    return false;
  }
  PyObject* method = _PyType_Lookup(type, &_Py_ID(__await__));
  uint32_t version = TypeVersion(type);
  Callee callee;
  if (version == 0 || !FindFunction(method, &callee) ||
      callee.function == nullptr || callee.unit->arg_count != 1 ||
      (callee.unit->code->co_flags & (CO_GENERATOR | CO_ITERABLE_COROUTINE)) !=
          CO_GENERATOR) {
    return false;
  }
  given = Guard(Op::kGuardVersion, {given}, version);
  Node* function = Guard(Op::kGuardFunction, {Known(given, callee.function)},
                         callee.version, callee.function);
  Own(function);
  Node* self = Take(TempOperand(in_->a));
  regs_[in_->a] =
      Call(Op::kCallFunction, {function, self}, callee.version, callee.unit);
  return true;
}

}  // namespace pyvm::ir
