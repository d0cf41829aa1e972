from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, validate_params

from sklearn_mtl._validation import import_optional, list_some, parameter_error
from sklearn_mtl.inspection._affinity._find_affinity import guess_affinity
from sklearn_mtl.inspection._affinity._inputs import Given, read_affinity, read_given
from sklearn_mtl.inspection._affinity._pairwise_affinity import Budget
from sklearn_mtl.inspection._auxiliary_search import AuxiliarySearch
from sklearn_mtl.metrics._task_scores import find_task
from sklearn_mtl.model_selection._compare._task_result import compare_on_task

_OWNER = "select_auxiliary_tasks"
# With a greater one, a gain is not to be told from chance.
_MAX_P_VALUE = 1 / 3


@dataclass(frozen=True)
class AuxiliaryTasks:
    """What `select_auxiliary_tasks` found.

    Parameters
    ----------
    target : str
        The name of the task to be helped.
    tasks : list of str
        The names of the tasks to learn along with it; empty if none help.
    gain : float
        By how much learning with selected tasks raises the score of the target, without
        the optimism of having selected them on the same folds.
    ci_low, ci_high : float
        The confidence interval of the gain.
    p_value : float
        Of no gain.
    verdict : {"helps", "hurts", "no evidence"}
        Whether the interval lies above 0, below 0, or around it.
    steps : DataFrame
        One row per set that was tried, in the order of trying: the `step` of the
        search, the task `added` to those chosen before, the `mean` score of the target
        and its `std` over the folds, the `gain` on the target alone, and whether the
        task was `chosen`. The first row is the target alone.

    See Also
    --------
    select_auxiliary_tasks : Make one.

    Examples
    --------
    >>> from sklearn_mtl.datasets import make_multitask_regression
    >>> from sklearn_mtl.inspection import select_auxiliary_tasks
    >>> from sklearn_mtl.linear_model import RegularizedMTLRegressor
    >>> X, Y = make_multitask_regression(60, noise=1.0, random_state=0)
    >>> found = select_auxiliary_tasks(
    ...     RegularizedMTLRegressor("trace", 0.3), X, Y, target="task0", random_state=0
    ... )
    >>> found.steps.columns.tolist()
    ['step', 'added', 'mean', 'std', 'gain', 'chosen']
    """

    target: str
    tasks: list[str]
    gain: float
    ci_low: float
    ci_high: float
    p_value: float
    verdict: str
    steps: Any

    def __str__(self) -> str:
        found = list_some(self.tasks) if self.tasks else "none"
        return (
            f"To learn along with {self.target!r}: {found}\n"
            f"Gain {self.gain:+.3f} [{self.ci_low:+.3f}, {self.ci_high:+.3f}], "
            f"p = {self.p_value:.3f}: {self.verdict}"
        )


