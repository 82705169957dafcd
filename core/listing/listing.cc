#include "core/listing/listing.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/bytecode/disassembler.h"
#include "core/bytecode/python.h"
#include "core/code/code_map.h"
#include "core/listing/symbols.h"
#include "core/tier/dumps.h"

namespace pyvm {
namespace {

// What is called must not see an exception, nor leave one. And nothing is to be
// collected: finalizers would run in the midst of a compilation.
class Undisturbed {
 public:
  Undisturbed() : collects_(PyGC_Disable() != 0) {
    PyErr_Fetch(&type_, &value_, &traceback_);
  }
  ~Undisturbed() {
    PyErr_Restore(type_, value_, traceback_);
    if (collects_) PyGC_Enable();
  }

 private:
  const bool collects_;
  PyObject *type_, *value_, *traceback_;
};

// From `begin` to the next range, CPython's code units are of `line`, which is
// 0 where there is none.
struct LineRange {
  uint32_t begin;
  uint32_t line;
};

// Empty if memory is short.
std::vector<LineRange> LineRanges(PyCodeObject* code) {
  std::vector<LineRange> ranges;
  Undisturbed undisturbed;
  PyObject* rows = PyObject_CallMethod(reinterpret_cast<PyObject*>(code),
                                       "co_lines", nullptr);
  PyObject* row = nullptr;
  while (rows != nullptr && (row = PyIter_Next(rows)) != nullptr) {
    PyObject* line = PyTuple_GET_ITEM(row, 2);
    ranges.push_back(
        {static_cast<uint32_t>(PyLong_AsLong(PyTuple_GET_ITEM(row, 0))) / 2,
         line == Py_None ? 0 : static_cast<uint32_t>(PyLong_AsLong(line))});
    Py_DECREF(row);
  }
  Py_XDECREF(rows);
  PyErr_Clear();
  return ranges;
}

uint32_t LineAt(const std::vector<LineRange>& ranges, uint32_t position) {
  auto after = std::upper_bound(
      ranges.begin(), ranges.end(), position,
      [](uint32_t p, const LineRange& range) { return p < range.begin; });
  return after == ranges.begin() ? 0 : std::prev(after)->line;
}

std::vector<std::string> SourceLines(PyCodeObject* code) {
  std::vector<std::string> lines;
  const char* path = PyUnicode_AsUTF8(code->co_filename);
  if (path == nullptr) {
    PyErr_Clear();
    return lines;
  }
  // What is no file might wait for somebody who writes.
  struct stat info;
  if (stat(path, &info) != 0 || !S_ISREG(info.st_mode)) return lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    lines.push_back(std::move(line));
  }
  return lines;
}

// Machine code as text.
class CodeText {
 public:
  CodeText(const Unit& unit, const uint8_t* exec, uint32_t size,
           const Disassembler& disassembler)
      : unit_(unit), exec_(exec), size_(size), disassembler_(disassembler) {}
  virtual ~CodeText() = default;

 protected:
  // What begins there, for jumps; "" for the midst of something.
  virtual std::string Within(uint32_t offset) const = 0;
  // What else the code's maker knows of an address.
  virtual std::string NameOf(uint64_t) const { return ""; }

  void Source(const std::vector<std::string>& source, int line) {
    if (line <= 0 || static_cast<size_t>(line) > source.size()) return;
    absl::StrAppendFormat(&out_, "%5d | %s\n", line, source[line - 1]);
  }

  // [begin, end), in bytes from the code's beginning.
  void Code(uint32_t begin, uint32_t end) {
    for (uint32_t at = begin; at < end;) {
      const uint8_t* bytes = exec_ + at;
      DecodedInstr decoded = {};
      if (!disassembler_.decode(bytes, end - at,
                                reinterpret_cast<uint64_t>(bytes), &decoded)) {
        Row(at, absl::StrFormat(".byte\t0x%02x", *bytes), "");
        ++at;
        continue;
      }
      std::string text = decoded.text, comment;
      if (decoded.target != 0) {
        text.resize(text.find('\t'));
        text += "\t" + Target(decoded.target, &comment);
      } else if (decoded.immediate != 0) {
        comment = Address(decoded.immediate);
      }
      Row(at, text, comment);
      at += decoded.length;
    }
  }

  void Row(uint32_t at, const std::string& text, const std::string& comment) {
    size_t tab = std::min(text.find('\t'), text.size());
    std::string operands = tab < text.size() ? text.substr(tab + 1) : "";
    std::string row = absl::StrFormat("%14s%05x  %-7s %s", "", at,
                                      text.substr(0, tab), operands);
    row.resize(row.find_last_not_of(' ') + 1);
    if (!comment.empty()) {
      row.resize(std::max<size_t>(row.size() + 2, 64), ' ');
      row += "; " + comment;
    }
    out_ += row + "\n";
  }

