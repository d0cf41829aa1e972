"""What every encoder of images and sound does: shapes, parameters, errors."""

import copy
import pickle

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from torch import nn

from sklearn_mtl.neural_network.encoders import (
    ENCODERS,
    ConvEncoder,
    Encoder,
    NumericEmbedding,
    SharedConvEncoder,
    SpectrogramEncoder,
)
from sklearn_mtl.neural_network.encoders._registry import make_encoder

SHAPES = {"conv": (3, 9, 8), "spectrogram": (12, 5), "shared_conv": (2, 7, 7)}
SMALL = {"channels": (4, 8), "grid_size": 1}
# Those of tables have tests of their own.
OF_ARRAYS = {
    name: cls for name, cls in ENCODERS.items() if not issubclass(cls, NumericEmbedding)
}


def build(name, shape=None, **params):
    """Return the module of an encoder for rows of one shape."""
    shape = SHAPES[name] if shape is None else shape
    encoder = OF_ARRAYS[name](**{**SMALL, **params})
    return encoder({"X": shape})["X"] if encoder.shares_inputs else encoder(shape)


def rows(name, n, seed=0):
    return torch.randn(n, *SHAPES[name], generator=torch.Generator().manual_seed(seed))


@pytest.fixture(params=OF_ARRAYS)
def name(request):
    return request.param


@pytest.mark.parametrize("normalisation", ["batch", "group", None])
@pytest.mark.parametrize("readout", ["average", "max", "both"])
@pytest.mark.parametrize("grid_size", [1, 3])
def test_it_has_as_many_features_as_it_says(name, normalisation, readout, grid_size):
    module = build(
        name, normalisation=normalisation, readout=readout, grid_size=grid_size
    )
    features = module(rows(name, 6))
    assert type(module.out_features) is int
    n_cells = grid_size if name == "spectrogram" else grid_size**2
    assert module.out_features == 8 * n_cells * (2 if readout == "both" else 1)
    assert features.shape == (6, module.out_features)
    assert features.isfinite().all()


def test_number_of_parameters(name):
    """Two stages of two convolutions without bias, each normalised."""
    n_in, size = (5, 3) if name == "spectrogram" else (SHAPES[name][0], 9)
    n_weights = size * (n_in * 4 + 4 * 4 + 4 * 8 + 8 * 8)
    module = build(name, n_convolutions=2)
    assert sum(p.numel() for p in module.parameters()) == n_weights + 2 * (8 + 16)


def test_rows_are_independent_of_each_other_once_it_is_trained(name):
    module, X = build(name), rows(name, 7)
    module(X)
    module.eval()
    alone = torch.cat([module(X[i : i + 1]) for i in range(7)])
    torch.testing.assert_close(module(X), alone)
    torch.testing.assert_close(module(X[[4, 2]]), alone[[4, 2]])


def test_group_normalisation_takes_each_row_by_itself_in_training_too(name):
    module, X = build(name, normalisation="group"), rows(name, 7)
    torch.testing.assert_close(module(X)[3:4], module(X[3:4]))


def test_every_parameter_is_trained(name):
    for normalisation in ("batch", "group", None):
        module = build(name, normalisation=normalisation, readout="both")
        weights = torch.randn(module.out_features)
        (module(rows(name, 8)) @ weights).square().sum().backward()
        assert all(p.grad.abs().sum() > 0 for p in module.parameters())


def test_same_generator_same_weights(name):
    states = []
    for seed in (0, 0, 1):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            states.append(build(name).state_dict())
    first, same, other = states
    assert all(torch.equal(first[key], same[key]) for key in first)
    assert not all(torch.equal(first[key], other[key]) for key in first)


def test_double_precision(name):
    module = build(name).eval()
    X = rows(name, 4)
    double = copy.deepcopy(module).double()(X.double())
    assert double.dtype == torch.float64
    torch.testing.assert_close(double.float(), module(X))


def test_pickle_and_copy(name):
    module, X = build(name, dropout=0.5).eval(), rows(name, 4)
    for same in (pickle.loads(pickle.dumps(module)), copy.deepcopy(module)):
        assert torch.equal(same(X), module(X))
        assert same.out_features == module.out_features


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
def test_cuda(name):
    module, X = build(name).eval(), rows(name, 4)
    found = copy.deepcopy(module).cuda()(X.cuda()).cpu()
    torch.testing.assert_close(found, module(X), atol=1e-3, rtol=1e-3)


def test_dropout_is_for_training(name):
    module, X = build(name, dropout=0.5), rows(name, 50)
    dropped = module(X) == 0
    module.eval()
    assert dropped.float().mean() > 0.3
    assert torch.equal(module(X), module(X))


