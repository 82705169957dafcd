// Base opcodes, concrete opcodes and their table, from opcodes.def.
#ifndef PYVM_CORE_BYTECODE_OPCODES_H_
#define PYVM_CORE_BYTECODE_OPCODES_H_

#include <array>
#include <cstdint>

#include "core/bytecode/instr.h"

namespace pyvm {

enum class Op : uint16_t {
#define PYVM_OP(name, ...) k##name,
#include "core/bytecode/opcodes.def"
#undef PYVM_OP
};

inline constexpr int kNumOps = 0
#define PYVM_OP(...) +1
#include "core/bytecode/opcodes.def"
#undef PYVM_OP
    ;

// What a field of an instruction holds; the letters of opcodes.def.
enum class Field : uint8_t { N, D, S, X, R, B, I, J, O, C, Z };

enum Effect : uint8_t {
  kEffectPure = 0,
  kEffectRaise = 1,
  kEffectCall = 2,
  kEffectJump = 4,
  kEffectEnd = 8,
  kEffectList = 16,
};

enum class Feedback : uint8_t { kNone, kTypes, kAttr, kGlobal, kCall, kIter };

struct OpInfo {
  const char* name;
  Field fields[3];
  uint8_t effects;
  Feedback feedback;
  const char* prose;

  constexpr int NumKinded() const {
    int n = 0;
    for (Field f : fields) n += f == Field::S;
    return n;
  }
  constexpr int NumVariants() const {
    return NumKinded() == 0 ? 1 : NumKinded() == 1 ? 3 : 9;
  }
};

namespace internal {
inline constexpr uint8_t pure = kEffectPure, raise = kEffectRaise,
                         call = kEffectCall, jump = kEffectJump,
                         end = kEffectEnd, list = kEffectList;
namespace feedback {
inline constexpr Feedback none = Feedback::kNone, types = Feedback::kTypes,
                          attr = Feedback::kAttr, global = Feedback::kGlobal,
                          call = Feedback::kCall, iter = Feedback::kIter;
}  // namespace feedback
inline constexpr OpInfo kOpTable[] = {
#define PYVM_OP(name, a, b, c, effects, fb, prose) \
  {#name, {Field::a, Field::b, Field::c}, effects, feedback::fb, prose},
#include "core/bytecode/opcodes.def"
#undef PYVM_OP
};

constexpr auto MakeFirstConcrete() {
  std::array<uint16_t, kNumOps + 1> first{};
  int next = 0;
  for (int i = 0; i < kNumOps; ++i) {
    first[i] = static_cast<uint16_t>(next);
    next += kOpTable[i].NumVariants();
  }
  first[kNumOps] = static_cast<uint16_t>(next);
  return first;
}
inline constexpr auto kFirstConcrete = MakeFirstConcrete();

constexpr auto MakeBaseOf() {
  std::array<Op, kFirstConcrete[kNumOps]> base{};
  for (int i = 0; i < kNumOps; ++i) {
    for (int j = kFirstConcrete[i]; j < kFirstConcrete[i + 1]; ++j) {
      base[j] = static_cast<Op>(i);
    }
  }
  return base;
}
inline constexpr auto kBaseOf = MakeBaseOf();
}  // namespace internal

inline constexpr int kNumConcreteOps = internal::kFirstConcrete[kNumOps];

constexpr const OpInfo& InfoOf(Op op) {
  return internal::kOpTable[static_cast<int>(op)];
}
constexpr uint16_t FirstConcrete(Op op) {
  return internal::kFirstConcrete[static_cast<int>(op)];
}
// The base opcode of a concrete one, which must be below kNumConcreteOps.
constexpr Op BaseOf(uint16_t concrete) { return internal::kBaseOf[concrete]; }

// The kinds of a concrete opcode: the first S field is the low ternary digit.
constexpr OperandKind KindedOperand(uint16_t concrete, int which) {
  int v = concrete - FirstConcrete(BaseOf(concrete));
  return static_cast<OperandKind>(which == 0 ? v % 3 : v / 3);
}

// The concrete opcode for `op` with these kinded operands.
constexpr uint16_t ConcreteOp(Op op) { return FirstConcrete(op); }
constexpr uint16_t ConcreteOp(Op op, Operand x) {
  return static_cast<uint16_t>(FirstConcrete(op) + static_cast<int>(KindOf(x)));
}
constexpr uint16_t ConcreteOp(Op op, Operand x, Operand y) {
  return static_cast<uint16_t>(FirstConcrete(op) + static_cast<int>(KindOf(x)) +
                               3 * static_cast<int>(KindOf(y)));
}
// Replaces the base of a concrete opcode by one with as many kinded operands.
constexpr uint16_t Rebase(uint16_t concrete, Op to) {
  return static_cast<uint16_t>(concrete - FirstConcrete(BaseOf(concrete)) +
                               FirstConcrete(to));
}

}  // namespace pyvm

#endif  // PYVM_CORE_BYTECODE_OPCODES_H_
