// Frame states of the intermediate representation as what machine code refers
// to: sites.
#ifndef PYVM_TIERS_LLVM_SITE_BUILDER_H_
#define PYVM_TIERS_LLVM_SITE_BUILDER_H_

#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "passes/ir/ir.h"
#include "tiers/llvm/code.h"
#include "tiers/llvm/home_slots.h"

namespace pyvm::llvm_tier {

class SiteBuilder {
 public:
  explicit SiteBuilder(const HomeSlots& homes) : homes_(homes) {}

  // The site for operations of kind `reason` with this state. Lives as long as
  // the code.
  Site* SiteOf(const ir::FrameState* state, ir::Op reason);

  std::vector<std::unique_ptr<Site>> TakeSites() { return std::move(sites_); }

 private:
  using Objects = std::span<const ir::StateObject>;  // that are virtual
  FrameMap FrameOf(const ir::FrameState& state, Objects objects) const;
  VirtualMap ObjectOf(const ir::FrameState& state,
                      const ir::StateObject& object) const;
  SlotMap SlotOf(const ir::Node* value, bool owned, Objects objects) const;
  SlotMap SlotOf(const ir::StateSlot& slot, Objects objects) const;

  const HomeSlots& homes_;
  // By state and operation.
  std::unordered_map<uint64_t, Site*> known_;
  std::vector<std::unique_ptr<Site>> sites_;
};

}  // namespace pyvm::llvm_tier

#endif  // PYVM_TIERS_LLVM_SITE_BUILDER_H_
