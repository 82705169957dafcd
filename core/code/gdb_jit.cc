#include "core/code/gdb_jit.h"

#include <mutex>
#include <utility>

#include "core/code/debug_elf.h"

// --- GDB's side: names, layouts and values are prescribed by its manual
// --------

extern "C" {

struct jit_code_entry {
  jit_code_entry* next_entry;
  jit_code_entry* prev_entry;
  const char* symfile_addr;
  uint64_t symfile_size;
};

enum : uint32_t { JIT_NOACTION = 0, JIT_REGISTER_FN, JIT_UNREGISTER_FN };

struct jit_descriptor {
  uint32_t version;
  uint32_t action_flag;
  jit_code_entry* relevant_entry;
  jit_code_entry* first_entry;
};

extern jit_descriptor __jit_debug_descriptor;
void __jit_debug_register_code();

jit_descriptor __jit_debug_descriptor = {1, JIT_NOACTION, nullptr, nullptr};

// GDB has a breakpoint here.
[[gnu::noinline]] void __jit_debug_register_code() {
  asm volatile("" ::: "memory");
}

}  // extern "C"

namespace pyvm {
namespace {

std::mutex& DescriptorMutex() {
  static auto* mutex = new std::mutex;
  return *mutex;
}

void Tell(uint32_t action, jit_code_entry* entry) {
  __jit_debug_descriptor.action_flag = action;
  __jit_debug_descriptor.relevant_entry = entry;
  __jit_debug_register_code();
  __jit_debug_descriptor.action_flag = JIT_NOACTION;
  __jit_debug_descriptor.relevant_entry = nullptr;
}

}  // namespace

struct GdbObject::Entry : jit_code_entry {
  std::string elf;
};

GdbObject::GdbObject(std::string elf) : entry_(new Entry) {
  entry_->elf = std::move(elf);
  entry_->symfile_addr = entry_->elf.data();
  entry_->symfile_size = entry_->elf.size();

  std::lock_guard<std::mutex> lock(DescriptorMutex());
  entry_->prev_entry = nullptr;
  entry_->next_entry = __jit_debug_descriptor.first_entry;
  if (entry_->next_entry != nullptr) {
    entry_->next_entry->prev_entry = entry_.get();
  }
  __jit_debug_descriptor.first_entry = entry_.get();
  Tell(JIT_REGISTER_FN, entry_.get());
}

void GdbObject::Unlink::operator()(Entry* entry) const {
  {
    std::lock_guard<std::mutex> lock(DescriptorMutex());
    if (entry->prev_entry != nullptr) {
      entry->prev_entry->next_entry = entry->next_entry;
    } else {
      __jit_debug_descriptor.first_entry = entry->next_entry;
    }
    if (entry->next_entry != nullptr) {
      entry->next_entry->prev_entry = entry->prev_entry;
    }
    Tell(JIT_UNREGISTER_FN, entry);
  }
  delete entry;
}

GdbObject::~GdbObject() = default;

std::string GdbElfOfBlock(const CodeInfo& info, const void* begin,
                          uint64_t size, const FrameLayout* layout) {
  DebugElf elf(SymbolOf(info), reinterpret_cast<uint64_t>(begin), size);
  if (layout != nullptr) elf.AddFrames(*layout, info.inner_frames);
  elf.AddLines(info);
  return elf.Finish();
}

std::string GdbElfOfZone(const std::string& symbol, const void* begin,
                         uint64_t size, const FrameLayout& layout) {
  DebugElf elf(symbol, reinterpret_cast<uint64_t>(begin), size);
  elf.AddFrames(layout);
  return elf.Finish();
}

}  // namespace pyvm
