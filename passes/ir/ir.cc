#include "passes/ir/ir.h"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>

#include "core/host/cpython.h"

namespace pyvm::ir {
namespace {

// The words of ops.def.
namespace words {
inline constexpr uint8_t none = kMemNone, attrs = kMemAttrs, items = kMemItems,
                         iters = kMemIters, dicts = kMemDicts,
                         types = kMemTypes, frame = kMemFrame,
                         numbers = kMemNumbers, tables = kMemTables,
                         any = kMemAny, pure = kPure, guard = kGuard,
                         call = kCall, end = kEnd, keep = kKeep;
constexpr OpInfo kTable[] = {
#define PYVM_IR_OP(name, inputs, result, imm, reads, writes, flags, prose) \
  {#name, inputs, Result::result, Imm::imm, reads, writes, flags, prose},
#include "passes/ir/ops.def"
#undef PYVM_IR_OP
};
}  // namespace words

template <typename T>
std::span<T> Copy(std::pmr::memory_resource* memory, std::span<T const> from) {
  if (from.empty()) return {};
  auto* to =
      static_cast<T*>(memory->allocate(from.size() * sizeof(T), alignof(T)));
  std::copy(from.begin(), from.end(), to);
  return {to, from.size()};
}

// Cheaper to release than to ask: their deallocators run no code.
bool IsPlain(const _typeobject* type) {
  static constexpr std::array<const _typeobject*, 7> kPlain = {
      &PyLong_Type,  &PyFloat_Type,     &PyBool_Type, &PyUnicode_Type,
      &PyBytes_Type, &PyRangeIter_Type, &_PyNone_Type};
  return std::find(kPlain.begin(), kPlain.end(), type) != kPlain.end();
}

}  // namespace

const OpInfo& InfoOf(Op op) { return words::kTable[static_cast<int>(op)]; }

Type Join(const Type& a, const Type& b) {
  if (a.rep != b.rep) return kNoValue;
  Type joined = a;
  joined.nullable = a.nullable || b.nullable;
  if (a.exact != b.exact) joined.exact = nullptr;
  return joined;
}

Type TypeOfResult(Op op, std::span<Node* const> inputs) {
  switch (op) {
    case Op::kBoxInt:
    case Op::kBinaryBig:
      return {Rep::kObject, false, &PyLong_Type};
    case Op::kBoxFloat:
      return {Rep::kObject, false, &PyFloat_Type};
    case Op::kBoxBool:
      return {Rep::kObject, false, &PyBool_Type};
    case Op::kMakeFunction:
      return {Rep::kObject, false, &PyFunction_Type};
    case Op::kMakeSet:
      return {Rep::kObject, false, &PySet_Type};
    case Op::kMakeDict:
      return {Rep::kObject, false, &PyDict_Type};
    case Op::kConcatStr:
    case Op::kAppendStr:
      return {Rep::kObject, false, &PyUnicode_Type};
    case Op::kListTuple:
    case Op::kUnpack:
    case Op::kUnpackStar:
    case Op::kMakeTuple:
      return {Rep::kObject, false, &PyTuple_Type};
    case Op::kMakeList:
      return {Rep::kObject, false, &PyList_Type};
    case Op::kGuardFull: {
      Type type = inputs[0]->type;
      type.nullable = false;
      return type;
    }
    default:
      break;
  }
  switch (InfoOf(op).result) {
    case Result::none:
      return kNoValue;
    case Result::i:
      return kInt;
    case Result::f:
      return kFloat;
    case Result::b:
      return kBool;
    case Result::fresh:
    case Result::lent:
      return kObject;
    case Result::nfresh:
    case Result::nlent:
      return kNullableObject;
    case Result::same:
      return inputs.empty() ? kNoValue : inputs[0]->type;
  }
  return kNoValue;
}

bool RunsNoCode(Op op) {
  return op == Op::kAppendList || op == Op::kConcatStr ||
         op == Op::kAppendStr || op == Op::kJoinStr ||
         op == Op::kMatchException;
}

bool MayRunCode(const Node& node) {
  if (node.op == Op::kDecRef || node.op == Op::kXDecRef) {
    return !IsPlain(Function::Find(node.inputs[0])->type.exact);
  }
  return node.info().Has(kCall) && !RunsNoCode(node.op);
}

bool MakesReference(const Node& node) {
  Result result = node.info().result;
  return result == Result::fresh || result == Result::nfresh;
}

uint8_t WritesOf(const Node& node) {
  if (node.op == Op::kDecRef || node.op == Op::kXDecRef) {
    return MayRunCode(node) ? kMemAny : kMemNone;
  }
  return node.info().writes;
}

// --- Making nodes
// -------------------------------------------------------------

Function::Function(Unit* unit) : unit_(unit) {}

Block* Function::NewBlock() {
  owned_blocks_.push_back(std::make_unique<Block>());
  Block* block = owned_blocks_.back().get();
  block->id = next_block_++;
  blocks_.push_back(block);
  return block;
}

Node* Function::NewNode(Op op, std::span<Node* const> inputs,
                        FrameState* state) {
  auto* node = new (memory_.allocate(sizeof(Node), alignof(Node))) Node;
  node->op = op;
  node->id = num_nodes_++;
  node->inputs = Copy<Node*>(&memory_, inputs);
  node->state = state;
  node->type = TypeOfResult(op, inputs);
  bytes_ += sizeof(Node) + inputs.size_bytes();
  return node;
}

FrameState* Function::NewState(Unit* unit, uint32_t instr, uint32_t registers,
                               FrameState* caller, Node* function) {
  auto* state = new (memory_.allocate(sizeof(FrameState), alignof(FrameState)))
      FrameState;
  state->unit = unit;
  state->instr = instr;
  state->caller = caller;
  state->function = function;
  auto* slots = static_cast<StateSlot*>(
      memory_.allocate(registers * sizeof(StateSlot) + 1, alignof(StateSlot)));
  std::uninitialized_fill_n(slots, registers, StateSlot{});
  state->slots = {slots, registers};
  bytes_ += sizeof(FrameState) + state->slots.size_bytes();
  return state;
}

FrameState* Function::CopyState(const FrameState& state, uint32_t more) {
  FrameState* copy = NewState(state.unit, state.instr,
                              static_cast<uint32_t>(state.slots.size()) + more,
                              state.caller, state.function);
  copy->objects = state.objects;
  std::copy(state.slots.begin(), state.slots.end(), copy->slots.begin());
  copy->function_owned = state.function_owned;
  copy->blamed_unit = state.blamed_unit;
  copy->blamed_instr = state.blamed_instr;
  return copy;
}

size_t Function::bytes() const { return bytes_; }

// --- Blocks
// --------------------------------------------------------------------

void Function::Append(Block* block, Node* node) {
  node->block = block;
  node->prev = block->last;
  node->next = nullptr;
  (block->last != nullptr ? block->last->next : block->first) = node;
  block->last = node;
}

void Function::InsertBefore(Node* at, Node* node) {
  Block* block = at->block;
  node->block = block;
  node->next = at;
  node->prev = at->prev;
  (at->prev != nullptr ? at->prev->next : block->first) = node;
  at->prev = node;
}

void Function::InsertFirst(Block* block, Node* node) {
  Node* at = block->first;
  while (at != nullptr && at->op == Op::kPhi) at = at->next;
  if (at == nullptr) {
    Append(block, node);
  } else {
    InsertBefore(at, node);
  }
}

void Function::Remove(Node* node) {
  Block* block = node->block;
  if (block == nullptr) return;
  (node->prev != nullptr ? node->prev->next : block->first) = node->next;
  (node->next != nullptr ? node->next->prev : block->last) = node->prev;
  node->block = nullptr;
  // `next` stays: whoever walks over the block may go on.
}

void Function::AddPhiInput(Node* phi, Node* value) {
  std::vector<Node*> inputs(phi->inputs.begin(), phi->inputs.end());
  inputs.push_back(value);
  phi->inputs = Copy<Node*>(&memory_, inputs);
  bytes_ += phi->inputs.size_bytes();
}

void Function::AddEdge(Block* from, Block* to) {
  (from->succs[0] == nullptr ? from->succs[0] : from->succs[1]) = to;
  to->preds.push_back(from);
}

Block* Function::SplitEdge(Block* pred, int which) {
  Block* to = pred->succs[which];
  Block* between = NewBlock();
  Append(between, NewNode(Op::kJump, {}));
  between->succs[0] = to;
  between->preds.push_back(pred);
  between->frequency = std::min(pred->frequency, to->frequency);
  pred->succs[which] = between;
  // With two edges from one block to another, the order of preds is that of
  // succs.
  bool second = which == 1 && pred->succs[0] == to;
  auto it = std::find(to->preds.begin(), to->preds.end(), pred);
  if (second) it = std::find(it + 1, to->preds.end(), pred);
  *it = between;
  return between;
}

Block* Function::SplitAfter(Node* node) {
  Block* block = node->block;
  Block* rest = NewBlock();
  rest->first = node->next;
  rest->last = node->next != nullptr ? block->last : nullptr;
  if (node->next != nullptr) node->next->prev = nullptr;
  node->next = nullptr;
  block->last = node;
  for (Node* moved = rest->first; moved != nullptr; moved = moved->next) {
    moved->block = rest;
  }
  rest->frequency = block->frequency;
  for (int i = 0; i < 2; ++i) {
    Block* succ = block->succs[i];
    rest->succs[i] = succ;
    block->succs[i] = nullptr;
    if (succ == nullptr) continue;
    std::replace(succ->preds.begin(), succ->preds.end(), block, rest);
  }
  return rest;
}

// --- Replacement
// ----------------------------------------------------------------

void Function::Replace(Node* node, Node* with) {
  Remove(node);
  node->replacement = with;
}

std::vector<FrameState*> Function::States() const {
  std::vector<FrameState*> states;
  std::unordered_set<const FrameState*> seen;
  auto add = [&](FrameState* state) {
    for (; state != nullptr && seen.insert(state).second;
         state = state->caller) {
      states.push_back(state);
    }
  };
  for (Block* block : blocks_) {
    add(block->entry_state);
    for (Node* node = block->first; node != nullptr; node = node->next) {
      add(node->state);
    }
  }
  return states;
}

void Function::Resolve() {
  for (Block* block : blocks_) {
    for (Node* node = block->first; node != nullptr; node = node->next) {
      for (Node*& input : node->inputs) input = Find(input);
    }
  }
  for (FrameState* state : States()) {
    if (state->function != nullptr) state->function = Find(state->function);
    for (StateSlot& slot : state->slots) {
      if (slot.value != nullptr) slot.value = Find(slot.value);
      if (slot.present != nullptr) slot.present = Find(slot.present);
    }
  }
}

std::vector<Function::Uses> Function::CountUses() const {
  std::vector<Uses> uses(num_nodes_);
  for (Block* block : blocks_) {
    for (Node* node = block->first; node != nullptr; node = node->next) {
      for (Node* input : node->inputs) ++uses[Find(input)->id].inputs;
    }
  }
  for (FrameState* state : States()) {
    if (state->function != nullptr) ++uses[Find(state->function)->id].states;
    for (const StateSlot& slot : state->slots) {
      if (slot.value != nullptr) ++uses[Find(slot.value)->id].states;
      if (slot.present != nullptr) ++uses[Find(slot.present)->id].states;
    }
  }
  return uses;
}

// --- Dominators and loops
// ---------------------------------------------------------

namespace {

void Postorder(Block* entry, std::vector<Block*>* order,
               std::unordered_set<Block*>* seen) {
  struct Step {
    Block* block;
    int next;
  };
  std::vector<Step> stack = {{entry, 0}};
  seen->insert(entry);
  while (!stack.empty()) {
    Step& step = stack.back();
    if (step.next < step.block->NumSuccs()) {
      // The second successor first: the first one follows its block.
      int count = step.block->NumSuccs();
      Block* succ = step.block->succs[count - 1 - step.next++];
      if (seen->insert(succ).second) stack.push_back({succ, 0});
    } else {
      order->push_back(step.block);
      stack.pop_back();
    }
  }
}

Block* Intersect(Block* a, Block* b) {
  while (a != b) {
    while (a->order > b->order) a = a->idom;
    while (b->order > a->order) b = b->idom;
  }
  return a;
}

}  // namespace

void Function::ComputeDominators() {
  std::vector<Block*> order;
  std::unordered_set<Block*> reached;
  Postorder(entry(), &order, &reached);
  std::reverse(order.begin(), order.end());

  for (Block* block : order) {
    // Edges from blocks that cannot be reached go, with their phi inputs.
    std::vector<bool> keep(block->preds.size());
    for (size_t i = 0; i < keep.size(); ++i) {
      keep[i] = reached.contains(block->preds[i]);
    }
    if (std::find(keep.begin(), keep.end(), false) == keep.end()) continue;
    auto filter = [&](auto& list) {
      size_t to = 0;
      for (size_t i = 0; i < keep.size(); ++i) {
        if (keep[i]) list[to++] = list[i];
      }
      return to;
    };
    for (Node* phi = block->first; phi != nullptr && phi->op == Op::kPhi;
         phi = phi->next) {
      phi->inputs = phi->inputs.first(filter(phi->inputs));
    }
    block->preds.resize(filter(block->preds));
  }
  blocks_ = order;

  for (uint32_t i = 0; i < order.size(); ++i) {
    order[i]->order = i;
    order[i]->idom = nullptr;
    order[i]->loop = nullptr;
    order[i]->loop_depth = 0;
    order[i]->loop_header = false;
  }
  entry()->idom = entry();
  for (bool changed = true; changed;) {
    changed = false;
    for (Block* block : order) {
      if (block == entry()) continue;
      Block* idom = nullptr;
      for (Block* pred : block->preds) {
        if (pred->idom == nullptr) continue;
        idom = idom == nullptr ? pred : Intersect(idom, pred);
      }
      if (block->idom != idom) {
        block->idom = idom;
        changed = true;
      }
    }
  }
  entry()->idom = nullptr;

  // Natural loops, the inner ones last so that they win.
  for (Block* header : order) {
    std::vector<Block*> work;
    for (Block* pred : header->preds) {
      if (Dominates(header, pred)) work.push_back(pred);
    }
    if (work.empty()) continue;
    header->loop_header = true;
    std::unordered_set<Block*> body = {header};
    while (!work.empty()) {
      Block* block = work.back();
      work.pop_back();
      if (!body.insert(block).second) continue;
      work.insert(work.end(), block->preds.begin(), block->preds.end());
    }
    for (Block* block : body) {
      block->loop = header;
      ++block->loop_depth;
    }
  }
}

bool Function::Dominates(const Block* a, const Block* b) {
  while (b != nullptr && b->order > a->order) b = b->idom;
  return a == b;
}

}  // namespace pyvm::ir
