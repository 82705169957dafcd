"""Tests that run a script of tests/ on the pyvm of this build."""

PYVM = "//core/driver:pyvm"

# Every plugin that a test may ask for.
PLUGINS = [
    "//plugins/monitor_opcount:libpyvm_monitor_opcount",
    "//plugins/policy_fixed_count:libpyvm_policy_fixed_count",
    "//tiers/baseline:libpyvm_tier_baseline",
    "//tiers/interp:libpyvm_tier_interp",
    "//tiers/llvm:libpyvm_llvm_backend",
    "//tiers/llvm:libpyvm_tier_llvm",
]

def pyvm_test(name, runner, args = [], data = [], plugins = PLUGINS, tags = [], **kwargs):
    """A test that passes when `runner --pyvm <pyvm> args` exits with 0.

    Args:
      name: name of the test.
      runner: the script, a file of the calling package.
      args: its arguments.
      data: files that it reads.
      plugins: what it may ask for.
      tags: further tags.
      **kwargs: passed to sh_test.
    """
    native.sh_test(
        name = name,
        srcs = ["//tests/common:bazel_test.sh"],
        args = ["$(location %s)" % runner, "$(location %s)" % PYVM] +
               ["$(location %s)" % p for p in plugins] + ["--"] + args,
        data = data + [runner, PYVM, "//tests/common:harness"] + plugins,
        tags = tags,
        **kwargs
    )
