#include "core/driver/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstring>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "core/plugin/params.h"
#include "core/plugin/suggest.h"
#include "core/tier/options.h"

namespace pyvm {
namespace {

enum class Value { kNone, kOptional, kRequired };

struct OwnOption {
  const char* name;
  Value value;
};

// What the scanner has to know: whether the word behind the option belongs to
// it.
constexpr OwnOption kOwnOptions[] = {
    {"tiers", Value::kRequired},    {"policy", Value::kRequired},
    {"monitors", Value::kRequired}, {"plugin", Value::kRequired},
    {"stats", Value::kOptional},    {"trace", Value::kRequired},
    {"dump", Value::kRequired},     {"list", Value::kOptional},
    {"strict", Value::kNone},       {"stress", Value::kRequired},
    {"tune", Value::kRequired},     {"code-limit", Value::kRequired},
    {"perf", Value::kRequired},     {"gdb", Value::kNone},
    {"help", Value::kNone},         {"version", Value::kNone},
    {"virtual-time", Value::kNone}, {"passes", Value::kRequired},
    {"sync-compile", Value::kNone},
};

// python3's own long options; the first takes the word behind it.
constexpr const char* kPythonOptions[] = {"check-hash-based-pycs", "help-all",
                                          "help-env", "help-xoptions"};

const OwnOption* FindOwn(absl::string_view name) {
  for (const OwnOption& option : kOwnOptions) {
    if (name == option.name) return &option;
  }
  return nullptr;
}

// The option that an unknown word may mean, or "".
std::string NearestOption(absl::string_view option) {
  std::vector<std::string> names;
  for (const OwnOption& option : kOwnOptions) {
    names.push_back(absl::StrCat("--", option.name));
  }
  for (const char* name : kPythonOptions)
    names.push_back(absl::StrCat("--", name));
  return Nearest(std::string(option), names);
}

absl::Status UnknownOption(absl::string_view word) {
  std::string option(word.substr(0, word.find('=')));
  std::string nearest = NearestOption(option);
  return absl::InvalidArgumentError(absl::StrCat(
      "unknown option ", option,
      nearest.empty() ? "; see --help"
                      : absl::StrCat("; did you mean ", nearest, "?")));
}

// Moves the words of one own option to `own`, with the value joined by '='. `i`
// is the option's index, and is left at the last word that was taken.
absl::Status TakeOwn(const OwnOption& option,
                     const std::vector<std::string>& words, size_t* i,
                     std::vector<std::string>* own) {
  const std::string& word = words[*i];
  if (option.value == Value::kRequired && word.find('=') == std::string::npos) {
    if (*i + 1 >= words.size()) {
      return absl::InvalidArgumentError(
          absl::StrCat("option ", word, " needs a value"));
    }
    own->push_back(absl::StrCat(word, "=", words[++*i]));
    return absl::OkStatus();
  }
  if (option.value == Value::kRequired && word.find('=') + 1 == word.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("option --", option.name, " needs a value"));
  }
  if (option.value == Value::kNone && word.find('=') != std::string::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat("option --", option.name, " takes no value"));
  }
  own->push_back(word);
  return absl::OkStatus();
}

// Looks at a word of short options ("-Ic"). Returns how many of the following
// words belong to it, and sets `last` if no option may follow.
size_t ShortOptions(absl::string_view word, bool* last) {
  for (size_t i = 1; i < word.size(); ++i) {
    if (strchr("cmWX", word[i]) == nullptr) continue;
    *last = word[i] == 'c' || word[i] == 'm';
    return i + 1 < word.size() ? 0 : 1;
  }
  return 0;
}

