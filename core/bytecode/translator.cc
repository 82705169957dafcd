#include "core/bytecode/translator.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "core/bytecode/disassembler.h"
#include "core/bytecode/translation.h"
#include "core/bytecode/verifier.h"
#include "core/feedback/inline_cache.h"

namespace pyvm {

Unit* Translator::MakeUnit() {
  if (num_caches_ > 0x10000) {
    PyErr_Format(PyExc_SystemError,
                 "pyvm: %U has more than 65536 sites that need a cache",
                 code_->co_qualname);
    return nullptr;
  }
  auto* unit = new Unit;
  unit->code = code_;
  unit->num_instrs = Size();
  unit->num_locals = a_.num_locals;
  unit->num_registers = a_.num_locals + a_.stack_size;
  unit->num_constants =
      static_cast<uint32_t>(PyTuple_GET_SIZE(code_->co_consts));
  unit->num_caches = num_caches_;
  unit->first_code_unit = reinterpret_cast<uint16_t*>(_PyCode_CODE(code_));
  unit->one_shot = (code_->co_flags & CO_OPTIMIZED) == 0;
  unit->arg_count = static_cast<uint32_t>(code_->co_argcount);
  unit->simple_args = (code_->co_flags & (CO_VARARGS | CO_VARKEYWORDS)) == 0 &&
                      code_->co_kwonlyargcount == 0 &&
                      (code_->co_flags & (CO_OPTIMIZED | CO_NEWLOCALS)) ==
                          (CO_OPTIMIZED | CO_NEWLOCALS);

  unit->starts_with_resume =
      instrs_[0].op == ConcreteOp(Op::kRESUME) && instrs_[0].b == 0;

  size_t instr_bytes = instrs_.size() * sizeof(Instr);
  unit->instrs = static_cast<Instr*>(std::malloc(instr_bytes));
  std::memcpy(unit->instrs, instrs_.data(), instr_bytes);
  bool wide = a_.instr_at.size() > 0xffff;
  size_t position_bytes = instrs_.size() * (wide ? 4 : 2);
  void* positions = std::malloc(position_bytes);
  if (wide) {
    unit->positions32 = static_cast<uint32_t*>(positions);
    std::copy(positions_.begin(), positions_.end(), unit->positions32);
  } else {
    unit->positions16 = static_cast<uint16_t*>(positions);
    for (size_t i = 0; i < positions_.size(); ++i) {
      unit->positions16[i] = static_cast<uint16_t>(positions_[i]);
    }
  }

  std::vector<EntryPoint> entries;
  for (size_t i = 0; i < a_.instrs.size(); ++i) {
    const SourceInstr& s = a_.instrs[i];
    if (!s.leader || s.depth < 0 || instr_of_[i] == kNoTarget) continue;
    entries.push_back({s.begin, instr_of_[i]});
  }
  unit->num_entries = static_cast<uint32_t>(entries.size());
  size_t entry_bytes = entries.size() * sizeof(EntryPoint);
  unit->entries = static_cast<EntryPoint*>(std::malloc(entry_bytes + 1));
  if (entry_bytes > 0) std::memcpy(unit->entries, entries.data(), entry_bytes);

  size_t pool_bytes = (unit->num_constants + 1) * sizeof(PyObject*) +
                      num_caches_ * sizeof(InlineCache);
  auto* base = static_cast<PyObject**>(std::calloc(1, pool_bytes));
  unit->pool = base + unit->num_constants;
  unit->pool[0] = reinterpret_cast<PyObject*>(unit);
  for (uint32_t i = 0; i < unit->num_constants; ++i) {
    unit->pool[-1 - static_cast<int64_t>(i)] =
        PyTuple_GET_ITEM(code_->co_consts, i);
  }
  InlineCache* caches = unit->caches();
  for (const CacheInit& c : caches_) {
    if (c.name != kNoTarget) {
      caches[c.index].name = PyTuple_GET_ITEM(code_->co_names, c.name);
      continue;
    }
    caches[c.index].call_unit = unit->first_code_unit + c.unit;
    caches[c.index].num_args = static_cast<uint16_t>(c.args);
    caches[c.index].keywords = c.keywords;
  }
  unit->bytes_caches = static_cast<uint32_t>(num_caches_ * sizeof(InlineCache));
  unit->bytes_bytecode =
      static_cast<uint32_t>(instr_bytes + position_bytes + entry_bytes +
                            pool_bytes - unit->bytes_caches + sizeof(Unit));
  return unit;
}

Unit* Translate(PyCodeObject* code) {
  Analysis analysis;
  std::string error = Analyze(code, &analysis);
  if (error.empty() &&
      analysis.num_locals + analysis.stack_size >= kMaxRegisters - 1) {
    error = "more than 16382 local variables and stack slots";
  }
  if (!error.empty()) {
    PyErr_Format(PyExc_SystemError, "pyvm: the bytecode of %U is invalid: %s",
                 code->co_qualname, error.c_str());
    return nullptr;
  }
  Translator translator(code, analysis);
  translator.Run();
  Unit* unit = translator.MakeUnit();
#ifndef NDEBUG
  if (unit != nullptr) {
    error = Verify(*unit);
    if (!error.empty()) {
      std::fprintf(stderr, "%s\n%s", error.c_str(), Disassemble(*unit).c_str());
      Py_FatalError("pyvm: the translator made an invalid unit");
    }
  }
#endif
  return unit;
}

void FreeUnit(Unit* unit) {
  std::free(unit->instrs);
  std::free(unit->positions16);
  std::free(unit->positions32);
  std::free(unit->entries);
  std::free(unit->pool - unit->num_constants);
  delete unit;
}

StackImage DescribeStack(const Unit& unit, uint32_t instr) {
  StackImage image;
  Analysis analysis;
  if (!Analyze(unit.code, &analysis).empty()) return image;
  Translator translator(unit.code, analysis);
  translator.AskFor(instr, &image);
  translator.Run();
  return image;
}

}  // namespace pyvm
