// What a pass is: a function over one function, with a name.
#ifndef PYVM_PASSES_IR_PASS_H_
#define PYVM_PASSES_IR_PASS_H_

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "passes/ir/ir.h"

namespace pyvm::ir {

struct PassParameter {
  const char* name;
  const char* help;
  int64_t value;  // by default
};

struct Pass;

// What a pass is told besides the function.
class PassContext {
 public:
  PassContext(const Pass* pass, std::span<const int64_t> values)
      : pass_(pass), values_(values) {}
  // A parameter of the pass, which must have it.
  int64_t Get(std::string_view parameter) const;

 private:
  const Pass* pass_;
  std::span<const int64_t> values_;
};

// Each is a constant in a folder of its own, and listed in passes/passes.cc. A
// pass calls no other, prints nothing, and needs no GIL: it makes no objects.
struct Pass {
  const char* name;
  const char* help;
  // Returns how much it has changed, in a unit of its own; 0 if nothing. At its
  // start all replacements are resolved, and dominators and loops known; both
  // are done again behind it.
  uint32_t (*run)(Function& function, const PassContext& context);
  std::span<const PassParameter> parameters;
};

inline int64_t PassContext::Get(std::string_view parameter) const {
  for (size_t i = 0; i < values_.size(); ++i) {
    if (parameter == pass_->parameters[i].name) return values_[i];
  }
  return 0;
}

}  // namespace pyvm::ir

#endif  // PYVM_PASSES_IR_PASS_H_
