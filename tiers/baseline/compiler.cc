#include "tiers/baseline/compiler.h"

#include <cstddef>
#include <memory>
#include <utility>

#include "core/bytecode/decode.h"
#include "core/code/code_map.h"
#include "core/handlers/generators.h"
#include "core/handlers/machine.h"
#include "core/host/frame.h"
#include "core/tier/unit_name.h"

namespace pyvm::baseline {
namespace {

// Estimates from above; what is not used is given back.
constexpr size_t kBytesPerInstr = 700;
constexpr size_t kBytesPerUnit = 256;
constexpr uint32_t kMaxInstrs = 100'000;

// A backward jump to `pc` may not just go on.
const Instr* BackEdge(PYVM_ARGS) {
  if (handlers::UnitIn(pool)->loop_budget <= 0) {
    return handlers::LoopBudget(pc, regs, pool, act);
  }
  return handlers::CheckBreaker(pc, regs, pool, act);
}

// The C function that the instruction at `pc` has called has returned.
const Instr* AfterCall(PYVM_ARGS) {
  if (*act->eval_breaker != 0 && HandlePending(act->tstate) < 0) {
    return handlers::HandleError(pc, regs, pool, act);
  }
  if (!act->cframe.use_tracing) return nullptr;
  const Unit* unit = handlers::UnitIn(pool);
  auto at = static_cast<uint32_t>(pc - unit->instrs);
  return handlers::HandOver(pc + InstrWords(*unit, at), regs, pool, act);
}

}  // namespace

void Compiler::Run() {
  FindEntries();
  for (at_ = 0; at_ < unit_.num_instrs; at_ = next_) {
    next_ = at_ + InstrWords(unit_, at_);
    uint32_t here = offset() | (held_.size == 0 ? 0 : kInside);
    for (uint32_t i = at_; i < next_; ++i) offsets_[i] = here;
    L(labels_[at_]);
    in_ = unit_.instrs[at_];
    slow_ = nullptr;
    SecureHeld();
    held_at_start_ = held_;
    if (!Fast()) {
      lost_ |= held_.size != 0;
      Generic();
    }
  }
  offsets_[unit_.num_instrs] = offset();
  L(labels_[unit_.num_instrs]);
  ud2();
  for (Slow& slow : slows_) {
    OutOfLine(slow.label, slow.at);
    for (int i = 0; i < slow.held.size; ++i) {
      PutIntoFrame(slow.held.all[i], slow.at);
    }
    mov(r8d, slow.op);
    Step(slow.at, slow.burnt ? stubs_.step_unquickened : stubs_.step_otherwise);
    if (slow.next != 0) {
      test(rax, rax);
      if ((offsets_[slow.next] & kInside) == 0) {
        jz(labels_[slow.next], T_NEAR);
      } else {
        lea(rcx, InstrAddress(slow.next));
        cmovz(rax, rcx);
      }
    }
    GoToReturned(slow.at);
  }
  for (Taken& taken : takens_) {
    OutOfLine(taken.label, taken.at);
    GoToReturned(taken.at);
  }
  for (Wide& wide : wides_) {
    OutOfLine(wide.label, wide.at);
    mov(rdi, wide.object);
    CallOutside(stubs_.wide_value);
    jne(*wide.otherwise, T_NEAR);
    mov(wide.value, rax);
    jmp(wide.back, T_NEAR);
  }
  for (FloatStore& store : float_stores_) {
    OutOfLine(store.label, store.at);
    CallOutside(stubs_.store_float);
    jmp(store.back, T_NEAR);
  }
  for (Pending& pending : pendings_) {
    OutOfLine(pending.label, pending.at);
    lea(rdi, InstrAddress(pending.at));
    HandlerArguments();
    CallC(AfterCall);
    test(rax, rax);
    jz(labels_[pending.next], T_NEAR);
    JumpOutside(stubs_.transfer);
  }
  for (Back& back : backs_) {
    OutOfLine(back.label, back.target);
    lea(rdi, InstrAddress(back.target));
    HandlerArguments();
    back.quiet ? CallC(handlers::DelegationBudget) : CallC(BackEdge);
    JumpOutside(stubs_.transfer);
  }
}

void Compiler::Generic() {
  Step(at_,
       IsUnquickened(BaseOf(in_.op)) ? stubs_.step_unquickened : stubs_.step);
  if (TargetOf(at_) >= 0) {
    Taken& taken = takens_.emplace_back();
    taken.at = at_;
    test(rax, rax);
    jnz(taken.label, T_NEAR);
  } else if (FallsThrough()) {
    test(rax, rax);
    JumpOutsideIfNotZero(stubs_.transfer);
  } else {
    JumpOutside(stubs_.transfer);
  }
}

Label& Compiler::Otherwise() {
  if (slow_ == nullptr) {
    slow_ = &slows_.emplace_back();
    slow_->at = at_;
    slow_->op = in_.op;
    slow_->next = FallsThrough() ? next_ : 0;
    slow_->held = held_at_start_;
  }
  return slow_->label;
}

int64_t Compiler::TargetOf(uint32_t at) const {
  switch (BaseOf(unit_.instrs[at].op)) {
    case Op::kBUILD_SLICE:
    case Op::kCALL_TYPE_VECTOR:
    case Op::kFOR_ITER_ENUMERATE:
    case Op::kFOR_ITER_ITEMS:
    case Op::kFOR_ITER_ZIP: {
      // Their handlers may do the next instruction too.
      uint32_t next = at + InstrWords(unit_, at);
      return next + InstrWords(unit_, next);
    }
    default:
      return JumpTarget(unit_, at);
  }
}

void Compiler::GoToReturned(uint32_t at) {
  int64_t target = TargetOf(at);
  if (target >= 0) {
    lea(rcx, InstrAddress(static_cast<uint32_t>(target)));
    cmp(rax, rcx);
    je(labels_[static_cast<uint32_t>(target)], T_NEAR);
  }
  JumpOutside(stubs_.transfer);
}

std::vector<CodePlace> Compiler::Places() const {
  std::vector<CodePlace> places;
  for (uint32_t i = 0; i < unit_.num_instrs; i += InstrWords(unit_, i)) {
    places.push_back({offsets_[i] & ~kInside, i});
  }
  places.push_back({offsets_[unit_.num_instrs], unit_.num_instrs});
  places.insert(places.end(), out_of_line_.begin(), out_of_line_.end());
  return places;
}

bool Compiler::Fast() {
  Op op = BaseOf(in_.op);
  if (IsIntArithmetic(op)) return IntArithmetic(op);
  if (IsFloatArithmetic(op)) return FloatArithmetic(op);
  if (auto comparison = ComparisonOf(op)) {
    return CompareJump(comparison->first, comparison->second);
  }
  switch (op) {
    case Op::kRESUME:
      return Resume();
    case Op::kMOVE:
      Load(rcx, in_.b);
      Own(rcx, in_.b);
      Set(in_.a, rcx);
      return true;
    case Op::kCOPY:
      mov(rcx, Reg(in_.b));
      inc(qword[rcx]);
      Set(in_.a, rcx);
      return true;
    case Op::kDROP: {
      if (!IsTemp(in_.a)) return true;
      mov(rdi, Reg(RegisterOf(in_.a)));
      mov(Reg(RegisterOf(in_.a)), 0);
      ReleaseIfAny(rdi);
      return true;
    }
    case Op::kCOPY_FREE_VARS:
      return CopyFreeVars();
    case Op::kLOAD_DEREF:
      return LoadDeref();
    case Op::kSTORE_DEREF:
      return StoreDeref();
    case Op::kLIST_APPEND:
      return ListAppend();
    case Op::kCALL_LIST_APPEND:
      return CallListAppend();
    case Op::kCALL_LEN:
      return CallLen();
    case Op::kUNARY_NOT:
      return Not();
    case Op::kUNARY_NEGATIVE:
      return Negative();
    case Op::kIS:
      return Identity(true);
    case Op::kIS_NOT:
      return Identity(false);
    case Op::kCOMPARE_LT:
      return Compare(Relation::kLt);
    case Op::kCOMPARE_LE:
      return Compare(Relation::kLe);
    case Op::kCOMPARE_EQ:
      return Compare(Relation::kEq);
    case Op::kCOMPARE_NE:
      return Compare(Relation::kNe);
    case Op::kCOMPARE_GT:
      return Compare(Relation::kGt);
    case Op::kCOMPARE_GE:
      return Compare(Relation::kGe);
    case Op::kLOAD_GLOBAL_MODULE:
      return LoadGlobal(false);
    case Op::kLOAD_GLOBAL_BUILTIN:
      return LoadGlobal(true);
    case Op::kJUMP:
      jmp(labels_[at_ + LongJump(in_)], T_NEAR);
      return true;
    case Op::kJUMP_BACK:
      GoTo(at_ + LongJump(in_));
      return true;
    case Op::kJUMP_BACK_QUIET:
      GoTo(at_ + LongJump(in_), /*quiet=*/true);
      return true;
    case Op::kJUMP_IF_TRUE:
      return TruthJump(true);
    case Op::kJUMP_IF_FALSE:
      return TruthJump(false);
    case Op::kJUMP_IF_NONE:
      return NoneJump(true);
    case Op::kJUMP_IF_NOT_NONE:
      return NoneJump(false);
    case Op::kJUMP_IF_IS:
      return IdentityJump(true);
    case Op::kJUMP_IF_IS_NOT:
      return IdentityJump(false);
    case Op::kLOAD_ATTR_VALUE:
      return LoadAttrValue();
    case Op::kLOAD_ATTR_SLOT:
      return LoadAttrSlot();
    case Op::kLOAD_ATTR_NONDATA:
      return LoadAttrNondata();
    case Op::kLOAD_ATTR_MODULE:
      return LoadAttrModule();
    case Op::kLOAD_ATTR_CLASS:
      return LoadAttrClass();
    case Op::kLOAD_METHOD_MODULE:
      return LoadMethodModule();
    case Op::kLOAD_METHOD_CLASS:
      return LoadMethodClass();
    case Op::kSTORE_ATTR_VALUE:
      return StoreAttrValue();
    case Op::kSTORE_ATTR_SLOT:
      return StoreAttrSlot();
    case Op::kLOAD_METHOD_VALUES:
      return LoadMethod(true);
    case Op::kLOAD_METHOD_NO_DICT:
      return LoadMethod(false);
    case Op::kLOAD_ITEM_LIST:
      return LoadItem(&PyList_Type);
    case Op::kLOAD_ITEM_TUPLE:
      return LoadItem(&PyTuple_Type);
    case Op::kSTORE_ITEM_LIST:
      return StoreItemList();
    case Op::kLOAD_ITEM_DICT:
      return LoadItemDict();
    case Op::kSTORE_ITEM_DICT:
      return StoreItemDict();
    case Op::kLOAD_ITEM_STR:
      return LoadItemStr();
    case Op::kCONTAINS:
      return Contains(true);
    case Op::kNOT_CONTAINS:
      return Contains(false);
    case Op::kJUMP_IF_IN:
      return ContainsJump(true);
    case Op::kJUMP_IF_NOT_IN:
      return ContainsJump(false);
    case Op::kLOAD_ITEM_ANY:
      return LoadItemAny();
    case Op::kSTORE_ITEM_ANY:
      return StoreItemArray();
    case Op::kCALL_MIN:
      return CallExtreme(/*max=*/false);
    case Op::kCALL_MAX:
      return CallExtreme(/*max=*/true);
    case Op::kSET_ADD:
      return SetAdd();
    case Op::kBUILD_TUPLE:
      return BuildTuple();
    case Op::kBUILD_LIST:
      return BuildList();
    case Op::kUNPACK:
      return Unpack();
    case Op::kGET_ITER:
      return GetIter();
    case Op::kFOR_ITER_RANGE:
      return ForIterRange();
    case Op::kFOR_ITER_ANY:
      return ForIterAny();
    case Op::kFOR_ITER_LIST:
      return ForIterSequence(&PyListIter_Type);
    case Op::kFOR_ITER_TUPLE:
      return ForIterSequence(&PyTupleIter_Type);
    case Op::kCALL_PY:
    case Op::kCALL_PY_TEMPS:
    case Op::kCALL_PY_LENT:
      return CallPy(false);
    case Op::kCALL_METHOD_PY:
    case Op::kCALL_METHOD_PY_TEMPS:
    case Op::kCALL_METHOD_PY_LENT:
      return CallPy(true);
    case Op::kCALL:
      return CallFound(false);
    case Op::kCALL_METHOD:
      return CallFound(true);
    case Op::kCALL_CLASS:
      return CallClass();
    case Op::kCALL_C_NONE:
      return CallFunctionC(METH_NOARGS);
    case Op::kCALL_C_ONE:
      return CallFunctionC(METH_O);
    case Op::kCALL_C_VECTOR:
      return CallFunctionC(METH_FASTCALL);
    case Op::kCALL_METHOD_C_NONE:
      return CallMethodC(METH_NOARGS);
    case Op::kCALL_METHOD_C_ONE:
      return CallMethodC(METH_O);
    case Op::kCALL_METHOD_C_VECTOR:
      return CallMethodC(METH_FASTCALL);
    case Op::kCALL_ISINSTANCE:
      return CallIsinstance();
    case Op::kCALL_STR:
      return CallStr();
    case Op::kCALL_TYPE_VECTOR:
      return CallTypeVector();
    case Op::kLOAD_ATTR_ANY:
      return LoadAttrAny();
    case Op::kLOAD_METHOD_ANY:
      return LoadMethodAny();
    case Op::kSTORE_ATTR_ANY:
      return StoreAttrAny();
    case Op::kLOAD_ATTR_PROPERTY:
      return LoadAttrProperty();
    case Op::kBINARY_OP_ANY:
      return BinaryAny();
    case Op::kRETURN:
      return ReturnFromGenerator() || Return();
    case Op::kGET_AWAITABLE:
      return GetAwaitable();
    case Op::kGET_YIELD_FROM_ITER:
      return GetYieldFromIter();
    case Op::kFOR_ITER_GEN:
      return ForIterGen();
    case Op::kSEND:
      return Send();
    case Op::kYIELD:
      return Yield();
    default:
      return false;
  }
}

Code* Compile(const Unit& unit, const char** refused) {
  const Stubs* stubs = TheStubs(refused);
  if (stubs == nullptr) return nullptr;
  if (unit.num_instrs > kMaxInstrs) {
    *refused = "the unit is too large";
    return nullptr;
  }
  absl::StatusOr<CodeBlock> block = TheCodeMemory().Allocate(
      kBytesPerUnit + kBytesPerInstr * unit.num_instrs, TheZone());
  if (!block.ok()) {
    *refused = CodeRefusal(block.status());
    return nullptr;
  }
  auto offsets = std::make_unique<uint32_t[]>(unit.num_instrs + 1);
  Xbyak::ClearError();
  Compiler compiler(unit, *stubs, *block, offsets.get());
  compiler.Run();
  if (!compiler.good() || compiler.lost()) {
    TheCodeMemory().Free(block->exec);
    *refused = compiler.lost()
                   ? "a temporary was held where it could not be read"
                   : "the unit's code does not fit the room that was estimated";
    return nullptr;
  }
  uint32_t size = compiler.offset();
  TheCodeMemory().Shrink(block->exec, size);
  UnitName name = NameOf(unit);
  CodeInfo info;
  info.function = name.qualified_name;
  info.file = name.filename;
  info.line = name.first_line;
  info.owner = &unit;
  if (TheCodeMap().WantsLines()) {
    info.lines = LinesOf(unit, compiler.Places());
  }
  TheCodeMap().Add(block->exec, std::move(info));
  if (WantsAsm(unit)) {
    DumpAsm(unit, {"baseline", block->exec, size, compiler.Places()});
  }
  auto* code =
      new Code{.exec = block->exec,
               .offsets = offsets.get(),
               .start = block->exec + offsets[0],
               .resumed = block->exec + offsets[unit.num_instrs > 1 ? 1 : 0],
               .size = size};
  offsets.release();
  return code;
}

}  // namespace pyvm::baseline
