"""Starts one process, waits for it, and turns what happened into plain data."""

import json
import os
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from comparing.errors import complaint

RUNNER = Path(__file__).resolve().parent / "runner.py"
# Peak memory at start-up: the kernel's figure for the process itself.
SHOW_PEAK = "print([l.split()[1] for l in open('/proc/self/status') if l[:6] == 'VmHWM:'][0])"


def environment(python):
    # Every process compiles its program anew, and leaves no files beside it.
    return dict(os.environ, PYTHONDONTWRITEBYTECODE="1", **python.environment)


def kill_group(pid):
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def execute(python, arguments, timeout, stdout=subprocess.DEVNULL):
    """Runs a Python to its end. Returns a dict; `failure` is there when it did not end well.

    ru_maxrss is what the kernel reports to the parent. It also counts the moment before the
    new program was loaded, when the child still shared this process's memory, so that it cannot
    fall below this process's own peak. VmHWM, read by the child, has no such floor.
    """
    with tempfile.TemporaryFile() as stderr:
        spawned = time.monotonic_ns()
        # A session of its own: Ctrl-C reaches us alone, and a kill takes its children along.
        try:
            process = subprocess.Popen(
                python.command + arguments, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr,
                env=environment(python), start_new_session=True)
        except OSError as error:
            # It did start before: someone replaces it at this moment.
            return {"spawned_ns": spawned, "failure": f"cannot be started: {error.strerror}"}
        timed_out = threading.Event()

        def stop():
            timed_out.set()
            kill_group(process.pid)

        timer = threading.Timer(timeout, stop)
        timer.daemon = True
        timer.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            kill_group(process.pid)
            process.wait()
            raise
        finally:
            timer.cancel()
        ended = time.monotonic_ns()
        code = process.returncode = os.waitstatus_to_exitcode(status)
        stderr.seek(0)
        said = complaint(stderr.read().decode(errors="replace"))
    result = {"spawned_ns": spawned, "ended_ns": ended, "exit_code": code,
              "ru_maxrss_kb": usage.ru_maxrss, "user_s": usage.ru_utime, "system_s": usage.ru_stime}
    if timed_out.is_set():
        result["failure"] = f"stopped after {timeout:g} s"
    elif code < 0:
        result["failure"] = f"killed by {signal.Signals(-code).name}"
    elif code:
        result["failure"] = f"exit code {code}: {said}" if said else f"exit code {code}"
    return result


def read_lines(path):
    """The runner's report. A line that a crash cut short is dropped."""
    report = {"iterations_ns": []}
    try:
        lines = Path(path).read_text().splitlines()
    except OSError:
        return report
    for line in lines:
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if "start_ns" in entry:
            report["iterations_ns"].append([entry["start_ns"], entry["end_ns"]])
        else:
            report.update(entry)
    return report


def run_program(python, program, iterations, seconds, timeout):
    """One process of one program."""
    with tempfile.TemporaryDirectory(prefix="pyvm-compare-") as folder:
        output = os.path.join(folder, "report")
        arguments = [str(RUNNER), str(program.path), output, str(iterations), str(seconds)]
        result = execute(python, arguments + list(program.needs), timeout)
        report = read_lines(output)
    result.update(report)
    if "error" in result:
        result["failure"] = result.pop("error")
    if "failure" not in result and "missing" not in result and "peak_rss_kb" not in result:
        result["failure"] = "ended before its last iteration"
    return result


def run_start_up(python, timeout):
    """One `-c pass`, and one more process that tells its own peak memory."""
    result = execute(python, ["-c", "pass"], timeout)
    if "failure" in result:
        return result
    with tempfile.TemporaryFile("w+") as stdout:
        asked = execute(python, ["-c", SHOW_PEAK], timeout, stdout)
        stdout.seek(0)
        text = stdout.read().strip()
    result["peak_rss_kb"] = int(text) if "failure" not in asked and text.isdigit() else None
    return result
