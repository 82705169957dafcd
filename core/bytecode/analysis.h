// What is known of a code object before it is translated: its instructions,
// the stack depth at each, and which locals are certainly bound. Checking that
// the code is well formed is part of it: nothing behind this trusts the code.
#ifndef PYVM_CORE_BYTECODE_ANALYSIS_H_
#define PYVM_CORE_BYTECODE_ANALYSIS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "core/bytecode/python.h"

namespace pyvm {

// One instruction of CPython's bytecode, EXTENDED_ARG folded in.
struct SourceInstr {
  uint8_t op;
  uint32_t arg;
  uint32_t begin;       // code unit where it begins, with its EXTENDED_ARGs
  uint32_t unit;        // code unit of the opcode itself
  uint32_t end;         // first code unit behind it and its inline caches
  int32_t depth;        // values on the stack before it; -1 if unreachable
  uint32_t target;      // jumps: index of the instruction; else kNoTarget
  int32_t reads;        // values it reads from the top of the stack
  int32_t effect;       // change of the depth if it does not jump ...
  int32_t jump_effect;  // ... and if it does
  bool ends;            // control does not go on behind it
  bool leader;          // may be reached from elsewhere than the one before
};

inline constexpr uint32_t kNoTarget = 0xffffffff;

// One row of co_exceptiontable; bounds are code units.
struct ExceptionRange {
  uint32_t begin, end;
  uint32_t handler;
  uint32_t depth;  // values that stay on the stack
  bool lasti;      // whether the instruction number is pushed
};

struct Analysis {
  std::vector<SourceInstr> instrs;
  std::vector<uint32_t> instr_at;  // code unit -> index, kNoTarget in between
  std::vector<ExceptionRange> ranges;
  uint32_t num_locals = 0;
  uint32_t stack_size = 0;
  // bound_words words for each leader (see bound_at): bit i says that local i
  // is bound whenever the leader is reached, bit num_locals + d that slot d of
  // the stack is not null.
  uint32_t bound_words = 0;
  std::vector<uint32_t> bound_at;  // instr -> offset into `bound`, or kNoTarget
  std::vector<uint64_t> bound;
};

// Returns an empty string, or why `code` is not well formed.
std::string Analyze(PyCodeObject* code, Analysis* out);

}  // namespace pyvm

#endif  // PYVM_CORE_BYTECODE_ANALYSIS_H_
