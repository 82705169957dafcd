// The control flow graph of a function, for Graphviz (https://graphviz.org):
// `dot -Tsvg` makes a picture of it. A box for each block, a row for each node:
// value, type, operation, and the position of its frame state.
#ifndef PYVM_PASSES_IR_GRAPH_H_
#define PYVM_PASSES_IR_GRAPH_H_

#include <cstdint>
#include <functional>
#include <string>

#include "passes/ir/ir.h"
#include "passes/ir/printer.h"

namespace pyvm::ir {

struct GraphOptions {
  std::string title;
  // The source line of an instruction, 0 if there is none. May be null.
  std::function<int(const Unit*, uint32_t)> line;
  const Names* names = nullptr;
};

// In DOT. Blocks are in order, dominators and loops known. Needs no GIL beyond
// what `line` does, as long as the objects that the function refers to live.
std::string Graph(const Function& function, const GraphOptions& options);

}  // namespace pyvm::ir

#endif  // PYVM_PASSES_IR_GRAPH_H_
