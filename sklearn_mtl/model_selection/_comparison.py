from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

from sklearn_mtl._validation import import_optional
from sklearn_mtl.metrics import delta_m
from sklearn_mtl.model_selection._comparison_table import (
    as_html,
    as_text,
    lay_out,
    shorten,
)
from sklearn_mtl.model_selection._forest_plot import draw_forest
from sklearn_mtl.model_selection._task_result import TaskResult, compare_on_task


class TaskComparison:
    """Estimators compared on every task, over the same folds.

    For each task, the differences between the scores of an estimator and those of the
    baseline are tested with the corrected resampled t-test [1]_. The confidence
    interval of their mean, over J folds with differences d, is::

        mean(d) ± t_{J-1} sqrt((1 / J + n_test / n_train) var(d))

    where n_test and n_train count the labels of the task. The second fraction makes up
    for training parts that overlap. If the interval is above 0, the estimator helps the
    task; if it is below, it hurts; else there is no evidence.

    Parameters
    ----------
    scores : dict of str to array-like of shape (n_folds, n_tasks)
        The scores of each estimator by name, greater is better; NaN if undefined.
    task_names : sequence of str
        The names of the tasks.
    baseline : str
        The name of the estimator to compare the others with.
    n_train : array-like of shape (n_folds, n_tasks)
        The number of labels of each task in the training part of each fold.
    n_test : array-like of shape (n_folds, n_tasks)
        The number of labels of each task in the test part of each fold.
    metrics : sequence of str
        The name of the metric of each task.
    fit_time : dict of str to array-like of shape (n_folds,)
        The seconds that each estimator took to fit, in each fold.
    confidence : float, default=0.95
        The confidence level of the intervals.

    Attributes
    ----------
    scores_ : dict of str to ndarray of shape (n_folds, n_tasks)
        The scores of each estimator.
    task_names_ : ndarray of shape (n_tasks,)
        The names of the tasks.
    baseline_ : str
        The name of the baseline.
    n_train_ : ndarray of shape (n_folds, n_tasks)
        The number of training labels.
    n_test_ : ndarray of shape (n_folds, n_tasks)
        The number of test labels.
    metrics_ : list of str
        The name of the metric of each task.
    fit_time_ : dict of str to ndarray of shape (n_folds,)
        The seconds that each estimator took to fit.
    confidence_ : float
        The confidence level of the intervals.
    delta_m_ : dict of str to float
        The mean over tasks of the relative difference of each estimator to the
        baseline, in percent, from the mean scores; see
        :func:`~sklearn_mtl.metrics.delta_m`.

    See Also
    --------
    compare_with_single_task : Compare an estimator with one copy of it per task.
    compare_estimators : Compare any estimators.

    Notes
    -----
    A fold where either side has no score, such as the AUC where the test part has one
    class only, is left out of the task: means, spreads and tests are over the
    `n_folds` that both have. Tasks that have none are left out of `delta_m_`.

    Every interval stands for itself: with a confidence of 0.95, one in twenty tasks is
    said to be helped or hurt by chance alone.

    References
    ----------
    .. [1] C. Nadeau and Y. Bengio, "Inference for the Generalization Error", Machine
       Learning 52, 2003.

    Examples
    --------
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
    >>> comparison
    task  metric    single         joint          difference ... verdict
    a     accuracy  0.800 ± 0.010  0.853 ± 0.012  +0.053 [+0.031, +0.076] ... helps
    b     accuracy  0.667 ± 0.058  0.667 ± 0.058  +0.000 [... no evidence
    joint helps 1 and hurts 0 of 2 task(s), Δm +3.3 % (95% intervals).
    A fit takes 0.1 s, single 0.2 s.
    >>> comparison.summary()["verdict"].to_dict()
    {'a': 'helps', 'b': 'no evidence'}
    """

    def __init__(
        self,
        scores: Mapping[str, Any],
        *,
        task_names: Sequence[str],
        baseline: str,
        n_train: Any,
        n_test: Any,
        metrics: Sequence[str],
        fit_time: Mapping[str, Any],
        confidence: float = 0.95,
    ) -> None:
        self.scores_ = {name: np.asarray(values) for name, values in scores.items()}
        self.task_names_ = np.array(task_names, dtype=object)
        self.baseline_ = baseline
        self.n_train_ = np.asarray(n_train)
        self.n_test_ = np.asarray(n_test)
        self.metrics_ = list(metrics)
        self.fit_time_ = {name: np.asarray(times) for name, times in fit_time.items()}
        self.confidence_ = confidence
        self._results = {
            name: [self._compare(name, t) for t in range(len(self.task_names_))]
            for name in self.scores_
            if name != baseline
        }
        self.delta_m_ = {
            name: _delta_m(results) for name, results in self._results.items()
        }

    def _compare(self, name: str, t: int) -> TaskResult:
        return compare_on_task(
            self.scores_[name][:, t],
            self.scores_[self.baseline_][:, t],
            self.n_train_[:, t],
            self.n_test_[:, t],
            self.confidence_,
        )

    def summary(self) -> Any:
        """Return the comparison as a table with one row per task.

        Returns
        -------
        DataFrame
            Indexed by task, or by estimator and task if several are compared with the
            baseline. The columns are

            - metric: the name of the metric;
            - baseline_mean, baseline_std: the mean score of the baseline and its
              standard deviation over folds;
            - mean, std: the same of the estimator;
            - difference: the mean difference, above 0 if the estimator is better;
            - ci_low, ci_high: the confidence interval of the difference;
            - p_value: how likely a difference as great is by chance;
            - n_folds: the number of folds where both have a score;
            - verdict: "helps", "hurts" or "no evidence".

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        pd = import_optional("pandas", "pandas", "TaskComparison.summary")
        frames = {
            name: pd.DataFrame(results, index=pd.Index(self.task_names_, name="task"))
            for name, results in self._results.items()
        }
        for frame in frames.values():
            frame.insert(0, "metric", self.metrics_)
        if len(frames) == 1:
            return frames.popitem()[1]
        return pd.concat(frames, names=["estimator"])

    def plot(self, ax: Any = None) -> Any:
        """Draw the difference on every task with its confidence interval.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw. By default a new figure that is as high as it must be.

        Returns
        -------
        matplotlib Axes
            Where it was drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        labels = {
            name: f"{name} ({_say_delta_m(delta_m)})"
            for name, delta_m in self.delta_m_.items()
        }
        names = ", ".join(labels.values()) if len(labels) == 1 else "Estimators"
        metric = self.metrics_[0] if len(set(self.metrics_)) == 1 else "score"
        return draw_forest(
            ax,
            self.task_names_.tolist(),
            {labels[name]: results for name, results in self._results.items()},
            title=f"{names} against {self.baseline_}",
            xlabel=f"difference in {metric}, with {self.confidence_:.0%} intervals",
        )

    def __repr__(self) -> str:
        return "\n\n".join(
            f"{as_text(table)}\n{footer}" for table, footer in self._tables()
        )

    def _repr_html_(self) -> str:
        return "\n".join(
            f"{as_html(table)}\n<p>{escape(footer)}</p>"
            for table, footer in self._tables()
        )

    def _tables(self) -> Iterator[tuple[list[list[str]], str]]:
        """Yield the cells of a table per estimator, and what to say below it."""
        tasks = self.task_names_.tolist()
        for name, results in self._results.items():
            verdicts = [result.verdict for result in results]
            own, other = (
                self.fit_time_[side].mean() for side in (name, self.baseline_)
            )
            footer = (
                f"{name} helps {verdicts.count('helps')} and hurts "
                f"{verdicts.count('hurts')} of {len(tasks)} task(s), "
                f"{_say_delta_m(self.delta_m_[name])} "
                f"({self.confidence_:.0%} intervals).\n"
                f"A fit takes {own:.2g} s, {self.baseline_} {other:.2g} s."
            )
            table = lay_out(name, self.baseline_, tasks, self.metrics_, results)
            yield shorten(table), footer


def _say_delta_m(delta_m: float) -> str:
    return f"Δm {delta_m:+.1f} %"


def _delta_m(results: Sequence[TaskResult]) -> float:
    scores = np.array([(result.mean, result.baseline_mean) for result in results]).T
    defined = ~np.isnan(scores).any(axis=0)
    if not defined.any() or (scores[1] == 0).any():
        return np.nan
    return delta_m(*scores[:, defined])
