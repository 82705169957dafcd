#include "core/handlers/machine.h"

namespace pyvm::handlers {

Handler table[kNumConcreteOps];

void FillTable() {
  int at = 0;
#define PYVM_OP(name, ...)                                      \
  for (int i = 0; i < InfoOf(Op::k##name).NumVariants(); ++i) { \
    table[at++] = kRow_##name.variants[i];                      \
  }
#include "core/bytecode/opcodes.def"
#undef PYVM_OP
}

}  // namespace pyvm::handlers
