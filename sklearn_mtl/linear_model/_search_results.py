"""The scores of a search, laid out as scikit-learn's searches lay them out."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.stats import rankdata

from sklearn_mtl.linear_model._path_search import Path


def find_best(paths: Sequence[Path]) -> tuple[Path, int]:
    """Return the path with the best mean score, and its place there.

    Of equals it is the first path, and the largest weight.
    """
    path = max(paths, key=lambda path: path.means.max())
    return path, int(path.means.argmax())


def make_results(paths: Sequence[Path], names: Sequence[str]) -> dict[str, Any]:
    """Return a dict of arrays with one entry per penalty and weight."""
    params = [
        {"alpha": float(alpha), **path.params}
        for path in paths
        for alpha in path.alphas
    ]
    scores = np.concatenate([path.scores for path in paths])
    of_tasks = np.concatenate([path.of_tasks for path in paths])
    results: dict[str, Any] = {}
    for key in dict.fromkeys(key for of_one in params for key in of_one):
        results[f"param_{key}"] = _column(params, key)
    results["params"] = params
    for k, column in enumerate(scores.T):
        results[f"split{k}_test_score"] = column
    with warnings.catch_warnings():
        # A task without a score in any fold has none here.
        warnings.filterwarnings("ignore", "Mean of empty slice|Degrees of freedom")
        results["mean_test_score"] = np.nanmean(scores, axis=1)
        results["std_test_score"] = np.nanstd(scores, axis=1)
        means, stds = np.nanmean(of_tasks, axis=1), np.nanstd(of_tasks, axis=1)
    ranked = -np.nan_to_num(results["mean_test_score"], nan=-np.inf)
    results["rank_test_score"] = rankdata(ranked, method="min").astype(np.int32)
    for t, name in enumerate(names):
        results[f"mean_test_score_{name}"] = means[:, t]
        results[f"std_test_score_{name}"] = stds[:, t]
    return results


def _column(params: list[dict[str, Any]], key: str) -> np.ma.MaskedArray:
    """Return the values of a parameter, masked where it is not set."""
    absent = [key not in of_one for of_one in params]
    values = [of_one.get(key) for of_one in params]
    numbers = all(isinstance(of_one.get(key, 0.0), float) for of_one in params)
    column = np.empty(len(params), dtype=np.float64 if numbers else object)
    column[:] = [0.0 if numbers and value is None else value for value in values]
    return np.ma.MaskedArray(column, mask=absent)
