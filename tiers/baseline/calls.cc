// Loops over iterators, calls of Python functions, and returns.
#include "core/host/host.h"
#include "core/runtime/iterator.h"
#include "tiers/baseline/compiler.h"

namespace pyvm::baseline {

namespace {

constexpr int kIndex = offsetof(SequenceIterator, index);
constexpr int kSequence = offsetof(SequenceIterator, sequence);
constexpr int kRangeIndex = offsetof(RangeIterator, index);
constexpr int kRangeStart = offsetof(RangeIterator, start);
constexpr int kRangeStep = offsetof(RangeIterator, step);
constexpr int kRangeLength = offsetof(RangeIterator, len);

}  // namespace

// --- Loops

bool Compiler::GetIter() {
  Load(rbx, in_.b);
  mov(rdi, ptr[ACT(interp)]);
  mov(rsi, rbx);
  CallC(SequenceIteratorOf);
  test(rax, rax);
  jz(Otherwise(), T_NEAR);
  mov(rcx, rax);
  Consume(rbx, in_.b);
  Set(in_.a, rcx);
  return true;
}

bool Compiler::ForIterRange() {
  mov(rbx, Reg(in_.b));
  GuardType(rbx, &PyRangeIter_Type);
  mov(rcx, ptr[rbx + kRangeIndex]);
  cmp(rcx, ptr[rbx + kRangeLength]);
  jge(Otherwise(), T_NEAR);
  mov(rdx, ptr[rbx + kRangeStep]);
  imul(rdx, rcx);
  add(rdx, ptr[rbx + kRangeStart]);
  inc(rcx);
  mov(ptr[rbx + kRangeIndex], rcx);
  StoreInt();
  return true;
}

bool Compiler::ForIterAny() {
  Label other, next;
  mov(rbx, Reg(in_.b));
  cmp(qword[rbx + kType], Low(text_iterator_type));
  jne(other);
  mov(rsi, ptr[rbx + kSequence]);
  test(rsi, rsi);
  jz(Otherwise(), T_NEAR);
  mov(rdx, ptr[rbx + kIndex]);
  cmp(rdx, ptr[rsi + kSize]);
  jge(Otherwise(), T_NEAR);
  LoadCharacter(rsi);
  inc(qword[rcx]);
  inc(rdx);
  mov(ptr[rbx + kIndex], rdx);
  jmp(next);
  L(other);
  mov(rdi, rbx);
  CallC(NextHashed);
  test(rax, rax);
  jz(Otherwise(), T_NEAR);
  mov(rcx, rax);
  L(next);
  Set(in_.a, rcx);
  return true;
}

bool Compiler::ForIterSequence(PyTypeObject* type) {
  mov(rbx, Reg(in_.b));
  GuardType(rbx, type);
  mov(rax, ptr[rbx + kSequence]);
  test(rax, rax);
  jz(Otherwise(), T_NEAR);
  mov(rdx, ptr[rbx + kIndex]);
  cmp(rdx, ptr[rax + kSize]);
  jge(Otherwise(), T_NEAR);
  if (type == &PyListIter_Type) {
    mov(rax, ptr[rax + kListItems]);
    mov(rcx, ptr[rax + rdx * 8]);
  } else {
    mov(rcx, ptr[rax + rdx * 8 + kTupleItems]);
  }
  inc(rdx);
  mov(ptr[rbx + kIndex], rdx);
  inc(qword[rcx]);
  Set(in_.a, rcx);
  return true;
}

// --- Calls

void Compiler::PushCallee(const Unit& callee, uint32_t given) {
  auto load_end = [&] {
    lea(r8, ptr[rax + callee.frame_words * sizeof(PyObject*)]);
  };
  TakeRoom(rcx, r8, load_end, Otherwise());
  MoveAddress(r8, callee.code);
  inc(qword[r8]);
  FillFrame(r8, [&] { MoveAddress(rcx, CodeStart(&callee) - 1); });
  // As NullRegisters: perhaps one more.
  constexpr uint32_t kUnrolled = 32;
  uint32_t end = callee.num_registers;
  if (end < kUnrolled) {
    for (uint32_t i = given; i < end; i += 2) {
      movups(ptr[rax + i * sizeof(PyObject*)], xmm1);
    }
  } else if (given < end) {
    Label next;
    lea(rcx, ptr[rax + given * sizeof(PyObject*)]);
    lea(r8, ptr[rax + end * sizeof(PyObject*)]);
    L(next);
    movups(ptr[rcx], xmm1);
    add(rcx, 2 * sizeof(PyObject*));
    cmp(rcx, r8);
    jb(next);
  }
}

void Compiler::MoveListed(uint32_t first, uint32_t n, const Xbyak::RegExp& to) {
  for (uint32_t i = 0; i < n; ++i) {
    Load(rcx, Listed(first + i));
    Own(rcx, Listed(first + i));
    mov(ptr[to + i * sizeof(PyObject*)], rcx);
  }
}

void Compiler::PassArguments(Operand callable, bool self, uint32_t first) {
  Own(rdi, callable);
  if (self) {
    mov(rcx, Reg(in_.b + 1u));
    mov(Reg(in_.b + 1u), 0);
    mov(ptr[rax], rcx);
  }
  MoveListed(first, unit_.caches()[in_.c].num_args,
             rax + (self ? sizeof(PyObject*) : 0));
}

bool Compiler::CallPy(bool method) {
  const InlineCache& cache = unit_.caches()[in_.c];
  // A function's version is never used again: what follows from it holds.
  const auto& callee = *reinterpret_cast<const Unit*>(cache.value);
  if (cache.version == 0 || !IsUnit(&callee)) return false;
  Operand callable = method ? TempOperand(in_.b) : Listed(0);
  Load(rdi, callable);
  if (method) {
    test(rdi, rdi);
    jz(Otherwise(), T_NEAR);
  }
  GuardType(rdi, &PyFunction_Type);
  cmp(dword[rdi + offsetof(PyFunctionObject, func_version)], cache.version);
  jne(Otherwise(), T_NEAR);
  PushCallee(callee, cache.num_args + (method ? 1 : 0));
  MoveAddress(rsi, &callee);
  Label behind;
  LinkCallee(cache.call_unit + 4, behind);
  PassArguments(callable, method, method ? 0 : 1);
  EnterCallee(behind);
  Set(in_.a, rbx);
  return true;
}

void Compiler::MoveOut(Operand x) {
  Load(rbx, x);
  if (KindOf(x) == OperandKind::kLocal) {
    mov(Reg(RegisterOf(x)), 0);
  } else {
    Own(rbx, x);
  }
}

bool Compiler::Return() {
  Label entered;
  HeldSet before = held_;
  cmp(qword[FRAME(r13, frame_obj)], 0);
  jne(Otherwise(), T_NEAR);
  cmp(byte[FRAME(r13, is_entry)], 0);
  jne(entered, T_NEAR);
  cmp(qword[FRAME(r13, f_locals)], 0);
  jne(Otherwise(), T_NEAR);
  MoveOut(in_.a);
  // Finalizers shall not see the frame.
  mov(rax, ptr[FRAME(r13, previous)]);
  mov(ptr[r15 + kCurrentFrame], rax);
  constexpr uint32_t kUnrolled = 4;
  if (unit_.num_locals <= kUnrolled) {
    for (uint32_t i = 0; i < unit_.num_locals; ++i) {
      if (!IsConst(in_.a) && RegisterOf(in_.a) == i) continue;
      mov(rdi, Reg(i));
      ReleaseIfAny(rdi);
    }
  } else {
    Label next;
    xor_(ebp, ebp);
    L(next);
    mov(rdi, ptr[r13 + rbp * 8]);
    ReleaseIfAny(rdi);
    inc(ebp);
    cmp(ebp, unit_.num_locals);
    jb(next);
  }
  JumpOutside(stubs_.leave_frame);
  // Who has entered the frame from C clears it.
  L(entered);
  held_ = before;
  MoveOut(in_.a);
  mov(dword[FRAME(r13, stacktop)], unit_.num_locals);
  JumpOutside(stubs_.leave_activation);
  return true;
}

bool Compiler::Resume() {
  if (in_.b == 0) {
    mov(rcx, ptr[r14]);
    cmp(dword[UNIT(rcx, entry_budget)], 1);
    jle(Otherwise(), T_NEAR);
  }
  TestBreaker();
  jnz(Otherwise(), T_NEAR);
  if (in_.b == 0) dec(dword[UNIT(rcx, entry_budget)]);
  return true;
}

}  // namespace pyvm::baseline
