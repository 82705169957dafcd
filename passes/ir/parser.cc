#include "passes/ir/parser.h"

#include <algorithm>
#include <bit>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <map>
#include <optional>

#include "core/bytecode/python.h"

namespace pyvm::ir {
namespace {

PyTypeObject* TypeByName(std::string_view name) {
  static PyTypeObject* const kTypes[] = {
      &PyLong_Type,     &PyFloat_Type,     &PyBool_Type,
      &PyUnicode_Type,  &PyBytes_Type,     &PyTuple_Type,
      &PyList_Type,     &PyDict_Type,      &PySet_Type,
      &PyRange_Type,    &PySlice_Type,     &PyRangeIter_Type,
      &PyListIter_Type, &PyTupleIter_Type, &PyFunction_Type,
      &PyMethod_Type,   &PyCFunction_Type, &PyType_Type,
      &PyCell_Type,     &PyBaseObject_Type};
  for (PyTypeObject* type : kTypes) {
    if (name == type->tp_name) return type;
  }
  return nullptr;
}

std::optional<Op> OpByName(std::string_view name) {
  for (int i = 0; i < kNumOps; ++i) {
    if (name == InfoOf(static_cast<Op>(i)).name) return static_cast<Op>(i);
  }
  return std::nullopt;
}

// Reads words and signs from one line.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) { Skip(); }

  bool AtEnd() const { return text_.empty(); }
  char Peek() const { return AtEnd() ? '\0' : text_[0]; }
  std::string_view rest() const { return text_; }

  bool Accept(std::string_view what) {
    if (!text_.starts_with(what)) return false;
    // A word is accepted as a whole.
    if (IsWord(what.back()) && what.size() < text_.size() &&
        IsWord(text_[what.size()])) {
      return false;
    }
    text_.remove_prefix(what.size());
    Skip();
    return true;
  }
  // Everything up to one of the signs.
  std::string_view Until(const char* signs) {
    size_t length = std::min(text_.find_first_of(signs), text_.size());
    std::string_view word = text_.substr(0, length);
    text_.remove_prefix(length);
    Skip();
    return word;
  }
  std::string_view Word() { return Until(" ,:;=()[]"); }
  std::optional<int64_t> Integer() {
    std::string word(text_.substr(0, text_.find_first_of(" ,:;=()[]")));
    if (word.empty()) return std::nullopt;
    char* end = nullptr;
    errno = 0;
    int64_t value = std::strtoll(word.c_str(), &end, 0);
    if (*end != '\0' || errno != 0) return std::nullopt;
    Until(" ,:;=()[]");
    return value;
  }
  // `letter` and a number: v12, b3, @17.
  std::optional<uint32_t> Numbered(char letter) {
    if (Peek() != letter) return std::nullopt;
    std::string_view before = text_;
    text_.remove_prefix(1);
    std::optional<int64_t> number = Integer();
    if (!number || *number < 0 || *number > 1000000) {
      text_ = before;
      return std::nullopt;
    }
    return static_cast<uint32_t>(*number);
  }
  char Take() {
    char c = Peek();
    if (c != '\0') text_.remove_prefix(1);
    return c;
  }
  void Skip() {
    while (!AtEnd() && text_[0] == ' ') text_.remove_prefix(1);
  }

 private:
  static bool IsWord(char c) {
    return isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
  }
  std::string_view text_;
};

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Parsed Run() {
    SplitLines();
    Head();
    MakeBlocks();
    MakeNodes();
    for (NodeLine& line : node_lines_) Fill(&line);
    for (BlockLine& line : block_lines_) Fill(&line);
    if (!result_.error.empty()) result_.function.reset();
    return std::move(result_);
  }

 private:
  struct Line {
    size_t number;
    std::string_view text;
  };
  struct NodeLine {
    Line line;
    Node* node;
    Scanner scanner;  // behind the operation
    bool typed;
  };
  struct BlockLine {
    Line line;
    Block* block;
    Scanner scanner;
  };

