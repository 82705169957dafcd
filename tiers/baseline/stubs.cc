#include "tiers/baseline/stubs.h"

#include <cstddef>
#include <cstring>
#include <optional>

#include "core/code/code_map.h"
#include "core/code/frame_layout.h"
#include "core/handlers/machine.h"
#include "core/host/resume.h"
#include "core/runtime/object.h"
#include "tiers/baseline/assembler.h"
#include "tiers/baseline/code.h"

namespace pyvm::baseline {
namespace {

using handlers::kThisTier;
using handlers::table;

constexpr size_t kStubBytes = 8192;

// --- What stubs call ---------------------------------------------------------

// The object's last reference is gone; instruction number `index` of the unit
// has released it, and its code goes on at `address`. If a finalizer has
// switched tracing on, and that was the last that the instruction had to do,
// the next one is returned.
const Instr* DropFor(PyObject* o, const void* address, PyObject** regs,
                     PyObject** pool, Activation* act, uint32_t index) {
  const Unit* unit = handlers::UnitIn(pool);
  handlers::DropLast(o, unit->instrs + index, regs, pool);
  if (!act->cframe.use_tracing) [[likely]]
    return nullptr;
  return InstrThatBeginsAt(unit, address);
}
// The same for an instruction that is known by `address` alone.
const Instr* DropAt(PyObject* o, const void* address, PyObject** regs,
                    PyObject** pool, Activation* act) {
  if (IsInt(o)) {
    FreeInt(o);
    return nullptr;
  }
  const Unit* unit = handlers::UnitIn(pool);
  auto index = static_cast<uint32_t>(InstrAt(unit, address) - unit->instrs);
  return DropFor(o, address, regs, pool, act, index);
}

// Stores a new object, or null, for the instruction that goes on at `address`.
// 0, or -1 with MemoryError.
int StoreNew(PyObject* made, PyObject** reg, const void* address,
             Activation* act) {
  if (made == nullptr) return -1;
  PyObject* old = *reg;
  *reg = made;
  if (old != nullptr && --old->ob_refcnt == 0) {
    const Frame* frame = act->cframe.current_frame;
    DropAt(old, address, act->cframe.current_frame->localsplus,
           UnitOf(frame)->pool, act);
  }
  return 0;
}
int StoreNewInt(PyObject** reg, const void* address, Activation* act,
                int64_t value) {
  return StoreNew(NewInt(value), reg, address, act);
}
int StoreNewFloat(PyObject** reg, const void* address, Activation* act,
                  double value) {
  return StoreNew(NewFloat(act->interp, value), reg, address, act);
}

// An exception is set by the instruction whose code `address` lies in.
const Instr* ErrorAt(const void* address, PyObject** regs, PyObject** pool,
                     Activation* act) {
  const Instr* pc = InstrAt(handlers::UnitIn(pool), address);
  return handlers::HandleError(pc, regs, pool, act);
}

const Instr* StepUnquickened(PYVM_ARGS) {
  Unit* unit = handlers::UnitIn(pool);
  if (!IsUnquickened(BaseOf(pc->op)) && unit->tier == &kThisTier &&
      NoteStale(unit)) {
    return pc;  // in the new code
  }
  return table[pc->op](pc, regs, pool, act);
}

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
    WideValue(&stubs);
    Drop(&stubs);
    StoreInt(&stubs);
    StoreFloat(&stubs);
    EnterCallee(&stubs);
    LeaveFrame(&stubs);
    Epoch();
    stubs.resume_with_none = Resume(false);
    stubs.resume_with_value = Resume(true);
    Yield(&stubs);
    return stubs;
  }

 private:
  // Saves what C functions may clobber and stubs preserve; rsp is aligned for a
  // call in a stub that was called.
  void SaveVolatile() {
    push(rcx);
    push(rdx);
    push(rsi);
    sub(rsp, 16);
    movsd(ptr[rsp], xmm0);
  }
  void RestoreVolatile() {
    movsd(xmm0, ptr[rsp]);
    add(rsp, 16);
    pop(rsi);
    pop(rdx);
    pop(rcx);
  }
  static constexpr int kSaved = 40;

