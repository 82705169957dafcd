#include "tiers/llvm/codegen.h"

#include <cpuid.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "llvm/ADT/SmallVector.h"
#include "llvm/Analysis/AliasAnalysis.h"
#include "llvm/Analysis/AssumptionCache.h"
#include "llvm/Analysis/BasicAliasAnalysis.h"
#include "llvm/Analysis/BlockFrequencyInfo.h"
#include "llvm/Analysis/BranchProbabilityInfo.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/MemorySSA.h"
#include "llvm/Analysis/OptimizationRemarkEmitter.h"
#include "llvm/Analysis/PostDominators.h"
#include "llvm/Analysis/ScalarEvolution.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/Analysis/TargetTransformInfo.h"
#include "llvm/Analysis/TypeBasedAliasAnalysis.h"
#include "llvm/ExecutionEngine/JITSymbol.h"
#include "llvm/ExecutionEngine/RuntimeDyld.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/PassManager.h"
#include "llvm/MC/MCContext.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/Support/CodeGen.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Target/TargetOptions.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/Transforms/InstCombine/InstCombine.h"
#include "llvm/Transforms/Scalar/EarlyCSE.h"
#include "llvm/Transforms/Scalar/LICM.h"
#include "llvm/Transforms/Scalar/LoopPassManager.h"
#include "llvm/Transforms/Scalar/LoopRotation.h"
#include "llvm/Transforms/Scalar/SimplifyCFG.h"
#include "tiers/llvm/places.h"

// libgcc's, for code that is made at run time.
extern "C" void __register_frame(void*);
extern "C" void __deregister_frame(void*);

namespace pyvm::llvm_tier {
namespace {

// Puts all sections of an object into one block, code first.
class BlockMemory final : public llvm::RuntimeDyld::MemoryManager {
 public:
  explicit BlockMemory(CodeZone zone) : zone_(zone) {}

  bool needsToReserveAllocationSpace() override { return true; }
  void reserveAllocationSpace(uintptr_t code, llvm::Align code_align,
                              uintptr_t read_only, llvm::Align,
                              uintptr_t read_write, llvm::Align) override {
    constexpr size_t kSlack = 64;  // alignment of what lies behind
    size_t bytes =
        code + code_align.value() + read_only + read_write + 2 * kSlack;
    absl::StatusOr<CodeBlock> block = TheCodeMemory().Allocate(bytes, zone_);
    if (!block.ok()) {
      refused_ = CodeRefusal(block.status());
      // The linker cannot be stopped: let it write elsewhere.
      spare_ = std::make_unique<uint8_t[]>(bytes + CodeMemory::kAlignment);
      block_ = {spare_.get(), spare_.get(), bytes, zone_};
    } else {
      block_ = *block;
    }
  }

  uint8_t* allocateCodeSection(uintptr_t size, unsigned alignment, unsigned,
                               llvm::StringRef) override {
    uint8_t* at = Allocate(size, alignment);
    code_end_ = used_;
    return at;
  }
  uint8_t* allocateDataSection(uintptr_t size, unsigned alignment, unsigned,
                               llvm::StringRef, bool) override {
    return Allocate(size, alignment);
  }

  void registerEHFrames(uint8_t*, uint64_t address, size_t) override {
    unwind_table_ = reinterpret_cast<uint8_t*>(address);
  }
  void deregisterEHFrames() override {}
  bool finalizeMemory(std::string*) override { return false; }

  // Tells the linker at which addresses its sections will be.
  void MapInto(llvm::RuntimeDyld& linker) const {
    for (const auto& [at, size] : sections_) {
      linker.mapSectionAddress(
          at, reinterpret_cast<uint64_t>(block_.exec + (at - block_.write)));
    }
  }

  const CodeBlock& block() const { return block_; }
  const char* refused() const { return refused_; }
  size_t used() const { return used_; }
  size_t code_end() const { return code_end_; }
  uint8_t* unwind_table() const { return unwind_table_; }

