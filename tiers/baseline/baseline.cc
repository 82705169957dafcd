// The baseline tier as a plugin.
#include "core/code/code_memory.h"
#include "core/handlers/machine.h"
#include "core/plugin/pyvm.h"
#include "core/tier/tier.h"
#include "tiers/baseline/code.h"
#include "tiers/baseline/stubs.h"

namespace pyvm::baseline {
namespace {

CompileResult CompileUnit(Unit* unit, const CompileRequest&) {
  CompileResult result;
  result.code = Compile(*unit, &result.refused);
  return result;
}

void ReleaseCode(Unit*, void* code) { Release(static_cast<Code*>(code)); }

uint64_t CodeBytes(const void* code) {
  return TheCodeMemory().Find(static_cast<const Code*>(code)->exec)->size;
}

void Run(Activation* act) {
  if (act->throwing) [[unlikely]] {
    act->throwing = false;
    handlers::HandleError(act->pc, act->regs, act->pool, act);
    if (act->pc == nullptr) return;
  }
  // There are stubs: they were made before the first code.
  const char* refused;
  static const Stubs* const stubs = TheStubs(&refused);
  Visit* visit = Visit::Begin(act);
  stubs->run(act, &visit->stack);
  Visit::End(visit);
}

constexpr pyvm_plugin kPlugin = {
    .abi_version = PYVM_ABI_VERSION,
    .size = sizeof(pyvm_plugin),
    .kind = PYVM_TIER,
    .num_params = 0,
    .name = "baseline",
    .help =
        "baseline JIT: one pass, each instruction's fast path as machine "
        "code, values in the frame",
    .params = nullptr,
    .create = nullptr,
    .destroy = nullptr,
    .api = &handlers::kThisTier,
};

}  // namespace
}  // namespace pyvm::baseline

namespace pyvm::handlers {

const Tier kThisTier = {
    .name = "baseline",
    .help = baseline::kPlugin.help,
    .capabilities = kTierCanEnterLoops,
    .compile = baseline::CompileUnit,
    .run = baseline::Run,
    .release = baseline::ReleaseCode,
    .count_ops = nullptr,
    // Measured on experiments/programs and the standard library's modules.
    .speed = 1.3,
    .compile_ns_per_byte = 50,
    .code_bytes = baseline::CodeBytes,
    .passes = nullptr,
};

}  // namespace pyvm::handlers

extern "C" PYVM_EXPORT const pyvm_plugin* pyvm_plugin_main(const pyvm_host*) {
  pyvm::handlers::FillTable();
  return &pyvm::baseline::kPlugin;
}
