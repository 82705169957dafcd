// The builder's state, and what the families of operations share. Private to
// builder*.cc.
#ifndef PYVM_PASSES_IR_BUILDER_IMPL_H_
#define PYVM_PASSES_IR_BUILDER_IMPL_H_

#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/bytecode/decode.h"
#include "core/bytecode/verifier.h"
#include "core/host/cpython.h"
#include "passes/ir/builder.h"

namespace pyvm::ir {

using Bytecode = pyvm::Op;

// `type` if its instances never change it, and it never changes; else null.
PyTypeObject* FixedType(PyTypeObject* type);

// Whether an object that something else refers to now lives as long as the
// interpreter, whatever the program does: what is part of the runtime, static
// types and their methods, builtins.
bool OutlivesCode(PyObject* object);

// The types that live, by the versions that they have now.
class TypeIndex {
 public:
  // Null if no type has this version (any more).
  PyTypeObject* Find(uint32_t version);

 private:
  void Add(PyTypeObject* type);

  bool filled_ = false;
  std::unordered_map<uint32_t, PyTypeObject*> types_;
};

class Builder {
 public:
  Builder(Function* function, Unit* unit, const BuildOptions& options);

  // `args`: of an inlined call; null if the registers come from the frame.
  // False if it is refused.
  bool Run(const std::span<Node* const>* args);

  const char* refused() const { return refused_; }
  Block* entry() const { return entry_; }
  std::vector<Node*> Returns() const;

 private:
  // Registers at the end of a block that goes on elsewhere.
  struct Edge {
    Block* from;
    std::vector<Node*> regs;
  };
  // A stretch of bytecode without jumps into it.
  struct Stretch {
    uint32_t begin = 0, end = 0;  // instructions; end: behind the last
    std::vector<uint32_t> succs;  // indices of stretches
    bool has_retreating = false;  // whether it is entered from behind
    std::vector<Edge> edges;
    Block* header = nullptr;  // once built, if it is entered from behind
    std::vector<Node*> phis;  // of the header, by register; or null
    bool built = false;
  };

  // --- builder.cc: the walk
  bool Refuse(const char* why) {
    if (refused_ == nullptr) refused_ = why;
    return false;
  }
  bool IsRefused() const { return refused_ != nullptr; }
  bool Check();
  void FindStretches();
  void Order();
  void FindBegin();
  void DropReceived();
  void MakeEntry(const std::span<Node* const>* args);
  void TakeArguments();
  void GuardNamespaces();
  void BuildStretch(Stretch* stretch);
  void Merge(Stretch* stretch);
  void GuardAtLoop(uint32_t begin, uint32_t reg, Edge* edge);
  void BeginLoop(Stretch* stretch);
  void Step();
  bool StepRest(Bytecode op);
  // --- builder_exceptions.cc
  // The handlers that exceptions can go on to without leaving the code.
  void FindHandlers();
  bool HasRun(uint32_t handler) const;
  // An operation has been appended that may raise in this instruction.
  void CatchBehind(Node* node);
  bool Exceptions(Bytecode op);
  // Goes on at instruction `target` with what the registers hold.
  void GoTo(uint32_t target);
  Stretch& StretchAt(uint32_t instr) {
    return stretches_[static_cast<size_t>(stretch_at_[instr])];
  }
  bool IsLeader(uint32_t instr) const { return stretch_at_[instr] >= 0; }

  // --- builder_finish.cc: what can be said when all has been built
  void Conclude();
  bool RemoveTrivialPhis();
  void FindTypes();
  bool UseTypes();
  Type TypeNow(const Node* node) const;

