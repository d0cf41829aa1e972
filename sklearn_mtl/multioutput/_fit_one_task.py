"""Fit an estimator of one task on the rows that have its label."""

from typing import Any

import numpy as np
from sklearn import get_config
from sklearn.pipeline import Pipeline
from sklearn.utils import _safe_indexing, get_tags
from sklearn.utils.metadata_routing import get_routing_for_object
from sklearn.utils.validation import has_fit_parameter

from sklearn_mtl._validation import parameter_error


def find_weight_keyword(estimator: Any) -> str | None:
    """Return the keyword by which `fit` takes sample weights, None if it takes none."""
    if has_fit_parameter(estimator, "sample_weight"):
        return "sample_weight"
    if get_config()["enable_metadata_routing"]:
        routing = get_routing_for_object(estimator)
        return "sample_weight" if routing.consumes("fit", ["sample_weight"]) else None
    if isinstance(estimator, Pipeline):
        name, last = estimator.steps[-1]
        keyword = find_weight_keyword(last)
        return keyword and f"{name}__{keyword}"
    return None


def check_use_of_weights(estimator: Any, weights: np.ndarray, owner: str) -> None:
    """Raise if weights say more than which labels to use, and `fit` takes none."""
    if not np.isin(weights, (0, 1)).all() and find_weight_keyword(estimator) is None:
        raise parameter_error(
            "sample_weight",
            owner,
            "0 or 1 everywhere (labels to leave out and to keep), as the fit of "
            f"{type(estimator).__name__} takes no weights",
            "other weights",
        )


def fit_one_task(
    estimator: Any,
    X: Any,
    labels: np.ndarray,
    observed: np.ndarray,
    weights: np.ndarray | None,
    task: str,
) -> Any:
    """Fit the estimator on the rows that are observed."""
    if not observed.all():
        rows = np.flatnonzero(observed)
        X, labels = _safe_indexing(X, rows), labels[rows]
        weights = None if weights is None else weights[rows]
    if not _takes_one_dimension(estimator):
        labels = labels[:, np.newaxis]
    keyword = None if weights is None else find_weight_keyword(estimator)
    fit_params = {keyword: weights} if keyword else {}
    try:
        return estimator.fit(X, labels, **fit_params)
    except Exception as error:
        error.add_note(f"While fitting the task {task!r}.")
        raise


def _takes_one_dimension(estimator: Any) -> bool:
    if isinstance(estimator, Pipeline):
        # Its own tags do not tell what its last step takes.
        return _takes_one_dimension(estimator.steps[-1][1])
    return get_tags(estimator).target_tags.single_output
