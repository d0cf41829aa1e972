"""What comes before the shared layers, for tables, images and named inputs."""

import tracemalloc

import numpy as np
import pytest
import torch
from scipy import sparse
from torch import nn

from sklearn_mtl.datasets import combine_inputs, combine_tasks, load_digits_tasks
from sklearn_mtl.neural_network import MultiTaskNetClassifier
from sklearn_mtl.neural_network._input_scaler import (
    ChannelScaler,
    InputScaler,
    robust_moments,
)
from sklearn_mtl.neural_network.encoders import (
    ConvEncoder,
    Encoder,
    SharedConvEncoder,
)

TABLE, Y = load_digits_tasks(return_X_y=True)
TABLE, Y = TABLE[:300], Y[:300]
IMAGES = TABLE.reshape(-1, 8, 8).astype(np.uint8)
BOTH = combine_inputs({"image": IMAGES, "table": TABLE})
APART, Y_APART = combine_tasks(
    {"digit": (IMAGES, Y[:, 0]), "parity": (TABLE[:200], Y[:200, 1])}
)


def make_net(**params):
    return MultiTaskNetClassifier(
        **{"hidden_layer_sizes": (16,), "max_epochs": 2, "random_state": 0, **params}
    )


class Flat(nn.Module):
    out_features = 64

    def __init__(self, shape):
        super().__init__()
        self.shape = shape

    def forward(self, X):
        return X.flatten(1)


# One table


@pytest.mark.parametrize("encoder", [None, "auto"])
def test_features_are_scaled_by_the_training_rows(encoder):
    net = make_net(encoder=encoder, early_stopping=False).fit(TABLE, Y)
    first = net.module_.encoder
    scaler = first if encoder is None else first.scaler
    assert isinstance(scaler, InputScaler)
    center, _ = robust_moments(TABLE, np.ones(len(TABLE)))
    np.testing.assert_allclose(scaler.center.numpy(), center, rtol=1e-5, atol=1e-5)


def test_sparse_features_are_standardised_by_the_training_rows():
    net = make_net(early_stopping=False).fit(sparse.csr_array(TABLE), Y)
    scaler = net.module_.encoder
    assert isinstance(scaler, InputScaler)
    mean = TABLE.mean(axis=0)
    np.testing.assert_allclose(scaler.center.numpy(), mean, rtol=1e-5, atol=1e-5)


@pytest.mark.filterwarnings("ignore:MultiTaskNetClassifier was given a single class")
def test_the_weightiest_label_of_a_row_says_how_much_it_counts():
    weights = np.zeros(Y.shape)
    weights[:2] = [[1.0, 0, 0.5], [0.5, 2, 0]]
    net = make_net(encoder=None, batch_size=2, precision="float64")
    scaler = net._prepare(TABLE, np.zeros(Y.shape), weights).net.module_.encoder
    varies = TABLE[0] != TABLE[1]
    mean = scaler.center.numpy()
    expected = np.average(TABLE[:2], axis=0, weights=[1, 2])
    np.testing.assert_allclose(mean[varies], expected[varies])


def test_the_encoders_of_the_package_get_standardised_channels():
    net = make_net(encoder="conv", early_stopping=False).fit(IMAGES, Y)
    scaler = net.module_.encoder[0]
    assert isinstance(scaler, ChannelScaler)
    np.testing.assert_allclose(scaler.mean.item(), IMAGES.mean(), rtol=1e-6)
    np.testing.assert_allclose(scaler.std.item(), IMAGES.std(), rtol=1e-6)


@pytest.mark.parametrize("params", [{"preprocess": False}, {"encoder": Flat}])
def test_other_images_are_taken_as_they_are(params):
    net = make_net(**{"encoder": "conv", **params}).fit(IMAGES, Y)
    layers = list(net.module_.modules())
    assert not any(isinstance(layer, ChannelScaler) for layer in layers)


