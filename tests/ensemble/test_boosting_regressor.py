import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_diabetes, make_friedman1, make_regression
from sklearn.metrics import r2_score
from xgboost import XGBRegressor

from sklearn_mtl.ensemble import MultiTaskBoostingRegressor

PARAMS = {"n_estimators": 15, "max_depth": 4, "max_bin": 64, "random_state": 3}
SAMPLED = {"subsample": 0.7, "colsample_bytree": 0.8, "colsample_bynode": 0.5}


@pytest.mark.parametrize("sampled", [{}, SAMPLED], ids=["all", "sampled"])
@pytest.mark.parametrize("weighted", [False, True])
def test_a_single_task_is_that_of_xgboost(sampled, weighted):
    X, y = load_diabetes(return_X_y=True)
    weight = np.random.RandomState(0).randint(1, 4, len(X)) if weighted else None
    other = XGBRegressor(**PARAMS, **sampled, learning_rate=0.1, n_jobs=1)
    boosting = MultiTaskBoostingRegressor(**PARAMS, **sampled, early_stopping=False)
    np.testing.assert_allclose(
        boosting.fit(X, y, sample_weight=weight).predict(X),
        other.fit(X, y, sample_weight=weight).predict(X),
        rtol=1e-5,
    )


def test_all_outputs_of_complete_targets_are_those_of_xgboost():
    X, Y = make_regression(200, 10, n_targets=4, random_state=0)
    Y = (Y - Y.mean(axis=0)) / Y.std(axis=0)
    boosting = MultiTaskBoostingRegressor(
        **PARAMS, early_stopping=False, n_directions=None
    )
    other = XGBRegressor(
        **PARAMS, learning_rate=0.1, n_jobs=1, multi_strategy="multi_output_tree"
    )
    np.testing.assert_allclose(
        boosting.fit(X, Y).predict(X), other.fit(X, Y).predict(X), atol=1e-5
    )


@pytest.fixture(scope="module")
def friedman():
    """Three targets on scales of their own; a quarter of them is missing."""
    X, y = make_friedman1(500, random_state=0)
    Y = np.column_stack([y, -1000 * y + 1e6, 1e-3 * X[:, 3]])
    missing = np.random.RandomState(0).uniform(size=Y.shape) < 0.25
    return X[:300], np.where(missing, np.nan, Y)[:300], X[300:], Y[300:]


def test_scores(friedman):
    X, Y, X_test, Y_test = friedman
    reg = MultiTaskBoostingRegressor(150, n_members=2, random_state=0).fit(X, Y)
    predicted = reg.predict(X_test)
    expected = {f"task{t}": r2_score(Y_test[:, t], predicted[:, t]) for t in range(3)}
    assert reg.score_tasks(X_test, Y_test) == pytest.approx(expected)
    assert min(expected.values()) > 0.8


def test_scale_and_origin_of_a_target_change_nothing_else(friedman):
    X, Y, X_test, _ = friedman
    reg = MultiTaskBoostingRegressor(20, n_members=2, random_state=0).fit(X, Y)
    moved = clone(reg).fit(X, Y * [1, 8, 1e5] + [0, 64, -1e3])
    np.testing.assert_allclose(
        moved.predict(X_test),
        reg.predict(X_test) * [1, 8, 1e5] + [0, 64, -1e3],
        rtol=1e-3,
    )


def test_constant_target():
    X = np.random.RandomState(0).normal(size=(60, 3))
    Y = np.column_stack([X[:, 0], np.full(60, 1e9)])
    reg = MultiTaskBoostingRegressor(20, n_members=2, random_state=0).fit(X, Y)
    np.testing.assert_array_equal(reg.predict(X)[:, 1], 1e9)
    assert not reg.task_feature_importances_[1].any()
    assert reg.fit(X, Y[:, 1]).predict(X).tolist() == [1e9] * 60


@pytest.mark.parametrize("scale", [1e-300, 1e300])
def test_huge_and_tiny_targets(friedman, scale):
    X, Y, X_test, Y_test = friedman
    reg = MultiTaskBoostingRegressor(60, n_members=2, random_state=0)
    reg.fit(X, Y[:, 0] * scale)
    assert r2_score(Y_test[:, 0], reg.predict(X_test) / scale) > 0.6
