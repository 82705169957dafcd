// The compiler of one unit: a pass over its bytecode that writes machine code.
//
// An instruction becomes its fast path, for what quickening says that it has
// met, or a call of its handler. Where a guard of a fast path fails nothing has
// happened yet, and the handler does all of it: it knows every case, and
// quickens anew. Inline caches are read as data, so what a site meets may
// change without a new compilation; where they are burnt in, failures count
// (NoteStale in code.h).
//
// A temporary is held in a machine register where its reader takes it there and
// follows soon: numbers unboxed, and what has been loaded from an object that
// stays alive as a borrowed reference. Between the two no instruction can be
// entered from outside (kInside in code.h), and slow paths put it into the
// frame first, which is again what every handler expects.
//
// What makes a fast path is a method that returns whether there is one. They
// stand in numbers.cc, jumps.cc, objects.cc, containers.cc, calls.cc,
// callees.cc and generators.cc.
#ifndef PYVM_TIERS_BASELINE_COMPILER_H_
#define PYVM_TIERS_BASELINE_COMPILER_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "core/bytecode/opcodes.h"
#include "core/bytecode/unit.h"
#include "core/code/code_memory.h"
#include "core/feedback/inline_cache.h"
#include "core/listing/listing.h"
#include "core/runtime/object.h"
#include "core/runtime/polymorphic.h"
#include "tiers/baseline/assembler.h"
#include "tiers/baseline/code.h"
#include "tiers/baseline/stubs.h"

namespace pyvm::baseline {

using Xbyak::Label;
using Xbyak::Reg64;
using Xbyak::Xmm;

class Compiler : public Assembler {
 public:
  Compiler(const Unit& unit, const Stubs& stubs, const CodeBlock& block,
           uint32_t* offsets)
      : Assembler(block.write, block.exec, block.size),
        unit_(unit),
        stubs_(stubs),
        offsets_(offsets),
        labels_(unit.num_instrs + 1),
        enterable_(unit.num_instrs + 1) {}

  void Run();

  // Whether a temporary was held where it could not be read.
  bool lost() const { return lost_; }

  // What belongs to which instruction.
  std::vector<CodePlace> Places() const;

 private:
  // A temporary that is held in a machine register: a value, or a borrowed
  // reference, which nothing may release meanwhile.
  enum class Kind { kInt, kFloat, kObject };
  struct Held {
    uint32_t reg;
    Kind kind;
    int slot;
  };
  static constexpr int kMaxHeld = 4;
  struct HeldSet {
    Held all[kMaxHeld];
    int size = 0;
  };
  // Out of line: the handler does instruction `at`, and behind it comes `next`
  // (0: nothing does). What is held before it goes into the frame.
  struct Slow {
    Label label;
    uint32_t at, next, op;
    HeldSet held;
    bool burnt = false;  // what the cache says is in the code
  };
  // An int that has more than one digit.
  struct Wide {
    Label label, back;
    uint32_t at;
    Reg64 value, object;
    Label* otherwise;
  };
  // A float that does not overwrite a dying one.
  struct FloatStore {
    Label label, back;
    uint32_t at;
  };
  struct Back {
    Label label;
    uint32_t target;
    bool quiet = false;  // nobody looks for signals
  };
  // A handler has returned an instruction to go on at.
  struct Taken {
    Label label;
    uint32_t at;
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

