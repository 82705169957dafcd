#include "passes/ir/verifier.h"

#include <algorithm>
#include <cctype>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/bytecode/unit.h"
#include "passes/ir/printer.h"

namespace pyvm::ir {
namespace {

std::string BlockName(const Block* block) {
  return "b" + std::to_string(block->id);
}
std::string ValueName(const Node* node) {
  return "v" + std::to_string(node->id);
}

// Dominators of its own: those in the blocks may be out of date.
class Order {
 public:
  explicit Order(const Function& function) {
    Visit(function.entry());
    std::vector<const Block*> order(postorder_.rbegin(), postorder_.rend());
    for (size_t i = 0; i < order.size(); ++i) number_[order[i]] = i;
    idom_.assign(order.size(), kNone);
    idom_[0] = 0;
    for (bool changed = true; changed;) {
      changed = false;
      for (size_t i = 1; i < order.size(); ++i) {
        size_t idom = kNone;
        for (const Block* pred : order[i]->preds) {
          auto it = number_.find(pred);
          if (it == number_.end() || idom_[it->second] == kNone) continue;
          idom = idom == kNone ? it->second : Meet(idom, it->second);
        }
        changed |= idom != idom_[i];
        idom_[i] = idom;
      }
    }
    for (const Block* block : order) {
      uint32_t position = 0;
      for (const Node* node = block->first; node; node = node->next) {
        position_[node] = position++;
      }
    }
  }
  bool Reaches(const Block* block) const { return number_.contains(block); }
  bool Dominates(const Block* a, const Block* b) const {
    size_t from = number_.at(b), to = number_.at(a);
    while (from > to) from = idom_[from];
    return from == to;
  }
  bool IsBefore(const Node* a, const Node* b) const {
    if (a->block != b->block) return Dominates(a->block, b->block);
    return position_.at(a) < position_.at(b);
  }

 private:
  static constexpr size_t kNone = ~size_t{0};
  void Visit(const Block* entry) {
    std::unordered_set<const Block*> seen = {entry};
    std::vector<std::pair<const Block*, int>> stack = {{entry, 0}};
    while (!stack.empty()) {
      auto& [block, next] = stack.back();
      if (next == 2) {
        postorder_.push_back(block);
        stack.pop_back();
        continue;
      }
      const Block* succ = block->succs[next++];
      if (succ != nullptr && seen.insert(succ).second)
        stack.push_back({succ, 0});
    }
  }
  size_t Meet(size_t a, size_t b) const {
    while (a != b) {
      while (a > b) a = idom_[a];
      while (b > a) b = idom_[b];
    }
    return a;
  }
  std::vector<const Block*> postorder_;
  std::unordered_map<const Block*, size_t> number_;
  std::vector<size_t> idom_;
  std::unordered_map<const Node*, uint32_t> position_;
};

class Verifier {
 public:
  explicit Verifier(const Function& function) : function_(function) {}

  std::string Run() {
    if (function_.blocks().empty()) Fail("has no blocks");
    blocks_.insert(function_.blocks().begin(), function_.blocks().end());
    for (const Block* block : function_.blocks()) CheckBlock(*block);
    if (!error_.empty()) return error_;
    for (const Block* block : function_.blocks()) {
      for (const Node* node = block->first; node; node = node->next) {
        CheckNode(*node);
      }
    }
    if (!error_.empty()) return error_;
    Order order(function_);
    order_ = &order;
    for (const Block* block : function_.blocks()) {
      if (order.Reaches(block)) CheckUses(*block);
    }
    return error_;
  }

 private:
  void Fail(const std::string& what) {
    if (error_.empty()) error_ = NameOf(function_.unit()) + ": " + what;
  }
  void Fail(const Node& node, const std::string& what) {
    Fail(Describe(node) + " in " + BlockName(node.block) + ": " + what);
  }

  void CheckBlock(const Block& block) {
    std::string name = BlockName(&block);
    if (&block == function_.entry() && !block.preds.empty()) {
      Fail(name + " is the entry, and has predecessors");
    }
    if (block.last == nullptr) return Fail(name + " is empty");
    const Node* before = nullptr;
    bool phis = true;
    for (const Node* node = block.first; node; node = node->next) {
      if (node->block != &block || node->prev != before) {
        return Fail(name + ": links are wrong at " + Describe(*node));
      }
      if (node->info().Has(kEnd) != (node == block.last)) {
        return Fail(*node, node->next ? "ends a block in its middle"
                                      : "the block has no end");
      }
      if (node->op == Op::kPhi && !phis) {
        return Fail(*node, "a phi behind other nodes");
      }
      phis = node->op == Op::kPhi;
      if (node->id >= function_.num_nodes()) return Fail(*node, "no such id");
      if (!ids_.insert(node->id).second) return Fail(*node, "its id is taken");
      defined_.insert(node);
      before = node;
    }
    if (before != block.last) return Fail(name + ": its last node is not last");
    CheckEdges(block);
  }

