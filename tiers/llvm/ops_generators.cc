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

void Unlink(Lowering& l) {
  l.Store(l.Load(l.ptr, l.FrameField(offsetof(Frame, previous)), Mem::kFrame),
          l.act, kCurrentFrame, Mem::kFrame);
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
  Value* tstate = l.LoadFixed(l.ptr, l.act, offsetof(Activation, tstate));
  l.Store(l.Load(l.ptr, l.GeneratorField(kResumptionNote), Mem::kFrame), tstate,
          offsetof(PyThreadState, exc_info), Mem::kFrame);
  l.Store(l.Address(pyvm_llvm_resumption(unit, next)),
          l.GeneratorField(kResumptionNote), Mem::kFrame);
  Unlink(l);
  l.Store(l.Null(), l.FrameField(offsetof(Frame, previous)), Mem::kFrame);
  l.b.CreateRet(l.In(n, 0));
  return nullptr;
}

Value* LowerEndGenerator(Lowering& l, const ir::Node& n) {
  LeaveAt(l, n, l.fn().unit()->num_locals);
  Unlink(l);
  l.b.CreateRet(l.In(n, 0));
  return nullptr;
}

Value* LowerReceived(Lowering& l, const ir::Node& n) {
  Value* received = l.Received();
  if (n.imm != 0) return received;
  llvm::BasicBlock* begin = l.b.GetInsertBlock();
  llvm::BasicBlock* none = l.NewBlock("none");
  llvm::BasicBlock* done = l.NewBlock("received");
  l.Branch(l.IsNull(received), none, done);
  l.Begin(none);
  l.IncRef(l.Address(Py_None));
  l.b.CreateBr(done);
  l.Begin(done);
  llvm::PHINode* value = l.b.CreatePHI(l.ptr, 2);
  value->addIncoming(received, begin);
  value->addIncoming(l.Address(Py_None), none);
  return value;
}

namespace {

// The code that the generator can be resumed in; goes to `slow` if there is
// none, or it is resumed already. As EntryOf in generators.cc.
Value* EntryOf(Lowering& l, const ir::Node& n, Value* gen, Value* frame,
               Value* begun, llvm::BasicBlock* slow) {
  auto next = [&](Value* go_on) {
    llvm::BasicBlock* block = l.NewBlock("resume");
    l.Branch(go_on, block, slow, Lowering::kLikely);
    l.Begin(block);
  };
  Value* state =
      l.Load(l.i8, gen, offsetof(PyGenObject, gi_frame_state), Mem::kFrame);
  Value* suspended = l.b.CreateICmpEQ(
      state, l.b.getInt8(static_cast<uint8_t>(FRAME_SUSPENDED)));
  if (begun == nullptr) {
    suspended = l.b.CreateICmpSLT(state, l.b.getInt8(FRAME_EXECUTING));
  } else {
    Value* created = l.b.CreateICmpEQ(
        state, l.b.getInt8(static_cast<uint8_t>(FRAME_CREATED)));
    suspended = l.b.CreateOr(suspended, l.b.CreateAnd(created, begun));
  }
  next(suspended);
  Value* note = l.Load(l.i64, gen, kResumptionNote, Mem::kFrame);
  next(l.b.CreateICmpSLT(note, l.Int(0)));
  Value* object = l.Load(l.ptr, frame, offsetof(Frame, frame_obj), Mem::kFrame);
  Value* limit =
      l.Load(l.i64, l.act, offsetof(Activation, stack_limit), Mem::kFrame);
  Value* room = l.b.CreateICmpUGE(l.b.CreatePtrToInt(l.native(), l.i64), limit);
  next(l.b.CreateAnd(l.IsNull(object), room));
  next(l.b.CreateICmpSGT(l.RemainingAt(n), l.Int(0)));
  Value* resumption = l.b.CreateIntToPtr(
      l.b.CreateAnd(note, l.Int(static_cast<int64_t>(~kForResumer))), l.ptr);
  Value* entry =
      l.Load(l.ptr, resumption, offsetof(Resumption, entry), Mem::kDirect);
  next(l.NotNull(entry));
  return entry;
}

// Resumes a generator in its machine code: what it yields, null at its end, or
// kResumedRaised. `end_function`: as pyvm_llvm_end_generator.
Value* Resume(Lowering& l, const ir::Node& n, Value* gen, Value* entry,
              Value* sent, const void* end_function) {
  llvm::CallInst* call = l.b.CreateCall(l.GeneratorType(), entry,
                                        {l.act, gen, l.RemainingAt(n), sent});
  call->setCallingConv(llvm::CallingConv::PreserveNone);
  call->setDoesNotThrow();
  llvm::BasicBlock* yielded = l.b.GetInsertBlock();
  llvm::BasicBlock* ended = l.NewBlock("ended");
  llvm::BasicBlock* done = l.NewBlock("resumed");
  Value* state =
      l.Load(l.i8, gen, offsetof(PyGenObject, gi_frame_state), Mem::kFrame);
  l.Branch(l.b.CreateICmpEQ(state,
                            l.b.getInt8(static_cast<uint8_t>(FRAME_SUSPENDED))),
           done, ended);
  l.Begin(ended);
  // Its locals are released, which may run code.
  l.StoreRemaining(n);
  Value* end = l.ColdCall(end_function, l.ptr, {l.act, gen, call});
  llvm::BasicBlock* from_end = l.b.GetInsertBlock();
  l.b.CreateBr(done);
  l.Begin(done);
  llvm::PHINode* result = l.b.CreatePHI(l.ptr, 2);
  result->addIncoming(call, yielded);
  result->addIncoming(end, from_end);
  return result;
}

// Resumes it in machine code if that can be, else by `function`. `begun`: what
// allows it not to have begun; null: anything.
Value* ResumeOr(Lowering& l, const ir::Node& n, Value* sent, Value* begun,
                llvm::BasicBlock* slow, const void* function,
                std::initializer_list<Value*> args,
                const void* end_function =
                    reinterpret_cast<const void*>(pyvm_llvm_end_generator)) {
  Value* gen = l.In(n, 0);
  Value* frame = l.At(gen, offsetof(PyGenObject, gi_iframe));
  llvm::BasicBlock* done = l.NewBlock("item");
  Value* entry = EntryOf(l, n, gen, frame, begun, slow);
  if (sent == nullptr) sent = l.Null();
  Value* item = Resume(l, n, gen, entry, sent, end_function);
  llvm::BasicBlock* fast = l.b.GetInsertBlock();
  l.b.CreateBr(done);
  l.Begin(slow);
  l.StoreRemaining(n);
  Value* other = l.ColdCall(function, l.ptr, args);
  llvm::BasicBlock* from_slow = l.b.GetInsertBlock();
  l.b.CreateBr(done);
  l.Begin(done);
  llvm::PHINode* result = l.b.CreatePHI(l.ptr, 2);
  result->addIncoming(item, fast);
  result->addIncoming(other, from_slow);
  l.RaiseIf(l.b.CreateICmpEQ(result, l.Address(kResumedRaised)));
  return result;
}

}  // namespace

