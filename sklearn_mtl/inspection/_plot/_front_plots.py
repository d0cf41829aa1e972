"""The two ways to draw candidates and their front: points, and lines over tasks."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sklearn_mtl.inspection._plot._style import (
    BEST_COLOR,
    DARK,
    PALE,
    add_colorbar,
    add_legend_over_row,
    hide_spines,
    import_pyplot,
    longest,
    merge_style,
    shorten_name,
)

_LINE = "lines.Line2D"
_LOWER_EDGE = -0.1


@dataclass
class FrontPlot(ABC):
    """Candidates to draw; shares are those of the tasks in the weights, if known."""

    scores: np.ndarray
    shares: np.ndarray | None
    front: np.ndarray
    names: list[str]
    best: int | None
    score_name: str

    @property
    @abstractmethod
    def figure_size(self) -> tuple[float, float]:
        """Width and height in inches."""

    @property
    def limits(self) -> tuple[np.ndarray, np.ndarray]:
        """The worst and the best score of each task that the plot has room for.

        A task without weight is not learnt: chance would flatten all else.
        """
        there = self.scores[~np.isnan(self.scores).any(axis=1)]
        learnt = self.scores[self.learnt & ~np.isnan(self.scores).any(axis=1)]
        low = (learnt if len(learnt) > 1 else there).min(axis=0)
        return low, there.max(axis=0)

    @property
    def learnt(self) -> np.ndarray:
        """Which candidates have a weight on every task."""
        if self.shares is None:
            return np.ones(len(self.scores), dtype=bool)
        return np.all(self.shares > 0, axis=1)

    @property
    def equal(self) -> int | None:
        """The best candidate with equal weights, if there is one."""
        if self.shares is None:
            return None
        same = np.isclose(self.shares, 1 / self.shares.shape[1]).all(axis=1)
        same &= ~np.isnan(self.scores).any(axis=1)
        if not same.any():
            return None
        return int(np.argmax(np.where(same, self.scores.mean(axis=1), -np.inf)))

    def make_axes(self) -> Any:
        plt = import_pyplot("ParetoFrontDisplay.plot")
        return plt.subplots(figsize=self.figure_size, layout="constrained")[1]

    def draw_points(self, ax: Any, given: Mapping[str, Any] | None) -> Any:
        return None

    def add_colorbar(self, ax: Any) -> Any:
        return None

    @abstractmethod
    def draw_lines(self, ax: Any, given: Mapping[str, Any] | None) -> list[Any]:
        """Draw what joins points or tasks; return the lines."""

    @abstractmethod
    def mark_best(self, ax: Any, given: Mapping[str, Any] | None) -> Any:
        """Mark the best candidate, if there is one."""

    @abstractmethod
    def mark_equal(self, ax: Any, given: Mapping[str, Any] | None) -> Any:
        """Mark equal weights, if a candidate has them."""

    @abstractmethod
    def label(self, ax: Any) -> None:
        """Name the axes."""


class ScatterPlot(FrontPlot):
    """Two tasks: a point per candidate, and the front as a line."""

    figure_size = (5.6, 4.2)

    def draw_points(self, ax: Any, given: Mapping[str, Any] | None) -> Any:
        style: dict[str, Any] = {"s": 26, "linewidths": 0, "zorder": 3}
        if self.shares is not None:
            style |= {"c": self.shares[:, 0], "cmap": "viridis", "vmin": 0, "vmax": 1}
        else:
            style |= {"color": DARK}
        style["alpha"] = np.where(self.front, 1, 0.45)
        self._points = ax.scatter(*self.scores.T, **{**style, **(given or {})})
        return self._points

    def draw_lines(self, ax: Any, given: Mapping[str, Any] | None) -> list[Any]:
        style = merge_style(
            _LINE, given, color=DARK, linewidth=1.2, zorder=2, label="not dominated"
        )
        on_front = self.scores[self.front]
        return ax.plot(*on_front[np.lexsort(on_front.T[::-1])].T, **style)

    def mark_best(self, ax: Any, given: Mapping[str, Any] | None) -> Any:
        defaults = {"color": BEST_COLOR, "markersize": 15, "marker": "*"}
        return self._mark(ax, self.best, given, label="best", **defaults)

    def mark_equal(self, ax: Any, given: Mapping[str, Any] | None) -> Any:
        defaults = {"color": "black", "markersize": 11, "marker": "D"}
        return self._mark(ax, self.equal, given, label="equal weights", **defaults)

    def _mark(self, ax: Any, c: int | None, given: Any, **defaults: Any) -> Any:
        if c is None:
            return None
        style = merge_style(
            _LINE,
            given,
            linestyle="",
            markerfacecolor="none",
            markeredgewidth=1.4,
            zorder=4,
            **defaults,
        )
        return ax.plot(*self.scores[c], **style)[0]

    def label(self, ax: Any) -> None:
        x, y = (shorten_name(name, 26) for name in self.names)
        ax.set_xlabel(f"{self.score_name} of {x}")
        ax.set_ylabel(f"{self.score_name} of {y}")
        self._set_limits(ax)
        ax.locator_params(nbins=6)
        hide_spines(ax)
        add_legend_over_row([ax], ax.get_legend_handles_labels()[0])

    def _set_limits(self, ax: Any) -> None:
        """Mark the candidates outside at the edges that they are behind."""
        low, high = self.limits
        margin = 0.06 * (high - low)
        margin[margin == 0] = 0.05
        low, high = low - margin, high + margin
        outside = ((self.scores < low) | (self.scores > high)).any(axis=1)
        if outside.any():
            inset = 0.25 * margin
            x, y = np.clip(self.scores[outside], low + inset, high - inset).T
            style = {"color": DARK, "linestyle": "", "label": "a task has no weight"}
            ax.plot(x, y, marker="x", markersize=5, **style)
        ax.set_xlim(low[0], high[0])
        ax.set_ylim(low[1], high[1])

    def add_colorbar(self, ax: Any) -> Any:
        if self.shares is None:
            return None
        label = f"share of {shorten_name(self.names[0])}"
        bar = add_colorbar(ax, self._points, label)
        bar.solids.set_alpha(1)
        return bar


class ParallelPlot(FrontPlot):
    """More tasks: a line per candidate over the tasks, each from worst to best."""

    @property
    def figure_size(self) -> tuple[float, float]:
        n_tasks, letters = len(self.names), longest(self._shown)
        if self._slanted:
            return min(2.6 + 0.95 * n_tasks, 16), 4.0 + 0.06 * letters
        return 2.4 + n_tasks * self._name_width, 4.0

    @property
    def _shown(self) -> list[str]:
        return [shorten_name(name, 24) for name in self.names]

    @property
    def _name_width(self) -> float:
        """How many inches a task takes if the names stand side by side."""
        return max(0.9, 0.2 + 0.085 * longest(self._shown))

    @property
    def _slanted(self) -> bool:
        return len(self.names) * self._name_width > 12

    def draw_lines(self, ax: Any, given: Mapping[str, Any] | None) -> list[Any]:
        self._low, self._high = self.limits
        self._heights = self._rescale(self.scores)
        means = self.scores.mean(axis=1)
        colors = self._color(means)
        # Of a crowd, those with a good mean stand out.
        alpha = np.full(len(means), np.clip(60 / self.front.sum(), 0.2, 1))
        alpha[means >= np.quantile(means[self.front], 0.9)] = 1
        alpha[~self.learnt] *= 0.35
        lines = []
        for c, height in enumerate(self._heights):
            style = {"color": PALE, "linewidth": 0.7, "zorder": 1, "alpha": 0.6}
            if self.front[c]:
                on_front = {"color": colors[c], "alpha": alpha[c], "linewidth": 1.2}
                style = merge_style(_LINE, given, **on_front, zorder=1 + alpha[c])
            lines += ax.plot(height, **style)
        return lines

    def mark_best(self, ax: Any, given: Mapping[str, Any] | None) -> Any:
        defaults = {"color": BEST_COLOR, "linewidth": 2.4, "marker": "o"}
        return self._mark(ax, self.best, given, label="best", **defaults)

    def mark_equal(self, ax: Any, given: Mapping[str, Any] | None) -> Any:
        defaults = {"color": "black", "linewidth": 1.8, "linestyle": "--"}
        return self._mark(ax, self.equal, given, label="equal weights", **defaults)

    def label(self, ax: Any) -> None:
        positions = range(len(self.names))
        for t in positions:
            ax.axvline(t, color="0.6", linewidth=0.7, zorder=0)
            text: dict[str, Any] = {"ha": "center", "fontsize": "x-small"}
            text["bbox"] = {"color": ax.get_facecolor(), "alpha": 0.7, "pad": 0.5}
            low, high = _show(self._low[t]), _show(self._high[t])
            ax.text(t, -0.02, low, verticalalignment="top", **text)
            ax.text(t, 1.02, high, verticalalignment="bottom", **text)
        rotation: dict[str, Any] = {}
        if self._slanted:
            rotation = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"}
        ax.set_xticks(positions, self._shown, **rotation)
        ax.set_xlim(-0.4, len(self.names) - 0.6)
        ax.set_ylim(_LOWER_EDGE, 1.09)
        ax.set_yticks([])
        ax.tick_params(axis="x", length=0)
        ax.set_ylabel(f"{self.score_name}, from worst to best")
        hide_spines(ax, "left", "bottom")
        ax.plot([], [], color=PALE, label="dominated")
        add_legend_over_row([ax], ax.get_legend_handles_labels()[0])

    def add_colorbar(self, ax: Any) -> Any:
        label = f"mean {self.score_name} if not dominated"
        return add_colorbar(ax, self._scale, label)

    def _mark(self, ax: Any, c: int | None, given: Any, **defaults: Any) -> Any:
        if c is None:
            return None
        style = merge_style(_LINE, given, markersize=4, zorder=4, **defaults)
        return ax.plot(self._heights[c], **style)[0]

    def _rescale(self, scores: np.ndarray) -> np.ndarray:
        """Return the height of each score: 0 for the worst of the task, 1 for the best.

        A task on which all are equal is drawn in the middle, and what there is no room
        for at the lower edge.
        """
        span = self._high - self._low
        flat = span == 0
        heights = np.where(flat, 0.5, (scores - self._low) / np.where(flat, 1, span))
        return np.maximum(heights, _LOWER_EDGE)

    def _color(self, means: np.ndarray) -> np.ndarray:
        """Return the colour of each candidate, and keep the scale of the colours."""
        from matplotlib.cm import ScalarMappable
        from matplotlib.colors import Normalize

        shown = means[self.front & self.learnt]
        if not len(shown):
            shown = means[self.front]
        self._scale = ScalarMappable(Normalize(shown.min(), shown.max()), "viridis")
        return self._scale.to_rgba(np.nan_to_num(means, nan=shown.min()))


def _show(score: float) -> str:
    return f"{score:.3g}"