// Distributes the command line's words to `own` and to CPython.
absl::Status Scan(int argc, char** argv, std::vector<std::string>* own,
                  std::vector<char*>* python) {
  std::vector<std::string> words(argv, argv + argc);
  if (argc > 0) python->push_back(argv[0]);
  size_t i = 1;
  for (; i < words.size(); ++i) {
    absl::string_view word = words[i];
    if (word.size() < 2 || word[0] != '-' || word == "--")
      break;  // a script, or the end
    if (word[1] != '-') {
      bool last = false;
      size_t following = ShortOptions(word, &last);
      python->push_back(argv[i]);
      if (following > 0 && i + 1 < words.size()) python->push_back(argv[++i]);
      if (!last) continue;
      ++i;
      break;
    }
    absl::string_view name = word.substr(2, word.find('=') - 2);
    if (const OwnOption* option = FindOwn(name); option != nullptr) {
      absl::Status status = TakeOwn(*option, words, &i, own);
      if (!status.ok()) return status;
      continue;
    }
    if (std::find(std::begin(kPythonOptions), std::end(kPythonOptions),
                  word.substr(2)) == std::end(kPythonOptions) &&
        !NearestOption(word.substr(0, word.find('='))).empty()) {
      return UnknownOption(word);
    }
    // CPython complains of what nobody knows, as python3 does.
    python->push_back(argv[i]);
    if (name == kPythonOptions[0] && i + 1 < words.size())
      python->push_back(argv[++i]);
  }
  for (; i < words.size(); ++i) python->push_back(argv[i]);
  return absl::OkStatus();
}

