// One box for all who want to see a number that is unboxed. Private to the
// pass.
#ifndef PYVM_PASSES_UNBOX_SHARE_H_
#define PYVM_PASSES_UNBOX_SHARE_H_

#include <unordered_map>

#include "passes/ir/ir.h"
#include "passes/unbox/analysis.h"

namespace pyvm::ir::unbox {

// By phis and boxes that lose their objects, or by objects: the unboxed number.
using Values = std::unordered_map<const Node*, Node*>;

// Makes room at the end of the block's predecessor number `edge` for nodes that
// belong to this edge alone.
void SplitIfBranch(Function* function, Block* block, size_t edge);

// A state for releases of numbers at the node: any, since nobody looks at it.
FrameState* StateNear(Node* node);

// Where the first one wants a number's object, it gets a box; from there on the
// number has that object: whoever wants it later finds the same, references are
// counted as they were, and frame states name it. Where ways with and without a
// box meet, the others make one before. Until then, and on ways where nobody
// wants it, the number stays unboxed.
//
// `values` are those of what is sunk. Returns those of the objects that were
// made: boxes, and phis of them.
Values ShareBoxes(Function* function, const Analysis& analysis,
                  const Values& values);

}  // namespace pyvm::ir::unbox

#endif  // PYVM_PASSES_UNBOX_SHARE_H_
