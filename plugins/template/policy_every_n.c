/* A policy to copy: goes up one tier each time a unit has been called or has
 * looped n times. README.md has the commands. */
#include <stdio.h>
#include <stdlib.h>

#include "pyvm.h"

typedef struct {
  int32_t n;
  char reason[64];
} every_n;

static const pyvm_param params[] = {
    {"n", PYVM_INT, "calls", "1000", 1, 1e9,
     "calls or back-edges before the next tier"},
};

static void* create(const pyvm_host* host, const pyvm_arg* args,
                    size_t num_args, char* error, size_t error_size) {
  (void)host, (void)num_args;
  every_n* self = calloc(1, sizeof(*self));
  if (self == NULL) {
    snprintf(error, error_size, "out of memory");
    return NULL;
  }
  self->n = (int32_t)args[0].v.i;
  return self;
}

/* Asked at a unit's first execution (PYVM_NEW_UNIT), and whenever a budget that
 * was given here is used up. What is not set means: stay, and never ask again.
 */
static void decide(void* data, const pyvm_event* event,
                   pyvm_decision* decision) {
  every_n* self = data;
  decision->entry_budget = decision->loop_budget = self->n;
  if (event->kind == PYVM_NEW_UNIT) {
    decision->reason = "new";
    return;
  }
  snprintf(self->reason, sizeof(self->reason), "%llu calls, %llu loops since",
           (unsigned long long)event->entries_since,
           (unsigned long long)event->loops_since);
  decision->reason = self->reason;
  /* decision->tier is preset to the next one up. */
  if (decision->tier >= event->num_tiers || event->refused != NULL) return;
  decision->action = event->kind == PYVM_LOOP_BUDGET ? PYVM_OSR : PYVM_COMPILE;
}

static const pyvm_policy policy = {.size = sizeof(policy), .decide = decide};

static const pyvm_plugin plugin = {
    PYVM_ABI_VERSION,
    sizeof(plugin),
    PYVM_POLICY,
    sizeof(params) / sizeof(params[0]),
    "every-n",
    "goes up one tier every n calls or loops: a template to copy",
    params,
    create,
    free,
    &policy,
};

const pyvm_plugin* pyvm_plugin_main(const pyvm_host* host) {
  (void)host;
  return &plugin;
}
