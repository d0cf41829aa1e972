"""Which parameters of an estimator a search sets."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.model_selection import ParameterGrid

from sklearn_mtl._validation import did_you_mean, parameter_error


def find_weights_parameter(estimator: Any, owner: str) -> str:
    """Return the name of the task weights, with those of the steps that lead there."""
    names = estimator.get_params(deep=True)
    found = [name for name in names if name.rpartition("__")[2] == "task_weights"]
    if not found:
        raise parameter_error(
            "estimator",
            owner,
            "an estimator with a parameter 'task_weights', or a pipeline with one",
            repr(estimator),
        )
    return min(found, key=lambda name: name.count("__"))


def find_missing_label(estimator: Any) -> Any:
    """Return what means missing to the estimator besides NaN."""
    params = estimator.get_params(deep=True)
    found = [name for name in params if name.rpartition("__")[2] == "missing_label"]
    return params[min(found, key=lambda name: name.count("__"))] if found else np.nan


def list_points(
    param_grid: Any, estimator: Any, weights_parameter: str, owner: str
) -> Sequence[dict[str, Any]]:
    """Return the points of the grid of further parameters."""
    if param_grid is None:
        return [{}]
    points = list(ParameterGrid(param_grid))
    if not points:
        expected = "None, a dict, or a list with a dict at least"
        raise parameter_error("param_grid", owner, expected, repr(param_grid))
    known = estimator.get_params(deep=True)
    prefix = weights_parameter.removesuffix("task_weights")
    set_here = dict.fromkeys(name for point in points for name in point)
    for name in set_here:
        if name == weights_parameter:
            expected = "without the task weights, which have a parameter of their own"
            raise parameter_error("param_grid", owner, expected, repr(name))
        # A parameter may be one of an object that another parameter is set to.
        if name not in known and not any(name.startswith(f"{p}__") for p in set_here):
            nearest = f" (did you mean {prefix + name!r}?)"
            if not prefix or prefix + name not in known:
                nearest = did_you_mean(name, known)
            expected = "keyed by parameters of the estimator"
            raise parameter_error("param_grid", owner, expected, f"{name!r}{nearest}")
    return points
