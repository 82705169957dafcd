// Pictures of --dump=graph.
#ifndef PYVM_TIERS_LLVM_GRAPH_FILE_H_
#define PYVM_TIERS_LLVM_GRAPH_FILE_H_

#include <string>

namespace pyvm::llvm_tier {

// Writes the graph (in DOT) into the current folder as pyvm-NAME-N.svg, with
// the first number whose file is not there yet, and says so on standard error.
// Where Graphviz's `dot` cannot be run pyvm-NAME-N.dot stays instead.
void WriteGraph(const std::string& name, const std::string& dot);

}  // namespace pyvm::llvm_tier

#endif  // PYVM_TIERS_LLVM_GRAPH_FILE_H_
