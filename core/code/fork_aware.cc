#include "core/code/fork_aware.h"

#include <pthread.h>

#include <algorithm>
#include <mutex>
#include <vector>

namespace pyvm {

// The list of objects. Handlers of pthread_atfork cannot be taken back, so
// there is one set of them for all.
class ForkHandlers {
 public:
  static ForkHandlers& Get() {
    static auto* handlers = new ForkHandlers;
    return *handlers;
  }

  void Add(ForkAware* object) {
    std::lock_guard<std::mutex> lock(mutex_);
    objects_.push_back(object);
  }

  void Remove(ForkAware* object) {
    std::lock_guard<std::mutex> lock(mutex_);
    objects_.erase(std::find(objects_.begin(), objects_.end(), object));
  }

 private:
  ForkHandlers() { pthread_atfork(Before, InParent, InChild); }

  static void Before() {
    Get().mutex_.lock();
    auto& objects = Get().objects_;
    for (auto i = objects.rbegin(); i != objects.rend(); ++i) {
      (*i)->BeforeFork();
    }
  }

  static void InParent() {
    for (ForkAware* object : Get().objects_) object->AfterForkInParent();
    Get().mutex_.unlock();
  }

  static void InChild() {
    for (ForkAware* object : Get().objects_) object->AfterForkInChild();
    Get().mutex_.unlock();
  }

  std::mutex mutex_;
  std::vector<ForkAware*> objects_;
};

void ForkAware::WatchForks() { ForkHandlers::Get().Add(this); }
void ForkAware::IgnoreForks() { ForkHandlers::Get().Remove(this); }

}  // namespace pyvm
