import warnings
from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.utils import check_random_state, indexable
from sklearn.utils._param_validation import Interval, validate_parameter_constraints

from sklearn_mtl._tasks import Targets, read_targets
from sklearn_mtl._validation import (
    check_option,
    check_sample_weight,
    list_some,
    parameter_error,
)
from sklearn_mtl.model_selection._compare._compare_docs import share_docs
from sklearn_mtl.model_selection._compare._fit_and_score import (
    Trial,
    check_weighable,
    is_estimator,
    resolve_metrics,
)
from sklearn_mtl.model_selection._compare._gather import gather
from sklearn_mtl.model_selection._compare._missing_labels import check_missing_labels
from sklearn_mtl.model_selection._compare._repeats import (
    Fold,
    make_splitter,
    say_splitter,
    split_repeats,
)
from sklearn_mtl.model_selection._compare._run_fits import Plan, run_fits
from sklearn_mtl.model_selection._compare._settings import describe_settings
from sklearn_mtl.model_selection._compare._train_sizes import count_rows, nest_rows
from sklearn_mtl.model_selection._compare._tuning import split_search, tune_all
from sklearn_mtl.model_selection._comparison import TaskComparison
from sklearn_mtl.multioutput._find_kinds import find_kinds

_OWNER = "compare_estimators"
_COUNT = Interval(Integral, 1, None, closed="left")
_CONSTRAINTS: dict[str, list[Any]] = {
    "estimators": [Mapping],
    "baseline": [str, None],
    "cv": ["cv_object"],
    "n_candidates": [_COUNT],
    "n_repeats": [_COUNT],
    "train_sizes": ["array-like", None],
    "confidence": [Interval(Real, 0, 1, closed="neither")],
    "n_jobs": [Integral, None],
    "random_state": ["random_state"],
    "verbose": ["verbose"],
}


