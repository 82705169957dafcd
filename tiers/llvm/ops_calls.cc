// Control, the frame, calls, and what CPython's library does.
#include "core/runtime/instance.h"
#include "core/runtime/quiet.h"
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
  Value* result = l.In(n, 0);
  if (!l.fn().direct) {
    // No register holds anything.
    l.Store(l.b.getInt32(0), l.FrameField(offsetof(Frame, stacktop)),
            Mem::kFrame);
    l.b.CreateRet(result);
    return nullptr;
  }
  llvm::BasicBlock* linked = l.NewBlock("linked");
  llvm::BasicBlock* done = l.NewBlock("return");
  l.Branch(l.IsNull(l.Regs()), done, linked, Lowering::kLikely);
  l.Begin(linked);
  l.ColdCall(reinterpret_cast<const void*>(pyvm_llvm_finish), l.b.getVoidTy(),
             {l.act, l.native(), l.remaining()});
  l.b.CreateBr(done);
  l.Begin(done);
  l.b.CreateRet(result);
  return nullptr;
}

// What has raised no exception is followed by one successor all the same.
Value* LowerBranchRaised(Lowering& l, const ir::Node& n) {
  llvm::BasicBlock* raised = l.BlockOf(n.block->succs[0]);
  llvm::BasicBlock* on = l.BlockOf(n.block->succs[1]);
  llvm::BasicBlock* caught = l.TakeCaught();
  l.NoteEdge(n.block, 1);
  if (caught == nullptr) {
    l.NoteEdge(n.block, 0);
    l.b.CreateCondBr(l.b.getFalse(), raised, on);
    return nullptr;
  }
  l.b.CreateBr(on);
  l.Begin(caught);
  l.NoteEdge(n.block, 0);
  l.b.CreateBr(raised);
  return nullptr;
}

Value* LowerReraise(Lowering& l, const ir::Node& n) {
  l.b.CreateBr(l.Failed(n));
  return nullptr;
}

Value* LowerDeopt(Lowering& l, const ir::Node& n) {
  l.b.CreateBr(l.Failed(n));
  return nullptr;
}

// --- The frame --------------------------------------------------------------

Value* LowerParameter(Lowering& l, const ir::Node& n) {
  return l.Argument(n.imm);
}

Value* LowerTakeReg(Lowering& l, const ir::Node& n) {
  Value* value = l.Load(l.ptr, l.Register(n.imm), Mem::kRegister);
  l.Store(l.Null(), l.Register(n.imm), Mem::kRegister);
  return value;
}

Value* LowerHeldReg(Lowering& l, const ir::Node& n) {
  return l.Load(l.ptr, l.Register(n.imm), Mem::kRegister);
}

Value* LowerPutReg(Lowering& l, const ir::Node& n) {
  const ir::Node* value = Root(n.inputs[0]);
  if (value->op == ir::Op::kHeldReg && value->imm == n.imm) return nullptr;
  l.Store(l.In(n, 0), l.Register(n.imm), Mem::kRegister);
  return nullptr;
}

