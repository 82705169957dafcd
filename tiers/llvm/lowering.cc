#include "tiers/llvm/lowering.h"

#include <utility>

#include "core/code/code_map.h"
#include "core/tier/metrics.h"
#include "core/tier/unit_name.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/raw_ostream.h"
#include "tiers/llvm/codegen.h"
#include "tiers/llvm/lowering_context.h"

namespace pyvm::llvm_tier {
namespace {

void Print(const llvm::Module& module, std::string* to) {
  if (to == nullptr) return;
  llvm::raw_string_ostream stream(*to);
  module.print(stream, nullptr);
}

// What people see of the block.
CodeInfo InfoOf(const Unit& unit) {
  UnitName name = NameOf(unit);
  CodeInfo info;
  info.function = name.qualified_name;
  info.file = name.filename;
  info.line = name.first_line;
  info.owner = &unit;
  return info;
}

class LlvmBackend final : public Backend {
 public:
  explicit LlvmBackend(std::unique_ptr<CodeGenerator> generator)
      : generator_(std::move(generator)) {}

  std::optional<LoweredCode> Generate(ir::Function& fn,
                                      const GenerateOptions& options,
                                      const char** refused) override {
    // A context for each function: what it has interned dies with it.
    llvm::LLVMContext context;
    context.setDiscardValueNames(options.llvm_ir == nullptr &&
                                 options.optimized_llvm_ir == nullptr);
    llvm::Module module("pyvm", context);
    generator_->Prepare(module);
    LoweredCode code;
    uint64_t start = NowNs();
    fn.ComputeDominators();
    HomeSlots homes(fn);
    SiteBuilder sites(homes);
    Lowering(fn, module, homes, sites).Run();
    Print(module, options.llvm_ir);
    if (options.verify && llvm::verifyModule(module, &llvm::errs())) {
      llvm::report_fatal_error("the lowering has made invalid LLVM IR");
    }
    uint64_t lowered = NowNs();
    generator_->Optimize(module, options.level);
    Print(module, options.optimized_llvm_ir);
    uint64_t optimized = NowNs();
    std::optional<MachineCode> machine =
        generator_->Emit(module, Lowering::kEntryName, options.level, refused);
    if (!machine) return std::nullopt;
    code.lower_ns = lowered - start;
    code.optimize_ns = optimized - lowered;
    code.emit_ns = NowNs() - optimized;
    code.entry = const_cast<uint8_t*>(machine->entry);
    code.block = machine->block;
    code.bytes = machine->bytes;
    code.block_bytes = machine->block_bytes;
    code.sites = sites.TakeSites();
    TheCodeMap().Add(machine->block, InfoOf(*fn.unit()));
    return code;
  }

  void Release(const uint8_t* block) override {
    generator_->Forget(block);
    TheCodeMap().Free(block);
  }

 private:
  std::unique_ptr<CodeGenerator> generator_;
};

}  // namespace

std::unique_ptr<Backend> Backend::Create(const char** refused) {
  std::unique_ptr<CodeGenerator> generator = CodeGenerator::Create(refused);
  if (generator == nullptr) return nullptr;
  return std::make_unique<LlvmBackend>(std::move(generator));
}

}  // namespace pyvm::llvm_tier
