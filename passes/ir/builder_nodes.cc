// Nodes, frame states, registers and their references.
#include <algorithm>

#include "passes/ir/builder_impl.h"

namespace pyvm::ir {

// --- Nodes
// -------------------------------------------------------------------

Node* Builder::Make(Op op, std::span<Node* const> inputs, FrameState* state) {
  Node* node = f_->NewNode(op, inputs, state);
  if (node->info().result == Result::same && node->op != Op::kPhi) {
    SetExample(node, ExampleOf(inputs[0]));
    SetElement(node, ElementOf(inputs[0]));
  }
  return node;
}

Node* Builder::Make(Op op, std::initializer_list<Node*> inputs,
                    FrameState* state) {
  return Make(op, std::span<Node* const>(inputs.begin(), inputs.size()), state);
}

Node* Builder::Append(Node* node) {
  if (block_ == nullptr) {
    Refuse("code behind the end of a block");
    return node;
  }
  made_.push_back(node);
  f_->Append(block_, node);
  return node;
}

Node* Builder::EmitImm(Op op, std::initializer_list<Node*> inputs, int64_t imm,
                       const void* ptr) {
  Node* node = Make(op, inputs, nullptr);
  node->imm = imm;
  node->ptr = ptr;
  return Append(node);
}

Node* Builder::Guard(Op op, std::initializer_list<Node*> inputs, int64_t imm,
                     const void* ptr) {
  // The instruction would be executed twice.
  if (called_) Refuse("a guard behind a call");
  Node* node = Make(op, inputs, Before());
  node->imm = imm;
  node->ptr = ptr;
  switch (op) {
    case Op::kGuardType:
      node->type.exact = static_cast<const PyTypeObject*>(ptr);
      node->type.nullable = false;
      break;
    case Op::kGuardIs:
      node->type.exact = FixedType(Py_TYPE(static_cast<const PyObject*>(ptr)));
      SetExample(node, node->object());
      break;
    case Op::kGuardFull:
      node->type.nullable = false;
      break;
    case Op::kGuardFunction:
      SetExample(node, node->object());
      break;
    default:
      break;
  }
  return Append(node);
}

Node* Builder::Call(Op op, std::span<Node* const> inputs, int64_t imm,
                    const void* ptr) {
  Node* node = Make(op, inputs, During());
  node->imm = imm;
  node->ptr = ptr;
  called_ = true;
  if (op != Op::kDecRef && op != Op::kXDecRef && !RunsNoCode(op)) {
    unobserved_pending_ = true;
  }
  Append(node);
  if (op != Op::kDecRef && op != Op::kXDecRef && op != Op::kRunHandler) {
    CatchBehind(node);
  }
  return node;
}

Node* Builder::Constant(PyObject* object) {
  Node*& node = constants_[object];
  if (node != nullptr) return node;
  node = f_->NewNode(Op::kConst, {});
  node->ptr = object;
  node->type.exact = FixedType(Py_TYPE(object));
  f_->InsertFirst(entry_, node);
  SetExample(node, object);
  return node;
}

Node* Builder::Known(Node* keeper, PyObject* object) {
  if (constants_.contains(object) || OutlivesCode(object)) {
    return Constant(object);
  }
  Node* node = EmitImm(Op::kKnown, {keeper}, 0, object);
  node->type.exact = FixedType(Py_TYPE(object));
  SetExample(node, object);
  return node;
}

Node* Builder::ConstantInt(int64_t value) {
  return EmitImm(Op::kConstInt, {}, value);
}

Node* Builder::ConstantFloat(double value) {
  int64_t bits;
  static_assert(sizeof bits == sizeof value);
  __builtin_memcpy(&bits, &value, sizeof bits);
  return EmitImm(Op::kConstFloat, {}, bits);
}

Node* Builder::NullNode() {
  if (null_ == nullptr) {
    null_ = f_->NewNode(Op::kNull, {});
    f_->InsertFirst(entry_, null_);
  }
  return null_;
}

void Builder::Refine(Node* node, Node* refined) {
  for (Node*& reg : regs_) {
    if (reg == node) reg = refined;
  }
  for (Borrowed& borrowed : borrowed_) {
    if (borrowed.node == node) borrowed.node = refined;
  }
  Expect(refined, Expected(node));
  if (IsBig(node)) SetBig(refined);
  SetCode(refined, CodeOf(node));
}

// --- States
// ------------------------------------------------------------------

FrameState* Builder::State(uint32_t instr, const std::vector<Node*>& regs) {
  auto same = [](const StateSlot& slot, const Node* node) {
    return slot.value == node;
  };
  if (last_state_ != nullptr && last_state_->instr == instr &&
      std::equal(last_state_->slots.begin(), last_state_->slots.end(),
                 regs.begin(), same)) {
    return last_state_;
  }
  FrameState* state = f_->NewState(unit_, instr, unit_->num_registers,
                                   options_.caller, options_.function);
  for (size_t r = 0; r < regs.size(); ++r) state->slots[r].value = regs[r];
  states_.push_back(state);
  last_state_ = state;
  return state;
}

void Builder::FlushUnobserved(uint32_t instr) {
  // Tracebacks have the frame wherever exceptions are caught: it is enough to
  // look for others who have it when the function returns.
  Op op = handlers_.empty() ? Op::kUnobserved : Op::kUntraced;
  Append(Make(op, {}, State(instr, regs_)));
  unobserved_pending_ = false;
}

// --- Registers
// ---------------------------------------------------------------

Node* Builder::Read(Operand x) {
  if (KindOf(x) == OperandKind::kConst) {
    return Constant(unit_->pool[static_cast<int16_t>(x)]);
  }
  Node* node = regs_[RegisterOf(x)];
  if (node == nullptr) {
    Refuse("an operand is empty");
    return NullNode();
  }
  if (node->type.nullable) {
    Node* full = Emit(Op::kAssumeFull, {node});
    full->type.nullable = false;
    Refine(node, full);
    node = full;
  }
  return node;
}

Node* Builder::Take(Operand x) {
  Node* node = Read(x);
  if (KindOf(x) == OperandKind::kTemp) {
    regs_[RegisterOf(x)] = nullptr;
    return node;
  }
  return Own(node);
}

Node* Builder::Borrow(Operand x) {
  Node* node = Read(x);
  if (KindOf(x) == OperandKind::kTemp) {
    borrowed_.push_back({RegisterOf(x), node});
  }
  return node;
}

void Builder::Finish(uint32_t dest, Node* owned) {
  // A local keeps what it had until the operands are gone. The result of an
  // operation on two temporaries takes the place of the first, which is the
  // first to go.
  if (dest < unit_->num_locals) FinishWithout();
  Node* old = regs_[dest];
  regs_[dest] = owned;
  for (const Borrowed& borrowed : borrowed_) {
    if (borrowed.reg == dest) old = borrowed.node;
  }
  if (old != nullptr) Release(old);
  for (const Borrowed& borrowed : borrowed_) {
    if (borrowed.reg == dest) continue;
    regs_[borrowed.reg] = nullptr;
    Release(borrowed.node);
  }
  borrowed_.clear();
}

void Builder::FinishWithout() {
  for (size_t i = 0; i < borrowed_.size(); ++i) {
    regs_[borrowed_[i].reg] = nullptr;
    Release(borrowed_[i].node);
  }
  borrowed_.clear();
}

void Builder::Release(Node* owned) {
  if (owned->op == Op::kNull) return;
  Call(owned->type.nullable ? Op::kXDecRef : Op::kDecRef, {owned});
}

// --- Control
// -----------------------------------------------------------------

void Builder::DeoptHere() {
  Append(Make(Op::kDeopt, {}, Before()));
  block_ = nullptr;
  borrowed_.clear();
}

Builder::Sides Builder::Branch(Node* condition) {
  Sides sides = {f_->NewBlock(), f_->NewBlock()};
  Emit(Op::kBranch, {condition});
  f_->AddEdge(block_, sides.yes);
  f_->AddEdge(block_, sides.no);
  block_ = nullptr;
  return sides;
}

Builder::Sided Builder::BeginSides() { return {regs_, {}, {}, f_->NewBlock()}; }

void Builder::EndSide(Sided* sides) {
  sides->results.push_back(regs_[in_->a]);
  sides->regs = regs_;
  Emit(Op::kJump);
  f_->AddEdge(block_, sides->after);
  regs_ = sides->before;
  called_ = false;
}

void Builder::MeetSides(const Sided& sides) {
  Enter(sides.after);
  Node* result = Make(Op::kPhi, sides.results, nullptr);
  result->type = kObject;
  Append(result);
  phis_.push_back(result);
  // What a side has found out about a register holds on that side alone.
  for (size_t r = 0; r < regs_.size(); ++r) {
    regs_[r] = sides.regs[r] == nullptr ? nullptr : sides.before[r];
  }
  regs_[in_->a] = result;
  called_ = true;
  unobserved_pending_ = true;
}

void Builder::JumpIf(Node* condition, bool sense, uint32_t target) {
  FinishWithout();
  bool pending = unobserved_pending_;
  Sides sides = Branch(condition);
  Enter(sense ? sides.yes : sides.no);
  GoTo(target);
  unobserved_pending_ = pending;
  Enter(sense ? sides.no : sides.yes);
  GoTo(next_);
}

std::vector<Node*> Builder::Returns() const {
  std::vector<Node*> returns;
  for (Node* node : made_) {
    if (node->op == Op::kReturn) returns.push_back(node);
  }
  return returns;
}

}  // namespace pyvm::ir
