#include "core/bytecode/disassembler.h"

#include <cstdio>
#include <iterator>
#include <set>
#include <string_view>
#include <utility>

#include "core/bytecode/analysis.h"
#include "core/bytecode/decode.h"
#include "core/bytecode/opcodes.h"
#include "core/bytecode/python.h"
#include "core/bytecode/window.h"

namespace pyvm {
namespace {

std::string Utf8(PyObject* str) {
  const char* utf8 = str == nullptr ? nullptr : PyUnicode_AsUTF8(str);
  if (utf8 == nullptr) PyErr_Clear();
  return utf8 == nullptr ? "?" : utf8;
}

// The operator of a comparison, fused or not; null for other operations.
const char* Comparison(std::string_view name) {
  for (std::string_view prefix :
       {"COMPARE_", "JUMP_IF_NOT_", "JUMP_IF_", "JUMP_UNLESS_", "NOT_"}) {
    if (!name.starts_with(prefix)) continue;
    name.remove_prefix(prefix.size());
    break;
  }
  static constexpr std::pair<std::string_view, const char*> kOperators[] = {
      {"LT", "<"},  {"LE", "<="},      {"EQ", "=="}, {"NE", "!="},
      {"GT", ">"},  {"GE", ">="},      {"IS", "is"}, {"IS_NOT", "is not"},
      {"IN", "in"}, {"CONTAINS", "in"}};
  for (const auto& [suffix, text] : kOperators) {
    if (name == suffix) return text;
  }
  return nullptr;
}

class Disassembly {
 public:
  explicit Disassembly(const Unit& unit) : u_(unit) {}

  UnitText Run() {
    uint32_t count = 0;
    for (uint32_t i = 0; i < u_.num_instrs; i += InstrWords(u_, i)) {
      ++count;
      if (int64_t t = JumpTarget(u_, i); t >= 0) targets_.insert(t);
    }
    Header(count);
    FindRanges();
    int line = -1;
    for (uint32_t i = 0; i < u_.num_instrs; i += InstrWords(u_, i)) {
      int here = PyCode_Addr2Line(u_.code, static_cast<int>(2 * Position(i)));
      bool new_line = here != line && here > 0;
      if (new_line) line = here;
      const char* mark = handlers_.count(i) != 0  ? "!"
                         : targets_.count(i) != 0 ? ">"
                                                  : " ";
      char head[64];
      std::snprintf(head, sizeof head, "%5s %s%5u  %-20s ",
                    new_line ? std::to_string(line).c_str() : "", mark, i,
                    InfoOf(BaseOf(u_.instrs[i].op)).name);
      std::string text = head + One(i);
      text.resize(text.find_last_not_of(' ') + 1);
      out_.instrs.push_back({i, new_line ? line : 0, text + "\n"});
    }
    return std::move(out_);
  }

 private:
  uint32_t Position(uint32_t i) const { return u_.PositionOf(u_.instrs + i); }

  void Header(uint32_t count) {
    auto number = [](uint32_t n, const char* what) {
      return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
    };
    out_.header = Utf8(u_.code->co_qualname) + " (" +
                  Utf8(u_.code->co_filename) + ":" +
                  std::to_string(u_.code->co_firstlineno) + ")\n  " +
                  number(count, "instruction") + ", " +
                  number(u_.bytes_bytecode, "byte") + "; " +
                  number(u_.num_locals, "local") + ", " +
                  number(u_.num_registers - u_.num_locals, "temporary slot") +
                  "; " + number(u_.num_caches, "inline cache") + ", " +
                  number(u_.bytes_caches, "byte") + "\n";
  }

  // Rows of the exception table, in instructions.
  void FindRanges() {
    Analysis analysis;
    Analyze(u_.code, &analysis);
    for (const ExceptionRange& r : analysis.ranges) {
      int64_t first = -1, last = -1, handler = -1;
      for (uint32_t i = 0; i < u_.num_instrs; i += InstrWords(u_, i)) {
        if (Position(i) < r.begin || Position(i) >= r.end) continue;
        if (first < 0) first = i;
        last = i;
      }
      for (uint32_t e = 0; e < u_.num_entries; ++e) {
        if (u_.entries[e].lasti == r.handler) handler = u_.entries[e].instr;
      }
      if (first < 0 || handler < 0) continue;
      handlers_.insert(handler);
      out_.ranges += "  exceptions " + std::to_string(first) + ".." +
                     std::to_string(last) + " -> " + std::to_string(handler) +
                     ", keeps " + std::to_string(r.depth) +
                     (r.lasti ? ", pushes position" : "") + "\n";
    }
  }

