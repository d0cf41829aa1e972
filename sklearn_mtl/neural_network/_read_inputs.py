"""X as an estimator of networks takes it: one table, or named inputs."""

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import _get_feature_names, check_array, validate_data

from sklearn_mtl._inputs import Inputs
from sklearn_mtl._validation import did_you_mean, list_some, parameter_error
from sklearn_mtl.neural_network._building import PRECISIONS
from sklearn_mtl.neural_network._categories import Categories, learn_categories
from sklearn_mtl.neural_network._encoding import is_for_tables
from sklearn_mtl.neural_network._few_rows import read_few_rows
from sklearn_mtl.neural_network._infinite_inputs import check_none_infinite
from sklearn_mtl.neural_network._initial_weights import thaw
from sklearn_mtl.neural_network._stored_inputs import (
    SMALL_INTEGERS,
    is_stored,
    learn_stored_categories,
    open_stored,
    read_dataset,
)

Shape = tuple[int, ...]


def read_inputs(estimator: Any, X: Any, precision: str, *, reset: bool) -> Any:
    """Check X, and with `reset` let the estimator know its rows, else compare them.

    A table becomes an array or a sparse matrix of the precision, or with an encoder
    stays one of small integers. A container stays as it is.
    """
    owner = type(estimator).__name__
    fitted = None if reset else estimator._row_shapes
    dtype, encodes = PRECISIONS[precision][0], _encodes(estimator, fitted)
    if not reset and (few := read_few_rows(estimator, X, dtype)) is not None:
        return few
    given, X = X, read_dataset(X, dtype, owner, encodes=encodes)
    if not isinstance(X, Inputs):
        if isinstance(fitted, Mapping):
            expected = (
                f"the inputs {list_some(fitted)} as in fit, made by "
                "sklearn_mtl.datasets.combine_inputs or combine_tasks"
            )
            raise parameter_error("X", owner, expected, type(X).__name__)
        return _read_table(estimator, X, precision, fitted, owner)
    if not len(X):
        raise parameter_error("X", owner, "a container of at least 1 row", "0 rows")
    if reset:
        setting = estimator.categorical_features
        if setting is not None and not isinstance(setting, str):
            expected = "None for named inputs, which hold numbers"
            raise parameter_error(
                "categorical_features", owner, expected, repr(setting)
            )
        estimator._categories, estimator._takes_gaps = None, True
        estimator.n_features_in_ = len(X.names)
        estimator.feature_names_in_ = np.array(X.names, dtype=object)
        estimator._row_shapes = X.row_shapes
    elif not isinstance(fitted, Mapping):
        expected = f"one table with rows of shape {fitted}, as in fit"
        raise parameter_error("X", owner, expected, repr(X))
    else:
        _check_same_inputs(X, fitted, owner)
    if X is given:
        # The items of a data set are searched as they are read.
        check_none_infinite(X, precision, owner)
    return X


def _read_table(
    estimator: Any, X: Any, precision: str, fitted: Shape | None, owner: str
) -> Any:
    if isinstance(X, Mapping) and not sparse.issparse(X):
        expected = "a table, or named inputs by sklearn_mtl.datasets.combine_inputs"
        raise parameter_error("X", owner, expected, "a dict")
    _check_not_lazy(X, owner)
    if hasattr(X, "detach"):
        X = X.detach().cpu().numpy()
    # What was fitted counts, not what the parameters have been set to since.
    if fitted is None:
        scales = estimator.preprocess and is_for_tables(estimator.encoder)
        # A network that was transferred fills the gaps itself.
        fills = getattr(estimator.encoder, "encodes_all", False)
        estimator._takes_gaps = scales or fills
        estimator._categories = _learn_categories(estimator, X, owner)
    dtype, encodes = PRECISIONS[precision][0], _encodes(estimator, fitted)
    if is_stored(X):
        X = open_stored(
            estimator, X, dtype, owner, reset=fitted is None, encodes=encodes
        )
    elif estimator._categories is not None:
        X = _read_mixed_table(estimator, X, precision, reset=fitted is None)
    else:
        with _naming_columns(X, owner, is_fitted=fitted is not None):
            X = validate_data(
                estimator,
                X,
                reset=fitted is None,
                accept_sparse="csr",
                dtype=[dtype, *(SMALL_INTEGERS if encodes else [])],
                allow_nd=encodes,
                ensure_all_finite="allow-nan" if estimator._takes_gaps else True,
            )
    if fitted is None:
        estimator._row_shapes = X.shape[1:]
    elif X.shape[1:] != fitted:
        expected = f"of rows of shape {fitted}, as in fit"
        raise parameter_error("X", owner, expected, f"rows of shape {X.shape[1:]}")
    return X


