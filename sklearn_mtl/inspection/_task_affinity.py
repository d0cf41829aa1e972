from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, validate_params

from sklearn_mtl._validation import check_option, import_optional, parameter_error
from sklearn_mtl.inspection._affinity._find_affinity import CHEAP_METHODS, find_affinity
from sklearn_mtl.inspection._affinity._inputs import read_given
from sklearn_mtl.inspection._affinity._pairwise_affinity import Budget, find_by_pairs

_OWNER = "task_affinity"
METHODS = (*CHEAP_METHODS, "pairwise")


@validate_params(
    {
        "method": [str],
        "cv": ["cv_object"],
        "max_fits": [Interval(Integral, 1, None, closed="left"), None],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    },
    prefer_skip_nested_validation=False,
)
def task_affinity(
    estimator: Any,
    X: Any,
    Y: Any,
    method: str = "gradient",
    *,
    sample_weight: Any = None,
    scoring: Any = None,
    cv: Any = None,
    max_fits: int | None = None,
    n_jobs: int | None = None,
    random_state: int | np.random.RandomState | None = None,
    missing_label: Any = np.nan,
    verbose: int = 0,
) -> Any:
    """Tell what each task does to each other: above 0 it helps, below 0 it hurts.

    The entry in row s and column t is what task s does to task t. With :math:`g_s` the
    gradient of the loss :math:`L_s` of task s, and :math:`M_t(S)` the score of task t
    learnt with the tasks S,

    .. math::
        A_{st} &= \\frac{g_s^\\top g_t}{\\|g_s\\| \\|g_t\\|} & \\text{(gradient)} \\\\
        A_{st} &= 1 - \\frac{L_t(\\theta - \\eta_s g_s)}{L_t(\\theta)}
        & \\text{(transfer)} \\\\
        A_{st} &= M_t(\\{s, t\\}) - M_t(\\{t\\}) & \\text{(pairwise)}

    and "label" is the strength of the association of the labels themselves.

    Parameters
    ----------
    estimator : estimator or None
        What is to learn the tasks; it is cloned. "gradient" and "transfer" need one of
        the networks of this package, or a pipeline that ends with one. "pairwise" takes
        any estimator that takes several tasks, and "label" takes none.
    X : {array-like, sparse matrix, data frame} of shape (n_samples, n_features)
        Inputs. "label" does not look at them: None will do.
    Y : array-like of shape (n_samples, n_tasks)
        Labels; missing ones are left out.
    method : {"gradient", "transfer", "label", "pairwise"}, default="gradient"
        How to find it.

        - "gradient": the cosine of the gradients of two tasks, in one training run.
        - "transfer": the share of the loss of t that a step for s takes away, in one
          training run [1]_.
        - "label": the association of the labels in the rows that have both, 0 to 1:
          Cramér's V with the correction of [2]_ for classes, the rank correlation in
          absolute value for quantities, the correlation ratio for one of each.
        - "pairwise": the score of t learnt with s, minus that of t alone, by
          cross-validation. This is what the others estimate, at the price of a fit for
          every task and every pair in every fold.

    sample_weight : array-like of shape (n_samples,) or (n_samples, n_tasks), \
default=None
        Weights of rows or of labels. Weight 0 is the same as a missing label.
    scoring : str, scorer, callable or dict, default=None
        The metric of "pairwise", greater is better, as in
        :func:`~sklearn_mtl.model_selection.compare_estimators`.
    cv : int, splitter or iterable of (train, test), default=None
        The folds of "pairwise". A number n, 5 by default, stands for
        `MultiTaskKFold(n)`.
    max_fits : int, default=None
        The number of fits that "pairwise" may take. If it does not do for all pairs,
        those with the highest affinity by a cheap method come first, "gradient" for
        networks and "label" for other estimators, and the rest are NaN.
    n_jobs : int, default=None
        How many fits of "pairwise" to run in parallel. None means 1 unless in a
        :func:`joblib.parallel_config` context; -1 means all cores.
    random_state : int, RandomState instance or None, default=None
        Controls the rows that are looked at, and the default folds. The estimator has
        its own.
    missing_label : object, default=np.nan
        One more label that means missing, such as -1: the same that the estimator is
        told. NaN, None, pd.NA and NaT always are missing.
    verbose : int, default=0
        How much "pairwise" tells of the progress.

    Returns
    -------
    DataFrame of shape (n_tasks, n_tasks)
        The affinities, by names of tasks. "gradient", "label" are symmetric. The
        diagonal has what a task does to itself: 1, its own transfer, or 0 for
        "pairwise". NaN stands for what is not known.

    Raises
    ------
    ValueError
        If there is one task only, the method does not suit the estimator, or the budget
        is too small for one pair.

    Warns
    -----
    UserWarning
        If some affinities cannot be known: too few rows with both labels, or a task of
        one class.

    See Also
    --------
    group_tasks : Make groups of tasks from affinities.
    TaskAffinityDisplay : Draw them.
    GroupedTasksClassifier : Learn each group by itself.
    select_auxiliary_tasks : Find what to learn along with one task.

    Notes
    -----
    "gradient" and "transfer" look at the network after epochs 1, 2, 3, ..., then
    further and further apart, at up to 4096 rows (with a pass back for each task, at
    fewer the more tasks there are). A look counts as much as the loss fell since the
    one before: early gradients tell what the tasks have in common, late ones are noise,
    and planted groups were found best so. Training itself is left as it is.

    The gradients are those with respect to the shared representation, row by row, which
    costs little. Tasks that have few rows in common do not meet there: if a pair has
    less than half of the labels of the rarer task in common, or the network has
    `gradient_level="parameters"`, gradients of the shared parameters are taken.

    A step of "transfer" is along the gradient of a task, and as long as 1 % of the norm
    of the shared parameters, for every task. In [1]_ it is as long as the gradient.

    A strong association of labels, of either sign, says that two tasks can share what
    they look at. It does not say that they must: tasks that depend on the same inputs
    may have labels without any association, and those who share noise have some.
    Correlations and ratios are of ranks, and their squares are adjusted as R² is, so
    that tasks without association have affinities near 0.

    References
    ----------
    .. [1] C. Fifty, E. Amid, Z. Zhao, T. Yu, R. Anil and C. Finn, "Efficiently
       Identifying Task Groupings for Multi-Task Learning", NeurIPS 2021.
    .. [2] W. Bergsma, "A bias-correction for Cramér's V and Tschuprow's T", Journal of
       the Korean Statistical Society 42, 2013.

    Examples
    --------
    >>> from sklearn_mtl.datasets import make_multitask_regression
    >>> from sklearn_mtl.inspection import group_tasks, task_affinity
    >>> from sklearn_mtl.neural_network import MultiTaskNetRegressor
    >>> X, Y = make_multitask_regression(
    ...     300, n_tasks=4, n_clusters=2, relatedness=0.9, random_state=0
    ... )
    >>> net = MultiTaskNetRegressor((32,), max_epochs=20, random_state=0)
    >>> affinity = task_affinity(net, X, Y, random_state=0)
    >>> affinity.round(1)
           task0  task1  task2  task3
    task0    1.0    0.9    0.2    0.2
    task1    0.9    1.0    0.1    0.1
    task2    0.2    0.1    1.0    0.9
    task3    0.2    0.1    0.9    1.0
    >>> group_tasks(affinity)
    array([0, 0, 1, 1])
    """
    check_option(method, METHODS, "method", _OWNER)
    pandas = import_optional("pandas", "pandas", _OWNER)
    if method != "label":
        if estimator is None:
            expected = f"an estimator for method={method!r}"
            raise parameter_error("estimator", _OWNER, expected, "None")
        if X is None:
            expected = f"a table of inputs for method={method!r}"
            raise parameter_error("X", _OWNER, expected, "None")
    given = read_given(estimator, X, Y, sample_weight, missing_label, _OWNER)
    rng = check_random_state(random_state)
    if method == "pairwise":
        budget = Budget(cv, scoring, max_fits, n_jobs, verbose)
        affinity = find_by_pairs(given, budget, rng)
    else:
        affinity = find_affinity(method, given, rng)
    return pandas.DataFrame(
        affinity, index=list(given.tasks.names), columns=list(given.tasks.names)
    )
