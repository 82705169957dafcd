#include "passes/ir/edit.h"

#include <algorithm>
#include <bit>
#include <iterator>
#include <type_traits>
#include <unordered_set>

namespace pyvm::ir {

Node* OwnerOf(Node* node) {
  node = Function::Find(node);
  while (node->info().result == Result::same && node->op != Op::kPhi) {
    node = Function::Find(node->inputs[0]);
  }
  return node;
}

namespace {
Node* NewConstant(Function* function, Node* at, Op op, int64_t imm) {
  Node* node = function->NewNode(op, {});
  node->imm = imm;
  Function::InsertBefore(at, node);
  return node;
}
}  // namespace

Node* NewConstInt(Function* function, Node* at, int64_t value) {
  return NewConstant(function, at, Op::kConstInt, value);
}
Node* NewConstFloat(Function* function, Node* at, double value) {
  return NewConstant(function, at, Op::kConstFloat,
                     std::bit_cast<int64_t>(value));
}
Node* NewConstBool(Function* function, Node* at, bool value) {
  return NewConstant(function, at, Op::kConstBool, value);
}

size_t PredecessorIndex(const Block* block, int which) {
  const Block* succ = block->succs[which];
  auto begin = succ->preds.begin(), end = succ->preds.end();
  auto it = std::find(begin, end, block);
  // With two edges between them, the order is that of the successors.
  if (which == 1 && block->succs[0] == succ) it = std::find(it + 1, end, block);
  return static_cast<size_t>(it - begin);
}

void RemoveEdge(Block* block, int which) {
  Block* succ = block->succs[which];
  size_t index = PredecessorIndex(block, which);
  for (Node* phi = succ->first; phi != nullptr && phi->op == Op::kPhi;
       phi = phi->next) {
    std::copy(phi->inputs.begin() + static_cast<long>(index) + 1,
              phi->inputs.end(),
              phi->inputs.begin() + static_cast<long>(index));
    phi->inputs = phi->inputs.first(phi->inputs.size() - 1);
  }
  succ->preds.erase(succ->preds.begin() + static_cast<long>(index));
  block->succs[which] = nullptr;
  if (which == 0) std::swap(block->succs[0], block->succs[1]);
  if (block->last->op == Op::kBranch) {
    block->last->op = Op::kJump;
    block->last->inputs = {};
  }
}

std::vector<Block*> LoopBody(Block* header) {
  std::vector<Block*> body = {header};
  std::unordered_set<const Block*> seen = {header};
  auto add = [&](Block* block) {
    if (seen.insert(block).second) body.push_back(block);
  };
  for (Block* pred : header->preds) {
    if (Function::Dominates(header, pred)) add(pred);
  }
  for (size_t i = 1; i < body.size(); ++i) {
    for (Block* pred : body[i]->preds) add(pred);
  }
  return body;
}

FrameState* StateOnEdge(Function* function, Block* block, size_t edge) {
  auto along = [&](Node* value) {
    if (value == nullptr) return value;
    // Guards on a phi may stand in for it; they are not there yet.
    Node* owner = OwnerOf(value);
    bool is_phi = owner->op == Op::kPhi && owner->block == block;
    return is_phi ? Function::Find(owner->inputs[edge]) : value;
  };
  FrameState* first = nullptr;
  FrameState** link = &first;
  for (FrameState* state = block->entry_state; state; state = state->caller) {
    *link = function->CopyState(*state);
    for (StateSlot& slot : (*link)->slots) {
      slot.value = along(slot.value);
      slot.present = along(slot.present);
    }
    link = &(*link)->caller;
  }
  return first;
}

Block* Preheader(Function* function, Block* header, bool* made) {
  *made = false;
  std::vector<size_t> entries;
  for (size_t i = 0; i < header->preds.size(); ++i) {
    if (IsEntryEdge(header, header->preds[i])) entries.push_back(i);
  }
  if (entries.empty() || entries.size() == header->preds.size()) return nullptr;
  if (entries.size() == 1 && header->preds[entries[0]]->NumSuccs() == 1) {
    return header->preds[entries[0]];
  }
  *made = true;
  Block* block = function->NewBlock();
  block->frequency = 0;
  for (size_t i : entries) {
    Block* pred = header->preds[i];
    block->preds.push_back(pred);
    block->frequency += pred->frequency;
    std::replace(std::begin(pred->succs), std::end(pred->succs), header, block);
  }
  // What stays with the header: first the new edge, then those from behind.
  auto keep = [&](auto& list, auto first) {
    size_t to = 0;
    std::vector<std::decay_t<decltype(list[0])>> rest = {first};
    for (size_t i = 0; i < list.size(); ++i) {
      if (std::find(entries.begin(), entries.end(), i) == entries.end()) {
        rest.push_back(list[i]);
      }
    }
    for (auto x : rest) list[to++] = x;
    return to;
  };
  std::vector<std::pair<Node*, Node*>> phis;
  for (Node* phi = header->first; phi != nullptr && phi->op == Op::kPhi;
       phi = phi->next) {
    std::vector<Node*> inputs;
    for (size_t i : entries) inputs.push_back(phi->inputs[i]);
    Node* merged = inputs[0];
    if (inputs.size() > 1) {
      merged = function->NewNode(Op::kPhi, inputs, nullptr);
      merged->type = phi->type;
      Function::Append(block, merged);
    }
    phi->inputs = phi->inputs.first(keep(phi->inputs, merged));
  }
  header->preds.resize(keep(header->preds, block));
  Function::Append(block, function->NewNode(Op::kJump, {}));
  block->succs[0] = header;
  if (header->entry_state != nullptr) {
    block->entry_state = StateOnEdge(function, header, 0);
  }
  return block;
}

}  // namespace pyvm::ir
