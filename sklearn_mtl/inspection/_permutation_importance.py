"""How much worse the scores get when a feature is permuted."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.exceptions import UndefinedMetricWarning

from sklearn_mtl._parallel import run_jobs
from sklearn_mtl.metrics._metric import Metric
from sklearn_mtl.metrics._task_scorers import Evaluator


class _PredictsOnce:
    """A fitted estimator that predicts one table, once for all metrics."""

    def __init__(self, estimator: Any):
        self._estimator = estimator
        self._predicted: dict[str, Any] = {}

    def predict(self, X: Any) -> Any:
        return self._ask("predict", X)

    def predict_proba(self, X: Any) -> Any:
        return self._ask("predict_proba", X)

    def _ask(self, method: str, X: Any) -> Any:
        if method not in self._predicted:
            self._predicted[method] = getattr(self._estimator, method)(X)
        return self._predicted[method]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_estimator"], name)


@dataclass(frozen=True)
class PermutationImportance:
    """Scores all tasks of a fitted estimator, with features permuted."""

    estimator: Any
    labels: np.ndarray
    weights: np.ndarray | None
    metrics: Sequence[Metric]

    def __call__(
        self, X: Any, n_repeats: int, seeds: np.ndarray, n_jobs: int | None
    ) -> np.ndarray:
        """Return the mean loss of score (n_features, n_tasks)."""
        whole = self.score(X)
        with warnings.catch_warnings():
            # The scores of the whole have told what is undefined.
            warnings.simplefilter("ignore", UndefinedMetricWarning)
            jobs = [(feature, n_repeats, seed) for feature, seed in enumerate(seeds)]
            permuted = run_jobs(_score_permuted, (self, X), jobs, n_jobs)
        return whole - np.array(permuted)

    def score(self, X: Any) -> np.ndarray:
        """Return the score of each task, by one prediction."""
        once = _PredictsOnce(self.estimator)
        scores = np.full(len(self.metrics), np.nan)
        first = np.array([self.metrics.index(metric) for metric in self.metrics])
        for which in np.unique(first):
            tasks = np.flatnonzero(first == which)
            evaluate = Evaluator(self.metrics[which], np.nan)
            found = evaluate(once, X, self.labels, self.weights, tasks.tolist())
            scores[tasks] = found.values
        return scores


def _score_permuted(
    shared: tuple[PermutationImportance, Any], feature: int, n_repeats: int, seed: int
) -> np.ndarray:
    importance, X = shared
    rng = np.random.RandomState(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        scores = [
            importance.score(permute_feature(X, feature, rng)) for _ in range(n_repeats)
        ]
    return np.mean(scores, axis=0)


def permute_feature(X: Any, feature: int, rng: np.random.RandomState) -> Any:
    """Return a copy of a table whose rows have the feature of other rows."""
    order = rng.permutation(X.shape[0])
    if sparse.issparse(X):
        return _permute_sparse(X, feature, order)
    if hasattr(X, "with_columns"):
        return X.with_columns(X[:, feature].gather(order))
    X = X.copy()
    if hasattr(X, "iloc"):
        column = X.iloc[:, feature].take(order)
        column.index = X.index
        X.isetitem(feature, column)
    else:
        X[:, feature] = X[order, feature]
    return X


def _permute_sparse(X: Any, feature: int, order: np.ndarray) -> Any:
    columns = X.tocsc(copy=True)
    part = slice(columns.indptr[feature], columns.indptr[feature + 1])
    columns.indices[part] = np.argsort(order)[columns.indices[part]]
    columns.has_sorted_indices = False
    columns.sort_indices()
    return columns.asformat(X.format)
