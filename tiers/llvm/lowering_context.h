// What the lowerings of operations share. Includes LLVM: for .cc files only.
#ifndef PYVM_TIERS_LLVM_LOWERING_CONTEXT_H_
#define PYVM_TIERS_LLVM_LOWERING_CONTEXT_H_

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/host/activation.h"
#include "core/host/cpython.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/MDBuilder.h"
#include "llvm/IR/Module.h"
#include "passes/ir/ir.h"
#include "tiers/llvm/lowering.h"
#include "tiers/llvm/site_builder.h"

namespace pyvm::llvm_tier {

// Kinds of memory that never overlap, so that LLVM need not fear that a store
// to one changes another.
enum class Mem {
  kRefcount,
  kType,  // ob_type, and the links of free lists that lie there
  kSize,
  kDigit,
  kDouble,
  kItems,      // pointers from lists and arrays to their items, and allocated
  kItem,       // items of lists and tuples
  kArrayItem,  // numbers
  kStr,
  kValues,  // pointers from instances to their inline values
  kValue,
  kSlot,
  kDict,      // keys and their versions
  kVersion,   // of types and functions
  kIterator,  // fields of iterators
  kFreeList,  // heads and counts
  kRegister,
  kFrame,
  kNative,     // NativeFrame and argument vectors
  kRegisters,  // NativeFrame::regs
  kDirect,     // Unit::direct
  kBreaker,
};
inline constexpr int kNumMems = static_cast<int>(Mem::kBreaker) + 1;

class Places;

class Lowering {
 public:
  Lowering(ir::Function& fn, llvm::Module& module, const HomeSlots& homes,
           SiteBuilder& sites, const GenerateOptions& options);

  // From now on `places` is told which operation LLVM's instructions come from.
  void NotePlaces(Places* places) { places_ = places; }

  // Adds the function to the module, as kEntryName.
  llvm::Function* Run();

  static constexpr char kEntryName[] = "py";

  llvm::IRBuilder<> b;
  llvm::LLVMContext& context;
  // Types.
  llvm::PointerType* const ptr;
  llvm::IntegerType* const i1;
  llvm::IntegerType* const i8;
  llvm::IntegerType* const i32;
  llvm::IntegerType* const i64;
  llvm::Type* const f64;
  // Of the function being made.
  llvm::Value* act = nullptr;
  llvm::Value* native() const { return native_; }
  llvm::Value* caller() const { return caller_; }
  llvm::Value* remaining() const { return remaining_; }
  // The function object that runs.
  llvm::Value* ThisFunction();
  // Registers of the frame; null where a direct function is not linked.
  llvm::Value* Regs();
  llvm::Value* Argument(int64_t number);
  llvm::Value* Received() { return function_->getArg(3); }
  llvm::FunctionType* GeneratorType() const;
  // Whether the registers are used: a direct function is linked at its start.
  bool uses_registers() const { return uses_registers_; }

  // --- Values
  llvm::Value* Of(const ir::Node* node) const { return values_[node->id]; }
  llvm::Value* In(const ir::Node& n, size_t i) const { return Of(n.inputs[i]); }
  static bool IsExactly(const ir::Node* value, const PyTypeObject* type) {
    return value->type.exact == type;
  }
  llvm::Constant* Address(const void* address) const;
  llvm::ConstantInt* Int(int64_t value) const { return b_i64(value); }
  llvm::ConstantPointerNull* Null() const {
    return llvm::ConstantPointerNull::get(ptr);
  }
  llvm::Value* IsNull(llvm::Value* v) { return b.CreateICmpEQ(v, Null()); }
  llvm::Value* NotNull(llvm::Value* v) { return b.CreateICmpNE(v, Null()); }

