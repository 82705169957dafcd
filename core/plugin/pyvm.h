/* pyvm's plugin interface.
 *
 * A plugin is a shared object that exports one function, pyvm_plugin_main. This
 * header is all that a policy or a monitor needs; it is C, and builds alone:
 *
 *   cc -shared -fPIC -I <prefix>/include/pyvm -o libpyvm_policy_mine.so mine.c
 *
 * Rules that hold throughout:
 *  - Every call is made with CPython's GIL held; a plugin needs no locks of its
 * own.
 *  - A pointer that pyvm passes is valid during that call; a pointer that a
 * plugin returns stays valid until the plugin is called again, or for ever
 * where it says so.
 *  - Structures grow at their end. `size` is what the side that filled one
 * knew; PYVM_HAS tells whether a field is there.
 *  - No C++ exception may leave a plugin. One that does ends the process with
 * exit code 2.
 */
#ifndef PYVM_PLUGIN_PYVM_H_
#define PYVM_PLUGIN_PYVM_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Raised whenever an old plugin could not run, or would be misunderstood. */
#define PYVM_ABI_VERSION 1u

#define PYVM_EXPORT __attribute__((visibility("default")))

/* Whether the structure at `p` reaches as far as `field`. */
#define PYVM_HAS(p, field)                            \
  ((const char*)(&(p)->field) + sizeof((p)->field) <= \
   (const char*)(p) + (p)->size)

enum pyvm_kind {
  PYVM_TIER = 1,
  PYVM_POLICY = 2,
  PYVM_MONITOR = 3,
  PYVM_PASS = 4,        /* of an optimizing tier: see passes/ir/pass_plugin.h */
  PYVM_DISASSEMBLER = 5 /* for --dump=asm; its api is not for outside yet */
};

/* --- Parameters ------------------------------------------------------------
 */

enum pyvm_type {
  PYVM_INT = 1,
  PYVM_FLOAT = 2,
  PYVM_BOOL = 3, /* "0", "1", "true", "false", "yes", "no", "on" or "off" */
  PYVM_STRING = 4
};

/* One row of a plugin's parameter table: what `--list` shows and what
 * `--policy=NAME:key=value` may set. A name that ends in ".*" stands for a
 * family, for instance calls.* for calls.baseline: only the members that the
 * user has set are passed, and the default is there to be read. */
typedef struct pyvm_param {
  const char* name;
  uint32_t type;             /* enum pyvm_type */
  const char* unit;          /* "calls", "bytes", ...; "" where there is none */
  const char* default_value; /* as the user would write it */
  double min, max;           /* inclusive; equal where there is no limit */
  const char* help;
} pyvm_param;

/* A parameter that has been parsed and checked. The one of v.i, v.f and v.s
 * that belongs to the type is set; a bool is in v.i. */
typedef struct pyvm_arg {
  const char* name;
  uint32_t type;
  uint32_t is_default; /* nobody has set it */
  union {
    int64_t i;
    double f;
    const char* s; /* lives as long as the plugin's instance */
  } v;
} pyvm_arg;

/* --- Events ----------------------------------------------------------------
 */

enum pyvm_event_kind {
  PYVM_NEW_UNIT = 1, /* first execution: a decision gives its first budgets */
  PYVM_ENTRY_BUDGET = 2, /* the budget of calls is used up */
  PYVM_LOOP_BUDGET = 3,  /* the budget of back-edges is used up */
  PYVM_COMPILED = 4,     /* monitors alone: a decision was carried out */
  PYVM_REFUSED =
      5, /* monitors alone: a tier refused, or an action is impossible */
  PYVM_UNIT_DIED = 6, /* monitors alone: its code object is gone */
  /* Machine code comes near its limit: asked about each unit that has some,
   * the oldest first, of policies that want it (PYVM_WANTS_PRESSURE). The
   * decision is preset to stay, with what is left of the budgets. */
  PYVM_MEMORY_PRESSURE = 7
};

/* A budget that is never used up: the policy is not asked again. */
#define PYVM_NEVER INT32_MAX

/* One of the tiers of --tiers, in promotion order. */
typedef struct pyvm_tier_info {
  uint32_t size;
  uint32_t can_enter_loops; /* can be entered at a loop header */
  const char* name;
  uint64_t compiled; /* units it has compiled, up to now */
  uint64_t refused;
  uint64_t compile_ns;        /* spent in its compile function */
  uint64_t compiled_bytecode; /* bytes of bytecode that it has compiled */
  uint64_t code_bytes;        /* machine code alive; 0 for an interpreter */
  /* For the unit of the event. Compilation: its bytecode at the rate that has
   * been measured; at the tier's own estimate before that, and always with
   * --virtual-time; 0 where neither is known. */
  double predicted_compile_ns;
  /* How many times as fast as the tier that runs the unit now, as the tiers
   * rate themselves; 1 where one does not. */
  double predicted_speedup;
} pyvm_tier_info;

/* A place where compiled code has given up its frames. */
typedef struct pyvm_deopt_site {
  uint32_t instruction; /* index into the unit's bytecode */
  uint32_t count;
} pyvm_deopt_site;

