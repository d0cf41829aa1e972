"""Numeric embeddings in a network: what they are given, and how they are chosen."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from torch import nn

from sklearn_mtl.neural_network import MultiTaskNetClassifier
from sklearn_mtl.neural_network.encoders import (
    ENCODERS,
    LinearReluEncoder,
    NumericEmbedding,
    PeriodicEncoder,
    PiecewiseLinearEncoder,
)

EMBEDDINGS = [
    PiecewiseLinearEncoder(),
    PiecewiseLinearEncoder(n_bins=4, bins="tree"),
    PeriodicEncoder(),
    PeriodicEncoder(kind="plr"),
    LinearReluEncoder(),
]
RNG = np.random.default_rng(0)
X = RNG.normal([0, 5, -100], [1, 1e4, 1e-3], size=(160, 3))
# A task of thresholds, and one of a straight line.
Y = np.column_stack([np.abs(X[:, 0]) > 0.7, X[:, 1] > 5]).astype(int)


def fit(encoder, X=X, Y=Y, **params):
    settings = {"hidden_layer_sizes": (16,), "max_epochs": 3, "random_state": 0}
    return MultiTaskNetClassifier(encoder=encoder, **settings | params).fit(X, Y)


@dataclass(repr=False, eq=False)
class Squares(NumericEmbedding):
    """What a user may write: squares of the columns; keeps what it was given."""

    n_copies: int = 1

    def embed(self, columns):
        self.given = columns, columns.find_targets()
        n_copies = self.n_copies

        class Module(nn.Module):
            out_features = n_copies * columns.Z.shape[1]

            def forward(self, Z):
                return (Z**2).repeat(1, n_copies)

        return Module()


@pytest.mark.parametrize("encoder", EMBEDDINGS, ids=str)
def test_each_of_them_learns(encoder):
    net = fit(encoder, hidden_layer_sizes=(64,), max_epochs=150, early_stopping=False)
    assert net.score(X, Y) > 0.9


@pytest.mark.parametrize("name", ["piecewise_linear", "periodic", "linear_relu"])
def test_names_classes_and_objects_are_the_same(name):
    expected = fit(name).predict_proba(X)
    for encoder in (ENCODERS[name], ENCODERS[name]()):
        np.testing.assert_array_equal(fit(encoder).predict_proba(X), expected)


def test_auto_is_piecewise_linear():
    np.testing.assert_array_equal(
        fit("auto").predict_proba(X), fit("piecewise_linear").predict_proba(X)
    )


@pytest.mark.parametrize("encoder", EMBEDDINGS, ids=str)
def test_fits_are_the_same_and_leave_global_generators_alone(encoder):
    before = torch.get_rng_state()
    first = fit(encoder).predict_proba(X)
    assert torch.equal(torch.get_rng_state(), before)
    np.testing.assert_array_equal(fit(clone(encoder)).predict_proba(X), first)


def test_what_it_is_given():
    """Columns on a common scale, without gaps; a signal for each class."""
    gaps = X.copy()
    gaps[:40, 2] = np.nan
    labels = np.column_stack([RNG.integers(0, 3, 160), Y[:, 1]]).astype(float)
    labels[100:, 1] = np.nan
    weights = RNG.uniform(0.5, 2, (160, 2))
    encoder = Squares()
    settings = {"early_stopping": False, "max_epochs": 1}
    net = MultiTaskNetClassifier((4,), encoder=encoder, **settings)
    net.fit(gaps, labels, weights)
    columns, targets = encoder.given
    assert columns.Z.shape == (160, 3)
    assert np.abs(columns.Z).max() <= 5
    np.testing.assert_array_equal(columns.Z[:40, 2], 0)
    np.testing.assert_allclose(np.median(columns.Z, axis=0), 0, atol=0.1)
    known = np.where(np.isnan(labels), 0, weights)
    np.testing.assert_allclose(columns.weights, known.max(axis=1))
    # Three classes, and one signal for two of them.
    assert targets.shape == (160, 4)
    of_signals = known[:, [0, 0, 0, 1]]
    mean = np.average(targets, axis=0, weights=of_signals)
    variance = np.average(targets**2, axis=0, weights=of_signals)
    np.testing.assert_allclose(mean, 0, atol=1e-12)
    np.testing.assert_allclose(variance, 1)
    np.testing.assert_array_equal(targets[100:, 3], 0)
    for k in range(3):
        assert np.corrcoef(targets[:, k], labels[:, 0] == k)[0, 1] == pytest.approx(1)


def test_rows_set_aside_tell_it_nothing():
    """Early stopping compares on rows that nothing was learnt from."""
    encoder = Squares()
    fit(encoder, early_stopping=True, validation_fraction=0.25)
    assert len(encoder.given[0].Z) == 120


def test_a_search_reaches_its_parameters():
    search = GridSearchCV(
        MultiTaskNetClassifier((4,), encoder=PiecewiseLinearEncoder(), max_epochs=1),
        {"encoder__n_bins": [2, 3], "encoder__bins": ["tree"]},
        cv=2,
    ).fit(X, Y)
    assert search.best_estimator_.encoder.n_bins in (2, 3)


@pytest.mark.parametrize("encoder", EMBEDDINGS, ids=str)
def test_without_preprocessing_it_gets_the_columns_as_they_are(encoder):
    Z = RNG.normal(size=(60, 2))
    net = fit(encoder, Z, (Z > 0).astype(int), preprocess=False)
    assert np.isfinite(net.predict_proba(Z)).all()


def test_errors_of_its_parameters_are_raised_by_fit():
    with pytest.raises(ValueError, match="'n_bins' parameter of Piecewise"):
        fit(PiecewiseLinearEncoder(n_bins=0))


def test_it_takes_tables_alone():
    with pytest.raises(ValueError, match=r"'encoder' parameter.*rows of shape|dim 3"):
        fit("periodic", np.zeros((160, 3, 3)))
