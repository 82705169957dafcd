// From bytecode and feedback to the intermediate representation.
//
// The bytecode is run on values instead of objects: each register holds a node,
// or nothing. What quickening and inline caches say becomes guards, which lead
// back to the interpreter before the instruction; what they do not say becomes
// the operation as CPython's library does it. Arithmetic is boxed, and
// reference counts are explicit: passes remove both.
#ifndef PYVM_PASSES_IR_BUILDER_H_
#define PYVM_PASSES_IR_BUILDER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "passes/ir/ir.h"

namespace pyvm::ir {

struct BuildOptions {
  // Where the code is entered: 0, a loop's header, or behind a YIELD or
  // RETURN_GENERATOR; of a generator it cannot be 0. There the registers come
  // from the frame.
  uint32_t entry_instr = 0;
  // Whether the function is to be `direct`: of a unit with simple_args, entered
  // at 0. It begins with a Safepoint.
  bool direct = false;

  // Whether a speculation at this instruction has failed before: it becomes the
  // generic operation. Null: none has.
  std::function<bool(const Unit*, uint32_t)> denied;
  // Whether it was this operation (its name in ops.def) that has failed there.
  // Null: none has.
  std::function<bool(const Unit*, uint32_t, const char*)> failed;

  // The types that the first two operands of this instruction had whenever code
  // looked at them, each null if there is none; of a call, its arguments. Null:
  // nothing is known.
  std::function<const _typeobject* const*(const Unit*, uint32_t)> met;

  // Whether instructions that have never run are built as generic operations.
  // Otherwise code is left there.
  bool cold_is_generic = false;

  // A frame's registers, to see what types to expect where there is no
  // feedback: the locals of a frame of the unit, and its temporaries if it
  // stands at the entry. Null: the current thread's frames are looked through.
  _object* const* sample = nullptr;

  // Of an inlined call. The state of the calling instruction, whose callable
  // and arguments have left the registers; and the function, which lives as
  // long as the call.
  FrameState* caller = nullptr;
  Node* function = nullptr;
};

// The function's code from the entry on. Null if it cannot be built, and
// *refused (a static string) says why. The GIL is held. Whoever keeps the code
// keeps Function::kept. Of the other objects that nodes refer to, those of
// Const and GuardIs live as long as a unit that is kept, or as the interpreter;
// those of Known and GuardFunction may be gone whenever the GIL has been
// released.
std::unique_ptr<Function> Build(Unit* unit, const BuildOptions& options,
                                const char** refused);

// The body of a call that is to be inlined, in blocks of `function`. The entry
// has no predecessor yet. References of `args` (one for each parameter of a
// unit with simple_args) are taken. Each path ends in one of `returns`: Return
// nodes, which own the result.
struct InlinedBody {
  Block* entry = nullptr;
  std::vector<Node*> returns;
};
// False if it cannot be built; what has been made of it cannot be reached then.
bool BuildInlined(Function* function, Unit* unit, const BuildOptions& options,
                  std::span<Node* const> args, InlinedBody* body,
                  const char** refused);

// The register that gets what a generator is resumed with before the
// instruction; -1 if the one in front neither suspends nor makes it.
int64_t ReceivingRegister(const Unit& unit, uint32_t instr);

// The object that `node` is, as constants and guards say; or null.
_object* ConstantOf(const Node* node);

}  // namespace pyvm::ir

#endif  // PYVM_PASSES_IR_BUILDER_H_
