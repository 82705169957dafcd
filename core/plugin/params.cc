#include "core/plugin/params.h"

#include <cctype>
#include <cmath>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/plugin/loader.h"
#include "core/plugin/suggest.h"

namespace pyvm {
namespace {

bool IsFamily(absl::string_view name) { return absl::EndsWith(name, ".*"); }

// Whether `name` is the row's, or a member of the row's family.
bool Matches(absl::string_view row, absl::string_view name) {
  if (!IsFamily(row)) return row == name;
  row.remove_suffix(1);
  return name.size() > row.size() && absl::StartsWith(name, row);
}

absl::StatusOr<pyvm_arg> ParseValue(const pyvm_plugin& plugin,
                                    const pyvm_param& row,
                                    const std::string& name,
                                    const std::string& text) {
  auto fail = [&](absl::string_view wanted) {
    return absl::InvalidArgumentError(
        absl::StrCat(KindName(plugin.kind), " ", plugin.name, ": ", name, "=",
                     text, ": expected ", wanted));
  };
  pyvm_arg arg = {};
  arg.name = name.c_str();
  arg.type = row.type;
  double number = 0;
  switch (row.type) {
    case PYVM_INT:
      if (!absl::SimpleAtoi(text, &arg.v.i)) return fail("a whole number");
      number = static_cast<double>(arg.v.i);
      break;
    case PYVM_FLOAT:
      if (!absl::SimpleAtod(text, &arg.v.f) || std::isnan(arg.v.f)) {
        return fail("a number");
      }
      number = arg.v.f;
      break;
    case PYVM_BOOL: {
      std::string word = absl::AsciiStrToLower(text);
      bool yes = word == "1" || word == "true" || word == "yes" || word == "on";
      bool no = word == "0" || word == "false" || word == "no" || word == "off";
      if (!yes && !no) return fail("true or false");
      arg.v.i = yes;
      return arg;
    }
    default:
      arg.v.s = text.c_str();
      return arg;
  }
  if (row.min != row.max && (number < row.min || number > row.max)) {
    return fail(absl::StrCat("a value from ", LimitText(row.min), " to ",
                             LimitText(row.max)));
  }
  return arg;
}

// Gives a value without a key the name of the first parameter.
PluginSpec WithNames(const pyvm_plugin& plugin, PluginSpec spec) {
  for (auto& [name, value] : spec.params) {
    if (!name.empty()) continue;
    name = plugin.num_params > 0 ? plugin.params[0].name : value;
  }
  return spec;
}

absl::Status CheckNames(const pyvm_plugin& plugin, const PluginSpec& spec) {
  for (const auto& [name, value] : spec.params) {
    bool known = false;
    std::vector<std::string> rows;
    for (uint32_t i = 0; i < plugin.num_params; ++i) {
      known = known || Matches(plugin.params[i].name, name);
      rows.push_back(plugin.params[i].name);
    }
    if (known) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        KindName(plugin.kind), " ", plugin.name, " has no parameter '", name,
        "'", rows.empty() ? "; it has none" : Suggestion(name, rows)));
  }
  return absl::OkStatus();
}

}  // namespace

std::string LimitText(double value) {
  return value == std::floor(value) && std::fabs(value) < 1e18
             ? absl::StrCat(static_cast<int64_t>(value))
             : absl::StrCat(value);
}

std::vector<std::string> SplitPluginSpecs(absl::string_view text) {
  std::vector<std::string> specs;
  std::string piece;
  auto finish = [&] {
    size_t equals = piece.find('=');
    bool goes_on = equals != std::string::npos && piece.find(':') > equals;
    if (goes_on && !specs.empty()) {
      bool first = specs.back().find(':') == std::string::npos;
      absl::StrAppend(&specs.back(), first ? ":" : ",", piece);
    } else {
      specs.push_back(piece);
    }
    piece.clear();
  };
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ',') {
      finish();
      continue;
    }
    piece += text[i];
    if (text[i] == '\\' && i + 1 < text.size()) piece += text[++i];
  }
  finish();
  return specs;
}

absl::StatusOr<PluginSpec> ParsePluginSpec(absl::string_view text) {
  PluginSpec spec;
  // Cut at the first ':' and then at ',' and the first '=' of each, minding
  // backslashes.
  std::string word;
  std::string key;
  bool in_name = true;
  bool have_key = false;
  auto finish = [&]() -> absl::Status {
    if (in_name) {
      spec.name = word;
    } else if (have_key && !key.empty()) {
      spec.params.emplace_back(key, word);
    } else if (!have_key && spec.params.empty() && !word.empty()) {
      spec.params.emplace_back("", word);
    } else {
      return absl::InvalidArgumentError(absl::StrCat(
          "'", text, "': expected NAME[:key=value,...], found '", word, "'"));
    }
    word.clear();
    key.clear();
    have_key = false;
    return absl::OkStatus();
  };
  bool open = true;  // a word is expected, even if it is empty
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    open = true;
    if (c == '\\' && i + 1 < text.size()) {
      word += text[++i];
    } else if (in_name && c == ':') {
      if (absl::Status status = finish(); !status.ok()) return status;
      in_name = false;
      open = false;  // "name:" is "name"
    } else if (!in_name && c == ',') {
      if (absl::Status status = finish(); !status.ok()) return status;
    } else if (!in_name && c == '=' && !have_key) {
      key.swap(word);
      word.clear();
      have_key = true;
    } else {
      word += c;
    }
  }
  if (open) {
    if (absl::Status status = finish(); !status.ok()) return status;
  }
  if (spec.name.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", text, "': expected NAME[:key=value,...]"));
  }
  return spec;
}

absl::StatusOr<std::vector<pyvm_arg>> ParseParams(
    const pyvm_plugin& plugin, const PluginSpec& unnamed,
    std::vector<std::pair<std::string, std::string>>* texts) {
  PluginSpec spec = WithNames(plugin, unnamed);
  if (absl::Status status = CheckNames(plugin, spec); !status.ok())
    return status;
  // All texts first: the arguments point into the vector, which must not grow
  // later.
  std::vector<const pyvm_param*> rows;
  std::vector<bool> is_default;
  texts->clear();
  auto add = [&](const pyvm_param* row, std::string name, std::string text,
                 bool preset) {
    rows.push_back(row);
    is_default.push_back(preset);
    texts->emplace_back(std::move(name), std::move(text));
  };
  for (uint32_t i = 0; i < plugin.num_params; ++i) {
    const pyvm_param& row = plugin.params[i];
    if (IsFamily(row.name)) continue;
    const std::string* text = nullptr;
    for (const auto& [name, value] : spec.params) {
      if (name == row.name) text = &value;  // the last one counts
    }
    add(&row, row.name, text != nullptr ? *text : row.default_value,
        text == nullptr);
  }
  for (uint32_t i = 0; i < plugin.num_params; ++i) {
    const pyvm_param& row = plugin.params[i];
    if (!IsFamily(row.name)) continue;
    for (const auto& [name, value] : spec.params) {
      if (Matches(row.name, name)) add(&row, name, value, false);
    }
  }
  std::vector<pyvm_arg> args;
  for (size_t i = 0; i < rows.size(); ++i) {
    absl::StatusOr<pyvm_arg> arg =
        ParseValue(plugin, *rows[i], (*texts)[i].first, (*texts)[i].second);
    if (!arg.ok()) return arg.status();
    arg->is_default = is_default[i];
    args.push_back(*arg);
  }
  return args;
}

}  // namespace pyvm
