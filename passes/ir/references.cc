#include "passes/ir/references.h"

#include <cctype>
#include <set>

#include "passes/ir/edit.h"
#include "passes/ir/printer.h"
#include "passes/ir/verifier.h"

namespace pyvm::ir {
namespace {

class Checker {
 public:
  Checker(const Function& function,
          std::unordered_map<const Block*, References>* at_entry)
      : function_(function), at_entry_(*at_entry) {}

  std::string Run() {
    // In the order of the blocks, which is about that of their execution; loops
    // only confirm.
    for (const Block* block : function_.blocks()) {
      number_.emplace(block, number_.size());
    }
    std::set<size_t> work = {0};
    at_entry_[function_.entry()];
    while (!work.empty() && error_.empty()) {
      const Block* block = function_.blocks()[*work.begin()];
      work.erase(work.begin());
      References held = at_entry_.at(block);
      for (const Node* node = block->first; node; node = node->next) {
        if (node->op != Op::kPhi) Step(*node, &held);
      }
      for (int i = 0; i < block->NumSuccs() && error_.empty(); ++i) {
        // Two edges to one block are two predecessors.
        if (i == 1 && block->succs[0] == block->succs[1]) continue;
        const Block* succ = block->succs[i];
        for (size_t p = 0; p < succ->preds.size(); ++p) {
          if (succ->preds[p] != block) continue;
          References along = held;
          Assume(*block, i, &along);
          Cross(*succ, p, &along);
          if (Merge(*succ, along)) work.insert(number_.at(succ));
        }
      }
    }
    return error_;
  }

 private:
  void Fail(const std::string& what) {
    if (error_.empty()) error_ = NameOf(function_.unit()) + ": " + what;
  }
  static std::string Name(const Node* node) {
    return "v" + std::to_string(node->id);
  }

  // `taker` makes the text that begins the complaint.
  template <typename F>
  void Take(const Node* value, F taker, References* held) {
    const Node* owner = OwnerOf(value);
    if (owner->op == Op::kNull) return;
    auto [it, missing] = held->try_emplace(owner);
    Held& h = it->second;
    if (h.null == Null::kYes) return;
    // A store that may leave code is followed by the reference that a constant
    // owes it: states in between would show that it is missing.
    if (--h.count < 0 && owner->op != Op::kConst) {
      Fail(taker() + " takes a reference of " + Name(value) +
           ", which has none left");
    }
    if (h.count == 0) held->erase(it);
  }
  static void SetNull(const Node* value, Null null, References* held) {
    auto it = held->find(OwnerOf(value));
    if (it != held->end()) it->second.null = null;
  }

  void Step(const Node& node, References* held) {
    const OpInfo& info = node.info();
    auto taker = [&] {
      return Describe(node) + " in b" + std::to_string(node.block->id);
    };
    if (info.Has(kGuard) && !info.Has(kCall)) CheckState(node, *held);
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      if (isupper(info.Input(i))) Take(node.inputs[i], taker, held);
    }
    if (info.Has(kCall)) CheckState(node, *held);
    switch (node.op) {
      case Op::kIncRef: {
        auto it = held->try_emplace(OwnerOf(node.inputs[0])).first;
        if (++it->second.count == 0) held->erase(it);
        return;
      }
      case Op::kGuardFull:
      case Op::kAssumeFull:
        SetNull(node.inputs[0], Null::kNo, held);
        return;
      case Op::kGuardEmpty:
        SetNull(node.inputs[0], Null::kYes, held);
        return;
      case Op::kReturn:
      case Op::kSuspend:
      case Op::kEndGenerator:
        for (const auto& [value, h] : *held) {
          if (h.count != 0 && h.null == Null::kNo) {
            Fail(taker() + ": a reference of " + Name(value) +
                 " has not been taken");
          }
        }
        return;
      default:
        break;
    }
    if (info.result == Result::fresh || info.result == Result::nfresh) {
      (*held)[&node] = {1, node.type.nullable ? Null::kMaybe : Null::kNo};
    }
  }

