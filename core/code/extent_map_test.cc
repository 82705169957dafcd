#include "core/code/extent_map.h"

#include <cstdint>
#include <map>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace pyvm {
namespace {

constexpr uint32_t kSize = 4096;

// The same by brute force: one element a byte, zero where it is free.
class Model {
 public:
  Model() : owner_(kSize, 0) {}

  void Set(Extent extent, uint32_t owner) {
    for (uint32_t i = extent.begin; i < extent.end; ++i) {
      EXPECT_NE(owner_[i] == 0, owner == 0) << "byte " << i;
      owner_[i] = owner;
    }
  }

  std::vector<Extent> Free() const {
    std::vector<Extent> result;
    for (uint32_t i = 0; i < kSize; ++i) {
      if (owner_[i] != 0) continue;
      if (result.empty() || result.back().end != i) result.push_back({i, i});
      ++result.back().end;
    }
    return result;
  }

  bool Fits(uint32_t size) const {
    for (Extent extent : Free()) {
      if (extent.size() >= size) return true;
    }
    return false;
  }

 private:
  std::vector<uint32_t> owner_;
};

std::vector<Extent> FreeOf(const ExtentMap& map) {
  std::vector<Extent> result;
  for (const auto& [begin, end] : map.free()) result.push_back({begin, end});
  return result;
}

TEST(ExtentMapTest, BehavesLikeTheModel) {
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    auto below = [&](uint32_t n) {
      return static_cast<uint32_t>(random() % n);
    };
    ExtentMap map({0, kSize});
    Model model;
    std::vector<Extent> live;
    for (uint32_t step = 1; step <= 400; ++step) {
      uint32_t choice = below(10);
      if (choice < 5 || live.empty()) {
        uint32_t size = 1 + below(below(8) == 0 ? kSize : 200);
        bool fits = model.Fits(size);
        auto change = map.Allocate(size);
        ASSERT_EQ(change.has_value(), fits);
        if (!fits) continue;
        ASSERT_EQ(change->part.size(), size);
        model.Set(change->part, step);
        live.push_back(change->part);
      } else {
        size_t i = below(static_cast<uint32_t>(live.size()));
        Extent extent = live[i];
        ExtentMap::Change change;
        if (choice < 8) {
          change = map.Free(extent.begin);
          EXPECT_EQ(change.part, extent);
          live.erase(live.begin() + static_cast<ptrdiff_t>(i));
        } else {
          uint32_t size = 1 + below(extent.size());
          change = map.Shrink(extent.begin, size);
          live[i].end = extent.begin + size;
          EXPECT_EQ(change.part, (Extent{live[i].end, extent.end}));
        }
        model.Set(change.part, 0);
        if (!change.part.empty()) {
          EXPECT_EQ(map.free().at(change.hole.begin), change.hole.end);
        }
      }
      ASSERT_EQ(FreeOf(map), model.Free());
      ASSERT_EQ(map.taken().size(), live.size());
      for (Extent extent : live) {
        ASSERT_EQ(map.Find(extent.begin), extent);
        ASSERT_EQ(map.Find(extent.end - 1), extent);
      }
    }
    for (Extent extent : live) map.Free(extent.begin);
    EXPECT_EQ(FreeOf(map), (std::vector<Extent>{{0, kSize}}));
  }
}

TEST(ExtentMapTest, TakesTheSmallestHoleThatFits) {
  ExtentMap map({0, 100});
  uint32_t a = map.Allocate(30)->part.begin;
  map.Allocate(10);
  uint32_t b = map.Allocate(20)->part.begin;
  map.Allocate(10);
  map.Free(a);
  map.Free(b);
  EXPECT_EQ(map.Allocate(15)->part, (Extent{b, b + 15}));
  EXPECT_EQ(map.Allocate(30)->part, (Extent{a, a + 30}));
}

TEST(ExtentMapTest, FindsNothingInHoles) {
  ExtentMap map({16, 100});
  EXPECT_FALSE(map.Find(16).has_value());
  uint32_t a = map.Allocate(16)->part.begin;
  EXPECT_TRUE(map.Find(a + 15).has_value());
  EXPECT_FALSE(map.Find(a + 16).has_value());
  EXPECT_FALSE(map.Find(0).has_value());
}

}  // namespace
}  // namespace pyvm
