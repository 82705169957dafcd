// Starts CPython the way python3.11's own main function does.
#ifndef PYVM_CORE_DRIVER_PYTHON_CONFIG_H_
#define PYVM_CORE_DRIVER_PYTHON_CONFIG_H_

#include <functional>
#include <vector>

#include "absl/status/status.h"

namespace pyvm {

// Initializes CPython with the arguments `python_args`; `argc` and `argv` are
// the whole command line, for sys.orig_argv. `install` is called as soon as
// Python code can run: before the search path is computed and before `site` is
// imported. If it fails, pyvm ends with one line and exit code 2.
//
// Returns -1 if the program is to be run; else CPython has done what was asked
// (-V, -h), or has complained, and this is the exit code. Does not return where
// CPython does not.
int StartPython(const std::vector<char*>& python_args, int argc, char** argv,
                const std::function<absl::Status()>& install);

}  // namespace pyvm

#endif  // PYVM_CORE_DRIVER_PYTHON_CONFIG_H_
