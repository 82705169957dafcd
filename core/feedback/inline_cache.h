// Inline caches: what a site has seen, as data. A tier may read them to
// specialise; nothing here knows machine code.
#ifndef PYVM_CORE_FEEDBACK_INLINE_CACHE_H_
#define PYVM_CORE_FEEDBACK_INLINE_CACHE_H_

#include <cstdint>

struct _object;

namespace pyvm {

// 32 bytes; which fields mean what depends on the instruction.
struct InlineCache {
  union {
    _object* name;        // attr, global: borrowed from co_names
    uint16_t* call_unit;  // call: CPython's code unit of the CALL
  };
  uint32_t version;   // tp_version_tag, or dk_version of the globals
  uint32_t version2;  // dk_version of instance keys or builtins
  union {
    _object* value;  // borrowed: kept alive by what the versions guard
    int64_t index;   // of an inline value or dict entry; offset of a slot, or
                     // of a global or a module's attribute from its keys
  };
  uint32_t keywords;  // call: 1 + constant number of the names, 0 if none
  uint16_t num_args;  // call: listed operands without the callable
  uint8_t misses;     // saturating; a site with too many gives up
  uint8_t unused;
};
static_assert(sizeof(InlineCache) == 32);

// A site whose cache has missed this often stops specialising.
inline constexpr uint8_t kMaxMisses = 24;

}  // namespace pyvm

#endif  // PYVM_CORE_FEEDBACK_INLINE_CACHE_H_
