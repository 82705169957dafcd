// The interpreter tier as a plugin: its table of handlers, and the way in.
#include <algorithm>
#include <cstring>

#include "core/handlers/calls.h"
#include "core/handlers/generators.h"
#include "core/handlers/machine.h"
#include "core/plugin/pyvm.h"
#include "core/runtime/unwind.h"
#include "core/tier/tier.h"

namespace pyvm::handlers {

namespace {

Handler uncounted[kNumConcreteOps];
uint64_t* op_counts = nullptr;

PYVM_HANDLER Counting(PYVM_ARGS) {
  ++op_counts[static_cast<int>(BaseOf(pc->op))];
  PYVM_TAIL uncounted[pc->op](pc, regs, pool, act);
}

void CountOps(uint64_t* counts) {
  op_counts = counts;
  std::copy(std::begin(table), std::end(table), std::begin(uncounted));
  std::fill(std::begin(table), std::end(table), Counting);
}

CompileResult Compile(Unit*, const CompileRequest&) {
  return {};  // bytecode runs as it is
}

void Release(Unit*, void*) {}

void Run(Activation* act) {
  const Instr* pc = act->pc;
  act->pc = nullptr;
  if (act->throwing) [[unlikely]] {
    act->throwing = false;
    HandleError(pc, act->regs, act->pool, act);
  } else {
    table[pc->op](pc, act->regs, act->pool, act);
  }
}

constexpr pyvm_plugin kPlugin = {
    .abi_version = PYVM_ABI_VERSION,
    .size = sizeof(pyvm_plugin),
    .kind = PYVM_TIER,
    .num_params = 0,
    .name = "interp",
    .help = "register interpreter: tail-called handlers, inline caches",
    .params = nullptr,
    .create = nullptr,
    .destroy = nullptr,
    .api = &kThisTier,
};

}  // namespace

PYVM_HANDLER LeaveTier(PYVM_ARGS) {
  act->pc = pc;
  act->regs = regs;
  act->pool = pool;
}

const Tier kThisTier = {
    .name = "interp",
    .help = "register interpreter: tail-called handlers, inline caches",
    .capabilities = kTierIsLandingTier | kTierCanCountOps | kTierCanEnterLoops,
    .compile = Compile,
    .run = Run,
    .release = Release,
    .count_ops = CountOps,
    .speed = 1,
    .compile_ns_per_byte = 0,
    .code_bytes = nullptr,
    .passes = nullptr,
};

}  // namespace pyvm::handlers

extern "C" PYVM_EXPORT const pyvm_plugin* pyvm_plugin_main(const pyvm_host*) {
  pyvm::handlers::FillTable();
  return &pyvm::handlers::kPlugin;
}
