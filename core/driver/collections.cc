#include "core/driver/collections.h"

#include <Python.h>

#include <cstring>

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
  PyObject* gc = PyImport_ImportModule("gc");
  PyObject* callbacks =
      gc != nullptr ? PyObject_GetAttrString(gc, "callbacks") : nullptr;
  PyObject* callback =
      callbacks != nullptr ? PyCFunction_New(&kCallback, nullptr) : nullptr;
  int status = callback != nullptr ? PyList_Append(callbacks, callback) : -1;
  Py_XDECREF(callback);
  Py_XDECREF(callbacks);
  Py_XDECREF(gc);
  return status;
}

}  // namespace pyvm