  // --- builder.cc: nodes
  Node* Make(Op op, std::initializer_list<Node*> inputs, FrameState* state);
  Node* Make(Op op, std::span<Node* const> inputs, FrameState* state);
  // Appends an operation without a state.
  Node* Emit(Op op, std::initializer_list<Node*> inputs = {}) {
    return Append(Make(op, inputs, nullptr));
  }
  Node* EmitImm(Op op, std::initializer_list<Node*> inputs, int64_t imm,
                const void* ptr = nullptr);
  // One that leaves code before this instruction.
  Node* Guard(Op op, std::initializer_list<Node*> inputs, int64_t imm = 0,
              const void* ptr = nullptr);
  // One that runs foreign code during this instruction.
  Node* Call(Op op, std::span<Node* const> inputs, int64_t imm = 0,
             const void* ptr = nullptr);
  Node* Call(Op op, std::initializer_list<Node*> inputs, int64_t imm = 0,
             const void* ptr = nullptr) {
    return Call(op, std::span<Node* const>(inputs.begin(), inputs.size()), imm,
                ptr);
  }
  Node* Append(Node* node);
  // One that outlives the code.
  Node* Constant(PyObject* object);
  // One that `keeper`, being what it has been guarded to be, keeps alive.
  Node* Known(Node* keeper, PyObject* object);
  Node* ConstantInt(int64_t value);
  Node* ConstantFloat(double value);
  Node* NullNode();
  Node* Own(Node* node) {
    Emit(Op::kIncRef, {node});
    return node;
  }
  // From now on registers that hold `node` hold `refined`.
  void Refine(Node* node, Node* refined);

  // --- builder.cc: states
  FrameState* State(uint32_t instr, const std::vector<Node*>& regs);
  FrameState* Before() {
    if (before_ == nullptr) before_ = State(at_, at_start_);
    return before_;
  }
  FrameState* During() {
    return returning_ && options_.caller != nullptr ? options_.caller
                                                    : State(at_, regs_);
  }
  // Leaves code if somebody has taken the frame in a call so far.
  void FlushUnobserved(uint32_t instr);

  // --- builder.cc: registers and references
  Node* Read(Operand x);  // borrowed
  // As an owned reference; a temporary's register is left empty.
  Node* Take(Operand x);
  // Reads it too; a temporary is released by Finish.
  Node* Borrow(Operand x);
  // Stores an owned reference, releases what was there and what was borrowed.
  void Finish(uint32_t dest, Node* owned);
  void FinishWithout();
  // A value that something else keeps alive, as Finish wants it.
  void FinishLent(uint32_t dest, Node* lent) { Finish(dest, Own(lent)); }
  void FinishBool(uint32_t dest, Node* b) {
    FinishLent(dest, Emit(Op::kBoxBool, {b}));
  }
  void Release(Node* owned);

  // --- builder.cc: control
  void DeoptHere();
  struct Sides {
    Block* yes;
    Block* no;
  };
  Sides Branch(Node* condition);
  void Enter(Block* block) { block_ = block; }
  // An instruction whose result comes from one of several sides, each of which
  // is begun with the registers of the instruction.
  struct Sided {
    std::vector<Node*> before;   // registers
    std::vector<Node*> results;  // owned
    std::vector<Node*> regs;     // behind
    Block* after;
  };
  Sided BeginSides();
  // The side has stored its result.
  void EndSide(Sided* sides);
  void MeetSides(const Sided& sides);
  // Ends the instruction: to `target` if `condition` is `sense`, else on.
  void JumpIf(Node* condition, bool sense, uint32_t target);

  // --- What is expected of a value. builder_feedback.cc
  const InlineCache& Cache() const { return unit_->caches()[in_->c]; }
  bool Denied() const { return DeniedAt(at_); }
  bool DeniedAt(uint32_t instr) const;
  // Whether it was this operation that has failed at this instruction.
  bool Failed(Op op) const;
  // Whether it has failed anywhere in the unit.
  bool HasFailed(Op op) const;
  bool HasManyMeanings(uint32_t instr) const;
  bool IsCold(const Instr& in) const;
  // An object that the value may be; or null. Borrowed, and only as long as
  // the GIL is held.
  PyObject* ExampleOf(const Node* node) const;
  void SetExample(Node* node, PyObject* example);
  // An item of a list or tuple, or null.
  static PyObject* ElementOf(PyObject* sequence);
  void Expect(Node* node, const PyTypeObject* type);
  // What kind of numbers an array, bytes or the like is likely to hold: a
  // letter of ArrayInt's or ArrayFloat's imm; 0: none.
  void SetCode(Node* node, char code);
  char CodeOf(const Node* node) const;
  void ExpectInstance(Node* made, Node* callable, Node* argument);
  // The type that the items of a list or tuple, or of an iterator over one, are
  // likely to have; or null.
  const PyTypeObject* ElementOf(const Node* node) const;
  void SetElement(Node* node, const PyTypeObject* type);
  // Whether it is likely to be an int that does not fit 64 bits.
  bool IsBig(const Node* node, Operand x) const;
  bool IsBig(const Node* node) const;
  void SetBig(Node* node);
  // The exact type that it has, or else is likely to have; or null.
  const PyTypeObject* Expected(const Node* node, Operand x) const;
  const PyTypeObject* TypeMet(Operand x) const;
  const PyTypeObject* Expected(const Node* node) const;
  void CountVotes();
  void Vote(Operand x, PyTypeObject* type, bool written = false);
  // The type of this version, if the cache says what holds now.
  PyTypeObject* TypeOf(uint32_t version) { return types_.Find(version); }
  PyObject* SampleOf(uint32_t reg) const;
  void FindSample();
  void FindNamespaces();
  bool HasSeen(PyObject* globals) const;
  PyObject* FindGlobals() const;

