#include "core/bytecode/analysis.h"

#include <algorithm>
#include <cstring>

namespace pyvm {
namespace {

// Inline cache entries behind each opcode, in code units (CPython 3.11).
uint32_t CacheUnits(uint8_t op) {
  switch (op) {
    case LOAD_METHOD:
      return 10;
    case LOAD_GLOBAL:
      return 5;
    case BINARY_SUBSCR:
    case STORE_ATTR:
    case LOAD_ATTR:
    case CALL:
      return 4;
    case COMPARE_OP:
      return 2;
    case STORE_SUBSCR:
    case UNPACK_SEQUENCE:
    case BINARY_OP:
    case PRECALL:
      return 1;
    default:
      return 0;
  }
}

enum class JumpKind { kNone, kForward, kBackward };

JumpKind JumpKindOf(uint8_t op) {
  switch (op) {
    case FOR_ITER:
    case JUMP_FORWARD:
    case JUMP_IF_FALSE_OR_POP:
    case JUMP_IF_TRUE_OR_POP:
    case POP_JUMP_FORWARD_IF_FALSE:
    case POP_JUMP_FORWARD_IF_TRUE:
    case POP_JUMP_FORWARD_IF_NONE:
    case POP_JUMP_FORWARD_IF_NOT_NONE:
    case SEND:
      return JumpKind::kForward;
    case JUMP_BACKWARD:
    case JUMP_BACKWARD_NO_INTERRUPT:
    case POP_JUMP_BACKWARD_IF_FALSE:
    case POP_JUMP_BACKWARD_IF_TRUE:
    case POP_JUMP_BACKWARD_IF_NONE:
    case POP_JUMP_BACKWARD_IF_NOT_NONE:
      return JumpKind::kBackward;
    default:
      return JumpKind::kNone;
  }
}

bool IsKnown(uint8_t op) {
  switch (op) {
#define K(name) case name:
    // clang-format off
    K(POP_TOP) K(PUSH_NULL) K(NOP) K(UNARY_POSITIVE) K(UNARY_NEGATIVE)
    K(UNARY_NOT) K(UNARY_INVERT) K(BINARY_SUBSCR) K(GET_LEN) K(MATCH_MAPPING)
    K(MATCH_SEQUENCE) K(MATCH_KEYS) K(PUSH_EXC_INFO) K(CHECK_EXC_MATCH)
    K(CHECK_EG_MATCH) K(WITH_EXCEPT_START) K(GET_AITER) K(GET_ANEXT)
    K(BEFORE_ASYNC_WITH) K(BEFORE_WITH) K(END_ASYNC_FOR) K(STORE_SUBSCR)
    K(DELETE_SUBSCR) K(GET_ITER) K(GET_YIELD_FROM_ITER) K(PRINT_EXPR)
    K(LOAD_BUILD_CLASS) K(LOAD_ASSERTION_ERROR) K(RETURN_GENERATOR)
    K(LIST_TO_TUPLE) K(RETURN_VALUE) K(IMPORT_STAR) K(SETUP_ANNOTATIONS)
    K(YIELD_VALUE) K(ASYNC_GEN_WRAP) K(PREP_RERAISE_STAR) K(POP_EXCEPT)
    K(STORE_NAME) K(DELETE_NAME) K(UNPACK_SEQUENCE) K(FOR_ITER) K(UNPACK_EX)
    K(STORE_ATTR) K(DELETE_ATTR) K(STORE_GLOBAL) K(DELETE_GLOBAL) K(SWAP)
    K(LOAD_CONST) K(LOAD_NAME) K(BUILD_TUPLE) K(BUILD_LIST) K(BUILD_SET)
    K(BUILD_MAP) K(LOAD_ATTR) K(COMPARE_OP) K(IMPORT_NAME) K(IMPORT_FROM)
    K(JUMP_FORWARD) K(JUMP_IF_FALSE_OR_POP) K(JUMP_IF_TRUE_OR_POP)
    K(POP_JUMP_FORWARD_IF_FALSE) K(POP_JUMP_FORWARD_IF_TRUE) K(LOAD_GLOBAL)
    K(IS_OP) K(CONTAINS_OP) K(RERAISE) K(COPY) K(BINARY_OP) K(SEND)
    K(LOAD_FAST) K(STORE_FAST) K(DELETE_FAST) K(POP_JUMP_FORWARD_IF_NOT_NONE)
    K(POP_JUMP_FORWARD_IF_NONE) K(RAISE_VARARGS) K(GET_AWAITABLE)
    K(MAKE_FUNCTION) K(BUILD_SLICE) K(JUMP_BACKWARD_NO_INTERRUPT) K(MAKE_CELL)
    K(LOAD_CLOSURE) K(LOAD_DEREF) K(STORE_DEREF) K(DELETE_DEREF)
    K(JUMP_BACKWARD) K(CALL_FUNCTION_EX) K(LIST_APPEND) K(SET_ADD) K(MAP_ADD)
    K(LOAD_CLASSDEREF) K(COPY_FREE_VARS) K(RESUME) K(MATCH_CLASS)
    K(FORMAT_VALUE) K(BUILD_CONST_KEY_MAP) K(BUILD_STRING) K(LOAD_METHOD)
    K(LIST_EXTEND) K(SET_UPDATE) K(DICT_MERGE) K(DICT_UPDATE) K(PRECALL)
    K(CALL) K(KW_NAMES) K(POP_JUMP_BACKWARD_IF_NOT_NONE)
    K(POP_JUMP_BACKWARD_IF_NONE) K(POP_JUMP_BACKWARD_IF_FALSE)
    K(POP_JUMP_BACKWARD_IF_TRUE)
    // clang-format on
#undef K
                                                                                    return true;
    default:
      return false;
  }
}

// Values that an instruction reads from the stack, counted from its top.
uint32_t StackReads(uint8_t op, uint32_t arg) {
  switch (op) {
    case POP_TOP:
    case UNARY_POSITIVE:
    case UNARY_NEGATIVE:
    case UNARY_NOT:
    case UNARY_INVERT:
    case GET_LEN:
    case MATCH_MAPPING:
    case MATCH_SEQUENCE:
    case PUSH_EXC_INFO:
    case GET_AITER:
    case GET_ANEXT:
    case BEFORE_ASYNC_WITH:
    case BEFORE_WITH:
    case GET_ITER:
    case GET_YIELD_FROM_ITER:
    case PRINT_EXPR:
    case LIST_TO_TUPLE:
    case RETURN_VALUE:
    case IMPORT_STAR:
    case YIELD_VALUE:
    case ASYNC_GEN_WRAP:
    case POP_EXCEPT:
    case STORE_NAME:
    case UNPACK_SEQUENCE:
    case UNPACK_EX:
    case FOR_ITER:
    case DELETE_ATTR:
    case STORE_GLOBAL:
    case LOAD_ATTR:
    case LOAD_METHOD:
    case IMPORT_FROM:
    case JUMP_IF_FALSE_OR_POP:
    case JUMP_IF_TRUE_OR_POP:
    case POP_JUMP_FORWARD_IF_FALSE:
    case POP_JUMP_FORWARD_IF_TRUE:
    case POP_JUMP_FORWARD_IF_NONE:
    case POP_JUMP_FORWARD_IF_NOT_NONE:
    case POP_JUMP_BACKWARD_IF_FALSE:
    case POP_JUMP_BACKWARD_IF_TRUE:
    case POP_JUMP_BACKWARD_IF_NONE:
    case POP_JUMP_BACKWARD_IF_NOT_NONE:
    case STORE_FAST:
    case STORE_DEREF:
    case GET_AWAITABLE:
      return 1;
    case BINARY_SUBSCR:
    case MATCH_KEYS:
    case CHECK_EXC_MATCH:
    case CHECK_EG_MATCH:
    case END_ASYNC_FOR:
    case DELETE_SUBSCR:
    case PREP_RERAISE_STAR:
    case STORE_ATTR:
    case COMPARE_OP:
    case IMPORT_NAME:
    case IS_OP:
    case CONTAINS_OP:
    case BINARY_OP:
    case SEND:
      return 2;
    case STORE_SUBSCR:
    case MATCH_CLASS:
      return 3;
    case WITH_EXCEPT_START:
      return 4;
    case SWAP:
    case COPY:
    case BUILD_TUPLE:
    case BUILD_LIST:
    case BUILD_SET:
    case BUILD_STRING:
    case BUILD_SLICE:
    case RAISE_VARARGS:
      return arg;
    case BUILD_MAP:
      return 2 * arg;
    case BUILD_CONST_KEY_MAP:
    case RERAISE:
    case LIST_APPEND:
    case SET_ADD:
    case LIST_EXTEND:
    case SET_UPDATE:
    case DICT_UPDATE:
      return arg + 1;
    // The error message names the function, which lies below the dict.
    case DICT_MERGE:
      return arg + 3;
    case MAP_ADD:
    case PRECALL:
    case CALL:
      return arg + 2;
    case CALL_FUNCTION_EX:
      return 3 + (arg & 1);
    case MAKE_FUNCTION:
      return 1 + (arg & 1) + (arg >> 1 & 1) + (arg >> 2 & 1) + (arg >> 3 & 1);
    case FORMAT_VALUE:
      return 1 + (arg >> 2 & 1);
    default:
      return 0;
  }
}

// The change of the stack's depth; CPython's own table, with the two places
// where it counts for the compiler's convenience put right.
int StackEffect(uint8_t op, uint32_t arg, bool jumps) {
  switch (op) {
    case RETURN_GENERATOR:
      return 1;  // what is sent first
    case PRECALL:
      return 0;
    case CALL:
      return -1 - static_cast<int>(arg);
    case KW_NAMES:
      return 0;
    default:
      return PyCompile_OpcodeStackEffectWithJump(op, static_cast<int>(arg),
                                                 jumps ? 1 : 0);
  }
}

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
    if (error.empty()) error = Depths();
    if (error.empty()) Bound();
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
    PyObject* bytes = PyCode_GetCode(code_);
    if (bytes == nullptr) {
      PyErr_Clear();
      return "the code cannot be read";
    }
    const auto* p = reinterpret_cast<const uint8_t*>(PyBytes_AS_STRING(bytes));
    auto n = static_cast<uint32_t>(PyBytes_GET_SIZE(bytes) / 2);
    a_.instr_at.assign(n + 1, kNoTarget);
    a_.instrs.reserve(n / 2 + 1);
    std::string error;
    for (uint32_t i = 0; i < n && error.empty();) {
      SourceInstr s{};
      s.begin = i;
      s.depth = -1;
      s.target = kNoTarget;
      uint32_t arg = 0;
      while (i < n && p[2 * i] == EXTENDED_ARG) {
        arg = (arg | p[2 * i + 1]) << 8;
        ++i;
      }
      if (i >= n) {
        error = At(s.begin, "EXTENDED_ARG without an instruction");
        break;
      }
      s.op = p[2 * i];
      s.arg = arg | p[2 * i + 1];
      s.unit = i;
      s.end = i + 1 + CacheUnits(s.op);
      if (!IsKnown(s.op)) error = At(i, "unknown opcode");
      if (s.end > n) error = At(i, "truncated inline cache");
      if (s.arg > 0x7fffffff) error = At(i, "argument out of range");
      a_.instr_at[s.begin] = static_cast<uint32_t>(a_.instrs.size());
      a_.instrs.push_back(s);
      i = s.end;
    }
    Py_DECREF(bytes);
    if (error.empty() && a_.instrs.empty()) error = "there is no code";
    for (size_t i = 0; i < a_.instrs.size() && error.empty(); ++i) {
      error = CheckArgument(a_.instrs[i]);
    }
    return error;
  }

