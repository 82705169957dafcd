#include "core/host/host.h"

#include <algorithm>
#include <cstdio>

#include "absl/container/flat_hash_set.h"
#include "core/bytecode/disassembler.h"
#include "core/bytecode/translator.h"
#include "core/host/activation.h"
#include "core/host/frame.h"
#include "core/host/generator.h"
#include "core/tier/dumps.h"
#include "core/tier/manager.h"
#include "core/tier/metrics.h"
#include "core/tier/options.h"

namespace pyvm {
namespace {

// Indices into co_extra. The first is known to UnitOf at compile time.
constexpr Py_ssize_t kUnitIndex = 0;
Py_ssize_t ran_before_index = -1;

Unit* first_unit = nullptr;
absl::flat_hash_set<const void*>& Units() {
  static auto* units = new absl::flat_hash_set<const void*>;
  return *units;
}

void Unlink(Unit* unit) {
  Units().erase(unit);
  if (unit->prev != nullptr) {
    unit->prev->next = unit->next;
  } else {
    first_unit = unit->next;
  }
  if (unit->next != nullptr) unit->next->prev = unit->prev;
}

void Link(Unit* unit) {
  Units().insert(unit);
  unit->next = first_unit;
  if (first_unit != nullptr) first_unit->prev = unit;
  first_unit = unit;
}

// Adds (sign 1) or takes away (sign -1) a unit in the accounts.
void Account(const Unit* unit, int sign) {
  AdjustGauge(metrics.units_live, metrics.units_live_peak, sign);
  AdjustGauge(metrics.bytes_bytecode, metrics.bytes_bytecode_peak,
              sign * static_cast<int64_t>(unit->bytes_bytecode));
  AdjustGauge(metrics.bytes_caches, metrics.bytes_caches_peak,
              sign * static_cast<int64_t>(unit->bytes_caches));
}

// Called when a code object dies, or its unit is replaced.
void DestroyUnit(void* extra) {
  if (extra == nullptr) return;
  auto* unit = static_cast<Unit*>(extra);
  UnitDied(unit);
  metrics.frames_interp += unit->entries_total();
  Unlink(unit);
  Account(unit, -1);
  ++metrics.units_freed;
  FreeUnit(unit);
}

// Gives `code` room for our own extras alone. CPython would take room for those
// of all users, and call each user's function when the code dies, even for code
// that the user has never seen.
bool ReserveExtras(PyCodeObject* code) {
  if (code->co_extra != nullptr) return true;
  auto size = static_cast<size_t>(ran_before_index) + 1;
  auto* extra = static_cast<CodeExtra*>(
      PyMem_Malloc(sizeof(CodeExtra) + (size - 1) * sizeof(void*)));
  if (extra == nullptr) {
    PyErr_NoMemory();
    return false;
  }
  extra->size = ran_before_index + 1;
  std::fill_n(extra->extras, size, nullptr);
  code->co_extra = extra;
  return true;
}

// The first run of a unit, or one of those that expect no other. Apart, so that
// EvalFrame needs no stack.
__attribute__((noinline)) PyObject* EvalRarely(PyThreadState* tstate,
                                               Frame* frame, int throwing) {
  Unit* unit = EnsureUnit(frame->f_code);
  if (unit == nullptr) return nullptr;
  if (!unit->one_shot) return Enter(unit, tstate, frame, throwing);
  ++unit->active;
  PyObject* result = Enter(unit, tstate, frame, throwing);
  if (--unit->active == 0) ReleaseOneShot(unit);
  return result;
}

PyObject* EvalFrame(PyThreadState* tstate, Frame* frame, int throwing) {
  if (tstate->cframe->use_tracing) {
    return RunOnHost(tstate, frame, throwing, "traced");
  }
  Unit* unit = UnitOf(frame);
  if (unit == nullptr || unit->one_shot) [[unlikely]] {
    return EvalRarely(tstate, frame, throwing);
  }
  return Enter(unit, tstate, frame, throwing);
}

}  // namespace

bool IsUnit(const void* address) { return Units().contains(address); }

Unit* FirstUnit() { return first_unit; }

Unit* EnsureUnit(PyCodeObject* code) {
  if (Unit* unit = UnitOf(code)) return unit;
  uint64_t begin = NowNs();
  Unit* unit = Translate(code);
  if (unit == nullptr) return nullptr;
  auto* object = reinterpret_cast<PyObject*>(code);
  // One more, which NullRegisters may write to.
  unit->frame_words = static_cast<uint32_t>(kLinkWords + FRAME_SPECIALS_SIZE +
                                            unit->num_registers + 1);
  void* ran_before = nullptr;
  if (unit->one_shot) {
    _PyCode_GetExtra(object, ran_before_index, &ran_before);
    if (ran_before != nullptr) unit->one_shot = false;
  }
  if (!ReserveExtras(code) || _PyCode_SetExtra(object, kUnitIndex, unit) < 0) {
    FreeUnit(unit);
    return nullptr;
  }
  Link(unit);
  Account(unit, 1);
  ++metrics.units_translated;
  InitUnit(unit);
  metrics.translate_time_ns += NowNs() - begin;
  NoteForDumps(*unit);
  if (IsDumped(Dump::kBytecode, *unit)) {
    NoteDumped(Dump::kBytecode);
    std::fputs(Disassemble(*unit).c_str(), stderr);
  }
  return unit;
}

void ReleaseOneShot(Unit* unit) {
  auto* code = reinterpret_cast<PyObject*>(unit->code);
  static char mark;
  if (_PyCode_SetExtra(code, ran_before_index, &mark) < 0) {
    PyErr_Clear();
    return;
  }
  static_cast<CodeExtra*>(unit->code->co_extra)->extras[kUnitIndex] = nullptr;
  DestroyUnit(unit);
}

namespace host {

absl::Status Install() {
  PyInterpreterState* interp = PyInterpreterState_Get();
  if (_PyEval_RequestCodeExtraIndex(DestroyUnit) != kUnitIndex) {
    return absl::InternalError(
        "another extension already uses the code objects' first extra slot");
  }
  ran_before_index = _PyEval_RequestCodeExtraIndex(nullptr);
  if (ran_before_index < 0) {
    return absl::InternalError("no extra slot is left in code objects");
  }
  _PyInterpreterState_SetEvalFrameFunc(interp, EvalFrame);
  InstallGenerators(EvalFrame);
  return absl::OkStatus();
}

}  // namespace host
}  // namespace pyvm