  // --- builder_numbers.cc
  bool Numbers(Bytecode op);
  void BinaryInt(Bytecode op);
  void BinaryFloat(Bytecode op);
  Node* BinaryGeneric();
  bool BinaryBool();
  bool BinaryBig(bool small);
  bool BinaryPython();
  bool PowerFloat();
  Node* CompareBig(Node* left, Node* right, Cond cond);
  void Unary(Bytecode op);
  bool CanBeInt(const Node* node) const;
  bool CanBeFloat(const Node* node) const;
  Node* AsInt(Node* node);
  Node* AsFloat(Node* node, Operand x);
  Node* GuardType(Node* node, PyTypeObject* type);
  uint32_t SourceArg() const;
  // The outcome as a bool, without code that can be seen; or null.
  Node* CompareTyped(Operand x, Operand y, Cond cond);
  Node* CompareAny(Operand x, Operand y, Cond cond);
  Node* Truth(Node* node);

  // --- builder_jumps.cc
  bool Jumps(Bytecode op);
  void JumpCompare(Bytecode op);
  void JumpKeep(bool sense);
  void ForIter(Bytecode op);
  void ForIterKnown(PyTypeObject* type, Op more, Op next);
  void ForIterAny();
  // The UNPACK behind an iteration that gives pairs; null if no pair need
  // be made.
  uint32_t AfterPair(uint32_t at) const;
  const Instr* UnpackBehind() const;
  bool ForIterPair(Bytecode op);
  void LeaveLoop(bool ask);
  // The iterator has given this item, or null at its end.
  void GoOnWithItem(Node* item);
  void Return();
  void GetIter();

  // --- builder_generators.cc
  bool Generators(Bytecode op);
  void FillFrame();
  void HoldRegisters();
  void Suspend();
  void EndGenerator();
  void ForIterGenerator();
  void Send();
  void GetInner(Op op);
  bool CallAwait();

  // --- builder_objects.cc
  bool Objects(Bytecode op);
  void NameNamespaces();
  Node* GuardOwner(Node* owner, PyTypeObject* type, uint32_t version);
  void LoadGlobal();
  // `dict` is what the node `in` is.
  Node* LoadEntry(Node* in, PyObject* dict, uint32_t version, int64_t offset);
  // What the cache says that instances (whose type `keeper` is guarded to have)
  // or the class itself find.
  Node* AttributeOf(PyTypeObject* type, Node* keeper, PyObject* value);
  PyDictKeysObject* KeysOf(PyObject* dict, uint32_t version);
  void LoadAttr(Bytecode op);
  void LoadAttrGeneric();
  Node* FindInTables(Op op, Operand x);
  void LoadMethodEither();
  bool LoadAttrValue();
  bool LoadAttrSlot();
  bool LoadAttrNondata();
  bool LoadAttrProperty();
  // The attribute of a module or a class, lent; null if it is not known.
  Node* LoadFromModule(Operand x);
  Node* LoadFromClass(Operand x);
  void LoadMethod(Bytecode op);
  bool LoadMethodOfType(Bytecode op);
  void StoreAttr(Bytecode op);
  bool StoreAttrFast(Bytecode op);
  void LoadDeref();
  void StoreDeref();
  Node* FunctionNode();

  // --- builder_containers.cc
  bool Containers(Bytecode op);
  void BuildSlice();
  void SliceItems();
  void BuildSequence(Op op);
  void Unpack();
  bool UnpackKnown(Node* sequence, bool list);
  void Scatter(Node* tuple, Operand from, const std::vector<uint32_t>& to);

