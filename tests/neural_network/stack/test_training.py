"""A member of a stack becomes what it would be if it were trained alone."""

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.base import clone
from torch import nn

from sklearn_mtl.datasets import make_multitask_regression
from sklearn_mtl.neural_network import (
    MultiTaskNet,
    MultiTaskNetClassifier,
    MultiTaskNetRegressor,
)
from sklearn_mtl.neural_network._stack import Member, find_obstacle, train_together
from sklearn_mtl.neural_network._stack._network import StackedNetwork
from sklearn_mtl.neural_network.balancers import BALANCERS, CAGrad
from sklearn_mtl.neural_network.balancers._base import GramianBalancer, LossBalancer

WEIGHTS = [None, [1, 2, 0.5], [0.2, 0.3, 0.5]]


def make_net(**params):
    defaults = {
        "hidden_layer_sizes": (12, 8),
        "preset": "plain",
        "precision": "float64",
        "max_epochs": 12,
        "random_state": 0,
    }
    return MultiTaskNetClassifier(**{**defaults, **params})


def weighted(net, weights=WEIGHTS):
    return [clone(net).set_params(task_weights=w) for w in weights]


class ConvEncoder(nn.Module):
    out_features = 16

    def __init__(self, shape, dropout=0.0):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(shape[0], 4, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Conv2d(4, 4, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Flatten(),
        )

    def forward(self, X):
        return self.layers(X)


def dropping_encoder(shape):
    return ConvEncoder(shape, dropout=0.3)


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"early_stopping": False},
        {"early_stopping": True, "n_iter_no_change": 2, "max_epochs": 60, "lr": 0.02},
        {"dropout": 0.3},
        {"dropout": 0.3, "activation": "tanh"},
        {"preprocess": False},
        {"optimizer": "sgd", "lr": 0.05},
        {"optimizer": "adam", "net_params": {"optimizer__betas": (0.8, 0.9)}},
        {"optimizer": torch.optim.AdamW},
        {"batch_size": 1000},
        {"batch_size": 32},
        {"hidden_layer_sizes": ()},
        {"class_weight": "balanced"},
    ],
    ids=str,
)
def test_any_setting(params, folds, assert_as_if_alone):
    assert_as_if_alone(weighted(make_net(**params)), folds)


def test_float32(folds, assert_as_if_alone):
    nets = weighted(make_net(precision="float32", max_epochs=60))
    assert_as_if_alone(nets, folds, atol=1e-4)


def test_members_with_settings_of_their_own(folds, assert_as_if_alone):
    nets = [
        make_net(lr=lr, weight_decay=decay, max_epochs=epochs, task_weights=weights)
        for lr, decay, epochs, weights in [
            (1e-3, 0.0, 12, None),
            (1e-2, 0.0, 9, [1, 2, 3]),
            (1e-3, 1.0, 12, [3, 2, 1]),
            (1e-3, None, 5, None),
        ]
    ]
    assert_as_if_alone(nets, folds)


def test_members_with_seeds_and_patience_of_their_own(folds, assert_as_if_alone):
    assert_as_if_alone(
        [
            make_net(
                random_state=seed, n_iter_no_change=patience, max_epochs=50, lr=0.02
            )
            for seed, patience in [(0, 1), (1, 3), (2, 8)]
        ],
        folds,
    )


def test_encoding_each_batch(folds, assert_as_if_alone):
    assert_as_if_alone(weighted(make_net()), folds, encode_now=False)


def test_missing_labels_and_weights(folds, assert_as_if_alone):
    rng = np.random.default_rng(0)
    data = []
    for X, Y in folds:
        Y = np.where(rng.random(Y.shape) < [0.1, 0.5, 0.9], np.nan, Y)
        data.append((X, Y, rng.exponential(size=Y.shape)))
    assert_as_if_alone(weighted(make_net()), data)


def test_a_task_without_weight(folds, assert_as_if_alone):
    nets = weighted(make_net(), [[1, 0, 0], [0, 1, 2], [1, 1, 1]])
    assert_as_if_alone(nets, folds)


def test_one_dimensional_labels(folds, assert_as_if_alone):
    nets = [make_net(lr=lr) for lr in (1e-3, 1e-2)]
    assert_as_if_alone(nets, [(X, Y[:, 0]) for X, Y in folds])


