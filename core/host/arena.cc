#include "core/host/arena.h"

#include <cstddef>

#include "core/host/cpython.h"

namespace pyvm::host {
namespace {

// The size of the first chunks of the data stack (pystate.c).
constexpr size_t kChunk = 16 * 1024;
constexpr int kMaxKept = 16;

PyObjectArenaAllocator system_arenas;
void* kept[kMaxKept];
int num_kept = 0;

// Both are called with the GIL held, or before there is one.
void* Alloc(void*, size_t size) {
  if (size == kChunk && num_kept > 0) return kept[--num_kept];
  return system_arenas.alloc(system_arenas.ctx, size);
}

void Free(void*, void* chunk, size_t size) {
  if (size == kChunk && num_kept < kMaxKept) {
    kept[num_kept++] = chunk;
    return;
  }
  system_arenas.free(system_arenas.ctx, chunk, size);
}

}  // namespace

void InstallArenaCache() {
  PyObject_GetArenaAllocator(&system_arenas);
  PyObjectArenaAllocator cached = {nullptr, Alloc, Free};
  PyObject_SetArenaAllocator(&cached);
}

}  // namespace pyvm::host
