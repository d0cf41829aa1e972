"""The history of a training: a table of numbers, and what is no number."""

from typing import Any

import numpy as np

from sklearn_mtl.neural_network._saving._reader import Reader, check
from sklearn_mtl.neural_network._saving._refusal import refuse
from sklearn_mtl.neural_network._saving._writer import Writer


def describe_history(
    rows: list[dict[str, Any]], writer: Writer, name: str
) -> dict[str, Any]:
    """Return what is to be said of each epoch."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    numbers = [
        key for key in columns if all(type(row.get(key)) is float for row in rows)
    ]
    table = np.array([[row[key] for key in numbers] for row in rows], dtype=np.float64)
    rest = [
        {
            key: writer.write(v, f"{name}.{key}")
            for key, v in row.items()
            if key not in numbers
        }
        for row in rows
    ]
    shape = len(rows), len(numbers)
    return {
        "columns": columns,
        "numbers": numbers,
        "table": writer.write_array(table.reshape(shape), name),
        "rest": rest,
    }


def read_history(said: Any, reader: Reader) -> list[dict[str, Any]]:
    """Return the rows of a history, one for each epoch."""
    table = check(reader.read(said["table"]), np.ndarray)
    numbers, rest = check(said["numbers"], list), check(said["rest"], list)
    if table.shape != (len(rest), len(numbers)):
        raise refuse("a history of other epochs than its numbers")
    columns, rows = check(said["columns"], list), []
    for values, others in zip(table.tolist(), rest, strict=True):
        row = dict(zip(numbers, values, strict=True)) | reader.read_all(others)
        rows.append({key: row[key] for key in columns if key in row})
    return rows
