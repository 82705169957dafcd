#include "core/bytecode/translator.h"

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory_resource>
#include <new>
#include <type_traits>
#include <utility>

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
  auto num_constants =
      static_cast<uint32_t>(PyTuple_GET_SIZE(code_->co_consts));
  uint32_t num_entries = 0;
  for (size_t i = 0; i < a_.instrs.size(); ++i) num_entries += IsEntry(i);
  bool wide = a_.instr_at.size() > 0xffff;

  // One block: what is aligned more strictly comes first.
  size_t pool_bytes = (num_constants + 1) * sizeof(PyObject*);
  size_t cache_bytes = num_caches_ * sizeof(InlineCache);
  size_t instr_bytes = instrs_.size() * sizeof(Instr);
  size_t entry_bytes = num_entries * sizeof(EntryPoint);
  size_t position_bytes = instrs_.size() * (wide ? 4 : 2);
  auto* block = static_cast<char*>(std::malloc(sizeof(Unit) + pool_bytes +
                                               cache_bytes + instr_bytes +
                                               entry_bytes + position_bytes));
  if (block == nullptr) {
    PyErr_NoMemory();
    return nullptr;
  }
  auto take = [&block](size_t bytes) {
    return std::exchange(block, block + bytes);
  };
  auto* unit = new (take(sizeof(Unit))) Unit;
  unit->pool = reinterpret_cast<PyObject**>(take(pool_bytes)) + num_constants;
  void* caches = take(cache_bytes);
  unit->instrs = reinterpret_cast<Instr*>(take(instr_bytes));
  unit->entries = reinterpret_cast<EntryPoint*>(take(entry_bytes));
  void* positions = take(position_bytes);

  unit->code = code_;
  unit->num_instrs = Size();
  unit->num_locals = a_.num_locals;
  unit->num_registers = a_.num_locals + a_.stack_size;
  unit->num_constants = num_constants;
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

  std::copy(instrs_.begin(), instrs_.end(), unit->instrs);
  if (wide) {
    unit->positions32 = static_cast<uint32_t*>(positions);
    std::copy(positions_.begin(), positions_.end(), unit->positions32);
  } else {
    unit->positions16 = static_cast<uint16_t*>(positions);
    std::copy(positions_.begin(), positions_.end(), unit->positions16);
  }
  for (size_t i = 0; i < a_.instrs.size(); ++i) {
    if (!IsEntry(i)) continue;
    unit->entries[unit->num_entries++] = {a_.instrs[i].begin, instr_of_[i]};
  }
  unit->pool[0] = reinterpret_cast<PyObject*>(unit);
  for (uint32_t i = 0; i < num_constants; ++i) {
    unit->pool[-1 - static_cast<int64_t>(i)] =
        PyTuple_GET_ITEM(code_->co_consts, i);
  }
  std::memset(caches, 0, cache_bytes);
  FillCaches(unit);
  unit->bytes_caches = static_cast<uint32_t>(cache_bytes);
  unit->bytes_bytecode = static_cast<uint32_t>(
      sizeof(Unit) + pool_bytes + instr_bytes + entry_bytes + position_bytes);
  return unit;
}

void Translator::FillCaches(Unit* unit) const {
  InlineCache* caches = unit->caches();
  for (const CacheInit& c : caches_) {
    InlineCache& cache = caches[c.index];
    if (c.name != kNoTarget) {
      cache.name = PyTuple_GET_ITEM(code_->co_names, c.name);
      continue;
    }
    cache.call_unit = unit->first_code_unit + c.unit;
    cache.num_args = static_cast<uint16_t>(c.args);
    cache.keywords = c.keywords;
  }
}

Unit* Translate(PyCodeObject* code) {
  // What a translation works in; most need no other memory. Guarded by the GIL:
  // Python code, which might translate, runs at most when an error is raised,
  // and nothing in here is looked at after that.
  alignas(std::max_align_t) static char scratch[16 * 1024];
  std::pmr::monotonic_buffer_resource memory(scratch, sizeof(scratch),
                                             std::pmr::new_delete_resource());
  Analysis analysis(&memory);
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
  static_assert(std::is_trivially_destructible_v<Unit>);
  std::free(unit);
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