  void Run(Stubs* stubs) {
    stubs->run = reinterpret_cast<void (*)(Activation*, const uint8_t***)>(
        reinterpret_cast<uintptr_t>(here()));
    push(rbp);
    push(rbx);
    push(r12);
    push(r13);
    push(r14);
    push(r15);
    sub(rsp, 8);
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
    sub(rax, r12);
    shr(rax, 1);
    mov(rcx, ptr[rdx + offsetof(Code, offsets)]);
    mov(eax, dword[rcx + rax]);
    add(rax, ptr[rdx + offsetof(Code, exec)]);
    jmp(rax);
    L(other_tier_);
    mov(ptr[ACT(pc)], rax);
    mov(ptr[ACT(regs)], r13);
    mov(ptr[ACT(pool)], r14);
    L(leave_);
    add(rsp, 8);
    pop(r15);
    pop(r14);
    pop(r13);
    pop(r12);
    pop(rbx);
    pop(rbp);
    ret();

    align(16);
    stubs->transfer = here();
    L(transfer_);
    cmp(rax, 1);
    je(resume_);
    jmp(go_in_unit_);
  }

  void Step(Stubs* stubs) {
    align(16);
    stubs->step = here();
    movzx(eax, word[rdi]);
    HandlerArguments();
    mov(r8, reinterpret_cast<uintptr_t>(&table));
    jmp(ptr[r8 + rax * 8]);
  }

  void StepUnquickened(Stubs* stubs) {
    align(16);
    stubs->step_unquickened = here();
    HandlerArguments();
    mov(rax, reinterpret_cast<uintptr_t>(&baseline::StepUnquickened));
    jmp(rax);
  }

  void WideValue(Stubs* stubs) {
    align(16);
    stubs->wide_value = here();
    Xbyak::Label done;
    mov(r9, ptr[rdi + kSize]);
    mov(r8, r9);
    neg(r8);
    cmovs(r8, r9);
    cmp(r8, 2);
    jne(done);
    mov(eax, dword[rdi + kDigit]);
    mov(r8d, dword[rdi + kDigit + sizeof(digit)]);
    shl(r8, PyLong_SHIFT);
    or_(rax, r8);
    sar(r9, 63);
    xor_(rax, r9);
    sub(rax, r9);
    cmp(eax, eax);
    L(done);
    ret();
  }

  // Puts the one-digit int or the float in rdi onto its free list; else goes to
  // `otherwise`.
  void ToFreeList(Xbyak::Label& otherwise) {
    Xbyak::Label not_int;
    cmp(qword[rdi + kType], Low(&PyLong_Type));
    jne(not_int);
    mov(rax, ptr[rdi + kSize]);
    inc(rax);
    cmp(rax, 2);
    ja(otherwise, T_NEAR);
    mov(r8, reinterpret_cast<uintptr_t>(&int_free_list));
    cmp(dword[r8 + offsetof(IntFreeList, room)], 0);
    jle(otherwise, T_NEAR);
    dec(dword[r8 + offsetof(IntFreeList, room)]);
    mov(rax, ptr[r8 + offsetof(IntFreeList, head)]);
    mov(ptr[rdi + kType], rax);
    mov(ptr[r8 + offsetof(IntFreeList, head)], rdi);
    ret();
    L(not_int);
    cmp(qword[rdi + kType], Low(&PyFloat_Type));
    jne(otherwise, T_NEAR);
    mov(r8, ptr[ACT(interp)]);
    add(r8, static_cast<uint32_t>(offsetof(PyInterpreterState, float_state)));
    cmp(dword[r8 + offsetof(_Py_float_state, numfree)], PyFloat_MAXFREELIST);
    jge(otherwise, T_NEAR);
    inc(dword[r8 + offsetof(_Py_float_state, numfree)]);
    mov(rax, ptr[r8 + offsetof(_Py_float_state, free_list)]);
    mov(ptr[rdi + kType], rax);
    mov(ptr[r8 + offsetof(_Py_float_state, free_list)], rdi);
    ret();
  }

