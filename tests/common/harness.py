"""What the runners of tests/ share: targets, child processes, stats files.

A target is the command under test. It is normally a pyvm binary, but every
runner also accepts /usr/bin/python3.11, so that the tests can be checked on
their own; the options that only pyvm knows are then left out.
"""

import concurrent.futures
import contextlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass

PYTHON = os.environ.get("PYVM_REFERENCE_PYTHON", "/usr/bin/python3.11")

# A runner that was started as a shell's background job inherits an ignored
# SIGINT, and so would its children. A handler, unlike "ignore", does not
# survive exec, so children start with the default action.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)

# What the address sanitizer says of an allocation that fails and becomes a
# MemoryError, as it does elsewhere without a word.
ALLOCATION_FAILED = re.compile(
    r"^==\d+==WARNING: AddressSanitizer failed to allocate 0x[0-9a-f]+ bytes\n", re.M
)


@dataclass
class Result:
    """How one child process ended. `code` is negative for a signal."""

    code: int
    out: str
    err: str
    seconds: float
    timed_out: bool = False

    @property
    def crashed(self):
        return self.code < 0 and not self.timed_out


def base_environment():
    """The caller's environment without anything that steers an interpreter.

    PYTHONMALLOC=malloc stays: it shows each object to the address sanitizer.
    """
    env = {
        k: v
        for k, v in os.environ.items()
        if k == "PYTHONMALLOC" or not k.startswith("PYTHON") and k != "PYVM_OPTIONS"
    }
    # With a fixed seed, both sides see the same order of sets of strings.
    env["PYTHONHASHSEED"] = "0"
    env["PYTHONDONTWRITEBYTECODE"] = "1"
    env["LC_ALL"] = "C.UTF-8"
    env["TZ"] = "UTC"
    env["TERM"] = "dumb"
    env.pop("COLUMNS", None)
    env.pop("VIRTUAL_ENV", None)
    return env


def run(cmd, *, env=None, cwd=None, timeout=60, stdin=None, merge=False):
    """Runs `cmd` in a session of its own and returns a Result.

    Output goes through files, not pipes: a grandchild that outlives its parent
    cannot keep us waiting. At the timeout the whole process group is killed.
    """
    start = time.monotonic()
    timed_out = False
    with contextlib.ExitStack() as stack:
        out = stack.enter_context(tempfile.TemporaryFile())
        err = out if merge else stack.enter_context(tempfile.TemporaryFile())
        if stdin is None:
            source = subprocess.DEVNULL
        else:
            source = stack.enter_context(tempfile.TemporaryFile())
            source.write(stdin.encode() if isinstance(stdin, str) else stdin)
            source.seek(0)
        try:
            process = subprocess.Popen(
                cmd,
                env=base_environment() if env is None else env,
                cwd=cwd,
                stdin=source,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
        except OSError as error:
            return Result(127, "", f"{cmd[0]}: {error.strerror}\n", 0.0)
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            timed_out = True
            _kill_group(process.pid)
            code = process.wait()
        except BaseException:
            _kill_group(process.pid)
            process.wait()
            raise
        _kill_group(process.pid)  # what the child left behind
        seconds = time.monotonic() - start
        out.seek(0)
        text = out.read().decode("utf-8", "backslashreplace")
        errors = ""
        if not merge:
            err.seek(0)
            errors = err.read().decode("utf-8", "backslashreplace")
    text, errors = (ALLOCATION_FAILED.sub("", written) for written in (text, errors))
    return Result(code, text, errors, seconds, timed_out)


def _kill_group(pid):
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


class Target:
    """The command under test, split like a shell would."""

    def __init__(self, command):
        self.argv = shlex.split(command) if isinstance(command, str) else list(command)
        found = shutil.which(self.argv[0])
        if found is None:
            sys.exit(f"{self.argv[0]}: no such program; build it, or give --pyvm")
        # Relative paths must survive a change of directory.
        self.argv[0] = os.path.abspath(found)
        probe = run(
            self.argv
            + [
                "-c",
                "import sys; print(hasattr(sys.implementation, '_pyvm'), sys.executable)",
            ],
            timeout=1800,  # tools/pyvm may have to build first
        )
        if probe.code != 0:
            sys.exit(
                f"{self}: does not run a one-line program "
                f"(exit code {probe.code}): {probe.err.strip()}"
            )
        is_pyvm, _, self.executable = probe.out.strip().partition(" ")
        self.is_pyvm = is_pyvm == "True"

    def __str__(self):
        return shlex.join(self.argv)

    def command(self, options=(), arguments=()):
        """The argument list with pyvm's own options, which python3.11 is spared."""
        return self.argv + (list(options) if self.is_pyvm else []) + list(arguments)


def default_pyvm():
    """$PYVM, else tools/pyvm, which builds what has changed."""
    if "PYVM" in os.environ:
        return os.environ["PYVM"]
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    return os.path.join(root, "tools", "pyvm")


def read_stats(path):
    """The parsed --stats file, or None where the child did not leave a good one."""
    try:
        with open(path) as file:
            return json.load(file)
    except (OSError, ValueError):
        return None


def counter(stats, name):
    """The value of the counter `name`, at whatever depth it stands, or None.

    `a.b` names a path; where several tiers have a counter of one name, the
    values are added up.
    """
    if stats is None:
        return None
    head, _, rest = name.partition(".")
    if rest and isinstance(stats, dict) and head in stats:
        return counter(stats[head], rest)
    if isinstance(stats, dict):
        own = stats.get(name)
        if isinstance(own, (int, float)):
            return own
        found = [counter(v, name) for v in stats.values() if isinstance(v, (dict, list))]
    elif isinstance(stats, list):
        found = [counter(v, name) for v in stats]
    else:
        return None
    found = [v for v in found if v is not None]
    return sum(found) if found else None


def parallel(function, items, jobs):
    """Yields (item, function(item)) in the order of `items`, `jobs` at a time."""
    with concurrent.futures.ThreadPoolExecutor(max_workers=jobs) as pool:
        futures = [(item, pool.submit(function, item)) for item in items]
        try:
            for item, future in futures:
                yield item, future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def write_junit(suite, results):
    """Tells Bazel about each case, where it asks: (name, seconds, complaint or None).

    A complaint of "" stands for a case that was skipped.
    """
    path = os.environ.get("XML_OUTPUT_FILE")
    if not path:
        return
    root = ElementTree.Element("testsuite", name=suite, tests=str(len(results)))
    for name, seconds, complaint in results:
        case = ElementTree.SubElement(
            root, "testcase", name=name, classname=suite, time=f"{seconds:.2f}"
        )
        if complaint == "":
            ElementTree.SubElement(case, "skipped")
        elif complaint is not None:
            failure = ElementTree.SubElement(case, "failure")
            # XML has no place for most control characters.
            failure.text = "".join(c if c >= " " or c in "\n\t" else "?" for c in complaint)
    ElementTree.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def signal_name(code):
    """`SIGSEGV` for -11."""
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
