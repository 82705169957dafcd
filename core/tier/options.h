// What the command line has said. Plain data that every part of core may read;
// the driver fills it in before CPython starts, and nothing changes it later.
#ifndef PYVM_CORE_TIER_OPTIONS_H_
#define PYVM_CORE_TIER_OPTIONS_H_

#include <cstdint>

namespace pyvm {

inline constexpr char kVersion[] = "0.1";

// --stress=: behave badly on purpose, so that tests reach what is rare.
enum Stress : uint32_t {
  kStressPromote = 1u << 0,  // promote at the first call or back-edge
  kStressOsr = 1u << 1,      // promote inside loops, never at calls
  kStressGc = 1u << 2,       // collect garbage at every opportunity
  kStressEvict = 1u << 3,    // give code back at random events, promote again
  kStressDeopt = 1u << 4,    // guards of compiled code fail at random
};

// --perf=: what Linux's profiler is told of machine code.
enum Perf : uint32_t {
  kPerfMap = 1u << 0,
  kPerfJitdump = 1u << 1,
};

struct Options {
  // A host frame in an untraced program is a fatal error.
  bool strict = false;
  uint32_t stress = 0;  // of enum Stress
  // Events and decisions know counts alone, and no clock.
  bool virtual_time = false;
  // The program waits for each compilation.
  bool sync_compile = false;

  // --dump=bytecode[:GLOB]: null where it is not asked for; "*" for all
  // functions. The glob is matched against the qualified name.
  const char* dump_bytecode = nullptr;
  // The same for the other kinds. Of what a tier with an IR compiles: that IR
  // before the first pass and behind each, and the LLVM IR in the end.
  const char* dump_asm = nullptr;
  const char* dump_ir = nullptr;
  const char* dump_llvm = nullptr;

  uint32_t perf = 0;  // of enum Perf
  bool gdb = false;   // GDB is told of each block of machine code

#define PYVM_TUNABLE(field, name, default_value, min, max, unit, help) \
  int64_t field = default_value;
#include "core/tier/tunables.def"
#undef PYVM_TUNABLE
};

// Defined in the executable; plugins see the same one.
extern Options options;

// Whether `name` matches `glob`, where '*' stands for any text and '?' for any
// one character. False if `glob` is null.
bool MatchesGlob(const char* glob, const char* name);

// One row of tunables.def.
struct Tunable {
  const char* name;
  int64_t Options::* field;
  int64_t default_value;
  int64_t min, max;
  const char* unit;
  const char* help;
};
extern const Tunable kTunables[];
extern const int kNumTunables;

}  // namespace pyvm

#endif  // PYVM_CORE_TIER_OPTIONS_H_
