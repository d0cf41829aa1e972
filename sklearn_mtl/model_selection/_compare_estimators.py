import warnings
from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.model_selection import check_cv
from sklearn.utils import indexable
from sklearn.utils._param_validation import Interval, validate_params
from sklearn.utils.parallel import Parallel, delayed

from sklearn_mtl._tasks import is_missing, read_targets
from sklearn_mtl._validation import (
    check_option,
    check_sample_weight,
    list_some,
    parameter_error,
)
from sklearn_mtl.model_selection._comparison import TaskComparison
from sklearn_mtl.model_selection._fit_and_score import Trial, resolve_metrics
from sklearn_mtl.model_selection._k_fold import MultiTaskKFold
from sklearn_mtl.multioutput._find_kinds import find_kinds
from sklearn_mtl.multioutput._fit_one_task import find_weight_keyword

_OWNER = "compare_estimators"


@validate_params(
    {
        "estimators": [Mapping],
        "baseline": [str, None],
        "cv": ["cv_object"],
        "confidence": [Interval(Real, 0, 1, closed="neither")],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    },
    prefer_skip_nested_validation=False,
)
def compare_estimators(
    estimators: Mapping[str, Any],
    X: Any,
    Y: Any,
    *,
    baseline: str | None = None,
    cv: Any = None,
    scoring: Any = None,
    sample_weight: Any = None,
    missing_label: Any = np.nan,
    confidence: float = 0.95,
    n_jobs: int | None = None,
    random_state: int | np.random.RandomState | None = None,
    verbose: int = 0,
) -> TaskComparison:
    """Compare estimators on every task with a baseline, by cross-validation.

    All are fitted and scored on the same folds. For each task the differences to the
    baseline are tested with the corrected resampled t-test, and a verdict is given:
    "helps", "hurts" or "no evidence".

    Parameters
    ----------
    estimators : dict of str to estimator
        The estimators to compare, at least two, by name. They are cloned.
    X : {array-like, sparse matrix, data frame} of shape (n_samples, n_features)
        Inputs.
    Y : array-like of shape (n_samples, n_tasks) or (n_samples,)
        Labels; missing ones are left out of every score.
    baseline : str, default=None
        The name of the estimator that the others are compared with; by default the
        first.
    cv : int, splitter or iterable of (train, test), default=None
        The folds. A number n, 5 by default, stands for `MultiTaskKFold(n)`.
    scoring : str, scorer, callable or dict, default=None
        The metric, greater is better: the name of a scikit-learn scorer such as
        `"roc_auc"`, a scorer, or a function ``metric(y_true, y_pred)``; or a dict from
        task to one of these. By default the accuracy of classification tasks and the R²
        of regression tasks.
    sample_weight : array-like of shape (n_samples,) or (n_samples, n_tasks), \
default=None
        Weights of rows or of labels, for fitting and scoring. Weight 0 is the same as a
        missing label.
    missing_label : object, default=np.nan
        One more label that means missing, such as -1: the same that the estimators are
        told. NaN, None, pd.NA and NaT always are missing.
    confidence : float, default=0.95
        The confidence level of the intervals.
    n_jobs : int, default=None
        How many fits to run in parallel. None means 1 unless in a
        :func:`joblib.parallel_config` context; -1 means all cores.
    random_state : int, RandomState instance or None, default=None
        Controls the shuffling of the default folds. The estimators have their own.
    verbose : int, default=0
        How much to tell of the progress.

    Returns
    -------
    TaskComparison
        The scores, differences, intervals and verdicts.

    Raises
    ------
    ValueError
        If the estimators have another missing label, or take no sample weights that are
        given. An error of an estimator carries a note that names it and the fold.

    Warns
    -----
    UndefinedMetricWarning
        If tasks have no score in some folds, which are left out.

    See Also
    --------
    compare_with_single_task : Compare an estimator with one copy of it per task.
    TaskComparison : What is returned.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression, MultiTaskLasso
    >>> from sklearn_mtl.datasets import make_multitask_regression
    >>> from sklearn_mtl.model_selection import compare_estimators
    >>> X, Y = make_multitask_regression(
    ...     200, n_features=80, n_informative=5, noise=0.5, random_state=0
    ... )
    >>> estimators = {"least squares": LinearRegression(), "lasso": MultiTaskLasso(0.1)}
    >>> comparison = compare_estimators(estimators, X, Y, random_state=0)
    >>> summary = comparison.summary()
    >>> summary[["baseline_mean", "mean", "ci_low", "ci_high", "verdict"]].round(2)
           baseline_mean  mean  ci_low  ci_high      verdict
    task
    task0           0.45  0.73    0.04     0.52        helps
    task1           0.46  0.75    0.09     0.49        helps
    task2           0.55  0.75   -0.07     0.49  no evidence
    """
    baseline = _check_names(estimators, baseline)
    _check_missing_labels(estimators, missing_label)
    targets = read_targets(Y, missing_label=missing_label, owner=_OWNER, name="Y")
    X, Y, sample_weight = indexable(X, Y, sample_weight)
    if sample_weight is not None:
        sample_weight = np.asarray(sample_weight)
        _check_weighable(estimators)
        targets = targets.mask(
            check_sample_weight(sample_weight, targets.observed, _OWNER)
        )
    kinds = find_kinds(estimators[baseline], targets)
    if isinstance(kinds, str):
        kinds = [kinds] * targets.n_tasks
    metrics = resolve_metrics(scoring, targets.names, kinds, _OWNER)
    if cv is None or isinstance(cv, Integral):
        n_splits = 5 if cv is None else int(cv)
        cv = MultiTaskKFold(
            n_splits, random_state=random_state, missing_label=missing_label
        )
    folds = list(check_cv(cv).split(X, Y))
    trial = Trial(X, Y, sample_weight, missing_label, metrics)
    results = Parallel(n_jobs=n_jobs, verbose=verbose)(
        delayed(trial.run)(name, clone(estimator), fold, train, test)
        for name, estimator in estimators.items()
        for fold, (train, test) in enumerate(folds)
    )
    scores, times = {}, {}
    for name in estimators:
        of_name, results = results[: len(folds)], results[len(folds) :]
        scores[name] = np.array([values for values, _ in of_name])
        times[name] = np.array([seconds for _, seconds in of_name])
    _warn_undefined(scores, targets.names)
    return TaskComparison(
        scores,
        task_names=targets.names,
        baseline=baseline,
        n_train=[targets.observed[train].sum(axis=0) for train, _ in folds],
        n_test=[targets.observed[test].sum(axis=0) for _, test in folds],
        metrics=[metric.name for metric in metrics],
        fit_time=times,
        confidence=confidence,
    )


