import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    StratifiedKFold,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    learning_curve,
)

from sklearn_mtl.model_selection import MultiTaskKFold
from sklearn_mtl.multioutput import IndependentTasksClassifier

LABELS = arrays(
    np.float64,
    st.tuples(st.integers(6, 40), st.integers(1, 4)),
    elements=st.sampled_from([0.0, 1.0, 2.0, np.nan]),
)


@pytest.fixture(scope="module")
def incomplete():
    X, y = make_classification(n_samples=120, random_state=0)
    Y = np.column_stack([y, X[:, 0] > 0.3, X[:, 1] > 0]).astype(float)
    Y[np.random.RandomState(0).rand(*Y.shape) < 0.3] = np.nan
    return X, Y


@pytest.fixture
def clf():
    return IndependentTasksClassifier(LogisticRegression())


@settings(deadline=None)
@given(Y=LABELS, n_splits=st.integers(2, 6), seed=st.integers(0, 9))
def test_is_a_partition_into_even_parts(Y, n_splits, seed):
    cv = MultiTaskKFold(n_splits, random_state=seed)
    tests = []
    for train, test in cv.split(np.empty((len(Y), 1)), Y):
        np.testing.assert_array_equal(np.sort([*train, *test]), np.arange(len(Y)))
        tests.append(test)
    assert len(tests) == cv.get_n_splits() == n_splits
    np.testing.assert_array_equal(np.sort(np.concatenate(tests)), np.arange(len(Y)))
    assert np.ptp([len(test) for test in tests]) <= 1


@settings(deadline=None)
@given(y=st.lists(st.sampled_from("abc"), max_size=30))
def test_one_task_is_as_balanced_as_stratified_k_fold(y):
    y = np.array(y + 3 * ["a", "b", "c"])

    def count(cv):
        counts = [[(y[test] == c).sum() for c in "abc"] for _, test in cv.split(y, y)]
        return np.sort(counts, axis=0)

    expected = count(StratifiedKFold(3, shuffle=True, random_state=0))
    np.testing.assert_array_equal(count(MultiTaskKFold(3, random_state=0)), expected)


def test_deterministic(incomplete):
    X, Y = incomplete
    first, again, other = (
        [test.tolist() for _, test in MultiTaskKFold(random_state=seed).split(X, Y)]
        for seed in (0, 0, 1)
    )
    assert first == again != other


def test_random_state_instance_advances(incomplete):
    X, Y = incomplete
    cv = MultiTaskKFold(random_state=np.random.RandomState(0))
    first, second = ([test.tolist() for _, test in cv.split(X, Y)] for _ in range(2))
    assert first != second


def spellings(Y):
    pd = pytest.importorskip("pandas")
    pl = pytest.importorskip("polars")
    frame = pd.DataFrame(Y, columns=["a", "b", "c"])
    yield Y
    yield [[None if np.isnan(y) else int(y) for y in row] for row in Y]
    yield frame
    yield frame.astype("Int64")
    yield frame.map(lambda y: y if np.isnan(y) else "xyz"[int(y)])
    yield frame.astype({"b": "category"})
    yield pl.DataFrame(Y, schema=["a", "b", "c"], nan_to_null=True)


def test_labels_of_every_spelling(incomplete):
    X, Y = incomplete
    first, *others = (
        [test.tolist() for _, test in MultiTaskKFold(random_state=0).split(X, y)]
        for y in spellings(Y)
    )
    for other in others:
        assert other == first


def test_missing_label_is_missing(incomplete):
    X, Y = incomplete
    sentinel = np.where(np.isnan(Y), -1, Y)
    expected = [t.tolist() for _, t in MultiTaskKFold(random_state=0).split(X, Y)]
    cv = MultiTaskKFold(random_state=0, missing_label=-1)
    assert [test.tolist() for _, test in cv.split(X, sentinel)] == expected


def test_quantities_are_stratified():
    y = np.random.RandomState(0).lognormal(size=(200, 2))
    for _, test in MultiTaskKFold(random_state=0).split(y, y):
        low = (y[test] <= np.median(y, axis=0)).sum(axis=0)
        assert np.abs(low - 20).max() <= 2


def test_drives_scikit_learn(incomplete, clf):
    """With missing labels, where an integer cv fails."""
    X, Y = incomplete
    cv = MultiTaskKFold(3, random_state=0)
    assert cross_val_score(clf, X, Y, cv=cv).mean() > 0.8
    assert cross_validate(clf, X, Y, cv=cv, n_jobs=2)["test_score"].mean() > 0.8
    assert cross_val_predict(clf, X, Y, cv=cv).shape == Y.shape
    search = GridSearchCV(clf, {"estimator__C": [1e-6, 1]}, cv=cv).fit(X, Y)
    assert search.best_params_ == {"estimator__C": 1}
    assert np.isfinite(learning_curve(clf, X, Y, cv=cv, train_sizes=[40, 80])[2]).all()


def test_is_a_splitter():
    cv = MultiTaskKFold(4, random_state=0)
    assert repr(cv).startswith("MultiTaskKFold(missing_label=nan, n_splits=4")
    assert clone(cv, safe=False).n_splits == 4
    with pytest.warns(UserWarning, match="groups parameter is ignored"):
        list(cv.split(np.zeros(8), np.zeros(8), groups=np.zeros(8)))


@pytest.mark.parametrize("n_splits", [1, 0, 2.5, "5"])
def test_bad_n_splits(n_splits):
    message = "'n_splits' parameter of MultiTaskKFold must be"
    with pytest.raises(ValueError, match=message):
        MultiTaskKFold(n_splits)


def test_bad_labels():
    cv = MultiTaskKFold(3)
    with pytest.raises(
        ValueError, match=r"at most the number of samples \(n_samples=2\), got 3"
    ):
        next(cv.split(np.zeros(2), np.zeros(2)))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        next(cv.split(np.zeros(5), np.zeros(6)))
    with pytest.raises(ValueError, match="requires y to be passed"):
        next(cv.split(np.zeros(5)))