  // --- builder_windows.cc: what works on temporaries, and str
  bool Windows(Bytecode op);
  Node* Temporary(uint32_t reg);
  void MakeFunction();
  void MakeDict(bool constant_keys);
  void MakeSet();
  void AddItem();
  void MapAdd();
  bool Merge(Op op);
  bool MergeDict();
  void UnpackStar();
  void CallSpread();
  void Raise();
  bool AddStr();
  void JoinStr();
  void Format();

  // --- builder_items.cc
  // Whether a key of this type has a hash and a comparison that need no code of
  // others. Null: perhaps.
  static bool CanBeKey(const PyTypeObject* type);
  void LoadItem(Bytecode op);
  bool LoadSequenceItem(PyTypeObject* type, Op op);
  bool LoadDictItem();
  bool LoadNumber();
  void StoreItem(Bytecode op);
  bool StoreListItem();
  bool StoreDictItem();
  bool StoreNumber();
  Node* FindKey(Operand dict, Operand key);
  Node* GuardNumbers(Node* owner, char code);
  // len() of an exact type that is known, without a call; or null.
  Node* SizeOf(Node* node, const PyTypeObject* type);
  // Whether the container has the item; borrows neither.
  Node* Contains(Operand item, Operand container);

  // --- builder_calls.cc
  // A Python function that is to be called.
  struct Callee {
    uint32_t version = 0;
    Unit* unit = nullptr;
    PyObject* function = nullptr;  // if it is known
  };
  // What a call instruction calls, and with what.
  struct CallShape {
    Operand callable = 0;
    bool has_self = false;  // in the window's second register
    uint32_t first = 0;     // of the listed arguments
    uint32_t num_args = 0;  // listed
  };
  bool Calls(Bytecode op);
  // False if what the window holds is not known.
  bool FindShape(Bytecode op, CallShape* shape);
  bool FindFunction(PyObject* function, Callee* callee) const;
  bool FindCallee(Bytecode op, const CallShape& shape, Callee* callee) const;
  bool CallKnown(Bytecode op, const CallShape& shape);
  void CallGeneric(Bytecode op, const CallShape& shape);

  // --- builder_builtins.cc
  bool CallBuiltin(Bytecode op);
  bool CallLen();
  bool CallIsinstance();
  PyObject* BuiltinOf(const CallShape& shape);
  bool GuardBuiltin(const CallShape& shape, PyObject* builtin);
  void FinishBuiltin(const CallShape& shape, Node* result);
  bool CallNumbers(const CallShape& shape);
  bool CallConversion(const CallShape& shape, PyTypeObject* to);
  bool CallAbs(const CallShape& shape, PyObject* builtin);
  bool CallAbsOfObject(const CallShape& shape, PyObject* builtin);
  bool CallExtreme(const CallShape& shape, PyObject* builtin, bool max);
  bool CallRange();
  bool CallSqrt(const CallShape& shape);
  bool CallListAppend();
  bool CallMethodOfC(const CallShape& shape);
  // next() of a generator.
  bool CallNext(const CallShape& shape);
  // Classes of which instances have been made, with a Python function that
  // alone carries out the operator for two of them.
  struct Operator {
    uint32_t type_version;
    Callee callee;
  };
  bool FindOnlyMethod(Node* self, PyObject* name, Operator* found);
  std::vector<Operator> OperatorsOf(Node* left, uint32_t oparg);
  void CallOperator(Node* left, Node* right, const Callee& callee);
  bool CallPure(const CallShape& shape);
  bool GuardArgument(Operand x, char kind);
  void CallEither(Bytecode op);
  bool CallOneOfSome(const CallShape& shape);
  std::vector<Callee> MethodsOfName(PyObject* name);
  bool CallDictGet(const CallShape& shape);
  // Ends a call whose result is None, which is seldom wanted.
  void FinishWithNone();
  bool CallClass();
  // One whose instances need nothing but object's __new__ and __init__.
  bool CallPlainClass(const CallShape& shape);
  PyObject* Keywords() const;
  // Where each parameter comes from: a given argument (from 0 on), or a default
  // (-1 - its number). False if they do not fit.
  bool Bind(const Callee& callee, uint32_t given,
            std::vector<int32_t>* from) const;
  // Takes the listed arguments, as the parameters want them; `self`, if there
  // is one, has been taken. Defaults are kept alive by `function`, or (null) by
  // the code.
  void TakeParameters(const CallShape& shape, const Callee& callee,
                      const std::vector<int32_t>& from, Node* self,
                      Node* function, std::vector<Node*>* inputs);
  // Default -1 - `source`.
  static PyObject* DefaultOf(const Callee& callee, int32_t source);
  // Guards that what is called is the callee, and takes it.
  Node* TakeFunction(Operand callable, const Callee& callee);
  Node* GuardConstant(Node* node, PyObject* object);

