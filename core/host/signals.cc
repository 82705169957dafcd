// CPython's long arithmetic asks for signals in its inner loops. This stands in
// front of its PyErr_CheckSignals (the linker's --wrap), and answers without
// asking which thread it is on where nothing waits.
#include "core/host/cpython.h"

extern "C" {

int __real_PyErr_CheckSignals();

int __wrap_PyErr_CheckSignals() {
  if (_PyRuntime.ceval.signals_pending._value == 0) [[likely]]
    return 0;
  return __real_PyErr_CheckSignals();
}

}  // extern "C"
