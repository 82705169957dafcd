#include "core/tier/compile_queue.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace pyvm {
namespace {

// Loading and finishing stop here until they may go on.
class Gate {
 public:
  void Open() { Set(true); }
  void Close() { Set(false); }
  void Pass() {
    std::unique_lock<std::mutex> lock(mutex_);
    ++arrived_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  void AwaitArrival() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return arrived_ > 0; });
  }

 private:
  void Set(bool open) {
    std::lock_guard<std::mutex> lock(mutex_);
    open_ = open;
    changed_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = true;
  int arrived_ = 0;
};

Gate* loading;
int loads;
const Tier kLoaded = [] {
  Tier tier = {};
  tier.name = "loaded";
  tier.load = [] {
    loading->Pass();
    ++loads;
  };
  return tier;
}();
const Tier kPlain = [] {
  Tier tier = {};
  tier.name = "plain";
  return tier;
}();

struct TestTask final : CompileTask {
  explicit TestTask(std::function<void()> finish) : finish(std::move(finish)) {}
  ~TestTask() override { ++destroyed; }
  void Finish() override { finish(); }
  CompileResult Install() override { return {}; }
  std::function<void()> finish;
  static int destroyed;
};
int TestTask::destroyed = 0;

struct TestJob final : CompileJob {
  double Heat() const override { return heat; }
  double heat = 0;
  std::string name;
};

class CompileQueueTest : public testing::Test {
 protected:
  void SetUp() override {
    loading = &load_gate_;
    loads = 0;
    TestTask::destroyed = 0;
  }

