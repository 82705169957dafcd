#include "core/bytecode/analysis.h"

#include <algorithm>
#include <cstring>

#include "core/bytecode/source_ops.h"

// The opcode that a specialised one stands for (CPython's internal table).
extern "C" const uint8_t _PyOpcode_Deopt[256];

namespace pyvm {
namespace {

std::string At(uint32_t unit, const char* what) {
  return std::string(what) + " at offset " + std::to_string(unit * 2);
}

class Analyzer {
 public:
  Analyzer(PyCodeObject* code, Analysis* out)
      : code_(code),
        a_(*out),
        now_(out->bound.get_allocator()),
        saved_(out->bound.get_allocator()) {}

  std::string Run() {
    std::string error = Shape();
    if (error.empty()) error = Decode();
    if (error.empty()) error = Targets();
    if (error.empty()) error = Ranges();
    if (error.empty() && has_keywords_) error = Keywords();
    if (error.empty() && IsGenerator()) error = Generator();
    if (error.empty()) error = Flow();
    return error;
  }

 private:
  std::string Shape() {
    if (!PyTuple_CheckExact(code_->co_consts) ||
        !PyTuple_CheckExact(code_->co_names) ||
        !PyTuple_CheckExact(code_->co_localsplusnames) ||
        !PyBytes_CheckExact(code_->co_localspluskinds) ||
        !PyBytes_CheckExact(code_->co_exceptiontable)) {
      return "a field of the code object has the wrong type";
    }
    if (code_->co_nlocalsplus < 0 || code_->co_stacksize < 0 ||
        PyTuple_GET_SIZE(code_->co_localsplusnames) != code_->co_nlocalsplus ||
        PyBytes_GET_SIZE(code_->co_localspluskinds) != code_->co_nlocalsplus) {
      return "the numbers of local variables disagree";
    }
    a_.num_locals = static_cast<uint32_t>(code_->co_nlocalsplus);
    a_.stack_size = static_cast<uint32_t>(code_->co_stacksize);
    return "";
  }

  std::string Decode() {
    // Not PyCode_GetCode: it writes past the end of code that is cut off in an
    // inline cache.
    const uint16_t* code = reinterpret_cast<uint16_t*>(_PyCode_CODE(code_));
    auto n = static_cast<uint32_t>(Py_SIZE(code_));
    auto opcode = [&](uint32_t i) { return _PyOpcode_Deopt[code[i] & 0xff]; };
    SetLimits();
    a_.instr_at.assign(n + 1, kNoTarget);
    a_.instrs.reserve(n / 2 + 1);
    uint32_t size = 0;
    for (uint32_t i = 0; i < n;) {
      uint32_t begin = i, arg = 0;
      uint8_t op = opcode(i);
      while (op == EXTENDED_ARG) {
        arg = (arg | code[i] >> 8) << 8;
        if (++i >= n) return At(begin, "EXTENDED_ARG without an instruction");
        op = opcode(i);
      }
      const SourceOp& row = SourceOpOf(op);
      arg |= code[i] >> 8;
      if ((row.flags & kKnown) == 0) return At(i, "unknown opcode");
      if (!ArgumentIsGood(row, arg)) return At(i, "argument out of range");
      has_keywords_ |= op == KW_NAMES;
      a_.instr_at[begin] = size++;
      a_.instrs.push_back({op, false, arg, begin, i, -1, kNoTarget});
      i += 1u + row.cache_units;
      if (i > n) return At(a_.instrs.back().unit, "truncated inline cache");
    }
    return a_.instrs.empty() ? "there is no code" : "";
  }

  bool HoldsCell(uint32_t local) const {
    constexpr int kCellOrFree = 0x40 | 0x80;  // of CPython's _PyLocals_Kind
    return (PyBytes_AS_STRING(code_->co_localspluskinds)[local] &
            kCellOrFree) != 0;
  }

