"""Infinity in a named input is an error, wherever the table is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from sklearn_mtl.datasets import combine_inputs, combine_tasks
from sklearn_mtl.neural_network import MultiTaskNetClassifier
from sklearn_mtl.neural_network._infinite_inputs import check_none_infinite

N = 30
Y = np.arange(N) % 2
RNG = np.random.default_rng(0)
OTHER = RNG.normal(size=(N, 3))


def on_disk(table, tmp_path):
    file = tmp_path / "table.npy"
    np.save(file, table)
    return np.load(file, mmap_mode="r")


@pytest.fixture(scope="module")
def net():
    net = MultiTaskNetClassifier((4,), max_epochs=1)
    return net.fit(combine_inputs({"near": OTHER, "far": OTHER}), Y)


@pytest.mark.parametrize("value", [np.inf, -np.inf, 1e300], ids=str)
def test_a_table_on_disk_is_searched_row_by_row(net, tmp_path, value):
    table = OTHER.copy()
    table[17, 1] = value
    X = combine_inputs({"near": OTHER, "far": on_disk(table, tmp_path)})
    message = (
        "^The 'X' parameter of MultiTaskNetClassifier must be finite in input 'far', "
        rf"and not too large for float32, got {value} in row "
    ).replace("+", r"\+")
    for search in (net.predict, net.transform, lambda X: net.fit(X, Y)):
        with pytest.raises(ValueError, match=rf"{message}17\."):
            search(X)
    with pytest.raises(ValueError, match=rf"{message}2\."):
        net.predict(X[[3, 5, 17]])
    assert net.predict(X[:17]).shape == (17,)


def test_double_precision_takes_larger_numbers(tmp_path):
    table = on_disk(np.where(OTHER > 1, 1e100, OTHER), tmp_path)
    X = combine_inputs({"far": table})
    net = MultiTaskNetClassifier((4,), max_epochs=1, precision="float64")
    assert net.fit(X, Y).predict(X).shape == (N,)


def test_a_sparse_table_whose_numbers_are_too_large():
    table = sparse.csr_array(OTHER * (OTHER > 0))
    table.data[-1] = 1e300
    row = table.nonzero()[0][-1]
    X = combine_inputs({"words": table, "near": OTHER})
    with pytest.raises(ValueError, match=rf"in input 'words', .* in row {row}\."):
        MultiTaskNetClassifier((4,), max_epochs=1).fit(X, Y)


def test_rows_are_counted_through_the_tables_of_several_tasks(tmp_path):
    table = OTHER.copy()
    table[4] = np.inf
    X, y = combine_tasks({"a": (OTHER, Y), "b": (on_disk(table, tmp_path), Y)})
    with pytest.raises(ValueError, match=rf"got inf in row {N + 4}\."):
        MultiTaskNetClassifier((4,), max_epochs=1).fit(X, y)


def test_what_rows_lack_is_not_searched(net):
    table = OTHER.copy()
    table[3] = np.inf
    present = np.arange(N) != 3
    X = combine_inputs({"near": OTHER, "far": table}, present={"far": present})
    assert net.predict(X).shape == (N,)


@given(st.integers(1, 40), st.integers(1, 5), st.data())
def test_the_first_row_is_named_whatever_the_shape(n_rows, n_columns, data):
    rows = data.draw(st.sets(st.integers(0, n_rows - 1)))
    table = np.zeros((n_rows, n_columns, 2))
    X = combine_inputs({"x": table})
    table[sorted(rows), -1] = np.inf
    table[0, 0, 0] = np.nan
    if not rows:
        check_none_infinite(X, "float64", "Net")
        return
    with pytest.raises(ValueError, match=rf"got inf in row {min(rows)}\."):
        check_none_infinite(X, "float64", "Net")


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("value", [np.inf, -np.inf], ids=str)
def test_a_table_of_a_smaller_precision(value, tmp_path):
    """The largest number of float64 is infinite in float32, as infinity is."""
    table = OTHER.astype(np.float32)
    check_none_infinite(combine_inputs({"far": table}), "float64", "Net")
    table[17, 1] = value
    X = combine_inputs({"near": OTHER, "far": on_disk(table, tmp_path)})
    with pytest.raises(ValueError, match="finite in input 'far'"):
        check_none_infinite(X, "float64", "Net")
