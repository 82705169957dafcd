"""How the plugins of this folder are built and tested."""

load("//tools:pyvm.bzl", "pyvm_plugin")

def tested_plugin(name, deps = [], plugin_deps = [], test_deps = [], **kwargs):
    """libpyvm_KIND_NAME.so from NAME.cc, and NAME_test from NAME_test.cc on top of it.

    Args:
      name: KIND_NAME, as the folder is called.
      deps: libraries of both.
      plugin_deps: libraries of the plugin that its test has by other ways.
      test_deps: further libraries of the test.
      **kwargs: passed to the test.
    """
    stem = name.split("_", 1)[1]
    pyvm_plugin(
        name = "libpyvm_" + name,
        srcs = [stem + ".cc"],
        deps = deps + plugin_deps,
    )
    native.cc_test(
        name = stem + "_test",
        size = "small",
        srcs = [
            stem + ".cc",
            stem + "_test.cc",
        ],
        deps = deps + test_deps + [
            "//core/plugin",
            "//core/plugin:abi",
            "@gtest//:gtest_main",
        ],
        **kwargs
    )

def policy(name, test_deps = [], **kwargs):
    """A plugin on plugins/common/policy.h, with a test on plugins/common/policy_test.h."""
    deps = kwargs.pop("deps", [])
    tested_plugin(
        name = name,
        deps = deps + ["//plugins/common:policy"],
        test_deps = test_deps + ["//plugins/common:policy_test"],
        **kwargs
    )

def monitor(name, **kwargs):
    """A plugin on plugins/common/report.h, with a test on plugins/common/monitor_test.h."""
    tested_plugin(
        name = name,
        deps = ["//plugins/common:report"],
        test_deps = ["//plugins/common:monitor_test"],
        **kwargs
    )
