#include "core/driver/module.h"

// First: it includes Python.h, private parts and all, in the right order.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/bytecode/disassembler.h"
#include "core/bytecode/unit.h"
#include "core/host/host.h"
#include "core/tier/manager.h"
#include "core/tier/metrics.h"
#include "core/tier/options.h"
#include "core/tier/unit_name.h"

namespace pyvm {
namespace {

// Owns one reference.
class Ref {
 public:
  explicit Ref(PyObject* object = nullptr) : object_(object) {}
  Ref(const Ref&) = delete;
  Ref& operator=(const Ref&) = delete;
  ~Ref() { Py_XDECREF(object_); }
  PyObject* get() const { return object_; }
  PyObject* release() {
    PyObject* object = object_;
    object_ = nullptr;
    return object;
  }
  explicit operator bool() const { return object_ != nullptr; }

 private:
  PyObject* object_;
};

// Puts a new reference under a key; false with an exception set if either
// fails.
bool Put(PyObject* dict, const char* key, PyObject* value) {
  Ref ref(value);
  return ref && PyDict_SetItemString(dict, key, ref.get()) == 0;
}

bool PutNumber(PyObject* dict, const char* key, uint64_t value) {
  return Put(dict, key, PyLong_FromUnsignedLongLong(value));
}

// The code (a new reference) of a function, method, generator or code object;
// null with TypeError set for anything else.
PyObject* CodeOf(PyObject* object) {
  if (PyMethod_Check(object)) object = PyMethod_GET_FUNCTION(object);
  if (PyCode_Check(object)) return Py_NewRef(object);
  for (const char* attribute : {"__code__", "gi_code", "cr_code", "ag_code"}) {
    Ref code(PyObject_GetAttrString(object, attribute));
    if (code && PyCode_Check(code.get())) return code.release();
    if (!code && !PyErr_ExceptionMatches(PyExc_AttributeError)) return nullptr;
    PyErr_Clear();
  }
  PyErr_Format(PyExc_TypeError,
               "expected a Python function, method, generator or code object, "
               "got %.200s",
               Py_TYPE(object)->tp_name);
  return nullptr;
}

// The unit of what the user names, translated if it has not run yet. `code`
// keeps it alive. Null with an exception set.
Unit* UnitOf(const Ref& code) {
  return code ? EnsureUnit(reinterpret_cast<PyCodeObject*>(code.get()))
              : nullptr;
}

PyDoc_STRVAR(kDisassembleDoc,
             "disassemble($module, function, /)\n--\n\n"
             "pyvm's bytecode of a function, method, generator or code object, "
             "as text.\n"
             "Translates it if it has not run yet.");

PyObject* DisassembleFunction(PyObject*, PyObject* object) {
  Ref code(CodeOf(object));
  const Unit* unit = UnitOf(code);
  if (unit == nullptr) return nullptr;
  std::string text = Disassemble(*unit);
  return PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()),
                              "replace");
}

PyDoc_STRVAR(kStatsDoc,
             "stats($module, /)\n--\n\n"
             "A dict of pyvm's counters as they stand now; `pyvm "
             "--list=metrics` explains\n"
             "them.");

PyObject* StatsFunction(PyObject*, PyObject*) {
  Ref dict(PyDict_New());
  if (!dict) return nullptr;
  for (const pyvm_metric& metric : CurrentMetrics()) {
    if (!PutNumber(dict.get(), metric.name, metric.value)) return nullptr;
  }
  return dict.release();
}

PyDoc_STRVAR(
    kTiersDoc,
    "tiers($module, /)\n--\n\n"
    "The names of the tiers that units may run in, in promotion order.");

PyObject* TiersFunction(PyObject*, PyObject*) {
  const std::vector<const Tier*>& tiers = TheManager().tiers();
  Ref tuple(PyTuple_New(static_cast<Py_ssize_t>(tiers.size())));
  if (!tuple) return nullptr;
  for (size_t i = 0; i < tiers.size(); ++i) {
    PyObject* name = PyUnicode_FromString(tiers[i]->name);
    if (name == nullptr) return nullptr;
    PyTuple_SET_ITEM(tuple.get(), static_cast<Py_ssize_t>(i), name);
  }
  return tuple.release();
}

// {tier: count} of what is not zero.
PyObject* ByTier(const std::vector<uint64_t>& counts) {
  Ref dict(PyDict_New());
  if (!dict) return nullptr;
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] != 0 &&
        !PutNumber(dict.get(), TheManager().tiers()[i]->name, counts[i])) {
      return nullptr;
    }
  }
  return dict.release();
}

PyDoc_STRVAR(
    kUnitDoc,
    "unit($module, function, /)\n--\n\n"
    "What pyvm knows of a function, method, generator or code object, as a "
    "dict:\n"
    "its tier, how often it was entered and has looped, and the bytes that it\n"
    "takes.");

