// The narrow waist between the manager and an execution tier. A tier is a
// plugin (see core/plugin/pyvm.h); its `api` pointer is a `const Tier*`.
#ifndef PYVM_CORE_TIER_TIER_H_
#define PYVM_CORE_TIER_TIER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/plugin/pyvm.h"

namespace pyvm {

struct Activation;
struct Unit;

enum TierCapability : uint32_t {
  kTierIsLandingTier = 1u << 0,  // runs any unit at once, at any instruction
  kTierCanCountOps = 1u << 1,    // implements count_ops
  kTierCanEnterLoops =
      1u << 2,  // compiled code can be entered at a loop header
};

// Where in a unit code is entered.
enum class EntryKind : uint8_t {
  kFunctionStart,
  kLoopHeader,
  kAfterYield,
  kException,  // an exception is set; the frame's handler, if any, is found
};

struct CompileRequest {
  EntryKind entry = EntryKind::kFunctionStart;
  uint32_t loop = 0;  // for kLoopHeader: instruction index
  // What the policy wants an optimizing tier to do, in the tier's own words;
  // null: as the tier likes. Valid during the call.
  const char* passes = nullptr;
  // Of a unit that this tier runs already: its code is replaced. Otherwise the
  // entry is added to it.
  bool renew = false;
};

// Either code (owned by the tier until `release`), or a reason for refusal: a
// static string. A refusal is not an error: the unit stays in its tier.
struct CompileResult {
  void* code = nullptr;
  const char* refused = nullptr;
};

// A compilation in phases, of a tier whose compiler can run beside the program.
// It owns references to whatever its code will refer to. Created, installed and
// destroyed with the GIL held; never destroyed while Finish runs.
class CompileTask {
 public:
  virtual ~CompileTask() = default;
  // The long part, on the compile thread and without the GIL: touches no
  // object of Python's and no unit, which may die meanwhile. One at a time.
  virtual void Finish() = 0;
  // Behind Finish. The code of the unit, which may be the one that it has.
  virtual CompileResult Install() = 0;
};

// What a tier remembers of a unit beyond its code; dies with the unit.
class TierNotes {
 public:
  virtual ~TierNotes() = default;
};

// The passes of an optimizing tier.
struct TierPasses {
  struct Parameter {
    const char* name;
    const char* help;
    int64_t value;  // by default
  };
  struct Pass {
    const char* name;
    const char* help;
    std::vector<Parameter> parameters;
  };
  std::vector<Pass> (*list)();
  // One more, from a plugin of kind PYVM_PASS, which lives for ever. It runs
  // only where `configure` names it. Empty, or why the tier cannot use it.
  std::string (*add)(const pyvm_plugin& plugin);
  // What runs from now on instead of the default, in the tier's own words.
  // Empty, or what is wrong with it; nothing has changed then.
  std::string (*configure)(const std::string& which);
};

// All functions are called with the GIL held.
struct Tier {
  const char* name;
  const char* help;
  uint32_t capabilities;

  CompileResult (*compile)(Unit* unit, const CompileRequest& request);

  // Goes on with the activation at act->pc, in a frame of a unit of this tier,
  // until its first frame ends (act->pc is null then) or control reaches a
  // frame whose unit another tier runs: pc, regs and pool say where.
  void (*run)(Activation* act);

  // Gives the code back. No frame can return into it.
  void (*release)(Unit* unit, void* code);

  // From now on adds one to counts[base opcode] for each instruction executed.
  // `counts` has kNumOps elements and outlives the tier. Null where the
  // capability is absent.
  void (*count_ops)(uint64_t* counts);

  // What the tier says of itself, for predictions; 0: nothing. How many times
  // as fast as an interpreter whose speed is 1 its code is, and what it takes
  // to compile a byte of bytecode.
  double speed;
  double compile_ns_per_byte;

  // Bytes of machine code that `compile` has made. Null for a tier that makes
  // none.
  uint64_t (*code_bytes)(const void* code);

  // Its passes; null with a reason. Null for a tier that has none. May take
  // long: what compiles is loaded now. Needs no GIL.
  const TierPasses* (*passes)(const char** why);

  // The first phase of a compilation; null with a reason. Null for a tier that
  // compiles so fast that the program may wait.
  std::unique_ptr<CompileTask> (*prepare)(Unit* unit,
                                          const CompileRequest& request,
                                          const char** refused);
  // Loads and tries whatever `prepare` and its tasks need, on the compile
  // thread and without the GIL: once, before the first `prepare`. May be null.
  void (*load)();
};

}  // namespace pyvm

#endif  // PYVM_CORE_TIER_TIER_H_
