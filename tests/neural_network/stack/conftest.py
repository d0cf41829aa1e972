"""Networks trained in a stack, and the same ones trained one by one."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from sklearn.base import clone

from sklearn_mtl._validation import check_task_weights
from sklearn_mtl.datasets import load_digits_tasks
from sklearn_mtl.neural_network._building import find_weight_decay
from sklearn_mtl.neural_network._stack import Member, train_together


@pytest.fixture
def train_stack() -> Callable:
    """A function: nets, data sets -> the outcomes of each net, trained together."""

    def member_of(net, run):
        names = run.tasks.names
        return Member(
            run,
            check_task_weights(net.task_weights, names, type(net).__name__),
            run.settings["lr"],
            find_weight_decay(net.optimizer, net.weight_decay),
            run.settings["max_epochs"],
            run.settings["lr_schedule"],
        )

    def train(nets, data, encode_now=True):
        members = [
            member_of(net, clone(net)._prepare(*given))
            for net in nets
            for given in data
        ]
        found = dict(train_together(members, encode_now))
        outcomes = [found[m] for m in range(len(members))]
        return [outcomes[k * len(data) :][: len(data)] for k in range(len(nets))]

    return train


@pytest.fixture
def assert_as_if_alone(train_stack) -> Callable:
    """Assert that each net of a stack ends as it does by its own `fit`."""

    def check(nets, data, atol=1e-9, **options):
        stacked = train_stack(nets, data, **options)
        for net, outcomes in zip(nets, stacked, strict=True):
            for given, outcome in zip(data, outcomes, strict=True):
                alone = clone(net).fit(*given)
                assert outcome.error is None
                assert outcome.best_epoch == alone.best_epoch_
                torch.testing.assert_close(
                    outcome.parameters,
                    [p.detach() for p in alone.module_.parameters()],
                    rtol=0,
                    atol=atol,
                )

    return check


@pytest.fixture(scope="session")
def digits():
    X, Y = load_digits_tasks(return_X_y=True)
    return X[:600], Y[:600].astype(float)


@pytest.fixture(scope="session")
def folds(digits):
    """Training parts of different size; one has a batch more than the others."""
    X, Y = digits
    parts = [np.r_[0:290], np.r_[200:490], np.r_[0:200, 290:600]]
    return [(X[rows], Y[rows]) for rows in parts]
