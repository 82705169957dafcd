#include "tiers/baseline/stubs.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "core/bytecode/decode.h"
#include "core/code/code_map.h"
#include "core/code/frame_layout.h"
#include "core/handlers/machine.h"
#include "core/host/resume.h"
#include "core/runtime/object.h"
#include "tiers/baseline/code.h"
#include "tiers/baseline/stub_compiler.h"

namespace pyvm::baseline {
namespace {

using handlers::kThisTier;
using handlers::table;

constexpr size_t kStubBytes = 8192;

// Where machine registers hold what instructions read: runs handlers,
// which take them from the frame, up to an instruction that can be entered.
const Instr* RunToEntry(PYVM_ARGS) {
  Unit* unit = handlers::UnitIn(pool);
  for (;;) {
    const Instr* next = table[pc->op](pc, regs, pool, act);
    if (next != nullptr) return next;
    auto i = static_cast<uint32_t>(pc - unit->instrs);
    i += InstrWords(*unit, i);
    pc = unit->instrs + i;
    if (unit->tier != &kThisTier) return pc;
    auto* code = static_cast<const Code*>(unit->tier_code);
    if ((code->offsets[i] & kInside) == 0) return pc;
  }
}

// Whether quickening has decided what the instruction is, if only that it calls
// too many functions.
bool IsSettled(const Instr* pc, PyObject** pool) {
  Op op = BaseOf(pc->op);
  if (!IsUnquickened(op)) return true;
  if (op != Op::kCALL && op != Op::kCALL_METHOD) return false;
  const InlineCache* cache = handlers::CacheIn(pool, pc->c);
  return cache->misses >= kMaxMisses && cache->keywords == 0;
}

const Instr* StepStale(PYVM_ARGS) {
  Unit* unit = handlers::UnitIn(pool);
  if (IsSettled(pc, pool) && unit->tier == &kThisTier && NoteStale(unit)) {
    return pc;  // in the new code
  }
  return table[pc->op](pc, regs, pool, act);
}

// What listings call the stubs.
std::vector<CodeLabel> LabelsOf(const Stubs& stubs, const uint8_t* exec) {
  auto* run =
      reinterpret_cast<const uint8_t*>(reinterpret_cast<uintptr_t>(stubs.run));
  const std::pair<const uint8_t*, const char*> names[] = {
      {run, "run"},
      {stubs.transfer, "transfer"},
      {stubs.step, "step"},
      {stubs.step_unquickened, "step_unquickened"},
      {stubs.step_otherwise, "step_otherwise"},
      {stubs.wide_value, "wide_value"},
      {stubs.drop, "drop"},
      {stubs.store_int, "store_int"},
      {stubs.store_float, "store_float"},
      {stubs.push_frame, "push_frame"},
      {stubs.fill_defaults, "fill_defaults"},
      {stubs.raise, "raise"},
      {stubs.enter_callee, "enter_callee"},
      {stubs.leave_frame, "leave_frame"},
      {stubs.leave_activation, "leave_activation"},
      {stubs.finish_init, "finish_init"},
      {stubs.finish_operator, "finish_operator"},
      {stubs.resume_with_none, "resume_with_none"},
      {stubs.resume_with_value, "resume_with_value"},
      {stubs.yield, "yield"},
  };
  static_assert(std::size(names) * sizeof(void*) == sizeof(Stubs),
                "each stub has a name");
  std::vector<CodeLabel> labels;
  for (const auto& [address, name] : names) {
    labels.push_back({static_cast<uint32_t>(address - exec), name});
  }
  std::sort(labels.begin(), labels.end(),
            [](const CodeLabel& a, const CodeLabel& b) {
              return a.offset < b.offset;
            });
  return labels;
}

CodeZone zone;
uint8_t* epoch = nullptr;

const FrameLayout& Layout() {
  static const FrameLayout layout = {.rbp_frame = false,
                                     .cfa_from_rsp = 56 + kLocalBytes,
                                     .saved = {{DwarfRegister::kRbp, -16},
                                               {DwarfRegister::kRbx, -24},
                                               {DwarfRegister::kR12, -32},
                                               {DwarfRegister::kR13, -40},
                                               {DwarfRegister::kR14, -48},
                                               {DwarfRegister::kR15, -56}},
                                     .prologue_bytes = 0};
  return layout;
}

}  // namespace

void StubCompiler::Run(Stubs* stubs) {
  stubs->run = reinterpret_cast<void (*)(Activation*, const uint8_t***)>(
      reinterpret_cast<uintptr_t>(here()));
  Label inside;
  static_assert(kInside == uint32_t{1} << 31);
  push(rbp);
  push(rbx);
  push(r12);
  push(r13);
  push(r14);
  push(r15);
  sub(rsp, kLocalBytes);
  mov(r15, rdi);
  mov(ptr[rsi], rsp);
  L(resume_);
  mov(rax, ptr[ACT(pc)]);
  test(rax, rax);
  jz(leave_);
  mov(r13, ptr[ACT(regs)]);
  mov(r14, ptr[ACT(pool)]);
  L(go_in_unit_);
  mov(rcx, ptr[r14]);
  // rax: an instruction; rcx: its unit, which r13 and r14 belong to.
  L(go_);
  mov(rdx, reinterpret_cast<uintptr_t>(&kThisTier));
  cmp(ptr[UNIT(rcx, tier)], rdx);
  jne(other_tier_);
  mov(r12, ptr[UNIT(rcx, instrs)]);
  mov(rdx, ptr[UNIT(rcx, tier_code)]);
  mov(rdi, rax);
  sub(rax, r12);
  shr(rax, 1);
  mov(rcx, ptr[rdx + offsetof(Code, offsets)]);
  mov(eax, dword[rcx + rax]);
  test(eax, eax);
  js(inside);
  add(rax, ptr[rdx + offsetof(Code, exec)]);
  jmp(rax);
  L(inside);
  HandlerArguments();
  CallC(RunToEntry);
  jmp(transfer_, T_NEAR);
  L(other_tier_);
  mov(ptr[ACT(pc)], rax);
  mov(ptr[ACT(regs)], r13);
  mov(ptr[ACT(pool)], r14);
  L(leave_);
  add(rsp, kLocalBytes);
  pop(r15);
  pop(r14);
  pop(r13);
  pop(r12);
  pop(rbx);
  pop(rbp);
  ret();

  align(16);
  stubs->raise = here();
  HandlerArguments();
  CallC(handlers::HandleError);
  align(16);
  stubs->transfer = here();
  L(transfer_);
  cmp(rax, 1);
  je(resume_);
  jmp(go_in_unit_);
}

void StubCompiler::Step(Stubs* stubs) {
  align(16);
  stubs->step = here();
  movzx(eax, word[rdi]);
  HandlerArguments();
  mov(r8, reinterpret_cast<uintptr_t>(&table));
  jmp(ptr[r8 + rax * 8]);
}

void StubCompiler::StepUnquickened(Stubs* stubs) {
  align(16);
  stubs->step_unquickened = here();
  L(step_stale_);
  HandlerArguments();
  mov(rax, reinterpret_cast<uintptr_t>(&StepStale));
  jmp(rax);
}

void StubCompiler::StepOtherwise(Stubs* stubs) {
  align(16);
  stubs->step_otherwise = here();
  movzx(eax, word[rdi]);
  cmp(eax, r8d);
  jne(step_stale_, T_NEAR);
  HandlerArguments();
  mov(r8, reinterpret_cast<uintptr_t>(&table));
  jmp(ptr[r8 + rax * 8]);
}

CodeZone TheZone() { return zone; }

void ForgetNotedAddresses() {
  // A running generator has two bytes for it.
  uint32_t words[2];
  std::memcpy(words, epoch, sizeof words);
  if (words[0] != 0xffff && ++words[0] != 0xffff) words[1] = words[0];
  std::memcpy(epoch, words, sizeof words);
}

const Stubs* TheStubs(const char** refused) {
  static std::optional<Stubs> stubs;
  if (stubs) return &*stubs;
  if (!IsLow(&PyLong_Type) || !IsLow(&return_epoch)) {
    *refused = "the executable does not lie low in memory";
    return nullptr;
  }
  absl::StatusOr<CodeZone> made =
      TheCodeMemory().AddZone("baseline", &Layout());
  if (!made.ok()) {
    *refused = CodeRefusal(made.status());
    return nullptr;
  }
  zone = *made;
  absl::StatusOr<CodeBlock> block = TheCodeMemory().Allocate(kStubBytes, zone);
  if (!block.ok()) {
    *refused = CodeRefusal(block.status());
    return nullptr;
  }
  StubCompiler compiler(block->write, block->exec, block->size);
  stubs = compiler.Compile();
  if (!compiler.good()) Py_FatalError("pyvm: baseline stubs do not assemble");
  epoch = compiler.epoch();
  TheCodeMemory().Shrink(block->exec, compiler.offset());
  TheCodeMap().Add(block->exec, {.function = "pyvm baseline stubs",
                                 .labels = LabelsOf(*stubs, block->exec),
                                 .inner_frames = compiler.inner_frames()});
  return &*stubs;
}

}  // namespace pyvm::baseline
