#include "core/driver/identity.h"

#include <elf.h>
#include <link.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "core/tier/options.h"

namespace pyvm {
namespace {

// FNV-1a: the same on every machine and in every run.
uint64_t Hash(const std::string& text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  return hash;
}

std::string Hex(uint64_t hash) {
  return absl::StrCat(absl::Hex(hash, absl::kZeroPad16));
}

// The contents of a loaded object's NT_GNU_BUILD_ID note, or "".
std::string BuildIdOf(const dl_phdr_info& object) {
  for (int i = 0; i < object.dlpi_phnum; ++i) {
    const ElfW(Phdr)& header = object.dlpi_phdr[i];
    if (header.p_type != PT_NOTE) continue;
    const char* at =
        reinterpret_cast<const char*>(object.dlpi_addr + header.p_vaddr);
    const char* end = at + header.p_memsz;
    while (at + sizeof(ElfW(Nhdr)) <= end) {
      ElfW(Nhdr) note;
      memcpy(&note, at, sizeof(note));
      const char* name = at + sizeof(note);
      const char* contents = name + ((note.n_namesz + 3) & ~3u);
      if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
          memcmp(name, "GNU", 4) == 0) {
        return std::string(contents, note.n_descsz);
      }
      at = contents + ((note.n_descsz + 3) & ~3u);
    }
  }
  return "";
}

int Collect(dl_phdr_info* object, size_t, void* data) {
  bool executable = *object->dlpi_name == '\0';
  if (executable || strstr(object->dlpi_name, "libpyvm_tier_") != nullptr) {
    static_cast<std::vector<std::string>*>(data)->push_back(BuildIdOf(*object));
  }
  return 0;
}

}  // namespace

std::string BuildIdentity() {
  std::vector<std::string> ids;
  dl_iterate_phdr(Collect, &ids);
  std::sort(ids.begin(), ids.end());
  std::string all;
  for (const std::string& id : ids) all += id;
  return absl::StrCat(kVersion, "-", Hex(Hash(all)));
}

std::string ProgramIdentity(const std::vector<char*>& python_args) {
  std::string all;
  bool have_script = false;
  for (size_t i = 1; i < python_args.size(); ++i) {
    struct stat info;
    std::string word = python_args[i];
    if (!have_script && stat(word.c_str(), &info) == 0 &&
        S_ISREG(info.st_mode)) {
      have_script = true;
      std::stringstream contents;
      contents << std::ifstream(word, std::ios::binary).rdbuf();
      word = contents.str();
    }
    // The length keeps ("ab", "c") and ("a", "bc") apart.
    absl::StrAppend(&all, word.size(), ":", word);
  }
  return Hex(Hash(all));
}

}  // namespace pyvm
