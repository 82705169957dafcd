// Who ran where: each change of tier, and each that was refused, with its
// moment and its reason.
#include "plugins/common/report.h"

namespace pyvm::plugins {
namespace {

constexpr pyvm_param kParams[] = {kFileParam, kFormatParam};

class Tiers {
 public:
  static constexpr uint32_t kWants = PYVM_WANTS_EVENTS;

  explicit Tiers(const pyvm_arg*)
      : table_({"sequence", "virtual_time", "ms", "unit", "to", "outcome",
                "calls", "loops", "function", "place", "reason"}) {}

  void OnEvent(const pyvm_event& event, const pyvm_decision* decision) {
    bool compiled = event.kind == PYVM_COMPILED;
    if (!compiled && event.kind != PYVM_REFUSED) return;
    bool evicted = decision->action == PYVM_EVICT;
    table_.Add({event.sequence, event.virtual_time,
                Cell::Fraction(static_cast<double>(event.time_ns) / 1e6),
                event.unit_id,
                evicted ? "(landing)" : TierName(event, decision->tier),
                Outcome(*decision, compiled), event.entries, event.loops,
                event.name, Place(event.filename, event.first_line),
                compiled ? decision->reason : event.refused});
  }

  Table Report(const pyvm_report&) { return std::move(table_); }

  Output output;

 private:
  static const char* Outcome(const pyvm_decision& decision, bool compiled) {
    if (!compiled) return "refused";
    switch (decision.action) {
      case PYVM_OSR:
        return "entered in its loop";
      case PYVM_STEP_DOWN:
        return "stepped down";
      case PYVM_EVICT:
        return "evicted";
    }
    return "compiled";
  }

  Table table_;
};

constexpr pyvm_plugin kPlugin = MonitorPlugin<Tiers>(
    "tiers", "lists each change of tier: which unit, when, where to, and why",
    kParams);

}  // namespace
}  // namespace pyvm::plugins

const pyvm_plugin* pyvm_plugin_main(const pyvm_host*) {
  return &pyvm::plugins::kPlugin;
}
