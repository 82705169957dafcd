// Where machine code finds what C++ structs hold: operands of instructions.
#ifndef PYVM_TIERS_BASELINE_LAYOUT_H_
#define PYVM_TIERS_BASELINE_LAYOUT_H_

#include <cstddef>

#include "core/host/activation.h"
#include "core/host/cpython.h"

namespace pyvm::baseline {

// From a frame to its registers; in front of a frame that pyvm has pushed lies
// its link.
constexpr int kRegs = offsetof(Frame, localsplus);
constexpr int kLink = kRegs + static_cast<int>(sizeof(ReturnLink));

constexpr int kType = offsetof(PyObject, ob_type);
constexpr int kSize = offsetof(PyVarObject, ob_size);
constexpr int kDigit = offsetof(PyLongObject, ob_digit);
constexpr int kDouble = offsetof(PyFloatObject, ob_fval);
constexpr int kListItems = offsetof(PyListObject, ob_item);
constexpr int kTupleItems = offsetof(PyTupleObject, ob_item);
// In the state of a str: it is ready, compact and ASCII.
constexpr int kAscii = 0xe0;
constexpr int kReady = 0x80;
// In front of an instance with a managed dict: its inline values, its dict.
constexpr int kInlineValues = -4 * static_cast<int>(sizeof(void*));
constexpr int kManagedDict = -3 * static_cast<int>(sizeof(void*));

constexpr size_t kCurrentFrame =
    offsetof(Activation, cframe) + offsetof(_PyCFrame, current_frame);
constexpr size_t kUseTracing =
    offsetof(Activation, cframe) + offsetof(_PyCFrame, use_tracing);

// Fields of the activation, of a unit that a register points to, and of the
// frame whose registers a register points to, and of its link.
#define ACT(field) (r15 + offsetof(Activation, field))
#define UNIT(reg, field) (reg + offsetof(Unit, field))
#define FRAME(reg, field) \
  (reg + (static_cast<int>(offsetof(Frame, field)) - kRegs))
#define LINK(reg, field) \
  (reg + (static_cast<int>(offsetof(ReturnLink, field)) - kLink))

// From a generator or coroutine to the registers of its frame, and its fields
// where a register points to those.
constexpr int kGenRegs =
    static_cast<int>(offsetof(PyGenObject, gi_iframe)) + kRegs;
#define GEN(reg, field) \
  (reg + (static_cast<int>(offsetof(PyGenObject, field)) - kGenRegs))

}  // namespace pyvm::baseline

#endif  // PYVM_TIERS_BASELINE_LAYOUT_H_