def _check_names(estimators: Mapping[str, Any], baseline: str | None) -> str:
    if len(estimators) < 2:
        raise parameter_error(
            "estimators", _OWNER, "at least two, by name", list_some(estimators)
        )
    if baseline is None:
        return next(iter(estimators))
    check_option(baseline, estimators, "baseline", _OWNER)
    return baseline


def _check_missing_labels(estimators: Mapping[str, Any], missing_label: Any) -> None:
    """Raise if an estimator takes for a label what the scores leave out, or vice versa.

    Of an estimator within an estimator the outer one reads the labels.
    """
    for name, estimator in estimators.items():
        params = estimator.get_params(deep=True)
        own = [path for path in params if path.rpartition("__")[2] == "missing_label"]
        if not own:
            continue
        label = params[min(own, key=lambda path: path.count("__"))]
        both_plain = is_missing(label) and is_missing(missing_label)
        if label != missing_label and not both_plain:
            raise parameter_error(
                "missing_label",
                _OWNER,
                f"{label!r}, as it is of the estimator {name!r}",
                repr(missing_label),
            )


def _check_weighable(estimators: Mapping[str, Any]) -> None:
    for name, estimator in estimators.items():
        if find_weight_keyword(estimator) is None:
            raise parameter_error(
                "sample_weight",
                _OWNER,
                f"None, as the fit of the estimator {name!r} takes no weights",
                "weights",
            )


def _warn_undefined(scores: Mapping[str, np.ndarray], tasks: Sequence[str]) -> None:
    undefined = np.isnan(np.vstack(list(scores.values()))).any(axis=0)
    if undefined.any():
        names = np.array(tasks, dtype=object)[undefined]
        warnings.warn(
            f"The task(s) {list_some(names)} have no score in some folds, which are "
            "left out: see the column n_folds of the summary.",
            UndefinedMetricWarning,
            # Past compare_estimators and the decorator that validates its parameters.
            stacklevel=4,
        )
