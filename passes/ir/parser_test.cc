// Texts: printed and read again, for every operation; complaints.
#include "passes/ir/parser.h"

#include <bit>
#include <cctype>
#include <set>

#include "core/bytecode/test_python.h"
#include "gtest/gtest.h"
#include "passes/ir/printer.h"
#include "passes/ir/verifier.h"

namespace pyvm::ir {
namespace {

TEST(OpsTest, RowsAreWellFormed) {
  std::set<std::string_view> names;
  for (int i = 0; i < kNumOps; ++i) {
    const OpInfo& info = InfoOf(static_cast<Op>(i));
    SCOPED_TRACE(info.name);
    EXPECT_TRUE(names.insert(info.name).second);
    std::string_view prose = info.prose;
    EXPECT_GT(prose.size(), 1u);
    EXPECT_NE(prose.back(), '.');
    for (const char* c = info.inputs; *c != '\0'; ++c) {
      EXPECT_NE(std::string_view("onONifbv*").find(*c), std::string_view::npos);
      EXPECT_TRUE(*c != '*' || c[1] == '\0');
    }
    // What may be moved and dropped writes nothing, and takes nothing.
    if (info.Has(kPure)) {
      EXPECT_EQ(info.writes, kMemNone);
      EXPECT_EQ(info.reads, kMemNone);
      EXPECT_FALSE(info.Has(kCall) || info.Has(kKeep) || info.Has(kEnd));
      EXPECT_TRUE(info.result != Result::fresh);
      for (const char* c = info.inputs; *c != '\0'; ++c) {
        EXPECT_FALSE(isupper(*c));
      }
    }
    if (info.result == Result::same && info.inputs[0] != 'v') {
      EXPECT_TRUE(info.inputs[0] == 'o' || info.inputs[0] == 'n');
    }
  }
}

// A node of the operation, behind nodes that make its inputs.
std::string TextOf(Op op) {
  const OpInfo& info = InfoOf(op);
  std::string text =
      "function f(x, y), 1 temporaries\n"
      "unit g(n), 0 temporaries\n"
      "b0:\n"
      "  v0 = TakeReg x\n"
      "  v1: object = GuardFull v0 [@2 x=v0]\n"
      "  v2: object int = GuardType v1, int [@2 x=v1]\n"
      "  v3 = UnboxInt v2 [@3 x=lent v2]\n"
      "  v4 = ConstFloat 1.5\n"
      "  v5 = ConstBool 1\n"
      "  v6 = CallFunction v1, v2, g, 12 [@4 n=v3 in g of v2; @1 x=v2 t0=v4]\n";
  std::string inputs;
  size_t fixed = std::string_view(info.inputs).size() - info.IsVariadic();
  if (info.IsVariadic()) ++fixed;
  for (size_t i = 0; i < fixed; ++i) {
    switch (info.Input(i)) {
      case 'i':
        inputs += "v3, ";
        break;
      case 'f':
        inputs += "v4, ";
        break;
      case 'b':
        inputs += "v5, ";
        break;
      case 'n':
      case 'N':
        inputs += "v0, ";
        break;
      default:
        inputs += "v1, ";
    }
  }
  std::string imm;
  switch (info.imm) {
    case Imm::none:
      break;
    case Imm::integer:
      imm = "1";
      break;
    case Imm::index:
    case Imm::version:
    case Imm::known:
      imm = "7";
      break;
    case Imm::bits:
      imm = "1e-300";
      break;
    case Imm::reg:
      imm = "t0";
      break;
    case Imm::cond:
      imm = ">=";
      break;
    case Imm::object:
      imm = op == Op::kCall ? "('a', 'b')"
                            : "(1, 'it\\'s', 2.0, type list, None)";
      break;
    case Imm::type:
      imm = "range_iterator";
      break;
    case Imm::name:
      imm = "'attr'";
      break;
    case Imm::addr:
      imm = "0x1000, 5";
      break;
    case Imm::func:
      imm = "g, 3";
      break;
    case Imm::arg:
      imm = "//=";
      break;
    case Imm::instr:
      imm = "@9";
      break;
  }
  std::string line = info.name;
  if (!inputs.empty() || !imm.empty()) line += " " + inputs + imm;
  if (line.ends_with(", ")) line.resize(line.size() - 2);
  if (op == Op::kBranch) line += ", b1, b2";
  if (op == Op::kBranchRaised) line += " b1, b2";
  if (op == Op::kJump) line += " b1";
  if (info.HasState()) line += " [@6 x=v0 y=lent v2 t0=v3 if v5 for g@3]";
  if (info.result != Result::none) {
    line = (info.result == Result::same ? "v7: object? = " : "v7 = ") + line;
  }
  if (op == Op::kPhi) {
    return text +
           "  Jump b1\n"
           "b1: from b0 b1, loop header, frequency 2.5 [@8 y=v7]\n"
           "  v7: object? = Phi v1, v7\n"
           "  Jump b1\n";
  }
  text += "  " + line + "\n";
  if (!info.Has(kEnd)) return text + "  Deopt [@7 x=v0]\n";
  if (op == Op::kBranch || op == Op::kBranchRaised) {
    return text +
           "b1: from b0\n  Deopt [@7 x=v0]\n"
           "b2: from b0 [@5 x=v0]\n  Deopt [@7 x=v0]\n";
  }
  if (op == Op::kJump) return text + "b1: from b0\n  Deopt [@7 x=v0]\n";
  return text;
}

TEST(ParserTest, EveryOperationIsPrintedAndReadAgain) {
  for (int i = 0; i < kNumOps; ++i) {
    std::string text = TextOf(static_cast<Op>(i));
    Parsed parsed = Parse(text);
    ASSERT_EQ(parsed.error, "") << text;
    EXPECT_EQ(Print(*parsed.function, &parsed.names), text);
  }
}

TEST(ParserTest, ReadsWhatItIsTold) {
  Parsed parsed = Parse(
      "function f(x), 2 temporaries  # a comment\n"
      "entry @4\n"
      "\n"
      "b0:\n"
      "  v9 = TakeReg t1\n"
      "  v2 = ConstFloat -inf\n"
      "  v3 = ConstInt -5\n"
      "  Deopt [@3 x=v3 t0=v9 t1=lent v9]\n");
  ASSERT_EQ(parsed.error, "");
  const Function& f = *parsed.function;
  EXPECT_EQ(f.entry_instr, 4u);
  EXPECT_EQ(f.unit()->num_registers, 3u);
  const Node* node = f.entry()->first;
  EXPECT_EQ(node->id, 9u);
  EXPECT_EQ(node->imm, 2);
  EXPECT_EQ(node->type, kNullableObject);
  EXPECT_EQ(std::bit_cast<double>(node->next->imm), -HUGE_VAL);
  EXPECT_EQ(node->next->next->imm, -5);
  const FrameState* state = f.entry()->last->state;
  EXPECT_EQ(state->instr, 3u);
  EXPECT_TRUE(state->slots[1].owned);
  EXPECT_FALSE(state->slots[2].owned);
  EXPECT_GT(f.num_nodes(), 9u);
}

TEST(ParserTest, ComplaintsNameTheLine) {
  auto error = [](const std::string& line) {
    return Parse("function f(x), 1 temporaries\nb0:\n  v0 = TakeReg x\n  " +
                 line + "\n")
        .error;
  };
  EXPECT_EQ(error("Deopt [@1 x=v0]"), "");
  EXPECT_EQ(error("Halt"), "line 4: no operation is called Halt");
  EXPECT_EQ(error("Return v1"), "line 4: v1 is not defined");
  EXPECT_EQ(error("v0 = TakeReg x"), "line 4: v0 is defined twice");
  EXPECT_EQ(error("TakeReg x"), "line 4: its value needs a name");
  EXPECT_EQ(error("v1 = TakeReg y"), "line 4: no register is called y");
  EXPECT_EQ(error("v1 = GuardType v0, integer [@0]"),
            "line 4: no type is called integer");
  EXPECT_EQ(error("Return v0, v0 v0"), "line 4: what is `v0`?");
  EXPECT_EQ(error("Jump b7"), "line 4: no such block: `b7`");
  EXPECT_EQ(error("v1 = Phi v0"), "line 4: a phi needs a type");
  EXPECT_EQ(Parse("b0:\n  Deopt [@0]\n").error, "line 1: no `function` line");
}

TEST(PrinterTest, UsesTheNamesOfRealCode) {
  OwnedCode code = CompileFunction("def f(a, b):\n  return [a + b]\n", "f");
  std::string error;
  OwnedUnit unit = TranslateOrError(code.get(), &error);
  ASSERT_NE(unit, nullptr) << error;
  Function function(unit.get());
  Block* block = function.NewBlock();
  Node* taken = function.NewNode(Op::kTakeReg, {});
  taken->imm = 1;
  Function::Append(block, taken);
  FrameState* state =
      function.NewState(unit.get(), 3, unit->num_registers, nullptr, nullptr);
  state->slots[1].value = taken;
  Function::Append(block, function.NewNode(Op::kDeopt, {}, state));
  std::string text = Print(function);
  EXPECT_TRUE(text.starts_with("function f(a, b), ")) << text;
  EXPECT_NE(text.find("  v0 = TakeReg b\n  Deopt [@3 b=v0]\n"),
            std::string::npos)
      << text;
}

}  // namespace
}  // namespace pyvm::ir
