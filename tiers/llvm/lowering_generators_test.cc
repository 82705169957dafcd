// Machine code of generators: how it is left, and how it resumes others.
#include <string>

#include "gtest/gtest.h"
#include "tiers/llvm/compiled_for_test.h"
#include "tiers/llvm/lowering.h"

namespace pyvm::llvm_tier {
namespace {

// Yields what it has been sent, and leaves a box of 7 in a register.
constexpr char kYields[] = R"(
function f(n), 2 temporaries
generator
entry @1
b0:
  v0: object = TakeReg n
  v1: object = Received 0
  Safepoint [@1 n=v0 t0=v1]
  v2 = ConstInt 7
  v3 = BoxInt v2
  PutReg v0, n
  PutReg v3, t1
  Suspend v1, @3
)";

TEST(LoweringGeneratorsTest, Suspends) {
  Compiled f(kYields);
  EXPECT_EQ(f.Resume({PyLong_FromLong(1000)}, PyLong_FromLong(2000)),
            "suspended @0 2000, stack 1, goes on @4: 1000 null 7");
}

TEST(LoweringGeneratorsTest, NothingSentIsNone) {
  Compiled f(kYields);
  EXPECT_EQ(f.Resume({PyLong_FromLong(1000)}, nullptr),
            "suspended @0 None, stack 1, goes on @4: 1000 null 7");
}

TEST(LoweringGeneratorsTest, RegistersKeepWhatTheyHold) {
  Compiled f(R"(
function f(k, m, n), 1 temporaries
generator
entry @1
b0:
  v0: object = HeldReg k
  v1: object = HeldReg m
  v2: object = HeldReg n
  v3: object = Received 0
  v4 = Null
  PutReg v0, k
  PutReg v2, m
  PutReg v1, n
  PutReg v4, t0
  Suspend v3, @3
)");
  EXPECT_EQ(f.Resume({PyLong_FromLong(1000), PyLong_FromLong(2000),
                      PyLong_FromLong(3000)},
                     PyLong_FromLong(4000)),
            "suspended @0 4000, stack 3, goes on @4: 1000 3000 2000 null");
}

TEST(LoweringGeneratorsTest, EmptiesWhatItHasTaken) {
  Compiled f(R"(
function f(n), 1 temporaries
generator
entry @1
b0:
  v0: object = HeldReg n
  v1 = Received 1
  v2 = Null
  PutReg v2, n
  Suspend v0, @3
)");
  EXPECT_EQ(f.Resume({PyLong_FromLong(1000)}, nullptr),
            "suspended @0 1000, stack 1, goes on @4: null null");
}

TEST(LoweringGeneratorsTest, EndsWithItsLocals) {
  Compiled f(R"(
function f(n), 1 temporaries
generator
entry @1
b0:
  v0: object = TakeReg n
  v1 = Received 1
  XDecRef v1 [@1 n=v0]
  IncRef v0
  PutReg v0, n
  EndGenerator v0, @5
)");
  EXPECT_EQ(f.Resume({PyLong_FromLong(1000)}, PyLong_FromLong(2000)),
            "ended @0 1000, stack 1: 1000 null");
  EXPECT_EQ(f.Resume({PyLong_FromLong(1000)}, nullptr),
            "ended @0 1000, stack 1: 1000 null");
}

TEST(LoweringGeneratorsTest, ResumesAGenerator) {
  Compiled f(R"(
function f(g), 1 temporaries
b0:
  v0: object = TakeReg g
  v2 = ResumeNext v0 [@2 g=v0]
  v3 = Null
  v4 = IsSame v2, v3
  Branch v4, b1, b2
b1: from b0
  DecRef v0 [@3]
  v5: object = Const None
  IncRef v5
  Return v5
b2: from b0
  DecRef v0 [@4 t0=v2]
  v6: object = AssumeFull v2
  Return v6
)");
  EXPECT_EQ(f.Run({Evaluate("g = (x for x in (5, 6))", "g")}), "5");
  EXPECT_EQ(f.Run({Evaluate("g = (x for x in ())", "g")}), "None");
  EXPECT_TRUE(f.Run({Evaluate("g = (1 // x for x in (0,))", "g")})
                  .starts_with("raised ResumeNext @2"));
}

TEST(LoweringGeneratorsTest, Sends) {
  Compiled f(R"(
function f(g, v), 1 temporaries
b0:
  v0: object = TakeReg g
  v1: object = TakeReg v
  v2 = Send v0, v1 [@2 g=v0]
  v3 = Null
  v4 = IsSame v2, v3
  Branch v4, b1, b2
b1: from b0
  v5 = Sent
  DecRef v0 [@3 t0=v5]
  Return v5
b2: from b0
  DecRef v0 [@4 t0=v2]
  v6: object = AssumeFull v2
  Return v6
)");
  const char* source = "def f():\n  x = yield 1\n  return x\ng = f()\n";
  auto begun = std::string(source) + "next(g)\n";
  EXPECT_EQ(f.Run({Evaluate(source, "g"), Py_NewRef(Py_None)}), "1");
  EXPECT_EQ(f.Run({Evaluate(begun, "g"), PyLong_FromLong(9)}), "9");
  EXPECT_EQ(f.Run({Evaluate("g = iter([3])", "g"), Py_NewRef(Py_None)}), "3");
  EXPECT_TRUE(f.Run({Evaluate(source, "g"), PyLong_FromLong(9)})
                  .starts_with("raised Send @2"));
}

TEST(LoweringGeneratorsTest, SendsByTheMethod) {
  Compiled f(R"(
function f(g, v), 1 temporaries
b0:
  v0: object = TakeReg g
  v1: object = TakeReg v
  v2 = SendMethod v0, v1 [@2 g=v0]
  DecRef v0 [@3 t0=v2]
  Return v2
)");
  const char* source = "def f():\n  x = yield 1\n  return x\ng = f()\n";
  auto begun = std::string(source) + "next(g)\n";
  EXPECT_EQ(f.Run({Evaluate(source, "g"), Py_NewRef(Py_None)}), "1");
  EXPECT_TRUE(f.Run({Evaluate(begun, "g"), PyLong_FromLong(9)})
                  .ends_with("StopIteration"));
}

}  // namespace
}  // namespace pyvm::llvm_tier
