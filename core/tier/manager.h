// The tier manager: which tier runs a unit, and when that changes. Generated
// code counts down; when a unit's budget is used up, the manager gathers what
// is known, asks the policy, and carries its decision out. The GIL is held in
// every call.
#ifndef PYVM_CORE_TIER_MANAGER_H_
#define PYVM_CORE_TIER_MANAGER_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/container/node_hash_map.h"
#include "absl/status/status.h"
#include "core/plugin/pyvm.h"
#include "core/tier/compile_queue.h"
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
  // caller knows it. The policy may be written in Python: this, as InitUnit,
  // may run foreign code, and leaves an exception that is set as it was.
  void OnBudget(Unit* unit, bool loop, uint32_t instr);
  // Compiled code has given up a frame of the unit at this instruction.
  void NoteDeopt(Unit* unit, uint32_t instr);
  // A tier has replaced its own code of the unit, from `start_ns` (NowNs) on;
  // or could not, for this reason.
  void NoteRenewal(Unit* unit, uint64_t start_ns, const char* refused);
  // The unit's tier wants another entry into its code of the unit, or
  // (request.renew) other code. Compiled at once, or beside the program: then
  // what has been asked for is not asked for again before it is there. Where
  // code cannot be renewed the unit steps down. May run code, but not where
  // InBackground.
  void Recompile(Unit* unit, const CompileRequest& request);
  // Whether code of this tier is compiled beside the program.
  bool InBackground(const Tier* tier) const;
  // The tier below runs the unit until the code is there that it waits for.
  void StepAside(Unit* unit);
  // What the tier remembers of the unit: null at first, and then the tier's to
  // fill.
  std::unique_ptr<TierNotes>& NotesOf(Unit* unit, const Tier* tier);
  // The unit's tier gives it up, for this reason (a static string): it goes to
  // the tier below, and no policy is asked about it any more.
  void StepDown(Unit* unit, const char* reason);
  // Machine code comes near its limit: at the next event the policy is asked
  // what can be given up. Any thread, also in the middle of a compilation.
  void NoteMemoryPressure() {
    pressure_.store(true, std::memory_order_relaxed);
  }
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
  // What events call time: NowNs, or a count with --virtual-time.
  uint64_t EventTimeNs() const;
  // Calls and back-edges of the unit in each of tiers().
  void CountsByTier(const Unit& unit, std::vector<uint64_t>* entries,
                    std::vector<uint64_t>* loops) const;

 private:
  struct Retired {
    const Tier* tier;
    void* code;
  };
  struct Job;
  // What the manager remembers of a unit. Made at its first event, or at once
  // where somebody looks.
  struct History {
    Unit* unit = nullptr;
    uint32_t id = 0;
    uint32_t events = 0;
    uint32_t compiles = 0;
    uint32_t refusals = 0;
    uint32_t deopts = 0;
    bool introduced = false;  // PYVM_NEW_UNIT has been
    bool blacklisted = false;
    const char* refused = nullptr;
    // What the unit waits for, in the queue. It looks now and then whether it
    // is there: so many calls or back-edges after the last time.
    Job* job = nullptr;
    int32_t poll_budget = 0;
    uint64_t polled_ns = 0;
    // A loop is to enter new code at its next back-edge, and has this budget
    // afterwards.
    bool enters = false;
    int32_t loop_budget_after = 0;
    uint64_t last_ns = 0;
    uint64_t last_entries = 0;
    uint64_t last_loops = 0;
    uint64_t memory[2] = {};  // the policy's
    // What was counted in tiers that the unit has left: 2 * tiers().size()
    // numbers, entries first. Null until it leaves one.
    std::unique_ptr<uint64_t[]> left;
    std::vector<Retired> retired;
    std::vector<std::pair<const Tier*, std::unique_ptr<TierNotes>>> notes;
    std::vector<pyvm_deopt_site> deopt_sites;
  };
  // An event and what it points to.
  struct Snapshot {
    pyvm_event event = {};
    std::vector<uint64_t> entries, loops;  // by tier
    std::vector<pyvm_tier_info> tiers;
  };
  struct Attempt {
    const char* refused = nullptr;
    uint64_t spent_ns = 0;
    bool queued = false;  // the outcome comes later
    bool beside = false;  // most of it by the compile thread
  };
  // A compilation beside the program.
  struct Job final : CompileJob {
    // Calls and back-edges a second since it waits.
    double Heat() const override;

    Unit* unit = nullptr;  // null: cancelled
    CompileRequest request;
    // What was decided; without a reason where a tier has asked.
    pyvm_decision decision = {};
    std::string reason, passes;
    uint64_t sequence = 0;    // of the event
    bool recompiles = false;  // the tier has asked
    uint64_t queued_ns = 0;
    uint64_t counts = 0;            // the unit's calls and back-edges then
    uint64_t prepare_ns = 0;        // what it took
    const char* refused = nullptr;  // instead of a task
  };
  struct UnitViews;

  bool Observed() const {
    return config_.policy || !config_.monitors.empty() || log_.enabled();
  }
  History& HistoryOf(Unit* unit);
  uint32_t IndexOf(const Tier* tier) const;
  // Gives the unit's first event, and carries out what is decided.
  void Introduce(Unit* unit);
  void NextEvent();
  // Fills in the present event, whose number NextEvent has raised.
  void Fill(Snapshot* snapshot, uint32_t kind, History* history) const;
  pyvm_tier_info InfoFor(const Unit& unit, uint32_t tier) const;
  void Publish(const pyvm_event& event, const pyvm_decision* decision);
  pyvm_decision Preset(const pyvm_event& event) const;
  void Ask(const pyvm_event& event, pyvm_decision* decision);
  void ApplyStress(const pyvm_event& event, pyvm_decision* decision);
  void Apply(History* history, const pyvm_event& event,
             const pyvm_decision& decision);
  Attempt ChangeTier(History* history, const pyvm_event& event,
                     const pyvm_decision& decision,
                     const CompileRequest& request);
  Attempt Evict(History* history);
  Attempt Install(History* history, const Tier* tier,
                  const CompileRequest& request);
  // The unit runs this code from now on, if there is any.
  Attempt Accept(History* history, const Tier* tier,
                 const CompileResult& result, uint64_t spent_ns);
  const Tier* TierBelow(const Unit& unit) const;
  void NoteOutcome(History* history, const pyvm_event& event, const Tier* tier,
                   const Attempt& attempt);
  // What monitors and the log are told of a compilation.
  void NoteCompilation(History* history, const pyvm_event& event,
                       const Tier* tier, const Attempt& attempt);

  // --- The queue (manager_queue.cc)
  // Adds what the job says to the queue; the unit looks for it from now on.
  void Enqueue(History* history, std::unique_ptr<Job> job);
  void Cancel(History* history, const char* reason);
  // Prepares what is to be compiled next, and installs what has been. May run
  // code.
  void TendQueue();
  void Prepare(std::unique_ptr<Job> job);
  void Conclude(std::unique_ptr<Job> job);
  void NoteRecompiled(Unit* unit, const Tier* tier, const Attempt& attempt);
  void NoteConclusion(History* history, const Job& job, const Attempt& attempt);
  bool IsStale(const Job& job) const;
  // A unit that waits has used its budget up. True if no policy is to be asked.
  bool Poll(Unit* unit, bool loop);
  void GivePollBudgets(History* history);
  // The budgets of a decision that has been carried out, or will be.
  void Settle(Unit* unit, History* history, const pyvm_decision& decision);
  void NoteLeaving(const Unit& unit, History* history);
  // Counts a decision that is none, and shows the first one.
  void NoteError(const std::string& what, bool* shown);
  void AskAboutPressure();
  UnitViews ViewUnits(bool with_sites) const;

  ManagerConfig config_;
  std::vector<pyvm_tier_info> infos_;
  EventLog log_;
  absl::node_hash_map<const Unit*, History>
      histories_;  // elements stay in place
  // Made when something is compiled beside the program.
  std::unique_ptr<CompileQueue> queue_;
  bool tending_ = false;
  std::unique_ptr<uint64_t[]> opcounts_;
  uint64_t sequence_ = 0;
  uint64_t virtual_time_ = 0;
  std::minstd_rand random_;  // of --stress; the same in each run
  uint32_t next_id_ = 0;
  // The policy is running: what it executes itself, or other threads meanwhile,
  // is no event.
  bool deciding_ = false;
  bool shown_error_ = false;
  bool shown_missing_tier_ = false;
  std::atomic<bool> pressure_ = false;
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
inline void NoteDeopt(Unit* unit, uint32_t instr) {
  TheManager().NoteDeopt(unit, instr);
}
inline void NoteRenewal(Unit* unit, uint64_t start_ns, const char* refused) {
  TheManager().NoteRenewal(unit, start_ns, refused);
}
// The unit has these budgets from now on, each 1 at least.
void GiveBudgets(Unit* unit, int32_t entries, int32_t loops);
// The program has waited so long for a compilation.
void NoteCompileWait(uint64_t ns);
// Bytes of the machine code that the unit runs now; 0 where that is none.
uint64_t CodeBytesOf(const Unit& unit);
// What code memory calls: see Manager::NoteMemoryPressure. In bytes.
inline void NoteMemoryPressure(uint64_t /*live*/, uint64_t /*limit*/) {
  TheManager().NoteMemoryPressure();
}

}  // namespace pyvm

#endif  // PYVM_CORE_TIER_MANAGER_H_
