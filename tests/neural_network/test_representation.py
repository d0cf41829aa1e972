"""The layers of a trained network open from the top, and closed ones do not change."""

import numpy as np
import torch
from torch import nn

from sklearn_mtl.datasets import load_digits_tasks
from sklearn_mtl.neural_network import MultiTaskNetClassifier
from sklearn_mtl.neural_network._representation import RepresentationOf
from sklearn_mtl.neural_network.encoders import ConvEncoder

X, Y = load_digits_tasks(return_X_y=True)
IMAGES = X.reshape(-1, 8, 8).astype(np.float32)[:200]
NET = MultiTaskNetClassifier(
    (8,), encoder=ConvEncoder((4, 6)), max_epochs=1, random_state=0
).fit(IMAGES, Y[:200])


def layers_with_parameters(module):
    return [m for m in module.modules() if list(m.parameters(recurse=False))]


def test_it_gives_what_transform_gives():
    representation = RepresentationOf(NET.module_)().eval()
    with torch.no_grad():
        found = representation(torch.from_numpy(IMAGES)).numpy()
    np.testing.assert_allclose(found, NET.transform(IMAGES), rtol=1e-5, atol=1e-6)
    assert representation.out_features == found.shape[1]


def test_it_is_a_copy():
    representation = RepresentationOf(NET.module_)()
    with torch.no_grad():
        for parameter in representation.parameters():
            parameter.zero_()
    assert all(p.any() for p in NET.module_.trunk.parameters())


def test_layers_open_from_the_top():
    representation = RepresentationOf(NET.module_)()
    layers = layers_with_parameters(representation)[:-1]  # the heads are not used
    for n_open in range(len(layers) + 2):
        representation.open(n_open)
        is_open = [
            all(p.requires_grad for p in layer.parameters(recurse=False))
            for layer in layers
        ]
        assert is_open == [k >= len(layers) - n_open for k in range(len(layers))]


def test_closed_layers_drop_nothing():
    params = {"dropout": 0.5, "n_members": 1, "max_epochs": 1}
    net = MultiTaskNetClassifier((8, 8), **params).fit(X, Y)
    representation = RepresentationOf(net.module_)()
    drops = [m for m in representation.modules() if isinstance(m, nn.Dropout)]
    for n_open, training in [
        (0, [False, False]),
        (1, [False, True]),
        (2, [True, True]),
    ]:
        representation.train()
        representation.open(n_open)
        assert [drop.training for drop in drops] == training


def test_what_is_of_members_opens_in_its_place():
    """What scales the features is below the layers, and what scales units above."""
    net = MultiTaskNetClassifier((8, 8), max_epochs=1).fit(X[:200], Y[:200])
    representation = RepresentationOf(net.module_)()
    trunk = representation.network.trunk
    first, last = (layer for layer in trunk.trunk.layers if hasattr(layer, "weight"))
    layers = [trunk.enter.changes, first.weight, last.weight, trunk.leave.changes]
    for n_open in range(5):
        representation.open(n_open)
        expected = [k >= 4 - n_open for k in range(4)]
        assert [parameter.requires_grad for parameter in layers] == expected


def test_closed_layers_normalise_as_in_prediction():
    representation = RepresentationOf(NET.module_)()
    representation.open(1)
    representation.train()
    norms = [m for m in representation.modules() if isinstance(m, nn.BatchNorm2d)]
    assert norms
    assert not any(norm.training for norm in norms)
