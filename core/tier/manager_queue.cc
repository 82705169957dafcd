// The manager's side of the compile queue: what waits, what is prepared, what
// is installed.
#include <algorithm>
#include <utility>

#include "core/bytecode/unit.h"
#include "core/tier/manager.h"
#include "core/tier/metrics.h"
#include "core/tier/options.h"

namespace pyvm {
namespace {

// A unit that waits looks for its code so often that it loses little by waiting
// longer, and so rarely that looking costs little.
constexpr uint64_t kPollOftenNs = 500'000;
constexpr uint64_t kPollRarelyNs = 50'000;
constexpr int32_t kFirstPoll = 16;
constexpr int32_t kMaxPoll = 1 << 14;
// Calls or back-edges until a request that was dropped can be made again.
constexpr int32_t kAfterDropping = 1000;

uint64_t CountsOf(const Unit& unit) {
  return unit.entries_total() + unit.loops_total();
}

}  // namespace

bool Manager::InBackground(const Tier* tier) const {
  return tier->prepare != nullptr && !options.sync_compile &&
         !options.virtual_time && options.stress == 0;
}

void Manager::GivePollBudgets(History* history) {
  uint64_t now = NowNs();
  uint64_t since = now - history->polled_ns;
  int32_t& budget = history->poll_budget;
  if (since < kPollRarelyNs) budget = std::min(budget * 2, kMaxPoll);
  if (since > kPollOftenNs) budget = std::max(budget / 4, 1);
  history->polled_ns = now;
  GiveBudgets(history->unit, budget, budget);
}

void Manager::Settle(Unit* unit, History* history,
                     const pyvm_decision& decision) {
  if (history->job == nullptr) {
    GiveBudgets(unit, decision.entry_budget, decision.loop_budget);
    return;
  }
  history->job->decision.entry_budget = decision.entry_budget;
  history->job->decision.loop_budget = decision.loop_budget;
  GivePollBudgets(history);
}

void Manager::Enqueue(History* history, std::unique_ptr<Job> job) {
  if (queue_ == nullptr) queue_ = std::make_unique<CompileQueue>();
  Unit* unit = history->unit;
  job->unit = unit;
  // What they point to is valid during the decision alone.
  if (job->decision.reason != nullptr) job->reason = job->decision.reason;
  if (job->request.passes != nullptr) {
    job->passes = job->request.passes;
    job->request.passes = job->passes.c_str();
  }
  job->decision.reason = job->reason.c_str();
  job->decision.passes = job->request.passes;
  job->priority = job->decision.priority;
  job->queued_ns = NowNs();
  job->counts = CountsOf(*unit);
  history->job = job.get();
  history->poll_budget = kFirstPoll;
  history->polled_ns = job->queued_ns - kPollRarelyNs;
  history->enters = false;
  GivePollBudgets(history);
  if (queue_->length() >= static_cast<uint64_t>(options.compile_queue_limit)) {
    // Its turn would not come: the policy may ask again, with what it knows
    // then.
    queue_->Add(std::move(job));
    Cancel(history, "the compile queue has reached compile-queue-limit");
    GiveBudgets(unit, kAfterDropping, kAfterDropping);
    return;
  }
  queue_->Add(std::move(job));
  metrics.compile_queue_peak =
      std::max<uint64_t>(metrics.compile_queue_peak, queue_->length());
}

void Manager::Cancel(History* history, const char* reason) {
  Job* job = history->job;
  if (job == nullptr) return;
  ++metrics.compiles_cancelled;
  if (log_.enabled()) {
    Snapshot snapshot;
    Fill(&snapshot, PYVM_REFUSED, history);
    log_.Cancel(snapshot.event, job->tier->name, EventTimeNs(), reason);
  }
  history->job = nullptr;
  job->unit = nullptr;
  queue_->Cancel(job, reason);
}

bool Manager::Poll(Unit* unit, bool loop) {
  TendQueue();
  History& history = HistoryOf(unit);
  if (history.job != nullptr) {
    GivePollBudgets(&history);
    return true;
  }
  if (history.enters && loop) {
    // Whoever runs the loop sees that the unit has another tier.
    history.enters = false;
    GiveBudgets(unit, unit->entry_budget, history.loop_budget_after);
    return true;
  }
  // What it has waited for has come, or will not: it has budgets again.
  return unit->entry_budget > 0 && unit->loop_budget > 0;
}

bool Manager::IsStale(const Job& job) const {
  auto patience =
      static_cast<uint64_t>(options.compile_queue_patience) * 1'000'000;
  return NowNs() - job.queued_ns > patience &&
         CountsOf(*job.unit) == job.counts;
}

double Manager::Job::Heat() const {
  return static_cast<double>(CountsOf(*unit) - counts) * 1e9 /
         static_cast<double>(NowNs() - queued_ns + 1);
}

void Manager::TendQueue() {
  if (tending_ || queue_ == nullptr || finished_ || !queue_->NeedsAttention()) {
    return;
  }
  tending_ = true;
  uint64_t start = NowNs();
  for (auto& done : queue_->TakeDone()) {
    Conclude(std::unique_ptr<Job>(static_cast<Job*>(done.release())));
  }
  while (auto next = queue_->TakeNext()) {
    std::unique_ptr<Job> job(static_cast<Job*>(next.release()));
    if (IsStale(*job)) {
      Unit* unit = job->unit;
      History* history = &HistoryOf(unit);
      // Back it goes, to be cancelled there.
      queue_->Add(std::move(job));
      Cancel(history, "its unit has not run while it waited");
      GiveBudgets(unit, 1, 1);
      continue;
    }
    Prepare(std::move(job));
  }
  tending_ = false;
  NoteCompileWait(NowNs() - start);
}

void Manager::Prepare(std::unique_ptr<Job> job) {
  uint64_t start = NowNs();
  // What has been counted meanwhile is not forgotten.
  job->task = job->tier->prepare(job->unit, job->request, &job->refused);
  job->prepare_ns = NowNs() - start;
  if (log_.enabled()) {
    Snapshot snapshot;
    Fill(&snapshot, PYVM_COMPILED, &HistoryOf(job->unit));
    log_.Prepare(snapshot.event, job->tier->name, start, job->prepare_ns,
                 start - job->queued_ns);
  }
  if (job->task == nullptr) {
    Conclude(std::move(job));
  } else {
    queue_->Submit(std::move(job));
  }
}

// The job's compilation has come to an end.
void Manager::Conclude(std::unique_ptr<Job> job) {
  if (job->unit == nullptr)
    return;  // cancelled: its task goes, and may run code
  Unit* unit = job->unit;
  History* history = &HistoryOf(unit);
  history->job = nullptr;
  uint64_t start = NowNs();
  CompileResult result;
  result.refused = job->refused;
  if (job->task != nullptr) result = job->task->Install();
  // Behind what may run code.
  uint64_t spent_ns = job->prepare_ns + job->finish_ns + NowNs() - start;
  Attempt attempt = Accept(history, job->tier, result, spent_ns);
  attempt.beside = true;
  NoteConclusion(history, *job, attempt);
  if (attempt.refused != nullptr && job->request.renew) {
    StepDown(unit, attempt.refused);
    return;
  }
  GiveBudgets(unit, job->decision.entry_budget, job->decision.loop_budget);
  // Loops that run elsewhere look for their entry.
  if (attempt.refused == nullptr &&
      (job->recompiles || job->request.entry == EntryKind::kLoopHeader)) {
    history->enters = true;
    history->loop_budget_after = unit->loop_budget;
    GiveBudgets(unit, unit->entry_budget, 1);
  }
}

void Manager::NoteConclusion(History* history, const Job& job,
                             const Attempt& attempt) {
  Snapshot snapshot;
  Fill(&snapshot, attempt.refused == nullptr ? PYVM_COMPILED : PYVM_REFUSED,
       history);
  snapshot.event.sequence = job.sequence;
  if (job.finish_ns != 0) {
    log_.CompileBeside(snapshot.event, job.tier->name, job.start_ns,
                       job.finish_ns, queue_->thread_id());
  }
  if (job.recompiles) {
    NoteRecompiled(history->unit, job.tier, attempt);
    return;
  }
  NoteOutcome(history, snapshot.event, job.tier, attempt);
  if (config_.monitors.empty()) return;
  Fill(&snapshot, snapshot.event.kind, history);
  snapshot.event.sequence = job.sequence;
  for (const Monitor& monitor : config_.monitors)
    monitor.OnEvent(snapshot.event, &job.decision);
}

void Manager::StepAside(Unit* unit) {
  History& history = HistoryOf(unit);
  if (history.job == nullptr) return;
  if (Install(&history, TierBelow(*unit), {}).refused != nullptr) {
    Install(&history, config_.landing, {});
  }
  GivePollBudgets(&history);
}

}  // namespace pyvm
