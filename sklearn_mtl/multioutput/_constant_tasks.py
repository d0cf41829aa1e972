"""Rows to predict where every task has a single class, and nobody looks at them."""

from typing import Any

from sklearn.dummy import DummyClassifier
from sklearn.utils.validation import _check_n_features, _num_samples


def check_rows_of_constants(estimator: Any, X: Any) -> None:
    """Raise if X has no rows, or other columns than in `fit`, and only dummies see it.

    A dummy takes whatever it is given; other estimators check for themselves.
    """
    if not all(isinstance(copy, DummyClassifier) for copy in estimator.estimators_):
        return
    if not _num_samples(X):
        raise ValueError(
            f"Found array with 0 sample(s) while a minimum of 1 is required by "
            f"{type(estimator).__name__}."
        )
    _check_n_features(estimator, X, reset=False)