  bool Failed() const { return !result_.error.empty(); }
  void Fail(const std::string& what) {
    if (Failed()) return;
    result_.error = "line " + std::to_string(at_) + ": " + what;
  }
  void ExpectEnd(const Scanner& scanner) {
    if (!scanner.AtEnd()) {
      Fail("what is `" + std::string(scanner.rest()) + "`?");
    }
  }

  void SplitLines() {
    size_t number = 0;
    for (std::string_view rest = text_; !rest.empty();) {
      size_t end = std::min(rest.find('\n'), rest.size());
      std::string_view line = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      ++number;
      if (size_t hash = line.find('#'); hash == 0 || line.find(" #") < hash) {
        line = line.substr(0, hash == 0 ? 0 : line.find(" #"));
      }
      size_t first = line.find_first_not_of(' ');
      if (first == std::string_view::npos) continue;
      line.remove_prefix(first);
      while (line.ends_with(' ')) line.remove_suffix(1);
      lines_.push_back({number, line});
    }
  }

  // "f(x, n), 2 temporaries"
  Unit* UnitLine(Scanner* scanner) {
    result_.units.push_back(std::make_unique<Unit>());
    Unit* unit = result_.units.back().get();
    UnitNames& names = result_.names[unit];
    names.name = scanner->Until("(");
    if (!scanner->Accept("(")) Fail("a unit's registers: f(x, y)");
    while (!scanner->AtEnd() && !scanner->Accept(")")) {
      names.locals.emplace_back(scanner->Until(",)"));
      scanner->Accept(",");
    }
    unit->num_locals = static_cast<uint32_t>(names.locals.size());
    unit->num_registers = unit->num_locals;
    if (scanner->Accept(",")) {
      std::optional<int64_t> temporaries = scanner->Integer();
      if (!temporaries || !scanner->Accept("temporaries")) {
        Fail("how many temporaries?");
      }
      unit->num_registers += static_cast<uint32_t>(temporaries.value_or(0));
    }
    ExpectEnd(*scanner);
    return unit;
  }

  void Head() {
    size_t i = 0;
    uint32_t entry = 0;
    bool direct = false;
    bool generator = false;
    Unit* own = nullptr;
    for (; i < lines_.size(); ++i) {
      at_ = lines_[i].number;
      Scanner scanner(lines_[i].text);
      if (scanner.Accept("function")) {
        own = UnitLine(&scanner);
      } else if (scanner.Accept("unit")) {
        UnitLine(&scanner);
      } else if (scanner.Accept("direct")) {
        direct = true;
      } else if (scanner.Accept("generator")) {
        generator = true;
      } else if (scanner.Accept("entry")) {
        entry = scanner.Numbered('@').value_or(0);
      } else {
        break;
      }
    }
    if (own == nullptr) Fail("no `function` line");
    result_.function = std::make_unique<Function>(own);
    result_.function->entry_instr = entry;
    result_.function->direct = direct;
    result_.function->generator = generator;
    lines_.erase(lines_.begin(), lines_.begin() + static_cast<long>(i));
  }

  void MakeBlocks() {
    std::vector<uint32_t> numbers;
    for (const Line& line : lines_) {
      Scanner scanner(line.text);
      std::optional<uint32_t> number = scanner.Numbered('b');
      if (number && scanner.Peek() == ':') numbers.push_back(*number);
    }
    for (size_t i = 0; i < numbers.size(); ++i) {
      blocks_.push_back(result_.function->NewBlock());
      if (numbers[i] >= numbers.size() ||
          std::count(numbers.begin(), numbers.end(), numbers[i]) != 1) {
        Fail("blocks are numbered from 0, each once");
      }
    }
    if (blocks_.empty()) {
      Fail("no blocks");
      result_.function->NewBlock();
    }
  }

  Block* BlockAt(Scanner* scanner) {
    std::string rest(scanner->rest());
    std::optional<uint32_t> number = scanner->Numbered('b');
    if (!number || *number >= blocks_.size()) {
      Fail("no such block: `" + rest + "`");
      return result_.function->entry();
    }
    return blocks_[*number];
  }