Value* LowerResumeNext(Lowering& l, const ir::Node& n) {
  l.Publish(n, Lowering::kOnTheWay, Lowering::kResumes);
  Value* item = ResumeOr(l, n, nullptr, nullptr, l.NewBlock("slow"),
                         reinterpret_cast<const void*>(pyvm_llvm_resume_next),
                         {l.act, l.In(n, 0)});
  // Nobody wants what it has returned.
  llvm::BasicBlock* end = l.NewBlock("end");
  llvm::BasicBlock* drop = l.NewBlock("drop");
  llvm::BasicBlock* done = l.NewBlock("next");
  l.Branch(l.IsNull(item), end, done);
  l.Begin(end);
  Value* returned =
      l.Load(l.ptr, l.act, offsetof(Activation, result), Mem::kFrame);
  l.Branch(l.DecRefIsLast(returned), drop, done, Lowering::kUnlikely);
  l.Begin(drop);
  l.ColdCall(reinterpret_cast<const void*>(_Py_Dealloc), l.b.getVoidTy(),
             {returned});
  l.b.CreateBr(done);
  l.Begin(done);
  return item;
}

Value* LowerSend(Lowering& l, const ir::Node& n) {
  l.Publish(n, Lowering::kOnTheWay, Lowering::kResumes);
  Value* receiver = l.In(n, 0);
  Value* value = l.In(n, 1);
  llvm::BasicBlock* slow = l.NewBlock("slow");
  llvm::BasicBlock* generator = l.NewBlock("generator");
  Value* type = l.TypeOf(receiver);
  l.Branch(l.b.CreateOr(l.b.CreateICmpEQ(type, l.Address(&PyGen_Type)),
                        l.b.CreateICmpEQ(type, l.Address(&PyCoro_Type))),
           generator, slow);
  l.Begin(generator);
  Value* begun = l.b.CreateICmpEQ(value, l.Address(Py_None));
  return ResumeOr(l, n, value, begun, slow,
                  reinterpret_cast<const void*>(pyvm_llvm_send),
                  {l.act, receiver, value});
}

Value* LowerSendMethod(Lowering& l, const ir::Node& n) {
  l.Publish(n, Lowering::kOnTheWay, Lowering::kResumes);
  Value* value = l.In(n, 1);
  return ResumeOr(l, n, value, l.b.CreateICmpEQ(value, l.Address(Py_None)),
                  l.NewBlock("slow"),
                  reinterpret_cast<const void*>(pyvm_llvm_send_method),
                  {l.act, l.In(n, 0), value},
                  reinterpret_cast<const void*>(pyvm_llvm_end_send_method));
}

Value* LowerSent(Lowering& l, const ir::Node&) {
  return l.Load(l.ptr, l.act, offsetof(Activation, result), Mem::kFrame);
}

Value* LowerGetAwaitable(Lowering& l, const ir::Node& n) {
  return l.CallForObject(
      n, reinterpret_cast<const void*>(pyvm_llvm_get_awaitable),
      {l.act, l.In(n, 0), l.b.getInt32(static_cast<uint32_t>(n.imm))});
}

Value* LowerGetAnext(Lowering& l, const ir::Node& n) {
  return l.CallForObject(n, reinterpret_cast<const void*>(pyvm_llvm_get_anext),
                         {l.act, l.In(n, 0)});
}

Value* LowerAsyncGenWrap(Lowering& l, const ir::Node& n) {
  return l.CallForObject(
      n, reinterpret_cast<const void*>(pyvm_llvm_async_gen_wrap),
      {l.act, l.In(n, 0)});
}

Value* LowerGetYieldFromIter(Lowering& l, const ir::Node& n) {
  return l.CallForObject(
      n, reinterpret_cast<const void*>(pyvm_llvm_get_yield_from_iter),
      {l.act, l.In(n, 0)});
}

}  // namespace pyvm::llvm_tier
