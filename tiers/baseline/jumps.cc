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

void Compiler::GoTo(uint32_t target) {
  if (target > at_) {
    jmp(labels_[target], T_NEAR);
    return;
  }
  Back& back = backs_.emplace_back();
  back.target = target;
  mov(rcx, ptr[r14]);
  sub(dword[UNIT(rcx, loop_budget)], 1);
  jle(back.label, T_NEAR);
  TestBreaker();
  jnz(back.label, T_NEAR);
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

void Compiler::SetIfInts(Relation relation) {
  switch (relation) {
    case Relation::kLt:
      setl(cl);
      break;
    case Relation::kLe:
      setle(cl);
      break;
    case Relation::kEq:
      sete(cl);
      break;
    case Relation::kNe:
      setne(cl);
      break;
    case Relation::kGt:
      setg(cl);
      break;
    case Relation::kGe:
      setge(cl);
      break;
  }
}

void Compiler::SetIfFloats(Relation relation) {
  switch (relation) {
    case Relation::kLt:
      ucomisd(xmm1, xmm0);
      seta(cl);
      break;
    case Relation::kLe:
      ucomisd(xmm1, xmm0);
      setae(cl);
      break;
    case Relation::kGt:
      ucomisd(xmm0, xmm1);
      seta(cl);
      break;
    case Relation::kGe:
      ucomisd(xmm0, xmm1);
      setae(cl);
      break;
    case Relation::kEq:
      ucomisd(xmm0, xmm1);
      setnp(cl);
      sete(al);
      and_(cl, al);
      break;
    case Relation::kNe:
      ucomisd(xmm0, xmm1);
      setp(cl);
      setne(al);
      or_(cl, al);
      break;
  }
}

bool Compiler::CompareTo(Relation relation, Operand a, Operand b) {
  bool ints = MayBeInt(a) && MayBeInt(b);
  bool floats = MayBeFloat(a) && MayBeFloat(b);
  bool texts = (relation == Relation::kEq || relation == Relation::kNe) &&
               MayBeText(a) && MayBeText(b);
  if ((!ints && !floats && !texts) || (IsConst(a) && IsConst(b))) return false;
  Label not_ints, not_floats, compared;
  LoadUnlessConst(rbx, a);
  LoadUnlessConst(rbp, b);
  if (ints) {
    Label* otherwise = floats ? &not_ints : nullptr;
    IntValue(rdx, rbx, a, otherwise);
    IntValue(rcx, rbp, b, floats && IsConst(a) ? otherwise : nullptr);
    cmp(rdx, rcx);
    SetIfInts(relation);
    if (floats) jmp(compared, T_NEAR);
  }
  if (floats) {
    L(not_ints);
    FloatValue(xmm0, rbx, a, texts ? not_floats : Otherwise());
    FloatValue(xmm1, rbp, b, Otherwise());
    SetIfFloats(relation);
    if (texts) jmp(compared, T_NEAR);
  }
  if (texts) {
    L(not_floats);
    Load(rbx, a);
    Load(rbp, b);
    SetIfTexts(relation);
  }
  L(compared);
  Consume(rbx, a);
  Consume(rbp, b);
  return true;
}

void Compiler::SetIfTexts(Relation relation) {
  mov(rdi, rbx);
  mov(rsi, rbp);
  CallC(CompareTexts);
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
  SetIfTexts(relation);
  L(compared);
  Consume(rbx, a);
  return true;
}

bool Compiler::CompareJump(Relation relation, bool sense) {
  if (!CompareToText(relation, in_.a, in_.b) &&
      !CompareTo(relation, in_.a, in_.b)) {
    return false;
  }
  if (!sense) xor_(cl, 1);
  GoToIfCl(at_ + static_cast<int16_t>(in_.c));
  return true;
}

void Compiler::GuardSized(const Reg64& object, const Reg64& type) {
  static_assert(offsetof(PyASCIIObject, length) == kSize);
  static_assert(offsetof(PyDictObject, ma_used) == kSize);
  constexpr int kReady = 0x80;
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
  Label sized, known, constant;
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
  Load(rbx, in_.a);
  Truth();
  if (!sense) xor_(cl, 1);
  Consume(rbx, in_.a);
  GoToIfCl(at_ + LongJump(in_));
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

bool Compiler::Identity(bool sense) {
  Load(rbx, in_.b);
  Load(rbp, in_.c);
  cmp(rbx, rbp);
  sense ? sete(cl) : setne(cl);
  Consume(rbx, in_.b);
  Consume(rbp, in_.c);
  SetBool();
  return true;
}

bool Compiler::Compare(Relation relation) {
  if (!CompareToText(relation, in_.b, in_.c) &&
      !CompareTo(relation, in_.b, in_.c)) {
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

bool Compiler::IdentityJump(bool sense) {
  Load(rbx, in_.a);
  Load(rbp, in_.b);
  cmp(rbx, rbp);
  sense ? sete(cl) : setne(cl);
  Consume(rbx, in_.a);
  Consume(rbp, in_.b);
  GoToIfCl(at_ + static_cast<int16_t>(in_.c));
  return true;
}

}  // namespace pyvm::baseline
