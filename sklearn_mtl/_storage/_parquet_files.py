"""Which Parquet files there are, what columns they have, and their row groups."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sklearn_mtl._validation import (
    did_you_mean,
    import_optional,
    list_some,
    parameter_error,
)

OWNER = "ParquetTable"


@dataclass(frozen=True)
class ParquetFiles:
    """Files with the same columns, and the row groups of all of them.

    `kinds` says of each column whether it holds numbers, "number", or what becomes a
    category, "category"; all else is "other". Row group g has the rows from `bounds[g]`
    to `bounds[g + 1]`, and is `places[g]`: the number of a file, and the place in it.
    """

    paths: tuple[str, ...]
    kinds: dict[str, str]
    bounds: np.ndarray
    places: np.ndarray

    @property
    def n_rows(self) -> int:
        return int(self.bounds[-1])

    def open(self, file: int, read_dictionary: Sequence[str] = ()) -> Any:
        """Return a file, opened, in which these columns are to become dictionaries."""
        parquet = load_pyarrow_parquet()
        path = self.paths[file]
        opened = parquet.ParquetFile(
            path, read_dictionary=list(read_dictionary) or None, pre_buffer=False
        )
        inside = self.places[:, 0] == file
        if opened.metadata.num_rows != int(np.diff(self.bounds)[inside].sum()):
            raise OSError(f"{path!r} has other rows than when {OWNER} opened it.")
        return opened


def load_pyarrow_parquet() -> Any:
    """Return the module of pyarrow that reads and writes Parquet files."""
    return import_optional("pyarrow.parquet", "parquet", OWNER)


def find_files(path: Any) -> ParquetFiles:
    """Return the files of a path, a folder, a pattern, or a sequence of paths."""
    paths = _find_paths(path)
    kinds: dict[str, str] = {}
    places: list[tuple[int, int]] = []
    sizes: list[int] = []
    for number, each in enumerate(paths):
        metadata, schema = _read_footer(each)
        of_file = {field.name: _find_kind(field.type) for field in schema}
        if len(of_file) < len(schema):
            got = f"the same name twice in {each!r}"
            raise parameter_error("path", OWNER, "of files with unique columns", got)
        if not number:
            kinds = of_file
        _check_same(kinds, of_file, schema, paths[0], each)
        for group in range(metadata.num_row_groups):
            n_rows = metadata.row_group(group).num_rows
            if n_rows:
                places.append((number, group))
                sizes.append(n_rows)
    if not sizes:
        got = f"{len(paths)} empty file(s): {list_some(paths, limit=3)}"
        raise parameter_error("path", OWNER, "of files with at least 1 row", got)
    return ParquetFiles(
        tuple(paths), kinds, np.cumsum([0, *sizes]), np.array(places, dtype=np.intp)
    )


def _find_paths(path: Any) -> list[str]:
    if not isinstance(path, (str, os.PathLike)):
        if not isinstance(path, Iterable):
            expected = "a path, a pattern, or a sequence of paths"
            raise parameter_error("path", OWNER, expected, repr(path))
        return list(_expand_all(path))
    return list(_expand_all([path]))


def _expand_all(paths: Iterable[Any]) -> Iterator[str]:
    is_empty = True
    for path in paths:
        is_empty = False
        found = _expand(os.fspath(path))
        if not found:
            got = f"{os.fspath(path)!r}, where there are none"
            raise parameter_error("path", OWNER, "where there are Parquet files", got)
        yield from found
    if is_empty:
        raise parameter_error("path", OWNER, "where there are Parquet files", "no path")


def _expand(path: str) -> list[str]:
    """Return files in the order of their names, whatever order the folder has."""
    if Path(path).is_dir():
        found = [
            each.as_posix()
            for each in Path(path).rglob("*.parquet")
            if not any(
                part.startswith((".", "_")) for part in each.relative_to(path).parts
            )
        ]
        return sorted(found)
    if Path(path).is_file():
        return [path]
    root = Path(path).anchor
    pattern = Path(path).relative_to(root) if root else Path(path)
    if not pattern.parts:
        return []
    matches = Path(root or ".").glob(str(pattern))
    return sorted(each.as_posix() for each in matches if each.is_file())


def _read_footer(path: str) -> tuple[Any, Any]:
    """Return the metadata and the schema of a file."""
    parquet = load_pyarrow_parquet()
    try:
        with parquet.ParquetFile(path) as opened:
            return opened.metadata, opened.schema_arrow
    except (ValueError, OSError) as error:
        got = f"{path!r}: {error}"
        raise parameter_error("path", OWNER, "of readable files", got) from error


def _find_kind(type_: Any) -> str:
    from pyarrow import types

    if types.is_dictionary(type_):
        return "category" if _find_kind(type_.value_type) != "other" else "other"
    if types.is_string(type_) or types.is_large_string(type_):
        return "category"
    is_number = (
        types.is_integer(type_)
        or types.is_floating(type_)
        or types.is_boolean(type_)
        or types.is_decimal(type_)
        or types.is_null(type_)
    )
    return "number" if is_number else "other"


def _check_same(
    kinds: dict[str, str], of_file: dict[str, str], schema: Any, first: str, path: str
) -> None:
    """Raise if a file has other columns than the first one."""
    for name, kind in kinds.items():
        if name not in of_file:
            got = f"{path!r} without {name!r}{did_you_mean(name, of_file)}"
        elif of_file[name] != kind:
            got = f"{name!r} as {schema.field(name).type} in {path!r}"
        else:
            continue
        expected = f"of files with the columns of {first!r}, of the same kinds"
        raise parameter_error("path", OWNER, expected, got)
    for name in of_file:
        if name not in kinds:
            expected = f"of files with the columns of {first!r}, of the same kinds"
            raise parameter_error("path", OWNER, expected, f"{name!r} in {path!r}")
