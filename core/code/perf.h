// Names of machine code for Linux's profiler, --perf=map|jitdump.
//
// map: /tmp/perf-PID.map, one line a block, which `perf report` reads by itself
// (tools/perf/Documentation/jit-interface.txt). Names only, and a wrong one
// where an address has been used twice.
//
// jitdump: /tmp/jit-PID.dump, with the code itself and its lines
// (tools/perf/Documentation/jitdump-specification.txt):
//   perf record -k mono pyvm --perf=jitdump prog.py
//   perf inject --jit -i perf.data -o perf.jit.data && perf report -i
//   perf.jit.data
//
// No descriptor stays open: programs close those that they do not know. What
// cannot be written is left out.
#ifndef PYVM_CORE_CODE_PERF_H_
#define PYVM_CORE_CODE_PERF_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "core/code/code_info.h"

namespace pyvm {

class PerfMap {
 public:
  // `path` is that of the file, which is made anew. One line if it cannot be.
  absl::Status Open(const std::string& path);
  void Add(const CodeInfo& info, const void* begin, uint64_t size);

 private:
  std::string path_;
};

class JitDump {
 public:
  JitDump() = default;
  ~JitDump();
  JitDump(const JitDump&) = delete;
  JitDump& operator=(const JitDump&) = delete;

  // The same. The name must be jit-PID.dump, or perf does not know it.
  absl::Status Open(const std::string& path);
  // Code that is ready at `begin`.
  void Add(const CodeInfo& info, const void* begin, uint64_t size);

 private:
  void Close();

  std::string path_;
  // perf finds the file by this executable mapping of it.
  void* marker_ = nullptr;
  uint64_t blocks_ = 0;
};

}  // namespace pyvm

#endif  // PYVM_CORE_CODE_PERF_H_