  template <typename F>
  void DropBy(F* function) {
    Xbyak::Label other, tracing;
    ToFreeList(other);
    L(other);
    SaveVolatile();
    mov(rsi, ptr[rsp + kSaved]);
    mov(rdx, r13);
    mov(rcx, r14);
    mov(r8, r15);
    mov(r9d, r10d);
    CallC(function);
    RestoreVolatile();
    test(rax, rax);
    jnz(tracing);
    ret();
    L(tracing);
    add(rsp, 8);
    mov(rdi, rax);
    jmp(hand_over_, T_NEAR);
  }

  void Drop(Stubs* stubs) {
    align(16);
    stubs->drop = here();
    DropBy(DropFor);
    align(16);
    L(drop_);
    DropBy(DropAt);
    L(hand_over_);
    HandlerArguments();
    CallC(handlers::HandOver);
    jmp(transfer_, T_NEAR);
  }

  // A C function that stores has failed: the instruction that called the stub
  // raises.
  void Raise() {
    pop(rdi);
    HandlerArguments();
    CallC(ErrorAt);
    jmp(transfer_, T_NEAR);
  }

  // Ends a stub that stores: the new object in r8 goes into the register at
  // rsi.
  void PutNew() {
    Xbyak::Label done;
    mov(rdi, ptr[rsi]);
    mov(ptr[rsi], r8);
    test(rdi, rdi);
    jz(done);
    dec(qword[rdi]);
    jz(drop_, T_NEAR);
    L(done);
    ret();
  }
  // Ends it by a C function, which takes rdx or xmm0 last.
  template <typename F>
  void StoreBy(F* function) {
    SaveVolatile();
    mov(rcx, rdx);
    mov(rdi, rsi);
    mov(rsi, ptr[rsp + kSaved]);
    mov(rdx, r15);
    CallC(function);
    RestoreVolatile();
    test(eax, eax);
    js(raise_, T_NEAR);
    ret();
  }

  void StoreInt(Stubs* stubs) {
    align(16);
    stubs->store_int = here();
    Xbyak::Label small, make, put, slow;
    // |value| in r9; small ints are shared.
    lea(r8, ptr[rdx + _PY_NSMALLNEGINTS]);
    cmp(r8, _PY_NSMALLNEGINTS + _PY_NSMALLPOSINTS);
    jb(small);
    mov(r9, rdx);
    neg(r9);
    cmovs(r9, rdx);
    cmp(r9, PyLong_MASK);
    ja(slow, T_NEAR);
    mov(r10, rdx);
    sar(r10, 63);
    or_(r10, 1);
    // The dying value of the register is overwritten.
    mov(rax, ptr[rsi]);
    test(rax, rax);
    jz(make);
    cmp(qword[rax], 1);
    jne(make);
    cmp(qword[rax + kType], Low(&PyLong_Type));
    jne(make);
    mov(r11, ptr[rax + kSize]);
    inc(r11);
    cmp(r11, 2);
    ja(make);
    mov(ptr[rax + kSize], r10);
    mov(dword[rax + kDigit], r9d);
    ret();
    L(small);
    shl(r8, 5);
    static_assert(sizeof(PyLongObject) == 1 << 5);
    mov(r9, reinterpret_cast<uintptr_t>(&_Py_SINGLETON(small_ints)[0]));
    add(r8, r9);
    inc(qword[r8]);
    jmp(put);
    L(make);
    mov(r11, reinterpret_cast<uintptr_t>(&int_free_list));
    mov(r8, ptr[r11 + offsetof(IntFreeList, head)]);
    test(r8, r8);
    jz(slow, T_NEAR);
    mov(rax, ptr[r8 + kType]);
    mov(ptr[r11 + offsetof(IntFreeList, head)], rax);
    inc(dword[r11 + offsetof(IntFreeList, room)]);
    mov(qword[r8], 1);
    mov(qword[r8 + kType], Low(&PyLong_Type));
    mov(ptr[r8 + kSize], r10);
    mov(dword[r8 + kDigit], r9d);
    L(put);
    PutNew();
    L(slow);
    StoreBy(StoreNewInt);
    L(raise_);
    Raise();
  }

