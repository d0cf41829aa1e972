import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from sklearn_mtl.datasets import combine_inputs

numbers = np.arange(12.0).reshape(4, 3)


@pytest.mark.parametrize(
    "as_table",
    [
        np.array,
        np.asfortranarray,
        np.ndarray.tolist,
        torch.tensor,
        lambda table: torch.tensor(table, requires_grad=True),
        pd.DataFrame,
        lambda table: pd.DataFrame(table.astype(int)).astype("Int64"),
        lambda table: pd.DataFrame(table).astype({0: "int8", 1: "float32"}),
        pl.DataFrame,
    ],
)
def test_any_table_of_numbers(as_table):
    X = combine_inputs({"a": as_table(numbers)})

    assert X.row_shapes == {"a": (3,)}
    np.testing.assert_array_equal(X["a"], numbers)
    np.testing.assert_array_equal(X.gather("a", [2, 0]), numbers[[2, 0]])


@pytest.mark.parametrize(
    "as_table",
    [sparse.csr_array, sparse.csc_matrix, sparse.coo_array, sparse.lil_matrix],
)
def test_sparse_tables_become_csr(as_table):
    X = combine_inputs({"a": as_table(numbers)})

    assert X["a"].format == X[1:]["a"].format == "csr"
    np.testing.assert_array_equal(X[[3, 1]]["a"].toarray(), numbers[[3, 1]])
    np.testing.assert_array_equal(X.gather("a", [3, 1]), numbers[[3, 1]])
    np.testing.assert_array_equal(X[3]["a"], numbers[3])


@pytest.mark.parametrize(
    "table",
    [
        np.zeros((3, 4, 4), dtype=np.uint8),
        np.zeros((3, 2), dtype=bool),
        np.zeros((3, 2), dtype=np.float16),
    ],
)
def test_arrays_are_kept_as_they_are(table):
    assert combine_inputs({"a": table})["a"] is table


def test_a_tensor_is_not_copied():
    tensor = torch.arange(6.0).reshape(3, 2)
    X = combine_inputs({"a": tensor})
    assert np.shares_memory(X["a"], tensor.numpy())


def test_a_frame_of_one_dtype_is_not_copied():
    frame = pd.DataFrame(numbers)
    X = combine_inputs({"a": frame})
    assert np.shares_memory(X["a"], frame.to_numpy())


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans()).filter(any), min_size=1))
def test_packed_and_full_tables_are_the_same(rows):
    first, second = np.array(rows).T
    a = np.arange(2.0 * len(rows)).reshape(-1, 2)
    b = np.arange(3 * len(rows)).reshape(-1, 3)
    present = {"a": first, "b": second.tolist()}
    packed = combine_inputs({"a": a[first], "b": b[second]}, present=present)
    full = combine_inputs({"a": a, "b": b}, present=present)

    for X in (packed, full):
        assert X.shape == (len(rows), 2)
        for name, mask, table in (("a", first, a), ("b", second, b)):
            np.testing.assert_array_equal(X.has(name), mask)
            np.testing.assert_array_equal(X[name], table[mask])
            np.testing.assert_array_equal(X[::-1][name], table[::-1][mask[::-1]])


def test_rows_that_lack_an_input_may_be_filled_with_nan():
    table = np.array([[np.nan, np.nan], [1, 2], [np.inf, 0], [3, 4]])
    X = combine_inputs(
        {"a": numbers, "b": table}, present={"b": [False, True, False, True]}
    )
    np.testing.assert_array_equal(X["b"], [[1, 2], [3, 4]])


@pytest.mark.parametrize(
    "mask",
    [pd.Series([True, False, True, True]), np.array([1, 0, 1, 1], dtype=object) == 1],
)
def test_any_mask(mask):
    X = combine_inputs({"a": numbers, "b": numbers[:3]}, present={"b": mask})
    np.testing.assert_array_equal(X.positions("b"), [0, -1, 1, 2])


