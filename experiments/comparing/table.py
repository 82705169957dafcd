"""The printed report: one table for each Python that is compared with the baseline."""

import numpy as np

from comparing import stats
from comparing.measure import START_UP

ROW = "{:<20} {:>9} {:>9}  {:<20} {:<20} {:>7}  {:<20}"


def milliseconds(values):
    if not values:
        return "-"
    value = np.median(values) / 1e6
    return f"{value:.1f}" if value < 1000 else f"{value:.0f}"


def megabytes(values):
    return f"{np.median(values) / 1024:.1f}" if values else "-"


def with_interval(ratio):
    if ratio is None:
        return ""
    if ratio.low_high is None:
        return f"{ratio.value:.2f}"
    return "{:.2f} [{:.2f}, {:.2f}]".format(ratio.value, *ratio.low_high)


def contender(raw, own, grouped):
    """The lines of one Python against the baseline."""
    baseline = raw["baseline"]
    compared = stats.compare(raw, own, grouped)
    yield f"{own} against {baseline}"
    yield ROW.format("", baseline[:9], own[:9], "steady state", "whole run", own[:7],
                     "peak memory").rstrip()
    yield ROW.format("program", "ms", "ms", "x as fast", "x as fast", "MB", "x memory").rstrip()
    empty = stats.Cell()
    for program in raw["programs"]:
        mine, base = grouped.get((program, own), empty), grouped.get((program, baseline), empty)
        state = mine.state() or (base.state() and f"{baseline}: {base.state()}")
        if state:
            yield ROW.format(program, milliseconds(base.steady), milliseconds(mine.steady),
                             state, "", "", "").rstrip()
            continue
        ratios = compared[program]
        yield ROW.format(program, milliseconds(base.steady), milliseconds(mine.steady),
                         with_interval(ratios["steady"]), with_interval(ratios["whole"]),
                         megabytes(mine.memory), with_interval(ratios["memory"])).rstrip()
    groups = stats.means(raw, compared)
    if groups:
        yield "geometric mean"
    for group, entry in groups.items():
        title = f"  {group} ({entry['programs']})"
        yield ROW.format(title, "", "", with_interval(entry["steady"]),
                         with_interval(entry["whole"]), "", with_interval(entry["memory"])).rstrip()
    mine, base = grouped.get((START_UP, own), empty), grouped.get((START_UP, baseline), empty)
    start = compared.get(START_UP, {})
    yield ROW.format("start-up (-c pass)", milliseconds(base.whole), milliseconds(mine.whole),
                     mine.state(), with_interval(start.get("whole")), megabytes(mine.memory),
                     with_interval(start.get("memory"))).rstrip()


def alone(raw, grouped):
    """The baseline's own numbers, where there is nothing to compare it with."""
    name = raw["baseline"]
    row = "{:<20} {:>10} {:>10} {:>8}  {}"
    yield row.format(name, "steady ms", "whole ms", "peak MB", "").rstrip()
    for program in [START_UP] + list(raw["programs"]):
        cell = grouped.get((program, name), stats.Cell())
        yield row.format(program, milliseconds(cell.steady), milliseconds(cell.whole),
                         megabytes(cell.memory), cell.state()).rstrip()


def render(raw):
    grouped = stats.cells(raw["processes"])
    others = [name for name in raw["pythons"] if name != raw["baseline"]]
    blocks = [contender(raw, own, grouped) for own in others] or [alone(raw, grouped)]
    text = "\n\n".join("\n".join(block) for block in blocks)
    rounds = len({process["round"] for process in raw["processes"]})
    notes = [f"Medians over {rounds} process{'es' * (rounds != 1)}; steady state is the second "
             "half of each process's iterations."]
    if others:
        notes.append(f"Faster: above 1. Less memory: below 1. [ ]: {stats.CONFIDENCE:.0%} "
                     "bootstrap interval over processes" +
                     (", which takes at least 2 processes." if rounds < 2 else "."))
    if not raw["complete"]:
        notes.append("Interrupted: these are the results so far.")
    return text + "\n\n" + "\n".join(notes) + "\n"