  std::string CheckArgument(const SourceInstr& s) {
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
      case STORE_FAST:
      case DELETE_FAST:
      case MAKE_CELL:
        good = s.arg < a_.num_locals;
        break;
      case LOAD_CLOSURE:
      case LOAD_DEREF:
      case STORE_DEREF:
      case DELETE_DEREF:
      case LOAD_CLASSDEREF:
        good =
            s.arg < a_.num_locals &&
            (PyBytes_AS_STRING(code_->co_localspluskinds)[s.arg] & 0xc0) != 0;
        break;
      case COPY_FREE_VARS:
        good = s.arg == static_cast<uint32_t>(code_->co_nfreevars);
        break;
      case SWAP:
      case COPY:
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
    return good ? "" : At(s.unit, "argument out of range");
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

  const ExceptionRange* RangeOf(uint32_t unit) const {
    auto it = std::upper_bound(
        a_.ranges.begin(), a_.ranges.end(), unit,
        [](uint32_t u, const ExceptionRange& r) { return u < r.begin; });
    if (it == a_.ranges.begin()) return nullptr;
    --it;
    return unit < it->end ? &*it : nullptr;
  }

  std::string Reach(uint32_t index, int depth) {
    if (index >= a_.instrs.size()) return "control falls off the end";
    SourceInstr& s = a_.instrs[index];
    if (s.depth >= 0) {
      return s.depth == depth ? "" : At(s.unit, "stack depths disagree");
    }
    s.depth = depth;
    work_.push_back(index);
    return "";
  }

  std::string Depths() {
    std::string error = Reach(0, 0);
    while (error.empty() && !work_.empty()) {
      uint32_t index = work_.back();
      work_.pop_back();
      const SourceInstr s = a_.instrs[index];
      uint32_t reads = StackReads(s.op, s.arg);
      int limit = static_cast<int>(a_.stack_size);
      if (static_cast<int64_t>(reads) > s.depth) {
        return At(s.unit, "stack underflow");
      }
      const ExceptionRange* range = RangeOf(s.unit);
      if (range != nullptr) {
        if (static_cast<int>(range->depth) > s.depth) {
          return At(s.unit, "an exception handler wants a deeper stack");
        }
        error = Reach(a_.instr_at[range->handler],
                      static_cast<int>(range->depth) + range->lasti + 1);
        if (!error.empty()) break;
      }
      if (s.target != kNoTarget) {
        int depth = s.depth + StackEffect(s.op, s.arg, true);
        if (depth < 0 || depth > limit) return At(s.unit, "stack overflow");
        error = Reach(s.target, depth);
        if (!error.empty()) break;
      }
      if (!EndsFlow(s.op)) {
        int depth = s.depth + StackEffect(s.op, s.arg, false);
        if (depth < 0 || depth > limit) return At(s.unit, "stack overflow");
        error = Reach(index + 1, depth);
      }
    }
    return error;
  }

  // Which locals are bound at each leader: a forward dataflow problem, met by
  // intersection, iterated to its greatest fixed point.
  void Bound() {
    a_.bound_words = (a_.num_locals + 63) / 64;
    if (a_.bound_words == 0) a_.bound_words = 1;
    a_.bound_at.assign(a_.instrs.size(), kNoTarget);
    uint32_t leaders = 0;
    for (size_t i = 0; i < a_.instrs.size(); ++i) {
      if (a_.instrs[i].leader) a_.bound_at[i] = a_.bound_words * leaders++;
    }
    a_.bound.assign(static_cast<size_t>(leaders) * a_.bound_words, ~0ULL);
    std::vector<uint64_t> entry(a_.bound_words, 0);
    uint32_t args =
        static_cast<uint32_t>(code_->co_argcount + code_->co_kwonlyargcount +
                              ((code_->co_flags & CO_VARARGS) != 0) +
                              ((code_->co_flags & CO_VARKEYWORDS) != 0));
    for (uint32_t i = 0; i < args && i < a_.num_locals; ++i) {
      entry[i / 64] |= 1ULL << i % 64;
    }
    Meet(0, entry);
    std::vector<uint64_t> now(a_.bound_words);
    changed_ = true;
    while (changed_) {
      changed_ = false;
      bool live = false;
      for (size_t i = 0; i < a_.instrs.size(); ++i) {
        const SourceInstr& s = a_.instrs[i];
        if (s.depth < 0) {
          live = false;
          continue;
        }
        if (s.leader) {
          if (live) Meet(i, now);
          std::memcpy(now.data(), &a_.bound[a_.bound_at[i]],
                      a_.bound_words * sizeof(uint64_t));
        }
        live = true;
        const ExceptionRange* range = RangeOf(s.unit);
        uint32_t handler =
            range == nullptr ? kNoTarget : a_.instr_at[range->handler];
        if (handler != kNoTarget) Meet(handler, now);
        if (s.op == STORE_FAST || s.op == MAKE_CELL) {
          now[s.arg / 64] |= 1ULL << s.arg % 64;
        } else if (s.op == DELETE_FAST) {
          now[s.arg / 64] &= ~(1ULL << s.arg % 64);
        } else if (s.op == COPY_FREE_VARS) {
          for (uint32_t j = a_.num_locals - s.arg; j < a_.num_locals; ++j) {
            now[j / 64] |= 1ULL << j % 64;
          }
        } else if (s.op == LOAD_FAST) {
          now[s.arg / 64] |= 1ULL << s.arg % 64;  // else it has raised
        }
        if (handler != kNoTarget && s.op == DELETE_FAST) Meet(handler, now);
        if (s.target != kNoTarget) Meet(s.target, now);
        if (EndsFlow(s.op)) live = false;
      }
    }
  }

  void Meet(size_t leader, const std::vector<uint64_t>& state) {
    uint64_t* to = &a_.bound[a_.bound_at[leader]];
    for (uint32_t w = 0; w < a_.bound_words; ++w) {
      uint64_t met = to[w] & state[w];
      if (met != to[w]) {
        to[w] = met;
        changed_ = true;
      }
    }
  }

  PyCodeObject* code_;
  Analysis& a_;
  std::vector<uint32_t> work_;
  bool changed_ = false;
};

}  // namespace

bool EndsFlow(uint8_t op) {
  switch (op) {
    case RETURN_VALUE:
    case RERAISE:
    case RAISE_VARARGS:
    case JUMP_FORWARD:
    case JUMP_BACKWARD:
    case JUMP_BACKWARD_NO_INTERRUPT:
      return true;
    default:
      return false;
  }
}

std::string Analyze(PyCodeObject* code, Analysis* out) {
  return Analyzer(code, out).Run();
}

}  // namespace pyvm
