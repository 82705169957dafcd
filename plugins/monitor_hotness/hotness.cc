// How often each unit was called and has looped, in all and by tier: those that
// are alive at exit, and those that have died.
#include "plugins/common/report.h"

namespace pyvm::plugins {
namespace {

constexpr pyvm_param kParams[] = {
    kFileParam,
    kFormatParam,
    {"top", PYVM_INT, "units", "0", 0, 1e9,
     "show only so many, the hottest ones; 0: all that ran"},
};

struct Unit {
  uint64_t id;
  std::string name, place;
  std::vector<uint64_t> calls, loops;  // by tier
  uint64_t all_calls, all_loops;
  uint64_t all() const { return all_calls + all_loops; }
};

class Hotness {
 public:
  static constexpr uint32_t kWants = PYVM_WANTS_EVENTS | PYVM_WANTS_UNITS;

  explicit Hotness(const pyvm_arg* args)
      : top_(static_cast<size_t>(args[2].v.i)) {}

  void OnEvent(const pyvm_event& event, const pyvm_decision*) {
    if (event.kind != PYVM_UNIT_DIED) return;
    Add({event.unit_id, event.name, Place(event.filename, event.first_line),
         Counts(event.entries_by_tier, event.num_tiers),
         Counts(event.loops_by_tier, event.num_tiers), event.entries,
         event.loops});
  }

  Table Report(const pyvm_report& report) {
    for (uint32_t i = 0; i < report.num_units; ++i) {
      const pyvm_unit_info& unit = UnitAt(report, i);
      Add({unit.unit_id, unit.name, Place(unit.filename, unit.first_line),
           Counts(unit.entries_by_tier, report.num_tiers),
           Counts(unit.loops_by_tier, report.num_tiers), unit.entries,
           unit.loops});
    }
    std::sort(units_.begin(), units_.end(), [](const Unit& a, const Unit& b) {
      return a.all() != b.all() ? a.all() > b.all() : a.id < b.id;
    });
    if (top_ != 0 && units_.size() > top_) units_.resize(top_);

    std::vector<std::string> columns = {"unit", "calls", "loops"};
    for (uint32_t t = 0; t < report.num_tiers; ++t) {
      std::string tier = report.tiers[t].name;
      columns.push_back("calls." + tier);
      columns.push_back("loops." + tier);
    }
    columns.push_back("function");
    columns.push_back("place");
    Table table(columns);
    for (const Unit& unit : units_) {
      std::vector<Cell> row = {unit.id, unit.all_calls, unit.all_loops};
      for (uint32_t t = 0; t < report.num_tiers; ++t) {
        row.push_back(unit.calls[t]);
        row.push_back(unit.loops[t]);
      }
      row.push_back(unit.name);
      row.push_back(unit.place);
      table.Add(std::move(row));
    }
    return table;
  }

  Output output;

 private:
  static std::vector<uint64_t> Counts(const uint64_t* counts, uint32_t n) {
    return std::vector<uint64_t>(counts, counts + n);
  }
  void Add(Unit unit) {
    if (unit.all() != 0) units_.push_back(std::move(unit));
  }

  size_t top_;
  std::vector<Unit> units_;
};

constexpr pyvm_plugin kPlugin = MonitorPlugin<Hotness>(
    "hotness", "counts calls and back-edges of each unit, in all and by tier",
    kParams);

}  // namespace
}  // namespace pyvm::plugins

const pyvm_plugin* pyvm_plugin_main(const pyvm_host*) {
  return &pyvm::plugins::kPlugin;
}
