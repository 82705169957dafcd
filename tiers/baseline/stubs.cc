#include "tiers/baseline/stubs.h"

#include <cstddef>
#include <optional>

#include "core/code/code_map.h"
#include "core/code/frame_layout.h"
#include "core/handlers/machine.h"
#include "core/runtime/object.h"
#include "tiers/baseline/assembler.h"
#include "tiers/baseline/code.h"

namespace pyvm::baseline {
namespace {

using handlers::kThisTier;
using handlers::table;

constexpr size_t kStubBytes = 4096;
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
    add(rax, static_cast<uint32_t>(kLink));
    mov(ptr[FRAME(rax, f_func)], rdi);
    movups(xmm1, ptr[rdi + offsetof(PyFunctionObject, func_globals)]);
    movups(ptr[FRAME(rax, f_globals)], xmm1);
    mov(qword[FRAME(rax, f_locals)], 0);
    mov(r9, ptr[UNIT(rsi, code)]);
    inc(qword[r9]);
    mov(ptr[FRAME(rax, f_code)], r9);
    mov(qword[FRAME(rax, frame_obj)], 0);
    mov(r9, ptr[UNIT(rsi, first_code_unit)]);
    sub(r9, static_cast<uint32_t>(sizeof(_Py_CODEUNIT)));
    mov(ptr[FRAME(rax, prev_instr)], r9);
    mov(dword[FRAME(rax, stacktop)], -1);
    mov(word[FRAME(rax, is_entry)], 0);
    lea(r9, ptr[r13 - kRegs]);
    mov(ptr[FRAME(rax, previous)], r9);
    mov(r9, ptr[r14]);
    mov(ptr[LINK(rax, unit_flags)], r9);
    lea(r9, ptr[rax - kRegs]);
    mov(ptr[r15 + kCurrentFrame], r9);
    // As NullRegisters: perhaps one more.
    mov(r9d, dword[UNIT(rsi, num_registers)]);
    xorps(xmm1, xmm1);
    cmp(ecx, r9d);
    jae(nulled);
    L(next);
    movups(ptr[rax + rcx * 8], xmm1);
    add(ecx, 2);
    cmp(ecx, r9d);
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

  // The operand in this field of the instruction at r12, if it is a temporary.
  // Clobbers what C functions do.
  void ConsumeOperand(size_t field) {
    Xbyak::Label done;
    movzx(eax, word[r12 + field]);
    mov(ecx, eax);
    and_(ecx, 0x8000 | kTempFlag);
    cmp(ecx, kTempFlag);
    jne(done);
    xor_(eax, kTempFlag);
    mov(rdi, ptr[r13 + rax * 8]);
    mov(qword[r13 + rax * 8], 0);
    dec(qword[rdi]);
    jnz(done);
    mov(rsi, r12);
    mov(rdx, r13);
    mov(rcx, r14);
    CallC(handlers::DropLast);
    L(done);
  }

  void LeaveFrame(Stubs* stubs) {
    align(16);
    stubs->leave_frame = here();
    Xbyak::Label slow_pop, popped, returned, stored, tracing, special,
        from_operator, from_init, slow_operator;
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
    L(returned);
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
    test(r8d, static_cast<uint32_t>(kReturnSelf));
    jz(from_operator);
    cmp(rbx, Low(&_Py_NoneStruct));
    jne(from_init);
    dec(qword[rbx]);
    // The instance has waited in the window.
    movzx(eax, word[r12 + offsetof(Instr, b)]);
    mov(rbx, ptr[r13 + rax * 8]);
    mov(qword[r13 + rax * 8], 0);
    jmp(returned);
    L(from_init);
    mov(rdi, r12);
    HandlerArguments();
    CallC(handlers::ReturnFromInit);
    jmp(transfer_, T_NEAR);
    L(from_operator);
    cmp(rbx, Low(&_Py_NotImplementedStruct));
    je(slow_operator, T_NEAR);
    movzx(eax, word[r12]);
    sub(eax, FirstConcrete(Op::kJUMP_IF_LT));
    cmp(eax, FirstConcrete(Op::kJUMP_IF_IS) - FirstConcrete(Op::kJUMP_IF_LT));
    jb(slow_operator, T_NEAR);
    // The operands have waited.
    mov(rbp, rdx);
    ConsumeOperand(offsetof(Instr, b));
    ConsumeOperand(offsetof(Instr, c));
    mov(rdx, rbp);
    mov(rcx, ptr[r14]);
    jmp(returned, T_NEAR);
    L(slow_operator);
    mov(rdi, r12);
    HandlerArguments();
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

  Xbyak::Label resume_, go_in_unit_, go_, other_tier_, leave_, transfer_, drop_,
      hand_over_, raise_, step_stale_;
};

CodeZone zone;

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
  TheCodeMemory().Shrink(block->exec, compiler.offset());
  TheCodeMap().Add(block->exec, {.function = "pyvm baseline stubs"});
  return &*stubs;
}

}  // namespace pyvm::baseline