@pytest.mark.filterwarnings("ignore:.*single class")
def test_a_task_of_one_class(folds, assert_as_if_alone):
    data = [(X, np.column_stack([np.ones(len(Y)), Y[:, 1:]])) for X, Y in folds]
    assert_as_if_alone(weighted(make_net()), data)


def test_sparse_inputs(folds, assert_as_if_alone):
    data = [(sparse.csr_array(X), Y) for X, Y in folds]
    for encode_now in (False, True):
        assert_as_if_alone(weighted(make_net()), data, encode_now=encode_now)


def test_too_few_rows_to_stop_early(folds, assert_as_if_alone):
    assert_as_if_alone(weighted(make_net()), [(X[:60], Y[:60]) for X, Y in folds])


def test_quantities(assert_as_if_alone):
    X, Y = make_multitask_regression(300, missing_fraction=0.2, random_state=0)
    net = MultiTaskNetRegressor(
        (10,), preset="plain", precision="float64", max_epochs=15, random_state=0
    )
    assert_as_if_alone(weighted(net), [(X[:200], 100 * Y[:200]), (X[100:], Y[100:])])


def test_classes_beside_quantities(folds, assert_as_if_alone):
    rng = np.random.default_rng(0)
    data = [(X, np.column_stack([Y[:, :2], X @ rng.normal(size=64)])) for X, Y in folds]
    net = MultiTaskNet(
        (10,), preset="plain", precision="float64", max_epochs=10, random_state=0
    )
    assert_as_if_alone(weighted(net), data)


@pytest.fixture
def images(folds):
    return [(X.reshape(-1, 1, 8, 8), Y) for X, Y in folds]


@pytest.mark.parametrize(("precision", "atol"), [("float32", 1e-4), ("float64", 1e-9)])
def test_a_convolutional_encoder(precision, atol, images, assert_as_if_alone):
    net = make_net(encoder=ConvEncoder, precision=precision, max_epochs=6)
    assert_as_if_alone(weighted(net), images, atol=atol)


@pytest.mark.parametrize(
    "params",
    [
        {"encoder": dropping_encoder},
        {"architecture": "mmoe", "dropout": 0.3},
        {"preset": "default"},
        {"preset": "default", "dropout": 0.0, "n_members": 3, "batch_size": 100},
        {"preset": "default", "architecture": "mmoe", "encoder": "periodic"},
        {"preset": "default", "balancer": "uncertainty", "lr_schedule": "constant"},
    ],
    ids=["dropping", "mmoe", "default", "members", "periodic", "uncertainty"],
)
def test_members_of_one_run(params, images):
    """They may have dropout, members of their own and a schedule."""
    X, Y = images[0]
    X = X if params.get("encoder") is dropping_encoder else X.reshape(len(X), -1)
    net = make_net(max_epochs=6, **params)
    run = clone(net)._prepare(X, Y)
    assert find_obstacle(net, run) is None
    lr, schedule = run.settings["lr"], run.settings["lr_schedule"]
    weights = [[1, 1, 1], [1, 2, 0.5]]
    members = [Member(run, np.array(w), lr, 0.3, 6, schedule) for w in weights]
    for m, outcome in train_together(members, encode_now=True):
        alone = clone(net).set_params(task_weights=weights[m]).fit(X, Y)
        torch.testing.assert_close(
            outcome.parameters,
            [p.detach() for p in alone.module_.parameters()],
            rtol=0,
            atol=1e-9,
        )


@pytest.mark.parametrize("architecture", ["mmoe", "cross_stitch", "film", "separate"])
def test_other_architectures(architecture, folds, assert_as_if_alone):
    net = make_net(architecture=architecture, max_epochs=4, dropout=0.0)
    assert_as_if_alone(weighted(net), folds)


@pytest.mark.parametrize("balancer", BALANCERS)
def test_balancers(balancer, folds, assert_as_if_alone):
    net = make_net(balancer=balancer, max_epochs=5)
    if find_obstacle(net, clone(net)._prepare(*folds[0])) is not None:
        assert not issubclass(BALANCERS[balancer], (LossBalancer, GramianBalancer))
        return
    rng = np.random.default_rng(0)
    data = [
        (X, np.where(rng.random(Y.shape) < [0.0, 0.5, 0.97], np.nan, Y))
        for X, Y in folds[1:]
    ]
    assert_as_if_alone(weighted(net, WEIGHTS[:2]), data, atol=1e-7)


