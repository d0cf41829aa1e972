import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, ShuffleSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sklearn_mtl.model_selection import (
    MultiTaskKFold,
    compare_estimators,
    compare_with_single_task,
)
from sklearn_mtl.model_selection._compare._repeats import Fold, reseed
from sklearn_mtl.multioutput import IndependentTasksClassifier

NOTHING = np.arange(0)


@pytest.fixture(scope="module")
def data():
    rng = np.random.RandomState(0)
    X = rng.normal(size=(90, 5))
    return X, (X[:, :2] + rng.normal(size=(90, 2)) > 0).astype(int)


@pytest.fixture
def trees():
    trees = {f"seed {s}": DecisionTreeClassifier(random_state=s) for s in (0, 1)}
    return {name: tree.set_params(max_features=2) for name, tree in trees.items()}


def test_the_first_repeat_is_the_comparison_without_others(data, trees):
    once = compare_estimators(trees, *data, cv=3, random_state=0)
    thrice = compare_estimators(trees, *data, cv=3, n_repeats=3, random_state=0)
    for name, scores in once.scores_.items():
        assert thrice.scores_[name].shape == (9, 2)
        np.testing.assert_array_equal(thrice.scores_[name][:3], scores)
    assert thrice.summary()["n_folds"].tolist() == [9, 9]


def test_every_repeat_tests_every_row_in_other_folds(data, trees):
    seen = []

    class Spy(KFold):
        def split(self, X, y=None, groups=None):
            for train, test in super().split(X):
                seen.append(test)
                yield train, test

    cv = Spy(3, shuffle=True, random_state=0)
    compare_estimators(trees, *data, cv=cv, n_repeats=2, random_state=0)
    first, second = np.concatenate(seen[:3]), np.concatenate(seen[3:])
    assert sorted(first) == sorted(second) == list(range(90))
    assert set(map(tuple, seen[:3])) != set(map(tuple, seen[3:]))
    assert cv.random_state == 0


@pytest.mark.parametrize("random_state", [0, 7])
def test_repeats_are_reproducible(data, trees, random_state):
    first, again = (
        compare_estimators(trees, *data, cv=2, n_repeats=3, random_state=random_state)
        for _ in range(2)
    )
    for name, scores in first.scores_.items():
        np.testing.assert_array_equal(again.scores_[name], scores)


def test_every_seed_is_set_anew():
    forest = IndependentTasksClassifier(
        make_pipeline(StandardScaler(), RandomForestClassifier(random_state=3))
    )
    path = "estimator__randomforestclassifier__random_state"
    seeds = {
        reseed(clone(forest), Fold(NOTHING, NOTHING, repeat, 10 * repeat), 0)
        .get_params()[path]
        for repeat in range(5)
    }  # fmt: skip
    assert 3 in seeds
    assert len(seeds) == 5
    assert all(isinstance(seed, int) and 0 <= seed < 2**31 for seed in seeds)


def test_same_seeds_stay_the_same_and_other_seeds_stay_other():
    fold = Fold(NOTHING, NOTHING, repeat=1, seed=5)

    def draw(value, position):
        tree = DecisionTreeClassifier(random_state=value)
        return reseed(tree, fold, position).random_state

    assert draw(0, 0) == draw(0, 1) != draw(1, 1)
    assert draw(None, 0) != draw(None, 1)
    generator = np.random.RandomState(0)
    assert draw(generator, 0) is generator


def test_equal_estimators_stay_equal(data):
    tree = DecisionTreeClassifier(max_features=2, random_state=0)
    comparison = compare_estimators(
        {"a": tree, "b": clone(tree)}, *data, cv=3, n_repeats=2, random_state=0
    )
    np.testing.assert_array_equal(comparison.scores_["a"], comparison.scores_["b"])