def test_a_mask_of_all_rows_is_none():
    X = combine_inputs({"a": numbers}, present={"a": np.ones(4, dtype=bool)})
    assert X["a"] is numbers


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (np.zeros(4), r"'inputs\['a'\]' .* at least 2-D.*reshape.*got 1-D"),
        (pd.Series([1, 2]), "at least 2-D"),
        ([], "at least 2-D"),
        (np.zeros((4, 0)), r"at least 1 feature, got shape \(4, 0\)"),
        (np.array([["x"], ["y"]]), "real numbers, got the dtype <U1"),
        (np.array([[1], [None]], dtype=object), "real numbers, got the dtype object"),
        (np.zeros((2, 2), dtype=complex), "real numbers, got the dtype complex"),
        (pd.DataFrame({"x": ["low", "high"]}), "numbers"),
        ([[1, 2], [3]], "a table of numbers, got list"),
        (np.ma.masked_equal(np.eye(2), 0), "without masked entries"),
        ("table", "a table of numbers, got 'table'"),
        (None, "a table of numbers, got None"),
        (np.array([[1, np.nan]]), r"'inputs\['a'\]' .* finite.*got NaN"),
        (np.array([[1, -np.inf]]), "finite"),
        (np.full((2, 3, 4), np.nan, dtype=np.float32), "finite"),
        (sparse.csr_array([[0, np.inf]]), "finite"),
        (pd.DataFrame({"x": pd.array([1, None], dtype="Int64")}), "finite|numbers"),
    ],
)
def test_bad_table(table, message):
    with pytest.raises(ValueError, match=message):
        combine_inputs({"a": table})


@pytest.mark.parametrize("row", [0, 1_499_999, 2_999_999])
def test_nan_is_found_wherever_it_is(row):
    table = np.zeros((3_000_000, 1), dtype=np.float32)
    table[row] = np.nan
    with pytest.raises(ValueError, match="finite"):
        combine_inputs({"a": table})


def test_large_numbers_are_finite():
    table = np.full((8, 1000), np.finfo(np.float64).max)
    assert combine_inputs({"a": table})["a"] is table


@pytest.mark.parametrize(
    ("inputs", "present", "message"),
    [
        ({}, None, "'inputs' .* a dict from name to table, got an empty one"),
        (numbers, None, "'inputs' .* a dict from name to table, got ndarray"),
        ({1: numbers, "1": numbers}, None, "'inputs' .* unique names"),
        (
            {"a": numbers, "b": numbers[:3]},
            None,
            r"'inputs\['b'\]' .* of length 4, as inputs\['a'\] is, got length 3",
        ),
        (
            {"a": numbers, "b": numbers},
            {"b": [True] * 5},
            r"'present\['b'\]' .* length 4, as inputs\['a'\] is, got length 5",
        ),
        (
            {"a": numbers, "b": numbers[:2]},
            {"b": [True, False, False, False]},
            r"'inputs\['b'\]' .* of length 4, .* or 1, .* got length 2",
        ),
        (
            {"image": numbers},
            {"imgae": [True] * 4},
            r"'present' .* names of inputs \('image'\).* mean 'image'",
        ),
        ({"a": numbers}, {"a": [1, 0, 1, 1]}, r"'present\['a'\]' .* 1-D mask.*int64"),
        ({"a": numbers}, {"a": [[True]]}, r"1-D mask .* shape \(1, 1\)"),
        ({"a": numbers}, [True], "'present' .* None or a dict"),
        (
            {"a": numbers, "b": numbers},
            {"a": [True, False, True, False], "b": [False, False, True, False]},
            r"'present' .* every row has an input, got none for row\(s\) 1, 3",
        ),
    ],
)
def test_bad_parameters(inputs, present, message):
    with pytest.raises(ValueError, match=message):
        combine_inputs(inputs, present=present)
