// pyvm's command line: its own long options are taken out, and everything else
// goes to CPython as it stands.
#ifndef PYVM_CORE_DRIVER_COMMAND_LINE_H_
#define PYVM_CORE_DRIVER_COMMAND_LINE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/tier/options.h"

namespace pyvm {

struct CommandLine {
  std::vector<std::string>
      tiers;  // NAME[:key=value,...] each; empty: the default
  std::optional<std::string> policy;  // NAME[:key=value,...]
  std::vector<std::string> monitors;
  std::vector<std::string> plugins;  // files
  std::optional<std::string> stats;  // a file; "" for stderr
  std::string trace;                 // a file, or ""
  std::vector<std::string> lists;    // kinds, or "all"
  struct Dumped {
    std::string glob;   // "": not asked for
    std::string after;  // a pass, or ""
  } dumps[kNumDumps];   // by enum Dump
  std::string passes;   // of optimizing tiers, or ""
  uint32_t stress = 0;  // of enum Stress
  uint32_t perf = 0;    // of enum Perf
  bool gdb = false;
  // --tune's, and --code-limit as one of them.
  std::vector<std::pair<std::string, int64_t>> tunables;
  bool strict = false;
  bool virtual_time = false;
  bool sync_compile = false;
  bool help = false;
  int version = 0;  // how often it was asked for

  // What CPython gets, argv[0] first: pointers into the original argv.
  std::vector<char*> python_args;
};

// What --list accepts.
const std::vector<std::string>& ListKinds();

// `environment` is PYVM_OPTIONS, or null: words as a shell would split them,
// which count as if they stood before the others; only pyvm's own options may
// stand there. Errors are one line, and mean exit code 2.
absl::StatusOr<CommandLine> ParseCommandLine(int argc, char** argv,
                                             const char* environment);

// Splits at white space; quotes and backslashes protect as in a POSIX shell.
absl::StatusOr<std::vector<std::string>> SplitWords(absl::string_view text);

// What --help prints: pyvm's options, and how to go on. `program` is argv[0].
std::string HelpText(const std::string& program);

}  // namespace pyvm

#endif  // PYVM_CORE_DRIVER_COMMAND_LINE_H_
