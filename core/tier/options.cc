#include "core/tier/options.h"

namespace pyvm {

constinit Options options;

const DumpKind kDumpKinds[kNumDumps] = {
    {"bytecode", false, false}, {"ir", true, true},    {"graph", true, true},
    {"llvm", true, false},      {"asm", false, false}, {"remarks", true, false},
};

const Tunable kTunables[] = {
#define PYVM_TUNABLE(field, name, default_value, min, max, unit, help) \
  {name, &Options::field, default_value, min, max, unit, help},
#include "core/tier/tunables.def"
#undef PYVM_TUNABLE
};
const int kNumTunables = sizeof(kTunables) / sizeof(kTunables[0]);

bool MatchesGlob(const char* glob, const char* name) {
  if (glob == nullptr) return false;
  // After a mismatch the last star takes one character more.
  const char* star = nullptr;
  const char* retry = nullptr;
  while (*name != '\0') {
    if (*glob == '*') {
      star = ++glob;
      retry = name;
    } else if (*glob == '?' || *glob == *name) {
      ++glob;
      ++name;
    } else if (star != nullptr) {
      glob = star;
      name = ++retry;
    } else {
      return false;
    }
  }
  while (*glob == '*') ++glob;
  return *glob == '\0';
}

}  // namespace pyvm
