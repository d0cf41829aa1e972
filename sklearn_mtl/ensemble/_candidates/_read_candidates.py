"""Candidates as a user gives them: pairs of a name and an estimator or "drop"."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.base import is_classifier, is_regressor
from sklearn.model_selection._search import BaseSearchCV
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags

from sklearn_mtl._tasks import Kind, Targets
from sklearn_mtl._validation import list_some, parameter_error
from sklearn_mtl.model_selection._compare._fit_and_score import is_estimator
from sklearn_mtl.model_selection._compare._missing_labels import reads_missing_labels
from sklearn_mtl.multioutput import (
    IndependentTasksClassifier,
    IndependentTasksRegressor,
)

KIND_NAMES: dict[Kind, str] = {
    "classification": "classifier",
    "regression": "regressor",
}


def read_candidates(
    estimators: Any, kind: Kind, reserved: Sequence[str], owner: str
) -> dict[str, Any]:
    """Return the candidates by name, as they were given.

    The reserved names are those of the parameters of the owner.
    """
    if not are_pairs(estimators):
        raise parameter_error(
            "estimators",
            owner,
            "a list of (name, estimator) pairs, one at least",
            repr(estimators),
        )
    _check_names([name for name, _ in estimators], reserved, owner)
    candidates = {
        name: estimator for name, estimator in estimators if not _is_dropped(estimator)
    }
    if not candidates:
        raise parameter_error(
            "estimators", owner, "such that one at least is not 'drop'", estimators
        )
    for name, estimator in candidates.items():
        if not is_of_kind(estimator, kind):
            expected = f"made of {KIND_NAMES[kind]}s, or 'drop'"
            got = f"{name!r}: {estimator!r}"
            raise parameter_error("estimators", owner, expected, got)
    return candidates


def drop_dropped(estimators: Sequence[tuple[str, Any]]) -> list[Any]:
    """Return the estimators that are not "drop"."""
    return [estimator for _, estimator in estimators if not _is_dropped(estimator)]


def _is_dropped(estimator: Any) -> bool:
    return isinstance(estimator, str) and estimator == "drop"


def are_pairs(estimators: Any) -> bool:
    """Return whether it is a list of pairs, one at least, each with a name."""
    return (
        isinstance(estimators, list)
        and len(estimators) > 0
        and all(
            isinstance(pair, (tuple, list))
            and len(pair) == 2
            and isinstance(pair[0], str)
            for pair in estimators
        )
    )


def _check_names(names: list[str], reserved: Sequence[str], owner: str) -> None:
    """Raise unless parameters of the estimators can be reached by the names."""
    wrong = [name for name in names if "__" in name or name in reserved]
    wrong += [name for name in names if names.count(name) > 1]
    if wrong:
        raise parameter_error(
            "estimators",
            owner,
            f"named without '__', each by another name that is no parameter of {owner}",
            list_some(dict.fromkeys(wrong)),
        )


def is_of_kind(estimator: Any, kind: Kind) -> bool:
    """Return whether it is a classifier, or a regressor; a class is neither."""
    is_wanted = is_classifier if kind == "classification" else is_regressor
    return is_estimator(estimator) and is_wanted(estimator)


def spread_over_tasks(
    estimators: Mapping[str, Any], kind: Kind, missing_label: Any, *, plain: bool
) -> dict[str, Any]:
    """Return the candidates, those that cannot take all tasks with a copy for each.

    They are those of a single task and, unless the labels and weights are plain, those
    that do not tell what a missing label is.
    """
    Spread = (
        IndependentTasksClassifier
        if kind == "classification"
        else IndependentTasksRegressor
    )
    return {
        name: estimator
        if _takes_several_tasks(estimator)
        and (plain or reads_missing_labels(estimator))
        else Spread(estimator, missing_label=missing_label)
        for name, estimator in estimators.items()
    }


def are_plain(
    Y: Any, targets: Targets, sample_weight: Any, weights: np.ndarray
) -> bool:
    """Return whether any estimator of several tasks takes the labels and their weights.

    No label may be missing, all must be of one type, and the weights those of rows.
    """
    # Whether several tasks are learnt together is not for rows of weight 0 to say.
    there = targets.observed if targets.n_tasks == 1 else weights
    kinds = {column.dtype.kind for column in targets.columns}
    of_one_type = kinds <= set("iuf") or len(kinds) == 1
    if kinds & set("biuf"):
        of_one_type &= np.asarray(Y).dtype != object
    return bool(there.all()) and of_one_type and np.ndim(sample_weight) < 2


def _takes_several_tasks(estimator: Any) -> bool:
    # The tags of these do not tell which labels what they contain takes.
    if isinstance(estimator, Pipeline):
        return _takes_several_tasks(estimator.steps[-1][1])
    if isinstance(estimator, BaseSearchCV):
        return _takes_several_tasks(estimator.estimator)
    return get_tags(estimator).target_tags.multi_output
