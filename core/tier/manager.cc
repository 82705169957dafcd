#include "core/tier/manager.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/bytecode/opcodes.h"
#include "core/bytecode/unit.h"
#include "core/code/code_memory.h"
#include "core/tier/metrics.h"
#include "core/tier/options.h"
#include "core/tier/sites.h"
#include "core/tier/unit_name.h"

namespace pyvm {
namespace {

// Asked only where there is machine code: most programs have none.
uint64_t CodeBytesOf(const pyvm_tier_info& info) {
  return metrics.bytes_code != 0 ? TheCodeMemory().UsageOf(info.name).live : 0;
}

}  // namespace

void GiveBudgets(Unit* unit, int32_t entries, int32_t loops) {
  unit->entries_before = unit->entries_total();
  unit->loops_before = unit->loops_total();
  // A budget that is not positive would never reach zero by counting down.
  unit->entry_budget = unit->entry_budget_given = std::max(entries, 1);
  unit->loop_budget = unit->loop_budget_given = std::max(loops, 1);
}

void NoteCompileWait(uint64_t ns) {
  metrics.compile_wait_ns += ns;
  metrics.compile_wait_longest_ns =
      std::max(metrics.compile_wait_longest_ns, ns);
}

uint64_t CodeBytesOf(const Unit& unit) {
  return unit.tier != nullptr && unit.tier->code_bytes != nullptr &&
                 unit.tier_code != nullptr
             ? unit.tier->code_bytes(unit.tier_code)
             : 0;
}

Manager& TheManager() {
  static auto* manager = new Manager;
  return *manager;
}

absl::Status Manager::Configure(ManagerConfig config) {
  config_ = std::move(config);
  infos_.clear();
  for (const Tier* tier : config_.tiers) {
    pyvm_tier_info info = {};
    info.size = sizeof(info);
    info.name = tier->name;
    info.can_enter_loops = (tier->capabilities & kTierCanEnterLoops) != 0;
    infos_.push_back(info);
  }

  bool count = std::any_of(config_.monitors.begin(), config_.monitors.end(),
                           [](const Monitor& monitor) {
                             return monitor.Wants(PYVM_WANTS_OPCOUNTS);
                           });
  if (!count) return absl::OkStatus();
  std::vector<const Tier*> counting = config_.tiers;
  if (IndexOf(config_.landing) == infos_.size())
    counting.push_back(config_.landing);
  for (const Tier* tier : counting) {
    if ((tier->capabilities & kTierCanCountOps) == 0 ||
        tier->count_ops == nullptr) {
      return absl::FailedPreconditionError(
          absl::StrCat("tier ", tier->name,
                       " cannot count instructions, which a monitor wants; "
                       "leave it out of --tiers"));
    }
  }
  opcounts_ = std::make_unique<uint64_t[]>(kNumOps);
  for (const Tier* tier : counting) tier->count_ops(opcounts_.get());
  return absl::OkStatus();
}

uint32_t Manager::IndexOf(const Tier* tier) const {
  auto found = std::find(config_.tiers.begin(), config_.tiers.end(), tier);
  return static_cast<uint32_t>(found - config_.tiers.begin());
}

const pyvm_tier_info* Manager::InfoOf(const Tier* tier) const {
  uint32_t index = IndexOf(tier);
  return index < infos_.size() ? &infos_[index] : nullptr;
}

Manager::History& Manager::HistoryOf(Unit* unit) {
  History& history = histories_[unit];
  if (history.id == 0) {
    history.id = ++next_id_;
    history.unit = unit;
  }
  return history;
}

uint64_t Manager::EventTimeNs() const {
  return options.virtual_time ? virtual_time_ * PYVM_VIRTUAL_NS : NowNs();
}

void Manager::CountsByTier(const Unit& unit, std::vector<uint64_t>* entries,
                           std::vector<uint64_t>* loops) const {
  size_t n = infos_.size();
  entries->assign(n, 0);
  loops->assign(n, 0);
  uint64_t entries_here = unit.entries_total();
  uint64_t loops_here = unit.loops_total();
  auto found = histories_.find(&unit);
  if (found != histories_.end() && found->second.left != nullptr) {
    for (size_t i = 0; i < n; ++i) {
      entries_here -= (*entries)[i] = found->second.left[i];
      loops_here -= (*loops)[i] = found->second.left[n + i];
    }
  }
  if (uint32_t index = IndexOf(unit.tier); index < n) {
    (*entries)[index] += entries_here;
    (*loops)[index] += loops_here;
  }
}

// The unit is about to leave its tier: what it has counted there is noted.
void Manager::NoteLeaving(const Unit& unit, History* history) {
  size_t n = infos_.size();
  if (IndexOf(unit.tier) >= n) return;
  std::vector<uint64_t> entries, loops;
  CountsByTier(unit, &entries, &loops);
  if (history->left == nullptr)
    history->left = std::make_unique<uint64_t[]>(2 * n);
  std::copy(entries.begin(), entries.end(), history->left.get());
  std::copy(loops.begin(), loops.end(), history->left.get() + n);
}

// A tier's figures, and what they predict for the unit.
pyvm_tier_info Manager::InfoFor(const Unit& unit, uint32_t tier) const {
  pyvm_tier_info info = infos_[tier];
  if (options.virtual_time) info.compile_ns = 0;
  info.code_bytes = CodeBytesOf(info);
  double rate = config_.tiers[tier]->compile_ns_per_byte;
  if (info.compile_ns != 0 && info.compiled_bytecode != 0) {
    rate = static_cast<double>(info.compile_ns) /
           static_cast<double>(info.compiled_bytecode);
  }
  info.predicted_compile_ns = rate * unit.bytes_bytecode;
  double speed = config_.tiers[tier]->speed;
  double speed_now = unit.tier != nullptr ? unit.tier->speed : 0;
  info.predicted_speedup = speed > 0 && speed_now > 0 ? speed / speed_now : 1;
  return info;
}

void Manager::NextEvent() {
  ++sequence_;
  ++metrics.events;
}

void Manager::Fill(Snapshot* snapshot, uint32_t kind, History* history) const {
  const Unit& unit = *history->unit;
  CountsByTier(unit, &snapshot->entries, &snapshot->loops);
  snapshot->tiers.clear();
  for (uint32_t i = 0; i < infos_.size(); ++i)
    snapshot->tiers.push_back(InfoFor(unit, i));

  pyvm_event* event = &snapshot->event;
  *event = {};
  event->size = sizeof(*event);
  event->kind = kind;
  event->sequence = sequence_;
  event->time_ns = EventTimeNs();
  event->virtual_time = virtual_time_;
  event->unit_id = history->id;
  UnitName name = NameOf(unit);
  event->name = name.qualified_name;
  event->filename = name.filename;
  event->first_line = name.first_line;
  event->tier = IndexOf(unit.tier);
  event->instructions = unit.num_instrs;
  event->bytecode_bytes = unit.bytes_bytecode;
  event->cache_bytes = unit.bytes_caches;
  event->entries = unit.entries_total();
  event->loops = unit.loops_total();
  event->entries_since = event->entries - history->last_entries;
  event->loops_since = event->loops - history->last_loops;
  event->ns_since = history->introduced ? event->time_ns - history->last_ns : 0;
  event->entries_by_tier = snapshot->entries.data();
  event->loops_by_tier = snapshot->loops.data();
  event->events = history->events;
  event->compiles = history->compiles;
  event->refusals = history->refusals;
  event->refused = history->refused;
  event->num_tiers = static_cast<uint32_t>(infos_.size());
  event->tier_stride = sizeof(pyvm_tier_info);
  event->tiers = snapshot->tiers.data();
  event->code_bytes = metrics.bytes_code;
  event->code_bytes_limit = static_cast<uint64_t>(options.code_bytes_limit);
  event->units = static_cast<uint32_t>(metrics.units_live);
  event->queue_length = queue_ != nullptr ? queue_->length() : 0;
  event->deopts = history->deopts;
  event->num_deopt_sites = static_cast<uint32_t>(history->deopt_sites.size());
  event->deopt_sites = history->deopt_sites.data();
  event->memory = history->memory;
}

void Manager::Publish(const pyvm_event& event, const pyvm_decision* decision) {
  log_.Event(event, decision);
  if (config_.monitors.empty()) return;
  uint64_t start = NowNs();
  for (const Monitor& monitor : config_.monitors)
    monitor.OnEvent(event, decision);
  metrics.monitor_time_ns += NowNs() - start;
}

pyvm_decision Manager::Preset(const pyvm_event& event) const {
  pyvm_decision decision = {};
  decision.size = sizeof(decision);
  decision.action = PYVM_STAY;
  decision.tier = event.tier >= event.num_tiers ? 0 : event.tier + 1;
  decision.loop = event.loop;
  decision.entry_budget = decision.loop_budget = PYVM_NEVER;
  decision.reason = "";
  return decision;
}

void Manager::NoteError(const std::string& what, bool* shown) {
  ++metrics.policy_errors;
  if (*shown) return;
  *shown = true;
  fprintf(stderr, "pyvm: policy %s %s\n",
          config_.policy ? config_.policy->instance().plugin().name : "(none)",
          what.c_str());
}

void Manager::Ask(const pyvm_event& event, pyvm_decision* decision) {
  if (config_.policy) {
    uint64_t start = NowNs();
    deciding_ = true;
    config_.policy->Decide(event, decision);
    deciding_ = false;
    metrics.policy_time_ns += NowNs() - start;
    if (decision->reason == nullptr) decision->reason = "";
    if (decision->error != nullptr) {
      NoteError(
          absl::StrCat("failed: ", decision->error, "; ", event.name,
                       " stays in its tier (--stats counts policy.errors)"),
          &shown_error_);
      decision->action = PYVM_STAY;
      decision->reason = decision->error;
    }
  } else {
    decision->reason = "there is no policy";
  }
  ApplyStress(event, decision);
}

void Manager::ApplyStress(const pyvm_event& event, pyvm_decision* decision) {
  bool evict = (options.stress & kStressEvict) != 0;
  bool promote = evict || (options.stress & kStressPromote) != 0;
  bool osr = (options.stress & kStressOsr) != 0;
  uint32_t next = event.tier >= event.num_tiers ? 0 : event.tier + 1;
  if ((!promote && !osr) || event.kind == PYVM_MEMORY_PRESSURE) return;
  if (evict) {
    decision->entry_budget = static_cast<int32_t>(1 + random_() % 16);
    decision->loop_budget = static_cast<int32_t>(1 + random_() % 32);
    bool compiled = event.tier < event.num_tiers &&
                    config_.tiers[event.tier] != config_.landing;
    if (compiled && event.kind != PYVM_NEW_UNIT && random_() % 2 == 0) {
      decision->action = PYVM_EVICT;
      decision->reason = "--stress";
      return;
    }
  }
  if (next >= event.num_tiers) return;
  if (promote && !evict) decision->entry_budget = 1;
  if (!evict) decision->loop_budget = 1;
  bool in_loop = event.kind == PYVM_LOOP_BUDGET;
  if (event.kind == PYVM_NEW_UNIT || (!promote && !in_loop)) return;
  decision->action = in_loop ? PYVM_OSR : PYVM_COMPILE;
  decision->tier = next;
  decision->loop = event.loop;
  decision->reason = "--stress";
}

Manager::Attempt Manager::Install(History* history, const Tier* tier,
                                  const CompileRequest& request) {
  CompileResult result;
  uint64_t start = NowNs();
  if (tier->compile != nullptr) result = tier->compile(history->unit, request);
  uint64_t spent_ns = NowNs() - start;
  if (tier->compile != nullptr) NoteCompileWait(spent_ns);
  return Accept(history, tier, result, spent_ns);
}

Manager::Attempt Manager::Accept(History* history, const Tier* tier,
                                 const CompileResult& result,
                                 uint64_t spent_ns) {
  Unit* unit = history->unit;
  uint32_t index = IndexOf(tier);
  pyvm_tier_info* info = index < infos_.size() ? &infos_[index] : nullptr;
  metrics.compile_time_ns += spent_ns;
  if (info != nullptr) info->compile_ns += spent_ns;
  if (result.refused != nullptr) {
    if (info != nullptr) ++info->refused;
    return {result.refused, spent_ns};
  }
  if (info != nullptr) {
    ++info->compiled;
    info->compiled_bytecode += unit->bytes_bytecode;
  }
  if (unit->tier != nullptr) {
    NoteLeaving(*unit, history);
    // An entry may have been added to the code that is there.
    if (unit->tier_code != nullptr &&
        (unit->tier != tier || unit->tier_code != result.code)) {
      history->retired.push_back({unit->tier, unit->tier_code});
    }
  }
  unit->tier = tier;
  unit->tier_code = result.code;
  if (unit->active == 0) ReleaseRetired(unit);
  return {nullptr, spent_ns};
}

Manager::Attempt Manager::ChangeTier(History* history, const pyvm_event& event,
                                     const pyvm_decision& decision,
                                     const CompileRequest& request) {
  uint32_t tier = decision.tier;
  if (tier >= infos_.size()) {
    NoteError(
        absl::StrCat("asked for a tier that is not in --tiers; ", event.name,
                     " stays in its tier (--stats counts policy.errors)"),
        &shown_missing_tier_);
    return {"the policy named a tier that is not in --tiers"};
  }
  if (config_.tiers[tier] == history->unit->tier &&
      request.entry == EntryKind::kFunctionStart) {
    return {"the unit is in this tier already"};
  }
  // It has been asked for.
  if (history->job != nullptr) return {.queued = true};
  bool up = event.tier >= event.num_tiers || tier > event.tier;
  if (up && options.code_bytes_limit != 0 &&
      metrics.bytes_code >= static_cast<uint64_t>(options.code_bytes_limit)) {
    return {"machine code has reached code-bytes-limit"};
  }
  if (up && config_.tiers[tier]->prepare != nullptr &&
      options.compile_time_limit != 0 &&
      infos_[tier].compile_ns / 1000000 >=
          static_cast<uint64_t>(options.compile_time_limit)) {
    return {"compilations have reached compile-time-limit"};
  }
  if (!InBackground(config_.tiers[tier])) {
    return Install(history, config_.tiers[tier], request);
  }
  auto job = std::make_unique<Job>();
  job->tier = config_.tiers[tier];
  job->request = request;
  job->decision = decision;
  job->sequence = event.sequence;
  Enqueue(history, std::move(job));
  return {.queued = true};
}

Manager::Attempt Manager::Evict(History* history) {
  if (history->unit->tier == config_.landing)
    return {"the unit is in the landing tier already"};
  Attempt attempt = Install(history, config_.landing, {});
  if (attempt.refused == nullptr) ++metrics.evictions;
  return attempt;
}

void Manager::NoteOutcome(History* history, const pyvm_event& event,
                          const Tier* tier, const Attempt& attempt) {
  NoteCompilation(history, event, tier, attempt);
  if (attempt.refused == nullptr) {
    history->refused = nullptr;
    ++history->compiles;
    ++metrics.compiles;
  } else {
    ++history->refusals;
    history->refused = attempt.refused;
    ++metrics.refusals;
  }
}

void Manager::NoteCompilation(History* history, const pyvm_event& event,
                              const Tier* tier, const Attempt& attempt) {
  bool timed = !options.virtual_time;
  // The way back to the landing tier is no compilation. What the compile thread
  // has done is on its own track.
  if (attempt.refused != nullptr ||
      (tier != config_.landing && !attempt.beside)) {
    log_.Compile(event, tier != nullptr ? tier->name : "?",
                 timed ? NowNs() - attempt.spent_ns : event.time_ns,
                 timed ? attempt.spent_ns : 0, attempt.refused);
  }
  if (attempt.refused == nullptr) {
    log_.Install(event, tier == config_.landing ? "evict" : "install",
                 tier->name, EventTimeNs(), CodeBytesOf(*history->unit));
  }
}

void Manager::Apply(History* history, const pyvm_event& event,
                    const pyvm_decision& decision) {
  CompileRequest request;
  request.passes = decision.passes;
  const Tier* target =
      decision.tier < infos_.size() ? config_.tiers[decision.tier] : nullptr;
  Attempt attempt;
  if (decision.action == PYVM_BLACKLIST || decision.action == PYVM_STEP_DOWN ||
      decision.action == PYVM_EVICT) {
    Cancel(history, "the policy has decided otherwise");
  }
  switch (decision.action) {
    case PYVM_STAY:
      return;
    case PYVM_BLACKLIST:
      history->blacklisted = true;
      return;
    case PYVM_OSR:
      request.entry = EntryKind::kLoopHeader;
      request.loop = decision.loop;
      [[fallthrough]];
    case PYVM_COMPILE:
    case PYVM_STEP_DOWN:
      attempt = ChangeTier(history, event, decision, request);
      break;
    case PYVM_EVICT:
      target = config_.landing;
      attempt = Evict(history);
      break;
    default:
      attempt.refused =
          "the policy asked for an action that this pyvm does not know";
  }
  if (attempt.queued) return;
  NoteOutcome(history, event, target, attempt);
  if (config_.monitors.empty()) return;
  Snapshot outcome;
  Fill(&outcome, attempt.refused == nullptr ? PYVM_COMPILED : PYVM_REFUSED,
       history);
  for (const Monitor& monitor : config_.monitors)
    monitor.OnEvent(outcome.event, &decision);
}

void Manager::Introduce(Unit* unit) {
  History& history = HistoryOf(unit);
  NextEvent();
  Snapshot snapshot;
  const Tier* first = config_.tiers[0];
  if (unit->tier != first) {
    Fill(&snapshot, PYVM_NEW_UNIT, &history);
    pyvm_decision decision = Preset(snapshot.event);
    decision.tier = 0;
    Attempt attempt = ChangeTier(&history, snapshot.event, decision, {});
    if (!attempt.queued) {
      NoteOutcome(&history, snapshot.event, first, attempt);
    }
  }
  // What has run inside the policy is nobody's affair.
  history.last_entries = unit->entries_total();
  history.last_loops = unit->loops_total();
  Fill(&snapshot, PYVM_NEW_UNIT, &history);
  history.introduced = true;
  history.last_ns = snapshot.event.time_ns;
  pyvm_decision decision = Preset(snapshot.event);
  Ask(snapshot.event, &decision);
  Publish(snapshot.event, &decision);
  Apply(&history, snapshot.event, decision);
  Settle(unit, &history, decision);
}

void Manager::InitUnit(Unit* unit) {
  const Tier* first = config_.tiers[0];
  // What does not compile can be had for nothing, and needs no history.
  bool simple = first->compile == nullptr || first == config_.landing;
  unit->tier = simple ? first : config_.landing;
  unit->entries_before = unit->loops_before = 0;
  unit->entry_budget = unit->entry_budget_given = PYVM_NEVER;
  unit->loop_budget = unit->loop_budget_given = PYVM_NEVER;
  if (finished_ || (simple && !Observed() && options.stress == 0)) return;
  if (deciding_) {
    // It is introduced when it runs outside of the policy.
    GiveBudgets(unit, 1, 1);
    return;
  }
  Introduce(unit);
  if (pressure_.load(std::memory_order_relaxed)) AskAboutPressure();
}

void Manager::OnBudget(Unit* unit, bool loop, uint32_t instr) {
  if (deciding_) {
    GiveBudgets(unit, unit->entry_budget_given, unit->loop_budget_given);
    return;
  }
  History& history = HistoryOf(unit);
  if (finished_ || history.blacklisted) {
    GiveBudgets(unit, PYVM_NEVER, PYVM_NEVER);
    return;
  }
  if (!history.introduced) {
    Introduce(unit);
    return;
  }
  if ((history.job != nullptr || history.enters) && Poll(unit, loop)) return;
  ReleaseRetired(unit);
  virtual_time_ += unit->entries_total() - history.last_entries +
                   (unit->loops_total() - history.last_loops);
  NextEvent();
  Snapshot snapshot;
  Fill(&snapshot, loop ? PYVM_LOOP_BUDGET : PYVM_ENTRY_BUDGET, &history);
  snapshot.event.loop = instr;
  ++history.events;
  history.last_ns = snapshot.event.time_ns;
  history.last_entries = snapshot.event.entries;
  history.last_loops = snapshot.event.loops;

  pyvm_decision decision = Preset(snapshot.event);
  Ask(snapshot.event, &decision);
  ++metrics.decisions;
  Publish(snapshot.event, &decision);
  Apply(&history, snapshot.event, decision);
  Settle(unit, &history, decision);
  TendQueue();
  if (pressure_.load(std::memory_order_relaxed)) AskAboutPressure();
}

void Manager::AskAboutPressure() {
  pressure_.store(false, std::memory_order_relaxed);
  if (!config_.policy || !config_.policy->Wants(PYVM_WANTS_PRESSURE)) return;
  std::vector<std::pair<uint32_t, const Unit*>> units;
  for (const auto& [unit, history] : histories_) {
    if (history.introduced && !history.blacklisted &&
        unit->tier != config_.landing) {
      units.emplace_back(history.id, unit);
    }
  }
  std::sort(units.begin(), units.end());
  for (const auto& [id, unit] : units) {
    // A policy in Python can let units die, and others be born in their place.
    auto alive = [this, id = id, unit = unit] {
      auto found = histories_.find(unit);
      return found != histories_.end() && found->second.id == id
                 ? &found->second
                 : nullptr;
    };
    History* history = alive();
    if (history == nullptr) continue;
    NextEvent();
    Snapshot snapshot;
    Fill(&snapshot, PYVM_MEMORY_PRESSURE, history);
    pyvm_decision decision = Preset(snapshot.event);
    decision.entry_budget = unit->entry_budget;
    decision.loop_budget = unit->loop_budget;
    Ask(snapshot.event, &decision);
    if (alive() == nullptr) continue;
    Publish(snapshot.event, &decision);
    Apply(history, snapshot.event, decision);
    Settle(history->unit, history, decision);
  }
}

void Manager::NoteDeopt(Unit* unit, uint32_t instr) {
  ++metrics.deopts;
  History& history = HistoryOf(unit);
  ++history.deopts;
  for (pyvm_deopt_site& site : history.deopt_sites) {
    if (site.instruction != instr) continue;
    ++site.count;
    return;
  }
  history.deopt_sites.push_back({instr, 1});
}

void Manager::NoteRenewal(Unit* unit, uint64_t start_ns, const char* refused) {
  uint64_t spent_ns = NowNs() - start_ns;
  metrics.compile_time_ns += spent_ns;
  NoteCompileWait(spent_ns);
  NoteRecompiled(unit, unit->tier, {refused, spent_ns});
}

void Manager::NoteRecompiled(Unit* unit, const Tier* tier,
                             const Attempt& attempt) {
  if (attempt.refused == nullptr) ++metrics.renewals;
  if (!log_.enabled()) return;
  History& history = HistoryOf(unit);
  Snapshot snapshot;
  Fill(&snapshot, attempt.refused == nullptr ? PYVM_COMPILED : PYVM_REFUSED,
       &history);
  NoteCompilation(&history, snapshot.event, tier, attempt);
}

void Manager::Recompile(Unit* unit, const CompileRequest& request) {
  History& history = HistoryOf(unit);
  if (history.job != nullptr || finished_) return;
  const Tier* tier = unit->tier;
  if (InBackground(tier)) {
    auto job = std::make_unique<Job>();
    job->tier = tier;
    job->request = request;
    job->recompiles = true;
    job->decision.entry_budget = unit->entry_budget;
    job->decision.loop_budget = unit->loop_budget;
    Enqueue(&history, std::move(job));
    return;
  }
  Attempt attempt = Install(&history, tier, request);
  NoteRecompiled(unit, tier, attempt);
  if (attempt.refused != nullptr && request.renew) {
    StepDown(unit, attempt.refused);
  }
}

std::unique_ptr<TierNotes>& Manager::NotesOf(Unit* unit, const Tier* tier) {
  History& history = HistoryOf(unit);
  for (auto& [owner, notes] : history.notes) {
    if (owner == tier) return notes;
  }
  return history.notes.emplace_back(tier, nullptr).second;
}

const Tier* Manager::TierBelow(const Unit& unit) const {
  uint32_t index = IndexOf(unit.tier);
  return index > 0 && index < config_.tiers.size() ? config_.tiers[index - 1]
                                                   : config_.landing;
}

void Manager::StepDown(Unit* unit, const char* reason) {
  History& history = HistoryOf(unit);
  Cancel(&history, reason);
  history.blacklisted = true;
  history.refused = reason;
  if (Install(&history, TierBelow(*unit), {}).refused != nullptr) {
    Install(&history, config_.landing, {});
  }
  GiveBudgets(unit, PYVM_NEVER, PYVM_NEVER);
}

void Manager::ReleaseRetired(Unit* unit) {
  if (unit->active != 0) return;
  auto found = histories_.find(unit);
  if (found == histories_.end()) return;
  std::vector<Retired> retired = std::move(found->second.retired);
  found->second.retired.clear();
  for (const Retired& old : retired) old.tier->release(unit, old.code);
}

void Manager::UnitDied(Unit* unit) {
  auto found = histories_.find(unit);
  if (found != histories_.end()) {
    Cancel(&found->second, "its code object has died");
  }
  if (!finished_ && found != histories_.end() && found->second.introduced &&
      Observed()) {
    NextEvent();
    Snapshot snapshot;
    Fill(&snapshot, PYVM_UNIT_DIED, &found->second);
    Publish(snapshot.event, nullptr);
  }
  ReleaseRetired(unit);
  if (unit->tier_code != nullptr) unit->tier->release(unit, unit->tier_code);
  unit->tier_code = nullptr;
  histories_.erase(unit);
}

// The units that are alive, and what their descriptions point to.
struct Manager::UnitViews {
  struct Arrays {
    std::vector<uint64_t> entries, loops;
    std::vector<pyvm_site> sites;
  };
  std::vector<pyvm_unit_info> infos;
  std::vector<Arrays> arrays;
};

Manager::UnitViews Manager::ViewUnits(bool with_sites) const {
  std::vector<std::pair<uint32_t, const Unit*>> units;
  for (const auto& [unit, history] : histories_)
    units.emplace_back(history.id, unit);
  std::sort(units.begin(), units.end());
  UnitViews views;
  views.arrays.reserve(units.size());
  for (const auto& [id, unit] : units) {
    UnitViews::Arrays& arrays = views.arrays.emplace_back();
    CountsByTier(*unit, &arrays.entries, &arrays.loops);
    if (with_sites) arrays.sites = SitesOf(*unit);
    UnitName name = NameOf(*unit);
    pyvm_unit_info info = {};
    info.size = sizeof(info);
    info.first_line = name.first_line;
    info.unit_id = id;
    info.name = name.qualified_name;
    info.filename = name.filename;
    info.tier = unit->tier->name;
    info.instructions = unit->num_instrs;
    info.bytecode_bytes = unit->bytes_bytecode;
    info.entries = unit->entries_total();
    info.loops = unit->loops_total();
    info.entries_by_tier = arrays.entries.data();
    info.loops_by_tier = arrays.loops.data();
    info.num_sites = static_cast<uint32_t>(arrays.sites.size());
    info.sites = arrays.sites.data();
    views.infos.push_back(info);
  }
  return views;
}

std::vector<std::string> Manager::Finish(bool report) {
  std::vector<std::string> complaints;
  if (finished_) return complaints;
  finished_ = true;
  if (queue_ != nullptr) queue_->Stop();
  if (report && !config_.monitors.empty()) {
    std::vector<pyvm_metric> values = CurrentMetrics();
    std::vector<const char*> names;
    for (int i = 0; i < kNumOps; ++i)
      names.push_back(pyvm::InfoOf(static_cast<Op>(i)).name);
    auto wanted = [this](pyvm_wants what) {
      return std::any_of(
          config_.monitors.begin(), config_.monitors.end(),
          [what](const Monitor& monitor) { return monitor.Wants(what); });
    };
    UnitViews views;
    bool sites = wanted(PYVM_WANTS_SITES);
    if (sites || wanted(PYVM_WANTS_UNITS)) views = ViewUnits(sites);
    for (pyvm_tier_info& info : infos_) info.code_bytes = CodeBytesOf(info);
    pyvm_report known = {};
    known.size = sizeof(known);
    known.num_metrics = static_cast<uint32_t>(values.size());
    known.metrics = values.data();
    known.num_opcodes = kNumOps;
    known.opcode_names = names.data();
    known.opcounts = opcounts_.get();
    known.num_units = static_cast<uint32_t>(views.infos.size());
    known.unit_stride = sizeof(pyvm_unit_info);
    known.units = views.infos.data();
    known.num_tiers = static_cast<uint32_t>(infos_.size());
    known.tier_stride = sizeof(pyvm_tier_info);
    known.tiers = infos_.data();
    for (const Monitor& monitor : config_.monitors) {
      if (const char* error = monitor.OnExit(known); error != nullptr) {
        complaints.push_back(absl::StrCat(
            "monitor ", monitor.instance().plugin().name, ": ", error));
      }
    }
  }
  log_.Close();
  return complaints;
}

void Manager::AfterForkInChild() { log_.AfterForkInChild(); }

}  // namespace pyvm
