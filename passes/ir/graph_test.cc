#include "passes/ir/graph.h"

#include <string>

#include "core/bytecode/test_python.h"
#include "gtest/gtest.h"
#include "passes/ir/parser.h"

namespace pyvm::ir {
namespace {

class GraphTest : public ::testing::Test {
 protected:
  std::string Draw(const char* text) {
    parsed_ = Parse(text);
    EXPECT_EQ(parsed_.error, "");
    parsed_.function->ComputeDominators();
    GraphOptions options;
    options.title = "f \"quoted\"";
    options.names = &parsed_.names;
    options.line = [](const Unit*, uint32_t instr) {
      return instr == 9 ? 0 : static_cast<int>(100 + instr);
    };
    return Graph(*parsed_.function, options);
  }

  static bool Has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }

  Parsed parsed_;
};

constexpr char kLoop[] =
    "function f(n, i), 1 temporaries\n"
    "unit g(x), 0 temporaries\n"
    "b0:\n"
    "  v0: object = TakeReg n\n"
    "  v1: object int = GuardType v0, int [@1 n=v0]\n"
    "  v2 = UnboxInt v1 [@9 n=v1]\n"
    "  v3 = ConstInt 0\n"
    "  Jump b1\n"
    "b1: from b0 b2, loop header [@2 n=v1]\n"
    "  v4: int = Phi v3, v6\n"
    "  v5 = CompareInt v4, v2, <\n"
    "  Branch v5, b2, b3\n"
    "b2: from b1\n"
    "  v6 = AddInt v4, v2 [@5 x=lent v1 in g of lent v1; @3 n=v1]\n"
    "  Jump b1\n"
    "b3: from b1\n"
    "  Deopt [@4 n=v1]\n";

TEST_F(GraphTest, RowsHaveTypesAndPositions) {
  std::string dot = Draw(kLoop);
  EXPECT_TRUE(Has(dot, "digraph \"f \\\"quoted\\\"\" {\n")) << dot;
  EXPECT_TRUE(Has(dot, ">f &quot;quoted&quot;</td>")) << dot;
  // The type of a value that the text leaves out, and one of a phi.
  EXPECT_TRUE(Has(dot,
                  "<tr><td align=\"left\">v3</td><td align=\"left\">int</td>"
                  "<td align=\"left\">ConstInt 0</td>"
                  "<td align=\"left\"></td></tr>"))
      << dot;
  EXPECT_TRUE(Has(dot, ">v4</td><td align=\"left\" bgcolor=\"#e8e8e8\">int<"))
      << dot;
  EXPECT_TRUE(Has(dot, ">CompareInt v4, v2, &lt;</td>")) << dot;
  EXPECT_TRUE(Has(dot, ">@5 in g, line 105; @3, line 103</td>")) << dot;
  EXPECT_TRUE(Has(dot, ">@9</td>")) << "a line that is not known:\n" << dot;
  EXPECT_TRUE(Has(dot, ">b1, loop header, depth 1, @2, line 102</td>")) << dot;
}

TEST_F(GraphTest, GuardsStandOut) {
  std::string dot = Draw(kLoop);
  EXPECT_TRUE(Has(dot,
                  "bgcolor=\"#ffd08a\">v1</td>"
                  "<td align=\"left\" bgcolor=\"#ffd08a\">object int</td>"
                  "<td align=\"left\" bgcolor=\"#ffd08a\">GuardType v0, int"))
      << dot;
  EXPECT_TRUE(Has(dot, "bgcolor=\"#f2a0a0\">Deopt</td>")) << dot;
  EXPECT_TRUE(Has(dot, "<td align=\"left\">v0</td>")) << "no guard:\n" << dot;
}

TEST_F(GraphTest, EdgesSayWhen) {
  std::string dot = Draw(kLoop);
  EXPECT_TRUE(Has(dot, "\n  b0 -> b1;\n")) << dot;
  EXPECT_TRUE(Has(dot, "\n  b1 -> b2 [label=\"true\"];\n")) << dot;
  EXPECT_TRUE(Has(dot, "\n  b1 -> b3 [label=\"false\"];\n")) << dot;
  EXPECT_TRUE(Has(dot, "\n  b2 -> b1 [style=dashed];\n")) << dot;
  EXPECT_FALSE(Has(dot, "b3 ->")) << dot;
}

TEST_F(GraphTest, CaughtExceptions) {
  std::string dot = Draw(
      "function f(x), 0 temporaries\n"
      "b0:\n"
      "  v0: object = TakeReg x\n"
      "  v1 = Call v0 [@1 x=v0]\n"
      "  BranchRaised b1, b2\n"
      "b1: from b0\n"
      "  Deopt [@2 x=v0]\n"
      "b2: from b0\n"
      "  Return v1\n");
  EXPECT_TRUE(Has(dot, "b0 -> b1 [label=\"raised\"];")) << dot;
  EXPECT_TRUE(Has(dot, "b0 -> b2 [label=\"\"];")) << dot;
  EXPECT_TRUE(Has(dot, "bgcolor=\"#cfe3f7\">Call v0</td>")) << dot;
}

}  // namespace
}  // namespace pyvm::ir
