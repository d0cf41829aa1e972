from collections.abc import Iterator, Mapping, Sequence
from html import escape
from os import PathLike
from typing import Any, TypeVar

import numpy as np

from sklearn_mtl._validation import check_option, import_optional, parameter_error
from sklearn_mtl.model_selection._compare._comparison_table import (
    as_html,
    as_text,
    lay_out,
    say_costs,
    shorten,
)
from sklearn_mtl.model_selection._compare._delta_m_interval import (
    compute_delta_m,
    say_delta_m,
)
from sklearn_mtl.model_selection._compare._learning_curve import (
    find_last_help,
    say_curve_delta_m,
    say_last_help,
    tabulate,
)
from sklearn_mtl.model_selection._compare._task_result import (
    TaskResult,
    compare_on_task,
)

_Path = TypeVar("_Path", bound=str | PathLike[str])


class TaskComparison:
    """Estimators compared on every task, over the same folds.

    For each task, the differences between the scores of an estimator and those of the
    baseline are tested with the corrected resampled t-test [1]_. The confidence
    interval of their mean, over J folds with differences d, is::

        mean(d) ± t_{J-1} sqrt((1 / K + n_test / n_train) var(d))

    where n_test and n_train count the labels of the task. The second fraction makes up
    for training parts that overlap. K is J, but if folds are repeated the number of
    those that test each row once, (n_test + n_train) / n_test: new folds are no new
    rows. If the interval is above 0, the estimator helps the task; if it is below, it
    hurts; else there is no evidence.

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
    model_size : dict of str to array-like of shape (n_folds,), default=None
        How many fitted numbers each estimator has; NaN if unknown.
    best_params : dict of str to list, default=None
        What the estimators that are searches chose in each fold.
    train_sizes : array-like of shape (n_sizes,), default=None
        The training rows of each point of the learning curve, ascending. The last is
        the whole training part.
    curve_scores : dict of str to array-like of shape (n_sizes, n_folds, n_tasks), \
default=None
        The scores of each estimator at each point of the learning curve.
    curve_labels : array-like of shape (n_sizes, n_folds, n_tasks), default=None
        The number of training labels at each point of the learning curve.
    settings : dict of str to str or dict, default=None
        How the comparison was made, for the report.

    Attributes
    ----------
    scores_ : dict of str to ndarray of shape (n_folds, n_tasks)
        The scores of each estimator. The folds of repeats follow each other.
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
        The seconds that each estimator took to fit, its search included.
    confidence_ : float
        The confidence level of the intervals.
    model_size_ : dict of str to ndarray of shape (n_folds,)
        How many fitted numbers each estimator has: parameters of a network,
        coefficients and intercepts of a linear model, nodes of trees, or the sum of
        these over the estimators within an estimator. NaN if unknown.
    best_params_ : dict of str to list
        What each estimator that is tuned, or is a search, chose in each fold: a dict
        from parameter to value, or if each task is tuned for itself a dict from task to
        such a dict.
    delta_m_ : dict of str to float
        The mean over tasks of the relative difference of each estimator to the
        baseline, in percent, from the mean scores; see
        :func:`~sklearn_mtl.metrics.delta_m`.
    delta_m_interval_ : dict of str to tuple of float
        The lower and the upper end of the confidence interval of each Δm. A fold counts
        with its differences, divided by the mean scores of the baseline over the folds.
    train_sizes_ : ndarray of shape (n_sizes,) or None
        The training rows of each point of the learning curve; None if there is none.
    curve_scores_ : dict of str to ndarray of shape (n_sizes, n_folds, n_tasks)
        The scores of each estimator at each point of the learning curve.
    curve_labels_ : ndarray of shape (n_sizes, n_folds, n_tasks) or None
        The number of training labels at each point of the learning curve.
    curve_delta_m_ : dict of str to ndarray of shape (n_sizes, 3)
        Δm of each estimator at each point of the learning curve, and the lower and the
        upper end of its interval.
    helps_up_to_ : dict of str to dict of str to int
        For each estimator and task, the most training rows of the learning curve with
        which the estimator helps; 0 if it helps with none.
    settings_ : dict
        How the comparison was made.

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

    Differences that are all the same, but not 0, show no spread, and coarse scores over
    few rows may agree by chance. Their variance is then taken to be that with one fold
    more that shows no difference, or the least that a difference d in accuracy can
    have, ``|d| (1 - |d|) / n_test``, if that is greater. With fewer than five folds
    this is no evidence.

    With J in place of K, as in [2]_, repeats are taken for more than they bring:
    estimators that are equally good differ too often.

    At the smaller sizes of a learning curve the interval has n_test / n_train of the
    whole training part: smaller parts of it overlap less, not more.

    References
    ----------
    .. [1] C. Nadeau and Y. Bengio, "Inference for the Generalization Error", Machine
       Learning 52, 2003.
    .. [2] R. R. Bouckaert and E. Frank, "Evaluating the Replicability of Significance
       Tests for Comparing Learning Algorithms", PAKDD 2004.

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
    joint helps 1 and hurts 0 of 2 task(s), Δm +3.3 % [-26.2, +32.8] (95% intervals).
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
        model_size: Mapping[str, Any] | None = None,
        best_params: Mapping[str, Sequence[Any]] | None = None,
        train_sizes: Any = None,
        curve_scores: Mapping[str, Any] | None = None,
        curve_labels: Any = None,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        check_option(baseline, scores, "baseline", "TaskComparison")
        absent = [part is None for part in (train_sizes, curve_scores, curve_labels)]
        if any(absent) and not all(absent):
            raise parameter_error(
                "train_sizes",
                "TaskComparison",
                "given together with curve_scores and curve_labels",
                repr(train_sizes),
            )
        self.scores_ = _as_arrays(scores)
        self.task_names_ = np.array(task_names, dtype=object)
        self.baseline_ = baseline
        self.n_train_ = np.asarray(n_train)
        self.n_test_ = np.asarray(n_test)
        self.metrics_ = list(metrics)
        self.fit_time_ = _as_arrays(fit_time)
        self.confidence_ = confidence
        self.model_size_ = _as_arrays(model_size or {})
        self.best_params_ = {
            n: list(chosen) for n, chosen in (best_params or {}).items()
        }
        self.train_sizes_ = None if train_sizes is None else np.asarray(train_sizes)
        self.curve_scores_ = _as_arrays(curve_scores or {})
        self.curve_labels_ = None if curve_labels is None else np.asarray(curve_labels)
        self.settings_ = dict(settings or {})
        self._check_shapes()
        self._compare()

    def _check_shapes(self) -> None:
        shape = (len(self.n_train_), len(self.task_names_))
        tables = {f"scores[{name!r}]": table for name, table in self.scores_.items()}
        tables |= {"n_train": self.n_train_, "n_test": self.n_test_}
        for name, table in tables.items():
            if table.shape != shape:
                expected = f"of shape (n_folds, n_tasks)={shape}"
                raise parameter_error(
                    name, "TaskComparison", expected, f"shape {table.shape}"
                )
        for name in self.scores_:
            check_option(name, self.fit_time_, "fit_time", "TaskComparison")

    def _compare(self) -> None:
        """Set what follows from the scores."""
        names = [name for name in self.scores_ if name != self.baseline_]
        baseline = self.scores_[self.baseline_]
        self._results = {n: self._on_tasks(self.scores_[n], baseline) for n in names}
        self.delta_m_, self.delta_m_interval_ = {}, {}
        for name in names:
            self.delta_m_[name], self.delta_m_interval_[name] = self._over_tasks(
                self.scores_[name], baseline
            )
        self._curve: dict[str, list[list[TaskResult]]] = {}
        self.curve_delta_m_: dict[str, np.ndarray] = {}
        self.helps_up_to_: dict[str, dict[str, int]] = {}
        if self.train_sizes_ is None:
            return
        baseline = self.curve_scores_[self.baseline_]
        for name in names:
            sizes = list(zip(self.curve_scores_[name], baseline, strict=True))
            self._curve[name] = [self._on_tasks(*of_size) for of_size in sizes]
            over_tasks = [self._over_tasks(*of_size) for of_size in sizes]
            self.curve_delta_m_[name] = np.array(
                [[value, *interval] for value, interval in over_tasks]
            )
        self.helps_up_to_ = find_last_help(
            self._curve, self.train_sizes_, self.task_names_.tolist()
        )

    def _over_tasks(
        self, scores: np.ndarray, baseline: np.ndarray
    ) -> tuple[float, tuple[float, float]]:
        return compute_delta_m(
            scores, baseline, self.n_train_, self.n_test_, self.confidence_
        )

    def _on_tasks(self, scores: np.ndarray, baseline: np.ndarray) -> list[TaskResult]:
        return [
            compare_on_task(
                scores[:, t],
                baseline[:, t],
                self.n_train_[:, t],
                self.n_test_[:, t],
                self.confidence_,
            )
            for t in range(len(self.task_names_))
        ]

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

    def learning_curve(self) -> Any:
        """Return the comparison at every size of the training part.

        Returns
        -------
        DataFrame
            Indexed by estimator, train_size (the training rows of a fold) and task. The
            columns are those of `summary`, and n_labels, the mean number of training
            labels of the task.

        Raises
        ------
        ValueError
            If the comparison was made without `train_sizes`.
        ImportError
            If pandas is not installed.
        """
        if self.train_sizes_ is None or self.curve_labels_ is None:
            raise ValueError(
                "TaskComparison.learning_curve needs a comparison made with "
                "train_sizes, such as train_sizes=[0.1, 0.3]."
            )
        return tabulate(
            self._curve,
            self.train_sizes_,
            self.curve_labels_,
            self.task_names_.tolist(),
            self.metrics_,
        )

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
        # Here, as it imports parts of this package.
        from sklearn_mtl.inspection import ComparisonDisplay

        return ComparisonDisplay.from_comparison(self, ax=ax).ax_

    def _forest(self) -> dict[str, Any]:
        """Return what is drawn: the arguments of `draw_forest`."""
        labels = {name: f"{name} ({self._say_delta_m(name)})" for name in self.delta_m_}
        names = ", ".join(labels.values()) if len(labels) == 1 else "Estimators"
        metric = self.metrics_[0] if len(set(self.metrics_)) == 1 else "score"
        return {
            "tasks": self.task_names_.tolist(),
            "results": {labels[name]: rows for name, rows in self._results.items()},
            "title": f"{names} against {self.baseline_}",
            "xlabel": f"difference in {metric}, with {self.confidence_:.0%} intervals",
        }

    def to_html(self, path: _Path) -> _Path:
        """Write a report that is one file, to send on.

        It has the verdicts in words, the tables and figures, and the settings. Nothing
        in it is loaded from elsewhere.

        Parameters
        ----------
        path : str or path-like
            Where to write. A file that is there is replaced once the report is
            complete.

        Returns
        -------
        str or path-like
            The path, as it was given.

        Raises
        ------
        ImportError
            If matplotlib is not installed, or pandas is not for a learning curve.
        """
        from sklearn_mtl.model_selection._compare._report import write_report

        return write_report(self, path)

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
            table = lay_out(name, self.baseline_, tasks, self.metrics_, results)
            yield shorten(table), "\n".join(self._say(name))

    def _say(self, name: str) -> Iterator[str]:
        """Yield sentences on an estimator."""
        verdicts = [result.verdict for result in self._results[name]]
        yield (
            f"{name} helps {verdicts.count('helps')} and hurts "
            f"{verdicts.count('hurts')} of {len(verdicts)} task(s), "
            f"{self._say_delta_m(name)} ({self.confidence_:.0%} intervals)."
        )
        yield from say_costs(name, self.baseline_, self.fit_time_, self.model_size_)
        if self.train_sizes_ is not None:
            yield say_last_help(self.helps_up_to_[name], self.train_sizes_)
            yield say_curve_delta_m(self.curve_delta_m_[name], self.train_sizes_)

    def _say_delta_m(self, name: str) -> str:
        return say_delta_m(self.delta_m_[name], self.delta_m_interval_[name])


def _as_arrays(values: Mapping[str, Any]) -> dict[str, np.ndarray]:
    return {name: np.asarray(of_name) for name, of_name in values.items()}
