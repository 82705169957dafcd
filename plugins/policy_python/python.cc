// Asks a function written in Python, for policies that are still being thought
// about:
//
//   def decide(event):
//       if event.kind == "new unit":
//           return {"entry_budget": 100, "loop_budget": 1000}
//       return {"action": "compile", "tier": "baseline", "reason": "it is hot"}
//
// README.md has what an event holds and what may be answered.
#include <Python.h>

#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>

#include "plugins/common/policy.h"

namespace pyvm::plugins {
namespace {

constexpr pyvm_param kParams[] = {
    {"file", PYVM_STRING, "", "", 0, 0,
     "Python source that defines decide(event); it runs before `site` does"},
};

// Owns one reference.
class Ref {
 public:
  explicit Ref(PyObject* object = nullptr) : object_(object) {}
  Ref(const Ref&) = delete;
  Ref& operator=(const Ref&) = delete;
  ~Ref() { Py_XDECREF(object_); }
  PyObject* get() const { return object_; }
  PyObject* release() { return std::exchange(object_, nullptr); }
  explicit operator bool() const { return object_ != nullptr; }

 private:
  PyObject* object_;
};

// While it lives, Python code runs as if the program were not in the middle of
// something: its exception is put aside, and nobody traces.
class Interlude {
 public:
  Interlude() {
    PyErr_Fetch(&type_, &value_, &traceback_);
    PyThreadState_EnterTracing(PyThreadState_Get());
  }
  ~Interlude() {
    PyThreadState_LeaveTracing(PyThreadState_Get());
    PyErr_Restore(type_, value_, traceback_);
  }

 private:
  PyObject *type_, *value_, *traceback_;
};

const char* KindName(uint32_t kind) {
  switch (kind) {
    case PYVM_NEW_UNIT:
      return "new unit";
    case PYVM_ENTRY_BUDGET:
      return "entry budget";
    case PYVM_LOOP_BUDGET:
      return "loop budget";
    case PYVM_MEMORY_PRESSURE:
      return "memory pressure";
  }
  return "?";
}

// Takes the exception that is set: "ValueError: what it says", on one line.
std::string TakeError() {
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  PyErr_NormalizeException(&type, &value, &traceback);
  Ref owned_type(type), owned_value(value), owned_traceback(traceback);
  std::string message =
      type != nullptr ? reinterpret_cast<PyTypeObject*>(type)->tp_name : "?";
  Ref text(value != nullptr ? PyObject_Str(value) : nullptr);
  const char* utf8 = text ? PyUnicode_AsUTF8(text.get()) : nullptr;
  if (utf8 != nullptr && *utf8 != '\0') message += std::string(": ") + utf8;
  PyErr_Clear();
  std::replace(message.begin(), message.end(), '\n', ' ');
  return message;
}

// A dict that becomes the attributes of an event. What cannot be put leaves an
// exception set, which Event looks for once.
class Fields {
 public:
  Fields() : dict_(PyDict_New()) {}

  void Put(const char* key, PyObject* value) {
    Ref owned(value);
    if (owned && dict_) PyDict_SetItemString(dict_.get(), key, value);
  }
  void Number(const char* key, uint64_t value) {
    Put(key, PyLong_FromUnsignedLongLong(value));
  }
  void Float(const char* key, double value) {
    Put(key, PyFloat_FromDouble(value));
  }
  void Text(const char* key, const char* value) {
    Put(key, value != nullptr
                 ? PyUnicode_DecodeUTF8(
                       value, static_cast<Py_ssize_t>(strlen(value)), "replace")
                 : Py_NewRef(Py_None));
  }
  // Attributes with the values of the fields; null with an exception set.
  PyObject* Namespace() {
    if (PyErr_Occurred() != nullptr || !dict_) return nullptr;
    Ref types(PyImport_ImportModule("types"));
    Ref type(types ? PyObject_GetAttrString(types.get(), "SimpleNamespace")
                   : nullptr);
    Ref no_args(PyTuple_New(0));
    return type && no_args
               ? PyObject_Call(type.get(), no_args.get(), dict_.get())
               : nullptr;
  }
  PyObject* release() { return dict_.release(); }

