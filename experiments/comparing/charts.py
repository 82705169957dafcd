"""Two charts: speed and peak memory of every program, relative to the baseline."""

import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator  # noqa: E402

from comparing import stats  # noqa: E402
from comparing.measure import START_UP  # noqa: E402
from comparing.programs import KINDS  # noqa: E402

# Okabe and Ito's palette, told apart with any colour vision, and a marker each.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
MARKERS = ("o", "s", "D", "^", "v", "P")
STYLE = {
    "font.family": "DejaVu Sans", "font.size": 8.5, "axes.linewidth": 0.6,
    "axes.spines.top": False, "axes.spines.right": False, "axes.spines.left": False,
    "svg.fonttype": "none", "figure.facecolor": "white",
}
# Inches.
WIDTH, LEFT, BOTTOM, ROW = 7.2, 1.75, 0.5, 0.165
NAME_LENGTH = 14
TICKS = [m * 10 ** e for e in range(-3, 4) for m in (1, 2, 5)]
DENSE_TICKS = [m * 10 ** e for e in range(-3, 4) for m in (1, 1.5, 2, 3, 5, 7)]


def rows(raw, comparisons):
    """The chart's rows from top to bottom: (label, style, program or group), None for a gap."""
    shown = [name for name in raw["programs"]
             if any(name in compared for compared in comparisons.values())]
    lines = []
    for kind in KINDS:
        names = [name for name in shown if raw["programs"][name]["kind"] == kind]
        if names:
            lines += [(f"{kind}", "heading", None)]
            lines += [(name, "program", name) for name in names]
            lines += [("geometric mean", "mean", kind), None]
    if any(START_UP in compared for compared in comparisons.values()):
        lines += [(START_UP + " (-c pass)", "program", START_UP), None]
    return lines + [("geometric mean of all", "mean", "all")]


def draw(raw, metrics, axis_label, title, paths):
    """One chart. `metrics` maps a metric to its label; the first one is drawn filled."""
    grouped = stats.cells(raw["processes"])
    comparisons = {own: stats.compare(raw, own, grouped)
                   for own in raw["pythons"] if own != raw["baseline"]}
    if not any(comparisons.values()):
        return False
    lines = rows(raw, comparisons)
    with plt.rc_context(STYLE):
        edges = columns(comparisons)
        figure, axis = canvas(len(lines), edges, len(metrics))
        extremes = [1.0]
        for index, (own, compared) in enumerate(comparisons.items()):
            averages = stats.means(raw, compared)
            shift = (index - (len(comparisons) - 1) / 2) * 0.5 / max(len(comparisons), 2)
            for y, line in enumerate(lines):
                if line is None or line[1] == "heading":
                    continue
                entry = (compared if line[1] == "program" else averages).get(line[2], {})
                number(axis, entry, metrics, edges[index], COLOURS[index % 6], y,
                       line[1] == "mean")
                for order, metric in enumerate(metrics):
                    if metric == "steady" and line[2] == START_UP:
                        continue
                    if metric in entry:
                        point(axis, entry[metric], y + shift, COLOURS[index % 6],
                              MARKERS[index % 6], order == 0, line[1] == "mean")
                        extremes += [entry[metric].value] + (entry[metric].low_high or [])
        decorate(axis, lines, extremes, axis_label)
        legend(axis, comparisons, edges, metrics, raw["baseline"])
        figure.text(0.12 / WIDTH, 1 - 0.1 / figure.get_figheight(), title, ha="left", va="top",
                    fontsize=10.5, fontweight="bold")
        for path in paths:
            figure.savefig(path, dpi=200)
        plt.close(figure)
    return True


def columns(names):
    """Right edges of the columns of numbers, in inches from the chart's right edge."""
    edges, at = [], 0.0
    for name in names:
        at += max(0.46, 0.064 * min(len(name), NAME_LENGTH) + 0.12)
        edges.append(at)
    return edges


def canvas(rows_shown, edges, metrics_shown):
    """A figure whose margins are inches, whatever its height: one row is one height."""
    top = 0.62 + 0.16 * (metrics_shown - 1)
    height = top + BOTTOM + ROW * rows_shown
    right = 0.12 + edges[-1]
    figure = plt.figure(figsize=(WIDTH, height))
    axis = figure.add_axes((LEFT / WIDTH, BOTTOM / height, (WIDTH - LEFT - right) / WIDTH,
                            ROW * rows_shown / height))
    return figure, axis


