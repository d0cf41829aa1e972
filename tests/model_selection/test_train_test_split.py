import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.model_selection import train_test_split

from sklearn_mtl.model_selection import multitask_train_test_split


@pytest.fixture
def labels():
    Y = np.random.RandomState(0).randint(4, size=(40, 2)).astype(float)
    Y[::5, 0] = np.nan
    return Y


SIZES = st.one_of(st.none(), st.integers(1, 7), st.floats(0.2, 0.5))


@settings(deadline=None)
@given(n=st.integers(15, 40), test_size=SIZES, train_size=SIZES)
def test_sizes_are_those_of_scikit_learn(n, test_size, train_size):
    X, Y = np.arange(n), np.arange(n) % 3
    sizes = {"test_size": test_size, "train_size": train_size}
    expected = train_test_split(X, **sizes)
    X_train, X_test, Y_train, Y_test = multitask_train_test_split(X, Y, **sizes)
    assert [len(X_train), len(X_test)] == [len(part) for part in expected]
    assert len({*X_train, *X_test}) == len(X_train) + len(X_test)
    np.testing.assert_array_equal(Y_train, Y[X_train])
    np.testing.assert_array_equal(Y_test, Y[X_test])


def test_default_is_a_quarter(labels):
    _, X_test, _, _ = multitask_train_test_split(labels, labels)
    assert len(X_test) == 10


def test_one_task_is_exact():
    y = np.repeat(["a", "b"], [60, 20])
    *_, y_test = multitask_train_test_split(y, y, test_size=0.2)
    assert [(y_test == c).sum() for c in "ab"] == [12, 4]


def test_rows_are_shuffled():
    y = np.zeros(50)
    rows_train, *_ = multitask_train_test_split(np.arange(50), y)
    assert (np.diff(rows_train) < 0).any()


def test_keeps_every_container(labels):
    pd = pytest.importorskip("pandas")
    pl = pytest.importorskip("polars")
    n = len(labels)
    given = [
        sparse.coo_matrix(np.eye(n)),
        pd.DataFrame(labels, columns=["a", "b"]),
        pl.DataFrame(labels),
        list(range(n)),
        np.arange(n),
    ]
    parts = multitask_train_test_split(*given, test_size=10, random_state=0)
    assert len(parts) == 10
    assert parts[0].format == "csr"
    assert isinstance(parts[2], pd.DataFrame)
    assert isinstance(parts[4], pl.DataFrame)
    assert isinstance(parts[6], list)
    for part, rows in ((0, parts[8]), (1, parts[9])):
        np.testing.assert_array_equal(parts[part].indices, rows)
        np.testing.assert_array_equal(parts[2 + part], labels[rows])
        np.testing.assert_array_equal(parts[4 + part].to_numpy(), labels[rows])
        assert parts[6 + part] == rows.tolist()


def test_random_state(labels):
    first, again, other = (
        multitask_train_test_split(labels, labels, random_state=seed)[0]
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other, equal_nan=True)


def test_missing_label(labels):
    rows = np.arange(len(labels))
    sentinel = np.where(np.isnan(labels), -1, labels)
    expected = multitask_train_test_split(rows, labels, random_state=0)[0]
    got = multitask_train_test_split(rows, sentinel, random_state=0, missing_label=-1)
    np.testing.assert_array_equal(got[0], expected)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"test_size": 1.5}, "'test_size' parameter of multitask_train_test_split"),
        ({"train_size": 0}, "'train_size' parameter of multitask_train_test_split"),
        ({"test_size": 40}, "test_size=40 should be either positive and smaller"),
        ({"test_size": 30, "train_size": 30}, "should be smaller than the number of"),
    ],
)
def test_bad_sizes(labels, arguments, message):
    with pytest.raises(ValueError, match=message):
        multitask_train_test_split(labels, labels, **arguments)


def test_bad_lengths(labels):
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        multitask_train_test_split(labels, labels, labels[:-1])
