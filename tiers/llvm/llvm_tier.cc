// The LLVM tier as a plugin. Its compiler is loaded when it is first needed.
#include <dlfcn.h>

#include <string>

#include "core/handlers/machine.h"
#include "core/host/observers.h"
#include "core/plugin/pyvm.h"
#include "tiers/llvm/frames.h"
#include "tiers/llvm/pipeline.h"

namespace pyvm::llvm_tier {

void Run(Activation* act);

namespace {

void LoadBackend() {
  const char* refused;
  const Pipeline* pipeline = ThePipeline(&refused);
  if (pipeline != nullptr) pipeline->warm_up();
}

void ReleaseCode(Unit*, void* code) { Release(static_cast<Code*>(code)); }

uint64_t CodeBytes(const void* code) {
  return static_cast<const Code*>(code)->bytes;
}

const TierPasses* Passes(const char** why) {
  const Pipeline* pipeline = ThePipeline(why);
  return pipeline == nullptr ? nullptr : pipeline->passes;
}

constexpr pyvm_plugin kPlugin = {
    .abi_version = PYVM_ABI_VERSION,
    .size = sizeof(pyvm_plugin),
    .kind = PYVM_TIER,
    .num_params = 0,
    .name = "llvm",
    .help =
        "optimizing JIT: speculates on what inline caches have seen, values "
        "in machine registers, LLVM behind",
    .params = nullptr,
    .create = nullptr,
    .destroy = nullptr,
    .api = &kTier,
};

// A file beside the one that this code comes from.
std::string Sibling(const char* name) {
  Dl_info info;
  if (dladdr(&kPlugin, &info) == 0) return name;
  std::string path = info.dli_fname;
  return path.substr(0, path.rfind('/') + 1) + name;
}

const Pipeline* Load(const char** refused) {
  Dl_info info;
  // What it calls here must be in its sight.
  if (dladdr(&kPlugin, &info) == 0 ||
      dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_GLOBAL) == nullptr) {
    *refused = "the tier's own plugin cannot be found";
    return nullptr;
  }
  // Passes of plugins call the IR's functions in it.
  void* library = dlopen(Sibling("libpyvm_llvm_backend.so").c_str(),
                         RTLD_NOW | RTLD_GLOBAL);
  void* function =
      library == nullptr ? nullptr : dlsym(library, "pyvm_llvm_pipeline");
  if (function == nullptr) {
    static std::string why;
    why = std::string("the compiler cannot be loaded: ") + dlerror();
    *refused = why.c_str();
    return nullptr;
  }
  return reinterpret_cast<decltype(&pyvm_llvm_pipeline)>(function)(refused);
}

}  // namespace

const Pipeline* ThePipeline(const char** refused) {
  static const char* why = nullptr;
  static const Pipeline* const pipeline = Load(&why);
  if (pipeline == nullptr) *refused = why;
  return pipeline;
}

const Tier kTier = {
    .name = "llvm",
    .help = kPlugin.help,
    .capabilities = kTierCanEnterLoops,
    .compile = Compile,
    .run = Run,
    .release = ReleaseCode,
    .count_ops = nullptr,
    // Guesses.
    .speed = 4,
    .compile_ns_per_byte = 100000,
    .code_bytes = CodeBytes,
    .passes = Passes,
    .prepare = Prepare,
    .load = LoadBackend,
};

}  // namespace pyvm::llvm_tier

extern "C" PYVM_EXPORT const pyvm_plugin* pyvm_plugin_main(const pyvm_host*) {
  pyvm::handlers::FillTable();
  pyvm::SetLocalsReader(pyvm::llvm_tier::ReadLocals);
  pyvm::SetResumer(&pyvm::llvm_tier::kTier, pyvm::llvm_tier::ResumeFromC);
  return &pyvm::llvm_tier::kPlugin;
}
