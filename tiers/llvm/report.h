// What people see of a compilation: --dump, and the rows of --stats.
#ifndef PYVM_TIERS_LLVM_REPORT_H_
#define PYVM_TIERS_LLVM_REPORT_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/tier/dumps.h"
#include "passes/ir/pass_manager.h"
#include "tiers/llvm/lowering.h"

namespace pyvm::llvm_tier {

// Of one entry of a unit. Nothing is gathered that nobody has asked for. All
// functions are called with the GIL held, in this order.
class Report {
 public:
  using Sites = std::span<const std::unique_ptr<Site>>;

  Report(const Unit& unit, uint32_t entry_instr);

  // The IR has been built, or not.
  void NoteBuilt(uint64_t ns);
  // How the passes are watched; until NotePassed.
  ir::PassManager::Options Watch();
  void NotePassed(const ir::Function& function, uint64_t ns);
  // What is wanted of the rest. Holds until ShowCode.
  void AskFor(GenerateOptions* generate);
  // The end. There is code, with these sites, which have their numbers.
  void ShowCode(const LoweredCode& code, Sites sites);
  // Or there is none, for this reason.
  void ShowRefusal(const char* why);

 private:
  bool Wants(Dump kind) const { return wanted_[static_cast<int>(kind)]; }
  // Behind a pass; null: before the first.
  void Look(const ir::Function& function, const ir::Pass* pass);
  void CountOps(const ir::Function& function);
  void Draw(const ir::Function& function, const char* after) const;
  void Print(Dump kind, const char* what, const std::string& text) const;
  void ShowAsm(const LoweredCode& code, Sites sites) const;
  std::string PassTable() const;
  std::string CodeTable(const LoweredCode& code, Sites sites) const;

  const Unit& unit_;
  const uint32_t entry_instr_;
  bool wanted_[kNumDumps];
  uint64_t build_ns_ = 0, passes_ns_ = 0;
  uint32_t nodes_ = 0;  // in the end
  std::vector<ir::PassRun> runs_;
  // For remarks: by run, how the numbers of operations have changed.
  std::vector<std::string> changes_;
  std::vector<uint32_t> ops_;
  std::vector<std::string> remarks_;  // of passes
  std::string llvm_ir_;
};

// Rows of --stats: what compilations took, and what passes have done.
void AddCompileMetrics(std::vector<pyvm_metric>* rows);

}  // namespace pyvm::llvm_tier

#endif  // PYVM_TIERS_LLVM_REPORT_H_
