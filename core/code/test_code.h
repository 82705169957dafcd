// Machine code for tests.
#ifndef PYVM_CORE_CODE_TEST_CODE_H_
#define PYVM_CORE_CODE_TEST_CODE_H_

#include <xbyak/xbyak.h>

#include <cstring>

#include "core/code/code_memory.h"
#include "core/code/frame_layout.h"

namespace pyvm {

// `push rbp; mov rbp, rsp; push rbx; push r12`: the stack is aligned for calls.
inline FrameLayout TestLayout() {
  return {.saved = {{DwarfRegister::kRbx, -24}, {DwarfRegister::kR12, -32}},
          .prologue_bytes = 7};
}

// Code that is assembled at some other address than it will run at.
class TestCode : public Xbyak::CodeGenerator {
 public:
  // Allocates what is needed in `zone`, and writes it there.
  CodeBlock Install(CodeMemory* memory, CodeZone zone) const {
    CodeBlock block = memory->Allocate(getSize(), zone).value();
    memcpy(block.write, getCode(), getSize());
    return block;
  }

 protected:
  TestCode() : CodeGenerator(128, Xbyak::DontSetProtectRWE) {}
};

// uint64_t f(): returns `value`.
class ConstantCode : public TestCode {
 public:
  explicit ConstantCode(uint32_t value) {
    mov(eax, value);
    ret();
  }
};

// uint64_t f(uint64_t (*function)(uint64_t), uint64_t argument): calls it, and
// returns what it returns, plus one. The frame is that of TestLayout, and has
// `value` in rbx.
class CallerCode : public TestCode {
 public:
  explicit CallerCode(uint32_t value = 0) {
    push(rbp);
    mov(rbp, rsp);
    push(rbx);
    push(r12);
    mov(ebx, value);
    mov(rax, rdi);
    mov(rdi, rsi);
    call(rax);
    call_end = getSize();
    inc(rax);
    pop(r12);
    pop(rbx);
    pop(rbp);
    ret();
  }

  size_t call_end;  // offset of the return address
};

using TestFunction = uint64_t (*)(uint64_t);
inline uint64_t RunCaller(const uint8_t* exec, TestFunction function,
                          uint64_t argument) {
  return reinterpret_cast<uint64_t (*)(TestFunction, uint64_t)>(
      reinterpret_cast<uintptr_t>(exec))(function, argument);
}
inline uint64_t RunConstant(const uint8_t* exec) {
  return reinterpret_cast<uint64_t (*)()>(reinterpret_cast<uintptr_t>(exec))();
}

}  // namespace pyvm

#endif  // PYVM_CORE_CODE_TEST_CODE_H_
