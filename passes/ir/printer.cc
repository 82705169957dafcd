#include "passes/ir/printer.h"

#include <algorithm>
#include <bit>
#include <cinttypes>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <string_view>
#include <utility>

#include "core/bytecode/python.h"
#include "core/bytecode/unit.h"

namespace pyvm::ir {
namespace {

constexpr const char* kOperators[] = {
    "+",  "&",  "//", "<<",  "@",   "*",  "%",   "|",   "**",
    ">>", "-",  "/",  "^",   "+=",  "&=", "//=", "<<=", "@=",
    "*=", "%=", "|=", "**=", ">>=", "-=", "/=",  "^="};
constexpr const char* kConds[] = {"<", "<=", "==", "!=", ">", ">="};

std::string Hex(const void* address) {
  char text[32];
  std::snprintf(text, sizeof text, "0x%" PRIxPTR,
                reinterpret_cast<uintptr_t>(address));
  return text;
}

std::string FloatText(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  // The shortest text that means this number.
  char text[40];
  for (int digits = 6;; digits += digits < 15 ? 9 : 1) {
    std::snprintf(text, sizeof text, "%.*g", digits, value);
    if (digits >= 17 || std::strtod(text, nullptr) == value) break;
  }
  std::string result = text;
  if (result.find_first_of(".e") == std::string::npos) result += ".0";
  return result;
}

std::string StrText(PyObject* object) {
  std::string text = "'";
  Py_ssize_t length = PyUnicode_GET_LENGTH(object);
  for (Py_ssize_t i = 0; i < length; ++i) {
    Py_UCS4 c = PyUnicode_READ_CHAR(object, i);
    if (c == '\'' || c == '\\') {
      text += '\\';
      text += static_cast<char>(c);
    } else if (c >= ' ' && c < 127) {
      text += static_cast<char>(c);
    } else {
      char escape[16];
      std::snprintf(escape, sizeof escape, "\\U%08x", c);
      text += escape;
    }
  }
  return text + "'";
}

std::string ObjectText(PyObject* object) {
  if (object == nullptr) return "null";
  if (object == Py_None) return "None";
  if (object == Py_True) return "True";
  if (object == Py_False) return "False";
  if (object == Py_Ellipsis) return "Ellipsis";
  if (PyLong_CheckExact(object)) {
    int overflow = 0;
    long long value = PyLong_AsLongLongAndOverflow(object, &overflow);
    return overflow != 0 ? "<int>" : std::to_string(value);
  }
  if (PyFloat_CheckExact(object)) return FloatText(PyFloat_AS_DOUBLE(object));
  if (PyUnicode_CheckExact(object)) return StrText(object);
  if (PyTuple_CheckExact(object)) {
    std::string text = "(";
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(object); ++i) {
      if (i > 0) text += ", ";
      text += ObjectText(PyTuple_GET_ITEM(object, i));
    }
    return text + ")";
  }
  if (PyType_Check(object)) {
    return std::string("type ") +
           reinterpret_cast<PyTypeObject*>(object)->tp_name;
  }
  std::string text = std::string("<") + Py_TYPE(object)->tp_name;
  if (PyFunction_Check(object)) {
    text += " " +
            StrText(reinterpret_cast<PyFunctionObject*>(object)->func_qualname);
  } else if (PyCFunction_Check(object)) {
    text += std::string(" '") +
            reinterpret_cast<PyCFunctionObject*>(object)->m_ml->ml_name + "'";
  }
  return text + ">";
}

std::string ValueText(const Node* node) {
  return node == nullptr ? "null" : "v" + std::to_string(node->id);
}

std::string BlockText(const Block* block) {
  return block == nullptr ? "null" : "b" + std::to_string(block->id);
}

// What is printed with names: units and their registers.
class Printer {
 public:
  Printer(const Function* function, const Names* names)
      : function_(function), names_(names) {}

  PrintedFunction Run() {
    PrintedFunction printed;
    for (const Block* block : function_->blocks()) {
      printed.blocks.push_back(BlockParts(*block));
    }
    printed.head = Head();
    return printed;
  }

  std::string NodeText(const Node& node) {
    const OpInfo& info = node.info();
    std::string text;
    if (info.result != Result::none) {
      text = ValueText(&node);
      if (node.type != DefaultType(node.op)) {
        text += ": " + Describe(node.type);
      }
      text += " = ";
    }
    text += info.name;
    const char* comma = " ";
    auto item = [&](const std::string& what) {
      if (what.empty()) return;
      text += comma + what;
      comma = ", ";
    };
    for (const Node* input : node.inputs) item(ValueText(input));
    item(ImmText(node));
    if (info.Has(kEnd) && node.block != nullptr) {
      for (int i = 0; i < node.block->NumSuccs(); ++i) {
        item(BlockText(node.block->succs[i]));
      }
    }
    return text;
  }

