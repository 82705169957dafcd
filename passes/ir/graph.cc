#include "passes/ir/graph.h"

#include <algorithm>
#include <cstdio>
#include <string_view>

namespace pyvm::ir {
namespace {

struct Look {
  const char* color;  // null: none
  const char* what;
};
constexpr Look kPlain = {nullptr, ""};
constexpr Look kGuards = {"#ffd08a", "guards"};
constexpr Look kLeaves = {"#f2a0a0", "leaves the code"};
constexpr Look kCalls = {"#cfe3f7", "may run any code"};
constexpr Look kPhis = {"#e8e8e8", "phis"};
constexpr Look kBlocks = {"#d9d2e9", "blocks"};
constexpr Look kLoops = {"#b4d7a8", "loop headers"};

const Look& LookOf(const Node& node) {
  const OpInfo& info = node.info();
  if (node.op == Op::kPhi) return kPhis;
  if (info.Has(kGuard)) return info.Has(kEnd) ? kLeaves : kGuards;
  return info.Has(kCall) ? kCalls : kPlain;
}

// For labels that Graphviz reads as HTML.
std::string Html(std::string_view text) {
  std::string out;
  for (char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

// A string of DOT.
std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string Cell(const std::string& text, const Look& look, int columns = 1) {
  std::string cell = "<td align=\"left\"";
  if (columns > 1) cell += " colspan=\"" + std::to_string(columns) + "\"";
  if (look.color != nullptr) {
    cell += std::string(" bgcolor=\"") + look.color + "\"";
  }
  return cell + ">" + Html(text) + "</td>";
}

class Drawing {
 public:
  Drawing(const Function& function, const GraphOptions& options)
      : function_(function), options_(options) {}

  std::string Run() {
    out_ = "digraph " + Quoted(options_.title) +
           " {\n"
           "  graph [fontname=\"monospace\", labelloc=t, labeljust=l, label=" +
           Legend() +
           "];\n"
           "  node [shape=plain, fontname=\"monospace\", fontsize=10];\n"
           "  edge [fontname=\"monospace\", fontsize=9];\n";
    for (const PrintedBlock& block :
         PrintParts(function_, options_.names).blocks) {
      Box(block);
    }
    for (const Block* block : function_.blocks()) Edges(*block);
    return out_ + "}\n";
  }

 private:
  std::string Legend() const {
    std::string rows =
        "<tr>" + Cell(options_.title, kPlain, 6) + "</tr>\n    <tr>";
    for (const Look* look :
         {&kBlocks, &kLoops, &kPhis, &kGuards, &kCalls, &kLeaves}) {
      rows += Cell(look->what, *look);
    }
    return "<<table border=\"0\" cellborder=\"0\">\n    " + rows +
           "</tr>\n  </table>>";
  }

  // "@17 in g, line 3; @4, line 12", the innermost frame first.
  std::string PositionText(const FrameState* state) const {
    std::string text;
    for (; state != nullptr; state = state->caller) {
      if (!text.empty()) text += "; ";
      text += "@" + std::to_string(state->instr);
      if (state->unit != function_.unit() || state->function != nullptr) {
        text += " in " + NameOfUnit(state->unit);
      }
      int line = options_.line == nullptr
                     ? 0
                     : options_.line(state->unit, state->instr);
      if (line > 0) text += ", line " + std::to_string(line);
    }
    return text;
  }

  std::string NameOfUnit(const Unit* unit) const {
    if (options_.names != nullptr) {
      auto given = options_.names->find(unit);
      if (given != options_.names->end()) return given->second.name;
    }
    return NameOf(unit);
  }

  void Box(const PrintedBlock& printed) {
    const Block& block = *printed.block;
    std::string id = "b" + std::to_string(block.id);
    std::string title = id;
    if (block.loop_header) title += ", loop header";
    if (block.loop_depth > 0) {
      title += ", depth " + std::to_string(block.loop_depth);
    }
    if (block.frequency != 1) {
      char text[32];
      std::snprintf(text, sizeof text, ", frequency %.3g", block.frequency);
      title += text;
    }
    if (block.entry_state != nullptr) {
      title += ", " + PositionText(block.entry_state);
    }
    out_ += "  " + id +
            " [label=<<table border=\"0\" cellborder=\"1\" "
            "cellspacing=\"0\" cellpadding=\"3\">\n    <tr>" +
            Cell(title, block.loop_header ? kLoops : kBlocks, 4) + "</tr>\n";
    for (const PrintedNode& node : printed.nodes) Row(node);
    out_ += "  </table>>];\n";
  }

  // Of "v4: int = AddInt v2, v3" the type stands in a column of its own, also
  // where the text leaves it out.
  void Row(const PrintedNode& printed) {
    const Node& node = *printed.node;
    std::string value, type, operation = printed.text;
    if (node.info().result != Result::none) {
      value = "v" + std::to_string(node.id);
      type = Describe(node.type);
      operation.erase(0, operation.find(" = ") + 3);
    }
    const Look& look = LookOf(node);
    out_ += "    <tr>" + Cell(value, look) + Cell(type, look) +
            Cell(operation, look) + Cell(PositionText(node.state), look) +
            "</tr>\n";
  }

  void Edges(const Block& block) {
    static constexpr const char* kBranch[] = {"true", "false"};
    static constexpr const char* kRaised[] = {"raised", ""};
    for (int i = 0; i < block.NumSuccs(); ++i) {
      const Block& to = *block.succs[i];
      std::string look;
      if (block.NumSuccs() == 2) {
        bool raised = block.last->op == Op::kBranchRaised;
        look = std::string("label=\"") + (raised ? kRaised : kBranch)[i] + "\"";
      }
      if (Function::Dominates(&to, &block)) {
        look += look.empty() ? "" : ", ";
        look += "style=dashed";  // back, to the loop's header
      }
      out_ += "  b" + std::to_string(block.id) + " -> b" +
              std::to_string(to.id) + (look.empty() ? "" : " [" + look + "]") +
              ";\n";
    }
  }

  const Function& function_;
  const GraphOptions& options_;
  std::string out_;
};

}  // namespace

std::string Graph(const Function& function, const GraphOptions& options) {
  return Drawing(function, options).Run();
}

}  // namespace pyvm::ir
