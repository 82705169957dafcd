// One pass over the bytecode. An instruction becomes its fast path, for what
// quickening says that it has met, or a call of its handler. Where a guard of a
// fast path fails nothing has happened yet, and the handler does all of it: it
// knows every case, and quickens anew. Inline caches are read as data, so what
// a site meets may change without a new compilation.
#include <algorithm>
#include <cstddef>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "core/bytecode/decode.h"
#include "core/code/code_map.h"
#include "core/handlers/machine.h"
#include "core/host/host.h"
#include "core/runtime/object.h"
#include "tiers/baseline/assembler.h"
#include "tiers/baseline/code.h"
#include "tiers/baseline/stubs.h"

namespace pyvm::baseline {
namespace {

using handlers::UnitIn;
using Xbyak::Label;
using Xbyak::Reg64;

// Estimates from above; what is not used is given back.
constexpr size_t kBytesPerInstr = 400;
constexpr size_t kBytesPerUnit = 256;
constexpr uint32_t kMaxInstrs = 100'000;

constexpr int kRegs = offsetof(Frame, localsplus);
constexpr int kType = offsetof(PyObject, ob_type);
constexpr int kSize = offsetof(PyVarObject, ob_size);
constexpr int kDigit = offsetof(PyLongObject, ob_digit);
constexpr int kDouble = offsetof(PyFloatObject, ob_fval);
constexpr size_t kCurrentFrame =
    offsetof(Activation, cframe) + offsetof(_PyCFrame, current_frame);
constexpr size_t kUseTracing =
    offsetof(Activation, cframe) + offsetof(_PyCFrame, use_tracing);

// Iterators, as in core/handlers/iteration.cc.
constexpr int kIndex = sizeof(PyObject);
constexpr int kSequence = kIndex + 8;
constexpr int kRangeStart = kIndex + 8;
constexpr int kRangeStep = kIndex + 16;
constexpr int kRangeLength = kIndex + 24;
constexpr int kListItems = offsetof(PyListObject, ob_item);
constexpr int kTupleItems = offsetof(PyTupleObject, ob_item);
// In front of an instance with a managed dict: its inline values, its dict.
constexpr int kInlineValues = -4 * static_cast<int>(sizeof(void*));
constexpr int kManagedDict = -3 * static_cast<int>(sizeof(void*));

constexpr int FrameField(size_t offset) {
  return static_cast<int>(offset) - kRegs;
}
constexpr int LinkField(size_t offset) {
  return FrameField(offset) - static_cast<int>(sizeof(ReturnLink));
}

// A backward jump to `pc` may not just go on.
const Instr* BackEdge(PYVM_ARGS) {
  if (UnitIn(pool)->loop_budget <= 0) {
    return handlers::LoopBudget(pc, regs, pool, act);
  }
  return handlers::CheckBreaker(pc, regs, pool, act);
}

class Compiler : public Assembler {
 public:
  Compiler(const Unit& unit, const Stubs& stubs, const CodeBlock& block,
           uint32_t* offsets)
      : Assembler(block.write, block.exec, block.size),
        unit_(unit),
        stubs_(stubs),
        offsets_(offsets),
        labels_(unit.num_instrs + 1) {}

  void Run() {
    for (at_ = 0; at_ < unit_.num_instrs; at_ = next_) {
      next_ = at_ + InstrWords(unit_, at_);
      for (uint32_t i = at_; i < next_; ++i) offsets_[i] = offset();
      L(labels_[at_]);
      in_ = unit_.instrs[at_];
      slow_ = nullptr;
      if (!Fast()) Generic();
    }
    offsets_[unit_.num_instrs] = offset();
    L(labels_[unit_.num_instrs]);
    ud2();
    for (Slow& slow : slows_) {
      L(slow.label);
      Step(slow.at);
      if (slow.next != 0) {
        test(rax, rax);
        jz(labels_[slow.next], T_NEAR);
      }
      JumpOutside(stubs_.transfer);
    }
    for (Wide& wide : wides_) {
      L(wide.label);
      mov(rdi, wide.object);
      CallOutside(stubs_.wide_value);
      jne(*wide.otherwise, T_NEAR);
      mov(wide.value, rax);
      jmp(wide.back, T_NEAR);
    }
    for (Back& back : backs_) {
      L(back.label);
      lea(rdi, ptr[r12 + static_cast<int>(back.target * sizeof(Instr))]);
      mov(rsi, r13);
      mov(rdx, r14);
      mov(rcx, r15);
      mov(rax, reinterpret_cast<uintptr_t>(&BackEdge));
      call(rax);
      JumpOutside(stubs_.transfer);
    }
  }

 private:
  // Out of line: the handler does instruction `at`, and behind it comes `next`
  // (0: nothing does).
  struct Slow {
    Label label;
    uint32_t at, next;
  };
  // An int that has more than one digit.
  struct Wide {
    Label label, back;
    Reg64 value, object;
    Label* otherwise;
  };
  struct Back {
    Label label;
    uint32_t target;
  };

  // --- Addresses
  // --------------------------------------------------------------

  Xbyak::Address Reg(uint32_t reg) {
    return qword[r13 + static_cast<int>(reg * sizeof(PyObject*))];
  }
  Xbyak::Address Cell(uint32_t cache, size_t field) {
    return qword[r14 + CellOffset(cache, field)];
  }
  Xbyak::Address Cell32(uint32_t cache, size_t field) {
    return dword[r14 + CellOffset(cache, field)];
  }
  static int CellOffset(uint32_t cache, size_t field) {
    return static_cast<int>(sizeof(PyObject*) + cache * sizeof(InlineCache) +
                            field);
  }
#define CELL(field) Cell(in_.c, offsetof(InlineCache, field))
#define CELL32(field) Cell32(in_.c, offsetof(InlineCache, field))
#define ACT(field) (r15 + offsetof(Activation, field))
#define FRAME(reg, field) (reg + FrameField(offsetof(Frame, field)))
#define LINK(reg, field) (reg + LinkField(offsetof(ReturnLink, field)))
#define UNIT(reg, field) (reg + offsetof(Unit, field))

  // --- Operands
  // ---------------------------------------------------------------