  // All nodes, with as many inputs as their lines have values, each of them a
  // stand-in: values may be named before they are defined.
  void MakeNodes() {
    Function& function = *result_.function;
    Node* stand_in = function.NewNode(Op::kNull, {});
    Block* block = nullptr;
    std::vector<Node*> unnumbered;
    uint32_t end = 0;
    for (const Line& line : lines_) {
      at_ = line.number;
      Scanner scanner(line.text);
      std::optional<uint32_t> value = scanner.Numbered('v');
      if (!value) {
        if (scanner.Peek() == 'b') {
          block = BlockAt(&scanner);
          if (!scanner.Accept(":")) Fail("`:` expected");
          block_lines_.push_back({line, block, scanner});
          continue;
        }
      }
      Type type;
      bool typed = value && scanner.Accept(":");
      if (typed) type = TypeAt(&scanner);
      if (value && !scanner.Accept("=")) Fail("`=` expected");
      std::string_view name = scanner.Word();
      std::optional<Op> op = OpByName(name);
      if (!op) return Fail("no operation is called " + std::string(name));
      if (block == nullptr) return Fail("not in a block");
      Scanner count = scanner;
      std::vector<Node*> inputs;
      while (count.Numbered('v')) {
        inputs.push_back(stand_in);
        if (!count.Accept(",")) break;
      }
      if (*op == Op::kGuardFull && inputs.empty()) return Fail("no input");
      Node* node = function.NewNode(*op, inputs, nullptr);
      if (typed) node->type = type;
      Function::Append(block, node);
      if ((InfoOf(*op).result != Result::none) != value.has_value()) {
        return Fail(value ? "it has no value" : "its value needs a name");
      }
      if (value) {
        if (!values_.emplace(*value, node).second) {
          return Fail("v" + std::to_string(*value) + " is defined twice");
        }
        node->id = *value;
        end = std::max(end, *value + 1);
      } else {
        unnumbered.push_back(node);
      }
      node_lines_.push_back({line, node, scanner, typed});
    }
    uint32_t id = 0;
    for (Node* node : unnumbered) {
      while (values_.contains(id)) ++id;
      node->id = id++;
    }
    // Ids stay below the number of nodes.
    while (function.num_nodes() < std::max(end, id)) {
      function.NewNode(Op::kNull, {});
    }
  }

  Node* ValueAt(Scanner* scanner) {
    std::optional<uint32_t> number = scanner->Numbered('v');
    auto it = number ? values_.find(*number) : values_.end();
    if (it != values_.end()) return it->second;
    Fail(number
             ? "v" + std::to_string(*number) + " is not defined"
             : "a value expected, not `" + std::string(scanner->rest()) + "`");
    return nullptr;
  }

  Type TypeAt(Scanner* scanner) {
    if (scanner->Accept("int")) return kInt;
    if (scanner->Accept("float")) return kFloat;
    if (scanner->Accept("bool")) return kBool;
    if (!scanner->Accept("object")) {
      Fail("no type: `" + std::string(scanner->rest()) + "`");
      return kNoValue;
    }
    Type type = scanner->Accept("?") ? kNullableObject : kObject;
    if (scanner->Peek() != '=') type.exact = ExactTypeAt(scanner);
    return type;
  }
  PyTypeObject* ExactTypeAt(Scanner* scanner) {
    std::string_view name = scanner->Word();
    PyTypeObject* type = TypeByName(name);
    if (type == nullptr) Fail("no type is called " + std::string(name));
    return type;
  }

