// LLVM IR to machine code in code memory.
#ifndef PYVM_TIERS_LLVM_CODEGEN_H_
#define PYVM_TIERS_LLVM_CODEGEN_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "core/code/code_memory.h"

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
};

// Not thread-safe.
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
  // memory is short.
  std::optional<MachineCode> Emit(llvm::Module& module, const char* entry,
                                  int level, const char** refused);

  // Takes the block's unwind tables back; the block itself is the caller's.
  void Forget(const uint8_t* block);

 private:
  CodeGenerator();

  std::unique_ptr<llvm::TargetMachine> target_;
  CodeZone zone_ = {};
  // What unwinders have been told of blocks.
  std::unordered_map<const uint8_t*, uint8_t*> unwind_tables_;
};

}  // namespace pyvm::llvm_tier

#endif  // PYVM_TIERS_LLVM_CODEGEN_H_
