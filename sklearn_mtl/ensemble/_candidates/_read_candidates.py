"""Candidates as a user gives them: pairs of a name and an estimator or "drop"."""

from collections.abc import Sequence
from typing import Any

from sklearn.base import is_classifier, is_regressor
from sklearn.model_selection._search import BaseSearchCV
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags

from sklearn_mtl._tasks import Kind
from sklearn_mtl._validation import list_some, parameter_error
from sklearn_mtl.model_selection._compare._fit_and_score import is_estimator
from sklearn_mtl.multioutput import (
    IndependentTasksClassifier,
    IndependentTasksRegressor,
)


def read_candidates(
    estimators: Any,
    kind: Kind,
    missing_label: Any,
    reserved: Sequence[str],
    owner: str,
) -> dict[str, Any]:
    """Return the candidates by name, each as an estimator of several tasks.

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
        _check_kind(name, estimator, kind, owner)
    return {
        name: _spread_over_tasks(estimator, kind, missing_label)
        for name, estimator in candidates.items()
    }


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


def _check_kind(name: str, estimator: Any, kind: Kind, owner: str) -> None:
    is_of_kind = is_classifier if kind == "classification" else is_regressor
    if not is_estimator(estimator) or not is_of_kind(estimator):
        expected = f"made of {is_of_kind.__name__.removeprefix('is_')}s, or 'drop'"
        raise parameter_error("estimators", owner, expected, f"{name!r}: {estimator!r}")


def _spread_over_tasks(estimator: Any, kind: Kind, missing_label: Any) -> Any:
    """Return the estimator, or one with a copy of it per task if it takes one only."""
    if _takes_several_tasks(estimator):
        return estimator
    if kind == "classification":
        return IndependentTasksClassifier(estimator, missing_label=missing_label)
    return IndependentTasksRegressor(estimator, missing_label=missing_label)


def _takes_several_tasks(estimator: Any) -> bool:
    # The tags of these do not tell which labels what they contain takes.
    if isinstance(estimator, Pipeline):
        return _takes_several_tasks(estimator.steps[-1][1])
    if isinstance(estimator, BaseSearchCV):
        return _takes_several_tasks(estimator.estimator)
    return get_tags(estimator).target_tags.multi_output
