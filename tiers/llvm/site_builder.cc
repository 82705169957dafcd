#include "tiers/llvm/site_builder.h"

#include <algorithm>
#include <string_view>

#include "core/runtime/object.h"

namespace pyvm::llvm_tier {
namespace {

SlotMap Constant(PyObject* object, bool owned) {
  return {.where = Location::kConstant, .owned = owned, .constant = object};
}

Location Unboxed(ir::Rep rep) {
  switch (rep) {
    case ir::Rep::kInt:
      return Location::kInt;
    case ir::Rep::kFloat:
      return Location::kFloat;
    case ir::Rep::kBool:
      return Location::kBool;
    default:
      return Location::kObject;
  }
}

}  // namespace

SlotMap SiteBuilder::SlotOf(const ir::Node* value, bool owned) const {
  if (const ir::Node* stored = StoredFor(value, owned)) {
    return {.where = Unboxed(stored->type.rep),
            .owned = owned,
            .index = static_cast<uint16_t>(homes_.SlotOf(stored))};
  }
  if (value == nullptr) return {};
  value = ir::Function::Find(const_cast<ir::Node*>(value));
  if (value->op == ir::Op::kBoxInt || value->op == ir::Op::kBoxBool) {
    value = value->inputs[0];
  }
  switch (value->op) {
    case ir::Op::kConst:
    case ir::Op::kKnown:
      return Constant(value->object(), owned);
    case ir::Op::kConstInt:
      return Constant(reinterpret_cast<PyObject*>(&_Py_SINGLETON(
                          small_ints)[_PY_NSMALLNEGINTS + value->imm]),
                      false);
    case ir::Op::kConstBool:
      return Constant(value->imm != 0 ? Py_True : Py_False, false);
    default:
      return {};
  }
}

FrameMap SiteBuilder::FrameOf(const ir::FrameState& state) const {
  FrameMap frame;
  frame.unit = state.unit;
  frame.instr = state.instr;
  frame.function = SlotOf(state.function, state.function_owned);
  frame.blamed_unit = state.blamed_unit;
  frame.blamed_instr = state.blamed_instr;
  frame.slots.reserve(state.slots.size());
  for (const ir::StateSlot& slot : state.slots) {
    frame.slots.push_back(SlotOf(slot.value, slot.owned));
  }
  return frame;
}

Site* SiteBuilder::SiteOf(const ir::FrameState* state, ir::Op reason) {
  // States are aligned: there is room for the operation in their addresses'
  // highest bits.
  uint64_t key =
      reinterpret_cast<uintptr_t>(state) | static_cast<uint64_t>(reason) << 56;
  Site*& site = known_[key];
  if (site != nullptr) return site;
  auto made = std::make_unique<Site>();
  made->number = static_cast<uint32_t>(sites_.size());
  const ir::OpInfo& info = ir::InfoOf(reason);
  made->reason = info.name;
  made->has_operands =
      info.Has(ir::kCall) &&
      std::string_view(info.inputs).find('o') != std::string_view::npos;
  for (const ir::FrameState* s = state; s != nullptr; s = s->caller) {
    made->frames.push_back(FrameOf(*s));
  }
  std::reverse(made->frames.begin(), made->frames.end());
  site = made.get();
  sites_.push_back(std::move(made));
  return site;
}

}  // namespace pyvm::llvm_tier
