"""How the executable and its plugins are linked.

The executable holds core, Abseil and CPython, and exports them. A plugin is compiled
against them, and finds them in the executable when it is loaded: it links only its own
code and what else it depends on (passes, LLVM).
"""

# What the executable provides: never linked into a plugin.
_PROVIDED_REPOSITORIES = ["absl", "python311"]

def _is_provided(label):
    if label.workspace_name:
        return label.workspace_name in _PROVIDED_REPOSITORIES
    return label.package == "core" or label.package.startswith("core/")

def _plugin_deps_impl(ctx):
    infos = [dep[CcInfo] for dep in ctx.attr.deps]
    inputs = depset(transitive = [info.linking_context.linker_inputs for info in infos])
    kept = [i for i in inputs.to_list() if not _is_provided(i.owner)]
    merged = cc_common.merge_cc_infos(cc_infos = infos)
    return [CcInfo(
        compilation_context = merged.compilation_context,
        linking_context = cc_common.create_linking_context(linker_inputs = depset(kept)),
    )]

_plugin_deps = rule(
    implementation = _plugin_deps_impl,
    attrs = {"deps": attr.label_list(providers = [CcInfo])},
    doc = "deps, less what the executable provides at run time.",
)

def pyvm_plugin(name, srcs, deps = [], copts = [], linkopts = [], version_script = "//tools:plugin.lds", tags = [], visibility = ["//visibility:public"], **kwargs):
    """Builds NAME.so, which pyvm finds when it looks for plugins.

    The plugin exports what is named pyvm_*. Its own headers go into srcs.

    Args:
      name: name of the plugin, for example libpyvm_tier_interp.
      srcs: sources and private headers.
      deps: libraries; those of core, Abseil and CPython give headers alone.
      copts: further compiler options.
      linkopts: further linker options.
      version_script: what it exports, where that is more than pyvm_*.
      tags: further tags.
      visibility: who may use it.
      **kwargs: passed to cc_binary.
    """
    _plugin_deps(
        name = name + "_deps",
        testonly = kwargs.get("testonly", False),
        visibility = ["//visibility:private"],
        deps = deps,
    )
    native.cc_binary(
        name = name + ".so",
        srcs = srcs,
        additional_linker_inputs = [version_script],
        copts = ["-fvisibility=hidden", "-fvisibility-inlines-hidden"] + copts,
        linkopts = ["-Wl,--version-script=$(location %s)" % version_script] + linkopts,
        linkshared = 1,
        tags = ["pyvm"] + tags,
        visibility = visibility,
        deps = [":" + name + "_deps"],
        **kwargs
    )
    native.alias(
        name = name,
        actual = name + ".so",
        visibility = visibility,
    )

def _whole_impl(ctx):
    """Marks every library of core among deps as alwayslink."""
    infos = [dep[CcInfo] for dep in ctx.attr.deps]
    merged = cc_common.merge_cc_infos(cc_infos = infos)
    feature_configuration = cc_common.configure_features(
        ctx = ctx,
        cc_toolchain = ctx.attr._toolchain[cc_common.CcToolchainInfo],
    )
    inputs = []
    for i in merged.linking_context.linker_inputs.to_list():
        if i.owner.workspace_name or not _is_provided(i.owner):
            inputs.append(i)
            continue
        inputs.append(cc_common.create_linker_input(
            owner = i.owner,
            libraries = depset([
                cc_common.create_library_to_link(
                    actions = ctx.actions,
                    feature_configuration = feature_configuration,
                    cc_toolchain = ctx.attr._toolchain[cc_common.CcToolchainInfo],
                    static_library = lib.static_library,
                    pic_static_library = lib.pic_static_library,
                    alwayslink = True,
                )
                for lib in i.libraries
            ]),
            user_link_flags = depset(i.user_link_flags),
            additional_inputs = depset(i.additional_inputs),
        ))
    return [CcInfo(
        compilation_context = merged.compilation_context,
        linking_context = cc_common.create_linking_context(linker_inputs = depset(inputs)),
    )]

_whole = rule(
    implementation = _whole_impl,
    attrs = {
        "deps": attr.label_list(providers = [CcInfo]),
        "_toolchain": attr.label(default = "@bazel_tools//tools/cpp:current_cc_toolchain"),
    },
    fragments = ["cpp"],
    toolchains = ["@bazel_tools//tools/cpp:toolchain_type"],
)

def pyvm_executable(name, srcs, deps = [], tags = [], **kwargs):
    """An executable that can load plugins.

    The libraries of core among deps, CPython and Abseil are linked whole and exported, so
    that a plugin can call what the executable itself does not.

    Args:
      name: name of the executable.
      srcs: sources.
      deps: libraries; CPython and Abseil are added.
      tags: further tags.
      **kwargs: passed to cc_binary.
    """
    _whole(
        name = name + "_whole",
        testonly = kwargs.get("testonly", False),
        visibility = ["//visibility:private"],
        deps = deps + ["@absl", "@python311//:runtime"],
    )
    native.cc_binary(
        name = name,
        srcs = srcs,
        tags = ["pyvm"] + tags,
        deps = [":" + name + "_whole"],
        **kwargs
    )
