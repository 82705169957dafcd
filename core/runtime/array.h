// Items of array.array.
#ifndef PYVM_CORE_RUNTIME_ARRAY_H_
#define PYVM_CORE_RUNTIME_ARRAY_H_

#include "core/host/cpython.h"

namespace pyvm {

// What stands first in CPython's struct of a type code.
struct ArrayCode {
  char typecode;
};
// array.array's instances: a struct private to CPython's module.
struct Array {
  PyVarObject ob_base;
  char* items;
  Py_ssize_t allocated;
  const ArrayCode* code;
  PyObject* weakreflist;
  Py_ssize_t exports;
};

// The type array.array, once NoteArrayType has met it.
extern PyTypeObject* array_type;
void NoteArrayType(PyTypeObject* type);

// An item of an array: a new reference. Null without an exception leaves the
// case to CPython.
PyObject* LoadArrayItem(PyObject* array, PyObject* index);
// False leaves the case to CPython.
bool StoreArrayItem(PyObject* array, PyObject* index, PyObject* value);

}  // namespace pyvm

#endif  // PYVM_CORE_RUNTIME_ARRAY_H_