  void StoreFloat(Stubs* stubs) {
    align(16);
    stubs->store_float = here();
    Xbyak::Label make, slow;
    mov(rax, ptr[rsi]);
    test(rax, rax);
    jz(make);
    cmp(qword[rax], 1);
    jne(make);
    cmp(qword[rax + kType], Low(&PyFloat_Type));
    jne(make);
    movsd(ptr[rax + kDouble], xmm0);
    ret();
    L(make);
    mov(r11, ptr[ACT(interp)]);
    add(r11, static_cast<uint32_t>(offsetof(PyInterpreterState, float_state)));
    mov(r8, ptr[r11 + offsetof(_Py_float_state, free_list)]);
    test(r8, r8);
    jz(slow);
    mov(rax, ptr[r8 + kType]);
    mov(ptr[r11 + offsetof(_Py_float_state, free_list)], rax);
    dec(dword[r11 + offsetof(_Py_float_state, numfree)]);
    mov(qword[r8], 1);
    mov(qword[r8 + kType], Low(&PyFloat_Type));
    movsd(ptr[r8 + kDouble], xmm0);
    PutNew();
    L(slow);
    StoreBy(StoreNewFloat);
  }

  void EnterCallee(Stubs* stubs) {
    align(16);
    stubs->enter_callee = here();
    Xbyak::Label other_tier, from_start;
    mov(r13, rax);
    mov(r14, ptr[UNIT(rsi, pool)]);
    mov(rdx, reinterpret_cast<uintptr_t>(&kThisTier));
    cmp(ptr[UNIT(rsi, tier)], rdx);
    jne(other_tier);
    mov(r12, ptr[UNIT(rsi, instrs)]);
    mov(rdx, ptr[UNIT(rsi, tier_code)]);
    cmp(byte[UNIT(rsi, starts_with_resume)], 0);
    je(from_start);
    cmp(dword[UNIT(rsi, entry_budget)], 1);
    jle(from_start);
    TestBreaker();
    jnz(from_start);
    dec(dword[UNIT(rsi, entry_budget)]);
    jmp(ptr[rdx + offsetof(Code, resumed)]);
    L(from_start);
    jmp(ptr[rdx + offsetof(Code, start)]);
    L(other_tier);
    mov(rcx, rsi);
    mov(rax, ptr[UNIT(rsi, instrs)]);
    jmp(go_, T_NEAR);
  }

  void DropIn(const Xbyak::Reg64& reg) {
    Xbyak::Label alive;
    dec(qword[reg]);
    jnz(alive);
    mov(rdi, reg);
    // As _Py_Dealloc; the frame is no longer to be seen.
    CallC(_Py_Dealloc);
    L(alive);
  }

  void LeaveFrame(Stubs* stubs) {
    align(16);
    stubs->leave_frame = here();
    Xbyak::Label slow_pop, popped, stored, tracing, special, from_operator;
    mov(rcx, ptr[ACT(tstate)]);
    inc(dword[rcx + offsetof(PyThreadState, recursion_remaining)]);
    mov(rbp, ptr[FRAME(r13, f_func)]);
    DropIn(rbp);
    mov(rbp, ptr[FRAME(r13, f_code)]);
    DropIn(rbp);
    // The room is free once nothing of the frame is needed.
    mov(rbp, ptr[FRAME(r13, previous)]);
    mov(r12, ptr[LINK(r13, call)]);
    mov(rdx, ptr[LINK(r13, next)]);
    mov(r14, ptr[LINK(r13, unit_flags)]);
    lea(rsi, ptr[r13 - kLink]);
    mov(rdi, ptr[ACT(tstate)]);
    mov(rax, ptr[rdi + offsetof(PyThreadState, datastack_chunk)]);
    add(rax, static_cast<uint32_t>(offsetof(_PyStackChunk, data)));
    cmp(rax, rsi);
    je(slow_pop, T_NEAR);
    mov(ptr[rdi + offsetof(PyThreadState, datastack_top)], rsi);
    L(popped);
    lea(r13, ptr[rbp + kRegs]);
    mov(r8, r14);
    mov(rcx, r14);
    and_(rcx, ~7);
    test(r8d, 7);
    mov(r14, ptr[UNIT(rcx, pool)]);
    jnz(special, T_NEAR);
    movzx(eax, word[r12 + offsetof(Instr, a)]);
    mov(rdi, ptr[r13 + rax * 8]);
    mov(ptr[r13 + rax * 8], rbx);
    mov(rax, rdx);
    test(rdi, rdi);
    jnz(stored, T_NEAR);
    L(tracing);
    cmp(byte[r15 + kUseTracing], 0);
    je(go_, T_NEAR);
    mov(rdi, rax);
    jmp(hand_over_, T_NEAR);
    L(stored);
    dec(qword[rdi]);
    jnz(tracing);
    mov(rbx, rcx);
    mov(rbp, rax);
    mov(rsi, r12);
    mov(rdx, r13);
    mov(rcx, r14);
    CallC(handlers::DropLast);
    mov(rcx, rbx);
    mov(rax, rbp);
    jmp(tracing);
    L(special);
    mov(ptr[ACT(result)], rbx);
    mov(rdi, r12);
    HandlerArguments();
    test(r8d, static_cast<uint32_t>(kReturnSelf));
    jz(from_operator);
    CallC(handlers::ReturnFromInit);
    jmp(transfer_, T_NEAR);
    L(from_operator);
    CallC(handlers::ReturnFromOperator);
    jmp(transfer_, T_NEAR);
    L(slow_pop);
    push(rdx);
    push(rdx);
    CallC(PopDataStackSlow);
    pop(rdx);
    pop(rdx);
    jmp(popped);
  }

