#include "core/bytecode/verifier.h"

#include <algorithm>

#include "core/bytecode/analysis.h"
#include "core/bytecode/decode.h"
#include "core/bytecode/opcodes.h"
#include "core/bytecode/python.h"
#include "core/bytecode/window.h"
#include "core/feedback/inline_cache.h"

namespace pyvm {
namespace {

using Bits = std::vector<uint64_t>;

bool Get(const Bits& bits, uint32_t i) {
  return (bits[i / 64] >> i % 64 & 1) != 0;
}
void Put(Bits* bits, uint32_t i, bool value) {
  uint64_t bit = 1ULL << i % 64;
  (*bits)[i / 64] = value ? (*bits)[i / 64] | bit : (*bits)[i / 64] & ~bit;
}

struct State {
  Bits full, maybe;
};

class Verifier {
 public:
  Verifier(const Unit& unit, FlowStates* states) : u_(unit), f_(*states) {}

  std::string Run() {
    error_ = Analyze(u_.code, &a_);
    if (error_.empty()) Tables();
    if (error_.empty()) Decode();
    if (error_.empty()) Entries();
    if (error_.empty()) Flow();
    return error_;
  }

 private:
  // --- What does not move ---------------------------------------------------
  void Fail(const std::string& what) {
    if (error_.empty()) error_ = what;
  }
  void Tables() {
    if (u_.num_instrs == 0) return Fail("there are no instructions");
    if (u_.pool[0] != reinterpret_cast<PyObject*>(const_cast<Unit*>(&u_))) {
      return Fail("pool[0] is not the unit");
    }
    PyObject* consts = u_.code->co_consts;
    if (u_.num_constants != PyTuple_GET_SIZE(consts)) {
      return Fail("the number of constants is wrong");
    }
    for (uint32_t i = 0; i < u_.num_constants; ++i) {
      if (u_.pool[-1 - static_cast<int64_t>(i)] !=
          PyTuple_GET_ITEM(consts, i)) {
        return Fail("constant " + std::to_string(i) + " is wrong");
      }
    }
    if (u_.num_locals != a_.num_locals ||
        u_.num_registers != a_.num_locals + a_.stack_size) {
      return Fail("the number of registers is wrong");
    }
    if ((u_.positions16 == nullptr) == (u_.positions32 == nullptr)) {
      return Fail("there must be one array of positions");
    }
    for (uint32_t i = 0; i < u_.num_instrs; ++i) {
      uint32_t at = Position(i);
      if (at + 1 >= a_.instr_at.size() || (i > 0 && at < Position(i - 1))) {
        return FailAt(i, "its position is wrong");
      }
    }
  }
  uint32_t Position(uint32_t i) const { return u_.PositionOf(u_.instrs + i); }
  void FailAt(uint32_t i, const std::string& what) {
    std::string op = u_.instrs[i].op < kNumConcreteOps
                         ? InfoOf(BaseOf(u_.instrs[i].op)).name
                         : "?";
    Fail("instruction " + std::to_string(i) + ", " + op + ": " + what);
  }

  void Decode() {
    starts_.assign(u_.num_instrs, false);
    for (uint32_t i = 0; i < u_.num_instrs && error_.empty();) {
      starts_[i] = true;
      last_ = i;
      const Instr& in = u_.instrs[i];
      if (in.op >= kNumConcreteOps) return FailAt(i, "no such opcode");
      Op op = BaseOf(in.op);
      if (HasCache(op) && in.c >= u_.num_caches) {
        return FailAt(i, "its cache is out of range");
      }
      i += InstrWords(u_, i);
      if (i > u_.num_instrs) return FailAt(last_, "its list is cut off");
    }
    for (uint32_t i = 0; i < u_.num_instrs && error_.empty(); ++i) {
      if (starts_[i]) Fields(i);
    }
    if ((InfoOf(BaseOf(u_.instrs[last_].op)).effects & kEffectEnd) == 0) {
      FailAt(last_, "control falls off the end");
    }
  }
  static bool HasCache(Op op) { return InfoOf(op).fields[2] == Field::C; }

  bool IsTempRegister(uint32_t reg) const {
    return reg >= u_.num_locals && reg < u_.num_registers;
  }
  bool InRange(Operand x) const {
    switch (KindOf(x)) {
      case OperandKind::kLocal:
        return x < u_.num_locals;
      case OperandKind::kTemp:
        return IsTempRegister(RegisterOf(x));
      case OperandKind::kConst:
        return ConstIndexOf(x) < u_.num_constants;
    }
    return false;
  }

