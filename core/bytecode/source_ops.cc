#include "core/bytecode/source_ops.h"

#include "core/bytecode/python.h"

namespace pyvm {

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

uint32_t StackPops(uint8_t op, uint32_t arg) {
  switch (op) {
    case COPY:
    case PRECALL:
    case GET_LEN:
    case MATCH_MAPPING:
    case MATCH_SEQUENCE:
    case MATCH_KEYS:
    case IMPORT_FROM:
    case GET_ANEXT:
    case WITH_EXCEPT_START:
      return 0;
    case LIST_APPEND:
    case SET_ADD:
    case LIST_EXTEND:
    case SET_UPDATE:
    case DICT_UPDATE:
    case DICT_MERGE:
    case CHECK_EXC_MATCH:
    case RERAISE:
    case SEND:
      return 1;
    case MAP_ADD:
      return 2;
    default:
      return StackReads(op, arg);
  }
}

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

}  // namespace pyvm
