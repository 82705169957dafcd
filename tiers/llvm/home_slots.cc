#include "tiers/llvm/home_slots.h"

#include <algorithm>
#include <functional>
#include <queue>
#include <utility>

#include "core/runtime/object.h"

namespace pyvm::llvm_tier {
namespace {

// A box that was taken out of the code because frames alone want it.
bool IsSunk(const ir::Node* node) { return node->block == nullptr; }

}  // namespace

const ir::Node* Root(const ir::Node* node) {
  while (node->info().result == ir::Result::same && node->op != ir::Op::kPhi) {
    node = node->inputs[0];
  }
  return node;
}

const ir::Node* StoredFor(const ir::Node* value, bool owned) {
  if (value == nullptr) return nullptr;
  value = ir::Function::Find(const_cast<ir::Node*>(value));
  switch (value->op) {
    case ir::Op::kBoxInt:
    case ir::Op::kBoxFloat:
      if (IsSunk(value)) value = value->inputs[0];
      break;
    case ir::Op::kBoxBool:
      // True and False lose nothing by being named once more.
      if (IsSunk(value) || !owned) value = value->inputs[0];
      break;
    default:
      break;
  }
  switch (value->op) {
    case ir::Op::kNull:
    case ir::Op::kConst:
    case ir::Op::kKnown:
    case ir::Op::kConstBool:
    case ir::Op::kVirtual:
      return nullptr;
    case ir::Op::kConstInt:
      return IsSmallInt(value->imm) ? nullptr : value;
    default:
      break;
  }
  value = Root(value);
  return value->op == ir::Op::kHeldReg ? nullptr : value;
}

HomeSlots::HomeSlots(const ir::Function& fn) : numbers_(fn.num_nodes(), kNone) {
  FindHeld(fn);
  FindRanges(fn);
  ChooseEarly();
  Assign();
}

void HomeSlots::FindHeld(const ir::Function& fn) {
  for (const ir::Node* n = fn.entry()->first; n != nullptr; n = n->next) {
    if (n->op != ir::Op::kHeldReg) continue;
    auto reg = static_cast<size_t>(n->imm);
    if (reg >= held_.size()) held_.resize(reg + 1);
    held_[reg] = true;
  }
}

uint32_t HomeSlots::NumberOf(const ir::Node* node) const {
  return numbers_[Root(node)->id];
}

std::span<const uint32_t> HomeSlots::ValuesOf(
    const ir::FrameState* state) const {
  return states_.at(state);
}

// Notes what the state's sites need.
void HomeSlots::Number(const ir::FrameState* state) {
  auto [at, fresh] = states_.try_emplace(state);
  if (!fresh) return;
  std::vector<uint32_t>& needed = at->second;
  auto add = [&](const ir::Node* value, bool owned) {
    const ir::Node* node = StoredFor(value, owned);
    if (node == nullptr) return;
    uint32_t& number = numbers_[node->id];
    if (number == kNone) {
      number = static_cast<uint32_t>(values_.size());
      values_.push_back({.node = node});
      uses_.push_back(0);
    }
    if (std::find(needed.begin(), needed.end(), number) != needed.end()) return;
    needed.push_back(number);
    ++uses_[number];
  };
  for (const ir::FrameState* s = state; s != nullptr; s = s->caller) {
    add(s->function, s->function_owned);
    for (const ir::StateSlot& slot : s->slots) {
      add(slot.value, slot.owned);
      add(slot.present, false);
    }
  }
}

void HomeSlots::FindRanges(const ir::Function& fn) {
  std::vector<uint32_t> positions(fn.num_nodes());
  std::vector<Range> blocks;
  uint32_t position = 0;
  for (const ir::Block* block : fn.blocks()) {
    uint32_t begin = position;
    for (const ir::Node* n = block->first; n != nullptr; n = n->next) {
      positions[n->id] = position++;
      if (n->state != nullptr) Number(n->state);
    }
    blocks.push_back({begin, position});
  }
  for (const Value& value : values_) {
    uint32_t begin = positions[value.node->id];
    ranges_.push_back({begin, begin});
  }
  for (const ir::Block* block : fn.blocks()) {
    for (const ir::Node* n = block->first; n != nullptr; n = n->next) {
      if (n->state == nullptr) continue;
      for (uint32_t number : states_.at(n->state)) {
        ranges_[number].end = std::max(ranges_[number].end, positions[n->id]);
      }
    }
  }
  ExtendOverLoops(LoopsOf(fn, blocks));
}

std::vector<HomeSlots::Loop> HomeSlots::LoopsOf(
    const ir::Function& fn, const std::vector<Range>& blocks) {
  std::vector<Loop> loops;
  for (const ir::Block* header : fn.blocks()) {
    std::vector<const ir::Block*> work;
    for (const ir::Block* pred : header->preds) {
      if (ir::Function::Dominates(header, pred)) work.push_back(pred);
    }
    if (work.empty()) continue;
    Loop loop;
    loop.range = blocks[header->order];
    loop.body.resize(fn.blocks().size());
    loop.body[header->order] = true;
    while (!work.empty()) {
      const ir::Block* block = work.back();
      work.pop_back();
      if (loop.body[block->order]) continue;
      loop.body[block->order] = true;
      loop.range.end = std::max(loop.range.end, blocks[block->order].end);
      work.insert(work.end(), block->preds.begin(), block->preds.end());
    }
    loops.push_back(std::move(loop));
  }
  return loops;
}

// A value that was there before a loop keeps its place until the loop ends, if
// it is wanted in there or behind it: a loop's blocks may stand behind those
// that follow it.
void HomeSlots::ExtendOverLoops(const std::vector<Loop>& loops) {
  for (size_t i = 0; i < values_.size(); ++i) {
    uint32_t home = values_[i].node->block->order;
    Range& range = ranges_[i];
    for (bool changed = true; changed;) {
      changed = false;
      for (const Loop& loop : loops) {
        if (loop.range.begin >= range.begin && loop.range.begin <= range.end &&
            loop.range.end > range.end && !loop.body[home]) {
          range.end = loop.range.end;
          changed = true;
        }
      }
    }
  }
}

void HomeSlots::ChooseEarly() {
  // One store where the value is made, against one at each of these states. The
  // former is on the way of code that runs often, most of the latter are not.
  constexpr uint32_t kUses = 4, kMaxDepth = 3;
  for (size_t i = 0; i < values_.size(); ++i) {
    uint32_t depth = std::min(values_[i].node->block->loop_depth, kMaxDepth);
    values_[i].early = uses_[i] >= kUses << (2 * depth);
  }
}

void HomeSlots::Assign() {
  std::vector<uint32_t> order(values_.size());
  for (uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [this](uint32_t a, uint32_t b) {
    return std::pair(ranges_[a].begin, a) < std::pair(ranges_[b].begin, b);
  });
  using Taken = std::pair<uint32_t, uint32_t>;  // until where, which slot
  std::priority_queue<Taken, std::vector<Taken>, std::greater<>> taken;
  std::vector<uint32_t> free;
  for (uint32_t i : order) {
    while (!taken.empty() && taken.top().first < ranges_[i].begin) {
      free.push_back(taken.top().second);
      taken.pop();
    }
    if (free.empty()) free.push_back(num_slots_++);
    values_[i].slot = free.back();
    free.pop_back();
    taken.emplace(ranges_[i].end, values_[i].slot);
  }
}

}  // namespace pyvm::llvm_tier
