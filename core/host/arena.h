// Memory of the data stack.
#ifndef PYVM_CORE_HOST_ARENA_H_
#define PYVM_CORE_HOST_ARENA_H_

namespace pyvm::host {

// Keeps a few of the chunks that the data stack gives back, for the next time
// it grows: a recursion that swings over a chunk's end would else map and unmap
// pages at each swing. To be called before CPython starts.
void InstallArenaCache();

}  // namespace pyvm::host

#endif  // PYVM_CORE_HOST_ARENA_H_
