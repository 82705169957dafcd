// Counts executed instructions by operation, and writes a table of them at
// exit.
#include <algorithm>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "core/plugin/pyvm.h"

namespace {

constexpr pyvm_param kParams[] = {
    {"file", PYVM_STRING, "", "", 0, 0,
     "where the table goes; stderr if there is none"},
    {"format", PYVM_STRING, "", "text", 0, 0, "text, csv or json"},
    {"top", PYVM_INT, "operations", "0", 0, 100000,
     "show only so many, the most frequent ones; 0: all that were executed"},
};

struct Row {
  const char* name;
  uint64_t count;
};

class OpCount {
 public:
  OpCount(std::string_view format, size_t top, FILE* file)
      : format_(format), top_(top), file_(file) {}
  ~OpCount() {
    if (file_ != nullptr) fclose(file_);
  }

  const char* Report(const pyvm_report& report) {
    if (report.opcounts == nullptr) return "pyvm has counted no instructions";
    std::vector<Row> rows;
    uint64_t total = 0;
    for (uint32_t i = 0; i < report.num_opcodes; ++i) {
      total += report.opcounts[i];
      if (report.opcounts[i] == 0) continue;
      rows.push_back({report.opcode_names[i], report.opcounts[i]});
    }
    std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
      if (a.count != b.count) return a.count > b.count;
      return strcmp(a.name, b.name) < 0;
    });
    if (top_ != 0 && rows.size() > top_) rows.resize(top_);
    FILE* out = file_ != nullptr ? file_ : stderr;
    if (format_ == "csv") {
      WriteCsv(out, rows);
    } else if (format_ == "json") {
      WriteJson(out, rows, total);
    } else {
      WriteText(out, rows, total);
    }
    return fflush(out) == 0 && ferror(out) == 0 ? nullptr : strerror(errno);
  }

 private:
  static void WriteCsv(FILE* out, const std::vector<Row>& rows) {
    fprintf(out, "operation,count\n");
    for (const Row& row : rows)
      fprintf(out, "%s,%" PRIu64 "\n", row.name, row.count);
  }

  static void WriteJson(FILE* out, const std::vector<Row>& rows,
                        uint64_t total) {
    fprintf(out, "{\"total\": %" PRIu64 ", \"operations\": {", total);
    const char* separator = "";
    for (const Row& row : rows) {
      fprintf(out, "%s\n  \"%s\": %" PRIu64, separator, row.name, row.count);
      separator = ",";
    }
    fprintf(out, "\n}}\n");
  }

  static void WriteText(FILE* out, const std::vector<Row>& rows,
                        uint64_t total) {
    fprintf(out, "%-28s %16s %7s\n", "operation", "executed", "%");
    for (const Row& row : rows) {
      fprintf(
          out, "%-28s %16" PRIu64 " %7.2f\n", row.name, row.count,
          100.0 * static_cast<double>(row.count) / static_cast<double>(total));
    }
    fprintf(out, "%-28s %16" PRIu64 " %7.2f\n", "all", total,
            total != 0 ? 100.0 : 0.0);
  }

  std::string format_;
  size_t top_;
  FILE* file_;  // owned; null: stderr
};

void* Create(const pyvm_host*, const pyvm_arg* args, size_t, char* error,
             size_t error_size) {
  std::string_view format = args[1].v.s;
  if (format != "text" && format != "csv" && format != "json") {
    snprintf(error, error_size, "format=%s: expected text, csv or json",
             args[1].v.s);
    return nullptr;
  }
  FILE* file = nullptr;
  // Now rather than at exit: who cannot have the table wants to know before the
  // run.
  if (*args[0].v.s != '\0' && (file = fopen(args[0].v.s, "we")) == nullptr) {
    snprintf(error, error_size, "cannot write %s: %s", args[0].v.s,
             strerror(errno));
    return nullptr;
  }
  return new OpCount(format, static_cast<size_t>(args[2].v.i), file);
}

constexpr pyvm_monitor kMonitor = {
    .size = sizeof(pyvm_monitor),
    .wants = PYVM_WANTS_OPCOUNTS,
    .on_event = nullptr,
    .on_exit =
        [](void* self, const pyvm_report* report) {
          return static_cast<OpCount*>(self)->Report(*report);
        },
};

constexpr pyvm_plugin kPlugin = {
    .abi_version = PYVM_ABI_VERSION,
    .size = sizeof(pyvm_plugin),
    .kind = PYVM_MONITOR,
    .num_params = sizeof(kParams) / sizeof(kParams[0]),
    .name = "opcount",
    .help = "counts the instructions that are executed, by operation",
    .params = kParams,
    .create = Create,
    .destroy = [](void* self) { delete static_cast<OpCount*>(self); },
    .api = &kMonitor,
};

}  // namespace

const pyvm_plugin* pyvm_plugin_main(const pyvm_host*) { return &kPlugin; }