  static bool IsTemp(Operand x) { return KindOf(x) == OperandKind::kTemp; }
  static bool IsConst(Operand x) { return KindOf(x) == OperandKind::kConst; }
  PyObject* Constant(Operand x) const {
    return unit_.pool[static_cast<int16_t>(x)];
  }
  // The operand, borrowed.
  void Load(const Reg64& to, Operand x) {
    if (IsConst(x)) {
      mov(to, reinterpret_cast<uintptr_t>(Constant(x)));
    } else {
      mov(to, Reg(RegisterOf(x)));
    }
  }
  // What Load has read becomes an owned reference.
  void Own(const Reg64& object, Operand x) {
    if (IsTemp(x)) {
      mov(Reg(RegisterOf(x)), 0);
    } else {
      inc(qword[object]);
    }
  }
  // Releases a reference. Clobbers what stubs do.
  void Release(const Reg64& object) {
    Label alive;
    dec(qword[object]);
    jnz(alive);
    if (object != rdi) mov(rdi, object);
    mov(r10d, at_);
    CallOutside(stubs_.drop);
    L(alive);
  }
  // A temporary that Load has read is consumed.
  void Consume(const Reg64& object, Operand x) {
    if (!IsTemp(x)) return;
    mov(Reg(RegisterOf(x)), 0);
    Release(object);
  }
  // Stores an owned reference. A temporary that is written to holds nothing.
  void Set(uint32_t reg, const Reg64& value) {
    if (reg >= unit_.num_locals) {
      mov(Reg(reg), value);
      return;
    }
    Label done;
    mov(rdi, Reg(reg));
    mov(Reg(reg), value);
    test(rdi, rdi);
    jz(done);
    dec(qword[rdi]);
    jnz(done);
    mov(r10d, at_);
    CallOutside(stubs_.drop);
    L(done);
  }

  // --- Slow paths
  // -------------------------------------------------------------

  bool FallsThrough() const {
    return (InfoOf(BaseOf(in_.op)).effects & kEffectEnd) == 0;
  }
  void Step(uint32_t at) {
    lea(rdi, ptr[r12 + static_cast<int>(at * sizeof(Instr))]);
    CallOutside(stubs_.step);
  }
  void Generic() {
    lea(rdi, ptr[r12 + static_cast<int>(at_ * sizeof(Instr))]);
    CallOutside(IsUnquickened(BaseOf(in_.op)) ? stubs_.step_unquickened
                                              : stubs_.step);
    if (FallsThrough()) {
      test(rax, rax);
      JumpOutsideIfNotZero(stubs_.transfer);
    } else {
      JumpOutside(stubs_.transfer);
    }
  }
  // Where the guards of the present instruction go.
  Label& Otherwise() {
    if (slow_ == nullptr) {
      slow_ = &slows_.emplace_back();
      slow_->at = at_;
      slow_->next = FallsThrough() ? next_ : 0;
    }
    return slow_->label;
  }

  // The cache is still one of the operation that is being compiled: others read
  // its cells in other ways.
  void GuardOp() {
    movzx(eax, word[r12 + static_cast<int>(at_ * sizeof(Instr))]);
    cmp(eax, in_.op);
    jne(Otherwise(), T_NEAR);
  }
  void GuardType(const Reg64& object, const PyTypeObject* type) {
    cmp(qword[object + kType], Low(type));
    jne(Otherwise(), T_NEAR);
  }
  // The type version of `object` is the cache's. Clobbers rax, rcx.
  void GuardVersion(const Reg64& object) {
    GuardOp();
    mov(rax, ptr[object + kType]);
    mov(ecx, CELL32(version));
    cmp(dword[rax + offsetof(PyTypeObject, tp_version_tag)], ecx);
    jne(Otherwise(), T_NEAR);
  }

  // --- Numbers
  // ----------------------------------------------------------------

  static bool IsSmallConst(PyObject* o) { return IsInt(o) && IsOneDigit(o); }
  // Whether the operand may be an int of one digit.
  bool MayBeInt(Operand x) const {
    return !IsConst(x) || IsSmallConst(Constant(x));
  }
  bool MayBeFloat(Operand x) const {
    return !IsConst(x) || IsFloat(Constant(x));
  }
  // `object` has been loaded. Clobbers r8.
  void IntValue(const Reg64& value, const Reg64& object, Operand x,
                Label* not_int = nullptr) {
    if (IsConst(x)) {
      mov(value, OneDigitValue(Constant(x)));
      return;
    }
    cmp(qword[object + kType], Low(&PyLong_Type));
    jne(not_int != nullptr ? *not_int : Otherwise(), T_NEAR);
    Wide& wide = wides_.emplace_back();
    wide.value = value;
    wide.object = object;
    wide.otherwise = &Otherwise();
    mov(value, ptr[object + kSize]);
    lea(r8, ptr[value + 1]);
    cmp(r8, 2);
    ja(wide.label, T_NEAR);
    mov(r8d, dword[object + kDigit]);
    imul(value, r8);
    L(wide.back);
  }
  void LoadUnlessConst(const Reg64& to, Operand x) {
    if (!IsConst(x)) Load(to, x);
  }

  bool IntArithmetic(Op op) {
    Label wide, divided;
    if (!MayBeInt(in_.b) || !MayBeInt(in_.c)) return false;
    LoadUnlessConst(rbx, in_.b);
    LoadUnlessConst(rbp, in_.c);
    IntValue(rdx, rbx, in_.b);
    IntValue(rcx, rbp, in_.c);
    switch (op) {
      case Op::kADD_INT:
        add(rdx, rcx);
        break;
      case Op::kSUB_INT:
        sub(rdx, rcx);
        break;
      case Op::kMUL_INT:
        imul(rdx, rcx);
        jo(Otherwise(), T_NEAR);
        break;
      case Op::kLSHIFT_INT:
        cmp(rcx, 31);
        ja(Otherwise(), T_NEAR);
        lea(rax, ptr[rdx + (1 << 30)]);
        shr(rax, 31);
        jnz(Otherwise(), T_NEAR);
        shl(rdx, cl);
        break;
      case Op::kAND_INT:
        and_(rdx, rcx);
        break;
      case Op::kOR_INT:
        or_(rdx, rcx);
        break;
      case Op::kXOR_INT:
        xor_(rdx, rcx);
        break;
      case Op::kRSHIFT_INT:
        cmp(rcx, 62);
        ja(Otherwise(), T_NEAR);
        sar(rdx, cl);
        break;
      default:  // FLOORDIV_INT, MOD_INT
        test(rcx, rcx);
        jle(Otherwise(), T_NEAR);
        test(rdx, rdx);
        js(Otherwise(), T_NEAR);
        mov(rax, rdx);
        or_(rax, rcx);
        shr(rax, 32);
        jnz(wide);
        mov(eax, edx);
        xor_(edx, edx);
        div(ecx);
        jmp(divided);
        L(wide);
        mov(rax, rdx);
        xor_(edx, edx);
        div(rcx);
        L(divided);
        if (op == Op::kFLOORDIV_INT) mov(rdx, rax);
        break;
    }
    Consume(rbx, in_.b);
    Consume(rbp, in_.c);
    lea(rsi, Reg(in_.a));
    CallOutside(stubs_.store_int);
    return true;
  }

