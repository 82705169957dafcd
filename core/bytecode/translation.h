// One translation in progress: the symbolic stack and what is emitted. Private
// to translator.cc (which turns the result into a unit) and translate_ops.cc
// (which knows CPython's instructions).
#ifndef PYVM_CORE_BYTECODE_TRANSLATION_H_
#define PYVM_CORE_BYTECODE_TRANSLATION_H_

#include <algorithm>
#include <cstring>
#include <memory_resource>
#include <vector>

#include "core/bytecode/analysis.h"
#include "core/bytecode/opcodes.h"
#include "core/bytecode/source_ops.h"
#include "core/bytecode/translator.h"

namespace pyvm {

// Code objects longer than this get jumps in two steps (see EmitShortJump).
inline constexpr size_t kLongCodeUnits = 8000;

struct Fixup {
  uint32_t instr;
  uint32_t target;  // index of the source instruction
  bool is_short;    // distance in c, else in b and c
};

class Translator {
 public:
  // Works in the memory that `analysis` lies in.
  Translator(PyCodeObject* code, const Analysis& analysis)
      : code_(code),
        a_(analysis),
        memory_(analysis.instrs.get_allocator().resource()),
        long_code_(analysis.instr_at.size() > kLongCodeUnits) {
    // Enough for all but a few code objects.
    size_t guess = a_.instrs.size() + 8;
    instrs_.reserve(guess);
    positions_.reserve(guess);
    caches_.reserve(a_.instrs.size() / 4 + 1);
    stack_.reserve(a_.stack_size + 1);
    instr_of_.assign(a_.instrs.size(), kNoTarget);
    bound_.assign(a_.bound_words, 0);
  }

  // Stop describing the stack before instruction `instr`.
  void AskFor(uint32_t instr, StackImage* image) {
    asked_ = instr;
    image_ = image;
  }

  void Run() {
    for (uint32_t i = 0; i < a_.instrs.size(); ++i) {
      const SourceInstr& s = a_.instrs[i];
      if (i < skip_to_) {
        if (image_ != nullptr && s.op == STORE_FAST) BehindProducer(s);
        continue;
      }
      if (s.depth < 0) {
        live_ = false;
        continue;
      }
      if (s.leader) EnterLeader(i);
      instr_of_[i] = Size();
      cur_ = i;
      if (!grouped_ && image_ != nullptr) Begin(s);
      grouped_ = s.op == KW_NAMES || (grouped_ && s.op == PRECALL);
      FlushForHandler(s.unit);
      live_ = !EndsFlow(s.op);
      One(s);
    }
    if (instrs_.empty() || live_) {
      // Unreachable for checked code; keeps the decoder inside the array.
      Emit(Op::kJUMP, 0, 0, 0);
    }
    for (const Fixup& f : fixups_) {
      auto distance = static_cast<int32_t>(instr_of_[f.target]) -
                      static_cast<int32_t>(f.instr);
      Instr& in = instrs_[f.instr];
      if (f.is_short) {
        in.c = static_cast<uint16_t>(distance);
      } else {
        in.b = static_cast<uint16_t>(distance);
        in.c = static_cast<uint16_t>(static_cast<uint32_t>(distance) >> 16);
      }
    }
  }

  // What has been translated; null with an exception set when it cannot be.
  Unit* MakeUnit();

 private:
  // Whether source instruction i is where a unit can be entered.
  bool IsEntry(size_t i) const {
    const SourceInstr& s = a_.instrs[i];
    return s.leader && s.depth >= 0 && instr_of_[i] != kNoTarget;
  }
  void FillCaches(Unit* unit) const;
  uint32_t Size() const { return static_cast<uint32_t>(instrs_.size()); }
  uint32_t Depth() const { return static_cast<uint32_t>(stack_.size()); }
  uint32_t Reg(uint32_t depth) const { return a_.num_locals + depth; }
  static bool IsNull(Operand x) { return x == kNullEntry; }
  bool IsTemp(Operand x) const {
    return !IsNull(x) && KindOf(x) == OperandKind::kTemp;
  }

  // Notes the state before source instruction `s`, for the stack's description.
  void Begin(const SourceInstr& s) {
    begin_unit_ = s.begin;
    shadow_ = stack_;
    if (pending_size_ == Size() && !s.leader) return;
    pending_unit_ = begin_unit_;
    pending_stack_ = stack_;
    pending_size_ = Size();
  }

  // `s` stores what the instruction just emitted has put into its local. It can
  // be repeated as well, from that local.
  void BehindProducer(const SourceInstr& s) {
    pending_unit_ = s.begin;
    pending_stack_ = stack_;
    pending_stack_.push_back(LocalOperand(s.arg));
    pending_size_ = Size();
  }

