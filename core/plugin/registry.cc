#include "core/plugin/registry.h"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "core/plugin/loader.h"
#include "core/plugin/suggest.h"

namespace pyvm {
namespace {

std::string Stem(absl::string_view name) {
  return absl::StrReplaceAll(name, {{"-", "_"}});
}

// A name is a part of a file's name: it must not lead elsewhere.
bool IsName(absl::string_view name) {
  return !name.empty() &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return isalnum(c) || c == '-' || c == '_';
         });
}

std::string FileName(pyvm_kind kind, absl::string_view stem) {
  return absl::StrCat("libpyvm_", KindName(kind), "_", stem, ".so");
}

// The name of the plugin that a file with such a name is; empty for others.
std::string NameInFile(absl::string_view path, pyvm_kind kind) {
  absl::string_view stem = path.substr(path.rfind('/') + 1);
  if (!absl::ConsumePrefix(&stem,
                           absl::StrCat("libpyvm_", KindName(kind), "_")) ||
      !absl::ConsumeSuffix(&stem, ".so")) {
    return "";
  }
  return absl::StrReplaceAll(stem, {{"_", "-"}});
}

// Where, in the build tree, the plugin's target stands.
std::string TargetFolder(pyvm_kind kind, absl::string_view stem) {
  switch (kind) {
    case PYVM_TIER:
      return absl::StrCat("tiers/", stem);
    case PYVM_PASS:
      return absl::StrCat("passes/", stem);
    default:
      return absl::StrCat("plugins/", KindName(kind), "_", stem);
  }
}

std::vector<std::string> Entries(const std::string& folder) {
  std::vector<std::string> names;
  DIR* dir = opendir(folder.c_str());
  if (dir == nullptr) return names;
  while (const dirent* entry = readdir(dir)) names.push_back(entry->d_name);
  closedir(dir);
  return names;
}

std::string DirName(std::string path) {
  size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  path.resize(std::max<size_t>(slash, 1));
  return path;
}

std::string RealPath(const std::string& path) {
  char buffer[PATH_MAX];
  return realpath(path.c_str(), buffer) != nullptr ? buffer : path;
}

// An environment made with --copies has a copy of the executable, and its
// pyvenv.cfg says where the original stands.
std::vector<std::string> OriginalsOf(const std::string& folder) {
  std::vector<std::string> found;
  FILE* file = fopen((folder + "/../pyvenv.cfg").c_str(), "re");
  if (file == nullptr) return found;
  char line[PATH_MAX + 64];
  while (fgets(line, sizeof(line), file) != nullptr) {
    std::pair<absl::string_view, absl::string_view> pair =
        absl::StrSplit(line, absl::MaxSplits('=', 1));
    absl::string_view key = absl::StripAsciiWhitespace(pair.first);
    std::string value(absl::StripAsciiWhitespace(pair.second));
    if (key == "executable" || key == "base-executable") {
      found.push_back(DirName(RealPath(value)));
    } else if (key == "home") {
      found.push_back(RealPath(value));
      found.push_back(DirName(RealPath(value + "/pyvm")));
    }
  }
  fclose(file);
  return found;
}

}  // namespace

std::vector<std::string> Registry::DefaultFolders() {
  std::vector<std::string> folders;
  if (const char* path = getenv("PYVM_PLUGIN_PATH");
      path != nullptr && *path != '\0') {
    for (absl::string_view folder :
         absl::StrSplit(path, ':', absl::SkipEmpty())) {
      folders.emplace_back(folder);
    }
  }
  std::vector<std::string> homes = {DirName(RealPath("/proc/self/exe"))};
  for (std::string& home : OriginalsOf(homes[0])) {
    if (std::find(homes.begin(), homes.end(), home) == homes.end()) {
      homes.push_back(std::move(home));
    }
  }
  for (const std::string& home : homes) {
    folders.push_back(DirName(home) + "/lib/pyvm");
    // bazel-bin/core/driver/pyvm
    if (absl::EndsWith(home, "/core/driver")) {
      folders.push_back(DirName(DirName(home)));
    }
  }
  return folders;
}