  void FloatValue(const Xbyak::Xmm& value, const Reg64& object, Operand x,
                  Label& not_float) {
    if (IsConst(x)) {
      Load(object, x);
    } else {
      cmp(qword[object + kType], Low(&PyFloat_Type));
      jne(not_float, T_NEAR);
    }
    movsd(value, ptr[object + kDouble]);
  }

  bool FloatArithmetic(Op op) {
    if (!MayBeFloat(in_.b) || !MayBeFloat(in_.c)) return false;
    LoadUnlessConst(rbx, in_.b);
    LoadUnlessConst(rbp, in_.c);
    FloatValue(xmm0, rbx, in_.b, Otherwise());
    FloatValue(xmm1, rbp, in_.c, Otherwise());
    switch (op) {
      case Op::kADD_FLOAT:
        addsd(xmm0, xmm1);
        break;
      case Op::kSUB_FLOAT:
        subsd(xmm0, xmm1);
        break;
      case Op::kMUL_FLOAT:
        mulsd(xmm0, xmm1);
        break;
      default:  // TRUEDIV_FLOAT; by zero, or by what is no number
        xorpd(xmm2, xmm2);
        ucomisd(xmm1, xmm2);
        je(Otherwise(), T_NEAR);
        divsd(xmm0, xmm1);
        break;
    }
    Consume(rbx, in_.b);
    Consume(rbp, in_.c);
    lea(rsi, Reg(in_.a));
    CallOutside(stubs_.store_float);
    return true;
  }

  // --- Jumps
  // ------------------------------------------------------------------

  // Jumps to `target`, which lies back if it is not behind this instruction.
  void GoTo(uint32_t target) {
    if (target > at_) {
      jmp(labels_[target], T_NEAR);
      return;
    }
    Back& back = backs_.emplace_back();
    back.target = target;
    mov(rcx, ptr[r14]);
    sub(dword[UNIT(rcx, loop_budget)], 1);
    jle(back.label, T_NEAR);
    mov(rax, ptr[ACT(eval_breaker)]);
    mov(eax, dword[rax]);
    movzx(ecx, byte[r15 + kUseTracing]);
    or_(eax, ecx);
    jnz(back.label, T_NEAR);
    jmp(labels_[target], T_NEAR);
  }
  // To `target` if cl is not zero.
  void GoToIfCl(uint32_t target) {
    test(cl, cl);
    if (target > at_) {
      jnz(labels_[target], T_NEAR);
      return;
    }
    Label over;
    jz(over, T_NEAR);
    GoTo(target);
    L(over);
  }

  enum class Relation { kLt, kLe, kEq, kNe, kGt, kGe };

  void SetIfInts(Relation relation) {
    switch (relation) {
      case Relation::kLt:
        setl(cl);
        break;
      case Relation::kLe:
        setle(cl);
        break;
      case Relation::kEq:
        sete(cl);
        break;
      case Relation::kNe:
        setne(cl);
        break;
      case Relation::kGt:
        setg(cl);
        break;
      case Relation::kGe:
        setge(cl);
        break;
    }
  }
  // With what is no number every comparison but != is false.
  void SetIfFloats(Relation relation) {
    switch (relation) {
      case Relation::kLt:
        ucomisd(xmm1, xmm0);
        seta(cl);
        break;
      case Relation::kLe:
        ucomisd(xmm1, xmm0);
        setae(cl);
        break;
      case Relation::kGt:
        ucomisd(xmm0, xmm1);
        seta(cl);
        break;
      case Relation::kGe:
        ucomisd(xmm0, xmm1);
        setae(cl);
        break;
      case Relation::kEq:
        ucomisd(xmm0, xmm1);
        setnp(cl);
        sete(al);
        and_(cl, al);
        break;
      case Relation::kNe:
        ucomisd(xmm0, xmm1);
        setp(cl);
        setne(al);
        or_(cl, al);
        break;
    }
  }

  // cl: how numbers compare; they are consumed.
  bool CompareTo(Relation relation, Operand a, Operand b) {
    bool ints = MayBeInt(a) && MayBeInt(b);
    bool floats = MayBeFloat(a) && MayBeFloat(b);
    if ((!ints && !floats) || (IsConst(a) && IsConst(b))) return false;
    Label not_ints, compared;
    LoadUnlessConst(rbx, a);
    LoadUnlessConst(rbp, b);
    if (ints) {
      Label* otherwise = floats ? &not_ints : nullptr;
      IntValue(rdx, rbx, a, otherwise);
      IntValue(rcx, rbp, b, floats && IsConst(a) ? otherwise : nullptr);
      cmp(rdx, rcx);
      SetIfInts(relation);
      if (floats) jmp(compared);
    }
    if (floats) {
      L(not_ints);
      FloatValue(xmm0, rbx, a, Otherwise());
      FloatValue(xmm1, rbp, b, Otherwise());
      SetIfFloats(relation);
      L(compared);
    }
    Consume(rbx, a);
    Consume(rbp, b);
    return true;
  }
  // cl: whether an interned constant string is equal to, or differs from, a
  // string; they are consumed.
  bool CompareToText(Relation relation, Operand a, Operand b) {
    if (!IsConst(b) || IsConst(a) || !IsStr(Constant(b)) ||
        !PyUnicode_CHECK_INTERNED(Constant(b)) ||
        (relation != Relation::kEq && relation != Relation::kNe)) {
      return false;
    }
    Label compared;
    Load(rbx, a);
    Load(rbp, b);
    GuardType(rbx, &PyUnicode_Type);
    mov(ecx, relation == Relation::kEq ? 1 : 0);
    cmp(rbx, rbp);
    je(compared);
    // Two interned strings differ.
    test(byte[rbx + offsetof(PyASCIIObject, state)], 3);
    jz(Otherwise(), T_NEAR);
    xor_(ecx, 1);
    L(compared);
    Consume(rbx, a);
    return true;
  }
  bool CompareJump(Relation relation, bool sense) {
    if (!CompareToText(relation, in_.a, in_.b) &&
        !CompareTo(relation, in_.a, in_.b)) {
      return false;
    }
    if (!sense) xor_(cl, 1);
    GoToIfCl(at_ + static_cast<int16_t>(in_.c));
    return true;
  }