  // What arguments must be below, by kind.
  void SetLimits() {
    using enum Argument;
    auto limit = [this](Argument kind) -> uint32_t& {
      return limits_[static_cast<int>(kind)];
    };
    auto consts = static_cast<uint32_t>(PyTuple_GET_SIZE(code_->co_consts));
    auto names = static_cast<uint32_t>(PyTuple_GET_SIZE(code_->co_names));
    // Counts beyond could overflow the arithmetic behind this.
    std::fill(std::begin(limits_), std::end(limits_), 0x01000000);
    limit(kJump) = 0x80000000;
    limit(kConstant) = limit(kKeywords) = std::min(consts, 0x80000000u);
    limit(kName) = std::min(names, 0x80000000u);
    limit(kNameOrNull) = 2 * std::min(names, 0x40000000u);
    limit(kLocal) = limit(kPlainLocal) = limit(kCell) = a_.num_locals;
    limit(kUpTo1) = 2;
    limit(kUpTo2) = 3;
    limit(kUpTo3) = limit(kTwoOrThree) = 4;
    limit(kUpTo5) = 6;
    limit(kUpTo25) = 26;
  }

  bool ArgumentIsGood(const SourceOp& row, uint32_t arg) const {
    if (arg >= limits_[static_cast<int>(row.argument)]) return false;
    switch (row.argument) {
      case Argument::kPositive:
        return arg > 0;
      case Argument::kTwoOrThree:
        return arg >= 2;
      case Argument::kKeywords:
        return PyTuple_CheckExact(PyTuple_GET_ITEM(code_->co_consts, arg));
      case Argument::kPlainLocal:
        return !HoldsCell(arg);
      case Argument::kCell:
        return HoldsCell(arg);
      case Argument::kFreeVariables:
        return arg == static_cast<uint32_t>(code_->co_nfreevars);
      case Argument::kGenerator:
        return IsGenerator();
      default:
        return true;
    }
  }

  std::string Targets() {
    size_t size = a_.instrs.size();
    for (size_t i = 0; i < size; ++i) {
      SourceInstr& s = a_.instrs[i];
      const SourceOp& row = SourceOpOf(s.op);
      if ((row.flags & (kJumps | kJumpsBack | kEnds | kSuspends)) == 0) {
        continue;
      }
      if ((row.flags & (kJumps | kJumpsBack)) != 0) {
        int64_t end = s.unit + 1u + row.cache_units;
        int64_t unit = (row.flags & kJumps) != 0 ? end + s.arg : end - s.arg;
        if (unit < 0 || unit >= static_cast<int64_t>(a_.instr_at.size()) ||
            a_.instr_at[static_cast<size_t>(unit)] == kNoTarget) {
          return At(s.unit, "jump to no instruction");
        }
        s.target = a_.instr_at[static_cast<size_t>(unit)];
        a_.instrs[s.target].leader = true;
      }
      // Where a suspended frame goes on, and what only jumps can reach.
      if ((row.flags & (kEnds | kSuspends)) != 0 && i + 1 < a_.instrs.size()) {
        a_.instrs[i + 1].leader = true;
      }
    }
    a_.instrs[0].leader = true;
    return "";
  }

  // The names of keyword arguments belong to the very next call.
  std::string Keywords() {
    for (size_t i = 0; i < a_.instrs.size(); ++i) {
      if (a_.instrs[i].op != KW_NAMES) continue;
      size_t call = i + 1;
      for (; call < a_.instrs.size() && !a_.instrs[call].leader; ++call) {
        if (a_.instrs[call].op != PRECALL) break;
      }
      PyObject* names = PyTuple_GET_ITEM(code_->co_consts, a_.instrs[i].arg);
      bool good = call < a_.instrs.size() && !a_.instrs[call].leader &&
                  a_.instrs[call].op == CALL &&
                  PyTuple_GET_SIZE(names) <=
                      static_cast<Py_ssize_t>(a_.instrs[call].arg);
      for (Py_ssize_t j = 0; j < PyTuple_GET_SIZE(names); ++j) {
        good = good && PyUnicode_Check(PyTuple_GET_ITEM(names, j));
      }
      if (!good) return At(a_.instrs[i].unit, "keyword names without a call");
    }
    return "";
  }