absl::Status ScanEnvironment(const char* environment,
                             std::vector<std::string>* own) {
  absl::StatusOr<std::vector<std::string>> words = SplitWords(environment);
  if (!words.ok()) return words.status();
  for (size_t i = 0; i < words->size(); ++i) {
    const std::string& word = (*words)[i];
    if (word.rfind("--", 0) != 0 || word.size() == 2) {
      return absl::InvalidArgumentError(absl::StrCat(
          "'", word,
          "' is not one of pyvm's own options, which alone may stand here"));
    }
    const OwnOption* option =
        FindOwn(absl::string_view(word).substr(2, word.find('=') - 2));
    if (option == nullptr) return UnknownOption(word);
    absl::Status status = TakeOwn(*option, *words, &i, own);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

// The texts of the options, as they come from CLI11.
struct RawOptions {
  std::string tiers, policy, trace;
  std::vector<std::string> monitors, plugins, dumps, stresses, tunes, perfs;
  std::string code_limit;
  std::string stats, lists;
};

// `app` refers to `raw` and `line`, which must outlive it. The help texts here
// are what
// --help shows.
void DefineOptions(CLI::App* app, RawOptions* raw, CommandLine* line) {
  using enum CLI::MultiOptionPolicy;
  app->set_help_flag();
  app->add_option("--tiers", raw->tiers,
                  "tiers, in promotion order; default interp")
      ->type_name("NAME,...")
      ->multi_option_policy(TakeLast);
  app->add_option("--policy", raw->policy,
                  "who decides what is promoted; default fixed-count")
      ->type_name("NAME[:KEY=VALUE,...]")
      ->multi_option_policy(TakeLast);
  app->add_option("--monitors", raw->monitors,
                  "observers, for instance opcount")
      ->type_name("NAME[:KEY=VALUE,...],...");
  app->add_option("--plugin", raw->plugins,
                  "load a plugin that is in no plugin folder")
      ->type_name("FILE");
  app->add_flag("--stats{}", raw->stats,
                "counters at exit, to stderr; as JSON to FILE (%p: process id)")
      ->type_name("[=FILE]")
      ->multi_option_policy(TakeLast);
  app->add_option(
         "--trace", raw->trace,
         "events and decisions with reasons, as Chrome trace JSON (%p)")
      ->type_name("FILE")
      ->multi_option_policy(TakeLast);
  app->add_option(
         "--dump", raw->dumps,
         "show what is made of the functions: bytecode, ir, llvm, asm,\n"
         "graph (SVG files), remarks; ir, graph: what PASS leaves")
      ->type_name("KIND,...[:GLOB][:after=PASS]");
  app->add_option("--passes", line->passes,
                  "what optimizing tiers run on code: -NAME,... for all but\n"
                  "these, NAME:KEY=VALUE, or only:NAME,... in this order")
      ->type_name("TEXT")
      ->multi_option_policy(TakeLast);
  app->add_flag("--list{all}", raw->lists,
                "names, help and parameters of tiers, policies, monitors,\n"
                "passes, metrics, tunables: all of these; operations")
      ->type_name("[=KIND,...]")
      ->multi_option_policy(TakeLast);
  app->add_flag(
      "--strict", line->strict,
      "a frame in CPython's evaluator is a fatal error unless traced");
  app->add_option("--stress", raw->stresses,
                  "provoke what is rare: promote, osr, gc, evict, deopt")
      ->type_name("KIND,...");
  app->add_flag("--virtual-time", line->virtual_time,
                "decide by counts alone, so that two runs decide the same");
  app->add_flag("--sync-compile", line->sync_compile,
                "wait for each compilation; without this, what takes long is\n"
                "compiled beside the program, which runs on in a lower tier\n"
                "(--virtual-time and --stress wait too)");
  app->add_option("--tune", raw->tunes, "set a number of --list=tunables")
      ->type_name("NAME=VALUE,...");
  app->add_option("--code-limit", raw->code_limit,
                  "machine code of all tiers together; k, M or G may follow")
      ->type_name("BYTES")
      ->multi_option_policy(TakeLast);
  app->add_option("--perf", raw->perfs,
                  "name machine code for Linux's perf: map, jitdump (in /tmp)")
      ->type_name("KIND,...");
  app->add_flag("--gdb", line->gdb,
                "name machine code for GDB, which makes GDB slow");
  app->add_flag("--help", line->help, "this text");
  app->add_flag("--version", line->version,
                "the versions of Python and of pyvm");
}

// KIND,...[:GLOB][:after=PASS]
absl::Status ParseDump(absl::string_view text, CommandLine* line) {
  std::pair<absl::string_view, absl::string_view> pair =
      absl::StrSplit(text, absl::MaxSplits(':', 1));
  CommandLine::Dumped asked{"*", ""};
  for (absl::string_view word : absl::StrSplit(pair.second, ':')) {
    if (absl::ConsumePrefix(&word, "after=")) {
      asked.after = std::string(word);
      if (word.empty()) {
        return absl::InvalidArgumentError("--dump: after= needs a pass's name");
      }
    } else if (!word.empty()) {
      asked.glob = std::string(word);
    }
  }
  for (absl::string_view kind : absl::StrSplit(pair.first, ',')) {
    auto row =
        std::find_if(std::begin(kDumpKinds), std::end(kDumpKinds),
                     [&](const DumpKind& other) { return kind == other.name; });
    if (row == std::end(kDumpKinds)) {
      std::vector<std::string> names;
      for (const DumpKind& known : kDumpKinds) names.push_back(known.name);
      return absl::InvalidArgumentError(absl::StrCat(
          "--dump: unknown kind '", kind, "'", Suggestion(kind, names)));
    }
    if (!asked.after.empty() && !row->takes_after) {
      return absl::InvalidArgumentError(
          absl::StrCat("--dump=", kind, " takes no after=; ir and graph do"));
    }
    line->dumps[row - kDumpKinds] = asked;
  }
  return absl::OkStatus();
}

absl::Status ParseDumps(const std::vector<std::string>& dumps,
                        CommandLine* line) {
  for (const std::string& dump : dumps) {
    if (absl::Status status = ParseDump(dump, line); !status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

// Words of an option that names kinds, each of which stands for the bit of the
// same index.
absl::Status ParseBits(const char* option,
                       const std::vector<std::string>& texts,
                       const std::vector<std::string>& names, uint32_t* bits) {
  for (const std::string& words : texts) {
    for (const std::string& word :
         std::vector<std::string>(absl::StrSplit(words, ','))) {
      auto found = std::find(names.begin(), names.end(), word);
      if (found == names.end()) {
        return absl::InvalidArgumentError(absl::StrCat(
            option, ": unknown kind '", word, "'", Suggestion(word, names)));
      }
      *bits |= 1u << (found - names.begin());
    }
  }
  return absl::OkStatus();
}

absl::Status ParseStress(const std::vector<std::string>& stresses,
                         CommandLine* line) {
  static_assert(kStressPromote == 1 && kStressOsr == 2 && kStressGc == 4 &&
                kStressEvict == 8 && kStressDeopt == 16);
  return ParseBits("--stress", stresses,
                   {"promote", "osr", "gc", "evict", "deopt"}, &line->stress);
}

absl::Status ParsePerf(const std::vector<std::string>& perfs,
                       CommandLine* line) {
  static_assert(kPerfMap == 1 && kPerfJitdump == 2);
  return ParseBits("--perf", perfs, {"map", "jitdump"}, &line->perf);
}

absl::Status ParseCodeLimit(const std::string& text, CommandLine* line) {
  absl::string_view digits = text;
  int shift = 0;
  if (absl::ConsumeSuffix(&digits, "k")) {
    shift = 10;
  } else if (absl::ConsumeSuffix(&digits, "M")) {
    shift = 20;
  } else if (absl::ConsumeSuffix(&digits, "G")) {
    shift = 30;
  }
  int64_t value;
  if (!absl::SimpleAtoi(digits, &value) || value < 0 ||
      value > INT64_MAX >> shift) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--code-limit: '", text,
        "': expected a number of bytes, for instance 65536, 512k or 16M"));
  }
  line->tunables.emplace_back("code-bytes-limit", value << shift);
  return absl::OkStatus();
}

absl::Status ParseTunables(const std::vector<std::string>& tunes,
                           CommandLine* line) {
  std::vector<std::string> names;
  for (int i = 0; i < kNumTunables; ++i) names.push_back(kTunables[i].name);
  for (const std::string& words : tunes) {
    for (absl::string_view word : absl::StrSplit(words, ',')) {
      std::pair<std::string, std::string> pair =
          absl::StrSplit(word, absl::MaxSplits('=', 1));
      auto found = std::find(names.begin(), names.end(), pair.first);
      if (found == names.end()) {
        return absl::InvalidArgumentError(
            absl::StrCat("--tune: unknown name '", pair.first, "'",
                         Suggestion(pair.first, names)));
      }
      const Tunable& row = kTunables[found - names.begin()];
      int64_t value;
      if (!absl::SimpleAtoi(pair.second, &value) || value < row.min ||
          value > row.max) {
        return absl::InvalidArgumentError(
            absl::StrCat("--tune: ", word, ": expected a whole number from ",
                         row.min, " to ", row.max, " (", row.unit, ")"));
      }
      line->tunables.emplace_back(pair.first, value);
    }
  }
  return absl::OkStatus();
}

absl::Status ParseLists(const std::string& text, CommandLine* line) {
  for (const std::string& kind :
       std::vector<std::string>(absl::StrSplit(text, ','))) {
    const std::vector<std::string>& kinds = ListKinds();
    if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--list: unknown kind '", kind, "'", Suggestion(kind, kinds)));
    }
    line->lists.push_back(kind);
  }
  return absl::OkStatus();
}

absl::Status Interpret(const std::vector<std::string>& own, CommandLine* line) {
  RawOptions raw;
  CLI::App app;
  DefineOptions(&app, &raw, line);
  try {
    app.parse(std::vector<std::string>(own.rbegin(), own.rend()));
  } catch (const CLI::Error& error) {
    return absl::InvalidArgumentError(error.what());
  }
  auto given = [&](const char* name) { return app.count(name) > 0; };
  if (given("--tiers")) line->tiers = SplitPluginSpecs(raw.tiers);
  if (given("--policy")) line->policy = raw.policy;
  if (given("--stats")) line->stats = raw.stats;
  line->trace = raw.trace;
  line->plugins = raw.plugins;
  for (const std::string& text : raw.monitors) {
    for (std::string& spec : SplitPluginSpecs(text))
      line->monitors.push_back(spec);
  }
  absl::Status status = ParseDumps(raw.dumps, line);
  if (status.ok()) status = ParseStress(raw.stresses, line);
  if (status.ok()) status = ParseTunables(raw.tunes, line);
  if (status.ok() && given("--code-limit")) {
    status = ParseCodeLimit(raw.code_limit, line);
  }
  if (status.ok()) status = ParsePerf(raw.perfs, line);
  if (status.ok() && given("--list")) status = ParseLists(raw.lists, line);
  return status;
}

}  // namespace

