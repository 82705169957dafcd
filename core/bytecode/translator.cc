#include "core/bytecode/translator.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "core/bytecode/analysis.h"
#include "core/bytecode/disassembler.h"
#include "core/bytecode/opcodes.h"
#include "core/bytecode/source_ops.h"
#include "core/bytecode/verifier.h"
#include "core/feedback/inline_cache.h"

namespace pyvm {
namespace {

// Code objects longer than this get jumps in two steps (see EmitShortJump).
constexpr size_t kLongCodeUnits = 8000;

struct Fixup {
  uint32_t instr;
  uint32_t target;  // index of the source instruction
  bool is_short;    // distance in c, else in b and c
};

class Translator {
 public:
  Translator(PyCodeObject* code, const Analysis& analysis)
      : code_(code),
        a_(analysis),
        long_code_(analysis.instr_at.size() > kLongCodeUnits) {
    instrs_.reserve(a_.instrs.size());
    positions_.reserve(a_.instrs.size());
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

  Unit* MakeUnit();

 private:
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

  // --- Emission -------------------------------------------------------------
  uint32_t EmitConcrete(uint16_t op, uint32_t a, uint32_t b, uint32_t c) {
    uint32_t at = Size();
    if (at == asked_ && image_ != nullptr) {
      // The source instructions that have emitted nothing since the one before
      // are repeated: none of them changes anything, and tracing shows them.
      bool first = at == pending_size_;
      image_->ok = true;
      image_->next_unit = first ? pending_unit_ : begin_unit_;
      image_->entries = first ? pending_stack_ : shadow_;
    }
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
  void EmitList(const std::vector<Operand>& list) {
    for (size_t i = 0; i < list.size(); i += 4) {
      Operand w[4] = {0, 0, 0, 0};
      for (size_t j = 0; j < 4 && i + j < list.size(); ++j) w[j] = list[i + j];
      EmitConcrete(w[0], w[1], w[2], w[3]);
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
    if (image_ != nullptr) shadow_ = StackAtLeader(target);
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
  // What an exception handler finds on its stack must be in the slots. The
  // moves come before its range begins: a signal may be handled at any of them.
  void FlushForHandler(uint32_t unit) {
    const ExceptionRange* r = RangeOf(unit);
    if (r == nullptr) return;
    size_t first = positions_.size();
    for (uint32_t d = 0; d < r->depth && d < Depth(); ++d) Flush(d);
    for (size_t i = first; i < positions_.size(); ++i) {
      positions_[i] = a_.instrs[cur_ - 1].unit;
    }
  }
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
  std::vector<Operand> StackAtLeader(uint32_t i) const {
    std::vector<Operand> stack;
    for (int32_t d = 0; d < a_.instrs[i].depth; ++d) {
      stack.push_back(TempOperand(Reg(static_cast<uint32_t>(d))));
    }
    return stack;
  }
  void EnterLeader(uint32_t i) {
    const SourceInstr& s = a_.instrs[i];
    if (live_) {
      if (image_ != nullptr) Begin(s);
      FlushForJoin();
    }
    stack_ = StackAtLeader(i);
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
  const bool long_code_;
  std::vector<Instr> instrs_;
  std::vector<uint32_t> positions_;
  std::vector<uint32_t> instr_of_;  // source instruction -> instruction
  std::vector<Fixup> fixups_;
  struct CacheInit {
    uint32_t index;
    uint32_t name;  // kNoTarget for calls
    uint32_t unit;  // calls
    uint32_t args, keywords;
  };
  std::vector<CacheInit> caches_;
  std::vector<Operand> stack_;
  std::vector<uint64_t> bound_;
  std::vector<Operand> shadow_;  // the stack as CPython has it at begin_unit_
  size_t range_at_ = 0;
  uint32_t cur_ = 0;
  uint32_t skip_to_ = 0;
  uint32_t begin_unit_ = 0;
  // The same at the first source instruction behind the last emission.
  std::vector<Operand> pending_stack_;
  uint32_t pending_unit_ = 0;
  uint32_t pending_size_ = kNoTarget;
  uint32_t num_caches_ = 0;
  uint32_t kw_names_ = 0;
  uint32_t asked_ = kNoTarget;
  StackImage* image_ = nullptr;
  bool live_ = false;
  bool grouped_ = false;
};

void Translator::LoadFast(uint32_t reg) {
  if (!IsBound(reg)) {
    Emit(Op::kCHECK_LOCAL, reg);
    SetBound(reg, true);
  }
  Push(LocalOperand(reg));
}

void Translator::StoreFast(uint32_t reg) {
  Operand x = Pop();
  if (x != LocalOperand(reg)) {
    FlushLocal(reg);
    Emit1(Op::kMOVE, x, reg, x);
  }
  SetBound(reg, true);
}

void Translator::LoadConst(uint32_t index) {
  if (index <= kMaxConstantOperand - 1) {
    Push(ConstOperand(index));
    return;
  }
  PushTemp();
  EmitWide(Op::kMOVE_WIDE, Reg(Depth() - 1), index);
}

void Translator::Swap(uint32_t n) {
  uint32_t top = Depth() - 1, other = Depth() - n;
  if (top == other) return;
  // What a handler keeps has to stay in its slot, should the range go on.
  if (cur_ + 1 < a_.instrs.size()) {
    const ExceptionRange* r = RangeOf(a_.instrs[cur_ + 1].unit);
    if (r != nullptr && other < r->depth) {
      Flush(top);
      Flush(other);
    }
  }
  Operand x = stack_[top], y = stack_[other];
  if (IsNull(x) || IsNull(y)) {  // no compiler does this
    FlushForJoin();
    Emit(Op::kSWAP, Reg(top), Reg(other));
    return;
  }
  if (IsTemp(x) && IsTemp(y)) {
    Emit(Op::kSWAP, Reg(top), Reg(other));
  } else if (IsTemp(x)) {
    Emit1(Op::kMOVE, x, Reg(other), x);
    stack_[top] = y;
    stack_[other] = TempOperand(Reg(other));
  } else if (IsTemp(y)) {
    Emit1(Op::kMOVE, y, Reg(top), y);
    stack_[other] = x;
    stack_[top] = TempOperand(Reg(top));
  } else {
    std::swap(stack_[top], stack_[other]);
  }
}

// A comparison, fused with the conditional jump behind it if there is one.
void Translator::Compare(Op op, Op jump_if, Op jump_unless) {
  Operand r = Pop(), l = Pop();
  const SourceInstr* next = Next();
  bool if_true = next != nullptr && (next->op == POP_JUMP_FORWARD_IF_TRUE ||
                                     next->op == POP_JUMP_BACKWARD_IF_TRUE);
  bool if_false = next != nullptr && (next->op == POP_JUMP_FORWARD_IF_FALSE ||
                                      next->op == POP_JUMP_BACKWARD_IF_FALSE);
  if (if_true || if_false) {
    FlushForJoin();
    uint32_t target = next->target;
    uint32_t at = Emit2(if_true ? jump_if : jump_unless, l, r, l, r, 0);
    SkipNext();
    ShortFixup(at, target);
    return;
  }
  uint32_t dst = Destination();
  Emit2(op, l, r, dst, l, r);
}

void Translator::ConditionalJump(const SourceInstr& s) {
  Operand x = Pop();
  Op op;
  switch (s.op) {
    case POP_JUMP_FORWARD_IF_TRUE:
    case POP_JUMP_BACKWARD_IF_TRUE:
      op = Op::kJUMP_IF_TRUE;
      break;
    case POP_JUMP_FORWARD_IF_FALSE:
    case POP_JUMP_BACKWARD_IF_FALSE:
      op = Op::kJUMP_IF_FALSE;
      break;
    case POP_JUMP_FORWARD_IF_NONE:
    case POP_JUMP_BACKWARD_IF_NONE:
      op = Op::kJUMP_IF_NONE;
      break;
    default:
      op = Op::kJUMP_IF_NOT_NONE;
      break;
  }
  if (IsNull(x)) x = TempOperand(Reg(Depth()));
  FlushForJoin();
  LongFixup(Emit1(op, x, x, 0), s.target);
}

void Translator::Build(Op op, uint32_t n) {
  std::vector<Operand> list(stack_.end() - n, stack_.end());
  stack_.resize(stack_.size() - n);
  uint32_t dst = Destination();
  Emit(op, dst, n);
  EmitList(list);
}

void Translator::Unpack(const SourceInstr& s) {
  Operand x = Pop();
  uint32_t n = s.arg, folded = 0;
  std::vector<Operand> list(n);
  while (folded < n) {
    const SourceInstr* next = Next(folded + 1);
    if (next == nullptr || next->op != STORE_FAST) break;
    list[folded++] = static_cast<Operand>(next->arg);
  }
  // Both the operand and the windows below may be read after the stores.
  for (uint32_t i = 0; i < folded; ++i) FlushLocal(list[i]);
  uint32_t base = Depth();
  for (uint32_t i = folded; i < n; ++i) {
    list[i] = static_cast<Operand>(Reg(base + n - 1 - i));
  }
  Emit(Op::kUNPACK, x, n);
  EmitList(list);
  for (uint32_t i = 0; i < folded; ++i) SetBound(list[i], true);
  for (uint32_t i = folded; i < n; ++i) PushTemp();
  if (folded > 0) SkipNext(folded);
}

// A slice that only a subscript uses is never made. Building one cannot fail,
// so the instruction is the subscript's.
void Translator::LoadSlice() {
  ++cur_;
  skip_to_ = cur_ + 1;
  FlushForHandler(a_.instrs[cur_].unit);
  Operand stop = Pop(), start = Pop(), container = Pop();
  uint32_t dst = Destination();
  Emit(Op::kLOAD_SLICE, dst, 2, container);
  EmitList({start, stop});
}

// [callable pair, arguments] -> result
void Translator::Call(const SourceInstr& s) {
  uint32_t n = s.arg, window = Depth() - n - 2;
  for (uint32_t d = window + 1; d < Depth(); ++d) {
    if (IsNull(stack_[d])) stack_[d] = TempOperand(Reg(d));
  }
  bool plain = IsNull(stack_[window]);
  if (!plain) {
    Flush(window);
    Flush(window + 1);
  }
  std::vector<Operand> list(stack_.begin() + window + (plain ? 1 : 2),
                            stack_.end());
  stack_.resize(window);
  uint32_t dst = Destination();
  uint32_t cache = NewCache();
  caches_.push_back({cache, kNoTarget, s.unit, n, kw_names_});
  kw_names_ = 0;
  Emit(plain ? Op::kCALL : Op::kCALL_METHOD, dst, Reg(window), cache);
  EmitList(list);
}

void Translator::One(const SourceInstr& s) {
  // Sites whose cache index would not fit are kept at generic operations.
  auto cached = [&](uint32_t name) {
    uint32_t cache = NewCache();
    caches_.push_back({cache, name, 0, 0, 0});
    return cache;
  };
  switch (s.op) {
    case NOP:
    case PRECALL:
      break;
    case KW_NAMES:
      kw_names_ = s.arg + 1;
      break;
    case PUSH_NULL:
      Push(kNullEntry);
      break;
    case POP_TOP: {
      Operand x = Pop();
      if (IsTemp(x)) Emit1(Op::kDROP, x, x, 0);
      break;
    }
    case LOAD_FAST:
      LoadFast(s.arg);
      break;
    case LOAD_CLOSURE:
      Push(LocalOperand(s.arg));
      break;
    case STORE_FAST:
      StoreFast(s.arg);
      break;
    case DELETE_FAST:
      FlushLocal(s.arg);
      Emit(Op::kDELETE_LOCAL, s.arg);
      SetBound(s.arg, false);
      break;
    case LOAD_CONST:
      LoadConst(s.arg);
      break;
    case COPY: {
      Operand x = stack_[Depth() - s.arg];
      if (IsTemp(x)) {
        uint32_t from = RegisterOf(x);
        PushTemp();
        Emit(Op::kCOPY, Reg(Depth() - 1), from);
      } else {
        Push(x);
      }
      break;
    }
    case SWAP:
      Swap(s.arg);
      break;

    case MAKE_CELL:
      FlushLocal(s.arg);
      Emit(Op::kMAKE_CELL, s.arg);
      SetBound(s.arg, true);
      break;
    case COPY_FREE_VARS:
      Emit(Op::kCOPY_FREE_VARS, a_.num_locals - s.arg, s.arg);
      break;
    case LOAD_DEREF:
    case LOAD_CLASSDEREF: {
      uint32_t dst = Destination();
      Emit(s.op == LOAD_DEREF ? Op::kLOAD_DEREF : Op::kLOAD_CLASSDEREF, dst,
           s.arg);
      break;
    }
    case STORE_DEREF: {
      Operand x = Pop();
      Emit1(Op::kSTORE_DEREF, x, s.arg, x);
      break;
    }
    case DELETE_DEREF:
      Emit(Op::kDELETE_DEREF, s.arg);
      break;

    case LOAD_GLOBAL: {
      if ((s.arg & 1) != 0) Push(kNullEntry);
      uint32_t dst = Destination();
      Emit(Op::kLOAD_GLOBAL, dst, 0, cached(s.arg >> 1));
      break;
    }
    case LOAD_NAME: {
      uint32_t dst = Destination();
      EmitWide(Op::kLOAD_NAME, dst, s.arg);
      break;
    }
    case STORE_NAME:
    case STORE_GLOBAL: {
      Operand x = Pop();
      EmitWide(s.op == STORE_NAME ? Op::kSTORE_NAME : Op::kSTORE_GLOBAL, x,
               s.arg);
      break;
    }
    case DELETE_NAME:
      EmitWide(Op::kDELETE_NAME, 0, s.arg);
      break;
    case DELETE_GLOBAL:
      EmitWide(Op::kDELETE_GLOBAL, 0, s.arg);
      break;

    case BINARY_OP:
    case BINARY_SUBSCR: {
      Operand r = Pop(), l = Pop();
      uint32_t dst = Destination();
      Emit2(s.op == BINARY_OP ? Op::kBINARY_OP : Op::kLOAD_ITEM, l, r, dst, l,
            r);
      break;
    }
    case UNARY_NEGATIVE:
    case UNARY_NOT: {
      Operand x = Pop();
      uint32_t dst = Destination();
      Emit1(s.op == UNARY_NOT ? Op::kUNARY_NOT : Op::kUNARY_NEGATIVE, x, dst,
            x);
      break;
    }
    case UNARY_POSITIVE:
    case UNARY_INVERT: {
      Operand x = Pop();
      uint32_t dst = Destination();
      Emit(s.op == UNARY_POSITIVE ? Op::kUNARY_POSITIVE : Op::kUNARY_INVERT,
           dst, x);
      break;
    }
    case COMPARE_OP: {
      constexpr Op kOps[6][3] = {
          {Op::kCOMPARE_LT, Op::kJUMP_IF_LT, Op::kJUMP_UNLESS_LT},
          {Op::kCOMPARE_LE, Op::kJUMP_IF_LE, Op::kJUMP_UNLESS_LE},
          {Op::kCOMPARE_EQ, Op::kJUMP_IF_EQ, Op::kJUMP_UNLESS_EQ},
          {Op::kCOMPARE_NE, Op::kJUMP_IF_NE, Op::kJUMP_UNLESS_NE},
          {Op::kCOMPARE_GT, Op::kJUMP_IF_GT, Op::kJUMP_UNLESS_GT},
          {Op::kCOMPARE_GE, Op::kJUMP_IF_GE, Op::kJUMP_UNLESS_GE}};
      Compare(kOps[s.arg][0], kOps[s.arg][1], kOps[s.arg][2]);
      break;
    }
    case IS_OP:
      if (s.arg == 0) {
        Compare(Op::kIS, Op::kJUMP_IF_IS, Op::kJUMP_IF_IS_NOT);
      } else {
        Compare(Op::kIS_NOT, Op::kJUMP_IF_IS_NOT, Op::kJUMP_IF_IS);
      }
      break;
    case CONTAINS_OP:
      if (s.arg == 0) {
        Compare(Op::kCONTAINS, Op::kJUMP_IF_IN, Op::kJUMP_IF_NOT_IN);
      } else {
        Compare(Op::kNOT_CONTAINS, Op::kJUMP_IF_NOT_IN, Op::kJUMP_IF_IN);
      }
      break;

    case JUMP_FORWARD:
      FlushForJoin();
      LongFixup(Emit(Op::kJUMP, 0), s.target);
      break;
    case JUMP_BACKWARD:
    case JUMP_BACKWARD_NO_INTERRUPT:
      FlushForJoin();
      LongFixup(
          Emit(s.op == JUMP_BACKWARD ? Op::kJUMP_BACK : Op::kJUMP_BACK_QUIET,
               0),
          s.target);
      break;
    case POP_JUMP_FORWARD_IF_TRUE:
    case POP_JUMP_FORWARD_IF_FALSE:
    case POP_JUMP_FORWARD_IF_NONE:
    case POP_JUMP_FORWARD_IF_NOT_NONE:
    case POP_JUMP_BACKWARD_IF_TRUE:
    case POP_JUMP_BACKWARD_IF_FALSE:
    case POP_JUMP_BACKWARD_IF_NONE:
    case POP_JUMP_BACKWARD_IF_NOT_NONE:
      ConditionalJump(s);
      break;
    case JUMP_IF_TRUE_OR_POP:
    case JUMP_IF_FALSE_OR_POP:
      FlushForJoin();
      LongFixup(Emit(s.op == JUMP_IF_TRUE_OR_POP ? Op::kJUMP_IF_TRUE_KEEP
                                                 : Op::kJUMP_IF_FALSE_KEEP,
                     Reg(Depth() - 1)),
                s.target);
      Pop();
      break;

    case LOAD_ATTR: {
      Operand x = Pop();
      uint32_t dst = Destination();
      Emit1(Op::kLOAD_ATTR, x, dst, x, cached(s.arg));
      break;
    }
    case LOAD_METHOD: {
      Operand x = Pop();
      uint32_t base = Reg(Depth());
      Emit1(Op::kLOAD_METHOD, x, base, x, cached(s.arg));
      PushTemp();
      PushTemp();
      break;
    }
    case STORE_ATTR: {
      Operand owner = Pop(), value = Pop();
      Emit2(Op::kSTORE_ATTR, owner, value, owner, value, cached(s.arg));
      break;
    }
    case DELETE_ATTR: {
      Operand x = Pop();
      EmitWide(Op::kDELETE_ATTR, x, s.arg);
      break;
    }
    case STORE_SUBSCR: {
      Operand sub = Pop(), container = Pop(), value = Pop();
      Emit2(Op::kSTORE_ITEM, container, sub, container, sub, value);
      break;
    }
    case DELETE_SUBSCR: {
      Operand sub = Pop(), container = Pop();
      Emit(Op::kDELETE_ITEM, container, sub);
      break;
    }

    case BUILD_TUPLE:
      Build(Op::kBUILD_TUPLE, s.arg);
      break;
    case BUILD_LIST:
      Build(Op::kBUILD_LIST, s.arg);
      break;
    case BUILD_SET:
      Window(Op::kBUILD_SET, s.arg, s.arg, 1);
      break;
    case BUILD_MAP:
      Window(Op::kBUILD_MAP, s.arg, 2 * s.arg, 1);
      break;
    case BUILD_CONST_KEY_MAP:
      Window(Op::kBUILD_CONST_KEY_MAP, s.arg, s.arg + 1, 1);
      break;
    case BUILD_STRING:
      Window(Op::kBUILD_STRING, s.arg, s.arg, 1);
      break;
    case BUILD_SLICE:
      if (s.arg == 2 && Next() != nullptr && Next()->op == BINARY_SUBSCR) {
        LoadSlice();
      } else {
        Window(Op::kBUILD_SLICE, s.arg, s.arg, 1);
      }
      break;
    case LIST_APPEND:
    case SET_ADD: {
      Operand x = Pop();
      uint32_t d = Depth() - s.arg;
      Flush(d);
      Emit1(s.op == LIST_APPEND ? Op::kLIST_APPEND : Op::kSET_ADD, x, Reg(d),
            x);
      break;
    }
    case MAP_ADD:
      Window(Op::kMAP_ADD, s.arg, 2, 0);
      break;
    case LIST_EXTEND:
      Window(Op::kLIST_EXTEND, s.arg, 1, 0);
      break;
    case SET_UPDATE:
      Window(Op::kSET_UPDATE, s.arg, 1, 0);
      break;
    case DICT_UPDATE:
      Window(Op::kDICT_UPDATE, s.arg, 1, 0);
      break;
    case DICT_MERGE:
      Window(Op::kDICT_MERGE, s.arg, 1, 0);
      break;
    case LIST_TO_TUPLE:
      Window(Op::kLIST_TO_TUPLE, 0, 1, 1);
      break;
    case UNPACK_SEQUENCE:
      Unpack(s);
      break;
    case UNPACK_EX:
      Window(Op::kUNPACK_EX, s.arg, 1, 1 + (s.arg & 0xff) + (s.arg >> 8));
      break;
    case FORMAT_VALUE:
      if (s.arg == 0) {
        Operand x = Pop();
        uint32_t dst = Destination();
        Emit1(Op::kFORMAT_SIMPLE, x, dst, x);
      } else {
        Window(Op::kFORMAT_VALUE, s.arg, 1 + (s.arg >> 2 & 1), 1);
      }
      break;

    case GET_ITER: {
      Operand x = Pop();
      uint32_t dst = Destination();
      Emit1(Op::kGET_ITER, x, dst, x);
      break;
    }
    case FOR_ITER: {
      FlushForJoin();
      uint32_t iter = Reg(Depth() - 1);
      uint32_t dst = Destination();
      uint32_t at = Emit(Op::kFOR_ITER, dst, iter, 0);
      ShortFixup(at, s.target);
      break;
    }

    case CALL:
      Call(s);
      break;
    case CALL_FUNCTION_EX: {
      FlushAll();
      uint32_t base = Depth() - 3 - (s.arg & 1);
      uint32_t window = Reg(base);
      if (IsTemp(stack_[base])) {  // at best a null from before a join
        Emit1(Op::kDROP, TempOperand(window), TempOperand(window), 0);
        if (image_ != nullptr) shadow_[base] = kNullEntry;
      }
      stack_.resize(base);
      uint32_t dst = Destination();
      Emit(Op::kCALL_EX, dst, window, s.arg & 1);
      break;
    }
    case MAKE_FUNCTION:
      Window(Op::kMAKE_FUNCTION, s.arg,
             1 + (s.arg & 1) + (s.arg >> 1 & 1) + (s.arg >> 2 & 1) +
                 (s.arg >> 3 & 1),
             1);
      break;
    case LOAD_BUILD_CLASS:
      Window(Op::kLOAD_BUILD_CLASS, 0, 0, 1);
      break;
    case RESUME:
      if (s.arg < 2) Emit(Op::kRESUME, 0, s.arg);
      break;
    case RETURN_VALUE: {
      Operand x = Pop();
      if (IsNull(x)) x = TempOperand(Reg(Depth()));
      Emit1(Op::kRETURN, x, x, 0);
      break;
    }
    case RETURN_GENERATOR:
      PushTemp();
      Emit(Op::kRETURN_GENERATOR, Reg(Depth() - 1));
      break;
    case YIELD_VALUE: {
      Operand x = Pop();
      FlushForJoin();
      uint32_t depth = Depth();
      PushTemp();
      Emit(Op::kYIELD, Reg(depth), x, depth);
      break;
    }

    case RAISE_VARARGS:
      Window(Op::kRAISE, s.arg, s.arg, 0);
      break;
    case RERAISE:
      FlushAll();
      Emit(Op::kRERAISE, Reg(Depth() - 1), s.arg,
           s.arg == 0 ? 0 : Reg(Depth() - 1 - s.arg));
      Pop();
      break;
    case PUSH_EXC_INFO:
      Window(Op::kPUSH_EXC_INFO, 0, 1, 2);
      break;
    case POP_EXCEPT:
      Window(Op::kPOP_EXCEPT, 0, 1, 0);
      break;
    case CHECK_EXC_MATCH: {
      Operand right = Pop();
      Flush(Depth() - 1);
      uint32_t left = Reg(Depth() - 1);
      PushTemp();
      Emit(Op::kCHECK_EXC_MATCH, Reg(Depth() - 1), left, right);
      break;
    }
    case CHECK_EG_MATCH:
      Window(Op::kCHECK_EG_MATCH, 0, 2, 2);
      break;
    case PREP_RERAISE_STAR:
      Window(Op::kPREP_RERAISE_STAR, 0, 2, 1);
      break;
    case WITH_EXCEPT_START:
      Window(Op::kWITH_EXCEPT_START, 4, 0, 1);
      break;
    case BEFORE_WITH:
      Window(Op::kBEFORE_WITH, 0, 1, 2);
      break;
    case LOAD_ASSERTION_ERROR:
      Window(Op::kLOAD_ASSERTION_ERROR, 0, 0, 1);
      break;

    case SEND: {
      FlushForJoin();
      uint32_t receiver = Reg(Depth() - 2);
      uint32_t at = Emit(Op::kSEND, receiver, 0, 0);
      ShortFixup(at, s.target);
      break;
    }
    case GET_YIELD_FROM_ITER:
      Window(Op::kGET_YIELD_FROM_ITER, 0, 1, 1);
      break;
    case GET_AWAITABLE:
      Window(Op::kGET_AWAITABLE, s.arg, 1, 1);
      break;
    case GET_AITER:
      Window(Op::kGET_AITER, 0, 1, 1);
      break;
    case GET_ANEXT:
      Window(Op::kGET_ANEXT, 0, 0, 1);
      break;
    case END_ASYNC_FOR:
      FlushAll();
      Emit(Op::kEND_ASYNC_FOR, Reg(Depth() - 2));
      Pop();
      Pop();
      break;
    case BEFORE_ASYNC_WITH:
      Window(Op::kBEFORE_ASYNC_WITH, 0, 1, 2);
      break;
    case ASYNC_GEN_WRAP:
      Window(Op::kASYNC_GEN_WRAP, 0, 1, 1);
      break;

    case IMPORT_NAME:
      Window(Op::kIMPORT_NAME, s.arg, 2, 1);
      break;
    case IMPORT_FROM:
      Window(Op::kIMPORT_FROM, s.arg, 0, 1);
      break;
    case IMPORT_STAR:
      Window(Op::kIMPORT_STAR, 0, 1, 0);
      break;

    case GET_LEN:
      Window(Op::kGET_LEN, 0, 0, 1);
      break;
    case MATCH_MAPPING:
      Window(Op::kMATCH_MAPPING, 0, 0, 1);
      break;
    case MATCH_SEQUENCE:
      Window(Op::kMATCH_SEQUENCE, 0, 0, 1);
      break;
    case MATCH_KEYS:
      Window(Op::kMATCH_KEYS, 0, 0, 1);
      break;
    case MATCH_CLASS:
      Window(Op::kMATCH_CLASS, s.arg, 3, 1);
      break;

    case PRINT_EXPR:
      Window(Op::kPRINT_EXPR, 0, 1, 0);
      break;
    case SETUP_ANNOTATIONS:
      Window(Op::kSETUP_ANNOTATIONS, 0, 0, 0);
      break;
    default:
      break;  // Analyze knows no other
  }
}

Unit* Translator::MakeUnit() {
  if (num_caches_ > 0x10000) {
    PyErr_Format(PyExc_SystemError,
                 "pyvm: %U has more than 65536 sites that need a cache",
                 code_->co_qualname);
    return nullptr;
  }
  auto* unit = new Unit;
  unit->code = code_;
  unit->num_instrs = Size();
  unit->num_locals = a_.num_locals;
  unit->num_registers = a_.num_locals + a_.stack_size;
  unit->num_constants =
      static_cast<uint32_t>(PyTuple_GET_SIZE(code_->co_consts));
  unit->num_caches = num_caches_;
  unit->first_code_unit = reinterpret_cast<uint16_t*>(_PyCode_CODE(code_));
  unit->one_shot = (code_->co_flags & CO_OPTIMIZED) == 0;
  unit->arg_count = static_cast<uint32_t>(code_->co_argcount);
  unit->simple_args = (code_->co_flags & (CO_VARARGS | CO_VARKEYWORDS)) == 0 &&
                      code_->co_kwonlyargcount == 0 &&
                      (code_->co_flags & (CO_OPTIMIZED | CO_NEWLOCALS)) ==
                          (CO_OPTIMIZED | CO_NEWLOCALS);

  unit->starts_with_resume =
      instrs_[0].op == ConcreteOp(Op::kRESUME) && instrs_[0].b == 0;

  size_t instr_bytes = instrs_.size() * sizeof(Instr);
  unit->instrs = static_cast<Instr*>(std::malloc(instr_bytes));
  std::memcpy(unit->instrs, instrs_.data(), instr_bytes);
  bool wide = a_.instr_at.size() > 0xffff;
  size_t position_bytes = instrs_.size() * (wide ? 4 : 2);
  void* positions = std::malloc(position_bytes);
  if (wide) {
    unit->positions32 = static_cast<uint32_t*>(positions);
    std::copy(positions_.begin(), positions_.end(), unit->positions32);
  } else {
    unit->positions16 = static_cast<uint16_t*>(positions);
    for (size_t i = 0; i < positions_.size(); ++i) {
      unit->positions16[i] = static_cast<uint16_t>(positions_[i]);
    }
  }

  std::vector<EntryPoint> entries;
  for (size_t i = 0; i < a_.instrs.size(); ++i) {
    const SourceInstr& s = a_.instrs[i];
    if (!s.leader || s.depth < 0 || instr_of_[i] == kNoTarget) continue;
    entries.push_back({s.begin, instr_of_[i]});
  }
  unit->num_entries = static_cast<uint32_t>(entries.size());
  size_t entry_bytes = entries.size() * sizeof(EntryPoint);
  unit->entries = static_cast<EntryPoint*>(std::malloc(entry_bytes + 1));
  if (entry_bytes > 0) std::memcpy(unit->entries, entries.data(), entry_bytes);

  size_t pool_bytes = (unit->num_constants + 1) * sizeof(PyObject*) +
                      num_caches_ * sizeof(InlineCache);
  auto* base = static_cast<PyObject**>(std::calloc(1, pool_bytes));
  unit->pool = base + unit->num_constants;
  unit->pool[0] = reinterpret_cast<PyObject*>(unit);
  for (uint32_t i = 0; i < unit->num_constants; ++i) {
    unit->pool[-1 - static_cast<int64_t>(i)] =
        PyTuple_GET_ITEM(code_->co_consts, i);
  }
  InlineCache* caches = unit->caches();
  for (const CacheInit& c : caches_) {
    if (c.name != kNoTarget) {
      caches[c.index].name = PyTuple_GET_ITEM(code_->co_names, c.name);
      continue;
    }
    caches[c.index].call_unit = unit->first_code_unit + c.unit;
    caches[c.index].num_args = static_cast<uint16_t>(c.args);
    caches[c.index].keywords = c.keywords;
  }
  unit->bytes_caches = static_cast<uint32_t>(num_caches_ * sizeof(InlineCache));
  unit->bytes_bytecode =
      static_cast<uint32_t>(instr_bytes + position_bytes + entry_bytes +
                            pool_bytes - unit->bytes_caches + sizeof(Unit));
  return unit;
}

}  // namespace

Unit* Translate(PyCodeObject* code) {
  Analysis analysis;
  std::string error = Analyze(code, &analysis);
  if (error.empty() &&
      analysis.num_locals + analysis.stack_size >= kMaxRegisters - 1) {
    error = "more than 16382 local variables and stack slots";
  }
  if (!error.empty()) {
    PyErr_Format(PyExc_SystemError, "pyvm: the bytecode of %U is invalid: %s",
                 code->co_qualname, error.c_str());
    return nullptr;
  }
  Translator translator(code, analysis);
  translator.Run();
  Unit* unit = translator.MakeUnit();
#ifndef NDEBUG
  if (unit != nullptr) {
    error = Verify(*unit);
    if (!error.empty()) {
      std::fprintf(stderr, "%s\n%s", error.c_str(), Disassemble(*unit).c_str());
      Py_FatalError("pyvm: the translator made an invalid unit");
    }
  }
#endif
  return unit;
}

void FreeUnit(Unit* unit) {
  std::free(unit->instrs);
  std::free(unit->positions16);
  std::free(unit->positions32);
  std::free(unit->entries);
  std::free(unit->pool - unit->num_constants);
  delete unit;
}

StackImage DescribeStack(const Unit& unit, uint32_t instr) {
  StackImage image;
  Analysis analysis;
  if (!Analyze(unit.code, &analysis).empty()) return image;
  Translator translator(unit.code, analysis);
  translator.AskFor(instr, &image);
  translator.Run();
  return image;
}

}  // namespace pyvm