def test_splitters_that_shuffle_are_repeated(data, trees):
    for cv in (ShuffleSplit(2, random_state=0), MultiTaskKFold(2)):
        comparison = compare_estimators(
            trees, *data, cv=cv, n_repeats=3, random_state=0
        )
        assert comparison.scores_["seed 0"].shape == (6, 2)


@pytest.mark.parametrize("cv", [KFold(3), [(np.arange(60), np.arange(60, 90))] * 2])
def test_folds_that_stay_the_same_are_not_repeated(data, trees, cv):
    message = "'cv' parameter of compare_estimators must be .* for 2 repeats"
    with pytest.raises(ValueError, match=message):
        compare_estimators(trees, *data, cv=cv, n_repeats=2)


def test_single_task_is_repeated_too(data):
    tree = DecisionTreeClassifier(random_state=0)
    comparison = compare_with_single_task(tree, *data, cv=2, n_repeats=2)
    assert comparison.scores_["single task"].shape == (4, 2)


def test_number_of_repeats_is_checked(data, trees):
    with pytest.raises(ValueError, match="'n_repeats' parameter of compare_estimators"):
        compare_estimators(trees, *data, n_repeats=0)


@pytest.mark.parametrize(
    "options",
    [
        {"search": {"max_depth": [1, 2, 3, 4, 5], "max_features": [1, 2]}},
        {"train_sizes": [0.2, 0.5]},
        {"search": {"max_depth": [1, 3]}, "train_sizes": [0.4]},
    ],
)
def test_the_first_repeat_searches_and_draws_rows_as_without_others(
    data, trees, options
):
    options |= {"cv": 3, "n_candidates": 4, "random_state": 0}
    once = compare_estimators(trees, *data, **options)
    twice = compare_estimators(trees, *data, n_repeats=2, **options)
    for name, scores in once.scores_.items():
        np.testing.assert_array_equal(twice.scores_[name][:3], scores)
        if "search" in options:
            assert twice.best_params_[name][:3] == once.best_params_[name]
        if "train_sizes" in options:
            curve = twice.curve_scores_[name][:, :3]
            np.testing.assert_array_equal(curve, once.curve_scores_[name])


@pytest.mark.parametrize("train_sizes", [None, [0.5]])
def test_folds_may_be_lists_or_masks(data, trees, train_sizes):
    folds = list(KFold(3).split(data[0]))
    lists = [(train.tolist(), test.tolist()) for train, test in folds]
    masks = [tuple(np.isin(np.arange(90), part) for part in fold) for fold in folds]
    expected, *others = (
        compare_estimators(trees, *data, cv=cv, train_sizes=train_sizes, random_state=0)
        for cv in (folds, lists, masks)
    )
    for other in others:
        np.testing.assert_array_equal(other.n_train_, expected.n_train_)
        np.testing.assert_array_equal(
            other.scores_["seed 0"], expected.scores_["seed 0"]
        )
        assert np.array_equal(other.train_sizes_, expected.train_sizes_)


def test_no_folds(data, trees):
    with pytest.raises(ValueError, match=r"'cv' .* must be at least one fold, got"):
        compare_estimators(trees, *data, cv=[])


@pytest.mark.parametrize("cv", [3, MultiTaskKFold(3, random_state=0)], ids=str)
def test_labels_of_weight_0_are_missing_to_the_splitter(data, cv):
    X, Y = data
    observed = np.random.RandomState(1).uniform(size=Y.shape) < 0.5
    estimators = {
        name: IndependentTasksClassifier(LogisticRegression(C=C))
        for name, C in (("weak", 1.0), ("strong", 0.01))
    }
    missing, weightless = (
        compare_estimators(
            estimators, X, labels, cv=cv, sample_weight=weights, random_state=0
        )
        for labels, weights in (
            (np.where(observed, Y, np.nan), None),
            (Y, observed.astype(float)),
        )
    )
    for name, scores in missing.scores_.items():
        np.testing.assert_allclose(weightless.scores_[name], scores)
