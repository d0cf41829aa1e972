"""A folder of Parquet files that are written one by one, and gone on with later."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sklearn_mtl._atomic_file import replacing
from sklearn_mtl._storage._parquet_files import load_pyarrow_parquet
from sklearn_mtl._validation import parameter_error

_PLAN = "_plan.json"
_VERSION = 1


class PartsFolder:
    """The parts that are there, and those that are missing.

    The folder keeps what it is about in a file of its own, so that nothing else is
    written to it. A part is there as a whole or not at all, whenever the process ends.
    """

    def __init__(self, path: Any, plan: Mapping[str, Any], owner: str) -> None:
        self.path = Path(path)
        self._parquet = load_pyarrow_parquet()
        plan = {"version": _VERSION, **plan}
        if self.path.exists() and not self.path.is_dir():
            got = f"the file {os.fspath(path)!r}"
            raise parameter_error("path", owner, "a folder, or a new path", got)
        self.path.mkdir(parents=True, exist_ok=True)
        written = self.path / _PLAN
        if not written.exists():
            if any(self.path.glob("*.parquet")):
                got = f"{os.fspath(path)!r}, which has files of something else"
                raise parameter_error("path", owner, "an empty folder", got)
            with replacing(written) as new:
                new.write_text(json.dumps(plan), "utf-8")
            return
        try:
            found = json.loads(written.read_text("utf-8"))
        except ValueError:
            found = None
        if found != plan:
            found = found if isinstance(found, dict) else {}
            other = [key for key in plan if found.get(key) != plan[key]]
            expected = "the folder of the same predictions, or an empty one"
            got = f"{os.fspath(path)!r}, begun with another {', '.join(other)}"
            raise parameter_error("path", owner, expected, got)

    def has(self, number: int) -> bool:
        """Return whether a part is there."""
        return self._name(number).is_file()

    def read(self, number: int) -> Any:
        """Return a part as an Arrow table."""
        return self._parquet.read_table(self._name(number))

    def write(self, number: int, table: Any) -> None:
        """Write a part, which is not there until it is complete."""
        with replacing(self._name(number)) as new:
            self._parquet.write_table(table, new)

    def _name(self, number: int) -> Path:
        return self.path / f"part-{number:06d}.parquet"
