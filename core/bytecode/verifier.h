// Whether a unit is what the tiers take for granted. Nothing needs it to run:
// tests ask it, and debug builds ask it of every unit that is translated.
#ifndef PYVM_CORE_BYTECODE_VERIFIER_H_
#define PYVM_CORE_BYTECODE_VERIFIER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/bytecode/unit.h"

namespace pyvm {

// What the registers hold before each instruction, on all paths that lead to
// it. A register may be certainly full, certainly null, or neither: an unbound
// local, or the first of the two that LOAD_METHOD leaves.
struct FlowStates {
  size_t words = 0;  // a state's size
  std::vector<uint64_t> full, maybe;
  std::vector<bool> reached;  // false for list words and dead code

  bool IsFull(uint32_t instr, uint32_t reg) const {
    return (full[instr * words + reg / 64] >> reg % 64 & 1) != 0;
  }
  bool MayBeFull(uint32_t instr, uint32_t reg) const {
    return (maybe[instr * words + reg / 64] >> reg % 64 & 1) != 0;
  }
};

// Returns an empty string, or the first thing that is wrong with `unit`:
//  - fields: registers, constants, names, caches and jumps are in range, and
//    operands are of the kinds that the opcode says;
//  - tables: entry points and positions are sorted, and point to instructions;
//  - flow, on all paths, exceptions included: what is read holds a value; a
//    temporary is consumed once, and is null when it is written, at a return,
//    and above the stack of a suspended generator.
// `states`, unless null, receives what flows where. The GIL is held.
std::string Verify(const Unit& unit, FlowStates* states = nullptr);

}  // namespace pyvm

#endif  // PYVM_CORE_BYTECODE_VERIFIER_H_
