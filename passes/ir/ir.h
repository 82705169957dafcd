// The intermediate representation: static single assignment over a frame's
// registers, with explicit guards, boxes and references.
//
// References are explicit. An operation that makes an object (`fresh`) owns one
// reference to it, which one later operation takes (a letter in upper case in
// ops.def), or which a frame state owns where code is left. `lent` objects are
// kept alive by something else (a list, an instance, a constant) until that can
// change; who wants to keep one longer adds a reference with IncRef.
//
// A frame state says what the frame's registers hold at an instruction of the
// bytecode: whoever leaves compiled code there builds the frame from it. In
// inlined code states are chained to that of the call.
#ifndef PYVM_PASSES_IR_IR_H_
#define PYVM_PASSES_IR_IR_H_

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct _object;      // PyObject
struct _typeobject;  // PyTypeObject

namespace pyvm {
struct Unit;
}

namespace pyvm::ir {

enum class Op : uint8_t {
#define PYVM_IR_OP(name, ...) k##name,
#include "passes/ir/ops.def"
#undef PYVM_IR_OP
};
inline constexpr int kNumOps = 0
#define PYVM_IR_OP(...) +1
#include "passes/ir/ops.def"
#undef PYVM_IR_OP
    ;

enum class Result : uint8_t { none, i, f, b, fresh, nfresh, lent, nlent, same };
enum class Imm : uint8_t {
  none,
  integer,
  bits,
  reg,
  index,
  cond,
  object,
  type,
  version,
  known,
  name,
  addr,
  func,
  arg,
  instr
};
enum Memory : uint8_t {
  kMemNone = 0,
  kMemAttrs = 1,
  kMemItems = 2,
  kMemIters = 4,
  kMemDicts = 8,
  kMemTypes = 16,
  kMemFrame = 32,
  kMemNumbers = 64,
  kMemTables = 128,
  kMemAny = 255,
};
enum Flag : uint8_t {
  kPure = 1,
  kGuard = 2,
  kCall = 4,
  kEnd = 8,
  kKeep = 16,
};
enum class Cond : uint8_t { kLt, kLe, kEq, kNe, kGt, kGe };  // as Py_LT ...

struct OpInfo {
  const char* name;
  const char* inputs;  // the letters of ops.def
  Result result;
  Imm imm;
  uint8_t reads, writes;  // Memory
  uint8_t flags;
  const char* prose;

  bool Has(uint8_t flag) const { return (flags & flag) != 0; }
  // Whether it has a frame state.
  bool HasState() const { return (flags & (kGuard | kCall)) != 0; }
  bool IsVariadic() const { return std::string_view(inputs).ends_with('*'); }
  // The letter of input i.
  char Input(size_t i) const {
    std::string_view letters(inputs);
    size_t fixed = letters.size() - (IsVariadic() ? 1 : 0);
    return letters[i < fixed ? i : fixed - 1];
  }
};
const OpInfo& InfoOf(Op op);

// Representations.
enum class Rep : uint8_t { kNone, kObject, kInt, kFloat, kBool };

// What is known of a value. Of an object: whether it may be null, and its exact
// type if that is a static one whose instances cannot change it.
struct Type {
  Rep rep = Rep::kNone;
  bool nullable = false;
  const _typeobject* exact = nullptr;

