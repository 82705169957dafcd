#include <Python.h>
#include <xbyak/xbyak.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "gtest/gtest.h"

namespace {

absl::StatusOr<int> Half(int n) {
  if (n % 2 != 0) return absl::InvalidArgumentError(absl::StrCat(n, " is odd"));
  return n / 2;
}

TEST(Libraries, Absl) {
  absl::Mutex mutex;
  absl::MutexLock lock(&mutex);
  absl::flat_hash_map<std::string, int> map = {{"a", 4}};
  EXPECT_EQ(Half(map["a"]).value(), 2);
  EXPECT_EQ(Half(3).status().message(), "3 is odd");
}

TEST(Libraries, Cli11AndJson) {
  CLI::App app;
  int n = 0;
  app.add_option("--n", n);
  app.parse("--n=3");
  EXPECT_EQ(nlohmann::json({{"n", n}}).dump(), R"({"n":3})");
}

TEST(Libraries, Xbyak) {
  struct Answer : Xbyak::CodeGenerator {
    Answer() {
      mov(eax, 42);
      ret();
    }
  } code;
  EXPECT_EQ(code.getCode<int (*)()>()(), 42);
}

TEST(Libraries, Python) {
  Py_InitializeEx(0);
  EXPECT_EQ(PyRun_SimpleString("import ssl, zlib, pyexpat"), 0);
  EXPECT_EQ(Py_FinalizeEx(), 0);
}

}  // namespace
