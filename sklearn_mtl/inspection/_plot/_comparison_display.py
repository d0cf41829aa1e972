from collections.abc import Mapping, Sequence
from typing import Any

from sklearn_mtl._validation import parameter_error
from sklearn_mtl.inspection._plot._style import escape_math, shorten_name
from sklearn_mtl.model_selection._compare._forest_plot import draw_forest
from sklearn_mtl.model_selection._compare._task_result import TaskResult

_MAX_NAME = 40


class ComparisonDisplay:
    """Difference of estimators to a baseline on every task, with intervals.

    Each row is a task. The difference is a point and its confidence interval a line:
    blue if it is above 0, so that the estimator helps the task, and red if it hurts.

    It is recommended to create it with :meth:`from_comparison`. All parameters are
    stored as attributes.

    Parameters
    ----------
    task_names : sequence of str
        The names of the tasks.
    results : dict of str to sequence of TaskResult
        What came out for each task, by the name of the estimator as it is shown.
    title : str, default=""
        What is compared.
    xlabel : str, default="difference in score"
        What the differences are.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it was drawn.
    figure_ : matplotlib Figure
        The figure.

    See Also
    --------
    sklearn_mtl.model_selection.compare_estimators : Compare any estimators.
    sklearn_mtl.model_selection.compare_with_single_task : Compare with one copy per
        task.
    TaskLearningCurveDisplay : The same over the number of labels.

    Examples
    --------
    >>> from sklearn_mtl.inspection import ComparisonDisplay
    >>> from sklearn_mtl.model_selection import TaskComparison
    >>> comparison = TaskComparison(
    ...     {
    ...         "single": [[0.80, 0.7], [0.81, 0.6], [0.79, 0.7]],
    ...         "joint": [[0.86, 0.7], [0.86, 0.7], [0.84, 0.6]],
    ...     },
    ...     task_names=["a", "b"],
    ...     baseline="single",
    ...     n_train=[[80, 80]] * 3,
    ...     n_test=[[40, 40]] * 3,
    ...     metrics=["accuracy", "accuracy"],
    ...     fit_time={"single": [0.2, 0.2, 0.2], "joint": [0.1, 0.1, 0.1]},
    ... )
    >>> display = ComparisonDisplay.from_comparison(comparison)
    >>> [label.get_text() for label in display.ax_.get_yticklabels()]
    ['a', 'b']
    """

    def __init__(
        self,
        *,
        task_names: Sequence[str],
        results: Mapping[str, Sequence[TaskResult]],
        title: str = "",
        xlabel: str = "difference in score",
    ) -> None:
        self.task_names = task_names
        self.results = results
        self.title = title
        self.xlabel = xlabel

    def plot(self, *, ax: Any = None) -> "ComparisonDisplay":
        """Draw the differences.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw. By default a new figure that is as high as it must be.

        Returns
        -------
        ComparisonDisplay
            The display itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        self.ax_ = draw_forest(
            ax,
            [shorten_name(task, _MAX_NAME) for task in self.task_names],
            {escape_math(name): rows for name, rows in self.results.items()},
            title=escape_math(self.title),
            xlabel=self.xlabel,
        )
        self.figure_ = self.ax_.figure
        return self

    @classmethod
    def from_comparison(cls, comparison: Any, *, ax: Any = None) -> "ComparisonDisplay":
        """Draw a comparison of estimators.

        Parameters
        ----------
        comparison : TaskComparison
            The comparison, as of
            :func:`~sklearn_mtl.model_selection.compare_estimators`.
        ax : matplotlib Axes, default=None
            Where to draw. By default a new figure that is as high as it must be.

        Returns
        -------
        ComparisonDisplay
            The display, drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If it is no comparison.
        """
        if not hasattr(comparison, "_forest"):
            owner = "ComparisonDisplay.from_comparison"
            expected = "a TaskComparison, as compare_estimators returns"
            raise parameter_error("comparison", owner, expected, repr(comparison)[:80])
        forest = comparison._forest()
        display = cls(
            task_names=forest["tasks"],
            results=forest["results"],
            title=forest["title"],
            xlabel=forest["xlabel"],
        )
        return display.plot(ax=ax)
