// Frames whose values a tier keeps elsewhere while it runs them, for those who
// look at a frame's locals: f_locals, locals(), super().
#ifndef PYVM_CORE_HOST_OBSERVERS_H_
#define PYVM_CORE_HOST_OBSERVERS_H_

#include <limits>

#include "core/host/frame.h"

namespace pyvm {

// `stacktop` of such a frame. The tier sets it when it takes the values out of
// the registers, and another one before anybody clears the frame.
inline constexpr int kAwayStacktop = std::numeric_limits<int>::min();

// Stores what the first `unit->num_locals` registers of a frame with that
// stacktop would hold: new references, and null for what is unbound. False if
// that cannot be known, or with MemoryError; nothing is stored then.
using LocalsReader = bool (*)(Frame* frame, PyObject** locals);

// Set by a tier that makes such frames. From then on locals are read by it.
void SetLocalsReader(LocalsReader reader);

}  // namespace pyvm

#endif  // PYVM_CORE_HOST_OBSERVERS_H_
