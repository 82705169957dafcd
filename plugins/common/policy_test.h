// A policy under test, and the events that it is shown.
#ifndef PYVM_PLUGINS_COMMON_POLICY_TEST_H_
#define PYVM_PLUGINS_COMMON_POLICY_TEST_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/plugin/loader.h"
#include "core/plugin/params.h"
#include "core/plugin/pyvm.h"
#include "gtest/gtest.h"

namespace pyvm::plugins {

// A unit in three tiers. Its counts are those of the tier that runs it; what it
// has counted below is of no interest to most policies.
class PolicyTest : public testing::Test {
 protected:
  PolicyTest() {
    const char* names[] = {"interp", "baseline", "llvm"};
    for (int i = 0; i < 3; ++i) {
      tiers_[i] = {};
      tiers_[i].size = sizeof(tiers_[i]);
      tiers_[i].name = names[i];
      tiers_[i].predicted_speedup = 1;
    }
    event_.size = sizeof(event_);
    event_.name = "Worker.run";
    event_.instructions = 100;
    event_.bytecode_bytes = 800;
    event_.num_tiers = 3;
    event_.tier_stride = sizeof(pyvm_tier_info);
    event_.tiers = tiers_;
    event_.memory = memory_;
    event_.entries_by_tier = entries_by_tier_;
    event_.loops_by_tier = loops_by_tier_;
  }

  // "" where it worked, else the message.
  std::string Create(const std::string& name, const std::string& params = "") {
    memory_[0] = memory_[1] = 0;
    absl::StatusOr<PluginInstance> instance =
        PluginInstance::Create(*pyvm_plugin_main(&host_),
                               *ParsePluginSpec(name + ":" + params), host_);
    if (!instance.ok()) return std::string(instance.status().message());
    instance_ = *std::move(instance);
    return "";
  }

  // The answer for a unit in `tier` that has counted so much there, `_since` in
  // all since the last question.
  pyvm_decision Ask(uint32_t kind, uint32_t tier, uint64_t entries,
                    uint64_t loops) {
    if (tier != event_.tier) last_entries_ = last_loops_ = 0;
    event_.kind = kind;
    event_.tier = tier;
    std::fill(std::begin(entries_by_tier_), std::end(entries_by_tier_), 0);
    std::fill(std::begin(loops_by_tier_), std::end(loops_by_tier_), 0);
    if (tier < 3) {
      entries_by_tier_[tier] = entries;
      loops_by_tier_[tier] = loops;
    }
    event_.entries = entries;
    event_.loops = loops;
    event_.entries_since = entries - std::min(entries, last_entries_);
    event_.loops_since = loops - std::min(loops, last_loops_);
    last_entries_ = entries;
    last_loops_ = loops;
    pyvm_decision decision = {};
    decision.size = sizeof(decision);
    decision.tier = tier + 1;
    decision.entry_budget = decision.loop_budget = PYVM_NEVER;
    decision.reason = "";
    static_cast<const pyvm_policy*>(instance_.plugin().api)
        ->decide(instance_.self(), &event_, &decision);
    EXPECT_NE(decision.reason, nullptr);
    EXPECT_GE(decision.entry_budget, 1);
    EXPECT_GE(decision.loop_budget, 1);
    return decision;
  }
  pyvm_decision Calls(uint32_t tier, uint64_t entries, uint64_t loops) {
    return Ask(PYVM_ENTRY_BUDGET, tier, entries, loops);
  }
  pyvm_decision Loops(uint32_t tier, uint64_t entries, uint64_t loops) {
    return Ask(PYVM_LOOP_BUDGET, tier, entries, loops);
  }
  pyvm_decision New(uint32_t tier = 0) {
    return Ask(PYVM_NEW_UNIT, tier, 0, 0);
  }

  // Lets a new unit make calls alone (or loops alone) until it is promoted, and
  // returns how many it took: 0 if the policy stops asking.
  uint64_t CountUntilPromoted(bool loops, uint32_t tier = 0) {
    pyvm_decision decision = New(tier);
    uint64_t count = 0;
    while (decision.action == PYVM_STAY) {
      int32_t budget = loops ? decision.loop_budget : decision.entry_budget;
      if (budget == PYVM_NEVER) return 0;
      count += static_cast<uint64_t>(budget);
      decision = loops ? Loops(tier, 0, count) : Calls(tier, count, 0);
    }
    return count;
  }

  pyvm_host host_ = {PYVM_ABI_VERSION, sizeof(pyvm_host), "0.1",    nullptr,
                     nullptr,          "build",           "program"};
  pyvm_tier_info tiers_[3];
  pyvm_event event_ = {};
  uint64_t memory_[2] = {};
  PluginInstance instance_;

 private:
  uint64_t entries_by_tier_[3] = {}, loops_by_tier_[3] = {};
  uint64_t last_entries_ = 0, last_loops_ = 0;
};

}  // namespace pyvm::plugins

#endif  // PYVM_PLUGINS_COMMON_POLICY_TEST_H_
