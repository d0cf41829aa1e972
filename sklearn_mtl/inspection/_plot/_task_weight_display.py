from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sklearn_mtl._validation import parameter_error
from sklearn_mtl.inspection._plot._candidates import read_candidates
from sklearn_mtl.inspection._plot._panels import PanelGrid, choose_n_columns
from sklearn_mtl.inspection._plot._style import (
    DARK,
    add_legend_over_row,
    find_shares,
    hide_spines,
    merge_style,
    name_tasks_of_candidates,
    shorten_name,
)
from sklearn_mtl.inspection._plot._weight_curves import Curve, make_curves


class TaskWeightDisplay:
    """Score of every task against the share of the weight that a task gets.

    A candidate of a search with task weights λ is drawn at its share::

        λ_t / sum_s λ_s

    For two tasks one share says all, and there is one panel. For more, there is a panel
    for the share of each task. Candidates with the same share differ in how the rest is
    divided; the line is their mean. With more than four tasks, a panel has only the
    score of the task whose share it is.

    It is recommended to create it with :meth:`from_cv_results`. All parameters are
    stored as attributes.

    Parameters
    ----------
    weights : array-like of shape (n_candidates, n_tasks)
        The task weights of each candidate. Only ratios matter.
    scores : array-like of shape (n_candidates, n_tasks)
        The mean score of each task; NaN where there is none.
    stds : array-like of shape (n_candidates, n_tasks), default=None
        The standard deviation of each score over folds.
    task_names : sequence of str, default=None
        The names of the tasks. By default "task0", "task1", ...
    best : int, default=None
        The position of the candidate to mark as the best.
    score_name : str, default=None
        What the scores are. By default "score".

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes that were given, or the first panel.
    axes_ : ndarray of matplotlib Axes
        The panels.
    figure_ : matplotlib Figure
        The figure.
    lines_ : list of lists of matplotlib Line2D
        For each panel, the line of each task; with more than four tasks, only that of
        the task whose share it is.
    points_ : list of lists of matplotlib Line2D
        For each panel, the candidates, in the same order as `lines_`.
    errorbars_ : list of matplotlib ErrorbarContainer
        The standard deviations, if they were asked for.
    best_lines_ : list of matplotlib Line2D
        For each panel, the line at the share of the best candidate, if there is one.

    See Also
    --------
    ParetoFrontDisplay : Scores of the tasks against each other.
    sklearn_mtl.model_selection.task_weight_grid : List weights to search over.

    Notes
    -----
    A task without weight is not learnt. Its scores there are drawn as hollow points and
    count neither for the lines nor for the limits of the panel, as chance would flatten
    all else; those below the panel are at its lower edge.

    Examples
    --------
    >>> from sklearn_mtl.inspection import TaskWeightDisplay
    >>> display = TaskWeightDisplay(
    ...     weights=[[1, 3], [2, 2], [3, 1]],
    ...     scores=[[0.80, 0.93], [0.84, 0.92], [0.85, 0.88]],
    ...     task_names=["digit", "parity"],
    ...     best=1,
    ... ).plot()
    >>> display.lines_[0][0].get_xdata()
    array([0.25, 0.5 , 0.75])
    """

    def __init__(
        self,
        *,
        weights: Any,
        scores: Any,
        stds: Any = None,
        task_names: Sequence[str] | None = None,
        best: int | None = None,
        score_name: str | None = None,
    ) -> None:
        self.weights = weights
        self.scores = scores
        self.stds = stds
        self.task_names = task_names
        self.best = best
        self.score_name = score_name

    def plot(
        self,
        *,
        ax: Any = None,
        std: bool = False,
        line_kw: Mapping[str, Any] | None = None,
        point_kw: Mapping[str, Any] | None = None,
        errorbar_kw: Mapping[str, Any] | None = None,
        best_kw: Mapping[str, Any] | None = None,
    ) -> "TaskWeightDisplay":
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib Axes or array of them, default=None
            Where to draw. Single axes are divided if there are several panels; an array
            must have one for each task. By default a new figure.
        std : bool, default=False
            Whether to draw the standard deviations.
        line_kw : dict, default=None
            Options of the lines, as of :meth:`matplotlib.axes.Axes.plot`.
        point_kw : dict, default=None
            Options of the points, as of :meth:`matplotlib.axes.Axes.plot`.
        errorbar_kw : dict, default=None
            Options of the standard deviations, as of
            :meth:`matplotlib.axes.Axes.errorbar`.
        best_kw : dict, default=None
            Options of the line at the best candidate.

        Returns
        -------
        TaskWeightDisplay
            The display itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If the number of axes fits neither one panel nor all, if the parameters of
            the display do not fit each other, or if standard deviations are asked for
            and there are none.
        """
        shares, scores, stds = self._read(std)
        names = name_tasks_of_candidates(
            self.task_names, self.best, scores, "TaskWeightDisplay"
        )
        n_tasks = len(names)
        n_panels = 1 if n_tasks <= 2 else n_tasks
        grid = PanelGrid(
            "TaskWeightDisplay",
            n_panels,
            n_columns=choose_n_columns(n_panels),
            panel_size=(5.5, 3.8) if n_panels == 1 else (3.0, 2.6),
            extra_size=(0.3, 0.3),
        )
        self.axes_ = grid.make_axes(ax)
        self.ax_ = grid.main_axes(ax, self.axes_)
        self.figure_ = self.ax_.figure
        self.lines_: list[list[Any]] = []
        self.points_: list[list[Any]] = []
        self.errorbars_: list[Any] = []
        for t, panel in enumerate(self.axes_):
            curves = make_curves(t, shares, scores, stds, names)
            self.lines_.append([c.draw_line(panel, line_kw) for c in curves])
            self.points_.append([c.draw_points(panel, point_kw) for c in curves])
            if std:
                bars = [c.draw_errorbar(panel, errorbar_kw) for c in curves]
                self.errorbars_.extend(bars)
            _set_limits(panel, curves)
        self._mark_best(shares, best_kw)
        self._label(grid, names, float(shares.max()))
        self._add_legend(grid, bool(np.any((shares == 0) & ~np.isnan(scores))))
        return self

    @classmethod
    def from_cv_results(
        cls,
        cv_results: Any,
        *,
        params: Mapping[str, Any] | None = None,
        task_names: Sequence[str] | None = None,
        score_name: str | None = None,
        ax: Any = None,
        std: bool = False,
        line_kw: Mapping[str, Any] | None = None,
        point_kw: Mapping[str, Any] | None = None,
        errorbar_kw: Mapping[str, Any] | None = None,
        best_kw: Mapping[str, Any] | None = None,
    ) -> "TaskWeightDisplay":
        """Draw the results of a search over task weights.

        Parameters
        ----------
        cv_results : search or dict
            A fitted search, such as :class:`~sklearn.model_selection.GridSearchCV`, or
            its `cv_results_`. It must have a score per task, as
            :func:`~sklearn_mtl.metrics.per_task_scorers` gives. Candidates without
            scores are left out.
        params : dict, default=None
            Values of other parameters, such as ``{"net__lr": 0.01}``, to keep only the
            candidates that have them. If several candidates have the same task weights,
            the one with the best mean score is shown.
        task_names : sequence of str, default=None
            The tasks in the order of the weights. By default those of the fitted
            estimator, or else all that have scores.
        score_name : str, default=None
            What the scores are. By default "score".
        ax : matplotlib Axes or array of them, default=None
            Where to draw. By default a new figure.
        std : bool, default=False
            Whether to draw the standard deviations over folds.
        line_kw : dict, default=None
            Options of the lines, as of :meth:`matplotlib.axes.Axes.plot`.
        point_kw : dict, default=None
            Options of the points, as of :meth:`matplotlib.axes.Axes.plot`.
        errorbar_kw : dict, default=None
            Options of the standard deviations, as of
            :meth:`matplotlib.axes.Axes.errorbar`.
        best_kw : dict, default=None
            Options of the line at the best candidate.

        Returns
        -------
        TaskWeightDisplay
            The display, drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If the results are not of a search over task weights with scores per task.
        """
        owner = "TaskWeightDisplay.from_cv_results"
        found = read_candidates(cv_results, params, task_names, owner)
        found = found.best_per_weighting()
        display = cls(
            weights=found.weights,
            scores=found.scores,
            stds=found.stds,
            task_names=found.task_names,
            best=found.best,
            score_name=score_name,
        )
        return display.plot(
            ax=ax,
            std=std,
            line_kw=line_kw,
            point_kw=point_kw,
            errorbar_kw=errorbar_kw,
            best_kw=best_kw,
        )

    def _read(self, std: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """Return shares, scores and standard deviations as arrays that fit together."""
        scores = np.asarray(self.scores, dtype=np.float64)
        weights = np.asarray(self.weights, dtype=np.float64)
        if weights.shape != scores.shape or scores.ndim != 2:
            expected = "of shape (n_candidates, n_tasks), as scores"
            got = f"shapes {weights.shape} and {scores.shape}"
            raise parameter_error("weights", "TaskWeightDisplay", expected, got)
        shares = find_shares(weights, "TaskWeightDisplay")
        if not std:
            return shares, scores, None
        if self.stds is None:
            expected = "False, as the display has no standard deviations"
            raise parameter_error("std", "TaskWeightDisplay.plot", expected, std)
        return shares, scores, np.asarray(self.stds, dtype=np.float64)

    def _mark_best(self, shares: np.ndarray, best_kw: Mapping[str, Any] | None) -> None:
        self.best_lines_: list[Any] = []
        if self.best is None:
            return
        style = merge_style(
            "lines.Line2D", best_kw, color=DARK, linestyle=":", linewidth=1.2, zorder=1
        )
        for t, panel in enumerate(self.axes_):
            line = panel.axvline(shares[self.best, t], label="best", **style)
            self.best_lines_.append(line)

    def _label(self, grid: PanelGrid, names: list[str], widest: float) -> None:
        score = self.score_name or "score"
        for t, panel in enumerate(self.axes_):
            panel.set_xlim(-0.03 * widest, 1.03 * widest)
            panel.locator_params(axis="x", nbins=8 if grid.n_panels == 1 else 4)
            panel.locator_params(axis="y", nbins=5)
            hide_spines(panel)
            panel.set_xlabel(f"share of {shorten_name(names[t], 22)}")
            if grid.is_first_column(t):
                panel.set_ylabel(score)
        if len(names) == 2:
            shown = [shorten_name(name, 24) for name in names]
            self.axes_[0].set_xlabel(f"share of {shown[0]} (the rest: {shown[1]})")

    def _add_legend(self, grid: PanelGrid, any_unlearnt: bool) -> None:
        first = self.axes_[0]
        handles = [*self.lines_[0], *self.best_lines_[:1]]
        if any_unlearnt:
            hollow = {"color": DARK, "markerfacecolor": "none", "linestyle": ""}
            label = "no weight"
            handles += first.plot(
                [], [], marker="o", markersize=4, label=label, **hollow
            )
        add_legend_over_row(self.axes_[: grid.n_columns], handles)


def _set_limits(panel: Any, curves: list[Curve]) -> None:
    """Leave out of the limits the scores without weight, and say where they are."""
    learnt = np.concatenate([curve.scores[curve.learnt] for curve in curves])
    if not len(learnt):
        return
    low, high = learnt.min(), learnt.max()
    margin = 0.08 * (high - low) or 0.05 * abs(high) or 0.05
    low, high = low - margin, high + margin
    for curve in curves:
        curve.draw_unlearnt(panel, low)
        high = max(high, curve.highest_unlearnt + margin)
    panel.set_ylim(low, high)
