"""Enforces the arrows between the folders: core <- passes <- tiers/llvm, core <- tiers/*,
core <- plugins/*, passes <- passes that are plugins. CPython's private headers are core/host's alone.

Usage: layering.py ROOT. Prints each arrow that points the wrong way; exit status 1 if any.
"""

import os
import re
import sys

SUFFIXES = (".cc", ".h", ".def", ".c", ".inc")
LAYERS = ("core", "passes", "tiers", "plugins", "experiments", "tests", "tools")
# Folders under these stand alone: tiers/llvm does not know tiers/interp.
SIBLINGS = ("tiers", "plugins")

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')
PRIVATE_HEADER = re.compile(r"^(?:internal/)?pycore_\w+\.h$|^internal/")
PRIVATE_MACRO = re.compile(r"\bPy_BUILD_CORE\w*\b")
LABEL = re.compile(r'"//([\w./-]+)(?::[^"]*)?"')
COMMENT = re.compile(r"//.*|/\*.*?\*/")

HOST = "core/host"


def home(path):
    """The part of the tree that a path belongs to: core, passes, tiers/llvm, ..."""
    parts = path.split("/")
    if parts[0] in SIBLINGS and len(parts) > 1:
        return "/".join(parts[:2])
    return parts[0]


def arrow_error(source, target):
    """Why a file of `source` may not use `target` (both homes); None where it may."""
    if source == target or target == "core":
        return None
    top = source.split("/")[0]
    if target.split("/")[0] not in LAYERS:
        return None  # A library or a header beside the file.
    if top == "core":
        return "core knows no pass, no tier and no plugin"
    if top == "passes":
        return "passes know core alone"
    if source == "tiers/llvm":
        return None if target == "passes" else "tiers/llvm knows core and passes alone"
    if top == "tiers":
        return "a tier knows core alone"
    if top == "plugins":
        if target == "passes" and source.startswith(("plugins/template", "plugins/pass_")):
            return None
        shared = target in ("plugins", "plugins/common")  # defs.bzl; headers
        return None if shared else "a plugin knows core and plugins/common alone"
    return None


def check_source(path, text):
    """Yields (line number, what, why) for a C++ file or a table."""
    inside_host = path.startswith(HOST + "/")
    for number, line in enumerate(text.splitlines(), 1):
        found = INCLUDE.match(line)
        if found:
            header = found.group(1)
            if "/" in header:
                parts = os.path.normpath(os.path.join(os.path.dirname(path), header))
                # A relative include that climbs out of its folder hides its arrow.
                if header.startswith("."):
                    yield number, header, "includes are relative to the top of the tree"
                    header = parts
                why = arrow_error(home(path), home(header))
                if why:
                    yield number, header, why
            if PRIVATE_HEADER.match(header) and not inside_host:
                yield number, header, f"CPython's private headers are {HOST}'s alone"
        elif not inside_host:
            found = PRIVATE_MACRO.search(COMMENT.sub("", line))
            if found:
                yield number, found.group(0), f"Py_BUILD_CORE is {HOST}'s alone"


def check_build(path, text):
    """Yields (line number, what, why) for a BUILD file. Tests may use what they test with."""
    inside_host = path.startswith(HOST + "/")
    for number, line in enumerate(text.splitlines(), 1):
        line = line.split("#")[0]
        for found in LABEL.finditer(line):
            target = home(found.group(1))
            if target in ("tools", "tests"):
                continue  # Build macros; helpers of tests.
            why = arrow_error(home(path), target)
            if why and not re.search(r"visibility|__(pkg|subpackages)__", line):
                yield number, found.group(0), why
        if PRIVATE_MACRO.search(line) and not inside_host:
            yield number, "Py_BUILD_CORE", f"Py_BUILD_CORE is {HOST}'s alone"


def check(path, text):
    return (check_build if path.endswith("/BUILD") else check_source)(path, text)


