"""The estimators that are tried: all public ones, as small as they can be."""

import inspect
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

import sklearn_mtl
from sklearn_mtl.linear_model import RegularizedMTLClassifier, RegularizedMTLRegressor
from sklearn_mtl.neural_network import MultiTaskNet

SKIPPED = {
    "LogMelSpectrogram": "a transformer of sound: its own tests draw its inputs",
}

NET = {"hidden_layer_sizes": (4,), "max_epochs": 1, "batch_size": 16}
TREES = {"n_estimators": 2}
# Trees, since they take what is missing and are exact for numbers of any size.
TREE_OF = {
    "Classifier": DecisionTreeClassifier(max_depth=2, random_state=0),
    "Regressor": DecisionTreeRegressor(max_depth=2, random_state=0),
}
LINEAR_OF = {
    "Classifier": RegularizedMTLClassifier(alpha=0.1, max_iter=20),
    "Regressor": RegularizedMTLRegressor(alpha=0.1, max_iter=20),
}


def find_public_estimators() -> dict[str, type]:
    """Return all public classes that fit, by name."""
    found = {}
    for module in walk_packages(sklearn_mtl.__path__, "sklearn_mtl."):
        if module.ispkg and "._" not in module.name:
            package = import_module(module.name)
            for name in package.__all__:
                thing = getattr(package, name)
                if inspect.isclass(thing) and hasattr(thing, "fit"):
                    found[name] = thing
    return dict(sorted(found.items()))


ESTIMATORS = {
    name: estimator
    for name, estimator in find_public_estimators().items()
    if name not in SKIPPED
}


def small_parameters(name: str) -> dict[str, Any]:
    """Return what makes an estimator quick, and what it cannot do without."""
    kind = "Classifier" if "Classifier" in name else "Regressor"
    tree, linear = TREE_OF[kind], LINEAR_OF[kind]
    if name.startswith("MultiTaskNet"):
        return {**NET, "random_state": 0}
    if name.startswith(("MultiTaskForest", "MultiTaskBoosting")):
        return {**TREES, "random_state": 0}
    if name.startswith(("MultiTaskStacking", "TaskwiseSelection")):
        candidates = [("linear", linear), ("tree", tree)]
        return {"estimators": candidates, "cv": 2, "random_state": 0}
    if name.startswith("GroupedTasks"):
        return {"estimator": tree, "affinity": "label", "random_state": 0}
    if name.startswith("IndependentTasks"):
        return {"estimator": tree}
    if name.startswith("RegularizedMTL"):
        searches = {"alphas": 2, "cv": 2, "random_state": 0}
        return {"max_iter": 20, **(searches if name.endswith("CV") else {})}
    if name == "TaskWeightSearchCV":
        net = MultiTaskNet(**NET, preset="plain", random_state=0)
        return {"estimator": net, "task_weights": [None], "cv": 2}
    # What is new is tried with its defaults, or else needs a line here.
    return {}


def learns_quantities(name: str) -> bool:
    """Return whether an estimator is for quantities."""
    return "Regressor" in name


def learns_both(name: str) -> bool:
    """Return whether an estimator is for classes and quantities."""
    return name in ("MultiTaskNet", "TaskWeightSearchCV")
