// Golden tests of passes: each file named on the command line is
//
//   # What it shows.
//   # RUN: simplify,dce         as --passes=only:simplify,dce
//   function ...                what goes in
//   ----
//   function ...                what must come out
//
// The function is verified before and behind each pass. `--update` writes what
// comes out. Prints what differs; exit code 1 then.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "core/bytecode/python.h"
#include "passes/ir/parser.h"
#include "passes/ir/pass_manager.h"
#include "passes/ir/printer.h"
#include "passes/passes.h"

namespace pyvm::ir {
namespace {

constexpr char kLine[] = "\n----\n";

// Of the header `# KEY: value`; empty if it is not there.
std::string Header(const std::string& text, const std::string& key) {
  size_t at = text.find("# " + key + ": ");
  if (at == std::string::npos) return "";
  at += key.size() + 4;
  return text.substr(at, text.find('\n', at) - at);
}

std::string Output(const std::string& input, std::string* error) {
  std::string passes = Header(input, "RUN");
  if (passes.empty()) {
    *error = "no `# RUN:` line";
    return "";
  }
  Parsed parsed = Parse(input);
  *error = parsed.error;
  if (!error->empty()) return "";
  PassManager manager(AllPasses(), DefaultPasses());
  *error = manager.Configure(passes == "default" ? "" : "only:" + passes);
  if (!error->empty()) return "";
  PassManager::Options options;
  options.verify = true;
  *error = manager.Run(parsed.function.get(), options);
  std::string text = Print(*parsed.function, &parsed.names);
  if (!error->empty()) *error += "\n" + text;
  return text;
}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// Lines that only one of them has; all of `got` where there is none to compare.
void PrintDifference(const std::string& want, const std::string& got) {
  std::vector<std::string> a = Lines(want), b = Lines(got);
  size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    auto in_b = std::find(b.begin() + static_cast<long>(j), b.end(),
                          i < a.size() ? a[i] : "");
    if (i < a.size() && in_b == b.end()) {
      std::printf("-%s\n", a[i++].c_str());
    } else if (j < b.size() && (i == a.size() || b[j] != a[i])) {
      std::printf("+%s\n", b[j++].c_str());
    } else {
      std::printf(" %s\n", a[i].c_str());
      ++i, ++j;
    }
  }
}

bool Check(const std::string& path, bool update) {
  std::ifstream file(path);
  if (!file) {
    std::printf("%s: cannot be read\n", path.c_str());
    return false;
  }
  std::stringstream stream;
  stream << file.rdbuf();
  std::string text = stream.str();
  size_t line = std::min(text.find(kLine), text.size());
  std::string input = text.substr(0, line);
  std::string want =
      text.substr(std::min(line + sizeof kLine - 1, text.size()));
  std::string error;
  std::string got = Output(input, &error);
  if (!error.empty()) {
    std::printf("%s: %s\n", path.c_str(), error.c_str());
    return false;
  }
  if (got == want) return true;
  if (update) {
    while (input.ends_with('\n')) input.pop_back();
    std::ofstream(path) << input << kLine << got;
    std::printf("updated %s\n", path.c_str());
    return true;
  }
  std::printf("%s: the result differs (--update, if it is right)\n",
              path.c_str());
  PrintDifference(want, got);
  return false;
}

int Main(int argc, char** argv) {
  PyConfig config;
  PyConfig_InitIsolatedConfig(&config);
  config.site_import = 0;
  PyStatus status = Py_InitializeFromConfig(&config);
  PyConfig_Clear(&config);
  if (PyStatus_Exception(status)) Py_ExitStatusException(status);
  bool update = false;
  int passed = 0, failed = 0;
  // Paths are relative to the tree, which `bazel run` names.
  const char* tree = std::getenv("BUILD_WORKSPACE_DIRECTORY");
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--update") == 0) update = true;
  }
  for (int i = 1; i < argc; ++i) {
    if (argv[i][0] == '-') continue;
    std::string path = argv[i];
    if (tree != nullptr && path[0] != '/') path = tree + ("/" + path);
    Check(path, update) ? ++passed : ++failed;
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed > 0 || passed == 0 ? 1 : 0;
}

}  // namespace
}  // namespace pyvm::ir

int main(int argc, char** argv) { return pyvm::ir::Main(argc, argv); }
