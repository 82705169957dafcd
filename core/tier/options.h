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

// What --dump shows.
enum class Dump : uint8_t {
  kBytecode,
  kIr,       // of an optimizing tier, before the first pass and behind each
  kGraph,    // its control flow graph, as a picture
  kLlvm,     // LLVM IR, as optimized
  kAsm,      // machine code
  kRemarks,  // what the compilation took, and what it has done
};
struct DumpKind {
  const char* name;
  bool of_passes;    // of tiers that have passes
  bool takes_after;  // can show what one pass leaves
};
// What stands for a pass where no pass has run yet.
inline constexpr char kAsBuilt[] = "build";
inline constexpr int kNumDumps = 6;
extern const DumpKind kDumpKinds[kNumDumps];  // by enum Dump

struct Options {
  // A host frame in an untraced program is a fatal error.
  bool strict = false;
  uint32_t stress = 0;  // of enum Stress
  // Events and decisions know counts alone, and no clock.
  bool virtual_time = false;
  // The program waits for each compilation.
  bool sync_compile = false;

  // --dump=KIND[:GLOB][:after=PASS], by enum Dump. `glob` is null where the
  // kind is not asked for, and "*" for all functions; it is matched against the
  // qualified name. `after`: null for all passes (a graph: the last).
  struct {
    const char* glob = nullptr;
    const char* after = nullptr;
  } dumps[kNumDumps];

  // --stats was given: passes are counted too.
  bool stats = false;
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
