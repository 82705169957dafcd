// Machine code that all units share: the way in and out, and what would be too
// long to repeat at each instruction.
#ifndef PYVM_TIERS_BASELINE_STUBS_H_
#define PYVM_TIERS_BASELINE_STUBS_H_

#include <cstdint>

#include "core/code/code_memory.h"
#include "core/host/activation.h"

namespace pyvm::baseline {

// Each is an address of code. Unless said otherwise they are called, clobber
// rax, rdi, r8 to r11 and xmm1, and preserve all else.
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
  // Stores rdx as an int, or xmm0 as a float, into the register at rsi.
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
  // goes on.
  const uint8_t* leave_frame = nullptr;
};

// Made at the first call; null with a reason if there is no memory for code.
const Stubs* TheStubs(const char** refused);

// Where the tier's code lies.
CodeZone TheZone();

}  // namespace pyvm::baseline

#endif  // PYVM_TIERS_BASELINE_STUBS_H_
