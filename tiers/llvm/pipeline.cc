#include "tiers/llvm/pipeline.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string>

#include "core/tier/options.h"
#include "core/tier/unit_name.h"
#include "passes/ir/builder.h"
#include "passes/ir/pass_manager.h"
#include "passes/ir/printer.h"
#include "tiers/llvm/lowering.h"
#include "tiers/llvm/pass_table.h"

namespace pyvm::llvm_tier {
namespace {

std::unique_ptr<Backend> backend;

bool IsDumped(const char* glob, const Unit& unit) {
  return glob != nullptr && MatchesGlob(glob, NameOf(unit).qualified_name);
}

void Show(const Unit& unit, const ir::Function& function, const char* what,
          const std::string& text) {
  std::fprintf(stderr, "%s (%s, from instruction %u)\n%s\n",
               NameOf(unit).qualified_name, what, function.entry_instr,
               text.c_str());
}

// What code keeps alive of the objects that its machine code and its sites
// name:
//
// - Constants of the bytecode, names and such live as long as a code object:
//   that of the code's own unit, with which the code dies, or another's, which
//   is in Function::kept: of a function that was inlined, or of an __init__,
//   which may get other code while its instance is made. No other objects hang
//   on them.
// - Static types and their attributes, builtins and singletons live as long as
//   the interpreter (ir::OutlivesCode). These alone are known by their
//   addresses.
// - Functions, classes, modules, namespaces and what they hold are not kept.
//   They die as if there were no code. They are known by the versions of
//   functions, types and keys of dicts, which never come back, and guards look
//   for versions in objects that the frame has, never at an address from
//   compilation. Behind such a guard the object lives until code runs; whoever
//   wants it longer (a frame's register, a call) has a reference. A site that
//   names one is used only while it lives.
// - A function that is called has the code that is known until its frame has
//   it.
class References {
 public:
  explicit References(Code* code) : code_(code) {}

  void Collect(const ir::Function& function) {
    for (PyObject* object : function.kept) Keep(object);
  }

 private:
  void Keep(PyObject* object) {
    // The code dies with its own code object.
    if (object == reinterpret_cast<PyObject*>(code_->unit->code)) return;
    auto& kept = code_->references;
    auto at = std::lower_bound(kept.begin(), kept.end(), object);
    if (at != kept.end() && *at == object) return;
    kept.insert(at, Py_NewRef(object));
  }

  Code* const code_;
};

// Strings of refusals have to live for ever.
const char* Static(std::string text) {
  static auto* texts = new std::vector<std::unique_ptr<std::string>>;
  for (const auto& known : *texts) {
    if (*known == text) return known->c_str();
  }
  texts->push_back(std::make_unique<std::string>(std::move(text)));
  return texts->back()->c_str();
}

// Runs the passes that a policy asks for. Empty, or why not.
std::string RunPasses(ir::Function* function, const char* which) {
  ir::PassManager manager = DefaultManager();
  if (which != nullptr) {
    std::string wrong = manager.Configure(which);
    if (!wrong.empty()) return wrong;
  }
  ir::PassManager::Options run;
  const Unit& unit = *function->unit();
  if (IsDumped(options.dump_ir, unit)) {
    run.dump = [&unit](const ir::Function& fn, const ir::Pass* pass) {
      Show(unit, fn, pass == nullptr ? "as built" : pass->name, ir::Print(fn));
    };
  }
  return manager.Run(function, run);
}

// LLVM takes some 50 microseconds for each: beyond this the program would stop
// for too long.
constexpr uint32_t kMaxNodes = 4000;

uint32_t CountNodes(const ir::Function& function) {
  uint32_t count = 0;
  for (const ir::Block* block : function.blocks()) {
    for (const ir::Node* n = block->first; n != nullptr; n = n->next) ++count;
  }
  return count;
}

bool CompileOne(Unit* unit, const CompileRequest& request, Code* code,
                const char** refused) {
  ir::BuildOptions build;
  bool at_loop = request.entry == EntryKind::kLoopHeader;
  if (at_loop) build.entry_instr = request.loop;
  build.direct = !at_loop && CanBeDirect(*unit);
  build.denied = [code](const Unit* at, uint32_t instr) {
    return std::any_of(code->denials.begin(), code->denials.end(),
                       [=](const Denial& denial) {
                         // Code that had never run has met operands by now.
                         return denial.unit == at && denial.instr == instr &&
                                std::strcmp(denial.reason, "Deopt") != 0;
                       });
  };
  build.failed = [code](const Unit* at, uint32_t instr, const char* op) {
    return std::any_of(code->denials.begin(), code->denials.end(),
                       [=](const Denial& denial) {
                         return denial.unit == at && denial.instr == instr &&
                                std::strcmp(denial.reason, op) == 0;
                       });
  };
  std::unique_ptr<ir::Function> function = ir::Build(unit, build, refused);
  if (function == nullptr) return false;
  std::string wrong = RunPasses(function.get(), request.passes);
  if (!wrong.empty()) {
    *refused = Static(std::move(wrong));
    return false;
  }
  if (CountNodes(*function) > kMaxNodes) {
    *refused = "more than 4000 operations";
    return false;
  }
  GenerateOptions generate;
  std::string llvm_ir;
  if (IsDumped(options.dump_llvm, *unit)) {
    generate.optimized_llvm_ir = &llvm_ir;
    generate.verify = true;
  }
  std::optional<LoweredCode> lowered =
      backend->Generate(*function, generate, refused);
  if (!llvm_ir.empty()) Show(*unit, *function, "LLVM IR", llvm_ir);
  if (!lowered) return false;
  if (at_loop) {
    code->loops.push_back(
        {request.loop, reinterpret_cast<Entry>(lowered->entry)});
  } else if (build.direct) {
    code->direct = lowered->entry;
  } else {
    code->start = reinterpret_cast<Entry>(lowered->entry);
  }
  code->blocks.push_back({lowered->block, lowered->block_bytes});
  code->bytes += lowered->block_bytes;
  for (auto& site : lowered->sites) {
    site->number = static_cast<uint32_t>(code->sites.size());
    code->sites.push_back(std::move(site));
  }
  References(code).Collect(*function);
  return true;
}

void ReleaseBlock(const uint8_t* block) { backend->Release(block); }

}  // namespace

extern "C" const Pipeline* pyvm_llvm_pipeline(const char** refused) {
  backend = Backend::Create(refused);
  static const Pipeline pipeline = {
      .compile = CompileOne, .release = ReleaseBlock, .passes = Passes()};
  return backend == nullptr ? nullptr : &pipeline;
}

}  // namespace pyvm::llvm_tier
