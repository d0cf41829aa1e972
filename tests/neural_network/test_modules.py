"""The layers of the network, and their randomness."""

import copy
import pickle

import numpy as np
import pytest
import torch
from torch import nn

from sklearn_mtl.neural_network._modules import (
    ACTIVATIONS,
    MLP,
    SeededDropout,
    seed_dropout,
    seeded_linear,
)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def make_mlp(sizes=(5, 4), *, seed=0, dtype=torch.float64, dropout=0.0):
    return MLP(
        3,
        sizes,
        activation="tanh",
        dropout=dropout,
        generator=seeded(seed),
        dtype=dtype,
    )


# Dropout


def dropped(seed, p=0.3, n=10000):
    layer = SeededDropout(p)
    seed_dropout(layer, seeded(seed))
    return layer(torch.ones(n))


def test_dropout_draws_from_its_generator_alone():
    torch.manual_seed(1)
    first, state = dropped(5), torch.get_rng_state()
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(2)
    assert torch.equal(dropped(5), first)
    assert not torch.equal(dropped(6), first)


def test_dropout_drops_a_fraction_and_keeps_the_mean():
    out = dropped(0)
    assert (out == 0).float().mean() == pytest.approx(0.3, abs=0.02)
    assert out.mean() == pytest.approx(1, abs=0.03)
    assert out.unique().tolist() == pytest.approx([0, 1 / 0.7])


def test_dropout_of_everything():
    assert (dropped(0, p=1.0) == 0).all()


def test_gradients_pass_where_nothing_was_dropped():
    layer, X = SeededDropout(0.5), torch.ones(100, requires_grad=True)
    seed_dropout(layer, seeded())
    out = layer(X)
    out.sum().backward()
    assert torch.equal(X.grad, out.detach())


@pytest.mark.parametrize("generator", [None, seeded()], ids=["unseeded", "seeded"])
def test_dropout_does_nothing_in_evaluation(generator):
    layer = SeededDropout(0.9).eval()
    layer.generator = generator
    assert (layer(torch.ones(50)) == 1).all()


def test_dropout_inside_a_module_is_seeded():
    module = nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.Dropout(0.5), nn.ReLU()))
    generator = seeded()
    seed_dropout(module, generator)
    assert isinstance(module[1][0], SeededDropout)
    assert module[1][0].generator is generator
    seed_dropout(module, None)
    assert module[1][0].generator is None


@pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))]
)
def test_copies_have_no_generator(duplicate):
    layer = SeededDropout(0.5)
    seed_dropout(layer, seeded())
    assert duplicate(layer).generator is None
    assert layer.generator is not None


# First weights


def test_linear_is_drawn_from_the_generator():
    state = torch.get_rng_state()
    layers = [seeded_linear(40, 30, seeded(s), torch.float64) for s in (0, 0, 1)]
    assert torch.equal(layers[0].weight, layers[1].weight)
    assert not torch.equal(layers[0].weight, layers[2].weight)
    assert torch.equal(torch.get_rng_state(), state)


def test_linear_weights_are_uniform():
    """He et al. (2015): variance 2 / n_in, for activations like the ReLU."""
    layer = seeded_linear(100, 300, seeded(), torch.float64)
    assert layer.weight.var().item() == pytest.approx(2 / 100, rel=0.05)
    assert layer.weight.abs().max() <= np.sqrt(6 / 100)
    assert layer.bias.abs().max() <= 1 / np.sqrt(100)


def test_every_precision_starts_from_the_same_network():
    single, double = (make_mlp(dtype=dtype) for dtype in (torch.float32, torch.float64))
    for a, b in zip(single.parameters(), double.parameters(), strict=True):
        assert torch.equal(a, b.float())


def test_mlp_layers():
    mlp = make_mlp((5, 4), dropout=0.5)
    assert [type(layer) for layer in mlp] == [nn.Linear, nn.Tanh, SeededDropout] * 2
    assert mlp.out_features == 4
    assert mlp(torch.zeros(7, 3, dtype=torch.float64)).shape == (7, 4)


def test_mlp_without_layers_is_the_identity():
    mlp, X = make_mlp(()), torch.randn(7, 3)
    assert mlp.out_features == 3
    assert torch.equal(mlp(X), X)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_keep_the_shape(name):
    assert ACTIVATIONS[name]()(torch.randn(4, 3)).shape == (4, 3)
