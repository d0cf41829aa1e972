"""Pictures of what was measured, on logarithmic scales."""

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sklearn_mtl.inspection._plot._style import COLORS, DARK, LEGEND, hide_spines

from .growth import NAMES

_STYLES = {
    "roofline": {"color": DARK, "linestyle": "--", "label": "roofline"},
    "by hand": {"color": COLORS[1], "marker": "s", "label": "hand-written loop"},
    "plain": {"color": COLORS[0], "marker": "o", "label": 'ours, "plain"'},
    "default": {"color": COLORS[2], "marker": "^", "label": 'ours, "default"'},
}
_STREAMED = {"linestyle": ":", "markerfacecolor": "white"}
_STREAM = {
    "by hand": {**_STYLES["by hand"], **_STREAMED, "label": "by hand, streamed"},
    "plain": {**_STYLES["plain"], **_STREAMED, "label": "ours, partial_fit"},
}
_SIZE = {"markersize": 4}
_HEIGHT, _PANEL = 3.4, 3.3  # inches


def draw_speeds(sweeps: dict[str, pd.DataFrame], path: Path) -> None:
    """Save a panel of rows per second in training for each sweep, on one scale."""
    figure, panels = _make_panels(len(sweeps), sharey=True)
    for ax, (by, lines) in zip(panels, sweeps.items(), strict=True):
        _draw_methods(ax, lines[lines["kind"] == "binary"], by, "rows_per_s")
    panels[0].set_ylabel("rows per second, training")
    _finish(figure, panels, path)


def draw_rows(fits: pd.DataFrame, streams: pd.DataFrame, path: Path) -> None:
    """Save speed, seconds and memory against the number of rows."""
    figure, panels = _make_panels(3)
    speed, seconds, memory = panels
    _draw_methods(speed, fits, "rows", "rows_per_s")
    for method, style in _STREAM.items():
        lines = streams[streams["method"] == method]
        speed.plot(lines["rows"], lines["rows_per_s"], **style, **_SIZE)
    for lines, streamed in ((fits, False), (streams, True)):
        ours = lines[lines["method"] == "plain"]
        ours = ours.assign(epoch_s=ours["rows"] / ours["rows_per_s"])
        for ax, value in ((seconds, "epoch_s"), (memory, "memory_mb")):
            style = (_STREAM if streamed else _STYLES)["plain"]
            ax.plot(ours["rows"], ours[value], **style, **_SIZE)
        before = {"color": COLORS[3], "marker": "D", "label": "all before"}
        style = before | (_STREAMED if streamed else {})
        seconds.plot(ours["rows"], ours["setup_s"], **style, **_SIZE)
    seconds.legend(seconds.lines[:2], ["an epoch", "all that comes before"], **LEGEND)
    speed.set_ylabel("rows per second, training")
    seconds.set_ylabel("seconds, ours")
    memory.set_ylabel("MB beyond the table, ours")
    for ax in (seconds, memory):
        ax.set(xscale="log", yscale="log", xlabel="rows")
    memory.set_ylim(bottom=1)  # less is the noise of the allocator
    _finish(figure, panels, path)


def draw_predictions(sweeps: dict[str, pd.DataFrame], path: Path) -> None:
    """Save a panel of rows per second in prediction for each sweep."""
    figure, panels = _make_panels(len(sweeps))
    for ax, (by, lines) in zip(panels, sweeps.items(), strict=True):
        measured = lines[lines["method"] != "roofline"]
        _draw_methods(
            ax, measured[measured["kind"] == "binary"], by, "predict_rows_per_s"
        )
    panels[0].set_ylabel("rows per second, prediction")
    _finish(figure, panels, path)


def _make_panels(n: int, sharey: bool = False) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(_PANEL * n, _HEIGHT), layout="constrained")
    return figure, list(figure.subplots(1, n, sharey=sharey, squeeze=False)[0])


def _draw_methods(ax: Axes, lines: pd.DataFrame, by: str, value: str) -> None:
    for method, style in _STYLES.items():
        points = lines[lines["method"] == method].sort_values(by)
        if len(points):
            ax.plot(points[by], points[value], **style, **_SIZE)
    ax.set(xscale="log", yscale="log", xlabel=NAMES[by])


def _finish(figure: Figure, panels: list[Axes], path: Path) -> None:
    """Add the legend of the first panel above all, and save."""
    for ax in panels:
        hide_spines(ax)
        ax.grid(color="0.92", linewidth=0.6)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=6, **LEGEND)
    figure.savefig(path, dpi=150)
