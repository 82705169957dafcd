// Answers what an event log says was answered: each unit gets its decisions
// again, in their order, with the same budgets. The log must be of the same
// program, with the same arguments, on the same build, and with --virtual-time
// if decisions shall fall at the very same counts.
#include <fstream>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "plugins/common/policy.h"

namespace pyvm::plugins {
namespace {

using Json = nlohmann::json;

constexpr pyvm_param kParams[] = {
    {"log", PYVM_STRING, "", "", 0, 0, "a file that --trace has written"},
};

// One decision.
struct Step {
  uint64_t sequence, virtual_time;
  uint32_t action;
  std::string to;  // the tier
  uint32_t loop;
  std::string passes;
  int32_t entry_budget, loop_budget;
};

struct LoggedUnit {
  std::string function;
  uint32_t line;
  std::vector<Step> steps;
};

class Replay {
 public:
  explicit Replay(const Args& args) : path_(args.String("log")) {
    if (path_.empty()) {
      args.Fail(
          "log: expected a file that --trace has written, as in replay:FILE");
      return;
    }
    std::ifstream file(path_);
    if (!file) {
      args.Fail("cannot read " + path_);
      return;
    }
    bool started = false;
    for (std::string line; std::getline(file, line);) {
      // Each object but the last is followed by a comma; a log that was cut
      // short ends in the middle of one.
      if (!line.empty() && line.back() == ',') line.pop_back();
      Json object = Json::parse(line, nullptr, /*allow_exceptions=*/false);
      if (!object.is_object() || !object.contains("args")) continue;
      const Json& fields = object["args"];
      if (!started) {
        if (!CheckOrigin(fields, args)) return;
        started = true;
      } else if (fields.contains("action")) {
        AddStep(fields);
      }
    }
    if (!started) args.Fail(path_ + " is no event log of pyvm");
  }

  void Decide(const pyvm_event& event, pyvm_decision* decision) {
    auto found = units_.find(event.unit_id);
    if (found == units_.end() || found->second.function != event.name ||
        found->second.line != event.first_line) {
      decision->error = reason_.Format(
          "unit %llu, %s, is not in the log: the program has taken another way",
          static_cast<unsigned long long>(event.unit_id), event.name);
      return;
    }
    uint64_t& next = event.memory[0];
    if (next >= found->second.steps.size()) {
      decision->reason = "the log has no further decision";
      return;
    }
    const Step& step = found->second.steps[next++];
    decision->action = step.action;
    decision->loop = step.loop;
    decision->entry_budget = step.entry_budget;
    decision->loop_budget = step.loop_budget;
    if (!step.passes.empty()) decision->passes = step.passes.c_str();
    if (!step.to.empty()) decision->tier = TierCalled(event, step.to);
    bool exact = step.sequence == event.sequence &&
                 step.virtual_time == event.virtual_time;
    decision->reason =
        reason_.Format("event %llu of the log%s",
                       static_cast<unsigned long long>(step.sequence),
                       exact ? "" : ", but not at the same moment");
  }

 private:
  bool CheckOrigin(const Json& fields, const Args& args) {
    const pyvm_host& host = args.host();
    std::string build = fields.value("build", "");
    std::string program = fields.value("program", "");
    if (build.empty() || program.empty()) {
      args.Fail(path_ + " is no event log of pyvm, or of one that is too old");
    } else if (host.build == nullptr || build != host.build) {
      args.Fail(path_ + " was written by another build of pyvm (" + build +
                "; this is " + (host.build != nullptr ? host.build : "?") +
                ")");
    } else if (host.program == nullptr || program != host.program) {
      args.Fail(path_ + " is of another program, or of other arguments");
    } else {
      return true;
    }
    return false;
  }

  void AddStep(const Json& fields) {
    LoggedUnit& unit = units_[fields.value("unit", uint64_t{0})];
    unit.function = fields.value("function", "");
    unit.line = fields.value("line", 0u);
    // None where the log calls the action by a name of another version.
    std::optional<uint32_t> action = ActionCalled(fields.value("action", ""));
    if (!action) return;
    Step step;
    step.action = *action;
    step.sequence = fields.value("sequence", uint64_t{0});
    step.virtual_time = fields.value("virtual_time", uint64_t{0});
    step.to = fields.value("to", "");
    step.loop = fields.value("loop", 0u);
    step.passes = fields.value("passes", "");
    step.entry_budget = fields.value("entry_budget", PYVM_NEVER);
    step.loop_budget = fields.value("loop_budget", PYVM_NEVER);
    unit.steps.push_back(std::move(step));
  }

  std::string path_;
  std::unordered_map<uint64_t, LoggedUnit> units_;
  Reason reason_;
};

constexpr pyvm_plugin kPlugin = PolicyPlugin<Replay>(
    "replay",
    "decides as an event log says (replay compilation: Georges et al., OOPSLA "
    "2008, who advise several logs, not one)",
    kParams);

}  // namespace
}  // namespace pyvm::plugins

const pyvm_plugin* pyvm_plugin_main(const pyvm_host*) {
  return &pyvm::plugins::kPlugin;
}
