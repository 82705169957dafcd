#include "core/tier/policy.h"

#include <unistd.h>

#include <cstdio>
#include <exception>

namespace pyvm {

void CallPlugin(const pyvm_plugin& plugin, const char* function,
                void (*call)(void* context), void* context) {
  try {
    call(context);
    return;
  } catch (const std::exception& e) {
    fprintf(stderr, "pyvm: %s %s: %s threw an exception: %s\n",
            KindName(plugin.kind), plugin.name, function, e.what());
  } catch (...) {
    fprintf(stderr, "pyvm: %s %s: %s threw an exception\n",
            KindName(plugin.kind), plugin.name, function);
  }
  fflush(nullptr);
  // Not exit(): CPython is in the middle of something.
  _exit(2);
}

}  // namespace pyvm
