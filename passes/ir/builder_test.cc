// Every unit of the standard library builds into IR that holds together, or is
// refused with a reason; and what feedback makes of a few functions.
#include "passes/ir/builder.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

#include "core/bytecode/decode.h"
#include "core/bytecode/test_python.h"
#include "gtest/gtest.h"
#include "passes/ir/printer.h"
#include "passes/ir/verifier.h"

namespace pyvm::ir {
namespace {

// Where the unit can be entered: its start, its loops, and where it is resumed.
std::vector<uint32_t> EntriesOf(const Unit& unit) {
  std::set<uint32_t> entries;
  constexpr int kGenerators = CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR;
  if ((unit.code->co_flags & kGenerators) == 0) entries.insert(0);
  for (uint32_t i = 0; i < unit.num_instrs; i += InstrWords(unit, i)) {
    pyvm::Op op = BaseOf(unit.instrs[i].op);
    if (op == pyvm::Op::kYIELD || op == pyvm::Op::kRETURN_GENERATOR) {
      entries.insert(i + 1);
    }
    int64_t target = JumpTarget(unit, i);
    if (target >= 0 && target <= i) {
      entries.insert(static_cast<uint32_t>(target));
    }
  }
  return {entries.begin(), entries.end()};
}

struct Outcome {
  int built = 0;
  std::map<std::string, int> refused;
};

void BuildAll(const BuildOptions& options, Outcome* outcome) {
  int failures = 0;
  for (const OwnedCode& module : StandardLibrary()) {
    for (const OwnedCode& code : WithNested(module.get())) {
      std::string error;
      OwnedUnit unit = TranslateOrError(code.get(), &error);
      ASSERT_NE(unit, nullptr) << error;
      for (uint32_t entry : EntriesOf(*unit)) {
        BuildOptions here = options;
        here.entry_instr = entry;
        const char* refused = nullptr;
        auto function = Build(unit.get(), here, &refused);
        if (function == nullptr) {
          ASSERT_NE(refused, nullptr);
          ++outcome->refused[refused];
          break;
        }
        ++outcome->built;
        error = Verify(*function);
        if (error.empty()) continue;
        ADD_FAILURE() << pyvm::Describe(code.get()) << ", entered at " << entry
                      << ": " << error;
        if (++failures == 10) FAIL() << "and so on";
      }
    }
  }
}

void ExpectReasons(const Outcome& outcome) {
  const std::set<std::string> expected = {"its names are in a namespace",
                                          "it uses super", "it is too large"};
  for (const auto& [reason, count] : outcome.refused) {
    EXPECT_TRUE(expected.contains(reason)) << reason << ": " << count;
  }
  EXPECT_GT(outcome.built, 10000);
}

TEST(BuilderTest, StandardLibraryByGenericOperations) {
  BuildOptions options;
  options.cold_is_generic = true;
  Outcome outcome;
  BuildAll(options, &outcome);
  ExpectReasons(outcome);
}

TEST(BuilderTest, StandardLibraryWithColdCode) {
  Outcome outcome;
  BuildAll({}, &outcome);
  ExpectReasons(outcome);
}

TEST(BuilderTest, StandardLibraryWhereSpeculationHasFailed) {
  BuildOptions options;
  options.denied = [](const Unit*, uint32_t instr) { return instr % 3 == 1; };
  Outcome outcome;
  BuildAll(options, &outcome);
  ExpectReasons(outcome);
}

// --- Feedback
// ----------------------------------------------------------------

// A function whose binary operations have met operands of one kind.
class Quickened {
 public:
  Quickened(const char* source, std::map<uint32_t, pyvm::Op> by_oparg) {
    code_ = CompileFunction(source, "f");
    std::string error;
    unit_ = TranslateOrError(code_.get(), &error);
    EXPECT_NE(unit_, nullptr) << error;
    for (uint32_t i = 0; i < unit_->num_instrs; i += InstrWords(*unit_, i)) {
      Instr& in = unit_->instrs[i];
      if (BaseOf(in.op) == pyvm::Op::kBINARY_OP) {
        uint32_t oparg = unit_->first_code_unit[unit_->PositionOf(&in)] >> 8;
        if (by_oparg.contains(oparg)) in.op = Rebase(in.op, by_oparg[oparg]);
      } else if (BaseOf(in.op) == pyvm::Op::kLOAD_ITEM) {
        in.op = Rebase(in.op, pyvm::Op::kLOAD_ITEM_LIST);
      }
    }
  }

