"""ONNX Runtime predicts what the estimator predicts, from X as the user has it."""

import json
import os
import sys
import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from sklearn_mtl.datasets import combine_inputs
from sklearn_mtl.neural_network import (
    MultiTaskNet,
    MultiTaskNetClassifier,
    MultiTaskNetRegressor,
)
from sklearn_mtl.neural_network.architectures import ARCHITECTURES
from sklearn_mtl.neural_network.encoders import ConvEncoder, SpectrogramEncoder

onnx = pytest.importorskip("onnx", reason="the extra onnx is not installed")
onnxruntime = pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")

# All layers and presets take minutes, so `make nightly` alone goes through them.
NIGHTLY = "SKLEARN_MTL_MUTATIONS" in os.environ
IN_EVERY_RUN = ("cross_stitch", "ple", "task_attention")

N = 120
RNG = np.random.default_rng(0)
X = RNG.normal(size=(N, 5))
X[RNG.random(X.shape) < 0.1] = np.nan
IMAGES = RNG.random((N, 8, 6))
Y = pd.DataFrame(
    {
        "colour": RNG.choice(["red", "green", "blé"], N),
        "count": RNG.integers(0, 2, N),
        "price": 1000 + 100 * RNG.normal(size=N),
        "is_new": RNG.random(N) < 0.4,
        "grade": RNG.choice([0.5, 1.5, 2.5], N),
    }
)


def fit(X, Y, Net=MultiTaskNet, **params):
    defaults = {
        "hidden_layer_sizes": (8,),
        "max_epochs": 2,
        "early_stopping": False,
        "random_state": 0,
    }
    return Net(**defaults | params).fit(X, Y)


def run(path, feeds):
    session = onnxruntime.InferenceSession(path)
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, feeds), strict=True))


def assert_same_predictions(net, path, X, feeds):
    """In batches of 1, 3 and 100 rows."""
    for n in (1, 3, 100):
        rows = X.iloc[:n] if hasattr(X, "iloc") else X[:n]
        found = run(path, {name: table[:n] for name, table in feeds.items()})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            labels = pd.DataFrame(net.predict(rows)).to_numpy()
            by_task = [None] * len(labels.T)
            if hasattr(net, "predict_proba"):
                by_task = net.predict_proba(rows)
                by_task = by_task if isinstance(by_task, list) else [by_task]
        for t, (task, probabilities) in enumerate(
            zip(net.task_names_, by_task, strict=True)
        ):
            column = labels[:, t]
            if probabilities is None:
                values = found.pop(f"{task}_value")
                # In units of their standard deviation, which is about 100.
                expected = column.astype(float)
                np.testing.assert_allclose(values, expected, rtol=0, atol=1e-3)
                continue
            np.testing.assert_allclose(
                found.pop(f"{task}_probability"), probabilities, rtol=0, atol=1e-5
            )
            np.testing.assert_array_equal(found.pop(f"{task}_label"), column)
        assert not found


def test_a_table_with_every_kind_of_task(tmp_path, capfd):
    """By eight members in each of two networks, with a task that is constant."""
    with pytest.warns(UserWarning, match="a single class"):
        net = fit(X, Y.assign(planet="earth"), n_networks=2)
    assert net.settings_["n_members"] == 8
    path = tmp_path / "net.onnx"
    state = torch.get_rng_state()
    capfd.readouterr()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        net.to_onnx(path)
    assert capfd.readouterr() == ("", "")
    assert torch.equal(torch.get_rng_state(), state)
    assert list(tmp_path.iterdir()) == [path]
    assert_same_predictions(net, path, X, {"X": X.astype(np.float32)})

    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    shapes = {
        value.name: [
            d.dim_param or d.dim_value for d in value.type.tensor_type.shape.dim
        ]
        for value in (*model.graph.input, *model.graph.output)
    }
    assert shapes["X"] == ["n_samples", 5]
    assert shapes["colour_probability"] == ["n_samples", 3]
    assert shapes["colour_label"] == shapes["price_value"] == ["n_samples"]
    about = {entry.key: json.loads(entry.value) for entry in model.metadata_props}
    assert [task["name"] for task in about["tasks"]] == net.task_names_
    assert about["tasks"][0]["classes"] == ["blé", "green", "red"]
    assert about["tasks"][2] == {"name": "price", "kind": "regression", "classes": None}
    assert about["inputs"] == [{"name": "X", "columns": ["x0", "x1", "x2", "x3", "x4"]}]
    # Nothing tells where it was made.
    assert b".py" not in path.read_bytes()