  bool IsGenerator() const {
    return (code_->co_flags &
            (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR)) != 0;
  }
  // A generator becomes one before anything else happens, and once.
  std::string Generator() {
    size_t begin = 0;
    while (begin < a_.instrs.size() && (a_.instrs[begin].op == COPY_FREE_VARS ||
                                        a_.instrs[begin].op == MAKE_CELL)) {
      ++begin;
    }
    for (size_t i = 0; i < a_.instrs.size(); ++i) {
      const SourceInstr& s = a_.instrs[i];
      if ((s.op == RETURN_GENERATOR) != (i == begin) ||
          (s.target != kNoTarget && s.target <= begin)) {
        return At(s.unit, "not how a generator begins");
      }
    }
    for (const ExceptionRange& r : a_.ranges) {
      if (a_.instr_at[r.handler] <= begin) {
        return At(r.handler, "not how a generator begins");
      }
    }
    return begin == a_.instrs.size() ? "a generator without RETURN_GENERATOR"
                                     : "";
  }

  // Reads one number of the exception table; false at its end.
  bool ReadNumber(const uint8_t*& p, const uint8_t* end, uint32_t* out) {
    if (p >= end) return false;
    uint64_t value = *p & 63;
    while ((*p++ & 64) != 0) {
      if (p >= end || value > 0x3ffffff) return false;
      value = value << 6 | (*p & 63);
    }
    *out = static_cast<uint32_t>(value);
    return value < 0x7fffffff;
  }

  std::string Ranges() {
    const auto* p = reinterpret_cast<const uint8_t*>(
        PyBytes_AS_STRING(code_->co_exceptiontable));
    const uint8_t* end = p + PyBytes_GET_SIZE(code_->co_exceptiontable);
    auto units = static_cast<uint32_t>(a_.instr_at.size());
    while (p < end) {
      uint32_t begin, size, handler, depth_and_lasti;
      if (!ReadNumber(p, end, &begin) || !ReadNumber(p, end, &size) ||
          !ReadNumber(p, end, &handler) ||
          !ReadNumber(p, end, &depth_and_lasti)) {
        return "the exception table is cut off";
      }
      if (begin >= units || size > units - begin || handler >= units ||
          a_.instr_at[handler] == kNoTarget) {
        return "the exception table points out of the code";
      }
      ExceptionRange r{begin, begin + size, handler, depth_and_lasti >> 1,
                       (depth_and_lasti & 1) != 0};
      if (!a_.ranges.empty() && begin < a_.ranges.back().end) {
        return "the exception table is not sorted";
      }
      if (r.depth + r.lasti + 1 > a_.stack_size) {
        return "an exception handler's stack is too deep";
      }
      a_.instrs[a_.instr_at[handler]].leader = true;
      a_.ranges.push_back(r);
    }
    return "";
  }

  // --- Depths, and what is bound --------------------------------------------
  // Bit i of a state: local i is bound. Bit num_locals + d: slot d of the stack
  // is not the null that some calls have below their callable, or not in use.
  bool IsSet(uint32_t bit) const {
    return (now_[bit / 64] >> bit % 64 & 1) != 0;
  }
  void Set(uint32_t bit) { now_[bit / 64] |= 1ULL << bit % 64; }
  void Clear(uint32_t bit) {
    now_[bit / 64] &= ~(1ULL << bit % 64);
    met_ = nullptr;
  }
  // Calls f(word, mask) for the words that hold bits [from, to), until it
  // returns false. Returns whether it did not.
  template <typename Function>
  static bool ForBits(uint32_t from, uint32_t to, Function f) {
    while (from < to) {
      uint32_t n = std::min(to - from, 64 - from % 64);
      if (!f(from / 64, (~0ULL >> (64 - n)) << from % 64)) return false;
      from += n;
    }
    return true;
  }
  bool AreSet(uint32_t from, uint32_t to) const {
    return ForBits(from, to, [this](uint32_t word, uint64_t mask) {
      return (now_[word] & mask) == mask;
    });
  }
  void SetAll(uint32_t from, uint32_t to) {
    ForBits(from, to, [this](uint32_t word, uint64_t mask) {
      now_[word] |= mask;
      return true;
    });
  }

