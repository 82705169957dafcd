#include "tiers/llvm/pass_table.h"

#include <string>
#include <vector>

#include "passes/ir/pass_plugin.h"
#include "passes/passes.h"

namespace pyvm::llvm_tier {
namespace {

struct Table {
  Table()
      : all(ir::AllPasses().begin(), ir::AllPasses().end()),
        manager(all, ir::DefaultPasses()) {}

  std::vector<const ir::Pass*> all;
  ir::PassManager manager;  // refers to `all`
};

Table& TheTable() {
  static auto* table = new Table;
  return *table;
}

std::vector<TierPasses::Pass> List() {
  std::vector<TierPasses::Pass> rows;
  for (const ir::Pass* pass : TheTable().all) {
    rows.push_back({pass->name, pass->help, {}});
    for (const ir::PassParameter& p : pass->parameters) {
      rows.back().parameters.push_back({p.name, p.help, p.value});
    }
  }
  return rows;
}

std::string Add(const pyvm_plugin& plugin) {
  const auto* api = static_cast<const ir::PassPlugin*>(plugin.api);
  if (api->ir_version != ir::kIrVersion) {
    return "it was built for another version of the IR; build it against this "
           "pyvm's headers";
  }
  if (api->pass == nullptr || api->pass->run == nullptr ||
      api->pass->name != std::string_view(plugin.name)) {
    return "its Pass has no `run`, or another name than its pyvm_plugin";
  }
  Table& table = TheTable();
  for (const ir::Pass* pass : table.all) {
    if (pass == api->pass) return "";
    if (pass->name == std::string_view(plugin.name)) {
      return "pyvm has a pass of that name";
    }
  }
  table.all.push_back(api->pass);
  table.manager = ir::PassManager(table.all, ir::DefaultPasses());
  return "";
}

std::string Configure(const std::string& which) {
  return TheTable().manager.Configure(which);
}

}  // namespace

const ir::PassManager& DefaultManager() { return TheTable().manager; }

const TierPasses* Passes() {
  static constexpr TierPasses kPasses = {List, Add, Configure};
  return &kPasses;
}

}  // namespace pyvm::llvm_tier
