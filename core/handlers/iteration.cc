// Loops over iterators.
#include "core/handlers/machine.h"
#include "core/runtime/container.h"
#include "core/runtime/iterator.h"
#include "core/runtime/object.h"

namespace pyvm::handlers {
namespace {

template <OperandKind K>
PYVM_HANDLER GetIter(PYVM_ARGS) {
  SavePc(pc, regs, pool);
  PyObject* o = Read<K>(regs, pool, pc->b);
  PyObject* iterator = SequenceIteratorOf(act->interp, o);
  if (iterator == nullptr) iterator = PyObject_GetIter(o);
  Consume<K>(o, pc, regs, pool, pc->b);
  if (iterator == nullptr) [[unlikely]]
    PYVM_ERROR();
  Set(iterator, pc->a, pc, regs, pool);
  PYVM_NEXT_AFTER_CALL(1);
}

// The iterator, a range's or one without a sequence, is exhausted: release it
// and leave the loop.
#define PYVM_END_LOOP()                             \
  do {                                              \
    PyObject* done = regs[pc->b];                   \
    regs[pc->b] = nullptr;                          \
    if (--done->ob_refcnt == 0) FreeIterator(done); \
    PYVM_JUMP(static_cast<int16_t>(pc->c));         \
  } while (0)

PYVM_HANDLER ForIterAny(PYVM_ARGS) {
  SavePc(pc, regs, pool);
  PyObject* iterator = regs[pc->b];
  PyObject* item = Py_TYPE(iterator)->tp_iternext(iterator);
  if (item == nullptr) {
    if (PyErr_Occurred()) {
      if (!PyErr_ExceptionMatches(PyExc_StopIteration)) PYVM_ERROR();
      PyErr_Clear();
    }
    regs[pc->b] = nullptr;
    Drop(iterator, pc, regs, pool);
    PYVM_JUMP_AFTER_CALL(static_cast<int16_t>(pc->c));
  }
  Set(item, pc->a, pc, regs, pool);
  PYVM_NEXT_AFTER_CALL(1);
}

// Whether the item is unpacked into two registers at once: no tuple need exist.
bool IsUnpackedPair(const Instr* pc) {
  const Instr& next = pc[1];
  return BaseOf(next.op) == Op::kUNPACK && next.b == 2 &&
         next.a == TempOperand(pc->a);
}

PYVM_HANDLER ForIter(PYVM_ARGS) {
  PyTypeObject* type = Py_TYPE(regs[pc->b]);
  Op op = Op::kFOR_ITER_ANY;
  if (type == &PyRangeIter_Type) {
    op = Op::kFOR_ITER_RANGE;
  } else if (type == &PyListIter_Type) {
    op = Op::kFOR_ITER_LIST;
  } else if (type == &PyTupleIter_Type) {
    op = Op::kFOR_ITER_TUPLE;
  } else if (type == &PyGen_Type) {
    op = Op::kFOR_ITER_GEN;
  } else if (IsUnpackedPair(pc)) {
    if (type == &PyEnum_Type) op = Op::kFOR_ITER_ENUMERATE;
    if (type == &PyDictIterItem_Type) op = Op::kFOR_ITER_ITEMS;
    if (type == &PyZip_Type) op = Op::kFOR_ITER_ZIP;
  }
  Rewrite(pc, op);
  PYVM_AGAIN();
}

}  // namespace

PYVM_HANDLER ForIterMiss(PYVM_ARGS) {
  Rewrite(pc, Op::kFOR_ITER_ANY);
  PYVM_AGAIN();
}

namespace {

PYVM_HANDLER ForIterRange(PYVM_ARGS) {
  PyObject* iterator = regs[pc->b];
  if (!Py_IS_TYPE(iterator, &PyRangeIter_Type)) [[unlikely]] {
    PYVM_TAIL ForIterMiss(pc, regs, pool, act);
  }
  auto* range = reinterpret_cast<RangeIterator*>(iterator);
  if (range->index >= range->len) PYVM_END_LOOP();
  // As CPython computes it, with wrap-around.
  auto value = static_cast<int64_t>(static_cast<uint64_t>(range->start) +
                                    static_cast<uint64_t>(range->index) *
                                        static_cast<uint64_t>(range->step));
  PyObject* old = regs[pc->a];
  if (old != nullptr && old->ob_refcnt == 1 && IsInt(old) &&
      OverwriteInt(old, value)) {
    ++range->index;
    PYVM_NEXT(1);
  }
  PyObject* item = NewInt(value);
  if (item == nullptr) [[unlikely]]
    PYVM_ERROR();
  ++range->index;
  PYVM_SET_AND_NEXT(item, 1);
}

PYVM_HANDLER ForIterList(PYVM_ARGS) {
  PyObject* iterator = regs[pc->b];
  if (!Py_IS_TYPE(iterator, &PyListIter_Type)) [[unlikely]] {
    PYVM_TAIL ForIterMiss(pc, regs, pool, act);
  }
  auto* it = reinterpret_cast<SequenceIterator*>(iterator);
  PyObject* list = it->sequence;
  if (list == nullptr) [[unlikely]]
    PYVM_END_LOOP();
  if (it->index >= PyList_GET_SIZE(list)) {
    it->sequence = nullptr;
    Drop(list, pc, regs, pool);
    PYVM_END_LOOP();
  }
  PyObject* item = PyList_GET_ITEM(list, it->index++);
  PYVM_SET_AND_NEXT(Py_NewRef(item), 1);
}

PYVM_HANDLER ForIterTuple(PYVM_ARGS) {
  PyObject* iterator = regs[pc->b];
  if (!Py_IS_TYPE(iterator, &PyTupleIter_Type)) [[unlikely]] {
    PYVM_TAIL ForIterMiss(pc, regs, pool, act);
  }
  auto* it = reinterpret_cast<SequenceIterator*>(iterator);
  PyObject* tuple = it->sequence;
  if (tuple == nullptr) [[unlikely]]
    PYVM_END_LOOP();
  if (it->index >= PyTuple_GET_SIZE(tuple)) {
    it->sequence = nullptr;
    Drop(tuple, pc, regs, pool);
    PYVM_END_LOOP();
  }
  PyObject* item = PyTuple_GET_ITEM(tuple, it->index++);
  PYVM_SET_AND_NEXT(Py_NewRef(item), 1);
}

// --- Pairs that are unpacked at once -----------------------------------------

// The next item as a new reference; null at the end, or with an exception.
inline PyObject* NextOf(PyObject* iterator) {
  if (PyObject* item = NextInSequence(iterator)) return item;
  return Py_TYPE(iterator)->tp_iternext(iterator);
}

// CPython's iterators of pairs keep the last one, in a tuple that they use
// again: its items live until the next iteration. So they do here.
// An int need not, since nobody can tell: `first` may be null.
inline void Retain(Activation* act, PyObject* result, PyObject* first,
                   PyObject* second) {
  if (result == nullptr || result->ob_refcnt != 1) return;
  PyObject* old_first =
      first == nullptr ? nullptr : PyTuple_GET_ITEM(result, 0);
  PyObject* old_second = PyTuple_GET_ITEM(result, 1);
  if (first != nullptr) PyTuple_SET_ITEM(result, 0, Py_NewRef(first));
  PyTuple_SET_ITEM(result, 1, Py_NewRef(second));
  // The collector may have left it out while it held nothing.
  if (!_PyObject_GC_IS_TRACKED(result)) Track(act->interp, result);
  Py_XDECREF(old_first);
  Py_DECREF(old_second);
}

// The iterator has not given a pair: the end of the loop, or an exception.
PYVM_HANDLER EndPairs(PYVM_ARGS) {
  if (PyErr_Occurred()) {
    if (!PyErr_ExceptionMatches(PyExc_StopIteration)) PYVM_ERROR();
    PyErr_Clear();
  }
  PyObject* iterator = regs[pc->b];
  regs[pc->b] = nullptr;
  Drop(iterator, pc, regs, pool);
  PYVM_JUMP_AFTER_CALL(static_cast<int16_t>(pc->c));
}

// Stores owned references as the UNPACK behind pc would, and goes on behind it.
#define PYVM_STORE_PAIR(first, second)               \
  do {                                               \
    ++pc;                                            \
    Set(first, ListOperand(pc, 0), pc, regs, pool);  \
    Set(second, ListOperand(pc, 1), pc, regs, pool); \
    PYVM_JUMP_AFTER_CALL(1 + ListWords(2));          \
  } while (0)

PYVM_HANDLER ForIterEnumerate(PYVM_ARGS) {
  PyObject* iterator = regs[pc->b];
  if (!Py_IS_TYPE(iterator, &PyEnum_Type)) [[unlikely]] {
    PYVM_TAIL ForIterMiss(pc, regs, pool, act);
  }
  auto* it = reinterpret_cast<EnumerateIterator*>(iterator);
  // CPython counts on with an int of any size.
  if (it->index == PY_SSIZE_T_MAX) PYVM_TAIL ForIterAny(pc, regs, pool, act);
  SavePc(pc, regs, pool);
  PyObject* item = NextOf(it->iterator);
  if (item == nullptr) PYVM_TAIL EndPairs(pc, regs, pool, act);
  Retain(act, it->result, nullptr, item);
  ++pc;
  uint32_t to = ListOperand(pc, 0);
  PyObject* old = regs[to];
  if (old == nullptr || old->ob_refcnt != 1 || !IsInt(old) ||
      !OverwriteInt(old, it->index)) {
    PyObject* index = NewInt(it->index);
    if (index == nullptr) [[unlikely]] {
      Py_DECREF(item);
      --pc;
      PYVM_ERROR();
    }
    Set(index, to, pc, regs, pool);
  }
  ++it->index;
  Set(item, ListOperand(pc, 1), pc, regs, pool);
  PYVM_JUMP_AFTER_CALL(1 + ListWords(2));
}

PYVM_HANDLER ForIterItems(PYVM_ARGS) {
  PyObject* iterator = regs[pc->b];
  if (!Py_IS_TYPE(iterator, &PyDictIterItem_Type)) [[unlikely]] {
    PYVM_TAIL ForIterMiss(pc, regs, pool, act);
  }
  auto* it = reinterpret_cast<DictIterator*>(iterator);
  PyObject *key, *value;
  if (!NextItemOf(it, &key, &value)) {
    PYVM_TAIL ForIterAny(pc, regs, pool, act);
  }
  Py_INCREF(key);
  Py_INCREF(value);
  SavePc(pc, regs, pool);
  Retain(act, it->result, key, value);
  PYVM_STORE_PAIR(key, value);
}

PYVM_HANDLER ForIterZip(PYVM_ARGS) {
  PyObject* iterator = regs[pc->b];
  if (!Py_IS_TYPE(iterator, &PyZip_Type)) [[unlikely]] {
    PYVM_TAIL ForIterMiss(pc, regs, pool, act);
  }
  auto* it = reinterpret_cast<ZipIterator*>(iterator);
  if (it->size != 2 || it->strict) PYVM_TAIL ForIterAny(pc, regs, pool, act);
  SavePc(pc, regs, pool);
  PyObject* first = NextOf(PyTuple_GET_ITEM(it->iterators, 0));
  if (first == nullptr) PYVM_TAIL EndPairs(pc, regs, pool, act);
  PyObject* second = NextOf(PyTuple_GET_ITEM(it->iterators, 1));
  if (second == nullptr) {
    Py_DECREF(first);
    PYVM_TAIL EndPairs(pc, regs, pool, act);
  }
  Retain(act, it->result, first, second);
  PYVM_STORE_PAIR(first, second);
}

}  // namespace

PYVM_ROW0(FOR_ITER_ENUMERATE, ForIterEnumerate)
PYVM_ROW0(FOR_ITER_ITEMS, ForIterItems)
PYVM_ROW0(FOR_ITER_ZIP, ForIterZip)
PYVM_ROW1(GET_ITER, GetIter)
PYVM_ROW0(FOR_ITER, ForIter)
PYVM_ROW0(FOR_ITER_ANY, ForIterAny)
PYVM_ROW0(FOR_ITER_RANGE, ForIterRange)
PYVM_ROW0(FOR_ITER_LIST, ForIterList)
PYVM_ROW0(FOR_ITER_TUPLE, ForIterTuple)

}  // namespace pyvm::handlers