absl::Status Registry::AddFile(const std::string& path) {
  if (std::string name = NameInFile(path, PYVM_PASS); !name.empty()) {
    if (absl::Status status = CheckFile(path); !status.ok()) return status;
    passes_.insert(passes_.begin(), {std::move(name), path});
    return absl::OkStatus();
  }
  absl::StatusOr<const pyvm_plugin*> plugin = LoadPluginFile(path, host_);
  if (!plugin.ok()) return plugin.status();
  loaded_.insert(loaded_.begin(), {path, *plugin});
  return absl::OkStatus();
}

absl::StatusOr<const pyvm_plugin*> Registry::Load(pyvm_kind kind,
                                                  const std::string& stem,
                                                  const std::string& path) {
  absl::StatusOr<const pyvm_plugin*> plugin = LoadPluginFile(path, host_);
  if (!plugin.ok()) return plugin;
  if ((*plugin)->kind != kind || Stem((*plugin)->name) != stem) {
    return absl::FailedPreconditionError(absl::StrCat(
        "plugin ", path, " says that it is ", KindName((*plugin)->kind), " '",
        (*plugin)->name, "'; its file must be called ",
        FileName(static_cast<pyvm_kind>((*plugin)->kind),
                 Stem((*plugin)->name))));
  }
  loaded_.push_back({path, *plugin});
  return plugin;
}

absl::StatusOr<const pyvm_plugin*> Registry::Find(pyvm_kind kind,
                                                  absl::string_view name) {
  for (const Loaded& loaded : loaded_) {
    if (loaded.plugin->kind == kind &&
        Stem(loaded.plugin->name) == Stem(name)) {
      return loaded.plugin;
    }
  }
  std::string stem = Stem(name);
  if (kind == PYVM_PASS) {
    for (const FoundPlugin& pass : passes_) {
      if (Stem(pass.name) == stem) return Load(kind, stem, pass.path);
    }
  }
  for (const std::string& folder : folders_) {
    if (!IsName(name)) break;
    for (const std::string& place :
         {folder, absl::StrCat(folder, "/", TargetFolder(kind, stem))}) {
      std::string path = absl::StrCat(place, "/", FileName(kind, stem));
      if (access(path.c_str(), F_OK) == 0) return Load(kind, stem, path);
    }
  }
  std::vector<std::string> names;
  for (FoundPlugin& found : List(kind)) names.push_back(std::move(found.name));
  std::string tail = Suggestion(name, names);
  if (names.empty()) {
    tail = absl::StrCat("; no plugins in ", absl::StrJoin(folders_, ", "));
  }
  return absl::NotFoundError(
      absl::StrCat("unknown ", KindName(kind), " '", name, "'", tail));
}

std::vector<FoundPlugin> Registry::List(pyvm_kind kind) const {
  std::vector<FoundPlugin> found;
  auto add = [&](std::string name, std::string path) {
    std::string stem = Stem(name);
    for (const FoundPlugin& other : found) {
      if (Stem(other.name) == stem) return;
    }
    found.push_back({std::move(name), std::move(path)});
  };
  for (const Loaded& loaded : loaded_) {
    if (loaded.plugin->kind == kind) add(loaded.plugin->name, loaded.path);
  }
  if (kind == PYVM_PASS) {
    for (const FoundPlugin& pass : passes_) add(pass.name, pass.path);
  }
  auto scan = [&](const std::string& folder) {
    for (const std::string& entry : Entries(folder)) {
      std::string name = NameInFile(entry, kind);
      if (!name.empty()) {
        add(std::move(name), absl::StrCat(folder, "/", entry));
      }
    }
  };
  for (const std::string& folder : folders_) {
    scan(folder);
    std::string targets =
        DirName(absl::StrCat(folder, "/", TargetFolder(kind, "x")));
    for (const std::string& entry : Entries(targets)) {
      if (entry[0] != '.') scan(absl::StrCat(targets, "/", entry));
    }
  }
  std::sort(found.begin(), found.end(),
            [](const FoundPlugin& a, const FoundPlugin& b) {
              return a.name < b.name;
            });
  return found;
}

}  // namespace pyvm
