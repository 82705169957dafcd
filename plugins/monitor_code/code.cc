// Bytes of machine code over time: a row whenever they have changed.
#include "plugins/common/report.h"

namespace pyvm::plugins {
namespace {

constexpr pyvm_param kParams[] = {kFileParam, kFormatParam};

class Code {
 public:
  static constexpr uint32_t kWants = PYVM_WANTS_EVENTS;

  explicit Code(const pyvm_arg*) {}

  void OnEvent(const pyvm_event& event, const pyvm_decision*) {
    limit_ = event.code_bytes_limit;
    if (event.code_bytes == bytes_ && !moments_.empty()) return;
    bytes_ = event.code_bytes;
    Moment moment = {event.sequence,
                     event.virtual_time,
                     event.time_ns,
                     event.code_bytes,
                     {}};
    for (uint32_t t = 0; t < event.num_tiers; ++t)
      moment.by_tier.push_back(TierAt(event, t).code_bytes);
    moments_.push_back(std::move(moment));
  }

  Table Report(const pyvm_report& report) {
    std::vector<std::string> columns = {"sequence", "virtual_time", "ms",
                                        "bytes", "limit"};
    for (uint32_t t = 0; t < report.num_tiers; ++t)
      columns.push_back(std::string("bytes.") + report.tiers[t].name);
    Table table(columns);
    for (const Moment& moment : moments_) {
      std::vector<Cell> row = {
          moment.sequence, moment.virtual_time,
          Cell::Fraction(static_cast<double>(moment.time_ns) / 1e6),
          moment.bytes, limit_};
      row.insert(row.end(), moment.by_tier.begin(), moment.by_tier.end());
      table.Add(std::move(row));
    }
    return table;
  }

  Output output;

 private:
  struct Moment {
    uint64_t sequence, virtual_time, time_ns, bytes;
    std::vector<uint64_t> by_tier;
  };

  uint64_t bytes_ = 0, limit_ = 0;
  std::vector<Moment> moments_;
};

constexpr pyvm_plugin kPlugin = MonitorPlugin<Code>(
    "code", "records the bytes of machine code over time, by tier", kParams);

}  // namespace
}  // namespace pyvm::plugins

const pyvm_plugin* pyvm_plugin_main(const pyvm_host*) {
  return &pyvm::plugins::kPlugin;
}
