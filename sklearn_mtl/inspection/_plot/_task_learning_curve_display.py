from collections.abc import Mapping
from typing import Any

import numpy as np

from sklearn_mtl._validation import parameter_error
from sklearn_mtl.inspection._plot._panels import PanelGrid, choose_n_columns
from sklearn_mtl.inspection._plot._style import (
    COLORS,
    DARK,
    add_legend_over_row,
    hide_spines,
    merge_style,
    shorten_name,
)

_COLUMNS = ["baseline_mean", "baseline_std", "mean", "std", "verdict"]
# A wider range of sizes than this is on a logarithmic axis.
_MAX_LINEAR_RATIO = 5
# As a fraction of the axis, so that labels do not touch.
_MIN_TICK_DISTANCE = 0.17
_VERDICT_MARKERS = {"helps": "^", "hurts": "v", "no evidence": "o"}


class TaskLearningCurveDisplay:
    """Score of every task over the size of the training part: where sharing pays.

    There is a panel per task, with a line for the baseline and for each estimator that
    is compared with it, and a band of one standard deviation over folds. The mark at
    each size says whether the estimator helps the task there, hurts it, or whether
    there is no evidence.

    It is recommended to create it with :meth:`from_comparison`. All parameters are
    stored as attributes.

    Parameters
    ----------
    learning_curve : DataFrame
        Indexed by estimator, train_size and task, with the columns "baseline_mean",
        "baseline_std", "mean", "std" and "verdict", as of
        :meth:`~sklearn_mtl.model_selection.TaskComparison.learning_curve`.
    baseline : str, default="baseline"
        The name of the baseline.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes that were given, or the first panel.
    axes_ : ndarray of matplotlib Axes
        The panels, in the order of the tasks.
    figure_ : matplotlib Figure
        The figure.
    lines_ : list of dict of str to matplotlib Line2D
        For each task, the line of each estimator and of the baseline.
    bands_ : list of dict of str to matplotlib PolyCollection
        For each task, the band of each.
    verdicts_ : list of dict of str to list of matplotlib Line2D
        For each task, the marks of each estimator, one per size.

    See Also
    --------
    ComparisonDisplay : The differences at the full size.
    sklearn.model_selection.LearningCurveDisplay : The same of one estimator.

    Notes
    -----
    "No evidence" is no proof that the estimators are alike: folds may be too few, or
    the scores too noisy.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_mtl.inspection import TaskLearningCurveDisplay
    >>> rows = pd.MultiIndex.from_product(
    ...     [["joint"], [50, 100, 200], ["a"]],
    ...     names=["estimator", "train_size", "task"],
    ... )
    >>> curve = pd.DataFrame(
    ...     {
    ...         "baseline_mean": [0.6, 0.7, 0.8],
    ...         "baseline_std": 0.01,
    ...         "mean": [0.7, 0.75, 0.8],
    ...         "std": 0.01,
    ...         "verdict": ["helps", "helps", "no evidence"],
    ...     },
    ...     index=rows,
    ... )
    >>> display = TaskLearningCurveDisplay(learning_curve=curve, baseline="single")
    >>> display.plot().lines_[0]["joint"].get_ydata()
    array([0.7 , 0.75, 0.8 ])
    """

    def __init__(self, *, learning_curve: Any, baseline: str = "baseline") -> None:
        self.learning_curve = learning_curve
        self.baseline = baseline

    def plot(
        self,
        *,
        ax: Any = None,
        line_kw: Mapping[str, Any] | None = None,
        fill_between_kw: Mapping[str, Any] | None = None,
    ) -> "TaskLearningCurveDisplay":
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib Axes or array of them, default=None
            Where to draw. Single axes are divided if there are several tasks; an array
            must have one for each task. By default a new figure.
        line_kw : dict, default=None
            Options of the lines, as of :meth:`matplotlib.axes.Axes.plot`.
        fill_between_kw : dict, default=None
            Options of the bands, as of :meth:`matplotlib.axes.Axes.fill_between`.

        Returns
        -------
        TaskLearningCurveDisplay
            The display itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If the table is not one of learning curves.
        """
        table = self.learning_curve
        self._check(table)
        tasks = list(dict.fromkeys(table.index.get_level_values("task")))
        n_tasks = len(tasks)
        grid = PanelGrid(
            "TaskLearningCurveDisplay",
            n_tasks,
            n_columns=choose_n_columns(n_tasks),
            panel_size=(5.2, 3.8) if n_tasks == 1 else (3.0, 2.5),
            extra_size=(0.3, 0.5),
        )
        self.axes_ = grid.make_axes(ax)
        self.ax_ = grid.main_axes(ax, self.axes_)
        self.figure_ = self.ax_.figure
        self.lines_: list[dict[str, Any]] = []
        self.bands_: list[dict[str, Any]] = []
        self.verdicts_: list[dict[str, Any]] = []
        for panel, task in zip(self.axes_, tasks, strict=True):
            of_task = table.xs(task, level="task")
            self._draw_task(panel, of_task, line_kw, fill_between_kw)
        self._label(grid, table, tasks)
        return self

    @classmethod
    def from_comparison(
        cls,
        comparison: Any,
        *,
        ax: Any = None,
        line_kw: Mapping[str, Any] | None = None,
        fill_between_kw: Mapping[str, Any] | None = None,
    ) -> "TaskLearningCurveDisplay":
        """Draw the learning curves of a comparison.

        Parameters
        ----------
        comparison : TaskComparison
            A comparison that was made with `train_sizes`.
        ax : matplotlib Axes or array of them, default=None
            Where to draw. By default a new figure.
        line_kw : dict, default=None
            Options of the lines, as of :meth:`matplotlib.axes.Axes.plot`.
        fill_between_kw : dict, default=None
            Options of the bands, as of :meth:`matplotlib.axes.Axes.fill_between`.

        Returns
        -------
        TaskLearningCurveDisplay
            The display, drawn.

        Raises
        ------
        ImportError
            If matplotlib or pandas is not installed.
        ValueError
            If the comparison was made without `train_sizes`.
        """
        if getattr(comparison, "train_sizes_", None) is None:
            raise parameter_error(
                "comparison",
                "TaskLearningCurveDisplay.from_comparison",
                "made with train_sizes, such as "
                "compare_estimators(..., train_sizes=[0.25, 0.5, 1.0])",
                "one without",
            )
        display = cls(
            learning_curve=comparison.learning_curve(), baseline=comparison.baseline_
        )
        return display.plot(ax=ax, line_kw=line_kw, fill_between_kw=fill_between_kw)

    def _check(self, table: Any) -> None:
        levels = {"estimator", "train_size", "task"}
        names = set(getattr(getattr(table, "index", None), "names", []))
        if not levels <= names or not set(_COLUMNS) <= set(table.columns):
            raise parameter_error(
                "learning_curve",
                "TaskLearningCurveDisplay",
                "a DataFrame indexed by estimator, train_size and task with the "
                f"columns {', '.join(_COLUMNS)}",
                repr(table)[:80],
            )

    def _draw_task(
        self,
        panel: Any,
        of_task: Any,
        line_kw: Mapping[str, Any] | None,
        fill_between_kw: Mapping[str, Any] | None,
    ) -> None:
        estimators = list(dict.fromkeys(of_task.index.get_level_values("estimator")))
        lines, bands, verdicts = {}, {}, {}
        for e, name in enumerate([self.baseline, *estimators]):
            rows = of_task.xs(name if e else estimators[0], level="estimator")
            means, stds = ("mean", "std") if e else ("baseline_mean", "baseline_std")
            color = COLORS[(e - 1) % len(COLORS)] if e else DARK
            style = {"color": color, "linestyle": "-" if e else "--", "zorder": 3}
            sizes, mean = rows.index.to_numpy(), rows[means].to_numpy()
            if len(sizes) == 1:
                style |= {"marker": "_", "markersize": 9}
            merged = merge_style("lines.Line2D", line_kw, **style)
            label = shorten_name(name)
            lines[name] = panel.plot(sizes, mean, label=label, **merged)[0]
            std = rows[stds].to_numpy()
            shade = {"color": color, "alpha": 0.15, "linewidth": 0}
            shade |= dict(fill_between_kw or {})
            bands[name] = panel.fill_between(sizes, mean - std, mean + std, **shade)
            if e:
                marks = zip(sizes, mean, rows["verdict"], strict=True)
                verdicts[name] = [_draw_verdict(panel, *m, color) for m in marks]
        self.lines_.append(lines)
        self.bands_.append(bands)
        self.verdicts_.append(verdicts)

    def _label(self, grid: PanelGrid, table: Any, tasks: list[Any]) -> None:
        sizes = np.unique(table.index.get_level_values("train_size"))
        logarithmic = sizes[-1] > _MAX_LINEAR_RATIO * sizes[0]
        for t, panel in enumerate(self.axes_):
            hide_spines(panel)
            panel.set_xscale("log" if logarithmic else "linear")
            panel.set_xlim(*_add_margins(sizes, logarithmic))
            # A tick where there is a point.
            panel.set_xticks(*_thin_out(sizes, logarithmic))
            panel.minorticks_off()
            panel.locator_params(axis="y", nbins=5)
            panel.set_title(shorten_name(tasks[t], 30), loc="left", fontsize="medium")
            if t >= grid.n_panels - grid.n_columns:
                panel.set_xlabel("training rows")
            if grid.is_first_column(t):
                panel.set_ylabel(_name_metric(table, tasks))
        handles = list(self.lines_[0].values())
        first = self.axes_[0]
        handles += [_draw_verdict(first, [], [], v, DARK) for v in _VERDICT_MARKERS]
        add_legend_over_row(self.axes_[: grid.n_columns], handles, above_titles=True)


def _draw_verdict(panel: Any, size: Any, mean: Any, verdict: str, color: str) -> Any:
    """Draw the mark of a verdict, hollow if there is no evidence."""
    style = {"color": color, "marker": _VERDICT_MARKERS[verdict], "markersize": 6}
    if verdict == "no evidence":
        style |= {"markerfacecolor": panel.get_facecolor(), "markersize": 4}
    return panel.plot(size, mean, linestyle="", label=verdict, zorder=4, **style)[0]


def _add_margins(sizes: np.ndarray, logarithmic: bool) -> tuple[float, float]:
    """Return the limits of the panels, the same for all."""
    low, high = float(sizes[0]), float(sizes[-1])
    if logarithmic:
        factor = (high / low) ** 0.05
        return low / factor, high * factor
    margin = 0.05 * (high - low) or 0.5 * low
    return low - margin, high + margin


def _thin_out(sizes: np.ndarray, logarithmic: bool) -> tuple[list[int], list[str]]:
    """Return the sizes that get a tick, and their labels: those far enough apart."""
    places = np.log(sizes) if logarithmic else sizes
    apart = _MIN_TICK_DISTANCE * (places[-1] - places[0])
    kept = [len(sizes) - 1]
    for i in range(len(sizes) - 2, -1, -1):
        if places[kept[-1]] - places[i] >= apart:
            kept.append(i)
    ticks = [int(sizes[i]) for i in reversed(kept)]
    return ticks, [str(size) for size in ticks]


def _name_metric(table: Any, tasks: list[Any]) -> str:
    metrics = set(table["metric"]) if "metric" in table.columns else set()
    return str(metrics.pop()) if len(metrics) == 1 else "score"
