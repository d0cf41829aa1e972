"""Values of parameters, right and wrong, from what an estimator says it takes."""

from numbers import Integral
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from sklearn.utils._param_validation import (
    Interval,
    StrOptions,
    make_constraint,
)

from sklearn_mtl.linear_model.penalties._registry import PENALTIES
from sklearn_mtl.neural_network.architectures._registry import ARCHITECTURES
from sklearn_mtl.neural_network.balancers._registry import BALANCERS
from sklearn_mtl.neural_network.encoders._registry import ENCODERS
from sklearn_mtl.neural_network.samplers._registry import SAMPLERS

WEIGHTS_OF_TASKS = (None, [1.0], [1, 2], [0, 1, 2], {"task0": 0.5}, {"y1": 2}, [0, 0])

# What the constraints say too little about.
VALUES = {
    "hidden_layer_sizes": [(4,), (), (3, 2), [1], np.array([2])],
    "encoder": [None, "auto", *ENCODERS],
    "architecture": [*ARCHITECTURES],
    "balancer": [None, *BALANCERS],
    "task_sampler": [None, *SAMPLERS],
    "penalty": [*PENALTIES],
    "task_weights": [*WEIGHTS_OF_TASKS],
    "class_weight": [None, "balanced", {0: 2.0}, ["balanced", None]],
    "categorical_features": [None, "from_dtype", [0], ["x0"], [9], np.array([True])],
    "n_members": ["auto", 1, 2, 3],
    "n_networks": ["auto", 1, 2],
    "max_epochs": [1, 2],
    "batch_size": ["auto", 1, 7, 100],
    "lr": ["auto", 1e-3, 10.0, 1e10],
    "n_estimators": [1, 3],
    "max_depth": [None, 1, 3],
    "device": ["cpu", "auto"],
    # True takes half a minute.
    "compile": [False, "auto"],
    "optimizer": ["adamw", "adam", "sgd"],
    "augment": [None, "mixup"],
    "groups": ["auto", [["task0"]], [["task0"], ["task1"]]],
    "affinity": ["label"],
    "n_groups": ["auto", 1, 2],
    "alphas": [1, 3, [0.1], [1.0, 0.01]],
    "param_grid": [None, "auto"],
    "cv": [None, 2, 3],
    "scoring": [None],
    "rule": ["best", "one_standard_error"],
    "task_types": ["auto", "classification", "regression"],
    "max_iter": [1, 20, 100],
    "random_state": [0, 1],
}

# Files and processes have tests of their own; the others show, or do, what is given.
LEFT_ALONE = {
    "callbacks",
    "data_parallel",
    "checkpoint_dir",
    "checkpoint_every",
    "encoder_init",
    "estimator",
    "estimators",
    "final_estimator",
    "max_candidates",
    "missing_label",
    "n_jobs",
    "net_params",
    "refit",
    "resume",
    "verbose",
    "warm_start",
}

WRONG = ("bogus", -1, 0, 1.5, 2.0, np.nan, np.inf, None, b"", (), {}, [], 1j, True)
NAMES_OF_THINGS = ("architecture", "balancer", "task_sampler", "penalty")


class Options(NamedTuple):
    """Values by name, and the name of the one that is wrong, if any."""

    values: dict[str, Any]
    wrong: str | None


@st.composite
def options(draw: Any, estimator: type) -> Options:
    """Draw the values of a few parameters."""
    constraints = estimator._parameter_constraints
    names = sorted(set(constraints) - LEFT_ALONE)
    few = (
        draw(st.lists(st.sampled_from(names), max_size=4, unique=True)) if names else []
    )
    values = {}
    for name in few:
        if choices := valid_values(name, constraints[name]):
            values[name] = draw(st.sampled_from(choices))
    wrong = None
    if names and draw(st.integers(0, 9)) == 0:
        wrong = draw(st.sampled_from(names))
        choices = wrong_values(wrong, constraints[wrong])
        if not choices:
            return Options(values, None)
        values[wrong] = draw(st.sampled_from(choices))
    return Options(values, wrong)


def valid_values(name: str, constraint: Any) -> list[Any]:
    """Return values that fulfil the constraints of a parameter."""
    if isinstance(constraint, str):
        return VALUES.get(name, [])
    found: list[Any] = []
    for part in constraint:
        if isinstance(part, StrOptions):
            found += sorted(part.options)
        elif isinstance(part, Interval):
            whole = part.type is Integral
            found += (0, 1, 2, 5) if whole else (1e-8, 0.1, 0.5, 0.9, 1.0, 5.0, 0.0)
        elif part == "boolean":
            found += [True, False]
        elif part is None:
            found.append(None)
    return [v for v in VALUES.get(name, found) if fulfils(v, constraint)]


def fulfils(value: Any, constraint: list[Any]) -> bool:
    return any(make_constraint(part).is_satisfied_by(value) for part in constraint)


def wrong_values(name: str, constraint: Any) -> list[Any]:
    """Return values that a parameter does not take."""
    if name in NAMES_OF_THINGS:
        return ["bogus", 3, b"bytes"]
    if isinstance(constraint, str):
        if constraint != "random_state":
            return []
        constraint = [constraint]
    return [value for value in WRONG if not fulfils(value, constraint)]