  // Addresses in code that generators note hold as long as the epoch that they
  // note beside them: match_ is compared, note_ is what is noted. When no
  // numbers are left they differ.
  void Epoch() {
    align(8);
    epoch_write_ = const_cast<uint8_t*>(getCurr());
    L(match_);
    dd(1);
    L(note_);
    dd(1);
  }

  // The generator or coroutine with the registers r9 becomes the present frame
  // and gets rcx; see `resume_with_none`. r10 is the thread state.
  void Switch() {
    lea(rcx, ptr[r13 - kRegs]);
    mov(ptr[FRAME(r9, previous)], rcx);
    mov(byte[FRAME(r9, is_entry)], 0);
    mov(dword[FRAME(r9, stacktop)], -1);
    lea(rcx, ptr[r9 - kRegs]);
    mov(ptr[r15 + kCurrentFrame], rcx);
    mov(rcx, ptr[r10 + offsetof(PyThreadState, exc_info)]);
    mov(ptr[GEN(r9, gi_exc_state.previous_item)], rcx);
    lea(rcx, ptr[GEN(r9, gi_exc_state)]);
    mov(ptr[r10 + offsetof(PyThreadState, exc_info)], rcx);
    mov(byte[GEN(r9, gi_frame_state)], FRAME_EXECUTING);
    mov(dword[r9 - kGenRegs + kResumerNote], esi);
    mov(ecx, ptr[rip + note_]);
    mov(word[r9 - kRegs + kResumeHint], cx);
  }
  // The resumer stays behind: its part of the same. Clobbers rcx.
  void LeaveResumer(Xbyak::Label& fail) {
    mov(r10, ptr[ACT(tstate)]);
    cmp(dword[r10 + offsetof(PyThreadState, recursion_remaining)], 0);
    jle(fail, T_NEAR);
    dec(dword[r10 + offsetof(PyThreadState, recursion_remaining)]);
    mov(ptr[FRAME(r13, prev_instr)], rcx);
    mov(dword[FRAME(r13, stacktop)], edi);
  }

