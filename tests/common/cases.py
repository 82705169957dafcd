"""A small frame for test scripts whose cases are functions: pass, fail or skip."""

import argparse
import re
import sys
import time
import traceback

import harness

CASES = []


class Skip(Exception):
    """Raised with the reason why a case cannot run here."""


class Failure(Exception):
    """Raised with what differs."""


def case(function=None, **marks):
    """Registers a case; `marks` are what a script filters by, such as quick=True."""
    if function is None:
        return lambda f: case(f, **marks)
    function.marks = marks
    CASES.append(function)
    return function


def check(condition, message):
    if not condition:
        raise Failure(message() if callable(message) else message)


def tail(text, lines=15):
    return "\n".join(text.rstrip().splitlines()[-lines:])


def parser(description):
    p = argparse.ArgumentParser(description=description)
    p.add_argument("--pyvm", default=harness.default_pyvm(), metavar="CMD")
    p.add_argument("--python", default=harness.PYTHON, metavar="CMD")
    p.add_argument("--filter", default="", metavar="REGEX")
    p.add_argument("--list", action="store_true", help="list the cases")
    p.set_defaults(suite=sys.argv[0].split("/")[-2])
    return p


def run(args, context, wanted=lambda marks: True):
    """Runs the registered cases one by one and prints a line for each."""
    cases = [f for f in CASES if re.search(args.filter, f.__name__) and wanted(f.marks)]
    if args.list:
        for f in cases:
            first = (f.__doc__ or "").strip().partition("\n")[0]
            print(f"{f.__name__:<28} {first}")
        return 0
    if not cases:
        sys.exit(f"no case matches --filter={args.filter}")
    counts = {"pass": 0, "fail": 0, "skip": 0}
    results = []
    for f in cases:
        start = time.monotonic()
        detail = ""
        try:
            f(context)
            outcome = "pass"
        except Skip as reason:
            outcome, detail = "skip", str(reason)
        except Failure as failure:
            outcome, detail = "fail", str(failure)
        except Exception:
            outcome, detail = "fail", traceback.format_exc()
        counts[outcome] += 1
        seconds = time.monotonic() - start
        complaint = {"pass": None, "skip": "", "fail": detail or "failed"}[outcome]
        results.append((f.__name__, seconds, complaint))
        line = f"{outcome:<5} {f.__name__} ({seconds:.1f} s)"
        if outcome == "skip":
            line += f": {detail}"
        elif detail:
            line += "\n" + "\n".join("      " + t for t in detail.splitlines())
        print(line, flush=True)
    harness.write_junit(args.suite, results)
    print(", ".join(f"{n} {k}" for k, n in counts.items()))
    if counts["fail"]:
        script = sys.argv[0]
        print(f"rerun one: {script} --pyvm '{args.pyvm}' --filter '^NAME$'")
    return 1 if counts["fail"] else 0
