// References, guards, attributes and globals.
#include "core/runtime/attribute.h"
#include "core/runtime/object.h"
#include "core/runtime/polymorphic.h"
#include "tiers/llvm/frames.h"
#include "tiers/llvm/lowering_context.h"
#include "tiers/llvm/runtime_ops.h"

namespace pyvm::llvm_tier {

using llvm::Value;

// --- References -------------------------------------------------------------

Value* LowerIncRef(Lowering& l, const ir::Node& n) {
  l.IncRef(l.In(n, 0));
  return nullptr;
}

namespace {

// Puts a float on CPython's free list, at the end of which code goes on at
// `done`.
void FreeFloat(Lowering& l, Value* o, llvm::BasicBlock* done) {
  constexpr int64_t kState = offsetof(PyInterpreterState, float_state);
  constexpr int64_t kList = kState + offsetof(_Py_float_state, free_list);
  constexpr int64_t kCount = kState + offsetof(_Py_float_state, numfree);
  llvm::BasicBlock* keep = l.NewBlock("keep");
  llvm::BasicBlock* full = l.NewBlock("full");
  Value* interp = l.Interp();
  Value* count = l.Load(l.i32, interp, kCount, Mem::kFreeList);
  l.Branch(l.b.CreateICmpSLT(count, l.b.getInt32(PyFloat_MAXFREELIST)), keep,
           full, Lowering::kLikely);

  l.Begin(keep);
  l.Store(l.b.CreateAdd(count, l.b.getInt32(1)), interp, kCount,
          Mem::kFreeList);
  l.Store(l.Load(l.ptr, interp, kList, Mem::kFreeList), o,
          offsetof(PyObject, ob_type), Mem::kType);
  l.Store(o, interp, kList, Mem::kFreeList);
  l.b.CreateBr(done);

  l.Begin(full);
  l.ColdCall(reinterpret_cast<const void*>(pyvm_llvm_free), l.b.getVoidTy(),
             {o})
      ->setOnlyAccessesInaccessibleMemOrArgMem();
  l.b.CreateBr(done);
}

// The same for an int, on ours.
void FreeInt(Lowering& l, Value* o, llvm::BasicBlock* done) {
  llvm::BasicBlock* keep = l.NewBlock("keep");
  llvm::BasicBlock* full = l.NewBlock("full");
  Value* list = l.Address(&int_free_list);
  Value* size = l.Load(l.i64, o, offsetof(PyVarObject, ob_size), Mem::kSize);
  int64_t digits = int_free_list.digits;
  Value* is_box =
      l.b.CreateICmpULE(l.b.CreateAdd(size, l.Int(digits)), l.Int(2 * digits));
  Value* room =
      l.Load(l.i32, list, offsetof(IntFreeList, room), Mem::kFreeList);
  Value* has_room = l.b.CreateICmpSGT(room, l.b.getInt32(0));
  l.Branch(l.b.CreateAnd(is_box, has_room), keep, full, Lowering::kLikely);

  l.Begin(keep);
  l.Store(l.b.CreateSub(room, l.b.getInt32(1)), list,
          offsetof(IntFreeList, room), Mem::kFreeList);
  l.Store(l.Load(l.ptr, list, offsetof(IntFreeList, head), Mem::kFreeList), o,
          offsetof(PyObject, ob_type), Mem::kType);
  l.Store(o, list, offsetof(IntFreeList, head), Mem::kFreeList);
  l.b.CreateBr(done);

  l.Begin(full);
  l.ColdCall(reinterpret_cast<const void*>(pyvm_llvm_free_int), l.b.getVoidTy(),
             {o})
      ->setOnlyAccessesInaccessibleMemOrArgMem();
  l.b.CreateBr(done);
}

// Releases an object that is there, and goes on at `done`.
void Release(Lowering& l, const ir::Node& n, llvm::BasicBlock* done) {
  Value* o = l.In(n, 0);
  llvm::BasicBlock* last = l.NewBlock("last");
  bool is_float = l.IsExactly(n.inputs[0], &PyFloat_Type);
  bool is_int = l.IsExactly(n.inputs[0], &PyLong_Type);
  l.Branch(l.DecRefIsLast(o), last, done,
           is_float || is_int ? Lowering::kEven : Lowering::kUnlikely);
  l.Begin(last);
  if (is_float) return FreeFloat(l, o, done);
  if (is_int) return FreeInt(l, o, done);
  l.Publish(n, Lowering::kAside, Lowering::kLinks);
  l.ColdCall(reinterpret_cast<const void*>(pyvm_llvm_dealloc), l.b.getVoidTy(),
             {l.act, l.Seen(), o});
  l.b.CreateBr(done);
}

// Constants outlive the code: their last reference is not here.
bool CannotDie(const ir::Node* value) {
  return value->op == ir::Op::kConst || value->op == ir::Op::kBoxBool;
}

}  // namespace

Value* LowerDecRef(Lowering& l, const ir::Node& n) {
  if (CannotDie(n.inputs[0])) {
    l.DecRefIsLast(l.In(n, 0));
    return nullptr;
  }
  llvm::BasicBlock* done = l.NewBlock("released");
  Release(l, n, done);
  l.Begin(done);
  return nullptr;
}

Value* LowerXDecRef(Lowering& l, const ir::Node& n) {
  if (n.inputs[0]->op == ir::Op::kNull) return nullptr;
  llvm::BasicBlock* there = l.NewBlock("there");
  llvm::BasicBlock* done = l.NewBlock("released");
  l.Branch(l.NotNull(l.In(n, 0)), there, done);
  l.Begin(there);
  Release(l, n, done);
  l.Begin(done);
  return nullptr;
}

// --- Guards -----------------------------------------------------------------

Value* LowerGuardType(Lowering& l, const ir::Node& n) {
  auto* type = static_cast<const PyTypeObject*>(n.ptr);
  if (!l.IsExactly(n.inputs[0], type)) l.Guard(n, l.HasType(l.In(n, 0), type));
  return l.In(n, 0);
}

Value* LowerGuardVersion(Lowering& l, const ir::Node& n) {
  Value* version =
      l.Load(l.i32, l.TypeOf(l.In(n, 0)),
             offsetof(PyTypeObject, tp_version_tag), Mem::kVersion);
  l.Guard(
      n, l.b.CreateICmpEQ(version, l.b.getInt32(static_cast<uint32_t>(n.imm))));
  return l.In(n, 0);
}

Value* LowerHasVersion(Lowering& l, const ir::Node& n) {
  Value* version =
      l.Load(l.i32, l.TypeOf(l.In(n, 0)),
             offsetof(PyTypeObject, tp_version_tag), Mem::kVersion);
  return l.b.CreateICmpEQ(version, l.b.getInt32(static_cast<uint32_t>(n.imm)));
}

Value* LowerGuardIs(Lowering& l, const ir::Node& n) {
  l.Guard(n, l.b.CreateICmpEQ(l.In(n, 0), l.Address(n.ptr)));
  return l.In(n, 0);
}
Value* LowerGuardFull(Lowering& l, const ir::Node& n) {
  l.Guard(n, l.NotNull(l.In(n, 0)));
  return l.In(n, 0);
}
Value* LowerGuardEmpty(Lowering& l, const ir::Node& n) {
  l.Guard(n, l.IsNull(l.In(n, 0)));
  return nullptr;
}
Value* LowerGuardTrue(Lowering& l, const ir::Node& n) {
  l.Guard(n, l.In(n, 0));
  return nullptr;
}

Value* LowerGuardKeys(Lowering& l, const ir::Node& n) {
  // While the dict has them they are there.
  Value* keys =
      l.Load(l.ptr, l.In(n, 0), offsetof(PyDictObject, ma_keys), Mem::kDict);
  l.Guard(n, l.b.CreateICmpEQ(keys, l.Address(n.ptr)));
  Value* version = l.Load(l.i32, l.Address(n.ptr),
                          offsetof(PyDictKeysObject, dk_version), Mem::kDict);
  l.Guard(
      n, l.b.CreateICmpEQ(version, l.b.getInt32(static_cast<uint32_t>(n.imm))));
  return nullptr;
}

Value* LowerGuardFunction(Lowering& l, const ir::Node& n) {
  Value* o = l.In(n, 0);
  if (!l.IsExactly(n.inputs[0], &PyFunction_Type)) {
    l.Guard(n, l.HasType(o, &PyFunction_Type));
  }
  Value* version =
      l.Load(l.i32, o, offsetof(PyFunctionObject, func_version), Mem::kVersion);
  l.Guard(
      n, l.b.CreateICmpEQ(version, l.b.getInt32(static_cast<uint32_t>(n.imm))));
  return o;
}

Value* LowerIsFunction(Lowering& l, const ir::Node& n) {
  Value* o = l.In(n, 0);
  llvm::BasicBlock* before = l.b.GetInsertBlock();
  llvm::BasicBlock* function = l.NewBlock("function");
  llvm::BasicBlock* done = l.NewBlock("known");
  l.Branch(l.HasType(o, &PyFunction_Type), function, done, Lowering::kLikely);
  l.Begin(function);
  Value* version =
      l.Load(l.i32, o, offsetof(PyFunctionObject, func_version), Mem::kVersion);
  Value* same =
      l.b.CreateICmpEQ(version, l.b.getInt32(static_cast<uint32_t>(n.imm)));
  l.b.CreateBr(done);
  l.Begin(done);
  llvm::PHINode* is = l.b.CreatePHI(l.i1, 2);
  is->addIncoming(l.b.getFalse(), before);
  is->addIncoming(same, function);
  return is;
}

Value* LowerGuardBuiltin(Lowering& l, const ir::Node& n) {
  Value* o = l.In(n, 0);
  if (!l.IsExactly(n.inputs[0], &PyCFunction_Type)) {
    l.Guard(n, l.HasType(o, &PyCFunction_Type));
  }
  Value* method = l.LoadFixed(l.ptr, o, offsetof(PyCFunctionObject, m_ml));
  l.Guard(n, l.b.CreateICmpEQ(method, l.Address(n.ptr)));
  return o;
}

Value* LowerGuardGlobals(Lowering& l, const ir::Node& n) {
  // A function cannot exchange them.
  size_t field = n.imm == 0 ? offsetof(PyFunctionObject, func_globals)
                            : offsetof(PyFunctionObject, func_builtins);
  Value* dict =
      l.LoadFixed(l.ptr, l.ThisFunction(), static_cast<int64_t>(field));
  l.Guard(n, l.b.CreateICmpEQ(dict, l.Address(n.ptr)));
  return nullptr;
}

Value* LowerGuardInstanceKeys(Lowering& l, const ir::Node& n) {
  constexpr int64_t kDict = -3 * static_cast<int64_t>(sizeof(void*));
  Value* o = l.In(n, 0);
  Value* dict = l.Load(l.ptr, o, kDict, Mem::kValues);
  l.Guard(n, l.IsNull(dict));
  Value* keys = l.Load(l.ptr, l.TypeOf(o),
                       offsetof(PyHeapTypeObject, ht_cached_keys), Mem::kDict);
  Value* version =
      l.Load(l.i32, keys, offsetof(PyDictKeysObject, dk_version), Mem::kDict);
  l.Guard(
      n, l.b.CreateICmpEQ(version, l.b.getInt32(static_cast<uint32_t>(n.imm))));
  return o;
}

Value* LowerGuardClass(Lowering& l, const ir::Node& n) {
  Value* version = l.Load(
      l.i32, l.In(n, 0), offsetof(PyTypeObject, tp_version_tag), Mem::kVersion);
  l.Guard(
      n, l.b.CreateICmpEQ(version, l.b.getInt32(static_cast<uint32_t>(n.imm))));
  return l.In(n, 0);
}

Value* LowerAssumeFull(Lowering& l, const ir::Node& n) { return l.In(n, 0); }

// --- Attributes -------------------------------------------------------------

namespace {

// The inline values of an instance, which has some (_PyObject_ValuesPointer).
Value* ValuesOf(Lowering& l, const ir::Node& n) {
  constexpr int64_t kValues = -4 * static_cast<int64_t>(sizeof(void*));
  Value* values = l.Load(l.ptr, l.In(n, 0), kValues, Mem::kValues);
  l.Guard(n, l.NotNull(values));
  return values;
}
Value* ValueAt(Lowering& l, Value* values, int64_t index) {
  return l.At(values, static_cast<int64_t>(offsetof(PyDictValues, values)) +
                          index * static_cast<int64_t>(sizeof(PyObject*)));
}

}  // namespace

Value* LowerLoadInline(Lowering& l, const ir::Node& n) {
  Value* value = l.Load(l.ptr, ValueAt(l, ValuesOf(l, n), n.imm), Mem::kValue);
  l.Guard(n, l.NotNull(value));
  return value;
}

Value* LowerStoreInline(Lowering& l, const ir::Node& n) {
  Value* values = ValuesOf(l, n);
  Value* place = ValueAt(l, values, n.imm);
  Value* old = l.Load(l.ptr, place, Mem::kValue);
  llvm::BasicBlock* first = l.NewBlock("first");
  llvm::BasicBlock* done = l.NewBlock("stored");
  l.Store(l.In(n, 1), place, Mem::kValue);
  l.Branch(l.NotNull(old), done, first, Lowering::kLikely);
  // The order in which attributes came is kept: the value is stored again.
  l.Begin(first);
  l.ColdCall(reinterpret_cast<const void*>(InitValue), l.b.getVoidTy(),
             {l.In(n, 0), values, l.Int(n.imm), l.In(n, 1)})
      ->setOnlyAccessesInaccessibleMemOrArgMem();
  l.b.CreateBr(done);
  l.Begin(done);
  return old;
}

Value* LowerLoadSlot(Lowering& l, const ir::Node& n) {
  Value* value = l.Load(l.ptr, l.In(n, 0), n.imm, Mem::kSlot);
  l.Guard(n, l.NotNull(value));
  return value;
}

Value* LowerStoreSlot(Lowering& l, const ir::Node& n) {
  Value* place = l.At(l.In(n, 0), n.imm);
  Value* old = l.Load(l.ptr, place, Mem::kSlot);
  l.Store(l.In(n, 1), place, Mem::kSlot);
  return old;
}

Value* LowerModuleDict(Lowering& l, const ir::Node& n) {
  return l.LoadFixed(l.ptr, l.In(n, 0), offsetof(PyModuleObject, md_dict));
}

Value* LowerClassOf(Lowering& l, const ir::Node& n) {
  Value* cls = l.Call(reinterpret_cast<const void*>(pyvm_llvm_plain_class),
                      l.ptr, {l.In(n, 0)});
  l.Guard(n, l.NotNull(cls));
  return cls;
}
Value* LowerFindAttr(Lowering& l, const ir::Node& n) {
  return l.Call(reinterpret_cast<const void*>(FindAttr), l.ptr,
                {l.In(n, 0), l.Address(n.ptr)});
}
Value* LowerFindMethod(Lowering& l, const ir::Node& n) {
  return l.Call(reinterpret_cast<const void*>(FindMethod), l.ptr,
                {l.In(n, 0), l.Address(n.ptr)});
}

Value* LowerLoadEntry(Lowering& l, const ir::Node& n) {
  Value* value = l.Load(l.ptr, l.Address(n.ptr), Mem::kDict);
  l.Guard(n, l.NotNull(value));
  return value;
}

Value* LowerLoadAttr(Lowering& l, const ir::Node& n) {
  return l.LinkingCall(n, reinterpret_cast<const void*>(pyvm_llvm_load_attr),
                       {l.In(n, 0), l.Address(n.ptr)});
}

Value* LowerStoreAttr(Lowering& l, const ir::Node& n) {
  l.LinkingInt(n, reinterpret_cast<const void*>(pyvm_llvm_store_attr),
               {l.In(n, 0), l.Address(n.ptr), l.In(n, 1)});
  return nullptr;
}

Value* LowerLoadGlobal(Lowering& l, const ir::Node& n) {
  // An inlined function has globals of its own.
  bool inlined = n.state->caller != nullptr && n.state->function != nullptr;
  return l.CallForObject(
      n, reinterpret_cast<const void*>(pyvm_llvm_load_global),
      {l.act, inlined ? l.Of(n.state->function) : l.ThisFunction(),
       l.Address(n.ptr)});
}

}  // namespace pyvm::llvm_tier