def test_the_scale_of_pixels_does_not_matter():
    one = make_net(encoder="conv").fit(IMAGES, Y)
    other = make_net(encoder="conv").fit(IMAGES.astype(np.float64) * 1000 - 7, Y)
    for p, q in zip(
        one.predict_proba(IMAGES),
        other.predict_proba(IMAGES.astype(np.float64) * 1000 - 7),
        strict=True,
    ):
        np.testing.assert_allclose(p, q, atol=1e-3)


def test_small_integers_give_what_floats_give():
    one = make_net(encoder="conv").fit(IMAGES, Y)
    other = make_net(encoder="conv").fit(IMAGES.astype(np.float32), Y)
    for p, q in zip(
        one.predict_proba(IMAGES), other.predict_proba(IMAGES), strict=True
    ):
        np.testing.assert_array_equal(p, q)


# Named inputs


def test_one_named_input_is_the_same_as_a_table():
    named = combine_inputs({"image": IMAGES})
    plain = make_net(encoder="conv").fit(IMAGES, Y).predict_proba(IMAGES)
    for encoder in ("conv", {"image": "conv"}):
        found = make_net(encoder=encoder).fit(named, Y).predict_proba(named)
        for p, q in zip(plain, found, strict=True):
            np.testing.assert_array_equal(p, q)


@pytest.mark.parametrize(
    "encoder",
    [
        {"image": "conv"},
        {"image": Flat, "table": lambda n: nn.Linear(n, 5)},
        {"image": ConvEncoder((4,)), "table": None},
        {"image": ConvEncoder},
    ],
    ids=["name", "modules", "object", "class"],
)
@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_rows_with_both_inputs(encoder, precision):
    net = make_net(encoder=encoder, precision=precision, max_epochs=15, lr=0.01)
    assert net.fit(BOTH, Y).score(BOTH, Y) > 0.7


def test_an_encoder_that_is_given_once_is_made_for_each_input():
    X = combine_inputs({"left": IMAGES, "right": IMAGES[:, :4]})
    net = make_net(encoder=ConvEncoder((4,))).fit(X, Y)
    left, right = net.module_.encoder.encoders.values()
    weights = [[p.data_ptr() for p in part.parameters()] for part in (left, right)]
    assert not set(weights[0]) & set(weights[1])


@pytest.mark.parametrize("as_tuple", [True, False])
def test_convolutions_shared_by_inputs_of_different_shape(as_tuple):
    colour = np.repeat(IMAGES[:, np.newaxis, 1:, :6], 3, axis=1)
    X, Z = combine_tasks({"grey": (IMAGES, Y[:, 0]), "colour": (colour, Y[:, 1])})
    shared = SharedConvEncoder((4, 8))
    net = make_net(encoder={("grey", "colour"): shared} if as_tuple else shared)
    net.fit(X, Z)
    grey, colour = net.module_.encoder.encoders.values()
    common = {id(p) for p in grey.parameters()} & {id(p) for p in colour.parameters()}
    assert any(
        id(p) in common and p.ndim == 4 for p in net.module_.encoder.parameters()
    )
    assert net.predict(X).shape == Z.shape


def test_an_absent_input_is_no_obstacle_to_prediction():
    net = make_net(encoder={"image": "conv"}).fit(BOTH, Y)
    images = combine_inputs({"image": IMAGES})
    padded = combine_inputs(
        {"image": IMAGES, "table": TABLE[:1]}, present={"table": np.arange(300) == 9}
    )
    rows = np.arange(300) != 9
    np.testing.assert_array_equal(net.predict(images)[rows], net.predict(padded)[rows])


def test_predictions_do_not_depend_on_the_other_rows():
    net = make_net(encoder={"digit": "conv"}).fit(APART, Y_APART)
    whole = net.predict_proba(APART)
    for rows in ([0], [499, 3], np.arange(500)[::-7]):
        for p, q in zip(whole, net.predict_proba(APART[rows]), strict=True):
            np.testing.assert_allclose(p[rows], q, rtol=1e-5, atol=1e-7)


def test_the_global_generator_is_not_touched():
    state = torch.get_rng_state()
    make_net(encoder={"digit": "conv"}).fit(APART, Y_APART)
    assert torch.equal(torch.get_rng_state(), state)


