// For tests: machine code from texts of the intermediate representation, run on
// frames that belong to no program. Leaving the code gives a text that says
// where it was left, and what its frames would hold.
#ifndef PYVM_TIERS_LLVM_COMPILED_FOR_TEST_H_
#define PYVM_TIERS_LLVM_COMPILED_FOR_TEST_H_

#include <initializer_list>
#include <optional>
#include <string>

#include "core/host/cpython.h"
#include "passes/ir/parser.h"
#include "tiers/llvm/frames.h"
#include "tiers/llvm/lowering.h"

namespace pyvm::llvm_tier {

std::string Repr(PyObject* o);

// The variable `name` that the source defines: a new reference.
PyObject* Evaluate(const std::string& source, const char* name);

// A function's code, ready to run.
class Compiled {
 public:
  explicit Compiled(const std::string& text, int level = 1);
  ~Compiled();
  Compiled(const Compiled&) = delete;
  Compiled& operator=(const Compiled&) = delete;

  // Takes the arguments; a new reference, or null with an exception.
  PyObject* Call(std::initializer_list<PyObject*> args);
  // Of a generator's function, which is resumed with `sent` (taken): where it
  // has been left, with what, and what its registers hold.
  std::string Resume(std::initializer_list<PyObject*> args, PyObject* sent);
  // The result's repr, or the text that a str is.
  std::string Run(std::initializer_list<PyObject*> args);
  // The same for one or two ints.
  std::string Ints(std::initializer_list<int64_t> args);

  const LoweredCode& code() const { return *code_; }
  std::string llvm_ir, optimized;

 private:
  ir::Parsed parsed_;
  std::optional<LoweredCode> code_;
};

}  // namespace pyvm::llvm_tier

#endif  // PYVM_TIERS_LLVM_COMPILED_FOR_TEST_H_