  std::string Register(uint32_t reg) const {
    return reg < u_.num_locals
               ? Utf8(PyTuple_GET_ITEM(u_.code->co_localsplusnames, reg))
               : "t" + std::to_string(reg - u_.num_locals);
  }
  std::string Registers(uint32_t first, uint32_t n) const {
    std::string text;
    for (uint32_t i = 0; i < n; ++i) {
      if (i > 0 && n > 3) return text + ".." + Register(first + n - 1);
      text += (i > 0 ? ", " : "") + Register(first + i);
    }
    return text;
  }
  std::string Source(Operand x) const {
    return KindOf(x) == OperandKind::kConst
               ? ConstantText(u_.pool[static_cast<int16_t>(x)])
               : Register(RegisterOf(x));
  }
  std::string NameNumber(uint32_t i) const {
    return Utf8(PyTuple_GET_ITEM(u_.code->co_names, i));
  }
  std::string Arrow(uint32_t i) const {
    return " -> " + std::to_string(JumpTarget(u_, i));
  }
  // The listed operands from the one numbered `first` on.
  std::string List(const Instr& in, uint32_t first, PyObject* keywords) const {
    uint32_t n = ListLength(u_, in);
    Py_ssize_t named = keywords == nullptr ? 0 : PyTuple_GET_SIZE(keywords);
    std::string text;
    for (uint32_t j = first; j < n; ++j) {
      text += j > first ? ", " : "";
      Py_ssize_t k = named - static_cast<Py_ssize_t>(n - j);
      if (k >= 0) text += Utf8(PyTuple_GET_ITEM(keywords, k)) + "=";
      text += Source(ListOperand(&in, j));
    }
    return text;
  }

  // The operator of what was CPython's BINARY_OP, in place or not.
  std::string BinaryOperator(const Instr& in) const {
    static constexpr const char* kOperators[] = {
        "+", "&", "//", "<<", "@", "*", "%", "|", "**", ">>", "-", "/", "^"};
    constexpr size_t kCount = std::size(kOperators);
    size_t oparg = u_.first_code_unit[u_.PositionOf(&in)] >> 8;
    return std::string(kOperators[oparg % kCount]) +
           (oparg < kCount ? "" : "=");
  }

  std::string Call(const Instr& in, Op op) const {
    const InlineCache& cache = u_.caches()[in.c];
    PyObject* keywords = cache.keywords == 0
                             ? nullptr
                             : u_.pool[-static_cast<int64_t>(cache.keywords)];
    if (IsMethodCall(op)) {
      return Registers(in.b, 2) + " (" + List(in, 0, keywords) + ")";
    }
    return Source(ListOperand(&in, 0)) + " (" + List(in, 1, keywords) + ")";
  }

  std::string Window(const Instr& in, Op op) const {
    auto imm = static_cast<uint32_t>(LongJump(in));
    WindowShape shape = ShapeOfWindow(op, imm);
    std::string text = Registers(in.a, shape.outputs);
    if (shape.outputs > 0) text += " = ";
    text += Registers(in.a, shape.inputs);
    if (shape.below > 0) {
      text +=
          (shape.inputs > 0 ? ", [" : "[") + Register(in.a - shape.below) + "]";
    }
    std::string_view name = InfoOf(op).name;
    if (name.starts_with("IMPORT_") && op != Op::kIMPORT_STAR) {
      return text + " ." + NameNumber(imm);
    }
    bool counts = shape.below > 0 || name.starts_with("BUILD_") || imm == 0;
    return counts ? text : text + " #" + std::to_string(imm);
  }

  std::string One(uint32_t i) const;
  std::string Special(uint32_t i, Op op) const;
  std::string Generic(uint32_t i, const OpInfo& info) const;

