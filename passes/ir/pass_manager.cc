#include "passes/ir/pass_manager.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <utility>

#include "passes/ir/verifier.h"

namespace pyvm::ir {
namespace {

// What stands before the first `sign`, which is taken from the text with it.
std::string_view TakeUntil(std::string_view* text, char sign) {
  size_t end = std::min(text->find(sign), text->size());
  std::string_view part = text->substr(0, end);
  text->remove_prefix(std::min(end + 1, text->size()));
  return part;
}

uint32_t CountNodes(const Function& function) {
  uint32_t count = 0;
  for (const Block* block : function.blocks()) {
    for (const Node* node = block->first; node; node = node->next) ++count;
  }
  return count;
}

}  // namespace

PassManager::PassManager(std::span<const Pass* const> all,
                         std::string_view pipeline)
    : all_(all), default_(pipeline) {
  Configure("");
}

const Pass* PassManager::Find(std::string_view name) const {
  for (const Pass* pass : all_) {
    if (name == pass->name) return pass;
  }
  return nullptr;
}

std::string PassManager::UnknownPass(std::string_view name) const {
  std::string text = "no pass is called `" + std::string(name) + "`; there are";
  for (const Pass* pass : all_) {
    text += pass == all_.front() ? " " : ", ";
    text += pass->name;
  }
  return text;
}

std::string PassManager::Set(std::string_view setting, Step* step) const {
  std::string_view name = TakeUntil(&setting, '=');
  std::span<const PassParameter> parameters = step->pass->parameters;
  for (size_t i = 0; i < parameters.size(); ++i) {
    if (name != parameters[i].name) continue;
    auto [end, error] = std::from_chars(
        setting.data(), setting.data() + setting.size(), step->values[i]);
    if (error == std::errc() && end == setting.data() + setting.size()) {
      return "";
    }
    return std::string(step->pass->name) + ":" + std::string(name) +
           " is a number, not `" + std::string(setting) + "`";
  }
  std::string text = std::string("pass ") + step->pass->name +
                     " has no parameter `" + std::string(name) + "`";
  for (const PassParameter& parameter : parameters) {
    text += &parameter == parameters.data() ? "; it has " : ", ";
    text += parameter.name;
  }
  return text;
}

std::string PassManager::Add(std::string_view item,
                             std::vector<Step>* steps) const {
  std::string_view name = TakeUntil(&item, ':');
  const Pass* pass = Find(name);
  if (pass == nullptr) return UnknownPass(name);
  Step step{pass, {}};
  for (const PassParameter& p : pass->parameters) {
    step.values.push_back(p.value);
  }
  while (!item.empty()) {
    if (std::string error = Set(TakeUntil(&item, ':'), &step); !error.empty()) {
      return error;
    }
  }
  steps->push_back(step);
  return "";
}

std::string PassManager::Configure(std::string_view passes) {
  std::vector<Step> steps;
  std::string_view base = default_;
  bool only = passes.starts_with("only:");
  if (only) {
    base = passes.substr(5);
    passes = "";
  }
  while (!base.empty()) {
    std::string error = Add(TakeUntil(&base, ','), &steps);
    if (!error.empty()) return error;
  }
  while (!passes.empty()) {
    std::string_view item = TakeUntil(&passes, ',');
    bool drop = item.starts_with('-');
    if (drop) item.remove_prefix(1);
    std::vector<Step> changed;
    if (std::string error = Add(item, &changed); !error.empty()) return error;
    const Pass* pass = changed[0].pass;
    auto is_pass = [&](const Step& step) { return step.pass == pass; };
    if (std::none_of(steps.begin(), steps.end(), is_pass) &&
        default_.find(pass->name) == std::string_view::npos) {
      return "pass " + std::string(pass->name) +
             " does not run by default: name all that shall run by `only:`";
    }
    if (drop) {
      std::erase_if(steps, is_pass);
    } else {
      for (Step& step : steps) {
        if (is_pass(step)) step.values = changed[0].values;
      }
    }
  }
  steps_ = std::move(steps);
  return "";
}

std::string PassManager::Run(Function* function, const Options& options) const {
  auto check = [&](const char* when) -> std::string {
    if (!options.verify) return "";
    std::string error = Verify(*function);
    return error.empty() ? "" : std::string("after ") + when + ": " + error;
  };
  function->Resolve();
  function->ComputeDominators();
  if (options.dump) options.dump(*function, nullptr);
  if (std::string error = check("the builder"); !error.empty()) return error;
  uint32_t nodes = options.runs != nullptr ? CountNodes(*function) : 0;
  for (const Step& step : steps_) {
    auto start = std::chrono::steady_clock::now();
    uint32_t changes =
        step.pass->run(*function, PassContext(step.pass, step.values));
    function->Resolve();
    function->ComputeDominators();
    auto end = std::chrono::steady_clock::now();
    if (options.runs != nullptr) {
      auto time =
          std::chrono::duration_cast<std::chrono::nanoseconds>(end - start);
      uint32_t before = std::exchange(nodes, CountNodes(*function));
      options.runs->push_back({step.pass, changes, before, nodes,
                               static_cast<uint64_t>(time.count())});
    }
    if (options.dump) options.dump(*function, step.pass);
    if (std::string error = check(step.pass->name); !error.empty()) {
      return error;
    }
  }
  return "";
}

std::vector<const Pass*> PassManager::pipeline() const {
  std::vector<const Pass*> passes;
  for (const Step& step : steps_) passes.push_back(step.pass);
  return passes;
}

}  // namespace pyvm::ir