  // cl: whether the object in rbx is true, for those that say so at once.
  void Truth() {
    Label sized, known, constant;
    mov(ecx, 1);
    cmp(rbx, Low(&_Py_TrueStruct));
    je(known);
    mov(rax, ptr[rbx + kType]);
    cmp(rax, Low(&PyLong_Type));
    je(sized);
    cmp(rax, Low(&PyList_Type));
    je(sized);
    xor_(ecx, ecx);
    cmp(rbx, Low(&_Py_FalseStruct));
    je(known);
    cmp(rbx, Low(&_Py_NoneStruct));
    je(known);
    cmp(rax, Low(&PyTuple_Type));
    jne(Otherwise(), T_NEAR);
    L(sized);
    cmp(qword[rbx + kSize], 0);
    setne(cl);
    L(known);
  }
  bool TruthJump(bool sense) {
    if (IsConst(in_.a)) return false;
    Load(rbx, in_.a);
    Truth();
    if (!sense) xor_(cl, 1);
    Consume(rbx, in_.a);
    GoToIfCl(at_ + LongJump(in_));
    return true;
  }
  // A bool that stands in cl.
  void SetBool() {
    static_assert(sizeof(_Py_TrueStruct) == sizeof(_Py_FalseStruct));
    Label stored;
    mov(eax, Low(&_Py_TrueStruct));
    test(cl, cl);
    jnz(stored);
    mov(eax, Low(&_Py_FalseStruct));
    L(stored);
    mov(rcx, rax);
    inc(qword[rcx]);
    Set(in_.a, rcx);
  }
  bool Not() {
    if (IsConst(in_.b)) return false;
    Load(rbx, in_.b);
    Truth();
    xor_(cl, 1);
    Consume(rbx, in_.b);
    SetBool();
    return true;
  }
  bool Identity(bool sense) {
    Load(rbx, in_.b);
    Load(rbp, in_.c);
    cmp(rbx, rbp);
    sense ? sete(cl) : setne(cl);
    Consume(rbx, in_.b);
    Consume(rbp, in_.c);
    SetBool();
    return true;
  }
  bool Compare(Relation relation) {
    if (!CompareToText(relation, in_.b, in_.c) &&
        !CompareTo(relation, in_.b, in_.c)) {
      return false;
    }
    SetBool();
    return true;
  }

  bool NoneJump(bool sense) {
    if (IsConst(in_.a)) return false;
    Load(rbx, in_.a);
    cmp(rbx, Low(&_Py_NoneStruct));
    sense ? sete(cl) : setne(cl);
    Consume(rbx, in_.a);
    GoToIfCl(at_ + LongJump(in_));
    return true;
  }

  bool IdentityJump(bool sense) {
    Load(rbx, in_.a);
    Load(rbp, in_.b);
    cmp(rbx, rbp);
    sense ? sete(cl) : setne(cl);
    Consume(rbx, in_.a);
    Consume(rbp, in_.b);
    GoToIfCl(at_ + static_cast<int16_t>(in_.c));
    return true;
  }

  // --- Names and attributes
  // ---------------------------------------------------

  // rax: the keys of the dict in rax, if they have the version in the cache.
  void GuardKeys(const Xbyak::Address& version) {
    mov(rax, ptr[rax + offsetof(PyDictObject, ma_keys)]);
    mov(ecx, version);
    cmp(dword[rax + offsetof(PyDictKeysObject, dk_version)], ecx);
    jne(Otherwise(), T_NEAR);
  }
  // rcx: the value of the cache's entry in the keys in rax.
  void LoadEntry() {
    movzx(ecx, byte[rax + offsetof(PyDictKeysObject, dk_log2_index_bytes)]);
    mov(edx, 1);
    shl(rdx, cl);
    add(rax, rdx);
    mov(rdx, CELL(index));
    shl(rdx, 4);
    static_assert(sizeof(PyDictUnicodeEntry) == 16);
    mov(rcx, ptr[rax + rdx + offsetof(PyDictKeysObject, dk_indices) +
                 offsetof(PyDictUnicodeEntry, me_value)]);
    test(rcx, rcx);
    jz(Otherwise(), T_NEAR);
  }
  bool LoadGlobal(bool builtin) {
    GuardOp();
    mov(rax, ptr[FRAME(r13, f_globals)]);
    GuardKeys(CELL32(version));
    if (builtin) {
      mov(rax, ptr[FRAME(r13, f_builtins)]);
      GuardKeys(CELL32(version2));
    }
    LoadEntry();
    inc(qword[rcx]);
    Set(in_.a, rcx);
    return true;
  }

  // The attribute (borrowed) is in rcx, the owner in rbx.
  bool FinishLoad() {
    inc(qword[rcx]);
    Consume(rbx, in_.b);
    Set(in_.a, rcx);
    return true;
  }
  bool LoadAttrValue() {
    Load(rbx, in_.b);
    GuardVersion(rbx);
    mov(rax, ptr[rbx + kInlineValues]);
    test(rax, rax);
    jz(Otherwise(), T_NEAR);
    mov(rcx, CELL(index));
    mov(rcx, ptr[rax + rcx * 8]);
    test(rcx, rcx);
    jz(Otherwise(), T_NEAR);
    return FinishLoad();
  }
  bool LoadAttrSlot() {
    Load(rbx, in_.b);
    GuardVersion(rbx);
    mov(rcx, CELL(index));
    mov(rcx, ptr[rbx + rcx]);
    test(rcx, rcx);
    jz(Otherwise(), T_NEAR);
    return FinishLoad();
  }
  // The instance in rbx, of the type in rax, shares its keys, and they are
  // those of the cache.
  void GuardSharedKeys() {
    cmp(qword[rbx + kManagedDict], 0);
    jne(Otherwise(), T_NEAR);
    mov(rax, ptr[rax + offsetof(PyHeapTypeObject, ht_cached_keys)]);
    mov(ecx, CELL32(version2));
    cmp(dword[rax + offsetof(PyDictKeysObject, dk_version)], ecx);
    jne(Otherwise(), T_NEAR);
  }
  bool LoadAttrNondata() {
    Load(rbx, in_.b);
    GuardVersion(rbx);
    if (unit_.caches()[in_.c].version2 == 0) {
      cmp(CELL32(version2), 0);
      jne(Otherwise(), T_NEAR);
    } else {
      GuardSharedKeys();
    }
    mov(rcx, CELL(value));
    return FinishLoad();
  }

