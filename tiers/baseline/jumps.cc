// Jumps, truth and comparison.
#include <cstring>

#include "core/runtime/number.h"
#include "tiers/baseline/compiler.h"

namespace pyvm::baseline {
namespace {

// Whether two exact strs are equal; -1 if they are none.
int CompareTexts(PyObject* a, PyObject* b) {
  if (!IsStr(a) || !IsStr(b)) return -1;
  if (a == b) return 1;
  if (PyUnicode_IS_COMPACT_ASCII(a) && PyUnicode_IS_COMPACT_ASCII(b)) {
    Py_ssize_t size = PyUnicode_GET_LENGTH(a);
    if (PyUnicode_GET_LENGTH(b) != size) return 0;
    auto* x = static_cast<const char*>(_PyUnicode_COMPACT_DATA(a));
    auto* y = static_cast<const char*>(_PyUnicode_COMPACT_DATA(b));
    // Behind the last character stands a null.
    return *x == *y && std::memcmp(x, y, static_cast<size_t>(size)) == 0;
  }
  return EqualStrings(a, b);
}

}  // namespace

// --- Jumps

void Compiler::GoTo(uint32_t target, bool quiet) {
  if (target > at_) {
    jmp(labels_[target], T_NEAR);
    return;
  }
  Back& back = backs_.emplace_back();
  back.target = target;
  back.quiet = quiet;
  mov(rcx, ptr[r14]);
  sub(dword[UNIT(rcx, loop_budget)], 1);
  jle(back.label, T_NEAR);
  if (!quiet) {
    TestBreaker();
    jnz(back.label, T_NEAR);
  }
  jmp(labels_[target], T_NEAR);
}

void Compiler::GoToIfCl(uint32_t target) {
  test(cl, cl);
  if (target > at_) {
    jnz(labels_[target], T_NEAR);
    return;
  }
  Label over;
  jz(over, T_NEAR);
  GoTo(target);
  L(over);
}

Compiler::Relation Compiler::Inverse(Relation relation) {
  switch (relation) {
    case Relation::kLt:
      return Relation::kGe;
    case Relation::kLe:
      return Relation::kGt;
    case Relation::kEq:
      return Relation::kNe;
    case Relation::kNe:
      return Relation::kEq;
    case Relation::kGt:
      return Relation::kLe;
    case Relation::kGe:
      return Relation::kLt;
  }
  __builtin_unreachable();
}

void Compiler::JumpIfInts(Relation relation, bool sense, Label& target) {
  switch (sense ? relation : Inverse(relation)) {
    case Relation::kLt:
      return jl(target, T_NEAR);
    case Relation::kLe:
      return jle(target, T_NEAR);
    case Relation::kEq:
      return je(target, T_NEAR);
    case Relation::kNe:
      return jne(target, T_NEAR);
    case Relation::kGt:
      return jg(target, T_NEAR);
    case Relation::kGe:
      return jge(target, T_NEAR);
  }
}

void Compiler::JumpIfFloats(Relation relation, bool sense, Label& target) {
  Label over;
  switch (relation) {
    case Relation::kLt:
      ucomisd(xmm1, xmm0);
      return sense ? ja(target, T_NEAR) : jbe(target, T_NEAR);
    case Relation::kLe:
      ucomisd(xmm1, xmm0);
      return sense ? jae(target, T_NEAR) : jb(target, T_NEAR);
    case Relation::kGt:
      ucomisd(xmm0, xmm1);
      return sense ? ja(target, T_NEAR) : jbe(target, T_NEAR);
    case Relation::kGe:
      ucomisd(xmm0, xmm1);
      return sense ? jae(target, T_NEAR) : jb(target, T_NEAR);
    case Relation::kEq:
    case Relation::kNe:
      ucomisd(xmm0, xmm1);
      if (sense == (relation == Relation::kNe)) {
        jp(target, T_NEAR);
        jne(target, T_NEAR);
      } else {
        jp(over);
        je(target, T_NEAR);
        L(over);
      }
  }
}

void Compiler::UseCompared(Kind kind, Relation relation, const Branch* branch) {
  auto jump = [&](bool sense, Label& target) {
    kind == Kind::kInt ? JumpIfInts(relation, sense, target)
                       : JumpIfFloats(relation, sense, target);
  };
  if (branch == nullptr) {
    Label known;
    mov(ecx, 1);
    jump(true, known);
    xor_(ecx, ecx);
    L(known);
  } else if (branch->target > at_) {
    jump(branch->sense, labels_[branch->target]);
  } else {
    Label over;
    jump(!branch->sense, over);
    GoTo(branch->target);
    L(over);
  }
}

bool Compiler::CompareNumbers(Relation relation, Operand a, Operand b,
                              const Branch* branch) {
  if (IsConst(a) && IsConst(b)) return false;
  const Held* number = IsHeldNumber(a)   ? Find(a)
                       : IsHeldNumber(b) ? Find(b)
                                         : nullptr;
  bool ints = MayBeInt(a) && MayBeInt(b);
  bool floats = CanBeReal(a, b);
  bool texts = (relation == Relation::kEq || relation == Relation::kNe) &&
               MayBeText(a) && MayBeText(b) && number == nullptr;
  if (number != nullptr) {
    (number->kind == Kind::kInt ? floats : ints) = false;
  }
  if (!ints && !floats && !texts) return false;
  Label not_ints, not_floats, compared;
  HeldSet before = held_;
  LoadNumber(rbx, a);
  LoadNumber(rbp, b);
  if (ints) {
    Label* otherwise = floats ? &not_ints : nullptr;
    IntValue(rdx, rbx, a, otherwise);
    if (!IsConst(b)) IntValue(rcx, rbp, b, IsConst(a) ? otherwise : nullptr);
    ConsumeNumber(rbx, a);
    ConsumeNumber(rbp, b);
    if (IsConst(b)) {
      cmp(rdx, static_cast<uint32_t>(OneDigitValue(Constant(b))));
    } else {
      cmp(rdx, rcx);
    }
    UseCompared(Kind::kInt, relation, branch);
    if (floats) jmp(compared, T_NEAR);
  }
  if (floats) {
    L(not_ints);
    held_ = before;
    FloatValue(xmm0, rbx, a, texts ? &not_floats : nullptr);
    FloatValue(xmm1, rbp, b);
    ConsumeNumber(rbx, a);
    ConsumeNumber(rbp, b);
    UseCompared(Kind::kFloat, relation, branch);
    if (texts) jmp(compared, T_NEAR);
  }
  if (texts) {
    L(not_floats);
    held_ = before;
    Load(rbx, a);
    Load(rbp, b);
    SetIfTexts(relation, a, b);
    Consume(rbx, a);
    Consume(rbp, b);
    if (branch != nullptr) {
      if (!branch->sense) xor_(cl, 1);
      GoToIfCl(branch->target);
    }
  }
  L(compared);
  return true;
}

void Compiler::SetIfTexts(Relation relation, Operand a, Operand b) {
  mov(rdi, rbx);
  mov(rsi, rbp);
  CallC(CompareTexts);
  Restore(a, rbx);
  Restore(b, rbp);
  mov(ecx, eax);
  test(eax, eax);
  js(Otherwise(), T_NEAR);
  if (relation == Relation::kNe) xor_(ecx, 1);
}

void Compiler::CompareCharacters(const char* text, uint32_t size) {
  auto piece = [&](uint32_t from, uint32_t bytes) {
    uint32_t value = 0;
    std::memcpy(&value, text + from, bytes);
    Xbyak::RegExp at = rbx + (sizeof(PyASCIIObject) + from);
    if (bytes == 1) cmp(byte[at], value);
    if (bytes == 2) cmp(word[at], value);
    if (bytes == 4) cmp(dword[at], value);
  };
  uint32_t bytes = size < 2 ? 1 : size < 4 ? 2 : 4;
  piece(0, bytes);
  if (size == bytes) return;
  Label different;
  jne(different);
  if (size == 3) {
    piece(2, 1);
  } else {
    piece(size - bytes, bytes);
  }
  L(different);
}

bool Compiler::CompareToText(Relation relation, Operand a, Operand b) {
  if (!IsConst(b) || IsConst(a) || !IsStr(Constant(b)) ||
      (relation != Relation::kEq && relation != Relation::kNe)) {
    return false;
  }
  PyObject* text = Constant(b);
  Label compared, call;
  Load(rbx, a);
  Load(rbp, b);
  GuardType(rbx, &PyUnicode_Type);
  mov(ecx, relation == Relation::kEq ? 1 : 0);
  cmp(rbx, rbp);
  je(compared, T_NEAR);
  xor_(ecx, 1);
  movzx(eax, byte[rbx + offsetof(PyASCIIObject, state)]);
  if (PyUnicode_CHECK_INTERNED(text)) {  // two of them differ
    test(al, 3);
    jnz(compared, T_NEAR);
  }
  test(al, kReady);
  jz(call, T_NEAR);
  auto size = static_cast<uint32_t>(PyUnicode_GET_LENGTH(text));
  cmp(qword[rbx + offsetof(PyASCIIObject, length)], size);
  jne(compared, T_NEAR);
  if (PyUnicode_IS_COMPACT_ASCII(text) && size > 0 && size <= 8) {
    and_(eax, kAscii);
    cmp(eax, kAscii);
    jne(call);
    CompareCharacters(static_cast<const char*>(_PyUnicode_COMPACT_DATA(text)),
                      size);
    relation == Relation::kEq ? sete(cl) : setne(cl);
    jmp(compared);
  }
  L(call);
  SetIfTexts(relation, a, b);
  L(compared);
  Consume(rbx, a);
  return true;
}

std::optional<std::pair<Compiler::Relation, bool>> Compiler::ComparisonOf(
    Op op) {
  constexpr Relation kRelations[] = {Relation::kLt, Relation::kLe,
                                     Relation::kEq, Relation::kNe,
                                     Relation::kGt, Relation::kGe};
  auto among = [op](Op first) -> size_t {
    return static_cast<size_t>(op) - static_cast<size_t>(first);
  };
  if (among(Op::kJUMP_IF_LT) < std::size(kRelations)) {
    return {{kRelations[among(Op::kJUMP_IF_LT)], true}};
  }
  if (among(Op::kJUMP_UNLESS_LT) < std::size(kRelations)) {
    return {{kRelations[among(Op::kJUMP_UNLESS_LT)], false}};
  }
  return std::nullopt;
}

bool Compiler::CompareJump(Relation relation, bool sense) {
  uint32_t target = at_ + static_cast<int16_t>(in_.c);
  if (CompareToText(relation, in_.a, in_.b)) {
    if (!sense) xor_(cl, 1);
    GoToIfCl(target);
    return true;
  }
  Branch branch = {target, sense};
  return CompareNumbers(relation, in_.a, in_.b, &branch);
}

void Compiler::GuardSized(const Reg64& object, const Reg64& type) {
  static_assert(offsetof(PyASCIIObject, length) == kSize);
  static_assert(offsetof(PyDictObject, ma_used) == kSize);
  Label sized;
  cmp(type, Low(&PyDict_Type));
  je(sized);
  cmp(type, Low(&PyUnicode_Type));
  jne(Otherwise(), T_NEAR);
  test(byte[object + offsetof(PyASCIIObject, state)], kReady);
  jz(Otherwise(), T_NEAR);
  L(sized);
}

void Compiler::Truth() {
  Label sized, known;
  mov(ecx, 1);
  cmp(rbx, Low(&_Py_TrueStruct));
  je(known);
  mov(rax, ptr[rbx + kType]);
  cmp(rax, Low(&PyLong_Type));
  je(sized);
  cmp(rax, Low(&PyList_Type));
  je(sized);
  xor_(ecx, ecx);
  cmp(rbx, Low(&_Py_FalseStruct));
  je(known);
  cmp(rbx, Low(&_Py_NoneStruct));
  je(known);
  cmp(rax, Low(&PyTuple_Type));
  je(sized);
  GuardSized(rbx, rax);
  L(sized);
  cmp(qword[rbx + kSize], 0);
  setne(cl);
  L(known);
}

bool Compiler::TruthJump(bool sense) {
  if (IsConst(in_.a)) return false;
  uint32_t target = at_ + static_cast<uint32_t>(LongJump(in_));
  if (IsHeldNumber(in_.a)) {
    Kind kind = Find(in_.a)->kind;
    if (kind == Kind::kInt) {
      IntValue(rdx, rbx, in_.a);
      test(rdx, rdx);
    } else {
      FloatValue(xmm0, rbx, in_.a);
      xorps(xmm1, xmm1);
    }
    Forget(in_.a);
    Branch branch = {target, sense};
    UseCompared(kind, Relation::kNe, &branch);
    return true;
  }
  Load(rbx, in_.a);
  Truth();
  if (!sense) xor_(cl, 1);
  Consume(rbx, in_.a);
  GoToIfCl(target);
  return true;
}

void Compiler::SetBool() {
  Label stored;
  mov(eax, Low(&_Py_TrueStruct));
  test(cl, cl);
  jnz(stored);
  mov(eax, Low(&_Py_FalseStruct));
  L(stored);
  mov(rcx, rax);
  inc(qword[rcx]);
  Set(in_.a, rcx);
}

bool Compiler::Not() {
  if (IsConst(in_.b)) return false;
  Load(rbx, in_.b);
  Truth();
  xor_(cl, 1);
  Consume(rbx, in_.b);
  SetBool();
  return true;
}

void Compiler::IsSame(Operand a, Operand b, bool sense) {
  Load(rbx, a);
  Load(rbp, b);
  cmp(rbx, rbp);
  sense ? sete(cl) : setne(cl);
  Consume(rbx, a);
  Consume(rbp, b);
}

bool Compiler::Identity(bool sense) {
  IsSame(in_.b, in_.c, sense);
  SetBool();
  return true;
}

bool Compiler::IdentityJump(bool sense) {
  IsSame(in_.a, in_.b, sense);
  GoToIfCl(at_ + static_cast<int16_t>(in_.c));
  return true;
}

bool Compiler::Compare(Relation relation) {
  if (!CompareToText(relation, in_.b, in_.c) &&
      !CompareNumbers(relation, in_.b, in_.c, nullptr)) {
    return false;
  }
  SetBool();
  return true;
}

bool Compiler::NoneJump(bool sense) {
  if (IsConst(in_.a)) return false;
  Load(rbx, in_.a);
  cmp(rbx, Low(&_Py_NoneStruct));
  sense ? sete(cl) : setne(cl);
  Consume(rbx, in_.a);
  GoToIfCl(at_ + LongJump(in_));
  return true;
}

}  // namespace pyvm::baseline