  // As PYVM_RESUME_GENERATOR in core's handlers, for generators that handlers
  // or machine code have left.
  const uint8_t* Resume(bool with_value) {
    align(16);
    const uint8_t* begin = here();
    Xbyak::Label fail, by_table;
    lea(r9, ptr[rbx + kGenRegs]);
    cmp(byte[GEN(r9, gi_frame_state)],
        static_cast<uint32_t>(FRAME_SUSPENDED) & 0xff);
    jne(by_table, T_NEAR);
    // Debuggers move frames that have an object.
    cmp(qword[FRAME(r9, frame_obj)], 0);
    jne(by_table, T_NEAR);
    // What `yield` has noted.
    mov(rbp, ptr[GEN(r9, gi_exc_state.previous_item)]);
    mov(rax, rbp);
    shr(rax, 32);
    cmp(eax, ptr[rip + match_]);
    jne(by_table, T_NEAR);
    LeaveResumer(fail);
    if (with_value) {
      mov(rax, ptr[r8]);
      mov(qword[r8], 0);
    }
    Switch();
    mov(r13, r9);
    with_value ? mov(rcx, rax) : xor_(ecx, ecx);
    mov(ebp, ebp);
    jmp(rbp);

    L(by_table);
    cmp(byte[GEN(r9, gi_frame_state)], FRAME_EXECUTING);
    jge(fail, T_NEAR);
    // Its unit.
    mov(r11, ptr[FRAME(r9, f_code)]);
    mov(r11, ptr[r11 + offsetof(PyCodeObject, co_extra)]);
    test(r11, r11);
    jz(fail, T_NEAR);
    mov(r11, ptr[r11 + offsetof(CodeExtra, extras)]);
    test(r11, r11);
    jz(fail, T_NEAR);
    mov(r10, reinterpret_cast<uintptr_t>(&kThisTier));
    cmp(ptr[UNIT(r11, tier)], r10);
    jne(fail, T_NEAR);
    // Where it goes on; as ResumePoint.
    movzx(ebp, word[r9 - kRegs + kResumeHint]);
    lea(eax, ptr[rbp - 1]);
    cmp(eax, dword[UNIT(r11, num_instrs)]);
    jae(fail, T_NEAR);
    mov(r10, ptr[UNIT(r11, positions16)]);
    test(r10, r10);
    jz(fail, T_NEAR);
    movzx(eax, word[r10 + rax * 2]);
    mov(r10, ptr[UNIT(r11, first_code_unit)]);
    lea(rax, ptr[r10 + rax * sizeof(_Py_CODEUNIT)]);
    cmp(rax, ptr[FRAME(r9, prev_instr)]);
    jne(fail, T_NEAR);
    LeaveResumer(fail);
    if (with_value) {
      mov(rcx, ptr[r8]);
      mov(qword[r8], 0);
    } else {
      mov(ecx, Low(&_Py_NoneStruct));
      inc(qword[rcx]);
    }
    movsxd(rax, dword[FRAME(r9, stacktop)]);
    mov(ptr[r9 + rax * 8], rcx);
    Switch();
    mov(r13, r9);
    mov(r14, ptr[UNIT(r11, pool)]);
    mov(r12, ptr[UNIT(r11, instrs)]);
    mov(rdx, ptr[UNIT(r11, tier_code)]);
    mov(rcx, ptr[rdx + offsetof(Code, offsets)]);
    mov(eax, dword[rcx + rbp * 4]);
    add(rax, ptr[rdx + offsetof(Code, exec)]);
    jmp(rax);
    L(fail);
    jmp(rdx);
    return begin;
  }

