"""Tables as users bring them, and as they should not."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import polars as pl
import torch
from hypothesis import strategies as st
from scipy import sparse

# What is tried, by what most estimators take and what some refuse.
DTYPES = {
    False: ("float64",) * 3 + ("float32", "float16", ">f8", "int64", "uint8", "bool"),
    True: ("longdouble", "int8", "uint64", "object", "str", "complex128", "M8[s]"),
}
VALUES = {
    False: ("normal",) * 3 + ("integers", "constant", "twice", "mixed", "tiny"),
    True: ("normal", "huge", "nearly constant"),
}
GAPS = {False: ("none",), True: ("none", "nan", "nan", "column of nan", "inf")}
CONTAINERS = {
    False: ("array",) * 6 + ("frame", "nullable frame", "csr", "csc array", "list"),
    True: ("array",) * 8
    + ("mixed frame",) * 4
    + ("polars", "polars", "coo", "tensor", "1-D", "3-D", "scalar"),
}
N_ROWS = {False: (5, 10, 20, 20, 40), True: (0, 1, 2, 3, 20)}
N_COLUMNS = {False: (1, 2, 3, 3, 8), True: (0, 1, 3)}
LAYOUTS = ("C",) * 3 + ("F", "strided", "reversed", "read-only")

# One choice in so many is odd.
ODD_ONES = 14


@st.composite
def odd_ones(draw: Any) -> bool:
    """Draw whether something is to be odd."""
    return draw(st.integers(0, ODD_ONES - 1)) == ODD_ONES - 1


class Table(NamedTuple):
    """A table, and how many rows and columns it has."""

    X: Any
    n_rows: int
    n_columns: int


@st.composite
def tables(draw: Any) -> Table:
    """Draw X."""
    n_rows = draw_from(draw, N_ROWS)
    n_columns = draw_from(draw, N_COLUMNS)
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    X = draw_numbers(draw, rng, n_rows, n_columns)
    container = draw_from(draw, CONTAINERS)
    if container == "array":
        dtype = draw_from(draw, DTYPES)
        X = lay_out(cast(X, dtype), draw(st.sampled_from(LAYOUTS)))
    else:
        X = put_into(X, container, rng)
    return Table(X, n_rows, n_columns)


def draw_from(draw: Any, choices: dict[bool, tuple]) -> Any:
    """Draw from the usual choices, or from the odd ones."""
    return draw(st.sampled_from(choices[draw(odd_ones())]))


def draw_numbers(
    draw: Any, rng: np.random.Generator, n_rows: int, n_columns: int
) -> np.ndarray:
    X = rng.normal(size=(n_rows, n_columns))
    scales = {"huge": 1e30, "tiny": 1e-30, "constant": 0.0}
    values = draw_from(draw, VALUES)
    if values in scales:
        X = X * scales[values] + (values == "constant")
    elif values == "integers":
        X = np.round(3 * X)
    elif values == "nearly constant":
        X = 1 + 1e-9 * X
    elif values == "twice":
        X = np.repeat(X[: (n_rows + 1) // 2], 2, axis=0)[:n_rows]
    elif values == "mixed":
        X = X * 10.0 ** rng.integers(-8, 9, size=n_columns)
    gaps = draw_from(draw, GAPS)
    if gaps == "column of nan" and n_columns:
        X[:, rng.integers(n_columns)] = np.nan
    elif gaps in ("nan", "inf"):
        X[rng.random(X.shape) < 0.2] = np.nan if gaps == "nan" else np.inf
    return X


def cast(X: np.ndarray, dtype: str) -> np.ndarray:
    if dtype == "str":
        return np.where(X > 0, "left", "right")
    if np.dtype(dtype).kind in "biuM":
        X = np.clip(np.nan_to_num(X), 0, 100).astype("int64")
    with np.errstate(over="ignore", invalid="ignore"):
        return X.astype(dtype)


def lay_out(X: np.ndarray, layout: str) -> np.ndarray:
    if layout == "F":
        return np.asfortranarray(X)
    if layout == "strided":
        return np.repeat(X, 2, axis=0)[::2]
    if layout == "reversed":
        return X[::-1].copy()[::-1]
    if layout == "read-only":
        X.flags.writeable = False
    return X


def put_into(X: np.ndarray, container: str, rng: np.random.Generator) -> Any:
    names = [f"x{j}" for j in range(X.shape[1])]
    finite = np.nan_to_num(np.round(X), posinf=9)
    match container:
        case "frame":
            return pd.DataFrame(X, columns=names)
        case "mixed frame":
            return mix(pd.DataFrame(X, columns=names), rng)
        case "nullable frame":
            frame = pd.DataFrame(np.where(np.abs(X) < 100, np.round(X), np.nan))
            return frame.astype("Int64").set_axis(names, axis=1)
        case "polars":
            return pl.DataFrame(mix(pd.DataFrame(X, columns=names), rng))
        case "csr":
            return sparse.csr_matrix(finite)
        case "csc array":
            return sparse.csc_array(X)
        case "coo":
            return sparse.coo_matrix(finite)
        case "list":
            return X.tolist()
        case "tensor":
            return torch.from_numpy(X)
        case "1-D":
            return X.ravel()
        case "3-D":
            return X[:, :, np.newaxis]
    return 3.0


def mix(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return a frame with columns of several kinds."""
    for name in frame.columns:
        words = pd.Series(rng.choice(["a", "b", "c"], len(frame)), frame.index)
        match int(rng.integers(6)):
            case 0:
                frame[name] = words.astype("category")
            case 1:
                frame[name] = words.astype(object).where(frame[name] > 0, None)
            case 2:
                frame[name] = frame[name] > 0
            case 3:
                frame[name] = frame[name].astype("float32", errors="ignore")
    return frame


def change_width(X: Any) -> Any:
    """Return an array of one column more than a table has."""
    return np.zeros((3, np.shape(X)[1] + 1 if len(np.shape(X)) > 1 else 2))


def without_rows(X: Any) -> Any:
    """Return the same table with no rows."""
    return X.tocsr()[:0] if sparse.issparse(X) else X[:0]
