// What a pass in a plugin of its own hands over; plugins/template has one.
//
// The plugin refers to functions of the IR that the tier's compiler brings
// along: the IR is in a process once. Both sides must have been built from the
// same headers, since they share structures.
#ifndef PYVM_PASSES_IR_PASS_PLUGIN_H_
#define PYVM_PASSES_IR_PASS_PLUGIN_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "passes/ir/ir.h"
#include "passes/ir/pass.h"

namespace pyvm::ir {

// Follows from the rows of ops.def and the sizes of structures (FNV-1a).
constexpr uint64_t VersionOfIr() {
  constexpr std::string_view kRows =
#define PYVM_IR_OP(...) #__VA_ARGS__ "\n"
#include "passes/ir/ops.def"
#undef PYVM_IR_OP
      ;
  uint64_t hash = 14695981039346656037u;
  auto add = [&hash](uint64_t value) {
    hash = (hash ^ value) * 1099511628211u;
  };
  for (char c : kRows) add(static_cast<unsigned char>(c));
  for (size_t size :
       {sizeof(Node), offsetof(Node, state), sizeof(Block), sizeof(FrameState),
        sizeof(StateSlot), sizeof(Function), sizeof(OpInfo), sizeof(Pass)}) {
    add(size);
  }
  return hash;
}
inline constexpr uint64_t kIrVersion = VersionOfIr();

// The `api` of a pyvm_plugin of kind PYVM_PASS, which has no parameters of its
// own: those of the pass are in its Pass. Constant, and alive as long as the
// process.
struct PassPlugin {
  uint64_t ir_version;  // kIrVersion
  const Pass* pass;     // of the plugin's name
};

}  // namespace pyvm::ir

#endif  // PYVM_PASSES_IR_PASS_PLUGIN_H_
