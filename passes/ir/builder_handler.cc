// Instructions that the interpreter's handler carries out, on registers of the
// frame that are filled for it.
#include "core/bytecode/window.h"
#include "passes/ir/builder_impl.h"

namespace pyvm::ir {

void Builder::TouchWindow(Bytecode op, Touched* touched) const {
  WindowShape shape = ShapeOfWindow(op, static_cast<uint32_t>(LongJump(*in_)));
  // An error may name what lies in between.
  for (uint32_t i = 1; i <= shape.below; ++i) {
    touched->regs[in_->a - i] = Touched::kKept;
  }
  for (uint32_t i = 0; i < shape.inputs; ++i) {
    touched->regs[in_->a + i] = Touched::kEmpty;
  }
  for (uint32_t i = 0; i < shape.outputs; ++i) {
    touched->regs[in_->a + i] = Touched::kFull;
  }
}

void Builder::TouchCall(Bytecode op, Touched* touched) const {
  uint32_t n = ListLength(*unit_, *in_);
  if (IsMethodCall(op)) {
    touched->regs[in_->b] = Touched::kEmpty;
    touched->regs[in_->b + 1u] = Touched::kEmpty;
  }
  for (uint32_t i = 0; i < n; ++i) {
    Operand x = ListOperand(in_, i);
    if (KindOf(x) == OperandKind::kConst) continue;
    touched->regs[RegisterOf(x)] =
        KindOf(x) == OperandKind::kTemp ? Touched::kEmpty : Touched::kKept;
  }
  // The handler of list.append carries out a DROP that follows.
  const Instr& next = unit_->instrs[next_];
  bool dropped =
      BaseOf(next.op) == Bytecode::kDROP && next.a == TempOperand(in_->a);
  touched->regs[in_->a] = dropped ? Touched::kMaybe : Touched::kFull;
}

Builder::Touched Builder::FindTouched(Bytecode op) const {
  Touched touched;
  const pyvm::OpInfo& info = pyvm::InfoOf(op);
  if (IsCall(op)) {
    TouchCall(op, &touched);
    return touched;
  }
  if (op == Bytecode::kCALL_EX) {
    for (uint32_t i = 0; i < 2u + in_->c; ++i) {
      touched.regs[in_->b + 1 + i] = Touched::kEmpty;
    }
    touched.regs[in_->a] = Touched::kFull;
    return touched;
  }
  if (info.fields[0] == Field::B && info.fields[1] == Field::O) {
    TouchWindow(op, &touched);
    return touched;
  }
  const uint16_t values[3] = {in_->a, in_->b, in_->c};
  auto operand = [&](Operand x) {
    if (KindOf(x) == OperandKind::kConst) return;
    touched.regs[RegisterOf(x)] =
        KindOf(x) == OperandKind::kTemp ? Touched::kEmpty : Touched::kKept;
  };
  for (int f = 0; f < 3; ++f) {
    if (info.fields[f] == Field::S || info.fields[f] == Field::X) {
      operand(values[f]);
    } else if (info.fields[f] == Field::R) {
      touched.regs[values[f]] = Touched::kKept;
    }
  }
  if (op == Bytecode::kUNPACK) {
    for (uint32_t i = 0; i < in_->b; ++i) {
      touched.regs[ListOperand(in_, i)] = Touched::kFull;
    }
  } else if (info.fields[1] == Field::Z) {
    for (uint32_t i = 0; i < in_->b; ++i) operand(ListOperand(in_, i));
  }
  if (info.fields[0] == Field::D) touched.regs[in_->a] = Touched::kFull;
  if (info.fields[0] == Field::B) {  // LOAD_METHOD
    touched.regs[in_->a] = Touched::kMaybe;
    touched.regs[in_->a + 1u] = Touched::kFull;
  }
  if (op == Bytecode::kCHECK_LOCAL) touched.regs[in_->a] = Touched::kFull;
  if (op == Bytecode::kDELETE_LOCAL) touched.regs[in_->a] = Touched::kEmpty;
  if (op == Bytecode::kCOPY) touched.regs[in_->a] = Touched::kMaybe;
  return touched;
}

void Builder::RunHandler() {
  if (options_.function != nullptr) {
    Refuse("an inlined call has no frame for a handler");
    return;
  }
  Touched touched = FindTouched(BaseOf(in_->op));
  std::vector<Node*> before = regs_;
  for (const auto& [reg, after] : touched.regs) {
    handled_.insert(reg);
    if (regs_[reg] == nullptr) continue;
    EmitImm(Op::kPutReg, {regs_[reg]}, reg);
    regs_[reg] = nullptr;
  }
  Call(Op::kRunHandler, {}, at_);
  for (const auto& [reg, after] : touched.regs) {
    if (after == Touched::kEmpty ||
        (after == Touched::kKept && before[reg] == nullptr)) {
      continue;
    }
    Node* node = EmitImm(Op::kTakeReg, {}, reg);
    node->type = after == Touched::kMaybe ? kNullableObject : kObject;
    if (after == Touched::kKept) {
      node->type = before[reg]->type;
      kept_[node] = before[reg];
      Refine(before[reg], before[reg]);
      SetExample(node, ExampleOf(before[reg]));
    }
    regs_[reg] = node;
  }
}

}  // namespace pyvm::ir
