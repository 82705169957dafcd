// The text of --list.
#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/driver/session.h"
#include "core/plugin/loader.h"
#include "core/tier/metrics.h"
#include "core/tier/options.h"

namespace pyvm {
namespace {

constexpr size_t kColumn = 26;

// One entry: the name in the left column, the rest in the right one.
void Line(std::string* text, size_t indent, const std::string& left,
          const std::string& right) {
  std::string line = std::string(indent, ' ') + left;
  line.resize(std::max(line.size() + 2, kColumn), ' ');
  absl::StrAppend(text, line, right, "\n");
}

std::string Describe(const pyvm_param& row) {
  static constexpr const char* kTypes[] = {"", "int", "float", "bool",
                                           "string"};
  std::string text = absl::StrCat(row.help, " (", kTypes[row.type]);
  if (*row.unit != '\0') absl::StrAppend(&text, ", ", row.unit);
  if (*row.default_value != '\0')
    absl::StrAppend(&text, ", default ", row.default_value);
  if (row.min != row.max)
    absl::StrAppend(&text, ", ", LimitText(row.min), " to ",
                    LimitText(row.max));
  return text + ")";
}

void ListPlugins(pyvm_kind kind, Registry* registry, std::string* text) {
  std::vector<FoundPlugin> found = registry->List(kind);
  if (found.empty()) absl::StrAppend(text, "  (none)\n");
  for (const FoundPlugin& entry : found) {
    absl::StatusOr<const pyvm_plugin*> plugin =
        registry->Find(kind, entry.name);
    if (!plugin.ok()) {
      Line(text, 2, entry.name, std::string(plugin.status().message()));
      continue;
    }
    Line(text, 2, (*plugin)->name, (*plugin)->help);
    for (uint32_t i = 0; i < (*plugin)->num_params; ++i) {
      Line(text, 4, (*plugin)->params[i].name, Describe((*plugin)->params[i]));
    }
  }
}

}  // namespace

std::string ListText(const CommandLine& line, Registry* registry) {
  std::string text;
  auto wanted = [&](const char* kind) {
    bool found = std::any_of(
        line.lists.begin(), line.lists.end(),
        [&](const std::string& k) { return k == kind || k == "all"; });
    if (found) absl::StrAppend(&text, text.empty() ? "" : "\n", kind, ":\n");
    return found;
  };
  if (wanted("tiers")) ListPlugins(PYVM_TIER, registry, &text);
  if (wanted("policies")) ListPlugins(PYVM_POLICY, registry, &text);
  if (wanted("monitors")) ListPlugins(PYVM_MONITOR, registry, &text);
  if (wanted("passes")) ListPlugins(PYVM_PASS, registry, &text);
  if (wanted("metrics")) {
    for (const pyvm_metric& metric : CurrentMetrics()) {
      Line(
          &text, 2, metric.name,
          absl::StrCat(metric.help, " (", metric.kind, ", ", metric.unit, ")"));
    }
  }
  if (wanted("tunables")) {
    for (int i = 0; i < kNumTunables; ++i) {
      const Tunable& row = kTunables[i];
      Line(&text, 2, row.name,
           absl::StrCat(row.help, " (", row.unit, ", default ",
                        row.default_value, ")"));
    }
  }
  return text;
}

}  // namespace pyvm
