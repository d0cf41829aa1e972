"""Fits, for several processes or for one; each process writes what it found to a file.

``torchrun train_together.py FOLDER`` writes FOLDER/0.pkl, FOLDER/1.pkl, ...
"""

import os
import pickle
import sys
import warnings
from pathlib import Path

import numpy as np
import torch
from sklearn.datasets import make_classification

from sklearn_mtl.neural_network import MultiTaskNet, MultiTaskNetClassifier
from sklearn_mtl.neural_network.architectures import SoftSharing
from sklearn_mtl.neural_network.augmentations import Mixup

LEVELS = ("representation", "parameters")
BALANCERS = ("uncertainty", "famo", "mgda", "upgrad", "pcgrad", "graddrop", "moco")


def make_data(n_rows=230, seed=0):
    """Return rows with three tasks: one with many gaps, one with two labels in all."""
    rng = np.random.default_rng(seed)
    X, first = make_classification(n_rows, 8, n_informative=6, random_state=seed)
    second = (X[:, 0] + X[:, 1] > rng.normal(size=n_rows)).astype(float)
    third = X[:, 2] * 3 + rng.normal(size=n_rows)
    second[rng.random(n_rows) < 0.7] = np.nan
    third[2:] = np.nan
    return X.astype(np.float32), np.column_stack([first, second, third])


def plain(**settings):
    defaults = {"hidden_layer_sizes": (16, 16), "max_epochs": 3, "random_state": 0}
    types = ["classification", "classification", "regression"]
    return MultiTaskNet(
        **{"preset": "plain", "task_types": types, "batch_size": 32}
        | defaults
        | settings
    )


def make_cases():
    """Return estimators by name, all to be fitted to the same data."""
    balanced = {
        f"{balancer}, {level}": plain(balancer=balancer, gradient_level=level)
        for balancer in BALANCERS
        for level in LEVELS
    }
    return {
        "fixed weights": plain(task_weights=[1.0, 2.0, 0.5]),
        "a batch for all": plain(batch_size=1000, max_epochs=5),
        "one row in the last batch": plain(batch_size=103, early_stopping=False),
        "three rows at a time": plain(batch_size=3, max_epochs=1),
        "dropout": plain(dropout=0.3),
        "dropout, cgc": plain(dropout=0.3, architecture="cgc"),
        "dropout, film, mgda": plain(dropout=0.3, architecture="film", balancer="mgda"),
        "penalty": plain(architecture=SoftSharing(strength=0.1)),
        "penalty, mgda": plain(
            architecture=SoftSharing(strength=0.1),
            balancer="mgda",
            gradient_level="parameters",
        ),
        "default": plain(preset="default", n_members="auto"),
        "default, cagrad": plain(preset="default", balancer="cagrad"),
        "best": plain(preset="best", batch_size=16),
        "sampled tasks": plain(task_sampler="uniform"),
        "mixup": plain(augment=Mixup(alpha=0.4)),
        "sgd": plain(optimizer="sgd", lr=0.01),
        "closures": plain(
            optimizer=torch.optim.LBFGS,
            net_params={"optimizer__line_search_fn": "strong_wolfe"},
            batch_size=1000,
            precision="float64",
        ),
        "stops early": plain(max_epochs=40, n_iter_no_change=2, lr=0.03),
        **balanced,
    }


def describe(estimator, X):
    return {
        "history": estimator.history_,
        "best_epoch": estimator.best_epoch_,
        "weights": [p.detach().numpy() for p in estimator.module_.parameters()],
        "predictions": estimator.predict(X),
    }


def fit_all(data_parallel):
    """Return what became of the estimators, by name."""
    X, Y = make_data()
    found = {}
    for name, estimator in make_cases().items():
        estimator.set_params(data_parallel=data_parallel)
        found[name] = describe(estimator.fit(X, Y), X)
    return found


def refuse_other_data(rank):
    """Return what is said to data that differ between the processes."""
    found = {}
    X, Y = make_data()
    other = {"X": (X + rank, Y), "y": (X, Y[:, ::1] + (rank * (X[:, :1] > 0)))}
    for name, (own_X, own_Y) in other.items():
        net = MultiTaskNetClassifier((4,), max_epochs=1, data_parallel=True)
        try:
            net.fit(own_X, own_Y[:, 0])
        except ValueError as error:
            found[name] = str(error)
    return found


def main(folder):
    torch.set_num_threads(1)
    rank = int(os.environ["RANK"])
    X, Y = make_data()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = {
            "fits": fit_all(data_parallel=True),
            "refusals": refuse_other_data(rank),
        }
        unseeded = plain(random_state=None, data_parallel=True).fit(X, Y)
        found["unseeded"] = describe(unseeded, X)
        plain(verbose=1, data_parallel=True, max_epochs=1).fit(X, Y)
    found["warnings"] = [str(each.message) for each in caught]
    with Path(folder, f"{rank}.pkl").open("wb") as file:
        pickle.dump(found, file)


if __name__ == "__main__":
    main(sys.argv[1])
