#include "tiers/llvm/pipeline.h"

#include <algorithm>
#include <cstring>
#include <span>
#include <string>

#include "core/tier/metrics.h"
#include "passes/ir/builder.h"
#include "passes/ir/pass_manager.h"
#include "tiers/llvm/lowering.h"
#include "tiers/llvm/pass_table.h"
#include "tiers/llvm/report.h"

namespace pyvm::llvm_tier {
namespace {

std::unique_ptr<Backend> backend;

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
//
// Sorted.
class References {
 public:
  explicit References(const Unit* unit) : unit_(unit) {}
  ~References() {
    for (PyObject* object : kept_) Py_DECREF(object);
  }
  References(const References&) = delete;
  References& operator=(const References&) = delete;

  void Collect(const ir::Function& function) {
    for (PyObject* object : function.kept) Keep(object);
  }

  void MoveTo(std::vector<PyObject*>* references) {
    std::vector<PyObject*> twice;
    for (PyObject* object : kept_) {
      auto at =
          std::lower_bound(references->begin(), references->end(), object);
      if (at != references->end() && *at == object) {
        twice.push_back(object);
      } else {
        references->insert(at, object);
      }
    }
    kept_ = std::move(twice);
  }

 private:
  void Keep(PyObject* object) {
    // The code dies with its own code object.
    if (object == reinterpret_cast<PyObject*>(unit_->code)) return;
    auto at = std::lower_bound(kept_.begin(), kept_.end(), object);
    if (at != kept_.end() && *at == object) return;
    kept_.insert(at, Py_NewRef(object));
  }

  const Unit* const unit_;
  std::vector<PyObject*> kept_;
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
std::string RunPasses(ir::Function* function, const char* which,
                      Report* report) {
  uint64_t start = NowNs();
  ir::PassManager manager = DefaultManager();
  if (which != nullptr) {
    std::string wrong = manager.Configure(which);
    if (!wrong.empty()) return wrong;
  }
  std::string wrong = manager.Run(function, report->Watch());
  if (wrong.empty()) report->NotePassed(*function, NowNs() - start);
  return wrong;
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

class LlvmCompilation final : public Compilation {
 public:
  LlvmCompilation(Unit* unit, const CompileRequest& request)
      : unit_(unit),
        at_loop_(request.entry == EntryKind::kLoopHeader),
        direct_(!at_loop_ && CanBeDirect(*unit)),
        loop_(request.loop),
        references_(unit),
        report_(*unit, at_loop_ ? loop_ : 0) {}

  // The first half; false with a reason.
  bool Begin(const CompileRequest& request, const Experience& experience,
             const char** refused) {
    if (Prepare(request, experience, refused)) return true;
    report_.ShowRefusal(*refused);
    return false;
  }

  void Finish() override { lowered_->Finish(); }
  bool AddTo(Code* code, const char** refused) override;

 private:
  bool Prepare(const CompileRequest& request, const Experience& experience,
               const char** refused);

  Unit* const unit_;
  const bool at_loop_, direct_;
  const uint32_t loop_;
  References references_;
  Report report_;
  std::unique_ptr<LoweredFunction> lowered_;
};

bool LlvmCompilation::Prepare(const CompileRequest& request,
                              const Experience& experience,
                              const char** refused) {
  const Denials& denials = experience.denials;
  ir::BuildOptions build;
  if (at_loop_) build.entry_instr = loop_;
  build.direct = direct_;
  build.denied = [&denials](const Unit* at, uint32_t instr) {
    return std::any_of(denials.begin(), denials.end(),
                       [=](const Denial& denial) {
                         // Code that had never run has met operands by now.
                         return denial.unit == at && denial.instr == instr &&
                                std::strcmp(denial.reason, "Deopt") != 0;
                       });
  };
  build.failed = [&denials](const Unit* at, uint32_t instr, const char* op) {
    return std::any_of(denials.begin(), denials.end(),
                       [=](const Denial& denial) {
                         return denial.unit == at && denial.instr == instr &&
                                std::strcmp(denial.reason, op) == 0;
                       });
  };
  build.met = [&experience](const Unit* at,
                            uint32_t instr) -> const PyTypeObject* const* {
    for (const Lesson& lesson : experience.lessons) {
      if (lesson.unit == at && lesson.instr == instr) return lesson.types;
    }
    return nullptr;
  };
  uint64_t start = NowNs();
  std::unique_ptr<ir::Function> function = ir::Build(unit_, build, refused);
  report_.NoteBuilt(NowNs() - start);
  if (function == nullptr) return false;
  std::string wrong = RunPasses(function.get(), request.passes, &report_);
  if (!wrong.empty()) {
    *refused = Static(std::move(wrong));
    return false;
  }
  if (CountNodes(*function) > kMaxNodes) {
    *refused = "more than 4000 operations";
    return false;
  }
  GenerateOptions generate;
  generate.looks_at_operands = experience.IsToLearn();
  generate.fail_guards = (options.stress & kStressDeopt) != 0;
  report_.AskFor(&generate);
  lowered_ = backend->Lower(*function, generate);
  references_.Collect(*function);
  return true;
}

bool LlvmCompilation::AddTo(Code* code, const char** refused) {
  std::optional<LoweredCode> lowered = lowered_->Take(refused);
  if (!lowered) {
    report_.ShowRefusal(*refused);
    return false;
  }
  if (at_loop_) {
    code->loops.push_back({loop_, reinterpret_cast<Entry>(lowered->entry)});
  } else if (direct_) {
    code->direct = lowered->entry;
  } else {
    code->start = reinterpret_cast<Entry>(lowered->entry);
  }
  code->blocks.push_back({lowered->block, lowered->block_bytes});
  code->bytes += lowered->block_bytes;
  size_t first_site = code->sites.size();
  for (auto& site : lowered->sites) {
    site->number = static_cast<uint32_t>(code->sites.size());
    site->at_loop = at_loop_;
    site->loop = loop_;
    code->sites.push_back(std::move(site));
  }
  references_.MoveTo(&code->references);
  report_.ShowCode(*lowered, std::span(code->sites).subspan(first_site));
  return true;
}

std::unique_ptr<Compilation> Prepare(Unit* unit, const CompileRequest& request,
                                     const Experience& experience,
                                     const char** refused) {
  auto made = std::make_unique<LlvmCompilation>(unit, request);
  return made->Begin(request, experience, refused) ? std::move(made) : nullptr;
}

void WarmUp() { backend->WarmUp(); }

void ReleaseBlock(const uint8_t* block) { backend->Release(block); }

}  // namespace

extern "C" const Pipeline* pyvm_llvm_pipeline(const char** refused) {
  backend = Backend::Create(refused);
  AddMetricRows(AddCompileMetrics);
  static const Pipeline pipeline = {.prepare = Prepare,
                                    .warm_up = WarmUp,
                                    .release = ReleaseBlock,
                                    .passes = Passes()};
  return backend == nullptr ? nullptr : &pipeline;
}

}  // namespace pyvm::llvm_tier
