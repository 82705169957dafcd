#include "core/driver/session.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/bytecode/unit.h"
#include "core/code/code_map.h"
#include "core/code/code_memory.h"
#include "core/driver/identity.h"
#include "core/driver/passes.h"
#include "core/host/host.h"
#include "core/listing/listing.h"
#include "core/plugin/loader.h"
#include "core/tier/dumps.h"
#include "core/tier/manager.h"
#include "core/tier/metrics.h"
#include "core/tier/options.h"
#include "core/tier/stats.h"

namespace pyvm {
namespace {

constexpr char kDefaultTiers[] = "interp";
constexpr char kDefaultPolicy[] = "fixed-count";
constexpr char kLandingTier[] = "interp";
constexpr char kDisassembler[] = "llvm";

// Lives for ever: tiers and options point into it.
struct Session {
  std::vector<PluginInstance> tiers;
  CommandLine::Dumped dumps[kNumDumps];
  std::string build, program;
  bool want_stats = false;
  std::string stats_file;  // absolute; "" for stderr
  pid_t pid = 0;
  bool wound_up = false;
};
Session& TheSession() {
  static auto* session = new Session;
  return *session;
}

// The program may change its working folder.
std::string Absolute(const std::string& path) {
  char cwd[PATH_MAX];
  if (path[0] == '/' || getcwd(cwd, sizeof(cwd)) == nullptr) return path;
  return absl::StrCat(cwd, "/", path);
}

absl::Status CheckWritable(const std::string& pattern) {
  std::string path = ExpandFileName(pattern);
  int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
  if (fd < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot write ", path, ": ", strerror(errno)));
  }
  close(fd);
  return absl::OkStatus();
}

absl::StatusOr<PluginInstance> CreatePlugin(Registry* registry, pyvm_kind kind,
                                            const std::string& text) {
  absl::StatusOr<PluginSpec> spec = ParsePluginSpec(text);
  if (!spec.ok()) {
    const char* option = kind == PYVM_TIER     ? "--tiers"
                         : kind == PYVM_POLICY ? "--policy"
                                               : "--monitors";
    return absl::InvalidArgumentError(
        absl::StrCat(option, ": ", spec.status().message()));
  }
  absl::StatusOr<const pyvm_plugin*> plugin = registry->Find(kind, spec->name);
  if (!plugin.ok()) return plugin.status();
  return PluginInstance::Create(**plugin, *spec, registry->host());
}

absl::StatusOr<const Tier*> AddTier(Registry* registry,
                                    const std::string& text) {
  absl::StatusOr<PluginInstance> instance =
      CreatePlugin(registry, PYVM_TIER, text);
  if (!instance.ok()) return instance.status();
  const auto* tier = static_cast<const Tier*>(instance->plugin().api);
  TheSession().tiers.push_back(*std::move(instance));
  return tier;
}

absl::Status AddTiers(const CommandLine& line, Registry* registry,
                      ManagerConfig* config) {
  std::vector<std::string> names = line.tiers;
  if (names.empty()) names = {kDefaultTiers};
  for (const std::string& name : names) {
    absl::StatusOr<const Tier*> tier = AddTier(registry, name);
    if (!tier.ok()) return tier.status();
    for (const Tier* other : config->tiers) {
      if (other == *tier) {
        return absl::InvalidArgumentError(
            absl::StrCat("--tiers names ", other->name, " twice"));
      }
    }
    config->tiers.push_back(*tier);
    if (config->landing == nullptr &&
        ((*tier)->capabilities & kTierIsLandingTier)) {
      config->landing = *tier;
    }
  }
  if (config->landing != nullptr) return absl::OkStatus();
  // Something must run what the others refuse, and go on after a
  // deoptimization.
  absl::StatusOr<const Tier*> landing = AddTier(registry, kLandingTier);
  if (!landing.ok()) return landing.status();
  config->landing = *landing;
  return absl::OkStatus();
}

bool Dumps(Dump kind) {
  return options.dumps[static_cast<int>(kind)].glob != nullptr;
}

bool DumpsAny() {
  return std::any_of(std::begin(options.dumps), std::end(options.dumps),
                     [](const auto& asked) { return asked.glob != nullptr; });
}

// --dump=asm: what it needs beyond the tiers.
absl::Status PrepareAsm(Registry* registry,
                        const std::vector<const Tier*>& tiers) {
  if (!Dumps(Dump::kAsm)) return absl::OkStatus();
  auto makes_code = [](const Tier* tier) {
    return tier->code_bytes != nullptr;
  };
  if (std::none_of(tiers.begin(), tiers.end(), makes_code)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--dump=asm: no machine code is made by --tiers=",
        absl::StrJoin(tiers, ",", [](std::string* out, const Tier* tier) {
          absl::StrAppend(out, tier->name);
        })));
  }
  absl::StatusOr<const pyvm_plugin*> plugin =
      registry->Find(PYVM_DISASSEMBLER, kDisassembler);
  if (!plugin.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--dump=asm: ", plugin.status().message()));
  }
  SetDisassembler(static_cast<const Disassembler*>((*plugin)->api));
  return absl::OkStatus();
}

