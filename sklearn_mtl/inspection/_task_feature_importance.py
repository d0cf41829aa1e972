from collections.abc import Sequence
from dataclasses import replace
from numbers import Integral
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.pipeline import Pipeline
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import HasMethods, Interval, validate_params
from sklearn.utils.validation import check_is_fitted

from sklearn_mtl._inputs import Inputs
from sklearn_mtl._tasks import Targets, Tasks, find_order, read_targets
from sklearn_mtl._validation import (
    check_option,
    check_sample_weight,
    import_optional,
    parameter_error,
)
from sklearn_mtl.inspection._affinity._inputs import find_net
from sklearn_mtl.inspection._integrated_gradients import integrated_gradients
from sklearn_mtl.inspection._permutation_importance import PermutationImportance
from sklearn_mtl.metrics._task_scorers import _find_fitted
from sklearn_mtl.model_selection._compare._fit_and_score import resolve_metrics
from sklearn_mtl.multioutput._find_kinds import find_kinds
from sklearn_mtl.multioutput._fit_some_tasks import LabelledTable
from sklearn_mtl.neural_network._base import BaseMultiTaskNet
from sklearn_mtl.neural_network._read_inputs import read_inputs

_OWNER = "task_feature_importance"
METHODS = ("permutation", "integrated_gradients")