  bool StoreAttrValue() {
    Label replace, done;
    Load(rbx, in_.a);
    GuardVersion(rbx);
    mov(rsi, ptr[rbx + kInlineValues]);
    test(rsi, rsi);
    jz(Otherwise(), T_NEAR);
    Load(rbp, in_.b);
    Own(rbp, in_.b);
    mov(rdx, CELL(index));
    mov(rcx, ptr[rsi + rdx * 8]);
    mov(ptr[rsi + rdx * 8], rbp);
    test(rcx, rcx);
    jnz(replace);
    // The order of insertion: as _PyDictValues_AddToInsertionOrder.
    movzx(eax, byte[rsi - 2]);
    inc(eax);
    mov(byte[rsi - 2], al);
    neg(rax);
    mov(byte[rsi + rax - 2], dl);
    jmp(done);
    L(replace);
    Release(rcx);
    L(done);
    Consume(rbx, in_.a);
    return true;
  }
  bool StoreAttrSlot() {
    Label done;
    Load(rbx, in_.a);
    GuardVersion(rbx);
    Load(rbp, in_.b);
    Own(rbp, in_.b);
    mov(rdx, CELL(index));
    mov(rcx, ptr[rbx + rdx]);
    mov(ptr[rbx + rdx], rbp);
    test(rcx, rcx);
    jz(done);
    Release(rcx);
    L(done);
    Consume(rbx, in_.a);
    return true;
  }

  bool LoadMethod(bool values) {
    Load(rbx, in_.b);
    GuardVersion(rbx);
    if (values) GuardSharedKeys();
    mov(rcx, CELL(value));
    inc(qword[rcx]);
    Own(rbx, in_.b);
    mov(Reg(in_.a), rcx);
    mov(Reg(in_.a + 1u), rbx);
    return true;
  }

  // --- Items
  // ------------------------------------------------------------------

  // rdx: the position of operand x, loaded into rbp, in the sequence in rbx.
  void Position(Operand x) {
    IntValue(rdx, rbp, x);
    mov(rcx, ptr[rbx + kSize]);
    if (!IsConst(x) || OneDigitValue(Constant(x)) < 0) {
      Label positive;
      test(rdx, rdx);
      jns(positive);
      add(rdx, rcx);
      L(positive);
    }
    cmp(rdx, rcx);
    jae(Otherwise(), T_NEAR);
  }
  bool LoadItem(PyTypeObject* type) {
    if (!MayBeInt(in_.c)) return false;
    Load(rbx, in_.b);
    LoadUnlessConst(rbp, in_.c);
    GuardType(rbx, type);
    Position(in_.c);
    if (type == &PyList_Type) {
      mov(rax, ptr[rbx + kListItems]);
      mov(rcx, ptr[rax + rdx * 8]);
    } else {
      mov(rcx, ptr[rbx + rdx * 8 + kTupleItems]);
    }
    inc(qword[rcx]);
    Consume(rbp, in_.c);
    Consume(rbx, in_.b);
    Set(in_.a, rcx);
    return true;
  }
  bool StoreItemList() {
    if (!MayBeInt(in_.b)) return false;
    Load(rbx, in_.a);
    LoadUnlessConst(rbp, in_.b);
    GuardType(rbx, &PyList_Type);
    Position(in_.b);
    Load(rsi, in_.c);
    Own(rsi, in_.c);
    mov(rax, ptr[rbx + kListItems]);
    mov(rcx, ptr[rax + rdx * 8]);
    mov(ptr[rax + rdx * 8], rsi);
    Consume(rbp, in_.b);
    Release(rcx);
    Consume(rbx, in_.a);
    return true;
  }

  // Appends rcx (owned) to the list in rbx.
  void Append() {
    mov(rdx, ptr[rbx + kSize]);
    mov(rax, ptr[rbx + kListItems]);
    mov(ptr[rax + rdx * 8], rcx);
    inc(rdx);
    mov(ptr[rbx + kSize], rdx);
  }
  void GuardRoom() {
    mov(rax, ptr[rbx + kSize]);
    cmp(rax, ptr[rbx + offsetof(PyListObject, allocated)]);
    jge(Otherwise(), T_NEAR);
  }
  bool ListAppend() {
    mov(rbx, Reg(in_.a));
    GuardRoom();
    Load(rcx, in_.b);
    Own(rcx, in_.b);
    Append();
    return true;
  }
  bool CallListAppend() {
    mov(rax, reinterpret_cast<uintptr_t>(
                 _PyInterpreterState_GET()->callable_cache.list_append));
    cmp(Reg(in_.b), rax);
    jne(Otherwise(), T_NEAR);
    mov(rbx, Reg(in_.b + 1u));
    GuardType(rbx, &PyList_Type);
    GuardRoom();
    Operand x = ListOperand(&unit_.instrs[at_], 0);
    Load(rcx, x);
    Own(rcx, x);
    Append();
    mov(rax, Reg(in_.b));
    dec(qword[rax]);  // the cache of callables holds another reference
    mov(Reg(in_.b), 0);
    mov(Reg(in_.b + 1u), 0);
    Release(rbx);
    mov(ecx, Low(&_Py_NoneStruct));
    inc(qword[rcx]);
    Set(in_.a, rcx);
    return true;
  }
  bool LoadDeref() {
    mov(rax, Reg(in_.b));
    mov(rcx, ptr[rax + offsetof(PyCellObject, ob_ref)]);
    test(rcx, rcx);
    jz(Otherwise(), T_NEAR);
    inc(qword[rcx]);
    Set(in_.a, rcx);
    return true;
  }
  bool StoreDeref() {
    Label done;
    mov(rbx, Reg(in_.a));
    Load(rcx, in_.b);
    Own(rcx, in_.b);
    mov(rdi, ptr[rbx + offsetof(PyCellObject, ob_ref)]);
    mov(ptr[rbx + offsetof(PyCellObject, ob_ref)], rcx);
    test(rdi, rdi);
    jz(done);
    Release(rdi);
    L(done);
    return true;
  }
  bool CallLen() {
    const auto* list = reinterpret_cast<const Operand*>(&unit_.instrs[at_ + 1]);
    Label sized;
    Load(rbx, list[0]);
    mov(rax, reinterpret_cast<uintptr_t>(
                 _PyInterpreterState_GET()->callable_cache.len));
    cmp(rbx, rax);
    jne(Otherwise(), T_NEAR);
    Load(rbp, list[1]);
    mov(rax, ptr[rbp + kType]);
    cmp(rax, Low(&PyList_Type));
    je(sized);
    cmp(rax, Low(&PyTuple_Type));
    jne(Otherwise(), T_NEAR);
    L(sized);
    mov(rdx, ptr[rbp + kSize]);
    Consume(rbx, list[0]);
    Consume(rbp, list[1]);
    lea(rsi, Reg(in_.a));
    CallOutside(stubs_.store_int);
    return true;
  }

