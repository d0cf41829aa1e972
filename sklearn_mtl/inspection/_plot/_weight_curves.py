"""The curves of `TaskWeightDisplay`: the score of a task against a share of weight."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sklearn_mtl.inspection._plot._style import (
    COLORS,
    MARKERS,
    merge_style,
    shorten_name,
)

# With more tasks, a panel shows its own task only.
_MAX_TASKS = 4
# With more different shares, the line of means is over a number of intervals.
_MAX_SHARES = 40
_N_INTERVALS = 12


@dataclass(frozen=True)
class Curve:
    """Scores of a task over shares of the weight.

    All arrays are of shape (n_candidates,). The task was learnt where it had a weight.
    """

    label: str
    color: str
    marker: str
    shares: np.ndarray
    scores: np.ndarray
    stds: np.ndarray | None
    has_weight: np.ndarray

    @property
    def _alpha(self) -> float:
        """Let dense points be seen through."""
        return 0.9 if len(self.shares) <= 30 else 0.3

    @property
    def learnt(self) -> np.ndarray:
        return self.has_weight & ~np.isnan(self.scores)

    @property
    def unlearnt(self) -> np.ndarray:
        return ~self.has_weight & ~np.isnan(self.scores)

    @property
    def highest_unlearnt(self) -> float:
        return float(self.scores[self.unlearnt].max(initial=-np.inf))

    def draw_line(self, panel: Any, given: Mapping[str, Any] | None) -> Any:
        style = merge_style(
            "lines.Line2D",
            given,
            color=self.color,
            linewidth=1.8,
            zorder=3,
            label=self.label,
        )
        x, y = _mean_by_share(self.shares[self.learnt], self.scores[self.learnt])
        if len(x) == 1:
            # A line of one point shows in the legend only.
            style = {"marker": self.marker, "markersize": 4, **style}
        return panel.plot(x, y, **style)[0]

    def draw_points(self, panel: Any, given: Mapping[str, Any] | None) -> Any:
        style = merge_style(
            "lines.Line2D",
            given,
            color=self.color,
            marker=self.marker,
            linestyle="",
            markersize=4,
            markeredgewidth=0,
            alpha=self._alpha,
        )
        x, y = self.shares[self.learnt], self.scores[self.learnt]
        return panel.plot(x, y, **style)[0]

    def draw_errorbar(self, panel: Any, given: Mapping[str, Any] | None) -> Any:
        stds = np.zeros(len(self.shares)) if self.stds is None else self.stds
        style = {
            "ecolor": self.color,
            "elinewidth": 0.9,
            "alpha": self._alpha / 1.5,
            "fmt": "none",
        }
        return panel.errorbar(
            self.shares[self.learnt],
            self.scores[self.learnt],
            stds[self.learnt],
            **{**style, **(given or {})},
        )

    def draw_unlearnt(self, panel: Any, low: float) -> None:
        """Draw the scores without weight hollow, those below at the lower edge."""
        x, y = self.shares[self.unlearnt], self.scores[self.unlearnt]
        style = {"color": self.color, "markerfacecolor": "none", "linestyle": ""}
        inside = y >= low
        panel.plot(x[inside], y[inside], marker=self.marker, markersize=4, **style)
        edge = np.full(np.sum(~inside), 0.03)
        panel.plot(
            x[~inside],
            edge,
            marker="v",
            markersize=5,
            transform=panel.get_xaxis_transform(),
            **style,
        )


def make_curves(
    t: int,
    shares: np.ndarray,
    scores: np.ndarray,
    stds: np.ndarray | None,
    names: list[str],
) -> list[Curve]:
    """Return the curves of the panel for the share of task t, one per task shown."""
    shown = range(len(names)) if len(names) <= _MAX_TASKS else [t]
    return [
        Curve(
            shorten_name(names[s]) if len(shown) > 1 else "score of the task",
            COLORS[c],
            MARKERS[c],
            shares[:, t],
            scores[:, s],
            None if stds is None else stds[:, s],
            shares[:, s] > 0,
        )
        for c, s in enumerate(shown)
    ]


def _mean_by_share(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean score at each share, or in intervals if there are many."""
    order = np.argsort(x, kind="stable")
    x, y = x[order], y[order]
    if not len(x):
        return x, y
    starts = np.flatnonzero(np.diff(x.round(9), prepend=-1.0))
    if len(starts) > _MAX_SHARES:
        starts = np.linspace(0, len(x), _N_INTERVALS, endpoint=False).astype(int)
    n = np.diff(starts, append=len(x))
    return np.add.reduceat(x, starts) / n, np.add.reduceat(y, starts) / n
