"""Labels and weights as users bring them, and as they should not."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import polars as pl
from hypothesis import strategies as st
from scipy import sparse

from tests.fuzz.tables import draw_from, odd_ones

# What is tried, by what most estimators take and what some refuse.
CLASSES = {
    False: ("two", "two", "three", "words", "truth", "floats"),
    True: ("one", "many", "types"),
}
QUANTITIES = {
    False: ("normal", "normal", "integers", "shifted"),
    True: ("huge", "huger", "tiny", "constant", "spread"),
}
N_TASKS = {False: (1, 2, 2, 3, 3), True: (0, 1, 5)}
GAPS = {False: ("none", "some", "some"), True: ("first task", "all", "all but one")}
CONTAINERS = {
    False: ("array",) * 4 + ("objects", "list", "frame", "polars"),
    True: ("length", "3-D", "sparse", "infinite", "None", "scalar", "complex"),
}
WEIGHTS = {
    False: ("none",) * 3 + ("rows", "rows", "labels"),
    True: ("zeros", "scalar", "tiny", "negative", "nan", "length", "3-D", "words"),
}
MISSING = (np.nan,) * 4 + (None, -1, "", "missing", False)


class Labels(NamedTuple):
    """Labels, what they are, and the label that stands for a missing one."""

    y: Any
    n_tasks: int
    one_dimensional: bool
    missing_label: Any


@st.composite
def labels(draw: Any, n_rows: int, quantities: bool, both: bool) -> Labels:
    """Draw y for an estimator of classes or quantities."""
    n_tasks = draw_from(draw, N_TASKS)
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    missing_label = draw(st.sampled_from(MISSING))
    columns = []
    for _ in range(n_tasks):
        other = draw(st.booleans() if both else odd_ones())
        kinds = QUANTITIES if quantities != other else CLASSES
        columns.append(draw_column(rng, n_rows, draw_from(draw, kinds)))
    Y = leave_out(rng, columns, n_rows, draw_from(draw, GAPS), missing_label)
    one_dimensional = n_tasks == 1 and draw(st.booleans())
    container = draw_from(draw, CONTAINERS)
    if one_dimensional:
        Y = Y[:, 0]
    y = put_into(Y, container)
    one_dimensional &= container not in ("frame", "polars")
    return Labels(y, n_tasks, one_dimensional, missing_label)


def draw_column(rng: np.random.Generator, n_rows: int, kind: str) -> np.ndarray:
    z, codes = rng.normal(size=n_rows), rng.integers(3, size=n_rows)
    columns = {
        "two": codes % 2,
        "three": codes,
        "words": np.array(["x", "yy", "ö"])[codes],
        "truth": codes > 0,
        "one": np.zeros(n_rows, dtype=int),
        "floats": codes * 1e6,
        "many": rng.integers(1000, size=n_rows),
        "types": np.array(["x", 1, 2.5], dtype=object)[codes],
        "normal": z,
        "integers": np.round(10 * z),
        "huge": 1e30 * z,
        "huger": 1e200 * z,
        "tiny": 1e-30 * z,
        "spread": z * 10.0 ** rng.integers(-9, 10, size=n_rows),
        "constant": np.full(n_rows, 2.5),
        "shifted": 1e8 + z,
    }
    return columns[kind]


def leave_out(
    rng: np.random.Generator,
    columns: list[np.ndarray],
    n_rows: int,
    gaps: str,
    missing_label: Any,
) -> np.ndarray:
    """Return one table of objects, with gaps of every spelling."""
    Y = np.empty((n_rows, len(columns)), dtype=object)
    for t, column in enumerate(columns):
        Y[:, t] = column.tolist()
    absent = np.zeros(Y.shape, dtype=bool)
    if gaps == "some":
        absent = rng.random(Y.shape) < 0.3
    elif gaps == "first task":
        absent[:, :1] = True
    elif gaps != "none":
        absent[:] = True
        absent[:1] = gaps == "all"
    Y[absent] = missing_label
    if isinstance(missing_label, float) and rng.random() < 0.3:
        Y[absent] = None
    return Y


def put_into(Y: np.ndarray, container: str) -> Any:
    match container:
        case "array":
            return narrow(Y)
        case "objects":
            return Y
        case "list":
            return Y.tolist()
        case "frame" | "polars":
            return put_into_frame(Y, container)
    wrong = {
        "length": Y[1:],
        "3-D": np.zeros((len(Y), 1, 1)),
        "sparse": sparse.csr_matrix(np.eye(len(Y))),
        "infinite": np.full(Y.shape, np.inf),
        "None": None,
        "scalar": 1,
        "complex": np.zeros(Y.shape, dtype=complex),
    }
    return wrong[container]


def put_into_frame(Y: np.ndarray, container: str) -> Any:
    by_name = {f"y{t}": list(c) for t, c in enumerate(np.atleast_2d(Y.T))}
    if container == "frame":
        return pd.DataFrame(by_name)
    try:
        return pl.DataFrame(by_name, strict=False)
    except (TypeError, pl.exceptions.PolarsError):
        # It has no columns of several types.
        return pd.DataFrame(by_name)


def narrow(Y: np.ndarray) -> np.ndarray:
    """Return an array of the type that numpy finds for the labels."""
    try:
        return np.array(Y.tolist()).reshape(Y.shape)
    except ValueError:
        return Y


@st.composite
def sample_weights(draw: Any, n_rows: int, n_tasks: int) -> Any:
    """Draw sample_weight."""
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    rows, both = rng.random(n_rows), rng.random((n_rows, n_tasks))
    match draw_from(draw, WEIGHTS):
        case "rows":
            return rows * (rows > 0.2)
        case "labels":
            return both.tolist()
        case "zeros":
            return np.zeros(n_rows)
        case "scalar":
            return 2.0
        case "tiny":
            return rows * 1e-20
        case "negative":
            return rows - 0.5
        case "nan":
            return np.full(n_rows, np.nan)
        case "length":
            return np.ones(n_rows + 1)
        case "3-D":
            return np.ones((n_rows, 1, 1))
        case "words":
            return ["heavy"] * n_rows
    return None