@pytest.mark.skipif(not NIGHTLY, reason="four networks of eight members take long")
def test_the_best_preset(tmp_path):
    net = fit(X, Y, preset="best")
    path = tmp_path / "net.onnx"
    net.to_onnx(path)
    assert_same_predictions(net, path, X, {"X": X.astype(np.float32)})


def test_without_a_hidden_layer(tmp_path):
    """Twice the same file."""
    net = fit(X, Y, hidden_layer_sizes=())
    path, again = tmp_path / "net.onnx", tmp_path / "again.onnx"
    net.to_onnx(path)
    net.to_onnx(str(again))
    assert path.read_bytes() == again.read_bytes()
    assert_same_predictions(net, path, X, {"X": X.astype(np.float32)})


@pytest.mark.parametrize("architecture", ARCHITECTURES if NIGHTLY else IN_EVERY_RUN)
def test_architectures(architecture, tmp_path):
    net = fit(
        X[:, :2],
        Y[["count", "price"]],
        architecture=architecture,
        hidden_layer_sizes=(4, 4),
        preset="plain",
    )
    path = tmp_path / "net.onnx"
    net.to_onnx(path)
    feeds = {"X": X[:, :2].astype(np.float32)}
    assert_same_predictions(net, path, X[:, :2], feeds)


@pytest.mark.parametrize(
    ("encoder", "precision"),
    [
        ("periodic", "float64"),
        ("linear_relu", "float32"),
        pytest.param(
            "spectrogram",
            "float32",
            marks=pytest.mark.skipif(not NIGHTLY, reason="among named inputs, too"),
        ),
        (ConvEncoder((4, 8), readout="both", normalisation="group"), "float64"),
    ],
    ids=["periodic", "linear_relu", "spectrogram", "conv"],
)
def test_encoders(encoder, precision, tmp_path):
    """Those of images in float64, too, for which ONNX Runtime has no convolution."""
    table = X if encoder in ("periodic", "linear_relu") else IMAGES
    net = fit(table, Y["colour"], encoder=encoder, precision=precision, n_members=2)
    path = tmp_path / "net.onnx"
    net.to_onnx(path)
    assert_same_predictions(net, path, table, {"X": table.astype(precision)})


def test_quantities_of_float64(tmp_path):
    """With an activation that ONNX Runtime has in float32 alone."""
    net = fit(
        X, Y["price"], MultiTaskNetRegressor, activation="gelu", precision="float64"
    )
    net.to_onnx(tmp_path / "net.onnx")
    assert_same_predictions(net, tmp_path / "net.onnx", X, {"X": X})


def test_categories_and_a_new_task(tmp_path):
    """Known ones, unknown ones and missing ones, in columns among the others."""
    rng = np.random.default_rng(0)
    learnt = pd.DataFrame(
        {
            "city": pd.Categorical(rng.choice(["Oslo", "Zürich", ""], N)),
            "width": X[:, 0],
            "floor": pd.Categorical(rng.integers(-2, 12, N)),
            "height": X[:, 1],
            "ratio": pd.Categorical(rng.choice([0.1, 0.2, 0.3], N)),
            "garden": pd.Categorical(rng.random(N) < 0.5),
        }
    )
    net = fit(learnt, Y[["colour", "price"]])
    net.transfer(learnt[:50], Y["count"][:50], name="on_top")
    path = tmp_path / "net.onnx"
    net.to_onnx(path)

    asked = learnt.astype(dict.fromkeys(learnt, object))
    asked.loc[:1, "city"] = "Bern"
    asked.loc[1:2, "floor"] = 99
    asked.loc[2:3, "ratio"] = np.nan
    feeds = {
        "X": asked[["width", "height"]].to_numpy(np.float32),
        "city": asked["city"].to_numpy(object),
        "floor": asked["floor"].to_numpy(np.int64),
        "ratio": asked["ratio"].to_numpy(np.float64),
        "garden": asked["garden"].to_numpy(bool),
    }
    assert_same_predictions(net, path, asked, feeds)
    found = run(path, {name: table[:2] for name, table in feeds.items()})
    asked.loc[:1, "city"] = None
    np.testing.assert_allclose(
        found["colour_probability"], net.predict_proba(asked[:2])[0], atol=1e-5
    )


