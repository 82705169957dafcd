#include "core/runtime/methods.h"

#include <cstring>

#include "core/runtime/dict.h"
#include "core/runtime/number.h"
#include "core/runtime/object.h"

namespace pyvm {
namespace {

// A function of CPython's that stands behind one of ours. Its table is kept as
// it is unless the method is of the expected form.
struct Method {
  PyTypeObject* type;
  const char* name;
  int flags;
  void* function;
  void* original = nullptr;
};

PyObject* DictGet(PyObject* self, PyObject* const* args, Py_ssize_t nargs);
PyObject* DictSetDefault(PyObject* self, PyObject* const* args,
                         Py_ssize_t nargs);
PyObject* ListPop(PyObject* self, PyObject* const* args, Py_ssize_t nargs);
PyObject* SetAdd(PyObject* self, PyObject* key);
PyObject* SetDiscard(PyObject* self, PyObject* key);
PyObject* SetRemove(PyObject* self, PyObject* key);

Method methods[] = {
    {&PyDict_Type, "get", METH_FASTCALL, reinterpret_cast<void*>(DictGet)},
    {&PyDict_Type, "setdefault", METH_FASTCALL,
     reinterpret_cast<void*>(DictSetDefault)},
    {&PyList_Type, "pop", METH_FASTCALL, reinterpret_cast<void*>(ListPop)},
    {&PySet_Type, "add", METH_O, reinterpret_cast<void*>(SetAdd)},
    {&PySet_Type, "discard", METH_O, reinterpret_cast<void*>(SetDiscard)},
    {&PySet_Type, "remove", METH_O, reinterpret_cast<void*>(SetRemove)},
};
enum { kDictGet, kDictSetDefault, kListPop, kSetAdd, kSetDiscard, kSetRemove };

PyObject* CallVector(int method, PyObject* self, PyObject* const* args,
                     Py_ssize_t nargs) {
  return reinterpret_cast<_PyCFunctionFast>(methods[method].original)(
      self, args, nargs);
}
PyObject* CallOne(int method, PyObject* self, PyObject* arg) {
  return reinterpret_cast<PyCFunction>(methods[method].original)(self, arg);
}

PyObject* DictGet(PyObject* self, PyObject* const* args, Py_ssize_t nargs) {
  PyObject* value;
  if ((nargs == 1 || nargs == 2)) {
    switch (FindInDict(self, args[0], &value)) {
      case Found::kYes:
        return Py_NewRef(value);
      case Found::kNo:
        return Py_NewRef(nargs == 2 ? args[1] : Py_None);
      case Found::kAskCPython:
        break;
    }
  }
  return CallVector(kDictGet, self, args, nargs);
}

PyObject* DictSetDefault(PyObject* self, PyObject* const* args,
                         Py_ssize_t nargs) {
  PyObject* value;
  if ((nargs == 1 || nargs == 2) &&
      FindInDict(self, args[0], &value) == Found::kYes) {
    return Py_NewRef(value);
  }
  return CallVector(kDictSetDefault, self, args, nargs);
}

// CPython asks for other memory at each pop from a short list; `allocated`,
// which can be seen, becomes what it makes of it.
PyObject* ListPop(PyObject* self, PyObject* const* args, Py_ssize_t nargs) {
  constexpr Py_ssize_t kShort = 8;
  auto* list = reinterpret_cast<PyListObject*>(self);
  Py_ssize_t last = Py_SIZE(self) - 1;
  if (nargs != 0 || last < 0) return CallVector(kListPop, self, args, nargs);
  if (last < list->allocated >> 1) {
    Py_ssize_t room = last == 0 ? 0 : (last + (last >> 3) + 6) & ~3;
    // Of an empty list, the memory is kept for what comes next.
    if (list->allocated > kShort || (room != list->allocated && room != 0)) {
      return CallVector(kListPop, self, args, nargs);
    }
    list->allocated = room;
  }
  Py_SET_SIZE(list, last);
  return list->ob_item[last];
}

PyObject* SetAdd(PyObject* self, PyObject* key) {
  if (AddToSet(self, key)) Py_RETURN_NONE;
  return CallOne(kSetAdd, self, key);
}

PyObject* SetDiscard(PyObject* self, PyObject* key) {
  if (RemoveFromSet(self, key) != Found::kAskCPython) Py_RETURN_NONE;
  return CallOne(kSetDiscard, self, key);
}

PyObject* SetRemove(PyObject* self, PyObject* key) {
  if (RemoveFromSet(self, key) == Found::kYes) Py_RETURN_NONE;
  return CallOne(kSetRemove, self, key);
}

void Install(Method* method) {
  for (PyMethodDef* def = method->type->tp_methods; def->ml_name != nullptr;
       ++def) {
    if (std::strcmp(def->ml_name, method->name) != 0) continue;
    if (def->ml_flags != method->flags) return;
    method->original = reinterpret_cast<void*>(def->ml_meth);
    def->ml_meth = reinterpret_cast<PyCFunction>(method->function);
    return;
  }
}

// --- Tuples ------------------------------------------------------------------

hashfunc original_hash;
richcmpfunc original_compare;

Py_hash_t TupleHash(PyObject* self) {
  Py_hash_t hash;
  return HashOf(self, &hash) ? hash : original_hash(self);
}

template <typename T>
inline int Order(T a, T b) {
  return a < b ? -1 : a > b;
}

// Whether exact ints, floats or strs of one type are ordered in *order, as
// memcmp orders.
inline bool OrderOf(PyObject* a, PyObject* b, int* order) {
  if (Py_TYPE(a) != Py_TYPE(b)) return false;
  if (IsInt(a)) {
    int64_t x, y;
    if (!ToInt64(a, &x) || !ToInt64(b, &y)) return false;
    *order = Order(x, y);
    return true;
  }
  if (IsFloat(a)) {
    double x = FloatValue(a), y = FloatValue(b);
    *order = Order(x, y);
    return x == x && y == y;
  }
  if (!IsStr(a)) return false;
  if (!PyUnicode_IS_READY(a) || !PyUnicode_IS_READY(b)) return false;
  *order = PyUnicode_Compare(a, b);
  return true;
}

PyObject* CompareTuples(PyObject* a, PyObject* b, int op) {
  if (!PyTuple_CheckExact(a) || !PyTuple_CheckExact(b)) {
    return original_compare(a, b, op);
  }
  Py_ssize_t n = PyTuple_GET_SIZE(a), m = PyTuple_GET_SIZE(b);
  int order = 0;
  for (Py_ssize_t i = 0; i < n && i < m && order == 0; ++i) {
    PyObject* x = PyTuple_GET_ITEM(a, i);
    PyObject* y = PyTuple_GET_ITEM(b, i);
    if (x != y && !OrderOf(x, y, &order)) return original_compare(a, b, op);
  }
  if (order == 0) order = Order(n, m);
  Py_RETURN_RICHCOMPARE(order, 0, op);
}

}  // namespace

void InstallMethods() {
  for (Method& method : methods) Install(&method);
  original_hash = PyTuple_Type.tp_hash;
  PyTuple_Type.tp_hash = TupleHash;
  original_compare = PyTuple_Type.tp_richcompare;
  PyTuple_Type.tp_richcompare = CompareTuples;
}

}  // namespace pyvm
