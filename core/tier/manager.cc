#include "core/tier/manager.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/bytecode/opcodes.h"
#include "core/bytecode/unit.h"
#include "core/code/code_memory.h"
#include "core/tier/metrics.h"
#include "core/tier/options.h"
#include "core/tier/unit_name.h"

namespace pyvm {
namespace {

void GiveBudgets(Unit* unit, int32_t entries, int32_t loops) {
  unit->entries_before = unit->entries_total();
  unit->loops_before = unit->loops_total();
  // A budget that is not positive would never reach zero by counting down.
  unit->entry_budget = unit->entry_budget_given = std::max(entries, 1);
  unit->loop_budget = unit->loop_budget_given = std::max(loops, 1);
}

}  // namespace

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
  entries_by_tier_.assign(infos_.size(), 0);
  loops_by_tier_.assign(infos_.size(), 0);

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

Manager::History& Manager::HistoryOf(const Unit* unit) {
  History& history = histories_[unit];
  if (history.id == 0) history.id = ++next_id_;
  return history;
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

void Manager::FillEvent(pyvm_event* event, uint32_t kind, const Unit* unit,
                        const History& history) {
  *event = {};
  event->size = sizeof(*event);
  event->kind = kind;
  event->sequence = ++sequence_;
  event->time_ns = NowNs();
  event->virtual_time = virtual_time_;
  event->unit_id = history.id;
  UnitName name = NameOf(*unit);
  event->name = name.qualified_name;
  event->filename = name.filename;
  event->first_line = name.first_line;
  event->tier = IndexOf(unit->tier);
  event->instructions = unit->num_instrs;
  event->bytecode_bytes = unit->bytes_bytecode;
  event->cache_bytes = unit->bytes_caches;
  event->entries = unit->entries_total();
  event->loops = unit->loops_total();
  event->entries_since = event->entries - history.last_entries;
  event->loops_since = event->loops - history.last_loops;
  event->ns_since = history.last_ns != 0 ? event->time_ns - history.last_ns : 0;
  CountsByTier(*unit, &entries_by_tier_, &loops_by_tier_);
  event->entries_by_tier = entries_by_tier_.data();
  event->loops_by_tier = loops_by_tier_.data();
  event->events = history.events;
  event->compiles = history.compiles;
  event->refusals = history.refusals;
  event->refused = history.refused;
  for (pyvm_tier_info& info : infos_) {
    if (metrics.bytes_code == 0 && info.code_bytes == 0) continue;
    info.code_bytes = TheCodeMemory().UsageOf(info.name).live;
  }
  event->num_tiers = static_cast<uint32_t>(infos_.size());
  event->tier_stride = sizeof(pyvm_tier_info);
  event->tiers = infos_.data();
  event->code_bytes = metrics.bytes_code;
  event->code_bytes_limit = static_cast<uint64_t>(options.code_bytes_limit);
  event->units = static_cast<uint32_t>(metrics.units_live);
  ++metrics.events;
}

void Manager::Publish(const pyvm_event& event, const pyvm_decision* decision) {
  log_.Event(event, decision);
  if (config_.monitors.empty()) return;
  uint64_t start = NowNs();
  for (const Monitor& monitor : config_.monitors)
    monitor.OnEvent(event, decision);
  metrics.monitor_time_ns += NowNs() - start;
}

void Manager::Ask(const pyvm_event& event, pyvm_decision* decision) {
  *decision = {};
  decision->size = sizeof(*decision);
  decision->action = PYVM_STAY;
  decision->tier = event.tier >= event.num_tiers ? 0 : event.tier + 1;
  decision->loop = event.loop;
  decision->entry_budget = decision->loop_budget = PYVM_NEVER;
  decision->reason = "there is no policy";
  if (config_.policy) {
    decision->reason = "";
    uint64_t start = NowNs();
    config_.policy->Decide(event, decision);
    metrics.policy_time_ns += NowNs() - start;
    if (decision->reason == nullptr) decision->reason = "";
  }
  ApplyStress(event, decision);
}

void Manager::ApplyStress(const pyvm_event& event,
                          pyvm_decision* decision) const {
  bool promote = (options.stress & kStressPromote) != 0;
  bool osr = (options.stress & kStressOsr) != 0;
  uint32_t next = event.tier >= event.num_tiers ? 0 : event.tier + 1;
  if ((!promote && !osr) || next >= event.num_tiers) return;
  if (promote) decision->entry_budget = 1;
  decision->loop_budget = 1;
  bool in_loop = event.kind == PYVM_LOOP_BUDGET;
  if (event.kind == PYVM_NEW_UNIT || (!promote && !in_loop)) return;
  decision->action = in_loop ? PYVM_OSR : PYVM_COMPILE;
  decision->tier = next;
  decision->loop = event.loop;
  decision->reason = "--stress";
}

const char* Manager::Install(Unit* unit, History* history, const Tier* tier,
                             pyvm_tier_info* info,
                             const CompileRequest& request) {
  CompileResult result;
  uint64_t start = NowNs();
  if (tier->compile != nullptr) result = tier->compile(unit, request);
  uint64_t spent = NowNs() - start;
  metrics.compile_time_ns += spent;
  if (info != nullptr) info->compile_ns += spent;
  if (result.refused != nullptr) {
    if (info != nullptr) ++info->refused;
    return result.refused;
  }
  if (info != nullptr) {
    ++info->compiled;
    info->compiled_bytecode += unit->bytes_bytecode;
  }
  if (unit->tier != nullptr) {
    NoteLeaving(*unit, history);
    if (unit->tier_code != nullptr) {
      history->retired.push_back({unit->tier, unit->tier_code});
    }
  }
  unit->tier = tier;
  unit->tier_code = result.code;
  if (unit->active == 0) ReleaseRetired(unit);
  return nullptr;
}

const char* Manager::ChangeTier(Unit* unit, History* history,
                                const pyvm_event& event, uint32_t tier,
                                const CompileRequest& request) {
  if (tier >= infos_.size())
    return "the policy named a tier that is not in --tiers";
  if (config_.tiers[tier] == unit->tier &&
      request.entry == EntryKind::kFunctionStart) {
    return "the unit is in this tier already";
  }
  bool up = event.tier >= event.num_tiers || tier > event.tier;
  if (up && options.code_bytes_limit != 0 &&
      metrics.bytes_code >= static_cast<uint64_t>(options.code_bytes_limit)) {
    return "machine code has reached code-bytes-limit";
  }
  return Install(unit, history, config_.tiers[tier], &infos_[tier], request);
}

void Manager::Apply(Unit* unit, History* history, pyvm_event* event,
                    const pyvm_decision& decision) {
  CompileRequest request;
  const char* refused = nullptr;
  uint64_t start = NowNs();
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
      refused = ChangeTier(unit, history, *event, decision.tier, request);
      break;
    default:
      refused = "the policy asked for an action that this pyvm does not know";
  }
  log_.Compile(*event,
               decision.tier < infos_.size() ? infos_[decision.tier].name : "?",
               start, refused);
  if (refused == nullptr) {
    ++history->compiles;
    ++metrics.compiles;
  } else {
    ++history->refusals;
    history->refused = refused;
    ++metrics.refusals;
  }
  if (config_.monitors.empty()) return;
  pyvm_event outcome;
  FillEvent(&outcome, refused == nullptr ? PYVM_COMPILED : PYVM_REFUSED, unit,
            *history);
  for (const Monitor& monitor : config_.monitors)
    monitor.OnEvent(outcome, &decision);
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

  History& history = HistoryOf(unit);
  pyvm_event event;
  if (!simple) {
    FillEvent(&event, PYVM_NEW_UNIT, unit, history);
    const char* refused = ChangeTier(unit, &history, event, 0, {});
    log_.Compile(event, first->name, event.time_ns, refused);
    ++(refused == nullptr ? metrics.compiles : metrics.refusals);
    ++(refused == nullptr ? history.compiles : history.refusals);
    history.refused = refused;
  }
  FillEvent(&event, PYVM_NEW_UNIT, unit, history);
  history.last_ns = event.time_ns;
  pyvm_decision decision;
  Ask(event, &decision);
  Publish(event, &decision);
  Apply(unit, &history, &event, decision);
  GiveBudgets(unit, decision.entry_budget, decision.loop_budget);
}

void Manager::OnBudget(Unit* unit, bool loop, uint32_t instr) {
  History& history = HistoryOf(unit);
  if (finished_ || history.blacklisted) {
    GiveBudgets(unit, PYVM_NEVER, PYVM_NEVER);
    return;
  }
  ReleaseRetired(unit);
  pyvm_event event;
  virtual_time_ += unit->entries_total() - history.last_entries +
                   (unit->loops_total() - history.last_loops);
  FillEvent(&event, loop ? PYVM_LOOP_BUDGET : PYVM_ENTRY_BUDGET, unit, history);
  event.loop = instr;
  ++history.events;
  history.last_ns = event.time_ns;
  history.last_entries = event.entries;
  history.last_loops = event.loops;

  pyvm_decision decision;
  Ask(event, &decision);
  ++metrics.decisions;
  Publish(event, &decision);
  Apply(unit, &history, &event, decision);
  GiveBudgets(unit, decision.entry_budget, decision.loop_budget);
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
  if (!finished_ && found != histories_.end() && Observed()) {
    pyvm_event event;
    FillEvent(&event, PYVM_UNIT_DIED, unit, found->second);
    Publish(event, nullptr);
  }
  ReleaseRetired(unit);
  if (unit->tier_code != nullptr) unit->tier->release(unit, unit->tier_code);
  unit->tier_code = nullptr;
  histories_.erase(unit);
}

std::vector<std::string> Manager::Finish(bool report) {
  std::vector<std::string> complaints;
  if (finished_) return complaints;
  finished_ = true;
  if (report && !config_.monitors.empty()) {
    std::vector<pyvm_metric> values = CurrentMetrics();
    std::vector<const char*> names;
    for (int i = 0; i < kNumOps; ++i)
      names.push_back(pyvm::InfoOf(static_cast<Op>(i)).name);
    pyvm_report known = {};
    known.size = sizeof(known);
    known.num_metrics = static_cast<uint32_t>(values.size());
    known.metrics = values.data();
    known.num_opcodes = kNumOps;
    known.opcode_names = names.data();
    known.opcounts = opcounts_.get();
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