  void CheckEdges(const Block& block) {
    std::string name = BlockName(&block);
    int want =
        block.last->op == Op::kJump ? 1
        : block.last->op == Op::kBranch || block.last->op == Op::kBranchRaised
            ? 2
            : 0;
    if (block.NumSuccs() != want || (block.succs[1] && !block.succs[0])) {
      return Fail(*block.last,
                  "has " + std::to_string(block.NumSuccs()) + " successors");
    }
    for (const Block* succ : block.succs) {
      if (succ == nullptr) continue;
      if (!blocks_.contains(succ)) {
        return Fail(name + " goes to a block that is not there");
      }
      auto edges = (block.succs[0] == succ) + (block.succs[1] == succ);
      if (std::count(succ->preds.begin(), succ->preds.end(), &block) != edges) {
        return Fail(name + " goes to " + BlockName(succ) +
                    ", whose predecessors do not tell");
      }
    }
    for (const Block* pred : block.preds) {
      if (!blocks_.contains(pred) ||
          (pred->succs[0] != &block && pred->succs[1] != &block)) {
        return Fail(name + ": " + BlockName(pred) + " does not go there");
      }
    }
  }

  static const char* RepName(char letter) {
    switch (letter) {
      case 'i':
        return "an int";
      case 'f':
        return "a float";
      case 'b':
        return "a bool";
      default:
        return letter == 'n' || letter == 'N' ? "an object or null"
                                              : "an object";
    }
  }
  static bool Fits(const Type& type, char letter) {
    switch (letter) {
      case 'i':
        return type.rep == Rep::kInt;
      case 'f':
        return type.rep == Rep::kFloat;
      case 'b':
        return type.rep == Rep::kBool;
      case 'o':
      case 'O':
        return type.rep == Rep::kObject && !type.nullable;
      case 'n':
      case 'N':
        return type.rep == Rep::kObject;
      default:
        return type.rep != Rep::kNone;
    }
  }

  void CheckNode(const Node& node) {
    const OpInfo& info = node.info();
    size_t fixed = std::string_view(info.inputs).size() - info.IsVariadic();
    if (info.IsVariadic() && fixed > 0) --fixed;
    if (node.op == Op::kPhi) fixed = node.block->preds.size();
    if (node.op == Op::kPhi || !info.IsVariadic()
            ? node.inputs.size() != fixed
            : node.inputs.size() < fixed) {
      return Fail(node, "has " + std::to_string(node.inputs.size()) +
                            " inputs, not " + std::to_string(fixed));
    }
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      const Node* input = node.inputs[i];
      if (!CheckValue(node, input)) return;
      if (!Fits(input->type, info.Input(i))) {
        return Fail(node, ValueName(input) + " is " + Describe(input->type) +
                              ", not " + RepName(info.Input(i)));
      }
    }
    CheckResult(node);
    CheckImm(node);
    if (info.HasState() && node.state == nullptr) Fail(node, "has no state");
    CheckState(&node, node.state);
  }

  bool CheckValue(const Node& user, const Node* value) {
    if (value == nullptr) {
      Fail(user, "an input is null");
    } else if (!defined_.contains(value)) {
      Fail(user, ValueName(value) + (value->replacement != nullptr
                                         ? " has been replaced"
                                         : " is in no block"));
    } else {
      return true;
    }
    return false;
  }

  void CheckResult(const Node& node) {
    Rep want = DefaultType(node.op).rep;
    if (node.op == Op::kPhi) {
      want = node.type.rep;
      if (want == Rep::kNone) return Fail(node, "has no type");
      for (const Node* input : node.inputs) {
        const Type& type = input->type;
        if (type.rep != want || (type.nullable && !node.type.nullable) ||
            (node.type.exact != nullptr && type.exact != node.type.exact &&
             input->op != Op::kNull)) {
          return Fail(node, ValueName(input) + " is " + Describe(type));
        }
      }
    } else if (node.info().result == Result::same) {
      want = node.inputs[0]->type.rep;
    }
    if (node.type.rep != want) {
      Fail(node, "its type is " + Describe(node.type));
    }
  }

  void CheckImm(const Node& node) {
    const Unit* unit = function_.unit();
    switch (node.info().imm) {
      case Imm::reg:
        if (node.imm < 0 || node.imm >= unit->num_registers) {
          Fail(node, "no such register");
        }
        return;
      case Imm::cond:
        if (node.imm < 0 || node.imm > 5) Fail(node, "no such comparison");
        return;
      case Imm::object:
      case Imm::type:
      case Imm::name:
      case Imm::func:
        if (node.ptr == nullptr && node.op != Op::kCall) {
          Fail(node, "says not what");
        }
        return;
      case Imm::addr:
        if (node.ptr == nullptr) Fail(node, "has no address");
        return;
      default:
        return;
    }
  }

