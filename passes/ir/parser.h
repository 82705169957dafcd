// Reads what printer.h writes, for tests. Units are made up: they have names
// and registers, and no code.
#ifndef PYVM_PASSES_IR_PARSER_H_
#define PYVM_PASSES_IR_PARSER_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytecode/unit.h"
#include "passes/ir/ir.h"
#include "passes/ir/printer.h"

namespace pyvm::ir {

// A function, with all that it refers to.
struct Parsed {
  Parsed() = default;
  Parsed(Parsed&&) = default;
  Parsed& operator=(Parsed&&) = default;
  ~Parsed();

  std::string error;  // "line 3: ..."; empty if the text could be read
  Names names;
  std::vector<std::unique_ptr<Unit>> units;
  std::vector<_object*> objects;       // references
  std::unique_ptr<Function> function;  // null if there is an error
};

// Values keep their numbers, and so do blocks, which stand in the order of
// their numbers. `#` and what follows is a comment. Needs the GIL, for
// constants: None, True, False, Ellipsis, 1, 1.5, 'text', (1, 2), type int.
Parsed Parse(std::string_view text);

}  // namespace pyvm::ir

#endif  // PYVM_PASSES_IR_PARSER_H_