  bool operator==(const Type&) const = default;
};
inline constexpr Type kNoValue{};
inline constexpr Type kInt{Rep::kInt};
inline constexpr Type kFloat{Rep::kFloat};
inline constexpr Type kBool{Rep::kBool};
inline constexpr Type kObject{Rep::kObject};
inline constexpr Type kNullableObject{Rep::kObject, true};

// The least type that holds values of both; rep kNone if there is none.
Type Join(const Type& a, const Type& b);

struct Block;
struct Node;

// What one register holds: a value of any representation, boxed where a frame
// needs it; null: nothing. `owned`: the register's reference exists; otherwise
// the object is lent, and a frame that is built adds one.
struct StateSlot {
  Node* value = nullptr;
  bool owned = true;
  // A bool: false where the register is empty, whatever `value` (unboxed) is.
  // Null: true.
  Node* present = nullptr;
};

// An object that need not exist: it is made where a frame that knows it is
// built, once for all slots that mention it (those whose value is `object`, a
// Virtual). What it holds are slots as those of registers: their references are
// the object's to take.
struct StateObject {
  // Where the content of a slot belongs.
  enum class Place : uint8_t {
    kClass,   // its class: the first slot of an instance
    kInline,  // inline value number `index`
    kSlot,    // at the offset `index`
  };
  struct Field {
    Place place;
    uint32_t index;
    bool operator==(const Field&) const = default;
  };
  Node* object = nullptr;
  uint32_t first = 0;             // of its slots
  std::span<const Field> fields;  // one for each slot
};

// The registers before an instruction that has yet to run (or whose exception
// is to be handled). Immutable where several nodes share it, but for
// replacement of values by passes.
struct FrameState {
  // State of the calling instruction, for inlined code; its callable and
  // arguments have left the registers. Null: the compiled function's own.
  FrameState* caller = nullptr;
  // The function object of an inlined frame, as the guard of the call has found
  // it; null in the outermost. `function_owned`: the frame's reference to it
  // exists.
  Node* function = nullptr;
  bool function_owned = true;
  Unit* unit = nullptr;
  uint32_t instr = 0;
  // By register; behind them those of `objects`.
  std::span<StateSlot> slots;
  // Of the innermost frame's state: what any frame of the chain mentions.
  std::span<const StateObject> objects;
  // The instruction whose speculation fails where a guard with this state does,
  // of a guard that has been moved. Null: this one.
  Unit* blamed_unit = nullptr;
  uint32_t blamed_instr = 0;
};

struct Node {
  Op op;
  // A BranchRaised follows: an exception does not leave the code.
  bool catches = false;
  uint8_t mark = 0;  // scratch of a pass; zero between passes
  Type type;
  uint32_t id = 0;  // dense in its function, for side tables
  std::span<Node*> inputs;
  int64_t imm = 0;
  const void* ptr = nullptr;
  FrameState* state = nullptr;
  Block* block = nullptr;
  Node* prev = nullptr;  // in the block
  Node* next = nullptr;
  Node* replacement = nullptr;  // see Function::Replace

  const OpInfo& info() const { return InfoOf(op); }
  Cond cond() const { return static_cast<Cond>(imm); }
  _object* object() const {
    return static_cast<_object*>(const_cast<void*>(ptr));
  }
};

// Phis come first, a node that ends it last. Input i of a phi belongs to
// predecessor i.
struct Block {
  uint32_t id = 0;
  Node* first = nullptr;
  Node* last = nullptr;
  std::vector<Block*> preds;
  Block* succs[2] = {};
  // Registers at the beginning, of a block where bytecode may begin: loop
  // headers and merges. In terms of the block's phis. Null elsewhere.
  FrameState* entry_state = nullptr;
  bool loop_header = false;
  double frequency = 1;  // relative to the function's entry, if known
  // Set by Function::ComputeDominators.
  Block* idom = nullptr;
  uint32_t order = 0;     // in reverse postorder
  Block* loop = nullptr;  // header of the innermost loop it is in, or null
  uint32_t loop_depth = 0;

  int NumSuccs() const { return succs[1] ? 2 : succs[0] ? 1 : 0; }
};

// One compiled function, or one that is to be inlined. Owns its nodes: they die
// with it. Not thread-safe.
class Function {
 public:
  explicit Function(Unit* unit);
  Function(const Function&) = delete;
  Function& operator=(const Function&) = delete;

  Unit* unit() const { return unit_; }
  // The instruction where the code begins: 0, or a loop's header.
  uint32_t entry_instr = 0;
  // Whether machine code may call it without a frame: its arguments are
  // Parameters. Otherwise they are in the registers of its frame.
  bool direct = false;
  // Whether it is of a generator, coroutine or asynchronous generator, whose
  // frame it runs.
  bool generator = false;
  // Whether a speculation at this instruction has failed before. May be null.
  std::function<bool(const Unit*, uint32_t)> denied;
  // Whether it was this operation (its name) that has failed. May be null.
  std::function<bool(const Unit*, uint32_t, const char*)> failed;
  // The types of an instruction's operands; see BuildOptions. May be null.
  std::function<const _typeobject* const*(const Unit*, uint32_t)> met;
  // Who keeps the code has to keep these alive (borrowed here; perhaps more
  // than once): code objects of other units, and what else nothing keeps alive
  // wherever a node refers to it. See class References in tiers/llvm.
  std::vector<_object*> kept;

  // What passes have to say of what they did, for those who read dumps.
  std::vector<std::string> remarks;

  Block* NewBlock();
  const std::vector<Block*>& blocks() const { return blocks_; }
  Block* entry() const { return blocks_.front(); }