typedef struct pyvm_event {
  uint32_t size;
  uint32_t kind; /* enum pyvm_event_kind */

  /* 1 for the first event of the process. PYVM_COMPILED and PYVM_REFUSED have
   * that of the event that was decided upon. */
  uint64_t sequence;
  /* Since pyvm's start. With --virtual-time this and ns_since are made of
   * counts, PYVM_VIRTUAL_NS each, and the tiers' compile_ns is 0. */
  uint64_t time_ns;
  uint64_t
      virtual_time; /* calls and back-edges accounted so far: reproducible */

  /* The unit: one code object. */
  uint64_t unit_id; /* 1, 2, ... in order of first execution */
  const char* name; /* qualified name */
  const char* filename;
  uint32_t first_line;
  /* Index into tiers; num_tiers where --tiers does not have the tier that runs
   * the unit, which is then the landing tier. */
  uint32_t tier;
  uint32_t instructions;
  uint32_t bytecode_bytes;
  uint32_t cache_bytes; /* inline caches: 0 for a unit that is cold */
  uint32_t loop; /* PYVM_LOOP_BUDGET: the header's instruction, if known */

  uint64_t entries, loops; /* calls and back-edges in the unit's life */
  /* What has been counted since the last event of this unit, and in what time.
   */
  uint64_t entries_since, loops_since, ns_since;
  /* Per tier, num_tiers elements each. */
  const uint64_t* entries_by_tier;
  const uint64_t* loops_by_tier;

  /* History of the unit. */
  uint32_t events;   /* before this one */
  uint32_t compiles; /* that succeeded */
  uint32_t refusals;
  const char* refused; /* why the last attempt failed, or null */

  /* The machine. */
  uint32_t num_tiers;
  uint32_t tier_stride; /* bytes from one element of tiers to the next */
  const pyvm_tier_info* tiers;
  uint64_t code_bytes;       /* machine code alive in all tiers */
  uint64_t code_bytes_limit; /* 0: none */
  uint32_t units;            /* alive */
  uint32_t queue_length; /* compilations that the compile thread has to do; 0
                          * where the program waits for each */

  /* Deoptimizations in the unit's life, by site. */
  uint32_t deopts;
  uint32_t num_deopt_sites;
  const pyvm_deopt_site* deopt_sites;
  /* Two words of the policy's own for this unit, 0 at first; they live as long
   * as the unit. Monitors leave them alone. */
  uint64_t* memory;
} pyvm_event;

#define PYVM_VIRTUAL_NS 1000

/* Tiers whose compiler takes long are compiled on a thread of their own, unless
 * the program waits (--sync-compile, --virtual-time, --stress): the unit stays
 * in its tier until its code is there, and the policy is not asked about it
 * meanwhile. The decision's budgets hold from then on. */
enum pyvm_action {
  PYVM_STAY = 0,
  PYVM_COMPILE = 1,   /* run the unit in `tier` from its next call on */
  PYVM_OSR = 2,       /* the same, and enter at the loop that is running */
  PYVM_STEP_DOWN = 3, /* back to the lower `tier`; its old code is given up */
  PYVM_BLACKLIST = 4, /* stay, and never ask about this unit again */
  PYVM_EVICT = 5      /* back to the landing tier; its code is given up */
};

/* The manager fills in a decision that stays and never asks again; the policy
 * changes what it wants otherwise. */
typedef struct pyvm_decision {
  uint32_t size;
  uint32_t action; /* enum pyvm_action */
  uint32_t tier;   /* index into the event's tiers; preset to the next one up */
  uint32_t loop;   /* PYVM_OSR; preset to the event's */
  /* From now until the next event: 1 to PYVM_NEVER. */
  int32_t entry_budget;
  int32_t loop_budget;
  const char* reason; /* one line for people, with the numbers; never null */
  /* PYVM_COMPILE, PYVM_OSR: what an optimizing tier shall do, in its own words;
   * null: as it likes. Valid as long as `reason`. */
  const char* passes;
  /* Of compilations that wait, the highest goes first; of equals, the one
   * whose unit has run most while it waited. For tiers that are compiled beside
   * the program. */
  double priority;
  /* Null, or one line that says why there is no decision: the policy has
   * failed. It is counted, the first one is shown, and the unit stays. */
  const char* error;
} pyvm_decision;

/* --- What a plugin offers ---------------------------------------------------
 */

enum pyvm_policy_wants {
  PYVM_WANTS_PRESSURE = 1 /* asked at PYVM_MEMORY_PRESSURE */
};

typedef struct pyvm_policy {
  uint32_t size;
  /* Called when a unit's budget is used up, and at its first execution: never
   * on the hot path. `decision->reason` stays valid until the next call. */
  void (*decide)(void* self, const pyvm_event* event, pyvm_decision* decision);
  uint32_t wants; /* of enum pyvm_policy_wants */
} pyvm_policy;

typedef struct pyvm_metric {
  const char* name;
  const char* kind; /* "counter", "gauge" or "high-water" */
  const char* unit;
  const char* help;
  uint64_t value;
} pyvm_metric;

