// Stubs that resume and suspend generators and coroutines.
#include "core/handlers/machine.h"
#include "core/host/resume.h"
#include "tiers/baseline/stub_compiler.h"

namespace pyvm::baseline {
namespace {

using handlers::kThisTier;

}  // namespace

void StubCompiler::Epoch() {
  align(8);
  epoch_write_ = const_cast<uint8_t*>(getCurr());
  L(match_);
  dd(1);
  L(note_);
  dd(1);
}

void StubCompiler::Switch() {
  lea(rcx, ptr[r13 - kRegs]);
  mov(ptr[FRAME(r9, previous)], rcx);
  mov(byte[FRAME(r9, is_entry)], 0);
  mov(dword[FRAME(r9, stacktop)], -1);
  lea(rcx, ptr[r9 - kRegs]);
  mov(ptr[r15 + kCurrentFrame], rcx);
  mov(rcx, ptr[r10 + offsetof(PyThreadState, exc_info)]);
  mov(ptr[GEN(r9, gi_exc_state.previous_item)], rcx);
  lea(rcx, ptr[GEN(r9, gi_exc_state)]);
  mov(ptr[r10 + offsetof(PyThreadState, exc_info)], rcx);
  mov(byte[GEN(r9, gi_frame_state)], FRAME_EXECUTING);
  mov(dword[r9 - kGenRegs + kResumerNote], esi);
  mov(ecx, ptr[rip + note_]);
  mov(word[r9 - kRegs + kResumeHint], cx);
}

void StubCompiler::LeaveResumer(Label& fail) {
  mov(r10, ptr[ACT(tstate)]);
  cmp(dword[r10 + offsetof(PyThreadState, recursion_remaining)], 0);
  jle(fail, T_NEAR);
  dec(dword[r10 + offsetof(PyThreadState, recursion_remaining)]);
  mov(ptr[FRAME(r13, prev_instr)], rcx);
  mov(dword[FRAME(r13, stacktop)], edi);
}

const uint8_t* StubCompiler::Resume(bool with_value) {
  align(16);
  const uint8_t* begin = here();
  Label fail, by_table;
  lea(r9, ptr[rbx + kGenRegs]);
  cmp(byte[GEN(r9, gi_frame_state)],
      static_cast<uint32_t>(FRAME_SUSPENDED) & 0xff);
  jne(by_table, T_NEAR);
  // Debuggers move frames that have an object.
  cmp(qword[FRAME(r9, frame_obj)], 0);
  jne(by_table, T_NEAR);
  // What `yield` has noted.
  mov(rbp, ptr[GEN(r9, gi_exc_state.previous_item)]);
  mov(rax, rbp);
  shr(rax, 32);
  cmp(eax, ptr[rip + match_]);
  jne(by_table, T_NEAR);
  LeaveResumer(fail);
  if (with_value) {
    mov(rax, ptr[r8]);
    mov(qword[r8], 0);
  }
  Switch();
  mov(r13, r9);
  with_value ? mov(rcx, rax) : xor_(ecx, ecx);
  mov(ebp, ebp);
  jmp(rbp);

  L(by_table);
  cmp(byte[GEN(r9, gi_frame_state)], FRAME_EXECUTING);
  jge(fail, T_NEAR);
  // Its unit.
  mov(r11, ptr[FRAME(r9, f_code)]);
  mov(r11, ptr[r11 + offsetof(PyCodeObject, co_extra)]);
  test(r11, r11);
  jz(fail, T_NEAR);
  mov(r11, ptr[r11 + offsetof(CodeExtra, extras)]);
  test(r11, r11);
  jz(fail, T_NEAR);
  mov(r10, reinterpret_cast<uintptr_t>(&kThisTier));
  cmp(ptr[UNIT(r11, tier)], r10);
  jne(fail, T_NEAR);
  // Where it goes on; as ResumePoint.
  movzx(ebp, word[r9 - kRegs + kResumeHint]);
  lea(eax, ptr[rbp - 1]);
  cmp(eax, dword[UNIT(r11, num_instrs)]);
  jae(fail, T_NEAR);
  mov(r10, ptr[UNIT(r11, positions16)]);
  test(r10, r10);
  jz(fail, T_NEAR);
  movzx(eax, word[r10 + rax * 2]);
  mov(r10, ptr[UNIT(r11, first_code_unit)]);
  lea(rax, ptr[r10 + rax * sizeof(_Py_CODEUNIT)]);
  cmp(rax, ptr[FRAME(r9, prev_instr)]);
  jne(fail, T_NEAR);
  LeaveResumer(fail);
  if (with_value) {
    mov(rcx, ptr[r8]);
    mov(qword[r8], 0);
  } else {
    mov(ecx, Low(&_Py_NoneStruct));
    inc(qword[rcx]);
  }
  movsxd(rax, dword[FRAME(r9, stacktop)]);
  mov(ptr[r9 + rax * 8], rcx);
  Switch();
  mov(r13, r9);
  mov(r14, ptr[UNIT(r11, pool)]);
  mov(rax, ptr[UNIT(r11, instrs)]);
  lea(rax, ptr[rax + rbp * 8]);
  mov(rcx, r11);
  jmp(go_, T_NEAR);
  L(fail);
  jmp(rdx);
  return begin;
}

void StubCompiler::Yield(Stubs* stubs) {
  align(16);
  stubs->yield = here();
  Label by_table, sent, stored, drop, called_from_c;
  mov(byte[GEN(r13, gi_frame_state)],
      static_cast<uint32_t>(FRAME_SUSPENDED) & 0xff);
  mov(r10, ptr[ACT(tstate)]);
  inc(dword[r10 + offsetof(PyThreadState, recursion_remaining)]);
  movzx(r11d, word[r13 - kRegs + kResumeHint]);  // the resumer's epoch
  mov(word[r13 - kRegs + kResumeHint], si);
  cmp(byte[FRAME(r13, is_entry)], 0);
  jne(called_from_c, T_NEAR);
  mov(rax, ptr[GEN(r13, gi_exc_state.previous_item)]);
  mov(ptr[r10 + offsetof(PyThreadState, exc_info)], rax);
  // Nobody reads this field of a suspended generator.
  mov(eax, ptr[rip + note_]);
  shl(rax, 32);
  or_(rax, rdi);
  mov(ptr[GEN(r13, gi_exc_state.previous_item)], rax);
  mov(rdx, ptr[FRAME(r13, previous)]);
  mov(qword[FRAME(r13, previous)], 0);
  mov(ptr[r15 + kCurrentFrame], rdx);
  mov(eax, ptr[r13 - kGenRegs + kResumerNote]);
  lea(r13, ptr[rdx + kRegs]);
  cmp(r11d, ptr[rip + match_]);
  jne(by_table);
  test(eax, eax);
  jz(by_table);
  mov(dword[FRAME(r13, stacktop)], -1);
  jmp(rax);
  L(by_table);
  // What runs has a unit.
  mov(rcx, ptr[FRAME(r13, f_code)]);
  mov(rcx, ptr[rcx + offsetof(PyCodeObject, co_extra)]);
  mov(rcx, ptr[rcx + offsetof(CodeExtra, extras)]);
  movsxd(rdx, dword[FRAME(r13, stacktop)]);
  mov(dword[FRAME(r13, stacktop)], -1);
  static_assert(DecodeResumer(-2) == 0 && DecodeResumer(-3) == 1);
  not_(rdx);
  mov(r12, ptr[UNIT(rcx, instrs)]);
  mov(r14, ptr[UNIT(rcx, pool)]);
  // rdx: the number of the instruction behind the resumer's.
  movzx(eax, word[r12 + rdx * 8 - 8 + offsetof(Instr, a)]);
  cmp(word[r12 + rdx * 8 - 8 + offsetof(Instr, op)], ConcreteOp(Op::kSEND));
  je(sent);
  mov(rdi, ptr[r13 + rax * 8]);
  mov(ptr[r13 + rax * 8], rbx);
  test(rdi, rdi);
  jz(stored);
  dec(qword[rdi]);
  jz(drop, T_NEAR);
  L(stored);
  lea(rax, ptr[r12 + rdx * 8]);
  jmp(go_unless_traced_, T_NEAR);
  L(sent);
  mov(ptr[r13 + rax * 8 + 8], rbx);
  jmp(stored);
  L(drop);
  mov(rbx, rcx);
  mov(rbp, rdx);
  lea(rsi, ptr[r12 + rdx * 8 - 8]);
  call(drop_last_);
  mov(rcx, rbx);
  mov(rdx, rbp);
  jmp(stored);
  stubs->leave_activation = here();
  mov(r10, ptr[ACT(tstate)]);
  inc(dword[r10 + offsetof(PyThreadState, recursion_remaining)]);
  L(called_from_c);
  mov(ptr[ACT(result)], rbx);
  mov(qword[ACT(pc)], 0);
  jmp(leave_, T_NEAR);

  // Releases the object in rdi, whose last reference is gone, for the
  // instruction at rsi. As a C function.
  align(16);
  L(drop_last_);
  Label slow;
  ToFreeList(slow);
  L(slow);
  mov(rdx, r13);
  mov(rcx, r14);
  mov(rax, reinterpret_cast<uintptr_t>(&handlers::DropLast));
  jmp(rax);
}

}  // namespace pyvm::baseline
