// The compiler of the stubs. Its methods stand in stubs.cc (the way in and out,
// and handlers), stubs_numbers.cc, stubs_frames.cc and stubs_generators.cc.
#ifndef PYVM_TIERS_BASELINE_STUB_COMPILER_H_
#define PYVM_TIERS_BASELINE_STUB_COMPILER_H_

#include <iterator>
#include <vector>

#include "core/code/code_map.h"
#include "core/handlers/machine.h"
#include "core/runtime/object.h"
#include "tiers/baseline/assembler.h"
#include "tiers/baseline/stubs.h"

namespace pyvm::baseline {

using Xbyak::Label;

// Bytes of the stack that machine code has to itself; rsp is aligned then.
constexpr int kLocalBytes = 8 + Stubs::kVectorWords * 8;

class StubCompiler : public Assembler {
 public:
  using Assembler::Assembler;

  // Where the epoch can be written.
  uint8_t* epoch() const { return epoch_write_; }

  Stubs Compile() {
    Stubs stubs;
    Run(&stubs);
    Step(&stubs);
    StepUnquickened(&stubs);
    StepOtherwise(&stubs);
    WideValue(&stubs);
    Drop(&stubs);
    StoreInt(&stubs);
    StoreFloat(&stubs);
    PushFrame(&stubs);
    FillDefaults(&stubs);
    EnterCallee(&stubs);
    LeaveFrame(&stubs);
    Epoch();
    stubs.resume_with_none = Resume(false);
    stubs.resume_with_value = Resume(true);
    Yield(&stubs);
    return stubs;
  }

  // Where C functions are called by what units have called.
  const std::vector<InnerFrame>& inner_frames() const { return inner_frames_; }

 private:
  // Saves what C functions may clobber and stubs preserve; rsp is aligned for a
  // call in a stub that was called.
  static constexpr int kSavedXmm[] = {
      0, 1, kFirstSlot, kFirstSlot + 1, kFirstSlot + 2, kFirstSlot + 3};
  static constexpr int kXmmBytes = 8 * (std::size(kSavedXmm) + 1);
  void SaveVolatile() {
    push(rcx);
    push(rdx);
    push(rsi);
    push(r10);
    sub(rsp, kXmmBytes);
    for (int i = 0; int xmm : kSavedXmm) {
      movsd(ptr[rsp + 8 * i++], Xbyak::Xmm(xmm));
    }
    inner_frames_.push_back({offset(), kSaved + 8});
  }
  void RestoreVolatile() {
    for (int i = 0; int xmm : kSavedXmm) {
      movsd(Xbyak::Xmm(xmm), ptr[rsp + 8 * i++]);
    }
    add(rsp, kXmmBytes);
    pop(r10);
    pop(rsi);
    pop(rdx);
    pop(rcx);
    inner_frames_.push_back({offset(), 0});
  }
  static constexpr int kSaved = kXmmBytes + 4 * 8;

  // --- The way in and out, and handlers -------------------------------------

  void Run(Stubs* stubs);
  void Step(Stubs* stubs);
  void StepUnquickened(Stubs* stubs);
  void StepOtherwise(Stubs* stubs);

  // --- Numbers: storing, releasing ------------------------------------------

  void WideValue(Stubs* stubs);
  // Puts the float or the int of at most two digits in rdi onto its free list;
  // else goes to `otherwise`.
  void ToFreeList(Label& otherwise);
  void Drop(Stubs* stubs);
  // r8: a new object of the type from the free list that begins at `head`,
  // which is linked through types; goes to `none` if the list is empty.
  // Clobbers rax.
  void FromFreeList(const Xbyak::RegExp& head, const PyTypeObject* type,
                    Label& none);
  // Ends a stub that stores: the new object in r8 goes into the register at
  // rsi.
  void PutNew();
  void PutDigits(const Xbyak::Reg64& object);
  void StoreInt(Stubs* stubs);
  void StoreFloat(Stubs* stubs);
  // Ends such a stub by a C function, which takes rdx or xmm0 last. If that
  // fails the instruction raises.
  template <typename F>
  void StoreBy(F* function) {
    Label failed;
    SaveVolatile();
    mov(r8, rdx);
    mov(rdi, rsi);
    mov(rsi, ptr[rsp + kSaved]);
    mov(rdx, r15);
    mov(ecx, r10d);
    CallC(function);
    RestoreVolatile();
    test(eax, eax);
    js(failed);
    ret();
    L(failed);
    add(rsp, 8);
    mov(r10d, r10d);
    lea(rdi, ptr[r12 + r10 * sizeof(Instr)]);
    HandlerArguments();
    CallC(handlers::HandleError);
    jmp(transfer_, T_NEAR);
  }

  // --- Frames ---------------------------------------------------------------

  void PushFrame(Stubs* stubs);
  void FillDefaults(Stubs* stubs);
  void EnterCallee(Stubs* stubs);
  // Releases what the register, which is not rax or rdi, refers to.
  void DropIn(const Xbyak::Reg64& reg);
  void LeaveFrame(Stubs* stubs);
  // A stub that leaves what is in rbx to a handler.
  template <typename F>
  void Finish(const uint8_t** stub, F* handler) {
    *stub = here();
    mov(ptr[ACT(result)], rbx);
    HandlerArguments();
    CallC(handler);
    jmp(transfer_, T_NEAR);
  }

  // --- Generators -----------------------------------------------------------

  // Addresses in code that generators note hold as long as the epoch that they
  // note beside them: match_ is compared, note_ is what is noted. When no
  // numbers are left they differ.
  void Epoch();
  // The generator or coroutine with the registers r9 becomes the present frame
  // and gets rcx; see `resume_with_none`. r10 is the thread state.
  void Switch();
  // The resumer stays behind: its part of the same. Clobbers rcx.
  void LeaveResumer(Label& fail);
  // As PYVM_RESUME_GENERATOR in core's handlers, for generators that handlers
  // or machine code have left.
  const uint8_t* Resume(bool with_value);
  // As LeaveSuspended in core's handlers.
  void Yield(Stubs* stubs);

  const uint32_t most_digits_ = int_free_list.digits;

  Label drop_last_, match_, note_;
  uint8_t* epoch_write_ = nullptr;
  std::vector<InnerFrame> inner_frames_;
  Label resume_, go_in_unit_, go_, go_unless_traced_, other_tier_, leave_,
      transfer_, drop_, hand_over_, step_stale_, finish_operator_;
};

}  // namespace pyvm::baseline

#endif  // PYVM_TIERS_BASELINE_STUB_COMPILER_H_