  // Of a jump or call: an offset in this code, or a name.
  std::string Target(uint64_t target, std::string* comment) const {
    uint64_t offset = target - reinterpret_cast<uint64_t>(exec_);
    if (offset < size_) {
      *comment = Within(static_cast<uint32_t>(offset));
      return absl::StrFormat("%05x", offset);
    }
    std::string name =
        TheCodeMap().NameAt(reinterpret_cast<const void*>(target));
    if (name.empty()) name = SymbolAt(target);
    return name.empty() ? absl::StrCat("0x", absl::Hex(target)) : name;
  }

  // What an operand points to, if it looks like an address.
  std::string Address(uint64_t value) const {
    if (value < 0x1000 || value >> 47 != 0) return "";
    if (std::string name = NameOf(value); !name.empty()) return name;
    const void* pointer = reinterpret_cast<const void*>(value);
    for (uint32_t i = 0; i < unit_.num_constants; ++i) {
      PyObject* constant = unit_.pool[-1 - static_cast<int64_t>(i)];
      if (constant == pointer) return ConstantText(constant);
    }
    if (pointer == &unit_) return "this unit";
    if (pointer == unit_.code) return "this code object";
    if (std::string name = TheCodeMap().NameOfOwner(pointer); !name.empty()) {
      return "unit " + name;
    }
    if (std::string name = TheCodeMap().NameAt(pointer); !name.empty()) {
      return name;
    }
    return SymbolAt(value);
  }

  const Unit& unit_;
  std::string out_;

 private:
  const uint8_t* const exec_;
  const uint32_t size_;
  const Disassembler& disassembler_;
};

class Listing final : public CodeText {
 public:
  Listing(const Unit& unit, const UnitCode& code,
          const Disassembler& disassembler)
      : CodeText(unit, code.exec, code.size, disassembler),
        code_(code),
        source_(SourceLines(unit.code)) {
    for (const CodePlace& place : code.places) {
      if (place.instr >= unit.num_instrs) out_of_line_ = place.offset;
    }
  }

  std::string Run() {
    UnitText text = DisassembleByInstr(unit_);
    std::string header = text.header;
    std::string title = header.substr(0, header.find('\n'));
    out_ = absl::StrFormat("%s: %s, %u bytes at %p\n%s", title, code_.tier,
                           code_.size, code_.exec,
                           header.substr(title.size() + 1));
    size_t place = 0;
    auto put_place = [&] {
      uint32_t begin = code_.places[place].offset;
      ++place;
      Code(begin, place < code_.places.size() ? code_.places[place].offset
                                              : code_.size);
    };
    if (!code_.places.empty() && code_.places[0].offset > 0) {
      Code(0, code_.places[0].offset);
    }
    for (const ListedInstr& row : text.instrs) {
      Source(source_, row.line);
      out_ += row.text;
      while (place < code_.places.size() &&
             code_.places[place].instr == row.instr) {
        put_place();
      }
    }
    while (place < code_.places.size()) {
      uint32_t instr = code_.places[place].instr;
      out_ += instr < unit_.num_instrs
                  ? absl::StrFormat("  out of line, for %u\n", instr)
                  : "  behind the last instruction\n";
      put_place();
    }
    return out_ + text.ranges;
  }

 private:
  // Several begin there if all but the last have no code.
  std::string Within(uint32_t offset) const override {
    auto after = std::upper_bound(
        code_.places.begin(), code_.places.end(), offset,
        [](uint32_t o, const CodePlace& place) { return o < place.offset; });
    if (after == code_.places.begin()) return "";
    const CodePlace& place = *std::prev(after);
    if (place.offset != offset || place.instr >= unit_.num_instrs) return "";
    return absl::StrCat(offset > out_of_line_ ? "out of line, for " : "",
                        place.instr);
  }

  const UnitCode& code_;
  const std::vector<std::string> source_;
  uint32_t out_of_line_ = UINT32_MAX;  // what lies behind is
};

// In the order of the machine code: whenever that is of another instruction,
// this one's row and line; of another operation, its text.
class OptimizedListing final : public CodeText {
 public:
  OptimizedListing(const Unit& unit, const OptimizedCode& code,
                   const Disassembler& disassembler)
      : CodeText(unit, code.exec, code.size, disassembler), code_(code) {}