// What nobody asked for is not made: code memory takes address space.
absl::Status DescribeCode() {
  if (options.perf == 0 && !options.gdb) return absl::OkStatus();
  absl::Status status = TheCodeMap().Configure({
      .perf_map = (options.perf & kPerfMap) != 0,
      .jitdump = (options.perf & kPerfJitdump) != 0,
      .gdb = options.gdb,
  });
  if (status.ok()) return status;
  return absl::InvalidArgumentError(absl::StrCat("--perf: ", status.message()));
}

absl::Status OpenOutputs(const CommandLine& line) {
  Session& session = TheSession();
  session.pid = getpid();
  if (line.stats) {
    session.want_stats = true;
    if (!line.stats->empty()) {
      session.stats_file = Absolute(*line.stats);
      absl::Status status = CheckWritable(session.stats_file);
      if (!status.ok()) {
        return absl::InvalidArgumentError(
            absl::StrCat("--stats: ", status.message()));
      }
    }
  }
  absl::Status status = DescribeCode();
  if (!status.ok() || line.trace.empty()) return status;
  status = TheManager().log().Open(Absolute(line.trace), session.build,
                                   session.program);
  if (!status.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--trace: ", status.message()));
  }
  return status;
}

// A unit's own counts are in the metrics only when it has died.
void AddLiveUnits(Metrics* copy) {
  for (const Unit* unit = FirstUnit(); unit != nullptr; unit = unit->next) {
    copy->frames_interp += unit->entries_total();
    copy->bytes_code_units += CodeBytesOf(*unit);
  }
  if (copy->bytes_code != 0) {
    copy->bytes_code_shared = TheCodeMap().OwnerlessBytes();
  }
}

// Kept for ever; null for "".
const char* Keep(const std::string& glob, std::string* at) {
  *at = glob;
  return glob.empty() ? nullptr : at->c_str();
}

void FillOptions(const CommandLine& line) {
  options.strict = line.strict;
  options.virtual_time = line.virtual_time;
  options.sync_compile = line.sync_compile;
  options.stress = line.stress;
  options.perf = line.perf;
  options.gdb = line.gdb;
  Session& session = TheSession();
  for (int kind = 0; kind < kNumDumps; ++kind) {
    CommandLine::Dumped& kept = session.dumps[kind];
    options.dumps[kind].glob = Keep(line.dumps[kind].glob, &kept.glob);
    options.dumps[kind].after = Keep(line.dumps[kind].after, &kept.after);
  }
  options.stats = line.stats.has_value();
  for (const auto& [name, value] : line.tunables) {
    for (int i = 0; i < kNumTunables; ++i) {
      if (name == kTunables[i].name) options.*kTunables[i].field = value;
    }
  }
}

