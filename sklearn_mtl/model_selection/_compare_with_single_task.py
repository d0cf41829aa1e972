from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.base import is_classifier, is_regressor

from sklearn_mtl._validation import parameter_error
from sklearn_mtl.model_selection._compare._compare_docs import share_docs
from sklearn_mtl.model_selection._compare._fit_and_score import is_estimator
from sklearn_mtl.model_selection._compare._tuning import split_search
from sklearn_mtl.model_selection._compare_estimators import compare_estimators
from sklearn_mtl.model_selection._comparison import TaskComparison
from sklearn_mtl.multioutput._independent_tasks import (
    IndependentTasks,
    IndependentTasksClassifier,
    IndependentTasksRegressor,
)

_OWNER = "compare_with_single_task"
_SIDES = ("single task", "multi-task")


@share_docs
def compare_with_single_task(
    estimator: Any,
    X: Any,
    Y: Any,
    *,
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
    """Compare learning the tasks together with learning each alone.

    The estimator is cross-validated on all tasks at once, and so is one copy of it per
    task, which is fitted on the rows that have the task's label: a pipeline with all
    its steps. The copies have no `task_weights`.

    Parameters
    ----------
    estimator : estimator
        An estimator of several tasks, or a pipeline that ends with one.
    {data}
    {options}

    Returns
    -------
    TaskComparison
        The scores of the estimators "single task", which is the baseline, and
        "multi-task"; differences, intervals and verdicts.

    Raises
    ------
    ValueError
        As :func:`compare_estimators`.

    Warns
    -----
    {warns}

    See Also
    --------
    compare_estimators : Compare with any other baseline, such as one of another kind.
    sklearn_mtl.multioutput.IndependentTasksClassifier : The single-task side.

    Notes
    -----
    Both sides have the same parameters, unless `search` tunes each for itself: then
    each task's own copy tries as many candidates as the estimator of all tasks, without
    their `task_weights` and `task_types`. The parameters are named as they are of the
    estimator, such as ``{"lr": [1e-3, 1e-2]}``.

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from sklearn_mtl.datasets import load_digits_tasks
    >>> from sklearn_mtl.model_selection import compare_with_single_task
    >>> X, Y = load_digits_tasks(return_X_y=True, as_frame=True)
    >>> tree = DecisionTreeClassifier(random_state=0)
    >>> compare_with_single_task(tree, X, Y, random_state=0)
    task           metric    single task    multi-task     difference ... verdict
    digit          accuracy  0.849 ± 0.034  0.867 ± 0.008  +0.018 ... no evidence
    parity         accuracy  0.930 ± 0.010  0.942 ± 0.013  +0.012 ... no evidence
    at_least_five  accuracy  0.883 ± 0.017  0.922 ± 0.009  +0.039 ... helps
    multi-task helps 1 and hurts 0 of 3 task(s), Δm +2.6 % [... (95% intervals).
    A fit takes ... s, single task ... s.
    Fitted numbers of a model: ..., single task ...
    """
    if not is_estimator(estimator):
        expected = "an estimator (not a class)"
        raise parameter_error("estimator", _OWNER, expected, repr(estimator))
    if is_classifier(estimator):
        independent = IndependentTasksClassifier
    elif is_regressor(estimator):
        independent = IndependentTasksRegressor
    else:
        independent = IndependentTasks
    alone = independent(estimator, missing_label=missing_label)
    return compare_estimators(
        dict(zip(_SIDES, [alone, estimator], strict=True)),
        X,
        Y,
        cv=cv,
        scoring=scoring,
        search=_split_sides(search, estimator),
        n_candidates=n_candidates,
        n_repeats=n_repeats,
        train_sizes=train_sizes,
        sample_weight=sample_weight,
        missing_label=missing_label,
        confidence=confidence,
        n_jobs=n_jobs,
        random_state=random_state,
        verbose=verbose,
    )


def _split_sides(search: Any, estimator: Any) -> dict[str, Any] | None:
    """Return the search of each side; a copy for one task has no weights of tasks."""
    searches = split_search(search, dict.fromkeys(_SIDES, estimator), _OWNER)
    if not searches:
        return None
    single, joint = (searches.get(side, []) for side in _SIDES)
    of_copies = [_for_copies(values) for values in single]
    return {_SIDES[0]: [v for v in of_copies if v] or None, _SIDES[1]: joint or None}


def _for_copies(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        f"estimator__{path}": choices
        for path, choices in values.items()
        if path.rpartition("__")[2] not in {"task_weights", "task_types"}
    }