@validate_params(
    {
        "estimator": [HasMethods(["predict"])],
        "method": [str],
        "n_repeats": [Interval(Integral, 1, None, closed="left")],
        "n_steps": [Interval(Integral, 1, None, closed="left")],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=False,
)
def task_feature_importance(
    estimator: Any,
    X: Any,
    Y: Any = None,
    *,
    method: str = "permutation",
    scoring: Any = None,
    n_repeats: int = 5,
    n_steps: int = 32,
    sample_weight: Any = None,
    missing_label: Any = np.nan,
    n_jobs: int | None = None,
    random_state: int | np.random.RandomState | None = None,
) -> Any:
    """Tell how much each task depends on each feature, and so which they share.

    For feature j and task t, with the score :math:`M_t`, the table :math:`X^{\\pi_j}`
    whose column j is permuted, and what the network says of a task in row i,
    :math:`F_t(x_i)`, it is

    .. math::
        \\text{permutation: } M_t(X) - M_t(X^{\\pi_j}), \\qquad
        \\text{integrated gradients: } \\frac1n \\sum_i \\left| (x_{ij} - \\bar x_j)
        \\int_0^1 \\partial_j F_t(\\bar x + a (x_i - \\bar x))\\, da \\right|

    Parameters
    ----------
    estimator : fitted estimator
        Any estimator of one or several tasks for "permutation"; a network of this
        package, or a pipeline that ends with one, for "integrated_gradients".
    X : {array-like, sparse matrix, data frame} of shape (n_samples, n_features)
        Inputs, best those of rows that it was not fitted on.
    Y : array-like of shape (n_samples, n_tasks) or (n_samples,), default=None
        Labels; missing ones are left out of the scores. "integrated_gradients" does
        not need them.
    method : {"permutation", "integrated_gradients"}, default="permutation"
        How to find it.

        - "permutation": by how much the score of each task falls when the feature is
          permuted, the mean over repeats. All tasks come from the same predictions.
        - "integrated_gradients": how much the feature adds to what the network says of
          the row, compared with the mean of X: the log-odds of the predicted class, or
          a quantity in standard deviations [1]_; the mean of the absolute values.

    scoring : str, scorer, callable or dict, default=None
        The metric of "permutation", greater is better, as in
        :func:`~sklearn_mtl.model_selection.compare_estimators`.
    n_repeats : int, default=5
        How often to permute each feature.
    n_steps : int, default=32
        The number of steps on the way from the mean of X, for "integrated_gradients".
    sample_weight : array-like of shape (n_samples,) or (n_samples, n_tasks), \
default=None
        Weights of rows or of labels.
    missing_label : object, default=np.nan
        One more label that means missing, such as -1. NaN, None, pd.NA and NaT always
        do.
    n_jobs : int, default=None
        How many features to permute in parallel. None means 1 unless in a
        :func:`joblib.parallel_config` context; -1 means all cores.
    random_state : int, RandomState instance or None, default=None
        Controls the permutations.

    Returns
    -------
    DataFrame of shape (n_features, n_tasks)
        The importances, by names of features and tasks. NaN for tasks without a score.

    Raises
    ------
    ValueError
        If the labels do not fit the estimator, or the method does not suit it.
    NotFittedError
        If the estimator is not fitted.

    Warns
    -----
    UndefinedMetricWarning
        If a task has no score.

    See Also
    --------
    TaskImportanceDisplay : Draw it.
    sklearn.inspection.permutation_importance : For one score.

    Notes
    -----
    Permuting one of two features that say the same hardly matters, as the other is
    still there: both may look useless. Integrated gradients share it out between them.

    The attributions of a row sum to the difference between what the network says of it
    and of the mean of X, up to the error of the integral, which `n_steps` makes small.
    In a pipeline they are those of what the network gets, named by the steps before it.

    References
    ----------
    .. [1] M. Sundararajan, A. Taly and Q. Yan, "Axiomatic Attribution for Deep
       Networks", ICML 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.tree import DecisionTreeRegressor
    >>> from sklearn_mtl.inspection import task_feature_importance
    >>> X = np.random.default_rng(0).normal(size=(200, 3))
    >>> Y = np.column_stack([X[:, 0], X[:, 0] + X[:, 1]])
    >>> tree = DecisionTreeRegressor(random_state=0).fit(X, Y)
    >>> task_feature_importance(tree, X, Y, random_state=0).round(1)
        task0  task1
    x0    2.0    1.0
    x1    0.0    0.9
    x2    0.0    0.0
    """
    check_option(method, METHODS, "method", _OWNER)
    pandas = import_optional("pandas", "pandas", _OWNER)
    check_is_fitted(estimator)
    if isinstance(X, Inputs):
        expected = "one table with one column per feature"
        raise parameter_error("X", _OWNER, expected, repr(X))
    if isinstance(X, (list, tuple)):
        X = np.array(X)
    if method == "permutation":
        if Y is None:
            raise parameter_error("Y", _OWNER, "given for method='permutation'", "None")
        if np.ndim(X) != 2 and not sparse.issparse(X):
            expected = "a table with one column per feature"
            raise parameter_error("X", _OWNER, expected, f"{np.ndim(X)}-D")
        data = _read_labels(estimator, X, Y, sample_weight, missing_label)
        importance = _permute(estimator, data, scoring, n_repeats, n_jobs, random_state)
        features = _name_features(X, estimator)
        names = data.tasks.names
    else:
        net, X, features = _find_inputs(estimator, X)
        names = net.task_names_
        weights = _read_weights(sample_weight, X.shape[0], len(names))
        importance = integrated_gradients(net, X, n_steps, weights)
    return pandas.DataFrame(importance, index=list(features), columns=list(names))


def _permute(
    estimator: Any,
    data: LabelledTable,
    scoring: Any,
    n_repeats: int,
    n_jobs: int | None,
    random_state: Any,
) -> np.ndarray:
    tasks = data.tasks
    every = list(range(tasks.n_tasks))
    labels = data.labels(every, np.arange(data.targets.n_samples))
    metrics = resolve_metrics(scoring, tasks.names, tasks.kinds, _OWNER)
    score_permuted = PermutationImportance(estimator, labels, data.weights, metrics)
    rng = check_random_state(random_state)
    seeds = rng.randint(2**31 - 1, size=data.X.shape[1])
    return score_permuted(data.X, n_repeats, seeds, n_jobs)


def _read_labels(
    estimator: Any, X: Any, Y: Any, sample_weight: Any, missing_label: Any
) -> LabelledTable:
    """Read the labels, in the order that the estimator knows the tasks in."""
    targets = read_targets(Y, missing_label=missing_label, owner=_OWNER, name="Y")
    if X.shape[0] != targets.n_samples:
        expected = f"a table of {X.shape[0]} rows, as X"
        raise parameter_error("Y", _OWNER, expected, f"{targets.n_samples} rows")
    weights = None
    if sample_weight is not None:
        weights = check_sample_weight(sample_weight, targets.observed, _OWNER)
        targets = targets.mask(weights)
    known = _find_fitted(estimator, "task_names_")
    if known is not None:
        if len(known) != targets.n_tasks:
            expected = f"a table of the {len(known)} task(s) of the estimator"
            raise parameter_error("Y", _OWNER, expected, f"{targets.n_tasks} task(s)")
        targets, weights = _reorder(targets, weights, [str(name) for name in known])
    kinds = find_kinds(estimator, targets)
    if isinstance(kinds, str):
        kinds = [kinds] * targets.n_tasks
    tasks = Tasks(
        names=targets.names,
        kinds=tuple(kinds),
        classes=(None,) * targets.n_tasks,
        one_dimensional=targets.one_dimensional,
        named=targets.named,
    )
    return LabelledTable(X, targets, weights, tasks)


def _reorder(
    targets: Targets, weights: np.ndarray | None, names: Sequence[str]
) -> tuple[Targets, np.ndarray | None]:
    """Return the columns in the order of the tasks, by position without names."""
    if not targets.named or not _are_given(names):
        return replace(targets, names=tuple(names)), weights
    order = find_order(targets.names, names, "Y", _OWNER)
    columns = [targets.columns[t] for t in order]
    observed = targets.observed[:, order]
    targets = replace(targets, names=tuple(names), columns=columns, observed=observed)
    return targets, None if weights is None else weights[:, order]


def _are_given(names: Sequence[str]) -> bool:
    """Return whether the names are those of columns, rather than of positions."""
    return list(names) != [f"task{t}" for t in range(len(names))]


def _find_inputs(estimator: Any, X: Any) -> tuple[BaseMultiTaskNet, Any, Sequence[str]]:
    """Return a fitted network, what it gets for X, and the names of that."""
    net = find_net(estimator)
    if net is None:
        raise parameter_error(
            "estimator",
            _OWNER,
            "a network of sklearn_mtl, or a pipeline that ends with one, for "
            "method='integrated_gradients' ('permutation' takes others)",
            type(estimator).__name__,
        )
    features = None
    while isinstance(estimator, Pipeline):
        steps, estimator = estimator[:-1], estimator.steps[-1][1]
        if not len(steps.steps):
            continue
        try:
            features = steps.get_feature_names_out()
        except (AttributeError, ValueError) as error:
            raise ValueError(
                f"{_OWNER} needs the names of what the network gets, and a step of the "
                f"pipeline does not tell: {error} Give it the network and its inputs, "
                "or use method='permutation'."
            ) from error
        X = steps.transform(X)
    if features is None:
        features = _name_features(X, net)
    X = read_inputs(net, X, net._fitted_precision, reset=False)
    if X.ndim != 2:
        expected = "a table with one column per feature"
        raise parameter_error("X", _OWNER, expected, f"{X.ndim}-D")
    is_sparse = sparse.issparse(X)
    numbers = X.data if is_sparse else X
    if net._categories is not None or np.isnan(numbers).any():
        expected = "'permutation' where X has categories or missing values"
        raise parameter_error("method", _OWNER, expected, "'integrated_gradients'")
    return net, X, features


def _name_features(X: Any, estimator: Any) -> Sequence[str]:
    if hasattr(X, "columns"):
        return [str(column) for column in X.columns]
    known = getattr(estimator, "feature_names_in_", None)
    if known is not None and len(known) == X.shape[1]:
        return list(known)
    return [f"x{j}" for j in range(X.shape[1])]


def _read_weights(
    sample_weight: Any, n_samples: int, n_tasks: int
) -> np.ndarray | None:
    if sample_weight is None:
        return None
    every = np.ones((n_samples, n_tasks), dtype=bool)
    return check_sample_weight(sample_weight, every, _OWNER)
