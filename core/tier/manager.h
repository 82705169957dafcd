// The tier manager: which tier runs a unit, and when that changes. Generated
// code counts down; when a unit's budget is used up, the manager gathers what
// is known, asks the policy, and carries its decision out. The GIL is held in
// every call.
#ifndef PYVM_CORE_TIER_MANAGER_H_
#define PYVM_CORE_TIER_MANAGER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/node_hash_map.h"
#include "absl/status/status.h"
#include "core/plugin/pyvm.h"
#include "core/tier/event_log.h"
#include "core/tier/monitor.h"
#include "core/tier/policy.h"
#include "core/tier/tier.h"

namespace pyvm {

struct Unit;

// What may be wanted of a unit, together.
struct ManagerConfig {
  std::vector<const Tier*>
      tiers;                      // of --tiers, in promotion order; never empty
  const Tier* landing = nullptr;  // may be one of `tiers`; never null
  std::optional<Policy> policy;   // none: units stay where they are
  std::vector<Monitor> monitors;
};

class Manager {
 public:
  Manager() = default;

  // Before the first unit. Fails if the parts do not fit together.
  absl::Status Configure(ManagerConfig config);

  // A unit that has just been translated: gives it a tier and its first
  // budgets.
  void InitUnit(Unit* unit);
  // One of the unit's budgets is used up: on return it has new ones, and
  // perhaps another tier. `instr` is the index of the loop's header, where the
  // caller knows it.
  void OnBudget(Unit* unit, bool loop, uint32_t instr);
  // Before the unit's memory goes: its code is released.
  void UnitDied(Unit* unit);
  // Frees replaced code of the unit if no frame is in it any more.
  void ReleaseRetired(Unit* unit);

  // At exit: monitors report, if they shall, and the event log ends. Later
  // events are not looked at. Returns what monitors complained about, one line
  // each.
  std::vector<std::string> Finish(bool report);
  void AfterForkInChild();

  const std::vector<const Tier*>& tiers() const { return config_.tiers; }
  const Tier* landing() const { return config_.landing; }
  const Policy* policy() const {
    return config_.policy ? &*config_.policy : nullptr;
  }
  const std::vector<Monitor>& monitors() const { return config_.monitors; }
  EventLog& log() { return log_; }
  // A tier's figures; null for one that is not in tiers().
  const pyvm_tier_info* InfoOf(const Tier* tier) const;
  // Calls and back-edges of the unit in each of tiers().
  void CountsByTier(const Unit& unit, std::vector<uint64_t>* entries,
                    std::vector<uint64_t>* loops) const;

 private:
  struct Retired {
    const Tier* tier;
    void* code;
  };
  // What the manager remembers of a unit. Made at its first event, or at once
  // where somebody looks.
  struct History {
    uint32_t id = 0;
    uint32_t events = 0;
    uint32_t compiles = 0;
    uint32_t refusals = 0;
    bool blacklisted = false;
    const char* refused = nullptr;
    uint64_t last_ns = 0;
    uint64_t last_entries = 0;
    uint64_t last_loops = 0;
    // What was counted in tiers that the unit has left: 2 * tiers().size()
    // numbers, entries first. Null until it leaves one.
    std::unique_ptr<uint64_t[]> left;
    std::vector<Retired> retired;
  };

  bool Observed() const {
    return config_.policy || !config_.monitors.empty() || log_.enabled();
  }
  History& HistoryOf(const Unit* unit);
  uint32_t IndexOf(const Tier* tier) const;
  void FillEvent(pyvm_event* event, uint32_t kind, const Unit* unit,
                 const History& history);
  void Publish(const pyvm_event& event, const pyvm_decision* decision);
  void Ask(const pyvm_event& event, pyvm_decision* decision);
  void ApplyStress(const pyvm_event& event, pyvm_decision* decision) const;
  void Apply(Unit* unit, History* history, pyvm_event* event,
             const pyvm_decision& decision);
  // Null, or why not.
  const char* ChangeTier(Unit* unit, History* history, const pyvm_event& event,
                         uint32_t tier, const CompileRequest& request);
  const char* Install(Unit* unit, History* history, const Tier* tier,
                      pyvm_tier_info* info, const CompileRequest& request);
  void NoteLeaving(const Unit& unit, History* history);

  ManagerConfig config_;
  std::vector<pyvm_tier_info> infos_;
  EventLog log_;
  absl::node_hash_map<const Unit*, History>
      histories_;  // elements stay in place
  std::vector<uint64_t> entries_by_tier_,
      loops_by_tier_;  // of the present event
  std::unique_ptr<uint64_t[]> opcounts_;
  uint64_t sequence_ = 0;
  uint64_t virtual_time_ = 0;
  uint32_t next_id_ = 0;
  bool finished_ = false;
};

// The one of this process; lives for ever.
Manager& TheManager();

// What core and the tiers call.
inline void InitUnit(Unit* unit) { TheManager().InitUnit(unit); }
inline void OnBudget(Unit* unit, bool loop, uint32_t instr = 0) {
  TheManager().OnBudget(unit, loop, instr);
}
inline void UnitDied(Unit* unit) { TheManager().UnitDied(unit); }

}  // namespace pyvm

#endif  // PYVM_CORE_TIER_MANAGER_H_
