"""What the loaders return."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.utils import Bunch

from sklearn_mtl._validation import check_option, import_optional
from sklearn_mtl.datasets._archives import damaged

# What validate_params checks of the options that all loaders have.
LOADER_OPTIONS = {
    "data_home": [str, os.PathLike, None],
    "download_if_missing": ["boolean"],
    "return_X_y": ["boolean"],
    "as_frame": ["boolean"],
}

_SPLIT_CODES = {"train": 0, "test": 2}


def check_subset(subset: str, choices: Sequence[str], owner: str) -> None:
    """Raise unless `subset` is "all" or the name of a part of the data."""
    check_option(subset, ["all", *choices], "subset", owner)


def split_rows(
    split: np.ndarray, subset: str, path: Path, owner: str
) -> np.ndarray | slice:
    """Return what selects the rows of a subset, by the column of a prepared file."""
    is_wanted = np.ones(len(split), dtype=bool)
    if subset != "all":
        is_wanted = split == _SPLIT_CODES[subset]
    if not is_wanted.any():
        raise damaged(path, owner, f"it has no rows of the subset {subset!r}")
    return slice(None) if is_wanted.all() else np.flatnonzero(is_wanted)


@dataclass(frozen=True)
class TaskData:
    """A data set whose rows are arrays, with the classes of each task.

    With one task the target is 1-D. What is in `extras` becomes attributes of the
    Bunch.
    """

    data: np.ndarray
    target: np.ndarray
    classes: Mapping[str, Sequence[str]]
    description: str
    extras: Mapping[str, Any] = field(default_factory=dict)

    def hand_over(self, owner: str, *, return_X_y: bool, as_frame: bool) -> Any:
        """Return the Bunch or the tuple that the loader was asked for."""
        target = self._target_as_frame(owner) if as_frame else self.target
        if return_X_y:
            return self.data, target
        return Bunch(
            data=self.data,
            target=target,
            frame=None,
            task_names=list(self.classes),
            target_names=[list(names) for names in self.classes.values()],
            DESCR=self.description,
            **self.extras,
        )

    def _target_as_frame(self, owner: str) -> Any:
        pd = import_optional("pandas", "pandas", f"{owner} with as_frame=True")
        names = list(self.classes)
        if self.target.ndim == 1:
            return pd.Series(self.target, name=names[0])
        return pd.DataFrame(self.target, columns=names)
