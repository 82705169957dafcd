#include "core/runtime/number.h"

#include <string_view>

namespace pyvm {

IntFreeList int_free_list;
IntFreeList wide_int_free_list = {.room = 0};

void InitIntFreeList() {
  if (std::string_view(_PyMem_GetCurrentAllocatorName()) == "pymalloc") {
    int_free_list.digits = 2;
    wide_int_free_list.room = 64;
  }
}

void EmptyIntFreeLists() {
  for (IntFreeList* list : {&int_free_list, &wide_int_free_list}) {
    while (PyLongObject* l = list->Take()) PyObject_Free(l);
  }
}

PyObject* NewIntSlow(int64_t value) {
  uint64_t magnitude =
      value < 0 ? -static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
  if (magnitude > PyLong_MASK) return PyLong_FromLongLong(value);
  // As _PyLong_New.
  auto* l = static_cast<PyLongObject*>(
      PyObject_Malloc(offsetof(PyLongObject, ob_digit) + sizeof(digit)));
  if (l == nullptr) return PyErr_NoMemory();
  _PyObject_InitVar(&l->ob_base, &PyLong_Type, value < 0 ? -1 : 1);
  l->ob_digit[0] = static_cast<digit>(magnitude);
  return reinterpret_cast<PyObject*>(l);
}

namespace {

PyObject* Power(PyObject* a, PyObject* b) {
  return PyNumber_Power(a, b, Py_None);
}
PyObject* InPlacePower(PyObject* a, PyObject* b) {
  return PyNumber_InPlacePower(a, b, Py_None);
}

// In the order of NB_ADD ... NB_INPLACE_XOR of opcode.h.
constexpr binaryfunc kBinaryOps[] = {
    PyNumber_Add,
    PyNumber_And,
    PyNumber_FloorDivide,
    PyNumber_Lshift,
    PyNumber_MatrixMultiply,
    PyNumber_Multiply,
    PyNumber_Remainder,
    PyNumber_Or,
    Power,
    PyNumber_Rshift,
    PyNumber_Subtract,
    PyNumber_TrueDivide,
    PyNumber_Xor,
    PyNumber_InPlaceAdd,
    PyNumber_InPlaceAnd,
    PyNumber_InPlaceFloorDivide,
    PyNumber_InPlaceLshift,
    PyNumber_InPlaceMatrixMultiply,
    PyNumber_InPlaceMultiply,
    PyNumber_InPlaceRemainder,
    PyNumber_InPlaceOr,
    InPlacePower,
    PyNumber_InPlaceRshift,
    PyNumber_InPlaceSubtract,
    PyNumber_InPlaceTrueDivide,
    PyNumber_InPlaceXor,
};
static_assert(sizeof(kBinaryOps) / sizeof(kBinaryOps[0]) == 26);
static_assert(NB_ADD == 0 && NB_INPLACE_XOR == 25 && NB_TRUE_DIVIDE == 11);

}  // namespace

PyObject* BinaryOp(PyObject* left, PyObject* right, uint32_t oparg) {
  return kBinaryOps[oparg](left, right);
}

namespace {

struct OperatorText {
  const char* method;
  const char* in_place;
  const char* symbol;
};
// In the order of NB_ADD ... NB_XOR of opcode.h.
constexpr OperatorText kOperators[] = {
    {"__add__", "__iadd__", "+"},
    {"__and__", "__iand__", "&"},
    {"__floordiv__", "__ifloordiv__", "//"},
    {"__lshift__", "__ilshift__", "<<"},
    {"__matmul__", "__imatmul__", "@"},
    {"__mul__", "__imul__", "*"},
    {"__mod__", "__imod__", "%"},
    {"__or__", "__ior__", "|"},
    {"__pow__", "__ipow__", "** or pow()"},
    {"__rshift__", "__irshift__", ">>"},
    {"__sub__", "__isub__", "-"},
    {"__truediv__", "__itruediv__", "/"},
    {"__xor__", "__ixor__", "^"},
};

PyObject* Interned(const char* name, PyObject** slot) {
  if (*slot == nullptr) *slot = PyUnicode_InternFromString(name);
  return *slot;
}

PyObject* operator_names[2][13];

}  // namespace

PyObject* OperatorName(uint32_t oparg) {
  if (oparg < NB_INPLACE_ADD) {
    return Interned(kOperators[oparg].method, &operator_names[0][oparg]);
  }
  uint32_t op = oparg - NB_INPLACE_ADD;
  return Interned(kOperators[op].in_place, &operator_names[1][op]);
}

PyObject* OperatorMethod(PyTypeObject* type, uint32_t oparg) {
  bool in_place = oparg >= NB_INPLACE_ADD;
  uint32_t op = in_place ? oparg - NB_INPLACE_ADD : oparg;
  // Sequences have a second way to add and to multiply.
  const PySequenceMethods* sequence = type->tp_as_sequence;
  if ((type->tp_flags & Py_TPFLAGS_HEAPTYPE) == 0 || op == NB_POWER ||
      (sequence != nullptr &&
       (sequence->sq_concat != nullptr || sequence->sq_repeat != nullptr ||
        sequence->sq_inplace_concat != nullptr ||
        sequence->sq_inplace_repeat != nullptr))) {
    return nullptr;
  }
  if (in_place) {
    PyObject* name = OperatorName(oparg);
    if (name == nullptr || _PyType_Lookup(type, name) != nullptr) {
      PyErr_Clear();
      return nullptr;
    }
  }
  PyObject* name = OperatorName(op);
  PyObject* method = name == nullptr ? nullptr : _PyType_Lookup(type, name);
  return method != nullptr && Py_IS_TYPE(method, &PyFunction_Type) ? method
                                                                   : nullptr;
}

void RaiseUnsupported(PyObject* left, PyObject* right, uint32_t oparg) {
  bool in_place = oparg >= NB_INPLACE_ADD;
  PyErr_Format(
      PyExc_TypeError,
      "unsupported operand type(s) for %.100s%s: '%.100s' and '%.100s'",
      kOperators[in_place ? oparg - NB_INPLACE_ADD : oparg].symbol,
      in_place ? "=" : "", Py_TYPE(left)->tp_name, Py_TYPE(right)->tp_name);
}

bool EqualLegacyStrings(PyObject* a, PyObject* b) {
  if (PyUnicode_READY(a) < 0 || PyUnicode_READY(b) < 0) {
    PyErr_Clear();
    return false;
  }
  return PyUnicode_GET_LENGTH(a) == PyUnicode_GET_LENGTH(b) &&
         _PyUnicode_EQ(a, b) != 0;
}

// --- Ints of up to four digits ----------------------------------------------

namespace {

__extension__ using Wide = __int128;
__extension__ using UnsignedWide = unsigned __int128;

// Whether the int has at most four digits (120 bits).
bool ToWide(PyObject* o, Wide* value, Py_ssize_t* digits) {
  Py_ssize_t size = IntSize(o), n = size < 0 ? -size : size;
  if (n > 4) return false;
  Wide v = 0;
  for (Py_ssize_t i = n; i-- > 0;) {
    v = v << PyLong_SHIFT | reinterpret_cast<PyLongObject*>(o)->ob_digit[i];
  }
  *value = size < 0 ? -v : v;
  *digits = n;
  return true;
}

// New reference, or null with MemoryError.
PyObject* NewWideInt(Wide value) {
  UnsignedWide magnitude = value < 0 ? -static_cast<UnsignedWide>(value)
                                     : static_cast<UnsignedWide>(value);
  Py_ssize_t digits = 0;
  for (UnsignedWide rest = magnitude; rest != 0; rest >>= PyLong_SHIFT) {
    ++digits;
  }
  if (digits < kMinWideDigits) return NewInt(static_cast<int64_t>(value));
  PyLongObject* l = wide_int_free_list.Take();
  if (l == nullptr) {
    l = _PyLong_New(digits);
    if (l == nullptr) return nullptr;
  }
  l->ob_base.ob_size = value < 0 ? -digits : digits;
  for (Py_ssize_t i = 0; i < digits; ++i, magnitude >>= PyLong_SHIFT) {
    l->ob_digit[i] = static_cast<digit>(magnitude & PyLong_MASK);
  }
  return reinterpret_cast<PyObject*>(l);
}

// The result if it is defined and has at most 126 bits; else false.
bool ComputeWide(uint32_t oparg, Wide a, Py_ssize_t a_digits, Wide b,
                 Py_ssize_t b_digits, Wide* result) {
  constexpr Wide kMaxShift = 126;
  switch (oparg) {
    case NB_ADD:
      *result = a + b;
      return true;
    case NB_SUBTRACT:
      *result = a - b;
      return true;
    case NB_MULTIPLY:
      if (a_digits + b_digits > 4) return false;
      *result = a * b;
      return true;
    case NB_AND:
      *result = a & b;
      return true;
    case NB_OR:
      *result = a | b;
      return true;
    case NB_XOR:
      *result = a ^ b;
      return true;
    case NB_LSHIFT:
      if (b < 0 || b + a_digits * PyLong_SHIFT > kMaxShift) return false;
      *result = static_cast<Wide>(static_cast<UnsignedWide>(a)
                                  << static_cast<int>(b));
      return true;
    case NB_RSHIFT:
      if (b < 0 || b > kMaxShift) return false;
      *result = a >> static_cast<int>(b);
      return true;
    default:
      return false;
  }
}

}  // namespace

PyObject* BinaryIntOp(PyObject* left, PyObject* right, uint32_t oparg) {
  Wide a, b, result;
  Py_ssize_t a_digits, b_digits;
  if (ToWide(left, &a, &a_digits) && ToWide(right, &b, &b_digits) &&
      ComputeWide(oparg, a, a_digits, b, b_digits, &result)) {
    return NewWideInt(result);
  }
  const PyNumberMethods* m = PyLong_Type.tp_as_number;
  switch (oparg) {
    case NB_ADD:
      return m->nb_add(left, right);
    case NB_SUBTRACT:
      return m->nb_subtract(left, right);
    case NB_MULTIPLY:
      return m->nb_multiply(left, right);
    case NB_FLOOR_DIVIDE:
      return m->nb_floor_divide(left, right);
    case NB_REMAINDER:
      return m->nb_remainder(left, right);
    case NB_AND:
      return m->nb_and(left, right);
    case NB_OR:
      return m->nb_or(left, right);
    case NB_XOR:
      return m->nb_xor(left, right);
    case NB_LSHIFT:
      return m->nb_lshift(left, right);
    case NB_RSHIFT:
      return m->nb_rshift(left, right);
    default:
      return BinaryOp(left, right, oparg);
  }
}

PyObject* CompareReflected(PyObject* left, PyObject* right, int op) {
  static constexpr const char* kSymbols[] = {"<", "<=", "==", "!=", ">", ">="};
  static constexpr int kSwapped[] = {Py_GT, Py_GE, Py_EQ, Py_NE, Py_LT, Py_LE};
  if (Py_EnterRecursiveCall(" in comparison") != 0) return nullptr;
  PyObject* result = Py_TYPE(right)->tp_richcompare(right, left, kSwapped[op]);
  Py_LeaveRecursiveCall();
  if (result != Py_NotImplemented) return result;
  Py_DECREF(result);
  if (op == Py_EQ || op == Py_NE) {
    return Py_NewRef((left == right) == (op == Py_EQ) ? Py_True : Py_False);
  }
  PyErr_Format(PyExc_TypeError,
               "'%s' not supported between instances of '%.100s' and '%.100s'",
               kSymbols[op], Py_TYPE(left)->tp_name, Py_TYPE(right)->tp_name);
  return nullptr;
}

}  // namespace pyvm
