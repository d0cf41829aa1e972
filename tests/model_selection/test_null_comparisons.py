"""Where there is no difference, none is found, but for the error that is allowed.

The two sides of each comparison are alike by symmetry, in every one of 200 data sets: a
verdict "helps" or "hurts" must come up in at most 8 % of them.
"""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.tree import DecisionTreeClassifier

from sklearn_mtl.datasets import (
    make_multitask_classification,
    make_multitask_regression,
)
from sklearn_mtl.model_selection import compare_estimators

N_COMPARISONS = 200
ALLOWED = 0.08


class NearestRows(BaseEstimator):
    """Predicts the mean label of the nearest training rows, by half of the features."""

    def __init__(self, half=0, n_neighbors=5):
        self.half = half
        self.n_neighbors = n_neighbors

    def fit(self, X, y):
        self.rows_, self.labels_ = self._take(X), np.reshape(y, (len(X), -1))
        return self

    def _take(self, X):
        return np.split(X, 2, axis=1)[self.half]

    def predict(self, X):
        rows = self._take(X)
        products = rows @ self.rows_.T
        distance = (self.rows_**2).sum(axis=1) - 2 * products
        nearest = np.argpartition(distance, self.n_neighbors, axis=1)
        return self.labels_[nearest[:, : self.n_neighbors]].mean(axis=1).squeeze()


class Regressor(RegressorMixin, NearestRows):
    pass


class Classifier(ClassifierMixin, NearestRows):
    def predict(self, X):
        return (super().predict(X) > 0.5).astype(float)


class RidgeOfHalf(RegressorMixin, NearestRows):
    """Ridge regression on half of the features."""

    def fit(self, X, y):
        A = self._take(X)
        self.mean_ = np.mean(y, axis=0)
        gram = A.T @ A + np.eye(A.shape[1])
        self.coef_ = np.linalg.solve(gram, A.T @ (y - self.mean_))
        return self

    def predict(self, X):
        return self._take(X) @ self.coef_ + self.mean_


def make_twins(seed, kind, n_samples=100, n_features=3):
    """Both halves of the features tell the same of two tasks, and have other noise."""
    make = make_multitask_regression
    if kind == "classification":
        make = make_multitask_classification
    rng = np.random.RandomState(seed)
    signal, Y = make(n_samples, n_features, n_tasks=2, noise=0.3, random_state=rng)
    halves = [signal + 0.7 * rng.normal(size=signal.shape) for _ in (0, 1)]
    return np.hstack(halves), Y


def halves(estimator):
    return {f"half {h}": estimator(half=h) for h in (0, 1)}


def other_seeds(seed):
    return {
        f"seed {s}": DecisionTreeClassifier(max_features=2, random_state=2 * seed + s)
        for s in (0, 1)
    }


def minus_squared_error(y_true, y_pred):
    return -((y_true - y_pred) ** 2).mean()


def share_of_verdicts(estimators, kind, **options):
    """Return how often the tasks, and Δm, are said to differ."""
    by_task, overall = [], []
    for seed in range(N_COMPARISONS):
        of_seed = estimators(seed) if callable(estimators) else estimators
        data = make_twins(seed, kind)
        comparison = compare_estimators(of_seed, *data, random_state=seed, **options)
        (results,) = comparison._results.values()
        by_task += [result.verdict != "no evidence" for result in results]
        ((low, high),) = comparison.delta_m_interval_.values()
        overall.append(low > 0 or high < 0)
    return np.mean(by_task), np.mean(overall)


@pytest.mark.parametrize(
    ("estimators", "kind", "options"),
    [
        (halves(RidgeOfHalf), "regression", {"scoring": minus_squared_error}),
        (halves(Regressor), "regression", {"scoring": minus_squared_error}),
        (halves(Classifier), "classification", {"n_repeats": 2}),
        (other_seeds, "classification", {"cv": 3}),
    ],
    ids=["ridge", "neighbours", "neighbours, repeated", "trees, three folds"],
)
def test_no_more_verdicts_than_allowed(estimators, kind, options):
    by_task, overall = share_of_verdicts(estimators, kind, **options)
    assert by_task <= ALLOWED
    assert overall <= ALLOWED


def test_a_planted_difference_is_found():
    """Features without the noise: the test is not merely blind."""
    found = []
    for seed in range(40):
        X, Y = make_twins(seed, "regression")
        X[:, 3:] = np.random.RandomState(1000 + seed).normal(size=(len(X), 3))
        comparison = compare_estimators(
            {f"half {h}": Regressor(half=h) for h in (1, 0)}, X, Y, random_state=seed
        )
        (results,) = comparison._results.values()
        found += [result.verdict == "helps" for result in results]
    assert np.mean(found) > 0.8
