#include "core/bytecode/disassembler.h"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <map>
#include <set>

#include "core/bytecode/opcodes.h"
#include "core/bytecode/python.h"
#include "core/feedback/inline_cache.h"

namespace pyvm {
namespace {

std::string Text(PyObject* o) {
  PyObject* repr = PyObject_Repr(o);
  if (repr == nullptr) {
    PyErr_Clear();
    return "?";
  }
  const char* utf8 = PyUnicode_AsUTF8(repr);
  std::string text = utf8 == nullptr ? "?" : utf8;
  if (utf8 == nullptr) PyErr_Clear();
  Py_DECREF(repr);
  if (text.size() > 40) {
    text.resize(37);
    text += "...";
  }
  return text;
}

class Disassembly {
 public:
  explicit Disassembly(const Unit& unit) : u_(unit) {}

  std::string Run() {
    Header();
    FindTargets();
    int line = -1;
    for (uint32_t i = 0; i < u_.num_instrs;) {
      int here = PyCode_Addr2Line(
          u_.code, static_cast<int>(2 * u_.PositionOf(u_.instrs + i)));
      if (here != line && here > 0) {
        char text[16];
        std::snprintf(text, sizeof text, "%5d ", here);
        out_ += text;
        line = here;
      } else {
        out_ += "      ";
      }
      i += One(i);
    }
    Ranges();
    return out_;
  }

 private:
  void Header() {
    out_ += Name(u_.code->co_qualname) + " (" + Name(u_.code->co_filename) +
            ":" + std::to_string(u_.code->co_firstlineno) + ")\n";
    out_ += "  " + std::to_string(u_.num_instrs) + " instructions, " +
            std::to_string(u_.bytes_bytecode) + " bytes; " +
            std::to_string(u_.num_locals) + " locals, " +
            std::to_string(u_.num_registers - u_.num_locals) +
            " temporaries; " + std::to_string(u_.num_caches) +
            " inline caches, " + std::to_string(u_.bytes_caches) + " bytes\n";
  }

  static std::string Name(PyObject* str) {
    const char* utf8 = PyUnicode_AsUTF8(str);
    if (utf8 == nullptr) {
      PyErr_Clear();
      return "?";
    }
    return utf8;
  }

  std::string Register(uint32_t reg) const {
    if (reg < u_.num_locals) {
      return Name(PyTuple_GET_ITEM(u_.code->co_localsplusnames, reg));
    }
    return "t" + std::to_string(reg - u_.num_locals);
  }

  std::string Source(Operand x) const {
    if (KindOf(x) == OperandKind::kConst) {
      return Text(u_.pool[static_cast<int16_t>(x)]);
    }
    return Register(RegisterOf(x));
  }

  uint32_t ListLength(const Instr& in, Op op) const {
    const OpInfo& info = InfoOf(op);
    if ((info.effects & kEffectList) == 0) return 0;
    if (info.fields[1] == Field::Z) return in.b;
    bool method = op == Op::kCALL_METHOD || op == Op::kCALL_METHOD_C ||
                  op == Op::kCALL_METHOD_PY || op == Op::kCALL_LIST_APPEND;
    return u_.caches()[in.c].num_args + (method ? 0u : 1u);
  }

  // Where instruction i jumps to, or -1.
  int64_t Target(uint32_t i) const {
    const Instr& in = u_.instrs[i];
    const OpInfo& info = InfoOf(BaseOf(in.op));
    if ((info.effects & kEffectJump) == 0) return -1;
    if (info.fields[2] == Field::J) return i + static_cast<int16_t>(in.c);
    return static_cast<int64_t>(i) + LongJump(in);
  }

  void FindTargets() {
    for (uint32_t i = 0; i < u_.num_instrs; i += Length(i)) {
      if (int64_t t = Target(i); t >= 0) targets_.insert(t);
    }
  }
  uint32_t Length(uint32_t i) const {
    const Instr& in = u_.instrs[i];
    return 1 + ListWords(ListLength(in, BaseOf(in.op)));
  }

  std::string CacheText(const InlineCache& cache, Op op) const {
    if (InfoOf(op).feedback == Feedback::kCall ||
        (InfoOf(op).effects & kEffectList) != 0) {
      return cache.keywords == 0
                 ? ""
                 : " keywords " +
                       Text(u_.pool[-static_cast<int64_t>(cache.keywords)]);
    }
    return " ." + Name(cache.name);
  }

  // What stands between the operands: BINARY_OP takes its operator from the
  // instruction that it was made of.
  std::string Separator(const Instr& in, Op op) const {
    static constexpr const char* kOperators[] = {
        "+", "&", "//", "<<", "@", "*", "%", "|", "**", ">>", "-", "/", "^"};
    constexpr size_t kCount = std::size(kOperators);
    if (op != Op::kBINARY_OP && op != Op::kBINARY_OP_ANY) return ", ";
    size_t oparg = u_.first_code_unit[u_.PositionOf(&in)] >> 8;
    return std::string(" ") + kOperators[oparg % kCount] +
           (oparg < kCount ? " " : "= ");
  }

  uint32_t One(uint32_t i) {
    const Instr& in = u_.instrs[i];
    Op op = BaseOf(in.op);
    const OpInfo& info = InfoOf(op);
    char head[64];
    std::snprintf(head, sizeof head, "%s%5u  %-20s ",
                  targets_.count(i) != 0 ? ">" : " ", i, info.name);
    out_ += head;
    const uint16_t values[3] = {in.a, in.b, in.c};
    std::string text;
    bool first = true;
    for (int f = 0; f < 3; ++f) {
      std::string part;
      switch (info.fields[f]) {
        case Field::D:
          text += Register(values[f]) + " =";
          first = true;
          continue;
        case Field::S:
        case Field::X:
          part = Source(values[f]);
          break;
        case Field::R:
        case Field::B:
          part = Register(values[f]);
          break;
        case Field::I:
          part = "#" + std::to_string(values[f]);
          break;
        case Field::O:
          if (f == 2 && info.fields[1] == Field::O) continue;
          part = (info.effects & kEffectJump) != 0
                     ? "-> " + std::to_string(Target(i))
                     : "#" + std::to_string(LongJump(in));
          break;
        case Field::J:
          part = "-> " + std::to_string(Target(i));
          break;
        case Field::C:
          text += CacheText(u_.caches()[in.c], op);
          continue;
        default:
          continue;
      }
      text += (first ? " " : Separator(in, op)) + part;
      first = false;
    }
    uint32_t n = ListLength(in, op);
    if ((info.effects & kEffectList) != 0) {
      text += " (";
      for (uint32_t j = 0; j < n; ++j) {
        text += (j > 0 ? ", " : "") + Source(ListOperand(u_.instrs + i, j));
      }
      text += ")";
    }
    out_ += text.substr(text.empty() ? 0 : text[0] == ' ') + "\n";
    return 1 + ListWords(n);
  }

  void Ranges() {
    if (PyBytes_GET_SIZE(u_.code->co_exceptiontable) == 0) return;
    out_ += "  entry points:";
    for (uint32_t i = 0; i < u_.num_entries; ++i) {
      out_ += " " + std::to_string(u_.entries[i].instr);
    }
    out_ += "\n";
  }

  const Unit& u_;
  std::string out_;
  std::set<int64_t> targets_;
};

}  // namespace

std::string Disassemble(const Unit& unit) { return Disassembly(unit).Run(); }

}  // namespace pyvm