 private:
  uint8_t* Allocate(size_t size, unsigned alignment) {
    uintptr_t exec = reinterpret_cast<uintptr_t>(block_.exec);
    uintptr_t mask = std::max(alignment, 1u) - 1;
    used_ = ((exec + used_ + mask) & ~mask) - exec;
    uint8_t* at = block_.write + used_;
    used_ += size;
    sections_.emplace_back(at, size);
    return at;
  }

  const CodeZone zone_;
  CodeBlock block_;
  const char* refused_ = nullptr;
  std::unique_ptr<uint8_t[]> spare_;
  size_t used_ = 0;
  size_t code_end_ = 0;
  std::vector<std::pair<uint8_t*, size_t>> sections_;
  uint8_t* unwind_table_ = nullptr;
};

// Machine code refers to nothing by name.
class NoSymbols final : public llvm::LegacyJITSymbolResolver {
 public:
  llvm::JITSymbol findSymbol(const std::string&) override { return nullptr; }
  llvm::JITSymbol findSymbolInLogicalDylib(const std::string&) override {
    return nullptr;
  }
};

llvm::CodeGenOptLevel LevelOf(int level) {
  return level == 0   ? llvm::CodeGenOptLevel::None
         : level == 1 ? llvm::CodeGenOptLevel::Less
                      : llvm::CodeGenOptLevel::Default;
}

// Selection by graphs is half of what code costs; selection by single
// instructions makes code that is some 3% slower. Beyond so many instructions
// the code is no tight loop, and waits for nobody.
constexpr size_t kMaxForDag = 2000;

size_t CountInstructions(const llvm::Module& module) {
  size_t count = 0;
  for (const llvm::Function& function : module) {
    count += function.getInstructionCount();
  }
  return count;
}

// LLVM has no other way to say so above level 0.
void SelectFast(bool fast) {
  static auto* const option =
      static_cast<llvm::cl::opt<llvm::cl::boolOrDefault>*>(
          llvm::cl::getRegisteredOptions().lookup("fast-isel"));
  if (option == nullptr) return;
  option->setValue(fast ? llvm::cl::BOU_TRUE : llvm::cl::BOU_FALSE);
}

// Hoists constants that are long in the code to the function's start. Code that
// is begun anew for each item of a generator has no use for that.
void HoistConstants(bool hoist) {
  static auto* const option = static_cast<llvm::cl::opt<bool>*>(
      llvm::cl::getRegisteredOptions().lookup("disable-constant-hoisting"));
  if (option != nullptr) option->setValue(!hoist);
}

// What the passes of Optimize ask for. llvm::PassBuilder would know it all, and
// drag in every pass that LLVM has.
struct Analyses {
  explicit Analyses(llvm::TargetMachine& target) {
    functions.registerPass([&] { return target.getTargetIRAnalysis(); });
    functions.registerPass([&] {
      llvm::TargetLibraryInfoImpl library(target.getTargetTriple());
      library.disableAllFunctions();  // nothing is called by name
      return llvm::TargetLibraryAnalysis(library);
    });
    functions.registerPass([] {
      llvm::AAManager aliases;
      aliases.registerFunctionAnalysis<llvm::BasicAA>();
      aliases.registerFunctionAnalysis<llvm::TypeBasedAA>();
      return aliases;
    });
    functions.registerPass([] { return llvm::BasicAA(); });
    functions.registerPass([] { return llvm::TypeBasedAA(); });
    functions.registerPass([] { return llvm::AssumptionAnalysis(); });
    functions.registerPass([] { return llvm::DominatorTreeAnalysis(); });
    functions.registerPass([] { return llvm::LoopAnalysis(); });
    functions.registerPass([] { return llvm::MemorySSAAnalysis(); });
    functions.registerPass([] { return llvm::ScalarEvolutionAnalysis(); });
    functions.registerPass([] { return llvm::BranchProbabilityAnalysis(); });
    functions.registerPass([] { return llvm::BlockFrequencyAnalysis(); });
    functions.registerPass([] { return llvm::PostDominatorTreeAnalysis(); });
    functions.registerPass(
        [] { return llvm::OptimizationRemarkEmitterAnalysis(); });
    functions.registerPass([] { return llvm::PassInstrumentationAnalysis(); });
    loops.registerPass([] { return llvm::PassInstrumentationAnalysis(); });
    modules.registerPass([] { return llvm::PassInstrumentationAnalysis(); });
    functions.registerPass(
        [&] { return llvm::LoopAnalysisManagerFunctionProxy(loops); });
    functions.registerPass(
        [&] { return llvm::ModuleAnalysisManagerFunctionProxy(modules); });
    loops.registerPass(
        [&] { return llvm::FunctionAnalysisManagerLoopProxy(functions); });
  }

