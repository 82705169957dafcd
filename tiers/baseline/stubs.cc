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
#include "tiers/baseline/assembler.h"
#include "tiers/baseline/code.h"

namespace pyvm::baseline {
namespace {

using handlers::kThisTier;
using handlers::table;

constexpr size_t kStubBytes = 8192;
// Of the stack: machine code has rsp aligned.
constexpr int kLocalBytes = 8 + Stubs::kVectorWords * 8;

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

// Stores a new object, or null, for instruction number `index`, which goes on
// at `address`. 0, or -1 with MemoryError.
int StoreNew(PyObject* made, PyObject** reg, const void* address,
             Activation* act, uint32_t index) {
  if (made == nullptr) return -1;
  PyObject* old = *reg;
  *reg = made;
  if (old != nullptr && --old->ob_refcnt == 0) {
    Frame* frame = act->cframe.current_frame;
    DropFor(old, address, frame->localsplus, UnitOf(frame)->pool, act, index);
  }
  return 0;
}
int StoreNewInt(PyObject** reg, const void* address, Activation* act,
                uint32_t index, int64_t value) {
  return StoreNew(NewInt(value), reg, address, act, index);
}
int StoreNewFloat(PyObject** reg, const void* address, Activation* act,
                  uint32_t index, double value) {
  return StoreNew(NewFloat(act->interp, value), reg, address, act, index);
}

// Where machine registers hold numbers that instructions read: runs handlers,
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

  void Run(Stubs* stubs) {
    stubs->run = reinterpret_cast<void (*)(Activation*, const uint8_t***)>(
        reinterpret_cast<uintptr_t>(here()));
    Xbyak::Label inside;
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
    L(step_stale_);
    HandlerArguments();
    mov(rax, reinterpret_cast<uintptr_t>(&StepStale));
    jmp(rax);
  }