 private:
  // Behind all else: it names the units that have been met.
  std::string Head() {
    std::string head = "function " + UnitLine(function_->unit()) + "\n";
    for (const Unit* unit : units_) {
      if (unit != function_->unit()) head += "unit " + UnitLine(unit) + "\n";
    }
    if (function_->direct) head += "direct\n";
    if (function_->generator) head += "generator\n";
    if (function_->entry_instr != 0) {
      head += "entry @" + std::to_string(function_->entry_instr) + "\n";
    }
    for (const std::string& remark : function_->remarks) {
      head += "# " + remark + "\n";
    }
    return head;
  }

  std::string NameOfUnit(const Unit* unit) {
    // Two units may have one name.
    int same = 1;
    for (const Unit* other : units_) {
      if (other == unit) break;
      if (PlainName(other) == PlainName(unit)) ++same;
    }
    if (std::find(units_.begin(), units_.end(), unit) == units_.end()) {
      units_.push_back(unit);
    }
    return PlainName(unit) + (same > 1 ? "#" + std::to_string(same) : "");
  }
  const UnitNames* Given(const Unit* unit) const {
    if (names_ == nullptr) return nullptr;
    auto it = names_->find(unit);
    return it == names_->end() ? nullptr : &it->second;
  }
  std::string PlainName(const Unit* unit) const {
    const UnitNames* given = Given(unit);
    return given != nullptr ? given->name : NameOf(unit);
  }
  std::string RegisterText(const Unit* unit, int64_t reg) const {
    if (unit == nullptr) return "r" + std::to_string(reg);
    if (reg >= unit->num_locals) {
      return "t" + std::to_string(reg - unit->num_locals);
    }
    const UnitNames* given = Given(unit);
    size_t index = static_cast<size_t>(reg);
    if (given != nullptr && index < given->locals.size()) {
      return given->locals[index];
    }
    if (unit->code == nullptr) return "r" + std::to_string(reg);
    PyObject* name = PyTuple_GET_ITEM(unit->code->co_localsplusnames, reg);
    std::string text = StrText(name);
    return text.substr(1, text.size() - 2);
  }
  std::string UnitLine(const Unit* unit) {
    std::string text = NameOfUnit(unit) + "(";
    for (uint32_t i = 0; i < unit->num_locals; ++i) {
      if (i > 0) text += ", ";
      text += RegisterText(unit, i);
    }
    return text + "), " +
           std::to_string(unit->num_registers - unit->num_locals) +
           " temporaries";
  }

  std::string ImmText(const Node& node) {
    switch (node.info().imm) {
      case Imm::none:
        return "";
      case Imm::integer:
      case Imm::index:
      case Imm::version:
        return std::to_string(node.imm);
      case Imm::bits:
        return FloatText(std::bit_cast<double>(node.imm));
      case Imm::reg:
        return RegisterText(function_ ? function_->unit() : nullptr, node.imm);
      case Imm::known:
        return std::to_string(node.imm) +
               (node.ptr != nullptr ? ", " + ObjectText(node.object()) : "");
      case Imm::cond:
        return CondSymbol(node.cond());
      case Imm::object:
        return node.op == Op::kCall && node.ptr == nullptr
                   ? ""
                   : ObjectText(node.object());
      case Imm::type:
        return node.ptr == nullptr
                   ? "null"
                   : static_cast<const PyTypeObject*>(node.ptr)->tp_name;
      case Imm::name:
        return ObjectText(node.object());
      case Imm::addr:
        return Hex(node.ptr) +
               (node.imm != 0 ? ", " + std::to_string(node.imm) : "");
      case Imm::func: {
        auto* unit = static_cast<const Unit*>(node.ptr);
        return (unit == nullptr ? "null" : NameOfUnit(unit)) + ", " +
               std::to_string(node.imm);
      }
      case Imm::arg: {
        const char* symbol = OperatorSymbol(node.imm);
        return symbol != nullptr ? symbol : std::to_string(node.imm);
      }
      case Imm::instr:
        return "@" + std::to_string(node.imm);
    }
    return "";
  }

  std::string SlotText(const StateSlot& slot) {
    std::string text = slot.owned ? "" : "lent ";
    text += ValueText(slot.value);
    if (slot.present != nullptr) text += " if " + ValueText(slot.present);
    return text;
  }

  // "v9 class=v3 .0=v4 +24=v5": inline values and offsets.
  std::string VirtualText(const FrameState& state, const StateObject& object) {
    std::string text = ValueText(object.object);
    for (size_t i = 0; i < object.fields.size(); ++i) {
      const StateObject::Field& field = object.fields[i];
      const StateSlot& slot = state.slots[object.first + i];
      switch (field.place) {
        case StateObject::Place::kClass:
          text += " class=";
          break;
        case StateObject::Place::kInline:
          text += " ." + std::to_string(field.index) + "=";
          break;
        case StateObject::Place::kSlot:
          text += " +" + std::to_string(field.index) + "=";
          break;
      }
      text += slot.value == nullptr ? "empty" : SlotText(slot);
    }
    return text;
  }