def test_balancers_with_parameters_of_their_own(folds, assert_as_if_alone):
    nets = [
        make_net(balancer=CAGrad(c=c, update_weights_every=k), max_epochs=5)
        for c, k in [(0.2, 1), (0.5, 1), (0.5, 3)]
    ]
    assert_as_if_alone(nets, folds, atol=1e-7)


def test_one_that_diverges_takes_none_with_it(folds, train_stack):
    nets = [make_net(), make_net(lr=1e30, optimizer="adamw"), make_net(lr=0.01)]
    stable, broken, other = train_stack(nets, folds)
    for outcome in broken:
        assert "became NaN or infinite in epoch" in outcome.error
    for alone, outcomes in ((nets[0], stable), (nets[2], other)):
        fitted = clone(alone).fit(*folds[0])
        torch.testing.assert_close(
            outcomes[0].parameters,
            [p.detach() for p in fitted.module_.parameters()],
            rtol=0,
            atol=1e-9,
        )


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_any_data(data, assert_as_if_alone):
    """Rows, tasks, classes, missing labels and weights as they come."""
    seed = data.draw(st.integers(0, 1000))
    rng = np.random.default_rng(seed)
    n_tasks = data.draw(st.integers(1, 4))
    sets = []
    for _ in range(data.draw(st.integers(1, 3))):
        n = data.draw(st.integers(40, 160))
        Y = rng.integers(0, rng.integers(2, 4, n_tasks), (n, n_tasks)).astype(float)
        Y[6:][rng.random((n - 6, n_tasks)) < 0.3] = np.nan
        Y[:6] = np.arange(6)[:, np.newaxis] % 3 % (1 + np.nanmax(Y, axis=0))
        sets.append((rng.normal(size=(n, 5)), Y))
    # Stacks are of networks with the same tasks.
    sets = [(X, np.minimum(Y, 1)) for X, Y in sets]
    weights = rng.uniform(0.1, 1, (2, n_tasks))
    batch_size = data.draw(st.sampled_from([16, 50, 500]))
    stop = data.draw(st.booleans())
    net = make_net(batch_size=batch_size, early_stopping=stop, max_epochs=4)
    assert_as_if_alone(weighted(net, weights), sets)


def test_global_generators_are_left_alone(folds, train_stack):
    torch.manual_seed(0)
    before = torch.random.get_rng_state()
    train_stack(weighted(make_net(dropout=0.3)), folds)
    assert torch.equal(before, torch.random.get_rng_state())


# Too little memory


def train(nets, data):
    runs = [net._prepare(*data) for net in nets]
    members = [
        Member(
            run,
            np.array(net.task_weights, dtype=float),
            net.lr,
            0.0,
            epochs,
            "constant",
        )
        for net, run, epochs in zip(nets, runs, (4, 2, 6, 6, 5), strict=True)
    ]
    return dict(train_together(members, encode_now=True))


@pytest.mark.parametrize(("most", "n_failures"), [(4, 1), (2, 2), (1, 4)])
def test_members_that_there_is_no_memory_for(most, n_failures, folds, monkeypatch):
    data = folds[0]
    n_tasks = data[1].shape[1]
    nets = [
        make_net(
            task_weights=[1 + m, *[1] * (n_tasks - 1)], early_stopping=False, lr=1e-3
        )
        for m in range(5)
    ]
    expected = train(nets, data)
    losses, failures = StackedNetwork.losses, []

    def cramped(network, batch):
        if len(network.parameters[0]) > most:
            failures.append(len(network.parameters[0]))
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return losses(network, batch)

    monkeypatch.setattr(StackedNetwork, "losses", cramped)
    with pytest.warns(UserWarning, match="to train 5 networks at once") as caught:
        found = train(nets, data)
    assert len(caught) == 1
    assert len(failures) == n_failures
    assert found.keys() == expected.keys()
    for m, outcome in expected.items():
        for one, other in zip(found[m].parameters, outcome.parameters, strict=True):
            torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-12)


def test_no_memory_for_a_single_member(folds, monkeypatch):
    def full(network, batch):
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(StackedNetwork, "losses", full)
    net = make_net(task_weights=[1] * folds[0][1].shape[1], lr=1e-3)
    run = net._prepare(*folds[0])
    member = Member(run, np.ones(folds[0][1].shape[1]), 1e-3, 0.0, 3, "constant")
    with pytest.raises(torch.OutOfMemoryError):
        list(train_together([member], encode_now=True))
