// Runs passes, in an order that is given by text. The only place that dumps,
// times, verifies and counts.
#ifndef PYVM_PASSES_IR_PASS_MANAGER_H_
#define PYVM_PASSES_IR_PASS_MANAGER_H_

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "passes/ir/ir.h"
#include "passes/ir/pass.h"

namespace pyvm::ir {

// One execution of a pass.
struct PassRun {
  const Pass* pass = nullptr;
  uint32_t changes = 0;
  uint32_t nodes_before = 0;  // in blocks
  uint32_t nodes = 0;         // afterwards
  uint64_t nanoseconds = 0;
};

class PassManager {
 public:
  // `all`: the passes that have names here; `pipeline`: those that run by
  // default, in order, separated by commas. Both outlive the manager.
  PassManager(std::span<const Pass* const> all, std::string_view pipeline);

  // What to run instead of the default:
  //   ""                       the default
  //   -guards,-licm            the default, without these
  //   inline:budget=200        the default, with a parameter of a pass
  //   only:simplify,dce        these, in this order, as often as they stand
  //                            there; `only:` for none
  // Returns what is wrong, in one line, and changes nothing then; else "".
  std::string Configure(std::string_view passes);

  struct Options {
#ifdef NDEBUG
    bool verify = false;
#else
    bool verify = true;
#endif
    // Called with the function before the first pass (null) and behind each.
    std::function<void(const Function& function, const Pass* pass)> dump;
    std::vector<PassRun>* runs = nullptr;  // appended to
  };
  // Empty, or what the verifier says after which pass; the function is not to
  // be used then.
  std::string Run(Function* function, const Options& options) const;

  std::vector<const Pass*> pipeline() const;

 private:
  struct Step {
    const Pass* pass;
    std::vector<int64_t> values;  // of its parameters
  };
  const Pass* Find(std::string_view name) const;
  std::string UnknownPass(std::string_view name) const;
  // Appends to `steps`, or sets a parameter of those that are there.
  std::string Add(std::string_view item, std::vector<Step>* steps) const;
  std::string Set(std::string_view setting, Step* step) const;

  std::span<const Pass* const> all_;
  std::string_view default_;
  std::vector<Step> steps_;
};

}  // namespace pyvm::ir

#endif  // PYVM_PASSES_IR_PASS_MANAGER_H_