  std::string StateText(const FrameState* state) {
    std::string text = "[";
    for (; state != nullptr; state = state->caller) {
      if (text.size() > 1) text += "; ";
      text += "@" + std::to_string(state->instr);
      size_t registers = state->objects.empty() ? state->slots.size()
                                                : state->objects[0].first;
      for (size_t i = 0; i < registers; ++i) {
        if (state->slots[i].value == nullptr) continue;
        text += " " + RegisterText(state->unit, static_cast<int64_t>(i)) + "=" +
                SlotText(state->slots[i]);
      }
      if (state->unit != function_->unit() || state->function != nullptr) {
        text += " in " + NameOfUnit(state->unit);
      }
      if (state->function != nullptr) {
        text += state->function_owned ? " of " : " of lent ";
        text += ValueText(state->function);
      }
      if (state->blamed_unit != nullptr) {
        text += " for ";
        if (state->blamed_unit != function_->unit()) {
          text += NameOfUnit(state->blamed_unit);
        }
        text += "@" + std::to_string(state->blamed_instr);
      }
      for (const StateObject& object : state->objects) {
        text += " where " + VirtualText(*state, object);
      }
    }
    return text + "]";
  }

  PrintedBlock BlockParts(const Block& block) {
    PrintedBlock parts{&block, "", {}};
    if (block.entry_state != nullptr) {
      parts.state = StateText(block.entry_state);
    }
    for (const Node* node = block.first; node != nullptr; node = node->next) {
      parts.nodes.push_back(
          {node, NodeText(*node),
           node->state != nullptr ? StateText(node->state) : ""});
    }
    return parts;
  }

  const Function* function_;
  const Names* names_;
  std::vector<const Unit*> units_;
};

std::string BlockLines(const PrintedBlock& printed) {
  const Block& block = *printed.block;
  std::string text = BlockText(&block) + ":";
  const char* comma = " from";
  for (const Block* pred : block.preds) {
    text += comma;
    text += " " + BlockText(pred);
    comma = "";
  }
  if (block.loop_header) text += ", loop header";
  if (block.frequency != 1) {
    text += ", frequency " + FloatText(block.frequency);
  }
  if (!printed.state.empty()) text += " " + printed.state;
  text += "\n";
  for (const PrintedNode& node : printed.nodes) {
    text += "  " + node.text;
    if (!node.state.empty()) text += " " + node.state;
    text += "\n";
  }
  return text;
}

}  // namespace

PrintedFunction PrintParts(const Function& function, const Names* names) {
  return Printer(&function, names).Run();
}

std::string Print(const Function& function, const Names* names) {
  PrintedFunction printed = PrintParts(function, names);
  std::string text = std::move(printed.head);
  for (const PrintedBlock& block : printed.blocks) text += BlockLines(block);
  return text;
}

std::string Describe(const Node& node) {
  return Printer(nullptr, nullptr).NodeText(node);
}

std::string Describe(const Type& type) {
  switch (type.rep) {
    case Rep::kNone:
      return "nothing";
    case Rep::kInt:
      return "int";
    case Rep::kFloat:
      return "float";
    case Rep::kBool:
      return "bool";
    case Rep::kObject:
      break;
  }
  std::string text = type.nullable ? "object?" : "object";
  if (type.exact != nullptr) {
    text += std::string(" ") + type.exact->tp_name;
  }
  return text;
}

std::string NameOf(const Unit* unit) {
  if (unit == nullptr || unit->code == nullptr) return "?";
  std::string text = StrText(unit->code->co_qualname);
  return text.substr(1, text.size() - 2);
}

Type DefaultType(Op op) {
  switch (op) {
    case Op::kBoxInt:
    case Op::kBinaryBig:
      return {Rep::kObject, false, &PyLong_Type};
    case Op::kBoxFloat:
      return {Rep::kObject, false, &PyFloat_Type};
    case Op::kBoxBool:
      return {Rep::kObject, false, &PyBool_Type};
    case Op::kMakeFunction:
      return {Rep::kObject, false, &PyFunction_Type};
    case Op::kMakeSet:
      return {Rep::kObject, false, &PySet_Type};
    case Op::kMakeDict:
      return {Rep::kObject, false, &PyDict_Type};
    case Op::kConcatStr:
    case Op::kAppendStr:
      return {Rep::kObject, false, &PyUnicode_Type};
    case Op::kListTuple:
    case Op::kUnpack:
    case Op::kUnpackStar:
    case Op::kMakeTuple:
      return {Rep::kObject, false, &PyTuple_Type};
    case Op::kMakeList:
      return {Rep::kObject, false, &PyList_Type};
    default:
      break;
  }
  switch (InfoOf(op).result) {
    case Result::none:
    case Result::same:
      return kNoValue;
    case Result::i:
      return kInt;
    case Result::f:
      return kFloat;
    case Result::b:
      return kBool;
    case Result::fresh:
    case Result::lent:
      return kObject;
    case Result::nfresh:
    case Result::nlent:
      return kNullableObject;
  }
  return kNoValue;
}

const char* OperatorSymbol(int64_t arg) {
  if (arg < 0 || arg >= static_cast<int64_t>(std::size(kOperators))) {
    return nullptr;
  }
  return kOperators[arg];
}

const char* CondSymbol(Cond cond) {
  auto index = static_cast<size_t>(cond);
  return index < std::size(kConds) ? kConds[index] : "?";
}

}  // namespace pyvm::ir