  // The stack before the instruction that is emitted next.
  void Describe() {
    // The source instructions that have emitted nothing since the one before
    // are repeated: none of them changes anything, and tracing shows them.
    bool first = Size() == pending_size_;
    const std::pmr::vector<Operand>& stack = first ? pending_stack_ : shadow_;
    image_->ok = true;
    image_->next_unit = first ? pending_unit_ : begin_unit_;
    image_->entries.assign(stack.begin(), stack.end());
  }

  // --- Emission -------------------------------------------------------------
  uint32_t EmitConcrete(uint16_t op, uint32_t a, uint32_t b, uint32_t c) {
    uint32_t at = Size();
    if (at == asked_) Describe();
    instrs_.push_back({op, static_cast<uint16_t>(a), static_cast<uint16_t>(b),
                       static_cast<uint16_t>(c)});
    positions_.push_back(a_.instrs[cur_].unit);
    return at;
  }
  uint32_t Emit(Op op, uint32_t a, uint32_t b = 0, uint32_t c = 0) {
    return EmitConcrete(ConcreteOp(op), a, b, c);
  }
  // Operations with kinded operands, in the order of their fields.
  uint32_t Emit1(Op op, Operand x, uint32_t a, uint32_t b, uint32_t c = 0) {
    return EmitConcrete(ConcreteOp(op, x), a, b, c);
  }
  uint32_t Emit2(Op op, Operand x, Operand y, uint32_t a, uint32_t b,
                 uint32_t c) {
    return EmitConcrete(ConcreteOp(op, x, y), a, b, c);
  }
  uint32_t EmitWide(Op op, uint32_t a, uint32_t imm) {
    return Emit(op, a, imm & 0xffff, imm >> 16);
  }
  // The operands in list_, behind the instruction just emitted.
  void EmitList() {
    list_.resize((list_.size() + 3) / 4 * 4);
    for (size_t i = 0; i < list_.size(); i += 4) {
      EmitConcrete(list_[i], list_[i + 1], list_[i + 2], list_[i + 3]);
    }
  }
  void LongFixup(uint32_t at, uint32_t target) {
    fixups_.push_back({at, target, false});
  }
  // The distance of the jump just emitted, whose field c is 16 bits wide. In
  // long code it leads to a far jump next to it. What the source instruction
  // does is done by then: the two jumps stand for its ends.
  void ShortFixup(uint32_t at, uint32_t target) {
    if (!long_code_) {
      fixups_.push_back({at, target, true});
      return;
    }
    instrs_[at].c = 2;
    begin_unit_ = a_.instrs[std::max(skip_to_, cur_ + 1)].begin;
    if (image_ != nullptr) shadow_ = stack_;
    Emit(Op::kJUMP, 0, 2, 0);
    begin_unit_ = a_.instrs[target].begin;
    if (image_ != nullptr) StackAtLeader(target, &shadow_);
    bool back = target <= cur_;
    LongFixup(Emit(back ? Op::kJUMP_BACK : Op::kJUMP, 0), target);
  }
  uint32_t NewCache() { return num_caches_++; }

  // --- The symbolic stack ---------------------------------------------------
  void Push(Operand x) { stack_.push_back(x); }
  void PushTemp() { stack_.push_back(TempOperand(Reg(Depth()))); }
  Operand Pop() {
    Operand x = stack_.back();
    stack_.pop_back();
    return x;
  }
  // Puts entry d into its slot.
  void Flush(uint32_t d) {
    Operand x = stack_[d];
    Operand to = TempOperand(Reg(d));
    if (!IsTemp(x) && !IsNull(x)) {
      Emit1(Op::kMOVE, x, Reg(d), x);
      if (image_ != nullptr && d < shadow_.size()) shadow_[d] = to;
    }
    if (!IsNull(x)) stack_[d] = to;
  }
  void FlushFrom(uint32_t d) {
    for (; d < Depth(); ++d) Flush(d);
  }
  void FlushAll() { FlushFrom(0); }
  // At joins even a null becomes an ordinary slot, which holds null.
  void FlushForJoin() {
    FlushAll();
    for (uint32_t d = 0; d < Depth(); ++d) stack_[d] = TempOperand(Reg(d));
  }
  // Before local `reg` changes, pending reads of it are carried out.
  void FlushLocal(uint32_t reg) {
    for (uint32_t d = 0; d < Depth(); ++d) {
      if (stack_[d] == LocalOperand(reg)) Flush(d);
    }
  }
  // What an exception handler finds on its stack must be in the slots.
  void FlushForHandler(uint32_t unit) {
    const ExceptionRange* r = RangeOf(unit);
    if (r != nullptr && r->depth > 0) FlushBelow(r->depth);
  }
  void FlushBelow(uint32_t depth);
  const ExceptionRange* RangeOf(uint32_t unit) {
    auto& ranges = a_.ranges;
    while (range_at_ < ranges.size() && ranges[range_at_].end <= unit) {
      ++range_at_;
    }
    if (range_at_ < ranges.size() && ranges[range_at_].begin <= unit) {
      return &ranges[range_at_];
    }
    return nullptr;
  }
  void StackAtLeader(uint32_t i, std::pmr::vector<Operand>* stack) const {
    stack->resize(static_cast<size_t>(a_.instrs[i].depth));
    for (uint32_t d = 0; d < stack->size(); ++d) {
      (*stack)[d] = TempOperand(Reg(d));
    }
  }
  void EnterLeader(uint32_t i) {
    const SourceInstr& s = a_.instrs[i];
    if (live_) {
      if (image_ != nullptr) Begin(s);
      FlushForJoin();
    }
    StackAtLeader(i, &stack_);
    std::memcpy(bound_.data(), &a_.bound[a_.bound_at[i]],
                bound_.size() * sizeof(uint64_t));
    live_ = true;
  }

