// Names of C functions and variables, as the files that they come from have
// them: local ones too, which the dynamic linker does not know.
#ifndef PYVM_CORE_LISTING_SYMBOLS_H_
#define PYVM_CORE_LISTING_SYMBOLS_H_

#include <cstdint>
#include <string>

namespace pyvm {

// "PyLong_Type", "handlers::HandOver", "_PyRuntime+0x40"; "" for what is in no
// symbol. Reads the file's symbols at the first question about it, and keeps
// them.
std::string SymbolAt(uint64_t address);

}  // namespace pyvm

#endif  // PYVM_CORE_LISTING_SYMBOLS_H_
