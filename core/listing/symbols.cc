#include "core/listing/symbols.h"

#include <cxxabi.h>
#include <dlfcn.h>
#include <elf.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace pyvm {
namespace {

struct Symbol {
  uint64_t value, size;
  std::string name;
};

struct SymbolFile {
  bool fixed = false;           // values are addresses
  std::vector<Symbol> symbols;  // sorted by value
};

// What lies at `offset` in the file; zeros where it is too short.
template <typename T>
std::vector<T> ReadAt(std::ifstream& file, uint64_t offset, uint64_t count) {
  std::vector<T> data(count);
  file.clear();
  file.seekg(static_cast<std::streamoff>(offset));
  file.read(reinterpret_cast<char*>(data.data()),
            static_cast<std::streamsize>(count * sizeof(T)));
  return data;
}

SymbolFile ReadSymbols(const std::string& path) {
  SymbolFile result;
  std::ifstream file(path, std::ios::binary);
  if (!file) return result;
  auto header = ReadAt<Elf64_Ehdr>(file, 0, 1)[0];
  if (!std::equal(header.e_ident, header.e_ident + SELFMAG, ELFMAG) ||
      header.e_shentsize != sizeof(Elf64_Shdr)) {
    return result;
  }
  result.fixed = header.e_type == ET_EXEC;
  auto sections = ReadAt<Elf64_Shdr>(file, header.e_shoff, header.e_shnum);
  for (const Elf64_Shdr& section : sections) {
    if (section.sh_type != SHT_SYMTAB || section.sh_link >= sections.size()) {
      continue;
    }
    const Elf64_Shdr& strings = sections[section.sh_link];
    auto names = ReadAt<char>(file, strings.sh_offset, strings.sh_size);
    names.push_back('\0');
    for (const Elf64_Sym& symbol : ReadAt<Elf64_Sym>(
             file, section.sh_offset, section.sh_size / sizeof(Elf64_Sym))) {
      auto type = ELF64_ST_TYPE(symbol.st_info);
      if ((type != STT_FUNC && type != STT_OBJECT) ||
          symbol.st_shndx == SHN_UNDEF || symbol.st_name >= names.size()) {
        continue;
      }
      result.symbols.push_back(
          {symbol.st_value, symbol.st_size, names.data() + symbol.st_name});
    }
  }
  std::sort(result.symbols.begin(), result.symbols.end(),
            [](const Symbol& a, const Symbol& b) { return a.value < b.value; });
  return result;
}

const SymbolFile& FileAt(const Dl_info& info) {
  static auto* files = new std::map<const void*, SymbolFile>;
  auto found = files->find(info.dli_fbase);
  if (found != files->end()) return found->second;
  Dl_info own;
  bool executable =
      dladdr(reinterpret_cast<const void*>(&SymbolAt), &own) != 0 &&
      own.dli_fbase == info.dli_fbase;
  std::string path = executable ? "/proc/self/exe" : info.dli_fname;
  return (*files)[info.dli_fbase] = ReadSymbols(path);
}

// "pyvm::(anonymous namespace)::f(int)" -> "f"; what is no C++ name stays.
std::string Readable(const std::string& name) {
  int status = 0;
  char* demangled =
      abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status);
  if (demangled == nullptr) return name;
  std::string text = absl::StrReplaceAll(
      demangled, {{"(anonymous namespace)::", ""}, {"pyvm::", ""}});
  free(demangled);
  return text.substr(0, text.find('('));
}

}  // namespace

std::string SymbolAt(uint64_t address) {
  Dl_info info;
  if (dladdr(reinterpret_cast<const void*>(address), &info) == 0) return "";
  const SymbolFile& file = FileAt(info);
  uint64_t value = file.fixed
                       ? address
                       : address - reinterpret_cast<uint64_t>(info.dli_fbase);
  auto after = std::upper_bound(
      file.symbols.begin(), file.symbols.end(), value,
      [](uint64_t v, const Symbol& symbol) { return v < symbol.value; });
  if (after == file.symbols.begin()) return "";
  const Symbol& symbol = *std::prev(after);
  uint64_t offset = value - symbol.value;
  if (offset != 0 && offset >= symbol.size) return "";
  std::string name = Readable(symbol.name);
  return offset == 0 ? name : absl::StrCat(name, "+0x", absl::Hex(offset));
}

}  // namespace pyvm
