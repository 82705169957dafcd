#include "core/code/debug_elf.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"

namespace pyvm {
namespace {

// DWARF 4, 7.5 and 7.21: the values that are used here.
enum : uint8_t {
  kTagCompileUnit = 0x11,
  kTagSubprogram = 0x2e,
  kAtName = 0x03,
  kAtStmtList = 0x10,
  kAtLowPc = 0x11,
  kAtHighPc = 0x12,
  kAtLanguage = 0x13,
  kAtDeclLine = 0x3b,
  kFormAddr = 0x01,
  kFormData8 = 0x07,
  kFormString = 0x08,
  kFormData1 = 0x0b,
  kFormUdata = 0x0f,
  kFormSecOffset = 0x17,
  // Names are shown as they are; nothing in them is taken for C++.
  kLanguageC99 = 0x0c,
};

enum : uint8_t {
  kLineCopy = 1,
  kLineAdvancePc = 2,
  kLineAdvanceLine = 3,
  kLineSetFile = 4,
  kLineEndSequence = 1,  // these two behind a zero and a length
  kLineSetAddress = 2,
};

// The two kinds of entries in DebugInfo.
std::string DebugAbbrev() {
  ByteWriter out;
  auto row = [&](uint8_t attribute, uint8_t form) {
    out.U8(attribute);
    out.U8(form);
  };
  out.Uleb(1);
  out.U8(kTagCompileUnit);
  out.U8(1);  // has children
  row(kAtName, kFormString);
  row(kAtLanguage, kFormData1);
  row(kAtStmtList, kFormSecOffset);
  row(kAtLowPc, kFormAddr);
  row(kAtHighPc, kFormData8);
  row(0, 0);
  out.Uleb(2);
  out.U8(kTagSubprogram);
  out.U8(0);
  row(kAtName, kFormString);
  row(kAtDeclLine, kFormUdata);
  row(kAtLowPc, kFormAddr);
  row(kAtHighPc, kFormData8);
  row(0, 0);
  out.Uleb(0);
  return out.Take();
}

std::string DebugInfo(const CodeInfo& info, uint64_t begin, uint64_t size) {
  ByteWriter out;
  out.U32(0);  // length, see below
  out.U16(4);  // version
  out.U32(0);  // .debug_abbrev
  out.U8(8);   // bytes of an address
  out.Uleb(1);
  out.String(info.file);
  out.U8(kLanguageC99);
  out.U32(0);  // .debug_line
  out.U64(begin);
  out.U64(size);
  out.Uleb(2);
  out.String(absl::StrCat("py::", info.function));
  out.Uleb(info.line);
  out.U64(begin);
  out.U64(size);
  out.Uleb(0);  // no more children
  out.Patch(0, static_cast<uint32_t>(out.size() - 4));
  return out.Take();
}

void PutFile(ByteWriter* out, const std::string& file) {
  out->String(file);
  out->Uleb(0);  // folder
  out->Uleb(0);  // time
  out->Uleb(0);  // size
}

void PutLineHeader(ByteWriter* out, const CodeInfo& info) {
  out->U32(0);  // length, see below
  out->U16(3);  // version
  size_t header = out->size();
  out->U32(0);  // length of the header
  out->U8(1);   // bytes of the shortest instruction
  out->U8(1);   // rows are statements
  out->U8(0);   // special opcodes are not used,
  out->U8(1);
  out->U8(10);  // and would begin here
  for (uint8_t operands : {0, 1, 1, 1, 1, 0, 0, 0, 1}) out->U8(operands);
  out->U8(0);  // no folders
  PutFile(out, info.file);
  for (const std::string& file : info.inlined_files) PutFile(out, file);
  out->U8(0);
  out->Patch(header, static_cast<uint32_t>(out->size() - header - 4));
}

std::string DebugLine(const CodeInfo& info, uint64_t begin, uint64_t size) {
  ByteWriter out;
  PutLineHeader(&out, info);
  out.U8(0);
  out.Uleb(1 + sizeof(begin));
  out.U8(kLineSetAddress);
  out.U64(begin);

  uint32_t offset = 0;
  uint32_t file = 0;
  int64_t line = 1;
  auto row = [&](uint32_t at_offset, uint32_t at_file, uint32_t at_line) {
    out.U8(kLineAdvancePc);
    out.Uleb(at_offset - offset);
    if (at_file != file) {
      out.U8(kLineSetFile);
      out.Uleb(at_file + 1);
    }
    out.U8(kLineAdvanceLine);
    out.Sleb(at_line - line);
    out.U8(kLineCopy);
    offset = at_offset;
    file = at_file;
    line = at_line;
  };
  if (info.lines.empty() || info.lines[0].offset > 0) row(0, 0, info.line);
  for (const CodeLine& entry : info.lines) {
    row(entry.offset, entry.file, entry.line);
  }
  out.U8(kLineAdvancePc);
  out.Uleb(size - offset);
  out.U8(0);
  out.Uleb(1);
  out.U8(kLineEndSequence);
  out.Patch(0, static_cast<uint32_t>(out.size() - 4));
  return out.Take();
}

constexpr uint16_t kTextSection = 1;

}  // namespace

DebugElf::DebugElf(const std::string& symbol, uint64_t begin, uint64_t size)
    : symbol_(symbol), begin_(begin), size_(size) {
  AddSection("", SHT_NULL, 0, 0, "", 0);
  AddSection(".text", SHT_NOBITS, SHF_ALLOC | SHF_EXECINSTR, begin, "", size);
}

void DebugElf::AddSection(const char* name, uint32_t type, uint64_t flags,
                          uint64_t address, std::string contents,
                          uint64_t size) {
  Section section = {};
  section.header.sh_name = static_cast<uint32_t>(names_.size());
  section.header.sh_type = type;
  section.header.sh_flags = flags;
  section.header.sh_addr = address;
  section.header.sh_size = size;
  section.header.sh_addralign = type == SHT_NULL ? 0 : 8;
  section.contents = std::move(contents);
  names_.String(name);
  sections_.push_back(std::move(section));
}

void DebugElf::AddSection(const char* name, std::string contents) {
  uint64_t size = contents.size();
  AddSection(name, SHT_PROGBITS, 0, 0, std::move(contents), size);
}

void DebugElf::AddFrames(const FrameLayout& layout,
                         const std::vector<InnerFrame>& inner) {
  AddSection(".eh_frame",
             EhFrame(layout, begin_, size_, /*prologue=*/true, inner));
}

void DebugElf::AddLines(const CodeInfo& info) {
  AddSection(".debug_abbrev", DebugAbbrev());
  AddSection(".debug_info", DebugInfo(info, begin_, size_));
  AddSection(".debug_line", DebugLine(info, begin_, size_));
}

void DebugElf::AddSymbols() {
  ByteWriter strings;
  strings.String("");
  Elf64_Sym symbol = {};
  ByteWriter symbols;
  symbols.Put(symbol);  // the first is none
  symbol.st_name = static_cast<uint32_t>(strings.size());
  strings.String(symbol_);
  symbol.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);
  symbol.st_shndx = kTextSection;
  symbol.st_value = 0;  // in a relocatable file, from the section's beginning
  symbol.st_size = size_;
  symbols.Put(symbol);

