"""What holds for the classifier and the regressor alike."""

import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from joblib import parallel_config
from scipy import sparse
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.utils import check_random_state
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_mtl.ensemble import MultiTaskBoostingClassifier, MultiTaskBoostingRegressor

BOOSTING = [MultiTaskBoostingClassifier, MultiTaskBoostingRegressor]
SHORT = {"n_estimators": 10, "n_members": 2, "random_state": 0}
PLAIN = {"n_estimators": 10, "early_stopping": False, "random_state": 0}


@parametrize_with_checks(
    [Boosting(**params) for Boosting in BOOSTING for params in (SHORT, PLAIN)]
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def data():
    """Three tasks of 2, 3 and 2 classes; a quarter of the labels is missing."""
    rng = np.random.RandomState(0)
    X = rng.normal(size=(200, 6)).astype(np.float32)
    Y = [X[:, 0] > X[:, 1], np.digitize(X[:, 1], [-0.5, 0.5]), X[:, 2] > 0.3]
    Y = np.column_stack(Y).astype(float)
    return X, np.where(rng.uniform(size=Y.shape) < 0.25, np.nan, Y)


def assert_same_predictions(boosting, other, X):
    for method in ("predict", "predict_proba"):
        if hasattr(boosting, method):
            for found, expected in zip(
                getattr(boosting, method)(X), getattr(other, method)(X), strict=True
            ):
                np.testing.assert_array_equal(found, expected)


# Missing labels and weights


@settings(max_examples=10, deadline=None)
@given(
    Y=arrays(np.float64, (20, 2), elements=st.sampled_from([0.0, 1.0, 2.0])),
    missing=arrays(bool, (20, 2)),
    Boosting=st.sampled_from(BOOSTING),
    early_stopping=st.booleans(),
)
def test_missing_is_weight_0(Y, missing, Boosting, early_stopping):
    """Exactly, for any pattern that leaves every task a label."""
    missing[:2], Y[:2] = False, [[0, 1], [1, 2]]
    X = np.random.RandomState(0).normal(size=(20, 3))
    boosting = Boosting(**SHORT).set_params(early_stopping=early_stopping)
    expected = boosting.fit(X, np.where(missing, np.nan, Y)).predict(X)
    for fitted in (
        clone(boosting).set_params(missing_label=-1).fit(X, np.where(missing, -1, Y)),
        clone(boosting).fit(X, Y, sample_weight=np.where(missing, 0.0, 1.0)),
    ):
        np.testing.assert_array_equal(fitted.predict(X), expected)


@pytest.mark.parametrize("Boosting", BOOSTING)
@pytest.mark.parametrize("params", [SHORT, PLAIN], ids=["stopped", "plain"])
def test_rows_without_labels_teach_nothing(data, Boosting, params):
    X, Y = data
    labelled = ~np.isnan(Y).all(axis=1)
    assert not labelled.all()
    boosting = Boosting(**params).fit(X, Y)
    expected = clone(boosting).fit(X[labelled], Y[labelled])
    assert_same_predictions(boosting, expected, X)


@pytest.mark.parametrize("Boosting", BOOSTING)
@pytest.mark.parametrize("params", [SHORT, PLAIN], ids=["stopped", "plain"])
def test_weight_is_repetition(data, Boosting, params):
    """Rows that are the same are held out together."""
    X, Y = data
    weight = np.random.RandomState(0).randint(0, 3, len(X))
    repeated = np.repeat(np.arange(len(X)), weight)
    # A bin for each value is the same whatever the weights.
    boosting = Boosting(**params, max_bin=256)
    expected = boosting.fit(X[repeated], Y[repeated]).predict(X)
    weighted = clone(boosting).fit(X, Y, sample_weight=weight).predict(X)
    np.testing.assert_allclose(weighted, expected, rtol=1e-4)


@pytest.mark.parametrize("Boosting", BOOSTING)
def test_weights_of_labels_are_those_of_their_task(data, Boosting):
    """The leaves of a task are made from its own labels alone."""
    X, Y = data
    weight = np.ones_like(Y)
    weight[:, 2] = np.random.RandomState(0).uniform(0, 5, len(X))
    # A bin for each value is the same whatever the weights.
    boosting = Boosting(**PLAIN, task_weights=[1, 1, 0], max_bin=256)
    plain = boosting.fit(X, Y).predict(X)
    weighted = clone(boosting).fit(X, Y, sample_weight=weight).predict(X)
    np.testing.assert_allclose(weighted[:, :2], plain[:, :2], rtol=1e-5)
    assert (weighted[:, 2] != plain[:, 2]).any()


# Tasks


@pytest.mark.parametrize("Boosting", BOOSTING)
@pytest.mark.parametrize("n_directions", [1, 2, None])
def test_tasks_of_weight_0_have_no_say_in_the_splits(data, Boosting, n_directions):
    X, Y = data
    boosting = Boosting(**PLAIN, n_directions=n_directions, task_weights=[0, 1, 0])
    boosting.fit(X, Y)
    np.testing.assert_allclose(
        boosting.feature_importances_, boosting.task_feature_importances_[1], rtol=1e-5
    )
    changed = Y.copy()
    changed[:, 0] = 1 - Y[:, 0]
    by_name = pd.DataFrame(changed, columns=["a", "b", "c"])
    other = clone(boosting).set_params(task_weights={"a": 0, "c": 0}).fit(X, by_name)
    np.testing.assert_allclose(
        other.predict(X)[:, 1], boosting.predict(X)[:, 1], rtol=1e-5
    )
    # They are learnt as far as these splits can tell.
    assert not np.array_equal(other.predict(X)[:, 0], boosting.predict(X)[:, 0])


@pytest.mark.parametrize("Boosting", BOOSTING)
def test_common_factor_of_task_weights_changes_nothing(data, Boosting):
    X, Y = data
    once = Boosting(**SHORT, task_weights=[1, 2, 4]).fit(X, Y)
    more = Boosting(**SHORT, task_weights=[3, 6, 12]).fit(X, Y)
    np.testing.assert_allclose(more.predict(X), once.predict(X), rtol=1e-4)


@pytest.mark.parametrize("Boosting", BOOSTING)
def test_tasks_share_splits(Boosting):
    """What the others know of the features helps a task with few labels."""
    rng = np.random.RandomState(0)
    X = rng.normal(size=(600, 30))
    Y = np.tile((X[:, :1] + X[:, 1:2] > 0).astype(float), 4)
    few = Y[:300].copy()
    few[40:, 0] = np.nan
    together = Boosting(60, n_members=2, random_state=0).fit(X[:300], few)
    alone = clone(together).fit(X[:300], few[:, 0])
    shared = together.score_tasks(X[300:], Y[300:])["task0"]
    assert shared > 0.1 + alone.score(X[300:], Y[300:, 0])


@pytest.mark.parametrize("Boosting", BOOSTING)
def test_importances_of_each_task(Boosting):
    rng = np.random.RandomState(0)
    X = rng.normal(size=(300, 5))
    Y = np.column_stack([X[:, 1] > 0, X[:, 3] > 0]).astype(float)
    Y[rng.uniform(size=Y.shape) < 0.3] = np.nan
    boosting = Boosting(**SHORT).fit(X, Y)
    importances = boosting.task_feature_importances_
    np.testing.assert_allclose(importances.sum(axis=1), 1)
    np.testing.assert_array_equal(importances.argmax(axis=1), [1, 3])
    assert importances.max(axis=1).min() > 0.6
    assert set(np.argsort(boosting.feature_importances_)[-2:]) == {1, 3}
    assert boosting.feature_importances_.sum() == pytest.approx(1)


# Early stopping


@pytest.mark.parametrize("Boosting", BOOSTING)
@pytest.mark.parametrize("n_members", [1, 3])
def test_each_task_stops_at_its_best(Boosting, n_members):
    """One task is learnt slowly, one at once, and one is noise."""
    rng = np.random.RandomState(0)
    X = rng.normal(size=(400, 4))
    Y = np.column_stack(
        [X[:, 0] + X[:, 1] + X[:, 2] > 0, X[:, 3] > 0, rng.uniform(size=400) > 0.5]
    ).astype(float)
    boosting = Boosting(60, n_members=n_members, n_iter_no_change=10, random_state=0)
    boosting.fit(X, Y)
    slow, _, noise = boosting.best_iterations_.tolist()
    assert noise < slow
    assert boosting.n_iter_ == len(boosting.history_) <= 60
    assert len(boosting.boosters_) == n_members
    for booster in boosting.boosters_:
        assert booster.num_boosted_rounds() == boosting.best_iterations_.max()
    losses = pd.DataFrame(boosting.history_)
    assert losses["valid_loss_task0"].idxmin() + 1 == slow
    assert losses["valid_relative_loss"].between(0, 1.2).all()


@pytest.mark.parametrize("Boosting", BOOSTING)
def test_noise_is_left_at_the_best_constant(Boosting):
    rng = np.random.RandomState(0)
    X, y = rng.normal(size=(100, 3)), (rng.uniform(size=100) > 0.6).astype(float)
    boosting = Boosting(30, learning_rate=1.0, random_state=0).fit(X, np.c_[y, y])
    assert boosting.best_iterations_.tolist() == [0, 0]
    assert boosting.boosters_ == []
    means = boosting.predict(X)
    if Boosting is MultiTaskBoostingClassifier:
        means = np.column_stack([p[:, 1] for p in boosting.predict_proba(X)])
    np.testing.assert_allclose(means, y.mean(), rtol=1e-6)
    assert not boosting.feature_importances_.any()


@pytest.mark.parametrize("Boosting", BOOSTING)
def test_rows_are_left_on_both_sides(Boosting):
    X, y = np.arange(4.0)[:, np.newaxis], [0, 1, 0, 1]
    with pytest.raises(ValueError, match="'validation_fraction' parameter of Multi"):
        Boosting(n_members=1).fit(np.zeros_like(X), y)
    # Of as many folds as there are rows, none may be empty.
    assert Boosting(5, n_members=10).fit(X, y).predict(X).shape == (4,)


@pytest.mark.parametrize("Boosting", BOOSTING)
def test_verbose(data, Boosting, capsys):
    Boosting(**SHORT).fit(*data)
    assert capsys.readouterr().out == ""
    boosting = Boosting(**SHORT, verbose=2).fit(*data)
    assert len(capsys.readouterr().out.splitlines()) == boosting.n_iter_ // 2


# Inputs


@pytest.mark.parametrize("Boosting", BOOSTING)
def test_missing_values(Boosting):
    """That a value is missing tells as much as a value does."""
    rng = np.random.RandomState(0)
    X = rng.normal(size=(300, 4))
    Y = np.column_stack([X[:, 0] > 0, X[:, 1] > 0]).astype(float)
    X[Y[:, 1] == 1, 1] = np.nan
    boosting = Boosting(30, n_members=2, random_state=0).fit(X[:200], Y[:200])
    accuracy = (np.round(boosting.predict(X[200:])) == Y[200:]).mean(axis=0)
    assert accuracy[1] == 1
    assert accuracy[0] > 0.85


@pytest.mark.parametrize("Boosting", BOOSTING)
def test_zeros_of_sparse_inputs_are_zeros(data, Boosting):
    X, Y = data
    X = np.where(X > 0, X, 0)
    dense = Boosting(**SHORT).fit(X, Y)
    for matrix in (sparse.csr_matrix(X), sparse.coo_array(X)):
        assert_same_predictions(clone(dense).fit(matrix, Y), dense, X)
        assert_same_predictions(dense, clone(dense).fit(matrix, Y), matrix)


@pytest.mark.parametrize("Boosting", BOOSTING)
def test_frames_name_the_tasks(data, Boosting):
    X, Y = data
    frame = pd.DataFrame(Y, columns=["a", "b", "c"])
    boosting = Boosting(**SHORT).fit(pd.DataFrame(X).add_prefix("x<["), frame)
    assert boosting.task_names_.tolist() == ["a", "b", "c"]
    assert boosting.n_tasks_ == boosting.n_outputs_ == 3
    assert boosting.feature_names_in_[0] == "x<[0"
    assert "valid_loss_b" in boosting.history_[0]
    X = pd.DataFrame(X).add_prefix("x<[")
    assert boosting.score(X, frame[["c", "a", "b"]]) == boosting.score(X, frame)


# An estimator like others


@pytest.mark.parametrize("Boosting", BOOSTING)
def test_the_same_seed_is_the_same_fit(data, Boosting):
    X, Y = data
    params = {**SHORT, "subsample": 0.7, "colsample_bynode": 0.5}
    boosting = Boosting(**params).fit(X, Y)
    assert_same_predictions(clone(boosting).fit(X, Y), boosting, X)
    with parallel_config("loky", n_jobs=1):
        assert_same_predictions(clone(boosting).fit(X, Y), boosting, X)
    other = clone(boosting).set_params(random_state=1).fit(X, Y)
    assert (np.asarray(other.predict(X)) != boosting.predict(X)).any()


@pytest.mark.parametrize("Boosting", BOOSTING)
def test_order_of_rows_changes_nothing(data, Boosting):
    X, Y = data
    order = np.random.RandomState(1).permutation(len(X))
    boosting = Boosting(**SHORT, max_bin=256)
    expected = boosting.fit(X, Y).predict(X)
    shuffled = clone(boosting).fit(X[order], Y[order]).predict(X)
    np.testing.assert_allclose(shuffled, expected, rtol=1e-4)


@pytest.mark.parametrize("seed", [0, np.int64(1), np.random.RandomState(2), None])
def test_global_random_state_is_left_alone(data, seed):
    before = check_random_state(None).get_state()[1].copy()
    MultiTaskBoostingClassifier(3, n_members=2, random_state=0).fit(*data)
    np.testing.assert_array_equal(check_random_state(None).get_state()[1], before)
    MultiTaskBoostingClassifier(3, n_members=2, random_state=seed).fit(*data)


@pytest.mark.parametrize("Boosting", BOOSTING)
def test_pickle(data, Boosting):
    X, Y = data
    boosting = Boosting(**SHORT).fit(X, Y)
    assert_same_predictions(pickle.loads(pickle.dumps(boosting)), boosting, X)


@pytest.mark.parametrize("Boosting", BOOSTING)
def test_search(data, Boosting):
    search = GridSearchCV(
        Boosting(**SHORT), {"max_depth": [1, 3], "n_directions": [1, None]}, cv=KFold(2)
    )
    assert np.isfinite(search.fit(*data).cv_results_["mean_test_score"]).all()


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"learning_rate": 0}, "'learning_rate' parameter of MultiTaskBoosting"),
        ({"n_directions": 0}, "'n_directions' parameter of MultiTaskBoosting"),
        ({"subsample": 1.5}, "'subsample' parameter of MultiTaskBoosting"),
        ({"n_members": 0}, "'n_members' parameter of MultiTaskBoosting"),
        ({"task_weights": {"task9": 1}}, "keyed by task names .* got 'task9'"),
    ],
)
@pytest.mark.parametrize("Boosting", BOOSTING)
def test_bad_parameters(data, Boosting, params, message):
    with pytest.raises(ValueError, match=message):
        Boosting(**params).fit(*data)


@pytest.mark.parametrize("Boosting", BOOSTING)
@pytest.mark.parametrize("missing", ["xgboost", "xgboost.objective"])
def test_without_xgboost(data, Boosting, missing, monkeypatch):
    """Or with one that is too old to have the second of these modules."""
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(
        ImportError, match=r'needs xgboost: pip install "sklearn-mtl\[xgboost\]"'
    ):
        Boosting().fit(*data)


def test_is_imported_without_xgboost():
    code = "import sys, sklearn_mtl.ensemble; sys.exit('xgboost' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
