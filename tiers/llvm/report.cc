#include "tiers/llvm/report.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <map>
#include <string_view>
#include <utility>

#include "core/host/cpython.h"
#include "core/listing/listing.h"
#include "core/tier/unit_name.h"
#include "passes/ir/graph.h"
#include "passes/ir/printer.h"
#include "tiers/llvm/graph_file.h"

namespace pyvm::llvm_tier {
namespace {

// --- Totals. Guarded by the GIL.

enum Phase { kBuild, kPasses, kLower, kOptimize, kEmit, kNumPhases };
struct {
  const char* name;
  const char* help;
  uint64_t ns;
} phases[kNumPhases] = {
    {"compile.llvm.build", "compiling: from bytecode to the IR", 0},
    {"compile.llvm.passes", "compiling: passes over the IR", 0},
    {"compile.llvm.lower", "compiling: from the IR to LLVM's", 0},
    {"compile.llvm.optimize", "compiling: LLVM's optimizer", 0},
    {"compile.llvm.codegen", "compiling: LLVM's code generator", 0},
};

struct PassTotals {
  explicit PassTotals(const ir::Pass* pass) {
    static constexpr const char* kRows[][3] = {
        {"time", "ns", "time spent in pass "},
        {"runs", "runs", "runs of pass "},
        {"changes", "changes", "changes, in a unit of its own, by pass "},
        {"added", "nodes", "nodes that its runs have added: pass "},
        {"removed", "nodes", "nodes that its runs have removed: pass "},
    };
    static_assert(std::size(kRows) == kNumRows);
    for (int i = 0; i < kNumRows; ++i) {
      names[i] = std::string("pass.") + pass->name + "." + kRows[i][0];
      units[i] = kRows[i][1];
      helps[i] = std::string(kRows[i][2]) + pass->name;
    }
  }

  void Add(const ir::PassRun& run) {
    values[0] += run.nanoseconds;
    values[1] += 1;
    values[2] += run.changes;
    bool grown = run.nodes > run.nodes_before;
    values[grown ? 3 : 4] +=
        grown ? run.nodes - run.nodes_before : run.nodes_before - run.nodes;
  }