  TestJob* Add(const char* name, double priority = 0,
               const Tier* tier = &kPlain) {
    auto job = std::make_unique<TestJob>();
    job->name = name;
    job->priority = priority;
    job->tier = tier;
    TestJob* added = job.get();
    queue_.Add(std::move(job));
    return added;
  }
  // Prepares the next job as a manager does. Its name, or "".
  std::string Prepare() {
    std::unique_ptr<CompileJob> job = queue_.TakeNext();
    if (job == nullptr) return "";
    std::string name = static_cast<TestJob&>(*job).name;
    job->task = std::make_unique<TestTask>([this, name] {
      finish_gate_.Pass();
      finished_ += name;
    });
    queue_.Submit(std::move(job));
    return name;
  }
  static bool Eventually(const std::function<bool()>& holds) {
    for (int i = 0; i < 5000; ++i) {
      if (holds()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return false;
  }
  // The next jobs that are done, as text.
  std::string AwaitDone() {
    std::string names;
    EXPECT_TRUE(Eventually([&] {
      for (const auto& job : queue_.TakeDone()) {
        names += static_cast<TestJob&>(*job).name;
        if (job->cancelled != nullptr)
          names += " " + std::string(job->cancelled);
      }
      return !names.empty();
    }));
    return names;
  }

  Gate load_gate_, finish_gate_;
  std::string finished_;
  CompileQueue queue_;
};

TEST_F(CompileQueueTest, WhatIsSubmittedIsFinishedElsewhereAndComesBack) {
  EXPECT_FALSE(queue_.NeedsAttention());
  Add("a");
  EXPECT_EQ(queue_.length(), 1u);
  EXPECT_TRUE(queue_.NeedsAttention());
  EXPECT_EQ(Prepare(), "a");
  EXPECT_EQ(AwaitDone(), "a");
  EXPECT_EQ(finished_, "a");
  EXPECT_EQ(queue_.length(), 0u);
  EXPECT_EQ(TestTask::destroyed, 1);
  EXPECT_NE(queue_.thread_id(), gettid());
}

TEST_F(CompileQueueTest, TheHighestPriorityIsNextAndOfEqualsTheOldest) {
  finish_gate_.Close();
  Add("a");
  Add("b", 2);
  Add("c", 3);
  Add("d", 3);
  EXPECT_EQ(Prepare(), "c");
  finish_gate_.AwaitArrival();
  EXPECT_EQ(Prepare(), "d");  // while c is being finished
  EXPECT_EQ(Prepare(), "");   // one is ready already
  EXPECT_EQ(queue_.length(), 4u);
  finish_gate_.Open();
  EXPECT_TRUE(Eventually([&] { return Prepare() == "b"; }));
  EXPECT_TRUE(Eventually([&] { return Prepare() == "a"; }));
  EXPECT_TRUE(Eventually([&] { return queue_.length() == 0; }));
  EXPECT_EQ(finished_, "cdba");
}

TEST_F(CompileQueueTest, OfEqualPrioritiesTheHottestIsNext) {
  finish_gate_.Close();
  Add("a");
  Add("b")->heat = 1;
  EXPECT_EQ(Prepare(), "b");
  finish_gate_.Open();
}

TEST_F(CompileQueueTest, ATierIsLoadedFirstAndByTheCompileThread) {
  load_gate_.Close();
  Add("a", 0, &kLoaded);
  Add("b", 0, &kLoaded);
  load_gate_.AwaitArrival();
  EXPECT_EQ(Prepare(), "");
  load_gate_.Open();
  EXPECT_TRUE(Eventually([&] { return Prepare() == "a"; }));
  EXPECT_EQ(AwaitDone(), "a");
  EXPECT_EQ(loads, 1);
}

TEST_F(CompileQueueTest, WhatIsCancelledComesBackWithItsReason) {
  finish_gate_.Close();
  TestJob* running = Add("a");
  EXPECT_EQ(Prepare(), "a");
  finish_gate_.AwaitArrival();
  TestJob* ready = Add("b");
  EXPECT_EQ(Prepare(), "b");
  TestJob* waiting = Add("c");
  queue_.Cancel(waiting, "late");
  EXPECT_EQ(AwaitDone(), "c late");
  queue_.Cancel(ready, "dead");
  EXPECT_EQ(AwaitDone(), "b dead");
  queue_.Cancel(running, "old");
  EXPECT_TRUE(queue_.TakeDone().empty());  // it is being worked at
  finish_gate_.Open();
  EXPECT_EQ(AwaitDone(), "a old");
  EXPECT_EQ(finished_, "a");
}

TEST_F(CompileQueueTest, StoppingDoesNotWaitForTheJob) {
  finish_gate_.Close();
  Add("a");
  Prepare();
  finish_gate_.AwaitArrival();
  Add("b");
  queue_.Stop();
  EXPECT_EQ(Prepare(), "");
  finish_gate_.Open();
}

TEST_F(CompileQueueTest, SignalsAreNotForTheThread) {
  sigset_t blocked;
  sigemptyset(&blocked);
  Add("a");
  std::unique_ptr<CompileJob> job = queue_.TakeNext();
  job->task = std::make_unique<TestTask>(
      [&] { pthread_sigmask(SIG_SETMASK, nullptr, &blocked); });
  queue_.Submit(std::move(job));
  AwaitDone();
  for (int signal : {SIGINT, SIGTERM, SIGALRM, SIGPROF, SIGCHLD}) {
    EXPECT_EQ(sigismember(&blocked, signal), 1) << signal;
  }
}

// What a child finds that was forked while one job was being finished, one was
// ready, and one waited.
TEST_F(CompileQueueTest, AChildCompilesWhatItsParentHad) {
  finish_gate_.Close();
  Add("a");
  Prepare();
  finish_gate_.AwaitArrival();
  Add("b");
  Prepare();
  Add("c");
  pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    finish_gate_.Open();
    bool right = queue_.thread_id() == 0 && queue_.length() == 3 &&
                 queue_.NeedsAttention();
    std::string names;
    right = right && Eventually([&] {
              for (const auto& job : queue_.TakeDone()) {
                names += static_cast<TestJob&>(*job).name;
              }
              Prepare();
              return names.size() == 3;
            });
    _exit(right && finished_ == "bac" ? 0 : 1);
  }
  finish_gate_.Open();
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(Eventually([&] {
    queue_.TakeDone();
    Prepare();
    return queue_.length() == 0;
  }));
  EXPECT_EQ(finished_, "abc");
}

TEST_F(CompileQueueTest, ForkWaitsUntilATierIsLoaded) {
  load_gate_.Close();
  Add("a", 0, &kLoaded);
  load_gate_.AwaitArrival();
  std::thread opener([this] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    load_gate_.Open();
  });
  pid_t child = fork();
  if (child == 0) _exit(loads);
  opener.join();
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 1);
}

}  // namespace
}  // namespace pyvm
