// pyvm's counters: metrics.def is the table, `pyvm::metrics` the values.
#ifndef PYVM_CORE_TIER_METRICS_H_
#define PYVM_CORE_TIER_METRICS_H_

#include <cstdint>
#include <vector>

#include "core/plugin/pyvm.h"

namespace pyvm {

// Guarded by the GIL.
struct Metrics {
#define PYVM_METRIC(field, name, kind, unit, help) uint64_t field = 0;
#include "core/tier/metrics.def"
#undef PYVM_METRIC
};

// Defined in the executable; plugins see the same one.
extern Metrics metrics;

// Changes a gauge, and the high-water mark that goes with it.
inline void AdjustGauge(uint64_t& gauge, uint64_t& peak, int64_t change) {
  gauge += static_cast<uint64_t>(change);
  if (change > 0 && gauge > peak) peak = gauge;
}

// Counts a frame that goes to CPython's evaluator. `reason` is a static string,
// and is compared by its text.
void CountHostFrame(const char* reason);

struct HostFrameReason {
  const char* reason;
  uint64_t count;
};
const std::vector<HostFrameReason>& HostFrameReasons();

// Adds to a copy of the metrics what is only known where it is counted, for
// instance in live units. Set once, by the driver.
extern void (*add_live_counts)(Metrics* copy);

// Adds rows that the table cannot have, for instance one by tier. What they
// point to lives for ever.
using MetricRows = void (*)(std::vector<pyvm_metric>* rows);
// From now on these are asked for rows too.
void AddMetricRows(MetricRows rows);

// The table with the present values. Brings those up to date that are not
// counted but measured (peak_rss, total.time).
std::vector<pyvm_metric> CurrentMetrics();

// The value of the metric called `name`, or null.
const uint64_t* FindMetric(const char* name);

// Nanoseconds since pyvm's start; monotonic.
uint64_t NowNs();

}  // namespace pyvm

#endif  // PYVM_CORE_TIER_METRICS_H_
