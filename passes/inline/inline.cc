#include "passes/inline/inline.h"

#include <algorithm>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/bytecode/python.h"
#include "core/bytecode/unit.h"
#include "passes/inline/operators.h"
#include "passes/ir/builder.h"

namespace pyvm::ir {
namespace {

// How many frames the call stands in, and how many of them are the callee's.
uint32_t DepthOf(const FrameState& call, const Unit* callee,
                 uint32_t* recursive) {
  uint32_t depth = 0;
  for (const FrameState* state = &call; state != nullptr;
       state = state->caller) {
    ++depth;
    *recursive += state->unit == callee ? 1 : 0;
  }
  return depth;
}

std::vector<Block*> Reachable(Block* entry) {
  std::vector<Block*> blocks = {entry};
  std::unordered_set<const Block*> seen = {entry};
  for (size_t i = 0; i < blocks.size(); ++i) {
    for (Block* succ : blocks[i]->succs) {
      if (succ != nullptr && seen.insert(succ).second) blocks.push_back(succ);
    }
  }
  return blocks;
}

// What an inlined body is like.
struct Body {
  uint32_t nodes = 0;
  uint32_t looks = 0;  // operations that may look at frames
  bool calls = false;  // anything that may run code, but for releases
  bool fits = true;
};

// Of a function whose frame is not inlined such operations need the frame once;
// where it is, each makes it anew.
bool MayLook(const Node& node) {
  switch (node.op) {
    case Op::kDecRef:
    case Op::kXDecRef:
    case Op::kCallFunction:
    case Op::kNewObject:
    case Op::kInitDone:
    case Op::kOperatorDone:
    case Op::kCompareDone:
    case Op::kCompareTruth:
    case Op::kAddItem:
    case Op::kMakeSet:
    case Op::kMakeDict:
    case Op::kExtendList:
    case Op::kFormat:
    case Op::kUnpack:
    case Op::kUnpackStar:
    case Op::kEnumerateNext:
    case Op::kNextPair:
    case Op::kRaise:
    case Op::kIsTrue:
    case Op::kIsInstance:
    case Op::kGetIter:
    case Op::kIterNext:
    case Op::kCompare:
    case Op::kCompareBool:
    case Op::kContains:
    case Op::kBinary:
    case Op::kLength:
    case Op::kLoadItem:
    case Op::kStoreItem:
    case Op::kLoadSlice:
    case Op::kStoreSlice:
    case Op::kLoadAttr:
    case Op::kStoreAttr:
    case Op::kAppendList:
      return false;  // only now and then
    default:
      return MayRunCode(node);
  }
}

Body Inspect(Block* entry) {
  Body body;
  for (Block* block : Reachable(entry)) {
    for (Node* node : NodesOf(block)) {
      ++body.nodes;
      body.looks += MayLook(*node) ? 1 : 0;
      body.calls |= MayRunCode(*node) && node->op != Op::kDecRef &&
                    node->op != Op::kXDecRef;
      // These work on registers, which are another frame's.
      body.fits &= node->op != Op::kTakeReg && node->op != Op::kHeldReg &&
                   node->op != Op::kPutReg && node->op != Op::kRunHandler;
    }
  }
  return body;
}

// The block of `call` goes on in the body, whose ends go on behind the call.
void Splice(Function& function, Node* call, const InlinedBody& body) {
  Block* before = call->block;
  Block* behind = function.SplitAfter(call);
  Node* result = function.NewNode(Op::kPhi, {});
  result->type = kObject;
  for (Node* end : body.returns) {
    Block* block = end->block;
    Function::AddEdge(block, behind);
    function.AddPhiInput(result, end->inputs[0]);
    Function::Remove(end);
    Function::Append(block, function.NewNode(Op::kJump, {}));
  }
  if (body.returns.size() == 1) {
    result = result->inputs[0];
  } else {
    Function::InsertFirst(behind, result);
  }
  function.Replace(call, result);
  Function::Append(before, function.NewNode(Op::kJump, {}));
  Function::AddEdge(before, body.entry);
}

class Inliner {
 public:
  Inliner(Function& function, const PassContext& context)
      : function_(function),
        max_depth_(static_cast<uint32_t>(context.Get("depth"))),
        max_callee_(static_cast<uint32_t>(context.Get("callee"))),
        max_recursion_(static_cast<uint32_t>(context.Get("recursion"))),
        max_looks_(static_cast<uint32_t>(context.Get("looks"))),
        max_calls_(static_cast<uint32_t>(context.Get("calls"))),
        max_nodes_(static_cast<uint32_t>(context.Get("nodes"))),
        budget_(static_cast<uint32_t>(context.Get("budget"))),
        operators_only_(context.Get("operators") != 0) {}