  // A forward dataflow problem, met by intersection, iterated to its greatest
  // fixed point.
  std::string Flow() {
    a_.bound_words = std::max(1u, (a_.num_locals + a_.stack_size + 63) / 64);
    a_.bound_at.assign(a_.instrs.size(), kNoTarget);
    uint32_t leaders = 0;
    for (size_t i = 0, size = a_.instrs.size(); i < size; ++i) {
      if (a_.instrs[i].leader) a_.bound_at[i] = a_.bound_words * leaders++;
    }
    a_.bound.assign(static_cast<size_t>(leaders) * a_.bound_words, ~0ULL);
    now_.assign(a_.bound_words, 0);
    uint32_t args =
        static_cast<uint32_t>(code_->co_argcount + code_->co_kwonlyargcount +
                              ((code_->co_flags & CO_VARARGS) != 0) +
                              ((code_->co_flags & CO_VARKEYWORDS) != 0));
    SetAll(0, std::min(args, a_.num_locals));
    SetAll(a_.num_locals, a_.num_locals + a_.stack_size);
    Reach(0, 0);
    // States only shrink: what reads null in one pass does so at the end.
    while (changed_ && error_.empty()) {
      changed_ = false;
      Walk();
    }
    return error_;
  }

  // One pass over the code, which also looks for instructions that read what
  // is not on the stack or may be null. Sets changed_ if what it has passed
  // already must be seen again, and error_.
  void Walk() {
    bool live = false;
    int depth = 0;
    range_ = a_.ranges.data();
    at_ = 0;
    size_t size = a_.instrs.size();
    for (size_t i = 0; i < size; ++i) {
      SourceInstr& s = a_.instrs[i];
      if (s.leader) {
        if (live && !Reach(i, depth)) return;
        live = s.depth >= 0;
        if (!live) continue;
        depth = s.depth;
        std::memcpy(now_.data(), &a_.bound[a_.bound_at[i]],
                    a_.bound_words * sizeof(uint64_t));
        met_ = nullptr;
        FindNulls(depth);
      } else if (!live) {
        continue;
      }
      s.depth = depth;
      at_ = i;
      const SourceOp& row = SourceOpOf(s.op);
      StackUse use = row.StackUseOf(s.arg);
      if (!Step(s, row, use)) return;
      live = (row.flags & kEnds) == 0;
      depth += static_cast<int>(use.pushes - use.pops);
    }
    if (live) error_ = "control falls off the end";
  }

  // One instruction that is reached. Returns false if it is not well formed.
  bool Step(const SourceInstr& s, const SourceOp& row, const StackUse& use) {
    auto depth = static_cast<uint32_t>(s.depth);
    if (use.reads > depth) return Fail(s, "stack underflow");
    if (depth - use.pops + use.pushes > a_.stack_size) {
      return Fail(s, "stack overflow");
    }
    if (s.op == RETURN_VALUE && depth != 1) {
      return Fail(s, "a return leaves values on the stack");
    }
    if (ReadsNull(s, row, use)) {
      return Fail(s, "a value that may be missing is used");
    }
    const ExceptionRange* range = RangeOf(s.unit);
    if (range != nullptr) {
      // What the handler keeps must be there, and stay there.
      uint32_t taken = (row.flags & kCannotRaise) != 0 ? 0 : use.pops;
      if (range->depth + taken > depth) {
        return Fail(s, "an exception handler wants a deeper stack");
      }
      if (!MeetHandler(*range)) return false;
    }
    Transfer(s, use);
    if (range != nullptr && s.op == DELETE_FAST && !MeetHandler(*range)) {
      return false;
    }
    if (s.target == kNoTarget) return true;
    return Reach(s.target,
                 s.depth + static_cast<int>(PushesIfItJumps(s.op) - use.pops));
  }

