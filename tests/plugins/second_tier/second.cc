// A tier for tests, called second: it compiles to nothing and runs frames as
// the landing tier does. Promotion, refusal and eviction can be watched with it
// before, or without, a compiler.
#include <cstdint>
#include <cstring>
#include <string>

#include "core/bytecode/unit.h"
#include "core/plugin/pyvm.h"
#include "core/tier/manager.h"
#include "core/tier/metrics.h"
#include "core/tier/tier.h"
#include "core/tier/unit_name.h"

namespace pyvm {
namespace {

constexpr pyvm_param kParams[] = {
    {"refuse", PYVM_STRING, "", "", 0, 0,
     "qualified name of a function that is refused"},
    {"pressure", PYVM_INT, "units", "0", 0, 1e9,
     "report memory pressure with each compilation from this one on; 0: never"},
};

std::string refuse;
int64_t pressure = 0;
int64_t compiled = 0;

// Units are as large as their bytecode, and live in the accounts alone.
void Account(const Unit* unit, int sign) {
  AdjustGauge(metrics.bytes_code, metrics.bytes_code_peak,
              sign * static_cast<int64_t>(unit->num_instrs) * 8);
}

CompileResult Compile(Unit* unit, const CompileRequest&) {
  if (refuse == NameOf(*unit).qualified_name)
    return {nullptr, "it was told to"};
  Account(unit, 1);
  if (pressure != 0 && ++compiled >= pressure) NoteMemoryPressure(0, 0);
  static char code;
  return {&code, nullptr};
}

void Run(Activation* act) { TheManager().landing()->run(act); }

const Tier kTier = {
    .name = "second",
    .help = "runs what the landing tier runs",
    .capabilities = kTierCanEnterLoops,
    .compile = Compile,
    .run = Run,
    .release = [](Unit* unit, void*) { Account(unit, -1); },
    .count_ops = nullptr,
    .speed = 2,
    .compile_ns_per_byte = 10,
};

void* Create(const pyvm_host*, const pyvm_arg* args, size_t, char*, size_t) {
  refuse = args[0].v.s;
  pressure = args[1].v.i;
  static char self;
  return &self;
}

constexpr pyvm_plugin kPlugin = {
    .abi_version = PYVM_ABI_VERSION,
    .size = sizeof(pyvm_plugin),
    .kind = PYVM_TIER,
    .num_params = 2,
    .name = "second",
    .help = "for tests: runs what the landing tier runs",
    .params = kParams,
    .create = Create,
    .destroy = nullptr,
    .api = &kTier,
};

}  // namespace
}  // namespace pyvm

extern "C" PYVM_EXPORT const pyvm_plugin* pyvm_plugin_main(const pyvm_host*) {
  return &pyvm::kPlugin;
}
