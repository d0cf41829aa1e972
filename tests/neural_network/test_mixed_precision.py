"""Training with products in bfloat16, under `precision="bf16-mixed"`."""

import pickle

import numpy as np
import pytest
import torch
from sklearn.base import clone
from torch import nn

from sklearn_mtl.datasets import combine_inputs, make_multitask_classification
from sklearn_mtl.model_selection import TaskWeightSearchCV
from sklearn_mtl.neural_network import (
    MultiTaskNet,
    MultiTaskNetClassifier,
    MultiTaskNetRegressor,
    load,
)
from sklearn_mtl.neural_network._stack import find_obstacle
from sklearn_mtl.neural_network.architectures import ARCHITECTURES
from sklearn_mtl.neural_network.augmentations import Mixup
from sklearn_mtl.neural_network.balancers import BALANCERS

X, Y = make_multitask_classification(160, 6, n_tasks=3, random_state=0)
X = X.astype(np.float32)
QUANTITIES = np.column_stack([X[:, 0] + X[:, 1], X[:, 0] - 2 * X[:, 2]])
IMAGES = np.random.RandomState(0).normal(size=(160, 1, 8, 8)).astype(np.float32)
MIXED = {"precision": "bf16-mixed"}


def fit(cls=MultiTaskNetClassifier, X=X, Y=Y, **params):
    small = {"max_epochs": 3, "batch_size": 32, "random_state": 0, "device": "cpu"}
    return cls((16,), **{**small, **params}).fit(X, Y)


def dtypes_of(net):
    states = net.net_.optimizer_.state.values()
    moments = [v.dtype for state in states for v in state.values()]
    return {p.dtype for p in net.module_.parameters()} | set(moments)


def check_close(**params):
    """What bfloat16 rounds away is all that two fits differ in."""
    exact, mixed = fit(**params), fit(**params, **MIXED)
    assert dtypes_of(mixed) == {torch.float32}
    for found, expected in zip(mixed.history_, exact.history_, strict=True):
        assert found["train_loss"] == pytest.approx(expected["train_loss"], rel=0.1)
    return exact, mixed


@pytest.mark.parametrize("preset", ["default", "plain", "best"])
def test_a_fit_is_that_in_float32_but_for_rounding(preset):
    exact, mixed = check_close(preset=preset, max_epochs=6)
    pairs = zip(exact.predict_proba(X), mixed.predict_proba(X), strict=True)
    for expected, found in pairs:
        np.testing.assert_allclose(found, expected, atol=0.05)
        assert not np.array_equal(found, expected)
    losses = [row["train_loss"] for row in mixed.history_]
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("cls", [MultiTaskNetRegressor, MultiTaskNet])
def test_quantities(cls):
    check_close(cls=cls, Y=QUANTITIES)


@pytest.mark.parametrize("level", ["representation", "parameters"])
@pytest.mark.parametrize("balancer", sorted(BALANCERS))
def test_balancers(balancer, level):
    mixed = fit(balancer=balancer, gradient_level=level, preset="plain", **MIXED)
    losses = [row["train_loss"] for row in mixed.history_]
    assert np.isfinite(losses).all()
    assert mixed.net_.module_.in_bfloat16


@pytest.mark.parametrize("balancer", ["mgda", "upgrad", "uncertainty"])
def test_balanced_fits_are_close_to_those_in_float32(balancer):
    check_close(balancer=balancer, gradient_level="parameters", preset="plain")


@pytest.mark.filterwarnings("ignore:.*nothing to balance")
@pytest.mark.parametrize("balancer", [None, "cagrad"])
@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
def test_architectures(architecture, balancer):
    check_close(architecture=architecture, balancer=balancer, preset="plain")


@pytest.mark.parametrize("encoder", ["periodic", "linear_relu", "piecewise_linear"])
def test_tables(encoder):
    gaps = X.copy()
    gaps[::7, 2] = np.nan
    check_close(encoder=encoder, X=gaps)


def test_categories():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X[:, :2]).rename(columns=str)
    frame["kind"] = pd.Categorical(np.where(X[:, 0] > 0, "a", "b"))
    check_close(X=frame)


def test_images():
    check_close(X=IMAGES, encoder="conv")


def test_inputs_that_some_rows_lack():
    inputs = combine_inputs(
        {"table": X, "image": IMAGES}, present={"image": np.arange(160) % 3 > 0}
    )
    check_close(X=inputs, encoder={"table": None, "image": "conv"})


def test_mixup_samplers_and_batch_normalisation():
    def encoder(n_features):
        module = nn.Sequential(nn.Linear(n_features, 8), nn.BatchNorm1d(8), nn.ReLU())
        module.out_features = 8
        return module

    check_close(augment=Mixup(), task_sampler="temperature", encoder=encoder)


def test_float32_and_predictions_are_not_cast(monkeypatch):
    mixed = fit(**MIXED)
    monkeypatch.setattr(torch, "autocast", None)
    fit()
    assert np.isfinite(mixed.transform(X)).all()
    assert mixed._outputs(X).dtype == torch.float32
    with pytest.raises(TypeError):
        fit(**MIXED)


def test_the_same_seed_gives_the_same_fit():
    for first, second in zip(
        fit(**MIXED).module_.parameters(),
        fit(**MIXED).module_.parameters(),
        strict=True,
    ):
        assert torch.equal(first, second)


def test_saved_pickled_cloned_and_gone_on_with(tmp_path):
    pytest.importorskip("safetensors")
    net = fit(**MIXED)
    net.save(tmp_path / "model")
    for again in (load(tmp_path / "model"), pickle.loads(pickle.dumps(net))):
        assert again.precision == "bf16-mixed"
        np.testing.assert_array_equal(again.predict(X), net.predict(X))
        again.set_params(warm_start=True, max_epochs=1).fit(X, Y)
        assert again.module_.in_bfloat16
    assert clone(net).precision == "bf16-mixed"
    new = net.transfer(X, Y[:, 0], name="new")
    assert new.predict(X).shape == (160, 4)


def test_a_fit_that_goes_on_takes_the_new_precision():
    net = fit(**MIXED)
    net.set_params(precision="float32", warm_start=True).fit(X, Y)
    assert not net.module_.in_bfloat16


def test_a_net_in_float64_stays_there():
    net = fit(precision="float64")
    net.set_params(warm_start=True, **MIXED).fit(X, Y)
    assert net.module_.heads.weight.dtype == torch.float64
    assert not net.module_.in_bfloat16


def test_checkpoints(tmp_path):
    pytest.importorskip("safetensors")
    whole = fit(**MIXED, checkpoint_dir=tmp_path)
    again = fit(**MIXED, checkpoint_dir=tmp_path, resume=True)
    np.testing.assert_array_equal(again._outputs(X), whole._outputs(X))


def test_a_search_trains_them_one_by_one():
    net = MultiTaskNetClassifier((8,), max_epochs=2, random_state=0, **MIXED)
    search = TaskWeightSearchCV(net, [[1, 1, 1], [2, 1, 1]], cv=2).fit(X, Y)
    assert "bfloat16" in find_obstacle(net, net._prepare(X, Y))
    assert search.best_estimator_.module_.in_bfloat16
