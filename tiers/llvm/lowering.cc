#include "tiers/llvm/lowering.h"

#include <optional>
#include <utility>

#include "core/code/code_map.h"
#include "core/tier/metrics.h"
#include "core/tier/unit_name.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/raw_ostream.h"
#include "tiers/llvm/codegen.h"
#include "tiers/llvm/lowering_context.h"
#include "tiers/llvm/places.h"

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

class LoweredModule final : public LoweredFunction {
 public:
  LoweredModule(CodeGenerator* generator, ir::Function& fn,
                const GenerateOptions& options)
      : generator_(generator), options_(options), info_(InfoOf(*fn.unit())) {
    uint64_t start = NowNs();
    // A context for each function: what it has interned dies with it.
    context_ = std::make_unique<llvm::LLVMContext>();
    context_->setDiscardValueNames(options.llvm_ir == nullptr &&
                                   options.optimized_llvm_ir == nullptr);
    module_ = std::make_unique<llvm::Module>("pyvm", *context_);
    generator_->Prepare(*module_);
    fn.ComputeDominators();
    HomeSlots homes(fn);
    SiteBuilder sites(homes);
    Lowering lowering(fn, *module_, homes, sites, options);
    std::optional<Places> places;
    if (options.places) lowering.NotePlaces(&places.emplace(fn));
    lowering.Run();
    code_.sites = sites.TakeSites();
    if (places) code_.operations = places->TakeOperations();
    if (options.remarks) {
      CollectRemarks(*context_, &code_.remarks);
      code_.instructions = module_->getInstructionCount();
    }
    Print(*module_, options.llvm_ir);
    if (options.verify && llvm::verifyModule(*module_, &llvm::errs())) {
      llvm::report_fatal_error("the lowering has made invalid LLVM IR");
    }
    code_.lower_ns = NowNs() - start;
  }
  ~LoweredModule() override {
    if (machine_) TheCodeMemory().Free(machine_->block);
  }

  void Finish() override {
    uint64_t start = NowNs();
    generator_->Optimize(*module_, options_.level);
    Print(*module_, options_.optimized_llvm_ir);
    if (options_.remarks) {
      code_.optimized_instructions = module_->getInstructionCount();
    }
    uint64_t optimized = NowNs();
    machine_ = generator_->Emit(*module_, Lowering::kEntryName, options_.level,
                                &refused_, options_.places);
    module_.reset();
    context_.reset();
    code_.optimize_ns = optimized - start;
    code_.emit_ns = NowNs() - optimized;
  }

  std::optional<LoweredCode> Take(const char** refused) override {
    if (!machine_) {
      *refused = refused_;
      return std::nullopt;
    }
    MachineCode machine = *std::exchange(machine_, std::nullopt);
    generator_->Publish(machine);
    TheCodeMap().Add(machine.block, std::move(info_));
    code_.entry = const_cast<uint8_t*>(machine.entry);
    code_.block = machine.block;
    code_.bytes = machine.bytes;
    code_.block_bytes = machine.block_bytes;
    code_.places = std::move(machine.places);
    return std::move(code_);
  }

 private:
  CodeGenerator* const generator_;
  const GenerateOptions options_;
  CodeInfo info_;
  std::unique_ptr<llvm::LLVMContext> context_;
  std::unique_ptr<llvm::Module> module_;
  LoweredCode code_;
  std::optional<MachineCode> machine_;
  const char* refused_ = nullptr;
};

class LlvmBackend final : public Backend {
 public:
  explicit LlvmBackend(std::unique_ptr<CodeGenerator> generator)
      : generator_(std::move(generator)) {}

  std::unique_ptr<LoweredFunction> Lower(
      ir::Function& fn, const GenerateOptions& options) override {
    return std::make_unique<LoweredModule>(generator_.get(), fn, options);
  }

  void Release(const uint8_t* block) override {
    generator_->Forget(block);
    TheCodeMap().Free(block);
  }

  void WarmUp() override { generator_->WarmUp(GenerateOptions().level); }

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
