// Walking over a unit's instructions.
#ifndef PYVM_CORE_BYTECODE_DECODE_H_
#define PYVM_CORE_BYTECODE_DECODE_H_

#include <cstdint>
#include <string_view>

#include "core/bytecode/opcodes.h"
#include "core/bytecode/unit.h"
#include "core/feedback/inline_cache.h"

namespace pyvm {

// Whether `op` is followed by a list whose length stands in its cache.
constexpr bool IsCall(Op op) {
  return (InfoOf(op).effects & kEffectList) != 0 &&
         InfoOf(op).fields[2] == Field::C;
}
// Whether a call's callable is in its window, as LOAD_METHOD leaves it, and not
// in its list.
constexpr bool IsMethodCall(Op op) {
  return std::string_view(InfoOf(op).name).starts_with("CALL_METHOD") ||
         op == Op::kCALL_LIST_APPEND;
}

// The number of operands in the list behind `in`; 0 if it has none.
inline uint32_t ListLength(const Unit& unit, const Instr& in) {
  Op op = BaseOf(in.op);
  if (InfoOf(op).fields[1] == Field::Z) return in.b;
  if (!IsCall(op)) return 0;
  return unit.caches()[in.c].num_args + (IsMethodCall(op) ? 0u : 1u);
}

// The words that instruction i takes, with its list.
inline uint32_t InstrWords(const Unit& unit, uint32_t i) {
  return 1 + ListWords(ListLength(unit, unit.instrs[i]));
}

// Where instruction i jumps to, or -1 if it does not.
inline int64_t JumpTarget(const Unit& unit, uint32_t i) {
  const Instr& in = unit.instrs[i];
  const OpInfo& info = InfoOf(BaseOf(in.op));
  if ((info.effects & kEffectJump) == 0) return -1;
  return static_cast<int64_t>(i) + (info.fields[2] == Field::J
                                        ? static_cast<int16_t>(in.c)
                                        : LongJump(in));
}

}  // namespace pyvm

#endif  // PYVM_CORE_BYTECODE_DECODE_H_
