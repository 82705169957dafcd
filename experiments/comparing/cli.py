"""The command line of experiments/compare."""

import argparse
import hashlib
import shlex
import signal
import sys
import time
from pathlib import Path

from comparing import machine, measure, programs, pythons, results
from comparing.command import Parser, exit_code, guarded, positive
from comparing.errors import UsageError

DESCRIPTION = """\
Compares the speed and the peak memory of Pythons on a set of programs.

Each program runs in several fresh processes of each Python, many iterations each, and every
iteration's result is checked. The Pythons take turns, so that a drifting machine treats them
alike. The report gives, as ratios against the baseline: steady state (the second half of the
iterations), the whole run from process start with warm-up, start-up, and peak memory.
"""

EPILOG = """\
examples:
  experiments/compare                                   pyvm's interpreter against python3.11
  experiments/compare --programs 'nbody*' --processes 5
  experiments/compare --python 'jit=tools/pyvm --tiers=interp,baseline,llvm' \\
      --python cpython=/usr/bin/python3.11 --python pypy=/usr/bin/pypy3 --seconds 10
  experiments/compare --report DIR/results.json         table and charts again, from saved numbers

A result worth publishing takes an idle machine, ten processes or more, and iterations enough for
the slowest compiler to finish; the intervals say whether it was enough. experiments/README.md
defines the numbers. Exit code: 0, or 1 when a program failed, 2 for wrong usage, 130 after Ctrl-C.
"""


def make_parser():
    parser = Parser(
        prog="compare", description=DESCRIPTION, epilog=EPILOG, allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--python", action="append", metavar="NAME=COMMAND",
        help="a Python to measure; repeat it for more (default: pyvm=tools/pyvm --tiers=interp "
             "and cpython=/usr/bin/python3.11)")
    add("--baseline", metavar="NAME",
        help="what the others are divided by (default: cpython if there is one, else the first)")
    add("--programs", action="append", metavar="GLOB",
        help="only programs with such names; repeat it for more (default: all)")
    add("--processes", type=positive(int), default=3, metavar="N",
        help="processes for each program and Python (default: 3)")
    add("--iterations", type=positive(int), default=20, metavar="N",
        help="iterations in each process (default: 20)")
    add("--seconds", type=positive(float), metavar="S",
        help="iterate for that long instead, five times at least; the whole run is then "
             "compared over as many iterations as the slowest Python managed")
    add("--starts", type=positive(int), default=5, metavar="N",
        help="start-ups measured for each of the --processes rounds (default: 5)")
    add("--timeout", type=positive(float), default=300.0, metavar="S",
        help="stop a process after that long and count it as failed (default: 300)")
    add("--output", metavar="DIR",
        help="folder for results.json and the charts (default: experiments/results/DATE)")
    add("--seed", type=int, default=1, help="of the order in which Pythons take turns (default: 1)")
    add("--report", metavar="FILE", help="measure nothing: report on an earlier results.json")
    add("--list", action="store_true", help="list the programs and exit")
    return parser


def new_raw(options, argv, chosen, measured):
    return {
        "format": results.FORMAT,
        "created": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "command": shlex.join(["experiments/compare"] + argv),
        "machine": machine.describe(pythons.ROOT),
        "options": {name: getattr(options, name)
                    for name in ("processes", "iterations", "seconds", "starts", "timeout",
                                 "seed")},
        "baseline": options.baseline,
        "pythons": {python.name: python.identity for python in measured},
        "programs": {
            program.name: {"kind": program.kind, "description": program.description,
                           "sha256": hashlib.sha256(program.path.read_bytes()).hexdigest()}
            for program in chosen},
        "complete": False,
        "processes": [],
    }


def run_measurement(options, argv, chosen):
    """Measures and saves. Returns the raw data and its folder."""
    measured = pythons.parse_all(options.python)
    options.baseline = pythons.choose_baseline(measured, options.baseline)
    folder = results.prepare(options.output)
    for python in measured:
        pythons.identify(python)
    raw = new_raw(options, argv, chosen, measured)
    if options.seconds:
        options.iterations = 10 ** 9
    else:
        options.seconds = 0
    raw["complete"] = measure.measure(raw, chosen, measured, options, sys.stderr,
                                      lambda: results.save(raw, folder / "results.json"))
    for python in measured:
        if pythons.sha256(python.identity["executable"]) != python.identity["sha256"]:
            python.identity["changed_while_measuring"] = True
            print(f"compare: warning: {python.identity['executable']} was replaced while it was "
                  "measured", file=sys.stderr)
    return raw, folder


def report(raw, folder):
    """Table to the terminal; numbers and charts to the folder. Returns whether all was well."""
    # Only now: a small parent keeps the kernel's peak memory of its children honest.
    from comparing import stats, table
    raw["summary"] = stats.summarise(raw)
    results.save(raw, folder / "results.json")
    print(table.render(raw))
    try:
        from comparing import charts
        files = charts.draw_all(raw, folder)
    except ImportError:
        print("compare: no charts: python3-matplotlib is not installed", file=sys.stderr)
        files = []
    print("written:", *[folder / "results.json"] + files, sep="\n  ")
    return not any("failure" in process for process in raw["processes"])


def interrupt(*_):
    raise KeyboardInterrupt


def run(argv):
    options = make_parser().parse_args(argv)
    if options.list:
        for program in programs.select(programs.find(), options.programs):
            print(f"{program.name:<20} {program.kind:<12} {program.description}")
        return 0
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)
    if options.report:
        raw = results.load(options.report)
        if options.baseline:
            if options.baseline not in raw["pythons"]:
                names = ", ".join(raw["pythons"])
                raise UsageError(f"--baseline '{options.baseline}' is not among {names}")
            raw["baseline"] = options.baseline
        folder = results.prepare(options.output or Path(options.report).parent)
    else:
        chosen = programs.select(programs.find(), options.programs)
        raw, folder = run_measurement(options, argv, chosen)
    return exit_code(raw, report(raw, folder), options)


def main(argv):
    return guarded("compare", run, argv)
