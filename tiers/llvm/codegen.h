// LLVM IR to machine code in code memory.
#ifndef PYVM_TIERS_LLVM_CODEGEN_H_
#define PYVM_TIERS_LLVM_CODEGEN_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/code/code_memory.h"
#include "tiers/llvm/lowering.h"

namespace llvm {
class Module;
class TargetMachine;
}  // namespace llvm

namespace pyvm::llvm_tier {

struct MachineCode {
  const uint8_t* block = nullptr;
  const uint8_t* entry = nullptr;
  uint64_t bytes = 0;        // of instructions, from the block's beginning
  uint64_t block_bytes = 0;  // with what else lies in the block
  uint8_t* unwind_table = nullptr;  // in it, if there is one
  std::vector<CodePart> places;     // if they were asked for
};

// Not thread-safe, but for Optimize and Emit: one thread at a time may call
// them beside all the rest.
// An attribute of functions that do little each time they are called.
inline constexpr const char* kBegunOften = "pyvm-begun-often";

class CodeGenerator {
 public:
  // Null, and *refused a static string, where there can be no code.
  static std::unique_ptr<CodeGenerator> Create(const char** refused);
  ~CodeGenerator();

  // Tells the module which machine it is for. Before anything is added.
  void Prepare(llvm::Module& module) const;

  // Level 0 does nothing.
  void Optimize(llvm::Module& module, int level);

  // Code of the module's function `entry`. Nothing, and *refused set, where
  // memory is short. `places`: what the code was made of is looked up too.
  std::optional<MachineCode> Emit(llvm::Module& module, const char* entry,
                                  int level, const char** refused,
                                  bool places = false);

  // Before code is run that Emit has made, by a thread that will run it.
  void Publish(const MachineCode& code);

  // Optimizes and emits a small function, and forgets it.
  void WarmUp(int level);

  // Takes the block's unwind tables back; the block itself is the caller's.
  void Forget(const uint8_t* block);

 private:
  CodeGenerator();
  void Begin();
  std::optional<MachineCode> Make(llvm::Module& module, const char* entry,
                                  int level, const char** refused, bool places);

  // Describes the machine; for Prepare.
  std::string triple_, data_layout_;
  // For Optimize and Emit.
  std::unique_ptr<llvm::TargetMachine> target_;
  bool busy_ = false;  // in Optimize or Emit
  CodeZone zone_ = {};
  // What unwinders have been told of blocks.
  std::unordered_map<const uint8_t*, uint8_t*> unwind_tables_;
};

}  // namespace pyvm::llvm_tier

#endif  // PYVM_TIERS_LLVM_CODEGEN_H_
