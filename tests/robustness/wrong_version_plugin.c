/* A plugin of an interface version that does not exist yet. */
#include "pyvm.h"

static const pyvm_plugin kPlugin = {.abi_version = PYVM_ABI_VERSION + 1};

PYVM_EXPORT const pyvm_plugin* pyvm_plugin_main(const pyvm_host* host) {
  (void)host;
  return &kPlugin;
}
