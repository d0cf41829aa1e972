"""The networks with every architecture: labels, encoders, balancers, copies."""

import pickle

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from torch import nn

from sklearn_mtl.datasets import load_digits_tasks, make_multitask_classification
from sklearn_mtl.neural_network import (
    MultiTaskNet,
    MultiTaskNetClassifier,
    MultiTaskNetRegressor,
)
from sklearn_mtl.neural_network.architectures import (
    ARCHITECTURES,
    MMoE,
    SharedBottom,
    SoftSharing,
)

every_architecture = pytest.mark.parametrize("name", ARCHITECTURES)
X, Y = make_multitask_classification(
    80, 6, n_tasks=3, n_classes=[2, 3, 2], missing_fraction=0.3, random_state=0
)


def fit(X=X, Y=Y, Net=MultiTaskNetClassifier, **params):
    small = {"hidden_layer_sizes": (8, 8), "batch_size": 16, "max_epochs": 1}
    small |= {"early_stopping": False, "random_state": 0}
    return Net(**{**small, **params}).fit(X, Y)


@every_architecture
def test_digits_with_missing_labels(name):
    X, Y = load_digits_tasks(return_X_y=True)
    hidden = np.random.default_rng(0).random(Y.shape) < 0.3
    net = MultiTaskNetClassifier(
        (32, 32),
        architecture=name,
        missing_label=-1,
        lr=0.01,
        max_epochs=15,
        random_state=0,
    )
    net.fit(X[:1200], np.where(hidden, -1, Y)[:1200])
    assert net.score(X[1200:], Y[1200:]) > 0.85