  AddSection(".strtab", strings.Take());
  sections_.back().header.sh_type = SHT_STRTAB;
  auto strtab = static_cast<uint32_t>(sections_.size() - 1);
  AddSection(".symtab", symbols.Take());
  Elf64_Shdr& header = sections_.back().header;
  header.sh_type = SHT_SYMTAB;
  header.sh_link = strtab;
  header.sh_info = 1;  // the first global one
  header.sh_entsize = sizeof(Elf64_Sym);
}

std::string DebugElf::Finish() {
  AddSymbols();
  // Its own name is put into it by this.
  AddSection(".shstrtab", "");
  sections_.back().header.sh_type = SHT_STRTAB;
  sections_.back().contents = names_.bytes();
  sections_.back().header.sh_size = names_.size();

  ByteWriter out;
  Elf64_Ehdr header = {};
  out.Put(header);  // for its size
  for (Section& section : sections_) {
    out.Align(8);
    section.header.sh_offset = out.size();
    out.Bytes(section.contents.data(), section.contents.size());
  }
  out.Align(8);
  const unsigned char ident[] = {ELFMAG0,    ELFMAG1,     ELFMAG2,   ELFMAG3,
                                 ELFCLASS64, ELFDATA2LSB, EV_CURRENT};
  std::copy(std::begin(ident), std::end(ident), header.e_ident);
  header.e_type = ET_REL;
  header.e_machine = EM_X86_64;
  header.e_version = EV_CURRENT;
  header.e_ehsize = sizeof(Elf64_Ehdr);
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = static_cast<uint16_t>(sections_.size());
  header.e_shstrndx = static_cast<uint16_t>(sections_.size() - 1);
  header.e_shoff = out.size();
  for (const Section& section : sections_) out.Put(section.header);
  out.Patch(0, header);
  return out.Take();
}

}  // namespace pyvm
