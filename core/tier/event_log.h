// The event log: what --trace=FILE writes, in Chrome's trace format (load it in
// https://ui.perfetto.dev). One JSON object a line, so that a log can be read
// by line tools and replayed.
#ifndef PYVM_CORE_TIER_EVENT_LOG_H_
#define PYVM_CORE_TIER_EVENT_LOG_H_

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "core/plugin/pyvm.h"

namespace pyvm {

// Replaces each %p in the name of an output file by the process's id.
std::string ExpandFileName(const std::string& pattern);

class EventLog {
 public:
  // Opens the file, and fails in one line if it cannot be written. A %p in
  // `pattern` stands for the process's id. `build` and `program` say where the
  // log comes from (see pyvm_host).
  absl::Status Open(const std::string& pattern, const std::string& build = "",
                    const std::string& program = "");
  bool enabled() const { return fd_ >= 0; }

  // An event and the policy's answer, if it was asked.
  void Event(const pyvm_event& event, const pyvm_decision* decision);
  // A compilation that began at `start_ns` and took `spent_ns`, and how it
  // went.
  void Compile(const pyvm_event& event, const char* tier, uint64_t start_ns,
               uint64_t spent_ns, const char* refused);
  // The same by the thread `tid`, which has a track of its own.
  void CompileBeside(const pyvm_event& event, const char* tier,
                     uint64_t start_ns, uint64_t spent_ns, pid_t tid);
  // What the program itself has done of such a compilation, and how long it had
  // waited for that.
  void Prepare(const pyvm_event& event, const char* tier, uint64_t start_ns,
               uint64_t spent_ns, uint64_t waited_ns);
  // A compilation that waits is not wanted any more.
  void Cancel(const pyvm_event& event, const char* tier, uint64_t ns,
              const char* reason);

  // The unit runs in `tier` from now on, with so many bytes of machine code;
  // `name` is what the log calls that.
  void Install(const pyvm_event& event, const char* name, const char* tier,
               uint64_t ns, uint64_t code_bytes);
  // A run of the garbage collector. Left out in virtual time, which depends on
  // the program alone.
  void Collection(uint64_t start_ns, uint64_t spent_ns, uint64_t generation,
                  uint64_t collected, uint64_t uncollectable);

  // Ends the file properly. What follows is ignored.
  void Close();

  // In the child of a fork: what is in memory belongs to the parent. The child
  // goes on with a file of its own if the name has a %p, else with none.
  void AfterForkInChild();

 private:
  // Of this thread, unless `tid` is another's.
  void Start(const char* name, const char* phase, uint64_t ns, pid_t tid = 0);
  void Text(const char* key, const char* value);
  void Number(const char* key, uint64_t value);
  void Duration(uint64_t ns);
  void End();
  void Unit(const pyvm_event& event);
  void Flush();

  int fd_ = -1;
  pid_t compile_thread_ = 0;  // whose track has a name
  std::string pattern_, build_, program_;
  std::string buffer_;
};

}  // namespace pyvm

#endif  // PYVM_CORE_TIER_EVENT_LOG_H_
