// Temporaries that are held in machine registers.
#include <bit>

#include "core/bytecode/decode.h"
#include "core/runtime/array.h"
#include "tiers/baseline/compiler.h"

namespace pyvm::baseline {

const Compiler::Held* Compiler::Find(Operand x) const {
  if (!IsTemp(x)) return nullptr;
  for (int i = 0; i < held_.size; ++i) {
    if (held_.all[i].reg == RegisterOf(x)) return &held_.all[i];
  }
  return nullptr;
}

void Compiler::Forget(Operand x) {
  auto i = Find(x) - held_.all;
  held_.all[i] = held_.all[--held_.size];
}

int Compiler::FreeSlot() const {
  unsigned used = 0;
  for (int i = 0; i < held_.size; ++i) used |= 1u << held_.all[i].slot;
  return std::countr_one(used);
}

void Compiler::PutIntoFrame(const Held& held, uint32_t at) {
  if (held.kind == Kind::kObject) {
    movq(rax, Slot(held.slot));
    inc(qword[rax]);
    mov(Reg(held.reg), rax);
    return;
  }
  lea(rsi, Reg(held.reg));
  mov(r10d, at);
  if (held.kind == Kind::kInt) {
    movq(rdx, Slot(held.slot));
    CallOutside(stubs_.store_int);
  } else {
    movsd(xmm0, Slot(held.slot));
    CallOutside(stubs_.store_float);
  }
}

void Compiler::SecureHeld() {
  Op op = BaseOf(in_.op);
  bool spares = SparesHeld(at_);
  // Numbers refer to nothing, and what is moved is not released.
  bool loads =
      !IsIntArithmetic(op) && !IsFloatArithmetic(op) && op != Op::kMOVE;
  bool releases =
      !spares || in_.a < unit_.num_locals || (loads && !KeepsAlive(in_.b));
  if (!releases) return;
  for (int i = 0; i < held_.size;) {
    Held held = held_.all[i];
    Operand x = TempOperand(held.reg);
    bool safe = spares && held.kind != Kind::kObject;
    if (safe || in_.a == x || in_.b == x || in_.c == x) {
      ++i;
    } else {
      PutIntoFrame(held, at_);
      Forget(x);
    }
  }
}

void Compiler::FindEntries() {
  for (uint32_t i = 0; i < unit_.num_entries; ++i) {
    enterable_[unit_.entries[i].instr] = true;
  }
  for (uint32_t i = 0; i < unit_.num_instrs; i += InstrWords(unit_, i)) {
    for (int64_t target : {JumpTarget(unit_, i), TargetOf(i)}) {
      if (target >= 0) enterable_[static_cast<size_t>(target)] = true;
    }
  }
}

bool Compiler::SparesHeld(uint32_t i) const {
  const Instr& in = unit_.instrs[i];
  Op op = BaseOf(in.op);
  if (IsIntArithmetic(op)) return MayBeInt(in.b) && MayBeInt(in.c);
  if (IsFloatArithmetic(op)) return CanBeReal(in.b, in.c);
  switch (op) {
    case Op::kLOAD_ITEM_LIST:
    case Op::kLOAD_ITEM_TUPLE:
    case Op::kLOAD_ITEM_STR:
      return MayBeInt(in.c);
    case Op::kLOAD_ITEM_ANY:
      return LoadsArray(i);
    case Op::kMOVE:
    case Op::kLOAD_DEREF:
    case Op::kLOAD_GLOBAL_MODULE:
    case Op::kLOAD_GLOBAL_BUILTIN:
    case Op::kLOAD_ATTR_VALUE:
    case Op::kLOAD_ATTR_SLOT:
    case Op::kLOAD_ATTR_NONDATA:
    case Op::kLOAD_ATTR_MODULE:
    case Op::kLOAD_ATTR_CLASS:
      return true;
    default:
      return false;
  }
}

bool Compiler::TakesObject(const Instr& in, Operand x) const {
  switch (BaseOf(in.op)) {
    case Op::kMOVE:
    case Op::kLIST_APPEND:
    case Op::kSTORE_DEREF:
    case Op::kUNARY_NOT:
    case Op::kLOAD_ATTR_VALUE:
    case Op::kLOAD_ATTR_SLOT:
    case Op::kLOAD_ATTR_NONDATA:
    case Op::kLOAD_ATTR_MODULE:
    case Op::kLOAD_ATTR_CLASS:
    case Op::kLOAD_METHOD_VALUES:
    case Op::kLOAD_METHOD_NO_DICT:
    case Op::kLOAD_METHOD_MODULE:
    case Op::kLOAD_METHOD_CLASS:
      return in.b == x;
    case Op::kJUMP_IF_NONE:
    case Op::kJUMP_IF_NOT_NONE:
      return in.a == x;
    case Op::kRETURN:
      return in.a == x && !IsGenerator();
    case Op::kJUMP_IF_IS:
    case Op::kJUMP_IF_IS_NOT:
    case Op::kSTORE_ATTR_VALUE:
    case Op::kSTORE_ATTR_SLOT:
      return in.a == x || in.b == x;
    default:
      return false;
  }
}

bool Compiler::TakesHeld(uint32_t i, uint32_t reg, Kind kind) const {
  const Instr& in = unit_.instrs[i];
  Op op = BaseOf(in.op);
  Operand x = TempOperand(reg);
  bool is_int = kind == Kind::kInt, is_object = kind == Kind::kObject;
  if (IsIntArithmetic(op)) return kind != Kind::kFloat && SparesHeld(i);
  if (IsFloatArithmetic(op)) {
    if (!SparesHeld(i)) return false;
    Operand other = in.b == x ? in.c : in.b;
    return !is_int || op == Op::kTRUEDIV_FLOAT ||
           (IsConst(other) ? IsFloat(Constant(other)) : !IsTemp(other));
  }
  if (auto comparison = ComparisonOf(op)) {
    if (in.a != x && in.b != x) return false;
    Operand other = in.a == x ? in.b : in.a;
    if (IsConst(other)) {
      PyObject* constant = Constant(other);
      return IsSmallConst(constant) || (!is_int && IsFloat(constant)) ||
             (is_object && IsStr(constant) &&
              (comparison->first == Relation::kEq ||
               comparison->first == Relation::kNe));
    }
    const Held* beside = Find(other);
    return beside == nullptr || is_object || beside->kind == kind ||
           beside->kind == Kind::kObject;
  }
  switch (op) {
    case Op::kUNARY_NEGATIVE:
      return in.b == x;
    case Op::kJUMP_IF_TRUE:
    case Op::kJUMP_IF_FALSE:
      return in.a == x;
    case Op::kLOAD_ITEM_LIST:
    case Op::kLOAD_ITEM_TUPLE:
    case Op::kLOAD_ITEM_STR:
      return kind != Kind::kFloat && MayBeInt(in.c) &&
             (is_object || (in.c == x && in.b != x));
    case Op::kLOAD_ITEM_ANY:
      return kind != Kind::kFloat && LoadsArray(i) &&
             (is_object || (in.c == x && in.b != x));
    case Op::kSTORE_ITEM_LIST:
      return kind != Kind::kFloat && MayBeInt(in.b) &&
             (is_object || (in.b == x && in.a != x && in.c != x));
    default:
      return is_object && TakesObject(in, x);
  }
}

bool Compiler::LoadsArray(uint32_t i) const {
  return array_type != nullptr && MayBeInt(unit_.instrs[i].c) &&
         (StaysHeldFrom(i, Kind::kFloat) || StaysHeldFrom(i, Kind::kInt));
}

bool Compiler::StaysHeldFrom(uint32_t i, Kind kind) const {
  constexpr int kSoon = 8;
  uint32_t reg = unit_.instrs[i].a;
  if (reg < unit_.num_locals || held_.size == kMaxHeld) return false;
  Operand x = TempOperand(reg);
  i += InstrWords(unit_, i);
  for (int n = 0; n < kSoon && i < unit_.num_instrs && !enterable_[i]; ++n) {
    const Instr& in = unit_.instrs[i];
    if (in.a == x || in.b == x || in.c == x) return TakesHeld(i, reg, kind);
    if (!SparesHeld(i)) return false;
    // It could not be held across that; see SecureHeld.
    if (kind == Kind::kObject && in.a < unit_.num_locals) return false;
    i += InstrWords(unit_, i);
  }
  return false;
}

}  // namespace pyvm::baseline
