// Subscripts.
#include "core/handlers/calls.h"
#include "core/handlers/machine.h"
#include "core/runtime/array.h"
#include "core/runtime/attribute.h"
#include "core/runtime/dict.h"
#include "core/runtime/object.h"
#include "core/runtime/polymorphic.h"
#include "core/runtime/slice.h"
#include "core/runtime/window_ops.h"

namespace pyvm::handlers {
namespace {

// The Python function that subscripts instances of `type` (borrowed), or null.
inline PyObject* ItemMethod(PyTypeObject* type) {
  if ((type->tp_flags & Py_TPFLAGS_HEAPTYPE) == 0) return nullptr;
  return FindSpecial(type, &_Py_ID(__getitem__));
}

// A subscript as a position in a sequence of `size` items; false if it is no
// small int or out of range.
template <OperandKind I>
inline bool ToPosition(PyObject* index, Py_ssize_t size, Py_ssize_t* position) {
  // A constant was an int when the instruction was specialised.
  if (I != kConst && !IsInt(index)) return false;
  if (!IsOneDigit(index)) return false;
  Py_ssize_t i = OneDigitValue(index);
  if (i < 0) i += size;
  *position = i;
  return static_cast<size_t>(i) < static_cast<size_t>(size);
}

template <OperandKind O, OperandKind I>
PYVM_HANDLER LoadItemAny(PYVM_ARGS) {
  SavePc(pc, regs, pool);
  PyObject* owner = Read<O>(regs, pool, pc->b);
  PyObject* index = Read<I>(regs, pool, pc->c);
  if (Py_TYPE(owner) == array_type) {
    if (PyObject* item = LoadArrayItem(owner, index)) {
      Consume<O>(owner, pc, regs, pool, pc->b);
      Consume<I>(index, pc, regs, pool, pc->c);
      PYVM_SET_AND_NEXT(item, 1);
    }
  }
  PyObject* method = ItemMethod(Py_TYPE(owner));
  if (method != nullptr && BaseOf(pc->op) == Op::kLOAD_ITEM_ANY) {
    Unit* unit = InlineCallee(act, method);
    if (unit != nullptr && unit->arg_count == 2) {
      Frame* frame = BeginCall(act, Py_NewRef(method), unit, 2);
      if (frame == nullptr) [[unlikely]]
        PYVM_ERROR();
      frame->localsplus[0] = Py_NewRef(owner);
      frame->localsplus[1] = Py_NewRef(index);
      PYVM_ENTER_CALL(frame, unit, 0, kReturnOperator);
    }
  }
  PyObject* item = PyObject_GetItem(owner, index);
  Consume<O>(owner, pc, regs, pool, pc->b);
  Consume<I>(index, pc, regs, pool, pc->c);
  if (item == nullptr) [[unlikely]]
    PYVM_ERROR();
  Set(item, pc->a, pc, regs, pool);
  PYVM_NEXT_AFTER_CALL(1);
}

Op ChooseLoad(PyObject* owner, PyObject* index) {
  if (PyDict_CheckExact(owner)) return Op::kLOAD_ITEM_DICT;
  if (!IsInt(index)) return Op::kLOAD_ITEM_ANY;
  if (PyList_CheckExact(owner)) return Op::kLOAD_ITEM_LIST;
  if (PyTuple_CheckExact(owner)) return Op::kLOAD_ITEM_TUPLE;
  if (PyUnicode_CheckExact(owner)) return Op::kLOAD_ITEM_STR;
  return Op::kLOAD_ITEM_ANY;
}

template <OperandKind O, OperandKind I>
PYVM_HANDLER LoadItem(PYVM_ARGS) {
  PyObject* owner = Read<O>(regs, pool, pc->b);
  PyObject* index = Read<I>(regs, pool, pc->c);
  NoteArrayType(Py_TYPE(owner));
  Rewrite(pc, ChooseLoad(owner, index));
  PYVM_AGAIN();
}

// Another kind of owner or index. Errors leave the specialisation as it is.
template <OperandKind O, OperandKind I>
PYVM_HANDLER LoadItemMiss(PYVM_ARGS) {
  PyObject* owner = Read<O>(regs, pool, pc->b);
  PyObject* index = Read<I>(regs, pool, pc->c);
  if (ChooseLoad(owner, index) != BaseOf(pc->op)) {
    Rewrite(pc, Op::kLOAD_ITEM_ANY);
  }
  PYVM_TAIL LoadItemAny<O, I>(pc, regs, pool, act);
}
#define PYVM_MISS_IF(condition) \
  if (condition) [[unlikely]]   \
  PYVM_TAIL LoadItemMiss<O, I>(pc, regs, pool, act)

template <OperandKind I>
inline void ConsumeIndex(PyObject* index, PyObject** regs, uint16_t x) {
  if constexpr (I == kTemp) {
    Forget<I>(regs, x);
    DropInt(index);
  }
}

template <OperandKind O, OperandKind I>
PYVM_HANDLER LoadItemList(PYVM_ARGS) {
  PyObject* owner = Read<O>(regs, pool, pc->b);
  PyObject* index = Read<I>(regs, pool, pc->c);
  Py_ssize_t i;
  PYVM_MISS_IF(!PyList_CheckExact(owner) ||
               !ToPosition<I>(index, PyList_GET_SIZE(owner), &i));
  PyObject* item = Py_NewRef(PyList_GET_ITEM(owner, i));
  ConsumeIndex<I>(index, regs, pc->c);
  Consume<O>(owner, pc, regs, pool, pc->b);
  PYVM_SET_AND_NEXT(item, 1);
}

template <OperandKind O, OperandKind I>
PYVM_HANDLER LoadItemTuple(PYVM_ARGS) {
  PyObject* owner = Read<O>(regs, pool, pc->b);
  PyObject* index = Read<I>(regs, pool, pc->c);
  Py_ssize_t i;
  PYVM_MISS_IF(!PyTuple_CheckExact(owner) ||
               !ToPosition<I>(index, PyTuple_GET_SIZE(owner), &i));
  PyObject* item = Py_NewRef(PyTuple_GET_ITEM(owner, i));
  ConsumeIndex<I>(index, regs, pc->c);
  Consume<O>(owner, pc, regs, pool, pc->b);
  PYVM_SET_AND_NEXT(item, 1);
}

template <OperandKind O, OperandKind I>
PYVM_HANDLER LoadItemStr(PYVM_ARGS) {
  PyObject* owner = Read<O>(regs, pool, pc->b);
  PyObject* index = Read<I>(regs, pool, pc->c);
  Py_ssize_t i;
  PYVM_MISS_IF(!PyUnicode_CheckExact(owner) || !PyUnicode_IS_READY(owner) ||
               !ToPosition<I>(index, PyUnicode_GET_LENGTH(owner), &i));
  Py_UCS4 c = PyUnicode_READ_CHAR(owner, i);
  PyObject* item = c < 256 ? PyUnicode_FromOrdinal(static_cast<int>(c))
                           : PySequence_GetItem(owner, i);
  if (item == nullptr) [[unlikely]]
    PYVM_ERROR();
  ConsumeIndex<I>(index, regs, pc->c);
  Consume<O>(owner, pc, regs, pool, pc->b);
  PYVM_SET_AND_NEXT(item, 1);
}

template <OperandKind O, OperandKind I>
PYVM_HANDLER LoadItemDict(PYVM_ARGS) {
  PyObject* owner = Read<O>(regs, pool, pc->b);
  PyObject* index = Read<I>(regs, pool, pc->c);
  PYVM_MISS_IF(!PyDict_CheckExact(owner));
  PyObject* found;
  if (FindInDict(owner, index, &found) == Found::kYes) {
    Py_INCREF(found);
    Consume<O>(owner, pc, regs, pool, pc->b);
    Consume<I>(index, pc, regs, pool, pc->c);
    PYVM_SET_AND_NEXT(found, 1);
  }
  SavePc(pc, regs, pool);
  PyObject* item = PyDict_GetItemWithError(owner, index);
  if (item == nullptr) [[unlikely]] {
    if (!PyErr_Occurred()) _PyErr_SetKeyError(index);
    Consume<O>(owner, pc, regs, pool, pc->b);
    Consume<I>(index, pc, regs, pool, pc->c);
    PYVM_ERROR();
  }
  Py_INCREF(item);
  Consume<O>(owner, pc, regs, pool, pc->b);
  Consume<I>(index, pc, regs, pool, pc->c);
  Set(item, pc->a, pc, regs, pool);
  PYVM_NEXT_AFTER_CALL(1);
}
#undef PYVM_MISS_IF

PYVM_HANDLER SliceItems(PYVM_ARGS) {
  SavePc(pc, regs, pool);
  PyObject* start = ReadAny(regs, pool, ListOperand(pc, 0));
  PyObject* stop = ReadAny(regs, pool, ListOperand(pc, 1));
  PyObject* owner = ReadAny(regs, pool, pc->c);
  PyObject* result = LoadSlice(owner, start, stop, Py_None);
  if (result == nullptr && !PyErr_Occurred()) {
    PyObject* slice = PySlice_New(start, stop, nullptr);
    if (slice != nullptr) {
      result = PyObject_GetItem(owner, slice);
      Py_DECREF(slice);
    }
  }
  ConsumeAny(owner, pc, regs, pool, pc->c);
  ConsumeAny(start, pc, regs, pool, ListOperand(pc, 0));
  ConsumeAny(stop, pc, regs, pool, ListOperand(pc, 1));
  if (result == nullptr) [[unlikely]]
    PYVM_ERROR();
  Set(result, pc->a, pc, regs, pool);
  PYVM_NEXT_AFTER_CALL(1 + ListWords(2));
}

// With the subscript or the store that follows, where that needs no slice.
PYVM_HANDLER MakeSlice(PYVM_ARGS) {
  PyObject** bounds = regs + pc->a;
  auto n = static_cast<uint32_t>(LongJump(*pc));
  PyObject* step = n == 3 ? bounds[2] : Py_None;
  const Instr* next = pc + 1;
  auto drop_bounds = [&] {
    for (uint32_t i = 0; i < n; ++i) {
      PyObject* bound = bounds[i];
      bounds[i] = nullptr;
      Drop(bound, next, regs, pool);
    }
  };
  SavePc(next, regs, pool);
  if (BaseOf(next->op) == Op::kLOAD_ITEM_ANY && next->c == TempOperand(pc->a)) {
    PyObject* owner = ReadAny(regs, pool, next->b);
    PyObject* result = LoadSlice(owner, bounds[0], bounds[1], step);
    if (result != nullptr) {
      ConsumeAny(owner, next, regs, pool, next->b);
      drop_bounds();
      Set(result, next->a, next, regs, pool);
      PYVM_JUMP_AFTER_CALL(2);
    }
    if (PyErr_Occurred()) PYVM_ERROR();
  } else if (BaseOf(next->op) == Op::kSTORE_ITEM_ANY &&
             next->b == TempOperand(pc->a)) {
    PyObject* owner = ReadAny(regs, pool, next->a);
    PyObject* value = ReadAny(regs, pool, next->c);
    int err = StoreSlice(owner, bounds[0], bounds[1], step, value,
                         IsTempOperand(next->c));
    if (err < 0) [[unlikely]]
      PYVM_ERROR();
    if (err == 0) {
      ConsumeAny(value, next, regs, pool, next->c);
      ConsumeAny(owner, next, regs, pool, next->a);
      drop_bounds();
      PYVM_JUMP_AFTER_CALL(2);
    }
  }
  SavePc(pc, regs, pool);
  if (BuildSlice(act->tstate, FrameOf(regs), bounds, n) < 0) [[unlikely]] {
    PYVM_ERROR();
  }
  PYVM_NEXT_AFTER_CALL(1);
}

// --- Stores -----------------------------------------------------------------

template <OperandKind O, OperandKind I>
PYVM_HANDLER StoreItemAny(PYVM_ARGS) {
  SavePc(pc, regs, pool);
  PyObject* owner = Read<O>(regs, pool, pc->a);
  PyObject* index = Read<I>(regs, pool, pc->b);
  PyObject* value = ReadAny(regs, pool, pc->c);
  bool stored =
      Py_TYPE(owner) == array_type && StoreArrayItem(owner, index, value);
  int err = stored ? 0 : PyObject_SetItem(owner, index, value);
  ConsumeAny(value, pc, regs, pool, pc->c);
  Consume<O>(owner, pc, regs, pool, pc->a);
  Consume<I>(index, pc, regs, pool, pc->b);
  if (err < 0) [[unlikely]]
    PYVM_ERROR();
  PYVM_NEXT_AFTER_CALL(1);
}

Op ChooseStore(PyObject* owner, PyObject* index) {
  if (PyDict_CheckExact(owner)) return Op::kSTORE_ITEM_DICT;
  if (PyList_CheckExact(owner) && IsInt(index)) return Op::kSTORE_ITEM_LIST;
  return Op::kSTORE_ITEM_ANY;
}

template <OperandKind O, OperandKind I>
PYVM_HANDLER StoreItem(PYVM_ARGS) {
  PyObject* owner = Read<O>(regs, pool, pc->a);
  PyObject* index = Read<I>(regs, pool, pc->b);
  NoteArrayType(Py_TYPE(owner));
  Rewrite(pc, ChooseStore(owner, index));
  PYVM_AGAIN();
}

template <OperandKind O, OperandKind I>
PYVM_HANDLER StoreItemMiss(PYVM_ARGS) {
  PyObject* owner = Read<O>(regs, pool, pc->a);
  PyObject* index = Read<I>(regs, pool, pc->b);
  if (ChooseStore(owner, index) != BaseOf(pc->op)) {
    Rewrite(pc, Op::kSTORE_ITEM_ANY);
  }
  PYVM_TAIL StoreItemAny<O, I>(pc, regs, pool, act);
}

template <OperandKind O, OperandKind I>
PYVM_HANDLER StoreItemList(PYVM_ARGS) {
  PyObject* owner = Read<O>(regs, pool, pc->a);
  PyObject* index = Read<I>(regs, pool, pc->b);
  Py_ssize_t i;
  if (!PyList_CheckExact(owner) ||
      !ToPosition<I>(index, PyList_GET_SIZE(owner), &i)) [[unlikely]] {
    PYVM_TAIL StoreItemMiss<O, I>(pc, regs, pool, act);
  }
  PyObject* value = TakeAny(regs, pool, pc->c);
  PyObject* old = PyList_GET_ITEM(owner, i);
  PyList_SET_ITEM(owner, i, value);
  ConsumeIndex<I>(index, regs, pc->b);
  Drop(old, pc, regs, pool);
  Consume<O>(owner, pc, regs, pool, pc->a);
  PYVM_NEXT(1);
}

template <OperandKind O, OperandKind I>
PYVM_HANDLER StoreItemDict(PYVM_ARGS) {
  PyObject* owner = Read<O>(regs, pool, pc->a);
  PyObject* index = Read<I>(regs, pool, pc->b);
  if (!PyDict_CheckExact(owner)) [[unlikely]] {
    PYVM_TAIL StoreItemMiss<O, I>(pc, regs, pool, act);
  }
  SavePc(pc, regs, pool);
  PyObject* value = ReadAny(regs, pool, pc->c);
  PyObject* old;
  if (StoreInDict(owner, index, value, &old)) {
    ConsumeAny(value, pc, regs, pool, pc->c);
    Consume<I>(index, pc, regs, pool, pc->b);
    XDrop(old, pc, regs, pool);
    Consume<O>(owner, pc, regs, pool, pc->a);
    PYVM_NEXT_AFTER_CALL(1);
  }
  int err = PyDict_SetItem(owner, index, value);
  ConsumeAny(value, pc, regs, pool, pc->c);
  Consume<I>(index, pc, regs, pool, pc->b);
  Consume<O>(owner, pc, regs, pool, pc->a);
  if (err < 0) [[unlikely]]
    PYVM_ERROR();
  PYVM_NEXT_AFTER_CALL(1);
}

PYVM_HANDLER DeleteItem(PYVM_ARGS) {
  SavePc(pc, regs, pool);
  PyObject* owner = ReadAny(regs, pool, pc->a);
  PyObject* index = ReadAny(regs, pool, pc->b);
  int err = PyObject_DelItem(owner, index);
  ConsumeAny(owner, pc, regs, pool, pc->a);
  ConsumeAny(index, pc, regs, pool, pc->b);
  if (err < 0) [[unlikely]]
    PYVM_ERROR();
  PYVM_NEXT_AFTER_CALL(1);
}

}  // namespace

PYVM_ROW2(LOAD_ITEM, LoadItem)
PYVM_ROW2(LOAD_ITEM_ANY, LoadItemAny)
PYVM_ROW2(LOAD_ITEM_LIST, LoadItemList)
PYVM_ROW2(LOAD_ITEM_TUPLE, LoadItemTuple)
PYVM_ROW2(LOAD_ITEM_DICT, LoadItemDict)
PYVM_ROW2(LOAD_ITEM_STR, LoadItemStr)
PYVM_ROW0(LOAD_SLICE, SliceItems)
PYVM_ROW0(BUILD_SLICE, MakeSlice)
PYVM_ROW2(STORE_ITEM, StoreItem)
PYVM_ROW2(STORE_ITEM_ANY, StoreItemAny)
PYVM_ROW2(STORE_ITEM_LIST, StoreItemList)
PYVM_ROW2(STORE_ITEM_DICT, StoreItemDict)
PYVM_ROW0(DELETE_ITEM, DeleteItem)

}  // namespace pyvm::handlers
