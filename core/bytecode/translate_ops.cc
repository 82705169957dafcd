// What each of CPython's instructions becomes.
#include "core/bytecode/translation.h"

namespace pyvm {

// The moves come before the handler's range begins: a signal may be handled at
// any of them.
void Translator::FlushBelow(uint32_t depth) {
  size_t first = positions_.size();
  for (uint32_t d = 0; d < depth && d < Depth(); ++d) Flush(d);
  for (size_t i = first; i < positions_.size(); ++i) {
    positions_[i] = a_.instrs[cur_ - 1].unit;
  }
}

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
  list_.assign(stack_.end() - n, stack_.end());
  stack_.resize(stack_.size() - n);
  uint32_t dst = Destination();
  Emit(op, dst, n);
  EmitList();
}

void Translator::Unpack(const SourceInstr& s) {
  Operand x = Pop();
  uint32_t n = s.arg, folded = 0;
  std::pmr::vector<Operand>& list = list_;
  list.resize(n);
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
  for (uint32_t i = 0; i < folded; ++i) SetBound(list[i], true);
  EmitList();
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
  list_ = {start, stop};
  EmitList();
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
  list_.assign(stack_.begin() + window + (plain ? 1 : 2), stack_.end());
  stack_.resize(window);
  uint32_t dst = Destination();
  uint32_t cache = NewCache();
  caches_.push_back({cache, kNoTarget, s.unit, n, kw_names_});
  kw_names_ = 0;
  Emit(plain ? Op::kCALL : Op::kCALL_METHOD, dst, Reg(window), cache);
  EmitList();
}

void Translator::One(const SourceInstr& s) {
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

}  // namespace pyvm
