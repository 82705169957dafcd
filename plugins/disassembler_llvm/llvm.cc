// Takes x86-64 machine code apart with LLVM's MC library, for --dump=asm.
#include <algorithm>
#include <cstring>
#include <memory>
#include <string>

#include "core/listing/disassembler.h"
#include "core/plugin/pyvm.h"
#include "llvm/MC/MCAsmInfo.h"
#include "llvm/MC/MCContext.h"
#include "llvm/MC/MCDisassembler/MCDisassembler.h"
#include "llvm/MC/MCInst.h"
#include "llvm/MC/MCInstPrinter.h"
#include "llvm/MC/MCInstrAnalysis.h"
#include "llvm/MC/MCInstrInfo.h"
#include "llvm/MC/MCRegisterInfo.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/MCTargetOptions.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/raw_ostream.h"

namespace pyvm::plugins {
namespace {

constexpr char kTriple[] = "x86_64-unknown-linux-gnu";
constexpr unsigned kIntelSyntax = 1;

// Made once, and never freed: LLVM's own tables live as long.
class Mc {
 public:
  Mc() {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86Disassembler();
    std::string error;
    const llvm::Target* target =
        llvm::TargetRegistry::lookupTarget(kTriple, error);
    registers_.reset(target->createMCRegInfo(kTriple));
    asm_info_.reset(target->createMCAsmInfo(*registers_, kTriple, {}));
    instrs_.reset(target->createMCInstrInfo());
    subtarget_.reset(target->createMCSubtargetInfo(kTriple, "", ""));
    analysis_.reset(target->createMCInstrAnalysis(instrs_.get()));
    context_ = std::make_unique<llvm::MCContext>(
        llvm::Triple(kTriple), asm_info_.get(), registers_.get(),
        subtarget_.get());
    disassembler_.reset(target->createMCDisassembler(*subtarget_, *context_));
    printer_.reset(target->createMCInstPrinter(llvm::Triple(kTriple),
                                               kIntelSyntax, *asm_info_,
                                               *instrs_, *registers_));
    printer_->setPrintImmHex(true);
  }

  bool Decode(const uint8_t* code, size_t size, uint64_t address,
              DecodedInstr* decoded) const {
    llvm::MCInst instr;
    uint64_t length = 0;
    if (disassembler_->getInstruction(instr, length, llvm::ArrayRef(code, size),
                                      address, llvm::nulls()) !=
        llvm::MCDisassembler::Success) {
      return false;
    }
    *decoded = {};
    decoded->length = static_cast<uint32_t>(length);
    uint64_t target = 0;
    if (analysis_->evaluateBranch(instr, address, length, target)) {
      decoded->target = target;
    } else {
      for (const llvm::MCOperand& operand : instr) {
        if (!operand.isImm()) continue;
        // Scales and small displacements are no addresses.
        auto value = static_cast<uint64_t>(operand.getImm());
        decoded->immediate = std::max(decoded->immediate, Positive(value));
      }
    }
    std::string text;
    llvm::raw_string_ostream stream(text);
    printer_->printInst(&instr, address, "", *subtarget_, stream);
    text.erase(0, text.find_first_not_of("\t "));
    size_t n = std::min(text.size(), sizeof(decoded->text) - 1);
    memcpy(decoded->text, text.data(), n);
    decoded->text[n] = '\0';
    return true;
  }

 private:
  static uint64_t Positive(uint64_t value) {
    return static_cast<int64_t>(value) < 0 ? 0 : value;
  }

  std::unique_ptr<llvm::MCRegisterInfo> registers_;
  std::unique_ptr<llvm::MCAsmInfo> asm_info_;
  std::unique_ptr<llvm::MCInstrInfo> instrs_;
  std::unique_ptr<llvm::MCSubtargetInfo> subtarget_;
  std::unique_ptr<llvm::MCInstrAnalysis> analysis_;
  std::unique_ptr<llvm::MCContext> context_;
  std::unique_ptr<llvm::MCDisassembler> disassembler_;
  std::unique_ptr<llvm::MCInstPrinter> printer_;
};

bool Decode(const uint8_t* code, size_t size, uint64_t address,
            DecodedInstr* decoded) {
  static const Mc* mc = new Mc;
  return mc->Decode(code, size, address, decoded);
}

constexpr Disassembler kDisassembler = {.decode = Decode};

constexpr pyvm_plugin kPlugin = {
    .abi_version = PYVM_ABI_VERSION,
    .size = sizeof(pyvm_plugin),
    .kind = PYVM_DISASSEMBLER,
    .num_params = 0,
    .name = "llvm",
    .help = "x86-64, by LLVM's MC library",
    .params = nullptr,
    .create = nullptr,
    .destroy = nullptr,
    .api = &kDisassembler,
};

}  // namespace
}  // namespace pyvm::plugins

extern "C" PYVM_EXPORT const pyvm_plugin* pyvm_plugin_main(const pyvm_host*) {
  return &pyvm::plugins::kPlugin;
}
