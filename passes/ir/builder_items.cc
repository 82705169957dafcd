// Subscripts, and questions whether a container has an item.
#include <cstring>

#include "core/runtime/array.h"
#include "passes/ir/builder_impl.h"

namespace pyvm::ir {
namespace {

// Letters of ops.def for what holds numbers, besides type codes of arrays.
constexpr char kBytes = 'y', kByteArray = 'Y';

bool IsFloatCode(char code) { return code == 'd' || code == 'f'; }

// What ArrayFloat and ArrayInt call the content of an object; 0: nothing.
char CodeOf(PyObject* o) {
  if (o == nullptr) return 0;
  if (PyBytes_CheckExact(o)) return kBytes;
  if (PyByteArray_CheckExact(o)) return kByteArray;
  if (array_type == nullptr || Py_TYPE(o) != array_type) return 0;
  return reinterpret_cast<Array*>(o)->code->typecode;
}

bool IsKnownCode(char code) {
  return code != 0 && std::strchr("bBhHiIlqdfyY", code) != nullptr;
}

}  // namespace

bool Builder::CanBeKey(const PyTypeObject* type) {
  return type == nullptr || type == &PyUnicode_Type || type == &PyLong_Type ||
         type == &PyTuple_Type;
}

// --- What is expected
// --------------------------------------------------------

void Builder::SetCode(Node* node, char code) {
  if (code != 0) codes_[node] = code;
}

char Builder::CodeOf(const Node* node) const {
  if (auto it = codes_.find(node); it != codes_.end()) return it->second;
  if (PyObject* example = ExampleOf(node)) return ir::CodeOf(example);
  const PyTypeObject* type = Expected(node);
  if (type == &PyBytes_Type) return kBytes;
  return type == &PyByteArray_Type ? kByteArray : 0;
}

// What a call of a type makes.
void Builder::ExpectInstance(Node* made, Node* callable, Node* argument) {
  PyObject* called = ExampleOf(callable);
  if (called == nullptr || !PyType_Check(called)) return;
  auto* type = reinterpret_cast<PyTypeObject*>(called);
  if (type == &PyType_Type) return;
  if (type != array_type) return Expect(made, FixedType(type));
  PyObject* letter = argument != nullptr ? ConstantOf(argument) : nullptr;
  if (letter == nullptr || !PyUnicode_CheckExact(letter) ||
      PyUnicode_GET_LENGTH(letter) != 1) {
    return;
  }
  SetCode(made, static_cast<char>(PyUnicode_READ_CHAR(letter, 0) & 0x7f));
}

// --- Loads
// -------------------------------------------------------------------

void Builder::LoadItem(Bytecode op) {
  bool done = false;
  if (!Denied()) {
    switch (op) {
      case Bytecode::kLOAD_ITEM_LIST:
        done = LoadSequenceItem(&PyList_Type, Op::kListItem);
        break;
      case Bytecode::kLOAD_ITEM_TUPLE:
        done = LoadSequenceItem(&PyTuple_Type, Op::kTupleItem);
        break;
      case Bytecode::kLOAD_ITEM_STR:
        done = LoadSequenceItem(&PyUnicode_Type, Op::kStrItem);
        break;
      case Bytecode::kLOAD_ITEM_DICT:
        done = LoadDictItem();
        break;
      default:
        done = LoadNumber();
        break;
    }
  }
  if (done) return;
  Node* owner = Borrow(in_->b);
  Node* index = Borrow(in_->c);
  Finish(in_->a, Call(Op::kLoadItem, {owner, index}));
}

bool Builder::LoadSequenceItem(PyTypeObject* type, Op op) {
  Node* owner = Read(in_->b);
  if (!CanBeInt(Read(in_->c)) ||
      (owner->type.exact != nullptr && owner->type.exact != type)) {
    return false;
  }
  owner = GuardType(owner, type);
  Node* position = AsInt(Read(in_->c));
  Node* item = Guard(op, {owner, position});
  if (op == Op::kStrItem) {
    item->type.exact = &PyUnicode_Type;
  } else {
    SetExample(item, ElementOf(ExampleOf(owner)));
    Expect(item, ElementOf(owner));
  }
  Borrow(in_->b);
  Borrow(in_->c);
  FinishLent(in_->a, item);
  return true;
}

bool Builder::LoadDictItem() {
  Node* value = FindKey(in_->b, in_->c);
  if (value == nullptr) return false;
  value = Guard(Op::kGuardFull, {value});
  Borrow(in_->b);
  Borrow(in_->c);
  FinishLent(in_->a, value);
  return true;
}

// The value of a key in a dict, lent, or null; no node if that cannot be said
// without a call.
Node* Builder::FindKey(Operand dict, Operand key) {
  Node* owner = Read(dict);
  if ((owner->type.exact != nullptr && owner->type.exact != &PyDict_Type) ||
      !CanBeKey(Expected(Read(key), key))) {
    return nullptr;
  }
  owner = GuardType(owner, &PyDict_Type);
  Node* found = Guard(Op::kDictFind, {owner, Read(key)});
  PyObject* example = ExampleOf(owner);
  PyObject *other, *value;
  Py_ssize_t position = 0;
  if (example != nullptr && PyDict_CheckExact(example) &&
      PyDict_Next(example, &position, &other, &value)) {
    SetExample(found, value);
  }
  return found;
}

// The owner as one that holds numbers of `code`.
Node* Builder::GuardNumbers(Node* owner, char code) {
  if (code == kBytes) return GuardType(owner, &PyBytes_Type);
  if (code == kByteArray) return GuardType(owner, &PyByteArray_Type);
  Node* guarded = Guard(Op::kGuardArray, {owner}, code);
  SetCode(guarded, code);
  return guarded;
}

bool Builder::LoadNumber() {
  Node* owner = Read(in_->b);
  Node* index = Read(in_->c);
  char code = CodeOf(owner);
  if (!IsKnownCode(code) || !CanBeInt(index)) return false;
  const PyTypeObject* type = Expected(index, in_->c);
  if (type != nullptr && type != &PyLong_Type) return false;
  owner = GuardNumbers(owner, code);
  Node* position = AsInt(Read(in_->c));
  bool is_float = IsFloatCode(code);
  Node* number = Guard(is_float ? Op::kArrayFloat : Op::kArrayInt,
                       {owner, position}, code);
  Borrow(in_->b);
  Borrow(in_->c);
  Finish(in_->a, Emit(is_float ? Op::kBoxFloat : Op::kBoxInt, {number}));
  return true;
}

// --- Stores
// ------------------------------------------------------------------

void Builder::StoreItem(Bytecode op) {
  bool done = false;
  if (!Denied()) {
    switch (op) {
      case Bytecode::kSTORE_ITEM_LIST:
        done = StoreListItem();
        break;
      case Bytecode::kSTORE_ITEM_DICT:
        done = StoreDictItem();
        break;
      default:
        done = StoreNumber();
        break;
    }
  }
  if (done) return;
  Node* owner = Borrow(in_->a);
  Node* index = Borrow(in_->b);
  Node* value = Borrow(in_->c);
  Call(Op::kStoreItem, {owner, index, value});
  FinishWithout();
}

bool Builder::StoreListItem() {
  Node* owner = Read(in_->a);
  if (!CanBeInt(Read(in_->b)) ||
      (owner->type.exact != nullptr && owner->type.exact != &PyList_Type)) {
    return false;
  }
  owner = GuardType(owner, &PyList_Type);
  Node* position = AsInt(Read(in_->b));
  Node* value = Read(in_->c);
  Node* old = Guard(Op::kSetListItem, {owner, position, value});
  if (KindOf(in_->c) == OperandKind::kTemp) {
    regs_[RegisterOf(in_->c)] = nullptr;
  } else {
    Own(value);  // not before the store, whose guard may fail
  }
  Release(old);
  Borrow(in_->a);
  Borrow(in_->b);
  FinishWithout();
  return true;
}

bool Builder::StoreDictItem() {
  Node* owner = Read(in_->a);
  if ((owner->type.exact != nullptr && owner->type.exact != &PyDict_Type) ||
      !CanBeKey(Expected(Read(in_->b), in_->b))) {
    return false;
  }
  owner = GuardType(owner, &PyDict_Type);
  Node* old = Guard(Op::kSetDictItem, {owner, Read(in_->b), Read(in_->c)});
  Release(old);
  Borrow(in_->c);
  Borrow(in_->b);
  Borrow(in_->a);
  FinishWithout();
  return true;
}

bool Builder::StoreNumber() {
  Node* owner = Read(in_->a);
  Node* index = Read(in_->b);
  Node* value = Read(in_->c);
  char code = CodeOf(owner);
  if (!IsKnownCode(code) || code == kBytes || !CanBeInt(index)) return false;
  for (Operand x : {in_->b, in_->c}) {
    const PyTypeObject* type = Expected(Read(x), x);
    bool fits = type == nullptr || type == &PyLong_Type ||
                (x == in_->c && IsFloatCode(code) && type == &PyFloat_Type);
    if (!fits) return false;
  }
  if (!(IsFloatCode(code) ? CanBeFloat(value) : CanBeInt(value))) return false;
  owner = GuardNumbers(owner, code);
  Node* position = AsInt(Read(in_->b));
  if (IsFloatCode(code)) {
    Guard(Op::kSetArrayFloat, {owner, position, AsFloat(Read(in_->c), in_->c)},
          code);
  } else {
    Guard(Op::kSetArrayInt, {owner, position, AsInt(Read(in_->c))}, code);
  }
  for (Operand x : {in_->c, in_->b, in_->a}) Borrow(x);
  FinishWithout();
  return true;
}

// --- Sizes and membership
// --------------------------------------------------------------

Node* Builder::SizeOf(Node* node, const PyTypeObject* type) {
  auto size = [&](Op op) {
    return Emit(op, {GuardType(node, const_cast<PyTypeObject*>(type))});
  };
  if (type == &PyList_Type || type == &PyTuple_Type || type == &PyBytes_Type ||
      type == &PyByteArray_Type) {
    return size(Op::kSizeOf);
  }
  if (type == &PyUnicode_Type) return size(Op::kStrSize);
  if (type == &PyDict_Type || type == &PySet_Type ||
      type == &PyFrozenSet_Type) {
    return size(Op::kTableSize);
  }
  return nullptr;
}

Node* Builder::Contains(Operand item, Operand container) {
  if (!Denied()) {
    const PyTypeObject* type = Expected(Read(container), container);
    bool key = CanBeKey(Expected(Read(item), item));
    if (key && type == &PyDict_Type) {
      Node* value = FindKey(container, item);
      if (value != nullptr) {
        return Emit(Op::kNot, {Emit(Op::kIsSame, {value, NullNode()})});
      }
    } else if (key && (type == &PySet_Type || type == &PyFrozenSet_Type ||
                       type == &PyTuple_Type || type == &PyList_Type ||
                       type == &PyUnicode_Type)) {
      Node* owner = GuardType(Read(container), const_cast<PyTypeObject*>(type));
      return Guard(Op::kHasItem, {owner, Read(item)});
    }
  }
  return Call(Op::kContains, {Read(item), Read(container)});
}

}  // namespace pyvm::ir