  // A node in no block. `type` is that of the operation's row, unless the row
  // says `same`: then the first input's.
  Node* NewNode(Op op, std::span<Node* const> inputs, FrameState* state);
  Node* NewNode(Op op, std::initializer_list<Node*> inputs,
                FrameState* state = nullptr) {
    return NewNode(op, std::span<Node* const>(inputs.begin(), inputs.size()),
                   state);
  }
  FrameState* NewState(Unit* unit, uint32_t instr, uint32_t registers,
                       FrameState* caller, Node* function);
  // With slots of its own; room for `more` behind them.
  FrameState* CopyState(const FrameState& state, uint32_t more = 0);

  static void Append(Block* block, Node* node);
  static void InsertBefore(Node* at, Node* node);
  // After the phis of the block.
  static void InsertFirst(Block* block, Node* node);
  // Takes the node out of its block; its uses must go too.
  static void Remove(Node* node);
  void AddPhiInput(Node* phi, Node* value);
  // Adds `to` behind `from`; the order of calls is that of phi inputs.
  static void AddEdge(Block* from, Block* to);
  // A block on the edge from `pred` to its successor number `which`, with a
  // Jump.
  Block* SplitEdge(Block* pred, int which);
  // Cuts the block behind `node`: returns a block with what followed, which
  // takes over the successors. The first is left without an end.
  Block* SplitAfter(Node* node);

  // All uses of `node`, frame states included, are uses of `with` from the next
  // Resolve on; the node leaves its block.
  void Replace(Node* node, Node* with);
  static Node* Find(Node* node) {
    while (node->replacement != nullptr) node = node->replacement;
    return node;
  }
  // Rewrites inputs and states after replacements. The pass manager does it
  // behind each pass.
  void Resolve();

  // Drops blocks that cannot be reached, with their phi inputs; orders blocks()
  // in reverse postorder; computes idom and loops.
  void ComputeDominators();
  static bool Dominates(const Block* a, const Block* b);

  // Uses by inputs and by states, by node id.
  struct Uses {
    uint32_t inputs = 0;
    uint32_t states = 0;
  };
  std::vector<Uses> CountUses() const;
  // Each state that a node or a block refers to, callers included, once.
  std::vector<FrameState*> States() const;

  uint32_t num_nodes() const { return num_nodes_; }
  size_t bytes() const;  // of memory, at its peak

  // A copy that lives as long as the function.
  template <typename T>
  std::span<const T> Keep(std::span<const T> from) {
    auto* to = static_cast<T*>(
        memory_.allocate(from.size() * sizeof(T) + 1, alignof(T)));
    std::copy(from.begin(), from.end(), to);
    return {to, from.size()};
  }
  // Strings and such that must live as long as the function.
  std::pmr::memory_resource* memory() { return &memory_; }

 private:
  Unit* unit_;
  std::pmr::monotonic_buffer_resource memory_;
  std::vector<Block*> blocks_;
  std::vector<std::unique_ptr<Block>> owned_blocks_;
  uint32_t num_nodes_ = 0;
  uint32_t next_block_ = 0;
  size_t bytes_ = 0;
};

// The row's type for a result, given the inputs.
Type TypeOfResult(Op op, std::span<Node* const> inputs);

// Whether the operation, which may raise an exception, runs no code.
bool RunsNoCode(Op op);
// Whether executing the node may run Python code, given what is known of its
// inputs: releasing a float or an int does not.
bool MayRunCode(const Node& node);
// Whether its result is a reference that did not exist before.
bool MakesReference(const Node& node);
// Kinds of memory that it may change; kMemAny where code may run.
uint8_t WritesOf(const Node& node);

// The nodes of a block, safe against removal of the current one.
class NodesOf {
 public:
  explicit NodesOf(Block* block) : first_(block->first) {}
  class Iterator {
   public:
    explicit Iterator(Node* node)
        : node_(node), next_(node ? node->next : nullptr) {}
    Node* operator*() const { return node_; }
    Iterator& operator++() {
      node_ = next_;
      next_ = node_ ? node_->next : nullptr;
      return *this;
    }
    bool operator!=(const Iterator& o) const { return node_ != o.node_; }

   private:
    Node* node_;
    Node* next_;
  };
  Iterator begin() const { return Iterator(first_); }
  static Iterator end() { return Iterator(nullptr); }

 private:
  Node* first_;
};

}  // namespace pyvm::ir

#endif  // PYVM_PASSES_IR_IR_H_
