"""The Pythons that are compared: parsing of NAME=COMMAND, and what each one is."""

import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from comparing.errors import UsageError, complaint

ROOT = Path(__file__).resolve().parent.parent.parent
LAUNCHER = ROOT / "tools" / "pyvm"
DEFAULTS = (f"pyvm={shlex.quote(str(LAUNCHER))} --tiers=interp", "cpython=/usr/bin/python3.11")
BUILD_AND_START_SECONDS = 1800
BUILD_FAILED = 125

PROBE = """
import json, os, platform, sys
print(json.dumps({"version": sys.version, "implementation": platform.python_implementation(),
                  "executable": sys.executable,
                  "plugin_path": os.environ.get("PYVM_PLUGIN_PATH")}))
"""


@dataclass
class Python:
    name: str
    command: list
    environment: dict = field(default_factory=dict)
    identity: dict = field(default_factory=dict)


def parse(text):
    """A Python from NAME=COMMAND."""
    name, separator, command = text.partition("=")
    if not separator or not re.fullmatch(r"[\w.+-]+", name):
        raise UsageError(f"--python '{text}': write NAME=COMMAND, for example pypy=/usr/bin/pypy3")
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError(f"--python '{text}': {error}") from None
    if not words:
        raise UsageError(f"--python '{text}': the command is empty")
    return Python(name, words)


def parse_all(texts):
    pythons = [parse(text) for text in texts or DEFAULTS]
    names = [python.name for python in pythons]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"--python: the name '{name}' is used twice")
    return pythons


def choose_baseline(pythons, name):
    names = [python.name for python in pythons]
    if name is None:
        return "cpython" if "cpython" in names else names[0]
    if name not in names:
        raise UsageError(f"--baseline '{name}' is not among the Pythons: {', '.join(names)}")
    return name


def sha256(path):
    try:
        with open(path, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()
    except OSError:
        return None


def identify(python):
    """Starts the Python once and fills in its identity. Raises UsageError if it cannot start."""
    program = shutil.which(python.command[0])
    if program is None:
        raise UsageError(f"python '{python.name}': there is no executable {python.command[0]}")
    launched = os.path.realpath(program) == os.path.realpath(LAUNCHER)
    if launched and sys.stderr.isatty():
        print(f"starting {python.name}; it is built first if sources changed", file=sys.stderr)
    try:
        done = subprocess.run(python.command + ["-c", PROBE], capture_output=True, text=True,
                              timeout=BUILD_AND_START_SECONDS)
        found = json.loads(done.stdout) if done.returncode == 0 else None
        reason = complaint(done.stderr) or f"exit code {done.returncode}"
        if launched and done.returncode == BUILD_FAILED:
            reason = "the build failed; 'tools/pyvm -c pass' shows why"
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        found, reason = None, str(error)
    if found is None:
        command = shlex.join(python.command)
        raise UsageError(f"python '{python.name}' does not start ({command}): {reason}")
    plugin_path = found.pop("plugin_path")
    python.identity = dict(found, given=shlex.join(python.command))
    if launched:
        # The launcher looks for sources to rebuild at each start. It has done so now; what is
        # measured is the binary, with the plugins that the launcher found for it.
        python.command = [found["executable"]] + python.command[1:]
        if plugin_path is not None:
            python.environment["PYVM_PLUGIN_PATH"] = plugin_path
    python.identity["command"] = shlex.join(python.command)
    python.identity["environment"] = dict(python.environment)
    python.identity["sha256"] = sha256(found["executable"])
    return python
