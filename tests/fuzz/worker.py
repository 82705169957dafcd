"""Executes a batch of programs in one process: worker.py BATCH SECONDS

BATCH is a marshalled list of (name, code). For each program, two records go to standard output: its number
when it starts, and its number, time and output when it has ended. So the parent knows where a process died.
SECONDS limits one program, 0: the parent's own limit is enough.
"""

import builtins
import gc
import io
import marshal
import os
import re
import resource
import signal
import sys
import time
import types

KEPT = dict(vars(builtins))
OWN = (types.FunctionType, types.GeneratorType, types.CoroutineType)


def where(tb):
    found = []
    while tb is not None and len(found) < 20:
        found.append(f"{tb.tb_frame.f_code.co_name}:{tb.tb_lineno}")
        tb = tb.tb_next
    return " ".join(found)


def unraisable(what):
    # Not `what.object`: its name may be an address.
    error = what.exc_value
    print("unraisable", what.exc_type.__name__, error and error.args and str(error.args[0])[:60], where(what.exc_traceback))


def left_over(name, namespace):
    """What outlives a program's namespace: instances of its classes, the classes, its functions."""
    found = {}
    for o in gc.get_objects():
        t = type(o)
        if t is type:
            ours = o.__module__ == name
        elif t in OWN:
            ours = getattr(o, "__globals__", None) is namespace or hasattr(o, "gi_code") and o.gi_code.co_filename == name
        else:
            ours = t.__module__ == name
        if ours:
            text = f"{t.__name__} {o.__name__}" if t is type or t in OWN else t.__name__
            found[text] = found.get(text, 0) + 1
    return found


def run(name, code):
    namespace = {"__name__": name, "__builtins__": builtins}
    try:
        exec(code, namespace)
    except BaseException as error:
        print("uncaught", type(error).__name__, str(error)[:80], where(error.__traceback__))
    finally:
        for key, value in KEPT.items():
            setattr(builtins, key, value)
    gc.disable()  # a program may have enabled it
    try:
        namespace.clear()
    except BaseException as error:
        print("uncaught", type(error).__name__)
    gc.collect()
    print("left over", sorted(left_over(name, namespace).items()))


def main():
    path, limit = sys.argv[1], float(sys.argv[2])
    with open(path, "rb") as file:
        batch = marshal.load(file)
    resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    result = os.dup(1)
    current = [0]

    def slow(number, frame):
        os.write(result, b"\n@slow %d\n" % current[0])
        os._exit(3)

    signal.signal(signal.SIGALRM, slow)
    sys.unraisablehook = unraisable
    gc.disable()
    gc.collect()
    gc.freeze()
    for number, (name, code) in enumerate(batch):
        current[0] = number
        os.write(result, b"@start %d\n" % number)
        signal.setitimer(signal.ITIMER_REAL, limit)
        start = time.perf_counter()
        sys.stdout = sys.stderr = out = io.StringIO()
        run(name, code)
        sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
        signal.setitimer(signal.ITIMER_REAL, 0)
        text = re.sub(r"0x[0-9a-f]+", "0x", out.getvalue()).encode("utf-8", "backslashreplace")
        head = b"@end %d %d %.6f\n" % (number, len(text), time.perf_counter() - start)
        data = head + text + b"\n"
        while data:
            data = data[os.write(result, data) :]
    os._exit(0)


main()
