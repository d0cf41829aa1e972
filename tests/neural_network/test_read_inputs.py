"""X is compared with that of the fit: its inputs, and the shape of their rows."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone

from sklearn_mtl.datasets import combine_inputs, load_digits_tasks
from sklearn_mtl.neural_network import MultiTaskNetClassifier

TABLE, Y = load_digits_tasks(return_X_y=True)
TABLE, Y = TABLE[:60], Y[:60]
IMAGES = TABLE.reshape(-1, 8, 8).astype(np.uint8)
BOTH = combine_inputs({"image": IMAGES, "table": TABLE})


@pytest.fixture(scope="module")
def net():
    net = MultiTaskNetClassifier((4,), encoder={"image": "conv"}, max_epochs=1)
    return net.fit(BOTH, Y)


@pytest.fixture(scope="module")
def image_net():
    return MultiTaskNetClassifier((4,), encoder="conv", max_epochs=1).fit(IMAGES, Y)


@pytest.fixture(scope="module")
def plain_net():
    frame = pd.DataFrame(TABLE).add_prefix("pixel")
    return MultiTaskNetClassifier((4,), max_epochs=1, random_state=0).fit(frame, Y)


def test_what_a_fit_knows_of_named_inputs(net):
    assert net.n_features_in_ == 2
    assert net.feature_names_in_.tolist() == ["image", "table"]


def test_a_later_fit_forgets_them(net):
    net = MultiTaskNetClassifier((4,), encoder={"image": "conv"}, max_epochs=1)
    net.fit(BOTH, Y).set_params(encoder=None).fit(TABLE, Y)
    assert net.n_features_in_ == 64
    assert not hasattr(net, "feature_names_in_")


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (
            combine_inputs({"imag": IMAGES}),
            "inputs that fit had .*did you mean 'image'",
        ),
        (
            combine_inputs({"image": IMAGES[:, 1:]}),
            r"rows of shape \(8, 8\) for input 'image'.* got rows of shape \(7, 8\)",
        ),
        (BOTH[[]], "at least 1 row, got 0 rows"),
        (TABLE, "inputs 'image', 'table' as in fit, .*combine_inputs .*got ndarray"),
    ],
)
def test_other_inputs_than_in_fit(net, X, message):
    with pytest.raises(ValueError, match=f"The 'X' parameter of .* {message}"):
        net.predict(X)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (IMAGES[..., :7], r"rows of shape \(8, 8\), as in fit, got .*\(8, 7\)"),
        (BOTH, r"one table with rows of shape \(8, 8\), as in fit, got Inputs of 60"),
    ],
)
def test_other_rows_than_in_fit(image_net, X, message):
    with pytest.raises(ValueError, match=message):
        image_net.predict(X)


def test_a_dict_is_told_how_to_become_inputs():
    with pytest.raises(ValueError, match=r"by sklearn_mtl\.datasets\.combine_inputs"):
        MultiTaskNetClassifier().fit({"image": IMAGES}, Y)


def test_small_integers_stay_so_with_an_encoder(image_net):
    net = MultiTaskNetClassifier((4,), encoder="conv")
    assert net._prepare(IMAGES, Y).train.rows.tensor.element_size() == 1


def test_lazy_frames_are_refused(plain_net):
    """They may be larger than memory."""
    dask = pytest.importorskip("dask.dataframe", reason="dask is not installed")
    frame = pd.DataFrame(TABLE).add_prefix("pixel")
    lazy = {
        r"X.compute\(\).*got a DataFrame of dask": dask.from_pandas(
            frame, npartitions=2
        ),
        r"X.collect\(\).*got a LazyFrame of polars": pl.DataFrame(frame).lazy(),
    }
    for message, X in lazy.items():
        with pytest.raises(ValueError, match=message):
            clone(plain_net).fit(X, Y)
        with pytest.raises(ValueError, match=message):
            plain_net.predict(X)


def test_partitions_of_a_dask_frame(plain_net):
    dask = pytest.importorskip("dask.dataframe", reason="dask is not installed")
    frame = pd.DataFrame(TABLE).add_prefix("pixel")

    def predict(part, net):
        return pd.DataFrame(net.predict(part), index=part.index)

    whole = dask.from_pandas(frame, npartitions=3)
    meta = dict.fromkeys(range(Y.shape[1]), "int64")
    predicted = whole.map_partitions(predict, plain_net, meta=meta).compute()
    np.testing.assert_array_equal(predicted, plain_net.predict(frame))
