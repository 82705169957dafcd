// Generators and coroutines: a resumption goes from machine code to machine
// code, and so does a yield.
#include "core/handlers/generators.h"

#include "core/host/resume.h"
#include "tiers/baseline/compiler.h"

namespace pyvm::baseline {

void Compiler::EnterUnit() {
  MoveAddress(r12, unit_.instrs);
  MoveAddress(r14, unit_.pool);
}

void Compiler::ResumeGenerator(const uint8_t* stub) {
  Label yielded;
  MoveAddress(rcx, Here());
  mov(edi, static_cast<uint32_t>(EncodeResumer(at_)));
  lea(rdx, ptr[rip + Otherwise()]);
  if (unit_.one_shot) {
    xor_(esi, esi);  // its code may outlive its tier
  } else {
    lea(rsi, ptr[rip + yielded]);
  }
  JumpOutside(stub);
  L(yielded);
  EnterUnit();
}

bool Compiler::ForIterGen() {
  mov(rbx, Reg(in_.b));
  GuardType(rbx, &PyGen_Type);
  ResumeGenerator(stubs_.resume_with_none);
  Set(in_.a, rbx);
  return true;
}

bool Compiler::Send() {
  Label resumable, begun;
  mov(rbx, Reg(in_.a));
  mov(rax, ptr[rbx + kType]);
  cmp(rax, Low(&PyGen_Type));
  je(resumable);
  cmp(rax, Low(&PyCoro_Type));
  jne(Otherwise(), T_NEAR);
  L(resumable);
  // What has not begun takes None alone.
  lea(r8, Reg(in_.a + 1u));
  cmp(qword[r8], Low(&_Py_NoneStruct));
  je(begun);
  cmp(byte[rbx + offsetof(PyGenObject, gi_frame_state)],
      static_cast<uint32_t>(FRAME_CREATED) & 0xff);
  je(Otherwise(), T_NEAR);
  L(begun);
  ResumeGenerator(stubs_.resume_with_value);
  mov(Reg(in_.a + 1u), rbx);
  return true;
}

bool Compiler::Yield() {
  Label resumed;
  Load(rbx, in_.b);
  Own(rbx, in_.b);
  SavePc(Here());
  mov(dword[FRAME(r13, stacktop)], unit_.num_locals + in_.c);
  mov(esi, HintBehind(&unit_.instrs[at_], &unit_));
  lea(rdi, ptr[rip + resumed]);
  JumpOutside(stubs_.yield);
  L(resumed);
  EnterUnit();
  test(rcx, rcx);
  // A None that nobody looks at.
  const Instr* next = &unit_.instrs[next_];
  bool dropped = next_ + 2 < unit_.num_instrs &&
                 next[0].op == ConcreteOp(Op::kRESUME) && next[0].b != 0 &&
                 BaseOf(next[1].op) == Op::kDROP &&
                 next[1].a == TempOperand(in_.a);
  if (dropped) {
    jz(labels_[next_ + 2], T_NEAR);
  } else {
    Label owned;
    jnz(owned);
    mov(ecx, Low(&_Py_NoneStruct));
    inc(qword[rcx]);
    L(owned);
  }
  mov(Reg(in_.a), rcx);
  return true;
}

bool Compiler::ReturnFromGenerator() {
  if (!IsGenerator()) return false;
  // Not if C code waits for it. Two comparisons, since each byte was stored by
  // itself.
  cmp(byte[FRAME(r13, is_entry)], 0);
  jne(Otherwise(), T_NEAR);
  cmp(byte[FRAME(r13, owner)], FRAME_OWNED_BY_GENERATOR);
  jne(Otherwise(), T_NEAR);
  Load(rbx, in_.a);
  Own(rbx, in_.a);
  mov(ptr[ACT(result)], rbx);
  SavePc(Here());
  mov(rcx, ptr[ACT(tstate)]);
  inc(dword[rcx + offsetof(PyThreadState, recursion_remaining)]);
  lea(rdi, InstrAddress(at_));
  HandlerArguments();
  CallC(handlers::LeaveGenerator);
  JumpOutside(stubs_.transfer);
  return true;
}

bool Compiler::GetAwaitable() {
  // One that runs already is waited for by another.
  mov(rbx, Reg(in_.a));
  GuardType(rbx, &PyCoro_Type);
  cmp(byte[rbx + offsetof(PyGenObject, gi_frame_state)],
      static_cast<uint32_t>(FRAME_CREATED) & 0xff);
  jne(Otherwise(), T_NEAR);
  return true;
}

bool Compiler::GetYieldFromIter() {
  mov(rbx, Reg(in_.a));
  GuardType(rbx, &PyGen_Type);
  return true;
}

}  // namespace pyvm::baseline
