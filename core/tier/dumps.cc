#include "core/tier/dumps.h"

#include <cstdint>

#include "core/tier/unit_name.h"

namespace pyvm {
namespace {

struct {
  uint64_t matched = 0, dumped = 0;
} counts[kNumDumps];

std::string Complaint(int kind) {
  const auto& asked = options.dumps[kind];
  if (asked.glob == nullptr || counts[kind].dumped != 0) return "";
  std::string text =
      std::string("--dump=") + kDumpKinds[kind].name + ":" + asked.glob;
  if (counts[kind].matched == 0) {
    return text + ": no function of that name has run";
  }
  text += ": nothing of that name was compiled";
  if (asked.after != nullptr) {
    text += std::string(", or pass ") + asked.after + " did not run";
  }
  return text + "; --stress=promote compiles at the first call";
}

}  // namespace

bool IsDumped(Dump kind, const Unit& unit) {
  const char* glob = options.dumps[static_cast<int>(kind)].glob;
  return glob != nullptr && MatchesGlob(glob, NameOf(unit).qualified_name);
}

void NoteForDumps(const Unit& unit) {
  for (int kind = 0; kind < kNumDumps; ++kind) {
    if (IsDumped(static_cast<Dump>(kind), unit)) ++counts[kind].matched;
  }
}

void NoteDumped(Dump kind) { ++counts[static_cast<int>(kind)].dumped; }

std::vector<std::string> DumpComplaints() {
  std::vector<std::string> complaints;
  for (int kind = 0; kind < kNumDumps; ++kind) {
    std::string complaint = Complaint(kind);
    if (!complaint.empty()) complaints.push_back(std::move(complaint));
  }
  return complaints;
}

}  // namespace pyvm
