// From the intermediate representation to machine code, by way of LLVM.
//
// deps: //core/code, //core/host, //core/runtime, //core/tier, //passes/ir,
// @absl//:status, @llvm. The .cc files of this half: lowering.cc,
// lowering_context.cc, ops_numbers.cc, ops_objects.cc, ops_containers.cc,
// ops_calls.cc, home_slots.cc, site_builder.cc, codegen.cc, runtime_ops.cc.
#ifndef PYVM_TIERS_LLVM_LOWERING_H_
#define PYVM_TIERS_LLVM_LOWERING_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "passes/ir/ir.h"
#include "tiers/llvm/code.h"

namespace pyvm::llvm_tier {

struct GenerateOptions {
  // Of LLVM's optimizer and code generator: 0 to 3.
  int level = 1;
  // Whether general operations tell pyvm_llvm_meet of their operands.
  bool looks_at_operands = false;
  // Whether LLVM checks what it is given: a mistake ends the process.
  bool verify = false;
  // Whether guards fail also where pyvm_llvm_guards_left says so.
  bool fail_guards = false;
  // Where text goes that somebody wants to see; null: nowhere.
  std::string* llvm_ir = nullptr;            // as lowered
  std::string* optimized_llvm_ir = nullptr;  // as optimized
  // Whether machine code shall say what it was made of.
  bool places = false;
  // Whether LLVM shall say what it has done; with `places`, to which operation.
  bool remarks = false;
};

// An operation of the IR, for people: the instruction that it belongs to (of
// the function's unit, or an inlined one's), and its text.
struct Operation {
  const Unit* unit;
  uint32_t instr;
  std::string text;
};
// Where there is none, or where code is shared.
inline constexpr uint32_t kNoOperation = UINT32_MAX;

// From `offset` to the next, code is that of
// LoweredCode::operations[operation].
struct CodePart {
  uint32_t offset;
  uint32_t operation;
};

struct LlvmRemark {
  const char* kind;  // "passed", "missed" or "analysis"
  std::string pass, name, message;
  uint32_t operation;

  bool operator==(const LlvmRemark&) const = default;
};

struct LoweredCode {
  void* entry = nullptr;           // an Entry, or of a direct function Direct
  const uint8_t* block = nullptr;  // in TheCodeMemory(), known to TheCodeMap()
  uint64_t bytes = 0;              // of instructions
  uint64_t block_bytes = 0;        // with constants and unwind tables
  std::vector<std::unique_ptr<Site>> sites;
  // What it took, in nanoseconds.
  uint64_t lower_ns = 0, optimize_ns = 0, emit_ns = 0;
  // For people, where they were asked for.
  std::vector<Operation> operations;
  std::vector<CodePart> places;  // sorted by offset
  std::vector<LlvmRemark> remarks;
  // LLVM's instructions, as lowered and as optimized; 0 without remarks.
  uint64_t instructions = 0, optimized_instructions = 0;
};

// A function in LLVM's hands. It needs neither the function that it was made of
// nor Python from here on.
class LoweredFunction {
 public:
  virtual ~LoweredFunction() = default;
  // Optimizes it and emits code: on any thread, which holds no GIL.
  virtual void Finish() = 0;
  // What Finish has made. Nothing, and *refused set to a static string, if
  // there can be none. Once.
  virtual std::optional<LoweredCode> Take(const char** refused) = 0;
};

// LLVM, set up for the machine that this runs on. Not thread-safe, but for
// Finish: one at a time, beside all the rest.
class Backend {
 public:
  // Null where executable memory cannot be had; *refused (a static string) says
  // why then.
  static std::unique_ptr<Backend> Create(const char** refused);
  virtual ~Backend() = default;

  // The first half of the way to code for `fn`, whose blocks are put into
  // order. What `options` point to is there until Finish is over.
  virtual std::unique_ptr<LoweredFunction> Lower(
      ir::Function& fn, const GenerateOptions& options) = 0;

  // All of it.
  std::optional<LoweredCode> Generate(ir::Function& fn,
                                      const GenerateOptions& options,
                                      const char** refused) {
    std::unique_ptr<LoweredFunction> lowered = Lower(fn, options);
    lowered->Finish();
    return lowered->Take(refused);
  }

  // Makes and drops code that means nothing, so that what LLVM sets up once is
  // set up. By whoever calls Finish.
  virtual void WarmUp() = 0;

  // Gives a block back. Nothing runs in it.
  virtual void Release(const uint8_t* block) = 0;
};

}  // namespace pyvm::llvm_tier

#endif  // PYVM_TIERS_LLVM_LOWERING_H_
