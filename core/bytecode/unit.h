// A unit is what pyvm knows of one code object: its bytecode, its constant
// pool, its inline caches, and which tier runs it.
#ifndef PYVM_CORE_BYTECODE_UNIT_H_
#define PYVM_CORE_BYTECODE_UNIT_H_

#include <cstddef>
#include <cstdint>

#include "core/bytecode/instr.h"

struct _object;  // PyObject
struct PyCodeObject;

namespace pyvm {

struct Tier;
struct InlineCache;

// Where an instruction that can be entered from outside begins: exception
// handlers, resumption points of generators, loop headers.
struct EntryPoint {
  uint32_t lasti;  // index of CPython's code unit
  uint32_t instr;  // index into Unit::instrs
};

// Everything lies in one block of memory with the unit and is freed with it,
// unless said otherwise. All fields are guarded by the GIL.
struct Unit {
  // Borrowed: a unit dies with its code object (co_extra).
  PyCodeObject* code = nullptr;

  // Bytecode; `positions[i]` is the index of CPython's code unit that
  // instruction i stands for. Exactly one of the two widths is present.
  Instr* instrs = nullptr;
  uint16_t* positions16 = nullptr;
  uint32_t* positions32 = nullptr;

  // The pool: pool[0] is the unit itself, constants lie below (constant k at
  // pool[-1-k], borrowed from co_consts), inline caches above (at pool + 1).
  _object** pool = nullptr;

  // Sorted by lasti.
  EntryPoint* entries = nullptr;

  // First code unit of CPython's bytecode (what prev_instr points into).
  uint16_t* first_code_unit = nullptr;

  uint32_t num_instrs = 0;
  uint32_t num_entries = 0;
  uint32_t num_constants = 0;
  uint32_t num_caches = 0;
  uint32_t num_registers = 0;   // locals, cells, free variables, temporaries
  uint32_t num_locals = 0;      // co_nlocalsplus: temporaries start here
  uint32_t frame_words = 0;     // of a pushed frame, with its link
  uint32_t bytes_bytecode = 0;  // instrs, positions, entries, constants
  uint32_t bytes_caches = 0;

  // Whether the first instruction is RESUME #0, which a direct call folds in.
  bool starts_with_resume = false;
  uint32_t tracebacks = 0;  // entries that its frames have added

  // Counted down by generated code; the tier manager is asked at zero.
  int32_t entry_budget = 0;
  int32_t loop_budget = 0;
  // What has been spent before the current budgets were given.
  uint64_t entries_before = 0;
  uint64_t loops_before = 0;
  int32_t entry_budget_given = 0;
  int32_t loop_budget_given = 0;

  // Frames of this unit that are running or suspended inside pyvm; bytecode
  // may be given back when it is zero.
  uint32_t active = 0;
  bool one_shot = false;     // a module or class body: expected to run once
  bool simple_args = false;  // positional parameters only, own locals
  uint32_t arg_count = 0;    // co_argcount

  // Of the functions that MAKE_FUNCTION has made: see NewFunction.
  uint32_t functions_made = 0;
  uint32_t shared_version = 0;

  const Tier* tier = nullptr;  // runs the unit now
  void* tier_code = nullptr;   // owned by the tier
  // Where machine code calls functions of the unit; null until some code wants
  // to. Owned by the tier that made that code.
  void* direct = nullptr;

  Unit* prev = nullptr;  // all live units, for statistics
  Unit* next = nullptr;

  uint64_t entries_total() const {
    return entries_before +
           static_cast<uint64_t>(entry_budget_given - entry_budget);
  }
  uint64_t loops_total() const {
    return loops_before +
           static_cast<uint64_t>(loop_budget_given - loop_budget);
  }
  uint32_t PositionOf(const Instr* instr) const {
    size_t i = static_cast<size_t>(instr - instrs);
    return positions16 != nullptr ? positions16[i] : positions32[i];
  }
  InlineCache* caches() const {
    return reinterpret_cast<InlineCache*>(pool + 1);
  }
};

}  // namespace pyvm

#endif  // PYVM_CORE_BYTECODE_UNIT_H_