  llvm::ModuleAnalysisManager modules;
  llvm::FunctionAnalysisManager functions;
  llvm::LoopAnalysisManager loops;
};

std::unique_ptr<llvm::TargetMachine> TargetForHost() {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  std::string triple = llvm::sys::getProcessTriple();
  std::string error;
  const llvm::Target* target =
      llvm::TargetRegistry::lookupTarget(triple, error);
  if (target == nullptr) return nullptr;
  std::string features;
  for (const auto& feature : llvm::sys::getHostCPUFeatures()) {
    features += (features.empty() ? "" : ",");
    features += (feature.second ? "+" : "-") + feature.first().str();
  }
  llvm::TargetOptions options;
  return std::unique_ptr<llvm::TargetMachine>(target->createTargetMachine(
      triple, llvm::sys::getHostCPUName(), features, options,
      llvm::Reloc::Static, llvm::CodeModel::Small,
      llvm::CodeGenOptLevel::Default, /*JIT=*/true));
}

}  // namespace

CodeGenerator::CodeGenerator() = default;
CodeGenerator::~CodeGenerator() = default;

std::unique_ptr<CodeGenerator> CodeGenerator::Create(const char** refused) {
  std::unique_ptr<CodeGenerator> made(new CodeGenerator);
  made->target_ = TargetForHost();
  if (made->target_ == nullptr) {
    *refused = "LLVM does not know this machine";
    return nullptr;
  }
  absl::StatusOr<CodeZone> zone = TheCodeMemory().AddZone("llvm", nullptr);
  if (!zone.ok()) {
    *refused = CodeRefusal(zone.status());
    return nullptr;
  }
  made->zone_ = *zone;
  made->triple_ = made->target_->getTargetTriple().str();
  made->data_layout_ =
      made->target_->createDataLayout().getStringRepresentation();
  return made;
}

void CodeGenerator::Prepare(llvm::Module& module) const {
  module.setTargetTriple(triple_);
  module.setDataLayout(data_layout_);
}

// Where the last compilation has not come to its end, the process is the child
// of a fork, and the thread that was at it is not here: what it has left of the
// target machine is not used any more.
void CodeGenerator::Begin() {
  if (std::exchange(busy_, true)) {
    static_cast<void>(target_.release());
    target_ = TargetForHost();
  }
}

void CodeGenerator::Optimize(llvm::Module& module, int level) {
  if (level == 0) return;
  Begin();
  Analyses analyses(*target_);
  llvm::FunctionPassManager passes;
  passes.addPass(llvm::EarlyCSEPass(/*UseMemorySSA=*/true));
  passes.addPass(llvm::InstCombinePass());
  passes.addPass(llvm::SimplifyCFGPass());
  if (level >= 2) {
    llvm::LoopPassManager loop_passes;
    loop_passes.addPass(llvm::LoopRotatePass());
    loop_passes.addPass(llvm::LICMPass(llvm::LICMOptions()));
    passes.addPass(llvm::createFunctionToLoopPassAdaptor(
        std::move(loop_passes), /*UseMemorySSA=*/true,
        /*UseBlockFrequencyInfo=*/false));
    passes.addPass(llvm::EarlyCSEPass(/*UseMemorySSA=*/true));
    passes.addPass(llvm::InstCombinePass());
    passes.addPass(llvm::SimplifyCFGPass());
  }
  for (llvm::Function& function : module) {
    if (!function.isDeclaration()) passes.run(function, analyses.functions);
  }
  busy_ = false;
}

std::optional<MachineCode> CodeGenerator::Emit(llvm::Module& module,
                                               const char* entry, int level,
                                               const char** refused,
                                               bool places) {
  Begin();
  std::optional<MachineCode> code = Make(module, entry, level, refused, places);
  busy_ = false;
  return code;
}

std::optional<MachineCode> CodeGenerator::Make(llvm::Module& module,
                                               const char* entry, int level,
                                               const char** refused,
                                               bool places) {
  target_->setOptLevel(LevelOf(level));
  bool fast = CountInstructions(module) > kMaxForDag;
  SelectFast(fast);
  // Set where it is wanted, but not taken back where it is not.
  target_->setFastISel(fast);
  HoistConstants(!module.getFunction(entry)->hasFnAttribute(kBegunOften));
  llvm::SmallVector<char, 0> bytes;
  llvm::raw_svector_ostream stream(bytes);
  llvm::legacy::PassManager passes;
  llvm::MCContext* context = nullptr;
  if (target_->addPassesToEmitMC(passes, context, stream,
                                 /*DisableVerify=*/true)) {
    *refused = "LLVM cannot emit code";
    return std::nullopt;
  }
  passes.run(module);

  auto object = llvm::object::ObjectFile::createObjectFile(
      llvm::MemoryBufferRef(llvm::StringRef(bytes.data(), bytes.size()), ""));
  if (!object) {
    llvm::consumeError(object.takeError());
    *refused = "LLVM has made no object";
    return std::nullopt;
  }
  BlockMemory memory(zone_);
  NoSymbols symbols;
  llvm::RuntimeDyld linker(memory, symbols);
  linker.loadObject(**object);
  if (memory.refused() != nullptr) {
    *refused = memory.refused();
    return std::nullopt;
  }
  memory.MapInto(linker);
  linker.resolveRelocations();
  const CodeBlock& block = memory.block();
  uint64_t start = linker.getSymbol(entry).getAddress();
  if (linker.hasError() || start == 0) {
    if (block.exec != nullptr) TheCodeMemory().Free(block.exec);
    *refused = "LLVM cannot link what it has made";
    return std::nullopt;
  }
  linker.registerEHFrames();
  TheCodeMemory().Shrink(block.exec, memory.used());
  return MachineCode{
      .block = block.exec,
      .entry = reinterpret_cast<const uint8_t*>(start),
      .bytes = memory.code_end(),
      .block_bytes = memory.used(),
      .unwind_table = memory.unwind_table(),
      .places = places ? ReadPlaces(**object) : std::vector<CodePart>()};
}

void CodeGenerator::Publish(const MachineCode& code) {
  if (code.unwind_table != nullptr) {
    __register_frame(code.unwind_table);
    unwind_tables_.emplace(code.block, code.unwind_table);
  }
  // Another core has written the code, perhaps where this one has executed
  // other code: it must not run what it has fetched before (Intel SDM 3A,
  // 9.1.3).
  unsigned a, b, c, d;
  __cpuid(0, a, b, c, d);
}

void CodeGenerator::WarmUp(int level) {
  llvm::LLVMContext context;
  llvm::Module module("", context);
  Prepare(module);
  llvm::IRBuilder<> b(context);
  llvm::Type* type = b.getInt64Ty();
  llvm::Function* function =
      llvm::Function::Create(llvm::FunctionType::get(type, {type}, false),
                             llvm::Function::ExternalLinkage, "f", module);
  b.SetInsertPoint(llvm::BasicBlock::Create(context, "", function));
  b.CreateRet(b.CreateAdd(function->getArg(0), b.getInt64(1)));
  Optimize(module, level);
  const char* refused;
  if (auto code = Emit(module, "f", level, &refused)) {
    TheCodeMemory().Free(code->block);
  }
}

void CodeGenerator::Forget(const uint8_t* block) {
  auto at = unwind_tables_.find(block);
  if (at == unwind_tables_.end()) return;
  __deregister_frame(at->second);
  unwind_tables_.erase(at);
}

}  // namespace pyvm::llvm_tier
