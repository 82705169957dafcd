// What a plugin that takes machine code apart does for --dump=asm; its `api`
// pointer is a `const Disassembler*`. It is a plugin so that nobody else pays
// for the tables that it needs.
#ifndef PYVM_CORE_LISTING_DISASSEMBLER_H_
#define PYVM_CORE_LISTING_DISASSEMBLER_H_

#include <cstddef>
#include <cstdint>

namespace pyvm {

struct DecodedInstr {
  uint32_t length;     // in bytes; not zero
  uint64_t target;     // of a direct jump or call; else 0
  uint64_t immediate;  // an operand that may be an address; else 0
  char text[160];      // mnemonic, a tab, operands; ends with NUL
};

struct Disassembler {
  // The instruction at `code`, of which `size` bytes may be read, and which
  // runs at `address`. False if there is none.
  bool (*decode)(const uint8_t* code, size_t size, uint64_t address,
                 DecodedInstr* decoded);
};

}  // namespace pyvm

#endif  // PYVM_CORE_LISTING_DISASSEMBLER_H_
