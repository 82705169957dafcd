// A pass: x / 4.0 becomes x * 0.25. Exact for each power of two whose
// reciprocal is a normal number, and a multiplication needs no guard.
#include <bit>
#include <cmath>

#include "passes/ir/edit.h"
#include "passes/ir/pass_plugin.h"
#include "pyvm.h"

namespace {

using pyvm::ir::Block;
using pyvm::ir::Function;
using pyvm::ir::Node;
using pyvm::ir::Op;

// Whether `of` is a constant whose reciprocal is exact; which one.
bool ExactReciprocal(const Node* of, double* reciprocal) {
  if (of->op != Op::kConstFloat) return false;
  double value = std::bit_cast<double>(of->imm);
  int exponent;
  if (std::fabs(std::frexp(value, &exponent)) != 0.5) return false;
  *reciprocal = 1 / value;
  return std::isnormal(*reciprocal);
}

uint32_t Run(Function& function, const pyvm::ir::PassContext& context) {
  int64_t left = context.Get("limit");
  uint32_t changes = 0;
  for (Block* block : function.blocks()) {
    for (Node* node : pyvm::ir::NodesOf(block)) {
      double reciprocal;
      if (left == 0 || node->op != Op::kDivFloat ||
          !ExactReciprocal(node->inputs[1], &reciprocal)) {
        continue;
      }
      Node* factor = pyvm::ir::NewConstFloat(&function, node, reciprocal);
      Node* product =
          function.NewNode(Op::kMulFloat, {node->inputs[0], factor});
      Function::InsertBefore(node, product);
      // Uses follow when the pass is through; the quotient leaves its block.
      function.Replace(node, product);
      ++changes;
      --left;
    }
  }
  return changes;
}

constexpr pyvm::ir::PassParameter kParameters[] = {
    {"limit", "divisions in a function that are replaced; -1: all", -1}};
constexpr pyvm::ir::Pass kPass = {"reciprocal",
                                  "multiplies floats instead of dividing them "
                                  "by powers of two",
                                  Run, kParameters};
constexpr pyvm::ir::PassPlugin kApi = {pyvm::ir::kIrVersion, &kPass};
constexpr pyvm_plugin kPlugin = {PYVM_ABI_VERSION, sizeof(pyvm_plugin),
                                 PYVM_PASS,        0,
                                 kPass.name,       kPass.help,
                                 nullptr,          nullptr,
                                 nullptr,          &kApi};

}  // namespace

extern "C" PYVM_EXPORT const pyvm_plugin* pyvm_plugin_main(const pyvm_host*) {
  return &kPlugin;
}