  void StepOtherwise(Stubs* stubs) {
    align(16);
    stubs->step_otherwise = here();
    movzx(eax, word[rdi]);
    cmp(eax, r8d);
    jne(step_stale_, T_NEAR);
    HandlerArguments();
    mov(r8, reinterpret_cast<uintptr_t>(&table));
    jmp(ptr[r8 + rax * 8]);
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

  // Puts the float or the int of at most two digits in rdi onto its free list;
  // else goes to `otherwise`.
  void ToFreeList(Xbyak::Label& otherwise) {
    Xbyak::Label not_int;
    cmp(qword[rdi + kType], Low(&PyLong_Type));
    jne(not_int);
    mov(rax, ptr[rdi + kSize]);
    add(rax, most_digits_);
    cmp(rax, 2 * most_digits_);
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

  void Drop(Stubs* stubs) {
    align(16);
    stubs->drop = here();
    L(drop_);
    Xbyak::Label other, tracing;
    ToFreeList(other);
    L(other);
    SaveVolatile();
    mov(rsi, ptr[rsp + kSaved]);
    mov(rdx, r13);
    mov(rcx, r14);
    mov(r8, r15);
    mov(r9d, r10d);
    CallC(DropFor);
    RestoreVolatile();
    test(rax, rax);
    jnz(tracing);
    ret();
    L(tracing);
    add(rsp, 8);
    mov(rdi, rax);
    L(hand_over_);
    HandlerArguments();
    CallC(handlers::HandOver);
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
  // Ends it by a C function, which takes rdx or xmm0 last. If that fails the
  // instruction raises.
  template <typename F>
  void StoreBy(F* function) {
    Xbyak::Label failed;
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

  void PutDigits(const Xbyak::Reg64& object) {
    if (most_digits_ == 1) {
      mov(dword[object + kDigit], r9d);
    } else {
      mov(ptr[object + kDigit], r9);
    }
  }

  void StoreInt(Stubs* stubs) {
    align(16);
    stubs->store_int = here();
    Xbyak::Label small, one_digit, make, slow;
    static_assert(PyLong_SHIFT == 30 && sizeof(digit) == 4);
    // Small ints are shared.
    lea(r8, ptr[rdx + _PY_NSMALLNEGINTS]);
    cmp(r8, _PY_NSMALLNEGINTS + _PY_NSMALLPOSINTS);
    jb(small);
    // r9: the digits, r11: ob_size.
    mov(r9, rdx);
    neg(r9);
    cmovs(r9, rdx);
    mov(r11, rdx);
    sar(r11, 63);
    or_(r11, 1);
    mov(rax, r9);
    shr(rax, PyLong_SHIFT);
    jz(one_digit);
    if (most_digits_ == 1) jmp(slow, T_NEAR);
    mov(r8, rax);
    shr(r8, PyLong_SHIFT);
    jnz(slow, T_NEAR);
    add(r11, r11);
    and_(r9d, PyLong_MASK);
    shl(rax, 32);
    or_(r9, rax);
    L(one_digit);
    // The dying value of the register is overwritten.
    mov(rax, ptr[rsi]);
    test(rax, rax);
    jz(make);
    cmp(qword[rax], 1);
    jne(make);
    cmp(qword[rax + kType], Low(&PyLong_Type));
    jne(make);
    mov(r8, ptr[rax + kSize]);
    add(r8, most_digits_);
    cmp(r8, 2 * most_digits_);
    ja(make);
    mov(ptr[rax + kSize], r11);
    PutDigits(rax);
    ret();
    L(small);
    shl(r8, 5);
    static_assert(sizeof(PyLongObject) == 1 << 5);
    mov(r9, reinterpret_cast<uintptr_t>(&_Py_SINGLETON(small_ints)[0]));
    add(r8, r9);
    inc(qword[r8]);
    PutNew();
    L(make);
    mov(rdi, reinterpret_cast<uintptr_t>(&int_free_list));
    mov(r8, ptr[rdi + offsetof(IntFreeList, head)]);
    test(r8, r8);
    jz(slow, T_NEAR);
    mov(rax, ptr[r8 + kType]);
    mov(ptr[rdi + offsetof(IntFreeList, head)], rax);
    inc(dword[rdi + offsetof(IntFreeList, room)]);
    mov(qword[r8], 1);
    mov(qword[r8 + kType], Low(&PyLong_Type));
    mov(ptr[r8 + kSize], r11);
    PutDigits(r8);
    PutNew();
    L(slow);
    StoreBy(StoreNewInt);
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

  void PushFrame(Stubs* stubs) {
    align(16);
    stubs->push_frame = here();
    Xbyak::Label refused, next, nulled;
    mov(r8, ptr[ACT(tstate)]);
    cmp(dword[r8 + offsetof(PyThreadState, recursion_remaining)], 0);
    jle(refused, T_NEAR);
    mov(rax, ptr[r8 + offsetof(PyThreadState, datastack_top)]);
    test(rax, rax);
    jz(refused, T_NEAR);
    mov(r9d, dword[UNIT(rsi, frame_words)]);
    lea(r9, ptr[rax + r9 * 8]);
    cmp(r9, ptr[r8 + offsetof(PyThreadState, datastack_limit)]);
    jae(refused, T_NEAR);
    mov(ptr[r8 + offsetof(PyThreadState, datastack_top)], r9);
    dec(dword[r8 + offsetof(PyThreadState, recursion_remaining)]);
    mov(r11d, ecx);
    mov(r9, ptr[UNIT(rsi, code)]);
    inc(qword[r9]);
    FillFrame(r9, [this] {
      mov(rcx, ptr[UNIT(rsi, first_code_unit)]);
      sub(rcx, static_cast<uint32_t>(sizeof(_Py_CODEUNIT)));
    });
    // As NullRegisters: perhaps one more.
    mov(r9d, dword[UNIT(rsi, num_registers)]);
    cmp(r11d, r9d);
    jae(nulled);
    L(next);
    movups(ptr[rax + r11 * 8], xmm1);
    add(r11d, 2);
    cmp(r11d, r9d);
    jb(next);
    L(nulled);
    ret();
    L(refused);
    xor_(eax, eax);
    ret();
  }

  void FillDefaults(Stubs* stubs) {
    align(16);
    stubs->fill_defaults = here();
    Xbyak::Label next;
    mov(r8, ptr[rdi + offsetof(PyFunctionObject, func_defaults)]);
    // The last default is that of the last parameter.
    mov(r9d, dword[UNIT(rsi, arg_count)]);
    sub(r9, ptr[r8 + kSize]);
    shl(r9, 3);
    sub(r8, r9);
    L(next);
    mov(r9, ptr[r8 + rcx * 8 + kTupleItems]);
    inc(qword[r9]);
    mov(ptr[rax + rcx * 8], r9);
    inc(ecx);
    cmp(ecx, dword[UNIT(rsi, arg_count)]);
    jb(next);
    ret();
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

  template <typename F>
  void Finish(const uint8_t** stub, F* handler) {
    *stub = here();
    mov(ptr[ACT(result)], rbx);
    HandlerArguments();
    CallC(handler);
    jmp(transfer_, T_NEAR);
  }

  void LeaveFrame(Stubs* stubs) {
    align(16);
    stubs->leave_frame = here();
    Xbyak::Label slow_pop, popped, stored, tracing, special, by_table;
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
    mov(r8, ptr[LINK(r13, machine_code)]);
    lea(rsi, ptr[r13 - kLink]);
    mov(rdi, ptr[ACT(tstate)]);
    mov(rax, ptr[rdi + offsetof(PyThreadState, datastack_chunk)]);
    add(rax, static_cast<uint32_t>(offsetof(_PyStackChunk, data)));
    cmp(rax, rsi);
    je(slow_pop, T_NEAR);
    mov(ptr[rdi + offsetof(PyThreadState, datastack_top)], rsi);
    L(popped);
    lea(r13, ptr[rbp + kRegs]);
    mov(r9, r8);
    shr(r9, 32);
    cmp(dword[At(&return_epoch)], r9d);
    jne(by_table);
    cmp(byte[r15 + kUseTracing], 0);
    jne(by_table);
    mov(r8d, r8d);
    jmp(r8);
    L(by_table);
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
    jmp(tracing, T_NEAR);
    L(special);
    mov(rdi, r12);
    test(r8d, static_cast<uint32_t>(kReturnSelf));
    jz(finish_operator_, T_NEAR);
    Finish(&stubs->finish_init, handlers::ReturnFromInit);
    L(finish_operator_);
    Finish(&stubs->finish_operator, handlers::ReturnFromOperator);
    L(slow_pop);
    push(rdx);
    push(r8);
    CallC(PopDataStackSlow);
    pop(r8);
    pop(rdx);
    jmp(popped, T_NEAR);
  }

  const uint32_t most_digits_ = int_free_list.digits;

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
    stubs->leave_activation = here();
    mov(r10, ptr[ACT(tstate)]);
    inc(dword[r10 + offsetof(PyThreadState, recursion_remaining)]);
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
  std::vector<InnerFrame> inner_frames_;
  Xbyak::Label resume_, go_in_unit_, go_, other_tier_, leave_, transfer_, drop_,
      hand_over_, step_stale_, finish_operator_;
};

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
