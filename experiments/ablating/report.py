"""The table and the chart of an ablation."""

from ablating.factors import FULL

ROW = "{:<16} {:<20} {:<20} {:<20} {:>10}  {:<26} {}"


def ratio(plain):
    if not plain:
        return "-"
    if plain["interval"] is None:
        return f"{plain['ratio']:.3f}"
    return "{:.3f} [{:.3f}, {:.3f}]".format(plain["ratio"], *plain["interval"])


def milliseconds(value):
    return "-" if value is None else f"{value:.1f}"


def render(raw):
    summary = raw["summary"]
    lines = [f"What each part is worth: {raw['tiers']} with all parts, over the same without one",
             ROW.format("without", "steady state", "whole run", "memory", "compile ms",
                        "most on", "least on")]
    lines.append(ROW.format(f"({FULL})", "", "", "",
                            milliseconds(summary[FULL]["compile_ms"]), "", "").rstrip())
    for factor in raw["factors"]:
        entry = summary[factor["name"]]
        if "state" in entry:
            lines.append(f"{factor['name']:<16} {entry['state']}")
            continue
        lines.append(ROW.format(
            factor["name"], ratio(entry.get("steady")), ratio(entry.get("whole")),
            ratio(entry.get("memory")), milliseconds(entry["compile_ms"]),
            "{} {:.2f}".format(*entry["best"]), "{} {:.2f}".format(*entry["worst"])).rstrip())
    rounds = len({process["round"] for process in raw["processes"]})
    lines += ["", "Geometric means over programs. Speed above 1: the part makes programs faster; "
              "memory above 1: it takes memory.",
              f"{rounds} process{'es' * (rounds != 1)} each; [ ]: 95% bootstrap interval over "
              "processes" + (", which takes at least 2." if rounds < 2 else ".")]
    if not raw["complete"]:
        lines.append("Interrupted: these are the results so far.")
    return "\n".join(lines) + "\n"


def draw(raw, folder):
    """Writes ablation.png and ablation.svg: the worth of each part on each program."""
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    shown = [factor["name"] for factor in raw["factors"]
             if "by_program" in raw["summary"][factor["name"]]]
    if not shown:
        return []
    style = {"font.family": "DejaVu Sans", "font.size": 8.5, "axes.spines.top": False,
             "axes.spines.right": False, "svg.fonttype": "none"}
    with plt.rc_context(style):
        figure, axis = plt.subplots(figsize=(7.2, 0.9 + 0.3 * len(shown)), layout="constrained")
        for y, name in enumerate(shown):
            entry = raw["summary"][name]
            values = [each["steady"]["ratio"] for each in entry["by_program"].values()]
            axis.plot(values, [y] * len(values), "o", color="#56B4E9", markersize=3.5,
                      markeredgewidth=0, alpha=0.8)
            mean = entry["steady"]
            if mean["interval"]:
                axis.plot(mean["interval"], [y, y], color="#0072B2", linewidth=2)
            axis.plot([mean["ratio"]], [y], "D", color="#0072B2", markersize=6)
        axis.set_xscale("log")
        axis.axvline(1, color="#444444", linewidth=0.9)
        axis.set_yticks(range(len(shown)), [name.lstrip("-") for name in shown])
        axis.invert_yaxis()
        axis.set_xlabel("times as fast with it as without, steady state: "
                        "each program (points), geometric mean (diamonds)")
        paths = [folder / "ablation.png", folder / "ablation.svg"]
        for path in paths:
            figure.savefig(path, dpi=200)
        plt.close(figure)
    return paths
