#include "core/tier/compile_queue.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "core/tier/metrics.h"

namespace pyvm {
namespace {

// Held while a tier is being loaded, which takes locks of the dynamic linker
// and initializes libraries once and for all: fork waits for that. A handler of
// its own, which runs before those of ForkAware objects: loading makes some.
std::mutex& LoadingMutex() {
  static auto* mutex = [] {
    pthread_atfork([] { LoadingMutex().lock(); },
                   [] { LoadingMutex().unlock(); },
                   [] { LoadingMutex().unlock(); });
    return new std::mutex;
  }();
  return *mutex;
}

}  // namespace

CompileQueue::CompileQueue()
    : wake_(new std::condition_variable), ended_(new std::condition_variable) {
  WatchForks();
  LoadingMutex();
}

CompileQueue::~CompileQueue() {
  Stop();
  {
    std::unique_lock<std::mutex> lock(mutex_);
    ended_->wait(lock, [this] { return !started_; });
  }
  IgnoreForks();
}

bool CompileQueue::IsLoaded(const Tier* tier) const {
  return std::find(loaded_.begin(), loaded_.end(), tier) != loaded_.end();
}

void CompileQueue::Add(std::unique_ptr<CompileJob> job) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (job->tier->load == nullptr && !IsLoaded(job->tier)) {
    loaded_.push_back(job->tier);
  }
  if (!IsLoaded(job->tier) && std::find(to_load_.begin(), to_load_.end(),
                                        job->tier) == to_load_.end()) {
    to_load_.push_back(job->tier);
  }
  waiting_.push_back(std::move(job));
  ++length_;
  StartThread();
  wake_->notify_one();
  attention_ = true;
}

// Where there can be no thread jobs wait for ever, and the program goes on.
void CompileQueue::StartThread() {
  if (started_ || stopped_) return;
  // Signals are the program's.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  auto run = [](void* queue) -> void* {
    static_cast<CompileQueue*>(queue)->RunThread();
    return nullptr;
  };
  if (pthread_create(&thread, nullptr, run, this) == 0) {
    started_ = true;
    pthread_setname_np(thread, "pyvm-compile");
    pthread_detach(thread);
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void CompileQueue::RunThread() {
  thread_id_ = gettid();
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stopped_) {
    if (!to_load_.empty()) {
      LoadNext(&lock);
    } else if (ready_ != nullptr) {
      FinishNext(&lock);
    } else {
      wake_->wait(lock);
    }
  }
  started_ = false;
  ended_->notify_all();
}

void CompileQueue::LoadNext(std::unique_lock<std::mutex>* lock) {
  const Tier* tier = to_load_.front();
  lock->unlock();
  {
    std::lock_guard<std::mutex> loading(LoadingMutex());
    tier->load();
  }
  lock->lock();
  std::erase(to_load_, tier);
  loaded_.push_back(tier);
  attention_ = true;
}

void CompileQueue::FinishNext(std::unique_lock<std::mutex>* lock) {
  running_ = std::move(ready_);
  // The next one can be prepared.
  if (!waiting_.empty()) attention_ = true;
  CompileJob* job = running_.get();
  lock->unlock();
  job->start_ns = NowNs();
  job->task->Finish();
  job->finish_ns = NowNs() - job->start_ns;
  lock->lock();
  done_.push_back(std::move(running_));
  --length_;
  attention_ = true;
}

CompileQueue::Jobs::iterator CompileQueue::Best() {
  auto best = waiting_.end();
  std::pair<double, double> most;
  for (auto job = waiting_.begin(); job != waiting_.end(); ++job) {
    if (!IsLoaded((*job)->tier)) continue;
    std::pair<double, double> rank = {(*job)->priority, (*job)->Heat()};
    if (best == waiting_.end() || rank > most) {
      best = job;
      most = rank;
    }
  }
  return best;
}

std::unique_ptr<CompileJob> CompileQueue::TakeNext() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (ready_ != nullptr || stopped_) return nullptr;
  auto best = Best();
  if (best == waiting_.end()) return nullptr;
  std::unique_ptr<CompileJob> job = std::move(*best);
  waiting_.erase(best);
  --length_;
  return job;
}

void CompileQueue::Submit(std::unique_ptr<CompileJob> job) {
  std::lock_guard<std::mutex> lock(mutex_);
  ready_ = std::move(job);
  ++length_;
  StartThread();
  wake_->notify_one();
}

std::vector<std::unique_ptr<CompileJob>> CompileQueue::TakeDone() {
  std::lock_guard<std::mutex> lock(mutex_);
  attention_ = false;
  // In the child of a fork there is none yet.
  if (ready_ != nullptr || !to_load_.empty()) StartThread();
  return std::exchange(done_, {});
}

void CompileQueue::Cancel(CompileJob* job, const char* reason) {
  std::lock_guard<std::mutex> lock(mutex_);
  job->cancelled = reason;
  auto is_it = [job](const auto& other) { return other.get() == job; };
  if (auto at = std::find_if(waiting_.begin(), waiting_.end(), is_it);
      at != waiting_.end()) {
    done_.push_back(std::move(*at));
    waiting_.erase(at);
  } else if (ready_.get() == job) {
    done_.push_back(std::move(ready_));
  } else {
    return;  // it is done, or will be
  }
  --length_;
  attention_ = true;
}

void CompileQueue::Stop() {
  std::lock_guard<std::mutex> lock(mutex_);
  stopped_ = true;
  wake_->notify_one();
}

void CompileQueue::BeforeFork() { mutex_.lock(); }
void CompileQueue::AfterForkInParent() { mutex_.unlock(); }

void CompileQueue::AfterForkInChild() {
  // The thread that waited in them is not here.
  static_cast<void>(wake_.release());
  static_cast<void>(ended_.release());
  wake_ = std::make_unique<std::condition_variable>();
  ended_ = std::make_unique<std::condition_variable>();
  started_ = false;
  thread_id_ = 0;
  if (running_ != nullptr) {
    // In whatever state it was: left as it is.
    static_cast<void>(running_->task.release());
    waiting_.push_front(std::move(running_));
  }
  attention_ = length_ != 0 || !done_.empty();
  mutex_.unlock();
}

}  // namespace pyvm
