// Moves, cells and names.
#include "core/handlers/machine.h"
#include "core/runtime/attribute.h"
#include "core/runtime/names.h"
#include "core/runtime/raise.h"

namespace pyvm::handlers {
namespace {

template <OperandKind K>
PYVM_HANDLER Move(PYVM_ARGS) {
  PyObject* value = Take<K>(regs, pool, pc->b);
  PYVM_SET_AND_NEXT(value, 1);
}

PYVM_HANDLER MoveWide(PYVM_ARGS) {
  auto index = static_cast<uint32_t>(LongJump(*pc));
  PYVM_SET_AND_NEXT(Py_NewRef(pool[-1 - static_cast<int64_t>(index)]), 1);
}

PYVM_HANDLER Copy(PYVM_ARGS) { PYVM_SET_AND_NEXT(Py_XNewRef(regs[pc->b]), 1); }

template <OperandKind K>
PYVM_HANDLER DropOne(PYVM_ARGS) {
  if constexpr (K == kTemp) {
    PyObject* o = Read<K>(regs, pool, pc->a);
    Forget<K>(regs, pc->a);
    PYVM_DROP_AND_NEXT(o, 1);
  }
  PYVM_NEXT(1);
}

PYVM_HANDLER Swap(PYVM_ARGS) {
  PyObject* o = regs[pc->a];
  regs[pc->a] = regs[pc->b];
  regs[pc->b] = o;
  PYVM_NEXT(1);
}

PYVM_HANDLER CheckLocal(PYVM_ARGS) {
  if (regs[pc->a] == nullptr) [[unlikely]] {
    FormatUnboundLocal(act->tstate, UnitIn(pool)->code, pc->a);
    PYVM_ERROR();
  }
  PYVM_NEXT(1);
}

PYVM_HANDLER DeleteLocal(PYVM_ARGS) {
  PyObject* old = regs[pc->a];
  if (old == nullptr) [[unlikely]] {
    FormatUnboundLocal(act->tstate, UnitIn(pool)->code, pc->a);
    PYVM_ERROR();
  }
  regs[pc->a] = nullptr;
  PYVM_DROP_AND_NEXT(old, 1);
}

// --- Cells ------------------------------------------------------------------

PYVM_HANDLER MakeCell(PYVM_ARGS) {
  PyObject* initial = regs[pc->a];
  PyObject* cell = PyCell_New(initial);
  if (cell == nullptr) [[unlikely]]
    PYVM_ERROR();
  regs[pc->a] = cell;
  Py_XDECREF(initial);
  PYVM_NEXT(1);
}

PYVM_HANDLER CopyFreeVars(PYVM_ARGS) {
  PyObject* closure = FrameOf(regs)->f_func->func_closure;
  for (uint32_t i = 0; i < pc->b; ++i) {
    regs[pc->a + i] = Py_NewRef(PyTuple_GET_ITEM(closure, i));
  }
  PYVM_NEXT(1);
}

PYVM_HANDLER LoadDeref(PYVM_ARGS) {
  PyObject* value = PyCell_GET(regs[pc->b]);
  if (value == nullptr) [[unlikely]] {
    FormatUnboundDeref(act->tstate, UnitIn(pool)->code, pc->b);
    PYVM_ERROR();
  }
  PYVM_SET_AND_NEXT(Py_NewRef(value), 1);
}

template <OperandKind K>
PYVM_HANDLER StoreDeref(PYVM_ARGS) {
  PyObject* cell = regs[pc->a];
  PyObject* old = PyCell_GET(cell);
  PyObject* value = Take<K>(regs, pool, pc->b);
  PyCell_SET(cell, value);
  PYVM_DROP_AND_NEXT(old, 1);
}

PYVM_HANDLER DeleteDeref(PYVM_ARGS) {
  PyObject* cell = regs[pc->a];
  PyObject* old = PyCell_GET(cell);
  if (old == nullptr) [[unlikely]] {
    FormatUnboundDeref(act->tstate, UnitIn(pool)->code, pc->a);
    PYVM_ERROR();
  }
  PyCell_SET(cell, nullptr);
  PYVM_DROP_AND_NEXT(old, 1);
}

PYVM_HANDLER LoadClassDerefOp(PYVM_ARGS) {
  SavePc(pc, regs, pool);
  PyObject* value = LoadClassDeref(act->tstate, FrameOf(regs), pc->b);
  if (value == nullptr) [[unlikely]]
    PYVM_ERROR();
  Set(value, pc->a, pc, regs, pool);
  PYVM_NEXT_AFTER_CALL(1);
}

// --- Names ------------------------------------------------------------------

PyObject* NameOf(const Instr* pc, PyObject** pool) {
  return PyTuple_GET_ITEM(UnitIn(pool)->code->co_names, LongJump(*pc));
}

PYVM_HANDLER LoadNameOp(PYVM_ARGS) {
  SavePc(pc, regs, pool);
  PyObject* value = LoadName(act->tstate, FrameOf(regs), NameOf(pc, pool));
  if (value == nullptr) [[unlikely]]
    PYVM_ERROR();
  Set(value, pc->a, pc, regs, pool);
  PYVM_NEXT_AFTER_CALL(1);
}

PYVM_HANDLER StoreNameOp(PYVM_ARGS) {
  SavePc(pc, regs, pool);
  PyObject* value = ReadAny(regs, pool, pc->a);
  int err = StoreName(act->tstate, FrameOf(regs), NameOf(pc, pool), value);
  ConsumeAny(value, pc, regs, pool, pc->a);
  if (err < 0) [[unlikely]]
    PYVM_ERROR();
  PYVM_NEXT_AFTER_CALL(1);
}

PYVM_HANDLER DeleteNameOp(PYVM_ARGS) {
  SavePc(pc, regs, pool);
  if (DeleteName(act->tstate, FrameOf(regs), NameOf(pc, pool)) < 0) {
    PYVM_ERROR();
  }
  PYVM_NEXT_AFTER_CALL(1);
}

PYVM_HANDLER StoreGlobal(PYVM_ARGS) {
  SavePc(pc, regs, pool);
  PyObject* value = ReadAny(regs, pool, pc->a);
  int err = PyDict_SetItem(FrameOf(regs)->f_globals, NameOf(pc, pool), value);
  ConsumeAny(value, pc, regs, pool, pc->a);
  if (err < 0) [[unlikely]]
    PYVM_ERROR();
  PYVM_NEXT_AFTER_CALL(1);
}

PYVM_HANDLER DeleteGlobalOp(PYVM_ARGS) {
  SavePc(pc, regs, pool);
  if (DeleteGlobal(act->tstate, FrameOf(regs), NameOf(pc, pool)) < 0) {
    PYVM_ERROR();
  }
  PYVM_NEXT_AFTER_CALL(1);
}

// Where `dict` keeps `name`, if it can be found again by its keys' version, as
// bytes from its keys. Returns false if it cannot be cached.
bool CacheSlot(PyObject* dict, PyObject* name, uint32_t* version,
               int64_t* offset) {
  PyDictKeysObject* keys = reinterpret_cast<PyDictObject*>(dict)->ma_keys;
  if (!DK_IS_UNICODE(keys)) return false;
  Py_ssize_t at = KeysLookup(keys, name);
  if (at < 0 || DK_UNICODE_ENTRIES(keys)[at].me_value == nullptr) return false;
  *version = KeysVersion(keys);
  *offset = EntryOffset(keys, at);
  return *version != 0;
}

// Rewrites the instruction if what it finds can be cached.
void SpecializeGlobal(const Instr* pc, Frame* frame, InlineCache* cache) {
  // Not at the first execution: much code runs only once.
  if (cache->misses >= kMaxMisses || cache->misses++ == 0) return;
  if (!PyDict_CheckExact(frame->f_globals) ||
      !PyDict_CheckExact(frame->f_builtins)) {
    return;
  }
  if (CacheSlot(frame->f_globals, cache->name, &cache->version,
                &cache->index)) {
    Rewrite(pc, Op::kLOAD_GLOBAL_MODULE);
    return;
  }
  PyDictKeysObject* keys =
      reinterpret_cast<PyDictObject*>(frame->f_globals)->ma_keys;
  if (!DK_IS_UNICODE(keys) ||
      PyDict_Contains(frame->f_globals, cache->name) != 0) {
    PyErr_Clear();
    return;
  }
  cache->version = KeysVersion(keys);
  if (cache->version != 0 && CacheSlot(frame->f_builtins, cache->name,
                                       &cache->version2, &cache->index)) {
    Rewrite(pc, Op::kLOAD_GLOBAL_BUILTIN);
  }
}

PYVM_HANDLER LoadGlobalOp(PYVM_ARGS) {
  SavePc(pc, regs, pool);
  InlineCache* cache = CacheIn(pool, pc->c);
  PyObject* value = LoadGlobal(act->tstate, FrameOf(regs), cache->name);
  if (value == nullptr) [[unlikely]]
    PYVM_ERROR();
  SpecializeGlobal(pc, FrameOf(regs), cache);
  Set(value, pc->a, pc, regs, pool);
  PYVM_NEXT_AFTER_CALL(1);
}

PYVM_HANDLER LoadGlobalMiss(PYVM_ARGS) {
  Rewrite(pc, Op::kLOAD_GLOBAL);
  PYVM_TAIL LoadGlobalOp(pc, regs, pool, act);
}

PYVM_HANDLER LoadGlobalModule(PYVM_ARGS) {
  InlineCache* cache = CacheIn(pool, pc->c);
  auto* dict = reinterpret_cast<PyDictObject*>(FrameOf(regs)->f_globals);
  if (dict->ma_keys->dk_version != cache->version) [[unlikely]] {
    PYVM_TAIL LoadGlobalMiss(pc, regs, pool, act);
  }
  PyObject* value = EntryAt(dict->ma_keys, cache->index);
  if (value == nullptr) [[unlikely]] {
    PYVM_TAIL LoadGlobalMiss(pc, regs, pool, act);
  }
  PYVM_SET_AND_NEXT(Py_NewRef(value), 1);
}

PYVM_HANDLER LoadGlobalBuiltin(PYVM_ARGS) {
  InlineCache* cache = CacheIn(pool, pc->c);
  auto* globals = reinterpret_cast<PyDictObject*>(FrameOf(regs)->f_globals);
  auto* builtins = reinterpret_cast<PyDictObject*>(FrameOf(regs)->f_builtins);
  if (globals->ma_keys->dk_version != cache->version ||
      !PyDict_CheckExact(builtins) ||
      builtins->ma_keys->dk_version != cache->version2) [[unlikely]] {
    PYVM_TAIL LoadGlobalMiss(pc, regs, pool, act);
  }
  PyObject* value = EntryAt(builtins->ma_keys, cache->index);
  if (value == nullptr) [[unlikely]] {
    PYVM_TAIL LoadGlobalMiss(pc, regs, pool, act);
  }
  PYVM_SET_AND_NEXT(Py_NewRef(value), 1);
}

}  // namespace

PYVM_ROW1(MOVE, Move)
PYVM_ROW0(MOVE_WIDE, MoveWide)
PYVM_ROW0(COPY, Copy)
PYVM_ROW1(DROP, DropOne)
PYVM_ROW0(SWAP, Swap)
PYVM_ROW0(CHECK_LOCAL, CheckLocal)
PYVM_ROW0(DELETE_LOCAL, DeleteLocal)
PYVM_ROW0(MAKE_CELL, MakeCell)
PYVM_ROW0(COPY_FREE_VARS, CopyFreeVars)
PYVM_ROW0(LOAD_DEREF, LoadDeref)
PYVM_ROW1(STORE_DEREF, StoreDeref)
PYVM_ROW0(DELETE_DEREF, DeleteDeref)
PYVM_ROW0(LOAD_CLASSDEREF, LoadClassDerefOp)
PYVM_ROW0(LOAD_NAME, LoadNameOp)
PYVM_ROW0(STORE_NAME, StoreNameOp)
PYVM_ROW0(DELETE_NAME, DeleteNameOp)
PYVM_ROW0(STORE_GLOBAL, StoreGlobal)
PYVM_ROW0(DELETE_GLOBAL, DeleteGlobalOp)
PYVM_ROW0(LOAD_GLOBAL, LoadGlobalOp)
PYVM_ROW0(LOAD_GLOBAL_MODULE, LoadGlobalModule)
PYVM_ROW0(LOAD_GLOBAL_BUILTIN, LoadGlobalBuiltin)

}  // namespace pyvm::handlers
