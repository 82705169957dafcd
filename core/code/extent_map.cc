#include "core/code/extent_map.h"

#include <cassert>
#include <iterator>

namespace pyvm {

ExtentMap::ExtentMap(Extent all) {
  assert(!all.empty());
  AddFree(all);
}

void ExtentMap::AddFree(Extent extent) {
  free_.emplace(extent.begin, extent.end);
  by_size_.emplace(extent.size(), extent.begin);
}

void ExtentMap::RemoveFree(Extent extent) {
  free_.erase(extent.begin);
  by_size_.erase({extent.size(), extent.begin});
}

std::optional<ExtentMap::Change> ExtentMap::Allocate(uint32_t size) {
  assert(size > 0);
  auto best = by_size_.lower_bound({size, 0});
  if (best == by_size_.end()) return std::nullopt;
  Extent hole{best->second, best->second + best->first};
  Extent part{hole.begin, hole.begin + size};
  RemoveFree(hole);
  if (part.end != hole.end) AddFree({part.end, hole.end});
  taken_.emplace(part.begin, part.end);
  return Change{part, hole};
}

ExtentMap::Change ExtentMap::Release(Extent part) {
  Extent hole = part;
  auto next = free_.lower_bound(part.begin);
  if (next != free_.begin()) {
    Extent before{std::prev(next)->first, std::prev(next)->second};
    if (before.end == part.begin) hole.begin = before.begin;
  }
  if (next != free_.end() && next->first == part.end) hole.end = next->second;
  if (hole.end != part.end) RemoveFree({part.end, hole.end});
  if (hole.begin != part.begin) RemoveFree({hole.begin, part.begin});
  AddFree(hole);
  return {part, hole};
}

ExtentMap::Change ExtentMap::Free(uint32_t begin) {
  auto found = taken_.find(begin);
  assert(found != taken_.end());
  Extent part{begin, found->second};
  taken_.erase(found);
  return Release(part);
}

ExtentMap::Change ExtentMap::Shrink(uint32_t begin, uint32_t size) {
  auto found = taken_.find(begin);
  assert(found != taken_.end() && size > 0 && size <= found->second - begin);
  Extent tail{begin + size, found->second};
  if (tail.empty()) return {tail, tail};
  found->second = tail.begin;
  return Release(tail);
}

std::optional<Extent> ExtentMap::Find(uint32_t at) const {
  auto after = taken_.upper_bound(at);
  if (after == taken_.begin()) return std::nullopt;
  auto found = std::prev(after);
  if (at >= found->second) return std::nullopt;
  return Extent{found->first, found->second};
}

}  // namespace pyvm
