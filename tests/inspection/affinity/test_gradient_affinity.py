"""The cosines of gradients in training, against those that autograd finds."""

import numpy as np
import pytest
import torch
from sklearn.metrics import adjusted_rand_score

from sklearn_mtl.datasets import (
    make_multitask_classification,
    make_multitask_regression,
)
from sklearn_mtl.inspection import group_tasks, task_affinity
from sklearn_mtl.inspection._affinity._gradient_affinity import GradientLooks
from sklearn_mtl.neural_network import (
    MultiTaskNet,
    MultiTaskNetClassifier,
    MultiTaskNetRegressor,
)
from sklearn_mtl.neural_network._rows import TableRows


@pytest.fixture
def data():
    """Five tasks of different kinds, with missing labels."""
    X, Y = make_multitask_regression(200, 6, n_tasks=5, random_state=0)
    Y[:, 1] = Y[:, 1] > 0
    Y[:, 3] = np.digitize(Y[:, 3], [-0.5, 0.5])
    Y[np.random.RandomState(0).rand(*Y.shape) < 0.2] = np.nan
    return X, Y


def one_epoch(**params):
    params = {"max_epochs": 1, "early_stopping": False, "random_state": 0} | params
    params |= {"preset": "plain", "precision": "float64", "batch_size": 64}
    return MultiTaskNet((8,), **params)


def losses_of(net, X, Y, representation=None):
    """Return the mean loss of each task for the fitted net, and what it shares."""
    module, layout = net.net_.module_, net.net_.criterion_.layout
    shared = module.share(torch.as_tensor(X))[0]
    if representation is not None:
        shared = representation(shared)
    encoded = net._scale.transform(np.nan_to_num(Y))[:, layout.order]
    losses = layout.losses(module.decode(shared), torch.as_tensor(encoded))
    seen = torch.as_tensor(~np.isnan(Y))[:, layout.order]
    means = (losses * seen).sum(0) / seen.sum(0)
    return means[layout.positions], shared


def cosines(gradients):
    rows = np.array(
        [np.concatenate([g.numpy().ravel() for g in gs]) for gs in gradients]
    )
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows @ rows.T


def test_is_the_cosine_at_the_representation(data):
    X, Y = data
    net = one_epoch().fit(X, Y)
    losses, shared = losses_of(net, X, Y, lambda z: z.detach().requires_grad_())
    expected = cosines(
        [torch.autograd.grad(loss, [shared], retain_graph=True) for loss in losses]
    )
    assert task_affinity(one_epoch(), X, Y).to_numpy() == pytest.approx(expected)


def test_is_the_cosine_at_the_parameters_if_the_net_says_so(data):
    X, Y = data
    net = one_epoch(gradient_level="parameters").fit(X, Y)
    losses, _ = losses_of(net, X, Y)
    shared = net.net_.module_.shared_parameters()
    expected = cosines(
        [torch.autograd.grad(loss, shared, retain_graph=True) for loss in losses]
    )
    found = task_affinity(one_epoch(gradient_level="parameters"), X, Y)
    assert found.to_numpy() == pytest.approx(expected)


@pytest.mark.parametrize("dropout", [0.0, 0.3])
@pytest.mark.parametrize("passes_back", [False, True])
def test_training_is_left_as_it_is(data, dropout, passes_back):
    X, Y = data
    looks = GradientLooks(5, seed=0, passes_back=passes_back)
    params = {"max_epochs": 5, "dropout": dropout}
    plain = one_epoch(**params).fit(X, Y)
    watched = one_epoch(**params, callbacks=[looks]).fit(X, Y)
    for weights, expected in zip(
        watched.module_.parameters(), plain.module_.parameters(), strict=True
    ):
        assert torch.equal(weights, expected)


def test_global_random_states_are_left_as_they_are(data):
    before = torch.get_rng_state(), np.random.mtrand._rand.get_state()[1].copy()
    task_affinity(one_epoch(), *data, random_state=0)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert (np.random.mtrand._rand.get_state()[1] == before[1]).all()


def test_same_seed_same_affinity(data):
    found = [task_affinity(one_epoch(), *data, random_state=1) for _ in range(2)]
    assert found[0].equals(found[1])


@pytest.mark.parametrize(
    ("n_tasks", "n_clusters", "n_classes", "missing"),
    [(4, 2, 3, 0.0), (6, 3, 3, 0.3), (12, 3, 2, 0.5), (20, 4, 3, 0.0)],
)
def test_planted_clusters_are_recovered(n_tasks, n_clusters, n_classes, missing):
    indices = []
    for seed in range(3):
        X, Y, truth = make_multitask_classification(
            800,
            n_tasks=n_tasks,
            n_clusters=n_clusters,
            n_classes=n_classes,
            n_informative=20,
            noise=0.3,
            missing_fraction=missing,
            random_state=seed,
            return_truth=True,
        )
        net = MultiTaskNetClassifier((32,), max_epochs=30, lr=3e-3, random_state=seed)
        groups = group_tasks(task_affinity(net, X, Y, random_state=seed))
        indices.append(adjusted_rand_score(truth.cluster, groups))
    assert np.mean(indices) >= 0.9


