"""The affinities that take one training run or none."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import clone

from sklearn_mtl._validation import list_some, parameter_error
from sklearn_mtl.inspection._affinity._gradient_affinity import GradientLooks
from sklearn_mtl.inspection._affinity._inputs import Given, find_net
from sklearn_mtl.inspection._affinity._label_affinity import (
    MIN_COMMON_ROWS,
    label_affinity,
)
from sklearn_mtl.inspection._affinity._looks import Looks
from sklearn_mtl.inspection._affinity._transfer_affinity import TransferLooks
from sklearn_mtl.multioutput._fit_one_task import find_weight_keyword

# With fewer of their rows in common, gradients are compared at the parameters.
_MIN_COMMON_SHARE = 0.5


def find_affinity(method: str, given: Given, rng: np.random.RandomState) -> np.ndarray:
    """Return the affinity of every two tasks by one of the cheap methods."""
    return CHEAP_METHODS[method](given, rng)


def guess_affinity(given: Given, rng: np.random.RandomState) -> np.ndarray:
    """Return an affinity to order tasks by; what it does not know is NaN, no more."""
    method = "label" if find_net(given.estimator) is None else "gradient"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return find_affinity(method, given, rng)


def _gradient(given: Given, rng: np.random.RandomState) -> np.ndarray:
    net = _need_net(given, "gradient")
    at_parameters = (
        net.gradient_level == "parameters"
        or _common_share(given.data.targets.observed) < _MIN_COMMON_SHARE
    )
    seed = rng.randint(2**31 - 1)
    looks = GradientLooks(given.tasks.n_tasks, seed, passes_back=at_parameters)
    return _train(given, looks)


def _transfer(given: Given, rng: np.random.RandomState) -> np.ndarray:
    _need_net(given, "transfer")
    return _train(given, TransferLooks(given.tasks.n_tasks, rng.randint(2**31 - 1)))


def _label(given: Given, rng: np.random.RandomState) -> np.ndarray:
    affinity = label_affinity(given.data.targets, given.tasks, given.data.weights)
    _warn_of_unknown(
        affinity,
        given,
        f"under {MIN_COMMON_ROWS} rows have both labels, or one is the same in all",
    )
    return affinity


CHEAP_METHODS: dict[str, Callable[[Given, np.random.RandomState], np.ndarray]] = {
    "gradient": _gradient,
    "transfer": _transfer,
    "label": _label,
}


def _need_net(given: Given, method: str) -> Any:
    net = find_net(given.estimator)
    if net is None:
        raise parameter_error(
            "estimator",
            given.owner,
            f"a network of sklearn_mtl, or a pipeline that ends with one, for "
            f"method={method!r} ('label' and 'pairwise' take others)",
            type(given.estimator).__name__,
        )
    return net


def _train(given: Given, looks: Looks) -> np.ndarray:
    copy = clone(given.estimator)
    net: Any = find_net(copy)
    net.set_params(callbacks=[*(net.callbacks or []), looks])
    fit_params = {}
    keyword = find_weight_keyword(copy)
    if keyword is not None and given.sample_weight is not None:
        fit_params[keyword] = given.sample_weight
    copy.fit(given.X, given.Y, **fit_params)
    affinity = looks.affinity()
    _warn_of_unknown(affinity, given, "a task of one class, or without a gradient")
    return affinity


def _common_share(observed: np.ndarray) -> float:
    """Return the least share of its labels that a task has in common with another."""
    counts = observed.astype(np.float64)
    common = counts.T @ counts
    own = common.diagonal()
    return float((common / np.minimum(own[:, np.newaxis], own)).min())


def _warn_of_unknown(affinity: np.ndarray, given: Given, reason: str) -> None:
    names = given.tasks.names
    unknown = np.argwhere(np.triu(np.isnan(affinity + affinity.T), 1))
    if len(unknown):
        pairs = list_some(f"{names[s]} - {names[t]}" for s, t in unknown)
        warnings.warn(
            f"The affinity is not known, and NaN, for {pairs}: {reason}.",
            # Past the public function and the decorator that validates its parameters.
            stacklevel=6,
        )