  std::string Run() {
    const std::string& header = AboutUnit(&unit_).header;
    out_ = absl::StrFormat("%s: %s, %u bytes at %p\n",
                           header.substr(0, header.find('\n')), code_.what,
                           code_.size, code_.exec);
    const std::vector<OptimizedPlace>& places = code_.places;
    uint32_t first = places.empty() ? code_.size : places[0].offset;
    Code(0, first);
    last_unit_ = &unit_;
    for (size_t i = 0; i < places.size(); ++i) {
      Heading(places[i]);
      Code(places[i].offset,
           i + 1 < places.size() ? places[i + 1].offset : code_.size);
    }
    return out_;
  }

 private:
  struct About {
    std::string header;
    std::vector<std::string> rows;  // by instruction; "" within one
    std::vector<LineRange> lines;
    std::vector<std::string> source;
  };

  const About& AboutUnit(const Unit* unit) {
    auto [at, is_new] = about_.try_emplace(unit);
    About& about = at->second;
    if (!is_new) return about;
    UnitText text = DisassembleByInstr(*unit);
    about.header = std::move(text.header);
    about.rows.resize(unit->num_instrs);
    for (ListedInstr& row : text.instrs) {
      about.rows[row.instr] = std::move(row.text);
    }
    about.lines = LineRanges(unit->code);
    about.source = SourceLines(unit->code);
    return about;
  }

  void Heading(const OptimizedPlace& place) {
    if (place.unit == nullptr) {
      out_ += "  of no operation, or of several\n";
      return;
    }
    const About& about = AboutUnit(place.unit);
    if (place.unit != last_unit_) {
      out_ += "  in " + about.header.substr(0, about.header.find('\n')) + "\n";
    }
    uint32_t line = LineAt(
        about.lines, place.unit->PositionOf(place.unit->instrs + place.instr));
    bool other = place.unit != last_unit_ || place.instr != last_instr_;
    if (other && (place.unit != last_unit_ || line != last_line_)) {
      Source(about.source, static_cast<int>(line));
    }
    if (other) out_ += about.rows[place.instr];
    out_ += "          " + place.text + "\n";
    last_unit_ = place.unit;
    last_instr_ = place.instr;
    last_line_ = line;
  }

  std::string Within(uint32_t offset) const override {
    auto at = std::lower_bound(
        code_.places.begin(), code_.places.end(), offset,
        [](const OptimizedPlace& p, uint32_t o) { return p.offset < o; });
    return at != code_.places.end() && at->offset == offset ? at->text : "";
  }

  std::string NameOf(uint64_t address) const override {
    return code_.name_of ? code_.name_of(address) : "";
  }

  const OptimizedCode& code_;
  std::map<const Unit*, About> about_;
  const Unit* last_unit_ = nullptr;
  uint32_t last_instr_ = UINT32_MAX;
  uint32_t last_line_ = 0;
};

const Disassembler* the_disassembler = nullptr;

}  // namespace

std::vector<CodeLine> LinesOf(const Unit& unit,
                              const std::vector<CodePlace>& places) {
  std::vector<CodeLine> lines;
  std::vector<LineRange> ranges = LineRanges(unit.code);
  for (const CodePlace& place : places) {
    if (place.instr >= unit.num_instrs) continue;
    uint32_t line = LineAt(ranges, unit.PositionOf(unit.instrs + place.instr));
    if (line == 0) continue;
    // Of several that begin at one offset only the last has code.
    if (!lines.empty() && lines.back().offset == place.offset) lines.pop_back();
    if (!lines.empty() && lines.back().line == line) continue;
    lines.push_back({place.offset, line & 0xffffff, 0});
  }
  return lines;
}

std::string ListCode(const Unit& unit, const UnitCode& code,
                     const Disassembler& disassembler) {
  return Listing(unit, code, disassembler).Run();
}

std::string ListCode(const Unit& unit, const OptimizedCode& code,
                     const Disassembler& disassembler) {
  return OptimizedListing(unit, code, disassembler).Run();
}

void SetDisassembler(const Disassembler* disassembler) {
  the_disassembler = disassembler;
}

bool WantsAsm(const Unit& unit) {
  return the_disassembler != nullptr && IsDumped(Dump::kAsm, unit);
}

void DumpAsm(const Unit& unit, const UnitCode& code) {
  Undisturbed undisturbed;
  NoteDumped(Dump::kAsm);
  fputs(ListCode(unit, code, *the_disassembler).c_str(), stderr);
}

void DumpAsm(const Unit& unit, const OptimizedCode& code) {
  Undisturbed undisturbed;
  NoteDumped(Dump::kAsm);
  fputs(ListCode(unit, code, *the_disassembler).c_str(), stderr);
}

}  // namespace pyvm
