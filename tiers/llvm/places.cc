#include "tiers/llvm/places.h"

#include <memory>
#include <unordered_map>

#include "llvm/DebugInfo/DWARF/DWARFContext.h"
#include "llvm/IR/DIBuilder.h"
#include "llvm/IR/DiagnosticInfo.h"
#include "llvm/IR/Module.h"
#include "passes/ir/printer.h"

namespace pyvm::llvm_tier {
namespace {

struct At {
  const Unit* unit;
  uint32_t instr;
};

At AtOf(const ir::FrameState& state) {
  if (state.blamed_unit != nullptr) {
    return {state.blamed_unit, state.blamed_instr};
  }
  return {state.unit, state.instr};
}

// What is known of optimizations that were made, and of those that were not;
// numbers about the frame. Others count instructions and the like, by block.
class RemarkHandler final : public llvm::DiagnosticHandler {
 public:
  explicit RemarkHandler(std::vector<LlvmRemark>* remarks)
      : remarks_(remarks) {}

  bool handleDiagnostics(const llvm::DiagnosticInfo& info) override {
    auto* remark = llvm::dyn_cast<llvm::DiagnosticInfoOptimizationBase>(&info);
    if (remark == nullptr) return false;
    uint32_t line =
        remark->isLocationAvailable() ? remark->getLocation().getLine() : 0;
    const char* kind = remark->isPassed()   ? "passed"
                       : remark->isMissed() ? "missed"
                                            : "analysis";
    remarks_->push_back({kind, remark->getPassName().str(),
                         remark->getRemarkName().str(), remark->getMsg(),
                         OperationOfLine(line)});
    return true;
  }
  bool isAnalysisRemarkEnabled(llvm::StringRef pass) const override {
    return pass == "prologepilog";
  }
  bool isMissedOptRemarkEnabled(llvm::StringRef) const override { return true; }
  bool isPassedOptRemarkEnabled(llvm::StringRef) const override { return true; }
  bool isAnyRemarkEnabled() const override { return true; }

 private:
  std::vector<LlvmRemark>* const remarks_;
};

}  // namespace

Places::Places(const ir::Function& fn) : lines_(fn.num_nodes()) {
  std::unordered_map<const ir::Block*, At> ends;
  for (const ir::PrintedBlock& printed : ir::PrintParts(fn).blocks) {
    const ir::Block* block = printed.block;
    At at = {fn.unit(), fn.entry_instr};
    if (block->entry_state != nullptr) {
      at = AtOf(*block->entry_state);
    } else if (block->idom != nullptr) {
      at = ends.at(block->idom);
    }
    for (const ir::PrintedNode& node : printed.nodes) {
      if (node.node->state != nullptr) at = AtOf(*node.node->state);
      operations_.push_back({at.unit, at.instr, node.text});
      lines_[node.node->id] = static_cast<uint32_t>(operations_.size());
    }
    ends[block] = at;
  }
}

void Places::Begin(llvm::Function* function) {
  llvm::Module& module = *function->getParent();
  module.addModuleFlag(llvm::Module::Warning, "Debug Info Version",
                       llvm::DEBUG_METADATA_VERSION);
  llvm::DIBuilder builder(module);
  llvm::DIFile* file = builder.createFile("operations", ".");
  builder.createCompileUnit(llvm::dwarf::DW_LANG_C, file, "pyvm", true, "", 0,
                            "", llvm::DICompileUnit::LineTablesOnly);
  scope_ = builder.createFunction(
      file, function->getName(), "", file, 0,
      builder.createSubroutineType(builder.getOrCreateTypeArray({})), 0,
      llvm::DINode::FlagZero,
      llvm::DISubprogram::SPFlagDefinition |
          llvm::DISubprogram::SPFlagOptimized);
  function->setSubprogram(scope_);
  builder.finalize();
}

llvm::DebugLoc Places::Of(const ir::Node& node) const {
  return llvm::DILocation::get(scope_->getContext(), lines_[node.id], 0,
                               scope_);
}

std::vector<CodePart> ReadPlaces(const llvm::object::ObjectFile& object) {
  std::vector<CodePart> places;
  std::unique_ptr<llvm::DWARFContext> dwarf =
      llvm::DWARFContext::create(object);
  for (const auto& unit : dwarf->compile_units()) {
    const auto* table = dwarf->getLineTableForUnit(unit.get());
    if (table == nullptr) continue;
    for (const auto& row : table->Rows) {
      if (row.EndSequence) continue;
      uint32_t operation = OperationOfLine(row.Line);
      auto offset = static_cast<uint32_t>(row.Address.Address);
      // Of several at one offset only the last has code.
      if (!places.empty() && places.back().offset == offset) places.pop_back();
      if (!places.empty() && places.back().operation == operation) continue;
      places.push_back({offset, operation});
    }
  }
  return places;
}

void CollectRemarks(llvm::LLVMContext& context,
                    std::vector<LlvmRemark>* remarks) {
  context.setDiagnosticHandler(std::make_unique<RemarkHandler>(remarks),
                               /*RespectFilters=*/true);
}

}  // namespace pyvm::llvm_tier
