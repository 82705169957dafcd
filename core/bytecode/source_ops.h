// CPython 3.11's instructions: how long they are, where they jump, and what
// they do to the stack.
#ifndef PYVM_CORE_BYTECODE_SOURCE_OPS_H_
#define PYVM_CORE_BYTECODE_SOURCE_OPS_H_

#include <cstdint>

namespace pyvm {

// What an argument must be, for the instruction to be well formed.
enum class Argument : uint8_t {
  kAny,  // a number that is not absurd
  kJump,
  kConstant,
  kName,
  kNameOrNull,  // twice the number of a name, and whether a null comes first
  kLocal,
  kPositive,
  kUpTo1,
  kUpTo2,
  kUpTo3,
  kUpTo5,
  kUpTo25,
  // Below these, a limit is not all there is to check.
  kTwoOrThree,
  kKeywords,       // a constant that is a tuple
  kPlainLocal,     // a local that is neither a cell nor free
  kCell,           // one that is
  kFreeVariables,  // how many of these there are
  kGenerator,      // any, but only in a generator
};
inline constexpr int kNumArguments = static_cast<int>(Argument::kGenerator) + 1;

enum SourceFlags : uint8_t {
  kKnown = 1,
  kJumps = 2,  // to a target ahead of it ...
  kJumpsBack = 4,
  kEnds = 8,  // control does not go on behind it
  kSuspends = 16,
  kCannotRaise = 32,
  kTakesNull = 64,  // the lowest value that it reads may be missing
  kMoves = 128,     // it does not look at the values that it reads
};

// A number of values on the stack, as it depends on the argument.
struct StackCount {
  uint8_t fixed = 0;
  uint8_t per_arg = 0;
  uint8_t mask = 0;         // of the argument's lowest four bits
  bool unpacks_ex = false;  // two bytes of the argument are counts

  constexpr bool Varies() const {
    return per_arg != 0 || mask != 0 || unpacks_ex;
  }
  constexpr uint32_t Of(uint32_t arg) const {
    constexpr uint8_t kBits[16] = {0, 1, 1, 2, 1, 2, 2, 3,
                                   1, 2, 2, 3, 2, 3, 3, 4};
    if (unpacks_ex) return 1 + (arg & 0xff) + (arg >> 8);
    return fixed + per_arg * arg + kBits[arg & mask];
  }
};

// What an instruction does to the stack: see source_ops.def.
struct StackUse {
  uint32_t reads, pops, pushes;
};

// A row of source_ops.def; all zero for what the compiler does not emit.
struct SourceOp {
  uint8_t cache_units = 0;
  uint8_t flags = 0;
  Argument argument = Argument::kAny;
  bool varies = false;  // whether a count depends on the argument
  StackCount reads, pops, pushes;

  constexpr StackUse StackUseOf(uint32_t arg) const {
    if (!varies) return {reads.fixed, pops.fixed, pushes.fixed};
    return {reads.Of(arg), pops.Of(arg), pushes.Of(arg)};
  }
};

struct SourceOpTable {
  SourceOp rows[256];
};
extern const SourceOpTable kSourceOps;

inline const SourceOp& SourceOpOf(uint8_t op) { return kSourceOps.rows[op]; }

// Whether control does not go on behind `op`.
inline bool EndsFlow(uint8_t op) { return (SourceOpOf(op).flags & kEnds) != 0; }

// What `op` leaves in place of what it pops when it jumps, which must be one
// of those that can.
uint32_t PushesIfItJumps(uint8_t op);

}  // namespace pyvm

#endif  // PYVM_CORE_BYTECODE_SOURCE_OPS_H_
