#include "core/driver/collections.h"

#include <cstring>

#include "core/runtime/ref.h"
#include "core/tier/manager.h"
#include "core/tier/metrics.h"

namespace pyvm {
namespace {

uint64_t Entry(PyObject* info, const char* key) {
  PyObject* value = PyDict_GetItemString(info, key);  // borrowed
  uint64_t number = value != nullptr ? PyLong_AsUnsignedLongLong(value) : 0;
  if (PyErr_Occurred()) PyErr_Clear();
  return number;
}

// What gc.callbacks calls: the phase, and a dict.
PyObject* NoteCollection(PyObject*, PyObject* args) {
  static uint64_t start_ns;  // guarded by the GIL; runs do not nest
  const char* phase;
  PyObject* info;
  if (!PyArg_ParseTuple(args, "sO!", &phase, &PyDict_Type, &info)) {
    return nullptr;
  }
  if (strcmp(phase, "start") == 0) {
    start_ns = NowNs();
  } else {
    TheManager().log().Collection(
        start_ns, NowNs() - start_ns, Entry(info, "generation"),
        Entry(info, "collected"), Entry(info, "uncollectable"));
  }
  Py_RETURN_NONE;
}

PyMethodDef kCallback = {"pyvm_note_collection", NoteCollection, METH_VARARGS,
                         nullptr};

}  // namespace

int LogCollections() {
  Ref gc(PyImport_ImportModule("gc"));
  if (!gc) return -1;
  Ref callbacks(PyObject_GetAttrString(gc.get(), "callbacks"));
  Ref callback(PyCFunction_New(&kCallback, nullptr));
  if (!callbacks || !callback) return -1;
  return PyList_Append(callbacks.get(), callback.get());
}

}  // namespace pyvm
