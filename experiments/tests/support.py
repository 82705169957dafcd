"""Makes the modules of experiments/ importable, and makes up raw processes."""

import sys
from pathlib import Path

EXPERIMENTS = Path(__file__).resolve().parent.parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(EXPERIMENTS))


def process(program, python, milliseconds, turn=0, starting_ms=10, peak_kb=10240):
    """A process whose iterations took these milliseconds, back to back."""
    at, iterations = 0, []
    for duration in milliseconds:
        iterations.append([at, at + int(duration * 1e6)])
        at = iterations[-1][1]
    return {"program": program, "python": python, "round": turn, "spawned_ns": 1000,
            "monotonic_ns": 1000 + int(starting_ms * 1e6), "ended_ns": 1000 + at,
            "iterations_ns": iterations, "peak_rss_kb": peak_kb, "ru_maxrss_kb": peak_kb + 1}


def start(python, milliseconds, turn=0, peak_kb=8000):
    return {"program": "start-up", "python": python, "round": turn, "spawned_ns": 0,
            "ended_ns": int(milliseconds * 1e6), "peak_rss_kb": peak_kb, "ru_maxrss_kb": peak_kb}


def raw(processes, programs, pythons=("base", "fast")):
    return {"format": 1, "baseline": pythons[0], "pythons": {name: {} for name in pythons},
            "programs": {name: {"kind": kind} for name, kind in programs.items()},
            "complete": True, "processes": processes}
