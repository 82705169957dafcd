"""The measurement: which process runs when, and what is kept of it."""

import random
import time

from comparing import launch
from comparing.progress import Progress

START_UP = "start-up"


def plan(programs, pythons, processes, seed):
    """Jobs in order: (round, program, python).

    A round runs everything once, so that slow drifts of the machine hit every Python alike and an
    interrupted run still compares all it has. The Pythons of a program run one after another, in
    an order that changes at random, since a neighbour may leave a hot or a cold machine behind.
    """
    shuffle = random.Random(seed).sample
    return [(turn, program, python)
            for turn in range(processes)
            for program in [START_UP] + programs
            for python in shuffle(pythons, len(pythons))]


def name_of(program):
    return program if program == START_UP else program.name


def measure(raw, programs, pythons, options, stream, save):
    """Runs the plan and fills raw["processes"], saving after each round. False after Ctrl-C."""
    jobs = plan(programs, pythons, options.processes, options.seed)
    progress = Progress([(name_of(program), python.name) for _, program, python in jobs], stream)
    hopeless = set()
    try:
        finished = 0
        for turn, program, python in jobs:
            if turn != finished:
                finished = turn
                save()
            job = name_of(program), python.name
            progress.show(job)
            began = time.monotonic()
            if job not in hopeless:
                entries = run_job(program, python, options)
                for entry in entries:
                    entry.update(program=job[0], python=job[1], round=turn)
                    raw["processes"].append(entry)
                    # What timed out or is n/a once will be so again.
                    if "missing" in entry or entry.get("failure", "").startswith("stopped after"):
                        hopeless.add(job)
            progress.done(job, time.monotonic() - began)
    except KeyboardInterrupt:
        return False
    finally:
        progress.close()
        save()
    return True


def run_job(program, python, options):
    if program == START_UP:
        return [launch.run_start_up(python, options.timeout) for _ in range(options.starts)]
    return [launch.run_program(python, program, options.iterations, options.seconds,
                               options.timeout)]