  // --- Memory
  llvm::Value* At(llvm::Value* base, int64_t offset);
  llvm::Value* Indexed(llvm::Value* base, llvm::Value* index);  // of words
  llvm::LoadInst* Load(llvm::Type* type, llvm::Value* at, Mem mem);
  llvm::LoadInst* Load(llvm::Type* type, llvm::Value* base, int64_t offset,
                       Mem mem) {
    return Load(type, At(base, offset), mem);
  }
  void Store(llvm::Value* value, llvm::Value* at, Mem mem);
  void Store(llvm::Value* value, llvm::Value* base, int64_t offset, Mem mem) {
    Store(value, At(base, offset), mem);
  }
  // What never changes during an activation.
  llvm::LoadInst* LoadFixed(llvm::Type* type, llvm::Value* base,
                            int64_t offset);
  llvm::Value* Interp();
  llvm::Value* Register(int64_t number) {
    return At(Regs(), number * static_cast<int64_t>(sizeof(PyObject*)));
  }
  llvm::Value* FrameField(size_t offset) { return FrameField(Regs(), offset); }
  llvm::Value* FrameField(llvm::Value* regs, size_t offset) {
    return At(regs, static_cast<int64_t>(offset) -
                        static_cast<int64_t>(offsetof(Frame, localsplus)));
  }
  // Of the generator whose frame this is.
  llvm::Value* GeneratorField(size_t offset) {
    return At(function_->getArg(1), static_cast<int64_t>(offset));
  }
  // Where arguments are put that a callee takes as a vector.
  llvm::Value* ArgumentSlot(size_t i);

  // --- Control
  enum Odds { kEven, kLikely, kUnlikely };
  llvm::BasicBlock* NewBlock(const char* name);
  void Branch(llvm::Value* condition, llvm::BasicBlock* yes,
              llvm::BasicBlock* no, Odds odds = kEven);
  void Begin(llvm::BasicBlock* block) { b.SetInsertPoint(block); }

  // --- Leaving
  // Goes on where `ok`; else the node's guard has failed.
  void Guard(const ir::Node& n, llvm::Value* ok);
  // Where a failing guard goes. Values of the node's state are stored there.
  llvm::BasicBlock* Failed(const ir::Node& n);
  // Makes the frame presentable to what is called next. What is stored is
  // there for all that follows, unless this is in a block that not all
  // come through.
  enum Way { kOnTheWay, kAside };
  enum Callee {
    kMayLook,  // at frames: they are linked
    kLinks,    // gets this native frame, and links it if somebody may look
    kDirect,   // a direct function
    kResumes,  // kMayLook, but what is left of the recursion is an argument
  };
  void Publish(const ir::Node& n, Way way = kOnTheWay,
               Callee callee = kMayLook);
  // What is left of the recursion at the node.
  llvm::Value* RemainingAt(const ir::Node& n);
  void StoreRemaining(const ir::Node& n);
  // The exception that is set comes out of the last site that was published.
  void RaiseIf(llvm::Value* failed);
  // Where RaiseIf goes for the operation that was published last, if its
  // exceptions are caught; null if it has not raised any. Once.
  llvm::BasicBlock* TakeCaught() { return std::exchange(caught_, nullptr); }

  // --- Calls
  llvm::CallInst* Call(const void* function, llvm::Type* result,
                       llvm::ArrayRef<llvm::Value*> args);
  // The same where it is not expected to happen.
  llvm::CallInst* ColdCall(const void* function, llvm::Type* result,
                           std::initializer_list<llvm::Value*> args);
  // Calls a function without a frame, at `direct` (of its unit); null means an
  // exception. Its arguments are taken; a reference of the function is needed
  // while it runs.
  enum Reference { kBorrowed, kTaken };
  llvm::Value* CallDirect(const ir::Node& n, llvm::Value* direct,
                          llvm::Value* function,
                          llvm::ArrayRef<llvm::Value*> args,
                          Reference reference);
  // With a published frame; null means an exception.
  llvm::Value* CallForObject(const ir::Node& n, const void* function,
                             std::initializer_list<llvm::Value*> args,
                             Way way = kOnTheWay);
  // The same; -1 means an exception.
  llvm::Value* CallForInt(const ir::Node& n, const void* function,
                          std::initializer_list<llvm::Value*> args,
                          Way way = kOnTheWay);
  // Looks at two operands from number `first` on, where code is to learn.
  void Meet(const ir::Node& n, size_t first);
  // The same for what gets `act` and this native frame before `args`, and links
  // it if somebody may look.
  llvm::Value* LinkingCall(const ir::Node& n, const void* function,
                           std::initializer_list<llvm::Value*> args,
                           Way way = kOnTheWay);
  llvm::Value* LinkingInt(const ir::Node& n, const void* function,
                          std::initializer_list<llvm::Value*> args,
                          Way way = kOnTheWay);