  const Unit& u_;
  UnitText out_;
  std::set<int64_t> targets_, handlers_;
};

std::string Disassembly::One(uint32_t i) const {
  const Instr& in = u_.instrs[i];
  Op op = BaseOf(in.op);
  const OpInfo& info = InfoOf(op);
  std::string_view name = info.name;
  bool assigns = info.fields[0] == Field::D;
  std::string to = assigns ? Register(in.a) + " = " : "";
  if (IsCall(op)) return to + Call(in, op);
  const char* compares = Comparison(name);
  if (compares != nullptr && info.NumKinded() == 2) {
    std::string left = Source(assigns ? in.b : in.a);
    std::string right = Source(assigns ? in.c : in.b);
    bool negative = name.starts_with("NOT_") ||
                    name.starts_with("JUMP_UNLESS_") ||
                    name == "JUMP_IF_NOT_IN";
    return to + (negative ? "not " : "") + left + " " + compares + " " + right +
           (assigns ? "" : Arrow(i));
  }
  if (op >= Op::kBINARY_OP && op <= Op::kADD_STR) {
    std::string by = BinaryOperator(in), left = Source(in.b);
    bool in_place = by.back() == '=' && left == Register(in.a);
    return (in_place ? "" : to) + left + " " + by + " " + Source(in.c);
  }
  std::string text = Special(i, op);
  if (!text.empty()) return to + text;
  if (info.fields[0] == Field::B && info.fields[1] == Field::O) {
    return Window(in, op);
  }
  return to + Generic(i, info);
}

// Operations with a shape of their own; empty for the others. What is assigned
// stands before it.
std::string Disassembly::Special(uint32_t i, Op op) const {
  const Instr& in = u_.instrs[i];
  std::string_view name = InfoOf(op).name;
  if (InfoOf(op).feedback == Feedback::kGlobal) {
    return Utf8(u_.caches()[in.c].name);
  }
  if (name.starts_with("LOAD_ATTR") || name.starts_with("LOAD_METHOD")) {
    return (name.starts_with("LOAD_METHOD") ? Registers(in.a, 2) + " = " : "") +
           Source(in.b) + "." + Utf8(u_.caches()[in.c].name);
  }
  if (name.starts_with("STORE_ATTR")) {
    return Source(in.a) + "." + Utf8(u_.caches()[in.c].name) + " = " +
           Source(in.b);
  }
  if (name.starts_with("LOAD_ITEM")) {
    return Source(in.b) + "[" + Source(in.c) + "]";
  }
  if (name.starts_with("STORE_ITEM")) {
    return Source(in.a) + "[" + Source(in.b) + "] = " + Source(in.c);
  }
  if (name.starts_with("FOR_ITER")) {
    return "next " + Register(in.b) + ", or" + Arrow(i);
  }
  if (op >= Op::kUNARY_NEGATIVE && op <= Op::kUNARY_NOT) {
    static constexpr const char* kOperators[] = {"-", "+", "~", "not "};
    int which = static_cast<int>(op) - static_cast<int>(Op::kUNARY_NEGATIVE);
    return kOperators[which] + Source(in.b);
  }
  auto number = static_cast<uint32_t>(LongJump(in));
  switch (op) {
    case Op::kMOVE_WIDE:
      return ConstantText(u_.pool[-1 - static_cast<int64_t>(number)]);
    case Op::kCOPY_FREE_VARS:
      return Registers(in.a, in.b);
    case Op::kLOAD_NAME:
    case Op::kDELETE_NAME:
    case Op::kDELETE_GLOBAL:
      return NameNumber(number);
    case Op::kSTORE_NAME:
    case Op::kSTORE_GLOBAL:
      return NameNumber(number) + " = " + Source(in.a);
    case Op::kSTORE_DEREF:
      return Register(in.a) + " = " + Source(in.b);
    case Op::kDELETE_ATTR:
      return Source(in.a) + "." + NameNumber(number);
    case Op::kDELETE_ITEM:
      return Source(in.a) + "[" + Source(in.b) + "]";
    case Op::kBUILD_TUPLE:
      return "(" + List(in, 0, nullptr) + ")";
    case Op::kBUILD_LIST:
      return "[" + List(in, 0, nullptr) + "]";
    case Op::kUNPACK:
      return List(in, 0, nullptr) + " = " + Source(in.a);
    case Op::kCALL_EX:
      return Register(in.b + 1u) + " (*" + Register(in.b + 2u) +
             (in.c != 0 ? ", **" + Register(in.b + 3u) : "") + ")";
    case Op::kRERAISE:
      return Register(in.a) +
             (in.b != 0 ? ", raised at " + Register(in.c) : "");
    case Op::kEND_ASYNC_FOR:
      return Registers(in.a, 2);
    case Op::kSEND:
      return Registers(in.a, 2) + Arrow(i);
    case Op::kYIELD:
      return Source(in.b);
    default:
      return "";
  }
}

std::string Disassembly::Generic(uint32_t i, const OpInfo& info) const {
  const Instr& in = u_.instrs[i];
  const uint16_t values[3] = {in.a, in.b, in.c};
  std::string text;
  for (int f = 0; f < 3; ++f) {
    std::string comma = text.empty() ? "" : ", ";
    switch (info.fields[f]) {
      case Field::S:
      case Field::X:
        text += comma + Source(values[f]);
        break;
      case Field::R:
      case Field::B:
        text += comma + Register(values[f]);
        break;
      case Field::I:
        text += comma + "#" + std::to_string(values[f]);
        break;
      default:
        break;
    }
  }
  if ((info.effects & kEffectJump) != 0) text += Arrow(i);
  return text.substr(text.starts_with(" ") ? 1 : 0);
}

}  // namespace

// Code objects are shown by their names.
std::string ConstantText(PyObject* o) {
  if (PyCode_Check(o)) {
    return "<code " + Utf8(reinterpret_cast<PyCodeObject*>(o)->co_qualname) +
           ">";
  }
  PyObject* repr = PyObject_Repr(o);
  std::string text = Utf8(repr);
  Py_XDECREF(repr);
  constexpr size_t kMost = 40;
  if (text.size() > kMost) {
    size_t end = kMost - 3;
    while (end > 0 && (text[end] & 0xc0) == 0x80) --end;  // within a character
    text.resize(end);
    text += "...";
  }
  return text;
}

UnitText DisassembleByInstr(const Unit& unit) {
  return Disassembly(unit).Run();
}

std::string Disassemble(const Unit& unit) {
  UnitText text = DisassembleByInstr(unit);
  std::string all = std::move(text.header);
  for (const ListedInstr& row : text.instrs) all += row.text;
  return all + text.ranges;
}

}  // namespace pyvm
