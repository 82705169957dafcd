#include "core/runtime/unwind.h"

#include <algorithm>

namespace pyvm {
namespace {

uint32_t ReadNumber(const uint8_t** p) {
  uint32_t value = **p & 63;
  while ((*(*p)++ & 64) != 0) value = value << 6 | (**p & 63);
  return value;
}

}  // namespace

// The table is sorted, its entries begin with a byte that has bit 7 set: halve
// it while that pays, then read on.
bool FindHandler(const PyCodeObject* code, uint32_t position,
                 HandlerInfo* info) {
  PyObject* table = code->co_exceptiontable;
  const auto* begin =
      reinterpret_cast<const uint8_t*>(PyBytes_AS_STRING(table));
  const uint8_t* end = begin + PyBytes_GET_SIZE(table);
  while (end - begin > 64) {
    const uint8_t* middle = begin + (end - begin) / 2;
    while ((*middle & 128) == 0) --middle;
    const uint8_t* p = middle;
    if (ReadNumber(&p) > position) {
      end = middle;
    } else if (middle == begin) {
      break;
    } else {
      begin = middle;
    }
  }
  const uint8_t* p = begin;
  while (p < end) {
    uint32_t start = ReadNumber(&p);
    if (start > position) return false;
    uint32_t size = ReadNumber(&p);
    uint32_t handler = ReadNumber(&p);
    uint32_t depth_and_lasti = ReadNumber(&p);
    if (position < start + size) {
      *info = {depth_and_lasti >> 1, handler, (depth_and_lasti & 1) != 0};
      return true;
    }
  }
  return false;
}

int EnterHandler(PyThreadState* tstate, Frame* frame, const Unit* unit,
                 const HandlerInfo& info) {
  PyObject** stack = frame->localsplus + unit->num_locals;
  uint32_t size = unit->num_registers - unit->num_locals;
  for (uint32_t d = size; d > info.depth; --d) Py_CLEAR(stack[d - 1]);
  uint32_t depth = info.depth;
  if (info.lasti) {
    PyObject* lasti = PyLong_FromLong(_PyInterpreterFrame_LASTI(frame));
    if (lasti == nullptr) return -1;
    stack[depth++] = lasti;
  }
  PyObject *type, *value, *traceback;
  _PyErr_Fetch(tstate, &type, &value, &traceback);
  _PyErr_NormalizeException(tstate, &type, &value, &traceback);
  PyException_SetTraceback(value, traceback == nullptr ? Py_None : traceback);
  Py_XDECREF(traceback);
  Py_XDECREF(type);
  stack[depth] = value;
  return 0;
}

}  // namespace pyvm
