"""Layers side by side are as many layers."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from sklearn_mtl.neural_network.architectures._base import LayerSettings
from sklearn_mtl.neural_network.architectures._stacked import StackedLinear, StackedMLP


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("shape", [(7, 3), (4, 7, 3)], ids=["one input", "own inputs"])
def test_linear(shape):
    layer = StackedLinear(4, 3, 2, seeded(), torch.float64)
    X = torch.randn(shape, dtype=torch.float64)
    expected = [
        F.linear(X if X.ndim == 2 else X[i], layer.weight[i].T, layer.bias[i, 0])
        for i in range(4)
    ]
    torch.testing.assert_close(layer(X), torch.stack(expected))


@pytest.mark.parametrize("shape", [(7, 3), (4, 7, 3)], ids=["one input", "own inputs"])
def test_mlp(shape):
    settings = LayerSettings(3, (), 4, "tanh", 0.0, seeded(), torch.float64)
    mlp = StackedMLP(4, 3, (5, 2), settings)
    X = torch.randn(shape, dtype=torch.float64)
    for i, found in enumerate(mlp(X)):
        h = X if X.ndim == 2 else X[i]
        for layer in mlp:
            if isinstance(layer, StackedLinear):
                h = torch.tanh(h @ layer.weight[i] + layer.bias[i])
        torch.testing.assert_close(found, h)


def test_weights_are_uniform():
    """He et al. (2015): variance 2 / n_in, for activations like the ReLU."""
    layer = StackedLinear(3, 100, 300, seeded(), torch.float64)
    for weight in layer.weight:
        assert weight.var().item() == pytest.approx(2 / 100, rel=0.05)
        assert weight.abs().max() <= np.sqrt(6 / 100)
    assert layer.bias.abs().max() <= 1 / np.sqrt(100)
    assert not torch.equal(layer.weight[0], layer.weight[1])


def test_without_a_generator_it_starts_at_zero():
    layer = StackedLinear(3, 4, 5, None, torch.float32)
    assert not layer.weight.any()
    assert not layer.bias.any()