  static constexpr int kNumRows = 5;
  std::string names[kNumRows], helps[kNumRows];
  const char* units[kNumRows];
  uint64_t values[kNumRows] = {};
};

// In the order of their first runs. Elements stay where they are.
std::vector<std::pair<const ir::Pass*, std::unique_ptr<PassTotals>>>& Totals() {
  static auto* totals =
      new std::vector<std::pair<const ir::Pass*, std::unique_ptr<PassTotals>>>;
  return *totals;
}

void AddToTotals(const ir::PassRun& run) {
  auto at =
      std::find_if(Totals().begin(), Totals().end(),
                   [&](const auto& row) { return row.first == run.pass; });
  if (at == Totals().end()) {
    at =
        Totals().insert(at, {run.pass, std::make_unique<PassTotals>(run.pass)});
  }
  at->second->Add(run);
}

// --- Text

template <typename... Args>
std::string Format(const char* format, Args... args) {
  int size = std::snprintf(nullptr, 0, format, args...);
  std::string text(static_cast<size_t>(size) + 1, '\0');
  std::snprintf(text.data(), text.size(), format, args...);
  text.pop_back();
  return text;
}

double Ms(uint64_t ns) { return static_cast<double>(ns) / 1e6; }

int LineOf(const Unit* unit, uint32_t instr) {
  if (unit == nullptr || unit->code == nullptr) return 0;
  uint32_t position = unit->PositionOf(unit->instrs + instr);
  return PyCode_Addr2Line(unit->code, static_cast<int>(2 * position));
}

// The source line of the operation, and which one it is.
std::string PlaceOf(const Operation& operation) {
  return Format("%s:%d, @%u: ", NameOf(*operation.unit).qualified_name,
                LineOf(operation.unit, operation.instr), operation.instr) +
         operation.text;
}

// "+2 UnboxInt, -3 GuardType", the largest changes first.
std::string Difference(const std::vector<uint32_t>& before,
                       const std::vector<uint32_t>& after) {
  constexpr size_t kMost = 8;
  std::vector<std::pair<int64_t, const char*>> changes;
  for (int i = 0; i < ir::kNumOps; ++i) {
    int64_t change = int64_t{after[i]} - int64_t{before[i]};
    if (change != 0) {
      changes.emplace_back(change, ir::InfoOf(static_cast<ir::Op>(i)).name);
    }
  }
  std::sort(changes.begin(), changes.end(), [](const auto& a, const auto& b) {
    return std::pair(-std::abs(a.first), std::string_view(a.second)) <
           std::pair(-std::abs(b.first), std::string_view(b.second));
  });
  std::string text;
  for (size_t i = 0; i < std::min(kMost, changes.size()); ++i) {
    text += Format("%s%+lld %s", i == 0 ? "" : ", ",
                   static_cast<long long>(changes[i].first), changes[i].second);
  }
  return text + (changes.size() > kMost ? ", ..." : "");
}

}  // namespace

Report::Report(const Unit& unit, uint32_t entry_instr)
    : unit_(unit), entry_instr_(entry_instr) {
  for (int kind = 0; kind < kNumDumps; ++kind) {
    wanted_[kind] = IsDumped(static_cast<Dump>(kind), unit);
  }
}

void Report::Print(Dump kind, const char* what, const std::string& text) const {
  NoteDumped(kind);
  std::fprintf(stderr, "%s (%s, from instruction %u)\n%s\n",
               NameOf(unit_).qualified_name, what, entry_instr_, text.c_str());
}

void Report::NoteBuilt(uint64_t ns) {
  build_ns_ = ns;
  phases[kBuild].ns += ns;
}

ir::PassManager::Options Report::Watch() {
  ir::PassManager::Options run;
  if (Wants(Dump::kIr) || Wants(Dump::kGraph) || Wants(Dump::kRemarks)) {
    run.dump = [this](const ir::Function& function, const ir::Pass* pass) {
      Look(function, pass);
    };
  }
  if (options.stats || Wants(Dump::kRemarks)) run.runs = &runs_;
  return run;
}

void Report::Look(const ir::Function& function, const ir::Pass* pass) {
  auto is_wanted = [&](Dump kind, bool always) {
    const char* after = options.dumps[static_cast<int>(kind)].after;
    if (!Wants(kind)) return false;
    if (after == nullptr) return always;
    return std::strcmp(after, pass == nullptr ? kAsBuilt : pass->name) == 0;
  };
  if (is_wanted(Dump::kIr, true)) {
    Print(Dump::kIr, pass == nullptr ? "as built" : pass->name,
          ir::Print(function));
  }
  if (is_wanted(Dump::kGraph, false)) {
    Draw(function, pass == nullptr ? "as built" : pass->name);
  }
  if (Wants(Dump::kRemarks)) CountOps(function);
}

void Report::CountOps(const ir::Function& function) {
  std::vector<uint32_t> ops(ir::kNumOps);
  for (const ir::Block* block : function.blocks()) {
    for (const ir::Node* n = block->first; n != nullptr; n = n->next) {
      ++ops[static_cast<size_t>(n->op)];
    }
  }
  if (!ops_.empty()) changes_.push_back(Difference(ops_, ops));
  ops_ = std::move(ops);
}

void Report::NotePassed(const ir::Function& function, uint64_t ns) {
  passes_ns_ = ns;
  phases[kPasses].ns += ns;
  if (options.stats) std::for_each(runs_.begin(), runs_.end(), AddToTotals);
  for (uint32_t n : ops_) nodes_ += n;
  if (Wants(Dump::kRemarks)) remarks_ = function.remarks;
  if (Wants(Dump::kGraph) &&
      options.dumps[static_cast<int>(Dump::kGraph)].after == nullptr) {
    Draw(function, "all passes");
  }
}

void Report::Draw(const ir::Function& function, const char* after) const {
  UnitName name = NameOf(unit_);
  ir::GraphOptions look;
  look.title =
      Format("%s (%s:%u), %s, from instruction %u", name.qualified_name,
             name.filename, name.first_line, after, entry_instr_);
  look.line = LineOf;
  NoteDumped(Dump::kGraph);
  WriteGraph(name.qualified_name, ir::Graph(function, look));
}

void Report::AskFor(GenerateOptions* generate) {
  if (Wants(Dump::kLlvm)) {
    generate->optimized_llvm_ir = &llvm_ir_;
    generate->verify = true;
  }
  generate->places = Wants(Dump::kAsm) || Wants(Dump::kRemarks);
  generate->remarks = Wants(Dump::kRemarks);
}

void Report::ShowCode(const LoweredCode& code, Sites sites) {
  phases[kLower].ns += code.lower_ns;
  phases[kOptimize].ns += code.optimize_ns;
  phases[kEmit].ns += code.emit_ns;
  if (Wants(Dump::kLlvm)) Print(Dump::kLlvm, "LLVM IR", llvm_ir_);
  if (Wants(Dump::kAsm) && WantsAsm(unit_)) ShowAsm(code, sites);
  if (Wants(Dump::kRemarks)) {
    Print(Dump::kRemarks, "remarks", PassTable() + CodeTable(code, sites));
  }
}

void Report::ShowRefusal(const char* why) {
  if (!Wants(Dump::kRemarks)) return;
  Print(Dump::kRemarks, "remarks", PassTable() + "  refused: " + why + "\n");
}

void Report::ShowAsm(const LoweredCode& code, Sites sites) const {
  OptimizedCode shown;
  shown.what = Format("llvm, from instruction %u", entry_instr_);
  shown.exec = code.block;
  shown.size = static_cast<uint32_t>(code.bytes);
  for (const CodePart& place : code.places) {
    if (place.operation >= code.operations.size()) {
      shown.places.push_back({place.offset, nullptr, 0, ""});
      continue;
    }
    const Operation& of = code.operations[place.operation];
    shown.places.push_back({place.offset, of.unit, of.instr, of.text});
  }
  std::map<uint64_t, std::string> names;
  for (const std::unique_ptr<Site>& known : sites) {
    const Site& site = *known;
    const FrameMap& frame = site.frames.back();
    std::string name =
        Format("site %u: %s, @%u", site.number, site.reason, frame.instr);
    if (frame.unit != &unit_) {
      name += Format(" in %s", NameOf(*frame.unit).qualified_name);
    }
    names.emplace(reinterpret_cast<uintptr_t>(&site), std::move(name));
  }
  shown.name_of = [&names](uint64_t address) {
    auto at = names.find(address);
    return at == names.end() ? "" : at->second;
  };
  DumpAsm(unit_, shown);
}

// --- Remarks

std::string Report::PassTable() const {
  std::string text = Format("  %-12s %9.3f ms", "build", Ms(build_ns_));
  if (!runs_.empty()) text += Format("  %15u nodes", runs_[0].nodes_before);
  text += "\n";
  for (size_t i = 0; i < runs_.size(); ++i) {
    const ir::PassRun& run = runs_[i];
    std::string row =
        Format("  %-12s %9.3f ms  %6u -> %5u nodes", run.pass->name,
               Ms(run.nanoseconds), run.nodes_before, run.nodes);
    if (run.changes != 0) row += Format("  %5u changes", run.changes);
    if (i < changes_.size() && !changes_[i].empty()) row += ": " + changes_[i];
    text += row + "\n";
  }
  for (const std::string& remark : remarks_) text += "  " + remark + "\n";
  return text;
}

std::string Report::CodeTable(const LoweredCode& code, Sites sites) const {
  using Count = unsigned long long;
  std::string text =
      Format("  %-12s %9.3f ms  %6u nodes -> %llu LLVM instructions\n", "lower",
             Ms(code.lower_ns), nodes_, Count{code.instructions}) +
      Format("  %-12s %9.3f ms  %6llu -> %5llu LLVM instructions\n", "optimize",
             Ms(code.optimize_ns), Count{code.instructions},
             Count{code.optimized_instructions}) +
      Format("  %-12s %9.3f ms  %6llu bytes, %zu sites\n", "codegen",
             Ms(code.emit_ns), Count{code.bytes}, sites.size());
  std::vector<std::pair<const LlvmRemark*, int>> rows;
  for (const LlvmRemark& remark : code.remarks) {
    auto same = std::find_if(rows.begin(), rows.end(), [&](const auto& row) {
      return *row.first == remark;
    });
    if (same == rows.end()) {
      rows.emplace_back(&remark, 1);
    } else {
      ++same->second;
    }
  }
  for (const auto& [remark, times] : rows) {
    std::string message = remark->message;
    std::replace(message.begin(), message.end(), '\n', ' ');
    text += Format("  LLVM %s: %s, %s: %s", remark->kind, remark->pass.c_str(),
                   remark->name.c_str(), message.c_str());
    if (times > 1) text += Format(" (%d times)", times);
    if (remark->operation < code.operations.size()) {
      text += "\n    at " + PlaceOf(code.operations[remark->operation]);
    }
    text += "\n";
  }
  return text;
}

void AddCompileMetrics(std::vector<pyvm_metric>* rows) {
  for (const auto& phase : phases) {
    rows->push_back({phase.name, "counter", "ns", phase.help, phase.ns});
  }
  for (const auto& [pass, totals] : Totals()) {
    for (int i = 0; i < PassTotals::kNumRows; ++i) {
      rows->push_back({totals->names[i].c_str(), "counter", totals->units[i],
                       totals->helps[i].c_str(), totals->values[i]});
    }
  }
}

}  // namespace pyvm::llvm_tier
