// What the operations on a window of the stack (fields B, O, O of opcodes.def)
// take and leave there.
#ifndef PYVM_CORE_BYTECODE_WINDOW_H_
#define PYVM_CORE_BYTECODE_WINDOW_H_

#include <cstdint>

#include "core/bytecode/opcodes.h"

namespace pyvm {

struct WindowShape {
  uint32_t inputs;     // temporaries consumed, from the window's first on
  uint32_t outputs;    // temporaries left, from the window's first on
  uint32_t below = 0;  // reads the one so many below the window
};

constexpr WindowShape ShapeOfWindow(Op op, uint32_t imm) {
  switch (op) {
    case Op::kBUILD_SET:
    case Op::kBUILD_STRING:
    case Op::kBUILD_SLICE:
      return {imm, 1};
    case Op::kBUILD_MAP:
      return {2 * imm, 1};
    case Op::kBUILD_CONST_KEY_MAP:
      return {imm + 1, 1};
    case Op::kMAP_ADD:
      return {2, 0, imm};
    case Op::kLIST_EXTEND:
    case Op::kSET_UPDATE:
    case Op::kDICT_UPDATE:
      return {1, 0, imm};
    case Op::kDICT_MERGE:  // an error names the function, which is deeper
      return {1, 0, imm + 2};
    case Op::kUNPACK_EX:
      return {1, 1 + (imm & 0xff) + (imm >> 8)};
    case Op::kFORMAT_VALUE:
      return {1 + (imm >> 2 & 1), 1};
    case Op::kMAKE_FUNCTION:
      return {1 + (imm & 1) + (imm >> 1 & 1) + (imm >> 2 & 1) + (imm >> 3 & 1),
              1};
    case Op::kRAISE:
      return {imm, 0};
    case Op::kSETUP_ANNOTATIONS:
      return {0, 0};
    case Op::kLOAD_BUILD_CLASS:
    case Op::kLOAD_ASSERTION_ERROR:
      return {0, 1};
    case Op::kGET_ANEXT:
    case Op::kIMPORT_FROM:
    case Op::kGET_LEN:
    case Op::kMATCH_MAPPING:
    case Op::kMATCH_SEQUENCE:
      return {0, 1, 1};
    case Op::kMATCH_KEYS:
      return {0, 1, 2};
    case Op::kWITH_EXCEPT_START:
      return {0, 1, 4};
    case Op::kPOP_EXCEPT:
    case Op::kIMPORT_STAR:
    case Op::kPRINT_EXPR:
      return {1, 0};
    case Op::kPUSH_EXC_INFO:
    case Op::kBEFORE_WITH:
    case Op::kBEFORE_ASYNC_WITH:
      return {1, 2};
    case Op::kLIST_TO_TUPLE:
    case Op::kGET_YIELD_FROM_ITER:
    case Op::kGET_AWAITABLE:
    case Op::kGET_AITER:
    case Op::kASYNC_GEN_WRAP:
      return {1, 1};
    case Op::kCHECK_EG_MATCH:
      return {2, 2};
    case Op::kPREP_RERAISE_STAR:
    case Op::kIMPORT_NAME:
      return {2, 1};
    case Op::kMATCH_CLASS:
      return {3, 1};
    default:
      return {0xffff, 0};  // in range for no unit: a row is missing above
  }
}

}  // namespace pyvm

#endif  // PYVM_CORE_BYTECODE_WINDOW_H_