  void Transfer(const SourceInstr& s, const StackUse& use) {
    uint32_t top = a_.num_locals + static_cast<uint32_t>(s.depth);
    switch (s.op) {
      case LOAD_FAST:  // else it has raised
      case STORE_FAST:
      case MAKE_CELL:
        Set(s.arg);
        break;
      case DELETE_FAST:
        Clear(s.arg);
        break;
      case COPY_FREE_VARS:
        SetAll(a_.num_locals - s.arg, a_.num_locals);
        break;
      case PRECALL:
        return;
      case COPY:
        if (!IsSet(top - use.reads)) PutNull(top);
        return;
      case SWAP:
        if (IsSet(top - 1) != IsSet(top - use.reads)) {
          Flip(top - 1);
          Flip(top - use.reads);
          FindNulls(s.depth);
        }
        return;
      case PUSH_NULL:
        PutNull(top);
        return;
      case LOAD_METHOD:
        PutNull(top - 1);
        return;
      case LOAD_GLOBAL:
        if ((s.arg & 1) != 0) PutNull(top);
        return;
      default:
        break;
    }
    if (top - use.reads >= nulls_end_) return;
    SetAll(top - use.reads, top);
    FindNulls(s.depth);
  }
  void Flip(uint32_t bit) {
    now_[bit / 64] ^= 1ULL << bit % 64;
    met_ = nullptr;
  }
  void PutNull(uint32_t bit) {
    Clear(bit);
    nulls_end_ = std::max(nulls_end_, bit + 1);
  }
  // Sets nulls_end_ for the state now, with `depth` values on the stack.
  void FindNulls(int depth) {
    nulls_end_ = a_.num_locals + static_cast<uint32_t>(depth);
    while (nulls_end_ > a_.num_locals && IsSet(nulls_end_ - 1)) --nulls_end_;
  }

  bool ReadsNull(const SourceInstr& s, const SourceOp& row,
                 const StackUse& use) const {
    if (row.argument == Argument::kCell && s.op != MAKE_CELL && !IsSet(s.arg)) {
      return true;  // a cell that was not made
    }
    uint32_t top = a_.num_locals + static_cast<uint32_t>(s.depth);
    uint32_t first = top - use.reads;
    if (first >= nulls_end_ || (row.flags & kMoves) != 0) return false;
    return !AreSet(first + ((row.flags & kTakesNull) != 0), top);
  }

  // The exception range that `unit` lies in, or null. A pass asks in order.
  const ExceptionRange* RangeOf(uint32_t unit) {
    const ExceptionRange* end = a_.ranges.data() + a_.ranges.size();
    while (range_ != end && range_->end <= unit) ++range_;
    return range_ != end && range_->begin <= unit ? range_ : nullptr;
  }

  // The state now is one of those in which the handler may be entered. One that
  // has only grown since the handler met it says nothing new.
  bool MeetHandler(const ExceptionRange& range) {
    if (met_ == &range) return true;
    uint32_t index = a_.instr_at[range.handler];
    saved_ = now_;
    SetAll(a_.num_locals + range.depth, a_.num_locals + a_.stack_size);
    bool good = Reach(index, static_cast<int>(range.depth) + range.lasti + 1);
    now_.swap(saved_);
    met_ = &range;
    return good;
  }

  // The state now is one of those that reach the leader, with `depth` values on
  // the stack. Returns false if it cannot be.
  bool Reach(size_t leader, int depth) {
    SourceInstr& s = a_.instrs[leader];
    bool news = s.depth < 0;
    if (news) {
      if (depth < 0 || depth > static_cast<int>(a_.stack_size)) {
        return Fail(s, "stack overflow");
      }
      s.depth = depth;
    } else if (s.depth != depth) {
      return Fail(s, "stack depths disagree");
    }
    uint64_t* to = &a_.bound[a_.bound_at[leader]];
    for (uint32_t w = 0; w < a_.bound_words; ++w) {
      uint64_t met = to[w] & now_[w];
      news = news || met != to[w];
      to[w] = met;
    }
    changed_ = changed_ || (news && leader <= at_);
    return true;
  }

  // Returns false.
  bool Fail(const SourceInstr& s, const char* what) {
    error_ = At(s.unit, what);
    return false;
  }

  PyCodeObject* code_;
  Analysis& a_;
  uint32_t limits_[kNumArguments];
  bool has_keywords_ = false;
  std::pmr::vector<uint64_t> now_, saved_;
  const ExceptionRange* range_ = nullptr;  // the next that may hold an answer
  const ExceptionRange* met_ = nullptr;    // whose handler knows the state
  uint32_t nulls_end_ = 0;  // behind the highest null; num_locals for none
  bool changed_ = false;
  size_t at_ = 0;  // the instruction whose state Walk has taken
  std::string error_;
};

}  // namespace

std::string Analyze(PyCodeObject* code, Analysis* out) {
  return Analyzer(code, out).Run();
}

}  // namespace pyvm
