// The life of code: made, entered, found wrong, made again, given back.
#include "tiers/llvm/code.h"

#include <pthread.h>

#include <algorithm>
#include <cstring>

#include "absl/container/flat_hash_set.h"
#include "core/bytecode/decode.h"
#include "core/tier/manager.h"
#include "core/tier/metrics.h"
#include "tiers/llvm/frames.h"
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
// The same where nothing is wrong with the code: somebody waits.
constexpr int32_t kLoopsAside = 2;

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
  for (const CodeRange& block : code->blocks) pipeline->release(block.begin);
  std::vector<PyObject*> references = std::move(code->references);
  delete code;
  // May run code.
  for (PyObject* o : references) Py_DECREF(o);
}

// Code that has been replaced, but may still be running. Guarded by the GIL, as
// all of this.
std::vector<Code*>& Retired() {
  static auto* retired = new std::vector<Code*>;
  return *retired;
}

// Activations in whose machine code C++ has begun, innermost last.
std::vector<const _PyCFrame*>& Entered() {
  static auto* entered = new std::vector<const _PyCFrame*>;
  return *entered;
}

// Their number when code was last looked for that can be given back.
size_t tried_with = 0;

// Whether all machine code that runs is on this thread's stack. Another thread
// may have some, or a greenlet whose stack has been moved away.
bool RunsOnThisStack() {
  absl::flat_hash_set<const _PyCFrame*> present;
  for (const _PyCFrame* cframe = PyThreadState_Get()->cframe; cframe != nullptr;
       cframe = cframe->previous) {
    present.insert(cframe);
  }
  return std::all_of(
      Entered().begin(), Entered().end(),
      [&](const _PyCFrame* cframe) { return present.contains(cframe); });
}

// Where this thread's stack ends; null if that cannot be known.
const uintptr_t* StackEnd() {
  thread_local const uintptr_t* const end = [] {
    pthread_attr_t attributes;
    void* lowest = nullptr;
    size_t size = 0;
    if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
      pthread_attr_getstack(&attributes, &lowest, &size);
      pthread_attr_destroy(&attributes);
    }
    return reinterpret_cast<const uintptr_t*>(static_cast<char*>(lowest) +
                                              size);
  }();
  return end;
}

// Whether a word of the thread's stack may be an address that some of the
// code's blocks will be returned to.
__attribute__((no_sanitize("address"))) bool MayBeRunning(const Code& code) {
  auto* from = static_cast<const uintptr_t*>(__builtin_frame_address(0));
  for (const CodeRange& block : code.blocks) {
    auto begin = reinterpret_cast<uintptr_t>(block.begin);
    for (const uintptr_t* word = from; word < StackEnd(); ++word) {
      if (*word - begin <= block.bytes) return true;
    }
  }
  return false;
}

// Machine code calls other code without a note: whose frames there are says the
// stack alone.
void FreeRetired() {
  // What is left may run in one of these.
  tried_with = Entered().size();
  if (Retired().empty() || (!Entered().empty() && !RunsOnThisStack())) return;
  std::vector<Code*> unused;
  std::erase_if(Retired(), [&](Code* code) {
    if (!Entered().empty() && MayBeRunning(*code)) return false;
    unused.push_back(code);
    return true;
  });
  for (Code* code : unused) FreeCode(code);
}

// Adds an entry to the code, or notes that there is none.
void AddEntry(Code* code, const uint32_t* loop) {
  const char* refused = nullptr;
  uint64_t start_ns = NowNs();
  bool ok = CompileEntry(code, RequestFor(loop), &refused);
  NoteRenewal(code->unit, start_ns, ok ? nullptr : refused);
  if (ok) return SetDirect(code->unit);
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
    if (renewed != nullptr) {
      unit->tier_code = renewed;
      SetDirect(unit);
    }
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
void LimitLoops(Unit* unit, int32_t loops) {
  if (unit->loop_budget <= loops) return;
  unit->loops_before = unit->loops_total();
  unit->loop_budget = unit->loop_budget_given = loops;
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

Entrance FindEntry(Unit* unit, const uint32_t* loop) {
  Code* code = CodeOf(unit);
  if (code == nullptr) return {};
  if (loop != nullptr &&
      !std::binary_search(code->headers.begin(), code->headers.end(), *loop)) {
    return {};
  }
  if (code->stale) {
    code = Renew(code, loop);
    if (code == nullptr) return {};
  }
  if (loop == nullptr) {
    Entrance start = {code->start, code->direct};
    if (!start && !code->no_start) {
      AddEntry(code, nullptr);
    } else {
      SetDirect(unit);
    }
    return {code->start, code->direct};
  }
  auto find = [&] {
    return std::find_if(code->loops.begin(), code->loops.end(),
                        [&](const LoopEntry& e) { return e.instr == *loop; });
  };
  if (find() == code->loops.end()) AddEntry(code, loop);
  return {find()->entry, nullptr};
}

void SetDirect(Unit* unit) {
  const Code* code = CodeOf(unit);
  if (code != nullptr && code->direct != nullptr && !code->stale) {
    unit->direct = code->direct;
  } else if (unit->direct != nullptr) {
    unit->direct = pyvm_llvm_direct_stub(unit->arg_count);
  }
}

void Release(Code* code) {
  // The unit may have been given other code already, or none.
  if (code->unit->direct == code->direct && code->direct != nullptr) {
    code->unit->direct = pyvm_llvm_direct_stub(code->unit->arg_count);
  }
  Retired().push_back(code);
  FreeRetired();
}

Running::Running(const Activation* act) : cframe_(&act->cframe) {
  Entered().push_back(cframe_);
}

Running::~Running() {
  std::vector<const _PyCFrame*>& entered = Entered();
  // The last one, unless greenlets have been switched.
  entered.erase(std::find(entered.rbegin(), entered.rend(), cframe_).base() -
                1);
  if (!Retired().empty() && entered.size() < tried_with) [[unlikely]] {
    FreeRetired();
  }
}

void NoteFailure(Unit* unit, Site* site) {
  // That somebody looks at a frame, or waits, says nothing about the code.
  for (const char* outer : {"Unobserved", "Safepoint"}) {
    if (std::strcmp(site->reason, outer) == 0) {
      return LimitLoops(unit, kLoopsAside);
    }
  }
  LimitLoops(unit, kLoopsOutside);
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
  // Calls look for an entry.
  code->start = nullptr;
  code->direct = nullptr;
  SetDirect(unit);
}

}  // namespace pyvm::llvm_tier
