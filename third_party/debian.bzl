"""Repositories made of what Debian's packages put on this machine."""

def _debian_repository_impl(ctx):
    for name, target in ctx.attr.links.items():
        if not ctx.path(target).exists:
            fail("@%s: %s is missing; run tools/setup" % (ctx.name, target))
        ctx.symlink(target, name)
    ctx.symlink(ctx.attr.build_file, "BUILD")

debian_repository = repository_rule(
    implementation = _debian_repository_impl,
    attrs = {
        "build_file": attr.label(mandatory = True, allow_single_file = True),
        "links": attr.string_dict(doc = "name in the repository -> absolute path"),
    },
    doc = "A build file of ours over files of Debian's, linked in by absolute path.",
    local = True,
)

_RULES_CC = "/usr/share/bazel/rules/cc"

# Files of rules_cc 0.0.4 that load `use_cpp_toolchain`, which Bazel 4.2 lacks.
_NEEDS_NEWER_BAZEL = [
    "cc/private/rules_impl/cc_flags_supplier.bzl",
    "cc/private/rules_impl/compiler_flag.bzl",
]

def _debian_rules_cc_impl(ctx):
    if not ctx.path(_RULES_CC).exists:
        fail("@rules_cc: %s is missing; run tools/setup" % _RULES_CC)
    ctx.execute(["cp", "-rL", _RULES_CC + "/.", "."])

    # Debian's bazel-bootstrap reports no version; a release does.
    version = native.bazel_version
    if version and not version.startswith("4.") and version[0].isdigit():
        return
    for path in _NEEDS_NEWER_BAZEL:
        text = ctx.read(path)
        text = text.replace(', "use_cpp_toolchain"', "")
        text = text.replace("use_cpp_toolchain()", '["@bazel_tools//tools/cpp:toolchain_type"]')
        ctx.file(path, text)

debian_rules_cc = repository_rule(
    implementation = _debian_rules_cc_impl,
    doc = "Debian's rules_cc, with what Bazel 4.2 does not know taken out.",
)