  void Fields(uint32_t i) {
    const Instr& in = u_.instrs[i];
    Op op = BaseOf(in.op);
    const OpInfo& info = InfoOf(op);
    const uint16_t values[3] = {in.a, in.b, in.c};
    int kinded = 0;
    for (int f = 0; f < 3; ++f) {
      uint16_t x = values[f];
      switch (info.fields[f]) {
        case Field::S:
          if (KindOf(x) != KindedOperand(in.op, kinded++)) {
            FailAt(i, "an operand is not of the opcode's kind");
          }
          [[fallthrough]];
        case Field::X:
          if (!InRange(x)) FailAt(i, "an operand is out of range");
          break;
        case Field::D:
          if (x >= u_.num_registers) FailAt(i, "a register is out of range");
          break;
        case Field::R:
          if (NamesLocal(op) ? x >= u_.num_locals + IsEmptyRange(op, in)
                             : !IsTempRegister(x) && !IsUnused(op, in)) {
            FailAt(i, "a register is out of range");
          }
          break;
        case Field::B:  // may be empty, behind the last register
          if (x < u_.num_locals || x > u_.num_registers) {
            FailAt(i, "a register is out of range");
          }
          break;
        case Field::Z:
          for (uint32_t j = 0; j < x; ++j) {
            Operand y = ListOperand(u_.instrs + i, j);
            if (op == Op::kUNPACK ? y >= u_.num_registers : !InRange(y)) {
              FailAt(i, "a listed operand is out of range");
            }
          }
          break;
        default:
          break;
      }
    }
    if ((info.effects & kEffectJump) != 0) {
      int64_t target = JumpTarget(u_, i);
      if (target < 0 || target >= u_.num_instrs ||
          !starts_[static_cast<size_t>(target)]) {
        FailAt(i, "it jumps to no instruction");
      }
    }
    uint32_t imm = static_cast<uint32_t>(LongJump(in));
    if (NamesName(op) && imm >= PyTuple_GET_SIZE(u_.code->co_names)) {
      FailAt(i, "a name is out of range");
    }
    if (op == Op::kMOVE_WIDE && imm >= u_.num_constants) {
      FailAt(i, "a constant is out of range");
    }
    if (op == Op::kCOPY_FREE_VARS && in.a + in.b != u_.num_locals) {
      FailAt(i, "the free variables do not end the locals");
    }
    if (IsCall(op)) {
      CallFields(i);
    } else if (HasCache(op)) {
      PyObject* name = u_.caches()[in.c].name;
      if (name == nullptr || !PyUnicode_Check(name)) {
        FailAt(i, "its cache has no name");
      }
    }
  }
  static bool NamesLocal(Op op) {
    switch (op) {
      case Op::kCHECK_LOCAL:
      case Op::kDELETE_LOCAL:
      case Op::kMAKE_CELL:
      case Op::kCOPY_FREE_VARS:
      case Op::kLOAD_DEREF:
      case Op::kSTORE_DEREF:
      case Op::kDELETE_DEREF:
      case Op::kLOAD_CLASSDEREF:
        return true;
      default:
        return false;
    }
  }
  // RERAISE names the register of an instruction number only if it has one.
  static bool IsUnused(Op op, const Instr& in) {
    return op == Op::kRERAISE && in.b == 0;
  }
  static bool IsEmptyRange(Op op, const Instr& in) {
    return op == Op::kCOPY_FREE_VARS && in.b == 0;
  }
  static bool NamesName(Op op) {
    switch (op) {
      case Op::kLOAD_NAME:
      case Op::kSTORE_NAME:
      case Op::kDELETE_NAME:
      case Op::kSTORE_GLOBAL:
      case Op::kDELETE_GLOBAL:
      case Op::kDELETE_ATTR:
      case Op::kIMPORT_NAME:
      case Op::kIMPORT_FROM:
        return true;
      default:
        return false;
    }
  }
  void CallFields(uint32_t i) {
    const Instr& in = u_.instrs[i];
    const InlineCache& cache = u_.caches()[in.c];
    uint32_t first = in.b + (IsMethodCall(BaseOf(in.op)) ? 2u : 1u);
    uint32_t n = ListLength(u_, in);
    if (in.b < u_.num_locals || first + n > u_.num_registers) {
      return FailAt(i, "its window is out of range");
    }
    // What is in the window already is called from there.
    for (uint32_t j = 0; j < n; ++j) {
      Operand x = ListOperand(u_.instrs + i, j);
      if (!InRange(x)) return FailAt(i, "a listed operand is out of range");
      if (KindOf(x) == OperandKind::kTemp && RegisterOf(x) != first + j) {
        return FailAt(i, "a listed temporary is not in its place");
      }
    }
    if (cache.keywords > 0) {
      PyObject* names = cache.keywords <= u_.num_constants
                            ? u_.pool[-static_cast<int64_t>(cache.keywords)]
                            : nullptr;
      if (names == nullptr || !PyTuple_CheckExact(names) ||
          PyTuple_GET_SIZE(names) > cache.num_args) {
        return FailAt(i, "the names of its keywords are wrong");
      }
    }
    const uint16_t* call = u_.first_code_unit + Position(i);
    if (cache.call_unit != call) FailAt(i, "its cache is another call's");
  }

