// Dicts, sets, strs, and the making and unpacking of tuples and lists.
#include "core/runtime/array.h"
#include "core/runtime/container.h"
#include "core/runtime/dict.h"
#include "tiers/baseline/compiler.h"

namespace pyvm::baseline {
namespace {

// What fast paths call. They run no foreign code and raise nothing: null, or
// what is said, leaves the case to the handler, and nothing has happened.

// A new reference.
PyObject* ItemOfDict(PyObject* dict, PyObject* key) {
  PyObject* value;
  if (!PyDict_CheckExact(dict) ||
      FindInDict(dict, key, &value) != Found::kYes) {
    return nullptr;
  }
  return Py_NewRef(value);
}

// What was stored under the key before, which is the caller's now, or null; or
// kNotStored.
PyObject* const kNotStored = reinterpret_cast<PyObject*>(1);
PyObject* StoreInto(PyObject* dict, PyObject* key, PyObject* value) {
  PyObject* old;
  return PyDict_CheckExact(dict) && StoreInDict(dict, key, value, &old)
             ? old
             : kNotStored;
}

// The caller fills it before anything else can happen.
PyObject* NewTuple(PyInterpreterState* interp, uint32_t n) {
  auto* made = reinterpret_cast<PyObject*>(TupleFromFreeList(interp, n));
  if (made != nullptr) Track(interp, made);
  return made;
}
PyObject* NewList(PyInterpreterState* interp, uint32_t n) {
  auto* made = reinterpret_cast<PyObject*>(ListFromFreeList(interp, n));
  if (made != nullptr) Track(interp, made);
  return made;
}

// More items than this are left to the handler.
constexpr uint32_t kMaxListed = 8;

}  // namespace

// --- Dicts and sets

bool Compiler::LoadItemDict() {
  Load(rbx, in_.b);
  Load(rbp, in_.c);
  mov(rdi, rbx);
  mov(rsi, rbp);
  CallC(ItemOfDict);
  test(rax, rax);
  jz(Otherwise(), T_NEAR);
  mov(rcx, rax);
  Consume(rbx, in_.b);
  Consume(rbp, in_.c);
  Set(in_.a, rcx);
  return true;
}

bool Compiler::StoreItemDict() {
  Load(rbx, in_.a);
  Load(rbp, in_.b);
  Load(rdx, in_.c);
  mov(rdi, rbx);
  mov(rsi, rbp);
  CallC(StoreInto);
  cmp(rax, static_cast<uint32_t>(reinterpret_cast<uintptr_t>(kNotStored)));
  je(Otherwise(), T_NEAR);
  mov(rcx, rax);
  if (IsTemp(in_.c)) {  // the dict has a reference too
    Load(rdx, in_.c);
    mov(Reg(RegisterOf(in_.c)), 0);
    dec(qword[rdx]);
  }
  Consume(rbp, in_.b);
  ReleaseIfAny(rcx);
  Consume(rbx, in_.a);
  return true;
}

void Compiler::IsIn(Operand item, Operand container) {
  Load(rbx, item);
  Load(rbp, container);
  mov(rdi, rbp);
  mov(rsi, rbx);
  CallC(FindIn);
  static_assert(static_cast<int>(Found::kYes) == 0 &&
                static_cast<int>(Found::kNo) == 1);
  cmp(eax, 1);
  ja(Otherwise(), T_NEAR);
  setb(cl);
  Consume(rbx, item);
  Consume(rbp, container);
}

bool Compiler::Contains(bool sense) {
  IsIn(in_.b, in_.c);
  if (!sense) xor_(ecx, 1);
  SetBool();
  return true;
}

bool Compiler::ContainsJump(bool sense) {
  IsIn(in_.a, in_.b);
  if (!sense) xor_(ecx, 1);
  GoToIfCl(at_ + static_cast<int16_t>(in_.c));
  return true;
}

bool Compiler::SetAdd() {
  Load(rbx, in_.b);
  mov(rdi, Reg(in_.a));
  mov(rsi, rbx);
  CallC(AddToSet);
  test(al, al);
  jz(Otherwise(), T_NEAR);
  Consume(rbx, in_.b);
  return true;
}

// --- Strs

void Compiler::LoadCharacter(const Reg64& text) {
  movzx(eax, byte[text + rdx + sizeof(PyASCIIObject)]);
  constexpr size_t kCharacter = sizeof(_Py_SINGLETON(strings).ascii[0]);
  imul(eax, eax, kCharacter);
  lea(rcx, ptr[rax + Low(&_Py_SINGLETON(strings).ascii[0])]);
}

bool Compiler::LoadItemStr() {
  if (!MayBeInt(in_.c)) return false;
  Load(rbx, in_.b);
  LoadNumber(rbp, in_.c);
  GuardType(rbx, &PyUnicode_Type);
  movzx(eax, byte[rbx + offsetof(PyASCIIObject, state)]);
  and_(eax, kAscii);
  cmp(eax, kAscii);
  jne(Otherwise(), T_NEAR);
  static_assert(offsetof(PyASCIIObject, length) == kSize);
  Position(in_.c);
  LoadCharacter(rbx);
  ConsumeNumber(rbp, in_.c);
  return FinishLoad();
}

// --- Arrays

bool Compiler::LoadItemAny() {
  if (array_type == nullptr || !MayBeInt(in_.c)) {
    return CallOperator(&_Py_ID(__getitem__), /*same_type=*/false);
  }
  Label other, loaded;
  Load(rbx, in_.b);
  MoveAddress(rax, array_type);
  cmp(ptr[rbx + kType], rax);
  for (Kind kind : {Kind::kFloat, Kind::kInt}) {
    if (StaysHeld(kind)) {
      jne(Otherwise(), T_NEAR);
      LoadItemArray(kind);
      return true;
    }
  }
  jne(other, T_NEAR);
  LoadItemArray(Kind::kObject);
  jmp(loaded, T_NEAR);
  L(other);
  if (!CallOperator(&_Py_ID(__getitem__), /*same_type=*/false)) {
    jmp(Otherwise(), T_NEAR);
  }
  L(loaded);
  return true;
}

void Compiler::LoadItemArray(Kind kind) {
  Label not_double, not_int, number, loaded;
  LoadNumber(rbp, in_.c);
  Position(in_.c);
  mov(rcx, ptr[rbx + offsetof(Array, items)]);
  mov(rax, ptr[rbx + offsetof(Array, code)]);
  movzx(eax, byte[rax + offsetof(ArrayCode, typecode)]);
  HeldSet before = held_;
  if (kind != Kind::kInt) {
    cmp(eax, 'd');
    jne(kind == Kind::kFloat ? Otherwise() : not_double, T_NEAR);
    movsd(xmm0, ptr[rcx + rdx * sizeof(double)]);
    Consume(rbx, in_.b);
    ConsumeNumber(rbp, in_.c);
    if (kind == Kind::kFloat) return SetFloat();
    StoreFloat();
    jmp(loaded, T_NEAR);
  }
  L(not_double);
  held_ = before;
  cmp(eax, 'i');
  jne(not_int);
  movsxd(rdx, dword[rcx + rdx * sizeof(int)]);
  jmp(number);
  L(not_int);
  cmp(eax, 'B');
  jne(Otherwise(), T_NEAR);
  movzx(edx, byte[rcx + rdx]);
  L(number);
  Consume(rbx, in_.b);
  ConsumeNumber(rbp, in_.c);
  kind == Kind::kInt ? SetInt() : StoreInt();
  L(loaded);
}

bool Compiler::StoreItemArray() {
  if (array_type == nullptr) return false;
  Load(rbx, in_.a);
  MoveAddress(rax, array_type);
  cmp(ptr[rbx + kType], rax);
  jne(Otherwise(), T_NEAR);
  Load(rbp, in_.b);
  Load(rdx, in_.c);
  mov(rdi, rbx);
  mov(rsi, rbp);
  CallC(StoreArrayItem);
  test(al, al);
  jz(Otherwise(), T_NEAR);
  Discard(in_.c);
  Consume(rbp, in_.b);
  Consume(rbx, in_.a);
  return true;
}

// --- Tuples and lists

bool Compiler::BuildTuple() {
  uint32_t n = in_.b;
  if (n == 0 || n > kMaxListed) return false;
  mov(rdi, ptr[ACT(interp)]);
  mov(esi, n);
  CallC(NewTuple);
  test(rax, rax);
  jz(Otherwise(), T_NEAR);
  MoveListed(0, n, rax + kTupleItems);
  Set(in_.a, rax);
  return true;
}

bool Compiler::BuildList() {
  uint32_t n = in_.b;
  if (n > kMaxListed) return false;
  mov(rdi, ptr[ACT(interp)]);
  mov(esi, n);
  CallC(NewList);
  test(rax, rax);
  jz(Otherwise(), T_NEAR);
  if (n != 0) mov(rdx, ptr[rax + kListItems]);
  MoveListed(0, n, rdx);
  Set(in_.a, rax);
  return true;
}

bool Compiler::Unpack() {
  uint32_t n = in_.b;
  if (n == 0 || n > kMaxListed || IsConst(in_.a)) return false;
  Load(rbx, in_.a);
  if (n == 2) {
    // A list may change with the first store.
    Label known;
    mov(rax, ptr[rbx + kType]);
    lea(rdx, ptr[rbx + kTupleItems]);
    cmp(rax, Low(&PyTuple_Type));
    je(known);
    cmp(rax, Low(&PyList_Type));
    jne(Otherwise(), T_NEAR);
    mov(rdx, ptr[rbx + kListItems]);
    L(known);
    cmp(qword[rbx + kSize], n);
    jne(Otherwise(), T_NEAR);
    Own(rbx, in_.a);  // a store may release what the operand borrows
    mov(rcx, ptr[rdx]);
    mov(rbp, ptr[rdx + sizeof(PyObject*)]);
    inc(qword[rcx]);
    inc(qword[rbp]);
    Set(Listed(0), rcx);
    Set(Listed(1), rbp);
  } else {
    GuardType(rbx, &PyTuple_Type);
    cmp(qword[rbx + kSize], n);
    jne(Otherwise(), T_NEAR);
    Own(rbx, in_.a);
    for (uint32_t i = 0; i < n; ++i) {
      mov(rcx, ptr[rbx + kTupleItems + i * sizeof(PyObject*)]);
      inc(qword[rcx]);
      Set(Listed(i), rcx);
    }
  }
  Release(rbx);
  return true;
}

}  // namespace pyvm::baseline
