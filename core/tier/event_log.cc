#include "core/tier/event_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "core/tier/json.h"
#include "core/tier/metrics.h"
#include "core/tier/options.h"

namespace pyvm {
namespace {

const char* EventName(uint32_t kind) {
  switch (kind) {
    case PYVM_NEW_UNIT:
      return "translated";
    case PYVM_ENTRY_BUDGET:
      return "entry budget";
    case PYVM_LOOP_BUDGET:
      return "loop budget";
    case PYVM_COMPILED:
      return "compiled";
    case PYVM_REFUSED:
      return "refused";
    case PYVM_UNIT_DIED:
      return "freed";
    case PYVM_MEMORY_PRESSURE:
      return "memory pressure";
  }
  return "event";
}

const char* ActionName(uint32_t action) {
  switch (action) {
    case PYVM_STAY:
      return "stay";
    case PYVM_COMPILE:
      return "compile";
    case PYVM_OSR:
      return "osr";
    case PYVM_STEP_DOWN:
      return "step down";
    case PYVM_BLACKLIST:
      return "blacklist";
    case PYVM_EVICT:
      return "evict";
  }
  return "unknown action";
}

const pyvm_tier_info* TierAt(const pyvm_event& event, uint32_t index) {
  if (index >= event.num_tiers) return nullptr;
  return reinterpret_cast<const pyvm_tier_info*>(
      reinterpret_cast<const char*>(event.tiers) + index * event.tier_stride);
}

}  // namespace

std::string ExpandFileName(const std::string& pattern) {
  return absl::StrReplaceAll(pattern, {{"%p", absl::StrCat(getpid())}});
}

absl::Status EventLog::Open(const std::string& pattern,
                            const std::string& build,
                            const std::string& program) {
  std::string path = ExpandFileName(pattern);
  fd_ = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd_ < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot write ", path, ": ", strerror(errno)));
  }
  pattern_ = pattern;
  build_ = build;
  program_ = program;
  buffer_ = "[\n";
  Start("process_name", "M", options.virtual_time ? 0 : NowNs());
  absl::StrAppend(&buffer_, ",\"args\":{\"name\":\"pyvm ", kVersion, "\"");
  Text("build", build.c_str());
  Text("program", program.c_str());
  absl::StrAppend(&buffer_, "}}");
  return absl::OkStatus();
}

void EventLog::Start(const char* name, const char* phase, uint64_t ns,
                     pid_t tid) {
  // Each object but the first follows a comma, so that Close can end the list.
  if (buffer_ != "[\n") absl::StrAppend(&buffer_, ",\n");
  absl::StrAppend(&buffer_, "{\"name\":");
  AppendJsonString(&buffer_, name);
  char time[64];
  snprintf(time, sizeof(time), "%.3f", static_cast<double>(ns) / 1000);
  // Two logs in virtual time are compared byte for byte.
  pid_t pid = options.virtual_time ? 1 : getpid();
  if (tid == 0) tid = options.virtual_time ? 1 : gettid();
  absl::StrAppend(&buffer_, ",\"ph\":\"", phase, "\",\"ts\":", time,
                  ",\"pid\":", pid, ",\"tid\":", tid);
}

void EventLog::Text(const char* key, const char* value) {
  absl::StrAppend(&buffer_, ",\"", key, "\":");
  AppendJsonString(&buffer_, value != nullptr ? value : "");
}

void EventLog::Number(const char* key, uint64_t value) {
  absl::StrAppend(&buffer_, ",\"", key, "\":", value);
}

void EventLog::Unit(const pyvm_event& event) {
  absl::StrAppend(&buffer_, ",\"args\":{\"sequence\":", event.sequence);
  Number("unit", event.unit_id);
  Text("function", event.name);
  Text("file", event.filename);
  Number("line", event.first_line);
  if (const pyvm_tier_info* tier = TierAt(event, event.tier))
    Text("tier", tier->name);
  Number("virtual_time", event.virtual_time);
}

void EventLog::Duration(uint64_t ns) {
  char text[64];
  snprintf(text, sizeof(text), "%.3f", static_cast<double>(ns) / 1000);
  absl::StrAppend(&buffer_, ",\"dur\":", text);
}

void EventLog::End() {
  absl::StrAppend(&buffer_, "}}");
  if (buffer_.size() >= static_cast<size_t>(options.trace_buffer_bytes))
    Flush();
}