  uint32_t Run() {
    uint32_t inlined = 0;
    std::vector<Block*> blocks(function_.blocks());
    for (Block* block : blocks) inlined += InlineIn(block);
    return inlined;
  }

 private:
  // The calls of a block, and of what follows it once a call has been cut out.
  uint32_t InlineIn(Block* block) {
    uint32_t inlined = 0;
    for (Node* node = block->first; node != nullptr;) {
      Node* next = node->next;
      if (node->op == Op::kCallFunction) {
        inlined += !operators_only_ && Inline(node) ? 1 : 0;
      } else if (Node* call = CallMethodOf(&function_, node)) {
        Inline(call);
        ++inlined;
      }
      node = next;
    }
    return inlined;
  }

  bool Inline(Node* call) {
    auto* callee = static_cast<Unit*>(const_cast<void*>(call->ptr));
    // Frames of inlined functions are not unwound to a handler of the caller's.
    if (call->catches) return false;
    // Of one that is not known, neither the globals nor the closure are.
    if (ConstantOf(call->inputs[0]) == nullptr) return false;
    uint32_t recursive = 0;
    uint32_t depth = DepthOf(*call->state, callee, &recursive);
    if (recursive > max_recursion_ || depth > max_depth_ ||
        callee->num_instrs > max_callee_ || !callee->simple_args ||
        spent_ > budget_) {
      return false;
    }
    BuildOptions options;
    options.denied = function_.denied;
    options.failed = function_.failed;
    options.met = function_.met;
    options.caller = call->state;
    options.function = call->inputs[0];
    InlinedBody body;
    const char* refused = nullptr;
    if (!BuildInlined(&function_, callee, options, call->inputs.subspan(1),
                      &body, &refused)) {
      return false;
    }
    // A callee that only calls what is inlined into it is one that fits.
    bool operators_only = std::exchange(operators_only_, false);
    for (Block* block : Reachable(body.entry)) InlineIn(block);
    operators_only_ = operators_only;
    Body found = Inspect(body.entry);
    spent_ += found.nodes;
    bool calls = found.calls && max_calls_ == 0;
    if (!found.fits || calls || found.looks > max_looks_ ||
        found.nodes > max_nodes_ || body.returns.empty()) {
      return false;
    }
    Splice(function_, call, body);
    function_.kept.push_back(reinterpret_cast<PyObject*>(callee->code));
    return true;
  }

  Function& function_;
  const uint32_t max_depth_, max_callee_, max_recursion_, max_looks_,
      max_calls_, max_nodes_, budget_;
  bool operators_only_;
  uint32_t spent_ = 0;  // nodes of bodies that were built
};

uint32_t Run(Function& function, const PassContext& context) {
  return Inliner(function, context).Run();
}

constexpr PassParameter kParameters[] = {
    {"depth", "calls that are inlined into each other", 4},
    {"callee", "instructions of bytecode that a callee may have", 120},
    {"recursion", "calls of a function that are inlined into itself", 2},
    {"looks", "operations of a callee that may look at frames", 2},
    {"calls", "0: only functions that call no others", 1},
    {"nodes", "nodes that a callee's body may have, with what it inlines", 400},
    {"budget", "nodes that may be built in one function", 3000},
    {"operators", "1: only methods of operators on instances made here", 0},
};

}  // namespace

const Pass kInlinePass = {
    .name = "inline",
    .help = "puts the bodies of known Python functions in place of their calls",
    .run = Run,
    .parameters = kParameters,
};

}  // namespace pyvm::ir
