#include "core/tier/sites.h"

#include <Python.h>

#include <optional>
#include <string_view>

#include "core/bytecode/decode.h"
#include "core/bytecode/opcodes.h"
#include "core/bytecode/unit.h"
#include "core/feedback/inline_cache.h"

namespace pyvm {
namespace {

// The state that the operation itself stands for; nothing where it is none that
// is rewritten in place, nor has a cache.
std::optional<pyvm_site_state> StateOf(Op op) {
  const OpInfo& info = InfoOf(op);
  if (std::string_view(info.name).ends_with("_ANY")) return PYVM_SITE_GENERIC;
  switch (op) {
    case Op::kLOAD_GLOBAL:
    case Op::kBINARY_OP:
    case Op::kLOAD_ATTR:
    case Op::kLOAD_METHOD:
    case Op::kSTORE_ATTR:
    case Op::kLOAD_ITEM:
    case Op::kSTORE_ITEM:
    case Op::kFOR_ITER:
    case Op::kCALL:
    case Op::kCALL_METHOD:
      return PYVM_SITE_COLD;
    // Their handlers test the operands each time, and learn nothing.
    case Op::kUNARY_NEGATIVE:
    case Op::kUNPACK:
    case Op::kSEND:
      return std::nullopt;
    default:
      break;
  }
  bool learns =
      info.feedback != Feedback::kNone &&
      !(info.feedback == Feedback::kTypes && (info.effects & kEffectJump) != 0);
  if (!learns) return std::nullopt;
  return PYVM_SITE_SPECIALISED;
}

}  // namespace

std::vector<pyvm_site> SitesOf(const Unit& unit) {
  std::vector<pyvm_site> sites;
  if (unit.instrs == nullptr) return sites;
  for (uint32_t i = 0; i < unit.num_instrs; i += InstrWords(unit, i)) {
    Op op = BaseOf(unit.instrs[i].op);
    std::optional<pyvm_site_state> state = StateOf(op);
    if (!state) continue;
    pyvm_site site = {};
    site.instruction = i;
    site.state = *state;
    site.operation = InfoOf(op).name;
    if (InfoOf(op).fields[2] == Field::C) {
      site.misses = unit.caches()[unit.instrs[i].c].misses;
      if (site.state == PYVM_SITE_COLD && site.misses >= kMaxMisses)
        site.state = PYVM_SITE_GENERIC;
    }
    if (unit.code != nullptr) {
      int position = static_cast<int>(2 * unit.PositionOf(unit.instrs + i));
      int line = PyCode_Addr2Line(unit.code, position);
      site.line = line > 0 ? static_cast<uint32_t>(line) : 0;
    }
    sites.push_back(site);
  }
  return sites;
}

}  // namespace pyvm
