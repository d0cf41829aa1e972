from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from sklearn_mtl._validation import import_optional
from sklearn_mtl.model_selection._compare._task_result import TaskResult

# Told apart without seeing red and green.
VERDICT_COLORS = {"helps": "#0072b2", "hurts": "#d55e00", "no evidence": "#7f7f7f"}


def draw_forest(
    ax: Any,
    tasks: Sequence[str],
    results: Mapping[str, Sequence[TaskResult]],
    title: str,
    xlabel: str,
) -> Any:
    """Draw the difference of each estimator on each task, with its interval.

    Return the axes, new ones if `ax` is None.
    """
    plt = import_optional("matplotlib.pyplot", "plot", "TaskComparison.plot")
    if ax is None:
        size = _figure_size(tasks, list(results))
        ax = plt.subplots(figsize=size, layout="constrained")[1]
    for t in range(0, len(tasks), 2):
        ax.axhspan(t - 0.5, t + 0.5, color="0.96", zorder=0)
    ax.axvline(0, color="black", linewidth=0.8, zorder=1)
    offsets = 0.8 * ((np.arange(len(results)) + 0.5) / len(results) - 0.5)
    for name, offset, marker in zip(results, offsets, _markers(results), strict=True):
        for t, result in enumerate(results[name]):
            _draw_row(ax, t + offset, result, marker)
    if len(results) == 1:
        _write_scores(ax, *results.values())
    _label_axes(ax, tasks, xlabel)
    _add_legends(ax, list(results))
    ax.set_title(title, loc="left", pad=24)
    return ax


def _figure_size(tasks: Sequence[str], names: Sequence[str]) -> tuple[float, float]:
    """Return inches that leave room for the names, and for many tasks up to a point."""
    height = 1.3 + len(tasks) * (0.1 + 0.2 * len(names))
    width = 5.5 + 0.08 * max(map(len, tasks))
    if len(names) > 1:
        # There is a legend at the right, for which as much is left as for short names.
        width += 0.07 * max(max(map(len, names)) - 33, 0)
    return min(width, 12), min(height, 40)


def _draw_row(ax: Any, y: float, result: TaskResult, marker: str) -> None:
    color = VERDICT_COLORS[result.verdict]
    ax.plot([result.ci_low, result.ci_high], [y, y], color=color, linewidth=2, zorder=2)
    ax.plot(result.difference, y, marker=marker, color=color, linestyle="", zorder=3)


def _write_scores(ax: Any, results: Sequence[TaskResult]) -> None:
    """Write the mean scores of both sides at the right of each row."""
    for t, result in enumerate(results):
        scores = f"{result.baseline_mean:.3f} → {result.mean:.3f}"
        ax.text(
            1.02,
            t,
            "no score" if np.isnan(result.difference) else scores,
            transform=ax.get_yaxis_transform(),
            color=VERDICT_COLORS[result.verdict],
            fontsize="small",
            verticalalignment="center",
        )


def _label_axes(ax: Any, tasks: Sequence[str], xlabel: str) -> None:
    ax.set_yticks(range(len(tasks)), tasks)
    ax.set_ylim(len(tasks) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel(xlabel)
    ax.locator_params(axis="x", nbins=6)
    ax.spines[["top", "right", "left"]].set_visible(False)


def _add_legends(ax: Any, names: Sequence[str]) -> None:
    """Explain the colours above, and at the right the markers, if there are several."""
    style = {"borderaxespad": 0.2, "fontsize": "small", "frameon": False}
    lines = [
        ax.plot([], [], color=color, linewidth=2)[0]
        for color in VERDICT_COLORS.values()
    ]
    verdicts = ax.legend(
        lines,
        list(VERDICT_COLORS),
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=3,
        **style,
    )
    if len(names) > 1:
        ax.add_artist(verdicts)
        black = {"color": "black", "linestyle": ""}
        markers = [ax.plot([], [], marker=m, **black)[0] for m in _markers(names)]
        ax.legend(markers, names, loc="upper left", bbox_to_anchor=(1.01, 1), **style)


def _markers(names: Iterable[str]) -> list[str]:
    return ["osD^vPX*"[c % 8] for c, _ in enumerate(names)]
