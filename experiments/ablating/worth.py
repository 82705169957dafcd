"""What a factor is worth: all parts against all but that one."""

import numpy as np

from ablating.factors import FULL
from comparing import stats
from comparing.measure import START_UP


def inverse(ratio):
    """`stats` gives the speed without the part; its worth is the inverse."""
    interval = None
    if ratio.low_high is not None:
        low, high = ratio.low_high
        interval = [1 / high, 1 / low]
    samples = None if ratio.samples is None else 1 / ratio.samples
    return stats.Ratio(1 / ratio.value, interval, samples)


def is_certain(ratio):
    return ratio.low_high is not None and not ratio.low_high[0] <= 1 <= ratio.low_high[1]


def of_factor(raw, name):
    """{program: {"steady", "whole", "memory": Ratio}}; above 1: the part speeds up, or takes
    memory."""
    compared = stats.compare(raw, name)
    return {program: {metric: inverse(ratio) for metric, ratio in metrics.items()}
            for program, metrics in compared.items() if program != START_UP}


def geometric_mean(found, metric):
    ratios = [metrics[metric] for metrics in found.values() if metric in metrics]
    return stats.geometric_mean(ratios) if ratios else None


def compile_ms(raw, name):
    """Mean over programs of the median time that a process spent compiling; None if unknown."""
    by_program = {}
    for process in raw["processes"]:
        if process["python"] == name and "compile_ns" in process:
            by_program.setdefault(process["program"], []).append(process["compile_ns"] / 1e6)
    if not by_program:
        return None
    return float(np.mean([np.median(values) for values in by_program.values()]))


def summarise(raw):
    """What the table shows, as plain data."""
    summary = {FULL: {"compile_ms": compile_ms(raw, FULL)}}
    for factor in raw["factors"]:
        name = factor["name"]
        found = of_factor(raw, name)
        if not found:
            summary[name] = {"state": "not measured, or failed"}
            continue
        best = max(found, key=lambda program: found[program]["steady"].value)
        worst = min(found, key=lambda program: found[program]["steady"].value)
        summary[name] = {
            "programs": len(found),
            "certain": sum(is_certain(metrics["steady"]) for metrics in found.values()),
            "compile_ms": compile_ms(raw, name),
            "best": [best, found[best]["steady"].value],
            "worst": [worst, found[worst]["steady"].value],
            "by_program": {program: {metric: ratio.plain() for metric, ratio in metrics.items()}
                           for program, metrics in found.items()}}
        for metric in stats.METRICS:
            mean = geometric_mean(found, metric)
            if mean is not None:
                summary[name][metric] = mean.plain()
    return summary
