// What is known of a code object before it is translated: its instructions,
// the stack depth at each, and which locals are certainly bound. Checking that
// the code is well formed is part of it: nothing behind this trusts the code.
#ifndef PYVM_CORE_BYTECODE_ANALYSIS_H_
#define PYVM_CORE_BYTECODE_ANALYSIS_H_

#include <cstdint>
#include <memory_resource>
#include <string>
#include <vector>

#include "core/bytecode/python.h"

namespace pyvm {

// One instruction of CPython's bytecode, EXTENDED_ARG folded in.
struct SourceInstr {
  uint8_t op;
  bool leader;  // may be reached from elsewhere than the one before
  uint32_t arg;
  uint32_t begin;   // code unit where it begins, with its EXTENDED_ARGs
  uint32_t unit;    // code unit of the opcode itself
  int32_t depth;    // values on the stack before it; -1 if unreachable
  uint32_t target;  // jumps: index of the instruction; else kNoTarget
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
  // What it holds is allocated from `memory`, which must outlive it.
  explicit Analysis(
      std::pmr::memory_resource* memory = std::pmr::new_delete_resource())
      : instrs(memory),
        instr_at(memory),
        ranges(memory),
        bound_at(memory),
        bound(memory) {}

  std::pmr::vector<SourceInstr> instrs;
  std::pmr::vector<uint32_t> instr_at;  // code unit -> index, or kNoTarget
  std::pmr::vector<ExceptionRange> ranges;
  uint32_t num_locals = 0;
  uint32_t stack_size = 0;
  // bound_words words for each leader (see bound_at): bit i says that local i
  // is bound whenever the leader is reached, bit num_locals + d that slot d of
  // the stack is not null.
  uint32_t bound_words = 0;
  std::pmr::vector<uint32_t> bound_at;  // instr -> offset, or kNoTarget
  std::pmr::vector<uint64_t> bound;
};

// Returns an empty string, or why `code` is not well formed.
std::string Analyze(PyCodeObject* code, Analysis* out);

}  // namespace pyvm

#endif  // PYVM_CORE_BYTECODE_ANALYSIS_H_
