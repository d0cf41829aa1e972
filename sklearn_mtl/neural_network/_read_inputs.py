"""X as an estimator of networks takes it: one table, or named inputs."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.utils.validation import validate_data

from sklearn_mtl._inputs import Inputs
from sklearn_mtl._validation import did_you_mean, list_some, parameter_error
from sklearn_mtl.neural_network._building import PRECISIONS

# An encoder takes pixels and the like; they stay so until a batch is made of them.
_SMALL_INTEGERS = [np.uint8, np.int8, np.int16]

Shape = tuple[int, ...]


def read_inputs(estimator: Any, X: Any, precision: str, *, reset: bool) -> Any:
    """Check X, and with `reset` let the estimator know its rows, else compare them.

    A table becomes an array or a sparse matrix of the precision, or with an encoder
    stays one of small integers. A container stays as it is.
    """
    owner = type(estimator).__name__
    fitted = None if reset else estimator._row_shapes
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
        estimator.n_features_in_ = len(X.names)
        estimator.feature_names_in_ = np.array(X.names, dtype=object)
        estimator._row_shapes = X.row_shapes
    elif not isinstance(fitted, Mapping):
        expected = f"one table with rows of shape {fitted}, as in fit"
        raise parameter_error("X", owner, expected, repr(X))
    else:
        _check_same_inputs(X, fitted, owner)
    return X


def _read_table(
    estimator: Any, X: Any, precision: str, fitted: Shape | None, owner: str
) -> Any:
    if isinstance(X, Mapping) and not sparse.issparse(X):
        expected = "a table, or named inputs by sklearn_mtl.datasets.combine_inputs"
        raise parameter_error("X", owner, expected, "a dict")
    if hasattr(X, "detach"):
        X = X.detach().cpu().numpy()
    # What was fitted counts, not what the parameter has been set to since.
    encodes = estimator.encoder is not None if fitted is None else len(fitted) > 1
    X = validate_data(
        estimator,
        X,
        reset=fitted is None,
        accept_sparse="csr",
        dtype=[PRECISIONS[precision][0], *(_SMALL_INTEGERS if encodes else [])],
        allow_nd=encodes,
    )
    if fitted is None:
        estimator._row_shapes = X.shape[1:]
    elif X.shape[1:] != fitted:
        expected = f"of rows of shape {fitted}, as in fit"
        raise parameter_error("X", owner, expected, f"rows of shape {X.shape[1:]}")
    return X


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