def beside(axis, edge, y, text, **style):
    """Text in a column beside the chart."""
    x = 1 + (edge + 0.04) / (axis.get_position().width * WIDTH)
    axis.text(x, y, text, transform=axis.get_yaxis_transform(), ha="right", **style)


def number(axis, entry, metrics, edge, colour, y, bold):
    """The first metric that the row has, as a number beside the chart."""
    found = [metric for metric in metrics if metric in entry]
    value = entry[found[0]].value if found else None
    text = "–" if value is None else f"{value:.2f}" if value < 10 else f"{value:.1f}"
    beside(axis, edge, y, text, va="center", fontsize=7, color=colour,
           fontweight="bold" if bold else "normal")


def point(axis, ratio, y, colour, marker, filled, is_mean):
    if ratio.low_high:
        axis.plot(ratio.low_high, [y, y], color=colour, linewidth=1.0, alpha=0.7, zorder=2,
                  solid_capstyle="butt")
    axis.plot([ratio.value], [y], marker=marker, color=colour, linestyle="none",
              markerfacecolor=colour if filled else "white", markeredgewidth=0.9,
              markersize=5.2 if is_mean else 3.8, zorder=4 if filled else 3)


def decorate(axis, lines, extremes, axis_label):
    axis.set_xscale("log")
    axis.set_xlim(min(extremes) / 1.15, max(extremes) * 1.15)
    low, high = axis.get_xlim()
    ticks = [tick for tick in (DENSE_TICKS if high / low < 15 else TICKS) if low <= tick <= high]
    if high / low < 4:
        step = 0.1 if high - low < 1 else 0.25
        ticks = [round(step * n, 2) for n in range(1, 40) if low <= step * n <= high]
    axis.xaxis.set_major_locator(FixedLocator(ticks))
    axis.xaxis.set_minor_locator(NullLocator())
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}×"))
    axis.set_xlabel(axis_label)
    axis.grid(axis="x", color="#dddddd", linewidth=0.5)
    axis.set_axisbelow(True)
    axis.axvline(1.0, color="#444444", linewidth=0.9, zorder=1)
    axis.set_ylim(len(lines) - 0.4, -0.6)
    axis.set_yticks([y for y, line in enumerate(lines) if line])
    axis.set_yticklabels([line[0] for line in lines if line])
    axis.tick_params(axis="y", length=0)
    for label, line in zip(axis.get_yticklabels(), [line for line in lines if line]):
        label.set_fontweight("normal" if line[1] == "program" else "bold")
        label.set_color("#666666" if line[1] == "heading" else "black")
    for y, line in enumerate(lines):
        if line and line[1] == "mean":
            axis.axhspan(y - 0.5, y + 0.5, color="#f3f3f3", zorder=0)


def legend(axis, comparisons, edges, metrics, baseline):
    for index, own in enumerate(comparisons):
        beside(axis, edges[index], -0.9, own[:NAME_LENGTH], va="bottom", fontsize=7.5,
               color=COLOURS[index % 6])
    handles, labels = [], []
    for index, own in enumerate(comparisons):
        for order, label in enumerate(metrics.values()):
            handles.append(plt.Line2D(
                [], [], marker=MARKERS[index % 6], color=COLOURS[index % 6], linewidth=1.0,
                markersize=4.5, markerfacecolor=COLOURS[index % 6] if order == 0 else "white"))
            labels.append(f"{own}, {label}" if label else own)
    handles.append(plt.Line2D([], [], color="#444444", linewidth=0.9))
    labels.append(f"{baseline} (baseline)")
    axis.legend(handles, labels, loc="lower left", bbox_to_anchor=(-0.02, 1.0), frameon=False,
                ncol=len(comparisons) + 1 if len(metrics) > 1 else 4, fontsize=8,
                handlelength=1.6, columnspacing=1.4, borderaxespad=0.2)


def draw_all(raw, folder):
    """Writes speed and memory charts as PNG and SVG. Returns the files."""
    note = f"{stats.CONFIDENCE:.0%} intervals, log scale"
    written = []
    for name, metrics, label, title in (
            ("speed", {"steady": "steady state", "whole": "whole run"},
             f"times as fast as {raw['baseline']} (right is faster; {note}; numbers: steady state)",
             f"Speed relative to {raw['baseline']}"),
            ("memory", {"memory": ""},
             f"peak resident memory, times that of {raw['baseline']} (left is less; {note})",
             f"Peak memory relative to {raw['baseline']}")):
        paths = [folder / f"{name}.png", folder / f"{name}.svg"]
        if draw(raw, metrics, label, title, paths):
            written += paths
    return written