@every_architecture
def test_columns_of_both_kinds(name):
    """Groups of tasks are laid out by kind; each column is learned as what it is."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(160, 4))
    Y = np.empty((160, 4), dtype=object)
    Y[:, 0] = X[:, 0] + 0.5 * X[:, 1]
    Y[:, 1] = np.where(X[:, 1] > 0, "yes", "no")
    Y[:, 2] = X[:, 2] - X[:, 0]
    Y[:, 3] = np.digitize(X[:, 3], [-0.5, 0.5])
    params = {"hidden_layer_sizes": (32, 32), "max_epochs": 20, "lr": 0.02}
    net = fit(X, Y, MultiTaskNet, architecture=name, **params)
    assert min(net.score_tasks(X, Y).values()) > 0.6
    width = net.module_.trunk.out_features
    n_streams = 4 if net.module_.trunk.per_task else 1
    assert net.transform(X).shape == (160, n_streams * width)


class Patches(nn.Module):
    """Two by two convolution on images."""

    def __init__(self, shape):
        super().__init__()
        channels, height, width = shape
        self.layers = nn.Sequential(
            nn.Conv2d(channels, 3, 2), nn.BatchNorm2d(3), nn.ReLU(), nn.Flatten()
        )
        self.out_features = 3 * (height - 1) * (width - 1)

    def forward(self, X):
        return self.layers(X)


@every_architecture
@pytest.mark.parametrize("balancer", [None, "mgda"])
def test_an_encoder_is_trained(name, balancer):
    images = np.random.default_rng(0).normal(size=(80, 1, 4, 4))
    net = fit(
        images, encoder=Patches, architecture=name, balancer=balancer, weight_decay=0.0
    )
    start = fit(images, encoder=Patches, lr=1e-12)
    first, trained = (n.module_.encoder.layers[0].weight for n in (start, net))
    assert not torch.allclose(first, trained)
    assert net.predict(images).shape == (80, 3)


@every_architecture
@pytest.mark.parametrize(
    ("balancer", "level"),
    [
        ("uncertainty", "representation"),
        ("mgda", "representation"),
        ("mgda", "parameters"),
        ("pcgrad", "representation"),
    ],
)
@pytest.mark.filterwarnings("ignore:The balancer:UserWarning")
def test_balancers_train_all_parameters(name, balancer, level):
    params = {"architecture": name, "balancer": balancer, "gradient_level": level}
    params |= {"weight_decay": 0.0}
    net = fit(**params)
    assert np.isfinite([row["train_loss"] for row in net.history_]).all()
    # The heads are zero in the first step; then all else is trained.
    start = fit(**params, lr=1e-12).module_
    for was, now in zip(start.parameters(), net.module_.parameters(), strict=True):
        is_trained = not torch.allclose(was, now, rtol=1e-6, atol=0)
        assert is_trained is now.requires_grad or not now.numel()


@pytest.mark.parametrize("name", ["separate", "soft_sharing"])
def test_nothing_to_balance(name):
    with pytest.warns(UserWarning, match="nothing to balance"):
        fit(architecture=name, balancer="mgda")


@every_architecture
def test_starts_as_the_constant_prediction(name):
    net = fit(architecture=name, lr=1e-30, max_epochs=1)
    for probabilities in net.predict_proba(X):
        assert np.ptp(probabilities, axis=0).max() < 1e-6


@every_architecture
def test_one_task(name):
    net = fit(X, Y[:, 0], architecture=name, max_epochs=30, lr=0.02)
    assert net.score(X, Y[:, 0]) > 0.8


@every_architecture
def test_same_seed_same_fit(name):
    first, second = (fit(architecture=name, dropout=0.2) for _ in range(2))
    for a, b in zip(first.predict_proba(X), second.predict_proba(X), strict=True):
        assert np.array_equal(a, b)


@every_architecture
def test_copies(name):
    net = fit(architecture=ARCHITECTURES[name](), precision="float64")
    assert next(net.module_.trunk.parameters()).dtype == torch.float64
    for a, b in zip(
        net.predict_proba(X),
        pickle.loads(pickle.dumps(net)).predict_proba(X),
        strict=True,
    ):
        assert np.array_equal(a, b)
    assert not hasattr(clone(net), "net_")


def test_their_parameters_can_be_searched():
    net = MultiTaskNetClassifier((4,), architecture=MMoE(), n_members=1, max_epochs=1)
    search = GridSearchCV(net, {"architecture__n_experts": [1, 2]}, cv=2)
    labelled = ~np.isnan(Y).any(1)
    search.fit(X[labelled], Y[labelled])
    chosen = search.best_estimator_
    assert (
        len(chosen.module_.trunk.experts[0].weight)
        == (search.best_params_["architecture__n_experts"])
    )


def test_bad_parameters_are_those_of_the_architecture():
    with pytest.raises(ValueError, match="'n_experts' parameter of MMoE must be"):
        fit(architecture=MMoE(0))
    message = "'hidden_layer_sizes' parameter of MMoE must be at least one layer"
    with pytest.raises(ValueError, match=message):
        fit(architecture="mmoe", hidden_layer_sizes=())


def test_task_layers_of_the_shared_bottom():
    net = fit(architecture=SharedBottom((5,)))
    assert net.transform(X).shape == (80, 3 * 5)


def test_separate_networks_learn_apart():
    """What the labels of a task are changes no other."""
    other = Y.copy()
    other[:, 2] = np.where(np.isnan(Y[:, 2]), np.nan, np.arange(80) % 2)
    first, second = (
        fit(X, labels, architecture="separate", precision="float64")
        for labels in (Y, other)
    )
    for t, (a, b) in enumerate(
        zip(first.predict_proba(X), second.predict_proba(X), strict=True)
    ):
        assert np.array_equal(a, b) == (t < 2)


@pytest.mark.parametrize("penalty", ["distance", "trace", "l21"])
@pytest.mark.parametrize("balancer", [None, "uncertainty", "mgda"])
@pytest.mark.filterwarnings("ignore:The balancer:UserWarning")
def test_the_penalty_reaches_the_weights(penalty, balancer):
    """Whatever finds the gradients of the losses."""
    weak, strong = (
        fit(
            architecture=SoftSharing(penalty, strength),
            balancer=balancer,
            n_members=1,
            optimizer="sgd",
            lr=0.01,
            lr_schedule="constant",
            max_epochs=10,
        ).module_.trunk
        for strength in (1e-9, 1.0)
    )
    for trunk in (weak, strong):
        trunk.strength = 1.0
    assert strong.train().penalty() < 0.98 * weak.train().penalty()


def test_a_regressor():
    targets = np.column_stack([X[:, 0], X[:, 1] ** 2])
    net = fit(
        X, targets, MultiTaskNetRegressor, architecture="ple", max_epochs=30, lr=0.02
    )
    assert net.score(X, targets) > 0.5
