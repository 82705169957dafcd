// Calls of functions, methods and types that are written in C.
#include "core/runtime/instance.h"
#include "tiers/baseline/compiler.h"

namespace pyvm::baseline {
namespace {

// What says how a definition is called; as in core/handlers/c_calls.cc.
constexpr int kFormFlags = METH_VARARGS | METH_FASTCALL | METH_NOARGS | METH_O |
                           METH_KEYWORDS | METH_METHOD | METH_STATIC |
                           METH_CLASS;

PyObject* IsInstanceObject(PyObject* o, PyObject* cls) {
  int is = IsInstance(o, cls);
  return is < 0 ? nullptr : Py_NewRef(is ? Py_True : Py_False);
}

}  // namespace

void Compiler::FillVector(uint32_t first) {
  uint32_t n = unit_.caches()[in_.c].num_args;
  for (uint32_t i = 0; i < n; ++i) {
    Load(rcx, Listed(first + i));
    mov(ptr[rsp + i * 8], rcx);
  }
  mov(rsi, rsp);
  mov(edx, n);
  xor_(ecx, ecx);  // no keywords
}

void Compiler::ConsumeListed(uint32_t first) {
  uint32_t n = unit_.caches()[in_.c].num_args;
  for (uint32_t i = 0; i < n; ++i) Discard(Listed(first + i));
}

void Compiler::CallDefinition(int form, uint32_t first) {
  const InlineCache& cache = unit_.caches()[in_.c];
  GuardOp();
  cmp(rax, CELL(value));
  jne(Otherwise(), T_NEAR);
  mov(ecx, dword[rax + offsetof(PyMethodDef, ml_flags)]);
  // One without keywords does not look at the last argument.
  and_(ecx, form == METH_FASTCALL ? kFormFlags & ~METH_KEYWORDS : kFormFlags);
  cmp(ecx, form);
  jne(Otherwise(), T_NEAR);
  bool counted = form != METH_FASTCALL;
  if (counted) {
    // CPython promises to count these calls as recursion.
    mov(rcx, ptr[ACT(tstate)]);
    cmp(dword[rcx + offsetof(PyThreadState, recursion_remaining)], 0);
    jle(Otherwise(), T_NEAR);
    dec(dword[rcx + offsetof(PyThreadState, recursion_remaining)]);
  }
  SavePc(cache.call_unit);
  if (form == METH_NOARGS) {
    xor_(esi, esi);
  } else if (form == METH_O) {
    Load(rsi, Listed(first));
  } else {
    FillVector(first);
  }
  call(ptr[rax + offsetof(PyMethodDef, ml_meth)]);
  mov(rcx, rax);
  if (counted) {
    mov(rax, ptr[ACT(tstate)]);
    inc(dword[rax + offsetof(PyThreadState, recursion_remaining)]);
  }
  ConsumeListed(first);
}

bool Compiler::FinishCallC() {
  Label returned;
  test(rcx, rcx);
  jnz(returned);
  lea(rdi, InstrAddress(at_));
  JumpOutside(stubs_.raise);
  L(returned);
  Set(in_.a, rcx);
  Pending& pending = pendings_.emplace_back();
  pending.at = at_;
  pending.next = next_;
  TestBreaker();
  jnz(pending.label, T_NEAR);
  return true;
}

bool Compiler::CallFunctionC(int form) {
  if (unit_.caches()[in_.c].num_args > Stubs::kVectorWords) return false;
  Operand callable = Listed(0);
  Load(rbx, callable);
  GuardType(rbx, &PyCFunction_Type);
  mov(rax, ptr[rbx + offsetof(PyCFunctionObject, m_ml)]);
  mov(rdi, ptr[rbx + offsetof(PyCFunctionObject, m_self)]);
  CallDefinition(form, 1);
  Consume(rbx, callable);
  return FinishCallC();
}

bool Compiler::CallMethodC(int form) {
  if (unit_.caches()[in_.c].num_args > Stubs::kVectorWords) return false;
  Label function, known;
  uint32_t window = in_.b;
  mov(rbx, Reg(window));
  mov(rbp, Reg(window + 1));
  test(rbx, rbx);
  jz(function);
  GuardType(rbx, &PyMethodDescr_Type);
  mov(rax, ptr[rbx + offsetof(PyMethodDescrObject, d_common.d_type)]);
  cmp(ptr[rbp + kType], rax);
  jne(Otherwise(), T_NEAR);
  mov(rax, ptr[rbx + offsetof(PyMethodDescrObject, d_method)]);
  mov(rdi, rbp);
  jmp(known);
  L(function);
  GuardType(rbp, &PyCFunction_Type);
  mov(rax, ptr[rbp + offsetof(PyCFunctionObject, m_ml)]);
  mov(rdi, ptr[rbp + offsetof(PyCFunctionObject, m_self)]);
  L(known);
  CallDefinition(form, 0);
  mov(Reg(window), 0);
  mov(Reg(window + 1), 0);
  ReleaseIfAny(rbx);
  Release(rbp);
  return FinishCallC();
}

bool Compiler::CallTypeVector() {
  if (unit_.caches()[in_.c].num_args > Stubs::kVectorWords) return false;
  const InlineCache& cache = unit_.caches()[in_.c];
  Operand callable = Listed(0);
  Load(rbx, callable);
  GuardOp();
  GuardType(rbx, &PyType_Type);
  mov(rax, ptr[rbx + offsetof(PyTypeObject, tp_vectorcall)]);
  test(rax, rax);
  jz(Otherwise(), T_NEAR);
  SavePc(cache.call_unit);
  mov(rdi, rbx);
  FillVector(1);
  call(rax);
  mov(rcx, rax);
  ConsumeListed(1);
  Consume(rbx, callable);
  return FinishCallC();
}

void Compiler::GuardCallable(const void* known) {
  Load(rbx, Listed(0));
  MoveAddress(rax, known);
  cmp(rbx, rax);
  jne(Otherwise(), T_NEAR);
}

bool Compiler::CallIsinstance() {
  Label other, known;
  GuardCallable(_PyInterpreterState_GET()->callable_cache.isinstance);
  SavePc(unit_.caches()[in_.c].call_unit);
  Load(rdi, Listed(1));
  Load(rsi, Listed(2));
  cmp(ptr[rdi + kType], rsi);
  jne(other);
  mov(ecx, Low(&_Py_TrueStruct));
  inc(qword[rcx]);
  jmp(known);
  L(other);
  CallC(IsInstanceObject);
  mov(rcx, rax);
  L(known);
  ConsumeListed(1);
  Consume(rbx, Listed(0));
  return FinishCallC();
}

bool Compiler::CallStr() {
  GuardCallable(&PyUnicode_Type);
  SavePc(unit_.caches()[in_.c].call_unit);
  Load(rdi, Listed(1));
  CallC(PyObject_Str);
  mov(rcx, rax);
  ConsumeListed(1);
  Consume(rbx, Listed(0));
  return FinishCallC();
}

}  // namespace pyvm::baseline
