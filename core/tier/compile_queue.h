// Compilations that run beside the program, on one thread of their own. Knows
// neither units nor policies: the manager asks for jobs, prepares them when it
// is their turn, and takes back what has been finished.
//
//   waiting --(TakeNext, the manager prepares, Submit)--> ready
//           --(the compile thread: Finish)--> done --(TakeDone)--> installed
//
// A job is prepared late, so that it sees what the program has learnt while it
// waited, and so that few are held in memory: one is ready while one is being
// finished.
#ifndef PYVM_CORE_TIER_COMPILE_QUEUE_H_
#define PYVM_CORE_TIER_COMPILE_QUEUE_H_

#include <sys/types.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <vector>

#include "core/code/fork_aware.h"
#include "core/tier/tier.h"

namespace pyvm {

// What is asked for; the manager derives its own. The compile thread knows of
// `task` and its times alone.
struct CompileJob {
  virtual ~CompileJob() = default;

  const Tier* tier = nullptr;
  // The highest goes first; of equals the hottest, and of these the oldest.
  double priority = 0;
  virtual double Heat() const { return 0; }  // now
  std::unique_ptr<CompileTask> task;         // of a job that has been prepared
  // Why it is not wanted any more (a static string), or null.
  const char* cancelled = nullptr;
  // The compile thread's work, NowNs.
  uint64_t start_ns = 0;
  uint64_t finish_ns = 0;
};

// All functions are called with the GIL held, and by one thread at a time.
class CompileQueue final : private ForkAware {
 public:
  CompileQueue();
  // Waits for the job that is being finished.
  ~CompileQueue();

  // The job waits, from now on, for its turn.
  void Add(std::unique_ptr<CompileJob> job);

  // The waiting job that shall be prepared now; null if there is none, its tier
  // is not loaded yet, or one is ready already.
  std::unique_ptr<CompileJob> TakeNext();
  // Hands over a job that has its task.
  void Submit(std::unique_ptr<CompileJob> job);

  // Jobs that have been finished, and jobs that have been cancelled since.
  std::vector<std::unique_ptr<CompileJob>> TakeDone();

  // The job, which is in the queue, shall not be installed: it comes out of
  // TakeDone, with its reason, once nobody works at it.
  void Cancel(CompileJob* job, const char* reason);

  // Whether TakeNext or TakeDone may have something. Any thread.
  bool NeedsAttention() const {
    return attention_.load(std::memory_order_relaxed);
  }
  // Jobs that are waiting, ready or being finished.
  uint32_t length() const { return length_.load(std::memory_order_relaxed); }
  // The compile thread, as the kernel calls it; 0 if there is none.
  pid_t thread_id() const { return thread_id_.load(std::memory_order_relaxed); }

  // Nothing is begun any more. Does not wait: what the compile thread works at
  // ends with the process.
  void Stop();

 private:
  using Jobs = std::list<std::unique_ptr<CompileJob>>;

  void RunThread();
  // All with mutex_ held.
  void StartThread();
  void LoadNext(std::unique_lock<std::mutex>* lock);
  void FinishNext(std::unique_lock<std::mutex>* lock);
  Jobs::iterator Best();
  bool IsLoaded(const Tier* tier) const;

  // A process that has no other threads any more: the job that was being
  // finished waits again.
  void BeforeFork() override;
  void AfterForkInParent() override;
  void AfterForkInChild() override;

  std::mutex mutex_;  // guards what follows, but for the atomics
  // Never destroyed where a fork has left a waiter in it.
  std::unique_ptr<std::condition_variable> wake_;
  std::unique_ptr<std::condition_variable> ended_;
  bool started_ = false;
  bool stopped_ = false;
  Jobs waiting_;
  std::unique_ptr<CompileJob> ready_;
  std::unique_ptr<CompileJob> running_;
  std::vector<std::unique_ptr<CompileJob>> done_;
  std::vector<const Tier*> to_load_;
  std::vector<const Tier*> loaded_;
  std::atomic<bool> attention_ = false;
  std::atomic<pid_t> thread_id_ = 0;
  std::atomic<uint32_t> length_ = 0;
};

}  // namespace pyvm

#endif  // PYVM_CORE_TIER_COMPILE_QUEUE_H_
