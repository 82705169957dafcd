#include <Python.h>

#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"

using Map = absl::flat_hash_map<std::string, int>;

// Reads a map that the executable filled: both must hash alike.
extern "C" __attribute__((visibility("default"))) int pyvm_selftest_find(
    const Map& map, const char* key) {
  llvm::LLVMContext context;
  llvm::Module module(absl::StrCat("m", 1), context);
  if (!Py_IsInitialized() || module.getName() != "m1") return -2;
  auto it = map.find(key);
  return it == map.end() ? -1 : it->second;
}

extern "C" __attribute__((visibility("default"))) int selftest_not_exported() {
  return 0;
}