  void Entries() {
    for (uint32_t e = 0; e < u_.num_entries; ++e) {
      const EntryPoint& entry = u_.entries[e];
      if ((e > 0 && entry.lasti <= u_.entries[e - 1].lasti) ||
          entry.instr >= u_.num_instrs || !starts_[entry.instr] ||
          Position(entry.instr) < entry.lasti) {
        return Fail("entry point " + std::to_string(e) + " is wrong");
      }
    }
  }
  // The instruction at an entry point, or kNoTarget.
  uint32_t EntryAt(uint32_t lasti) const {
    const EntryPoint* end = u_.entries + u_.num_entries;
    const EntryPoint* at = std::lower_bound<const EntryPoint*>(
        u_.entries, end, lasti,
        [](const EntryPoint& e, uint32_t l) { return e.lasti < l; });
    return at == end || at->lasti != lasti ? kNoTarget : at->instr;
  }

  // --- What flows -----------------------------------------------------------
  void Flow() {
    size_t words = (u_.num_registers + 63) / 64;
    f_.words = words;
    f_.full.assign(words * u_.num_instrs, 0);
    f_.maybe.assign(words * u_.num_instrs, 0);
    f_.reached.assign(u_.num_instrs, false);
    State start{Bits(words), Bits(words)};
    uint32_t args = static_cast<uint32_t>(
        u_.code->co_argcount + u_.code->co_kwonlyargcount +
        ((u_.code->co_flags & CO_VARARGS) != 0) +
        ((u_.code->co_flags & CO_VARKEYWORDS) != 0));
    for (uint32_t r = 0; r < u_.num_locals; ++r) {
      Put(&start.maybe, r, true);
      Put(&start.full, r, r < args);
    }
    Reach(0, start);
    State s;
    while (error_.empty() && !work_.empty()) {
      uint32_t i = work_.back();
      work_.pop_back();
      auto from = static_cast<std::ptrdiff_t>(i * words);
      auto to = from + static_cast<std::ptrdiff_t>(words);
      before_.full.assign(f_.full.begin() + from, f_.full.begin() + to);
      before_.maybe.assign(f_.maybe.begin() + from, f_.maybe.begin() + to);
      s = before_;
      Step(i, &s);
    }
  }

  // Control reaches instruction i with state s.
  void Reach(uint32_t i, const State& s) {
    if (i >= u_.num_instrs || !starts_[i]) return FailAt(last_, "falls off");
    bool changed = !f_.reached[i];
    uint64_t* full = f_.full.data() + i * f_.words;
    uint64_t* maybe = f_.maybe.data() + i * f_.words;
    if (changed) {
      f_.reached[i] = true;
      std::copy(s.full.begin(), s.full.end(), full);
      std::copy(s.maybe.begin(), s.maybe.end(), maybe);
    } else {
      for (size_t w = 0; w < f_.words; ++w) {
        uint64_t new_full = full[w] & s.full[w];
        uint64_t new_maybe = maybe[w] | s.maybe[w];
        changed |= new_full != full[w] || new_maybe != maybe[w];
        full[w] = new_full;
        maybe[w] = new_maybe;
      }
    }
    if (changed) work_.push_back(i);
  }

  // Signals and asynchronous exceptions can come before any instruction; what
  // an instruction that raises has consumed by then is not said.
  void ReachHandler(uint32_t i, const State& after) {
    auto range = std::upper_bound(
        a_.ranges.begin(), a_.ranges.end(), Position(i),
        [](uint32_t unit, const ExceptionRange& r) { return unit < r.end; });
    if (range == a_.ranges.end() || Position(i) < range->begin) return;
    State s = before_;
    for (size_t w = 0; w < f_.words; ++w) s.full[w] &= after.full[w];
    uint32_t end = u_.num_locals + range->depth + range->lasti + 1;
    for (uint32_t r = u_.num_locals; r < u_.num_registers; ++r) {
      if (r < u_.num_locals + range->depth) continue;
      Put(&s.full, r, r < end);
      Put(&s.maybe, r, r < end);
    }
    uint32_t handler = EntryAt(range->handler);
    if (handler == kNoTarget) return FailAt(i, "its handler is no entry point");
    Reach(handler, s);
  }