 private:
  Ref dict_;
};

const char* TierName(const pyvm_event& event, uint32_t tier) {
  return tier < event.num_tiers ? TierAt(event, tier).name : nullptr;
}

// {name of the tier: value}
template <typename Value>
PyObject* ByTierName(const pyvm_event& event, Value value) {
  Fields fields;
  for (uint32_t i = 0; i < event.num_tiers; ++i)
    fields.Put(TierName(event, i), value(i));
  return fields.release();
}

PyObject* EventObject(const pyvm_event& event) {
  Fields fields;
  fields.Text("kind", KindName(event.kind));
  fields.Number("sequence", event.sequence);
  fields.Number("time_ns", event.time_ns);
  fields.Number("virtual_time", event.virtual_time);
  fields.Number("unit", event.unit_id);
  fields.Text("name", event.name);
  fields.Text("filename", event.filename);
  fields.Number("first_line", event.first_line);
  fields.Text("tier", TierName(event, event.tier));
  fields.Text("next_tier", TierName(event, NextTier(event)));
  fields.Number("instructions", event.instructions);
  fields.Number("bytecode_bytes", event.bytecode_bytes);
  fields.Number("cache_bytes", event.cache_bytes);
  fields.Number("loop", event.loop);
  fields.Number("entries", event.entries);
  fields.Number("loops", event.loops);
  fields.Number("entries_since", event.entries_since);
  fields.Number("loops_since", event.loops_since);
  fields.Number("ns_since", event.ns_since);
  fields.Put("entries_by_tier", ByTierName(event, [&](uint32_t i) {
               return PyLong_FromUnsignedLongLong(event.entries_by_tier[i]);
             }));
  fields.Put("loops_by_tier", ByTierName(event, [&](uint32_t i) {
               return PyLong_FromUnsignedLongLong(event.loops_by_tier[i]);
             }));
  fields.Put("predicted_compile_ns", ByTierName(event, [&](uint32_t i) {
               return PyFloat_FromDouble(TierAt(event, i).predicted_compile_ns);
             }));
  fields.Put("predicted_speedup", ByTierName(event, [&](uint32_t i) {
               return PyFloat_FromDouble(TierAt(event, i).predicted_speedup);
             }));
  fields.Number("events", event.events);
  fields.Number("compiles", event.compiles);
  fields.Number("refusals", event.refusals);
  fields.Text("refused", event.refused);
  fields.Number("code_bytes", event.code_bytes);
  fields.Number("code_bytes_limit", event.code_bytes_limit);
  fields.Number("units", event.units);
  fields.Number("queue_length", event.queue_length);
  fields.Number("deopts", event.deopts);
  return fields.Namespace();
}

class Python {
 public:
  static constexpr uint32_t kWants = PYVM_WANTS_PRESSURE;

  // Python is not running yet.
  explicit Python(const Args& args) : path_(args.String("file")) {
    std::ifstream file(path_, std::ios::binary);
    std::stringstream source;
    if (path_.empty()) {
      args.Fail("file: expected Python source, as in python:FILE");
    } else if (!file || !(source << file.rdbuf())) {
      args.Fail("cannot read " + path_);
    }
    source_ = source.str();
  }

  void Decide(const pyvm_event& event, pyvm_decision* decision) {
    if (!Py_IsInitialized()) {
      decision->reason = "Python is still starting";
      decision->entry_budget = decision->loop_budget = kEarlyBudget;
      return;
    }
    if (PyInterpreterState_Get() != PyInterpreterState_Main()) {
      decision->reason = "it runs in a subinterpreter, decide in the main one";
      return;
    }
    Interlude interlude;
    Load();
    pyvm_decision untouched = *decision;
    error_ = Ask(event, decision);
    if (error_.empty()) return;
    *decision = untouched;
    decision->error = error_.c_str();
  }

 private:
  // Of units that run before the file can be loaded.
  static constexpr int32_t kEarlyBudget = 100;

