#include "core/tier/stats.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "core/tier/json.h"
#include "core/tier/manager.h"
#include "core/tier/metrics.h"
#include "core/tier/options.h"

namespace pyvm {
namespace {

std::string Quoted(const char* text) {
  std::string result;
  AppendJsonString(&result, text);
  return result;
}

std::string InstanceJson(const PluginInstance& instance) {
  return absl::StrCat(
      "{\"name\": ", Quoted(instance.plugin().name), ", \"params\": [",
      absl::StrJoin(instance.params(), ", ",
                    [](std::string* out, const std::string& param) {
                      AppendJsonString(out, param);
                    }),
      "]}");
}

std::string TierJson(const Tier& tier) {
  std::string json = absl::StrCat("{\"name\": ", Quoted(tier.name));
  if (const pyvm_tier_info* info = TheManager().InfoOf(&tier);
      info != nullptr) {
    absl::StrAppend(&json, ", \"compiled\": ", info->compiled,
                    ", \"compiled_bytecode\": ", info->compiled_bytecode,
                    ", \"refused\": ", info->refused,
                    ", \"compile_ns\": ", info->compile_ns);
  } else {
    // Loaded for deoptimization alone.
    absl::StrAppend(&json, ", \"landing_only\": true");
  }
  return json + "}";
}

// The tiers of --tiers, and behind them the landing tier if it is not one of
// them.
std::vector<const Tier*> LoadedTiers() {
  const Manager& manager = TheManager();
  std::vector<const Tier*> tiers = manager.tiers();
  if (manager.landing() != nullptr &&
      manager.InfoOf(manager.landing()) == nullptr) {
    tiers.push_back(manager.landing());
  }
  return tiers;
}

std::string Human(const pyvm_metric& metric) {
  if (strcmp(metric.unit, "ns") == 0) {
    return absl::StrFormat("%.3f ms", static_cast<double>(metric.value) / 1e6);
  }
  if (strcmp(metric.unit, "bytes") == 0) {
    return absl::StrFormat("%.1f KiB",
                           static_cast<double>(metric.value) / 1024);
  }
  return absl::StrCat(metric.value);
}

absl::Status WriteTo(const std::string& path, int flags,
                     const std::string& text) {
  int fd = open(path.c_str(), flags | O_WRONLY | O_CLOEXEC, 0666);
  const char* data = text.data();
  size_t left = text.size();
  while (fd >= 0 && left > 0) {
    ssize_t written = write(fd, data, left);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) break;
    data += written;
    left -= static_cast<size_t>(written);
  }
  int error = errno;
  if (fd >= 0 && close(fd) != 0 && left == 0) {
    error = errno;
    left = 1;
  }
  if (fd >= 0 && left == 0) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat("cannot write ", path, ": ", strerror(error)));
}

}  // namespace

std::string StatsText() {
  std::string text = absl::StrCat("pyvm ", kVersion, ": tiers ");
  absl::StrAppend(&text, absl::StrJoin(TheManager().tiers(), ",",
                                       [](std::string* out, const Tier* tier) {
                                         absl::StrAppend(out, tier->name);
                                       }));
  const Tier* landing = TheManager().landing();
  if (landing != nullptr && TheManager().InfoOf(landing) == nullptr) {
    absl::StrAppend(&text, " (and ", landing->name, " as the landing tier)");
  }
  if (const Policy* policy = TheManager().policy(); policy != nullptr) {
    absl::StrAppend(&text, ", policy ", policy->instance().plugin().name);
  }
  text += "\n";
  for (const pyvm_metric& metric : CurrentMetrics()) {
    if (metric.value == 0) continue;
    absl::StrAppendFormat(&text, "  %-24s %14s  %s\n", metric.name,
                          Human(metric), metric.help);
  }
  for (const HostFrameReason& row : HostFrameReasons()) {
    absl::StrAppendFormat(&text, "  host frames: %-11s %14u\n", row.reason,
                          row.count);
  }
  return text;
}

std::string StatsJson() {
  const Manager& manager = TheManager();
  std::string json =
      absl::StrCat("{\n  \"pyvm\": \"", kVersion, "\",\n  \"pid\": ", getpid(),
                   ",\n  \"tiers\": [");
  absl::StrAppend(&json, absl::StrJoin(LoadedTiers(), ", ",
                                       [](std::string* out, const Tier* tier) {
                                         absl::StrAppend(out, TierJson(*tier));
                                       }));
  absl::StrAppend(&json, "],\n  \"policy\": ",
                  manager.policy() != nullptr
                      ? InstanceJson(manager.policy()->instance())
                      : "null");
  absl::StrAppend(&json, ",\n  \"monitors\": [",
                  absl::StrJoin(manager.monitors(), ", ",
                                [](std::string* out, const Monitor& monitor) {
                                  absl::StrAppend(
                                      out, InstanceJson(monitor.instance()));
                                }),
                  "],\n  \"metrics\": {");
  const char* separator = "\n    ";
  for (const pyvm_metric& metric : CurrentMetrics()) {
    absl::StrAppend(&json, separator, Quoted(metric.name), ": ", metric.value);
    separator = ",\n    ";
  }
  absl::StrAppend(&json, "\n  },\n  \"host_frame_reasons\": {");
  separator = "\n    ";
  for (const HostFrameReason& row : HostFrameReasons()) {
    absl::StrAppend(&json, separator, Quoted(row.reason), ": ", row.count);
    separator = ",\n    ";
  }
  return json + "}\n}\n";
}

absl::Status WriteFile(const std::string& path, const std::string& text) {
  struct stat info;
  bool exists = stat(path.c_str(), &info) == 0;
  if (exists && !S_ISREG(info.st_mode)) return WriteTo(path, 0, text);
  std::string next = absl::StrCat(path, ".", getpid(), ".new");
  absl::Status status = WriteTo(next, O_CREAT | O_TRUNC, text);
  if (status.ok() && rename(next.c_str(), path.c_str()) == 0) return status;
  unlink(next.c_str());
  // The folder may be closed to us although the file is not.
  return WriteTo(path, O_CREAT | O_TRUNC, text);
}

}  // namespace pyvm
