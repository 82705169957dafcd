// Making of functions, sets, dicts and strs; iterables taken apart; raising.
#include "core/runtime/iterator.h"
#include "core/runtime/raise.h"
#include "tiers/llvm/frames.h"
#include "tiers/llvm/lowering_context.h"
#include "tiers/llvm/runtime_ops.h"

namespace pyvm::llvm_tier {
namespace {

using llvm::Value;

template <typename F>
const void* At(F* function) {
  return reinterpret_cast<const void*>(function);
}

// Calls what runs no code of others. Null means an exception.
Value* QuietCall(Lowering& l, const ir::Node& n, const void* function,
                 std::initializer_list<Value*> args) {
  l.Publish(n, Lowering::kOnTheWay, Lowering::kDirect);
  Value* result = l.Call(function, l.ptr, args);
  l.RaiseIf(l.IsNull(result));
  return result;
}

// The inputs as a vector.
Value* Vector(Lowering& l, const ir::Node& n) {
  for (size_t i = 0; i < n.inputs.size(); ++i) {
    l.Store(l.In(n, i), l.ArgumentSlot(i), Mem::kNative);
  }
  return l.ArgumentSlot(0);
}
Value* Count(Lowering& l, size_t n) { return l.Int(static_cast<int64_t>(n)); }

}  // namespace

// --- Functions and calls ----------------------------------------------------

Value* LowerMakeFunction(Lowering& l, const ir::Node& n) {
  return l.Call(At(pyvm_llvm_make_function), l.ptr,
                {l.act, l.In(n, 0), l.In(n, 1), l.In(n, 2), l.In(n, 3),
                 l.In(n, 4), l.In(n, 5)});
}

Value* LowerCallSpread(Lowering& l, const ir::Node& n) {
  return l.CallForObject(n, At(pyvm_llvm_call_spread),
                         {l.act, l.In(n, 0), l.In(n, 1), l.In(n, 2)});
}

Value* LowerRaise(Lowering& l, const ir::Node& n) {
  l.CallForInt(n, At(pyvm_llvm_do_raise), {l.act, l.In(n, 0), l.In(n, 1)});
  return nullptr;
}

Value* LowerCatch(Lowering& l, const ir::Node& n) {
  return l.CallForObject(n, At(pyvm_llvm_catch), {l.act});
}

Value* LowerHandleException(Lowering& l, const ir::Node& n) {
  return l.Call(At(pyvm_llvm_handle), l.ptr, {l.act, l.In(n, 0)});
}
Value* LowerHandledBefore(Lowering& l, const ir::Node& n) {
  return l.Call(At(pyvm_llvm_handled_before), l.ptr, {l.act, l.In(n, 0)});
}

Value* LowerMatchException(Lowering& l, const ir::Node& n) {
  l.Publish(n, Lowering::kOnTheWay, Lowering::kLinks);
  Value* match =
      l.Call(At(CheckExcMatch), l.i32,
             {l.LoadFixed(l.ptr, l.act, offsetof(Activation, tstate)),
              l.In(n, 0), l.In(n, 1)});
  l.RaiseIf(l.b.CreateICmpSLT(match, l.b.getInt32(0)));
  return l.b.CreateICmpNE(match, l.b.getInt32(0));
}

// --- Containers -------------------------------------------------------------

Value* LowerListTuple(Lowering& l, const ir::Node& n) {
  return l.Call(At(pyvm_llvm_list_tuple), l.ptr, {l.act, l.In(n, 0)});
}

Value* LowerMakeSet(Lowering& l, const ir::Node& n) {
  return l.LinkingCall(n, At(pyvm_llvm_make_set),
                       {Vector(l, n), Count(l, n.inputs.size())});
}

Value* LowerMakeDict(Lowering& l, const ir::Node& n) {
  return l.LinkingCall(n, At(pyvm_llvm_make_dict),
                       {Vector(l, n), Count(l, n.inputs.size() / 2)});
}

Value* LowerAddItem(Lowering& l, const ir::Node& n) {
  l.LinkingInt(n, At(pyvm_llvm_add_item), {l.In(n, 0), l.In(n, 1)});
  return nullptr;
}

Value* LowerExtendList(Lowering& l, const ir::Node& n) {
  l.LinkingInt(n, At(pyvm_llvm_extend_list), {l.In(n, 0), l.In(n, 1)});
  return nullptr;
}

Value* LowerUpdateSet(Lowering& l, const ir::Node& n) {
  l.CallForInt(n, At(pyvm_llvm_update_set), {l.act, l.In(n, 0), l.In(n, 1)});
  return nullptr;
}

Value* LowerUpdateDict(Lowering& l, const ir::Node& n) {
  l.CallForInt(n, At(pyvm_llvm_update_dict), {l.act, l.In(n, 0), l.In(n, 1)});
  return nullptr;
}

Value* LowerMergeDict(Lowering& l, const ir::Node& n) {
  l.CallForInt(n, At(pyvm_llvm_merge_dict),
               {l.act, l.In(n, 0), l.In(n, 1), l.In(n, 2)});
  return nullptr;
}

// --- Iterables --------------------------------------------------------------

Value* LowerUnpack(Lowering& l, const ir::Node& n) {
  return l.LinkingCall(n, At(pyvm_llvm_unpack), {l.In(n, 0), l.Int(n.imm)});
}

Value* LowerUnpackStar(Lowering& l, const ir::Node& n) {
  return l.LinkingCall(n, At(pyvm_llvm_unpack_star),
                       {l.In(n, 0), l.Int(n.imm)});
}

Value* LowerField(Lowering& l, const ir::Node& n) {
  return l.Load(l.ptr, l.In(n, 0),
                static_cast<int64_t>(offsetof(PyTupleObject, ob_item)) +
                    n.imm * static_cast<int64_t>(sizeof(PyObject*)),
                Mem::kItem);
}

Value* LowerGuardEnumerate(Lowering& l, const ir::Node& n) {
  Value* index = l.Load(l.i64, l.In(n, 0), offsetof(EnumerateIterator, index),
                        Mem::kIterator);
  l.Guard(n, l.b.CreateICmpNE(index, l.Int(PY_SSIZE_T_MAX)));
  return nullptr;
}

Value* LowerGuardZip(Lowering& l, const ir::Node& n) {
  Value* size = l.LoadFixed(l.i64, l.In(n, 0), offsetof(ZipIterator, size));
  Value* strict = l.LoadFixed(l.i32, l.In(n, 0), offsetof(ZipIterator, strict));
  l.Guard(n, l.b.CreateAnd(l.b.CreateICmpEQ(size, l.Int(2)),
                           l.b.CreateICmpEQ(strict, l.b.getInt32(0))));
  return nullptr;
}

namespace {

// The second result comes by way of memory.
Value* NextInto(Lowering& l, const ir::Node& n, const void* function) {
  l.Publish(n, Lowering::kOnTheWay, Lowering::kLinks);
  Value* item = l.Call(function, l.ptr,
                       {l.act, l.native(), l.In(n, 0), l.ArgumentSlot(0)});
  l.RaiseIf(l.b.CreateICmpEQ(item, l.Address(kIterRaised)));
  return item;
}

}  // namespace

Value* LowerEnumerateNext(Lowering& l, const ir::Node& n) {
  return NextInto(l, n, At(pyvm_llvm_enumerate_next));
}
Value* LowerEnumerateIndex(Lowering& l, const ir::Node&) {
  return l.Load(l.i64, l.ArgumentSlot(0), Mem::kNative);
}
Value* LowerNextPair(Lowering& l, const ir::Node& n) {
  return NextInto(l, n, At(pyvm_llvm_next_pair));
}
Value* LowerPairSecond(Lowering& l, const ir::Node&) {
  return l.Load(l.ptr, l.ArgumentSlot(0), Mem::kNative);
}

// --- Strs -------------------------------------------------------------------

Value* LowerConcatStr(Lowering& l, const ir::Node& n) {
  return QuietCall(l, n, At(PyUnicode_Concat), {l.In(n, 0), l.In(n, 1)});
}

Value* LowerAppendStr(Lowering& l, const ir::Node& n) {
  return QuietCall(l, n, At(pyvm_llvm_append_str), {l.In(n, 0), l.In(n, 1)});
}

Value* LowerJoinStr(Lowering& l, const ir::Node& n) {
  return QuietCall(l, n, At(pyvm_llvm_join_str),
                   {Vector(l, n), Count(l, n.inputs.size())});
}

Value* LowerFormat(Lowering& l, const ir::Node& n) {
  return l.LinkingCall(
      n, At(pyvm_llvm_format),
      {l.In(n, 0), l.In(n, 1), l.b.getInt32(static_cast<uint32_t>(n.imm))});
}

}  // namespace pyvm::llvm_tier
