// Loops over iterators.
#include "core/runtime/object.h"
#include "tiers/interp/machine.h"

namespace pyvm::interp {
namespace {

// The iterators of ranges, lists and tuples: structs private to CPython.
struct RangeIterator {
  PyObject ob_base;
  long index, start, step, len;
};
struct SequenceIterator {
  PyObject ob_base;
  Py_ssize_t index;
  PyObject* sequence;  // null when exhausted
};

template <OperandKind K>
PYVM_CC void GetIter(PYVM_ARGS) {
  SavePc(pc, regs, pool);
  PyObject* o = Read<K>(regs, pool, pc->b);
  PyObject* iterator = PyObject_GetIter(o);
  Consume<K>(o, pc, regs, pool, pc->b);
  if (iterator == nullptr) [[unlikely]]
    PYVM_ERROR();
  Set(iterator, pc->a, pc, regs, pool);
  PYVM_NEXT_AFTER_CALL(1);
}

// The iterator is exhausted: release it and leave the loop.
#define PYVM_END_LOOP()                     \
  do {                                      \
    PyObject* done = regs[pc->b];           \
    regs[pc->b] = nullptr;                  \
    Drop(done, pc, regs, pool);             \
    PYVM_NEXT(static_cast<int16_t>(pc->c)); \
  } while (0)

PYVM_CC void ForIterAny(PYVM_ARGS) {
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
    PYVM_NEXT_AFTER_CALL(static_cast<int16_t>(pc->c));
  }
  Set(item, pc->a, pc, regs, pool);
  PYVM_NEXT_AFTER_CALL(1);
}

PYVM_CC void ForIter(PYVM_ARGS) {
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
  }
  Rewrite(pc, op);
  PYVM_DISPATCH();
}

}  // namespace

PYVM_CC void ForIterMiss(PYVM_ARGS) {
  Rewrite(pc, Op::kFOR_ITER_ANY);
  PYVM_DISPATCH();
}

namespace {

PYVM_CC void ForIterRange(PYVM_ARGS) {
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

PYVM_CC void ForIterList(PYVM_ARGS) {
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

PYVM_CC void ForIterTuple(PYVM_ARGS) {
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

}  // namespace

PYVM_ROW1(GET_ITER, GetIter)
PYVM_ROW0(FOR_ITER, ForIter)
PYVM_ROW0(FOR_ITER_ANY, ForIterAny)
PYVM_ROW0(FOR_ITER_RANGE, ForIterRange)
PYVM_ROW0(FOR_ITER_LIST, ForIterList)
PYVM_ROW0(FOR_ITER_TUPLE, ForIterTuple)

}  // namespace pyvm::interp
