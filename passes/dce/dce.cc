#include "passes/dce/dce.h"

#include <bit>

#include "core/bytecode/python.h"

namespace pyvm::ir {
namespace {

bool IsNumber(const Node* node) {
  return node->op == Op::kConstInt || node->op == Op::kConstFloat;
}

// Whether the node may go if nobody uses its value. A guard that fails leads to
// the interpreter, which may raise where the guard has failed: only those that
// fail for numbers that get too large can go, and those that cannot fail.
bool CanGo(const Node& node) {
  const OpInfo& info = node.info();
  switch (node.op) {
    case Op::kBoxInt:
    case Op::kBoxFloat:
    case Op::kAddInt:
    case Op::kSubInt:
    case Op::kMulInt:
    case Op::kNegInt:
    case Op::kIntToFloat:
    case Op::kSizeOf:
    case Op::kKnown:
    case Op::kTableSize:
      return true;
    case Op::kFloorDivInt:
    case Op::kModInt:
    case Op::kDivFloat: {
      const Node* divisor = node.inputs[1];
      // 0 has one pattern of bits in ints, and two in floats.
      return IsNumber(divisor) && divisor->imm != 0 &&
             divisor->imm != std::bit_cast<int64_t>(-0.0);
    }
    case Op::kLshiftInt:
    case Op::kRshiftInt:
      return IsNumber(node.inputs[1]) && node.inputs[1]->imm >= 0;
    case Op::kUnboxInt:
      return node.inputs[0]->type.exact == &PyLong_Type;
    case Op::kUnboxFloat:
      return node.inputs[0]->type.exact == &PyFloat_Type;
    case Op::kUnboxBool:
      return node.inputs[0]->type.exact == &PyBool_Type;
    default:
      return info.Has(kPure) && !info.Has(kGuard);
  }
}

class Marker {
 public:
  explicit Marker(const Function& function) : function_(function) {}

  // What is left unmarked is dead.
  void Run() {
    for (Block* block : function_.blocks()) {
      Mark(block->entry_state);
      for (Node* node = block->first; node; node = node->next) {
        if (!CanGo(*node)) Mark(node);
      }
    }
    while (!work_.empty()) {
      Node* node = work_.back();
      work_.pop_back();
      for (Node* input : node->inputs) Mark(input);
      Mark(node->state);
    }
  }

 private:
  void Mark(Node* node) {
    if (node == nullptr || node->mark != 0) return;
    node->mark = 1;
    work_.push_back(node);
  }
  // A state may be shared: it is walked each time, which costs little.
  void Mark(const FrameState* state) {
    for (; state != nullptr; state = state->caller) {
      Mark(state->function);
      for (const StateSlot& slot : state->slots) {
        Mark(slot.value);
        Mark(slot.present);
      }
    }
  }

  const Function& function_;
  std::vector<Node*> work_;
};

uint32_t Run(Function& function, const PassContext&) {
  Marker(function).Run();
  uint32_t removed = 0;
  for (Block* block : function.blocks()) {
    for (Node* node : NodesOf(block)) {
      if (node->mark == 0) {
        Function::Remove(node);
        ++removed;
      }
      node->mark = 0;
    }
  }
  return removed;
}

}  // namespace

constinit const Pass kDcePass = {
    "dce", "drops nodes that nobody uses and nobody misses", Run, {}};

}  // namespace pyvm::ir
