// Opens one plugin file and creates instances of plugins. Every failure is a
// status whose message is one line that names the file or the plugin, and what
// is wrong.
#ifndef PYVM_CORE_PLUGIN_LOADER_H_
#define PYVM_CORE_PLUGIN_LOADER_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/plugin/params.h"
#include "core/plugin/pyvm.h"

namespace pyvm {

// "tier", "policy", "monitor", "pass" or "disassembler".
const char* KindName(uint32_t kind);

// Whether the file is a shared object.
absl::Status CheckFile(const std::string& path);

// Loads the file and calls its entry point. The plugin stays loaded for ever.
absl::StatusOr<const pyvm_plugin*> LoadPluginFile(const std::string& path,
                                                  const pyvm_host& host);

// Whether this build of pyvm can use the plugin: versions, required fields.
// `origin` names it in the message.
absl::Status CheckPlugin(const pyvm_plugin& plugin, absl::string_view origin);

// A plugin that has been created. Owns the instance.
class PluginInstance {
 public:
  // Checks the parameters against the plugin's table.
  static absl::StatusOr<PluginInstance> Create(const pyvm_plugin& plugin,
                                               const PluginSpec& spec,
                                               const pyvm_host& host);
  PluginInstance() = default;
  PluginInstance(PluginInstance&& other) noexcept { *this = std::move(other); }
  PluginInstance& operator=(PluginInstance&& other) noexcept;
  ~PluginInstance();

  const pyvm_plugin& plugin() const { return *plugin_; }
  void* self() const { return self_; }
  // Each parameter with the value that it has, as key=value.
  const std::vector<std::string>& params() const { return params_; }

 private:
  const pyvm_plugin* plugin_ = nullptr;
  void* self_ = nullptr;
  std::vector<std::string> params_;
  // Name and text of each argument: what pyvm_arg::name and v.s point to. A
  // vector keeps its elements where they are when it is moved.
  std::vector<std::pair<std::string, std::string>> names_and_values_;
};

}  // namespace pyvm

#endif  // PYVM_CORE_PLUGIN_LOADER_H_
