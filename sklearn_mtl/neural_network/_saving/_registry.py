"""The classes that a saved model may name. Nothing else is ever looked up."""

from functools import cache

import torch
from sklearn.base import BaseEstimator

from sklearn_mtl.neural_network import augmentations
from sklearn_mtl.neural_network.architectures import ARCHITECTURES
from sklearn_mtl.neural_network.balancers import BALANCERS
from sklearn_mtl.neural_network.encoders import ENCODERS
from sklearn_mtl.neural_network.samplers import SAMPLERS


@cache
def parts() -> dict[str, type[BaseEstimator]]:
    """Return the objects of parameters that an estimator may have, by name."""
    groups = {
        "architectures": ARCHITECTURES.values(),
        "augmentations": [getattr(augmentations, n) for n in augmentations.__all__],
        "balancers": BALANCERS.values(),
        "encoders": ENCODERS.values(),
        "samplers": SAMPLERS.values(),
    }
    return {
        f"{group}.{cls.__name__}": cls
        for group, classes in groups.items()
        for cls in classes
    }


@cache
def classes() -> dict[str, type]:
    """Return the classes that parameters may be, by name."""
    optimizers = {
        f"torch.optim.{name}": value
        for name, value in vars(torch.optim).items()
        if isinstance(value, type) and issubclass(value, torch.optim.Optimizer)
    }
    return {**parts(), **optimizers}


@cache
def estimators() -> dict[str, type]:
    """Return the estimators that can be saved, by name."""
    from sklearn_mtl.neural_network._classifier import MultiTaskNetClassifier
    from sklearn_mtl.neural_network._multi_task_net import MultiTaskNet
    from sklearn_mtl.neural_network._regressor import MultiTaskNetRegressor

    known = (MultiTaskNetClassifier, MultiTaskNetRegressor, MultiTaskNet)
    return {cls.__name__: cls for cls in known}


def name_in(known: dict[str, type], cls: type) -> str | None:
    """Return the name of a class that is known itself, not one derived from it."""
    return next((name for name, other in known.items() if other is cls), None)