PyObject* UnitFunction(PyObject*, PyObject* object) {
  Ref code(CodeOf(object));
  const Unit* unit = UnitOf(code);
  if (unit == nullptr) return nullptr;
  std::vector<uint64_t> entries, loops;
  TheManager().CountsByTier(*unit, &entries, &loops);
  Ref dict(PyDict_New());
  bool ok = dict &&
            Put(dict.get(), "name",
                PyUnicode_FromString(NameOf(*unit).qualified_name)) &&
            Put(dict.get(), "tier", PyUnicode_FromString(unit->tier->name)) &&
            PutNumber(dict.get(), "entries", unit->entries_total()) &&
            PutNumber(dict.get(), "loops", unit->loops_total()) &&
            Put(dict.get(), "entries_by_tier", ByTier(entries)) &&
            Put(dict.get(), "loops_by_tier", ByTier(loops)) &&
            PutNumber(dict.get(), "instructions", unit->num_instrs) &&
            PutNumber(dict.get(), "registers", unit->num_registers) &&
            PutNumber(dict.get(), "bytecode_bytes", unit->bytes_bytecode) &&
            PutNumber(dict.get(), "cache_bytes", unit->bytes_caches) &&
            PutNumber(dict.get(), "code_bytes", CodeBytesOf(*unit));
  return ok ? dict.release() : nullptr;
}

PyMethodDef kMethods[] = {
    {"disassemble", DisassembleFunction, METH_O, kDisassembleDoc},
    {"stats", StatsFunction, METH_NOARGS, kStatsDoc},
    {"tiers", TiersFunction, METH_NOARGS, kTiersDoc},
    {"unit", UnitFunction, METH_O, kUnitDoc},
    {nullptr, nullptr, 0, nullptr},
};

PyModuleDef kModule = {
    PyModuleDef_HEAD_INIT,
    "pyvm",
    "Inspects the virtual machine that runs this program.\n\n"
    "`pyvm --help` tells how to choose tiers, policies and monitors.",
    0,
    kMethods,
};

PyObject* CallAtExit(PyObject* self, PyObject*) {
  auto* function =
      reinterpret_cast<void (*)()>(PyCapsule_GetPointer(self, "pyvm.at_exit"));
  if (function == nullptr) return nullptr;
  function();
  Py_RETURN_NONE;
}
PyMethodDef kAtExit = {"pyvm_at_exit", CallAtExit, METH_NOARGS, nullptr};

// sys.implementation._pyvm: a namespace of version, tiers and policy.
int AddImplementation() {
  PyObject* implementation = PySys_GetObject("implementation");  // borrowed
  if (implementation == nullptr) {
    PyErr_SetString(PyExc_RuntimeError, "lost sys.implementation");
    return -1;
  }
  const Policy* policy = TheManager().policy();
  Ref fields(PyDict_New());
  if (!fields ||
      !Put(fields.get(), "version", PyUnicode_FromString(kVersion)) ||
      !Put(fields.get(), "tiers", TiersFunction(nullptr, nullptr)) ||
      !Put(fields.get(), "policy",
           policy == nullptr
               ? Py_NewRef(Py_None)
               : PyUnicode_FromString(policy->instance().plugin().name))) {
    return -1;
  }
  Ref no_arguments(PyTuple_New(0));
  if (!no_arguments) return -1;
  Ref space(PyObject_Call(reinterpret_cast<PyObject*>(Py_TYPE(implementation)),
                          no_arguments.get(), fields.get()));
  return space ? PyObject_SetAttrString(implementation, "_pyvm", space.get())
               : -1;
}

}  // namespace

PyObject* InitPyvmModule() {
  Ref module(PyModule_Create(&kModule));
  if (!module ||
      PyModule_AddStringConstant(module.get(), "version", kVersion) < 0) {
    return nullptr;
  }
  return module.release();
}

int MarkSysModule() {
  // Behind the part that `platform` and others take apart.
  std::string version = absl::StrCat(Py_GetVersion(), " pyvm ", kVersion);
  Ref text(PyUnicode_FromString(version.c_str()));
  if (!text || PySys_SetObject("version", text.get()) < 0) return -1;
  return AddImplementation();
}

int RegisterAtExit(void (*function)()) {
  Ref module(PyImport_ImportModule("atexit"));
  Ref capsule(PyCapsule_New(reinterpret_cast<void*>(function), "pyvm.at_exit",
                            nullptr));
  if (!module || !capsule) return -1;
  Ref callback(PyCFunction_New(&kAtExit, capsule.get()));
  if (!callback) return -1;
  Ref result(
      PyObject_CallMethod(module.get(), "register", "O", callback.get()));
  return result ? 0 : -1;
}

}  // namespace pyvm
