"""From parameters to a network and its optimizer."""

import functools

import numpy as np
import pytest
import torch
from torch import nn

from sklearn_mtl.datasets import make_multitask_classification
from sklearn_mtl.neural_network import MultiTaskNetClassifier
from sklearn_mtl.neural_network._input_scaler import InputScaler

X, Y = make_multitask_classification(60, 4, n_tasks=2, random_state=0)


def fit(X=X, **params):
    small = {"hidden_layer_sizes": (8,), "max_epochs": 2, "random_state": 0}
    return MultiTaskNetClassifier(**{**small, **params}).fit(X, Y)


class Encoder(nn.Module):
    """A small encoder of rows."""

    def __init__(self, n_features):
        super().__init__()
        self.layer = nn.Linear(n_features, 6)
        self.out_features = 6

    def forward(self, X):
        return self.layer(X).relu()


class ImageEncoder(nn.Module):
    """A small encoder of images."""

    def __init__(self, shape):
        super().__init__()
        self.shape = shape
        self.layer = nn.Conv2d(shape[0], 5, 2)
        self.out_features = 5

    def forward(self, X):
        return self.layer(X).mean(dim=(2, 3))


# Optimizers


@pytest.mark.parametrize(
    ("optimizer", "cls", "setting"),
    [
        ("adamw", torch.optim.AdamW, {"fused": True}),
        ("adam", torch.optim.Adam, {"fused": True}),
        ("sgd", torch.optim.SGD, {"momentum": 0.9}),
        (torch.optim.RMSprop, torch.optim.RMSprop, {}),
        (
            functools.partial(torch.optim.Adam, eps=1e-4),
            torch.optim.Adam,
            {"eps": 1e-4},
        ),
    ],
)
def test_optimizers(optimizer, cls, setting):
    net = fit(optimizer=optimizer, lr=0.02, weight_decay=0.03)
    built = net.net_.optimizer_
    assert type(built) is cls
    (group,) = built.param_groups
    expected = {"lr": 0.02, "weight_decay": 0.03, **setting}
    assert {name: group[name] for name in expected} == expected
    assert len(group["params"]) == len(list(net.module_.parameters()))


def test_an_optimizer_without_weight_decay():
    assert np.isfinite(fit(optimizer=torch.optim.Rprop).history_[-1]["train_loss"])


def test_lbfgs_evaluates_the_loss_several_times_a_step():
    """It needs a closure, and finds the optimum of a convex problem at once."""
    net = fit(
        hidden_layer_sizes=(),
        optimizer=torch.optim.LBFGS,
        net_params={
            "optimizer__max_iter": 100,
            "optimizer__line_search_fn": "strong_wolfe",
        },
        lr=1.0,
        batch_size=1000,
        precision="float64",
    )
    inputs = torch.as_tensor(X)
    encoded = net.module_.encoder(inputs)
    outputs = net.module_(inputs)
    residuals = torch.sigmoid(outputs) - torch.as_tensor(Y, dtype=torch.float64)
    assert (encoded.T @ residuals / len(X)).abs().max() < 1e-4
    assert net.history_[1]["train_loss"] < net.history_[0]["train_loss"]


def test_net_params_reach_the_skorch_net():
    net = fit(net_params={"optimizer__betas": (0.5, 0.7), "batch_size": 7})
    assert net.net_.optimizer_.param_groups[0]["betas"] == (0.5, 0.7)
    assert net.net_.batch_size == 7


def test_learning_rates_of_parameter_groups():
    groups = [("heads*", {"lr": 0.5})]
    net = fit(lr=0.1, net_params={"optimizer__param_groups": groups})
    assert [group["lr"] for group in net.net_.optimizer_.param_groups] == [0.5, 0.1]


# What comes before the shared layers


def test_inputs_are_scaled_by_the_training_rows():
    assert isinstance(fit().module_.encoder.scaler, InputScaler)
    assert isinstance(fit(encoder=None).module_.encoder, InputScaler)
    net = fit(np.vstack([X[:59], X[59:] + 1e6]), preprocess=False)
    assert type(net.module_.encoder) is nn.Identity


def test_validation_rows_do_not_scale_the_inputs():
    """What early stopping watches must not have been learnt from."""
    half = fit(encoder=None, early_stopping=True, validation_fraction=0.5)
    whole = fit(encoder=None, early_stopping=False)
    centers = [net.module_.encoder.center for net in (half, whole)]
    assert not torch.allclose(*centers, atol=1e-4)


def make_encoder(n_features):
    return Encoder(n_features)


@pytest.mark.parametrize("encoder", [Encoder, make_encoder])
def test_encoders(encoder):
    net = fit(encoder=encoder)
    assert isinstance(net.module_.encoder, Encoder)
    assert net.module_.trunk.layers[0].in_features == 6
    assert net.module_.encoder.layer.weight.dtype == torch.float32


def test_an_encoder_in_float64():
    net = fit(encoder=Encoder, precision="float64")
    assert {p.dtype for p in net.module_.parameters()} == {torch.float64}


def test_an_encoder_of_images_is_told_their_shape():
    images = np.random.default_rng(0).normal(size=(60, 3, 4, 5))
    net = fit(images, encoder=ImageEncoder)
    assert net.module_.encoder.shape == (3, 4, 5)
    assert net.transform(images).shape == (60, 8)


def test_an_encoder_is_trained():
    first = fit(encoder=Encoder, lr=1e-12).module_.encoder.layer.weight
    trained = fit(encoder=Encoder, lr=0.1).module_.encoder.layer.weight
    assert not torch.allclose(first, trained, atol=1e-3)


def test_what_a_factory_hands_out_is_not_changed():
    """A factory may return the same module for every fit."""
    module = nn.Sequential(Encoder(4), nn.Dropout(0.5))
    module.out_features = 6
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    net = fit(encoder=lambda n: module)
    assert net.module_.encoder is not module
    assert type(module[1]) is nn.Dropout
    for name, tensor in module.state_dict().items():
        assert torch.equal(tensor, before[name])


def test_frozen_parts_of_an_encoder_stay_as_they_are():
    class Frozen(Encoder):
        def __init__(self, n_features):
            super().__init__(n_features)
            nn.init.ones_(self.layer.weight)
            self.layer.requires_grad_(False)

    assert (fit(encoder=Frozen, lr=0.1).module_.encoder.layer.weight == 1).all()
