// Attributes of objects of many types, and calls of functions that are known at
// run time only: sites that meet several of them, operators, properties.
#include "core/host/host.h"
#include "core/runtime/instance.h"
#include "core/runtime/number.h"
#include "tiers/baseline/compiler.h"

namespace pyvm::baseline {
namespace {

// Null without an exception where the handler has to try.
PyObject* NewInstanceOrNull(PyTypeObject* cls) {
  PyObject* self = NewInstance(cls);
  if (self == nullptr) PyErr_Clear();
  return self;
}

// Whether an operator of this name has been found to be a function. Numbers in
// C are the common operands, and pay for every test.
bool IsEverFunction(PyObject* name) {
  for (const PolymorphicEntry& entry :
       polymorphic[static_cast<int>(Lookup::kOperator)]) {
    if (entry.name == name && entry.meaning == PolymorphicEntry::kFixed) {
      return true;
    }
  }
  return false;
}

}  // namespace

// --- Attributes

#define MEANING(field) rdx + offsetof(PolymorphicEntry, field)

void Compiler::FindMeaning(Lookup lookup, PyObject* name) {
  const PolymorphicEntry* entries = polymorphic[static_cast<int>(lookup)];
  mov(rax, ptr[rbx + kType]);
  mov(ecx, dword[rax + offsetof(PyTypeObject, tp_version_tag)]);
  mov(edx, PolymorphicHash(name));
  xor_(edx, ecx);
  and_(edx, kPolymorphicEntries - 1);
  shl(edx, 5);
  static_assert(sizeof(PolymorphicEntry) == 1 << 5);
  add(rdx, Low(entries));
  cmp(dword[MEANING(version)], ecx);
  jne(Otherwise(), T_NEAR);
  MoveAddress(rcx, name);
  cmp(qword[MEANING(name)], rcx);
  jne(Otherwise(), T_NEAR);
}

void Compiler::LoadMeaning(bool method) {
  Label fixed, past_keys, slot, loaded;
  mov(ecx, dword[MEANING(meaning)]);
  cmp(ecx, PolymorphicEntry::kFixedPastKeys);
  ja(Otherwise(), T_NEAR);
  je(past_keys);
  if (!method) {
    cmp(ecx, PolymorphicEntry::kSlot);
    ja(fixed);
    je(slot);
    mov(rax, ptr[rbx + kInlineValues]);
    test(rax, rax);
    jz(Otherwise(), T_NEAR);
    mov(rcx, ptr[MEANING(index)]);
    mov(rcx, ptr[rax + rcx * 8]);
    jmp(loaded);
    L(slot);
    mov(rcx, ptr[MEANING(index)]);
    mov(rcx, ptr[rbx + rcx]);
    jmp(loaded);
  } else {
    jmp(fixed);
  }
  L(past_keys);
  cmp(qword[rbx + kManagedDict], 0);
  jne(Otherwise(), T_NEAR);
  mov(rax, ptr[rax + offsetof(PyHeapTypeObject, ht_cached_keys)]);
  mov(ecx, dword[MEANING(keys)]);
  cmp(dword[rax + offsetof(PyDictKeysObject, dk_version)], ecx);
  jne(Otherwise(), T_NEAR);
  L(fixed);
  mov(rcx, ptr[MEANING(value)]);
  L(loaded);
  test(rcx, rcx);
  jz(Otherwise(), T_NEAR);
}

bool Compiler::LoadAttrAny() {
  Load(rbx, in_.b);
  FindMeaning(Lookup::kLoad, unit_.caches()[in_.c].name);
  LoadMeaning(/*method=*/false);
  return FinishLoad();
}

bool Compiler::LoadMethodAny() {
  Load(rbx, in_.b);
  FindMeaning(Lookup::kMethod, unit_.caches()[in_.c].name);
  LoadMeaning(/*method=*/true);
  inc(qword[rcx]);
  Own(rbx, in_.b);
  mov(Reg(in_.a), rcx);
  mov(Reg(in_.a + 1u), rbx);
  return true;
}

bool Compiler::StoreAttrAny() {
  Label values, order, done;
  Load(rbx, in_.a);
  FindMeaning(Lookup::kStore, unit_.caches()[in_.c].name);
  mov(ecx, dword[MEANING(meaning)]);
  cmp(ecx, PolymorphicEntry::kSlot);
  ja(Otherwise(), T_NEAR);
  mov(rdx, ptr[MEANING(index)]);
  lea(rsi, ptr[rbx + rdx]);
  je(values);
  mov(rsi, ptr[rbx + kInlineValues]);
  test(rsi, rsi);
  jz(Otherwise(), T_NEAR);
  cmp(qword[rsi + rdx * 8], 0);
  je(order);
  lea(rsi, ptr[rsi + rdx * 8]);
  L(values);
  Load(rbp, in_.b);
  Own(rbp, in_.b);
  mov(rcx, ptr[rsi]);
  mov(ptr[rsi], rbp);
  ReleaseIfAny(rcx);
  jmp(done);
  L(order);
  Load(rbp, in_.b);
  Own(rbp, in_.b);
  mov(ptr[rsi + rdx * 8], rbp);
  NoteOrder();
  L(done);
  Consume(rbx, in_.a);
  return true;
}

// --- Callees

void Compiler::FindUnit(uint32_t args) {
  GuardType(rdi, &PyFunction_Type);
  mov(rsi, ptr[rdi + offsetof(PyFunctionObject, func_code)]);
  mov(rsi, ptr[rsi + offsetof(PyCodeObject, co_extra)]);
  test(rsi, rsi);
  jz(Otherwise(), T_NEAR);
  mov(rsi, ptr[rsi + offsetof(CodeExtra, extras)]);
  test(rsi, rsi);
  jz(Otherwise(), T_NEAR);
  cmp(byte[UNIT(rsi, simple_args)], 0);
  je(Otherwise(), T_NEAR);
  Label bound;
  cmp(dword[UNIT(rsi, arg_count)], args);
  je(bound);
  jb(Otherwise(), T_NEAR);
  mov(rcx, ptr[rdi + offsetof(PyFunctionObject, func_defaults)]);
  test(rcx, rcx);
  jz(Otherwise(), T_NEAR);
  mov(rcx, ptr[rcx + kSize]);
  add(ecx, args);
  cmp(ecx, dword[UNIT(rsi, arg_count)]);
  jb(Otherwise(), T_NEAR);
  L(bound);
}

void Compiler::FillDefaults(uint32_t args) {
  Label filled;
  cmp(dword[UNIT(rsi, arg_count)], args);
  je(filled);
  mov(ecx, args);
  CallOutside(stubs_.fill_defaults);
  L(filled);
}

void Compiler::PushFound(uint32_t args) {
  mov(ecx, args);
  CallOutside(stubs_.push_frame);
  test(rax, rax);
  jz(Otherwise(), T_NEAR);
}

const void* Compiler::Here() const {
  return CodeStart(&unit_) + unit_.PositionOf(unit_.instrs + at_);
}

void Compiler::LinkCallee(const void* prev_instr, Label& behind,
                          ReturnFlags flags) {
  SavePc(prev_instr);
  lea(rcx, InstrAddress(at_));
  mov(ptr[LINK(rax, call)], rcx);
  add(rcx, static_cast<uint32_t>((next_ - at_) * sizeof(Instr)));
  mov(ptr[LINK(rax, next)], rcx);
  if (flags != 0) or_(qword[LINK(rax, unit_flags)], static_cast<int>(flags));
  lea(rcx, ptr[rip + behind]);
  mov(dword[LINK(rax, machine_code)], ecx);
  mov(ecx, dword[At(&return_epoch)]);
  mov(dword[LINK(rax, epoch)], ecx);
}

void Compiler::EnterCallee(Label& behind) {
  JumpOutside(stubs_.enter_callee);
  L(behind);
  EnterUnit();
}

bool Compiler::CallFound(bool method) {
  const InlineCache& cache = unit_.caches()[in_.c];
  if (cache.misses < kMaxMisses || cache.keywords != 0) return false;
  if (!method) {
    Load(rdi, Listed(0));
    CallFunction(Listed(0), /*self=*/false, 1);
    return true;
  }
  // A function and its receiver, or an attribute that is a function.
  Label attribute, called;
  Load(rdi, TempOperand(in_.b));
  test(rdi, rdi);
  jz(attribute, T_NEAR);
  CallFunction(TempOperand(in_.b), /*self=*/true, 0);
  jmp(called, T_NEAR);
  L(attribute);
  Load(rdi, TempOperand(in_.b + 1u));
  CallFunction(TempOperand(in_.b + 1u), /*self=*/false, 0);
  L(called);
  return true;
}

void Compiler::CallFunction(Operand callable, bool self, uint32_t first) {
  const InlineCache& cache = unit_.caches()[in_.c];
  uint32_t args = cache.num_args + (self ? 1 : 0);
  FindUnit(args);
  PushFound(args);
  Label behind;
  LinkCallee(cache.call_unit + 4, behind);
  PassArguments(callable, self, first);
  FillDefaults(args);
  EnterCallee(behind);
  Set(in_.a, rbx);
}

bool Compiler::CallClass() {
  const InlineCache& cache = unit_.caches()[in_.c];
  uint32_t n = cache.num_args, window = in_.b;
  Operand cls = Listed(0);
  Load(rdi, cls);
  GuardOp();
  GuardType(rdi, &PyType_Type);
  auto guard_class = [&] {
    mov(ecx, CELL32(version));
    cmp(dword[rdi + offsetof(PyTypeObject, tp_version_tag)], ecx);
    jne(Otherwise(), T_NEAR);
  };
  guard_class();
  SavePc(cache.call_unit);
  // Where a guard fails now, the handler goes on with the instance that waits
  // in the window. The collector may have run anything.
  CallC(NewInstanceOrNull);
  mov(Reg(window), rax);
  test(rax, rax);
  jz(Otherwise(), T_NEAR);
  mov(rbx, rax);
  Load(rdi, cls);
  GuardOp();
  guard_class();
  mov(rdi, CELL(value));  // its __init__
  FindUnit(n + 1);
  PushFound(n + 1);
  Label behind, made;
  LinkCallee(cache.call_unit, behind, kReturnSelf);
  inc(qword[rdi]);
  inc(qword[rbx]);
  mov(ptr[rax], rbx);
  MoveListed(1, n, rax + sizeof(PyObject*));
  FillDefaults(n + 1);
  if (IsTemp(cls)) {
    mov(rcx, Reg(RegisterOf(cls)));
    dec(qword[rcx]);  // its instance holds another reference
    mov(Reg(RegisterOf(cls)), 0);
  }
  EnterCallee(behind);
  cmp(rbx, Low(&_Py_NoneStruct));
  je(made);
  lea(rdi, InstrAddress(at_));
  JumpOutside(stubs_.finish_init);
  L(made);
  dec(qword[rbx]);
  mov(rbx, Reg(window));
  mov(Reg(window), 0);
  Set(in_.a, rbx);
  return true;
}

bool Compiler::CallOperator(PyObject* name, bool same_type) {
  if (!IsEverFunction(name)) return false;
  Load(rbx, in_.b);
  Load(rbp, in_.c);
  FindMeaning(Lookup::kOperator, name);
  if (same_type) {
    cmp(rax, ptr[rbp + kType]);
    jne(Otherwise(), T_NEAR);
  }
  mov(rdi, ptr[MEANING(value)]);
  test(rdi, rdi);
  jz(Otherwise(), T_NEAR);
  FindUnit(2);
  PushFound(2);
  // The operands stay in place until the callee returns.
  Label behind, known;
  LinkCallee(Here(), behind, kReturnOperator);
  inc(qword[rdi]);
  inc(qword[rbx]);
  mov(ptr[rax], rbx);
  inc(qword[rbp]);
  mov(ptr[rax + 8], rbp);
  FillDefaults(2);
  EnterCallee(behind);
  if (same_type) {
    cmp(rbx, Low(&_Py_NotImplementedStruct));
    jne(known);
    lea(rdi, InstrAddress(at_));
    JumpOutside(stubs_.finish_operator);
    L(known);
  }
  Discard(in_.b);
  Discard(in_.c);
  Set(in_.a, rbx);
  return true;
}

bool Compiler::BinaryAny() {
  auto* code = static_cast<const _Py_CODEUNIT*>(Here());
  PyObject* name = OperatorName(_Py_OPARG(*code));
  if (name == nullptr) {
    PyErr_Clear();
    return false;
  }
  return CallOperator(name, /*same_type=*/true);
}

bool Compiler::LoadAttrProperty() {
  Load(rbx, in_.b);
  GuardVersion(rbx);
  MoveAddress(rcx, unit_.caches()[in_.c].value);
  mov(rdi, ptr[rcx + sizeof(PyObject)]);  // its getter
  test(rdi, rdi);
  jz(Otherwise(), T_NEAR);
  FindUnit(1);
  PushFound(1);
  Label behind;
  LinkCallee(Here(), behind);
  inc(qword[rdi]);
  Own(rbx, in_.b);
  mov(ptr[rax], rbx);
  FillDefaults(1);
  EnterCallee(behind);
  Set(in_.a, rbx);
  return true;
}

}  // namespace pyvm::baseline