  // Runs the file. If that fails, the program must not run: what leaves this
  // function as a C++ exception ends the process with one line.
  void Load() {
    if (decide_ != nullptr) return;
    Ref code(Py_CompileString(source_.c_str(), path_.c_str(), Py_file_input));
    source_.clear();
    Ref globals(PyDict_New());
    Ref name(PyUnicode_FromString("__pyvm_policy__"));
    bool ready =
        code && globals && name &&
        PyDict_SetItemString(globals.get(), "__builtins__",
                             PyEval_GetBuiltins()) == 0 &&
        PyDict_SetItemString(globals.get(), "__name__", name.get()) == 0;
    Ref result(ready ? PyEval_EvalCode(code.get(), globals.get(), globals.get())
                     : nullptr);
    if (!result) throw std::runtime_error(path_ + ": " + TakeError());
    PyObject* decide = PyDict_GetItemString(globals.get(), "decide");
    if (decide == nullptr || !PyCallable_Check(decide))
      throw std::runtime_error(path_ + " defines no function decide(event)");
    // For ever: when pyvm destroys policies, Python is gone.
    decide_ = Py_NewRef(decide);
  }

  // "", or what went wrong.
  std::string Ask(const pyvm_event& event, pyvm_decision* decision) {
    Ref object(EventObject(event));
    if (!object) return TakeError();
    Ref answer(PyObject_CallOneArg(decide_, object.get()));
    if (!answer) {
      // Control-C was meant for the program.
      if (PyErr_ExceptionMatches(PyExc_KeyboardInterrupt)) PyErr_SetInterrupt();
      return "decide raised " + TakeError();
    }
    if (answer.get() == Py_None) {
      decision->reason = "decide returned None";
      return "";
    }
    if (!PyDict_Check(answer.get()))
      return "decide returned neither a dict nor None";
    PyObject *key, *value;
    for (Py_ssize_t at = 0; PyDict_Next(answer.get(), &at, &key, &value);) {
      const char* name = PyUnicode_Check(key) ? PyUnicode_AsUTF8(key) : nullptr;
      std::string wrong =
          name != nullptr ? Take(event, name, value, decision) : "a key";
      PyErr_Clear();
      if (!wrong.empty()) return "decide returned nonsense: " + wrong;
    }
    return "";
  }

  // Takes one item of the answer. Returns "", or what is wrong with it.
  std::string Take(const pyvm_event& event, std::string_view name,
                   PyObject* value, pyvm_decision* decision) {
    const char* text =
        PyUnicode_Check(value) ? PyUnicode_AsUTF8(value) : nullptr;
    std::string wrong = "'" + std::string(name) + "' is ";
    if (name == "entry_budget" || name == "loop_budget" || name == "loop") {
      int64_t number = PyLong_Check(value) ? PyLong_AsLongLong(value) : -1;
      bool is_loop = name == "loop";
      if (number < (is_loop ? 0 : 1) || number > PYVM_NEVER)
        return wrong + "not a number in range";
      if (is_loop) decision->loop = static_cast<uint32_t>(number);
      if (name == "entry_budget")
        decision->entry_budget = static_cast<int32_t>(number);
      if (name == "loop_budget")
        decision->loop_budget = static_cast<int32_t>(number);
      return "";
    }
    if (name == "priority") {
      decision->priority = PyFloat_AsDouble(value);
      return std::isfinite(decision->priority) && PyErr_Occurred() == nullptr
                 ? ""
                 : wrong + "not a finite number";
    }
    if (text == nullptr) return wrong + "unknown, or not a str";
    if (name == "action") {
      std::optional<uint32_t> action = ActionCalled(text);
      if (!action) return wrong + "no action: " + text;
      decision->action = *action;
    } else if (name == "tier") {
      decision->tier = TierCalled(event, text);
    } else if (name == "reason") {
      reason_ = text;
      decision->reason = reason_.c_str();
    } else if (name == "passes") {
      passes_ = text;
      decision->passes = passes_.c_str();
    } else {
      return "'" + std::string(name) + "' is no part of a decision";
    }
    return "";
  }

  std::string path_, source_;
  PyObject* decide_ = nullptr;
  std::string reason_, passes_, error_;
};

constexpr pyvm_plugin kPlugin = PolicyPlugin<Python>(
    "python",
    "asks decide(event) of a Python file: for prototypes, not for timings",
    kParams);

}  // namespace
}  // namespace pyvm::plugins

extern "C" PYVM_EXPORT const pyvm_plugin* pyvm_plugin_main(const pyvm_host*) {
  return &pyvm::plugins::kPlugin;
}
