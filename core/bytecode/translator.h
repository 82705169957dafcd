// From CPython's code objects to units.
//
// The stack machine is run symbolically: a push of a local or a constant emits
// nothing but leaves a pending operand, which its reader takes directly. A
// value that must be in its stack slot (at a join, below an exception handler's
// depth, in a window) is moved there. Temporary d of the stack is register
// co_nlocalsplus + d, so a frame's registers are CPython's own slots.
#ifndef PYVM_CORE_BYTECODE_TRANSLATOR_H_
#define PYVM_CORE_BYTECODE_TRANSLATOR_H_

#include <string>
#include <vector>

#include "core/bytecode/python.h"
#include "core/bytecode/unit.h"

namespace pyvm {

// Returns a new unit for `code` (borrowed), or null with SystemError set when
// the code object is not well formed, or MemoryError.
Unit* Translate(PyCodeObject* code);

// Frees the unit and all that it owns.
void FreeUnit(Unit* unit);

// What CPython's evaluator would find just before instruction `instr` of
// `unit`: the code unit it would execute next, and its stack from the bottom.
// An entry is an operand as in instr.h, or kNullEntry. Empty `ok` when the code
// cannot be analysed, which cannot happen for code that was translated.
inline constexpr Operand kNullEntry = 0x3fff;
struct StackImage {
  bool ok = false;
  uint32_t next_unit = 0;
  std::vector<Operand> entries;
};
StackImage DescribeStack(const Unit& unit, uint32_t instr);

}  // namespace pyvm

#endif  // PYVM_CORE_BYTECODE_TRANSLATOR_H_
