// Arithmetic on ints and floats, boxed or not.
#include <bit>

#include "tiers/baseline/compiler.h"

namespace pyvm::baseline {

// --- Results

void Compiler::SetInt() {
  if (StaysHeld(Kind::kInt)) {
    int slot = FreeSlot();
    movq(Slot(slot), rdx);
    Hold(Kind::kInt, slot);
  } else {
    StoreInt();
  }
}

void Compiler::SetFloat() {
  if (StaysHeld(Kind::kFloat)) {
    int slot = FreeSlot();
    movaps(Slot(slot), xmm0);
    Hold(Kind::kFloat, slot);
  } else {
    StoreFloat();
  }
}

void Compiler::StoreInt() {
  lea(rsi, Reg(in_.a));
  mov(r10d, at_);
  CallOutside(stubs_.store_int);
}

void Compiler::StoreFloat() {
  lea(rsi, Reg(in_.a));
  mov(r10d, at_);
  if (in_.a >= unit_.num_locals) {
    CallOutside(stubs_.store_float);
    return;
  }
  // Mostly the dying value of the local is overwritten.
  FloatStore& store = float_stores_.emplace_back();
  store.at = at_;
  LoadDying(&PyFloat_Type, store.label, T_NEAR);
  movsd(ptr[rax + kDouble], xmm0);
  L(store.back);
}

// --- Operands

bool Compiler::MayBeInt(Operand x) const {
  return !IsConst(x) || IsSmallConst(Constant(x));
}

bool Compiler::CanBeReal(Operand a, Operand b) const {
  auto may_be = [this](Operand x) { return MayBeInt(x) || MayBeFloat(x); };
  return may_be(a) && may_be(b) && !(IsConst(a) && IsConst(b));
}

bool Compiler::MayBeFloat(Operand x) const {
  return !IsConst(x) || IsFloat(Constant(x));
}

void Compiler::LoadNumber(const Reg64& to, Operand x) {
  if (!IsConst(x) && !IsHeldNumber(x)) Load(to, x);
}

void Compiler::ConsumeNumber(const Reg64& object, Operand x) {
  if (IsHeldNumber(x)) {
    Forget(x);
  } else {
    Consume(object, x);
  }
}

void Compiler::IntValue(const Reg64& value, const Reg64& object, Operand x,
                        Label* not_int) {
  if (IsHeldNumber(x)) {
    movq(value, Slot(Find(x)->slot));
    return;
  }
  if (IsConst(x)) {
    mov(value, OneDigitValue(Constant(x)));
    return;
  }
  cmp(qword[object + kType], Low(&PyLong_Type));
  jne(not_int != nullptr ? *not_int : Otherwise(), T_NEAR);
  Wide& wide = wides_.emplace_back();
  wide.at = at_;
  wide.value = value;
  wide.object = object;
  wide.otherwise = &Otherwise();
  mov(value, ptr[object + kSize]);
  lea(r8, ptr[value + 1]);
  cmp(r8, 2);
  ja(wide.label, T_NEAR);
  mov(r8d, dword[object + kDigit]);
  imul(value, r8);
  L(wide.back);
}

void Compiler::FloatConstant(const Xmm& value, double constant) {
  auto bits = std::bit_cast<uint64_t>(constant);
  if (bits == 0) {
    xorps(value, value);
  } else {
    mov(rax, bits);
    movq(value, rax);
  }
}

void Compiler::FloatValue(const Xmm& value, const Reg64& object, Operand x,
                          Label* not_float) {
  if (IsHeldNumber(x)) {
    const Held* number = Find(x);
    if (number->kind == Kind::kFloat) {
      movaps(value, Slot(number->slot));
    } else {
      movq(rax, Slot(number->slot));
      cvtsi2sd(value, rax);
    }
    return;
  }
  if (IsConst(x)) {
    PyObject* constant = Constant(x);
    FloatConstant(value, IsFloat(constant)
                             ? pyvm::FloatValue(constant)
                             : static_cast<double>(OneDigitValue(constant)));
    return;
  }
  cmp(qword[object + kType], Low(&PyFloat_Type));
  jne(not_float != nullptr ? *not_float : Otherwise(), T_NEAR);
  movsd(value, ptr[object + kDouble]);
}

void Compiler::RealValue(const Xmm& value, const Reg64& object, Operand x) {
  const Held* number = IsHeldNumber(x) ? Find(x) : nullptr;
  if (number != nullptr && number->kind == Kind::kInt) {
    // What a quotient is rounded from has to be exact.
    constexpr int kExactBits = 53;
    movq(rdx, Slot(number->slot));
    mov(rax, int64_t{1} << kExactBits);
    add(rax, rdx);
    shr(rax, kExactBits + 1);
    jnz(Otherwise(), T_NEAR);
    cvtsi2sd(value, rdx);
    return;
  }
  if (number != nullptr || IsConst(x)) {
    FloatValue(value, object, x);
    return;
  }
  Label is_float, loaded;
  mov(rax, ptr[object + kType]);
  cmp(rax, Low(&PyFloat_Type));
  je(is_float);
  cmp(rax, Low(&PyLong_Type));
  jne(Otherwise(), T_NEAR);
  mov(rax, ptr[object + kSize]);
  lea(r8, ptr[rax + 1]);
  cmp(r8, 2);
  ja(Otherwise(), T_NEAR);
  mov(r8d, dword[object + kDigit]);
  imul(rax, r8);
  cvtsi2sd(value, rax);
  jmp(loaded);
  L(is_float);
  movsd(value, ptr[object + kDouble]);
  L(loaded);
}

// --- Arithmetic

bool Compiler::IsIntArithmetic(Op op) {
  return op >= Op::kADD_INT && op <= Op::kRSHIFT_INT;
}
bool Compiler::IsFloatArithmetic(Op op) {
  return op >= Op::kADD_FLOAT && op <= Op::kTRUEDIV_FLOAT;
}

void Compiler::DivideInts(bool quotient, bool positive_divisor) {
  Label wide, divided;
  if (!positive_divisor) {
    test(rcx, rcx);
    jle(Otherwise(), T_NEAR);
  }
  test(rdx, rdx);
  js(Otherwise(), T_NEAR);
  mov(rax, rdx);
  or_(rax, rcx);
  shr(rax, 32);
  jnz(wide);
  mov(eax, edx);
  xor_(edx, edx);
  div(ecx);
  jmp(divided);
  L(wide);
  mov(rax, rdx);
  xor_(edx, edx);
  div(rcx);
  L(divided);
  if (quotient) mov(rdx, rax);
}

bool Compiler::IntArithmeticByConstant(Op op, int32_t constant) {
  bool overflow = IsHeldNumber(in_.b);
  switch (op) {
    case Op::kADD_INT:
      add(rdx, constant);
      break;
    case Op::kSUB_INT:
      sub(rdx, constant);
      break;
    case Op::kMUL_INT:
      imul(rdx, rdx, constant);
      overflow = true;
      break;
    case Op::kAND_INT:
      and_(rdx, constant);
      return true;
    case Op::kOR_INT:
      or_(rdx, constant);
      return true;
    case Op::kXOR_INT:
      xor_(rdx, constant);
      return true;
    case Op::kLSHIFT_INT:
      if (constant < 0 || constant > 62) return false;
      mov(rax, rdx);
      shl(rax, constant);
      mov(r8, rax);
      sar(r8, constant);
      cmp(r8, rdx);
      jne(Otherwise(), T_NEAR);
      mov(rdx, rax);
      return true;
    case Op::kRSHIFT_INT:
      if (constant < 0 || constant > 63) return false;
      sar(rdx, constant);
      return true;
    default: {  // FLOORDIV_INT, MOD_INT
      if (constant <= 0) return false;
      bool quotient = op == Op::kFLOORDIV_INT;
      auto divisor = static_cast<uint32_t>(constant);
      if (!std::has_single_bit(divisor)) {
        mov(ecx, divisor);
        DivideInts(quotient, true);
      } else if (quotient) {
        sar(rdx, std::countr_zero(divisor));
      } else {
        and_(rdx, constant - 1);
      }
      return true;
    }
  }
  if (overflow) jo(Otherwise(), T_NEAR);
  return true;
}

void Compiler::IntArithmeticByRegister(Op op) {
  // Boxed operands of at most 60 bits cannot overflow a sum.
  bool overflow = IsHeldNumber(in_.b) || IsHeldNumber(in_.c);
  switch (op) {
    case Op::kADD_INT:
      add(rdx, rcx);
      break;
    case Op::kSUB_INT:
      sub(rdx, rcx);
      break;
    case Op::kMUL_INT:
      imul(rdx, rcx);
      overflow = true;
      break;
    case Op::kAND_INT:
      and_(rdx, rcx);
      return;
    case Op::kOR_INT:
      or_(rdx, rcx);
      return;
    case Op::kXOR_INT:
      xor_(rdx, rcx);
      return;
    case Op::kLSHIFT_INT:
      cmp(rcx, 62);
      ja(Otherwise(), T_NEAR);
      mov(rax, rdx);
      shl(rax, cl);
      mov(r8, rax);
      sar(r8, cl);
      cmp(r8, rdx);
      jne(Otherwise(), T_NEAR);
      mov(rdx, rax);
      return;
    case Op::kRSHIFT_INT:
      cmp(rcx, 62);
      ja(Otherwise(), T_NEAR);
      sar(rdx, cl);
      return;
    default:
      DivideInts(op == Op::kFLOORDIV_INT, false);
      return;
  }
  if (overflow) jo(Otherwise(), T_NEAR);
}

bool Compiler::IntArithmetic(Op op) {
  if (!MayBeInt(in_.b) || !MayBeInt(in_.c)) return false;
  LoadNumber(rbx, in_.b);
  LoadNumber(rbp, in_.c);
  IntValue(rdx, rbx, in_.b);
  if (!IsConst(in_.c) ||
      !IntArithmeticByConstant(
          op, static_cast<int32_t>(OneDigitValue(Constant(in_.c))))) {
    IntValue(rcx, rbp, in_.c);
    IntArithmeticByRegister(op);
  }
  ConsumeNumber(rbx, in_.b);
  ConsumeNumber(rbp, in_.c);
  SetInt();
  return true;
}

bool Compiler::FloatArithmetic(Op op) {
  if (!CanBeReal(in_.b, in_.c)) return false;
  LoadNumber(rbx, in_.b);
  LoadNumber(rbp, in_.c);
  if (op == Op::kTRUEDIV_FLOAT) {
    RealValue(xmm0, rbx, in_.b);
    RealValue(xmm1, rbp, in_.c);
  } else {
    FloatValue(xmm0, rbx, in_.b);
    FloatValue(xmm1, rbp, in_.c);
  }
  switch (op) {
    case Op::kADD_FLOAT:
      addsd(xmm0, xmm1);
      break;
    case Op::kSUB_FLOAT:
      subsd(xmm0, xmm1);
      break;
    case Op::kMUL_FLOAT:
      mulsd(xmm0, xmm1);
      break;
    default:  // TRUEDIV_FLOAT; by zero, or by what is no number
      xorps(xmm2, xmm2);
      ucomisd(xmm1, xmm2);
      je(Otherwise(), T_NEAR);
      divsd(xmm0, xmm1);
      break;
  }
  ConsumeNumber(rbx, in_.b);
  ConsumeNumber(rbp, in_.c);
  SetFloat();
  return true;
}

bool Compiler::Negative() {
  Operand x = in_.b;
  if (IsConst(x)) return false;
  auto negate_int = [&] {
    IntValue(rdx, rbx, x);
    neg(rdx);
    jo(Otherwise(), T_NEAR);
    ConsumeNumber(rbx, x);
  };
  auto negate_float = [&] {
    FloatValue(xmm0, rbx, x);
    FloatConstant(xmm1, -0.0);
    xorps(xmm0, xmm1);
    ConsumeNumber(rbx, x);
  };
  if (IsHeldNumber(x)) {
    if (Find(x)->kind == Kind::kInt) {
      negate_int();
      SetInt();
    } else {
      negate_float();
      SetFloat();
    }
    return true;
  }
  Label is_float, done;
  HeldSet before = held_;
  Load(rbx, x);
  cmp(qword[rbx + kType], Low(&PyFloat_Type));
  je(is_float, T_NEAR);
  negate_int();
  StoreInt();
  jmp(done, T_NEAR);
  L(is_float);
  held_ = before;
  negate_float();
  StoreFloat();
  L(done);
  return true;
}

}  // namespace pyvm::baseline
