// Objects that must do something when the process forks.
#ifndef PYVM_CORE_CODE_FORK_AWARE_H_
#define PYVM_CORE_CODE_FORK_AWARE_H_

namespace pyvm {

// fork() calls BeforeFork of all objects, the newest first, then one of the
// others, the oldest first: an object that locks itself in BeforeFork may have
// been calling an older one. Not called by vfork, posix_spawn and bare system
// calls, whose children may only exec.
class ForkAware {
 public:
  ForkAware(const ForkAware&) = delete;
  ForkAware& operator=(const ForkAware&) = delete;

 protected:
  ForkAware() = default;
  ~ForkAware() = default;

  // The last thing in the constructor, and the first in the destructor, of the
  // final class: in between, another thread may fork.
  void WatchForks();
  void IgnoreForks();

  virtual void BeforeFork() = 0;
  virtual void AfterForkInParent() = 0;
  // The only thread there is.
  virtual void AfterForkInChild() = 0;

 private:
  friend class ForkHandlers;
};

}  // namespace pyvm

#endif  // PYVM_CORE_CODE_FORK_AWARE_H_
