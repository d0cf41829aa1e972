"""What cannot be stacked says why, and what differs in shape is told apart."""

import pytest
import torch
from skorch.callbacks import EpochTimer
from torch import nn

from sklearn_mtl.neural_network import MultiTaskNetClassifier
from sklearn_mtl.neural_network._stack import find_obstacle, find_signature


def prepare(digits, **params):
    small = {"hidden_layer_sizes": (8,), "preset": "plain"}
    net = MultiTaskNetClassifier(**{**small, **params})
    return net, net._prepare(*digits)


class Normalising(nn.Sequential):
    out_features = 64

    def __init__(self, n_features_in):
        super().__init__(nn.BatchNorm1d(n_features_in))


class Dropping(nn.Sequential):
    out_features = 64

    def __init__(self, n_features_in):
        super().__init__(nn.Dropout(0.5))


class Branching(nn.Module):
    out_features = 64

    def __init__(self, n_features_in):
        super().__init__()
        self.layer = nn.Linear(n_features_in, 64)

    def forward(self, X):
        return self.layer(X) if float(X.sum()) > 0 else X


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"dropout": 0.5},
        {"architecture": "ple"},
        {"encoder": lambda n: nn.Linear(n, 5)},
        {"net_params": {"optimizer__betas": (0.9, 0.99)}},
        {"optimizer": "sgd"},
    ],
)
def test_stackable(params, digits):
    assert find_obstacle(*prepare(digits, **params)) is None


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"callbacks": [EpochTimer()]}, "callbacks"),
        ({"optimizer": torch.optim.RMSprop}, "RMSprop"),
        ({"architecture": "soft_sharing"}, "penalty"),
        ({"encoder": Normalising}, "BatchNorm1d keeps statistics"),
        ({"encoder": Branching}, "vmap fails"),
        ({"net_params": {"max_epochs": 3}}, "net_params"),
        ({"net_params": {"optimizer__weight_decay": 1.0}}, "the rate or the decay"),
    ],
)
def test_not_stackable(params, reason, digits):
    assert reason in find_obstacle(*prepare(digits, **params))


def test_signature(digits):
    X, Y = digits
    first = find_signature(prepare(digits)[1])
    assert find_signature(prepare((X[:300], Y[:300]), random_state=3)[1]) == first
    for params in (
        {"hidden_layer_sizes": (9,)},
        {"activation": "tanh"},
        {"batch_size": 64},
        {"optimizer": "sgd"},
        {"precision": "float64"},
        {"early_stopping": False},
        {"preprocess": False},
        {"architecture": "mmoe"},
    ):
        assert find_signature(prepare(digits, **params)[1]) != first
    assert find_signature(prepare(digits)[1], "other settings") == first
    few_classes = (X[Y[:, 0] < 8], Y[Y[:, 0] < 8])
    assert find_signature(prepare(few_classes)[1]) != first


def test_signature_where_repr_does_not_tell_all(digits):
    """An encoder of the user may be told by the parameters of the estimator only."""
    run, other = (prepare(digits, encoder=Branching)[1] for _ in range(2))
    assert find_signature(run, "a") == find_signature(other, "a")
    assert find_signature(run, "a") != find_signature(run, "b")


def test_mapped_networks_with_dropout_share_a_run(digits):
    run, other = (
        prepare(digits, architecture="mmoe", dropout=0.5, random_state=0)[1]
        for _ in range(2)
    )
    assert find_signature(run) == find_signature(run)
    assert find_signature(run) != find_signature(other)


def test_looking_for_an_obstacle_leaves_the_global_generator_alone(digits):
    torch.manual_seed(0)
    before = torch.random.get_rng_state()
    assert find_obstacle(*prepare(digits, encoder=Dropping)) is None
    assert torch.equal(before, torch.random.get_rng_state())
