// Lists that grow, iteration, and making of containers.
#include "core/runtime/iterator.h"
#include "tiers/llvm/lowering_context.h"
#include "tiers/llvm/runtime_ops.h"

namespace pyvm::llvm_tier {
namespace {

using llvm::Value;

Value* SizeIn(Lowering& l, Value* o) {
  return l.Load(l.i64, o, offsetof(PyVarObject, ob_size), Mem::kSize);
}

}  // namespace

Value* LowerAppendList(Lowering& l, const ir::Node& n) {
  Value* list = l.In(n, 0);
  llvm::BasicBlock* fits = l.NewBlock("fits");
  llvm::BasicBlock* grow = l.NewBlock("grow");
  llvm::BasicBlock* done = l.NewBlock("appended");
  Value* size = SizeIn(l, list);
  Value* room =
      l.Load(l.i64, list, offsetof(PyListObject, allocated), Mem::kItems);
  l.Branch(l.b.CreateICmpSLT(size, room), fits, grow, Lowering::kLikely);

  l.Begin(fits);
  Value* items =
      l.Load(l.ptr, list, offsetof(PyListObject, ob_item), Mem::kItems);
  l.Store(l.In(n, 1), l.Indexed(items, size), Mem::kItem);
  l.Store(l.b.CreateAdd(size, l.Int(1)), list, offsetof(PyVarObject, ob_size),
          Mem::kSize);
  l.b.CreateBr(done);

  l.Begin(grow);
  // Only memory may be short, of which frames are told where code is left.
  l.Publish(n, Lowering::kAside, Lowering::kDirect);
  Value* error = l.Call(reinterpret_cast<const void*>(pyvm_llvm_append_list),
                        l.i32, {list, l.In(n, 1)});
  l.RaiseIf(l.b.CreateICmpSLT(error, l.b.getInt32(0)));
  l.b.CreateBr(done);
  l.Begin(done);
  return nullptr;
}

// --- Iteration --------------------------------------------------------------

Value* LowerRangeMore(Lowering& l, const ir::Node& n) {
  Value* o = l.In(n, 0);
  Value* index =
      l.Load(l.i64, o, offsetof(RangeIterator, index), Mem::kIterator);
  Value* length =
      l.Load(l.i64, o, offsetof(RangeIterator, len), Mem::kIterator);
  return l.b.CreateICmpSLT(index, length);
}

Value* LowerRangeNext(Lowering& l, const ir::Node& n) {
  Value* o = l.In(n, 0);
  Value* index =
      l.Load(l.i64, o, offsetof(RangeIterator, index), Mem::kIterator);
  Value* start =
      l.Load(l.i64, o, offsetof(RangeIterator, start), Mem::kIterator);
  Value* step = l.Load(l.i64, o, offsetof(RangeIterator, step), Mem::kIterator);
  l.Store(l.b.CreateAdd(index, l.Int(1)), o, offsetof(RangeIterator, index),
          Mem::kIterator);
  // As CPython computes it, with wrap-around.
  return l.b.CreateAdd(start, l.b.CreateMul(index, step));
}

namespace {

// Whether an iterator of a list or tuple has another item. One of a list that
// has ended must not go on when the list grows: CPython lets go of the list
// then, which may run code; here the position moves to where no list ends.
Value* SequenceMore(Lowering& l, const ir::Node& n, bool may_grow) {
  Value* o = l.In(n, 0);
  llvm::BasicBlock* open = l.NewBlock("open");
  llvm::BasicBlock* done = l.NewBlock("asked");
  Value* sequence =
      l.Load(l.ptr, o, offsetof(SequenceIterator, sequence), Mem::kIterator);
  llvm::BasicBlock* begin = l.b.GetInsertBlock();
  l.Branch(l.NotNull(sequence), open, done, Lowering::kLikely);
  l.Begin(open);
  Value* index =
      l.Load(l.i64, o, offsetof(SequenceIterator, index), Mem::kIterator);
  Value* more = l.b.CreateICmpSLT(index, SizeIn(l, sequence));
  llvm::BasicBlock* ended = may_grow ? l.NewBlock("ended") : nullptr;
  if (may_grow) {
    l.Branch(more, done, ended);
    l.Begin(ended);
    l.Store(l.Int(PY_SSIZE_T_MAX), o, offsetof(SequenceIterator, index),
            Mem::kIterator);
  }
  l.b.CreateBr(done);
  l.Begin(done);
  llvm::PHINode* result = l.b.CreatePHI(l.i1, 3);
  result->addIncoming(l.b.getFalse(), begin);
  result->addIncoming(may_grow ? l.b.getTrue() : more, open);
  if (may_grow) result->addIncoming(l.b.getFalse(), ended);
  return result;
}

// Its sequence; *index is where it stood before it went on.
Value* Advance(Lowering& l, const ir::Node& n, Value** index) {
  Value* o = l.In(n, 0);
  Value* sequence =
      l.Load(l.ptr, o, offsetof(SequenceIterator, sequence), Mem::kIterator);
  *index = l.Load(l.i64, o, offsetof(SequenceIterator, index), Mem::kIterator);
  l.Store(l.b.CreateAdd(*index, l.Int(1)), o, offsetof(SequenceIterator, index),
          Mem::kIterator);
  return sequence;
}

}  // namespace

Value* LowerListIterMore(Lowering& l, const ir::Node& n) {
  return SequenceMore(l, n, true);
}
Value* LowerTupleIterMore(Lowering& l, const ir::Node& n) {
  return SequenceMore(l, n, false);
}

Value* LowerListIterNext(Lowering& l, const ir::Node& n) {
  Value* index;
  Value* list = Advance(l, n, &index);
  Value* items =
      l.Load(l.ptr, list, offsetof(PyListObject, ob_item), Mem::kItems);
  return l.Load(l.ptr, l.Indexed(items, index), Mem::kItem);
}
Value* LowerTupleIterNext(Lowering& l, const ir::Node& n) {
  Value* index;
  Value* tuple = Advance(l, n, &index);
  Value* items = l.At(tuple, offsetof(PyTupleObject, ob_item));
  return l.Load(l.ptr, l.Indexed(items, index), Mem::kItem);
}

Value* LowerRangeIter(Lowering& l, const ir::Node& n) {
  return l.Call(reinterpret_cast<const void*>(pyvm_llvm_range_iter), l.ptr,
                {l.In(n, 0), l.In(n, 1), l.In(n, 2)});
}

Value* LowerGetIter(Lowering& l, const ir::Node& n) {
  l.Publish(n, Lowering::kOnTheWay, Lowering::kLinks);
  Value* iterator = l.Call(reinterpret_cast<const void*>(pyvm_llvm_get_iter),
                           l.ptr, {l.act, l.native(), l.In(n, 0)});
  l.RaiseIf(l.IsNull(iterator));
  return iterator;
}

Value* LowerIterNext(Lowering& l, const ir::Node& n) {
  l.Publish(n, Lowering::kOnTheWay, Lowering::kLinks);
  Value* item = l.Call(reinterpret_cast<const void*>(pyvm_llvm_iter_next),
                       l.ptr, {l.act, l.native(), l.In(n, 0)});
  l.RaiseIf(l.b.CreateICmpEQ(item, l.Address(kIterRaised)));
  return item;
}

// --- Making -----------------------------------------------------------------

namespace {

Value* Make(Lowering& l, const ir::Node& n, const void* function) {
  for (size_t i = 0; i < n.inputs.size(); ++i) {
    l.Store(l.In(n, i), l.ArgumentSlot(i), Mem::kNative);
  }
  return l.Call(
      function, l.ptr,
      {l.act, l.ArgumentSlot(0), l.Int(static_cast<int64_t>(n.inputs.size()))});
}

}  // namespace

Value* LowerMakeTuple(Lowering& l, const ir::Node& n) {
  return Make(l, n, reinterpret_cast<const void*>(pyvm_llvm_make_tuple));
}
Value* LowerMakeList(Lowering& l, const ir::Node& n) {
  return Make(l, n, reinterpret_cast<const void*>(pyvm_llvm_make_list));
}
Value* LowerMakeSlice(Lowering& l, const ir::Node& n) {
  return l.Call(reinterpret_cast<const void*>(pyvm_llvm_make_slice), l.ptr,
                {l.act, l.In(n, 0), l.In(n, 1), l.In(n, 2)});
}

}  // namespace pyvm::llvm_tier
