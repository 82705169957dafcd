// Stubs that push and leave frames of functions.
#include "core/handlers/machine.h"
#include "tiers/baseline/code.h"
#include "tiers/baseline/stub_compiler.h"

namespace pyvm::baseline {
namespace {

using handlers::kThisTier;

}  // namespace

void StubCompiler::PushFrame(Stubs* stubs) {
  align(16);
  stubs->push_frame = here();
  Label refused, next, nulled;
  auto load_end = [this] {
    mov(r9d, dword[UNIT(rsi, frame_words)]);
    lea(r9, ptr[rax + r9 * 8]);
  };
  TakeRoom(r8, r9, load_end, refused);
  mov(r11d, ecx);
  mov(r9, ptr[UNIT(rsi, code)]);
  inc(qword[r9]);
  FillFrame(r9, [this] {
    mov(rcx, ptr[UNIT(rsi, first_code_unit)]);
    sub(rcx, static_cast<uint32_t>(sizeof(_Py_CODEUNIT)));
  });
  // As NullRegisters: perhaps one more.
  mov(r9d, dword[UNIT(rsi, num_registers)]);
  cmp(r11d, r9d);
  jae(nulled);
  L(next);
  movups(ptr[rax + r11 * 8], xmm1);
  add(r11d, 2);
  cmp(r11d, r9d);
  jb(next);
  L(nulled);
  ret();
  L(refused);
  xor_(eax, eax);
  ret();
}

void StubCompiler::FillDefaults(Stubs* stubs) {
  align(16);
  stubs->fill_defaults = here();
  Label next;
  mov(r8, ptr[rdi + offsetof(PyFunctionObject, func_defaults)]);
  // The last default is that of the last parameter.
  mov(r9d, dword[UNIT(rsi, arg_count)]);
  sub(r9, ptr[r8 + kSize]);
  shl(r9, 3);
  sub(r8, r9);
  L(next);
  mov(r9, ptr[r8 + rcx * 8 + kTupleItems]);
  inc(qword[r9]);
  mov(ptr[rax + rcx * 8], r9);
  inc(ecx);
  cmp(ecx, dword[UNIT(rsi, arg_count)]);
  jb(next);
  ret();
}

void StubCompiler::EnterCallee(Stubs* stubs) {
  align(16);
  stubs->enter_callee = here();
  Label other_tier, from_start;
  mov(r13, rax);
  mov(r14, ptr[UNIT(rsi, pool)]);
  mov(rdx, reinterpret_cast<uintptr_t>(&kThisTier));
  cmp(ptr[UNIT(rsi, tier)], rdx);
  jne(other_tier);
  mov(r12, ptr[UNIT(rsi, instrs)]);
  mov(rdx, ptr[UNIT(rsi, tier_code)]);
  cmp(byte[UNIT(rsi, starts_with_resume)], 0);
  je(from_start);
  cmp(dword[UNIT(rsi, entry_budget)], 1);
  jle(from_start);
  TestBreaker();
  jnz(from_start);
  dec(dword[UNIT(rsi, entry_budget)]);
  jmp(ptr[rdx + offsetof(Code, resumed)]);
  L(from_start);
  jmp(ptr[rdx + offsetof(Code, start)]);
  L(other_tier);
  mov(rcx, rsi);
  mov(rax, ptr[UNIT(rsi, instrs)]);
  jmp(go_, T_NEAR);
}

void StubCompiler::DropIn(const Xbyak::Reg64& reg) {
  Label alive;
  dec(qword[reg]);
  jnz(alive);
  mov(rdi, reg);
  // As _Py_Dealloc; the frame is no longer to be seen.
  CallC(_Py_Dealloc);
  L(alive);
}

void StubCompiler::LeaveFrame(Stubs* stubs) {
  align(16);
  stubs->leave_frame = here();
  Label slow_pop, popped, stored, special, by_table;
  mov(rcx, ptr[ACT(tstate)]);
  inc(dword[rcx + offsetof(PyThreadState, recursion_remaining)]);
  mov(rbp, ptr[FRAME(r13, f_func)]);
  DropIn(rbp);
  mov(rbp, ptr[FRAME(r13, f_code)]);
  DropIn(rbp);
  // The room is free once nothing of the frame is needed.
  mov(rbp, ptr[FRAME(r13, previous)]);
  mov(r12, ptr[LINK(r13, call)]);
  mov(rdx, ptr[LINK(r13, next)]);
  mov(r14, ptr[LINK(r13, unit_flags)]);
  mov(r8, ptr[LINK(r13, machine_code)]);
  lea(rsi, ptr[r13 - kLink]);
  mov(rdi, ptr[ACT(tstate)]);
  mov(rax, ptr[rdi + offsetof(PyThreadState, datastack_chunk)]);
  add(rax, static_cast<uint32_t>(offsetof(_PyStackChunk, data)));
  cmp(rax, rsi);
  je(slow_pop, T_NEAR);
  mov(ptr[rdi + offsetof(PyThreadState, datastack_top)], rsi);
  L(popped);
  lea(r13, ptr[rbp + kRegs]);
  mov(r9, r8);
  shr(r9, 32);
  cmp(dword[At(&return_epoch)], r9d);
  jne(by_table);
  cmp(byte[r15 + kUseTracing], 0);
  jne(by_table);
  mov(r8d, r8d);
  jmp(r8);
  L(by_table);
  mov(r8, r14);
  mov(rcx, r14);
  and_(rcx, ~7);
  test(r8d, 7);
  mov(r14, ptr[UNIT(rcx, pool)]);
  jnz(special, T_NEAR);
  movzx(eax, word[r12 + offsetof(Instr, a)]);
  mov(rdi, ptr[r13 + rax * 8]);
  mov(ptr[r13 + rax * 8], rbx);
  mov(rax, rdx);
  test(rdi, rdi);
  jnz(stored, T_NEAR);
  // rax: an instruction; rcx: its unit, which r13 and r14 belong to.
  L(go_unless_traced_);
  cmp(byte[r15 + kUseTracing], 0);
  je(go_, T_NEAR);
  mov(rdi, rax);
  jmp(hand_over_, T_NEAR);
  L(stored);
  dec(qword[rdi]);
  jnz(go_unless_traced_);
  mov(rbx, rcx);
  mov(rbp, rax);
  mov(rsi, r12);
  mov(rdx, r13);
  mov(rcx, r14);
  CallC(handlers::DropLast);
  mov(rcx, rbx);
  mov(rax, rbp);
  jmp(go_unless_traced_, T_NEAR);
  L(special);
  mov(rdi, r12);
  test(r8d, static_cast<uint32_t>(kReturnSelf));
  jz(finish_operator_, T_NEAR);
  Finish(&stubs->finish_init, handlers::ReturnFromInit);
  L(finish_operator_);
  Finish(&stubs->finish_operator, handlers::ReturnFromOperator);
  L(slow_pop);
  push(rdx);
  push(r8);
  CallC(PopDataStackSlow);
  pop(r8);
  pop(rdx);
  jmp(popped, T_NEAR);
}

}  // namespace pyvm::baseline
