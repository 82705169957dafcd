// Finds plugins by kind and name. Only what is asked for is opened: the name of
// a plugin's file is made from its kind and name, so nothing has to be loaded
// to be found.
#ifndef PYVM_CORE_PLUGIN_REGISTRY_H_
#define PYVM_CORE_PLUGIN_REGISTRY_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/plugin/pyvm.h"

namespace pyvm {

struct FoundPlugin {
  std::string name;
  std::string path;
};

class Registry {
 public:
  // `folders` are searched in order. In each, a plugin stands either directly,
  // or in the folder where its target is: tiers/NAME or KIND plugins/KIND_NAME
  // (the build tree).
  Registry(const pyvm_host& host, std::vector<std::string> folders)
      : host_(host), folders_(std::move(folders)) {}

  // The folders of this process: those of PYVM_PLUGIN_PATH (separated by ':'),
  // then
  // ../lib/pyvm beside the executable's folder, and the build tree that it
  // stands in.
  static std::vector<std::string> DefaultFolders();

  // --plugin=FILE: loads it; Find prefers it to what the folders have. A pass
  // (known by its file's name) is loaded by Find: it refers to what its tier
  // brings along.
  absl::Status AddFile(const std::string& path);

  // The plugin, loaded.
  absl::StatusOr<const pyvm_plugin*> Find(pyvm_kind kind,
                                          absl::string_view name);

  // All that could be found, sorted by name; nothing is loaded.
  std::vector<FoundPlugin> List(pyvm_kind kind) const;

  // The passes among the files that were added.
  const std::vector<FoundPlugin>& added_passes() const { return passes_; }

  const pyvm_host& host() const { return host_; }
  const std::vector<std::string>& folders() const { return folders_; }

 private:
  struct Loaded {
    std::string path;
    const pyvm_plugin* plugin;
  };

  // Loads what Find has found.
  absl::StatusOr<const pyvm_plugin*> Load(pyvm_kind kind,
                                          const std::string& stem,
                                          const std::string& path);

  const pyvm_host& host_;
  std::vector<std::string> folders_;
  std::vector<Loaded> loaded_;
  std::vector<FoundPlugin> passes_;  // of AddFile
};

}  // namespace pyvm

#endif  // PYVM_CORE_PLUGIN_REGISTRY_H_
