"""Periodic features: cosines of frequencies that are learnt."""

import numpy as np
import pytest
import torch

from sklearn_mtl.neural_network.encoders import PeriodicEncoder
from sklearn_mtl.neural_network.encoders._embedding import TrainingColumns

KINDS = ["pbld", "plr"]
Z = torch.as_tensor(np.random.default_rng(0).normal(size=(6, 3)))


def embed(n_columns=3, seed=0, **params):
    torch.manual_seed(seed)
    columns = TrainingColumns(np.zeros((4, n_columns)), np.ones(4), lambda: None)
    return PeriodicEncoder(**params).embed(columns).double()


def array(tensor):
    return tensor.detach().numpy()


def test_pbld_is_the_formula():
    """x_j, and then W_j cos(2π f_j x_j + b_j) + c_j; f has its factor 2π."""
    module = embed(n_units=4, n_frequencies=5)
    torch.nn.init.normal_(module.linear.bias)
    f, b = array(module.frequencies), array(module.phases)
    W, c = array(module.linear.weight), array(module.linear.bias).reshape(3, 3)
    expected = []
    for row in Z.numpy():
        own = [
            W[j, :, u] @ np.cos(f[j] * x + b[j]) + c[j, u]
            for j, x in enumerate(row)
            for u in range(3)
        ]
        expected.append([*row, *own])
    np.testing.assert_allclose(array(module(Z)), expected, atol=1e-12)


def test_plr_is_the_formula():
    """max(W_j [cos(2π f_j x_j), sin(2π f_j x_j)] + c_j, 0)."""
    module = embed(n_units=4, n_frequencies=5, kind="plr")
    torch.nn.init.normal_(module.linear.bias)
    f = array(module.frequencies)
    W, c = array(module.linear.weight), array(module.linear.bias).reshape(3, 4)
    expected = []
    for row in Z.numpy():
        own = []
        for j, x in enumerate(row):
            waves = [*np.cos(f[j] * x), *np.sin(f[j] * x)]
            own += [max(waves @ W[j, :, u] + c[j, u], 0) for u in range(4)]
        expected.append(own)
    np.testing.assert_allclose(array(module(Z)), expected, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n_units", [2, 7])
@pytest.mark.parametrize("n_columns", [0, 1, 3])
def test_it_has_as_many_features_as_it_says(kind, n_units, n_columns):
    module = embed(n_columns, kind=kind, n_units=n_units)
    assert module.out_features == n_columns * n_units
    assert module(Z[:, :n_columns]).shape == (6, module.out_features)


@pytest.mark.parametrize("kind", KINDS)
def test_features_of_a_column_depend_on_it_alone(kind):
    module = embed(kind=kind)
    changed = Z.clone()
    changed[:, 1] += 1
    touched = array((module(changed) != module(Z)).any(0))
    of_column = {
        "pbld": [1, *range(6, 9)],
        "plr": range(4, 8),
    }[kind]
    assert set(np.flatnonzero(touched)) <= set(of_column)
    assert touched.any()


@pytest.mark.parametrize("kind", KINDS)
def test_all_of_it_is_learnt(kind):
    module = embed(kind=kind)
    (module(Z) ** 2).sum().backward()
    assert all((p.grad != 0).any() for p in module.parameters())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scale", [0.1, 3.0])
def test_frequencies_are_in_periods_per_unit(kind, scale):
    module = embed(50, kind=kind, n_frequencies=100, frequency_scale=scale)
    assert array(module.frequencies).std() == pytest.approx(2 * np.pi * scale, rel=0.05)


@pytest.mark.parametrize("kind", KINDS)
def test_weights_come_from_the_global_generator(kind):
    """Networks lend it to encoders."""
    same, other = embed(seed=0, kind=kind), embed(seed=1, kind=kind)
    assert torch.equal(embed(seed=0, kind=kind)(Z), same(Z))
    assert not torch.equal(other(Z), same(Z))


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"n_units": 1}, "n_units"),
        ({"n_frequencies": 0}, "n_frequencies"),
        ({"frequency_scale": 0}, "frequency_scale"),
        ({"kind": "fourier"}, "kind"),
    ],
    ids=["n_units", "n_frequencies", "frequency_scale", "kind"],
)
def test_bad_parameters(params, match):
    with pytest.raises(ValueError, match=f"'{match}' parameter of PeriodicEncoder"):
        embed(**params)
