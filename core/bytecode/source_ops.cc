#include "core/bytecode/source_ops.h"

#include "core/bytecode/python.h"

namespace pyvm {
namespace {

// The notation of source_ops.def.
struct Count : StackCount {
  constexpr Count(int n) { fixed = static_cast<uint8_t>(n); }  // NOLINT
};
constexpr Count operator+(Count a, Count b) {
  a.fixed += b.fixed;
  a.per_arg += b.per_arg;
  a.mask |= b.mask;
  return a;
}
constexpr Count operator*(int n, Count a) {
  a.per_arg = static_cast<uint8_t>(n * a.per_arg);
  return a;
}
constexpr Count MakeArg() {
  Count arg = 0;
  arg.per_arg = 1;
  return arg;
}
constexpr Count BitsOf(uint8_t mask) {
  Count bits = 0;
  bits.mask = mask;
  return bits;
}
constexpr Count UnpackEx() {
  Count count = 0;
  count.unpacks_ex = true;
  return count;
}

constexpr SourceOp Row(uint8_t caches, int flags, Argument argument,
                       Count reads, Count pops, Count pushes) {
  return {.cache_units = caches,
          .flags = static_cast<uint8_t>(flags | kKnown),
          .argument = argument,
          .varies = reads.Varies() || pops.Varies() || pushes.Varies(),
          .reads = reads,
          .pops = pops,
          .pushes = pushes};
}

constexpr SourceOpTable MakeTable() {
  using enum Argument;
  constexpr Count arg = MakeArg();
  SourceOpTable table;
#define PYVM_SOURCE_OP(name, caches, reads, pops, pushes, argument, flags) \
  table.rows[name] = Row(caches, flags, argument, reads, pops, pushes);
#include "core/bytecode/source_ops.def"
#undef PYVM_SOURCE_OP
  return table;
}

}  // namespace

constexpr SourceOpTable kSourceOps = MakeTable();

uint32_t PushesIfItJumps(uint8_t op) {
  return op == JUMP_IF_TRUE_OR_POP || op == JUMP_IF_FALSE_OR_POP ? 1 : 0;
}

}  // namespace pyvm
