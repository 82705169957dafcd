#include "core/runtime/array.h"

#include <cstring>

#include "core/runtime/object.h"

namespace pyvm {

PyTypeObject* array_type = nullptr;

void NoteArrayType(PyTypeObject* type) {
  if (array_type != nullptr || std::strcmp(type->tp_name, "array.array") != 0 ||
      type->tp_basicsize != sizeof(Array) ||
      (type->tp_flags & Py_TPFLAGS_HEAPTYPE) == 0) {
    return;
  }
  // A class written in Python has no module of its own.
  PyObject* module = reinterpret_cast<PyHeapTypeObject*>(type)->ht_module;
  PyModuleDef* def = module == nullptr ? nullptr : PyModule_GetDef(module);
  if (def == nullptr || std::strcmp(def->m_name, "array") != 0) return;
  Py_INCREF(type);
  array_type = type;
}

namespace {

// The place of the item; null if the index is no small int or out of range.
inline void* PlaceOf(Array* array, PyObject* index, size_t size) {
  if (!IsInt(index) || !IsOneDigit(index)) return nullptr;
  Py_ssize_t i = OneDigitValue(index), n = Py_SIZE(array);
  if (i < 0) i += n;
  if (static_cast<size_t>(i) >= static_cast<size_t>(n)) return nullptr;
  return array->items + static_cast<size_t>(i) * size;
}

template <typename T>
inline PyObject* LoadNumber(Array* array, PyObject* index) {
  auto* place = static_cast<T*>(PlaceOf(array, index, sizeof(T)));
  return place == nullptr ? nullptr : NewInt(static_cast<int64_t>(*place));
}

template <typename T>
inline bool StoreNumber(Array* array, PyObject* index, PyObject* value) {
  auto* place = static_cast<T*>(PlaceOf(array, index, sizeof(T)));
  if (place == nullptr || !IsInt(value) || !IsOneDigit(value)) return false;
  int64_t number = OneDigitValue(value);
  if (static_cast<int64_t>(static_cast<T>(number)) != number) return false;
  *place = static_cast<T>(number);
  return true;
}

}  // namespace

PyObject* LoadArrayItem(PyObject* object, PyObject* index) {
  auto* array = reinterpret_cast<Array*>(object);
  switch (array->code->typecode) {
    case 'd': {
      auto* place = static_cast<double*>(PlaceOf(array, index, sizeof(double)));
      return place == nullptr ? nullptr : PyFloat_FromDouble(*place);
    }
    case 'b':
      return LoadNumber<int8_t>(array, index);
    case 'B':
      return LoadNumber<uint8_t>(array, index);
    case 'h':
      return LoadNumber<int16_t>(array, index);
    case 'H':
      return LoadNumber<uint16_t>(array, index);
    case 'i':
      return LoadNumber<int32_t>(array, index);
    case 'I':
      return LoadNumber<uint32_t>(array, index);
    case 'l':
    case 'q':
      return LoadNumber<int64_t>(array, index);
    default:
      return nullptr;
  }
}

bool StoreArrayItem(PyObject* object, PyObject* index, PyObject* value) {
  auto* array = reinterpret_cast<Array*>(object);
  switch (array->code->typecode) {
    case 'd': {
      auto* place = static_cast<double*>(PlaceOf(array, index, sizeof(double)));
      if (place == nullptr || !IsFloat(value)) return false;
      *place = FloatValue(value);
      return true;
    }
    case 'b':
      return StoreNumber<int8_t>(array, index, value);
    case 'B':
      return StoreNumber<uint8_t>(array, index, value);
    case 'h':
      return StoreNumber<int16_t>(array, index, value);
    case 'H':
      return StoreNumber<uint16_t>(array, index, value);
    case 'i':
      return StoreNumber<int32_t>(array, index, value);
    case 'I':
      return StoreNumber<uint32_t>(array, index, value);
    case 'l':
    case 'q':
      return StoreNumber<int64_t>(array, index, value);
    default:
      return false;
  }
}

}  // namespace pyvm
