import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.linear_model import Ridge

from sklearn_mtl.model_selection import compare_estimators


class Interrupted(Ridge):
    """Ridge regression that is interrupted at the given fit."""

    fits = 0

    def __init__(self, at=0):
        super().__init__()
        self.at = at

    def fit(self, X, y):
        type(self).fits += 1
        if self.fits == self.at:
            raise KeyboardInterrupt
        return super().fit(X, y)


@pytest.fixture
def data():
    rng = np.random.RandomState(0)
    X = rng.normal(size=(100, 3))
    return X, X[:, :2] + rng.normal(size=(100, 2))


@pytest.fixture
def interrupted_at(monkeypatch):
    monkeypatch.setattr(Interrupted, "fits", 0)
    return lambda at: {"ridge": Ridge(), "interrupted": Interrupted(at)}


def test_finished_folds_are_kept(data, interrupted_at):
    whole = compare_estimators(interrupted_at(0), *data, random_state=0)
    Interrupted.fits = 0
    with pytest.warns(UserWarning, match="Interrupted: .* of the 3 folds .* of 5"):
        kept = compare_estimators(interrupted_at(4), *data, random_state=0)
    for name, scores in whole.scores_.items():
        np.testing.assert_array_equal(kept.scores_[name], scores[:3])
    np.testing.assert_array_equal(kept.n_train_, whole.n_train_[:3])
    assert kept.summary()["n_folds"].tolist() == [3, 3]


@pytest.mark.parametrize("at", [1, 2])
def test_less_than_two_folds_are_nothing(data, interrupted_at, at):
    with pytest.raises(KeyboardInterrupt):
        compare_estimators(interrupted_at(at), *data)


def test_sizes_that_are_not_finished_are_left_out(data, interrupted_at):
    """The whole training parts come first: fits 6 to 10 are of the smallest size."""
    with pytest.warns(UserWarning, match="Interrupted: .* of the 5 folds"):
        kept = compare_estimators(
            interrupted_at(9), *data, train_sizes=[0.2, 0.5], random_state=0
        )
    assert kept.train_sizes_.tolist() == [16, 80]
    curve = kept.learning_curve()
    assert curve["n_folds"].tolist() == [3, 3, 5, 5]


def test_silent_by_default(data, interrupted_at, capsys):
    compare_estimators(interrupted_at(0), *data, cv=2)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_line_per_fit(data, capsys, n_jobs):
    estimators = {"ridge": Ridge(), "flat": Ridge(1e9)}
    compare_estimators(
        estimators, *data, cv=2, train_sizes=[0.5], n_jobs=n_jobs, verbose=1
    )
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 * 2 * 2
    assert sorted(line.split()[0] for line in lines) == [
        f"[{i}/8]" for i in range(1, 9)
    ]
    assert any("50 rows, ridge: mean score 0." in line for line in lines)
    assert any("25 rows, flat: mean score" in line for line in lines)


def test_jobs_do_not_change_the_result(data, interrupted_at):
    options = {"train_sizes": [0.3], "n_repeats": 2, "cv": 2, "random_state": 0}
    estimators = {"ridge": Ridge(), "flat": Ridge(1e9)}
    first, second = (
        compare_estimators(estimators, *data, n_jobs=n_jobs, **options)
        for n_jobs in (1, 2)
    )
    for name in estimators:
        np.testing.assert_array_equal(first.scores_[name], second.scores_[name])
        np.testing.assert_array_equal(
            first.curve_scores_[name], second.curve_scores_[name]
        )


def test_estimators_that_cannot_be_scored_are_named(data):
    class Silent(RegressorMixin, BaseEstimator):
        def fit(self, X, y):
            return self

    with pytest.raises(AttributeError) as error:
        compare_estimators({"ridge": Ridge(), "silent": Silent()}, *data)
    assert "While fitting or scoring 'silent' in fold 0." in error.value.__notes__