  // An object that a slot mentions, but no object of the chain is.
  static const Node* UnknownObject(const FrameState* innermost,
                                   const FrameState& state) {
    for (const StateSlot& slot : state.slots) {
      if (slot.value == nullptr || slot.value->op != Op::kVirtual) continue;
      bool known =
          std::any_of(innermost->objects.begin(), innermost->objects.end(),
                      [&](const StateObject& object) {
                        return object.object == slot.value;
                      });
      if (!known) return slot.value;
    }
    return nullptr;
  }

  // `user` is null for the state of a block's entry.
  void CheckState(const Node* user, const FrameState* state) {
    auto fail = [&](const std::string& what) {
      user != nullptr ? Fail(*user, "its state: " + what)
                      : Fail("state of a block: " + what);
    };
    for (const FrameState* innermost = state; state != nullptr;
         state = state->caller) {
      if (state->unit == nullptr) return fail("no unit");
      size_t registers = state->slots.size();
      for (const StateObject& object : state->objects) {
        registers -= object.fields.size();
      }
      if (registers != state->unit->num_registers) {
        return fail(std::to_string(registers) + " slots, but " +
                    std::to_string(state->unit->num_registers) + " registers");
      }
      if (const Node* unknown = UnknownObject(innermost, *state)) {
        return fail("does not say what " + ValueName(unknown) + " holds");
      }
      if (state->caller == nullptr && state->unit != function_.unit()) {
        return fail("the outermost frame is another function's");
      }
      if ((state->caller == nullptr) != (state->function == nullptr)) {
        return fail("inlined frames have a function, and no others");
      }
      for (const StateSlot& slot : state->slots) {
        if (slot.value == nullptr) continue;
        if (!defined_.contains(slot.value)) {
          return fail(ValueName(slot.value) +
                      (slot.value->replacement != nullptr ? " has been replaced"
                                                          : " is in no block"));
        }
        if (slot.value->type.rep == Rep::kNone) {
          return fail(ValueName(slot.value) + " is no value");
        }
        if (slot.present == nullptr) continue;
        if (!defined_.contains(slot.present) ||
            slot.present->type.rep != Rep::kBool ||
            slot.value->type.rep == Rep::kObject) {
          return fail(ValueName(slot.present) +
                      " does not tell whether an unboxed value is there");
        }
      }
    }
  }

  void CheckUses(const Block& block) {
    ForEachValue(block.entry_state, [&](const Node* value) {
      bool own = value->op == Op::kPhi && value->block == &block;
      if (!own && (value->block == &block || !DominatesBlock(value, block))) {
        Fail("the state of " + BlockName(&block) + " uses " + ValueName(value) +
             ", which does not dominate it");
      }
    });
    CheckState(nullptr, block.entry_state);
    for (const Node* node = block.first; node; node = node->next) {
      for (size_t i = 0; i < node->inputs.size(); ++i) {
        const Node* input = node->inputs[i];
        bool good;
        if (node->op == Op::kPhi) {
          const Block* pred = block.preds[i];
          good = !order_->Reaches(pred) || DominatesBlock(input, *pred);
        } else {
          good = order_->Reaches(input->block) && order_->IsBefore(input, node);
        }
        if (!good) {
          return Fail(*node, ValueName(input) + " does not dominate its use");
        }
      }
      ForEachValue(node->state, [&](const Node* value) {
        if (!order_->Reaches(value->block) || !order_->IsBefore(value, node)) {
          Fail(*node, ValueName(value) + " does not dominate the state");
        }
      });
    }
  }
  bool DominatesBlock(const Node* value, const Block& block) const {
    return order_->Reaches(value->block) &&
           order_->Dominates(value->block, &block);
  }
  template <typename F>
  static void ForEachValue(const FrameState* state, F f) {
    for (; state != nullptr; state = state->caller) {
      if (state->function != nullptr) f(state->function);
      for (const StateSlot& slot : state->slots) {
        if (slot.value != nullptr) f(slot.value);
        if (slot.present != nullptr) f(slot.present);
      }
    }
  }

  const Function& function_;
  std::string error_;
  std::unordered_set<const Block*> blocks_;
  std::unordered_set<const Node*> defined_;
  std::unordered_set<uint32_t> ids_;
  const Order* order_ = nullptr;
};

}  // namespace

std::string Verify(const Function& function) {
  std::string error = Verifier(function).Run();
  return error.empty() ? CheckReferences(function) : error;
}

}  // namespace pyvm::ir