  PyObject* Keep(PyObject* object) {
    if (object == nullptr) {
      PyErr_Clear();
      Fail("an object cannot be made");
      return nullptr;
    }
    result_.objects.push_back(object);
    return object;
  }
  PyObject* StrAt(Scanner* scanner) {
    scanner->Take();
    std::string utf8;
    for (char c; (c = scanner->Take()) != '\'';) {
      if (c == '\0') {
        Fail("a string that does not end");
        return nullptr;
      }
      if (c == '\\' && scanner->Peek() == 'U') {
        Fail("only ASCII is read");
        return nullptr;
      }
      utf8 += c == '\\' ? scanner->Take() : c;
    }
    scanner->Skip();
    return Keep(PyUnicode_InternFromString(utf8.c_str()));
  }
  PyObject* ObjectAt(Scanner* scanner) {
    if (scanner->Accept("None")) return Py_None;
    if (scanner->Accept("True")) return Py_True;
    if (scanner->Accept("False")) return Py_False;
    if (scanner->Accept("Ellipsis")) return Py_Ellipsis;
    if (scanner->Accept("type")) {
      return reinterpret_cast<PyObject*>(ExactTypeAt(scanner));
    }
    if (scanner->Peek() == '\'') return StrAt(scanner);
    if (scanner->Accept("(")) {
      std::vector<PyObject*> items;
      while (!scanner->Accept(")") && !Failed()) {
        items.push_back(ObjectAt(scanner));
        scanner->Accept(",");
      }
      if (Failed()) return nullptr;
      PyObject* tuple =
          Keep(PyTuple_New(static_cast<Py_ssize_t>(items.size())));
      for (size_t i = 0; tuple != nullptr && i < items.size(); ++i) {
        PyTuple_SET_ITEM(tuple, i, Py_NewRef(items[i]));
      }
      return tuple;
    }
    if (std::optional<int64_t> number = scanner->Integer()) {
      return Keep(PyLong_FromLongLong(*number));
    }
    if (std::optional<double> number = FloatAt(scanner)) {
      return Keep(PyFloat_FromDouble(*number));
    }
    Fail("no object: `" + std::string(scanner->rest()) + "`");
    return nullptr;
  }
  static std::optional<double> FloatAt(Scanner* scanner) {
    std::string word(scanner->Word());
    char* end = nullptr;
    double value = std::strtod(word.c_str(), &end);
    if (word.empty() || *end != '\0') return std::nullopt;
    return value;
  }

  uint32_t RegisterAt(const Unit* unit, std::string_view name) {
    const std::vector<std::string>& locals = result_.names[unit].locals;
    auto it = std::find(locals.begin(), locals.end(), name);
    if (it != locals.end()) return static_cast<uint32_t>(it - locals.begin());
    Scanner scanner(name);
    std::optional<uint32_t> number = scanner.Numbered('t');
    if (number && unit->num_locals + *number < unit->num_registers) {
      return unit->num_locals + *number;
    }
    Fail("no register is called " + std::string(name));
    return 0;
  }
  Unit* UnitAt(Scanner* scanner) {
    std::string_view name = scanner->Until(" ,;]@");
    for (auto& unit : result_.units) {
      if (result_.names[unit.get()].name == name) return unit.get();
    }
    Fail("no unit is called " + std::string(name));
    return result_.units[0].get();
  }

  StateSlot SlotAt(Scanner* scanner) {
    StateSlot slot;
    slot.owned = !scanner->Accept("lent");
    slot.value = ValueAt(scanner);
    if (scanner->Accept("if")) slot.present = ValueAt(scanner);
    return slot;
  }

  // "v9 class=v3 .0=v4 +24=empty"
  void ObjectAt(Scanner* scanner, std::vector<StateObject>* objects,
                std::vector<StateSlot>* held) {
    StateObject object{.object = ValueAt(scanner),
                       .first = static_cast<uint32_t>(held->size())};
    std::vector<StateObject::Field> fields;
    while (!Failed()) {
      StateObject::Field field{};
      if (scanner->Accept("class")) {
        field.place = StateObject::Place::kClass;
      } else if (scanner->Peek() == '.' || scanner->Peek() == '+') {
        field.place = scanner->Take() == '.' ? StateObject::Place::kInline
                                             : StateObject::Place::kSlot;
        field.index = static_cast<uint32_t>(scanner->Integer().value_or(0));
      } else {
        break;
      }
      if (!scanner->Accept("=")) Fail("`=` expected in an object");
      fields.push_back(field);
      held->push_back(scanner->Accept("empty") ? StateSlot{} : SlotAt(scanner));
    }
    object.fields = result_.function->Keep<StateObject::Field>(fields);
    objects->push_back(object);
  }

