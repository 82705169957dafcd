#include "tiers/llvm/lowering_context.h"

#include <algorithm>
#include <string>

#include "tiers/llvm/codegen.h"
#include "tiers/llvm/frames.h"
#include "tiers/llvm/places.h"

namespace pyvm::llvm_tier {
namespace {

using Handler = llvm::Value* (*)(Lowering&, const ir::Node&);
constexpr Handler kHandlers[] = {
#define PYVM_IR_OP(name, ...) Lower##name,
#include "passes/ir/ops.def"
#undef PYVM_IR_OP
};
static_assert(std::size(kHandlers) == ir::kNumOps);

constexpr const char* kMemNames[] = {
    "refcount", "type",      "size",     "digit",    "double",   "items",
    "item",     "array",     "str",      "values",   "value",    "slot",
    "dict",     "version",   "iterator", "freelist", "register", "frame",
    "native",   "registers", "direct",   "breaker",
};
static_assert(std::size(kMemNames) == kNumMems);

// Frames of inlined functions that the state stands in.
uint32_t InlinedAt(const ir::FrameState& state) {
  uint32_t inlined = 0;
  for (const ir::FrameState* s = state.caller; s != nullptr; s = s->caller) {
    ++inlined;
  }
  return inlined;
}

// Unlike __builtin_expect's 2000: guards hardly ever fail.
constexpr uint32_t kLikelyWeight = 1u << 20;

}  // namespace

Lowering::Lowering(ir::Function& fn, llvm::Module& module,
                   const HomeSlots& homes, SiteBuilder& sites,
                   const GenerateOptions& options)
    : b(module.getContext()),
      context(module.getContext()),
      ptr(b.getPtrTy()),
      i1(b.getInt1Ty()),
      i8(b.getInt8Ty()),
      i32(b.getInt32Ty()),
      i64(b.getInt64Ty()),
      f64(b.getDoubleTy()),
      fn_(fn),
      module_(module),
      homes_(homes),
      sites_(sites),
      looks_at_operands_(options.looks_at_operands),
      fail_guards_(options.fail_guards) {
  llvm::MDBuilder md(context);
  llvm::MDNode* root = md.createTBAARoot("pyvm");
  for (int i = 0; i < kNumMems; ++i) {
    llvm::MDNode* type = md.createTBAAScalarTypeNode(kMemNames[i], root);
    mems_[i] = md.createTBAAStructTagNode(type, type, 0);
  }
  likely_ = md.createBranchWeights(kLikelyWeight, 1);
  unlikely_ = md.createBranchWeights(1, kLikelyWeight);
}

// --- The function -----------------------------------------------------------

llvm::FunctionType* Lowering::DirectType(size_t args) const {
  std::vector<llvm::Type*> types = {ptr, ptr, ptr, i64};
  types.resize(types.size() + args, ptr);
  return llvm::FunctionType::get(ptr, types, false);
}

llvm::FunctionType* Lowering::GeneratorType() const {
  return llvm::FunctionType::get(ptr, {ptr, ptr, i64, ptr}, false);
}

llvm::Function* Lowering::Run() {
  llvm::FunctionType* type =
      fn_.direct      ? DirectType(fn_.unit()->arg_count)
      : fn_.generator ? GeneratorType()
                      : llvm::FunctionType::get(ptr, {ptr, ptr}, false);
  function_ = llvm::Function::Create(type, llvm::Function::ExternalLinkage,
                                     kEntryName, module_);
  if (fn_.direct || fn_.generator) {
    function_->setCallingConv(llvm::CallingConv::PreserveNone);
  }
  function_->addFnAttr("frame-pointer", "all");
  if (fn_.generator) function_->addFnAttr(kBegunOften);
  function_->addFnAttr(llvm::Attribute::NoUnwind);
  function_->setUWTableKind(llvm::UWTableKind::Async);
  act = function_->getArg(0);
  if (places_ != nullptr) places_->Begin(function_);

  uint32_t ids = 0;
  for (const ir::Block* block : fn_.blocks()) ids = std::max(ids, block->id);
  blocks_.resize(ids + 1);
  edges_.resize(ids + 1);
  values_.resize(fn_.num_nodes());
  stored_behind_.resize(ids + 1);
  uses_registers_ = FindsRegisters();
  for (const ir::FrameState* state : fn_.States()) {
    max_inlined_ = std::max(max_inlined_, InlinedAt(*state));
  }
  Prologue();
  for (const ir::Block* block : fn_.blocks()) {
    blocks_[block->id] = NewBlock("b");
  }
  b.CreateBr(BlockOf(fn_.entry()));
  for (const ir::Block* block : fn_.blocks()) Body(*block);
  for (const ir::Block* block : fn_.blocks()) FillPhis(*block);
  return function_;
}

bool Lowering::FindsRegisters() const {
  for (const ir::Block* block : fn_.blocks()) {
    for (const ir::Node* n = block->first; n != nullptr; n = n->next) {
      if (n->op == ir::Op::kTakeReg || n->op == ir::Op::kHeldReg ||
          n->op == ir::Op::kPutReg || n->op == ir::Op::kRunHandler) {
        return true;
      }
    }
  }
  return false;
}

void Lowering::Prologue() {
  Begin(NewBlock("entry"));
  constexpr size_t kHeadWords =
      offsetof(NativeFrame, values) / sizeof(uint64_t);
  native_ =
      b.CreateAlloca(llvm::ArrayType::get(i64, kHeadWords + homes_.num_slots()),
                     nullptr, "native");
  if (size_t n = MaxArguments(); n > 0) {
    arguments_ =
        b.CreateAlloca(llvm::ArrayType::get(ptr, n), nullptr, "arguments");
  }
  if (fn_.direct) {
    PrologueOfDirect();
  } else {
    PrologueOfEntry();
  }
  if (max_inlined_ > 0) {
    Store(b_i64(0), native_, offsetof(NativeFrame, inlined), Mem::kNative);
  }
}

void Lowering::PrologueOfEntry() {
  llvm::Value* regs = Regs();
  Store(regs, native_, offsetof(NativeFrame, regs), Mem::kRegisters);
  caller_ = b.CreateGEP(i8, regs, b_i64(1));  // GivenFrame
  Store(caller_, native_, offsetof(NativeFrame, caller), Mem::kNative);
  if (fn_.generator) {
    // As SetNativeFrameOfGenerator.
    llvm::Value* address = b.CreatePtrToInt(native_, i64);
    Store(b.CreateTrunc(address, i32), GeneratorField(kResumerNote),
          Mem::kFrame);
    address = b.CreateLShr(address, kAddressBitsInNote);
    Store(b.CreateTrunc(address, b.getInt16Ty()), FrameField(kResumeHint),
          Mem::kFrame);
  } else {
    Store(native_, Register(fn_.unit()->num_registers), Mem::kFrame);
  }
  Store(b.getInt32(static_cast<uint32_t>(kNativeStacktop)),
        FrameField(offsetof(Frame, stacktop)), Mem::kFrame);
  if (fn_.generator) {
    remaining_ = b.CreateSub(function_->getArg(2), b_i64(1));
    LinkGenerator();
    return;
  }
  llvm::Value* tstate = LoadFixed(ptr, act, offsetof(Activation, tstate));
  remaining_ = b.CreateSExt(
      Load(i32, tstate, offsetof(PyThreadState, recursion_remaining),
           Mem::kFrame),
      i64);
}

// As BeginResume.
void Lowering::LinkGenerator() {
  llvm::Value* tstate = LoadFixed(ptr, act, offsetof(Activation, tstate));
  Store(Load(ptr, act, kCurrentFrame, Mem::kFrame),
        FrameField(offsetof(Frame, previous)), Mem::kFrame);
  Store(b.getInt8(0), FrameField(offsetof(Frame, is_entry)), Mem::kFrame);
  Store(FrameField(0), act, kCurrentFrame, Mem::kFrame);
  Store(Load(ptr, tstate, offsetof(PyThreadState, exc_info), Mem::kFrame),
        GeneratorField(kResumptionNote), Mem::kFrame);
  Store(GeneratorField(offsetof(PyGenObject, gi_exc_state)), tstate,
        offsetof(PyThreadState, exc_info), Mem::kFrame);
  Store(b.getInt8(FRAME_EXECUTING),
        GeneratorField(offsetof(PyGenObject, gi_frame_state)), Mem::kFrame);
}

// Goes elsewhere if there is too much recursion, also for what is inlined, or
// too little of the stack.
void Lowering::PrologueOfDirect() {
  caller_ = function_->getArg(1);
  remaining_ = b.CreateSub(function_->getArg(3), b_i64(1));
  llvm::BasicBlock* deep = NewBlock("deep");
  llvm::BasicBlock* begin = NewBlock("begin");
  llvm::Value* limit =
      Load(i64, act, offsetof(Activation, stack_limit), Mem::kFrame);
  llvm::Value* low = b.CreateICmpULT(b.CreatePtrToInt(native_, i64), limit);
  Branch(b.CreateOr(low, b.CreateICmpSLT(remaining_, b_i64(max_inlined_))),
         deep, begin, kUnlikely);
  Begin(deep);
  std::vector<llvm::Value*> args;
  for (llvm::Argument& arg : function_->args()) args.push_back(&arg);
  llvm::CallInst* call =
      b.CreateCall(function_->getFunctionType(),
                   Address(pyvm_llvm_direct_stub(fn_.unit()->arg_count)), args);
  call->setCallingConv(llvm::CallingConv::PreserveNone);
  call->setTailCallKind(llvm::CallInst::TCK_MustTail);
  b.CreateRet(call);
  Begin(begin);
  Store(Null(), native_, offsetof(NativeFrame, regs), Mem::kRegisters);
  Store(caller_, native_, offsetof(NativeFrame, caller), Mem::kNative);
  Store(function_->getArg(2), native_, offsetof(NativeFrame, function),
        Mem::kNative);
}

size_t Lowering::MaxArguments() const {
  size_t most = 0;
  for (const ir::Block* block : fn_.blocks()) {
    for (const ir::Node* n = block->first; n != nullptr; n = n->next) {
      if (n->info().IsVariadic() && n->op != ir::Op::kPhi) {
        most = std::max(most, n->inputs.size() + 1);
      }
      // A second result.
      if (n->op == ir::Op::kNextPair || n->op == ir::Op::kEnumerateNext) {
        most = std::max(most, size_t{1});
      }
    }
  }
  return most;
}

void Lowering::Body(const ir::Block& block) {
  Begin(BlockOf(&block));
  unlinked_ = false;
  if (block.idom == nullptr) {
    stored_.assign(homes_.values().size(), false);
  } else {
    stored_ = stored_behind_[block.idom->id];
  }
  const ir::Node* n = block.first;
  auto note_place = [this](const ir::Node& node) {
    if (places_ != nullptr) b.SetCurrentDebugLocation(places_->Of(node));
  };
  for (; n != nullptr && n->op == ir::Op::kPhi; n = n->next) {
    note_place(*n);
    values_[n->id] = LowerPhi(*this, *n);
  }
  for (const ir::Node* phi = block.first; phi != n; phi = phi->next) {
    StoreEarly(*phi);
  }
  for (; n != nullptr; n = n->next) {
    note_place(*n);
    if (fail_guards_ && n->info().Has(ir::kGuard)) FailInTurn(*n);
    values_[n->id] = kHandlers[static_cast<size_t>(n->op)](*this, *n);
    if (!n->info().Has(ir::kEnd)) StoreEarly(*n);
  }
  stored_behind_[block.id] = stored_;
}

void Lowering::FailInTurn(const ir::Node& n) {
  llvm::Constant* at = Address(&pyvm_llvm_guards_left);
  llvm::Value* left = b.CreateSub(Load(i64, at, Mem::kBreaker), b_i64(1));
  Store(left, at, Mem::kBreaker);
  Guard(n, b.CreateICmpSGE(left, b_i64(0)));
}

void Lowering::FillPhis(const ir::Block& block) {
  for (const ir::Node* n = block.first; n != nullptr && n->op == ir::Op::kPhi;
       n = n->next) {
    auto* phi = llvm::cast<llvm::PHINode>(values_[n->id]);
    for (size_t i = 0; i < block.preds.size(); ++i) {
      const ir::Block* pred = block.preds[i];
      // Both edges of a branch may lead here.
      bool second = pred->succs[0] != &block ||
                    std::find(block.preds.begin(), block.preds.begin() + i,
                              pred) != block.preds.begin() + i;
      const auto& edges = edges_[pred->id];
      phi->addIncoming(In(*n, i), second ? edges.second : edges.first);
    }
  }
}

void Lowering::NoteEdge(const ir::Block* from, int which) {
  auto& edges = edges_[from->id];
  (which == 0 ? edges.first : edges.second) = b.GetInsertBlock();
}

llvm::Type* Lowering::TypeFor(ir::Rep rep) const {
  switch (rep) {
    case ir::Rep::kInt:
      return i64;
    case ir::Rep::kFloat:
      return f64;
    case ir::Rep::kBool:
      return i1;
    default:
      return ptr;
  }
}

llvm::Value* LowerPhi(Lowering& l, const ir::Node& n) {
  return l.b.CreatePHI(l.TypeFor(n.type.rep),
                       static_cast<unsigned>(n.inputs.size()));
}

// --- Memory -----------------------------------------------------------------

llvm::Constant* Lowering::Address(const void* address) const {
  return llvm::ConstantExpr::getIntToPtr(
      llvm::ConstantInt::get(i64, reinterpret_cast<uintptr_t>(address)), ptr);
}

llvm::Value* Lowering::At(llvm::Value* base, int64_t offset) {
  return offset == 0 ? base : b.CreateGEP(i8, base, b_i64(offset));
}

llvm::Value* Lowering::Indexed(llvm::Value* base, llvm::Value* index) {
  return b.CreateGEP(i64, base, index);
}

llvm::LoadInst* Lowering::Load(llvm::Type* type, llvm::Value* at, Mem mem) {
  llvm::LoadInst* load = b.CreateLoad(type, at);
  load->setMetadata(llvm::LLVMContext::MD_tbaa, mems_[static_cast<int>(mem)]);
  return load;
}

void Lowering::Store(llvm::Value* value, llvm::Value* at, Mem mem) {
  b.CreateStore(value, at)->setMetadata(llvm::LLVMContext::MD_tbaa,
                                        mems_[static_cast<int>(mem)]);
}

llvm::LoadInst* Lowering::LoadFixed(llvm::Type* type, llvm::Value* base,
                                    int64_t offset) {
  llvm::LoadInst* load = b.CreateLoad(type, At(base, offset));
  load->setMetadata(llvm::LLVMContext::MD_invariant_load,
                    llvm::MDNode::get(context, {}));
  return load;
}

llvm::Value* Lowering::Interp() {
  return LoadFixed(ptr, act, offsetof(Activation, interp));
}

llvm::Value* Lowering::ThisFunction() {
  return fn_.direct ? static_cast<llvm::Value*>(function_->getArg(2))
                    : LoadFixed(ptr, FrameField(offsetof(Frame, f_func)), 0);
}

llvm::Value* Lowering::Regs() {
  if (fn_.direct) {
    return Load(ptr, native_, offsetof(NativeFrame, regs), Mem::kRegisters);
  }
  llvm::Value* given = function_->getArg(1);
  return fn_.generator ? At(given, kGeneratorOfRegs) : given;
}

llvm::Value* Lowering::Argument(int64_t number) {
  return function_->getArg(4 + static_cast<unsigned>(number));
}

llvm::Value* Lowering::ArgumentSlot(size_t i) {
  return At(arguments_, static_cast<int64_t>(i * sizeof(PyObject*)));
}

// --- Control ----------------------------------------------------------------

llvm::BasicBlock* Lowering::NewBlock(const char* name) {
  return llvm::BasicBlock::Create(context, name, function_);
}

void Lowering::Branch(llvm::Value* condition, llvm::BasicBlock* yes,
                      llvm::BasicBlock* no, Odds odds) {
  b.CreateCondBr(condition, yes, no,
                 odds == kEven     ? nullptr
                 : odds == kLikely ? likely_
                                   : unlikely_);
}

void Lowering::Guard(const ir::Node& n, llvm::Value* ok) {
  if (auto* known = llvm::dyn_cast<llvm::ConstantInt>(ok);
      known != nullptr && known->isOne()) {
    return;
  }
  llvm::BasicBlock* next = NewBlock("ok");
  Branch(ok, next, Failed(n), kLikely);
  Begin(next);
}

llvm::BasicBlock* Lowering::Leave(llvm::BasicBlock** known, const char* name,
                                  const void* function) {
  if (*known != nullptr) return *known;
  llvm::IRBuilder<>::InsertPointGuard guard(b);
  *known = NewBlock(name);
  Begin(*known);
  b.CreateRet(ColdCall(function, ptr, {act, native_, remaining_}));
  return *known;
}

// The exit of the node's state, if what it stores is all that is missing here;
// else a new one.
Lowering::Exit& Lowering::ExitFor(const ir::Node& n) {
  Exit& exit = exits_[n.state];
  std::vector<uint32_t> missing = Missing(n.state);
  bool fits =
      std::all_of(missing.begin(), missing.end(), [&exit](uint32_t number) {
        return std::find(exit.stored.begin(), exit.stored.end(), number) !=
               exit.stored.end();
      });
  if (exit.block != nullptr && fits) return exit;
  llvm::IRBuilder<>::InsertPointGuard guard(b);
  llvm::BasicBlock* deopt =
      Leave(&deopt_, "deopt", reinterpret_cast<const void*>(pyvm_llvm_deopt));
  exit = {};
  exit.block = NewBlock("leave");
  Begin(exit.block);
  exit.site = b.CreatePHI(ptr, 2);
  exit.stored = std::move(missing);
  Store(exit.site, native_, offsetof(NativeFrame, site), Mem::kNative);
  for (uint32_t number : exit.stored) StoreHome(number);
  b.CreateBr(deopt);
  return exit;
}

llvm::BasicBlock* Lowering::Failed(const ir::Node& n) {
  Exit& exit = ExitFor(n);
  llvm::BasicBlock*& block = exit.by_op[static_cast<int>(n.op)];
  if (block != nullptr) return block;
  llvm::IRBuilder<>::InsertPointGuard guard(b);
  block = NewBlock("failed");
  Begin(block);
  b.CreateBr(exit.block);
  exit.site->addIncoming(Address(sites_.SiteOf(n.state, n.op)), block);
  return block;
}

void Lowering::StoreHome(uint32_t number) {
  const HomeSlots::Value& home = homes_.values()[number];
  llvm::Value* value = values_[home.node->id];
  if (value->getType() == i1) value = b.CreateZExt(value, i64);
  auto offset = offsetof(NativeFrame, values) + home.slot * sizeof(uint64_t);
  Store(value, native_, static_cast<int64_t>(offset), Mem::kNative);
}

void Lowering::StoreEarly(const ir::Node& n) {
  uint32_t number = homes_.NumberOf(&n);
  if (number == HomeSlots::kNone || homes_.values()[number].node != &n ||
      !homes_.values()[number].early) {
    return;
  }
  StoreHome(number);
  stored_[number] = true;
}

std::vector<uint32_t> Lowering::Missing(const ir::FrameState* state) const {
  std::vector<uint32_t> missing;
  for (uint32_t number : homes_.ValuesOf(state)) {
    if (!stored_[number]) missing.push_back(number);
  }
  return missing;
}

llvm::Value* Lowering::RemainingAt(const ir::Node& n) {
  return b.CreateSub(remaining_, b_i64(InlinedAt(*n.state)));
}

void Lowering::StoreRemaining(const ir::Node& n) {
  llvm::Value* tstate = LoadFixed(ptr, act, offsetof(Activation, tstate));
  // As RemainingNow.
  llvm::Value* limit =
      Load(i32, tstate, offsetof(PyThreadState, recursion_limit), Mem::kFrame);
  llvm::Value* limit_before =
      LoadFixed(i32, act, offsetof(Activation, recursion_limit));
  llvm::Value* remaining = b.CreateAdd(b.CreateTrunc(RemainingAt(n), i32),
                                       b.CreateSub(limit, limit_before));
  Store(remaining, tstate, offsetof(PyThreadState, recursion_remaining),
        Mem::kFrame);
}

void Lowering::Publish(const ir::Node& n, Way way, Callee callee) {
  Store(Address(sites_.SiteOf(n.state, n.op)), native_,
        offsetof(NativeFrame, site), Mem::kNative);
  for (uint32_t number : Missing(n.state)) {
    StoreHome(number);
    if (way == kOnTheWay) stored_[number] = true;
  }
  published_ = n.state;
  catches_ = n.catches;
  published_for_ = callee;
  if (callee == kDirect) return;
  if (callee == kResumes) {
    published_for_ = kMayLook;
  } else {
    StoreRemaining(n);
  }
  if (callee == kLinks) return;
  if (n.state->caller != nullptr) {
    Call(reinterpret_cast<const void*>(pyvm_llvm_link), b.getVoidTy(),
         {act, native_});
    return;
  }
  if (fn_.direct) {
    llvm::BasicBlock* link = NewBlock("link");
    llvm::BasicBlock* linked = NewBlock("linked");
    Branch(IsNull(Regs()), link, linked, kUnlikely);
    Begin(link);
    ColdCall(reinterpret_cast<const void*>(pyvm_llvm_link), b.getVoidTy(),
             {act, native_});
    b.CreateBr(linked);
    Begin(linked);
  }
  const Unit* unit = n.state->unit;
  Store(Address(CodeStart(unit) +
                unit->PositionOf(unit->instrs + n.state->instr)),
        FrameField(offsetof(Frame, prev_instr)), Mem::kFrame);
}

void Lowering::RaiseIf(llvm::Value* failed) {
  llvm::BasicBlock* next = NewBlock("done");
  if (catches_ && caught_ == nullptr) caught_ = NewBlock("caught");
  llvm::BasicBlock* out =
      catches_ ? caught_
               : Leave(&raise_, "raise",
                       reinterpret_cast<const void*>(pyvm_llvm_raise));
  Branch(failed, out, next, kUnlikely);
  Begin(next);
  if (published_->caller != nullptr) UnlinkInlined();
}

void Lowering::UnlinkInlined() {
  const void* unlink = reinterpret_cast<const void*>(pyvm_llvm_unlink_inlined);
  if (published_for_ == kMayLook) {
    Call(unlink, b.getVoidTy(), {act, native_});
    return;
  }
  llvm::BasicBlock* linked = NewBlock("linked");
  llvm::BasicBlock* next = NewBlock("next");
  llvm::Value* inlined =
      Load(i64, native_, offsetof(NativeFrame, inlined), Mem::kNative);
  Branch(b.CreateICmpEQ(inlined, b_i64(0)), next, linked, kLikely);
  Begin(linked);
  ColdCall(unlink, b.getVoidTy(), {act, native_});
  b.CreateBr(next);
  Begin(next);
}

// --- Calls ------------------------------------------------------------------

llvm::CallInst* Lowering::Call(const void* function, llvm::Type* result,
                               llvm::ArrayRef<llvm::Value*> args) {
  std::vector<llvm::Type*> types;
  for (llvm::Value* arg : args) types.push_back(arg->getType());
  auto* type = llvm::FunctionType::get(result, types, false);
  llvm::CallInst* call = b.CreateCall(type, Address(function), args);
  call->setDoesNotThrow();
  return call;
}

llvm::CallInst* Lowering::ColdCall(const void* function, llvm::Type* result,
                                   std::initializer_list<llvm::Value*> args) {
  llvm::CallInst* call = Call(function, result, args);
  call->addFnAttr(llvm::Attribute::Cold);
  return call;
}

llvm::Value* Lowering::CallDirect(const ir::Node& n, llvm::Value* direct,
                                  llvm::Value* function,
                                  llvm::ArrayRef<llvm::Value*> args,
                                  Reference reference) {
  Publish(n, kOnTheWay, kDirect);
  std::vector<llvm::Value*> all = {
      act, native_, function,
      b.CreateSub(remaining_, b_i64(InlinedAt(*n.state)))};
  all.insert(all.end(), args.begin(), args.end());
  llvm::CallInst* call = b.CreateCall(DirectType(args.size()), direct, all);
  call->setCallingConv(llvm::CallingConv::PreserveNone);
  call->setDoesNotThrow();
  if (reference == kTaken) {
    llvm::BasicBlock* last = NewBlock("last");
    llvm::BasicBlock* done = NewBlock("released");
    Branch(DecRefIsLast(function), last, done, kUnlikely);
    Begin(last);
    ColdCall(reinterpret_cast<const void*>(pyvm_llvm_dealloc_callee),
             b.getVoidTy(), {act, native_, function});
    b.CreateBr(done);
    Begin(done);
  }
  RaiseIf(IsNull(call));
  return call;
}

llvm::Value* Lowering::CallForObject(const ir::Node& n, const void* function,
                                     std::initializer_list<llvm::Value*> args,
                                     Way way) {
  Publish(n, way);
  llvm::Value* result = Call(function, ptr, args);
  RaiseIf(IsNull(result));
  return result;
}

llvm::Value* Lowering::CallForInt(const ir::Node& n, const void* function,
                                  std::initializer_list<llvm::Value*> args,
                                  Way way) {
  Publish(n, way);
  llvm::Value* result = Call(function, i32, args);
  RaiseIf(b.CreateICmpSLT(result, b.getInt32(0)));
  return result;
}

namespace {

std::vector<llvm::Value*> Behind(std::initializer_list<llvm::Value*> first,
                                 std::initializer_list<llvm::Value*> others) {
  std::vector<llvm::Value*> all = first;
  all.insert(all.end(), others.begin(), others.end());
  return all;
}

}  // namespace

void Lowering::Meet(const ir::Node& n, size_t first) {
  if (!looks_at_operands_ || n.inputs.size() <= first) return;
  Site* site = sites_.SiteOf(n.state, n.op);
  llvm::BasicBlock* meet = NewBlock("meet");
  llvm::BasicBlock* met = NewBlock("met");
  llvm::Value* times = Load(i32, Address(&site->times_met), Mem::kNative);
  Branch(b.CreateICmpULT(times, b.getInt32(kTimesToMeet)), meet, met,
         kUnlikely);
  Begin(meet);
  llvm::Value* second = n.inputs.size() > first + 1
                            ? In(n, first + 1)
                            : static_cast<llvm::Value*>(Null());
  ColdCall(reinterpret_cast<const void*>(pyvm_llvm_meet), b.getVoidTy(),
           {Address(site), In(n, first), second});
  b.CreateBr(met);
  Begin(met);
}

llvm::Value* Lowering::LinkingCall(const ir::Node& n, const void* function,
                                   std::initializer_list<llvm::Value*> args,
                                   Way way) {
  Publish(n, way, kLinks);
  llvm::Value* result = Call(function, ptr, Behind({act, native_}, args));
  RaiseIf(IsNull(result));
  return result;
}

llvm::Value* Lowering::LinkingInt(const ir::Node& n, const void* function,
                                  std::initializer_list<llvm::Value*> args,
                                  Way way) {
  Publish(n, way, kLinks);
  llvm::Value* result = Call(function, i32, Behind({act, native_}, args));
  RaiseIf(b.CreateICmpSLT(result, b.getInt32(0)));
  return result;
}

// --- Objects ----------------------------------------------------------------

llvm::LoadInst* Lowering::TypeOf(llvm::Value* object) {
  return Load(ptr, object, offsetof(PyObject, ob_type), Mem::kType);
}

llvm::Value* Lowering::HasType(llvm::Value* object, const PyTypeObject* type) {
  return b.CreateICmpEQ(TypeOf(object), Address(type));
}

void Lowering::IncRef(llvm::Value* object) {
  llvm::Value* count =
      Load(i64, object, offsetof(PyObject, ob_refcnt), Mem::kRefcount);
  Store(b.CreateAdd(count, b_i64(1)), object, offsetof(PyObject, ob_refcnt),
        Mem::kRefcount);
}

llvm::Value* Lowering::DecRefIsLast(llvm::Value* object) {
  llvm::Value* count =
      Load(i64, object, offsetof(PyObject, ob_refcnt), Mem::kRefcount);
  llvm::Value* less = b.CreateSub(count, b_i64(1));
  Store(less, object, offsetof(PyObject, ob_refcnt), Mem::kRefcount);
  return b.CreateICmpEQ(less, b_i64(0));
}

}  // namespace pyvm::llvm_tier
