"""The critical-difference diagram: which methods differ in their mean ranks."""

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from _tables.ranks import critical_difference, find_cliques, friedman_test

NAME, BAR, SCALE = 0.5, 0.25, 0.9  # heights, in units of
UNIT = 0.45  # inches
SMALL, DARK = 8, "0.1"


def draw_differences(ranks: dict[str, pd.DataFrame], path: Path) -> None:
    """Save a diagram for each table of ranks, by title, one below the other."""
    heights = [2 + NAME * table.shape[1] for table in ranks.values()]
    figure = Figure(figsize=(7.5, UNIT * sum(heights)), layout="constrained")
    axes = figure.subplots(len(ranks), squeeze=False, height_ratios=heights)[:, 0]
    for ax, (title, table) in zip(axes, ranks.items(), strict=True):
        draw_diagram(ax, table)
        p = friedman_test(table)
        ax.set_title(f"{title} (Friedman test: p = {p:.1g})", fontsize=9)
    figure.savefig(path, dpi=150)


def draw_diagram(ax: Axes, ranks: pd.DataFrame) -> None:
    """Draw the mean ranks on a line; bars join those that do not differ."""
    n_rows, n_methods = ranks.shape
    means = ranks.mean().sort_values()
    difference = critical_difference(n_methods, n_rows)
    cliques = find_cliques(means.to_numpy(), difference)
    draw_scale(ax, n_methods, difference)
    for level, (first, last) in enumerate(cliques, start=1):
        ends = [means.iloc[first] - 0.04, means.iloc[last] + 0.04]
        ax.plot(ends, [-BAR * level] * 2, color=DARK, linewidth=3)
    draw_names(ax, means, top=-BAR * (len(cliques) + 1))


def draw_scale(ax: Axes, n_methods: int, difference: float) -> None:
    """Draw the line of ranks, and above it the critical difference."""
    ax.set(xlim=(0.4, n_methods + 0.6), xticks=range(1, n_methods + 1), yticks=[])
    ax.spines[["left", "right", "bottom"]].set_visible(False)
    ax.spines["top"].set_position(("data", 0))
    ax.spines["top"].set_bounds(1, n_methods)
    ax.xaxis.tick_top()
    ends = [1, 1 + difference]
    ax.plot(ends, [SCALE] * 2, color=DARK, marker="|")
    text = f"critical difference {difference:.2f}"
    ax.annotate(
        text,
        (ends[1], SCALE),
        (6, 0),
        textcoords="offset points",
        fontsize=SMALL,
        va="center",
    )


def draw_names(ax: Axes, means: pd.Series, top: float) -> None:
    """Write the better half of the methods on the left, the others on the right."""
    n_left = (len(means) + 1) // 2
    for place, (method, mean) in enumerate(means.items()):
        left = place < n_left
        edge = 0.9 if left else len(means) + 0.1
        y = top - NAME * (place if left else len(means) - 1 - place)
        ax.plot([mean, mean, edge], [0, y, y], color="0.4", linewidth=0.8)
        name = str(method).replace("_", " ")
        text = f"{name}  {mean:.2f} " if left else f" {mean:.2f}  {name}"
        align = "right" if left else "left"
        ax.text(edge, y, text, ha=align, va="center", fontsize=SMALL)
    ax.set_ylim(top - NAME * n_left, SCALE + 0.3)
