// Stubs that store and release numbers.
#include "tiers/baseline/code.h"
#include "tiers/baseline/stub_compiler.h"

namespace pyvm::baseline {
namespace {

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

}  // namespace

void StubCompiler::WideValue(Stubs* stubs) {
  align(16);
  stubs->wide_value = here();
  Label done;
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

void StubCompiler::ToFreeList(Label& otherwise) {
  Label not_int;
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

void StubCompiler::FromFreeList(const Xbyak::RegExp& head,
                                const PyTypeObject* type, Label& none) {
  mov(r8, ptr[head]);
  test(r8, r8);
  jz(none, T_NEAR);
  mov(rax, ptr[r8 + kType]);
  mov(ptr[head], rax);
  mov(qword[r8], 1);
  mov(qword[r8 + kType], Low(type));
}

void StubCompiler::Drop(Stubs* stubs) {
  align(16);
  stubs->drop = here();
  L(drop_);
  Label other, tracing;
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

void StubCompiler::PutNew() {
  Label done;
  mov(rdi, ptr[rsi]);
  mov(ptr[rsi], r8);
  test(rdi, rdi);
  jz(done);
  dec(qword[rdi]);
  jz(drop_, T_NEAR);
  L(done);
  ret();
}

void StubCompiler::PutDigits(const Xbyak::Reg64& object) {
  if (most_digits_ == 1) {
    mov(dword[object + kDigit], r9d);
  } else {
    mov(ptr[object + kDigit], r9);
  }
}

void StubCompiler::StoreInt(Stubs* stubs) {
  align(16);
  stubs->store_int = here();
  Label small, one_digit, make, slow;
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
  LoadDying(&PyLong_Type, make);
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
  FromFreeList(rdi + offsetof(IntFreeList, head), &PyLong_Type, slow);
  inc(dword[rdi + offsetof(IntFreeList, room)]);
  mov(ptr[r8 + kSize], r11);
  PutDigits(r8);
  PutNew();
  L(slow);
  StoreBy(StoreNewInt);
}

void StubCompiler::StoreFloat(Stubs* stubs) {
  align(16);
  stubs->store_float = here();
  Label make, slow;
  LoadDying(&PyFloat_Type, make);
  movsd(ptr[rax + kDouble], xmm0);
  ret();
  L(make);
  mov(r11, ptr[ACT(interp)]);
  add(r11, static_cast<uint32_t>(offsetof(PyInterpreterState, float_state)));
  FromFreeList(r11 + offsetof(_Py_float_state, free_list), &PyFloat_Type, slow);
  dec(dword[r11 + offsetof(_Py_float_state, numfree)]);
  movsd(ptr[r8 + kDouble], xmm0);
  PutNew();
  L(slow);
  StoreBy(StoreNewFloat);
}

}  // namespace pyvm::baseline
