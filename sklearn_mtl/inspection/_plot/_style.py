"""Colours and styles that the plots share."""

from collections.abc import Iterable, Mapping, Sequence
from math import ceil
from typing import Any

import numpy as np

from sklearn_mtl._validation import import_optional, list_some, parameter_error

# Of Okabe and Ito: told apart whatever colours one sees.
COLORS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"]
MARKERS = ["o", "s", "^", "D", "v", "P"]
BEST_COLOR = "#d55e00"
PALE = "0.75"
DARK = "0.35"

# In inches.
_BAR_WIDTH = 0.17

LEGEND = {"borderaxespad": 0.2, "fontsize": "small", "frameon": False}


def import_pyplot(owner: str) -> Any:
    return import_optional("matplotlib.pyplot", "plot", owner)


def merge_style(
    artist: str, given: Mapping[str, Any] | None, **defaults: Any
) -> dict[str, Any]:
    """Return the style of an artist: the defaults, and over them what was given.

    `artist` is the path of its class in matplotlib, whose aliases such as "c" for
    "color" are understood.
    """
    module, _, name = artist.rpartition(".")
    cbook = import_optional("matplotlib.cbook", "plot", "plot")
    kind = getattr(import_optional(f"matplotlib.{module}", "plot", "plot"), name)
    return {**defaults, **cbook.normalize_kwargs(given, kind)}


def hide_spines(ax: Any, *more: str) -> None:
    ax.spines[["top", "right", *more]].set_visible(False)


def add_legend_over_row(
    panels: Sequence[Any] | np.ndarray,
    handles: Sequence[Any],
    above_titles: bool = False,
) -> Any:
    """Add a legend above a row of panels, in as many lines as it takes.

    It belongs to the first panel. If it may reach over others, or there are titles at
    the left of the panels, all get a blank title in the middle that keeps its room.
    """
    transforms = import_optional("matplotlib.transforms", "plot", "plot")
    first = panels[0]
    # A legend of n columns is as wide as n times its widest entry, at most.
    sizes = [0.45 + 0.065 * len(handle.get_label()) for handle in handles]
    width = _width_of(panels)
    fits = sum(sizes) <= width
    n_columns = len(handles) if fits else max(1, int(width / max(sizes)))
    legend = first.legend(
        handles=handles,
        ncols=n_columns,
        loc="lower left",
        bbox_to_anchor=(-0.02, 1),
        bbox_transform=transforms.offset_copy(
            first.transAxes, first.figure, y=18 * above_titles, units="points"
        ),
        columnspacing=1.2,
        handletextpad=0.4,
        **LEGEND,
    )
    if len(panels) > 1 or above_titles:
        legend.set_in_layout(False)
        n_lines = ceil(len(handles) / n_columns) + above_titles
        for panel in panels:
            if not panel.get_title():
                panel.set_title("\n".join([" "] * n_lines))
    return legend


def add_colorbar(ax: Any, drawn: Any, label: str) -> Any:
    """Add a colour bar at the right, in a part of the space of the axes."""
    width, height = ax.bbox.size / ax.figure.dpi
    # Names of tasks will take a part of the width. The bar is as high as the axes if
    # it may be wide enough.
    fraction = float(np.clip(2.5 * _BAR_WIDTH / width, 0.03, 0.2))
    bar = ax.figure.colorbar(
        drawn, ax=ax, fraction=fraction, pad=0.1 / width, aspect=height / _BAR_WIDTH
    )
    bar.set_label(label)
    bar.outline.set_visible(False)
    return bar


def _width_of(panels: Sequence[Any] | np.ndarray) -> float:
    """Return the inches from the first panel to the last."""
    left, right = panels[0].bbox.x0, panels[-1].bbox.x1
    return (right - left) / panels[0].figure.dpi


def shorten_name(name: Any, limit: int = 28) -> str:
    """Return a name that fits beside a plot, cut in its middle if it is long."""
    name = str(name)
    if len(name) > limit:
        tail = (limit - 1) // 2
        name = f"{name[: limit - 1 - tail]}…{name[-tail:]}"
    return escape_math(name)


def escape_math(text: str) -> str:
    """Return the text such that dollar signs are drawn as they are."""
    return text.replace("$", r"\$")


def longest(names: Iterable[Any]) -> int:
    """Return the length of the longest name."""
    return max((len(str(name)) for name in names), default=0)


def name_tasks(task_names: Iterable[Any] | None, n_tasks: int) -> list[str]:
    """Return the names of the tasks, "task0", "task1", ... if they have none."""
    if task_names is None:
        return [f"task{t}" for t in range(n_tasks)]
    return [str(name) for name in task_names]


def name_tasks_of_candidates(
    task_names: Iterable[Any] | None, best: int | None, scores: np.ndarray, owner: str
) -> list[str]:
    """Return the names of the tasks, and check them and the best of the candidates."""
    n_candidates, n_tasks = scores.shape
    if not n_candidates:
        raise parameter_error("scores", owner, "of at least one candidate", "none")
    names = name_tasks(task_names, n_tasks)
    if len(names) != n_tasks:
        expected = f"{n_tasks} names, as there are columns of the scores"
        raise parameter_error("task_names", owner, expected, list_some(names))
    if best is not None and best not in range(n_candidates):
        expected = f"None or the position of one of the {n_candidates} candidates"
        raise parameter_error("best", owner, expected, repr(best))
    return names


def find_shares(weights: np.ndarray, owner: str) -> np.ndarray:
    """Return the share of each task in the weights of each candidate."""
    sums = weights.sum(axis=1, keepdims=True)
    if not ((weights >= 0).all() and (sums > 0).all() and np.isfinite(sums).all()):
        expected = "finite and non-negative, with one above zero for every candidate"
        raise parameter_error("weights", owner, expected, "other weights")
    return weights / sums