  // As LeaveSuspended in core's handlers.
  void Yield(Stubs* stubs) {
    align(16);
    stubs->yield = here();
    Xbyak::Label by_table, sent, stored, drop, called_from_c, other;
    mov(byte[GEN(r13, gi_frame_state)],
        static_cast<uint32_t>(FRAME_SUSPENDED) & 0xff);
    mov(r10, ptr[ACT(tstate)]);
    inc(dword[r10 + offsetof(PyThreadState, recursion_remaining)]);
    movzx(r11d, word[r13 - kRegs + kResumeHint]);  // the resumer's epoch
    mov(word[r13 - kRegs + kResumeHint], si);
    cmp(byte[FRAME(r13, is_entry)], 0);
    jne(called_from_c, T_NEAR);
    mov(rax, ptr[GEN(r13, gi_exc_state.previous_item)]);
    mov(ptr[r10 + offsetof(PyThreadState, exc_info)], rax);
    // Nobody reads this field of a suspended generator.
    mov(eax, ptr[rip + note_]);
    shl(rax, 32);
    or_(rax, rdi);
    mov(ptr[GEN(r13, gi_exc_state.previous_item)], rax);
    mov(rdx, ptr[FRAME(r13, previous)]);
    mov(qword[FRAME(r13, previous)], 0);
    mov(ptr[r15 + kCurrentFrame], rdx);
    mov(eax, ptr[r13 - kGenRegs + kResumerNote]);
    lea(r13, ptr[rdx + kRegs]);
    cmp(r11d, ptr[rip + match_]);
    jne(by_table);
    test(eax, eax);
    jz(by_table);
    mov(dword[FRAME(r13, stacktop)], -1);
    jmp(rax);
    L(by_table);
    // What runs has a unit.
    mov(rcx, ptr[FRAME(r13, f_code)]);
    mov(rcx, ptr[rcx + offsetof(PyCodeObject, co_extra)]);
    mov(rcx, ptr[rcx + offsetof(CodeExtra, extras)]);
    movsxd(rdx, dword[FRAME(r13, stacktop)]);
    mov(dword[FRAME(r13, stacktop)], -1);
    static_assert(DecodeResumer(-2) == 0 && DecodeResumer(-3) == 1);
    not_(rdx);
    mov(r12, ptr[UNIT(rcx, instrs)]);
    mov(r14, ptr[UNIT(rcx, pool)]);
    // rdx: the number of the instruction behind the resumer's.
    movzx(eax, word[r12 + rdx * 8 - 8 + offsetof(Instr, a)]);
    cmp(word[r12 + rdx * 8 - 8 + offsetof(Instr, op)], ConcreteOp(Op::kSEND));
    je(sent);
    mov(rdi, ptr[r13 + rax * 8]);
    mov(ptr[r13 + rax * 8], rbx);
    test(rdi, rdi);
    jz(stored);
    dec(qword[rdi]);
    jz(drop, T_NEAR);
    L(stored);
    mov(r10, reinterpret_cast<uintptr_t>(&kThisTier));
    cmp(ptr[UNIT(rcx, tier)], r10);
    jne(other);
    cmp(byte[r15 + kUseTracing], 0);
    jne(other);
    mov(rcx, ptr[UNIT(rcx, tier_code)]);
    mov(rax, ptr[rcx + offsetof(Code, offsets)]);
    mov(eax, dword[rax + rdx * 4]);
    add(rax, ptr[rcx + offsetof(Code, exec)]);
    jmp(rax);
    L(sent);
    mov(ptr[r13 + rax * 8 + 8], rbx);
    jmp(stored);
    L(other);
    lea(rax, ptr[r12 + rdx * 8]);
    cmp(byte[r15 + kUseTracing], 0);
    je(go_, T_NEAR);
    mov(rdi, rax);
    jmp(hand_over_, T_NEAR);
    L(drop);
    mov(rbx, rcx);
    mov(rbp, rdx);
    lea(rsi, ptr[r12 + rdx * 8 - 8]);
    call(drop_last_);
    mov(rcx, rbx);
    mov(rdx, rbp);
    jmp(stored);
    L(called_from_c);
    mov(ptr[ACT(result)], rbx);
    mov(qword[ACT(pc)], 0);
    jmp(leave_, T_NEAR);

    // Releases the object in rdi, whose last reference is gone, for the
    // instruction at rsi. As a C function.
    align(16);
    L(drop_last_);
    Xbyak::Label slow;
    ToFreeList(slow);
    L(slow);
    mov(rdx, r13);
    mov(rcx, r14);
    mov(rax, reinterpret_cast<uintptr_t>(&handlers::DropLast));
    jmp(rax);
  }

  Xbyak::Label drop_last_, match_, note_;
  uint8_t* epoch_write_ = nullptr;
  Xbyak::Label resume_, go_in_unit_, go_, other_tier_, leave_, transfer_, drop_,
      hand_over_, raise_;
};

CodeZone zone;
uint8_t* epoch = nullptr;

const FrameLayout& Layout() {
  static const FrameLayout layout = {.rbp_frame = false,
                                     .cfa_from_rsp = 64,
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
  if (!IsLow(&PyLong_Type)) {
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
  TheCodeMap().Add(block->exec, {.function = "pyvm baseline stubs"});
  return &*stubs;
}

}  // namespace pyvm::baseline
