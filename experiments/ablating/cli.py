"""The command line of experiments/ablate."""

import argparse
import dataclasses
import shlex
import sys
from pathlib import Path

from ablating import factors
from comparing import cli, measure, programs, pythons, results
from comparing.command import Parser, exit_code, guarded, positive
from comparing.errors import UsageError

DESCRIPTION = """\
Says what each part of pyvm is worth: measures it with all parts, and then without each of them.

A part is a pass of the optimizing tier, a tier, or the policy (which is exchanged). All
configurations take turns, each in fresh processes; every result is checked. The worth of a part
is how many times as fast the programs are with it as without it.
"""

EPILOG = """\
examples:
  experiments/ablate                                    all passes and tiers on all programs
  experiments/ablate --kinds passes --programs 'nbody*' --processes 10
  experiments/ablate --only unbox --only baseline       these two
  experiments/ablate --kinds policies --policy hotspot --policy v8-budget:k=4
  experiments/ablate --report DIR/results.json          the table again, from saved numbers

The results file holds the identity of the build and each configuration's command. Exit code: 0, or
1 when a program failed, 2 for wrong usage, 130 after Ctrl-C.
"""


def make_parser():
    parser = Parser(
        prog="ablate", description=DESCRIPTION, epilog=EPILOG, allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--pyvm", default=shlex.quote(str(pythons.LAUNCHER)), metavar="COMMAND",
        help="pyvm, with options that all configurations share (default: tools/pyvm)")
    add("--tiers", default="interp,baseline,llvm", metavar="NAME,...",
        help="all of them (default: %(default)s)")
    add("--kinds", default="passes,tiers", metavar="KIND,...",
        help="what is left out: passes, tiers, policies (default: %(default)s)")
    add("--only", action="append", default=[], metavar="NAME",
        help="leave out only this pass or tier; repeat it for more")
    add("--policy", action="append", default=[], metavar="NAME[:KEY=VALUE,...]",
        help="with --kinds policies: a policy instead of the default one; repeat it for more")
    add("--programs", action="append", metavar="GLOB",
        help="only programs with such names; repeat it for more (default: all)")
    add("--processes", type=positive(int), default=3, metavar="N",
        help="processes for each program and configuration (default: 3)")
    add("--iterations", type=positive(int), default=20, metavar="N",
        help="iterations in each process (default: 20)")
    add("--timeout", type=positive(float), default=300.0, metavar="S",
        help="stop a process after that long and count it as failed (default: 300)")
    add("--output", metavar="DIR",
        help="folder for results.json and the chart (default: experiments/results/DATE)")
    add("--seed", type=int, default=1,
        help="of the order in which configurations take turns (default: 1)")
    add("--report", metavar="FILE", help="measure nothing: report on an earlier results.json")
    return parser


def run_measurement(options, argv):
    kinds = options.kinds.split(",")
    for kind in kinds:
        if kind not in factors.KINDS:
            raise UsageError(f"--kinds: '{kind}' is none of {', '.join(factors.KINDS)}")
    if "policies" in kinds and not options.policy:
        raise UsageError("--kinds policies: say which, with --policy NAME")
    command = shlex.split(options.pyvm)
    chosen = programs.select(programs.find(), options.programs)
    # The launcher builds what has changed, once, before it is asked for anything.
    probe = pythons.identify(pythons.Python("pyvm", list(command)))
    found = factors.find(command, options.tiers, kinds, options.only, options.policy)
    measured = factors.configurations(probe.command, options.tiers, found)
    for python in measured:
        python.environment.update(probe.environment)
        pythons.identify(python)
    folder = results.prepare(options.output)
    options.baseline, options.seconds, options.starts = factors.FULL, 0, 1
    raw = cli.new_raw(options, argv, chosen, measured)
    raw["command"] = shlex.join(["experiments/ablate"] + argv)
    raw["tiers"] = options.tiers
    raw["factors"] = [dataclasses.asdict(factor) for factor in found]
    raw["complete"] = measure.measure(raw, chosen, measured, options, sys.stderr,
                                      lambda: results.save(raw, folder / "results.json"))
    return raw, folder


def report(raw, folder):
    from ablating import report as reporting, worth
    raw["summary"] = worth.summarise(raw)
    results.save(raw, folder / "results.json")
    print(reporting.render(raw))
    try:
        files = reporting.draw(raw, folder)
    except ImportError:
        print("ablate: no chart: python3-matplotlib is not installed", file=sys.stderr)
        files = []
    print("written:", *[folder / "results.json"] + files, sep="\n  ")
    failures = sorted({f"{process['program']} on {process['python']}: {process['failure']}"
                       for process in raw["processes"] if "failure" in process})
    for failure in failures:
        print(f"ablate: failed: {failure}", file=sys.stderr)
    return not failures


def run(argv):
    options = make_parser().parse_args(argv)
    if options.report:
        raw = results.load(options.report)
        if "factors" not in raw:
            raise UsageError(f"{options.report} was not written by experiments/ablate")
        folder = results.prepare(options.output or Path(options.report).parent)
    else:
        raw, folder = run_measurement(options, argv)
    return exit_code(raw, report(raw, folder), options)


def main(argv):
    return guarded("ablate", run, argv)