@validate_params(
    {
        "max_tasks": [Interval(Integral, 1, None, closed="left"), None],
        "max_fits": [Interval(Integral, 1, None, closed="left"), None],
        "affinity": ["array-like", None],
        "cv": ["cv_object"],
        "confidence": [Interval(Real, 0, 1, closed="neither")],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    },
    prefer_skip_nested_validation=False,
)
def select_auxiliary_tasks(
    estimator: Any,
    X: Any,
    Y: Any,
    target: Any,
    *,
    max_tasks: int | None = None,
    max_fits: int | None = None,
    affinity: Any = None,
    scoring: Any = None,
    cv: Any = None,
    sample_weight: Any = None,
    confidence: float = 0.95,
    n_jobs: int | None = None,
    random_state: int | np.random.RandomState | None = None,
    missing_label: Any = np.nan,
    verbose: int = 0,
) -> AuxiliaryTasks:
    """Find the other tasks to learn along with one, for the sake of that one.

    The search goes forward: of the tasks not yet chosen, the one is added that raises
    the cross-validated score of the target most, as long as it does so by more than the
    standard error of the gain over the folds.

    Parameters
    ----------
    estimator : estimator
        What is to learn the tasks, one that takes several; it is cloned.
    X : {array-like, sparse matrix, data frame} of shape (n_samples, n_features)
        Inputs.
    Y : array-like of shape (n_samples, n_tasks)
        Labels of the target and of the tasks that may help; missing ones are left out.
    target : str or int
        The name or the position of the task to be helped.
    max_tasks : int, default=None
        How many tasks to choose at most.
    max_fits : int, default=None
        How many fits to take at most, a multiple of the number of folds. Where they do
        not do for all tasks, those with the highest affinity are tried first.
    affinity : DataFrame or array-like of shape (n_tasks, n_tasks), default=None
        What :func:`task_affinity` returned, to try tasks by. None finds it by
        "gradient" for networks, and by "label" for other estimators.
    scoring : str, scorer, callable or dict, default=None
        The metric, greater is better, as in
        :func:`~sklearn_mtl.model_selection.compare_estimators`.
    cv : int, splitter or iterable of (train, test), default=None
        The folds. A number n, 5 by default, stands for `MultiTaskKFold(n)`.
    sample_weight : array-like of shape (n_samples,) or (n_samples, n_tasks), \
default=None
        Weights of rows or of labels, for fitting and scoring. Weight 0 is the same as a
        missing label.
    confidence : float, default=0.95
        The confidence level of the interval.
    n_jobs : int, default=None
        How many fits to run in parallel. None means 1 unless in a
        :func:`joblib.parallel_config` context; -1 means all cores.
    random_state : int, RandomState instance or None, default=None
        Controls the default folds. The estimator has its own.
    missing_label : object, default=np.nan
        One more label that means missing, such as -1: the same that the estimator is
        told. NaN, None, pd.NA and NaT always are missing.
    verbose : int, default=0
        How much to tell of the progress.

    Returns
    -------
    AuxiliaryTasks
        The tasks, the gain with its interval, and all that was tried.

    Raises
    ------
    ValueError
        If there is no such task, or the budget does not do for a single other task.

    See Also
    --------
    task_affinity : Tell what each task does to each other.
    sklearn_mtl.model_selection.compare_estimators : Compare on every task.

    Notes
    -----
    The best of many sets looks better on the folds it was chosen on than it is. The
    gain is therefore found crosswise: for each fold, the set is taken that is best on
    the other folds, of all that were tried, and scored on this one [1]_. This set may
    be the target alone, which gains 0. If the mean of these gains is not above 0, no
    task is returned, whatever the search chose. The interval is that of
    :func:`~sklearn_mtl.model_selection.compare_estimators`.

    References
    ----------
    .. [1] I. Tsamardinos, E. Greasidou and G. Borboudakis, "Bootstrapping the
       out-of-sample predictions for efficient and accurate cross-validation", Machine
       Learning 107, 2018.

    Examples
    --------
    >>> from sklearn_mtl.datasets import make_multitask_regression
    >>> from sklearn_mtl.inspection import select_auxiliary_tasks
    >>> from sklearn_mtl.linear_model import RegularizedMTLRegressor
    >>> X, Y = make_multitask_regression(
    ...     300,
    ...     40,
    ...     n_tasks=4,
    ...     n_informative=40,
    ...     n_clusters=2,
    ...     relatedness=0.95,
    ...     noise=0.5,
    ...     missing_fraction=[0.85, 0, 0, 0],
    ...     random_state=0,
    ... )
    >>> reg = RegularizedMTLRegressor("trace", 0.3)
    >>> print(select_auxiliary_tasks(reg, X, Y, target="task0", random_state=0))
    To learn along with 'task0': 'task1'
    Gain +0.346 [+0.027, +0.666], p = 0.040: helps
    """
    import_optional("pandas", "pandas", _OWNER)
    given = read_given(estimator, X, Y, sample_weight, missing_label, _OWNER)
    names = given.tasks.names
    t = find_task(target, names, _OWNER, "target")
    rng = check_random_state(random_state)
    order = _order(given, t, affinity, rng)
    scores_of = Budget(cv, scoring, max_fits, n_jobs, verbose).scores_of(given, rng)
    n_folds = len(scores_of.folds)
    n_sets = None if max_fits is None else max_fits // n_folds
    if n_sets is not None and n_sets < 2:
        expected = f"at least {2 * n_folds}: the target alone and with another task"
        raise parameter_error("max_fits", _OWNER, expected, max_fits)
    search = AuxiliarySearch(scores_of, t, n_sets)
    search.run(order, max_tasks)
    observed = given.data.targets.observed[:, t]
    result = compare_on_task(
        search.scores_of_others_choice(),
        search.scores[0],
        np.array([observed[train].sum() for train, _ in scores_of.folds]),
        np.array([observed[test].sum() for _, test in scores_of.folds]),
        confidence,
    )
    by_chance = result.difference <= 0 or result.p_value > _MAX_P_VALUE
    chosen = [] if by_chance else search.chosen
    return AuxiliaryTasks(
        target=names[t],
        tasks=[names[s] for s in chosen],
        gain=result.difference,
        ci_low=result.ci_low,
        ci_high=result.ci_high,
        p_value=result.p_value,
        verdict=result.verdict,
        steps=search.table(names),
    )


def _order(
    given: Given, target: int, affinity: Any, rng: np.random.RandomState
) -> list[int]:
    """Return the other tasks, those first that do the target most good."""
    if affinity is None:
        matrix = guess_affinity(given, rng)
    else:
        matrix = read_affinity(affinity, given.tasks.names, _OWNER)
    promise = np.nan_to_num(matrix[:, target], nan=-np.inf)
    return [s for s in np.argsort(-promise, kind="stable").tolist() if s != target]