  // "[@3 n=lent v4 in g of v2; @17 x=v3]"; null if there is none.
  FrameState* StateAt(Scanner* scanner) {
    if (!scanner->Accept("[")) return nullptr;
    FrameState* first = nullptr;
    FrameState** link = &first;
    do {
      std::optional<uint32_t> instr = scanner->Numbered('@');
      if (!instr) Fail("`@` and an instruction expected");
      std::vector<StateObject> objects;
      std::vector<StateSlot> held;  // by them
      // The unit's name stands behind the registers.
      std::vector<std::pair<std::string_view, StateSlot>> found;
      Unit* unit = result_.function->unit();
      Node* function = nullptr;
      bool function_owned = true;
      Unit* blamed = nullptr;
      uint32_t blamed_instr = 0;
      while (!Failed() && scanner->Peek() != ';' && scanner->Peek() != ']') {
        if (scanner->Accept("in")) {
          unit = UnitAt(scanner);
        } else if (scanner->Accept("of")) {
          function_owned = !scanner->Accept("lent");
          function = ValueAt(scanner);
        } else if (scanner->Accept("for")) {
          blamed = scanner->Peek() == '@' ? result_.function->unit()
                                          : UnitAt(scanner);
          blamed_instr = scanner->Numbered('@').value_or(0);
        } else if (scanner->Accept("where")) {
          ObjectAt(scanner, &objects, &held);
        } else {
          std::string_view name = scanner->Word();
          if (!scanner->Accept("=")) Fail("`=` expected in a state");
          found.emplace_back(name, SlotAt(scanner));
        }
      }
      FrameState* state = result_.function->NewState(
          unit, instr.value_or(0),
          unit->num_registers + static_cast<uint32_t>(held.size()), nullptr,
          function);
      for (StateObject& object : objects) object.first += unit->num_registers;
      state->objects = result_.function->Keep<StateObject>(objects);
      std::copy(held.begin(), held.end(),
                state->slots.begin() + unit->num_registers);
      for (auto& [name, slot] : found) {
        uint32_t reg = RegisterAt(unit, name);
        if (reg < unit->num_registers) state->slots[reg] = slot;
      }
      state->function_owned = function_owned;
      state->blamed_unit = blamed;
      state->blamed_instr = blamed_instr;
      *link = state;
      link = &state->caller;
    } while (!Failed() && scanner->Accept(";"));
    if (!scanner->Accept("]")) Fail("`]` expected");
    return first;
  }

