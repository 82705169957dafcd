#include <Python.h>
#include <dlfcn.h>

#include <cstdio>
#include <string>

#include "absl/container/flat_hash_map.h"

using Map = absl::flat_hash_map<std::string, int>;

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  Py_InitializeEx(0);
  void* plugin = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  if (plugin == nullptr) {
    std::fprintf(stderr, "%s\n", dlerror());
    return 1;
  }
  auto* find = reinterpret_cast<int (*)(const Map&, const char*)>(
      dlsym(plugin, "pyvm_selftest_find"));
  Map map;
  for (int i = 0; i < 100; ++i) map[std::to_string(i)] = i;
  for (int i = 0; i < 100; ++i) {
    int found = find(map, std::to_string(i).c_str());
    if (found != i) {
      std::fprintf(stderr, "plugin found %d for key %d\n", found, i);
      return 1;
    }
  }
  if (dlsym(plugin, "selftest_not_exported") != nullptr) {
    std::fprintf(stderr, "a plugin must export only what is named pyvm_*\n");
    return 1;
  }
  return 0;
}
