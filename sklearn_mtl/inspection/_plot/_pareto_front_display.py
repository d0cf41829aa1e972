from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sklearn_mtl._validation import parameter_error
from sklearn_mtl.inspection._plot._candidates import read_candidates
from sklearn_mtl.inspection._plot._front_plots import (
    FrontPlot,
    ParallelPlot,
    ScatterPlot,
)
from sklearn_mtl.inspection._plot._style import (
    find_shares,
    name_tasks_of_candidates,
)
from sklearn_mtl.model_selection._pareto import pareto_front


class ParetoFrontDisplay:
    """The candidates of a search that no other candidate dominates.

    A candidate dominates another if it is as good on all tasks and better on one. Those
    that none dominates are the front: to choose among them is to choose between tasks.

    For two tasks, candidates are points, and the front is a line. For more, candidates
    are lines over the tasks, each task from its worst score to its best, and the front
    is drawn over the others.

    It is recommended to create it with :meth:`from_cv_results`. All parameters are
    stored as attributes.

    Parameters
    ----------
    scores : array-like of shape (n_candidates, n_tasks)
        The score of each candidate on each task, greater is better. Candidates with a
        NaN are not on the front.
    weights : array-like of shape (n_candidates, n_tasks), default=None
        The task weights of each candidate, to colour the points by, and to mark equal
        weights. Only ratios matter.
    task_names : sequence of str, default=None
        The names of the tasks. By default "task0", "task1", ...
    best : int, default=None
        The position of the candidate to mark as the best.
    score_name : str, default=None
        What the scores are. By default "score".

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it was drawn.
    figure_ : matplotlib Figure
        The figure.
    front_ : ndarray of bool of shape (n_candidates,)
        Which candidates are on the front, in the order of `scores`.
    scatter_ : matplotlib PathCollection or None
        The candidates, if there are two tasks.
    lines_ : list of matplotlib Line2D
        For two tasks, the line of the front. For more, the line of each candidate.
    best_, equal_ : matplotlib Line2D or None
        The marks of the best candidate and of equal weights.
    colorbar_ : matplotlib Colorbar or None
        The scale of the colours.

    See Also
    --------
    TaskWeightDisplay : Scores against the share of the weight.

    Notes
    -----
    With many tasks most candidates are on the front: it takes one task only that
    a candidate is good at. Those that are good on average are drawn more strongly.

    A task without weight is not learnt. Candidates with such a task do not count for
    the limits of the plot, as chance would flatten all else: where there is no room for
    them, they are drawn as crosses at the edge, or as lines that touch it.

    Examples
    --------
    >>> from sklearn_mtl.inspection import ParetoFrontDisplay
    >>> display = ParetoFrontDisplay(
    ...     scores=[[0.80, 0.93], [0.84, 0.92], [0.83, 0.88]],
    ...     weights=[[1, 3], [2, 2], [3, 1]],
    ...     task_names=["digit", "parity"],
    ... ).plot()
    >>> display.front_
    array([ True,  True, False])
    """

    def __init__(
        self,
        *,
        scores: Any,
        weights: Any = None,
        task_names: Sequence[str] | None = None,
        best: int | None = None,
        score_name: str | None = None,
    ) -> None:
        self.scores = scores
        self.weights = weights
        self.task_names = task_names
        self.best = best
        self.score_name = score_name

    def plot(
        self,
        *,
        ax: Any = None,
        colorbar: bool = True,
        scatter_kw: Mapping[str, Any] | None = None,
        line_kw: Mapping[str, Any] | None = None,
        best_kw: Mapping[str, Any] | None = None,
        equal_kw: Mapping[str, Any] | None = None,
    ) -> "ParetoFrontDisplay":
        """Draw the candidates and their front.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw. By default a new figure.
        colorbar : bool, default=True
            Whether to explain the colours.
        scatter_kw : dict, default=None
            Options of the points, as of :meth:`matplotlib.axes.Axes.scatter`.
        line_kw : dict, default=None
            Options of the line of the front, or of the lines on it, as of
            :meth:`matplotlib.axes.Axes.plot`.
        best_kw : dict, default=None
            Options of the mark of the best candidate.
        equal_kw : dict, default=None
            Options of the mark of equal weights.

        Returns
        -------
        ParetoFrontDisplay
            The display itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If there are fewer than two tasks, no candidate has all scores, or the
            parameters of the display do not fit each other.
        """
        scores = np.asarray(self.scores, dtype=np.float64)
        shares = self._shares(scores)
        self.front_ = pareto_front(scores)
        if not self.front_.any():
            expected = "such that a candidate has a score on every task"
            raise parameter_error("scores", "ParetoFrontDisplay", expected, "none")
        names = name_tasks_of_candidates(
            self.task_names, self.best, scores, "ParetoFrontDisplay"
        )
        kind: type[FrontPlot] = ScatterPlot if len(names) == 2 else ParallelPlot
        drawn = kind(
            scores=scores,
            shares=shares,
            front=self.front_,
            names=names,
            best=self.best,
            score_name=self.score_name or "score",
        )
        self.ax_ = drawn.make_axes() if ax is None else ax
        self.figure_ = self.ax_.figure
        self.scatter_ = drawn.draw_points(self.ax_, scatter_kw)
        self.lines_ = drawn.draw_lines(self.ax_, line_kw)
        self.best_ = drawn.mark_best(self.ax_, best_kw)
        self.equal_ = drawn.mark_equal(self.ax_, equal_kw)
        drawn.label(self.ax_)
        self.colorbar_ = drawn.add_colorbar(self.ax_) if colorbar else None
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
        colorbar: bool = True,
        scatter_kw: Mapping[str, Any] | None = None,
        line_kw: Mapping[str, Any] | None = None,
        best_kw: Mapping[str, Any] | None = None,
        equal_kw: Mapping[str, Any] | None = None,
    ) -> "ParetoFrontDisplay":
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
            candidates that have them.
        task_names : sequence of str, default=None
            The tasks in the order of the weights. By default those of the fitted
            estimator, or else all that have scores.
        score_name : str, default=None
            What the scores are. By default "score".
        ax : matplotlib Axes, default=None
            Where to draw. By default a new figure.
        colorbar : bool, default=True
            Whether to explain the colours.
        scatter_kw : dict, default=None
            Options of the points, as of :meth:`matplotlib.axes.Axes.scatter`.
        line_kw : dict, default=None
            Options of the line of the front, or of the lines on it, as of
            :meth:`matplotlib.axes.Axes.plot`.
        best_kw : dict, default=None
            Options of the mark of the best candidate.
        equal_kw : dict, default=None
            Options of the mark of equal weights.

        Returns
        -------
        ParetoFrontDisplay
            The display, drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If the results are not of a search over task weights with scores per task.
        """
        owner = "ParetoFrontDisplay.from_cv_results"
        found = read_candidates(cv_results, params, task_names, owner)
        display = cls(
            scores=found.scores,
            weights=found.weights,
            task_names=found.task_names,
            best=found.best,
            score_name=score_name,
        )
        return display.plot(
            ax=ax,
            colorbar=colorbar,
            scatter_kw=scatter_kw,
            line_kw=line_kw,
            best_kw=best_kw,
            equal_kw=equal_kw,
        )

    def _shares(self, scores: np.ndarray) -> np.ndarray | None:
        """Check the shapes, and return the share of each task in the weights."""
        owner = "ParetoFrontDisplay"
        if scores.ndim != 2 or scores.shape[1] < 2:
            expected = "of shape (n_candidates, n_tasks) with at least two tasks"
            raise parameter_error("scores", owner, expected, f"shape {scores.shape}")
        if self.weights is None:
            return None
        weights = np.asarray(self.weights, dtype=np.float64)
        if weights.shape != scores.shape:
            expected = f"of shape {scores.shape}, as scores"
            raise parameter_error("weights", owner, expected, f"shape {weights.shape}")
        return find_shares(weights, owner)
