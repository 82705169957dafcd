// The compiler of one unit: a pass over its bytecode that writes machine code.
//
// An instruction becomes its fast path, for what quickening says that it has
// met, or a call of its handler. Where a guard of a fast path fails nothing has
// happened yet, and the handler does all of it: it knows every case, and
// quickens anew. Inline caches are read as data, so what a site meets may
// change without a new compilation.
//
// What makes a fast path is a method that returns whether there is one. They
// stand in numbers.cc, jumps.cc, objects.cc and calls.cc.
#ifndef PYVM_TIERS_BASELINE_COMPILER_H_
#define PYVM_TIERS_BASELINE_COMPILER_H_

#include <cstdint>
#include <deque>
#include <vector>

#include "core/bytecode/opcodes.h"
#include "core/bytecode/unit.h"
#include "core/code/code_memory.h"
#include "core/feedback/inline_cache.h"
#include "core/runtime/object.h"
#include "core/runtime/polymorphic.h"
#include "tiers/baseline/assembler.h"
#include "tiers/baseline/code.h"
#include "tiers/baseline/stubs.h"

namespace pyvm::baseline {

using Xbyak::Label;
using Xbyak::Reg64;

class Compiler : public Assembler {
 public:
  Compiler(const Unit& unit, const Stubs& stubs, const CodeBlock& block,
           uint32_t* offsets)
      : Assembler(block.write, block.exec, block.size),
        unit_(unit),
        stubs_(stubs),
        offsets_(offsets),
        labels_(unit.num_instrs + 1) {}

  void Run();

 private:
  // Out of line: the handler does instruction `at`, and behind it comes `next`
  // (0: nothing does).
  struct Slow {
    Label label;
    uint32_t at, next, op;
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
  // A C function has returned to instruction `at`, and something waits.
  struct Pending {
    Label label;
    uint32_t at, next;
  };

  // --- Addresses -------------------------------------------------------------

  Xbyak::Address Reg(uint32_t reg) {
    return qword[r13 + static_cast<int>(reg * sizeof(PyObject*))];
  }
  Xbyak::Address InstrAddress(uint32_t at) {
    return qword[r12 + static_cast<int>(at * sizeof(Instr))];
  }
  // Operand i of the present instruction's list.
  Operand Listed(uint32_t i) const {
    return ListOperand(&unit_.instrs[at_], i);
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

  // --- Operands --------------------------------------------------------------

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
  // The same where there may be none.
  void ReleaseIfAny(const Reg64& object) {
    Label none;
    test(object, object);
    jz(none);
    Release(object);
    L(none);
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
    mov(rdi, Reg(reg));
    mov(Reg(reg), value);
    ReleaseIfAny(rdi);
  }

  // --- Slow paths ------------------------------------------------------------

  bool FallsThrough() const {
    return (InfoOf(BaseOf(in_.op)).effects & kEffectEnd) == 0;
  }
  // Clobbers what C functions do; the result is in rax.
  void Step(uint32_t at, const uint8_t* step) {
    lea(rdi, InstrAddress(at));
    CallOutside(step);
  }
  void Generic() {
    Step(at_,
         IsUnquickened(BaseOf(in_.op)) ? stubs_.step_unquickened : stubs_.step);
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
      slow_->op = in_.op;
      slow_->next = FallsThrough() ? next_ : 0;
    }
    return slow_->label;
  }

