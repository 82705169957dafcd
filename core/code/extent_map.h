// Which parts of an address range are taken: bookkeeping alone, no memory. Best
// fit, the lowest address among equals, so that blocks stay dense and whole
// pages become free; a freed extent grows together with free neighbours at once
// (Knuth, TAOCP 1, 2.5, with trees instead of boundary tags: free memory must
// hold nothing, or its pages could not be given back).
#ifndef PYVM_CORE_CODE_EXTENT_MAP_H_
#define PYVM_CORE_CODE_EXTENT_MAP_H_

#include <cstdint>
#include <optional>
#include <utility>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"

namespace pyvm {

// [begin, end), in bytes.
struct Extent {
  uint32_t begin = 0;
  uint32_t end = 0;

  uint32_t size() const { return end - begin; }
  bool empty() const { return begin == end; }
  friend bool operator==(const Extent&, const Extent&) = default;
};

class ExtentMap {
 public:
  // A part that changed between free and taken, and the free extent that it was
  // cut from or became part of: what of `hole` lies outside of `part` was, or
  // is, free all the same.
  struct Change {
    Extent part;
    Extent hole;
  };

  // `all` is free at first, and not empty.
  explicit ExtentMap(Extent all);

  // `size` is greater than zero. Nothing where no free extent is large enough.
  std::optional<Change> Allocate(uint32_t size);
  // `begin` is that of a taken extent.
  Change Free(uint32_t begin);
  // Keeps the first `size` bytes of the taken extent; `size` is neither zero
  // nor more than it has.
  Change Shrink(uint32_t begin, uint32_t size);

  // The taken extent that holds `at`.
  std::optional<Extent> Find(uint32_t at) const;
  // The taken extents in order of address, neighbours apart. The values are
  // their ends.
  const absl::btree_map<uint32_t, uint32_t>& taken() const { return taken_; }
  // The free ones; no two touch.
  const absl::btree_map<uint32_t, uint32_t>& free() const { return free_; }

 private:
  void AddFree(Extent extent);
  void RemoveFree(Extent extent);
  // Makes `part` free, which is in neither map.
  Change Release(Extent part);

  absl::btree_map<uint32_t, uint32_t> taken_;               // begin -> end
  absl::btree_map<uint32_t, uint32_t> free_;                // begin -> end
  absl::btree_set<std::pair<uint32_t, uint32_t>> by_size_;  // {size, begin}
};

}  // namespace pyvm

#endif  // PYVM_CORE_CODE_EXTENT_MAP_H_
