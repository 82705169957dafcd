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

SlotMap SiteBuilder::SlotOf(const ir::Node* value, bool owned,
                            Objects objects) const {
  if (const ir::Node* stored = StoredFor(value, owned)) {
    return {.where = Unboxed(stored->type.rep),
            .owned = owned,
            .index = static_cast<uint16_t>(homes_.SlotOf(stored))};
  }
  if (value == nullptr) return {};
  value = ir::Function::Find(const_cast<ir::Node*>(value));
  if (const ir::Node* root = Root(value); root->op == ir::Op::kHeldReg) {
    return {.where = Location::kRegister,
            .owned = owned,
            .index = static_cast<uint16_t>(root->imm)};
  }
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
    case ir::Op::kVirtual: {
      auto is_it = [=](const auto& object) { return object.object == value; };
      auto it = std::find_if(objects.begin(), objects.end(), is_it);
      return {.where = Location::kVirtual,
              .index = static_cast<uint16_t>(it - objects.begin())};
    }
    default:
      return {};
  }
}

SlotMap SiteBuilder::SlotOf(const ir::StateSlot& slot, Objects objects) const {
  SlotMap map = SlotOf(slot.value, slot.owned, objects);
  if (slot.present == nullptr) return map;
  const ir::Node* present =
      ir::Function::Find(const_cast<ir::Node*>(slot.present));
  if (present->op == ir::Op::kConstBool) return present->imm ? map : SlotMap{};
  map.present = static_cast<uint16_t>(homes_.SlotOf(present));
  return map;
}

VirtualMap SiteBuilder::ObjectOf(const ir::FrameState& state,
                                 const ir::StateObject& object) const {
  VirtualMap map;
  for (size_t i = 0; i < object.fields.size(); ++i) {
    const ir::StateSlot& slot = state.slots[object.first + i];
    const ir::StateObject::Field& field = object.fields[i];
    SlotMap content = SlotOf(slot, state.objects);
    if (field.place == ir::StateObject::Place::kClass) {
      map.cls = content;
    } else {
      bool is_inline = field.place == ir::StateObject::Place::kInline;
      map.fields.push_back({is_inline, field.index, content});
    }
  }
  return map;
}

FrameMap SiteBuilder::FrameOf(const ir::FrameState& state,
                              Objects objects) const {
  FrameMap frame;
  frame.unit = state.unit;
  frame.instr = state.instr;
  frame.function = SlotOf(state.function, state.function_owned, objects);
  frame.blamed_unit = state.blamed_unit;
  frame.blamed_instr = state.blamed_instr;
  uint32_t registers = state.unit->num_registers;
  frame.slots.reserve(registers);
  for (const ir::StateSlot& slot : state.slots.first(registers)) {
    frame.slots.push_back(SlotOf(slot, objects));
    if (state.caller == nullptr) {
      frame.slots.back().held = homes_.IsHeld(frame.slots.size() - 1);
    }
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
    made->frames.push_back(FrameOf(*s, state->objects));
  }
  for (const ir::StateObject& object : state->objects) {
    made->objects.push_back(ObjectOf(*state, object));
  }
  std::reverse(made->frames.begin(), made->frames.end());
  site = made.get();
  sites_.push_back(std::move(made));
  return site;
}

}  // namespace pyvm::llvm_tier
