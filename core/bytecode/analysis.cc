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
  Analyzer(PyCodeObject* code, Analysis* out) : code_(code), a_(*out) {}

  std::string Run() {
    std::string error = Shape();
    if (error.empty()) error = Decode();
    if (error.empty()) error = Targets();
    if (error.empty()) error = Ranges();
    if (error.empty()) error = Keywords();
    if (error.empty()) error = Generator();
    if (error.empty()) error = Depths();
    if (!error.empty()) return error;
    return Bound();
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
    a_.instr_at.assign(n + 1, kNoTarget);
    a_.instrs.reserve(n / 2 + 1);
    std::string error;
    for (uint32_t i = 0; i < n && error.empty();) {
      SourceInstr s{};
      s.begin = i;
      s.depth = -1;
      s.target = kNoTarget;
      uint32_t arg = 0;
      while (i < n && opcode(i) == EXTENDED_ARG) {
        arg = (arg | code[i] >> 8) << 8;
        ++i;
      }
      if (i >= n) {
        error = At(s.begin, "EXTENDED_ARG without an instruction");
        break;
      }
      s.op = opcode(i);
      s.arg = arg | code[i] >> 8;
      s.unit = i;
      s.end = i + 1 + CacheUnits(s.op);
      if (!IsKnown(s.op)) error = At(i, "unknown opcode");
      if (s.end > n) error = At(i, "truncated inline cache");
      if (s.arg > 0x7fffffff) error = At(i, "argument out of range");
      a_.instr_at[s.begin] = static_cast<uint32_t>(a_.instrs.size());
      a_.instrs.push_back(s);
      i = s.end;
    }
    if (error.empty() && a_.instrs.empty()) error = "there is no code";
    for (size_t i = 0; i < a_.instrs.size() && error.empty(); ++i) {
      SourceInstr& s = a_.instrs[i];
      if (!ArgumentIsGood(s)) error = At(s.unit, "argument out of range");
      s.reads = static_cast<int32_t>(StackReads(s.op, s.arg));
      s.effect = StackEffect(s.op, s.arg, false);
      s.jump_effect = JumpKindOf(s.op) == JumpKind::kNone
                          ? 0
                          : StackEffect(s.op, s.arg, true);
      s.ends = EndsFlow(s.op);
    }
    return error;
  }

  bool HoldsCell(uint32_t local) const {
    constexpr int kCellOrFree = 0x40 | 0x80;  // of CPython's _PyLocals_Kind
    return (PyBytes_AS_STRING(code_->co_localspluskinds)[local] &
            kCellOrFree) != 0;
  }

  bool ArgumentIsGood(const SourceInstr& s) {
    auto consts = static_cast<uint32_t>(PyTuple_GET_SIZE(code_->co_consts));
    auto names = static_cast<uint32_t>(PyTuple_GET_SIZE(code_->co_names));
    bool good = true;
    switch (s.op) {
      case LOAD_CONST:
        good = s.arg < consts;
        break;
      case KW_NAMES:
        good = s.arg < consts &&
               PyTuple_CheckExact(PyTuple_GET_ITEM(code_->co_consts, s.arg));
        break;
      case LOAD_GLOBAL:
        good = s.arg >> 1 < names;
        break;
      case LOAD_NAME:
      case STORE_NAME:
      case DELETE_NAME:
      case STORE_GLOBAL:
      case DELETE_GLOBAL:
      case LOAD_ATTR:
      case STORE_ATTR:
      case DELETE_ATTR:
      case LOAD_METHOD:
      case IMPORT_NAME:
      case IMPORT_FROM:
        good = s.arg < names;
        break;
      case LOAD_FAST:
        good = s.arg < a_.num_locals;
        break;
      case STORE_FAST:
      case DELETE_FAST:
        good = s.arg < a_.num_locals && !HoldsCell(s.arg);
        break;
      case MAKE_CELL:
      case LOAD_CLOSURE:
      case LOAD_DEREF:
      case STORE_DEREF:
      case DELETE_DEREF:
      case LOAD_CLASSDEREF:
        good = s.arg < a_.num_locals && HoldsCell(s.arg);
        break;
      case RETURN_GENERATOR:
      case YIELD_VALUE:
        good = IsGenerator();
        break;
      case COPY_FREE_VARS:
        good = s.arg == static_cast<uint32_t>(code_->co_nfreevars);
        break;
      case SWAP:
      case COPY:
      case LIST_APPEND:
      case SET_ADD:
      case MAP_ADD:
      case LIST_EXTEND:
      case SET_UPDATE:
      case DICT_UPDATE:
      case DICT_MERGE:
        good = s.arg > 0;
        break;
      case COMPARE_OP:
        good = s.arg <= 5;
        break;
      case IS_OP:
      case CONTAINS_OP:
        good = s.arg <= 1;
        break;
      case BINARY_OP:
        good = s.arg <= 25;
        break;
      case BUILD_SLICE:
        good = s.arg == 2 || s.arg == 3;
        break;
      case RAISE_VARARGS:
        good = s.arg <= 2;
        break;
      case RESUME:
        good = s.arg <= 3;
        break;
      default:
        break;
    }
    // Counts that could overflow the arithmetic behind this.
    if (s.arg > 0x00ffffff && s.op != LOAD_CONST && s.op != LOAD_NAME &&
        s.op != STORE_NAME && JumpKindOf(s.op) == JumpKind::kNone) {
      good = false;
    }
    return good;
  }

  std::string Targets() {
    for (size_t i = 0; i < a_.instrs.size(); ++i) {
      SourceInstr& s = a_.instrs[i];
      JumpKind kind = JumpKindOf(s.op);
      if (kind != JumpKind::kNone) {
        int64_t unit = kind == JumpKind::kForward
                           ? static_cast<int64_t>(s.end) + s.arg
                           : static_cast<int64_t>(s.end) - s.arg;
        if (unit < 0 || unit >= static_cast<int64_t>(a_.instr_at.size()) ||
            a_.instr_at[static_cast<size_t>(unit)] == kNoTarget) {
          return At(s.unit, "jump to no instruction");
        }
        s.target = a_.instr_at[static_cast<size_t>(unit)];
        a_.instrs[s.target].leader = true;
      }
      // Where a suspended frame goes on, and what only jumps can reach.
      if ((s.op == YIELD_VALUE || s.op == RETURN_GENERATOR || EndsFlow(s.op)) &&
          i + 1 < a_.instrs.size()) {
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
    if (!IsGenerator()) return "";
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

  // The exception range that `unit` lies in, or null. Instructions are mostly
  // asked about in order: the last answer is kept, with the units it holds for.
  const ExceptionRange* RangeOf(uint32_t unit) {
    if (unit >= known_from_ && unit < known_to_) return known_range_;
    auto next = std::upper_bound(
        a_.ranges.begin(), a_.ranges.end(), unit,
        [](uint32_t u, const ExceptionRange& r) { return u < r.begin; });
    known_range_ = nullptr;
    known_from_ = 0;
    known_to_ = next == a_.ranges.end() ? kNoTarget : next->begin;
    if (next != a_.ranges.begin()) {
      const ExceptionRange& range = *--next;
      if (unit < range.end) {
        known_range_ = &range;
        known_from_ = range.begin;
        known_to_ = range.end;
      } else {
        known_from_ = range.end;
      }
    }
    return known_range_;
  }

  static bool CannotRaise(uint8_t op) {
    return op == POP_EXCEPT || op == PUSH_EXC_INFO || op == POP_TOP ||
           op == SWAP || op == STORE_FAST || op == RETURN_VALUE;
  }

  // False if it cannot be: then error_ says why.
  bool Reach(uint32_t index, int depth) {
    if (index >= a_.instrs.size()) {
      error_ = "control falls off the end";
      return false;
    }
    SourceInstr& s = a_.instrs[index];
    if (s.depth >= 0) {
      if (s.depth == depth) return true;
      error_ = At(s.unit, "stack depths disagree");
      return false;
    }
    s.depth = depth;
    work_.push_back(index);
    return true;
  }

  std::string Depths() {
    if (!Reach(0, 0)) return error_;
    while (!work_.empty()) {
      uint32_t index = work_.back();
      work_.pop_back();
      const SourceInstr s = a_.instrs[index];
      int32_t reads = s.reads;
      if (s.op == RETURN_VALUE && s.depth != 1) {
        return At(s.unit, "a return leaves values on the stack");
      }
      int limit = static_cast<int>(a_.stack_size);
      if (reads > s.depth) {
        return At(s.unit, "stack underflow");
      }
      const ExceptionRange* range = RangeOf(s.unit);
      if (range != nullptr) {
        // What the handler keeps must be there, and stay there.
        int64_t taken = CannotRaise(s.op) ? 0 : StackPops(s.op, s.arg);
        if (static_cast<int64_t>(range->depth) + taken > s.depth) {
          return At(s.unit, "an exception handler wants a deeper stack");
        }
        if (!Reach(a_.instr_at[range->handler],
                   static_cast<int>(range->depth) + range->lasti + 1))
          return error_;
      }
      if (s.target != kNoTarget) {
        int depth = s.depth + s.jump_effect;
        if (depth < 0 || depth > limit) return At(s.unit, "stack overflow");
        if (!Reach(s.target, depth)) return error_;
      }
      if (!s.ends) {
        int depth = s.depth + s.effect;
        if (depth < 0 || depth > limit) return At(s.unit, "stack overflow");
        if (!Reach(index + 1, depth)) return error_;
      }
    }
    return "";
  }

  // --- What is bound
  // ---------------------------------------------------------- Bit i of a
  // state: local i is bound. Bit num_locals + d: slot d of the stack is not the
  // null that some calls have below their callable.
  bool IsSet(uint32_t bit) const {
    return (now_[bit / 64] >> bit % 64 & 1) != 0;
  }
  void Put(uint32_t bit, bool value) {
    uint64_t mask = 1ULL << bit % 64;
    now_[bit / 64] = value ? now_[bit / 64] | mask : now_[bit / 64] & ~mask;
  }
  uint32_t Slot(int32_t depth) const {
    return a_.num_locals + static_cast<uint32_t>(depth);
  }

  // A forward dataflow problem, met by intersection, iterated to its greatest
  // fixed point.
  std::string Bound() {
    a_.bound_words = (a_.num_locals + a_.stack_size + 63) / 64;
    if (a_.bound_words == 0) a_.bound_words = 1;
    a_.bound_at.assign(a_.instrs.size(), kNoTarget);
    uint32_t leaders = 0;
    for (size_t i = 0; i < a_.instrs.size(); ++i) {
      if (a_.instrs[i].leader) a_.bound_at[i] = a_.bound_words * leaders++;
    }
    a_.bound.assign(static_cast<size_t>(leaders) * a_.bound_words, ~0ULL);
    now_.assign(a_.bound_words, 0);
    uint32_t args =
        static_cast<uint32_t>(code_->co_argcount + code_->co_kwonlyargcount +
                              ((code_->co_flags & CO_VARARGS) != 0) +
                              ((code_->co_flags & CO_VARKEYWORDS) != 0));
    for (uint32_t i = 0; i < args && i < a_.num_locals; ++i) Put(i, true);
    Meet(0);
    // States only shrink: what reads null in one pass does so at the end.
    std::string error;
    do {
      changed_ = false;
      Walk(&error);
    } while (changed_ && error.empty());
    return error;
  }

  // One pass over the code, which also looks for instructions that read what
  // may be null. Sets changed_ if what it has passed already must be seen
  // again.
  void Walk(std::string* error) {
    bool live = false;
    at_ = 0;
    for (size_t i = 0; i < a_.instrs.size(); ++i) {
      const SourceInstr& s = a_.instrs[i];
      if (s.depth < 0) {
        live = false;
        continue;
      }
      if (s.leader) {
        if (live) Meet(i);
        std::memcpy(now_.data(), &a_.bound[a_.bound_at[i]],
                    a_.bound_words * sizeof(uint64_t));
      }
      at_ = i;
      if (ReadsNull(s)) {
        *error = At(s.unit, "a value that may be missing is used");
        return;
      }
      const ExceptionRange* range = RangeOf(s.unit);
      if (range != nullptr) MeetHandler(*range);
      Transfer(s);
      if (range != nullptr && s.op == DELETE_FAST) MeetHandler(*range);
      if (s.target != kNoTarget) Meet(s.target);
      live = !s.ends;
    }
  }

  void Transfer(const SourceInstr& s) {
    int32_t reads = s.reads;
    int32_t end = s.depth + (s.ends ? 0 : s.effect);
    switch (s.op) {
      case STORE_FAST:
      case MAKE_CELL:
      case LOAD_FAST:  // else it has raised
        Put(s.arg, true);
        break;
      case DELETE_FAST:
        Put(s.arg, false);
        break;
      case COPY_FREE_VARS:
        for (uint32_t j = a_.num_locals - s.arg; j < a_.num_locals; ++j) {
          Put(j, true);
        }
        break;
      case PRECALL:
      case POP_TOP:
        return;
      case COPY:
        Put(Slot(s.depth), IsSet(Slot(s.depth - reads)));
        return;
      case SWAP: {
        uint32_t top = Slot(s.depth - 1), other = Slot(s.depth - reads);
        bool was = IsSet(top);
        Put(top, IsSet(other));
        Put(other, was);
        return;
      }
      default:
        break;
    }
    for (int32_t d = s.depth - reads; d < end; ++d) Put(Slot(d), true);
    if (s.op == PUSH_NULL || (s.op == LOAD_GLOBAL && (s.arg & 1) != 0)) {
      Put(Slot(s.depth), false);
    } else if (s.op == LOAD_METHOD) {
      Put(Slot(s.depth - 1), false);
    }
  }

  bool ReadsNull(const SourceInstr& s) const {
    switch (s.op) {
      case POP_TOP:
      case COPY:
      case SWAP:
        return false;
      case LOAD_CLOSURE:
      case LOAD_DEREF:
      case STORE_DEREF:
      case DELETE_DEREF:
      case LOAD_CLASSDEREF:
        if (!IsSet(s.arg)) return true;  // a cell that was not made
        break;
      default:
        break;
    }
    bool may_be_null =
        s.op == PRECALL || s.op == CALL || s.op == CALL_FUNCTION_EX;
    int32_t reads = s.reads;
    for (int32_t d = s.depth - reads + may_be_null; d < s.depth; ++d) {
      if (!IsSet(Slot(d))) return true;
    }
    return false;
  }

  // The state now is one of those in which the handler may be entered.
  void MeetHandler(const ExceptionRange& range) {
    saved_ = now_;
    for (uint32_t j = 0; j <= range.lasti; ++j) {
      Put(a_.num_locals + range.depth + j, true);
    }
    Meet(a_.instr_at[range.handler]);
    now_.swap(saved_);
  }
  // The state now is one of those that reach the leader.
  void Meet(size_t leader) {
    uint64_t* to = &a_.bound[a_.bound_at[leader]];
    for (uint32_t w = 0; w < a_.bound_words; ++w) {
      uint64_t met = to[w] & now_[w];
      if (met != to[w]) {
        to[w] = met;
        changed_ = changed_ || leader <= at_;
      }
    }
  }

  PyCodeObject* code_;
  Analysis& a_;
  std::vector<uint32_t> work_;
  std::vector<uint64_t> now_, saved_;
  const ExceptionRange* known_range_ = nullptr;
  uint32_t known_from_ = 0, known_to_ = 0;
  bool changed_ = false;
  size_t at_ = 0;  // the instruction whose state Walk has taken
  std::string error_;
};

}  // namespace

std::string Analyze(PyCodeObject* code, Analysis* out) {
  return Analyzer(code, out).Run();
}

}  // namespace pyvm
