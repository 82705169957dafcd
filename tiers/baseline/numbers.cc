// Arithmetic and comparisons on ints and floats.
#include "tiers/baseline/compiler.h"

namespace pyvm::baseline {

// --- Numbers

bool Compiler::MayBeInt(Operand x) const {
  return !IsConst(x) || IsSmallConst(Constant(x));
}

bool Compiler::MayBeFloat(Operand x) const {
  return !IsConst(x) || IsFloat(Constant(x));
}

void Compiler::IntValue(const Reg64& value, const Reg64& object, Operand x,
                        Label* not_int) {
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

void Compiler::LoadUnlessConst(const Reg64& to, Operand x) {
  if (!IsConst(x)) Load(to, x);
}

bool Compiler::IntArithmetic(Op op) {
  Label wide, divided;
  if (!MayBeInt(in_.b) || !MayBeInt(in_.c)) return false;
  LoadUnlessConst(rbx, in_.b);
  LoadUnlessConst(rbp, in_.c);
  IntValue(rdx, rbx, in_.b);
  IntValue(rcx, rbp, in_.c);
  switch (op) {
    case Op::kADD_INT:
      add(rdx, rcx);
      break;
    case Op::kSUB_INT:
      sub(rdx, rcx);
      break;
    case Op::kMUL_INT:
      imul(rdx, rcx);
      jo(Otherwise(), T_NEAR);
      break;
    case Op::kLSHIFT_INT:
      cmp(rcx, 31);
      ja(Otherwise(), T_NEAR);
      lea(rax, ptr[rdx + (1 << 30)]);
      shr(rax, 31);
      jnz(Otherwise(), T_NEAR);
      shl(rdx, cl);
      break;
    case Op::kAND_INT:
      and_(rdx, rcx);
      break;
    case Op::kOR_INT:
      or_(rdx, rcx);
      break;
    case Op::kXOR_INT:
      xor_(rdx, rcx);
      break;
    case Op::kRSHIFT_INT:
      cmp(rcx, 62);
      ja(Otherwise(), T_NEAR);
      sar(rdx, cl);
      break;
    default:  // FLOORDIV_INT, MOD_INT
      test(rcx, rcx);
      jle(Otherwise(), T_NEAR);
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
      if (op == Op::kFLOORDIV_INT) mov(rdx, rax);
      break;
  }
  Consume(rbx, in_.b);
  Consume(rbp, in_.c);
  lea(rsi, Reg(in_.a));
  CallOutside(stubs_.store_int);
  return true;
}

void Compiler::FloatValue(const Xbyak::Xmm& value, const Reg64& object,
                          Operand x, Label& not_float) {
  if (IsConst(x)) {
    Load(object, x);
  } else {
    cmp(qword[object + kType], Low(&PyFloat_Type));
    jne(not_float, T_NEAR);
  }
  movsd(value, ptr[object + kDouble]);
}

bool Compiler::FloatArithmetic(Op op) {
  if (!MayBeFloat(in_.b) || !MayBeFloat(in_.c)) return false;
  LoadUnlessConst(rbx, in_.b);
  LoadUnlessConst(rbp, in_.c);
  FloatValue(xmm0, rbx, in_.b, Otherwise());
  FloatValue(xmm1, rbp, in_.c, Otherwise());
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
      xorpd(xmm2, xmm2);
      ucomisd(xmm1, xmm2);
      je(Otherwise(), T_NEAR);
      divsd(xmm0, xmm1);
      break;
  }
  Consume(rbx, in_.b);
  Consume(rbp, in_.c);
  lea(rsi, Reg(in_.a));
  CallOutside(stubs_.store_float);
  return true;
}

}  // namespace pyvm::baseline
