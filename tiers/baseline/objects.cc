// Globals, attributes, methods, items, cells.
#include "tiers/baseline/compiler.h"

namespace pyvm::baseline {

// --- Names and attributes

void Compiler::LoadValue(uint32_t version, int64_t offset) {
  GuardKeys(version);
  mov(rcx, ptr[rax + static_cast<int>(offset)]);
  test(rcx, rcx);
  jz(Otherwise(), T_NEAR);
}

void Compiler::GuardKeys(uint32_t version) {
  mov(rax, ptr[rax + offsetof(PyDictObject, ma_keys)]);
  cmp(dword[rax + offsetof(PyDictKeysObject, dk_version)], version);
  jne(Burnt(), T_NEAR);
}

bool Compiler::LoadGlobal(bool builtin) {
  const InlineCache& cache = unit_.caches()[in_.c];
  mov(rax, ptr[FRAME(r13, f_globals)]);
  if (builtin) {
    GuardKeys(cache.version);
    mov(rax, ptr[FRAME(r13, f_builtins)]);
    LoadValue(cache.version2, cache.index);
  } else {
    LoadValue(cache.version, cache.index);
  }
  return FinishLoad();
}

bool Compiler::FinishLoad() {
  if (KeepsAlive(in_.b)) {
    Consume(rbx, in_.b);
    if (StaysHeld(Kind::kObject)) {
      int slot = FreeSlot();
      movq(Slot(slot), rcx);
      Hold(Kind::kObject, slot);
      return true;
    }
    inc(qword[rcx]);
  } else {
    inc(qword[rcx]);
    Consume(rbx, in_.b);
  }
  Set(in_.a, rcx);
  return true;
}

bool Compiler::LoadAttrValue() {
  Load(rbx, in_.b);
  GuardVersion(rbx);
  mov(rax, ptr[rbx + kInlineValues]);
  test(rax, rax);
  jz(Otherwise(), T_NEAR);
  mov(rcx, ptr[rax + Index() * static_cast<int>(sizeof(PyObject*))]);
  test(rcx, rcx);
  jz(Otherwise(), T_NEAR);
  return FinishLoad();
}

bool Compiler::LoadAttrSlot() {
  Load(rbx, in_.b);
  GuardVersion(rbx);
  mov(rcx, ptr[rbx + Index()]);
  test(rcx, rcx);
  jz(Otherwise(), T_NEAR);
  return FinishLoad();
}

void Compiler::GuardSharedKeys(uint32_t version) {
  cmp(qword[rbx + kManagedDict], 0);
  jne(Otherwise(), T_NEAR);
  mov(rax, ptr[rax + offsetof(PyHeapTypeObject, ht_cached_keys)]);
  cmp(dword[rax + offsetof(PyDictKeysObject, dk_version)], version);
  jne(Burnt(), T_NEAR);
}

bool Compiler::LoadAttrNondata() {
  const InlineCache& cache = unit_.caches()[in_.c];
  Load(rbx, in_.b);
  GuardVersion(rbx);
  if (cache.version2 != 0) GuardSharedKeys(cache.version2);
  MoveAddress(rcx, cache.value);
  return FinishLoad();
}

void Compiler::FindInModule() {
  const InlineCache& cache = unit_.caches()[in_.c];
  Load(rbx, in_.b);
  GuardType(rbx, &PyModule_Type);
  mov(rax, ptr[rbx + offsetof(PyModuleObject, md_dict)]);
  test(rax, rax);
  jz(Otherwise(), T_NEAR);
  LoadValue(cache.version, cache.index);
}

void Compiler::FindInClass() {
  const InlineCache& cache = unit_.caches()[in_.c];
  Load(rbx, in_.b);
  mov(rax, ptr[rbx + kType]);
  cmp(dword[rax + offsetof(PyTypeObject, tp_version_tag)], cache.version2);
  jne(Burnt(), T_NEAR);
  test(dword[rax + offsetof(PyTypeObject, tp_flags)],
       static_cast<uint32_t>(Py_TPFLAGS_TYPE_SUBCLASS));
  jz(Otherwise(), T_NEAR);
  cmp(dword[rbx + offsetof(PyTypeObject, tp_version_tag)], cache.version);
  jne(Burnt(), T_NEAR);
  MoveAddress(rcx, cache.value);
}

bool Compiler::LoadAttrModule() {
  FindInModule();
  return FinishLoad();
}

bool Compiler::LoadAttrClass() {
  FindInClass();
  return FinishLoad();
}

bool Compiler::FinishCallable() {
  inc(qword[rcx]);
  Consume(rbx, in_.b);
  mov(Reg(in_.a + 1u), rcx);
  return true;
}

bool Compiler::LoadMethodModule() {
  FindInModule();
  return FinishCallable();
}

bool Compiler::LoadMethodClass() {
  FindInClass();
  return FinishCallable();
}

void Compiler::NoteOrder() {
  // As _PyDictValues_AddToInsertionOrder.
  movzx(eax, byte[rsi - 2]);
  inc(eax);
  mov(byte[rsi - 2], al);
  neg(rax);
  mov(byte[rsi + rax - 2], dl);
}

bool Compiler::StoreAttrValue() {
  Label replace, done;
  Load(rbx, in_.a);
  GuardVersion(rbx);
  mov(rsi, ptr[rbx + kInlineValues]);
  test(rsi, rsi);
  jz(Otherwise(), T_NEAR);
  Load(rbp, in_.b);
  Own(rbp, in_.b);
  int offset = Index() * static_cast<int>(sizeof(PyObject*));
  mov(rcx, ptr[rsi + offset]);
  mov(ptr[rsi + offset], rbp);
  test(rcx, rcx);
  jnz(replace);
  mov(edx, Index());
  NoteOrder();
  jmp(done);
  L(replace);
  Release(rcx);
  L(done);
  Consume(rbx, in_.a);
  return true;
}

bool Compiler::StoreAttrSlot() {
  Load(rbx, in_.a);
  GuardVersion(rbx);
  Load(rbp, in_.b);
  Own(rbp, in_.b);
  mov(rcx, ptr[rbx + Index()]);
  mov(ptr[rbx + Index()], rbp);
  ReleaseIfAny(rcx);
  Consume(rbx, in_.a);
  return true;
}

bool Compiler::LoadMethod(bool values) {
  const InlineCache& cache = unit_.caches()[in_.c];
  Load(rbx, in_.b);
  GuardVersion(rbx);
  if (values) GuardSharedKeys(cache.version2);
  MoveAddress(rcx, cache.value);
  inc(qword[rcx]);
  Own(rbx, in_.b);
  mov(Reg(in_.a), rcx);
  mov(Reg(in_.a + 1u), rbx);
  return true;
}

// --- Items

void Compiler::Position(Operand x) {
  IntValue(rdx, rbp, x);
  mov(rcx, ptr[rbx + kSize]);
  if (!IsConst(x) || OneDigitValue(Constant(x)) < 0) {
    Label positive;
    test(rdx, rdx);
    jns(positive);
    add(rdx, rcx);
    L(positive);
  }
  cmp(rdx, rcx);
  jae(Otherwise(), T_NEAR);
}

bool Compiler::LoadItem(PyTypeObject* type) {
  if (!MayBeInt(in_.c)) return false;
  Load(rbx, in_.b);
  LoadNumber(rbp, in_.c);
  GuardType(rbx, type);
  Position(in_.c);
  if (type == &PyList_Type) {
    mov(rax, ptr[rbx + kListItems]);
    mov(rcx, ptr[rax + rdx * 8]);
  } else {
    mov(rcx, ptr[rbx + rdx * 8 + kTupleItems]);
  }
  ConsumeNumber(rbp, in_.c);
  return FinishLoad();
}

bool Compiler::StoreItemList() {
  if (!MayBeInt(in_.b)) return false;
  Load(rbx, in_.a);
  LoadNumber(rbp, in_.b);
  GuardType(rbx, &PyList_Type);
  Position(in_.b);
  Load(rsi, in_.c);
  Own(rsi, in_.c);
  mov(rax, ptr[rbx + kListItems]);
  mov(rcx, ptr[rax + rdx * 8]);
  mov(ptr[rax + rdx * 8], rsi);
  ConsumeNumber(rbp, in_.b);
  Release(rcx);
  Consume(rbx, in_.a);
  return true;
}

void Compiler::Append() {
  mov(rdx, ptr[rbx + kSize]);
  mov(rax, ptr[rbx + kListItems]);
  mov(ptr[rax + rdx * 8], rcx);
  inc(rdx);
  mov(ptr[rbx + kSize], rdx);
}

void Compiler::GuardRoom() {
  mov(rax, ptr[rbx + kSize]);
  cmp(rax, ptr[rbx + offsetof(PyListObject, allocated)]);
  jge(Otherwise(), T_NEAR);
}

bool Compiler::ListAppend() {
  mov(rbx, Reg(in_.a));
  GuardRoom();
  Load(rcx, in_.b);
  Own(rcx, in_.b);
  Append();
  return true;
}

bool Compiler::CallListAppend() {
  MoveAddress(rax, _PyInterpreterState_GET()->callable_cache.list_append);
  cmp(Reg(in_.b), rax);
  jne(Otherwise(), T_NEAR);
  mov(rbx, Reg(in_.b + 1u));
  GuardType(rbx, &PyList_Type);
  GuardRoom();
  Operand x = Listed(0);
  Load(rcx, x);
  Own(rcx, x);
  Append();
  mov(rax, Reg(in_.b));
  dec(qword[rax]);  // the cache of callables holds another reference
  mov(Reg(in_.b), 0);
  mov(Reg(in_.b + 1u), 0);
  Release(rbx);
  mov(ecx, Low(&_Py_NoneStruct));
  inc(qword[rcx]);
  Set(in_.a, rcx);
  return true;
}

bool Compiler::CopyFreeVars() {
  mov(rax, ptr[FRAME(r13, f_func)]);
  mov(rax, ptr[rax + offsetof(PyFunctionObject, func_closure)]);
  for (int i = 0; i < in_.b; ++i) {
    mov(rcx, ptr[rax + kTupleItems + i * 8]);
    inc(qword[rcx]);
    mov(Reg(in_.a + static_cast<uint32_t>(i)), rcx);
  }
  return true;
}

bool Compiler::LoadDeref() {
  mov(rax, Reg(in_.b));
  mov(rcx, ptr[rax + offsetof(PyCellObject, ob_ref)]);
  test(rcx, rcx);
  jz(Otherwise(), T_NEAR);
  return FinishLoad();
}

bool Compiler::StoreDeref() {
  mov(rbx, Reg(in_.a));
  Load(rcx, in_.b);
  Own(rcx, in_.b);
  mov(rdi, ptr[rbx + offsetof(PyCellObject, ob_ref)]);
  mov(ptr[rbx + offsetof(PyCellObject, ob_ref)], rcx);
  ReleaseIfAny(rdi);
  return true;
}

bool Compiler::CallExtreme(bool max) {
  constexpr uint32_t kMaxUnrolled = 4;
  const InlineCache& cache = unit_.caches()[in_.c];
  uint32_t n = cache.num_args;
  if (n > kMaxUnrolled) return false;
  for (uint32_t i = 1; i <= n; ++i) {
    if (!MayBeInt(Listed(i))) return false;
  }
  // The builtins' copy keeps the function alive.
  GuardCallable(cache.value);
  // The best so far is rbx, and its value rdx.
  Load(rbx, Listed(1));
  IntValue(rdx, rbx, Listed(1));
  for (uint32_t i = 2; i <= n; ++i) {
    Load(rbp, Listed(i));
    IntValue(rcx, rbp, Listed(i));
    cmp(rcx, rdx);
    if (max) {
      cmovg(rdx, rcx);
      cmovg(rbx, rbp);
    } else {
      cmovl(rdx, rcx);
      cmovl(rbx, rbp);
    }
  }
  inc(qword[rbx]);
  for (uint32_t i = 0; i <= n; ++i) Discard(Listed(i));
  Set(in_.a, rbx);
  return true;
}

bool Compiler::CallLen() {
  Label sized;
  GuardCallable(_PyInterpreterState_GET()->callable_cache.len);
  Load(rbp, Listed(1));
  mov(rax, ptr[rbp + kType]);
  cmp(rax, Low(&PyList_Type));
  je(sized);
  cmp(rax, Low(&PyTuple_Type));
  je(sized);
  GuardSized(rbp, rax);
  L(sized);
  mov(rdx, ptr[rbp + kSize]);
  Consume(rbx, Listed(0));
  Consume(rbp, Listed(1));
  SetInt();
  return true;
}

}  // namespace pyvm::baseline