  // The cache is still one of the operation that is being compiled: others read
  // its cells in other ways.
  void GuardOp() {
    cmp(word[r12 + static_cast<int>(at_ * sizeof(Instr))], in_.op);
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

  // --- Numbers ---------------------------------------------------------------

  static bool IsSmallConst(PyObject* o) { return IsInt(o) && IsOneDigit(o); }
  // Whether the operand may be an int of one digit.
  bool MayBeInt(Operand x) const;
  bool MayBeFloat(Operand x) const;
  // `object` has been loaded. Clobbers r8.
  void IntValue(const Reg64& value, const Reg64& object, Operand x,
                Label* not_int = nullptr);
  void LoadUnlessConst(const Reg64& to, Operand x);

  bool IntArithmetic(Op op);

  void FloatValue(const Xbyak::Xmm& value, const Reg64& object, Operand x,
                  Label& not_float);

  bool FloatArithmetic(Op op);

  // --- Jumps -----------------------------------------------------------------

  // Jumps to `target`, which lies back if it is not behind this instruction.
  void GoTo(uint32_t target);
  // To `target` if cl is not zero.
  void GoToIfCl(uint32_t target);

  enum class Relation { kLt, kLe, kEq, kNe, kGt, kGe };

  void SetIfInts(Relation relation);
  // With what is no number every comparison but != is false.
  void SetIfFloats(Relation relation);

  // cl: how numbers compare; they are consumed.
  bool CompareTo(Relation relation, Operand a, Operand b);
  // cl: whether an interned constant string is equal to, or differs from, a
  // string; they are consumed.
  bool CompareToText(Relation relation, Operand a, Operand b);
  bool CompareJump(Relation relation, bool sense);

  // cl: whether the object in rbx is true, for those that say so at once.
  void Truth();
  bool TruthJump(bool sense);
  // A bool that stands in cl.
  void SetBool();
  bool Not();
  bool Identity(bool sense);
  bool Compare(Relation relation);

  bool NoneJump(bool sense);

  bool IdentityJump(bool sense);

  // --- Names and attributes --------------------------------------------------

  // rax: the keys of the dict in rax, if they have the version in the cache.
  void GuardKeys(const Xbyak::Address& version);
  // rcx: the value of the cache's entry in the keys in rax.
  void LoadEntry();
  bool LoadGlobal(bool builtin);

  // The attribute (borrowed) is in rcx, the owner in rbx.
  bool FinishLoad();
  bool LoadAttrValue();
  bool LoadAttrSlot();
  // The instance in rbx, of the type in rax, shares its keys, and they are
  // those of the cache.
  void GuardSharedKeys();
  bool LoadAttrNondata();
  // rcx: the attribute of the module, or of the class, in rbx.
  void FindInModule();
  void FindInClass();
  bool LoadAttrModule();
  bool LoadAttrClass();
  // The window gets the callable in rcx (borrowed).
  bool FinishCallable();
  bool LoadMethodModule();
  bool LoadMethodClass();

  // Inline value number rdx of the values at rsi is new. Clobbers rax.
  void NoteOrder();
  bool StoreAttrValue();
  bool StoreAttrSlot();

  bool LoadMethod(bool values);

  // --- Items -----------------------------------------------------------------

  bool CopyFreeVars();

  // rdx: the position of operand x, loaded into rbp, in the sequence in rbx.
  void Position(Operand x);
  bool LoadItem(PyTypeObject* type);
  bool StoreItemList();

  // Appends rcx (owned) to the list in rbx.
  void Append();
  void GuardRoom();
  bool ListAppend();
  bool CallListAppend();
  bool LoadDeref();
  bool StoreDeref();
  bool CallLen();

  // --- Loops -----------------------------------------------------------------

  bool ForIterRange();
  bool ForIterSequence(PyTypeObject* type);

  // --- Calls -----------------------------------------------------------------

  // A frame for the function in rdi, as core's PushFrame makes it: rax is its
  // registers. Clobbers rcx, r8, xmm1.
  void PushCallee(const Unit& callee, uint32_t given);

  // Of a Python function with positional parameters only.
  bool CallPy(bool method);

  bool Return();

  bool Resume();

  // --- Callees and attributes that are found at run time
  // -----------------------

  // rdx: what the table says of `name` for the type of the object in rbx, which
  // is in rax. Clobbers rcx, rsi.
  void FindMeaning(Lookup lookup, PyObject* name);
  // rcx: the object that rdx, left by FindMeaning, means; goes to Otherwise()
  // where there is none. Clobbers rsi.
  void LoadMeaning(bool method);
  bool LoadAttrAny();
  bool LoadMethodAny();
  bool StoreAttrAny();

  // rsi: the unit of the callable in rdi, which must be a function whose
  // parameters, all positional, `args` arguments and its defaults bind.
  // Clobbers rcx, r8.
  void FindUnit(uint32_t args);
  // rax: the registers of a new frame for the function in rdi, whose unit is in
  // rsi; its first `args` are the caller's to fill. Clobbers rcx, r8 to r11.
  void PushFound(uint32_t args);
  // The parameters of the frame in rax, of the function in rdi and the unit in
  // rsi, that `args` arguments leave. Clobbers rcx, r8, r9.
  void FillDefaults(uint32_t args);
  // What the frame in rax needs to return behind this instruction, and this one
  // to be seen as calling. The callee keeps the reference to its function in
  // rdi, which is the operand's if there is one. Clobbers rcx.
  void LinkCallee(const void* prev_instr, ReturnFlags flags = {});
  // The position of this instruction in CPython's bytecode.
  const void* Here() const;

  bool CallFound(bool method);
  // Calls the function in rdi, which `callable` has been loaded to, with the
  // receiver in the window if there is one (`self`), and the listed operands
  // from `first` on.
  void CallFunction(Operand callable, bool self, uint32_t first);
  bool CallClass();
  bool CallOperator(PyObject* name, bool same_type);
  bool BinaryAny();
  bool LoadAttrProperty();

  // --- Callables written in C
  // --------------------------------------------------

  // Calls the method definition in rax on the object in rdi, if it is the
  // cache's and has this form, with the listed operands from `first` on, and
  // consumes these. The result, which may be null, is in rcx.
  void CallDefinition(int form, uint32_t first);
  // The listed operands from `first` on, borrowed, become the vector at rsp.
  void FillVector(uint32_t first);
  void ConsumeListed(uint32_t first);
  // Stores the result of a C function, which is in rcx, or raises.
  bool FinishCallC();
  bool CallFunctionC(int form);
  bool CallMethodC(int form);
  bool CallTypeVector();
  // rbx: the callable, which must be `known`; the frame is seen as calling.
  void GuardCallable(const void* known);
  bool CallIsinstance();
  bool CallStr();

  // --- The present instruction -----------------------------------------------

  // Emits the fast path; false if there is none.
  bool Fast();

  const Unit& unit_;
  const Stubs& stubs_;
  uint32_t* offsets_;
  std::vector<Label> labels_;
  std::deque<Slow> slows_;
  std::deque<Back> backs_;
  std::deque<Pending> pendings_;
  std::deque<Wide> wides_;
  // Of the present instruction.
  Instr in_ = {};
  uint32_t at_ = 0, next_ = 0;
  Slow* slow_ = nullptr;
};

}  // namespace pyvm::baseline

#endif  // PYVM_TIERS_BASELINE_COMPILER_H_
