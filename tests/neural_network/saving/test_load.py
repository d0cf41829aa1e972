"""A model that was saved and loaded is the same model."""

import numpy as np
import pytest
import torch
from sklearn.base import BaseEstimator, clone

from sklearn_mtl.neural_network import MultiTaskNet, MultiTaskNetRegressor, load


def outputs(net, X):
    """Return all that a network answers."""
    found = [net.predict(X), net.transform(X)]
    if hasattr(net, "predict_proba"):
        found.append(net.predict_proba(X))
    if isinstance(net, MultiTaskNetRegressor):
        found += net.predict(X, return_std=True)
    return found


def check_same(a, b):
    """Raise unless two values are the same, in type and to the last bit."""
    assert type(a) is type(b)
    if isinstance(a, (list, tuple)):
        assert len(a) == len(b)
        for one, other in zip(a, b, strict=True):
            check_same(one, other)
    elif isinstance(a, dict):
        assert list(a) == list(b)
        for key in a:
            check_same(a[key], b[key])
    elif isinstance(a, np.ndarray):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)
    elif isinstance(a, BaseEstimator):
        check_same(a.get_params(), b.get_params())
    elif isinstance(a, np.random.RandomState):
        check_same(a.get_state()[1:], b.get_state()[1:])
    elif isinstance(a, torch.Tensor):
        assert a.dtype == b.dtype
        assert torch.equal(a, b)
    else:
        assert a is b or a == b or (a != a and b != b)


def fitted_attributes(net):
    hidden = {"_categories", "_scale", "_tasks", "_transferred", "net_", "module_"}
    known = hidden.union(net.get_params(deep=False))
    return {k: v for k, v in sorted(vars(net).items()) if k not in known}


def test_round_trip(fitted, tmp_path):
    net, X, _ = fitted
    net.save(tmp_path / "model")
    loaded = load(tmp_path / "model")
    check_same(outputs(net, X), outputs(loaded, X))
    check_same(net.get_params(deep=False), loaded.get_params(deep=False))
    check_same(fitted_attributes(net), fitted_attributes(loaded))
    assert repr(net.module_) == repr(loaded.module_)
    check_same(
        vars(net.net_.criterion_.balancer or net.net_),
        vars(loaded.net_.criterion_.balancer or net.net_),
    )
    clone(loaded)


def round_trip(net, path):
    net.save(path)
    return load(path)


@pytest.mark.parametrize("balancer", [None, "uncertainty", "moco", "famo"])
def test_training_goes_on(fit, tmp_path, balancer):
    net, X, Y = fit("default")
    net.set_params(balancer=balancer, task_sampler="subset").fit(X, Y)
    loaded = round_trip(net, tmp_path / "model")
    before = loaded.transform(X)
    loaded.partial_fit(X, Y)
    assert loaded.n_iter_ == net.n_iter_ + 1
    check_same(loaded.history_[:-1], net.history_)
    moved = np.abs(loaded.transform(X) - before).mean()
    assert 0 < moved < np.abs(before).mean()
    loaded.set_params(warm_start=True).fit(X, Y)
    assert loaded.n_iter_ == net.n_iter_ + 3


def test_training_goes_on_the_same_every_time(fit, tmp_path):
    net, X, Y = fit("default")
    net.save(tmp_path / "model")
    first, second = (load(tmp_path / "model").partial_fit(X, Y) for _ in range(2))
    check_same(first.transform(X), second.transform(X))


def test_a_task_can_be_transferred_to_a_loaded_network(fit, tmp_path):
    net, X, Y = fit("default")
    new = Y[:, 0] == 1
    found = [
        one.transfer(X, new, name="new").predict(X)
        for one in (net, round_trip(net, tmp_path / "model"))
    ]
    check_same(*found)


def test_loads_without_the_gpu_that_it_was_trained_on(fit, tmp_path):
    net, X, _ = fit("default")
    net.set_params(device="cuda:7")
    loaded = round_trip(net, tmp_path / "model")
    assert loaded.device == "cuda:7"
    assert loaded.device_ == "cpu"
    check_same(outputs(net, X), outputs(loaded, X))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_trained_on_a_gpu_loaded_on_a_cpu(fit, tmp_path):
    net, X, Y = fit("default")
    net.set_params(device="cuda").fit(X, Y)
    loaded = round_trip(net.set_params(device="cpu"), tmp_path / "model")
    assert loaded.device_ == "cpu"
    for on_gpu, on_cpu in zip(
        net.predict_proba(X), loaded.predict_proba(X), strict=True
    ):
        np.testing.assert_allclose(on_gpu, on_cpu, atol=1e-5)


def test_overwritten(fit, tmp_path):
    for case in ("default", "regressor"):
        net, X, _ = fit(case)
        loaded = round_trip(net, tmp_path / "model")
        check_same(outputs(net, X), outputs(loaded, X))


def test_load_of_the_class(fit, tmp_path):
    net, X, _ = fit("both_kinds")
    net.save(tmp_path / "model")
    check_same(outputs(net, X), outputs(MultiTaskNet.load(str(tmp_path / "model")), X))


def test_unknown_categories_are_unknown_again(fit, tmp_path):
    net, X, _ = fit("both_kinds")
    X = X.assign(town="Rom")
    with pytest.warns(UserWarning, match="knows none of the categories"):
        wanted = net.predict(X)
    loaded = round_trip(net, tmp_path / "model")
    with pytest.warns(UserWarning, match="knows none of the categories"):
        check_same(wanted, loaded.predict(X))


def test_a_loaded_model_can_be_saved_again(fit, tmp_path):
    net, X, _ = fit("settings")
    again = round_trip(round_trip(net, tmp_path / "first"), tmp_path / "second")
    check_same(outputs(net, X), outputs(again, X))
    files = [tmp_path / name / "model.safetensors" for name in ("first", "second")]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_a_path_among_the_parameters_is_text_when_it_comes_back(tmp_path):
    folder = tmp_path / "checkpoints"
    net = MultiTaskNet((4,), max_epochs=1, random_state=0, checkpoint_dir=folder)
    X = np.random.default_rng(0).normal(size=(30, 3))
    net.fit(X, X[:, 0] > 0).save(tmp_path / "net")
    loaded = load(tmp_path / "net")
    assert loaded.checkpoint_dir == str(folder)
    np.testing.assert_array_equal(loaded.predict(X), net.predict(X))
