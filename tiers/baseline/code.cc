#include "tiers/baseline/code.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "core/code/code_map.h"
#include "core/host/frame.h"
#include "core/tier/manager.h"
#include "core/tier/metrics.h"
#include "tiers/baseline/stubs.h"

namespace pyvm::baseline {
namespace {

// Guarded by the GIL, as all of this.
std::vector<Code*>& Retired() {
  static auto* retired = new std::vector<Code*>;
  return *retired;
}

bool Contains(const Code& code, const void* address) {
  auto* byte = static_cast<const uint8_t*>(address);
  return byte > code.exec && byte <= code.exec + code.size;
}

// The addresses that running code will return to; none if they are not known,
// because an activation is part of a greenlet that does not run: its stack may
// be elsewhere.
std::optional<std::vector<const uint8_t*>> ReturnAddresses() {
  absl::flat_hash_set<const _PyCFrame*> present;
  for (PyInterpreterState* interp = PyInterpreterState_Head();
       interp != nullptr; interp = PyInterpreterState_Next(interp)) {
    for (PyThreadState* thread = PyInterpreterState_ThreadHead(interp);
         thread != nullptr; thread = PyThreadState_Next(thread)) {
      for (const _PyCFrame* cframe = thread->cframe; cframe != nullptr;
           cframe = cframe->previous) {
        present.insert(cframe);
      }
    }
  }
  std::vector<const uint8_t*> addresses;
  for (Visit* visit = Visit::last; visit != nullptr; visit = visit->next) {
    if (!present.contains(visit->cframe)) return std::nullopt;
    if (visit->stack != nullptr) addresses.push_back(visit->stack[-1]);
  }
  return addresses;
}

// Addresses that frames and generators have noted are not gone to any more.
void ForgetAddresses() {
  ++return_epoch;
  ForgetNotedAddresses();
}

// Whether any was freed.
bool FreeRetired() {
  if (Retired().empty()) return false;
  std::optional<std::vector<const uint8_t*>> returns = ReturnAddresses();
  if (!returns) return false;
  size_t freed = std::erase_if(Retired(), [&](Code* code) {
    if (std::any_of(returns->begin(), returns->end(),
                    [&](const uint8_t* to) { return Contains(*code, to); })) {
      return false;
    }
    TheCodeMap().Free(code->exec);
    delete[] code->offsets;
    delete code;
    return true;
  });
  // Code that had been retired while it ran may have made calls since.
  if (freed != 0) ForgetAddresses();
  return freed != 0;
}

// The unit's code that `address` lies in: it may have been replaced while it
// runs. Null if that is not known.
const Code* CodeAt(const Unit* unit, const void* address) {
  auto* code = static_cast<const Code*>(unit->tier_code);
  if (code != nullptr && Contains(*code, address)) return code;
  auto found = std::find_if(Retired().begin(), Retired().end(),
                            [&](Code* c) { return Contains(*c, address); });
  return found == Retired().end() ? nullptr : *found;
}

bool IsBelow(uint32_t a, uint32_t b) { return (a & ~kInside) < (b & ~kInside); }

// The first instruction at the greatest offset that is not above `offset`.
uint32_t IndexAt(const Code& code, uint32_t instrs, uint32_t offset) {
  const uint32_t* begin = code.offsets;
  const uint32_t* end = begin + instrs;
  const uint32_t* it = std::upper_bound(begin, end, offset, IsBelow);
  // Words of a list share the offset of their instruction.
  return static_cast<uint32_t>(std::lower_bound(begin, end, it[-1], IsBelow) -
                               begin);
}

uint32_t OffsetIn(const Code& code, const void* address) {
  return static_cast<uint32_t>(static_cast<const uint8_t*>(address) -
                               code.exec);
}

}  // namespace

Visit* Visit::last = nullptr;
Visit* Visit::unused = nullptr;

void Visit::NoneLeft() { FreeRetired(); }

bool IsUnquickened(Op op) {
  switch (op) {
    case Op::kBINARY_OP:
    case Op::kCALL:
    case Op::kCALL_METHOD:
    case Op::kFOR_ITER:
    case Op::kLOAD_ATTR:
    case Op::kLOAD_GLOBAL:
    case Op::kLOAD_ITEM:
    case Op::kLOAD_METHOD:
    case Op::kSTORE_ATTR:
    case Op::kSTORE_ITEM:
      return true;
    default:
      return false;
  }
}

bool NoteStale(Unit* unit) {
  // Twice as patient each time: what the passes cost stays in proportion.
  constexpr uint32_t kPatience = 16;
  constexpr uint32_t kMaxRenewals = 12;
  auto* code = static_cast<Code*>(unit->tier_code);
  if (code == nullptr || code->renewals >= kMaxRenewals ||
      ++code->stale < kPatience << code->renewals) {
    return false;
  }
  const char* refused = nullptr;
  uint64_t start_ns = NowNs();
  Code* renewed = Compile(*unit, &refused);
  if (renewed == nullptr) {
    code->renewals = kMaxRenewals;
  } else {
    renewed->renewals = code->renewals + 1;
    unit->tier_code = renewed;
  }
  NoteRenewal(unit, start_ns, refused);
  if (renewed == nullptr) return false;
  Release(code);
  return true;
}

void Release(Code* code) {
  Retired().push_back(code);
  if (!FreeRetired()) ForgetAddresses();
}

const Instr* InstrThatBeginsAt(const Unit* unit, const void* address) {
  const Code* code = CodeAt(unit, address);
  if (code == nullptr) return nullptr;
  uint32_t offset = OffsetIn(*code, address);
  uint32_t i = IndexAt(*code, unit->num_instrs, offset);
  return code->offsets[i] == offset ? unit->instrs + i : nullptr;
}

}  // namespace pyvm::baseline
