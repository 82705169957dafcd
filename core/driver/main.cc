// The executable `pyvm`: CPython's library with pyvm's tiers.

// First: it includes Python.h, private parts and all, in the right order.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/driver/collections.h"
#include "core/driver/command_line.h"
#include "core/driver/module.h"
#include "core/driver/python_config.h"
#include "core/driver/session.h"
#include "core/host/host.h"
#include "core/plugin/registry.h"
#include "core/runtime/methods.h"
#include "core/runtime/object.h"
#include "core/tier/manager.h"
#include "core/tier/metrics.h"
#include "core/tier/options.h"

namespace pyvm {
namespace {

constexpr int kUsageError = 2;

int Fail(const absl::Status& status) {
  fprintf(stderr, "pyvm: %s\n", std::string(status.message()).c_str());
  return kUsageError;
}

// The exit code for an option that only prints.
int Print(const std::string& text) {
  return fputs(text.c_str(), stdout) < 0 || fflush(stdout) != 0 ? 1 : 0;
}

std::string VersionText(int times) {
  if (times > 1)
    return absl::StrCat("Python ", Py_GetVersion(), " pyvm ", kVersion, "\n");
  return absl::StrCat("Python ", PY_VERSION, " (pyvm ", kVersion, ")\n");
}

absl::Status PythonError(const char* what) {
  PyErr_Print();
  return absl::InternalError(what);
}

// --stress=gc: a collection at every allocation that may start one.
absl::Status StressGc() {
  PyObject* gc = PyImport_ImportModule("gc");
  if (gc == nullptr) return PythonError("cannot import gc");
  PyObject* result = PyObject_CallMethod(gc, "set_threshold", "iii", 1, 1, 1);
  Py_DECREF(gc);
  if (result == nullptr) return PythonError("cannot set the gc's threshold");
  Py_DECREF(result);
  return absl::OkStatus();
}

// Between CPython's core phase and its main phase.
absl::Status InstallTiers() {
  InitIntFreeList();
  absl::Status status = host::Install();
  if (!status.ok()) return status;
  InstallMethods();
  if (MarkSysModule() < 0) return PythonError("cannot mark the sys module");
  if ((options.stress & kStressGc) != 0) status = StressGc();
  if (!status.ok() || !HasExitWork()) return status;
  if (TheManager().log().enabled() && LogCollections() < 0)
    return PythonError("cannot watch the garbage collector");
  // Exit functions run last-in first-out: ours sees all that the program did.
  // What the program does not let run (atexit._clear) is made up for when
  // CPython is gone.
  if (RegisterAtExit(WindUp) < 0)
    return PythonError("cannot register with atexit");
  Py_AtExit(WindUp);
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  NowNs();  // the clock starts
  absl::StatusOr<CommandLine> line =
      ParseCommandLine(argc, argv, getenv("PYVM_OPTIONS"));
  if (!line.ok()) return Fail(line.status());
  if (line->help) return Print(HelpText(argc > 0 ? argv[0] : "pyvm"));
  if (line->version > 0) return Print(VersionText(line->version));

  Registry registry(Host(), Registry::DefaultFolders());
  if (!line->lists.empty()) {
    absl::Status status = LoadPluginFiles(*line, &registry);
    return status.ok() ? Print(ListText(*line, &registry)) : Fail(status);
  }
  if (absl::Status status = SetUp(*line, &registry); !status.ok())
    return Fail(status);

  PyImport_AppendInittab("pyvm", &InitPyvmModule);
  int code = StartPython(line->python_args, argc, argv, InstallTiers);
  if (code >= 0) return code;
  metrics.startup_time_ns = NowNs();
  return Py_RunMain();
}

}  // namespace
}  // namespace pyvm

int main(int argc, char** argv) { return pyvm::Main(argc, argv); }
