"""A model that was saved and loaded is the same model."""

import numpy as np
import torch
from sklearn.base import BaseEstimator, clone

from sklearn_mtl.neural_network import (
    MultiTaskNetRegressor,
    load,
)


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