def test_named_inputs_and_new_tasks(tmp_path):
    """What an absent row holds may be anything."""
    rng = np.random.default_rng(0)
    has_image = rng.random(N) < 0.6
    present = {"image": has_image, "sound": ~has_image | (rng.random(N) < 0.5)}
    tables = {
        "image": IMAGES,
        "sound": rng.normal(size=(N, 7, 4)),
        "a.b": rng.normal(size=(N, 3)),
    }
    inputs = combine_inputs(tables, present=present)
    encoder = {"image": ConvEncoder((4,)), "sound": SpectrogramEncoder((4,))}
    net = fit(inputs, Y[["colour", "price"]], encoder=encoder, n_members=2)
    net.transfer(inputs[:50], Y["count"][:50], name="on_top")
    net.transfer(inputs[:50], Y["price"][:50], name="further", freeze=False)
    path = tmp_path / "net.onnx"
    net.to_onnx(path)
    feeds = {name: table.astype(np.float32) for name, table in tables.items()}
    for name in tables:
        feeds[f"{name}_present"] = present.get(name, np.ones(N, dtype=bool))
        feeds[name][~feeds[f"{name}_present"]] = np.nan
    assert_same_predictions(net, path, inputs, feeds)


def test_one_named_input_in_shared_convolutions(tmp_path):
    inputs = combine_inputs({"image": IMAGES})
    net = fit(inputs, Y["count"], MultiTaskNetClassifier, encoder="shared_conv")
    net.to_onnx(tmp_path / "net.onnx")
    feeds = {"image": IMAGES.astype(np.float32)}
    assert_same_predictions(net, tmp_path / "net.onnx", inputs, feeds)


class Undecided(nn.Module):
    out_features = 5

    def __init__(self, n_features):
        super().__init__()

    def forward(self, X):
        return X if X.sum() > 0 else -X


def test_a_layer_without_a_counterpart(tmp_path, capfd):
    table = np.nan_to_num(X)
    net = fit(table, Y["count"], preprocess=False, encoder=Undecided)
    capfd.readouterr()
    with pytest.raises(ValueError, match=r"MultiTaskNet.to_onnx needs layers that"):
        net.to_onnx(tmp_path / "net.onnx")
    assert capfd.readouterr() == ("", "")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("package", ["onnx", "onnxscript"])
def test_without_the_extra(package, tmp_path, monkeypatch):
    net = fit(X, Y["count"], preset="plain")
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(
        ImportError, match=rf'needs {package}: pip install "sklearn-mtl\[onnx\]"'
    ):
        net.to_onnx(tmp_path / "net.onnx")


def test_where_there_is_no_folder(tmp_path):
    net = fit(X, Y["count"], preset="plain")
    for path in (tmp_path, tmp_path / "none" / "net.onnx"):
        with pytest.raises(
            ValueError, match=r"'path' parameter of MultiTaskNet\.to_onnx"
        ):
            net.to_onnx(path)


def test_of_two_names_that_are_the_same(tmp_path):
    table = pd.DataFrame({"count_label": pd.Categorical(Y["count"]), "x": X[:, 0]})
    net = fit(table, Y[["count"]], preset="plain")
    with pytest.raises(ValueError, match="two called 'count_label'"):
        net.to_onnx(tmp_path / "net.onnx")


def test_before_fit(tmp_path):
    with pytest.raises(ValueError, match="not fitted"):
        MultiTaskNet().to_onnx(tmp_path / "net.onnx")
