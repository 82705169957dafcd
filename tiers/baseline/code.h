// The machine code of a unit.
#ifndef PYVM_TIERS_BASELINE_CODE_H_
#define PYVM_TIERS_BASELINE_CODE_H_

#include <cstdint>

#include "core/bytecode/opcodes.h"
#include "core/bytecode/unit.h"
#include "core/host/activation.h"

namespace pyvm::baseline {

// Unit::tier_code of a unit that this tier runs. Each instruction can be
// entered: its values are where the interpreter would have them. Only where
// machine registers hold a number that the instruction reads, or a later one,
// its offset has this flag, and who comes from outside runs handlers up to the
// next instruction that has not.
constexpr uint32_t kInside = uint32_t{1} << 31;
struct Code {
  const uint8_t* exec = nullptr;
  // offsets[i]: where instruction i begins, in bytes from `exec`, and perhaps
  // kInside. Words of operand lists have the offset of their instruction.
  uint32_t* offsets = nullptr;  // owned
  // Where the unit begins, and where it begins behind a RESUME.
  const uint8_t* start = nullptr;
  const uint8_t* resumed = nullptr;
  uint32_t size = 0;
  // How often the unit has been compiled anew, and how often instructions have
  // run since that are quickened by now and were not at compilation.
  uint32_t renewals = 0;
  uint32_t stale = 0;
};

// Null with a reason, a static string.
Code* Compile(const Unit& unit, const char** refused);

// Whether the operation waits to be quickened.
bool IsUnquickened(Op op);
// Counts a run of an instruction that was unquickened at compilation and is not
// any more; in time, compiles the unit again. True if it did.
bool NoteStale(Unit* unit);

// Gives the code back once no activation will return into it.
void Release(Code* code);

// An activation that is in this tier's code. All that live are known: what each
// has called will return to the address that lies below `stack`. Not on the C
// stack, which greenlets move away and back.
struct Visit {
  static Visit* Begin(const Activation* act) {
    Visit* visit = unused != nullptr ? unused : new Visit;
    unused = visit->next;
    visit->stack = nullptr;
    visit->cframe = &act->cframe;
    visit->prev = nullptr;
    visit->next = last;
    if (last != nullptr) last->prev = visit;
    last = visit;
    return visit;
  }
  static void End(Visit* visit) {
    if (visit->next != nullptr) visit->next->prev = visit->prev;
    (visit->prev != nullptr ? visit->prev->next : last) = visit->next;
    visit->next = unused;
    unused = visit;
    if (last == nullptr) NoneLeft();
  }
  // Nothing returns into any code now.
  static void NoneLeft();

  // Guarded by the GIL.
  static Visit* last;
  static Visit* unused;

  const uint8_t** stack = nullptr;  // the stack pointer of machine code
  const _PyCFrame* cframe = nullptr;
  Visit* prev = nullptr;
  Visit* next = nullptr;
};

// The instruction whose machine code begins at `address`; null if none does,
// or if it cannot be entered.
const Instr* InstrThatBeginsAt(const Unit* unit, const void* address);

}  // namespace pyvm::baseline

#endif  // PYVM_TIERS_BASELINE_CODE_H_
