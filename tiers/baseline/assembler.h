// Machine code for a block of code memory: Xbyak, with calls and jumps to what
// lies outside the block, whose bytes are written at another address than the
// one where they will be executed.
#ifndef PYVM_TIERS_BASELINE_ASSEMBLER_H_
#define PYVM_TIERS_BASELINE_ASSEMBLER_H_

#include <cstddef>
#include <cstdint>

#define XBYAK_NO_EXCEPTION
#include <xbyak/xbyak.h>

#include "core/code/code_memory.h"
#include "tiers/baseline/layout.h"

namespace pyvm::baseline {

// The address of one of the executable's objects, as a 32-bit immediate: it is
// linked low.
inline uint32_t Low(const void* object) {
  return static_cast<uint32_t>(reinterpret_cast<uintptr_t>(object));
}
// Such an object as an operand in memory.
inline Xbyak::RegExp At(const void* object) {
  return Xbyak::RegExp(reinterpret_cast<uintptr_t>(object));
}
inline bool IsLow(const void* object) {
  return reinterpret_cast<uintptr_t>(object) < 0x7fffffff;
}
// What machine code keeps in registers that C functions preserve.
//
//   r12  the unit's first instruction      r14  the unit's pool
//   r13  the frame's registers             r15  the activation
//   rbx, rbp  free within an instruction
//
// xmm8 to xmm11 hold temporaries: numbers that are not boxed yet, an int as
// well, and borrowed references. C functions do not preserve them, but the
// stubs do.
constexpr int kFirstSlot = 8;
class Assembler : public Xbyak::CodeGenerator {
 public:
  // Writes up to `size` bytes to `write`; they will lie at `exec`.
  Assembler(uint8_t* write, const uint8_t* exec, size_t size)
      : CodeGenerator(size, write), exec_(exec) {}

  // Whether all went well: no overflow, no bad operand.
  bool good() const { return Xbyak::GetError() == Xbyak::ERR_NONE; }
  uint32_t offset() const { return static_cast<uint32_t>(getSize()); }
  const uint8_t* here() const { return exec_ + getSize(); }

  // To an address in the region of code memory.
  void CallOutside(const uint8_t* target) {
    db(0xe8);
    Displacement(target);
  }
  void JumpOutside(const uint8_t* target) {
    db(0xe9);
    Displacement(target);
  }
  void JumpOutsideIfNotZero(const uint8_t* target) {
    db(0x0f);
    db(0x85);
    Displacement(target);
  }

  // Of as many bytes wherever the object lies in memory that was allocated, so
  // that the size of code does not depend on it.
  void MoveAddress(const Xbyak::Reg64& to, const void* object) {
    if (IsLow(object) && InExecutable(object)) {
      mov(to.cvt32(), Low(object));
    } else {
      db(static_cast<uint8_t>(0x48 | to.getIdx() >> 3));
      db(static_cast<uint8_t>(0xb8 | (to.getIdx() & 7)));
      dq(reinterpret_cast<uintptr_t>(object));
    }
  }
  // A C function anywhere. Clobbers rax.
  template <typename F>
  void CallC(F* function) {
    mov(rax, reinterpret_cast<uintptr_t>(function));
    call(rax);
  }
  // What a handler takes behind the instruction, which is in rdi.
  void HandlerArguments() {
    mov(rsi, r13);
    mov(rdx, r14);
    mov(rcx, r15);
  }
  // Sets the zero flag if neither signals nor threads nor tracing ask for
  // attention. Clobbers rax and r8.
  void TestBreaker() {
    mov(rax, ptr[ACT(eval_breaker)]);
    mov(eax, dword[rax]);
    movzx(r8d, byte[r15 + kUseTracing]);
    or_(eax, r8d);
  }
  // rax: the object that the register at rsi refers to, if it is exactly of
  // that type and dies when it is overwritten; else goes to `otherwise`.
  void LoadDying(const PyTypeObject* type, Xbyak::Label& otherwise,
                 LabelType distance = T_AUTO) {
    mov(rax, ptr[rsi]);
    test(rax, rax);
    jz(otherwise, distance);
    cmp(qword[rax], 1);
    jne(otherwise, distance);
    cmp(qword[rax + kType], Low(type));
    jne(otherwise, distance);
  }
  // rax: where a new frame has room on the thread's data stack, which is taken,
  // and counted as recursion; goes to `refused` where there is none. `load_end`
  // loads into `end` where the frame at rax would end. Clobbers `thread` too.
  template <typename F>
  void TakeRoom(const Xbyak::Reg64& thread, const Xbyak::Reg64& end,
                const F& load_end, Xbyak::Label& refused) {
    mov(thread, ptr[ACT(tstate)]);
    cmp(dword[thread + offsetof(PyThreadState, recursion_remaining)], 0);
    jle(refused, T_NEAR);
    mov(rax, ptr[thread + offsetof(PyThreadState, datastack_top)]);
    test(rax, rax);
    jz(refused, T_NEAR);
    load_end();
    cmp(end, ptr[thread + offsetof(PyThreadState, datastack_limit)]);
    jae(refused, T_NEAR);
    mov(ptr[thread + offsetof(PyThreadState, datastack_top)], end);
    dec(dword[thread + offsetof(PyThreadState, recursion_remaining)]);
  }
  // Fills a frame for the function in rdi whose room begins at rax and whose
  // code (a new reference) is in `code`; rax will be its registers. The frame
  // is linked behind the present one. `load_start` loads into rcx where its
  // prev_instr points to. Clobbers rcx; xmm1 is zero then.
  template <typename F>
  void FillFrame(const Xbyak::Reg64& code, const F& load_start) {
    add(rax, static_cast<uint32_t>(kLink));
    mov(ptr[FRAME(rax, f_func)], rdi);
    static_assert(offsetof(PyFunctionObject, func_builtins) ==
                  offsetof(PyFunctionObject, func_globals) + 8);
    static_assert(offsetof(Frame, f_builtins) ==
                  offsetof(Frame, f_globals) + 8);
    movups(xmm1, ptr[rdi + offsetof(PyFunctionObject, func_globals)]);
    movups(ptr[FRAME(rax, f_globals)], xmm1);
    xorps(xmm1, xmm1);
    mov(ptr[FRAME(rax, f_code)], code);
    mov(qword[FRAME(rax, f_locals)], 0);
    mov(qword[FRAME(rax, frame_obj)], 0);
    load_start();
    mov(ptr[FRAME(rax, prev_instr)], rcx);
    mov(dword[FRAME(rax, stacktop)], -1);
    mov(word[FRAME(rax, is_entry)], 0);
    lea(rcx, ptr[r13 - kRegs]);
    mov(ptr[FRAME(rax, previous)], rcx);
    mov(rcx, ptr[r14]);
    mov(ptr[LINK(rax, unit_flags)], rcx);
    lea(rcx, ptr[rax - kRegs]);
    mov(ptr[r15 + kCurrentFrame], rcx);
  }

 private:
  void Displacement(const uint8_t* target) {
    dd(static_cast<uint32_t>(target - (here() + 4)));
  }

  const uint8_t* exec_;
};

}  // namespace pyvm::baseline

#endif  // PYVM_TIERS_BASELINE_ASSEMBLER_H_
