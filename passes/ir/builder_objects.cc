// Globals, attributes, methods, cells.
#include <optional>

#include "core/runtime/attribute.h"
#include "passes/ir/builder_impl.h"

namespace pyvm::ir {
namespace {

// The beginning of a property, which is private to CPython's descrobject.c.
struct Property {
  PyObject ob_base;
  PyObject* prop_get;
};
PyObject* GetterOf(PyObject* property) {
  return reinterpret_cast<Property*>(property)->prop_get;
}

// Misses of a site, its first execution among them, from which on it is taken
// to have many types.
constexpr uint8_t kFewMisses = 3;

}  // namespace

bool Builder::Objects(Bytecode op) {
  if (op >= Bytecode::kLOAD_ATTR && op <= Bytecode::kLOAD_ATTR_NONDATA) {
    LoadAttr(op);
    return true;
  }
  if (op >= Bytecode::kLOAD_METHOD && op <= Bytecode::kLOAD_METHOD_CLASS) {
    LoadMethod(op);
    return true;
  }
  if (op >= Bytecode::kSTORE_ATTR && op <= Bytecode::kSTORE_ATTR_SLOT) {
    StoreAttr(op);
    return true;
  }
  switch (op) {
    case Bytecode::kLOAD_GLOBAL:
    case Bytecode::kLOAD_GLOBAL_MODULE:
    case Bytecode::kLOAD_GLOBAL_BUILTIN:
      LoadGlobal();
      return true;
    case Bytecode::kMAKE_CELL: {
      Node* content = regs_[in_->a] != nullptr ? regs_[in_->a] : NullNode();
      Node* cell = Emit(Op::kMakeCell, {content});
      cell->type.exact = &PyCell_Type;
      regs_[in_->a] = cell;
      return true;
    }
    case Bytecode::kCOPY_FREE_VARS: {
      Node* function = FunctionNode();
      for (uint32_t i = 0; i < in_->b; ++i) {
        Node* cell = EmitImm(Op::kFreeVar, {function}, i);
        cell->type.exact = &PyCell_Type;
        regs_[in_->a + i] = Own(cell);
      }
      return true;
    }
    case Bytecode::kLOAD_DEREF:
      if (Denied()) return false;
      LoadDeref();
      return true;
    case Bytecode::kSTORE_DEREF:
      StoreDeref();
      return true;
    default:
      return false;
  }
}

Node* Builder::FunctionNode() {
  if (options_.function != nullptr) return options_.function;
  if (this_function_ == nullptr) {
    this_function_ = f_->NewNode(Op::kThisFunction, {});
    f_->InsertFirst(entry_, this_function_);
  }
  return this_function_;
}

// --- Cells
// -------------------------------------------------------------------

void Builder::LoadDeref() {
  Node* cell = Read(LocalOperand(in_->b));
  FinishLent(in_->a,
             Guard(Op::kLoadSlot, {cell}, offsetof(PyCellObject, ob_ref)));
}

void Builder::StoreDeref() {
  Node* value = Take(in_->b);
  Node* cell = Read(LocalOperand(in_->a));
  Release(
      EmitImm(Op::kStoreSlot, {cell, value}, offsetof(PyCellObject, ob_ref)));
}

// --- Globals
// -----------------------------------------------------------------

// Once, before anything else: the code is for these namespaces.
void Builder::GuardNamespaces() {
  bool modules = false, builtins = false;
  if (Denied()) globals_ = nullptr;
  for (uint32_t i = 0; i < unit_->num_instrs; i += InstrWords(*unit_, i)) {
    Bytecode op = BaseOf(unit_->instrs[i].op);
    modules |= op == Bytecode::kLOAD_GLOBAL_MODULE;
    builtins |=
        op == Bytecode::kLOAD_GLOBAL_BUILTIN || op == Bytecode::kLOAD_GLOBAL;
  }
  if (globals_ == nullptr || !(modules || builtins)) return;
  // Those of a function never change.
  if (namespaces_known_) return NameNamespaces();
  Guard(Op::kGuardGlobals, {}, 0, globals_);
  if (builtins && builtins_ != nullptr) {
    Guard(Op::kGuardGlobals, {}, 1, builtins_);
  }
  NameNamespaces();
}

// The function that runs keeps them alive.
void Builder::NameNamespaces() {
  globals_node_ = Known(FunctionNode(), globals_);
  if (builtins_ != nullptr) builtins_node_ = Known(FunctionNode(), builtins_);
}

PyDictKeysObject* Builder::KeysOf(PyObject* dict, uint32_t version) {
  // All dicts without keys have version 1, and no guard sees them get some.
  if (dict == nullptr || version <= 1) return nullptr;
  PyDictKeysObject* keys = reinterpret_cast<PyDictObject*>(dict)->ma_keys;
  return keys->dk_version == version ? keys : nullptr;
}

Node* Builder::LoadEntry(Node* in, PyObject* dict, uint32_t version,
                         int64_t offset) {
  PyDictKeysObject* keys = KeysOf(dict, version);
  if (keys == nullptr) return nullptr;
  PyObject* now = EntryAt(keys, offset);
  if (now == nullptr) return nullptr;
  Guard(Op::kGuardKeys, {in}, version, keys);
  Node* value =
      Guard(Op::kLoadEntry, {}, 0, reinterpret_cast<char*>(keys) + offset);
  SetExample(value, now);
  return value;
}

namespace {

// Where `dict` has `name` now, in bytes from its keys; those have a version
// from here on. Nothing if that says nothing of later.
std::optional<int64_t> FindEntry(PyObject* dict, PyObject* name) {
  PyDictKeysObject* keys = reinterpret_cast<PyDictObject*>(dict)->ma_keys;
  if (!DK_IS_UNICODE(keys) || KeysVersion(keys) == 0) return std::nullopt;
  Py_ssize_t at = KeysLookup(keys, name);
  if (at < 0 || DK_UNICODE_ENTRIES(keys)[at].me_value == nullptr) {
    return std::nullopt;
  }
  return EntryOffset(keys, at);
}

uint32_t VersionOf(PyObject* dict) {
  return reinterpret_cast<PyDictObject*>(dict)->ma_keys->dk_version;
}

}  // namespace

// Asks the dicts themselves: the cache may be older than what they hold now, or
// not filled yet.
void Builder::LoadGlobal() {
  PyObject* name = Cache().name;
  Node* value = nullptr;
  if (globals_node_ != nullptr && !Denied()) {
    if (auto offset = FindEntry(globals_, name)) {
      value = LoadEntry(globals_node_, globals_, VersionOf(globals_), *offset);
    } else if (PyDictKeysObject* keys = KeysOf(globals_, VersionOf(globals_));
               keys != nullptr && builtins_node_ != nullptr &&
               DK_IS_UNICODE(keys) && KeysLookup(keys, name) == DKIX_EMPTY) {
      if (auto offset = FindEntry(builtins_, name)) {
        Guard(Op::kGuardKeys, {globals_node_}, VersionOf(globals_), keys);
        value =
            LoadEntry(builtins_node_, builtins_, VersionOf(builtins_), *offset);
      }
    }
  }
  if (value != nullptr) return FinishLent(in_->a, value);
  Finish(in_->a, Call(Op::kLoadGlobal, {}, 0, name));
}

// --- Attributes
// --------------------------------------------------------------

Node* Builder::GuardOwner(Node* owner, PyTypeObject* type, uint32_t version) {
  if (PyTypeObject* fixed = FixedType(type)) {
    if (owner->type.exact != nullptr && owner->type.exact != fixed) {
      return nullptr;
    }
    return GuardType(owner, fixed);
  }
  if (owner->type.exact != nullptr) return nullptr;
  // Registers keep the value itself, so that guards of it are alike.
  return Guard(Op::kGuardVersion, {owner}, version);
}

// Of sites that have met many types. What the tables do not know is rare there,
// or else the general way is taken.
Node* Builder::FindInTables(Op op, Operand x) {
  if (Cache().misses < kFewMisses || Failed(Op::kGuardFull)) return nullptr;
  // One at a time, sites of one kind of objects would each cost a compilation.
  if (op == Op::kFindMethod && HasFailed(Op::kGuardFull)) return nullptr;
  Node* found = EmitImm(op, {Read(x)}, 0, Cache().name);
  return Guard(Op::kGuardFull, {found});
}

void Builder::LoadAttrGeneric() {
  if (Cache().name == &_Py_ID(__class__) && !Denied()) {
    Node* cls = Guard(Op::kClassOf, {Read(in_->b)});
    Borrow(in_->b);
    return FinishLent(in_->a, cls);
  }
  if (Node* value = FindInTables(Op::kFindAttr, in_->b)) {
    Borrow(in_->b);
    return FinishLent(in_->a, value);
  }
  Node* owner = Borrow(in_->b);
  Finish(in_->a, Call(Op::kLoadAttr, {owner}, 0, Cache().name));
}

void Builder::LoadAttr(Bytecode op) {
  bool done = false;
  if (!Denied()) {
    switch (op) {
      case Bytecode::kLOAD_ATTR_VALUE:
        done = LoadAttrValue();
        break;
      case Bytecode::kLOAD_ATTR_SLOT:
        done = LoadAttrSlot();
        break;
      case Bytecode::kLOAD_ATTR_NONDATA:
        done = LoadAttrNondata();
        break;
      case Bytecode::kLOAD_ATTR_PROPERTY:
        done = LoadAttrProperty();
        break;
      case Bytecode::kLOAD_ATTR_MODULE:
      case Bytecode::kLOAD_ATTR_CLASS: {
        Node* value = op == Bytecode::kLOAD_ATTR_MODULE ? LoadFromModule(in_->b)
                                                        : LoadFromClass(in_->b);
        done = value != nullptr;
        if (done) {
          Borrow(in_->b);
          FinishLent(in_->a, value);
        }
        break;
      }
      default:
        break;
    }
  }
  if (!done) LoadAttrGeneric();
}

bool Builder::LoadAttrValue() {
  const InlineCache& cache = Cache();
  PyTypeObject* type = TypeOf(cache.version);
  if (type == nullptr) return false;
  Node* owner = GuardOwner(Read(in_->b), type, cache.version);
  if (owner == nullptr) return false;
  Node* value = Guard(Op::kLoadInline, {owner}, cache.index);
  PyObject* example = ExampleOf(owner);
  if (example != nullptr && Py_TYPE(example) == type &&
      (type->tp_flags & Py_TPFLAGS_MANAGED_DICT) != 0 &&
      ValuesOf(example) != nullptr) {
    SetExample(value, ValuesOf(example)->values[cache.index]);
  }
  Borrow(in_->b);
  FinishLent(in_->a, value);
  return true;
}

bool Builder::LoadAttrSlot() {
  const InlineCache& cache = Cache();
  PyTypeObject* type = TypeOf(cache.version);
  if (type == nullptr) return false;
  Node* owner = GuardOwner(Read(in_->b), type, cache.version);
  if (owner == nullptr) return false;
  Node* value = Guard(Op::kLoadSlot, {owner}, cache.index);
  PyObject* example = ExampleOf(owner);
  if (example != nullptr && Py_TYPE(example) == type) {
    SetExample(value, *reinterpret_cast<PyObject**>(
                          reinterpret_cast<char*>(example) + cache.index));
  }
  Borrow(in_->b);
  FinishLent(in_->a, value);
  return true;
}

bool Builder::LoadAttrNondata() {
  const InlineCache& cache = Cache();
  PyTypeObject* type = TypeOf(cache.version);
  if (type == nullptr || _PyType_Lookup(type, cache.name) != cache.value) {
    return false;
  }
  if (cache.version2 != 0 &&
      ((type->tp_flags & Py_TPFLAGS_MANAGED_DICT) == 0 ||
       reinterpret_cast<PyHeapTypeObject*>(type)->ht_cached_keys->dk_version !=
           cache.version2)) {
    return false;
  }
  Node* owner = GuardOwner(Read(in_->b), type, cache.version);
  if (owner == nullptr) return false;
  if (cache.version2 != 0) {
    Guard(Op::kGuardInstanceKeys, {owner}, cache.version2);
  }
  Node* value = AttributeOf(type, owner, cache.value);
  Borrow(in_->b);
  FinishLent(in_->a, value);
  return true;
}

bool Builder::LoadAttrProperty() {
  const InlineCache& cache = Cache();
  PyTypeObject* type = TypeOf(cache.version);
  if (type == nullptr || _PyType_Lookup(type, cache.name) != cache.value ||
      !Py_IS_TYPE(cache.value, &PyProperty_Type)) {
    return false;
  }
  PyObject* getter = GetterOf(cache.value);
  Callee callee;
  if (getter == nullptr || !FindFunction(getter, &callee) ||
      callee.unit->arg_count != 1) {
    return false;
  }
  Node* owner = GuardOwner(Read(in_->b), type, cache.version);
  if (owner == nullptr) return false;
  // Its __init__ could give the property another one, without a new version of
  // the type.
  Node* property = AttributeOf(type, owner, cache.value);
  Node* function =
      Guard(Op::kGuardFunction,
            {Guard(Op::kLoadSlot, {property}, offsetof(Property, prop_get))},
            callee.version, callee.function);
  Own(function);
  Node* self = Take(in_->b);
  Finish(in_->a, Call(Op::kCallFunction, {function, self}, callee.version,
                      callee.unit));
  return true;
}

Node* Builder::LoadFromModule(Operand x) {
  const InlineCache& cache = Cache();
  Node* owner = Read(x);
  PyObject* module = ExampleOf(owner);
  if (module == nullptr || !PyModule_CheckExact(module)) return nullptr;
  PyObject* dict = reinterpret_cast<PyModuleObject*>(module)->md_dict;
  uint32_t version = TypeVersion(&PyModule_Type);
  if (version == 0 || KeysOf(dict, cache.version) == nullptr) return nullptr;
  // Whatever module it is: the version of the keys tells which one. (Their
  // address too: a copy of a dict has keys of the same version.)
  owner = Guard(Op::kGuardVersion, {owner}, version);
  return LoadEntry(Emit(Op::kModuleDict, {owner}), dict, cache.version,
                   cache.index);
}

Node* Builder::LoadFromClass(Operand x) {
  const InlineCache& cache = Cache();
  PyTypeObject* cls = TypeOf(cache.version);
  if (cls == nullptr || _PyType_Lookup(cls, cache.name) != cache.value) {
    return nullptr;
  }
  if (FixedType(cls) != nullptr) {
    GuardConstant(Read(x), reinterpret_cast<PyObject*>(cls));
    return Constant(cache.value);
  }
  // No other class has this version, now or later.
  Node* owner = GuardOwner(Read(x), Py_TYPE(cls), cache.version2);
  if (owner == nullptr) return nullptr;
  owner = Guard(Op::kGuardClass, {owner}, cache.version);
  return Known(owner, cache.value);
}

Node* Builder::AttributeOf(PyTypeObject* type, Node* keeper, PyObject* value) {
  return FixedType(type) != nullptr ? Constant(value) : Known(keeper, value);
}

// --- Methods
// -----------------------------------------------------------------

void Builder::LoadMethod(Bytecode op) {
  if (!Denied()) {
    if (op == Bytecode::kLOAD_METHOD_VALUES ||
        op == Bytecode::kLOAD_METHOD_NO_DICT) {
      if (LoadMethodOfType(op)) return;
    } else if (op == Bytecode::kLOAD_METHOD_MODULE ||
               op == Bytecode::kLOAD_METHOD_CLASS) {
      Node* value = op == Bytecode::kLOAD_METHOD_MODULE ? LoadFromModule(in_->b)
                                                        : LoadFromClass(in_->b);
      if (value != nullptr) {
        Borrow(in_->b);
        return FinishLent(in_->a + 1u, value);
      }
    }
  }
  if (Node* method = FindInTables(Op::kFindMethod, in_->b)) {
    Own(method);
    Node* self = Take(in_->b);
    regs_[in_->a] = method;
    regs_[in_->a + 1u] = self;
    return;
  }
  LoadMethodEither();
}

// A method and its receiver if the tables know it, else whatever the attribute
// is, alone.
void Builder::LoadMethodEither() {
  uint32_t window = in_->a;
  Node* owner = Read(in_->b);
  Node* found = EmitImm(Op::kFindMethod, {owner}, 0, Cache().name);
  Block* after = f_->NewBlock();
  Sides sides = Branch(Emit(Op::kIsSame, {found, NullNode()}));
  const std::vector<Node*> before = regs_;
  Enter(sides.yes);
  Borrow(in_->b);
  Finish(window + 1u, Call(Op::kLoadAttr, {owner}, 0, Cache().name));
  Node* callable = regs_[window + 1u];
  Emit(Op::kJump);
  f_->AddEdge(block_, after);
  regs_ = before;
  called_ = false;
  Enter(sides.no);
  Node* method = Emit(Op::kAssumeFull, {found});
  method->type.nullable = false;
  Own(method);
  Node* self = Take(in_->b);
  Emit(Op::kJump);
  f_->AddEdge(block_, after);
  Enter(after);
  auto phi = [&](Node* a, Node* b, Type type) {
    Node* inputs[] = {a, b};
    Node* node = Make(Op::kPhi, inputs, nullptr);
    node->type = type;
    Append(node);
    phis_.push_back(node);
    return node;
  };
  Node* first = phi(NullNode(), method, kNullableObject);
  regs_[window + 1u] = phi(callable, self, kObject);
  regs_[window] = first;
  called_ = true;
  unobserved_pending_ = true;
}

bool Builder::LoadMethodOfType(Bytecode op) {
  const InlineCache& cache = Cache();
  PyTypeObject* type = TypeOf(cache.version);
  if (type == nullptr || _PyType_Lookup(type, cache.name) != cache.value) {
    return false;
  }
  bool values = op == Bytecode::kLOAD_METHOD_VALUES;
  if (values &&
      ((type->tp_flags & Py_TPFLAGS_MANAGED_DICT) == 0 ||
       reinterpret_cast<PyHeapTypeObject*>(type)->ht_cached_keys->dk_version !=
           cache.version2)) {
    return false;
  }
  Node* owner = GuardOwner(Read(in_->b), type, cache.version);
  if (owner == nullptr) return false;
  if (values) Guard(Op::kGuardInstanceKeys, {owner}, cache.version2);
  Node* method = AttributeOf(type, owner, cache.value);
  Node* self = Take(in_->b);
  regs_[in_->a] = Own(method);
  regs_[in_->a + 1u] = self;
  return true;
}

// --- Stores
// ------------------------------------------------------------------

void Builder::StoreAttr(Bytecode op) {
  if (!Denied() && StoreAttrFast(op)) return;
  Node* owner = Borrow(in_->a);
  Node* value = Borrow(in_->b);
  Call(Op::kStoreAttr, {owner, value}, 0, Cache().name);
  FinishWithout();
}

bool Builder::StoreAttrFast(Bytecode op) {
  if (op != Bytecode::kSTORE_ATTR_VALUE && op != Bytecode::kSTORE_ATTR_SLOT) {
    return false;
  }
  const InlineCache& cache = Cache();
  PyTypeObject* type = TypeOf(cache.version);
  if (type == nullptr) return false;
  Node* owner = GuardOwner(Read(in_->a), type, cache.version);
  if (owner == nullptr) return false;
  Node* value = Read(in_->b);
  bool temp = KindOf(in_->b) == OperandKind::kTemp;
  Node* old;
  if (op == Bytecode::kSTORE_ATTR_VALUE) {
    old = Guard(Op::kStoreInline, {owner, value}, cache.index);
  } else {
    old = EmitImm(Op::kStoreSlot, {owner, value}, cache.index);
  }
  // The reference that was stored. Not before the store: where its guard
  // fails, there is none to give back.
  if (temp) {
    regs_[RegisterOf(in_->b)] = nullptr;
  } else {
    Own(value);
  }
  // In the order of the interpreter.
  Borrow(in_->a);
  Release(old);
  FinishWithout();
  return true;
}

}  // namespace pyvm::ir