void EventLog::Event(const pyvm_event& event, const pyvm_decision* decision) {
  if (!enabled()) return;
  Start(EventName(event.kind), "i", event.time_ns);
  absl::StrAppend(&buffer_, ",\"s\":\"t\"");
  Unit(event);
  Number("instructions", event.instructions);
  Number("bytecode_bytes", event.bytecode_bytes);
  if (event.kind != PYVM_NEW_UNIT) {
    Number("entries", event.entries);
    Number("loops", event.loops);
    Number("entries_since", event.entries_since);
    Number("loops_since", event.loops_since);
    Number("ns_since", event.ns_since);
    Number("code_bytes", event.code_bytes);
    Number("queue_length", event.queue_length);
    Number("deopts", event.deopts);
  }
  if (decision != nullptr) {
    uint32_t action = decision->action;
    Text("action", ActionName(action));
    bool compiles = action == PYVM_COMPILE || action == PYVM_OSR;
    if (compiles || action == PYVM_STEP_DOWN) {
      const pyvm_tier_info* tier = TierAt(event, decision->tier);
      Text("to", tier != nullptr ? tier->name : "no such tier");
    }
    if (action == PYVM_OSR) Number("loop", decision->loop);
    if (compiles && decision->passes != nullptr)
      Text("passes", decision->passes);
    if (decision->priority != 0 && std::isfinite(decision->priority))
      absl::StrAppend(&buffer_, ",\"priority\":", decision->priority);
    Number("entry_budget", static_cast<uint64_t>(decision->entry_budget));
    Number("loop_budget", static_cast<uint64_t>(decision->loop_budget));
    Text("reason", decision->reason);
  }
  End();
}

void EventLog::Compile(const pyvm_event& event, const char* tier,
                       uint64_t start_ns, uint64_t spent_ns,
                       const char* refused) {
  if (!enabled()) return;
  Start(refused == nullptr ? "compile" : "refused", "X", start_ns);
  Duration(spent_ns);
  Unit(event);
  Text("to", tier);
  if (refused != nullptr) Text("reason", refused);
  End();
}

void EventLog::CompileBeside(const pyvm_event& event, const char* tier,
                             uint64_t start_ns, uint64_t spent_ns, pid_t tid) {
  if (!enabled()) return;
  if (tid != compile_thread_) {
    compile_thread_ = tid;
    Start("thread_name", "M", start_ns, tid);
    absl::StrAppend(&buffer_, ",\"args\":{\"name\":\"compile thread\"");
    End();
  }
  Start("compile", "X", start_ns, tid);
  Duration(spent_ns);
  Unit(event);
  Text("to", tier);
  End();
}

void EventLog::Prepare(const pyvm_event& event, const char* tier,
                       uint64_t start_ns, uint64_t spent_ns,
                       uint64_t waited_ns) {
  if (!enabled()) return;
  Start("prepare", "X", start_ns);
  Duration(spent_ns);
  Unit(event);
  Text("to", tier);
  Number("waited_ns", waited_ns);
  Number("queue_length", event.queue_length);
  End();
}

void EventLog::Cancel(const pyvm_event& event, const char* tier, uint64_t ns,
                      const char* reason) {
  if (!enabled()) return;
  Start("cancel", "i", ns);
  absl::StrAppend(&buffer_, ",\"s\":\"t\"");
  Unit(event);
  Text("to", tier);
  Text("reason", reason);
  End();
}

void EventLog::Install(const pyvm_event& event, const char* name,
                       const char* tier, uint64_t ns, uint64_t code_bytes) {
  if (!enabled()) return;
  Start(name, "i", ns);
  absl::StrAppend(&buffer_, ",\"s\":\"t\"");
  Unit(event);
  Text("to", tier);
  Number("code_bytes", code_bytes);
  End();
}

void EventLog::Collection(uint64_t start_ns, uint64_t spent_ns,
                          uint64_t generation, uint64_t collected,
                          uint64_t uncollectable) {
  if (!enabled() || options.virtual_time) return;
  Start("gc", "X", start_ns);
  Duration(spent_ns);
  absl::StrAppend(&buffer_, ",\"args\":{\"generation\":", generation);
  Number("collected", collected);
  Number("uncollectable", uncollectable);
  End();
}

void EventLog::Flush() {
  const char* data = buffer_.data();
  size_t left = buffer_.size();
  while (left > 0) {
    ssize_t written = write(fd_, data, left);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      // A full disk must not stop the program; the file says by its end that it
      // is cut.
      fprintf(stderr, "pyvm: cannot write the trace: %s\n", strerror(errno));
      close(fd_);
      fd_ = -1;
      break;
    }
    data += written;
    left -= static_cast<size_t>(written);
  }
  buffer_.clear();
}

void EventLog::Close() {
  if (!enabled()) return;
  absl::StrAppend(&buffer_, "\n]\n");
  Flush();
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

void EventLog::AfterForkInChild() {
  if (!enabled()) return;
  close(fd_);
  fd_ = -1;
  buffer_.clear();
  if (pattern_.find("%p") == std::string::npos) return;
  // There is nobody to report a failure to; the child then goes without.
  if (!Open(std::string(pattern_), std::string(build_), std::string(program_))
           .ok()) {
    buffer_.clear();
  }
}

}  // namespace pyvm
