// Exceptions that a handler of the function takes: code goes on there.
#include <utility>

#include "core/host/resume.h"
#include "core/runtime/unwind.h"
#include "passes/ir/builder_impl.h"

namespace pyvm::ir {

// A handler that has never run costs more to compile than it is worth.
void Builder::FindHandlers() {
  if (PyBytes_GET_SIZE(unit_->code->co_exceptiontable) == 0) return;
  std::vector<Handler> handlers(unit_->num_instrs);
  bool any = false;
  for (uint32_t i = 0; i < unit_->num_instrs; i += InstrWords(*unit_, i)) {
    const Instr* in = unit_->instrs + i;
    HandlerInfo info;
    if ((pyvm::InfoOf(BaseOf(in->op)).effects & kEffectRaise) == 0 ||
        !FindHandler(unit_->code, unit_->PositionOf(in), &info)) {
      continue;
    }
    const Instr* handler = EntryAt(unit_, info.handler);
    if (handler == nullptr) continue;
    auto at = static_cast<uint32_t>(handler - unit_->instrs);
    if (!HasRun(at)) continue;
    handlers[i] = {at, info.depth, info.lasti};
    any = true;
  }
  if (any) handlers_ = std::move(handlers);
}

bool Builder::HasRun(uint32_t handler) const {
  for (uint32_t i = handler; i < unit_->num_instrs;
       i += InstrWords(*unit_, i)) {
    const Instr& in = unit_->instrs[i];
    Bytecode op = BaseOf(in.op);
    if (IsCold(in)) return false;
    // Cleanups end in what leaves the code, and these run by their handlers:
    // not worth while.
    if (op == Bytecode::kRERAISE || op == Bytecode::kWITH_EXCEPT_START ||
        op == Bytecode::kCHECK_EG_MATCH || op == Bytecode::kEND_ASYNC_FOR) {
      return false;
    }
    if ((pyvm::InfoOf(op).effects & (kEffectJump | kEffectEnd)) != 0) break;
  }
  return true;
}

void Builder::CatchBehind(Node* node) {
  if (handlers_.empty() || handlers_[at_].instr == 0) return;
  const Handler handler = handlers_[at_];
  node->catches = true;
  Emit(Op::kBranchRaised);
  Block* raised = f_->NewBlock();
  Block* on = f_->NewBlock();
  f_->AddEdge(block_, raised);
  f_->AddEdge(block_, on);
  std::vector<Node*> regs = regs_;
  std::vector<Borrowed> borrowed = borrowed_;
  bool pending = unobserved_pending_;
  Enter(raised);
  Node* exception = Append(Make(Op::kCatch, {}, node->state));
  uint32_t top = unit_->num_locals + handler.depth;
  for (uint32_t r = unit_->num_registers; r > top; --r) {
    Node* dying = std::exchange(regs_[r - 1], nullptr);
    if (dying != nullptr) Release(dying);
  }
  if (handler.position) {
    regs_[top++] = Emit(Op::kBoxInt,
                        {ConstantInt(unit_->PositionOf(unit_->instrs + at_))});
  }
  regs_[top] = exception;
  unobserved_pending_ = true;
  GoTo(handler.instr);
  regs_ = std::move(regs);
  borrowed_ = std::move(borrowed);
  unobserved_pending_ = pending;
  Enter(on);
}

bool Builder::Exceptions(Bytecode op) {
  switch (op) {
    case Bytecode::kPUSH_EXC_INFO: {
      Node* exception = regs_[in_->a];
      Own(exception);
      regs_[in_->a] = Emit(Op::kHandleException, {exception});
      regs_[in_->a + 1u] = exception;
      return true;
    }
    case Bytecode::kPOP_EXCEPT: {
      Node* before = std::exchange(regs_[in_->a], nullptr);
      Release(Emit(Op::kHandledBefore, {before}));
      return true;
    }
    case Bytecode::kCHECK_EXC_MATCH: {
      Node* exception = Read(TempOperand(in_->b));
      Node* cls = Borrow(in_->c);
      FinishBool(in_->a, Call(Op::kMatchException, {exception, cls}));
      return true;
    }
    default:
      return false;
  }
}

}  // namespace pyvm::ir
