// Units as text.
#ifndef PYVM_CORE_BYTECODE_DISASSEMBLER_H_
#define PYVM_CORE_BYTECODE_DISASSEMBLER_H_

#include <string>

#include "core/bytecode/unit.h"

namespace pyvm {

// A listing of `unit`: source lines, instructions with named operands, jump
// targets, exception ranges, and the state of quickened sites. The GIL is held.
std::string Disassemble(const Unit& unit);

}  // namespace pyvm

#endif  // PYVM_CORE_BYTECODE_DISASSEMBLER_H_
