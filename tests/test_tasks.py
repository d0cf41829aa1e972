"""What the columns of Y are: a specification of `sklearn_mtl._tasks`."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy import sparse

from sklearn_mtl._tasks import (
    Tasks,
    find_codes,
    find_order,
    infer_kind,
    read_targets,
    stack_columns,
)


def read(Y, **options):
    return read_targets(Y, owner="Model", **options)


def labels_of(Y, t=0, **options):
    """Return the labels of a task that are there."""
    targets = read(Y, **options)
    return targets.columns[t][targets.observed[:, t]]


def infer(Y, kinds="classification", **options):
    return Tasks.infer(read(Y), kinds, "Model", **options)


def encode(Y, kinds="classification"):
    targets = read(Y)
    return Tasks.infer(targets, kinds, "Model").encode(targets, "Model")


# Shapes and names


@pytest.mark.parametrize(
    "y", [[0, 1, 1], (0, 1, 1), np.array([0, 1, 1]), pd.Series([0, 1, 1], name="y")]
)
def test_1d_labels_are_one_task(y):
    targets = read(y)
    assert targets.one_dimensional
    assert targets.names == ("task0",)
    assert targets.observed.shape == (3, 1)
    assert_array_equal(targets.columns[0], [0, 1, 1])


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_columns_of_a_frame_name_the_tasks(frame):
    targets = read(frame({"digit": [3, 4], "parity": ["odd", "even"]}))
    assert targets.named
    assert targets.names == ("digit", "parity")
    assert not targets.one_dimensional


def test_tasks_without_names_are_numbered():
    targets = read([[0, 1], [1, 0]])
    assert targets.names == ("task0", "task1")
    assert not targets.named


def test_tensors():
    Y = torch.tensor([[1.0, float("nan")], [2.0, 3.0]], requires_grad=True)
    targets = read(Y)
    assert targets.observed.tolist() == [[True, False], [True, True]]
    assert targets.columns[0].tolist() == [1.0, 2.0]


def test_names_are_strings():
    assert read(pd.DataFrame([[0, 1]], columns=[7, 8])).names == ("7", "8")


@pytest.mark.parametrize("columns", [["a", "a"], [1, "1"]])
def test_names_must_be_unique(columns):
    with pytest.raises(ValueError, match="must be a table with unique task names"):
        read(pd.DataFrame([[0, 1]], columns=columns))


def test_a_single_column_is_two_dimensional():
    assert not read([[0], [1]]).one_dimensional


@pytest.mark.parametrize(
    ("Y", "message"),
    [
        (None, "requires y to be passed, but the target y is None"),
        (sparse.csr_matrix(np.eye(2)), "must be a dense array"),
        (sparse.csr_array(np.eye(2)), "must be a dense array"),
        ([[1, 2], [3]], "rows of different lengths"),
        ([np.array([1, 2]), np.array([3])], "rows of different lengths"),
        ([np.ones((2, 2)), np.ones((2, 3))], "rows of different lengths"),
        (np.zeros((2, 2, 2)), "must be 1-D .* or 2-D .*, got 3-D"),
        (np.float64(1), "got 0-D"),
        ([], "at least 1 row and 1 column, got 0 sample"),
        (np.zeros((3, 0)), "got 0 sample.* and 0 task"),
        (pd.DataFrame(), "at least 1 row and 1 column"),
        (np.array([1j, 2]), "Complex data not supported: the task 'task0'"),
        ([["a", 0], [1, 0]], "labels of task 'task0' .* one type, got int, str"),
    ],
)
def test_refused_tables(Y, message):
    with pytest.raises(ValueError, match=message):
        read(Y)


def test_errors_name_the_parameter_and_the_owner():
    with pytest.raises(ValueError, match="The 'Y_pred' parameter of report must be"):
        read_targets(np.zeros((2, 2, 2)), owner="report", name="Y_pred")


# Missing labels

MISSING = {
    "float": np.array([1.0, np.nan, 2.0]),
    "float32": np.array([1, np.nan, 2], dtype=np.float32),
    "object None": np.array([1, None, 2], dtype=object),
    "object nan": np.array([1, np.nan, 2], dtype=object),
    "object NA": np.array([1, pd.NA, 2], dtype=object),
    "object NaT": np.array([1, pd.NaT, 2], dtype=object),
    "list None": [1, None, 2],
    "list nan": [1, float("nan"), 2],
    "masked array": np.ma.array([1, 9, 2], mask=[False, True, False]),
    "Int64": pd.Series([1, None, 2], dtype="Int64"),
    "UInt8": pd.Series([1, None, 2], dtype="UInt8"),
    "Float64": pd.Series([1, None, 2], dtype="Float64"),
    "categorical": pd.Series(pd.Categorical([1, None, 2])),
    "polars": pl.Series([1, None, 2]),
}


@pytest.mark.parametrize("spelling", MISSING)
def test_missing_numbers(spelling):
    targets = read(MISSING[spelling])
    assert_array_equal(targets.observed[:, 0], [True, False, True])
    assert_array_equal(labels_of(MISSING[spelling]), [1, 2])


MISSING_STRINGS = {
    "list": ["a", None, "b"],
    "object": np.array(["a", np.nan, "b"], dtype=object),
    "StringDType": np.array(["a", None, "b"], np.dtypes.StringDType(na_object=None)),
    "str": pd.Series(["a", None, "b"], dtype="str"),
    "string": pd.Series(["a", None, "b"], dtype="string"),
    "categorical": pd.Series(pd.Categorical(["a", None, "b"])),
    "polars": pl.Series(["a", None, "b"]),
    "polars categorical": pl.Series(["a", None, "b"], dtype=pl.Categorical),
    "polars enum": pl.Series(["a", None, "b"], dtype=pl.Enum(["b", "a"])),
}


@pytest.mark.parametrize("spelling", MISSING_STRINGS)
def test_missing_strings(spelling):
    assert labels_of(MISSING_STRINGS[spelling]).tolist() == ["a", "b"]


@pytest.mark.parametrize(
    "y",
    [
        [True, None, False],
        np.array([True, None, False], dtype=object),
        pd.Series([True, None, False], dtype="boolean"),
        pl.Series([True, None, False]),
    ],
)
def test_missing_booleans(y):
    labels = labels_of(y)
    assert labels.dtype == bool
    assert labels.tolist() == [True, False]


@pytest.mark.parametrize(
    "y",
    [
        np.array(["2020-01-01", "NaT"], dtype="datetime64[D]"),
        pd.Series(pd.to_datetime(["2020-01-01", None])),
    ],
)
def test_missing_dates(y):
    assert read(y).observed[:, 0].tolist() == [True, False]


@pytest.mark.parametrize(
    ("y", "missing_label"),
    [
        (np.array([0, -1, 1]), -1),
        (np.array([0.0, -1.0, 1.0]), -1),
        (np.array([0, 255, 1], dtype=np.uint8), 255),
        (np.array([0, -1, 1], dtype=object), -1),
        ([np.int64(0), np.int64(-1), np.int64(1)], -1),
        (pd.Series([0, -1, 1], dtype="Int64"), -1),
        (pl.Series([0, -1, 1]), -1),
        (np.array(["no", "?", "yes"]), "?"),
        (["no", "?", "yes"], "?"),
        (pd.Series(["no", "?", "yes"]), "?"),
        (np.array(["no", "", "yes"]), ""),
    ],
)
def test_the_sentinel_is_missing(y, missing_label):
    targets = read(y, missing_label=missing_label)
    assert targets.observed[:, 0].tolist() == [True, False, True]


def test_nan_is_missing_beside_the_sentinel():
    targets = read(np.array([0.0, -1.0, np.nan]), missing_label=-1)
    assert targets.observed[:, 0].tolist() == [True, False, False]


@pytest.mark.parametrize(
    ("y", "missing_label"),
    [
        ([True, False], 0),
        ([0, 1], False),
        (np.array([True, False]), 0),
        (np.array([0, 1]), False),
        (np.array(["-1", "0"]), -1),
        (np.array([1, 0], dtype=np.uint8), -1),
        (["nan", "None", ""], np.nan),
    ],
)
def test_labels_of_another_type_than_the_sentinel_are_there(y, missing_label):
    assert read(y, missing_label=missing_label).observed.all()


@pytest.mark.parametrize("missing_label", [None, np.nan, pd.NA, pd.NaT])
def test_missing_values_may_be_named_as_the_sentinel(missing_label):
    targets = read([1, None, 2], missing_label=missing_label)
    assert targets.observed[:, 0].tolist() == [True, False, True]


def test_mask_hides_labels_of_weight_0():
    targets = read([[0, 1], [1, np.nan]]).mask(np.array([[0.0, 1], [2, 1]]))
    assert targets.observed.tolist() == [[False, True], [True, False]]


# Types


def test_each_column_keeps_its_own_type():
    targets = read([[1, "a", True, 0.5], [2, "b", False, None]])
    kinds = [column.dtype.kind for column in targets.columns]
    assert kinds == ["i", "O", "b", "f"]


def test_integers_stay_integers_beside_missing_labels():
    frame = pd.DataFrame({"a": pd.array([3, None], dtype="Int64"), "b": ["x", "y"]})
    assert labels_of(frame).dtype.kind == "i"
    assert labels_of(pl.DataFrame({"a": [3, None]})).dtype.kind == "i"
    assert labels_of(pd.Series(pd.Categorical([3, None]))).dtype.kind == "i"
    assert labels_of([3, None]).dtype.kind == "i"


def test_floats_and_booleans_among_integers():
    assert labels_of([1, 2.5, True]).tolist() == [1.0, 2.5, 1.0]


@pytest.mark.parametrize(
    ("y", "kind"),
    [
        (["a", "b"], "classification"),
        ([True, False], "classification"),
        ([0, 1, 2], "classification"),
        ([0.0, 1.0, np.nan], "classification"),
        (range(50), "classification"),
        (range(51), "regression"),
        ([0.5, 1.0], "regression"),
        ([0.5, None, 1], "regression"),
    ],
)
def test_infer_kind(y, kind):
    targets = read(list(y))
    assert infer_kind(targets.columns[0], targets.observed[:, 0]) == kind


# Learning the tasks


def test_classes_are_sorted_and_of_the_type_of_the_labels():
    tasks = infer([["b", 3, True], ["a", 1, None], [None, 2, False]])
    assert [classes.tolist() for classes in tasks.classes] == [
        ["a", "b"],
        [1, 2, 3],
        [False, True],
    ]
    assert [classes.dtype.kind for classes in tasks.classes] == ["O", "i", "b"]


def test_a_constant_task_has_one_class():
    assert infer([[1, 0], [1, 1]]).classes[0].tolist() == [1]


def test_quantities_have_no_classes():
    tasks = infer([[0.5, "a"], [2, "b"]], ["regression", "classification"])
    assert tasks.classes[0] is None
    assert tasks.are_classification.tolist() == [False, True]


@pytest.mark.parametrize("kinds", ["classification", "regression"])
def test_a_task_needs_a_label(kinds):
    with pytest.raises(ValueError, match=r"at least one label .* got none for 'b'"):
        infer(pd.DataFrame({"a": [0.0, 1.0], "b": [np.nan, np.nan]}), kinds)


@pytest.mark.parametrize("kinds", ["classification", "regression"])
@pytest.mark.parametrize("infinity", [np.inf, -np.inf])
def test_labels_are_finite(kinds, infinity):
    with pytest.raises(ValueError, match=r"contains infinity: .* 'task1'"):
        infer([[0.0, 1.0], [1.0, infinity]], kinds)


def test_classes_are_not_continuous():
    with pytest.raises(ValueError, match=r"Unknown label type: continuous.*'task1'"):
        infer([[0, 0.5], [1, 1.5]])


def test_quantities_are_numbers():
    with pytest.raises(ValueError, match=r"'task0' .* must hold numbers .* 'a'"):
        infer(["a", "b"], "regression")


def test_classes_must_be_sortable():
    y = np.empty(2, dtype=object)
    y[:] = [1 + 2j, 3j]
    with pytest.raises(ValueError, match=r"'task0' .* can be sorted, got complex"):
        infer(y)


def test_given_classes_stand_for_missing_labels():
    tasks = infer([[0, np.nan], [0, np.nan]], classes=[[1, 0], ["b", "a"]])
    assert [classes.tolist() for classes in tasks.classes] == [[0, 1], ["a", "b"]]


def test_given_classes_must_be_one_list_per_task():
    with pytest.raises(ValueError, match="a list of 2 arrays, the classes of each"):
        infer([[0, 1], [1, 0]], classes=[[0, 1]])


# Encoding and decoding


def test_codes_count_the_sorted_classes():
    assert_array_equal(
        encode([["b", 7, 0.0], ["a", None, 1.0], [None, 3, 1.0]]),
        [[1, 1, 0], [0, np.nan, 1], [np.nan, 0, 1]],
    )


def test_quantities_are_encoded_as_they_are():
    Y = np.array([[0.5, np.nan], [2.0, 3.0]])
    assert_array_equal(encode(Y, "regression"), Y)


def test_unseen_labels_are_named():
    tasks = infer(pd.DataFrame({"animal": ["cat", "dog"]}))
    with pytest.raises(ValueError, match=r"'animal' .* among .*'cat', 'dog'.* 'cow'"):
        tasks.encode(read(pd.DataFrame({"animal": ["cow", None]})), "Model")


@pytest.mark.parametrize("labels", [[1, 0, 1], [1.0, 0.0, 1.0], [True, False, True]])
def test_numbers_are_encoded_whatever_their_type(labels):
    tasks = infer([0, 1])
    assert_array_equal(tasks.encode(read(labels), "Model")[:, 0], [1, 0, 1])


def test_find_codes_of_labels_that_are_no_classes():
    assert find_codes(np.array([1, 3]), np.array([3, 2, 0, 4])).tolist() == [
        1,
        -1,
        -1,
        -1,
    ]
    assert find_codes(np.array([1, 3]), np.array(["1", "3"])).tolist() == [-1, -1]
    assert find_codes(np.array([]), np.array([1])).tolist() == [-1]
    assert find_codes(np.array([1]), np.array([])).tolist() == []


@pytest.mark.parametrize(
    ("columns", "dtype"),
    [
        ([np.array([1, 2]), np.array([3, 4])], np.int64),
        ([np.array([1, 2]), np.array([0.5, 1])], np.float64),
        ([np.array([True]), np.array([False])], np.bool_),
        ([np.array(["a"]), np.array(["bc"])], np.dtype("U2")),
        ([np.array(["a"]), np.array([1])], object),
        ([np.array([True]), np.array([1])], object),
    ],
)
def test_stacked_columns_have_the_simplest_type(columns, dtype):
    stacked = stack_columns(columns, one_dimensional=False)
    assert stacked.dtype == dtype
    assert stacked.tolist() == [list(row) for row in zip(*columns, strict=True)]


def test_one_dimension_in_one_dimension_out():
    tasks = infer(["b", "a"])
    assert tasks.decode(np.array([[0.0], [1.0]])).tolist() == ["a", "b"]


def test_quantities_are_decoded_as_they_are():
    tasks = infer([[0.5, "a"], [2, "b"]], ["regression", "classification"])
    decoded = tasks.decode(np.array([[0.7, 1.0]]))
    assert decoded.tolist() == [[0.7, "b"]]


COLUMNS = {
    "integers": st.integers(-(2**40), 2**40),
    "whole floats": st.integers(-5, 5).map(float),
    "booleans": st.booleans(),
    "strings": st.text("abé ", max_size=3),
}


@st.composite
def tables(draw, missing=True):
    """Draw rows of labels, each column of its own type."""
    n_rows = draw(st.integers(1, 12))
    columns = []
    for kind in draw(
        st.lists(st.sampled_from(sorted(COLUMNS)), min_size=1, max_size=4)
    ):
        column = draw(st.lists(COLUMNS[kind], min_size=n_rows, max_size=n_rows))
        hidden = draw(st.sets(st.integers(1, n_rows))) if missing else set()
        columns.append([None if i in hidden else y for i, y in enumerate(column)])
    return [list(row) for row in zip(*columns, strict=True)]


@given(tables(missing=False))
def test_decode_undoes_encode(rows):
    targets = read(rows)
    tasks = Tasks.infer(targets, "classification", "Model")
    assert tasks.decode(tasks.encode(targets, "Model")).tolist() == rows


@given(tables())
def test_codes_are_missing_exactly_where_labels_are(rows):
    codes = encode(rows)
    assert_array_equal(np.isnan(codes), [[y is None for y in row] for row in rows])


@given(tables(), st.randoms(use_true_random=False))
def test_permuting_tasks_permutes_codes(rows, random):
    order = list(range(len(rows[0])))
    random.shuffle(order)
    permuted = [[row[t] for t in order] for row in rows]
    assert_array_equal(encode(permuted), encode(rows)[:, order])


@given(tables())
def test_frames_and_lists_hold_the_same_labels(rows):
    columns = [list(column) for column in zip(*rows, strict=True)]
    frame = pd.DataFrame(
        {f"task{t}": pd.Series(c, dtype=object) for t, c in enumerate(columns)}
    )
    assert_array_equal(encode(frame), encode(rows))


# The columns of later tables


@pytest.fixture
def tasks():
    return infer(pd.DataFrame({"a": [0, 1], "b": ["x", "y"]}))


def test_columns_in_another_order_are_aligned(tasks):
    later = pd.DataFrame({"b": ["y", "x"], "a": [1, None]})
    aligned = tasks.align(read(later), "Model")
    assert aligned.names == ("a", "b")
    assert_array_equal(tasks.encode(aligned, "Model"), [[1, 1], [np.nan, 0]])


def test_columns_without_names_are_taken_as_they_come(tasks):
    assert tasks.align(read([[1, "y"], [0, "x"]]), "Model").names == ("a", "b")


def test_names_that_were_not_known_in_fit_do_not_matter():
    tasks = infer([[0, "x"], [1, "y"]])
    aligned = tasks.align(read(pd.DataFrame({"b": [1], "a": ["x"]})), "Model")
    assert aligned.names == ("task0", "task1")
    assert aligned.columns[0].tolist() == [1]


def test_unknown_columns_are_named(tasks):
    later = pd.DataFrame({"a": [1], "bb": ["x"]})
    with pytest.raises(ValueError, match=r"the column 'bb'.*did you mean 'b'"):
        tasks.align(read(later), "Model")


@pytest.mark.parametrize("names", [["a"], ["a", "b", "c"]])
def test_the_number_of_tasks_is_that_of_fit(tasks, names):
    later = pd.DataFrame({name: [0, 1] for name in names})
    with pytest.raises(ValueError, match=rf"2 task\(s\) .*, got {len(names)} task"):
        tasks.align(read(later), "Model")


def test_find_order():
    assert find_order(["c", "a", "b"], ["a", "b", "c"], "y", "Model") == [1, 2, 0]


@pytest.mark.parametrize("kind", ["Int64", "string", "boolean"])
def test_a_sentinel_beside_missing_values_of_pandas(kind):
    values = {"Int64": [1, -1, None], "string": ["a", "?", None]}.get(
        kind, [True, False, None]
    )
    column = pd.array(values, dtype=kind)
    for labels in (column, pd.DataFrame({"task": column})):
        targets = read_targets(labels, missing_label=values[1], owner="Owner")
        assert targets.observed[:, 0].tolist() == [True, False, False]


@pytest.mark.parametrize(
    "classes",
    [
        [[0, 1], [0, 1, 2]],
        [[0, 1], [0.5, 2.0]],
        [["a", "b"], ["c", "long"]],
        [[False, True], [False, True]],
        [[False, True], [0, 1]],
        [["a", "b"], [0, 1]],
        [[0, 1], None],
        [None, None],
        [np.array([0, 1], dtype=np.int8), np.array([0, 1], dtype=np.uint64)],
        [np.array([0, 1], dtype=np.int8), np.array([0, 1], dtype=np.int16)],
        [np.array([0, 1], dtype=np.float32), [0, 1]],
        [[3, 7]],
        [["a", "b"]],
        [None],
    ],
    ids=str,
)
def test_one_row_is_decoded_as_many_are(classes):
    known = tuple(None if c is None else np.asarray(c) for c in classes)
    names, kinds = ("x", "y")[: len(known)], ("classification",) * len(known)
    encoded = np.tile([1.0, 0.0][: len(known)], (2, 1))
    for one_dimensional in {False, len(known) == 1}:
        tasks = Tasks(names, kinds, known, one_dimensional, named=False)
        one, many = tasks.decode(encoded[:1]), tasks.decode(encoded)
        assert (one.dtype, one.shape[1:]) == (many.dtype, many.shape[1:])
        np.testing.assert_array_equal(one, many[:1])