  // --- Loops
  // ------------------------------------------------------------------

  bool ForIterRange() {
    mov(rbx, Reg(in_.b));
    GuardType(rbx, &PyRangeIter_Type);
    mov(rcx, ptr[rbx + kIndex]);
    cmp(rcx, ptr[rbx + kRangeLength]);
    jge(Otherwise(), T_NEAR);
    mov(rdx, ptr[rbx + kRangeStep]);
    imul(rdx, rcx);
    add(rdx, ptr[rbx + kRangeStart]);
    inc(rcx);
    mov(ptr[rbx + kIndex], rcx);
    lea(rsi, Reg(in_.a));
    CallOutside(stubs_.store_int);
    return true;
  }
  bool ForIterSequence(PyTypeObject* type) {
    mov(rbx, Reg(in_.b));
    GuardType(rbx, type);
    mov(rax, ptr[rbx + kSequence]);
    test(rax, rax);
    jz(Otherwise(), T_NEAR);
    mov(rdx, ptr[rbx + kIndex]);
    cmp(rdx, ptr[rax + kSize]);
    jge(Otherwise(), T_NEAR);
    if (type == &PyListIter_Type) {
      mov(rax, ptr[rax + kListItems]);
      mov(rcx, ptr[rax + rdx * 8]);
    } else {
      mov(rcx, ptr[rax + rdx * 8 + kTupleItems]);
    }
    inc(rdx);
    mov(ptr[rbx + kIndex], rdx);
    inc(qword[rcx]);
    Set(in_.a, rcx);
    return true;
  }

  // --- Calls
  // ------------------------------------------------------------------

  // A frame for the function in rdi, as PushFrame makes it, whose unit is known
  // now: rax is its registers. Clobbers rcx, rdx, r8.
  void PushKnownFrame(const Unit& callee, uint32_t given) {
    mov(rcx, ptr[ACT(tstate)]);
    cmp(dword[rcx + offsetof(PyThreadState, recursion_remaining)], 0);
    jle(Otherwise(), T_NEAR);
    mov(rax, ptr[rcx + offsetof(PyThreadState, datastack_top)]);
    test(rax, rax);
    jz(Otherwise(), T_NEAR);
    lea(r8, ptr[rax + callee.frame_words * sizeof(PyObject*)]);
    cmp(r8, ptr[rcx + offsetof(PyThreadState, datastack_limit)]);
    jae(Otherwise(), T_NEAR);
    mov(ptr[rcx + offsetof(PyThreadState, datastack_top)], r8);
    dec(dword[rcx + offsetof(PyThreadState, recursion_remaining)]);
    add(rax, static_cast<uint32_t>(sizeof(ReturnLink) + kRegs));
    mov(ptr[FRAME(rax, f_func)], rdi);
    movups(xmm1, ptr[rdi + offsetof(PyFunctionObject, func_globals)]);
    movups(ptr[FRAME(rax, f_globals)], xmm1);
    mov(qword[FRAME(rax, f_locals)], 0);
    mov(rcx, reinterpret_cast<uintptr_t>(callee.code));
    inc(qword[rcx]);
    mov(ptr[FRAME(rax, f_code)], rcx);
    mov(qword[FRAME(rax, frame_obj)], 0);
    mov(rcx, reinterpret_cast<uintptr_t>(CodeStart(&callee) - 1));
    mov(ptr[FRAME(rax, prev_instr)], rcx);
    mov(dword[FRAME(rax, stacktop)], -1);
    mov(word[FRAME(rax, is_entry)], 0);
    lea(rcx, ptr[r13 - kRegs]);
    mov(ptr[FRAME(rax, previous)], rcx);
    mov(rcx, ptr[r14]);
    mov(ptr[LINK(rax, unit_flags)], rcx);
    lea(rcx, ptr[rax - kRegs]);
    mov(ptr[r15 + kCurrentFrame], rcx);
    // As NullRegisters: perhaps one more.
    xorps(xmm1, xmm1);
    for (uint32_t i = given; i < callee.num_registers; i += 2) {
      movups(ptr[rax + i * sizeof(PyObject*)], xmm1);
    }
  }

