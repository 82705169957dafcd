#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "core/plugin/loader.h"
#include "core/plugin/params.h"
#include "core/plugin/registry.h"
#include "core/plugin/suggest.h"
#include "gtest/gtest.h"

namespace pyvm {
namespace {

const pyvm_host kHost = {PYVM_ABI_VERSION, sizeof(pyvm_host), "0.1", nullptr,
                         nullptr};

const pyvm_param kParams[] = {
    {"calls", PYVM_INT, "calls", "25", 1, 100, "help"},
    {"calls.*", PYVM_INT, "calls", "", 1, 100, "help"},
    {"scale", PYVM_FLOAT, "", "0.5", 0, 1, "help"},
    {"on", PYVM_BOOL, "", "yes", 0, 0, "help"},
    {"text", PYVM_STRING, "", "", 0, 0, "help"},
};

const pyvm_policy kPolicy = {sizeof(pyvm_policy),
                             [](void*, const pyvm_event*, pyvm_decision*) {}};

int created = 0;

pyvm_plugin MakePlugin() {
  return {
      .abi_version = PYVM_ABI_VERSION,
      .size = sizeof(pyvm_plugin),
      .kind = PYVM_POLICY,
      .num_params = 5,
      .name = "test",
      .help = "help",
      .params = kParams,
      .create = [](const pyvm_host*, const pyvm_arg*, size_t, char*,
                   size_t) -> void* { return &++created; },
      .destroy = [](void*) { --created; },
      .api = &kPolicy,
  };
}

std::string ErrorOf(const absl::Status& status) {
  return std::string(status.message());
}

std::string ParamError(const char* text) {
  pyvm_plugin plugin = MakePlugin();
  absl::StatusOr<PluginSpec> spec = ParsePluginSpec(text);
  if (!spec.ok()) return ErrorOf(spec.status());
  std::vector<std::pair<std::string, std::string>> texts;
  return ErrorOf(ParseParams(plugin, *spec, &texts).status());
}

TEST(SpecTest, SplitsNameAndParameters) {
  absl::StatusOr<PluginSpec> spec =
      ParsePluginSpec("a-b:x=1,y=p=q:r,z=1\\,2,w=");
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->name, "a-b");
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(spec->params,
            (Pairs{{"x", "1"}, {"y", "p=q:r"}, {"z", "1,2"}, {"w", ""}}));
  EXPECT_TRUE(ParsePluginSpec("name:")->params.empty());
}

TEST(SpecTest, RefusesWhatIsNoSpec) {
  for (const char* text :
       {"", ":x=1", "a:x=1,x", "a:x,y", "a:=1", "a:x=1,", "a:,x=1"}) {
    EXPECT_FALSE(ParsePluginSpec(text).ok()) << text;
  }
}

TEST(SpecTest, AValueAloneIsThatOfTheFirstParameter) {
  pyvm_plugin plugin = MakePlugin();
  std::vector<std::pair<std::string, std::string>> texts;
  absl::StatusOr<std::vector<pyvm_arg>> args =
      ParseParams(plugin, *ParsePluginSpec("test:7,scale=0.5"), &texts);
  ASSERT_TRUE(args.ok()) << args.status();
  EXPECT_EQ((*args)[0].v.i, 7);
  EXPECT_FALSE((*args)[0].is_default);
  EXPECT_EQ((*args)[1].v.f, 0.5);
  EXPECT_NE(ParamError("test:seven"), "");
}

TEST(SpecTest, SplitsLists) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(SplitPluginSpecs("a,b"), (Words{"a", "b"}));
  EXPECT_EQ(SplitPluginSpecs("a:x=1,y=2,b,c:z=3"),
            (Words{"a:x=1,y=2", "b", "c:z=3"}));
  EXPECT_EQ(SplitPluginSpecs("a:x=1\\,2,b"), (Words{"a:x=1\\,2", "b"}));
  EXPECT_EQ(SplitPluginSpecs("a,"), (Words{"a", ""}));
}

TEST(ParamsTest, DefaultsAndValues) {
  pyvm_plugin plugin = MakePlugin();
  std::vector<std::pair<std::string, std::string>> texts;
  absl::StatusOr<std::vector<pyvm_arg>> args = ParseParams(
      plugin, *ParsePluginSpec("test:scale=0.25,calls.x=7,text=hello"), &texts);
  ASSERT_TRUE(args.ok()) << args.status();
  ASSERT_EQ(args->size(), 5u);
  EXPECT_EQ((*args)[0].v.i, 25);
  EXPECT_TRUE((*args)[0].is_default);
  EXPECT_EQ((*args)[1].v.f, 0.25);
  EXPECT_FALSE((*args)[1].is_default);
  EXPECT_EQ((*args)[2].v.i, 1);
  EXPECT_STREQ((*args)[3].v.s, "hello");
  EXPECT_STREQ((*args)[4].name, "calls.x");
  EXPECT_EQ((*args)[4].v.i, 7);
}

TEST(ParamsTest, SaysWhatIsWrong) {
  EXPECT_EQ(ParamError("test:cals=3"),
            "policy test has no parameter 'cals'; did you mean 'calls'?");
  EXPECT_EQ(ParamError("test:calls=x"),
            "policy test: calls=x: expected a whole number");
  EXPECT_EQ(ParamError("test:calls.a=101"),
            "policy test: calls.a=101: expected a value from 1 to 100");
  EXPECT_EQ(ParamError("test:scale=nan"),
            "policy test: scale=nan: expected a number");
  EXPECT_EQ(ParamError("test:on=perhaps"),
            "policy test: on=perhaps: expected true or false");
  EXPECT_NE(ParamError("test:calls.=3"), "");
}

