// What the sites of the units that are alive at exit have seen: specialised or
// not, and how often they have missed.
#include "plugins/common/report.h"

namespace pyvm::plugins {
namespace {

constexpr pyvm_param kParams[] = {
    kFileParam,
    kFormatParam,
    {"state", PYVM_STRING, "", "all", 0, 0,
     "only sites of this state: cold, specialised, generic or all"},
    {"misses", PYVM_INT, "misses", "0", 0, 255,
     "only sites with so many or more"},
};

const char* StateName(uint32_t state) {
  switch (state) {
    case PYVM_SITE_COLD:
      return "cold";
    case PYVM_SITE_SPECIALISED:
      return "specialised";
    case PYVM_SITE_GENERIC:
      return "generic";
  }
  return "?";
}

class Ic {
 public:
  static constexpr uint32_t kWants = PYVM_WANTS_UNITS | PYVM_WANTS_SITES;

  explicit Ic(const pyvm_arg* args)
      : state_(args[2].v.s), misses_(static_cast<uint32_t>(args[3].v.i)) {}

  Table Report(const pyvm_report& report) {
    Table table({"unit", "instruction", "line", "operation", "state", "misses",
                 "function", "file"});
    for (uint32_t i = 0; i < report.num_units; ++i) {
      const pyvm_unit_info& unit = UnitAt(report, i);
      for (uint32_t s = 0; s < unit.num_sites; ++s) {
        const pyvm_site& site = unit.sites[s];
        const char* state = StateName(site.state);
        if ((state_ != "all" && state_ != state) || site.misses < misses_)
          continue;
        table.Add({unit.unit_id, uint64_t{site.instruction},
                   uint64_t{site.line}, site.operation, state,
                   uint64_t{site.misses}, unit.name, unit.filename});
      }
    }
    return table;
  }

  Output output;

 private:
  std::string state_;
  uint32_t misses_;
};

constexpr pyvm_plugin kPlugin = MonitorPlugin<Ic>(
    "ic",
    "lists sites with inline caches or rewritten operations: state and misses",
    kParams);

}  // namespace
}  // namespace pyvm::plugins

const pyvm_plugin* pyvm_plugin_main(const pyvm_host*) {
  return &pyvm::plugins::kPlugin;
}
