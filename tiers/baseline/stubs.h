// Machine code that all units share: the way in and out, and what would be too
// long to repeat at each instruction.
#ifndef PYVM_TIERS_BASELINE_STUBS_H_
#define PYVM_TIERS_BASELINE_STUBS_H_

#include <cstdint>

#include "core/code/code_memory.h"
#include "core/host/activation.h"

namespace pyvm::baseline {

// Each is an address of code. Unless said otherwise they are called, clobber
// rax, rdi and r8 to r11, and preserve all else but xmm2 to xmm7.
struct Stubs {
  static constexpr int kVectorWords = 8;

  // A C function: Tier::run. Writes the stack pointer of machine code to
  // *stack. From there on lie kVectorWords words that an instruction may use.
  void (*run)(Activation* act, const uint8_t*** stack) = nullptr;

  // Jumped to with a handler's result in rax that is not null.
  const uint8_t* transfer = nullptr;
  // Runs the handler of the instruction at rdi; its result is in rax. Clobbers
  // all that C functions may.
  const uint8_t* step = nullptr;
  // The same for an instruction that was unquickened at compilation.
  const uint8_t* step_unquickened = nullptr;
  // The same for an instruction whose fast path has given up; r8d is its
  // operation at compilation.
  const uint8_t* step_otherwise = nullptr;
  // rax: the value of the int of two digits in rdi; or the zero flag is clear.
  // Clobbers r8 and r9 alone.
  const uint8_t* wide_value = nullptr;
  // Releases the object in rdi, whose last reference is gone, for instruction
  // number r10d.
  const uint8_t* drop = nullptr;
  // Stores rdx as an int, or xmm0 as a float, into the register at rsi, for
  // instruction number r10d.
  const uint8_t* store_int = nullptr;
  const uint8_t* store_float = nullptr;
  // rax: the registers of a frame for the function in rdi, whose unit is rsi,
  // or null where the handler has to make it. All registers from number ecx on
  // are null. Clobbers rcx and r8 to r11.
  const uint8_t* push_frame = nullptr;
  // Fills the parameters from number ecx on of the frame whose registers are in
  // rax from the defaults of the function in rdi, whose unit is in rsi.
  // Clobbers rcx, r8 and r9 alone.
  const uint8_t* fill_defaults = nullptr;
  // Jumped to with the instruction in rdi, which has raised.
  const uint8_t* raise = nullptr;
  // Jumped to with the registers of a pushed frame in rax, and its unit in rsi.
  const uint8_t* enter_callee = nullptr;
  // Jumped to with a result (owned) in rbx: the frame, which is no longer the
  // activation's present one and whose registers hold nothing, ends; its caller
  // goes on: where its link says with the result in rbx and its registers in
  // r13, all others not set; or behind the call, by the table of offsets.
  const uint8_t* leave_frame = nullptr;
  // Jumped to with a result (owned) in rbx by the activation's first frame,
  // which is otherwise in order.
  const uint8_t* leave_activation = nullptr;
  // Jumped to by the instruction at rdi, to which an __init__ or the method of
  // an operator has returned what is in rbx (owned): its handler does the rest.
  const uint8_t* finish_init = nullptr;
  const uint8_t* finish_operator = nullptr;
  // Jumped to by an instruction with its position in rcx and its encoded number
  // in edi (core/host/resume.h): the generator or coroutine in rbx goes on in
  // its own code. It receives None, or what is in the register at r8, which is
  // left null. Where it yields straight from there to here, the instruction's
  // unit goes on at rsi (if not zero) with what is yielded (owned) in rbx.
  // Where the generator is not for machine code nothing happens, and the
  // instruction goes on at rdx.
  const uint8_t* resume_with_none = nullptr;
  const uint8_t* resume_with_value = nullptr;
  // Jumped to with a yielded value (owned) in rbx by a generator whose frame is
  // in order but for its hint, which is in esi. Where it is resumed straight,
  // it goes on at rdi with what it receives (owned; null: None) in rcx.
  const uint8_t* yield = nullptr;
};

// Made at the first call; null with a reason if there is no memory for code.
const Stubs* TheStubs(const char** refused);

// No code is entered any more at an address that a generator has noted before:
// code has been replaced or given back.
void ForgetNotedAddresses();

// Where the tier's code lies.
CodeZone TheZone();

}  // namespace pyvm::baseline

#endif  // PYVM_TIERS_BASELINE_STUBS_H_
