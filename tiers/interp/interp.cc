// The interpreter tier as a plugin: its table of handlers, and the way in.
#include <algorithm>
#include <cstring>

#include "core/plugin/pyvm.h"
#include "core/runtime/unwind.h"
#include "core/tier/tier.h"
#include "tiers/interp/calls.h"
#include "tiers/interp/generators.h"
#include "tiers/interp/machine.h"

namespace pyvm::interp {

Handler table[kNumConcreteOps];

namespace {

Handler uncounted[kNumConcreteOps];
uint64_t* op_counts = nullptr;

void FillTable() {
  int at = 0;
#define PYVM_OP(name, ...)                                      \
  for (int i = 0; i < InfoOf(Op::k##name).NumVariants(); ++i) { \
    table[at++] = kRow_##name.variants[i];                      \
  }
#include "core/bytecode/opcodes.def"
#undef PYVM_OP
}

PYVM_CC void Counting(PYVM_ARGS) {
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

// Mirrors the head of _PyEval_EvalFrameDefault.
PyObject* Enter(Unit* unit, PyThreadState* tstate, Frame* frame, int throwing) {
  Activation activation;
  Activation* act = &activation;
  act->tstate = tstate;
  act->interp = tstate->interp;
  act->eval_breaker = const_cast<const volatile int*>(
      &tstate->interp->ceval.eval_breaker._value);
  act->result = nullptr;
  _PyCFrame* previous = tstate->cframe;
  act->cframe.use_tracing = previous->use_tracing;
  act->cframe.previous = previous;
  tstate->cframe = &act->cframe;
  frame->is_entry = true;
  frame->previous = previous->current_frame;
  act->cframe.current_frame = frame;

  if (!EnterRecursion(tstate)) [[unlikely]] {
    // Nothing has run: the frame stays as it came.
  } else {
    PyObject** regs = frame->localsplus;
    PyObject** pool = unit->pool;
    for (auto i = static_cast<uint32_t>(frame->stacktop);
         i < unit->num_registers; ++i) {
      regs[i] = nullptr;
    }
    frame->stacktop = -1;
    auto position = static_cast<int64_t>(frame->prev_instr - CodeStart(unit));
    if (throwing) [[unlikely]] {
      // The exception comes out of the instruction where the frame waits.
      const Instr* pc =
          position < 0 ? unit->instrs
                       : EntryAt(unit, static_cast<uint32_t>(position) + 1) - 1;
      HandleError(pc, regs, pool, act);
    } else {
      const Instr* pc = position < 0 ? unit->instrs : ResumePoint(frame, unit);
      table[pc->op](pc, regs, pool, act);
    }
  }
  tstate->cframe = previous;
  previous->use_tracing = act->cframe.use_tracing;
  return act->result;
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
    .api = &kTier,
};

}  // namespace

const Tier kTier = {
    .name = "interp",
    .help = "register interpreter: tail-called handlers, inline caches",
    .capabilities = kTierIsLandingTier | kTierCanCountOps,
    .compile = Compile,
    .enter = Enter,
    .release = Release,
    .count_ops = CountOps,
};

}  // namespace pyvm::interp

extern "C" PYVM_EXPORT const pyvm_plugin* pyvm_plugin_main(const pyvm_host*) {
  pyvm::interp::FillTable();
  return &pyvm::interp::kPlugin;
}
