// A monitor to copy: lists functions in the order in which they first run, and
// counts the budgets that were used up. README.md has the commands.
#include <cstdio>

#include "pyvm.h"

namespace {

constexpr pyvm_param kParams[] = {
    {"limit", PYVM_INT, "functions", "10", 0, 1e9, "list only so many"},
};

struct FirstRuns {
  uint64_t limit;
  uint64_t seen = 0;
  uint64_t budgets_used_up = 0;
};

void* Create(const pyvm_host*, const pyvm_arg* args, size_t, char*, size_t) {
  return new FirstRuns{static_cast<uint64_t>(args[0].v.i)};
}

void Destroy(void* self) { delete static_cast<FirstRuns*>(self); }

void OnEvent(void* data, const pyvm_event* event, const pyvm_decision*) {
  auto* self = static_cast<FirstRuns*>(data);
  if (event->kind == PYVM_NEW_UNIT && self->seen++ < self->limit) {
    fprintf(stderr, "first run: %s (%s:%u), %u bytes of bytecode\n",
            event->name, event->filename, event->first_line,
            event->bytecode_bytes);
  }
  if (event->kind == PYVM_ENTRY_BUDGET || event->kind == PYVM_LOOP_BUDGET) {
    ++self->budgets_used_up;
  }
}

const char* OnExit(void* data, const pyvm_report*) {
  auto* self = static_cast<FirstRuns*>(data);
  fprintf(stderr, "first-runs: %llu functions ran, %llu budgets were used up\n",
          static_cast<unsigned long long>(self->seen),
          static_cast<unsigned long long>(self->budgets_used_up));
  return nullptr;
}

constexpr pyvm_monitor kMonitor = {sizeof(pyvm_monitor), PYVM_WANTS_EVENTS,
                                   OnEvent, OnExit};

constexpr pyvm_plugin kPlugin = {
    PYVM_ABI_VERSION, sizeof(pyvm_plugin),
    PYVM_MONITOR,     sizeof(kParams) / sizeof(kParams[0]),
    "first-runs",     "lists functions as they first run: a template to copy",
    kParams,          Create,
    Destroy,          &kMonitor};

}  // namespace

const pyvm_plugin* pyvm_plugin_main(const pyvm_host*) { return &kPlugin; }
