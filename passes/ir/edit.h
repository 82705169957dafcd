// What several passes do with nodes.
#ifndef PYVM_PASSES_IR_EDIT_H_
#define PYVM_PASSES_IR_EDIT_H_

#include <cstdint>
#include <vector>

#include "passes/ir/ir.h"

namespace pyvm::ir {

// The object that guards have said more of: whose reference it is. Itself for
// other values.
Node* OwnerOf(Node* node);
inline const Node* OwnerOf(const Node* node) {
  return OwnerOf(const_cast<Node*>(node));
}

// New nodes before `at`.
Node* NewConstInt(Function* function, Node* at, int64_t value);
Node* NewConstFloat(Function* function, Node* at, double value);
Node* NewConstBool(Function* function, Node* at, bool value);

// The block loses its edge to successor number `which`, and that one a
// predecessor with the inputs of its phis. A Branch becomes a Jump.
void RemoveEdge(Block* block, int which);

// Which predecessor of its successor number `which` the block is.
size_t PredecessorIndex(const Block* block, int which);

// The blocks of the loop with this header, which comes first.
std::vector<Block*> LoopBody(Block* header);

// Whether the predecessor is outside of the loop with this header.
inline bool IsEntryEdge(const Block* header, const Block* pred) {
  return !Function::Dominates(header, pred);
}

// The only block from which the loop is entered, and which goes nowhere else;
// made if there is none. Dominators are out of date if it has been (*made).
// Null for what is no loop's header.
Block* Preheader(Function* function, Block* header, bool* made);

// The registers of `block`'s entry_state, which must be there, at the end of
// its predecessor number `edge`: inputs in place of phis.
FrameState* StateOnEdge(Function* function, Block* block, size_t edge);

}  // namespace pyvm::ir

#endif  // PYVM_PASSES_IR_EDIT_H_
