#include "core/listing/symbols.h"

#include <cstring>

#include "gtest/gtest.h"

namespace pyvm {
namespace {

[[gnu::noinline]] int LocalFunction(int x) {
  asm volatile("" : "+r"(x));
  return x + 1;
}
int local_variable[4] = {1, 2, 3, 4};

uint64_t AddressOf(const void* pointer) {
  return reinterpret_cast<uint64_t>(pointer);
}

TEST(SymbolsTest, LocalNamesAreFound) {
  auto function = reinterpret_cast<uint64_t>(&LocalFunction);
  EXPECT_EQ(SymbolAt(function), "LocalFunction");
  EXPECT_EQ(SymbolAt(function + 1), "LocalFunction+0x1");
  EXPECT_EQ(SymbolAt(AddressOf(&local_variable)), "local_variable");
  EXPECT_EQ(SymbolAt(AddressOf(&local_variable[1])), "local_variable+0x4");
}

TEST(SymbolsTest, WhatIsNoSymbolHasNoName) {
  int on_the_stack = LocalFunction(1);
  EXPECT_EQ(SymbolAt(AddressOf(&on_the_stack)), "");
  EXPECT_EQ(SymbolAt(0), "");
  EXPECT_EQ(SymbolAt(1), "");
}

}  // namespace
}  // namespace pyvm
