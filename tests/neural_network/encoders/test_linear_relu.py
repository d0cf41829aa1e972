"""Linear functions of each column, cut at zero."""

import numpy as np
import pytest
import torch

from sklearn_mtl.neural_network.encoders import LinearReluEncoder
from sklearn_mtl.neural_network.encoders._embedding import TrainingColumns

Z = torch.as_tensor(np.random.default_rng(0).normal(size=(6, 3)))


def embed(n_columns=3, seed=0, **params):
    torch.manual_seed(seed)
    columns = TrainingColumns(np.zeros((4, n_columns)), np.ones(4), lambda: None)
    return LinearReluEncoder(**params).embed(columns).double()


def test_the_formula():
    module = embed(n_units=4)
    w, b = module.weight.detach().numpy(), module.bias.detach().numpy()
    expected = [
        [max(w[j, k] * row[j] + b[j, k], 0) for j in range(3) for k in range(4)]
        for row in Z.numpy()
    ]
    np.testing.assert_allclose(module(Z).detach(), expected, atol=1e-12)


@pytest.mark.parametrize("n_units", [1, 5])
@pytest.mark.parametrize("n_columns", [0, 1, 3])
def test_it_has_as_many_features_as_it_says(n_units, n_columns):
    module = embed(n_columns, n_units=n_units)
    assert module.out_features == n_columns * n_units
    assert module(Z[:, :n_columns]).shape == (6, module.out_features)


def test_all_of_it_is_learnt():
    module = embed()
    module(Z).sum().backward()
    assert all((p.grad != 0).any() for p in module.parameters())


def test_bends_are_among_the_values():
    """Of a column of unit variance, few features are linear for all rows."""
    module = embed(200)
    z = torch.randn(500, 200, dtype=torch.float64)
    active = (module(z) > 0).double().mean(0)
    assert ((active > 0.02) & (active < 0.98)).double().mean() > 0.7


def test_weights_come_from_the_global_generator():
    """Networks lend it to encoders."""
    assert torch.equal(embed(seed=0)(Z), embed(seed=0)(Z))
    assert not torch.equal(embed(seed=1)(Z), embed(seed=0)(Z))


def test_bad_parameters():
    with pytest.raises(ValueError, match="'n_units' parameter of LinearReluEncoder"):
        embed(n_units=0)