pyvm_host the_host = {
    .abi_version = PYVM_ABI_VERSION,
    .size = sizeof(pyvm_host),
    .version = kVersion,
    .now_ns = [] { return TheManager().EventTimeNs(); },
    .metric = FindMetric,
    .build = nullptr,
    .program = nullptr,
};

// For logs, and for policies that read them. The tiers are loaded.
void NoteIdentity(const CommandLine& line) {
  if (!line.policy && line.trace.empty()) return;
  Session& session = TheSession();
  session.build = BuildIdentity();
  session.program = ProgramIdentity(line.python_args);
  the_host.build = session.build.c_str();
  the_host.program = session.program.c_str();
}

}  // namespace

const pyvm_host& Host() { return the_host; }

absl::Status LoadPluginFiles(const CommandLine& line, Registry* registry) {
  for (const std::string& path : line.plugins) {
    if (absl::Status status = registry->AddFile(path); !status.ok())
      return status;
  }
  return absl::OkStatus();
}

absl::Status SetUp(const CommandLine& line, Registry* registry) {
  FillOptions(line);
  add_live_counts = AddLiveUnits;
  absl::Status status = LoadPluginFiles(line, registry);
  ManagerConfig config;
  if (status.ok()) status = AddTiers(line, registry, &config);
  if (status.ok()) status = ConfigurePasses(line, registry, config.tiers);
  if (status.ok()) status = PrepareAsm(registry, config.tiers);
  if (!status.ok()) return status;
  NoteIdentity(line);
  // With a single tier there is nothing to decide: what nobody asked for costs
  // nothing.
  if (line.policy || config.tiers.size() > 1) {
    absl::StatusOr<PluginInstance> policy = CreatePlugin(
        registry, PYVM_POLICY, line.policy.value_or(kDefaultPolicy));
    if (!policy.ok()) return policy.status();
    config.policy.emplace(*std::move(policy));
  }
  for (const std::string& spec : line.monitors) {
    absl::StatusOr<PluginInstance> monitor =
        CreatePlugin(registry, PYVM_MONITOR, spec);
    if (!monitor.ok()) return monitor.status();
    config.monitors.emplace_back(*std::move(monitor));
  }
  status = TheManager().Configure(std::move(config));
  if (status.ok() && TheManager().policy() != nullptr)
    TheCodeMemory().OnPressure(NoteMemoryPressure);
  if (status.ok()) status = OpenOutputs(line);
  if (status.ok() && HasExitWork()) {
    pthread_atfork(nullptr, nullptr, [] { TheManager().AfterForkInChild(); });
  }
  return status;
}

bool HasExitWork() {
  return TheSession().want_stats || TheManager().log().enabled() ||
         !TheManager().monitors().empty() || TheManager().policy() != nullptr ||
         DumpsAny();
}

void WindUp() {
  Session& session = TheSession();
  if (session.wound_up) return;
  session.wound_up = true;
  // A child of a fork has its own say only where it has a file of its own.
  bool own = getpid() == session.pid;
  for (const std::string& complaint : TheManager().Finish(own)) {
    fprintf(stderr, "pyvm: %s\n", complaint.c_str());
  }
  if (own) {
    for (const std::string& complaint : DumpComplaints()) {
      fprintf(stderr, "pyvm: %s\n", complaint.c_str());
    }
  }
  if (!session.want_stats) return;
  if (session.stats_file.empty()) {
    if (own) fputs(StatsText().c_str(), stderr);
    return;
  }
  if (!own && session.stats_file.find("%p") == std::string::npos) return;
  absl::Status status =
      WriteFile(ExpandFileName(session.stats_file), StatsJson());
  if (!status.ok()) {
    fprintf(stderr, "pyvm: --stats: %s\n",
            std::string(status.message()).c_str());
  }
}

}  // namespace pyvm
