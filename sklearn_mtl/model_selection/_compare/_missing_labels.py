"""What to say of estimators that take no missing labels."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.base import is_classifier, is_regressor

from sklearn_mtl._tasks import Targets, is_missing
from sklearn_mtl._validation import parameter_error

_UNKNOWN = object()


def check_missing_labels(
    estimators: Mapping[str, Any], targets: Targets, missing_label: Any, owner: str
) -> None:
    """Raise if an estimator takes for a label what the scores leave out, or vice versa.

    Of an estimator within an estimator the outer one reads the labels.
    """
    for name, estimator in estimators.items():
        label = _find_missing_label(estimator)
        if label is _UNKNOWN:
            if not is_missing(missing_label) and not targets.observed.all():
                raise ValueError(
                    f"The estimator {name!r} given to {owner} would take the missing "
                    f"label {missing_label!r} for a label. "
                    f"{_suggest_wrapping(estimator, missing_label)}"
                )
            continue
        both_plain = is_missing(label) and is_missing(missing_label)
        if label != missing_label and not both_plain:
            raise parameter_error(
                "missing_label",
                owner,
                f"{label!r}, as it is of the estimator {name!r}",
                repr(missing_label),
            )


def reads_missing_labels(estimator: Any) -> bool:
    """Return whether the estimator, or one within it, says what a missing label is."""
    return _find_missing_label(estimator) is not _UNKNOWN


def explain_missing_labels(estimator: Any, error: Exception) -> str:
    """Return what to say of a fit that failed where labels were missing."""
    return (
        f"{type(estimator).__name__} was given labels of which some are missing, and "
        f"its fit failed: {error}\n{_suggest_wrapping(estimator, np.nan)}"
    )


def _find_missing_label(estimator: Any) -> Any:
    params = estimator.get_params(deep=True)
    own = [path for path in params if path.rpartition("__")[2] == "missing_label"]
    return params[min(own, key=lambda path: path.count("__"))] if own else _UNKNOWN


def _suggest_wrapping(estimator: Any, missing_label: Any) -> str:
    wrapper = "IndependentTasksClassifier or IndependentTasksRegressor"
    if is_classifier(estimator):
        wrapper = "IndependentTasksClassifier"
    elif is_regressor(estimator):
        wrapper = "IndependentTasksRegressor"
    option = "" if is_missing(missing_label) else f", missing_label={missing_label!r}"
    return (
        "An estimator that takes no missing labels can be wrapped, to be fitted for "
        "each task on the rows that have its label: "
        f"{wrapper}({type(estimator).__name__}(...){option})."
    )