  // Of a Python function with positional parameters only.
  bool CallPy(bool method) {
    const auto* list = reinterpret_cast<const Operand*>(&unit_.instrs[at_ + 1]);
    const InlineCache& cache = unit_.caches()[in_.c];
    uint32_t n = cache.num_args;
    uint32_t window = in_.b;
    Operand callable = method ? TempOperand(window) : *list++;
    uint32_t given = n + (method ? 1 : 0);
    // A function's version is never used again: what follows from it holds.
    const auto& callee = *reinterpret_cast<const Unit*>(cache.value);
    constexpr uint32_t kManyRegisters = 32;
    bool known = cache.version != 0 && IsUnit(&callee) &&
                 callee.num_registers < kManyRegisters;
    if (!known) GuardOp();
    Load(rdi, callable);
    if (method) {
      test(rdi, rdi);
      jz(Otherwise(), T_NEAR);
    }
    GuardType(rdi, &PyFunction_Type);
    if (known) {
      cmp(dword[rdi + offsetof(PyFunctionObject, func_version)], cache.version);
      jne(Otherwise(), T_NEAR);
      PushKnownFrame(callee, given);
      mov(rsi, reinterpret_cast<uintptr_t>(&callee));
    } else {
      mov(ecx, CELL32(version));
      cmp(dword[rdi + offsetof(PyFunctionObject, func_version)], ecx);
      jne(Otherwise(), T_NEAR);
      mov(rsi, CELL(value));
      mov(edx, given);
      CallOutside(stubs_.push_frame);
      test(rax, rax);
      jz(Otherwise(), T_NEAR);
    }
    mov(rcx, reinterpret_cast<uintptr_t>(cache.call_unit) +
                 4 * sizeof(_Py_CODEUNIT));
    mov(ptr[FRAME(r13, prev_instr)], rcx);
    lea(rcx, ptr[r12 + static_cast<int>(at_ * sizeof(Instr))]);
    mov(ptr[LINK(rax, call)], rcx);
    add(rcx, static_cast<uint32_t>((next_ - at_) * sizeof(Instr)));
    mov(ptr[LINK(rax, next)], rcx);
    if (IsTemp(callable)) {
      mov(Reg(RegisterOf(callable)), 0);
    } else {
      inc(qword[rdi]);
    }
    int to = 0;
    if (method) {
      mov(rcx, Reg(window + 1));
      mov(Reg(window + 1), 0);
      mov(ptr[rax], rcx);
      to = 8;
    }
    for (uint32_t i = 0; i < n; ++i, to += 8) {
      Load(rcx, list[i]);
      Own(rcx, list[i]);
      mov(ptr[rax + to], rcx);
    }
    JumpOutside(stubs_.enter_callee);
    return true;
  }

  bool Return() {
    cmp(word[FRAME(r13, is_entry)], 0);
    jne(Otherwise(), T_NEAR);
    cmp(qword[FRAME(r13, frame_obj)], 0);
    jne(Otherwise(), T_NEAR);
    cmp(qword[FRAME(r13, f_locals)], 0);
    jne(Otherwise(), T_NEAR);
    // A local moves out: the frame is ours alone.
    Load(rbx, in_.a);
    if (IsConst(in_.a)) {
      inc(qword[rbx]);
    } else {
      mov(Reg(RegisterOf(in_.a)), 0);
    }
    if (unit_.num_locals > 0) {
      // Finalizers shall not see the frame.
      mov(rax, ptr[FRAME(r13, previous)]);
      mov(ptr[r15 + kCurrentFrame], rax);
    }
    constexpr uint32_t kUnrolled = 4;
    if (unit_.num_locals <= kUnrolled) {
      for (uint32_t i = 0; i < unit_.num_locals; ++i) {
        if (!IsConst(in_.a) && RegisterOf(in_.a) == i) continue;
        Label done;
        mov(rdi, Reg(i));
        test(rdi, rdi);
        jz(done);
        Release(rdi);
        L(done);
      }
    } else {
      Label next, done;
      xor_(ebp, ebp);
      L(next);
      mov(rdi, ptr[r13 + rbp * 8]);
      test(rdi, rdi);
      jz(done);
      Release(rdi);
      L(done);
      inc(ebp);
      cmp(ebp, unit_.num_locals);
      jb(next);
    }
    JumpOutside(stubs_.leave_frame);
    return true;
  }

  bool Resume() {
    if (in_.b == 0) {
      mov(rcx, ptr[r14]);
      cmp(dword[UNIT(rcx, entry_budget)], 1);
      jle(Otherwise(), T_NEAR);
    }
    mov(rax, ptr[ACT(eval_breaker)]);
    mov(eax, dword[rax]);
    movzx(edx, byte[r15 + kUseTracing]);
    or_(eax, edx);
    jnz(Otherwise(), T_NEAR);
    if (in_.b == 0) dec(dword[UNIT(rcx, entry_budget)]);
    return true;
  }

  // --- The present instruction
  // ------------------------------------------------

