// The life of code: made, entered, found wrong, made again, given back.
#include "tiers/llvm/code.h"

#include <algorithm>
#include <cstring>

#include "core/bytecode/decode.h"
#include "core/tier/manager.h"
#include "core/tier/metrics.h"
#include "tiers/llvm/pipeline.h"

namespace pyvm::llvm_tier {
namespace {

// A site fails this often before the unit is compiled without what it assumes.
// Twice as often each time: what that costs stays in proportion.
constexpr uint32_t kPatience = 8;
// The same for code that had never run when the unit was compiled: by now there
// is more to know of it.
constexpr uint32_t kPatienceWhenCold = 2;
// So often it is compiled anew, then left to another tier.
constexpr uint32_t kMaxRenewals = 8;
// Back-edges that a frame which has left its code takes elsewhere before it
// asks for another entry.
constexpr int32_t kLoopsOutside = 64;

std::vector<uint32_t> HeadersOf(const Unit& unit) {
  std::vector<uint32_t> headers;
  for (uint32_t i = 0; i < unit.num_instrs; i += InstrWords(unit, i)) {
    int64_t target = JumpTarget(unit, i);
    if (target >= 0 && target <= static_cast<int64_t>(i)) {
      headers.push_back(static_cast<uint32_t>(target));
    }
  }
  std::sort(headers.begin(), headers.end());
  headers.erase(std::unique(headers.begin(), headers.end()), headers.end());
  return headers;
}

CompileRequest RequestFor(const uint32_t* loop) {
  CompileRequest request;
  if (loop != nullptr) {
    request.entry = EntryKind::kLoopHeader;
    request.loop = *loop;
  }
  return request;
}

bool CompileEntry(Code* code, const CompileRequest& request,
                  const char** refused) {
  const Pipeline* pipeline = ThePipeline(refused);
  return pipeline != nullptr &&
         pipeline->compile(code->unit, request, code, refused);
}

Code* NewCode(Unit* unit) {
  Code* code = new Code;
  code->unit = unit;
  code->headers = HeadersOf(*unit);
  return code;
}

void FreeCode(Code* code) {
  const char* refused;
  const Pipeline* pipeline = ThePipeline(&refused);
  for (const uint8_t* block : code->blocks) pipeline->release(block);
  std::vector<PyObject*> references = std::move(code->references);
  delete code;
  // May run code.
  for (PyObject* o : references) Py_DECREF(o);
}

// Adds an entry to the code, or notes that there is none.
void AddEntry(Code* code, const uint32_t* loop) {
  const char* refused = nullptr;
  uint64_t start_ns = NowNs();
  bool ok = CompileEntry(code, RequestFor(loop), &refused);
  NoteRenewal(code->unit, start_ns, ok ? nullptr : refused);
  if (ok) return;
  if (loop == nullptr) {
    code->no_start = true;
  } else {
    code->loops.push_back({*loop, nullptr});
  }
}

// The successor of code that has become stale; null if there is none: the unit
// has another tier then.
Code* Renew(Code* code, const uint32_t* loop) {
  Unit* unit = code->unit;
  const char* refused = "its guards have failed too often";
  Code* renewed = nullptr;
  if (code->renewals < kMaxRenewals) {
    uint64_t start_ns = NowNs();
    renewed = NewCode(unit);
    renewed->renewals = code->renewals + 1;
    renewed->denials = code->denials;
    renewed->reached = code->reached;
    if (!CompileEntry(renewed, RequestFor(loop), &refused)) {
      FreeCode(renewed);
      renewed = nullptr;
    }
    if (renewed != nullptr) unit->tier_code = renewed;
    NoteRenewal(unit, start_ns, renewed != nullptr ? nullptr : refused);
  }
  if (renewed == nullptr) {
    TheManager().StepDown(unit, refused);
    return nullptr;
  }
  Release(code);
  return renewed;
}

// A frame of the unit runs elsewhere for now: it shall not stay there for all
// of a long loop.
void LimitLoops(Unit* unit) {
  if (unit->loop_budget <= kLoopsOutside) return;
  unit->loops_before = unit->loops_total();
  unit->loop_budget = unit->loop_budget_given = kLoopsOutside;
}

}  // namespace

Code* CodeOf(const Unit* unit) {
  return unit->tier == &kTier ? static_cast<Code*>(unit->tier_code) : nullptr;
}

Code* Compile(Unit* unit, const CompileRequest& request, const char** refused) {
  Code* code = NewCode(unit);
  if (const Code* before = CodeOf(unit)) {
    code->renewals = before->renewals;
    code->denials = before->denials;
    code->reached = before->reached;
  }
  if (CompileEntry(code, request, refused)) return code;
  FreeCode(code);
  return nullptr;
}

Entry FindEntry(Unit* unit, const uint32_t* loop) {
  Code* code = CodeOf(unit);
  if (code == nullptr) return nullptr;
  if (loop != nullptr &&
      !std::binary_search(code->headers.begin(), code->headers.end(), *loop)) {
    return nullptr;
  }
  if (code->stale) {
    code = Renew(code, loop);
    if (code == nullptr) return nullptr;
  }
  if (loop == nullptr) {
    if (code->start == nullptr && !code->no_start) AddEntry(code, nullptr);
    return code->start;
  }
  auto find = [&] {
    return std::find_if(code->loops.begin(), code->loops.end(),
                        [&](const LoopEntry& e) { return e.instr == *loop; });
  };
  if (find() == code->loops.end()) AddEntry(code, loop);
  return find()->entry;
}

void Release(Code* code) {
  code->retired = true;
  if (code->running == 0) FreeCode(code);
}

void Running::Free(Code* code) { FreeCode(code); }

void NoteFailure(Unit* unit, Site* site) {
  LimitLoops(unit);
  // That somebody looks at a frame, or waits, says nothing about the code.
  for (const char* outer : {"Unobserved", "Safepoint"}) {
    if (std::strcmp(site->reason, outer) == 0) return;
  }
  Code* code = CodeOf(unit);
  ++site->failures;
  bool cold = std::strcmp(site->reason, "Deopt") == 0;
  uint32_t patience = cold ? kPatienceWhenCold : kPatience;
  if (code == nullptr || site->failures < patience << code->renewals) return;
  // Code that has been replaced already may still be running.
  if (site->number >= code->sites.size() ||
      code->sites[site->number].get() != site) {
    return;
  }
  const FrameMap& last = site->frames.back();
  Denial denial = {last.unit, last.instr, site->reason};
  if (last.blamed_unit != nullptr) {
    denial = {last.blamed_unit, last.blamed_instr, site->reason};
  }
  // What has run meanwhile is quickened; if that does not help, it is denied.
  bool again = std::any_of(
      code->reached.begin(), code->reached.end(), [&](const Denial& seen) {
        return seen.unit == denial.unit && seen.instr == denial.instr;
      });
  (cold && !again ? code->reached : code->denials).push_back(denial);
  code->stale = true;
  code->start = nullptr;  // calls look for an entry
}

}  // namespace pyvm::llvm_tier
