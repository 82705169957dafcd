"""From raw processes to ratios with confidence intervals. README.md defines the numbers."""

import math
import zlib
from dataclasses import dataclass, field

import numpy as np

from comparing.measure import START_UP
from comparing.programs import KINDS

REPLICATES = 2000
CONFIDENCE = 0.95
METRICS = ("steady", "whole", "memory")


@dataclass
class Cell:
    """One program on one Python: a value per process for each metric."""
    steady: list = field(default_factory=list)   # nanoseconds
    whole: list = field(default_factory=list)    # nanoseconds
    memory: list = field(default_factory=list)   # kilobytes
    failures: list = field(default_factory=list)
    missing: str = None
    processes: int = 0

    @property
    def usable(self):
        return not self.failures and not self.missing and bool(self.whole)

    def state(self):
        if self.missing:
            return f"n/a: no {self.missing}"
        if self.failures:
            return f"FAILED {len(self.failures)} of {self.processes}: {self.failures[0]}"
        return "" if self.usable else "not measured"


def durations(process):
    return [end - start for start, end in process["iterations_ns"]]


def steady_ns(process):
    """The median of the second half of a process's iterations."""
    times = durations(process)
    return float(np.median(times[len(times) // 2:]))


def whole_ns(process, iterations):
    """From the start of the process to the end of the given number of iterations."""
    starting = process["monotonic_ns"] - process["spawned_ns"]
    return float(starting + process["iterations_ns"][iterations - 1][1])


def peak_kb(process):
    """VmHWM, read inside the process; the parent's figure where there is no /proc."""
    return float(process.get("peak_rss_kb") or process["ru_maxrss_kb"])


def cells(processes):
    """{(program, python): Cell}."""
    grouped, good = {}, {}
    for process in processes:
        key = process["program"], process["python"]
        cell = grouped.setdefault(key, Cell())
        cell.processes += 1
        if "missing" in process:
            cell.missing = process["missing"]
        elif "failure" in process:
            cell.failures.append(process["failure"])
        else:
            good.setdefault(key, []).append(process)
    # The whole run must be the same work everywhere: as many iterations as the fewest.
    fewest = {}
    for (program, _), members in good.items():
        if program != START_UP:
            counts = [len(process["iterations_ns"]) for process in members]
            fewest[program] = min(counts + [fewest.get(program, counts[0])])
    for key, members in good.items():
        cell = grouped[key]
        for process in members:
            cell.memory.append(peak_kb(process))
            if key[0] == START_UP:
                cell.whole.append(float(process["ended_ns"] - process["spawned_ns"]))
            else:
                cell.steady.append(steady_ns(process))
                cell.whole.append(whole_ns(process, fewest[key[0]]))
    return grouped


def replicates(values, *names, seed=0):
    """Medians of resampled processes. The same names give the same resampling."""
    values = np.asarray(values)
    stream = np.random.default_rng([seed, zlib.crc32("\0".join(names).encode())])
    picks = stream.integers(0, len(values), (REPLICATES, len(values)))
    return np.median(values[picks], axis=1)


def interval(samples):
    tail = 50 * (1 - CONFIDENCE)
    return [float(edge) for edge in np.percentile(samples, [tail, 100 - tail])]


@dataclass
class Ratio:
    """A point estimate, its interval (None: fewer than two processes) and its replicates."""
    value: float
    low_high: list
    samples: np.ndarray = None

    def plain(self):
        return {"ratio": self.value, "interval": self.low_high}


def ratio(metric, program, own_name, own, base_name, base):
    """Speed-up for times, share of the baseline for memory."""
    above, below = (own, base) if metric == "memory" else (base, own)
    first, second = (own_name, base_name) if metric == "memory" else (base_name, own_name)
    samples = (replicates(above, program, first, metric) /
               replicates(below, program, second, metric))
    certain = len(own) > 1 and len(base) > 1
    return Ratio(float(np.median(above) / np.median(below)),
                 interval(samples) if certain else None, samples)


def geometric_mean(ratios):
    """The geometric mean of ratios, with an interval if all of them have one."""
    value = math.exp(sum(math.log(each.value) for each in ratios) / len(ratios))
    if any(each.low_high is None for each in ratios):
        return Ratio(value, None)
    samples = np.exp(np.mean([np.log(each.samples) for each in ratios], axis=0))
    return Ratio(value, interval(samples), samples)


def compare(raw, own, grouped=None):
    """{program: {metric: Ratio}} of one Python against the baseline, where both are usable."""
    grouped = grouped or cells(raw["processes"])
    baseline = raw["baseline"]
    nothing = Cell()
    result = {}
    for program in [START_UP] + list(raw["programs"]):
        a, b = grouped.get((program, own), nothing), grouped.get((program, baseline), nothing)
        if a.usable and b.usable:
            result[program] = {
                metric: ratio(metric, program, own, getattr(a, metric),
                              baseline, getattr(b, metric))
                for metric in METRICS if getattr(a, metric)}
    return result


def means(raw, compared):
    """{group: {"programs": n, metric: Ratio}} over all programs and for each kind."""
    groups = {"all": [name for name in raw["programs"] if name in compared]}
    for kind in KINDS:
        groups[kind] = [name for name in groups["all"] if raw["programs"][name]["kind"] == kind]
    return {
        group: dict({metric: geometric_mean([compared[name][metric] for name in names])
                     for metric in METRICS}, programs=len(names))
        for group, names in groups.items() if names}


def summarise(raw):
    """What the table shows, as plain data for the JSON file."""
    grouped = cells(raw["processes"])
    summary = {"measured": {}, "ratios": {}, "geometric_means": {}}
    for (program, python), cell in grouped.items():
        entry = {"state": cell.state() or "ok"}
        entry.update({metric: float(np.median(getattr(cell, metric)))
                      for metric in METRICS if getattr(cell, metric)})
        summary["measured"].setdefault(program, {})[python] = entry
    for own in raw["pythons"]:
        if own != raw["baseline"]:
            compared = compare(raw, own, grouped)
            summary["ratios"][own] = {
                program: {metric: each.plain() for metric, each in metrics.items()}
                for program, metrics in compared.items()}
            summary["geometric_means"][own] = {
                group: {key: each.plain() if isinstance(each, Ratio) else each
                        for key, each in entry.items()}
                for group, entry in means(raw, compared).items()}
    return summary