  // The accesses of the instruction at_ to the state s_.
  void NeedFull(uint32_t reg) {
    if (reg >= u_.num_registers || !Get(s_->full, reg)) {
      FailAt(at_, Name(reg) + " may be null when it is read");
    }
  }
  void NeedNull(uint32_t reg) {
    if (Get(s_->maybe, reg)) FailAt(at_, Name(reg) + " would be lost");
  }
  void Set(uint32_t reg, bool full, bool maybe) {
    Put(&s_->full, reg, full);
    Put(&s_->maybe, reg, maybe || reg < u_.num_locals);
  }
  std::string Name(uint32_t reg) const {
    return reg < u_.num_locals ? "local " + std::to_string(reg)
                               : "t" + std::to_string(reg - u_.num_locals);
  }
  void ReadOperand(Operand x) {
    if (KindOf(x) == OperandKind::kConst) return;
    NeedFull(RegisterOf(x));
    if (KindOf(x) == OperandKind::kTemp) Set(RegisterOf(x), false, false);
  }
  void Consume(uint32_t reg) {
    NeedFull(reg);
    if (error_.empty()) Set(reg, false, false);
  }
  void Write(uint32_t reg) {
    if (reg >= u_.num_locals) NeedNull(reg);
    Set(reg, true, true);
  }
  void NoTempsFrom(uint32_t reg) {
    for (; reg < u_.num_registers; ++reg) NeedNull(reg);
  }

  void Step(uint32_t i, State* s);
  void Generic(const Instr& in, const OpInfo& info);
  void Window(const Instr& in, Op op);
  void Call(const Instr& in, Op op);
  bool Special(const Instr& in, Op op);

