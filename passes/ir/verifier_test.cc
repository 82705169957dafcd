#include "passes/ir/verifier.h"

#include "core/bytecode/test_python.h"
#include "gtest/gtest.h"
#include "passes/ir/parser.h"

namespace pyvm::ir {
namespace {

std::string VerifyText(const std::string& body) {
  Parsed parsed = Parse(
      "function f(x, y), 1 temporaries\nunit g(n), 0 temporaries\n" + body);
  EXPECT_EQ(parsed.error, "") << body;
  return parsed.function != nullptr ? Verify(*parsed.function) : "";
}

void ExpectGood(const std::string& body) {
  EXPECT_EQ(VerifyText(body), "") << body;
}
void ExpectBad(const std::string& body, const std::string& what) {
  std::string error = VerifyText(body);
  EXPECT_NE(error.find(what), std::string::npos)
      << body << "says: " << error << "\nnot: " << what;
}

TEST(VerifierTest, Structure) {
  ExpectGood("b0:\n  Deopt [@0]\n");
  ExpectBad("b0:\n", "b0 is empty");
  ExpectBad("b0:\n  v0 = ConstInt 1\n", "the block has no end");
  ExpectBad("b0:\n  Deopt [@0]\n  Deopt [@0]\n", "ends a block in its middle");
  ExpectBad("b0:\n  Jump b1\nb1:\n  Deopt [@0]\n",
            "b0 goes to b1, whose predecessors do not tell");
  ExpectBad("b0:\n  Deopt [@0]\nb1: from b0\n  Deopt [@0]\n",
            "b1: b0 does not go there");
  ExpectBad("b0:\n  Jump\n", "Jump in b0: has 0 successors");
  ExpectBad("b0:\n  Jump b0\n", "b0 goes to b0, whose");
  ExpectBad("b0: from b0\n  Jump b0\n", "is the entry, and has predecessors");
  ExpectBad(
      "b0:\n  v0 = ConstInt 1\n  Jump b1\n"
      "b1: from b0\n  v1 = ConstInt 2\n  v2: int = Phi v0\n  Deopt [@0]\n",
      "a phi behind other nodes");
  ExpectBad(
      "b0:\n  v0 = ConstInt 1\n  Jump b1\n"
      "b1: from b0\n  v2: int = Phi v0, v0\n  Deopt [@0]\n",
      "has 2 inputs, not 1");
}

TEST(VerifierTest, Inputs) {
  ExpectBad("b0:\n  v0 = ConstInt 1\n  v1 = BoxFloat v0\n  Deopt [@0]\n",
            "v1 = BoxFloat v0 in b0: v0 is int, not a float");
  ExpectBad("b0:\n  v0 = Null\n  v1 = LoadInline v0, 1 [@0]\n  Deopt [@0]\n",
            "v0 is object?, not an object");
  ExpectBad("b0:\n  v0 = ConstInt 1\n  v1 = AddInt v0 [@0]\n  Deopt [@0]\n",
            "has 1 inputs, not 2");
  ExpectBad("b0:\n  v0 = ConstInt 1\n  v1 = NegInt v0\n  Deopt [@0]\n",
            "has no state");
  ExpectBad(
      "b0:\n  v0 = ConstInt 1\n  Jump b1\n"
      "b1: from b0\n  v1: float = Phi v0\n  Deopt [@0]\n",
      "v0 is int");
}

TEST(VerifierTest, DefinitionsDominateUses) {
  ExpectBad("b0:\n  v1 = NegInt v0 [@0]\n  v0 = ConstInt 1\n  Deopt [@0]\n",
            "v0 does not dominate its use");
  ExpectBad(
      "b0:\n  v1 = UnboxBool v0 [@0 x=v1]\n  v0 = Const True\n"
      "  Deopt [@0]\n",
      "v0 does not dominate its use");
  ExpectBad(
      "b0:\n  v1 = ConstInt 1\n  v2 = NegInt v1 [@0 x=v2]\n  Deopt [@0]\n",
      "v2 does not dominate the state");
  const char diamond[] =
      "b0:\n  v0 = ConstBool 1\n  Branch v0, b1, b2\n"
      "b1: from b0\n  v1 = ConstInt 1\n  Jump b3\n"
      "b2: from b0\n  v2 = ConstInt 2\n  Jump b3\n";
  ExpectGood(std::string(diamond) +
             "b3: from b1 b2 [@3 x=v3]\n  v3: int = Phi v1, v2\n"
             "  Deopt [@0 x=v3]\n");
  ExpectBad(std::string(diamond) +
                "b3: from b1 b2\n  v3: int = Phi v2, v1\n  Deopt [@0 x=v3]\n",
            "v2 does not dominate its use");
  ExpectBad(std::string(diamond) + "b3: from b1 b2 [@3 x=v1]\n  Deopt [@0]\n",
            "the state of b3 uses v1, which does not dominate it");
  ExpectBad(std::string(diamond) +
                "b3: from b1 b2 [@3 x=v3]\n  v3 = ConstInt 1\n  Deopt [@0]\n",
            "the state of b3 uses v3, which does not dominate it");
}

TEST(VerifierTest, States) {
  ExpectBad("b0:\n  Deopt [@0 in g]\n", "another function's");
  ExpectBad("b0:\n  Deopt [@0 in g; @0]\n", "inlined frames have a function");
  ExpectGood("b0:\n  v0 = Const type int\n  Deopt [@0 in g of lent v0; @0]\n");
}

constexpr char kTake[] =
    "b0:\n  v0 = TakeReg x\n  v1: object = GuardFull v0 [@0 x=v0]\n";

TEST(ReferencesTest, AreTakenOnce) {
  std::string take = kTake;
  ExpectGood(take + "  Return v1\n");
  ExpectBad(take + "  DecRef v1 [@0]\n  Return v1\n",
            "Return v1 in b0 takes a reference of v1, which has none left");
  ExpectGood(take + "  IncRef v1\n  DecRef v1 [@0 y=v1]\n  Return v1\n");
  ExpectBad(take + "  v2 = Const None\n  IncRef v2\n  Return v2\n",
            "a reference of v0 has not been taken");
  ExpectBad(take + "  v2 = LoadInline v1, 0 [@0 x=v1]\n  Return v2\n",
            "takes a reference of v2, which has none left");
  // Constants may be owed a reference for a while.
  ExpectGood(take +
             "  v2 = Const None\n"
             "  v3 = StoreInline v1, v2, 0 [@0 x=v1]\n"
             "  IncRef v2\n  XDecRef v3 [@0 x=v1]\n  Return v1\n");
  // What may be null need not be released ...
  ExpectGood(
      "b0:\n  v0 = TakeReg x\n  v1 = Const None\n  IncRef v1\n"
      "  Return v1\n");
  // ... but only once.
  ExpectBad(
      "b0:\n  v0 = TakeReg x\n  XDecRef v0 [@0]\n  XDecRef v0 [@0]\n"
      "  Deopt [@0]\n",
      "takes a reference of v0");
}

TEST(ReferencesTest, StatesOwnWhatIsHeld) {
  std::string take = kTake;
  ExpectGood(take + "  Deopt [@0 y=v1]\n");
  ExpectGood(take + "  Deopt [@0 x=lent v1 y=v1]\n");
  ExpectBad(take + "  Deopt [@0]\n",
            "its state owns 0 references of v0, of which there are 1");
  ExpectBad(take + "  Deopt [@0 x=v1 y=v0]\n",
            "its state owns 2 references of v0, of which there are 1");
  ExpectBad(
      take + "  v2 = LoadInline v1, 1 [@0 x=v1]\n  Deopt [@0 x=v1 y=v2]\n",
      "its state owns 1 references of v2, of which there are 0");
  // During a call, what it takes is gone; a guard that fails has taken nothing.
  ExpectGood(take +
             "  v2 = Const None\n  IncRef v1\n"
             "  v3 = StoreInline v1, v1, 2 [@0 x=v1 y=v1]\n"
             "  XDecRef v3 [@1 x=v1]\n  Return v1\n");
  ExpectBad(take +
                "  IncRef v1\n  AppendList v1, v1 [@0 x=v1 y=v1]\n"
                "  Return v1\n",
            "its state owns 2 references of v0, of which there are 1");
  // Those of all frames together.
  ExpectGood(take + "  Deopt [@0 n=v1 in g of lent v1; @4]\n");
  // So does an inlined frame, of its function.
  ExpectGood(take + "  Deopt [@0 n=lent v1 in g of v1; @4]\n");
  ExpectBad(take + "  Deopt [@0 n=v1 in g of v1; @4]\n",
            "its state owns 2 references of v0, of which there are 1");
}

TEST(ReferencesTest, FollowPaths) {
  std::string take = std::string(kTake) + "  v2 = ConstBool 1\n";
  ExpectGood(take +
             "  Branch v2, b1, b2\n"
             "b1: from b0\n  DecRef v1 [@0]\n  v3 = Const None\n  IncRef v3\n"
             "  Jump b3\n"
             "b2: from b0\n  Jump b3\n"
             "b3: from b1 b2\n  v4: object = Phi v3, v1\n  Return v4\n");
  ExpectBad(take +
                "  Branch v2, b1, b2\n"
                "b1: from b0\n  v3 = Const None\n"
                "  Jump b3\n"
                "b2: from b0\n  Jump b3\n"
                "b3: from b1 b2\n  v4: object = Phi v3, v1\n  Return v4\n",
            "references on one way");
  ExpectBad(take +
                "  Branch v2, b1, b2\n"
                "b1: from b0\n  DecRef v1 [@0]\n  Jump b3\n"
                "b2: from b0\n  Jump b3\n"
                "b3: from b1 b2\n  Deopt [@0]\n",
            "references on one way");
  // A loop that gains one reference a turn.
  ExpectBad(take +
                "  Jump b1\n"
                "b1: from b0 b1\n  IncRef v1\n  Branch v2, b1, b2\n"
                "b2: from b1\n  Return v1\n",
            "references on one way");
  // The branch has found null on one way.
  ExpectGood(
      "b0:\n  v0 = TakeReg x\n  v1 = Null\n  v2 = IsSame v0, v1\n"
      "  Branch v2, b1, b2\n"
      "b1: from b0\n  v3 = Const None\n  IncRef v3\n  Return v3\n"
      "b2: from b0\n  v4: object = GuardFull v0 [@0 x=v0]\n  Return v4\n");
  ExpectBad(
      "b0:\n  v0 = TakeReg x\n  v1 = Null\n  v2 = IsSame v0, v1\n"
      "  Branch v2, b2, b1\n"
      "b1: from b0\n  v3 = Const None\n  IncRef v3\n  Return v3\n"
      "b2: from b0\n  v4: object = GuardFull v0 [@0 x=v0]\n  Return v4\n",
      "a reference of v0 has not been taken");
}

}  // namespace
}  // namespace pyvm::ir
