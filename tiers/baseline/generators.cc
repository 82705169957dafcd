// Generators and coroutines: a resumption goes from machine code to machine
// code, and so does a yield.
#include "core/host/resume.h"
#include "tiers/baseline/compiler.h"

namespace pyvm::baseline {

uintptr_t Compiler::Position() const {
  return reinterpret_cast<uintptr_t>(
      CodeStart(&unit_) + unit_.PositionOf(&unit_.instrs[at_]));
}

void Compiler::ResumeGenerator(const uint8_t* stub) {
  mov(rcx, Position());
  mov(edi, static_cast<uint32_t>(EncodeResumer(at_)));
  lea(rdx, ptr[rip + Otherwise()]);
  JumpOutside(stub);
}

bool Compiler::ForIterGen() {
  mov(rbx, Reg(in_.b));
  GuardType(rbx, &PyGen_Type);
  ResumeGenerator(stubs_.resume_with_none);
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
  return true;
}

bool Compiler::Yield() {
  Load(rbx, in_.b);
  Own(rbx, in_.b);
  mov(rcx, Position());
  mov(ptr[FRAME(r13, prev_instr)], rcx);
  mov(dword[FRAME(r13, stacktop)], unit_.num_locals + in_.c);
  mov(word[r13 - kRegs + kResumeHint], HintBehind(&unit_.instrs[at_], &unit_));
  JumpOutside(stubs_.yield);
  return true;
}

}  // namespace pyvm::baseline
