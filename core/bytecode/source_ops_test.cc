// The table of CPython's instructions against CPython's own tables.
#include "core/bytecode/source_ops.h"

#include "core/bytecode/python.h"
#include "core/bytecode/test_python.h"
#include "gtest/gtest.h"

extern "C" const uint8_t _PyOpcode_Caches[256];

namespace pyvm {
namespace {

constexpr uint32_t kArguments[] = {0, 1,  2,  3,  4,   5,   6,   7,
                                   8, 15, 16, 17, 255, 256, 258, 1000};

// The change of the stack's depth as CPython's compiler reckons it, or
// PY_INVALID_STACK_EFFECT.
int EffectInCompiler(uint8_t op, uint32_t arg, bool jumps) {
  return PyCompile_OpcodeStackEffectWithJump(op, static_cast<int>(arg), jumps);
}

bool CountsForTheCompilersConvenience(uint8_t op) {
  return op == CALL || op == PRECALL || op == RETURN_GENERATOR;
}

TEST(SourceOpsTest, StackEffectsAreCPythons) {
  for (int i = 0; i < 256; ++i) {
    auto op = static_cast<uint8_t>(i);
    const SourceOp& row = SourceOpOf(op);
    if ((row.flags & kKnown) == 0 || CountsForTheCompilersConvenience(op)) {
      continue;
    }
    for (uint32_t arg : kArguments) {
      if (row.argument == Argument::kTwoOrThree && arg != 2 && arg != 3) {
        continue;
      }
      StackUse use = row.StackUseOf(arg);
      EXPECT_LE(use.pops, use.reads) << "opcode " << i;
      EXPECT_EQ(static_cast<int>(use.pushes - use.pops),
                EffectInCompiler(op, arg, false))
          << "opcode " << i << ", argument " << arg;
      if ((row.flags & (kJumps | kJumpsBack)) == 0) continue;
      EXPECT_EQ(static_cast<int>(PushesIfItJumps(op) - use.pops),
                EffectInCompiler(op, arg, true))
          << "opcode " << i;
    }
  }
}

TEST(SourceOpsTest, CachesAreCPythons) {
  for (int i = 0; i < 256; ++i) {
    const SourceOp& row = SourceOpOf(static_cast<uint8_t>(i));
    if ((row.flags & kKnown) == 0) continue;
    EXPECT_EQ(row.cache_units, _PyOpcode_Caches[i]) << "opcode " << i;
  }
}

TEST(SourceOpsTest, WhatTheCompilerDoesNotEmitIsNotKnown) {
  for (uint8_t op : {CACHE, EXTENDED_ARG, LOAD_FAST__LOAD_FAST, RESUME_QUICK}) {
    EXPECT_EQ(SourceOpOf(op).flags, 0) << "opcode " << static_cast<int>(op);
  }
}

}  // namespace
}  // namespace pyvm