@share_docs
def compare_estimators(
    estimators: Mapping[str, Any],
    X: Any,
    Y: Any,
    *,
    baseline: str | None = None,
    cv: Any = None,
    scoring: Any = None,
    search: Any = None,
    n_candidates: int = 10,
    n_repeats: int = 1,
    train_sizes: Any = None,
    sample_weight: Any = None,
    missing_label: Any = np.nan,
    confidence: float = 0.95,
    n_jobs: int | None = None,
    random_state: int | np.random.RandomState | None = None,
    verbose: int = 0,
) -> TaskComparison:
    """Compare estimators on every task with a baseline, by cross-validation.

    All are fitted and scored on the same folds: networks, linear models, trees,
    pipelines and searches side by side. For each task the differences to the baseline
    are tested with the corrected resampled t-test, and a verdict is given: "helps",
    "hurts" or "no evidence".

    Parameters
    ----------
    estimators : dict of str to estimator
        The estimators to compare, at least two, by name. They are cloned.
    {data}
    baseline : str, default=None
        The name of the estimator that the others are compared with; by default the
        first.
    {options}

    Returns
    -------
    TaskComparison
        The scores, differences, intervals and verdicts.

    Raises
    ------
    ValueError
        If the estimators have another missing label, or take no sample weights that are
        given, or `search` names parameters that an estimator does not have. An error of
        an estimator carries a note that names it and the fold.

    Warns
    -----
    {warns}

    See Also
    --------
    compare_with_single_task : Compare an estimator with one copy of it per task.
    TaskComparison : What is returned.

    Notes
    -----
    Estimators of scikit-learn that take several columns of labels do so if none is
    missing. With missing labels, they can be compared in
    :class:`~sklearn_mtl.multioutput.IndependentTasksClassifier` or
    :class:`~sklearn_mtl.multioutput.IndependentTasksRegressor`.

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
    # Not by the decorator, which would put its name into errors of the estimators.
    given = locals()
    validate_parameter_constraints(
        _CONSTRAINTS, {name: given[name] for name in _CONSTRAINTS}, caller_name=_OWNER
    )
    baseline = _check_names(estimators, baseline)
    targets = read_targets(Y, missing_label=missing_label, owner=_OWNER, name="Y")
    check_missing_labels(estimators, targets, missing_label, _OWNER)
    trial, targets = _prepare(
        estimators, baseline, X, Y, targets, sample_weight, scoring, missing_label
    )
    searches = split_search(search, estimators, _OWNER)
    rng = check_random_state(random_state)
    splitter = make_splitter(cv, n_repeats, trial, random_state, _OWNER)
    tuned = tune_all(estimators, searches, n_candidates, trial, rng)
    folds: list[Fold] = []
    parts = []
    # One after the other: the first repeat draws what it would without others.
    for of_repeat in split_repeats(splitter, n_repeats, trial, rng):
        counts = count_rows(train_sizes, of_repeat, _OWNER).T
        of_fold = zip(of_repeat, counts, strict=True)
        parts += [nest_rows(targets, fold.train, n, rng) for fold, n in of_fold]
        folds += of_repeat
    plan = Plan(tuned, folds, parts)
    outcomes, interrupted = run_fits(trial, plan, n_jobs, verbose)
    gathered = gather(plan, outcomes, targets.observed)
    _warn_undefined(gathered["scores"], targets.names, "")
    if interrupted:
        _warn_interrupted(len(gathered["n_train"]), len(folds))
    elif plan.n_sizes > 1:
        smaller = {n: np.vstack(of[:-1]) for n, of in gathered["curve_scores"].items()}
        _warn_undefined(smaller, targets.names, " of the learning curve")
    return TaskComparison(
        **gathered,
        task_names=targets.names,
        baseline=baseline,
        metrics=[metric.name for metric in trial.metrics],
        confidence=confidence,
        settings=describe_settings(
            estimators,
            searches,
            n_candidates,
            folds=say_splitter(splitter),
            n_repeats=n_repeats,
            random_state=random_state,
            rows=targets.n_samples,
            tasks=targets.n_tasks,
        ),
    )


def _prepare(
    estimators: Mapping[str, Any],
    baseline: str,
    X: Any,
    Y: Any,
    targets: Targets,
    sample_weight: Any,
    scoring: Any,
    missing_label: Any,
) -> tuple[Trial, Targets]:
    """Return what to fit and to score on, and the labels that count."""
    X, Y, sample_weight = indexable(X, Y, sample_weight)
    if sample_weight is not None:
        sample_weight = np.asarray(sample_weight)
        check_weighable(estimators, _OWNER)
        targets = targets.mask(
            check_sample_weight(sample_weight, targets.observed, _OWNER)
        )
    kinds = find_kinds(estimators[baseline], targets)
    if isinstance(kinds, str):
        kinds = [kinds] * targets.n_tasks
    metrics = resolve_metrics(scoring, targets.names, kinds, _OWNER)
    trial = Trial(X, Y, sample_weight, targets.observed, missing_label, metrics)
    return trial, targets


def _check_names(estimators: Mapping[Any, Any], baseline: str | None) -> str:
    if len(estimators) < 2:
        raise parameter_error(
            "estimators", _OWNER, "at least two, by name", list_some(estimators)
        )
    for name, estimator in estimators.items():
        if not isinstance(name, str) or not is_estimator(estimator):
            raise parameter_error(
                "estimators",
                _OWNER,
                "a dict from str to estimator (not a class)",
                f"{name!r}: {estimator!r}",
            )
    if baseline is None:
        return next(iter(estimators))
    check_option(baseline, estimators, "baseline", _OWNER)
    return baseline


def _warn_interrupted(n_finished: int, n_folds: int) -> None:
    warnings.warn(
        f"Interrupted: the comparison is of the {n_finished} folds that are finished, "
        f"of {n_folds}.",
        stacklevel=3,
    )


def _warn_undefined(
    scores: Mapping[str, np.ndarray], tasks: Sequence[str], where: str
) -> None:
    undefined = np.isnan(np.vstack([*scores.values()])).any(axis=0)
    if undefined.any():
        names = np.array(tasks, dtype=object)[undefined]
        warnings.warn(
            f"The task(s) {list_some(names)} have no score in some folds{where}, which "
            "are left out: see the column n_folds of the table.",
            UndefinedMetricWarning,
            stacklevel=3,
        )