def test_an_image_that_no_row_has_needs_no_encoder():
    rows = APART.has("parity")
    net = make_net().fit(APART[rows], Y_APART["parity"][rows])
    assert net.predict(APART[rows]).shape == (200,)
    with pytest.raises(ValueError, match=r"inputs that fit had .'parity'"):
        net.predict(APART)


def test_an_input_that_comes_later_is_standardised():
    """By what its table has, as in the order of the tasks."""
    far = 1000 + 5 * TABLE
    X, Z = combine_tasks({"a": (far, Y[:, 1]), "b": (far + 0, Y[:, 1])})
    net = make_net(lr=0.01)
    for _ in range(30):
        for rows in (X.has("a"), X.has("b")):
            net.partial_fit(X[rows], Z[rows], classes=[[0, 1], [0, 1]])
    assert min(net.score_tasks(X, Z).values()) > 0.9


def test_a_sparse_table_is_standardised_without_making_it_dense():
    table = sparse.random(2000, 5000, 1e-3, format="csr", rng=np.random.default_rng(0))
    named = combine_inputs({"words": table, "table": np.ones((2000, 2))})
    labels = np.arange(2000) % 2
    tracemalloc.start()
    try:
        scaler = make_net()._prepare(named, labels).net.module_.encoder
        assert tracemalloc.get_traced_memory()[1] < 0.1 * 8 * 2000 * 5000
    finally:
        tracemalloc.stop()
    plain = make_net()._prepare(table, labels).net.module_.encoder
    torch.testing.assert_close(scaler.encoder_of("words").scale, plain.scale)


class Flat2(Encoder):
    def __call__(self, shape):
        return Flat(shape) if np.prod(shape) == 64 else None


@pytest.mark.parametrize("X", [TABLE, sparse.csr_array(TABLE), IMAGES])
def test_an_encoder_of_this_kind_gets_shapes_of_tables_too(X):
    assert make_net(encoder=Flat2()).fit(X, Y).predict(X).shape == Y.shape


def test_a_factory_may_fit_a_network():
    def pretrain(n_features_in):
        make_net().fit(TABLE[:50], Y[:50])
        return Flat(n_features_in)

    assert make_net(encoder=pretrain).fit(TABLE, Y).n_iter_ == 2


def test_numbers_that_are_not_finite_are_no_labels():
    """A table may be changed, or on disk, and then is not looked through."""
    table = TABLE.copy()
    X = combine_inputs({"table": table})
    net = make_net(preprocess=False).fit(X, Y)
    table[7, 3] = np.nan
    with pytest.raises(ValueError, match=r"'X' parameter .* finite.* in row 7"):
        net.predict(X)


# Bad input

MUST_BE = "The '{}' parameter of MultiTaskNetClassifier.* must be .*"


@pytest.mark.parametrize(
    ("X", "encoder", "message"),
    [
        (BOTH, {"imag": "conv"}, "keyed by the inputs of X .*did you mean 'image'"),
        (BOTH, {"table": None}, r"rows of shape \(8, 8\), such as 'conv'.* got 'auto'"),
        (BOTH, {"image": "conv", ("image",): "conv"}, "got two for 'image'"),
        (BOTH, {"image": "convv"}, "did you mean 'conv'"),
        (BOTH, {"image": 3}, "got 3"),
        (BOTH, {"image": nn.Identity()}, "got an instance of Identity"),
        (BOTH, {"image": lambda shape: 3}, "returns int"),
        (TABLE, {"X": None}, "a dict is for named inputs"),
    ],
)
def test_bad_encoders(X, encoder, message):
    with pytest.raises(ValueError, match=MUST_BE.format("encoder") + message):
        make_net(encoder=encoder).fit(X, Y)


def test_an_image_without_an_encoder():
    with pytest.raises(ValueError, match=r"such as 'conv' .* got None"):
        make_net().fit(combine_inputs({"image": IMAGES}), Y)
