// Items of lists, tuples, arrays, strs and tables.
#include "core/runtime/array.h"
#include "tiers/llvm/lowering_context.h"
#include "tiers/llvm/runtime_ops.h"

namespace pyvm::llvm_tier {
namespace {

using llvm::Value;

Value* SizeIn(Lowering& l, Value* o) {
  return l.Load(l.i64, o, offsetof(PyVarObject, ob_size), Mem::kSize);
}

// The node's second input as a position among `size` items, which it is within.
Value* PositionIn(Lowering& l, const ir::Node& n, Value* size) {
  Value* index = l.In(n, 1);
  auto* known = llvm::dyn_cast<llvm::ConstantInt>(index);
  if (known == nullptr) {
    Value* negative = l.b.CreateICmpSLT(index, l.Int(0));
    index = l.b.CreateAdd(index, l.b.CreateSelect(negative, size, l.Int(0)));
  } else if (known->isNegative()) {
    index = l.b.CreateAdd(index, size);
  }
  l.Guard(n, l.b.CreateICmpULT(index, size));
  return index;
}

Value* Position(Lowering& l, const ir::Node& n) {
  return PositionIn(l, n, SizeIn(l, l.In(n, 0)));
}

Value* ListPlace(Lowering& l, const ir::Node& n) {
  Value* index = Position(l, n);
  Value* items =
      l.Load(l.ptr, l.In(n, 0), offsetof(PyListObject, ob_item), Mem::kItems);
  return l.Indexed(items, index);
}

// How an array, bytearray or bytes keeps its numbers; see ops.def.
struct NumberLayout {
  unsigned bits;
  bool is_signed;
};
NumberLayout LayoutOf(int64_t code) {
  switch (code) {
    case 'b':
      return {8, true};
    case 'h':
      return {16, true};
    case 'H':
      return {16, false};
    case 'i':
      return {32, true};
    case 'I':
      return {32, false};
    case 'l':
    case 'q':
    case 'd':
      return {64, true};
    case 'f':
      return {32, true};
    default:  // B, y, Y
      return {8, false};
  }
}

// The place of the number that the node is about.
Value* NumberPlace(Lowering& l, const ir::Node& n) {
  Value* o = l.In(n, 0);
  Value* index = Position(l, n);
  Value* items;
  if (n.imm == 'y') {
    items = l.At(o, offsetof(PyBytesObject, ob_sval));
  } else {
    size_t field = n.imm == 'Y' ? offsetof(PyByteArrayObject, ob_start)
                                : offsetof(Array, items);
    items = l.Load(l.ptr, o, static_cast<int64_t>(field), Mem::kItems);
  }
  return l.b.CreateGEP(l.b.getIntNTy(LayoutOf(n.imm).bits), items, index);
}

}  // namespace

Value* LowerSizeOf(Lowering& l, const ir::Node& n) {
  return SizeIn(l, l.In(n, 0));
}

Value* LowerStrSize(Lowering& l, const ir::Node& n) {
  return l.LoadFixed(l.i64, l.In(n, 0), offsetof(PyASCIIObject, length));
}

Value* LowerTableSize(Lowering& l, const ir::Node& n) {
  size_t field = l.IsExactly(n.inputs[0], &PyDict_Type)
                     ? offsetof(PyDictObject, ma_used)
                     : offsetof(PySetObject, used);
  return l.Load(l.i64, l.In(n, 0), static_cast<int64_t>(field), Mem::kDict);
}

// --- Lists and tuples
// ---------------------------------------------------------

Value* LowerListItem(Lowering& l, const ir::Node& n) {
  return l.Load(l.ptr, ListPlace(l, n), Mem::kItem);
}

Value* LowerTupleItem(Lowering& l, const ir::Node& n) {
  Value* index = Position(l, n);
  Value* items = l.At(l.In(n, 0), offsetof(PyTupleObject, ob_item));
  return l.Load(l.ptr, l.Indexed(items, index), Mem::kItem);
}

Value* LowerSetListItem(Lowering& l, const ir::Node& n) {
  Value* place = ListPlace(l, n);
  Value* old = l.Load(l.ptr, place, Mem::kItem);
  l.Store(l.In(n, 2), place, Mem::kItem);
  return old;
}

Value* LowerPopList(Lowering& l, const ir::Node& n) {
  Value* list = l.In(n, 0);
  Value* size = SizeIn(l, list);
  l.Guard(n, l.b.CreateICmpSGT(size, l.Int(0)));
  Value* less = l.b.CreateSub(size, l.Int(1));
  Value* items =
      l.Load(l.ptr, list, offsetof(PyListObject, ob_item), Mem::kItems);
  Value* item = l.Load(l.ptr, l.Indexed(items, less), Mem::kItem);
  l.Store(less, list, offsetof(PyVarObject, ob_size), Mem::kSize);
  // A list that is half empty gives memory back, as CPython's do; but the few
  // bytes of a short one, which may be about to grow again, are not worth it.
  constexpr int64_t kShort = 8;
  Value* room =
      l.Load(l.i64, list, offsetof(PyListObject, allocated), Mem::kItems);
  llvm::BasicBlock* shrink = l.NewBlock("shrink");
  llvm::BasicBlock* done = l.NewBlock("popped");
  Value* half_empty = l.b.CreateICmpSLT(less, l.b.CreateAShr(room, l.Int(1)));
  Value* is_long = l.b.CreateICmpSGT(room, l.Int(kShort));
  l.Branch(l.b.CreateAnd(half_empty, is_long), shrink, done,
           Lowering::kUnlikely);
  l.Begin(shrink);
  l.ColdCall(reinterpret_cast<const void*>(pyvm_llvm_shrink_list),
             l.b.getVoidTy(), {list});
  l.b.CreateBr(done);
  l.Begin(done);
  return item;
}

// --- Numbers
// ------------------------------------------------------------------

Value* LowerGuardArray(Lowering& l, const ir::Node& n) {
  Value* o = l.In(n, 0);
  l.Guard(n, l.HasType(o, array_type));
  // Neither an array's type code nor its description ever changes.
  Value* code = l.LoadFixed(l.ptr, o, offsetof(Array, code));
  Value* letter = l.LoadFixed(l.i8, code, offsetof(ArrayCode, typecode));
  l.Guard(n,
          l.b.CreateICmpEQ(letter, l.b.getInt8(static_cast<uint8_t>(n.imm))));
  return o;
}

Value* LowerArrayFloat(Lowering& l, const ir::Node& n) {
  Value* place = NumberPlace(l, n);
  if (n.imm == 'd') return l.Load(l.f64, place, Mem::kArrayItem);
  return l.b.CreateFPExt(l.Load(l.b.getFloatTy(), place, Mem::kArrayItem),
                         l.f64);
}

Value* LowerSetArrayFloat(Lowering& l, const ir::Node& n) {
  Value* place = NumberPlace(l, n);
  Value* value = l.In(n, 2);
  if (n.imm == 'f') value = l.b.CreateFPTrunc(value, l.b.getFloatTy());
  l.Store(value, place, Mem::kArrayItem);
  return nullptr;
}

Value* LowerArrayInt(Lowering& l, const ir::Node& n) {
  NumberLayout layout = LayoutOf(n.imm);
  Value* number =
      l.Load(l.b.getIntNTy(layout.bits), NumberPlace(l, n), Mem::kArrayItem);
  return layout.is_signed ? l.b.CreateSExt(number, l.i64)
                          : l.b.CreateZExt(number, l.i64);
}

Value* LowerSetArrayInt(Lowering& l, const ir::Node& n) {
  NumberLayout layout = LayoutOf(n.imm);
  Value* place = NumberPlace(l, n);
  Value* value = l.In(n, 2);
  Value* number = l.b.CreateTrunc(value, l.b.getIntNTy(layout.bits));
  if (layout.bits < 64) {
    Value* back = layout.is_signed ? l.b.CreateSExt(number, l.i64)
                                   : l.b.CreateZExt(number, l.i64);
    l.Guard(n, l.b.CreateICmpEQ(back, value));
  }
  l.Store(number, place, Mem::kArrayItem);
  return nullptr;
}

// --- Characters
// ---------------------------------------------------------------

Value* LowerStrItem(Lowering& l, const ir::Node& n) {
  // CPython's bits: interned, kind, compact, ascii, ready.
  constexpr uint32_t kKind = 7u << 2, kOneByte = 1u << 2, kCompact = 1u << 5,
                     kAscii = 1u << 6;
  Value* o = l.In(n, 0);
  Value* index =
      PositionIn(l, n, l.LoadFixed(l.i64, o, offsetof(PyASCIIObject, length)));
  Value* state = l.Load(l.i32, o, offsetof(PyASCIIObject, state), Mem::kStr);
  Value* form = l.b.CreateAnd(state, l.b.getInt32(kKind | kCompact));
  l.Guard(n, l.b.CreateICmpEQ(form, l.b.getInt32(kOneByte | kCompact)));
  Value* ascii = l.b.CreateICmpNE(l.b.CreateAnd(state, l.b.getInt32(kAscii)),
                                  l.b.getInt32(0));
  Value* begin = l.b.CreateSelect(ascii, l.Int(sizeof(PyASCIIObject)),
                                  l.Int(sizeof(PyCompactUnicodeObject)));
  Value* place = l.b.CreateGEP(l.i8, o, l.b.CreateAdd(begin, index));
  Value* c = l.b.CreateZExt(l.Load(l.i8, place, Mem::kStr), l.i64);
  Value* low = l.b.CreateGEP(
      l.i8, l.Address(&_Py_SINGLETON(strings).ascii[0]),
      l.b.CreateMul(c, l.Int(sizeof(_Py_SINGLETON(strings).ascii[0]))));
  Value* high = l.b.CreateGEP(
      l.i8, l.Address(&_Py_SINGLETON(strings).latin1[0]),
      l.b.CreateMul(l.b.CreateSub(c, l.Int(128)),
                    l.Int(sizeof(_Py_SINGLETON(strings).latin1[0]))));
  return l.b.CreateSelect(l.b.CreateICmpULT(c, l.Int(128)), low, high);
}

// --- Tables
// -------------------------------------------------------------------

namespace {

// Two words that are no objects, for what is left to CPython.
Value* IsLeft(Lowering& l, Value* result) {
  return l.b.CreateICmpEQ(result, l.Address(kLeftToCPython));
}

}  // namespace

Value* LowerDictFind(Lowering& l, const ir::Node& n) {
  llvm::CallInst* found =
      l.Call(reinterpret_cast<const void*>(pyvm_llvm_dict_find), l.ptr,
             {l.In(n, 0), l.In(n, 1)});
  // But for the hash that a str remembers.
  found->setOnlyReadsMemory();
  l.Guard(n, l.b.CreateNot(IsLeft(l, found)));
  return found;
}

Value* LowerSetDictItem(Lowering& l, const ir::Node& n) {
  Value* old = l.Call(reinterpret_cast<const void*>(pyvm_llvm_set_dict_item),
                      l.ptr, {l.In(n, 0), l.In(n, 1), l.In(n, 2)});
  l.Guard(n, l.b.CreateNot(IsLeft(l, old)));
  return old;
}

Value* LowerHasItem(Lowering& l, const ir::Node& n) {
  llvm::CallInst* found =
      l.Call(reinterpret_cast<const void*>(pyvm_llvm_has_item), l.i32,
             {l.In(n, 0), l.In(n, 1)});
  found->setOnlyReadsMemory();
  l.Guard(n, l.b.CreateICmpSGE(found, l.b.getInt32(0)));
  return l.b.CreateICmpNE(found, l.b.getInt32(0));
}

Value* LowerAddSet(Lowering& l, const ir::Node& n) {
  Value* done = l.Call(reinterpret_cast<const void*>(pyvm_llvm_add_set), l.i32,
                       {l.In(n, 0), l.In(n, 1)});
  l.Guard(n, l.b.CreateICmpNE(done, l.b.getInt32(0)));
  return nullptr;
}

}  // namespace pyvm::llvm_tier