  void FillImm(Node* node, Scanner* scanner) {
    switch (node->info().imm) {
      case Imm::none:
        return;
      case Imm::integer:
      case Imm::index:
      case Imm::version:
        return FillInteger(node, scanner);
      case Imm::known:
        FillInteger(node, scanner);
        if (scanner->Accept(",")) node->ptr = ObjectAt(scanner);
        return;
      case Imm::bits: {
        std::optional<double> value = FloatAt(scanner);
        if (!value) Fail("a number expected");
        node->imm = std::bit_cast<int64_t>(value.value_or(0));
        return;
      }
      case Imm::reg:
        node->imm = RegisterAt(result_.function->unit(), scanner->Word());
        return;
      case Imm::cond: {
        std::string_view word = scanner->Until(" ,[");
        for (node->imm = 0; word != CondSymbol(node->cond()); ++node->imm) {
          if (node->imm > 5) return Fail("a comparison expected");
        }
        return;
      }
      case Imm::object:
        if (node->op == Op::kCall && scanner->Peek() != '(') return;
        node->ptr = ObjectAt(scanner);
        return;
      case Imm::name:
        node->ptr = ObjectAt(scanner);
        return;
      case Imm::type:
        node->ptr = ExactTypeAt(scanner);
        return;
      case Imm::addr:
        FillInteger(node, scanner);
        node->ptr = reinterpret_cast<void*>(node->imm);
        node->imm = 0;
        if (scanner->Accept(",")) FillInteger(node, scanner);
        return;
      case Imm::func:
        node->ptr = UnitAt(scanner);
        if (!scanner->Accept(",")) return Fail("a version expected");
        return FillInteger(node, scanner);
      case Imm::arg: {
        std::string_view word = scanner->Until(" ,[");
        for (node->imm = 0; OperatorSymbol(node->imm) != nullptr; ++node->imm) {
          if (word == OperatorSymbol(node->imm)) return;
        }
        return Fail("an operator expected");
      }
      case Imm::instr: {
        std::optional<uint32_t> instr = scanner->Numbered('@');
        if (!instr) Fail("`@` and an instruction expected");
        node->imm = instr.value_or(0);
        return;
      }
    }
  }
  void FillInteger(Node* node, Scanner* scanner) {
    std::optional<int64_t> value = scanner->Integer();
    if (!value) Fail("a number expected");
    node->imm = value.value_or(0);
  }

  void Fill(NodeLine* line) {
    if (Failed()) return;
    at_ = line->line.number;
    Scanner& scanner = line->scanner;
    Node* node = line->node;
    for (Node*& input : node->inputs) {
      input = ValueAt(&scanner);
      scanner.Accept(",");
    }
    if (Failed()) return;
    FillImm(node, &scanner);
    if (node->op == Op::kBranchRaised) {
      if (node->prev == nullptr) return Fail("nothing to raise");
      node->prev->catches = true;
    }
    if (node->info().Has(kEnd)) {
      for (int i = 0; scanner.Accept(",") || scanner.Peek() == 'b'; ++i) {
        if (i == 2) return Fail("more than two successors");
        node->block->succs[i] = BlockAt(&scanner);
      }
    }
    if (!line->typed && node->info().result == Result::same) {
      if (node->op == Op::kPhi) return Fail("a phi needs a type");
      if (node->inputs.empty()) return Fail("no input");
      node->type = node->inputs[0]->type;
      if (node->op == Op::kGuardFull) node->type.nullable = false;
      if (node->op == Op::kGuardType) {
        node->type.exact = static_cast<const PyTypeObject*>(node->ptr);
      }
    }
    node->state = StateAt(&scanner);
    ExpectEnd(scanner);
  }

  // ": from b0 b1, loop header, frequency 10 [...]", less the colon.
  void Fill(BlockLine* line) {
    if (Failed()) return;
    at_ = line->line.number;
    Scanner& scanner = line->scanner;
    Block* block = line->block;
    if (scanner.Accept("from")) {
      while (scanner.Peek() == 'b') block->preds.push_back(BlockAt(&scanner));
    }
    while (scanner.Accept(",") || scanner.Peek() == 'f') {
      if (scanner.Accept("loop")) {
        block->loop_header = scanner.Accept("header");
      } else if (scanner.Accept("frequency")) {
        block->frequency = FloatAt(&scanner).value_or(1);
      } else {
        return Fail("what is `" + std::string(scanner.rest()) + "`?");
      }
    }
    block->entry_state = StateAt(&scanner);
    ExpectEnd(scanner);
  }

  std::string_view text_;
  size_t at_ = 0;  // the current line
  Parsed result_;
  std::vector<Line> lines_;
  std::vector<Block*> blocks_;
  std::map<uint32_t, Node*> values_;
  std::vector<NodeLine> node_lines_;
  std::vector<BlockLine> block_lines_;
};

}  // namespace

Parsed::~Parsed() {
  for (PyObject* object : objects) Py_DECREF(object);
}

Parsed Parse(std::string_view text) { return Parser(text).Run(); }

}  // namespace pyvm::ir
