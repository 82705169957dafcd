#include "core/driver/python_config.h"

#include <Python.h>

#include <cstdio>
#include <string>

#include "core/host/arena.h"

namespace pyvm {
namespace {

// sys.orig_argv is what the user typed, pyvm's own options included.
PyStatus SetOriginalArguments(PyConfig* config, int argc, char** argv) {
  for (int i = 0; i < argc; ++i) {
    wchar_t* word = Py_DecodeLocale(argv[i], nullptr);
    if (word == nullptr) return PyStatus_NoMemory();
    PyStatus status = PyWideStringList_Append(&config->orig_argv, word);
    PyMem_RawFree(word);
    if (PyStatus_Exception(status)) return status;
  }
  return PyStatus_Ok();
}

PyStatus Configure(PyConfig* config, const std::vector<char*>& python_args,
                   int argc, char** argv) {
  // program_name and executable are left alone: what CPython finds by itself is
  // right, in virtual environments too.
  std::vector<char*> args = python_args;
  PyStatus status = PyConfig_SetBytesArgv(
      config, static_cast<Py_ssize_t>(args.size()), args.data());
  if (PyStatus_Exception(status)) return status;
  if (static_cast<size_t>(argc) != args.size()) {
    status = SetOriginalArguments(config, argc, argv);
  }
  return status;
}

}  // namespace

int StartPython(const std::vector<char*>& python_args, int argc, char** argv,
                const std::function<absl::Status()>& install) {
  host::InstallArenaCache();
  PyConfig config;
  PyConfig_InitPythonConfig(&config);
  PyStatus status = Configure(&config, python_args, argc, argv);
  // The main phase waits until our tiers are in place.
  config._init_main = 0;
  if (!PyStatus_Exception(status)) status = Py_InitializeFromConfig(&config);
  PyConfig_Clear(&config);
  if (!PyStatus_Exception(status)) {
    absl::Status installed = install();
    if (!installed.ok()) {
      fprintf(stderr, "pyvm: %s\n", std::string(installed.message()).c_str());
      return 2;
    }
    status = _Py_InitializeMain();
  }
  if (PyStatus_IsExit(status)) return status.exitcode;
  if (PyStatus_Exception(status)) Py_ExitStatusException(status);
  return -1;
}

}  // namespace pyvm