  // Emits the fast path; false if there is none.
  bool Fast() {
    switch (Op op = BaseOf(in_.op)) {
      case Op::kRESUME:
        return Resume();
      case Op::kMOVE:
        Load(rcx, in_.b);
        Own(rcx, in_.b);
        Set(in_.a, rcx);
        return true;
      case Op::kCOPY:
        mov(rcx, Reg(in_.b));
        inc(qword[rcx]);
        Set(in_.a, rcx);
        return true;
      case Op::kDROP: {
        if (!IsTemp(in_.a)) return true;
        Label done;
        mov(rdi, Reg(RegisterOf(in_.a)));
        mov(Reg(RegisterOf(in_.a)), 0);
        test(rdi, rdi);
        jz(done);
        Release(rdi);
        L(done);
        return true;
      }
      case Op::kLOAD_DEREF:
        return LoadDeref();
      case Op::kSTORE_DEREF:
        return StoreDeref();
      case Op::kLIST_APPEND:
        return ListAppend();
      case Op::kCALL_LIST_APPEND:
        return CallListAppend();
      case Op::kCALL_LEN:
        return CallLen();
      case Op::kUNARY_NOT:
        return Not();
      case Op::kIS:
        return Identity(true);
      case Op::kIS_NOT:
        return Identity(false);
      case Op::kCOMPARE_LT:
        return Compare(Relation::kLt);
      case Op::kCOMPARE_LE:
        return Compare(Relation::kLe);
      case Op::kCOMPARE_EQ:
        return Compare(Relation::kEq);
      case Op::kCOMPARE_NE:
        return Compare(Relation::kNe);
      case Op::kCOMPARE_GT:
        return Compare(Relation::kGt);
      case Op::kCOMPARE_GE:
        return Compare(Relation::kGe);
      case Op::kLOAD_GLOBAL_MODULE:
        return LoadGlobal(false);
      case Op::kLOAD_GLOBAL_BUILTIN:
        return LoadGlobal(true);
      case Op::kADD_INT:
      case Op::kSUB_INT:
      case Op::kMUL_INT:
      case Op::kAND_INT:
      case Op::kOR_INT:
      case Op::kXOR_INT:
      case Op::kLSHIFT_INT:
      case Op::kRSHIFT_INT:
      case Op::kFLOORDIV_INT:
      case Op::kMOD_INT:
        return IntArithmetic(op);
      case Op::kADD_FLOAT:
      case Op::kSUB_FLOAT:
      case Op::kMUL_FLOAT:
      case Op::kTRUEDIV_FLOAT:
        return FloatArithmetic(op);
      case Op::kJUMP:
        jmp(labels_[at_ + LongJump(in_)], T_NEAR);
        return true;
      case Op::kJUMP_BACK:
        GoTo(at_ + LongJump(in_));
        return true;
      case Op::kJUMP_BACK_QUIET:
        jmp(labels_[at_ + LongJump(in_)], T_NEAR);
        return true;
      case Op::kJUMP_IF_TRUE:
        return TruthJump(true);
      case Op::kJUMP_IF_FALSE:
        return TruthJump(false);
      case Op::kJUMP_IF_NONE:
        return NoneJump(true);
      case Op::kJUMP_IF_NOT_NONE:
        return NoneJump(false);
      case Op::kJUMP_IF_IS:
        return IdentityJump(true);
      case Op::kJUMP_IF_IS_NOT:
        return IdentityJump(false);
      case Op::kJUMP_IF_LT:
        return CompareJump(Relation::kLt, true);
      case Op::kJUMP_IF_LE:
        return CompareJump(Relation::kLe, true);
      case Op::kJUMP_IF_EQ:
        return CompareJump(Relation::kEq, true);
      case Op::kJUMP_IF_NE:
        return CompareJump(Relation::kNe, true);
      case Op::kJUMP_IF_GT:
        return CompareJump(Relation::kGt, true);
      case Op::kJUMP_IF_GE:
        return CompareJump(Relation::kGe, true);
      case Op::kJUMP_UNLESS_LT:
        return CompareJump(Relation::kLt, false);
      case Op::kJUMP_UNLESS_LE:
        return CompareJump(Relation::kLe, false);
      case Op::kJUMP_UNLESS_EQ:
        return CompareJump(Relation::kEq, false);
      case Op::kJUMP_UNLESS_NE:
        return CompareJump(Relation::kNe, false);
      case Op::kJUMP_UNLESS_GT:
        return CompareJump(Relation::kGt, false);
      case Op::kJUMP_UNLESS_GE:
        return CompareJump(Relation::kGe, false);
      case Op::kLOAD_ATTR_VALUE:
        return LoadAttrValue();
      case Op::kLOAD_ATTR_SLOT:
        return LoadAttrSlot();
      case Op::kLOAD_ATTR_NONDATA:
        return LoadAttrNondata();
      case Op::kSTORE_ATTR_VALUE:
        return StoreAttrValue();
      case Op::kSTORE_ATTR_SLOT:
        return StoreAttrSlot();
      case Op::kLOAD_METHOD_VALUES:
        return LoadMethod(true);
      case Op::kLOAD_METHOD_NO_DICT:
        return LoadMethod(false);
      case Op::kLOAD_ITEM_LIST:
        return LoadItem(&PyList_Type);
      case Op::kLOAD_ITEM_TUPLE:
        return LoadItem(&PyTuple_Type);
      case Op::kSTORE_ITEM_LIST:
        return StoreItemList();
      case Op::kFOR_ITER_RANGE:
        return ForIterRange();
      case Op::kFOR_ITER_LIST:
        return ForIterSequence(&PyListIter_Type);
      case Op::kFOR_ITER_TUPLE:
        return ForIterSequence(&PyTupleIter_Type);
      case Op::kCALL_PY:
      case Op::kCALL_PY_TEMPS:
      case Op::kCALL_PY_LENT:
        return CallPy(false);
      case Op::kCALL_METHOD_PY:
      case Op::kCALL_METHOD_PY_TEMPS:
      case Op::kCALL_METHOD_PY_LENT:
        return CallPy(true);
      case Op::kRETURN:
        return Return();
      default:
        return false;
    }
  }

  const Unit& unit_;
  const Stubs& stubs_;
  uint32_t* offsets_;
  std::vector<Label> labels_;
  std::deque<Slow> slows_;
  std::deque<Back> backs_;
  std::deque<Wide> wides_;
  // Of the present instruction.
  Instr in_ = {};
  uint32_t at_ = 0, next_ = 0;
  Slow* slow_ = nullptr;
};

}  // namespace

Code* Compile(const Unit& unit, const char** refused) {
  const Stubs* stubs = TheStubs(refused);
  if (stubs == nullptr) return nullptr;
  if (unit.num_instrs > kMaxInstrs) {
    *refused = "the unit is too large";
    return nullptr;
  }
  absl::StatusOr<CodeBlock> block = TheCodeMemory().Allocate(
      kBytesPerUnit + kBytesPerInstr * unit.num_instrs, TheZone());
  if (!block.ok()) {
    *refused = CodeRefusal(block.status());
    return nullptr;
  }
  auto offsets = std::make_unique<uint32_t[]>(unit.num_instrs + 1);
  Xbyak::ClearError();
  Compiler compiler(unit, *stubs, *block, offsets.get());
  compiler.Run();
  if (!compiler.good()) {
    TheCodeMemory().Free(block->exec);
    *refused = "the unit's code does not fit the room that was estimated";
    return nullptr;
  }
  uint32_t size = compiler.offset();
  TheCodeMemory().Shrink(block->exec, size);
  CodeInfo info;
  if (const char* name = PyUnicode_AsUTF8(unit.code->co_qualname)) {
    info.function = name;
  }
  if (const char* file = PyUnicode_AsUTF8(unit.code->co_filename)) {
    info.file = file;
  }
  PyErr_Clear();
  info.line = static_cast<uint32_t>(unit.code->co_firstlineno);
  info.owner = &unit;
  TheCodeMap().Add(block->exec, std::move(info));
  auto* code =
      new Code{.exec = block->exec,
               .offsets = offsets.get(),
               .start = block->exec + offsets[0],
               .resumed = block->exec + offsets[unit.num_instrs > 1 ? 1 : 0],
               .size = size};
  offsets.release();
  return code;
}

}  // namespace pyvm::baseline
