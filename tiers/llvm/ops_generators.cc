// Generators and coroutines: leaving them, and resuming others.
#include "core/host/resume.h"
#include "tiers/llvm/frames.h"
#include "tiers/llvm/lowering_context.h"
#include "tiers/llvm/runtime_ops.h"

namespace pyvm::llvm_tier {

using llvm::Value;

namespace {

// The frame is at the instruction, whose registers below `stacktop` may be
// full, and is left.
void LeaveAt(Lowering& l, const ir::Node& n, uint32_t stacktop) {
  const Unit* unit = l.fn().unit();
  l.Store(l.Address(CodeStart(unit) + unit->PositionOf(unit->instrs + n.imm)),
          l.FrameField(offsetof(Frame, prev_instr)), Mem::kFrame);
  l.Store(l.b.getInt32(stacktop), l.FrameField(offsetof(Frame, stacktop)),
          Mem::kFrame);
}

// What pyvm_llvm_resume_next and such return: null at the end.
Value* ItemOf(Lowering& l, Value* item) {
  l.RaiseIf(l.b.CreateICmpEQ(item, l.Address(kResumedRaised)));
  return item;
}

}  // namespace

Value* LowerSuspend(Lowering& l, const ir::Node& n) {
  Unit* unit = l.fn().unit();
  const Instr& yield = unit->instrs[n.imm];
  LeaveAt(l, n, unit->num_locals + yield.c);
  l.Store(l.b.getInt16(HintBehind(&yield, unit)), l.FrameField(kResumeHint),
          Mem::kFrame);
  l.Store(l.b.getInt8(static_cast<uint8_t>(FRAME_SUSPENDED)),
          l.GeneratorField(offsetof(PyGenObject, gi_frame_state)), Mem::kFrame);
  auto next = static_cast<uint32_t>(n.imm) + 1;
  l.Store(l.Address(pyvm_llvm_resumption(unit, next)), l.act,
          offsetof(Activation, suspended_at), Mem::kFrame);
  l.b.CreateRet(l.In(n, 0));
  return nullptr;
}

Value* LowerEndGenerator(Lowering& l, const ir::Node& n) {
  LeaveAt(l, n, l.fn().unit()->num_locals);
  l.b.CreateRet(l.In(n, 0));
  return nullptr;
}

Value* LowerResumeNext(Lowering& l, const ir::Node& n) {
  l.Publish(n);
  return ItemOf(
      l, l.Call(reinterpret_cast<const void*>(pyvm_llvm_resume_next), l.ptr,
                {l.act, l.In(n, 0)}));
}

Value* LowerSend(Lowering& l, const ir::Node& n) {
  l.Publish(n);
  return ItemOf(l, l.Call(reinterpret_cast<const void*>(pyvm_llvm_send), l.ptr,
                          {l.act, l.In(n, 0), l.In(n, 1)}));
}

Value* LowerSent(Lowering& l, const ir::Node&) {
  return l.Load(l.ptr, l.act, offsetof(Activation, result), Mem::kFrame);
}

Value* LowerGetAwaitable(Lowering& l, const ir::Node& n) {
  return l.CallForObject(
      n, reinterpret_cast<const void*>(pyvm_llvm_get_awaitable),
      {l.act, l.In(n, 0), l.b.getInt32(static_cast<uint32_t>(n.imm))});
}

Value* LowerGetYieldFromIter(Lowering& l, const ir::Node& n) {
  return l.CallForObject(
      n, reinterpret_cast<const void*>(pyvm_llvm_get_yield_from_iter),
      {l.act, l.In(n, 0)});
}

}  // namespace pyvm::llvm_tier