Value* LowerRunHandler(Lowering& l, const ir::Node& n) {
  l.CallForInt(n, reinterpret_cast<const void*>(pyvm_llvm_run_handler),
               {l.act, l.Regs(), l.b.getInt32(static_cast<uint32_t>(n.imm))});
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

namespace {

Value* Untraced(Lowering& l, const ir::Node& n) {
  Value* untraced = l.b.CreateICmpEQ(Tracing(l), l.b.getInt8(0));
  if (n.state->caller == nullptr) return untraced;
  // Those that stay linked behind a call are held by somebody.
  Value* inlined =
      l.Load(l.i64, l.native(), offsetof(NativeFrame, inlined), Mem::kNative);
  return l.b.CreateAnd(untraced, l.b.CreateICmpEQ(inlined, l.Int(0)));
}

}  // namespace

Value* LowerUntraced(Lowering& l, const ir::Node& n) {
  l.Guard(n, Untraced(l, n));
  return nullptr;
}

Value* LowerUnobserved(Lowering& l, const ir::Node& n) {
  Value* untraced = Untraced(l, n);
  llvm::BasicBlock* seen = l.NewBlock("seen");
  llvm::BasicBlock* looked = l.NewBlock("looked");
  Value* regs = l.Regs();
  llvm::PHINode* phi = llvm::PHINode::Create(l.i1, 3, "", looked);
  if (l.fn().direct) {
    // Nobody sees a frame that there is not.
    llvm::BasicBlock* look = l.NewBlock("look");
    phi->addIncoming(l.b.getTrue(), l.b.GetInsertBlock());
    l.Branch(l.IsNull(regs), looked, look);
    l.Begin(look);
  }
  Value* object = l.Load(l.ptr, l.FrameField(regs, offsetof(Frame, frame_obj)),
                         Mem::kFrame);
  phi->addIncoming(l.b.getTrue(), l.b.GetInsertBlock());
  l.Branch(l.IsNull(object), looked, seen, Lowering::kLikely);
  // The frame itself keeps it, behind a traceback that has died.
  l.Begin(seen);
  Value* count =
      l.Load(l.i64, object, offsetof(PyObject, ob_refcnt), Mem::kRefcount);
  phi->addIncoming(l.b.CreateICmpEQ(count, l.Int(1)), seen);
  l.b.CreateBr(looked);
  l.Begin(looked);
  l.Guard(n, l.b.CreateAnd(phi, untraced));
  return nullptr;
}

Value* LowerUnlink(Lowering& l, const ir::Node&) {
  l.SetUnlinked();
  if (!l.fn().direct) {
    Value* previous =
        l.Load(l.ptr, l.FrameField(offsetof(Frame, previous)), Mem::kFrame);
    l.Store(previous, l.act,
            offsetof(Activation, cframe) + offsetof(_PyCFrame, current_frame),
            Mem::kFrame);
    return nullptr;
  }
  // A given frame is in the thread's stack whether it is linked or not.
  Value* given = l.b.CreateAnd(l.b.CreatePtrToInt(l.caller(), l.i64), l.Int(1));
  Value* linked = l.b.CreatePtrToInt(l.Regs(), l.i64);
  llvm::BasicBlock* unlink = l.NewBlock("unlink");
  llvm::BasicBlock* done = l.NewBlock("unlinked");
  l.Branch(l.b.CreateICmpEQ(l.b.CreateOr(linked, given), l.Int(0)), done,
           unlink, Lowering::kLikely);
  l.Begin(unlink);
  l.ColdCall(reinterpret_cast<const void*>(pyvm_llvm_unlink), l.b.getVoidTy(),
             {l.act, l.native()});
  l.b.CreateBr(done);
  l.Begin(done);
  return nullptr;
}

Value* LowerSafepoint(Lowering& l, const ir::Node& n) {
  Value* place = l.LoadFixed(l.ptr, l.act, offsetof(Activation, eval_breaker));
  llvm::LoadInst* breaker = l.Load(l.i32, place, Mem::kBreaker);
  breaker->setVolatile(true);
  Value* any = l.b.CreateOr(breaker, l.b.CreateZExt(Tracing(l), l.i32));
  l.Guard(n, l.b.CreateICmpEQ(any, l.b.getInt32(0)));
  // A direct function begins with one.
  bool is_first = n.block == l.fn().entry();
  if (is_first && l.fn().direct && l.uses_registers()) l.Publish(n);
  return nullptr;
}

Value* LowerThisFunction(Lowering& l, const ir::Node&) {
  return l.ThisFunction();
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

namespace {

// The result of `plain`, which needs no frames, unless `none` says that there
// is none: then that of `general`.
template <typename General>
Value* PlainOr(Lowering& l, Value* plain, Value* none, General general) {
  llvm::BasicBlock* begin = l.b.GetInsertBlock();
  llvm::BasicBlock* ask = l.NewBlock("ask");
  llvm::BasicBlock* done = l.NewBlock("done");
  l.Branch(none, ask, done);
  l.Begin(ask);
  Value* asked = general();
  llvm::BasicBlock* end = l.b.GetInsertBlock();
  l.b.CreateBr(done);
  l.Begin(done);
  llvm::PHINode* result = l.b.CreatePHI(plain->getType(), 2);
  result->addIncoming(plain, begin);
  result->addIncoming(asked, end);
  return result;
}

}  // namespace

Value* LowerBinary(Lowering& l, const ir::Node& n) {
  l.Meet(n, 0);
  auto* op = l.b.getInt32(static_cast<uint32_t>(n.imm));
  Value* plain = l.Call(reinterpret_cast<const void*>(pyvm_llvm_plain_binary),
                        l.ptr, {l.In(n, 0), l.In(n, 1), op});
  return PlainOr(l, plain, l.IsNull(plain), [&] {
    return l.CallForObject(n, reinterpret_cast<const void*>(pyvm_llvm_binary),
                           {l.In(n, 0), l.In(n, 1), op}, Lowering::kAside);
  });
}

Value* LowerCompare(Lowering& l, const ir::Node& n) {
  l.Meet(n, 0);
  return l.LinkingCall(
      n, reinterpret_cast<const void*>(pyvm_llvm_compare),
      {l.In(n, 0), l.In(n, 1), l.b.getInt32(static_cast<uint32_t>(n.imm))});
}

Value* LowerCompareBool(Lowering& l, const ir::Node& n) {
  l.Meet(n, 0);
  auto* op = l.b.getInt32(static_cast<uint32_t>(n.imm));
  Value* plain = l.Call(reinterpret_cast<const void*>(pyvm_llvm_plain_compare),
                        l.i32, {l.In(n, 0), l.In(n, 1), op});
  Value* result =
      PlainOr(l, plain, l.b.CreateICmpSLT(plain, l.b.getInt32(0)), [&] {
        return l.CallForInt(
            n, reinterpret_cast<const void*>(pyvm_llvm_compare_bool),
            {l.In(n, 0), l.In(n, 1), op}, Lowering::kAside);
      });
  return l.b.CreateICmpNE(result, l.b.getInt32(0));
}

Value* LowerIsPlainInstance(Lowering& l, const ir::Node& n) {
  Value* o = l.In(n, 0);
  llvm::BasicBlock* begin = l.b.GetInsertBlock();
  llvm::BasicBlock* ask = l.NewBlock("ask");
  llvm::BasicBlock* done = l.NewBlock("asked");
  l.Branch(l.b.CreateICmpEQ(l.TypeOf(o), l.In(n, 1)), done, ask);
  l.Begin(ask);
  llvm::CallInst* is = l.Call(reinterpret_cast<const void*>(IsPlainInstance),
                              l.i32, {o, l.In(n, 1)});
  l.Guard(n, l.b.CreateICmpSGE(is, l.b.getInt32(0)));
  Value* asked = l.b.CreateICmpNE(is, l.b.getInt32(0));
  llvm::BasicBlock* end = l.b.GetInsertBlock();
  l.b.CreateBr(done);
  l.Begin(done);
  llvm::PHINode* result = l.b.CreatePHI(l.i1, 2);
  result->addIncoming(l.b.getTrue(), begin);
  result->addIncoming(asked, end);
  return result;
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
  Value* plain = l.Call(reinterpret_cast<const void*>(pyvm_llvm_plain_size),
                        l.i64, {l.In(n, 0)});
  return PlainOr(l, plain, l.b.CreateICmpSLT(plain, l.Int(0)), [&] {
    l.Publish(n, Lowering::kAside);
    Value* size = l.Call(reinterpret_cast<const void*>(PyObject_Size), l.i64,
                         {l.In(n, 0)});
    l.RaiseIf(l.b.CreateICmpSLT(size, l.Int(0)));
    return size;
  });
}

Value* LowerNegative(Lowering& l, const ir::Node& n) {
  l.Meet(n, 0);
  Value* plain = l.Call(reinterpret_cast<const void*>(pyvm_llvm_plain_negative),
                        l.ptr, {l.In(n, 0)});
  return PlainOr(l, plain, l.IsNull(plain), [&] {
    return l.CallForObject(n, reinterpret_cast<const void*>(PyNumber_Negative),
                           {l.In(n, 0)}, Lowering::kAside);
  });
}

Value* LowerContains(Lowering& l, const ir::Node& n) {
  l.Meet(n, 0);
  Value* result =
      l.LinkingInt(n, reinterpret_cast<const void*>(pyvm_llvm_contains),
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
  Value* plain =
      l.Call(reinterpret_cast<const void*>(pyvm_llvm_plain_truth), l.i32, {o});
  Value* is_plain = l.b.CreateICmpNE(plain, l.b.getInt32(0));
  llvm::BasicBlock* run = l.NewBlock("run");
  l.Branch(l.b.CreateICmpSLT(plain, l.b.getInt32(0)), run, done,
           Lowering::kUnlikely);
  l.Begin(run);
  Value* truth = l.CallForInt(n, reinterpret_cast<const void*>(pyvm_llvm_truth),
                              {o}, Lowering::kAside);
  Value* asked = l.b.CreateICmpNE(truth, l.b.getInt32(0));
  llvm::BasicBlock* end = l.b.GetInsertBlock();
  l.b.CreateBr(done);
  l.Begin(done);
  llvm::PHINode* result = l.b.CreatePHI(l.i1, 3);
  result->addIncoming(is_true, simple);
  result->addIncoming(is_plain, ask);
  result->addIncoming(asked, end);
  return result;
}

Value* LowerLoadItem(Lowering& l, const ir::Node& n) {
  l.Meet(n, 0);
  return l.LinkingCall(n, reinterpret_cast<const void*>(pyvm_llvm_load_item),
                       {l.In(n, 0), l.In(n, 1)});
}

Value* LowerLoadSlice(Lowering& l, const ir::Node& n) {
  return l.LinkingCall(n, reinterpret_cast<const void*>(pyvm_llvm_load_slice),
                       {l.In(n, 0), l.In(n, 1), l.In(n, 2), l.In(n, 3)});
}

Value* LowerStoreSlice(Lowering& l, const ir::Node& n) {
  l.LinkingInt(n, reinterpret_cast<const void*>(pyvm_llvm_store_slice),
               {l.In(n, 0), l.In(n, 1), l.In(n, 2), l.In(n, 3), l.In(n, 4),
                l.b.getInt32(static_cast<uint32_t>(n.imm))});
  return nullptr;
}

Value* LowerStoreItem(Lowering& l, const ir::Node& n) {
  l.Meet(n, 0);
  l.LinkingInt(n, reinterpret_cast<const void*>(pyvm_llvm_store_item),
               {l.In(n, 0), l.In(n, 1), l.In(n, 2)});
  return nullptr;
}

// --- Calls ------------------------------------------------------------------

namespace {

// A C function that is called by its address; its first argument comes from
// the node, or is `self`.
struct Target {
  PyCFunction function = nullptr;
  int flags = 0;
  bool has_self = false;  // among the node's arguments
  PyObject* self = nullptr;
};

// What a call is known to call, if its arguments fit.
Target TargetOf(const ir::Node& n) {
  const ir::Node* known = n.inputs[0];
  while (known->op != ir::Op::kConst && known->op != ir::Op::kGuardIs) {
    if (known->info().result != ir::Result::same || known->op == ir::Op::kPhi) {
      return {};
    }
    known = known->inputs[0];
  }
  PyObject* callable = known->object();
  size_t num_args = n.inputs.size() - 1;
  Target target;
  if (Py_IS_TYPE(callable, &PyMethodDescr_Type)) {
    auto* method = reinterpret_cast<PyMethodDescrObject*>(callable);
    if (num_args == 0 ||
        !Lowering::IsExactly(n.inputs[1], method->d_common.d_type)) {
      return {};
    }
    target = {method->d_method->ml_meth, method->d_method->ml_flags, true,
              nullptr};
    --num_args;
  } else if (PyCFunction_CheckExact(callable) && !IsOfNumbers(callable)) {
    target = {PyCFunction_GET_FUNCTION(callable),
              PyCFunction_GET_FLAGS(callable), false,
              PyCFunction_GET_SELF(callable)};
  } else {
    return {};
  }
  target.flags &= ~(METH_CLASS | METH_STATIC | METH_COEXIST);
  bool fits = target.flags == METH_NOARGS ? num_args == 0 && n.ptr == nullptr
              : target.flags == METH_O    ? num_args == 1 && n.ptr == nullptr
              : target.flags == METH_FASTCALL
                  ? n.ptr == nullptr
                  : target.flags == (METH_FASTCALL | METH_KEYWORDS);
  return fits ? target : Target{};
}

// Calls it with the node's inputs from number `first` on.
Value* EmitTarget(Lowering& l, const ir::Node& n, const Target& target,
                  Value* self, size_t first) {
  size_t count = n.inputs.size() - first;
  auto* function = reinterpret_cast<const void*>(target.function);
  if (target.flags == METH_NOARGS) {
    return l.Call(function, l.ptr, {self, l.Null()});
  }
  if (target.flags == METH_O) {
    return l.Call(function, l.ptr, {self, l.In(n, first)});
  }
  for (size_t i = 0; i < count; ++i) {
    l.Store(l.In(n, first + i), l.ArgumentSlot(i + 1), Mem::kNative);
  }
  PyObject* names = n.op == ir::Op::kCall ? n.object() : nullptr;
  auto named = names == nullptr ? 0 : PyTuple_GET_SIZE(names);
  Value* num = l.Int(static_cast<int64_t>(count) - named);
  if (target.flags == METH_FASTCALL) {
    return l.Call(function, l.ptr, {self, l.ArgumentSlot(1), num});
  }
  return l.Call(function, l.ptr,
                {self, l.ArgumentSlot(1), num, l.Address(names)});
}

Value* CallTarget(Lowering& l, const ir::Node& n, const Target& target) {
  l.Publish(n, Lowering::kOnTheWay);
  Value* self = target.has_self ? l.In(n, 1) : l.Address(target.self);
  Value* result = EmitTarget(l, n, target, self, target.has_self ? 2 : 1);
  l.RaiseIf(l.IsNull(result));
  return result;
}

// Calls in[0] by the protocol that all callables have.
Value* CallAny(Lowering& l, const ir::Node& n, Lowering::Way way) {
  // The slot in front is the callee's to use.
  size_t count = n.inputs.size() - 1;
  for (size_t i = 0; i < count; ++i) {
    l.Store(l.In(n, i + 1), l.ArgumentSlot(i + 1), Mem::kNative);
  }
  PyObject* names = n.object();
  if (names == nullptr) {
    return l.LinkingCall(
        n, reinterpret_cast<const void*>(pyvm_llvm_call),
        {l.In(n, 0), l.ArgumentSlot(1), l.Int(static_cast<int64_t>(count))},
        way);
  }
  auto named = static_cast<size_t>(PyTuple_GET_SIZE(names));
  return l.CallForObject(
      n, reinterpret_cast<const void*>(PyObject_Vectorcall),
      {l.In(n, 0), l.ArgumentSlot(1),
       l.Int(static_cast<int64_t>((count - named) |
                                  PY_VECTORCALL_ARGUMENTS_OFFSET)),
       l.Address(names)},
      way);
}

// The word that machine code calls functions of this function's unit by; goes
// to `other` if there is none, or it takes another number of arguments.
Value* DirectOf(Lowering& l, Value* function, size_t num_args,
                llvm::BasicBlock* other) {
  auto next = [&](Value* go_on) {
    llvm::BasicBlock* block = l.NewBlock("python");
    l.Branch(go_on, block, other);
    l.Begin(block);
  };
  next(l.HasType(function, &PyFunction_Type));
  Value* code = l.Load(l.ptr, function, offsetof(PyFunctionObject, func_code),
                       Mem::kType);
  Value* extra =
      l.Load(l.ptr, code, offsetof(PyCodeObject, co_extra), Mem::kType);
  next(l.NotNull(extra));
  Value* unit = l.Load(l.ptr, extra, offsetof(CodeExtra, extras), Mem::kType);
  next(l.NotNull(unit));
  Value* direct = l.Load(l.ptr, unit, offsetof(Unit, direct), Mem::kDirect);
  Value* takes = l.LoadFixed(l.i32, unit, offsetof(Unit, arg_count));
  Value* fits =
      l.b.CreateICmpEQ(takes, l.b.getInt32(static_cast<uint32_t>(num_args)));
  next(l.b.CreateAnd(l.NotNull(direct), fits));
  return direct;
}

}  // namespace

Value* LowerCall(Lowering& l, const ir::Node& n) {
  // Of functions that are known the arguments tell which of their cases is met.
  if (n.inputs[0]->op == ir::Op::kLoadEntry ||
      n.inputs[0]->op == ir::Op::kGuardIs) {
    l.Meet(n, 1);
  }
  if (Target target = TargetOf(n); target.function != nullptr) {
    return CallTarget(l, n, target);
  }
  size_t count = n.inputs.size() - 1;
  bool may_be_python = n.object() == nullptr && count <= kMaxDirectArgs &&
                       n.inputs[0]->type.exact == nullptr;
  if (!may_be_python) return CallAny(l, n, Lowering::kOnTheWay);
  l.Publish(n, Lowering::kOnTheWay, Lowering::kDirect);
  llvm::BasicBlock* other = l.NewBlock("other");
  llvm::BasicBlock* done = l.NewBlock("called");
  Value* direct = DirectOf(l, l.In(n, 0), count, other);
  std::vector<Value*> args;
  for (size_t i = 1; i <= count; ++i) {
    l.IncRef(l.In(n, i));
    args.push_back(l.In(n, i));
  }
  Value* of_python =
      l.CallDirect(n, direct, l.In(n, 0), args, Lowering::kBorrowed);
  llvm::BasicBlock* from_python = l.b.GetInsertBlock();
  l.b.CreateBr(done);
  l.Begin(other);
  Value* of_any = CallAny(l, n, Lowering::kAside);
  llvm::BasicBlock* from_any = l.b.GetInsertBlock();
  l.b.CreateBr(done);
  l.Begin(done);
  llvm::PHINode* result = l.b.CreatePHI(l.ptr, 2);
  result->addIncoming(of_python, from_python);
  result->addIncoming(of_any, from_any);
  return result;
}

// A C function that takes its arguments as a tuple.
static Value* EmitVarargs(Lowering& l, const ir::Node& n, const Target& target,
                          Value* self) {
  size_t count = n.inputs.size() - 1;
  for (size_t i = 0; i < count; ++i) {
    l.Store(l.In(n, i + 1), l.ArgumentSlot(i), Mem::kNative);
  }
  return l.Call(
      reinterpret_cast<const void*>(pyvm_llvm_call_varargs), l.ptr,
      {l.act, l.Address(reinterpret_cast<const void*>(target.function)), self,
       l.ArgumentSlot(0), l.Int(static_cast<int64_t>(count))});
}

Value* LowerCallPure(Lowering& l, const ir::Node& n) {
  auto* method = static_cast<const PyMethodDef*>(n.ptr);
  Target target = {
      method->ml_meth,
      method->ml_flags & ~(METH_CLASS | METH_STATIC | METH_COEXIST), true,
      nullptr};
  Value* self = l.In(n, 0);
  if (l.IsExactly(n.inputs[0], &PyCFunction_Type)) {
    self = l.LoadFixed(l.ptr, self, offsetof(PyCFunctionObject, m_self));
  }
  // Of what the collector knows, one more could make it run code.
  bool collects = n.type.exact != nullptr &&
                  PyType_IS_GC(const_cast<PyTypeObject*>(n.type.exact));
  Value* enabled = nullptr;
  if (collects)
    enabled = l.Call(reinterpret_cast<const void*>(pyvm_llvm_stop_collector),
                     l.i32, {l.act});
  Value* result = target.flags == METH_VARARGS
                      ? EmitVarargs(l, n, target, self)
                      : EmitTarget(l, n, target, self, 1);
  if (collects)
    l.Call(reinterpret_cast<const void*>(pyvm_llvm_start_collector),
           l.b.getVoidTy(), {l.act, enabled});
  llvm::BasicBlock* raised = l.NewBlock("raised");
  llvm::BasicBlock* done = l.NewBlock("called");
  l.Branch(l.IsNull(result), raised, done, Lowering::kUnlikely);
  l.Begin(raised);
  l.ColdCall(reinterpret_cast<const void*>(pyvm_llvm_forget_exception),
             l.b.getVoidTy(), {});
  l.b.CreateBr(l.Failed(n));
  l.Begin(done);
  return result;
}

Value* LowerNewObject(Lowering& l, const ir::Node& n) {
  l.Publish(n, Lowering::kOnTheWay, Lowering::kLinks);
  Value* made = l.Call(reinterpret_cast<const void*>(pyvm_llvm_new_object),
                       l.ptr, {l.act, l.native(), l.Address(n.ptr)});
  l.RaiseIf(l.IsNull(made));
  return made;
}

Value* LowerOperatorDone(Lowering& l, const ir::Node& n) {
  Value* result = l.In(n, 0);
  llvm::BasicBlock* wrong = l.NewBlock("wrong");
  llvm::BasicBlock* done = l.NewBlock("done");
  l.Branch(l.b.CreateICmpEQ(result, l.Address(Py_NotImplemented)), wrong, done,
           Lowering::kUnlikely);
  l.Begin(wrong);
  l.CallForInt(n, reinterpret_cast<const void*>(pyvm_llvm_wrong_operands),
               {result, l.In(n, 1), l.In(n, 2),
                l.b.getInt32(static_cast<uint32_t>(n.imm))},
               Lowering::kAside);
  l.b.CreateUnreachable();
  l.Begin(done);
  return result;
}

namespace {

// What the second operand says, if the first one's method has not done it.
Value* ReflectedOr(Lowering& l, const ir::Node& n) {
  Value* result = l.In(n, 0);
  llvm::BasicBlock* begin = l.b.GetInsertBlock();
  llvm::BasicBlock* other = l.NewBlock("reflected");
  llvm::BasicBlock* done = l.NewBlock("compared");
  l.Branch(l.b.CreateICmpEQ(result, l.Address(Py_NotImplemented)), other, done,
           Lowering::kUnlikely);
  l.Begin(other);
  Value* reflected = l.CallForObject(
      n, reinterpret_cast<const void*>(pyvm_llvm_compare_reflected),
      {result, l.In(n, 1), l.In(n, 2),
       l.b.getInt32(static_cast<uint32_t>(n.imm))},
      Lowering::kAside);
  llvm::BasicBlock* end = l.b.GetInsertBlock();
  l.b.CreateBr(done);
  l.Begin(done);
  llvm::PHINode* phi = l.b.CreatePHI(l.ptr, 2);
  phi->addIncoming(result, begin);
  phi->addIncoming(reflected, end);
  return phi;
}

}  // namespace

Value* LowerCompareDone(Lowering& l, const ir::Node& n) {
  return ReflectedOr(l, n);
}

Value* LowerCompareTruth(Lowering& l, const ir::Node& n) {
  Value* truth =
      l.CallForInt(n, reinterpret_cast<const void*>(pyvm_llvm_compare_truth),
                   {l.In(n, 0), l.In(n, 1), l.In(n, 2),
                    l.b.getInt32(static_cast<uint32_t>(n.imm))});
  return l.b.CreateICmpNE(truth, l.b.getInt32(0));
}

Value* LowerAbs(Lowering& l, const ir::Node& n) {
  l.Meet(n, 0);
  return l.LinkingCall(n, reinterpret_cast<const void*>(pyvm_llvm_abs),
                       {l.In(n, 0)});
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
  auto* unit = static_cast<Unit*>(const_cast<void*>(n.ptr));
  if (CanBeDirect(*unit)) {
    std::vector<Value*> args;
    for (size_t i = 1; i < n.inputs.size(); ++i) args.push_back(l.In(n, i));
    if (unit->direct == nullptr) {
      unit->direct = pyvm_llvm_direct_stub(unit->arg_count);
    }
    return l.CallDirect(n,
                        l.Load(l.ptr, l.Address(&unit->direct), Mem::kDirect),
                        l.In(n, 0), args, Lowering::kTaken);
  }
  for (size_t i = 1; i < n.inputs.size(); ++i) {
    l.Store(l.In(n, i), l.ArgumentSlot(i - 1), Mem::kNative);
  }
  bool makes_generator = unit->simple_args && BaseOf(unit->instrs[0].op) ==
                                                  pyvm::Op::kRETURN_GENERATOR;
  return l.CallForObject(
      n,
      makes_generator ? reinterpret_cast<const void*>(pyvm_llvm_make_generator)
                      : reinterpret_cast<const void*>(pyvm_llvm_call_function),
      {l.act, l.In(n, 0), l.Address(n.ptr), l.ArgumentSlot(0)});
}

}  // namespace pyvm::llvm_tier
