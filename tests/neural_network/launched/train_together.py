"""Fits, for several processes or for one; each process writes what it found to a file.

``torchrun train_together.py FOLDER CASE ...`` writes FOLDER/0.pkl, FOLDER/1.pkl, ...
"""

import os
import pickle
import signal
import sys
import warnings
from pathlib import Path
from unittest import mock

import numpy as np
import torch
from sklearn.datasets import make_classification

from sklearn_mtl.neural_network import MultiTaskNet
from sklearn_mtl.neural_network._checkpoints._folder import Folder
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
        "best": plain(
            preset="best", n_networks=4, n_members=8, dropout=0.1, batch_size=16
        ),
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


def fit_cases(names, data_parallel):
    """Return what became of the estimators, by name."""
    X, Y = make_data()
    found = {}
    for name in names:
        estimator = make_cases()[name].set_params(data_parallel=data_parallel)
        found[name] = describe(estimator.fit(X, Y), X)
    return found


def fit_as_launched(estimator, data):
    """Fit in a process that, as its environment says, is one of two."""
    with mock.patch.dict(os.environ, {"WORLD_SIZE": "2"}):
        return estimator.fit(*data)


def lonely(**settings):
    """Return an estimator that sees both labels of the third task in one process."""
    one_batch = {"batch_size": 1000, "max_epochs": 1, "early_stopping": False}
    return plain(random_state=2, **one_batch, **settings)


def count_labels():
    """Return how many labels of each task this process has in the fit of `lonely`."""
    run = lonely(data_parallel=True)._prepare(*make_data())
    batches = run.net.get_iterator(run.train, training=True)
    counts = [(p.batch[1][1] > 0).sum(0) for p in batches.portions(run.processes)]
    return sum(counts)[run.net.criterion_.layout.positions].tolist()


class Interrupting(torch.nn.Identity):
    """An encoder that gets a signal, as of Ctrl-C, in its training."""

    n_calls = after = 0

    def __init__(self, n_features_in):
        super().__init__()
        self.out_features = n_features_in

    def forward(self, X):
        Interrupting.n_calls += self.training
        if self.training and Interrupting.n_calls == Interrupting.after:
            os.kill(os.getpid(), signal.SIGINT)
        return X


def stop_and_go_on(rank, folder):
    """Stop one of the processes in the midst of a fit, and go on from a checkpoint."""
    X, Y = make_data()
    saves = []
    save = Folder.save
    Folder.save = lambda self, checkpoint: saves.append(save(self, checkpoint))
    settings = {"encoder": Interrupting, "max_epochs": 6, "early_stopping": False}
    whole = plain(data_parallel=True, **settings).fit(X, Y)
    Interrupting.n_calls, Interrupting.after = 0, 30 if rank == 1 else -1
    stopped = plain(data_parallel=True, checkpoint_dir=folder, **settings).fit(X, Y)
    n_done = stopped.n_iter_
    works = np.isfinite(stopped.predict(X).astype(float)).all()
    Interrupting.after = -1
    stopped.set_params(resume=True).fit(X, Y)
    Folder.save = save
    return {
        "n_done": n_done,
        "works": bool(works),
        "n_saves": len(saves),
        "whole": describe(whole, X),
        "resumed": describe(stopped, X),
    }


def main(folder, *names):
    torch.set_num_threads(1)
    rank = int(os.environ["RANK"])
    X, Y = make_data()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = {"fits": fit_cases(names, data_parallel=True)}
        found["lonely"] = describe(lonely(data_parallel=True).fit(X, Y), X)
        found["labels"] = count_labels()
        plain(verbose=1, data_parallel=True, max_epochs=2).fit(X, Y)
        found["stopped"] = stop_and_go_on(rank, Path(folder, "checkpoints"))
    found["warnings"] = [str(each.message) for each in caught]
    with Path(folder, f"{rank}.pkl").open("wb") as file:
        pickle.dump(found, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