  std::string Text(BuildOptions options = {}) {
    const char* refused = nullptr;
    function_ = Build(unit_.get(), options, &refused);
    if (function_ == nullptr) return refused;
    EXPECT_EQ(Verify(*function_), "");
    return Print(*function_);
  }

  int Count(Op op) const {
    int count = 0;
    for (Block* block : function_->blocks()) {
      for (Node* node : NodesOf(block)) count += node->op == op;
    }
    return count;
  }

 private:
  OwnedCode code_;
  OwnedUnit unit_;
  std::unique_ptr<Function> function_;
};

constexpr uint32_t kAdd = 0, kMultiply = 5, kInplaceAdd = 13;

TEST(BuilderTest, IntsOfALoopAreKnown) {
  Quickened f("def f(n):\n  i = 0\n  while i < n:\n    i += 1\n  return i\n",
              {{kInplaceAdd, pyvm::Op::kADD_INT}});
  std::string text = f.Text();
  EXPECT_EQ(f.Count(Op::kAddInt), 1) << text;
  EXPECT_EQ(f.Count(Op::kCompareInt), 2) << text;
  EXPECT_EQ(f.Count(Op::kCompareBool), 0) << text;
  // That of n; what i is follows.
  EXPECT_EQ(f.Count(Op::kGuardType), 1) << text;
  EXPECT_EQ(f.Count(Op::kSafepoint), 1) << text;
}

TEST(BuilderTest, WhatHasFailedIsNotTriedAgain) {
  Quickened f("def f(n):\n  i = 0\n  while i < n:\n    i += 1\n  return i\n",
              {{kInplaceAdd, pyvm::Op::kADD_INT}});
  BuildOptions options;
  options.denied = [](const Unit*, uint32_t) { return true; };
  std::string text = f.Text(options);
  EXPECT_EQ(f.Count(Op::kAddInt), 0) << text;
  EXPECT_EQ(f.Count(Op::kBinaryBig), 1) << text;
  // Nor are what is no int, and what raises, taken for big ints.
  for (std::string_view reason : {"GuardType", "BinaryBig"}) {
    options.failed = [reason](const Unit*, uint32_t, const char* op) {
      return reason == op;
    };
    text = f.Text(options);
    EXPECT_EQ(f.Count(Op::kBinaryBig), 0) << text;
    EXPECT_EQ(f.Count(Op::kBinary), 1) << text;
  }
  options.failed = [](const Unit*, uint32_t, const char*) { return true; };
  text = f.Text(options);
  EXPECT_EQ(f.Count(Op::kCompareBool), 2) << text;
}

TEST(BuilderTest, FloatsMeetInts) {
  Quickened f(
      "def f(x):\n  return 2 * x + 0.5\n",
      {{kMultiply, pyvm::Op::kMUL_FLOAT}, {kAdd, pyvm::Op::kADD_FLOAT}});
  std::string text = f.Text();
  EXPECT_EQ(f.Count(Op::kMulFloat), 1) << text;
  EXPECT_EQ(f.Count(Op::kAddFloat), 1) << text;
  EXPECT_EQ(f.Count(Op::kConstFloat), 2) << text;
  EXPECT_EQ(f.Count(Op::kUnboxFloat), 1) << text;
}

TEST(BuilderTest, ALoopIsEnteredWithTheRegistersOfTheFrame) {
  Quickened f("def f(n):\n  i = 0\n  while i < n:\n    i += 1\n  return i\n",
              {{kInplaceAdd, pyvm::Op::kADD_INT}});
  BuildOptions options;
  f.Text();
  options.entry_instr = 3;
  std::string text = f.Text(options);
  EXPECT_EQ(f.Count(Op::kTakeReg), 2) << text;
  EXPECT_EQ(f.Count(Op::kCompareInt), 1) << text;
}

TEST(BuilderTest, ItemsOfLists) {
  Quickened f("def f(a, i):\n  return a[i] + a[i + 1]\n",
              {{kAdd, pyvm::Op::kADD_INT}});
  std::string text = f.Text();
  EXPECT_EQ(f.Count(Op::kListItem), 2) << text;
  EXPECT_EQ(f.Count(Op::kCall), 0) << text;
  // The list, i and the two items.
  EXPECT_EQ(f.Count(Op::kGuardType), 4) << text;
}

TEST(BuilderTest, CodeThatHasNeverRunIsLeft) {
  Quickened f("def f(a):\n  return a.b + 1\n", {});
  std::string text = f.Text();
  EXPECT_EQ(f.Count(Op::kDeopt), 1) << text;
  EXPECT_EQ(f.Count(Op::kLoadAttr), 0) << text;
}

}  // namespace
}  // namespace pyvm::ir