def _check_not_lazy(X: Any, owner: str) -> None:
    """Raise for frames whose rows are not there yet, such as those of Dask."""
    if hasattr(X, "npartitions") and hasattr(X, "columns"):
        method = "compute"
    elif hasattr(X, "collect"):
        method = "collect"
    else:
        return
    expected = (
        f"a table in memory, such as X.{method}(), or a "
        "sklearn_mtl.datasets.ParquetTable"
    )
    got = f"a {type(X).__name__} of {type(X).__module__.split('.')[0]}"
    raise parameter_error("X", owner, expected, got)


def _encodes(estimator: Any, fitted: Any) -> bool:
    """Return whether an encoder of its own takes the rows."""
    if fitted is None:
        return not is_for_tables(estimator.encoder)
    return len(fitted) > 1


def _learn_categories(estimator: Any, X: Any, owner: str) -> Categories | None:
    if is_stored(X) and is_for_tables(estimator.encoder):
        setting = estimator.categorical_features
        return _prefer_learnt(estimator, learn_stored_categories(X, setting, owner))
    X = _as_table(X)
    setting = estimator.categorical_features
    is_given = setting is not None and not isinstance(setting, str)
    if len(X.shape) != 2 or sparse.issparse(X) or not is_for_tables(estimator.encoder):
        if is_given:
            expected = "None, unless X is a dense table without an encoder of its own"
            got = repr(setting)
            raise parameter_error("categorical_features", owner, expected, got)
        return None
    found = learn_categories(X, setting, _get_feature_names(X), owner)
    return _prefer_learnt(estimator, found)


def _prefer_learnt(estimator: Any, found: Categories | None) -> Categories | None:
    # What starts from the vectors of categories must know these by the same codes.
    learnt = getattr(thaw(estimator.encoder_init), "_categories", None)
    is_same = found and learnt and found.positions == learnt.positions
    return learnt if is_same else found


def _read_mixed_table(
    estimator: Any, X: Any, precision: str, *, reset: bool
) -> np.ndarray:
    """Return a table with the codes of categories in place of these."""
    X = _as_table(X)
    validate_data(estimator, X, reset=reset, skip_check_array=True)
    categories, dtype = estimator._categories, PRECISIONS[precision][0]
    numeric = categories.numeric_positions(X.shape[1])
    table = np.empty(X.shape, dtype=dtype)
    codes = table[:, list(categories.positions)] = categories.encode(X)
    _warn_of_unknown(estimator, X, codes)
    if numeric:
        numbers, owner = _safe_indexing(X, numeric, axis=1), type(estimator).__name__
        with _naming_columns(numbers, owner, is_fitted=not reset):
            table[:, numeric] = check_array(
                numbers,
                dtype=dtype,
                ensure_all_finite="allow-nan" if estimator._takes_gaps else True,
                estimator=estimator,
                input_name="X",
            )
    return table


def _warn_of_unknown(estimator: Any, X: Any, codes: np.ndarray) -> None:
    """Warn of columns of which no category is known, such as those spelt otherwise."""
    owner, columns = type(estimator).__name__, []
    for at in np.flatnonzero(np.isnan(codes).all(axis=0)):
        position = estimator._categories.positions[at]
        values = np.asarray(_safe_indexing(X, position, axis=1), dtype=object)
        if len(values) > 1 and any(v is not None and v == v for v in values.tolist()):
            columns.append(getattr(X, "columns", range(X.shape[1]))[position])
    if columns:
        warnings.warn(
            f"{owner} knows none of the categories in column(s) {list_some(columns)}.",
            stacklevel=2,
        )


@contextmanager
def _naming_columns(X: Any, owner: str, *, is_fitted: bool) -> Iterator[None]:
    """Name the column of a data frame that holds text, which is no number."""
    try:
        yield
    except (TypeError, ValueError) as error:
        for name in getattr(X, "columns", ()):
            column = np.asarray(X[name])
            text = next((value for value in column if isinstance(value, str)), None)
            if text is not None:
                way = "as in fit" if is_fitted else "or have it in categorical_features"
                expected = f"of numbers in column {name!r}, {way}"
                raise parameter_error("X", owner, expected, repr(text)) from error
        raise


def _as_table(X: Any) -> Any:
    return X if hasattr(X, "shape") else np.asarray(X, dtype=object)


def _check_same_inputs(X: Inputs, fitted: Mapping[str, Shape], owner: str) -> None:
    """Raise if X has inputs that the fit did not have, or rows of another shape."""
    for name, shape in X.row_shapes.items():
        if not X.has(name).any():
            continue
        if name not in fitted:
            expected = f"of the inputs that fit had ({list_some(fitted)})"
            got = f"the input {name!r}{did_you_mean(name, fitted)}"
            raise parameter_error("X", owner, expected, got)
        if shape != fitted[name]:
            expected = f"of rows of shape {fitted[name]} for input {name!r}, as in fit"
            raise parameter_error("X", owner, expected, f"rows of shape {shape}")