/* A site that remembers what it has seen: an inline cache, or an instruction
 * that is rewritten in place. */
enum pyvm_site_state {
  PYVM_SITE_COLD = 0,        /* has not specialised, or not yet */
  PYVM_SITE_SPECIALISED = 1, /* for what it has seen */
  PYVM_SITE_GENERIC = 2      /* has given up */
};

typedef struct pyvm_site {
  uint32_t instruction;  /* index into the unit's bytecode */
  uint32_t line;         /* 0 where there is none */
  uint32_t state;        /* enum pyvm_site_state */
  uint32_t misses;       /* saturating; always 0 where there is no cache */
  const char* operation; /* as it stands now */
} pyvm_site;

/* A unit that is alive. */
typedef struct pyvm_unit_info {
  uint32_t size;
  uint32_t first_line;
  uint64_t unit_id;
  const char* name;
  const char* filename;
  const char* tier;
  uint32_t instructions;
  uint32_t bytecode_bytes;
  uint64_t entries, loops;
  /* Per tier, as in an event. */
  const uint64_t* entries_by_tier;
  const uint64_t* loops_by_tier;
  /* If the monitor wants PYVM_WANTS_SITES. */
  uint32_t num_sites;
  const pyvm_site* sites;
} pyvm_unit_info;

/* What is known at exit. */
typedef struct pyvm_report {
  uint32_t size;
  uint32_t num_metrics;
  const pyvm_metric* metrics;
  /* Executed instructions, if the monitor wants PYVM_WANTS_OPCOUNTS; else null.
   * Element i counts the operation opcode_names[i]. */
  uint32_t num_opcodes;
  const char* const* opcode_names;
  const uint64_t* opcounts;
  /* If the monitor wants PYVM_WANTS_UNITS: in order of unit_id. */
  uint32_t num_units;
  uint32_t unit_stride; /* bytes from one to the next */
  const pyvm_unit_info* units;
  uint32_t num_tiers;
  uint32_t tier_stride;
  const pyvm_tier_info* tiers;
} pyvm_report;

enum pyvm_wants {
  PYVM_WANTS_EVENTS = 1,   /* on_event is called */
  PYVM_WANTS_OPCOUNTS = 2, /* the interpreter counts: slower */
  PYVM_WANTS_UNITS = 4,    /* the report has the units that are alive */
  PYVM_WANTS_SITES = 8     /* and their sites */
};

typedef struct pyvm_monitor {
  uint32_t size;
  uint32_t wants; /* of enum pyvm_wants */
  /* `decision` is what the policy answered; null where it was not asked. May be
   * null. */
  void (*on_event)(void* self, const pyvm_event* event,
                   const pyvm_decision* decision);
  /* Called once, before CPython is torn down. Returns null, or one line that
   * says what went wrong. May be null. */
  const char* (*on_exit)(void* self, const pyvm_report* report);
} pyvm_monitor;

typedef struct pyvm_host {
  uint32_t abi_version; /* PYVM_ABI_VERSION of pyvm */
  uint32_t size;
  const char* version;      /* "0.1" */
  uint64_t (*now_ns)(void); /* as an event's time_ns */
  /* The value of a metric; null if there is none of that name. */
  const uint64_t* (*metric)(const char* name);
  /* What an event log says of its origin: the build of pyvm, and the program
   * with its arguments and the contents of its file, as hashes. Null where
   * they are not known. For ever valid. */
  const char* build;
  const char* program;
} pyvm_host;

/* Constant, and alive as long as the process. */
typedef struct pyvm_plugin {
  uint32_t abi_version; /* PYVM_ABI_VERSION */
  uint32_t size;        /* sizeof(pyvm_plugin) */
  uint32_t kind;        /* enum pyvm_kind */
  uint32_t num_params;
  const char* name; /* as in --policy=NAME: lower case, digits and dashes */
  const char* help; /* one sentence, with the source of the idea */
  const pyvm_param* params;

  /* One argument for each row of `params`, in order, families left out; behind
   * them the members of families that have been set. Returns the instance; or
   * null, having written one line into `error`. May be null where there are no
   * parameters: the instance is null then. */
  void* (*create)(const pyvm_host* host, const pyvm_arg* args, size_t num_args,
                  char* error, size_t error_size);
  /* May be null. */
  void (*destroy)(void* self);

  /* const pyvm_policy* or const pyvm_monitor*, by kind. Passes and in-tree
   * tiers point to C++ structures that this header does not describe. */
  const void* api;
} pyvm_plugin;

/* What a plugin exports. The name of the file is libpyvm_KIND_NAME.so, where
 * KIND is tier, policy, monitor or pass, and NAME the plugin's with '_' for
 * '-'. */
#define PYVM_ENTRY_POINT "pyvm_plugin_main"
typedef const pyvm_plugin* (*pyvm_plugin_main_function)(const pyvm_host* host);
PYVM_EXPORT const pyvm_plugin* pyvm_plugin_main(const pyvm_host* host);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* PYVM_PLUGIN_PYVM_H_ */
