"""What cannot be saved is named, before anything is written."""

import numpy as np
import pytest
import torch
from skorch.callbacks import EpochTimer
from torch import nn

from sklearn_mtl.neural_network import MultiTaskNetClassifier, load
from sklearn_mtl.neural_network.architectures import SharedBottom
from sklearn_mtl.neural_network.balancers import Fixed

X = np.random.default_rng(0).normal(size=(40, 4))
Y = np.column_stack([np.arange(40) % 2, np.arange(40) % 3])


class OwnEncoder(nn.Module):
    out_features = 4

    def __init__(self, n_features_in):
        super().__init__()

    def forward(self, X):
        return X


class OwnArchitecture(SharedBottom):
    """Not ours, though it is derived from a class that is."""


class OwnBalancer(Fixed):
    """Likewise."""


class OwnOptimizer(torch.optim.Adam):
    """Likewise."""


class OwnNet(MultiTaskNetClassifier):
    """Likewise."""


def fit(**params):
    cls = params.pop("cls", MultiTaskNetClassifier)
    return cls((4,), preset="plain", max_epochs=1, random_state=0, **params).fit(X, Y)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("encoder", OwnEncoder),
        ("encoder", lambda n_features: OwnEncoder(n_features + 0)),
        ("architecture", OwnArchitecture()),
        ("balancer", OwnBalancer()),
        ("balancer", lambda gramian: gramian.new_ones(len(gramian)) / len(gramian)),
        ("optimizer", OwnOptimizer),
        ("augment", lambda X: X),
        ("augment", [lambda X: X]),
        ("callbacks", [EpochTimer()]),
        ("missing_label", object()),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_refuses_code(name, value, tmp_path):
    net = fit(**{name: value})
    expected = f"The '{name}' parameter of MultiTaskNetClassifier must be plain data or"
    with pytest.raises(ValueError, match=expected):
        net.save(tmp_path / "model")
    assert not [*tmp_path.iterdir()]


def test_refuses_what_the_network_was_made_with(tmp_path):
    net = fit(encoder=OwnEncoder).set_params(encoder=None)
    with pytest.raises(ValueError, match=r"'encoder' parameter .* must be plain data"):
        net.save(tmp_path / "model")


def test_refuses_a_class_derived_from_ours(tmp_path):
    with pytest.raises(ValueError, match="'class' of OwnNet must be plain data"):
        fit(cls=OwnNet).save(tmp_path / "model")


def test_refuses_other_attributes(tmp_path):
    net = fit()
    net.note_ = OwnEncoder
    with pytest.raises(ValueError, match="'note_' of MultiTaskNetClassifier must be"):
        net.save(tmp_path / "model")
    net.note_ = {"by": ("me", 3)}
    net.save(tmp_path / "model")
    assert load(tmp_path / "model").note_ == net.note_


@pytest.mark.parametrize("freeze", [False, "gradual"])
def test_refuses_a_task_with_layers_of_its_own(tmp_path, freeze):
    net = fit().transfer(X, Y[:, 0], name="new", freeze=freeze)
    with pytest.raises(ValueError, match=r"'freeze' .* got another for 'new'"):
        net.save(tmp_path / "model")
    assert not [*tmp_path.iterdir()]


def test_refuses_a_bad_parameter(tmp_path):
    with pytest.raises(ValueError, match="'lr' parameter"):
        fit().set_params(lr=-1.0).save(tmp_path / "model")


def test_refuses_what_is_not_fitted(tmp_path):
    with pytest.raises(ValueError, match="not fitted"):
        MultiTaskNetClassifier().save(tmp_path / "model")


def test_saving_changes_nothing(tmp_path):
    nets = [fit(balancer="uncertainty", warm_start=True) for _ in range(2)]
    nets[0].save(tmp_path / "model")
    for net in nets:
        net.fit(X, Y)
    np.testing.assert_array_equal(nets[0].transform(X), nets[1].transform(X))