  bool IsBound(uint32_t reg) const {
    return (bound_[reg / 64] >> reg % 64 & 1) != 0;
  }
  void SetBound(uint32_t reg, bool bound) {
    if (bound) {
      bound_[reg / 64] |= 1ULL << reg % 64;
    } else {
      bound_[reg / 64] &= ~(1ULL << reg % 64);
    }
  }

  // The source instruction behind the current one if it can be fused into it.
  const SourceInstr* Next(uint32_t ahead = 1) const {
    uint32_t i = cur_ + ahead;
    if (i >= a_.instrs.size() || a_.instrs[i].leader) return nullptr;
    return &a_.instrs[i];
  }
  void SkipNext(uint32_t n = 1) { skip_to_ = cur_ + n + 1; }

  // Where the result goes: the local that the next instruction stores to, or
  // the temporary on top of the (already popped) stack, which is pushed.
  uint32_t Destination() {
    const SourceInstr* next = Next();
    if (next != nullptr && next->op == STORE_FAST) {
      FlushLocal(next->arg);
      SetBound(next->arg, true);
      SkipNext();
      return next->arg;
    }
    PushTemp();
    return Reg(Depth() - 1);
  }

  // --- One source instruction -----------------------------------------------
  void One(const SourceInstr& s);
  void LoadFast(uint32_t reg);
  void StoreFast(uint32_t reg);
  void LoadConst(uint32_t index);
  void Swap(uint32_t n);
  void Compare(Op op, Op jump_if, Op jump_unless);
  void ConditionalJump(const SourceInstr& s);
  void Call(const SourceInstr& s);
  void Unpack(const SourceInstr& s);
  void Build(Op op, uint32_t n);
  void LoadSlice();
  // Operations on a window: `pops` inputs from register A on, `pushes` outputs.
  void Window(Op op, uint32_t imm, uint32_t pops, uint32_t pushes) {
    FlushAll();
    uint32_t base = Depth() - pops;
    EmitWide(op, Reg(base), imm);
    stack_.resize(base);
    for (uint32_t i = 0; i < pushes; ++i) PushTemp();
  }

  PyCodeObject* code_;
  const Analysis& a_;
  std::pmr::memory_resource* const memory_;
  const bool long_code_;
  std::pmr::vector<Instr> instrs_{memory_};
  std::pmr::vector<uint32_t> positions_{memory_};
  // Source instruction -> instruction.
  std::pmr::vector<uint32_t> instr_of_{memory_};
  std::pmr::vector<Fixup> fixups_{memory_};
  struct CacheInit {
    uint32_t index;
    uint32_t name;  // kNoTarget for calls
    uint32_t unit;  // calls
    uint32_t args, keywords;
  };
  std::pmr::vector<CacheInit> caches_{memory_};
  std::pmr::vector<Operand> stack_{memory_};
  std::pmr::vector<Operand> list_{memory_};  // of the instruction in the making
  std::pmr::vector<uint64_t> bound_{memory_};
  // The stack as CPython has it at begin_unit_.
  std::pmr::vector<Operand> shadow_{memory_};
  size_t range_at_ = 0;
  uint32_t cur_ = 0;
  uint32_t skip_to_ = 0;
  uint32_t begin_unit_ = 0;
  // The same at the first source instruction behind the last emission.
  std::pmr::vector<Operand> pending_stack_{memory_};
  uint32_t pending_unit_ = 0;
  uint32_t pending_size_ = kNoTarget;
  uint32_t num_caches_ = 0;
  uint32_t kw_names_ = 0;
  uint32_t asked_ = kNoTarget;
  StackImage* image_ = nullptr;
  bool live_ = false;
  bool grouped_ = false;
};

}  // namespace pyvm

#endif  // PYVM_CORE_BYTECODE_TRANSLATION_H_
