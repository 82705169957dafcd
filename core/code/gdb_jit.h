// Tells GDB of machine code, through its JIT compilation interface: small ELF
// files in memory, one for each block. See the chapter of that name in GDB's
// manual. GDB reads all of them whenever it stops in a process with a new one:
// with thousands of functions, start-up under GDB takes minutes, so blocks are
// described only with --gdb. Breakpoints in machine code have to be hardware's
// (`hbreak`): GDB cannot write to a shared mapping that the process may not.
#ifndef PYVM_CORE_CODE_GDB_JIT_H_
#define PYVM_CORE_CODE_GDB_JIT_H_

#include <cstdint>
#include <memory>
#include <string>

#include "core/code/code_info.h"
#include "core/code/frame_layout.h"

namespace pyvm {

// An ELF object for one block: a symbol, its function and lines (DWARF 4), and
// how to unwind if `layout` is not null.
std::string GdbElfOfBlock(const CodeInfo& info, const void* begin,
                          uint64_t size, const FrameLayout* layout);

// The same for a region without names: a symbol for all of it, and its layout.
std::string GdbElfOfZone(const std::string& symbol, const void* begin,
                         uint64_t size, const FrameLayout& layout);

// GDB knows of this object while it lives. Any thread.
class GdbObject {
 public:
  explicit GdbObject(std::string elf);
  ~GdbObject();
  GdbObject(GdbObject&&) = default;

 private:
  struct Entry;
  struct Unlink {
    void operator()(Entry* entry) const;
  };
  std::unique_ptr<Entry, Unlink> entry_;
};

}  // namespace pyvm

#endif  // PYVM_CORE_CODE_GDB_JIT_H_