  // --- builder_handler.cc: instructions that the interpreter's handler does
  void RunHandler();
  struct Touched {
    enum After : uint8_t { kKept, kEmpty, kFull, kMaybe };
    std::map<uint32_t, After> regs;
  };
  Touched FindTouched(Bytecode op) const;
  void TouchWindow(Bytecode op, Touched* touched) const;
  void TouchCall(Bytecode op, Touched* touched) const;

  Function* f_;
  Unit* unit_;
  const BuildOptions& options_;
  const char* refused_ = nullptr;
  FlowStates flow_;
  std::vector<Stretch> stretches_;
  struct Handler {
    uint32_t instr = 0;     // 0: none
    uint32_t depth = 0;     // temporaries that stay
    bool position = false;  // whether the instruction's is wanted
  };
  std::vector<Handler> handlers_;    // by instruction that may raise; or empty
  std::vector<int32_t> stretch_at_;  // by instruction; -1: begins none
  std::vector<uint32_t> rpo_;
  Block* entry_ = nullptr;

  // Where the walk is.
  Block* block_ = nullptr;  // null: control does not get here
  uint32_t at_ = 0;
  uint32_t next_ = 0;  // behind the instruction
  const Instr* in_ = nullptr;
  std::vector<Node*> regs_;
  std::vector<Node*> at_start_;  // registers before the instruction
  FrameState* before_ = nullptr;
  FrameState* last_state_ = nullptr;
  bool unobserved_pending_ = false;
  bool called_ = false;  // in this instruction
  bool returning_ = false;
  uint32_t begin_ = 0;      // the first instruction that is built
  bool generator_ = false;  // whether its frame is a generator's
  // Of a generator: what has been taken from the frame at the start, registers
  // that are emptied where it is left, and those that handlers have been given.
  std::vector<Node*> taken_, emptied_;
  std::unordered_set<uint32_t> handled_;
  struct Borrowed {
    uint32_t reg;
    Node* node;
  };
  std::vector<Borrowed> borrowed_;

  std::unordered_map<PyObject*, Node*> constants_;
  Node* null_ = nullptr;
  Node* this_function_ = nullptr;

  // What is expected, by node id.
  std::vector<PyObject*> examples_;
  std::vector<const PyTypeObject*> expected_;
  std::vector<const PyTypeObject*> elements_;
  std::unordered_set<const Node*> big_;
  std::unordered_map<const Node*, char> codes_;
  struct Votes {
    const PyTypeObject* type = nullptr;
    bool split = false;
    bool written = false;  // by an instruction that votes
    bool big = false;      // ints that have not fitted 64 bits
  };
  std::vector<Votes> votes_;  // by local
  PyObject* const* sample_ = nullptr;
  bool sample_temps_ = false;
  PyObject* globals_ = nullptr;  // borrowed; null: not known
  PyObject* builtins_ = nullptr;
  Node* globals_node_ = nullptr;  // null: neither is used
  Node* builtins_node_ = nullptr;
  bool namespaces_known_ = false;  // they are those of a known function
  TypeIndex types_;

  // For Finish.
  std::vector<Node*> made_;
  std::vector<Node*> phis_;
  std::vector<FrameState*> states_;
  std::unordered_set<const Block*> single_entry_;  // of loop headers
  std::vector<Node*> asked_at_end_;                // see LeaveLoop
  // Contents of registers that a handler has left as they were.
  std::unordered_map<const Node*, Node*> kept_;
};

}  // namespace pyvm::ir

#endif  // PYVM_PASSES_IR_BUILDER_IMPL_H_
