"""Runs one program in the Python that is measured.

    runner.py PROGRAM.py OUTPUT ITERATIONS SECONDS [MODULE ...]

It stops after ITERATIONS iterations, or when SECONDS (0: no limit) have passed, but not before
the fifth iteration. OUTPUT gets one JSON object a line, as soon as it is known, so that a crash
loses nothing but the iteration it happened in. Only modules that any Python loads at start-up
anyway are imported here: what is measured is the program. MODULEs are those whose absence
makes the program inapplicable rather than broken.
"""

import os
import sys
import time

FEWEST = 5


def peak_rss_kb():
    """The kernel's high-water mark for this process image; None where there is no /proc."""
    try:
        with open("/proc/self/status") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1])
    except OSError:
        pass
    return None


def quoted(text):
    """A JSON string, made without the json module."""
    safe = "".join(c if c.isprintable() and c.isascii() and c not in '"\\' else " " for c in text)
    return '"' + " ".join(safe.split())[:300] + '"'


def main(path, output, iterations, seconds, needs):
    descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)

    def write(line):
        os.write(descriptor, (line + "\n").encode())

    now = time.perf_counter_ns
    began = now()
    write('{"monotonic_ns": %d, "wall_ns": %d}' % (time.monotonic_ns(), time.time_ns()))
    sys.path.insert(0, os.path.dirname(path))
    try:
        program = __import__(os.path.basename(path)[:-3])
    except ImportError as error:
        for module in needs:
            try:
                __import__(module)
            except ImportError:
                write('{"missing": %s}' % quoted(module))
                return 0
        raise error
    run, expected = program.run, program.EXPECTED
    done = 0
    while done < iterations and (done < FEWEST or not seconds or now() - began < seconds * 1e9):
        start = now()
        value = run()
        end = now()
        done += 1
        write('{"start_ns": %d, "end_ns": %d}' % (start - began, end - began))
        if value != expected:
            write('{"error": %s}' % quoted("wrong result in iteration %d: %r" % (done, value)))
            return 1
    try:
        import pyvm
        write('{"compile_ns": %d}' % pyvm.stats()["compile.time"])
    except ImportError:
        pass
    peak = peak_rss_kb()
    write('{"peak_rss_kb": %s}' % ("null" if peak is None else peak))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), sys.argv[5:]))