TEST(InstanceTest, IsCreatedAndDestroyedOnce) {
  pyvm_plugin plugin = MakePlugin();
  {
    absl::StatusOr<PluginInstance> instance =
        PluginInstance::Create(plugin, {"test", {}}, kHost);
    ASSERT_TRUE(instance.ok());
    PluginInstance moved = *std::move(instance);
    EXPECT_EQ(created, 1);
    EXPECT_EQ(moved.params()[0], "calls=25");
  }
  EXPECT_EQ(created, 0);
}

TEST(InstanceTest, FailuresOfCreateAreOneLine) {
  pyvm_plugin plugin = MakePlugin();
  plugin.create = [](const pyvm_host*, const pyvm_arg*, size_t, char* error,
                     size_t size) -> void* {
    strncpy(error, "two\nlines", size);
    return nullptr;
  };
  EXPECT_EQ(
      ErrorOf(PluginInstance::Create(plugin, {"test", {}}, kHost).status()),
      "policy test: two lines");
  plugin.create = [](const pyvm_host*, const pyvm_arg*, size_t, char*,
                     size_t) -> void* { throw 1; };
  EXPECT_EQ(
      ErrorOf(PluginInstance::Create(plugin, {"test", {}}, kHost).status()),
      "policy test: it threw an exception");
}

TEST(CheckTest, NamesBothVersions) {
  pyvm_plugin plugin = MakePlugin();
  EXPECT_TRUE(CheckPlugin(plugin, "x.so").ok());
  plugin.abi_version = 77;
  std::string error = ErrorOf(CheckPlugin(plugin, "x.so"));
  EXPECT_NE(error.find("x.so"), std::string::npos);
  EXPECT_NE(error.find("77"), std::string::npos);
  EXPECT_NE(error.find("version " + std::to_string(PYVM_ABI_VERSION)),
            std::string::npos);
}

TEST(CheckTest, AcceptsPoliciesOfBeforeTheyCouldWantAnything) {
  pyvm_policy policy = kPolicy;
  policy.size = offsetof(pyvm_policy, wants);
  pyvm_plugin plugin = MakePlugin();
  plugin.api = &policy;
  EXPECT_TRUE(CheckPlugin(plugin, "x.so").ok());
  EXPECT_FALSE(PYVM_HAS(&policy, wants));
}

TEST(CheckTest, RefusesIncompletePlugins) {
  pyvm_plugin plugin = MakePlugin();
  plugin.name = nullptr;
  EXPECT_FALSE(CheckPlugin(plugin, "x.so").ok());
  plugin = MakePlugin();
  plugin.api = nullptr;
  EXPECT_FALSE(CheckPlugin(plugin, "x.so").ok());
  plugin = MakePlugin();
  plugin.kind = 99;
  EXPECT_FALSE(CheckPlugin(plugin, "x.so").ok());
  plugin = MakePlugin();
  plugin.params = nullptr;
  EXPECT_FALSE(CheckPlugin(plugin, "x.so").ok());
}

TEST(LoaderTest, FilesThatAreNoPlugins) {
  EXPECT_EQ(ErrorOf(LoadPluginFile("/nonexistent/x.so", kHost).status()),
            "cannot load plugin /nonexistent/x.so: No such file or directory");
  EXPECT_EQ(ErrorOf(LoadPluginFile("/proc/self/status", kHost).status()),
            "cannot load plugin /proc/self/status: not a shared object (no ELF "
            "header)");
  EXPECT_EQ(ErrorOf(LoadPluginFile("/", kHost).status()),
            "cannot load plugin /: not a regular file");
}

TEST(RegistryTest, UnknownNames) {
  Registry registry(kHost, {"/nonexistent"});
  EXPECT_EQ(ErrorOf(registry.Find(PYVM_TIER, "interp").status()),
            "unknown tier 'interp'; no plugins in /nonexistent");
  EXPECT_FALSE(registry.Find(PYVM_TIER, "../../x").ok());
  EXPECT_FALSE(registry.Find(PYVM_TIER, "").ok());
}

TEST(RegistryTest, ThePathComesFirst) {
  setenv("PYVM_PLUGIN_PATH", "/a:/b:", 1);
  std::vector<std::string> folders = Registry::DefaultFolders();
  unsetenv("PYVM_PLUGIN_PATH");
  ASSERT_GE(folders.size(), 3u);
  EXPECT_EQ(folders[0], "/a");
  EXPECT_EQ(folders[1], "/b");
  EXPECT_NE(folders[2].find("/lib/pyvm"), std::string::npos);
}

TEST(SuggestTest, NearestName) {
  const std::vector<std::string> names = {"interp", "baseline", "llvm"};
  EXPECT_EQ(Nearest("interpp", names), "interp");
  EXPECT_EQ(Nearest("base", names), "baseline");
  EXPECT_EQ(Nearest("lvlm", names), "llvm");
  EXPECT_EQ(Nearest("zzz", names), "");
  EXPECT_EQ(Suggestion("zzz", names), "; there is interp, baseline, llvm");
  EXPECT_EQ(Suggestion("zzz", {}), "");
}

}  // namespace
}  // namespace pyvm
