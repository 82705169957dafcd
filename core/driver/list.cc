// The text of --list.
#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/bytecode/opcodes.h"
#include "core/driver/passes.h"
#include "core/driver/session.h"
#include "core/plugin/loader.h"
#include "core/tier/metrics.h"
#include "core/tier/options.h"
#include "core/tier/tier.h"

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

void ListPass(const TierPasses::Pass& pass, std::string* text) {
  Line(text, 2, pass.name, pass.help);
  for (const TierPasses::Parameter& parameter : pass.parameters) {
    Line(text, 4, parameter.name,
         absl::StrCat(parameter.help, " (default ", parameter.value, ")"));
  }
}

// The passes of all tiers that can be found, and of plugins.
void ListPasses(Registry* registry, std::string* text) {
  for (const FoundPlugin& entry : registry->List(PYVM_TIER)) {
    absl::StatusOr<const pyvm_plugin*> plugin =
        registry->Find(PYVM_TIER, entry.name);
    if (!plugin.ok()) continue;  // --list=tiers says why
    const auto* tier = static_cast<const Tier*>((*plugin)->api);
    if (tier->passes == nullptr) continue;
    const char* why = "";
    const TierPasses* passes = tier->passes(&why);
    if (passes == nullptr) Line(text, 2, tier->name, why);
    if (passes == nullptr) continue;
    for (const FoundPlugin& found : registry->List(PYVM_PASS)) {
      absl::Status status = AddPass(registry, found.name, *passes);
      if (!status.ok())
        Line(text, 2, found.name, std::string(status.message()));
    }
    for (const TierPasses::Pass& pass : passes->list()) ListPass(pass, text);
  }
}

// What a field of an instruction holds; null if it needs no mention.
const char* FieldName(const OpInfo& info, int f) {
  switch (info.fields[f]) {
    case Field::N:
      return nullptr;
    case Field::D:
      return "destination";
    case Field::S:
      return "operand";
    case Field::X:
      return "any operand";
    case Field::R:
      return "register";
    case Field::B:
      return "window";
    case Field::I:
      return "number";
    case Field::J:
      return "jump";
    case Field::O:  // fields B and C
      if (f == 2) return nullptr;
      return (info.effects & kEffectJump) != 0 ? "long jump" : "long number";
    case Field::C:
      return "cache";
    case Field::Z:
      return "length of list";
  }
  return nullptr;
}

// Fields, effects and feedback of an operation.
std::string Describe(const OpInfo& info) {
  std::string fields, effects;
  for (int f = 0; f < 3; ++f) {
    if (const char* name = FieldName(info, f)) {
      absl::StrAppend(&fields, fields.empty() ? "" : ", ",
                      std::string(1, static_cast<char>('A' + f)), " ", name);
    }
  }
  static constexpr std::pair<Effect, const char*> kEffects[] = {
      {kEffectRaise, "raises"},
      {kEffectCall, "runs foreign code"},
      {kEffectJump, "jumps"},
      {kEffectEnd, "does not fall through"},
      {kEffectList, "has a list of operands"}};
  for (const auto& [effect, text] : kEffects) {
    if ((info.effects & effect) != 0) {
      absl::StrAppend(&effects, effects.empty() ? "" : ", ", text);
    }
  }
  static constexpr const char* kFeedback[] = {"",       "types", "attr",
                                              "global", "call",  "iter"};
  std::string text = fields;
  absl::StrAppend(&text, fields.empty() ? "" : "; ",
                  effects.empty() ? "pure" : effects);
  if (info.feedback != Feedback::kNone) {
    absl::StrAppend(&text,
                    "; feedback: ", kFeedback[static_cast<int>(info.feedback)]);
  }
  return text;
}

// The reference page of the bytecode: too long to be part of "all".
void ListOperations(std::string* text) {
  for (int i = 0; i < kNumOps; ++i) {
    const OpInfo& info = InfoOf(static_cast<Op>(i));
    Line(text, 2, info.name, info.prose);
    Line(text, 2, "", Describe(info));
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
  if (wanted("passes")) ListPasses(registry, &text);
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
  if (std::find(line.lists.begin(), line.lists.end(), "operations") !=
      line.lists.end()) {
    absl::StrAppend(&text, text.empty() ? "" : "\n", "operations:\n");
    ListOperations(&text);
  }
  return text;
}

}  // namespace pyvm
