// Control, the frame, calls, and what CPython's library does.
#include "core/runtime/instance.h"
#include "tiers/llvm/frames.h"
#include "tiers/llvm/lowering_context.h"
#include "tiers/llvm/runtime_ops.h"

namespace pyvm::llvm_tier {

using llvm::Value;

// --- Control ----------------------------------------------------------------

Value* LowerJump(Lowering& l, const ir::Node& n) {
  l.NoteEdge(n.block, 0);
  l.b.CreateBr(l.BlockOf(n.block->succs[0]));
  return nullptr;
}

Value* LowerBranch(Lowering& l, const ir::Node& n) {
  llvm::BasicBlock* yes = l.BlockOf(n.block->succs[0]);
  llvm::BasicBlock* no = l.BlockOf(n.block->succs[1]);
  l.NoteEdge(n.block, 0);
  if (yes != no) {
    l.NoteEdge(n.block, 1);
    l.b.CreateCondBr(l.In(n, 0), yes, no);
    return nullptr;
  }
  // Phis tell the edges apart.
  llvm::BasicBlock* other = l.NewBlock("other");
  l.b.CreateCondBr(l.In(n, 0), yes, other);
  l.Begin(other);
  l.NoteEdge(n.block, 1);
  l.b.CreateBr(no);
  return nullptr;
}

Value* LowerReturn(Lowering& l, const ir::Node& n) {
  // No register holds anything.
  l.Store(l.b.getInt32(0), l.FrameField(offsetof(Frame, stacktop)),
          Mem::kFrame);
  l.b.CreateRet(l.In(n, 0));
  return nullptr;
}

Value* LowerDeopt(Lowering& l, const ir::Node& n) {
  l.b.CreateBr(l.Failed(n));
  return nullptr;
}

// --- The frame --------------------------------------------------------------

Value* LowerTakeReg(Lowering& l, const ir::Node& n) {
  Value* value = l.Load(l.ptr, l.Register(n.imm), Mem::kRegister);
  l.Store(l.Null(), l.Register(n.imm), Mem::kRegister);
  return value;
}

Value* LowerPutReg(Lowering& l, const ir::Node& n) {
  l.Store(l.In(n, 0), l.Register(n.imm), Mem::kRegister);
  return nullptr;
}

Value* LowerRunHandler(Lowering& l, const ir::Node& n) {
  l.CallForInt(n, reinterpret_cast<const void*>(pyvm_llvm_run_handler),
               {l.act, l.regs, l.b.getInt32(static_cast<uint32_t>(n.imm))});
  return nullptr;
}

namespace {

constexpr int64_t kTracing =
    offsetof(Activation, cframe) + offsetof(_PyCFrame, use_tracing);
static_assert(sizeof(_PyCFrame::use_tracing) == 1);

Value* Tracing(Lowering& l) {
  return l.Load(l.i8, l.act, kTracing, Mem::kFrame);
}

}  // namespace

Value* LowerUnobserved(Lowering& l, const ir::Node& n) {
  Value* object =
      l.Load(l.ptr, l.FrameField(offsetof(Frame, frame_obj)), Mem::kFrame);
  Value* untraced = l.b.CreateICmpEQ(Tracing(l), l.b.getInt8(0));
  l.Guard(n, l.b.CreateAnd(l.IsNull(object), untraced));
  return nullptr;
}

Value* LowerUnlink(Lowering& l, const ir::Node&) {
  Value* previous =
      l.Load(l.ptr, l.FrameField(offsetof(Frame, previous)), Mem::kFrame);
  l.Store(previous, l.act,
          offsetof(Activation, cframe) + offsetof(_PyCFrame, current_frame),
          Mem::kFrame);
  return nullptr;
}

Value* LowerSafepoint(Lowering& l, const ir::Node& n) {
  Value* place = l.LoadFixed(l.ptr, l.act, offsetof(Activation, eval_breaker));
  llvm::LoadInst* breaker = l.Load(l.i32, place, Mem::kBreaker);
  breaker->setVolatile(true);
  Value* any = l.b.CreateOr(breaker, l.b.CreateZExt(Tracing(l), l.i32));
  l.Guard(n, l.b.CreateICmpEQ(any, l.b.getInt32(0)));
  return nullptr;
}

Value* LowerThisFunction(Lowering& l, const ir::Node&) {
  return l.LoadFixed(l.ptr, l.FrameField(offsetof(Frame, f_func)), 0);
}

Value* LowerFreeVar(Lowering& l, const ir::Node& n) {
  // A function's closure cannot be exchanged, nor what a tuple holds.
  Value* closure =
      l.LoadFixed(l.ptr, l.In(n, 0), offsetof(PyFunctionObject, func_closure));
  return l.LoadFixed(l.ptr, closure,
                     static_cast<int64_t>(offsetof(PyTupleObject, ob_item)) +
                         n.imm * static_cast<int64_t>(sizeof(PyObject*)));
}

Value* LowerMakeCell(Lowering& l, const ir::Node& n) {
  return l.Call(reinterpret_cast<const void*>(pyvm_llvm_make_cell), l.ptr,
                {l.act, l.In(n, 0)});
}

// --- Operators --------------------------------------------------------------

Value* LowerBinary(Lowering& l, const ir::Node& n) {
  return l.CallForObject(
      n, reinterpret_cast<const void*>(pyvm_llvm_binary),
      {l.In(n, 0), l.In(n, 1), l.b.getInt32(static_cast<uint32_t>(n.imm))});
}

Value* LowerCompare(Lowering& l, const ir::Node& n) {
  return l.CallForObject(
      n, reinterpret_cast<const void*>(pyvm_llvm_compare),
      {l.In(n, 0), l.In(n, 1), l.b.getInt32(static_cast<uint32_t>(n.imm))});
}

Value* LowerCompareBool(Lowering& l, const ir::Node& n) {
  Value* result = l.CallForInt(
      n, reinterpret_cast<const void*>(pyvm_llvm_compare_bool),
      {l.In(n, 0), l.In(n, 1), l.b.getInt32(static_cast<uint32_t>(n.imm))});
  return l.b.CreateICmpNE(result, l.b.getInt32(0));
}

Value* LowerIsInstance(Lowering& l, const ir::Node& n) {
  Value* o = l.In(n, 0);
  llvm::BasicBlock* begin = l.b.GetInsertBlock();
  llvm::BasicBlock* ask = l.NewBlock("ask");
  llvm::BasicBlock* done = l.NewBlock("asked");
  l.Branch(l.b.CreateICmpEQ(l.TypeOf(o), l.In(n, 1)), done, ask);
  l.Begin(ask);
  Value* is = l.CallForInt(n, reinterpret_cast<const void*>(IsInstance),
                           {o, l.In(n, 1)}, Lowering::kAside);
  Value* asked = l.b.CreateICmpNE(is, l.b.getInt32(0));
  llvm::BasicBlock* end = l.b.GetInsertBlock();
  l.b.CreateBr(done);
  l.Begin(done);
  llvm::PHINode* result = l.b.CreatePHI(l.i1, 2);
  result->addIncoming(l.b.getTrue(), begin);
  result->addIncoming(asked, end);
  return result;
}

Value* LowerLength(Lowering& l, const ir::Node& n) {
  l.Publish(n);
  Value* size =
      l.Call(reinterpret_cast<const void*>(PyObject_Size), l.i64, {l.In(n, 0)});
  l.RaiseIf(l.b.CreateICmpSLT(size, l.Int(0)));
  return size;
}

Value* LowerNegative(Lowering& l, const ir::Node& n) {
  return l.CallForObject(n, reinterpret_cast<const void*>(PyNumber_Negative),
                         {l.In(n, 0)});
}

Value* LowerContains(Lowering& l, const ir::Node& n) {
  Value* result =
      l.CallForInt(n, reinterpret_cast<const void*>(pyvm_llvm_contains),
                   {l.In(n, 0), l.In(n, 1)});
  return l.b.CreateICmpNE(result, l.b.getInt32(0));
}

Value* LowerIsTrue(Lowering& l, const ir::Node& n) {
  Value* o = l.In(n, 0);
  llvm::BasicBlock* simple = l.b.GetInsertBlock();
  llvm::BasicBlock* ask = l.NewBlock("ask");
  llvm::BasicBlock* done = l.NewBlock("truth");
  Value* is_true = l.b.CreateICmpEQ(o, l.Address(Py_True));
  Value* is_false = l.b.CreateOr(l.b.CreateICmpEQ(o, l.Address(Py_False)),
                                 l.b.CreateICmpEQ(o, l.Address(Py_None)));
  l.Branch(l.b.CreateOr(is_true, is_false), done, ask);
  l.Begin(ask);
  Value* truth = l.CallForInt(n, reinterpret_cast<const void*>(pyvm_llvm_truth),
                              {o}, Lowering::kAside);
  Value* asked = l.b.CreateICmpNE(truth, l.b.getInt32(0));
  llvm::BasicBlock* end = l.b.GetInsertBlock();
  l.b.CreateBr(done);
  l.Begin(done);
  llvm::PHINode* result = l.b.CreatePHI(l.i1, 2);
  result->addIncoming(is_true, simple);
  result->addIncoming(asked, end);
  return result;
}

Value* LowerLoadItem(Lowering& l, const ir::Node& n) {
  return l.CallForObject(n, reinterpret_cast<const void*>(pyvm_llvm_load_item),
                         {l.In(n, 0), l.In(n, 1)});
}

Value* LowerLoadSlice(Lowering& l, const ir::Node& n) {
  return l.CallForObject(n, reinterpret_cast<const void*>(pyvm_llvm_load_slice),
                         {l.In(n, 0), l.In(n, 1), l.In(n, 2), l.In(n, 3)});
}

Value* LowerStoreItem(Lowering& l, const ir::Node& n) {
  l.CallForInt(n, reinterpret_cast<const void*>(pyvm_llvm_store_item),
               {l.In(n, 0), l.In(n, 1), l.In(n, 2)});
  return nullptr;
}

// --- Calls ------------------------------------------------------------------

Value* LowerCall(Lowering& l, const ir::Node& n) {
  // The slot in front is the callee's to use.
  size_t count = n.inputs.size() - 1;
  for (size_t i = 0; i < count; ++i) {
    l.Store(l.In(n, i + 1), l.ArgumentSlot(i + 1), Mem::kNative);
  }
  PyObject* names = n.object();
  size_t named =
      names == nullptr ? 0 : static_cast<size_t>(PyTuple_GET_SIZE(names));
  return l.CallForObject(
      n, reinterpret_cast<const void*>(PyObject_Vectorcall),
      {l.In(n, 0), l.ArgumentSlot(1),
       l.Int(static_cast<int64_t>((count - named) |
                                  PY_VECTORCALL_ARGUMENTS_OFFSET)),
       names == nullptr ? static_cast<Value*>(l.Null()) : l.Address(names)});
}

Value* LowerNewObject(Lowering& l, const ir::Node& n) {
  return l.CallForObject(n, reinterpret_cast<const void*>(NewInstance),
                         {l.Address(n.ptr)});
}

Value* LowerInitDone(Lowering& l, const ir::Node& n) {
  Value* result = l.In(n, 0);
  llvm::BasicBlock* wrong = l.NewBlock("wrong");
  llvm::BasicBlock* done = l.NewBlock("made");
  l.Branch(l.b.CreateICmpEQ(result, l.Address(Py_None)), done, wrong,
           Lowering::kLikely);
  l.Begin(wrong);
  l.CallForInt(n, reinterpret_cast<const void*>(pyvm_llvm_wrong_init), {result},
               Lowering::kAside);
  l.b.CreateUnreachable();
  l.Begin(done);
  l.DecRefIsLast(result);
  return nullptr;
}

Value* LowerCallFunction(Lowering& l, const ir::Node& n) {
  for (size_t i = 1; i < n.inputs.size(); ++i) {
    l.Store(l.In(n, i), l.ArgumentSlot(i - 1), Mem::kNative);
  }
  return l.CallForObject(
      n, reinterpret_cast<const void*>(pyvm_llvm_call_function),
      {l.act, l.In(n, 0), l.Address(n.ptr), l.ArgumentSlot(0)});
}

}  // namespace pyvm::llvm_tier