@pytest.mark.parametrize("normalisation", ["batch", "group", None])
@pytest.mark.parametrize("n_rows", [0, 1])
def test_tiny_batches(name, normalisation, n_rows):
    """A batch of mixed inputs may hold one row of an input, of one pixel."""
    tiny = {"conv": (3, 1, 1), "spectrogram": (1, 5), "shared_conv": (1, 1)}[name]
    module = build(name, tiny, normalisation=normalisation)
    for mode in (True, False):
        features = module.train(mode)(torch.ones(n_rows, *tiny))
        assert features.shape == (n_rows, 8)
        assert features.isfinite().all()


@settings(deadline=None, max_examples=25)
@given(
    name=st.sampled_from(list(OF_ARRAYS)),
    shape=st.tuples(*[st.integers(1, 12)] * 2),
    channels=st.lists(st.integers(1, 6), min_size=1, max_size=5),
    kernel_size=st.sampled_from([1, 3, 5]),
    n_convolutions=st.integers(1, 2),
    normalisation=st.sampled_from(["batch", "group", None]),
)
def test_any_size_will_do(
    name, shape, channels, kernel_size, n_convolutions, normalisation
):
    module = build(
        name,
        shape,
        channels=channels,
        kernel_size=kernel_size,
        n_convolutions=n_convolutions,
        normalisation=normalisation,
    )
    assert module(torch.zeros(2, *shape)).shape == (2, channels[-1])


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"channels": ()}, "'channels' .* positive integers, one per stage"),
        ({"channels": (4, 0)}, "'channels'"),
        ({"channels": (4, 2.5)}, "'channels'"),
        ({"channels": 4}, "'channels'"),
        ({"kernel_size": 2}, "'kernel_size' parameter of .*Encoder must be odd, got 2"),
        ({"kernel_size": 0}, "'kernel_size'"),
        ({"n_convolutions": 0}, "'n_convolutions'"),
        ({"activation": "rleu"}, "'activation'"),
        ({"normalisation": "layer"}, "'normalisation'"),
        ({"readout": "median"}, "'readout'"),
        ({"grid_size": 0}, "'grid_size'"),
        ({"dropout": 1.0}, "'dropout'"),
    ],
)
def test_bad_parameters(name, params, message):
    with pytest.raises(ValueError, match=message):
        build(name, **params)


def test_parameters_can_be_searched(name):
    encoder = OF_ARRAYS[name](dropout=0.25)
    assert clone(encoder).get_params() == encoder.get_params()
    assert encoder.set_params(channels=[5]).channels == [5]
    assert repr(OF_ARRAYS[name](dropout=0.25)).endswith("Encoder(dropout=0.25)")


def test_learns(name):
    """Which of two patterns is somewhere in the row."""
    rng = np.random.default_rng(0)
    shape = {"conv": (1, 8, 8), "spectrogram": (16, 4), "shared_conv": (8, 8)}[name]
    X = torch.zeros(200, *shape)
    y = torch.as_tensor(rng.integers(2, size=200))
    for row, label in zip(X, y, strict=True):
        at, size = rng.integers(5), shape[-1]
        image = row.reshape(-1, size)
        if name == "spectrogram":
            image[at : at + 3, 1 + label] = 1
        else:
            pattern = torch.eye(3) if label else torch.eye(3).flip(0)
            image[at : at + 3, at : at + 3] = pattern
    torch.manual_seed(0)
    module = build(name, shape)
    model = nn.Sequential(module, nn.Linear(module.out_features, 2))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.03)
    for _ in range(40):
        loss = nn.functional.cross_entropy(model(X), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert (model.eval()(X).argmax(dim=1) == y).float().mean() > 0.95


def test_names_objects_and_factories():
    for name, cls in ENCODERS.items():
        assert type(make_encoder(name, "Net")) is cls
        assert issubclass(cls, Encoder | NumericEmbedding)
    encoder = ConvEncoder()
    assert make_encoder(encoder, "Net") is encoder
    assert make_encoder(nn.Flatten, "Net") is nn.Flatten


@pytest.mark.parametrize(
    ("encoder", "message"),
    [
        ("cnov", r"'encoder' parameter of Net must be .*\(did you mean 'conv'\?\)"),
        (nn.Linear(2, 2), "'encoder' parameter of Net .* an instance of Linear"),
        (3, r"'encoder' parameter of Net .* 'out_features', got 3"),
    ],
)
def test_not_an_encoder(encoder, message):
    with pytest.raises(ValueError, match=message):
        make_encoder(encoder, "Net")


def test_channels_that_are_standardised():
    assert (ConvEncoder.channel_axis, SharedConvEncoder.channel_axis) == (-3, -3)
    assert SpectrogramEncoder.channel_axis == -1
