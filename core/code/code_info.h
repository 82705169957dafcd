// What a block of machine code is: for people, profilers and debuggers.
#ifndef PYVM_CORE_CODE_CODE_INFO_H_
#define PYVM_CORE_CODE_CODE_INFO_H_

#include <cstdint>
#include <string>
#include <vector>

#include "core/code/frame_layout.h"

namespace pyvm {

// From `offset` (bytes from the block's beginning) to the next entry, code is
// of this line.
struct CodeLine {
  uint32_t offset;
  uint32_t line : 24;
  uint32_t file : 8;  // 0: CodeInfo::file; i: CodeInfo::inlined_files[i - 1]
};

// From `offset` to the next label, the block's code has this name: one of
// several pieces that are called or jumped to.
struct CodeLabel {
  uint32_t offset;
  const char* name;  // a static string
};

struct CodeInfo {
  std::string function;  // qualified name
  std::string file;
  uint32_t line = 0;  // of the `def`
  // Whose code it is, for who finds it by an address: for instance a Unit*. Not
  // looked at.
  const void* owner = nullptr;
  // Sorted by offset; may be empty. Wanted where CodeMap::WantsLines().
  std::vector<CodeLine> lines = {};
  std::vector<std::string> inlined_files = {};
  // Sorted by offset; may be empty.
  std::vector<CodeLabel> labels = {};
  // For debuggers; sorted by offset; may be empty.
  std::vector<InnerFrame> inner_frames = {};

  const std::string& FileOf(const CodeLine& entry) const {
    return entry.file == 0 ? file : inlined_files[entry.file - 1];
  }
};

// "py::outer.<locals>.inner:/path/file.py:12": what profilers show. "py::inner"
// for what comes from no file.
std::string SymbolOf(const CodeInfo& info);

}  // namespace pyvm

#endif  // PYVM_CORE_CODE_CODE_INFO_H_
