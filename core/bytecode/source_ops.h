// CPython 3.11's instructions: how long they are, where they jump, and what
// they do to the stack.
#ifndef PYVM_CORE_BYTECODE_SOURCE_OPS_H_
#define PYVM_CORE_BYTECODE_SOURCE_OPS_H_

#include <cstdint>

namespace pyvm {

// Whether the compiler can emit `op`: not the specialised ones, nor CACHE.
bool IsKnown(uint8_t op);

// Code units of the inline cache behind `op`.
uint32_t CacheUnits(uint8_t op);

enum class JumpKind { kNone, kForward, kBackward };
JumpKind JumpKindOf(uint8_t op);

// Whether control does not go on behind `op`.
bool EndsFlow(uint8_t op);

// Values that an instruction reads from the stack, counted from its top ...
uint32_t StackReads(uint8_t op, uint32_t arg);
// ... and how many of them it takes away or replaces.
uint32_t StackPops(uint8_t op, uint32_t arg);

// The change of the stack's depth, if the instruction jumps or if it does not;
// CPython's own table, with the places where that counts for the compiler's
// convenience put right.
int StackEffect(uint8_t op, uint32_t arg, bool jumps);

}  // namespace pyvm

#endif  // PYVM_CORE_BYTECODE_SOURCE_OPS_H_
