#include "core/plugin/loader.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "core/plugin/params.h"

namespace pyvm {
namespace {

// Messages of other people's code may have several lines.
std::string OneLine(absl::string_view text) {
  return absl::StrReplaceAll(text, {{"\n", " "}, {"\r", " "}});
}

absl::Status CannotLoad(absl::string_view path, absl::string_view why) {
  return absl::FailedPreconditionError(
      absl::StrCat("cannot load plugin ", path, ": ", why));
}

// Runs code of a plugin; an exception becomes a message.
template <typename Function>
absl::Status Guarded(Function function) {
  try {
    function();
  } catch (const std::exception& e) {
    return absl::InternalError(
        absl::StrCat("it threw an exception: ", OneLine(e.what())));
  } catch (...) {
    return absl::InternalError("it threw an exception");
  }
  return absl::OkStatus();
}

}  // namespace

// dlopen's own messages for these cases are obscure.
absl::Status CheckFile(const std::string& path) {
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return CannotLoad(path, strerror(errno));
  struct stat info;
  char magic[4] = {};
  bool regular = fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
  ssize_t length = regular ? read(fd, magic, sizeof(magic)) : 0;
  close(fd);
  if (!regular) return CannotLoad(path, "not a regular file");
  if (length != 4 || memcmp(magic, "\177ELF", 4) != 0) {
    return CannotLoad(path, "not a shared object (no ELF header)");
  }
  return absl::OkStatus();
}

const char* KindName(uint32_t kind) {
  switch (kind) {
    case PYVM_TIER:
      return "tier";
    case PYVM_POLICY:
      return "policy";
    case PYVM_MONITOR:
      return "monitor";
    case PYVM_PASS:
      return "pass";
    case PYVM_DISASSEMBLER:
      return "disassembler";
  }
  return "unknown kind";
}

absl::Status CheckPlugin(const pyvm_plugin& plugin, absl::string_view origin) {
  // The version comes first in every version of the structure: nothing else may
  // be looked at before it has been compared.
  if (plugin.abi_version != PYVM_ABI_VERSION) {
    return CannotLoad(
        origin,
        absl::StrCat("it was built for version ", plugin.abi_version,
                     " of the plugin interface, and this pyvm has version ",
                     PYVM_ABI_VERSION,
                     "; build it against this pyvm's headers"));
  }
  if (plugin.size < sizeof(pyvm_plugin)) {
    return CannotLoad(origin, "its pyvm_plugin has no valid size");
  }
  if (plugin.kind < PYVM_TIER || plugin.kind > PYVM_DISASSEMBLER) {
    return CannotLoad(origin,
                      absl::StrCat("it is of an unknown kind, ", plugin.kind));
  }
  if (plugin.name == nullptr || *plugin.name == '\0' ||
      plugin.help == nullptr) {
    return CannotLoad(origin, "it has no name or no help");
  }
  if (plugin.num_params != 0 &&
      (plugin.params == nullptr || plugin.create == nullptr)) {
    return CannotLoad(origin,
                      "it has parameters but no table or no create function");
  }
  for (uint32_t i = 0; i < plugin.num_params; ++i) {
    const pyvm_param& param = plugin.params[i];
    if (param.name == nullptr || param.unit == nullptr ||
        param.help == nullptr || param.default_value == nullptr ||
        param.type < PYVM_INT || param.type > PYVM_STRING) {
      return CannotLoad(origin, absl::StrCat("row ", i,
                                             " of its parameters is not "
                                             "complete"));
    }
  }
  if (plugin.api == nullptr) return CannotLoad(origin, "it has no api");
  if (plugin.kind == PYVM_POLICY) {
    const auto* policy = static_cast<const pyvm_policy*>(plugin.api);
    // `wants` came later.
    if (policy->size < offsetof(pyvm_policy, wants) ||
        policy->decide == nullptr) {
      return CannotLoad(origin,
                        "its pyvm_policy has no valid size or no decide");
    }
  }
  if (plugin.kind == PYVM_MONITOR) {
    const auto* monitor = static_cast<const pyvm_monitor*>(plugin.api);
    if (monitor->size < sizeof(pyvm_monitor)) {
      return CannotLoad(origin, "its pyvm_monitor has no valid size");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<const pyvm_plugin*> LoadPluginFile(const std::string& path,
                                                  const pyvm_host& host) {
  if (absl::Status status = CheckFile(path); !status.ok()) return status;
  // Without a slash dlopen would search the library path.
  std::string file = path.find('/') == std::string::npos ? "./" + path : path;
  void* handle = nullptr;
  absl::Status status =
      Guarded([&] { handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL); });
  if (!status.ok()) return CannotLoad(path, status.message());
  if (handle == nullptr) {
    const char* error = dlerror();
    std::string message = OneLine(error != nullptr ? error : "unknown error");
    // dlopen starts with the file's name; once is enough.
    if (message.rfind(file + ": ", 0) == 0) message.erase(0, file.size() + 2);
    return CannotLoad(path, message);
  }
  auto entry = reinterpret_cast<pyvm_plugin_main_function>(
      dlsym(handle, PYVM_ENTRY_POINT));
  if (entry == nullptr) {
    return CannotLoad(path, "it does not export " PYVM_ENTRY_POINT);
  }
  const pyvm_plugin* plugin = nullptr;
  status = Guarded([&] { plugin = entry(&host); });
  if (!status.ok()) {
    return CannotLoad(path,
                      absl::StrCat(PYVM_ENTRY_POINT ": ", status.message()));
  }
  if (plugin == nullptr)
    return CannotLoad(path, PYVM_ENTRY_POINT " returned null");
  if (absl::Status check = CheckPlugin(*plugin, path); !check.ok())
    return check;
  return plugin;
}

PluginInstance& PluginInstance::operator=(PluginInstance&& other) noexcept {
  std::swap(plugin_, other.plugin_);
  std::swap(self_, other.self_);
  std::swap(params_, other.params_);
  std::swap(names_and_values_, other.names_and_values_);
  return *this;
}

PluginInstance::~PluginInstance() {
  if (plugin_ != nullptr && plugin_->destroy != nullptr)
    plugin_->destroy(self_);
}

absl::StatusOr<PluginInstance> PluginInstance::Create(const pyvm_plugin& plugin,
                                                      const PluginSpec& spec,
                                                      const pyvm_host& host) {
  PluginInstance instance;
  absl::StatusOr<std::vector<pyvm_arg>> args =
      ParseParams(plugin, spec, &instance.names_and_values_);
  if (!args.ok()) return args.status();
  for (const auto& [name, value] : instance.names_and_values_) {
    instance.params_.push_back(absl::StrCat(name, "=", value));
  }
  if (plugin.create != nullptr) {
    char error[512] = "";
    absl::Status status = Guarded([&] {
      instance.self_ = plugin.create(&host, args->data(), args->size(), error,
                                     sizeof(error));
    });
    error[sizeof(error) - 1] = '\0';
    if (status.ok() && instance.self_ == nullptr) {
      status = absl::InvalidArgumentError(
          *error != '\0' ? OneLine(error)
                         : "its create function returned null");
    }
    if (!status.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(
          KindName(plugin.kind), " ", plugin.name, ": ", status.message()));
    }
  }
  instance.plugin_ = &plugin;
  return instance;
}

}  // namespace pyvm
