"""The generative model of related tasks that the generators share."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.utils import Bunch
from sklearn.utils._param_validation import Interval

from sklearn_mtl._validation import list_some, parameter_error


def per_task(
    value: Any, n_tasks: int, constraint: Interval, name: str, owner: str
) -> list[Any]:
    """Return a value for each task, given one for all or a sequence."""
    values = [value] * n_tasks if np.ndim(value) == 0 else list(value)
    if len(values) != n_tasks:
        raise parameter_error(
            name,
            owner,
            f"one value or one for each of the {n_tasks} task(s)",
            f"{len(values)} value(s)",
        )
    for one in values:
        if not constraint.is_satisfied_by(one):
            raise parameter_error(name, owner, f"{constraint} for every task", one)
    return values


def assign_clusters(n_tasks: int, n_clusters: int, owner: str) -> np.ndarray:
    """Return the cluster of each task; neighbours share a cluster."""
    if n_clusters > n_tasks:
        raise parameter_error(
            "n_clusters", owner, f"at most n_tasks={n_tasks}", n_clusters
        )
    return np.arange(n_tasks) * n_clusters // n_tasks


def count_informative(n_informative: int | None, n_features: int, owner: str) -> int:
    """Return how many features have a nonzero coefficient."""
    if n_informative is None:
        return min(10, n_features)
    if n_informative > n_features:
        raise parameter_error(
            "n_informative", owner, f"at most n_features={n_features}", n_informative
        )
    return n_informative


def draw_coef(
    rng: np.random.RandomState,
    cluster: np.ndarray,
    n_outputs: int,
    n_features: int,
    n_informative: int,
    relatedness: float,
) -> np.ndarray:
    """Draw coefficients (n_tasks, n_outputs, n_features): a shared and an own part."""
    informative = rng.choice(n_features, size=n_informative, replace=False)
    shared = rng.standard_normal((cluster[-1] + 1, n_outputs, n_informative))
    own = rng.standard_normal((len(cluster), n_outputs, n_informative))
    coef = np.zeros((len(cluster), n_outputs, n_features))
    coef[..., informative] = (
        np.sqrt(relatedness) * shared[cluster] + np.sqrt(1 - relatedness) * own
    )
    return coef


def centre_classes(coef: np.ndarray) -> np.ndarray:
    """Return coefficients (n_classes, n_features) that sum to 0 over the classes."""
    coef = coef - coef.mean(axis=0)
    return coef * np.sqrt(len(coef)) / np.linalg.norm(coef)


def hide_labels(
    rng: np.random.RandomState,
    Y: np.ndarray,
    groups: np.ndarray,
    missing_fraction: Sequence[float],
    owner: str,
) -> np.ndarray:
    """Set a fraction of each task's labels to NaN, keeping one label of every group."""
    hidden = np.zeros(Y.shape, dtype=bool)
    for task, fraction in enumerate(missing_fraction):
        order = rng.permutation(len(Y))
        _, kept = np.unique(groups[order, task], return_index=True)
        n_hidden = round(fraction * len(Y))
        if n_hidden > len(Y) - len(kept):
            raise parameter_error(
                "missing_fraction",
                owner,
                f"small enough to leave at least {len(kept)} label(s) to task {task}",
                f"{fraction}, which leaves {len(Y) - n_hidden} of {len(Y)}",
            )
        hidden[np.delete(order, kept)[:n_hidden], task] = True
    return np.where(hidden, np.nan, Y) if hidden.any() else Y


def warn_empty_classes(Y: np.ndarray, n_classes: Sequence[int]) -> None:
    """Warn if no sample of a task is of one of its classes."""
    for task, (labels, k) in enumerate(zip(Y.T, n_classes, strict=True)):
        empty = np.setdiff1d(np.arange(k), labels)
        if len(empty):
            warnings.warn(
                f"No sample of task {task} is of class {list_some(empty.tolist())}: "
                "increase n_samples or n_informative.",
                # Past the generator and the decorator that validates its parameters.
                stacklevel=4,
            )


def describe_truth(
    Y: np.ndarray, coef: np.ndarray | list[np.ndarray], cluster: np.ndarray
) -> Bunch:
    """Return what the data were made from, with the cosines between the tasks."""
    directions = np.zeros((len(coef), max(W.size for W in coef)))
    for direction, W in zip(directions, coef, strict=True):
        direction[: W.size] = W.ravel() / np.linalg.norm(W)
    relatedness = directions @ directions.T
    return Bunch(Y=Y, coef=coef, relatedness=relatedness, cluster=cluster)