  // --- Objects
  llvm::LoadInst* TypeOf(llvm::Value* object);
  llvm::Value* HasType(llvm::Value* object, const PyTypeObject* type);
  void IncRef(llvm::Value* object);
  // One reference less: whether it was the last.
  llvm::Value* DecRefIsLast(llvm::Value* object);

  // The frame of this function is not in the thread's stack any more; holds to
  // the end of the block.
  void SetUnlinked() { unlinked_ = true; }
  // The innermost native frame that is to be seen.
  llvm::Value* Seen() const { return unlinked_ ? caller_ : native_; }

  llvm::BasicBlock* BlockOf(const ir::Block* block) const {
    return blocks_[block->id];
  }
  llvm::Type* TypeFor(ir::Rep rep) const;
  ir::Function& fn() { return fn_; }
  // Notes where the edge to the block's successor number `which` begins.
  void NoteEdge(const ir::Block* from, int which);

 private:
  // Where the guards of a state go.
  struct Exit {
    llvm::BasicBlock* block = nullptr;
    llvm::PHINode* site = nullptr;
    std::vector<uint32_t> stored;  // there, numbers of values
    std::unordered_map<int, llvm::BasicBlock*> by_op;
  };

  llvm::ConstantInt* b_i64(int64_t value) const {
    return llvm::ConstantInt::getSigned(i64, value);
  }
  llvm::FunctionType* DirectType(size_t args) const;
  void Prologue();
  void PrologueOfEntry();
  void LinkGenerator();
  void PrologueOfDirect();
  bool FindsRegisters() const;
  // Behind a call from inlined code.
  void UnlinkInlined();
  void Body(const ir::Block& block);
  // --stress=deopt: the guard fails before it is tried, if its turn has come.
  void FailInTurn(const ir::Node& n);
  void FillPhis(const ir::Block& block);
  // Stores a value in its place.
  void StoreHome(uint32_t number);
  void StoreEarly(const ir::Node& n);
  // What sites of the state need and is not in its place yet.
  std::vector<uint32_t> Missing(const ir::FrameState* state) const;
  Exit& ExitFor(const ir::Node& n);
  size_t MaxArguments() const;
  // The end of the function that leaves by this call.
  llvm::BasicBlock* Leave(llvm::BasicBlock** known, const char* name,
                          const void* function);

  ir::Function& fn_;
  llvm::Module& module_;
  const HomeSlots& homes_;
  SiteBuilder& sites_;
  const bool looks_at_operands_;
  const bool fail_guards_;
  llvm::Function* function_ = nullptr;
  llvm::AllocaInst* native_ = nullptr;
  llvm::Value* caller_ = nullptr;
  llvm::Value* remaining_ = nullptr;  // i64
  bool uses_registers_ = false;
  uint32_t max_inlined_ = 0;  // frames behind the own one, at any site
  // Of the call that was published last.
  const ir::FrameState* published_ = nullptr;
  Callee published_for_ = kMayLook;
  bool catches_ = false;                // the same
  llvm::BasicBlock* caught_ = nullptr;  // see TakeCaught
  bool unlinked_ = false;
  llvm::AllocaInst* arguments_ = nullptr;
  std::vector<llvm::Value*> values_;       // by node
  std::vector<llvm::BasicBlock*> blocks_;  // by block
  // By block: from where its successors are reached.
  std::vector<std::pair<llvm::BasicBlock*, llvm::BasicBlock*>> edges_;
  // By value: it is in its place, here and wherever this block dominates.
  std::vector<bool> stored_;
  std::vector<std::vector<bool>> stored_behind_;  // by block
  std::unordered_map<const ir::FrameState*, Exit> exits_;
  llvm::BasicBlock* deopt_ = nullptr;
  llvm::BasicBlock* raise_ = nullptr;
  llvm::MDNode* mems_[kNumMems];
  llvm::MDNode* likely_;
  llvm::MDNode* unlikely_;
  Places* places_ = nullptr;
};

// One for each operation: emits it and returns its value, or null where it has
// none. An operation that lacks one does not link.
#define PYVM_IR_OP(name, ...) \
  llvm::Value* Lower##name(Lowering& l, const ir::Node& n);
#include "passes/ir/ops.def"
#undef PYVM_IR_OP

}  // namespace pyvm::llvm_tier

#endif  // PYVM_TIERS_LLVM_LOWERING_CONTEXT_H_