def test_nothing_is_found_where_there_is_nothing():
    """Tasks that are all unrelated; the groups are to have chance level, 0."""
    indices = []
    for seed in range(3):
        X, Y = make_multitask_classification(
            500, n_tasks=8, relatedness=0.0, n_informative=20, random_state=seed
        )
        net = MultiTaskNetClassifier((32,), max_epochs=15, lr=3e-3, random_state=seed)
        groups = group_tasks(task_affinity(net, X, Y, random_state=seed))
        indices.append(adjusted_rand_score([0, 0, 0, 0, 1, 1, 1, 1], groups))
    assert abs(np.mean(indices)) < 0.25


def test_one_cluster_is_one_group():
    X, Y = make_multitask_regression(
        500, n_tasks=6, relatedness=0.9, n_informative=20, random_state=0
    )
    net = MultiTaskNetRegressor((32,), max_epochs=15, random_state=0)
    assert group_tasks(task_affinity(net, X, Y)).tolist() == [0] * 6


def test_tasks_without_a_row_in_common_are_compared_at_the_parameters():
    n_tasks, n = 6, 1500
    X, Y, truth = make_multitask_regression(
        n,
        n_tasks=n_tasks,
        n_clusters=2,
        n_informative=20,
        relatedness=0.9,
        random_state=0,
        return_truth=True,
    )
    Y[np.arange(n)[:, np.newaxis] % n_tasks != np.arange(n_tasks)] = np.nan
    net = MultiTaskNetRegressor((32,), max_epochs=40, lr=3e-3, random_state=0)
    affinity = task_affinity(net, X, Y, random_state=0)
    assert (affinity.to_numpy()[:3, :3] > 0.1).all()
    assert (group_tasks(affinity) == truth.cluster).all()


def test_a_task_and_its_negation_help_each_other():
    X, Y = make_multitask_regression(300, n_tasks=2, relatedness=1.0, random_state=0)
    Y[:, 1] *= -1
    net = MultiTaskNetRegressor((16,), max_epochs=10, random_state=0)
    assert task_affinity(net, X, Y).loc["task0", "task1"] > 0.9


def test_a_task_of_one_class_has_no_affinity():
    X, Y = make_multitask_classification(120, n_tasks=3, random_state=0)
    Y[:, 1] = 0
    net = MultiTaskNetClassifier((8,), max_epochs=3, random_state=0)
    with pytest.warns(UserWarning, match="'task0 - task1', 'task1 - task2'"):
        affinity = task_affinity(net, X, Y)
    assert np.isnan(affinity["task1"]).all()
    assert not np.isnan(affinity.loc["task0", "task2"])


@pytest.mark.parametrize("architecture", ["mmoe", "film", "task_attention"])
def test_other_architectures(architecture):
    X, Y, truth = make_multitask_classification(
        600,
        n_tasks=6,
        n_classes=3,
        n_clusters=2,
        n_informative=20,
        random_state=0,
        return_truth=True,
    )
    net = MultiTaskNetClassifier(
        (32, 16), architecture=architecture, max_epochs=20, random_state=0
    )
    affinity = task_affinity(net, X, Y, random_state=0)
    assert (group_tasks(affinity) == truth.cluster).all()


def test_a_net_that_shares_nothing(data):
    with pytest.raises(ValueError, match="whose tasks share layers"):
        task_affinity(one_epoch(architecture="separate"), *data)


@pytest.mark.parametrize(
    ("passes_back", "n_tasks", "n_rows", "expected"),
    [
        (False, 40, 2000, 2000),
        (False, 40, 100_000, 4096),
        (True, 4, 500, 500),
        (True, 12, 1000, 512),
        (True, 40, 100_000, 4096),
        (True, 100, 1000, 61),
    ],
)
def test_a_look_costs_as_much_as_a_few_epochs_at_most(
    passes_back, n_tasks, n_rows, expected
):
    looks = GradientLooks(n_tasks, seed=0, passes_back=passes_back)
    X = np.broadcast_to(np.float32(0), (n_rows, 100))
    assert looks._n_rows(TableRows(X, "cpu", torch.float32)) == expected


def test_a_look_has_fewer_of_larger_rows():
    X = np.broadcast_to(np.uint8(0), (50_000, 3, 32, 32))
    rows = TableRows(X, "cpu", torch.float32)
    assert GradientLooks(2, seed=0, passes_back=False)._n_rows(rows) == 2**21 // 3072


def test_looks_get_rarer():
    X, Y = make_multitask_regression(50, n_tasks=2, random_state=0)
    epochs = []

    class Counts(GradientLooks):
        def _take_in(self, net, sight):
            epochs.append(len(net.history))

    looks = Counts(2, seed=0, passes_back=False)
    params = {"max_epochs": 30, "early_stopping": False}
    MultiTaskNetRegressor((4,), callbacks=[looks], random_state=0, **params).fit(X, Y)
    assert epochs == [1, 2, 3, 4, 5, 6, 8, 10, 13, 17, 22, 29]
