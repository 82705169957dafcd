// Builds ELF objects that hold no code, only what a debugger wants to know of
// code that is in memory already.
#ifndef PYVM_CORE_CODE_DEBUG_ELF_H_
#define PYVM_CORE_CODE_DEBUG_ELF_H_

#include <elf.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/code/byte_writer.h"
#include "core/code/code_info.h"
#include "core/code/frame_layout.h"

namespace pyvm {

class DebugElf {
 public:
  // For the code at [begin, begin + size), which gets this symbol.
  DebugElf(const std::string& symbol, uint64_t begin, uint64_t size);

  // .eh_frame
  void AddFrames(const FrameLayout& layout,
                 const std::vector<InnerFrame>& inner = {});
  // .debug_info, with one function, and .debug_line
  void AddLines(const CodeInfo& info);

  // The file. The object is used up.
  std::string Finish();

 private:
  void AddSection(const char* name, uint32_t type, uint64_t flags,
                  uint64_t address, std::string contents, uint64_t size);
  void AddSection(const char* name, std::string contents);
  void AddSymbols();

  struct Section {
    Elf64_Shdr header;
    std::string contents;
  };

  const std::string symbol_;
  const uint64_t begin_;
  const uint64_t size_;
  std::vector<Section> sections_;
  ByteWriter names_;  // of sections
};

}  // namespace pyvm

#endif  // PYVM_CORE_CODE_DEBUG_ELF_H_
