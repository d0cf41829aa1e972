"""What a step for one task does to the loss of another."""

import copy

import numpy as np
import pytest
import torch
from sklearn.metrics import adjusted_rand_score

from sklearn_mtl.datasets import make_multitask_regression
from sklearn_mtl.inspection import group_tasks, task_affinity
from sklearn_mtl.neural_network import MultiTaskNetRegressor


def make_net(**params):
    params |= {"precision": "float64", "early_stopping": False, "random_state": 0}
    return MultiTaskNetRegressor((8,), preset="plain", **params)


def test_is_the_share_of_the_loss_that_a_step_takes_away():
    X, Y = make_multitask_regression(200, 5, n_tasks=3, random_state=0)
    net = make_net(max_epochs=1).fit(X, Y)
    targets = torch.as_tensor(net._scale.transform(Y))

    def losses_of(module):
        return ((module(torch.as_tensor(X)) - targets) ** 2).mean(0)

    module = net.module_
    before = losses_of(module)
    expected = np.empty((3, 3))
    for s in range(3):
        shared = module.shared_parameters()
        gradient = torch.autograd.grad(before[s], shared, retain_graph=True)
        norms = [
            sum(float((t.detach() ** 2).sum()) for t in ts) ** 0.5
            for ts in (shared, gradient)
        ]
        moved = copy.deepcopy(module)
        with torch.no_grad():
            for parameter, g in zip(moved.shared_parameters(), gradient, strict=True):
                parameter -= 0.01 * norms[0] / norms[1] * g
            expected[s] = (1 - losses_of(moved) / before).numpy()
    found = task_affinity(make_net(max_epochs=1), X, Y, "transfer")
    assert found.to_numpy() == pytest.approx(expected)


def test_planted_clusters_are_recovered():
    indices = []
    for seed in range(3):
        X, Y, truth = make_multitask_regression(
            500,
            n_tasks=6,
            n_clusters=2,
            n_informative=20,
            noise=0.3,
            random_state=seed,
            return_truth=True,
        )
        params = {"preset": "plain", "max_epochs": 30, "random_state": seed}
        net = MultiTaskNetRegressor((32,), **params)
        groups = group_tasks(task_affinity(net, X, Y, "transfer", random_state=seed))
        indices.append(adjusted_rand_score(truth.cluster, groups))
    assert np.mean(indices) >= 0.9


def test_each_task_does_itself_most_good():
    X, Y = make_multitask_regression(300, n_tasks=4, n_clusters=4, random_state=0)
    affinity = task_affinity(make_net(max_epochs=10), X, Y, "transfer").to_numpy()
    assert (affinity.argmax(axis=1) == np.arange(4)).all()
    assert (affinity.diagonal() > 0).all()


def test_is_not_symmetric():
    """A noisy relative does less for a clean task than the other way round."""
    X, Y = make_multitask_regression(
        300, n_tasks=2, relatedness=1.0, noise=[0.0, 3.0], random_state=0
    )
    affinity = task_affinity(make_net(max_epochs=10), X, Y, "transfer").to_numpy()
    assert affinity[0, 1] != affinity[1, 0]