  bool IsGenerator() const {
    constexpr int kKinds = CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR;
    return (unit_.code->co_flags & kKinds) != 0;
  }
  static bool IsTemp(Operand x) { return KindOf(x) == OperandKind::kTemp; }
  static bool IsConst(Operand x) { return KindOf(x) == OperandKind::kConst; }
  PyObject* Constant(Operand x) const {
    return unit_.pool[static_cast<int16_t>(x)];
  }
  // The operand, borrowed, which is no held number.
  void Load(const Reg64& to, Operand x) {
    if (const Held* held = Find(x)) {
      movq(to, Slot(held->slot));
    } else if (IsConst(x)) {
      MoveAddress(to, Constant(x));
    } else {
      mov(to, Reg(RegisterOf(x)));
    }
  }
  // What Load has read becomes an owned reference.
  void Own(const Reg64& object, Operand x) {
    if (Find(x) != nullptr) {
      Forget(x);
      inc(qword[object]);
    } else if (IsTemp(x)) {
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
    if (Find(x) != nullptr) return Forget(x);
    mov(Reg(RegisterOf(x)), 0);
    Release(object);
  }
  // The same where no general register has it by now. Clobbers rdi.
  void Discard(Operand x) {
    if (!IsTemp(x)) return;
    Load(rdi, x);
    Consume(rdi, x);
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

  // What follows is for instruction `at`, and out of line.
  void OutOfLine(Label& label, uint32_t at) {
    out_of_line_.push_back({offset(), at});
    L(label);
  }
  bool FallsThrough() const {
    return (InfoOf(BaseOf(in_.op)).effects & kEffectEnd) == 0;
  }
  // Clobbers what C functions do; the result is in rax.
  void Step(uint32_t at, const uint8_t* step) {
    lea(rdi, InstrAddress(at));
    CallOutside(step);
  }
  // Where the handler of instruction `at` goes on if not behind it; -1 if that
  // is not known.
  int64_t TargetOf(uint32_t at) const;
  // Goes to the instruction in rax, which the handler of `at` has returned.
  void GoToReturned(uint32_t at);
  // The present instruction by its handler.
  void Generic();
  // Where the guards of the present instruction go.
  Label& Otherwise();

  // The same for guards of what is burnt in.
  Label& Burnt() {
    Label& label = Otherwise();
    slow_->burnt = true;
    return label;
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
  // The type in rax of `object` has the version that the cache has now.
  void GuardVersion(const Reg64& object) {
    mov(rax, ptr[object + kType]);
    cmp(dword[rax + offsetof(PyTypeObject, tp_version_tag)],
        unit_.caches()[in_.c].version);
    jne(Burnt(), T_NEAR);
  }
  // The cache's index, to be burnt in behind such a guard.
  int Index() const { return static_cast<int>(unit_.caches()[in_.c].index); }

  // --- Temporaries in machine registers --------------------------------------

  static Xmm Slot(int slot) { return Xmm(kFirstSlot + slot); }
  // The operand if it is held; else null.
  const Held* Find(Operand x) const;
  bool IsHeldNumber(Operand x) const {
    const Held* held = Find(x);
    return held != nullptr && held->kind != Kind::kObject;
  }
  // Its reader has it.
  void Forget(Operand x);
  // Whether the result of the present instruction, whose operands have been
  // consumed, can be held.
  bool StaysHeld(Kind kind) const { return StaysHeldFrom(at_, kind); }
  bool StaysHeldFrom(uint32_t i, Kind kind) const;
  // Whether LOAD_ITEM_ANY i is taken to read an array's numbers, because its
  // reader is arithmetic.
  bool LoadsArray(uint32_t i) const;
  // Whether instruction i has a fast path that lets held numbers be.
  bool SparesHeld(uint32_t i) const;
  // Whether that fast path takes temporary `reg`, which it reads, as it is
  // held.
  bool TakesHeld(uint32_t i, uint32_t reg, Kind kind) const;
  // The same for objects, as far as it depends on the operation alone.
  bool TakesObject(const Instr& in, Operand x) const;
  int FreeSlot() const;
  void Hold(Kind kind, int slot) {
    held_.all[held_.size++] = {in_.a, kind, slot};
  }
  // Puts what is held into the frame. Clobbers rax, and what stubs do.
  void PutIntoFrame(const Held& held, uint32_t at);
  // What the present instruction does not read goes into the frame where it
  // might not be spared, or if it is borrowed and might be released.
  void SecureHeld();
  // Whether what is read from operand x lives on when that has been consumed.
  bool KeepsAlive(Operand x) const { return !IsTemp(x) || Find(x) != nullptr; }
  // The held operand x, which is in `object`, after a call of C.
  void Restore(Operand x, const Reg64& object) {
    if (const Held* held = Find(x)) movq(Slot(held->slot), object);
  }
  // Marks where units can be entered or jumped to.
  void FindEntries();
  // The result of the present instruction, an int in rdx or a float in xmm0.
  void SetInt();
  void SetFloat();
  // The same, boxed.
  void StoreInt();
  void StoreFloat();

  // --- Numbers ---------------------------------------------------------------

  static bool IsSmallConst(PyObject* o) { return IsInt(o) && IsOneDigit(o); }
  // Whether the operand may be an int of one digit.
  bool MayBeInt(Operand x) const;
  bool MayBeFloat(Operand x) const;
  bool MayBeText(Operand x) const { return !IsConst(x) || IsStr(Constant(x)); }
  // Whether a float operation can be in machine code.
  bool CanBeReal(Operand a, Operand b) const;
  // Loads what has to be looked at: no constant, no held number.
  void LoadNumber(const Reg64& to, Operand x);
  // Releases a temporary that LoadNumber has loaded.
  void ConsumeNumber(const Reg64& object, Operand x);
  // The value of operand x, which LoadNumber has loaded. Clobbers r8.
  void IntValue(const Reg64& value, const Reg64& object, Operand x,
                Label* not_int = nullptr);
  // The same as a float; boxed ints fail the guard. Clobbers rax.
  void FloatValue(const Xmm& value, const Reg64& object, Operand x,
                  Label* not_float = nullptr);
  // The same of a float or an int of at most 53 bits. Clobbers rdx and r8 too.
  void RealValue(const Xmm& value, const Reg64& object, Operand x);
  void FloatConstant(const Xmm& value, double constant);

  static bool IsIntArithmetic(Op op);
  static bool IsFloatArithmetic(Op op);
  // rdx and rax: rdx by rcx, which are not negative.
  void DivideInts(bool quotient, bool positive_divisor);
  // rdx: rdx and the other operand. False if that is not to be done so.
  bool IntArithmeticByConstant(Op op, int32_t constant);
  void IntArithmeticByRegister(Op op);
  bool IntArithmetic(Op op);
  bool FloatArithmetic(Op op);
  bool Negative();

  // --- Jumps -----------------------------------------------------------------

  // Jumps to `target`, which lies back if it is not behind this instruction;
  // quietly to the SEND of a delegation.
  void GoTo(uint32_t target, bool quiet = false);
  // To `target` if cl is not zero.
  void GoToIfCl(uint32_t target);

  enum class Relation { kLt, kLe, kEq, kNe, kGt, kGe };
  static Relation Inverse(Relation relation);

  // Where a comparison of numbers goes: to an instruction if it has the
  // outcome `sense`.
  struct Branch {
    uint32_t target;
    bool sense;
  };
  // After a comparison of ints, or of the floats in xmm0 and xmm1: goes to the
  // branch, or without one sets cl. With what is no number every comparison but
  // != is false.
  void UseCompared(Kind kind, Relation relation, const Branch* branch);
  void JumpIfInts(Relation relation, bool sense, Label& target);
  void JumpIfFloats(Relation relation, bool sense, Label& target);

  // Compares numbers, which are consumed; then as UseCompared.
  bool CompareNumbers(Relation relation, Operand a, Operand b,
                      const Branch* branch);
  // cl: whether a constant string is equal to, or differs from, a string; they
  // are consumed.
  bool CompareToText(Relation relation, Operand a, Operand b);
  static std::optional<std::pair<Relation, bool>> ComparisonOf(Op op);
  // The same for any two strs that have been loaded; goes to Otherwise() if
  // they are none.
  void SetIfTexts(Relation relation, Operand a, Operand b);
  // The zero flag: whether the ASCII str in rbx, of that size (at most 8), has
  // the characters of `text`.
  void CompareCharacters(const char* text, uint32_t size);
  bool CompareJump(Relation relation, bool sense);

  // The object is a dict or a str: its size stands where those of lists and
  // tuples do.
  void GuardSized(const Reg64& object, const Reg64& type);
  // cl: whether the object in rbx is true, for those that say so at once.
  void Truth();
  bool TruthJump(bool sense);
  // A bool that stands in cl.
  void SetBool();
  bool Not();
  // cl: whether the operands, which are consumed, are one object, or two.
  void IsSame(Operand a, Operand b, bool sense);
  bool Identity(bool sense);
  bool IdentityJump(bool sense);
  bool NoneJump(bool sense);
  bool Compare(Relation relation);

  // --- Names and attributes --------------------------------------------------

  // rax: the keys of the dict in rax, if they have the version.
  void GuardKeys(uint32_t version);
  // rcx: the value there that lies so many bytes behind the keys.
  void LoadValue(uint32_t version, int64_t offset);
  bool LoadGlobal(bool builtin);

  // What is loaded (borrowed) is in rcx, what it is loaded from in rbx.
  bool FinishLoad();
  bool LoadAttrValue();
  bool LoadAttrSlot();
  // The instance in rbx, of the type in rax, shares its keys, and they have the
  // version.
  void GuardSharedKeys(uint32_t version);
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
  // Of ints of one or two digits.
  bool CallExtreme(bool max);

  // --- Containers ------------------------------------------------------------

  // Calls a C function, which does nothing if it returns what leads to
  // Otherwise(), with the operands.
  bool LoadItemDict();
  bool StoreItemDict();
  bool LoadItemStr();
  // rcx: the character (borrowed) at position rdx of the ASCII str in `text`.
  // Clobbers rax.
  void LoadCharacter(const Reg64& text);
  // Of array.array, once the program has one. It is in rbx.
  // Its items are of the kind, or of any (kObject).
  void LoadItemArray(Kind kind);
  bool LoadItemAny();
  bool StoreItemArray();
  // cl: whether `container` has `item`; they are consumed.
  void IsIn(Operand item, Operand container);
  bool Contains(bool sense);
  bool ContainsJump(bool sense);
  bool SetAdd();
  bool BuildTuple();
  bool BuildList();
  bool Unpack();

  // --- Loops -----------------------------------------------------------------

  bool GetIter();
  bool ForIterRange();
  // Over the characters of an ASCII str, a dict's keys or values, or a set.
  bool ForIterAny();
  bool ForIterSequence(PyTypeObject* type);

  // --- Calls -----------------------------------------------------------------

  // A frame for the function in rdi, as core's PushFrame makes it: rax is its
  // registers. Clobbers rcx, r8, xmm1.
  void PushCallee(const Unit& callee, uint32_t given);

  // `n` listed operands from `first` on, owned, become the words at `to`.
  // Clobbers rcx.
  void MoveListed(uint32_t first, uint32_t n, const Xbyak::RegExp& to);
  // Fills the parameters of the linked frame in rax: its function, which is in
  // rdi and was loaded from `callable`, the receiver in the window if there is
  // one (`self`), and the listed operands from `first` on. Clobbers rcx.
  void PassArguments(Operand callable, bool self, uint32_t first);
  // Of a Python function with positional parameters only.
  bool CallPy(bool method);

  // rbx: operand x (owned), for the frame is ours alone and ends.
  void MoveOut(Operand x);
  bool Return();

  bool Resume();

  // --- Callees and attributes that are found at run time
  // ----------------------

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
  void LinkCallee(const void* prev_instr, Label& behind,
                  ReturnFlags flags = {});
  // Goes to the code of the linked frame, and comes back at `behind` with the
  // result (owned) in rbx, all else as at the beginning of an instruction.
  void EnterCallee(Label& behind);
  // The position of this instruction in CPython's bytecode.
  const void* Here() const;
  // The frame is seen at that position. Clobbers rcx.
  void SavePc(const void* position) {
    MoveAddress(rcx, position);
    mov(ptr[FRAME(r13, prev_instr)], rcx);
  }

  bool CallFound(bool method);
  // Calls the function in rdi with arguments as for PassArguments.
  void CallFunction(Operand callable, bool self, uint32_t first);
  bool CallClass();
  bool CallOperator(PyObject* name, bool same_type);
  bool BinaryAny();
  bool LoadAttrProperty();

  // --- Generators ------------------------------------------------------------

  // Code that is jumped to straight from another unit goes on in this one.
  void EnterUnit();
  // The generator or coroutine in rbx goes on, by one of the two stubs. Behind
  // this, what it has yielded is in rbx; nothing but r13 and r15 is kept.
  void ResumeGenerator(const uint8_t* stub);
  bool ForIterGen();
  bool Send();
  bool Yield();
  // False if the unit is a plain function.
  bool ReturnFromGenerator();
  bool GetAwaitable();
  bool GetYieldFromIter();

  // --- Callables written in C ------------------------------------------------

  // Calls the method definition in rax on the object in rdi, if it is the
  // cache's and has this form, with the listed operands from `first` on, and
  // consumes these. The result, which may be null, is in rcx.
  void CallDefinition(int form, uint32_t first);
  // The listed operands from `first` on, borrowed, become the vector at rsp,
  // which is handed over as the second argument and those behind it.
  void FillVector(uint32_t first);
  void ConsumeListed(uint32_t first);
  // Stores the result of a C function, which is in rcx, or raises.
  bool FinishCallC();
  bool CallFunctionC(int form);
  bool CallMethodC(int form);
  bool CallTypeVector();
  // rbx: the callable, which must be `known`.
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
  std::deque<Taken> takens_;
  std::deque<Pending> pendings_;
  std::deque<Wide> wides_;
  std::deque<FloatStore> float_stores_;
  std::vector<bool> enterable_;  // an entry, or the target of a jump
  HeldSet held_;
  std::vector<CodePlace> out_of_line_;
  // Of the present instruction.
  Instr in_ = {};
  uint32_t at_ = 0, next_ = 0;
  Slow* slow_ = nullptr;
  HeldSet held_at_start_;
  bool lost_ = false;
};

}  // namespace pyvm::baseline

#endif  // PYVM_TIERS_BASELINE_COMPILER_H_
