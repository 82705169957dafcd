// Machine code beside the bytecode that it was made of: lines for debuggers and
// profilers, and the listings of --dump=asm.
#ifndef PYVM_CORE_LISTING_LISTING_H_
#define PYVM_CORE_LISTING_LISTING_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/bytecode/unit.h"
#include "core/code/code_info.h"
#include "core/listing/disassembler.h"

namespace pyvm {

// From `offset` (bytes from the beginning of the code) to the next place, code
// is that of instruction `instr`; of none where that is Unit::num_instrs. The
// first place of an instruction is where it begins, later ones are out of line.
struct CodePlace {
  uint32_t offset;
  uint32_t instr;
};

// The machine code of a unit, in the order of the bytecode and what is out of
// line behind it.
struct UnitCode {
  const char* tier;
  const uint8_t* exec;
  uint32_t size;
  std::vector<CodePlace> places;  // sorted by offset
};

// Machine code in an order of its own, of instructions of several units: from
// `offset` to the next place it is that of the operation `text`, which belongs
// to this instruction. `unit` null: of none, or of several.
struct OptimizedPlace {
  uint32_t offset;
  const Unit* unit;
  uint32_t instr;
  std::string text;
};
struct OptimizedCode {
  std::string what;  // the tier, and what else there is to say
  const uint8_t* exec;
  uint32_t size;
  std::vector<OptimizedPlace> places;  // sorted by offset
  // What is at an address that the tier alone knows; "" for others.
  std::function<std::string(uint64_t)> name_of;
};

// CodeInfo::lines. The GIL is held here and below.
std::vector<CodeLine> LinesOf(const Unit& unit,
                              const std::vector<CodePlace>& places);

// Bytecode, source lines where the file can be read, and machine code.
std::string ListCode(const Unit& unit, const UnitCode& code,
                     const Disassembler& disassembler);
std::string ListCode(const Unit& unit, const OptimizedCode& code,
                     const Disassembler& disassembler);

// --- --dump=asm --------------------------------------------------------------

// What takes the code apart; given once, by the driver, before any unit.
void SetDisassembler(const Disassembler* disassembler);

// Whether the unit's code is to be shown.
bool WantsAsm(const Unit& unit);
// Shows the code, which TheCodeMap() knows, on standard error. Leaves an
// exception that is set as it is.
void DumpAsm(const Unit& unit, const UnitCode& code);
void DumpAsm(const Unit& unit, const OptimizedCode& code);

}  // namespace pyvm

#endif  // PYVM_CORE_LISTING_LISTING_H_
