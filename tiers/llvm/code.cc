// The life of code: made, entered, found wrong, made again, given back.
#include "tiers/llvm/code.h"

#include <pthread.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <random>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "core/bytecode/decode.h"
#include "core/tier/manager.h"
#include "core/tier/metrics.h"
#include "core/tier/options.h"
#include "tiers/llvm/frames.h"
#include "tiers/llvm/pipeline.h"

namespace pyvm::llvm_tier {

extern "C" {
int64_t pyvm_llvm_guards_left = 0;
}

namespace {

// A site fails this often before the unit is compiled without what it assumes:
// a compilation takes as long as thousands of failures, and those that follow
// one another should be known together. Twice as often each time: what that
// costs stays in proportion.
constexpr uint32_t kPatience = 100;
// The same for code that had never run when the unit was compiled: by now there
// is more to know of it.
constexpr uint32_t kPatienceWhenCold = 25;
// So often it is compiled anew, then left to another tier.
constexpr uint32_t kMaxRenewals = 6;
// Back-edges that a frame which has left its code takes elsewhere before it
// asks for another entry.
constexpr int32_t kLoopsOutside = 64;
// The same where nothing is wrong with the code: somebody waits.
constexpr int32_t kLoopsAside = 2;
// Failures after which code that waits for its successor is left at once.
constexpr uint32_t kMaxFailuresSince = 64;

// What follows the instruction that makes a generator of the unit.
uint32_t BeginOf(const Unit& unit) {
  uint32_t i = 0;
  while (BaseOf(unit.instrs[i].op) != Op::kRETURN_GENERATOR) {
    i += InstrWords(unit, i);
  }
  return i + 1;
}

// A generator's function is entered where the generator begins.
CompileRequest Resolve(const Unit& unit, CompileRequest request) {
  if (request.entry != EntryKind::kLoopHeader && IsGenerator(unit)) {
    request.entry = EntryKind::kLoopHeader;
    request.loop = BeginOf(unit);
  }
  return request;
}

std::vector<uint32_t> HeadersOf(const Unit& unit,
                                std::vector<uint32_t>* resumed) {
  std::vector<uint32_t> headers;
  for (uint32_t i = 0; i < unit.num_instrs; i += InstrWords(unit, i)) {
    int64_t target = JumpTarget(unit, i);
    if (target >= 0 && target <= static_cast<int64_t>(i)) {
      headers.push_back(static_cast<uint32_t>(target));
    }
    Op op = BaseOf(unit.instrs[i].op);
    if (op == Op::kYIELD || op == Op::kRETURN_GENERATOR) {
      headers.push_back(i + 1);
      resumed->push_back(i + 1);
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

Code* NewCode(Unit* unit) {
  Code* code = new Code;
  code->unit = unit;
  code->headers = HeadersOf(*unit, &code->resumed_behind);
  return code;
}

void FreeCode(Code* code) {
  const char* refused = nullptr;
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
const std::vector<const _PyCFrame*>& Entered() { return Running::All(); }

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
  Running::Watch(!Retired().empty());
  for (Code* code : unused) FreeCode(code);
}

Experience& ExperienceOf(Unit* unit) {
  std::unique_ptr<TierNotes>& notes = TheManager().NotesOf(unit, &kTier);
  if (notes == nullptr) notes = std::make_unique<Experience>();
  return static_cast<Experience&>(*notes);
}

bool IsCold(const Site& site) { return std::strcmp(site.reason, "Deopt") == 0; }

// That somebody looks at a frame, or waits, or an exception goes on to somebody
// else, says nothing about the code.
bool IsOuter(const Site& site) {
  return std::strcmp(site.reason, "Unobserved") == 0 ||
         std::strcmp(site.reason, "Untraced") == 0 ||
         std::strcmp(site.reason, "Safepoint") == 0 ||
         std::strcmp(site.reason, "Reraise") == 0;
}

uint32_t PatienceWith(const Site& site, const Experience& experience) {
  return (IsCold(site) ? kPatienceWhenCold : kPatience) << experience.renewals;
}

Denial DenialOf(const Site& site) {
  const FrameMap& last = site.frames.back();
  if (last.blamed_unit != nullptr) {
    return {last.blamed_unit, last.blamed_instr, site.reason};
  }
  return {last.unit, last.instr, site.reason};
}

void Deny(const Site& site, Experience* experience) {
  Denial denial = DenialOf(site);
  auto is_it = [&](const Denial& other) {
    return other.unit == denial.unit && other.instr == denial.instr;
  };
  auto same = [&](const Denial& other) {
    return is_it(other) && other.reason == denial.reason;
  };
  auto has = [](const Denials& all, auto matches) {
    return std::any_of(all.begin(), all.end(), matches);
  };
  // What has run meanwhile is quickened; if that does not help, it is denied.
  bool first = IsCold(site) && !has(experience->reached, is_it);
  Denials& all = first ? experience->reached : experience->denials;
  if (!has(all, same)) all.push_back(denial);
}

// Whatever fails in the code for some part of the patience there is will fail
// in its successor too: it is denied at once.
void DenyFailing(const Code& code, Experience* experience) {
  for (const auto& site : code.sites) {
    if (IsOuter(*site)) continue;
    uint32_t some = std::max(PatienceWith(*site, *experience) / 4, 1u);
    if (site->failures >= some) Deny(*site, experience);
  }
}

// --- What code learns from its operands

// What has been met so often when code is made anew for some other reason.
constexpr uint32_t kSomeTimes = 30;

bool Teaches(const Site& site) {
  return std::any_of(std::begin(site.met), std::end(site.met),
                     [](const PyTypeObject* type) {
                       return type != nullptr && type != kMixed;
                     });
}

void Learn(const Code& code, Experience* experience) {
  for (const auto& site : code.sites) {
    if (site->times_met < kSomeTimes) continue;
    Denial place = DenialOf(*site);
    auto& lessons = experience->lessons;
    auto known =
        std::find_if(lessons.begin(), lessons.end(), [&](const Lesson& lesson) {
          return lesson.unit == place.unit && lesson.instr == place.instr;
        });
    if (known == lessons.end()) {
      known = lessons.insert(known, {place.unit, place.instr, {}});
    }
    for (int i = 0; i < 2; ++i) {
      known->types[i] = site->met[i] == kMixed ? nullptr : site->met[i];
    }
  }
}

// Entries that have been compiled, or that there cannot be.
void NoteNoEntry(Code* code, const CompileRequest& request) {
  if (request.entry == EntryKind::kLoopHeader) {
    code->loops.push_back({request.loop, nullptr});
  } else {
    code->no_start = true;
  }
}

class Task final : public CompileTask {
 public:
  Task(Unit* unit, const CompileRequest& request,
       std::unique_ptr<Compilation> compilation)
      : unit_(unit), request_(request), compilation_(std::move(compilation)) {}

  void Finish() override { compilation_->Finish(); }

  CompileResult Install() override {
    CompileResult result;
    Code* there = request_.renew ? nullptr : CodeOf(unit_);
    Code* code = there != nullptr ? there : NewCode(unit_);
    if (compilation_->AddTo(code, &result.refused)) {
      result.code = code;
    } else if (there != nullptr) {
      NoteNoEntry(there, request_);
    } else {
      FreeCode(code);
    }
    return result;
  }

 private:
  Unit* const unit_;
  const CompileRequest request_;
  const std::unique_ptr<Compilation> compilation_;
};

// Whether the guard that fails is one of --stress=deopt. The next is drawn.
bool IsProvoked() {
  constexpr uint32_t kMostGuards = 64;
  static std::minstd_rand random;  // the same in each run
  if ((options.stress & kStressDeopt) == 0 || pyvm_llvm_guards_left >= 0) {
    return false;
  }
  pyvm_llvm_guards_left = static_cast<int64_t>(random() % kMostGuards);
  return true;
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

std::unique_ptr<CompileTask> Prepare(Unit* unit, const CompileRequest& wanted,
                                     const char** refused) {
  CompileRequest request = Resolve(*unit, wanted);
  Experience& experience = ExperienceOf(unit);
  Code* code = CodeOf(unit);
  if (code != nullptr) Learn(*code, &experience);
  if (request.renew && code != nullptr && code->learns) {
    ++experience.rounds;
  } else if (request.renew) {
    if (experience.renewals >= kMaxRenewals) {
      *refused = "its guards have failed too often";
      return nullptr;
    }
    if (code != nullptr) DenyFailing(*code, &experience);
    ++experience.renewals;
  }
  const Pipeline* pipeline = ThePipeline(refused);
  if (pipeline == nullptr) return nullptr;
  std::unique_ptr<Compilation> compilation =
      pipeline->prepare(unit, request, experience, refused);
  if (compilation != nullptr) {
    return std::make_unique<Task>(unit, request, std::move(compilation));
  }
  if (code != nullptr && !request.renew) NoteNoEntry(code, request);
  return nullptr;
}

CompileResult Compile(Unit* unit, const CompileRequest& request) {
  CompileResult result;
  std::unique_ptr<CompileTask> task = Prepare(unit, request, &result.refused);
  if (task == nullptr) return result;
  task->Finish();
  return task->Install();
}

namespace {

// The entry there, both null if there cannot be one; nothing if it has not been
// compiled.
std::optional<Entrance> KnownEntry(const Code& code, const uint32_t* loop) {
  if (loop == nullptr) {
    Entrance start = {code.start, code.direct};
    return start || code.no_start ? std::optional(start) : std::nullopt;
  }
  for (const LoopEntry& known : code.loops) {
    if (known.instr == *loop) return Entrance{known.entry, nullptr};
  }
  return std::nullopt;
}

}  // namespace

Entrance FindEntry(Unit* unit, const uint32_t* loop) {
  Code* code = CodeOf(unit);
  if (code == nullptr) return {};
  if (loop != nullptr && !code->stale && *loop < code->resumed_at.size() &&
      code->resumed_at[*loop] != nullptr) [[likely]] {
    return Entrance{code->resumed_at[*loop], nullptr};
  }
  if (loop != nullptr &&
      !std::binary_search(code->headers.begin(), code->headers.end(), *loop)) {
    return {};
  }
  std::optional<Entrance> found = KnownEntry(*code, loop);
  if (!found || code->stale) {
    CompileRequest request = RequestFor(loop);
    request.renew = code->stale;
    TheManager().Recompile(unit, request);
    code = CodeOf(unit);
    if (code == nullptr) return {};
    found = KnownEntry(*code, loop);
  }
  if (loop == nullptr) {
    SetDirect(unit);
  } else if (found && IsGenerator(*unit)) {
    SetResumptions(unit);
    code->resumed_at.resize(unit->num_instrs);
    code->resumed_at[*loop] = found->entry;
  }
  if (found) return *found;
  LimitLoops(unit, kLoopsOutside);
  return {};
}

namespace {

// Where generators are resumed now that are suspended at the instruction.
GeneratorEntry ResumedAt(const Unit& unit, uint32_t instr) {
  const Code* code = CodeOf(&unit);
  if (code == nullptr || code->stale) return nullptr;
  std::optional<Entrance> known = KnownEntry(*code, &instr);
  return known ? reinterpret_cast<GeneratorEntry>(known->entry) : nullptr;
}

}  // namespace

const Resumption* ResumptionOf(Unit* unit, uint32_t instr) {
  auto find = [=] {
    auto [at, fresh] = ExperienceOf(unit).resumptions.try_emplace(instr);
    if (fresh) at->second.entry = ResumedAt(*unit, instr);
    return &at->second;
  };
  Code* code = CodeOf(unit);
  if (code == nullptr) return find();
  if (code->resumptions.empty()) code->resumptions.resize(unit->num_instrs);
  const Resumption*& known = code->resumptions[instr];
  if (known == nullptr) known = find();
  return known;
}

void SetResumptions(Unit* unit) {
  for (auto& [instr, resumption] : ExperienceOf(unit).resumptions) {
    resumption.entry = ResumedAt(*unit, instr);
  }
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
  if (IsGenerator(*code->unit)) SetResumptions(code->unit);
  Retired().push_back(code);
  Running::Watch(true);
  FreeRetired();
}

std::vector<const _PyCFrame*>& Running::entered_ =
    *new std::vector<const _PyCFrame*>;
bool Running::watched_ = false;

void Running::End() {
  // The last one, unless greenlets have been switched.
  entered_.erase(std::find(entered_.rbegin(), entered_.rend(), cframe_).base() -
                 1);
  if (!Retired().empty() && entered_.size() < tried_with) FreeRetired();
}

extern "C" void pyvm_llvm_meet(Site* site, PyObject* first, PyObject* second) {
  PyObject* const operands[2] = {first, second};
  for (int i = 0; i < 2; ++i) {
    if (operands[i] == nullptr) continue;
    PyTypeObject* type = Py_TYPE(operands[i]);
    // Of others the code would have to know more than their addresses.
    if ((type->tp_flags & Py_TPFLAGS_HEAPTYPE) != 0 ||
        (type->tp_flags & Py_TPFLAGS_IMMUTABLETYPE) == 0) {
      site->met[i] = kMixed;
    } else if (site->met[i] == nullptr) {
      site->met[i] = type;
    } else if (site->met[i] != type) {
      site->met[i] = kMixed;
    }
  }
  if (++site->times_met != kTimesToMeet || !Teaches(*site)) return;
  Unit* unit = site->frames[0].unit;
  Code* code = CodeOf(unit);
  // Code that has been replaced already may still be running.
  if (code == nullptr || code->stale || site->number >= code->sites.size() ||
      code->sites[site->number].get() != site ||
      !ExperienceOf(unit).IsToLearn()) {
    return;
  }
  code->stale = code->learns = true;
  SetDirect(unit);
  if (!TheManager().InBackground(&kTier)) {
    // Calls look for an entry.
    code->start = nullptr;
    code->direct = nullptr;
  }
}

void NoteFailure(Unit* unit, Site* site) {
  bool provoked = IsProvoked();
  if (provoked || IsOuter(*site)) return LimitLoops(unit, kLoopsAside);
  LimitLoops(unit, kLoopsOutside);
  Code* code = CodeOf(unit);
  ++site->failures;
  // Code that has been replaced already may still be running.
  if (code == nullptr || site->number >= code->sites.size() ||
      code->sites[site->number].get() != site) {
    return;
  }
  Experience& experience = ExperienceOf(unit);
  if (code->stale) {
    if (++code->failures_since == kMaxFailuresSince) {
      DenyFailing(*code, &experience);
      TheManager().StepAside(unit);
    }
    return;
  }
  if (site->failures < PatienceWith(*site, experience)) return;
  code->stale = true;
  SetDirect(unit);
  if (IsGenerator(*unit)) SetResumptions(unit);
  if (!TheManager().InBackground(&kTier)) {
    // Calls look for an entry.
    code->start = nullptr;
    code->direct = nullptr;
    return;
  }
  // The code runs on until there is another.
  CompileRequest request = RequestFor(site->at_loop ? &site->loop : nullptr);
  request.renew = true;
  TheManager().Recompile(unit, request);
}

}  // namespace pyvm::llvm_tier
