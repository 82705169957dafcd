#include "core/tier/metrics.h"

#include <cstdio>
#include <cstring>
#include <ctime>

namespace pyvm {
namespace {

struct Row {
  const char* name;
  const char* kind;
  const char* unit;
  const char* help;
  uint64_t Metrics::* value;
};

constexpr const char* counter = "counter";
constexpr const char* gauge = "gauge";
constexpr const char* high_water = "high-water";

const Row kRows[] = {
#define PYVM_METRIC(field, name, kind, unit, help) \
  {name, kind, unit, help, &Metrics::field},
#include "core/tier/metrics.def"
#undef PYVM_METRIC
};

std::vector<HostFrameReason>& Reasons() {
  static auto* reasons = new std::vector<HostFrameReason>;
  return *reasons;
}

std::vector<MetricRows>& RowSources() {
  static auto* sources = new std::vector<MetricRows>;
  return *sources;
}

uint64_t MonotonicNs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 +
         static_cast<uint64_t>(now.tv_nsec);
}

// ru_maxrss would include what the process was before exec.
uint64_t PeakRss() {
  FILE* file = fopen("/proc/self/status", "re");
  if (file == nullptr) return 0;
  char line[256];
  unsigned long long kilobytes = 0;
  while (fgets(line, sizeof(line), file) != nullptr) {
    if (sscanf(line, "VmHWM: %llu", &kilobytes) == 1) break;
  }
  fclose(file);
  return kilobytes * 1024;
}

}  // namespace

constinit Metrics metrics;
void (*add_live_counts)(Metrics* copy) = nullptr;

void CountHostFrame(const char* reason) {
  ++metrics.host_frames;
  for (HostFrameReason& row : Reasons()) {
    if (row.reason == reason || strcmp(row.reason, reason) == 0) {
      ++row.count;
      return;
    }
  }
  Reasons().push_back({reason, 1});
}

void AddMetricRows(MetricRows rows) { RowSources().push_back(rows); }

const std::vector<HostFrameReason>& HostFrameReasons() { return Reasons(); }

std::vector<pyvm_metric> CurrentMetrics() {
  metrics.peak_rss = PeakRss();
  metrics.total_time_ns = NowNs();
  Metrics copy = metrics;
  if (add_live_counts != nullptr) add_live_counts(&copy);
  std::vector<pyvm_metric> result;
  for (const Row& row : kRows) {
    result.push_back({row.name, row.kind, row.unit, row.help, copy.*row.value});
  }
  for (MetricRows rows : RowSources()) rows(&result);
  return result;
}

const uint64_t* FindMetric(const char* name) {
  for (const Row& row : kRows) {
    if (strcmp(row.name, name) == 0) return &(metrics.*row.value);
  }
  return nullptr;
}

uint64_t NowNs() {
  static const uint64_t start = MonotonicNs();
  return MonotonicNs() - start;
}

}  // namespace pyvm
