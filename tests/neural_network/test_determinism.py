"""The same random_state is the same fit wherever it runs; nothing else is touched."""

import copy
import pickle
import random

import joblib
import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import cross_val_score
from sklearn.utils import check_random_state
from torch import nn

from sklearn_mtl.datasets import (
    make_multitask_classification,
    make_multitask_regression,
)
from sklearn_mtl.model_selection import MultiTaskKFold
from sklearn_mtl.neural_network import (
    MultiTaskNet,
    MultiTaskNetClassifier,
    MultiTaskNetRegressor,
)

SHAPE = {"n_samples": 150, "n_features": 8, "missing_fraction": 0.2, "random_state": 0}
X, Y = make_multitask_classification(**SHAPE, n_tasks=3, n_classes=[2, 3, 2])
X_r, Y_r = make_multitask_regression(**SHAPE, n_tasks=3)


class EncoderWithDropout(nn.Module):
    """Random first weights and random zeros."""

    out_features = 16

    def __init__(self, n_features):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(n_features, 16), nn.Dropout(0.4), nn.ReLU(), nn.BatchNorm1d(16)
        )

    def forward(self, X):
        return self.layers(X)


def small(Net=MultiTaskNetClassifier, **params):
    defaults = {"hidden_layer_sizes": (16, 8), "dropout": 0.2, "batch_size": 32}
    defaults |= {"max_epochs": 4, "early_stopping": True, "random_state": 0}
    return Net(**{**defaults, **params})


NETS = {
    "classifier": (small(), X, Y),
    "regressor": (small(MultiTaskNetRegressor), X_r, Y_r),
    "mixed": (small(MultiTaskNet), X, np.column_stack([Y, Y_r])),
    "encoder": (small(encoder=EncoderWithDropout), X, Y),
    "sgd": (small(optimizer="sgd", activation="relu"), X, Y),
}
every_net = pytest.mark.parametrize("case", NETS)


def weights_of(net, X, Y):
    """Fit a clone, and return all its weights as one array."""
    state = clone(net).fit(X, Y).module_.state_dict()
    return np.concatenate([tensor.double().flatten() for tensor in state.values()])


@every_net
def test_the_same_seed_is_the_same_fit(case):
    first, again = (weights_of(*NETS[case]) for _ in range(2))
    np.testing.assert_array_equal(first, again)


@every_net
def test_another_seed_is_another_fit(case):
    net, *data = NETS[case]
    first = weights_of(net, *data)
    other = weights_of(clone(net).set_params(random_state=1), *data)
    assert (first != other).mean() > 0.5


def fit_in_workers(cases, **options):
    run = joblib.Parallel(**options)
    return run(joblib.delayed(weights_of)(*NETS[case]) for case in cases)


def test_trap_31_the_same_fit_in_every_process():
    for case, weights in zip(
        NETS, fit_in_workers(NETS, n_jobs=2, backend="loky"), strict=True
    ):
        np.testing.assert_array_equal(weights, weights_of(*NETS[case]))


@every_net
def test_trap_31_the_same_fit_in_every_thread(case):
    """Elsewhere threads that share torch's global generator never agree."""
    expected = weights_of(*NETS[case])
    for weights in fit_in_workers([case] * 6, n_jobs=3, backend="threading"):
        np.testing.assert_array_equal(weights, expected)


@pytest.mark.parametrize("n_threads", [1, 2])
def test_the_number_of_threads_does_not_matter(n_threads):
    """A worker of joblib has one, the main process as many as there are cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(n_threads)
    try:
        weights = weights_of(small(hidden_layer_sizes=(128, 128)), X, Y)
        assert torch.get_num_threads() == n_threads
    finally:
        torch.set_num_threads(before)
    expected = weights_of(small(hidden_layer_sizes=(128, 128)), X, Y)
    np.testing.assert_array_equal(weights, expected)


def global_states():
    numpy_state = check_random_state(None).get_state()
    return [
        random.getstate(),
        [*map(str, numpy_state[:1]), numpy_state[1].tolist(), *numpy_state[2:]],
        torch.get_rng_state().tolist(),
    ]


@every_net
def test_global_generators_are_not_touched(case):
    net, X, Y = NETS[case]
    before = global_states()
    fitted = clone(net).fit(X, Y)
    fitted.partial_fit(X, Y)
    fitted.predict(X)
    fitted.transform(X)
    fitted.set_params(warm_start=True).fit(X, Y)
    assert global_states() == before


@every_net
def test_global_generators_do_not_matter(case):
    torch.manual_seed(1)
    first = weights_of(*NETS[case])
    torch.manual_seed(2)
    np.testing.assert_array_equal(weights_of(*NETS[case]), first)


def test_global_settings_are_left_alone():
    settings = (torch.is_grad_enabled, torch.get_default_dtype, torch.get_num_threads)
    settings += (torch.are_deterministic_algorithms_enabled,)
    before = [get() for get in settings]
    small(precision="float64").fit(X, Y).predict(X)
    assert [get() for get in settings] == before


def test_random_state_instances():
    """As in scikit-learn: each fit draws from it."""
    shared = np.random.RandomState(0)
    net = small(random_state=shared)
    first, second = (net.fit(X, Y).predict_proba(X)[1] for _ in range(2))
    assert (first != second).any()
    again = small(random_state=np.random.RandomState(0)).fit(X, Y).predict_proba(X)[1]
    np.testing.assert_array_equal(first, again)


def test_without_a_seed_fits_differ():
    first, second = (weights_of(small(random_state=None), X, Y) for _ in range(2))
    assert (first != second).any()


@pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))]
)
@every_net
def test_copies_go_on_like_the_original(case, duplicate):
    """The state of the optimizer and of the generator is part of the net."""
    net, X, Y = NETS[case]
    original = clone(net).fit(X, Y)
    duplicated = duplicate(original)
    for fitted in (original, duplicated):
        fitted.partial_fit(X, Y).partial_fit(X, Y)
    np.testing.assert_array_equal(*(f.transform(X) for f in (original, duplicated)))


# Nothing leaks from one fit to the next


class Encoder(nn.Sequential):
    out_features = 32

    def __init__(self, n_features):
        super().__init__(nn.Linear(n_features, 32), nn.ReLU())


same_module = Encoder(8)


def hand_out_the_same_module(n_features):
    return same_module


@pytest.mark.parametrize("encoder", [None, Encoder, hand_out_the_same_module])
def test_random_labels_are_never_predicted_above_chance(encoder):
    """Weights that survived a clone would know the labels of the test rows."""
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(160, 8)), rng.integers(2, size=(160, 2))
    memorising = {"lr": 0.03, "weight_decay": 0.0, "early_stopping": False}
    memorising |= {"preset": "plain"}
    net = MultiTaskNetClassifier(
        (64,), encoder=encoder, max_epochs=60, **memorising, random_state=0
    )
    cv = MultiTaskKFold(4, random_state=0)
    for _ in range(2):
        assert net.fit(X, Y).score(X, Y) > 0.75
        # 320 labels: a standard deviation of chance is 0.028.
        assert 0.4 < cross_val_score(net, X, Y, cv=cv).mean() < 0.6


@every_net
def test_a_refit_starts_anew(case):
    net, X, Y = NETS[case]
    fitted = clone(net).fit(X, Y)
    expected = fitted.transform(X)
    np.testing.assert_array_equal(fitted.fit(X, Y).transform(X), expected)
    np.testing.assert_array_equal(clone(fitted).fit(X, Y).transform(X), expected)
