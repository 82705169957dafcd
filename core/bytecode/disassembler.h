// Units as text.
#ifndef PYVM_CORE_BYTECODE_DISASSEMBLER_H_
#define PYVM_CORE_BYTECODE_DISASSEMBLER_H_

#include <string>
#include <vector>

#include "core/bytecode/unit.h"

namespace pyvm {

struct ListedInstr {
  uint32_t instr;    // index
  int line;          // of the source, where it is another one; else 0
  std::string text;  // one line, with its end
};

// The parts of a listing, in order.
struct UnitText {
  std::string header;
  std::vector<ListedInstr> instrs;
  std::string ranges;  // of exceptions
};
UnitText DisassembleByInstr(const Unit& unit);

// A constant, cut to a readable length.
std::string ConstantText(_object* constant);

// A listing of `unit`: source lines, instructions with named operands, jump
// targets, exception ranges, and the state of quickened sites. The GIL is held.
std::string Disassemble(const Unit& unit);

}  // namespace pyvm

#endif  // PYVM_CORE_BYTECODE_DISASSEMBLER_H_