const std::vector<std::string>& ListKinds() {
  static const auto* kinds = new std::vector<std::string>{
      "tiers",   "policies", "monitors",   "passes",
      "metrics", "tunables", "operations", "all"};
  return *kinds;
}

absl::StatusOr<std::vector<std::string>> SplitWords(absl::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool open = false;
  char quote = '\0';
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '\\' && quote != '\'' && i + 1 < text.size()) {
      char next = text[i + 1];
      // Between double quotes a backslash protects only what is special there.
      if (quote == '"' && next != '"' && next != '\\') {
        word += c;
      } else {
        word += next;
        ++i;
      }
      open = true;
    } else if (quote != '\0') {
      if (c == quote) {
        quote = '\0';
      } else {
        word += c;
      }
    } else if (c == '\'' || c == '"') {
      quote = c;
      open = true;
    } else if (absl::ascii_isspace(static_cast<unsigned char>(c))) {
      if (open) words.push_back(std::move(word));
      word.clear();
      open = false;
    } else {
      word += c;
      open = true;
    }
  }
  if (quote != '\0') {
    return absl::InvalidArgumentError(
        absl::StrCat("a ", std::string(1, quote), " is not closed"));
  }
  if (open) words.push_back(std::move(word));
  return words;
}

absl::StatusOr<CommandLine> ParseCommandLine(int argc, char** argv,
                                             const char* environment) {
  CommandLine line;
  std::vector<std::string> own;
  if (environment != nullptr && *environment != '\0') {
    if (absl::Status status = ScanEnvironment(environment, &own);
        !status.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "environment variable PYVM_OPTIONS: ", status.message()));
    }
  }
  if (absl::Status status = Scan(argc, argv, &own, &line.python_args);
      !status.ok()) {
    return status;
  }
  // CLI11 is asked only if there is something for it: it costs as much as an
  // import.
  if (!own.empty()) {
    if (absl::Status status = Interpret(own, &line); !status.ok())
      return status;
  }
  return line;
}