  const Unit& u_;
  FlowStates& f_;
  Analysis a_;
  std::string error_;
  std::vector<bool> starts_;
  uint32_t last_ = 0;  // the last instruction
  std::vector<uint32_t> work_;
  State before_;
  uint32_t at_ = 0;
  State* s_ = nullptr;
};

void Verifier::Generic(const Instr& in, const OpInfo& info) {
  const uint16_t values[3] = {in.a, in.b, in.c};
  for (int f = 0; f < 3; ++f) {
    if (info.fields[f] == Field::S || info.fields[f] == Field::X) {
      ReadOperand(values[f]);
    } else if (info.fields[f] == Field::R) {
      NeedFull(values[f]);
    }
  }
  if (info.fields[1] == Field::Z) {
    for (uint32_t j = 0; j < in.b; ++j) ReadOperand(ListOperand(&in, j));
  }
  if (info.fields[0] == Field::D) Write(in.a);
}

void Verifier::Window(const Instr& in, Op op) {
  WindowShape shape = ShapeOfWindow(op, static_cast<uint32_t>(LongJump(in)));
  uint64_t most = std::max(shape.inputs, shape.outputs);
  if (in.a < u_.num_locals || in.a + most > u_.num_registers ||
      in.a < u_.num_locals + static_cast<uint64_t>(shape.below)) {
    return FailAt(at_, "its window is out of range");
  }
  if (shape.below > 0) NeedFull(in.a - shape.below);
  for (uint32_t j = 0; j < shape.inputs; ++j) Consume(in.a + j);
  for (uint32_t j = 0; j < shape.outputs; ++j) Write(in.a + j);
}

void Verifier::Call(const Instr& in, Op op) {
  uint32_t n = ListLength(u_, in);
  uint32_t end = in.b + n + 1;
  if (IsMethodCall(op)) {
    ++end;
    Set(in.b, false, false);  // the function, or null
    Consume(in.b + 1);
  }
  for (uint32_t j = 0; j < n; ++j) ReadOperand(ListOperand(&in, j));
  for (uint32_t r = in.b; r < end; ++r) NeedNull(r);
  Write(in.a);
}

// Operations whose fields do not say it all. False for the others.
bool Verifier::Special(const Instr& in, Op op) {
  switch (op) {
    case Op::kMOVE:
      if (KindOf(in.b) == OperandKind::kTemp && in.a >= u_.num_locals) {
        uint32_t from = RegisterOf(in.b);  // may hold the null of a call
        bool full = Get(s_->full, from), maybe = Get(s_->maybe, from);
        Set(from, false, false);
        NeedNull(in.a);
        Set(in.a, full, maybe);
        return true;
      }
      return false;
    case Op::kCOPY:
      NeedNull(in.a);
      Set(in.a, Get(s_->full, in.b), Get(s_->maybe, in.b));
      return true;
    case Op::kDROP:
      if (KindOf(in.a) != OperandKind::kTemp) return false;
      Set(RegisterOf(in.a), false, false);
      return true;
    case Op::kSWAP: {
      bool full = Get(s_->full, in.a), maybe = Get(s_->maybe, in.a);
      Set(in.a, Get(s_->full, in.b), Get(s_->maybe, in.b));
      Set(in.b, full, maybe);
      return true;
    }
    case Op::kCHECK_LOCAL:
      Set(in.a, true, true);
      return true;
    case Op::kDELETE_LOCAL:
      Set(in.a, false, true);
      return true;
    case Op::kMAKE_CELL:
      Set(in.a, true, true);
      return true;
    case Op::kCOPY_FREE_VARS:
      for (uint32_t r = in.a; r < u_.num_locals; ++r) Set(r, true, true);
      return true;
    case Op::kUNPACK:
      ReadOperand(in.a);
      for (uint32_t j = 0; j < in.b; ++j) Write(ListOperand(&in, j));
      return true;
    case Op::kCALL_EX:
      for (uint32_t j = 0; j < 2u + in.c; ++j) Consume(in.b + 1 + j);
      NeedNull(in.b);
      Write(in.a);
      return true;
    case Op::kRETURN:
      ReadOperand(in.a);
      NoTempsFrom(u_.num_locals);
      return true;
    case Op::kRETURN_GENERATOR:
      NoTempsFrom(u_.num_locals);
      Write(in.a);
      return true;
    case Op::kYIELD:
      ReadOperand(in.b);
      NoTempsFrom(u_.num_locals + in.c);
      Write(in.a);
      return true;
    case Op::kRERAISE:
      if (in.b != 0) NeedFull(in.c);
      Consume(in.a);
      return true;
    case Op::kEND_ASYNC_FOR:
      Consume(in.a);
      Consume(in.a + 1);
      return true;
    case Op::kSEND:
      NeedFull(in.a);
      NeedFull(in.a + 1);
      return true;
    default:
      return false;
  }
}

void Verifier::Step(uint32_t i, State* s) {
  const Instr& in = u_.instrs[i];
  Op op = BaseOf(in.op);
  const OpInfo& info = InfoOf(op);
  at_ = i;
  s_ = s;
  ReachHandler(i, before_);
  bool for_iter =
      InfoOf(op).fields[0] == Field::D && (info.effects & kEffectJump) != 0;
  bool keep = op == Op::kJUMP_IF_TRUE_KEEP || op == Op::kJUMP_IF_FALSE_KEEP;
  if (for_iter) {
    NeedFull(in.b);
  } else if (IsCall(op)) {
    Call(in, op);
  } else if (!Special(in, op)) {
    if (info.fields[0] == Field::B && info.fields[1] == Field::O) {
      Window(in, op);
    } else {
      Generic(in, info);
    }
    if (info.fields[0] == Field::B && HasCache(op)) {  // LOAD_METHOD
      if (in.a + 1u >= u_.num_registers) {
        return FailAt(i, "its window is out of range");
      }
      Write(in.a);
      Set(in.a, false, true);
      Write(in.a + 1);
    }
  }
  if (!error_.empty()) return;
  if ((info.effects & kEffectRaise) != 0 || op == Op::kYIELD) {
    ReachHandler(i, *s);
  }
  uint32_t next = i + InstrWords(u_, i);
  if ((info.effects & kEffectJump) != 0) {
    auto target = static_cast<uint32_t>(JumpTarget(u_, i));
    if (for_iter) {
      State done = *s;
      s_ = &done;
      Consume(in.b);
      Reach(target, done);
      s_ = s;
      Write(in.a);
    } else if (op == Op::kSEND) {
      State done = *s;
      s_ = &done;
      Consume(in.a + 1);
      Reach(target, done);
    } else {
      Reach(target, *s);
      if (keep) Consume(in.a);
    }
  }
  bool ends = (info.effects & kEffectEnd) != 0 && op != Op::kYIELD &&
              op != Op::kRETURN_GENERATOR;
  if (!ends && error_.empty()) Reach(next, *s);
}

}  // namespace

std::string Verify(const Unit& unit, FlowStates* states) {
  FlowStates own;
  return Verifier(unit, states != nullptr ? states : &own).Run();
}

}  // namespace pyvm