  // Each reference that is held has a slot that owns it. Code is not left in a
  // release, so it may hold what no register does, such as a result. Nobody
  // looks at frames while a number is released.
  void CheckState(const Node& node, const References& held) {
    bool release = node.op == Op::kDecRef || node.op == Op::kXDecRef;
    if (release && !MayRunCode(node)) return;
    std::map<const Node*, int, ById> owned;
    for (const FrameState* state = node.state; state; state = state->caller) {
      if (state->function != nullptr && state->function_owned) {
        ++owned[OwnerOf(state->function)];
      }
      for (const StateSlot& slot : state->slots) {
        if (slot.value != nullptr && slot.value->type.rep == Rep::kObject &&
            slot.owned) {
          ++owned[OwnerOf(slot.value)];
        }
      }
    }
    auto fail = [&](const Node* value, int count, int slots) {
      Fail(Describe(node) + " in b" + std::to_string(node.block->id) +
           ": its state owns " + std::to_string(slots) + " references of " +
           Name(value) + ", of which there are " + std::to_string(count));
    };
    for (const auto& [value, h] : held) {
      auto it = owned.find(value);
      int slots = it == owned.end() ? 0 : it->second;
      if (it != owned.end()) owned.erase(it);
      if (h.null == Null::kYes) continue;
      bool all = h.null == Null::kNo && !release;
      if (all ? slots != h.count : slots > h.count) fail(value, h.count, slots);
    }
    for (const auto& [value, slots] : owned) {
      if (value->op != Op::kNull) fail(value, 0, slots);
    }
  }

  // What a branch that compares with null says of its successor.
  static void Assume(const Block& block, int which, References* held) {
    const Node* branch = block.last;
    if (branch->op == Op::kBranchRaised && which == 0) {
      // What has raised has made nothing. It may have been taken out.
      const Node* node = branch->prev;
      if (node != nullptr && node->catches) held->erase(node);
    }
    if (branch->op != Op::kBranch) return;
    const Node* test = branch->inputs[0];
    bool null = which == 0;
    while (test->op == Op::kNot) {
      test = test->inputs[0];
      null = !null;
    }
    if (test->op != Op::kIsSame) return;
    const Node* value = test->inputs[0];
    if (value->op == Op::kNull)
      value = test->inputs[1];
    else if (test->inputs[1]->op != Op::kNull)
      return;
    SetNull(value, null ? Null::kYes : Null::kNo, held);
  }

  // Phis take the references of their inputs, all at once.
  void Cross(const Block& to, size_t edge, References* held) {
    std::vector<std::pair<const Node*, Held>> phis;
    for (const Node* phi = to.first; phi && phi->op == Op::kPhi;
         phi = phi->next) {
      if (phi->type.rep != Rep::kObject) continue;
      const Node* input = phi->inputs[edge];
      auto it = held->find(OwnerOf(input));
      Null null = it != held->end() ? it->second.null : Null::kNo;
      if (OwnerOf(input)->op == Op::kNull) null = Null::kYes;
      auto taker = [&] {
        return Describe(*phi) + " in b" + std::to_string(to.id) + ", from b" +
               std::to_string(to.preds[edge]->id) + ",";
      };
      Take(input, taker, held);
      phis.push_back({phi, {1, null}});
    }
    for (const auto& [phi, h] : phis) {
      Held& before = (*held)[phi];
      if (before.count > 0 && before.null == Null::kNo) {
        Fail("a reference of " + Name(phi) + " in b" + std::to_string(to.id) +
             " is lost where b" + std::to_string(to.preds[edge]->id) +
             " goes there again");
      }
      before = h;
    }
  }

  // Whether it changed what is known at the block's entry.
  bool Merge(const Block& block, const References& along) {
    auto [it, first] = at_entry_.try_emplace(&block, along);
    if (first) return true;
    References& known = it->second;
    References before = known;
    for (const auto& [value, h] : along) known.try_emplace(value);
    for (auto& [value, a] : known) {
      auto found = along.find(value);
      Held b = found == along.end() ? Held{} : found->second;
      if (a.null == b.null && a.count == b.count) continue;
      if (a.null == Null::kNo && b.null == Null::kNo) {
        Fail("at b" + std::to_string(block.id) + ", " + Name(value) + " has " +
             std::to_string(a.count) + " references on one way, " +
             std::to_string(b.count) + " on another");
        return false;
      }
      // Null holds what the other does.
      int count = a.null == Null::kYes   ? b.count
                  : b.null == Null::kYes ? a.count
                                         : std::min(a.count, b.count);
      a = {count, a.null == b.null ? a.null : Null::kMaybe};
    }
    return known != before;
  }

  const Function& function_;
  std::string error_;
  std::unordered_map<const Block*, size_t> number_;
  std::unordered_map<const Block*, References>& at_entry_;
};

}  // namespace

ReferenceFlow::ReferenceFlow(const Function& function) {
  error_ = Checker(function, &at_entry_).Run();
}

int ReferenceFlow::CountAtEntry(const Block* block, const Node* owner) const {
  auto it = at_entry_.find(block);
  if (it == at_entry_.end()) return 0;
  auto held = it->second.find(owner);
  return held == it->second.end() ? 0 : held->second.count;
}

std::string CheckReferences(const Function& function) {
  return ReferenceFlow(function).error();
}

}  // namespace pyvm::ir