std::string HelpText(const std::string& program) {
  RawOptions raw;
  CommandLine line;
  CLI::App app;
  DefineOptions(&app, &raw, &line);
  // The first line and the length are what tools expect of `python3 --help`.
  std::string text =
      absl::StrCat("usage: ", program,
                   " [option] ... [-c cmd | -m mod | file | -] [arg] ...\n"
                   "\n"
                   "pyvm runs Python 3.11 programs on execution tiers that are "
                   "plugins; a policy, a\n"
                   "plugin too, decides what runs where. It takes python3's "
                   "options (-h shows them)\n"
                   "and these, before the script, -c or -m:\n");
  for (const CLI::Option* option : app.get_options()) {
    std::string name = option->get_name(false, true);
    name = name.substr(0, name.find('{'));
    std::string type =
        option->get_expected_max() == 0 || option->get_type_name().empty()
            ? option->get_type_name()
            : absl::StrCat("=", option->get_type_name());
    if (absl::StartsWith(type, "=[=")) type.erase(0, 1);
    std::string left = absl::StrCat("  ", name, type);
    left.resize(std::max<size_t>(left.size() + 2, 30), ' ');
    if (left.size() > 30) {
      left = absl::StrCat(absl::StripTrailingAsciiWhitespace(left), "\n",
                          std::string(30, ' '));
    }
    std::string help = option->get_description();
    absl::StrAppend(&text, left,
                    absl::StrJoin(absl::StrSplit(help, '\n'),
                                  absl::StrCat("\n", std::string(30, ' '))),
                    "\n");
  }
  absl::StrAppend(
      &text,
      "Environment: PYVM_OPTIONS holds options that come first, for child\n"
      "processes too; PYVM_PLUGIN_PATH holds further plugin folders.\n"
      "Examples:\n"
      "  pyvm --stats prog.py\n"
      "  pyvm --monitors=opcount:top=20 prog.py\n"
      "  pyvm --policy=hotspot:t3=100 --trace=trace.json prog.py\n"
      "  pyvm --dump=bytecode:main prog.py\n"
      "  pyvm --tiers=baseline --dump=asm:main prog.py\n"
      "  pyvm --tiers=interp,llvm --dump=remarks,graph:main prog.py\n"
      "In a program: import pyvm; help(pyvm)\n");
  return text;
}

}  // namespace pyvm
