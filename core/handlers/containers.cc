// Containers, and the operations on a window of the stack, which all run in C.
#include "core/handlers/machine.h"
#include "core/runtime/container.h"
#include "core/runtime/dict.h"
#include "core/runtime/imports.h"
#include "core/runtime/match.h"
#include "core/runtime/window_ops.h"

namespace pyvm::handlers {
namespace {

// An allocation may start a collection, whose finalizers look at the frame, and
// tracemalloc notes the line.
PYVM_HANDLER BuildTuple(PYVM_ARGS) {
  SavePc(pc, regs, pool);
  uint32_t n = pc->b;
  if (PyTupleObject* tuple = TupleFromFreeList(act->interp, n)) [[likely]] {
    for (uint32_t i = 0; i < n; ++i) {
      tuple->ob_item[i] = TakeArgument(regs, pool, ListOperand(pc, i));
    }
    auto* made = reinterpret_cast<PyObject*>(tuple);
    Track(act->interp, made);
    Set(made, pc->a, pc, regs, pool);
    PYVM_NEXT(1 + ListWords(n));
  }
  PyObject* tuple = PyTuple_New(n);
  if (tuple == nullptr) [[unlikely]]
    PYVM_ERROR();
  for (uint32_t i = 0; i < n; ++i) {
    PyTuple_SET_ITEM(tuple, i, TakeAny(regs, pool, ListOperand(pc, i)));
  }
  Set(tuple, pc->a, pc, regs, pool);
  PYVM_NEXT(1 + ListWords(n));
}

PYVM_HANDLER BuildList(PYVM_ARGS) {
  SavePc(pc, regs, pool);
  uint32_t n = pc->b;
  PyListObject* free = ListFromFreeList(act->interp, n);
  if (free != nullptr) [[likely]] {
    for (uint32_t i = 0; i < n; ++i) {
      free->ob_item[i] = TakeArgument(regs, pool, ListOperand(pc, i));
    }
    auto* made = reinterpret_cast<PyObject*>(free);
    Track(act->interp, made);
    Set(made, pc->a, pc, regs, pool);
    PYVM_NEXT(1 + ListWords(n));
  }
  PyObject* list = PyList_New(n);
  if (list == nullptr) [[unlikely]]
    PYVM_ERROR();
  for (uint32_t i = 0; i < n; ++i) {
    PyList_SET_ITEM(list, i, TakeAny(regs, pool, ListOperand(pc, i)));
  }
  Set(list, pc->a, pc, regs, pool);
  PYVM_NEXT(1 + ListWords(n));
}

template <OperandKind K>
PYVM_HANDLER ListAppend(PYVM_ARGS) {
  PyObject* list = regs[pc->a];
  PyObject* item = Take<K>(regs, pool, pc->b);
  auto* l = reinterpret_cast<PyListObject*>(list);
  Py_ssize_t size = Py_SIZE(list);
  if (size < l->allocated) [[likely]] {
    l->ob_item[size] = item;
    Py_SET_SIZE(l, size + 1);
    PYVM_NEXT(1);
  }
  SavePc(pc, regs, pool);
  int err = PyList_Append(list, item);
  Py_DECREF(item);
  if (err < 0) [[unlikely]]
    PYVM_ERROR();
  PYVM_NEXT(1);
}

template <OperandKind K>
PYVM_HANDLER SetAdd(PYVM_ARGS) {
  SavePc(pc, regs, pool);
  PyObject* item = Read<K>(regs, pool, pc->b);
  PyObject* set = regs[pc->a];
  int err = AddToSet(set, item) ? 0 : PySet_Add(set, item);
  Consume<K>(item, pc, regs, pool, pc->b);
  if (err < 0) [[unlikely]]
    PYVM_ERROR();
  PYVM_NEXT_AFTER_CALL(1);
}

// Stores the `n` items (borrowed) of an exact tuple or list.
inline void StoreItems(PyObject** items, uint32_t n, const Instr* pc,
                       PyObject** regs, PyObject** pool) {
  for (uint32_t i = 0; i < n; ++i) {
    Set(Py_NewRef(items[i]), ListOperand(pc, i), pc, regs, pool);
  }
}

PYVM_HANDLER Unpack(PYVM_ARGS) {
  uint32_t n = pc->b;
  PyObject* sequence = ReadAny(regs, pool, pc->a);
  // A pair that dies here gives its items away.
  if (IsTempOperand(pc->a) && PyTuple_CheckExact(sequence) &&
      PyTuple_GET_SIZE(sequence) == 2 && n == 2 && sequence->ob_refcnt == 1) {
    regs[pc->a & (kTempFlag - 1)] = nullptr;
    PyObject* first = PyTuple_GET_ITEM(sequence, 0);
    PyObject* second = PyTuple_GET_ITEM(sequence, 1);
    PyTuple_SET_ITEM(sequence, 0, nullptr);
    PyTuple_SET_ITEM(sequence, 1, nullptr);
    sequence->ob_refcnt = 0;
    FreeTuple(act->interp, sequence);
    Set(first, ListOperand(pc, 0), pc, regs, pool);
    Set(second, ListOperand(pc, 1), pc, regs, pool);
    PYVM_NEXT(1 + ListWords(2));
  }
  // Held: a store may release what the operand borrows.
  sequence = TakeAny(regs, pool, pc->a);
  if (PyTuple_CheckExact(sequence) && PyTuple_GET_SIZE(sequence) == n) {
    StoreItems(&PyTuple_GET_ITEM(sequence, 0), n, pc, regs, pool);
    Drop(sequence, pc, regs, pool);
    PYVM_NEXT(1 + ListWords(n));
  }
  // On the C stack up to a size, else on the heap; in CPython's stack order.
  constexpr uint32_t kSmall = 16;
  PyObject* small[kSmall];
  if (PyList_CheckExact(sequence) && PyList_GET_SIZE(sequence) == n &&
      n <= kSmall) {
    // A store may run code that changes the list.
    for (uint32_t i = 0; i < n; ++i) {
      small[i] = Py_NewRef(PyList_GET_ITEM(sequence, i));
    }
    for (uint32_t i = 0; i < n; ++i) {
      Set(small[i], ListOperand(pc, i), pc, regs, pool);
    }
    Drop(sequence, pc, regs, pool);
    PYVM_NEXT(1 + ListWords(n));
  }
  SavePc(pc, regs, pool);
  PyObject** items =
      n <= kSmall ? small
                  : static_cast<PyObject**>(PyMem_Malloc(n * sizeof(*items)));
  bool good = false;
  if (items == nullptr) {
    PyErr_NoMemory();
  } else {
    good = UnpackIterable(act->tstate, sequence, static_cast<int>(n), -1,
                          items + n) != 0;
  }
  if (good) {
    for (uint32_t i = 0; i < n; ++i) {
      Set(items[n - 1 - i], ListOperand(pc, i), pc, regs, pool);
    }
  }
  if (items != small) PyMem_Free(items);
  Drop(sequence, pc, regs, pool);
  if (!good) [[unlikely]]
    PYVM_ERROR();
  PYVM_NEXT_AFTER_CALL(1 + ListWords(n));
}

template <OperandKind K>
PYVM_HANDLER FormatSimple(PYVM_ARGS) {
  PyObject* o = Read<K>(regs, pool, pc->b);
  PyObject* result;
  if (PyUnicode_CheckExact(o)) {
    result = Take<K>(regs, pool, pc->b);
  } else {
    SavePc(pc, regs, pool);
    result = PyObject_Format(o, nullptr);
    Consume<K>(o, pc, regs, pool, pc->b);
    if (result == nullptr) [[unlikely]]
      PYVM_ERROR();
  }
  Set(result, pc->a, pc, regs, pool);
  PYVM_NEXT_AFTER_CALL(1);
}

// All that need no more than a window and a number.
template <WindowOp op>
PYVM_HANDLER Window(PYVM_ARGS) {
  SavePc(pc, regs, pool);
  if (op(act->tstate, FrameOf(regs), regs + pc->a,
         static_cast<uint32_t>(LongJump(*pc))) < 0) [[unlikely]] {
    PYVM_ERROR();
  }
  PYVM_NEXT_AFTER_CALL(1);
}

}  // namespace

PYVM_ROW0(BUILD_TUPLE, BuildTuple)
PYVM_ROW0(BUILD_LIST, BuildList)
PYVM_ROW1(LIST_APPEND, ListAppend)
PYVM_ROW1(SET_ADD, SetAdd)
PYVM_ROW0(UNPACK, Unpack)
PYVM_ROW1(FORMAT_SIMPLE, FormatSimple)
PYVM_ROW0(BUILD_SET, Window<BuildSet>)
PYVM_ROW0(BUILD_MAP, Window<BuildMap>)
PYVM_ROW0(BUILD_CONST_KEY_MAP, Window<BuildConstKeyMap>)
PYVM_ROW0(BUILD_STRING, Window<BuildString>)
PYVM_ROW0(MAP_ADD, Window<MapAdd>)
PYVM_ROW0(LIST_EXTEND, Window<ListExtend>)
PYVM_ROW0(SET_UPDATE, Window<SetUpdate>)
PYVM_ROW0(DICT_UPDATE, Window<DictUpdate>)
PYVM_ROW0(DICT_MERGE, Window<DictMerge>)
PYVM_ROW0(LIST_TO_TUPLE, Window<ListToTuple>)
PYVM_ROW0(UNPACK_EX, Window<UnpackEx>)
PYVM_ROW0(FORMAT_VALUE, Window<FormatValue>)
PYVM_ROW0(MAKE_FUNCTION, Window<MakeFunction>)
PYVM_ROW0(LOAD_BUILD_CLASS, Window<LoadBuildClass>)
PYVM_ROW0(PUSH_EXC_INFO, Window<PushExcInfo>)
PYVM_ROW0(POP_EXCEPT, Window<PopExcept>)
PYVM_ROW0(CHECK_EG_MATCH, Window<CheckEgMatch>)
PYVM_ROW0(PREP_RERAISE_STAR, Window<PrepReraiseStar>)
PYVM_ROW0(WITH_EXCEPT_START, Window<WithExceptStart>)
PYVM_ROW0(BEFORE_WITH, Window<BeforeWith>)
PYVM_ROW0(LOAD_ASSERTION_ERROR, Window<LoadAssertionError>)
PYVM_ROW0(GET_YIELD_FROM_ITER, Window<GetYieldFromIter>)
PYVM_ROW0(GET_AWAITABLE, Window<GetAwaitable>)
PYVM_ROW0(GET_AITER, Window<GetAiter>)
PYVM_ROW0(GET_ANEXT, Window<GetAnext>)
PYVM_ROW0(BEFORE_ASYNC_WITH, Window<BeforeAsyncWith>)
PYVM_ROW0(ASYNC_GEN_WRAP, Window<AsyncGenWrap>)
PYVM_ROW0(IMPORT_NAME, Window<ImportName>)
PYVM_ROW0(IMPORT_FROM, Window<ImportFrom>)
PYVM_ROW0(IMPORT_STAR, Window<ImportStar>)
PYVM_ROW0(GET_LEN, Window<GetLen>)
PYVM_ROW0(MATCH_MAPPING, Window<MatchMapping>)
PYVM_ROW0(MATCH_SEQUENCE, Window<MatchSequence>)
PYVM_ROW0(MATCH_KEYS, Window<MatchKeys>)
PYVM_ROW0(MATCH_CLASS, Window<MatchClass>)
PYVM_ROW0(PRINT_EXPR, Window<PrintExpr>)
PYVM_ROW0(SETUP_ANNOTATIONS, Window<SetupAnnotations>)

}  // namespace pyvm::handlers
