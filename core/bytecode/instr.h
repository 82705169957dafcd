// The encoding of one instruction, and of an operand.
#ifndef PYVM_CORE_BYTECODE_INSTR_H_
#define PYVM_CORE_BYTECODE_INSTR_H_

#include <cstdint>

namespace pyvm {

// Eight bytes. `op` is a concrete opcode: base opcode plus operand kinds (see
// opcodes.h). Instructions with an operand list are followed by
// ListWords(n) words that hold four operands each, in fields op, a, b, c.
struct Instr {
  uint16_t op;
  uint16_t a;
  uint16_t b;
  uint16_t c;
};
static_assert(sizeof(Instr) == 8);

// A source operand:
//   local      0x0000 | register: borrowed, stays where it is
//   temporary  0x4000 | register: owned, consumed by its reader, which leaves
//              null in the register
//   constant   negative as int16: pool[operand], borrowed
using Operand = uint16_t;

inline constexpr uint32_t kTempFlag = 0x4000;
inline constexpr uint32_t kMaxRegisters = 0x4000;
inline constexpr uint32_t kMaxConstantOperand = 0x7fff;

enum class OperandKind : uint8_t { kLocal = 0, kTemp = 1, kConst = 2 };

constexpr OperandKind KindOf(Operand x) {
  if (static_cast<int16_t>(x) < 0) return OperandKind::kConst;
  return (x & kTempFlag) != 0 ? OperandKind::kTemp : OperandKind::kLocal;
}
constexpr Operand LocalOperand(uint32_t reg) {
  return static_cast<Operand>(reg);
}
constexpr Operand TempOperand(uint32_t reg) {
  return static_cast<Operand>(reg | kTempFlag);
}
constexpr Operand ConstOperand(uint32_t index) {
  return static_cast<Operand>(-1 - static_cast<int32_t>(index));
}
constexpr uint32_t RegisterOf(Operand x) { return x & (kTempFlag - 1); }
constexpr uint32_t ConstIndexOf(Operand x) {
  return static_cast<uint32_t>(-1 - static_cast<int16_t>(x));
}

constexpr uint32_t ListWords(uint32_t n) { return (n + 3) / 4; }

// Operand i of the list that follows instruction `pc`.
inline Operand ListOperand(const Instr* pc, uint32_t i) {
  return reinterpret_cast<const Operand*>(pc + 1)[i];
}

// A 32-bit jump distance in fields b (low) and c (high), counted in
// instructions from the instruction itself.
constexpr int32_t LongJump(Instr i) {
  return static_cast<int32_t>(static_cast<uint32_t>(i.b) |
                              static_cast<uint32_t>(i.c) << 16);
}

}  // namespace pyvm

#endif  // PYVM_CORE_BYTECODE_INSTR_H_