def self_check():
    """Each rule must catch its example, and let the allowed one pass."""
    bad = [
        ("core/code/a.cc", '#include "passes/ir/op.h"'),
        ("core/tier/a.h", '#include "tiers/interp/loop.h"'),
        ("core/tier/a.h", '#include "plugins/policy_jsc/p.h"'),
        ("passes/dce/a.cc", '#include "tiers/llvm/lower.h"'),
        ("tiers/interp/a.cc", '#include "tiers/baseline/emit.h"'),
        ("tiers/baseline/a.cc", '  #  include <passes/ir/op.h>'),
        ("tiers/interp/a.cc", '#include "../baseline/emit.h"'),
        ("plugins/policy_jsc/a.cc", '#include "passes/ir/op.h"'),
        ("plugins/policy_jsc/a.cc", '#include "plugins/policy_never/p.h"'),
        ("plugins/pass_x/a.cc", '#include "tiers/llvm/lowering.h"'),
        ("plugins/common/a.h", '#include "plugins/policy_never/p.h"'),
        ("core/runtime/a.cc", '#include "internal/pycore_frame.h"'),
        ("tiers/interp/a.cc", "#include <pycore_dict.h>"),
        ("core/runtime/a.cc", "#define Py_BUILD_CORE 1"),
        ("core/code/BUILD", 'deps = ["//passes/ir"],'),
        ("tiers/interp/BUILD", 'deps = ["//tiers/baseline:emit"],'),
        ("core/runtime/BUILD", 'local_defines = ["Py_BUILD_CORE"],'),
    ]
    good = [
        ("core/code/a.cc", '#include "core/tier/tier.h"'),
        ("core/host/a.cc", '#define Py_BUILD_CORE 1\n#include "internal/pycore_frame.h"'),
        ("core/runtime/a.cc", '// needs no Py_BUILD_CORE\n#include "core/host/frame.h"'),
        ("passes/dce/a.cc", '#include "passes/ir/op.h"\n#include "core/bytecode/unit.h"'),
        ("tiers/llvm/a.cc", '#include "passes/ir/op.h"\n#include "llvm/IR/Module.h"'),
        ("tiers/interp/a.cc", '#include "tiers/interp/loop.h"\n#include "loop.h"'),
        ("plugins/policy_jsc/a.cc", '#include "core/plugin/pyvm.h"\n#include <vector>'),
        ("plugins/policy_jsc/a.cc", '#include "plugins/common/policy.h"'),
        ("plugins/pass_x/a.cc", '#include "passes/ir/pass_plugin.h"'),
        ("tests/matrix/a.cc", '#include "tiers/interp/loop.h"'),
        ("core/code/BUILD", 'load("//tools:pyvm.bzl", "pyvm_plugin")'),
        ("core/code/BUILD", 'visibility = ["//tiers:__subpackages__"],'),
    ]
    for path, text in bad:
        if not list(check(path, text)):
            yield f"self-check: accepted in {path}: {text}"
    for path, text in good:
        for _, what, why in check(path, text):
            yield f"self-check: refused in {path}: {what} ({why})"


def files(root):
    for top in ("core", "passes", "tiers", "plugins", "experiments", "tests"):
        for folder, folders, names in os.walk(os.path.join(root, top)):
            folders[:] = sorted(f for f in folders if f not in ("testdata", "__pycache__"))
            for name in sorted(names):
                if name.endswith(SUFFIXES) or name == "BUILD":
                    yield os.path.relpath(os.path.join(folder, name), root)


def main(root):
    errors = list(self_check())
    count = 0
    for path in files(root):
        count += 1
        with open(os.path.join(root, path), encoding="utf-8") as source:
            for number, what, why in check(path, source.read()):
                errors.append(f"{path}:{number}: {what}: {why}")
    if not count:
        errors.append(f"found no source files below {root}")
    for error in errors:
        print(error)
    print(f"{count} files, {len(errors)} errors")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
