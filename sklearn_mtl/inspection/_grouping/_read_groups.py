"""Groups of tasks, in every spelling a user may give them in."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np

from sklearn_mtl._validation import did_you_mean, list_some, parameter_error

_EXPECTED = (
    "'auto', one integer per task, a list of groups (lists of names or positions), a "
    "dict from each task to those it is learnt with, or a boolean matrix with a group "
    "per task"
)


@dataclass(frozen=True)
class Groups:
    """Groups of tasks, by position, and which of them predicts each task."""

    members: list[list[int]]
    serving: np.ndarray

    @classmethod
    def of_each(cls, group_of: Sequence[Sequence[int]]) -> "Groups":
        """Return the groups, each once, given the one of every task."""
        members: list[list[int]] = []
        serving = []
        for of_task in group_of:
            group = sorted(set(of_task))
            if group not in members:
                members.append(group)
            serving.append(members.index(group))
        return cls(members, np.array(serving))


def read_groups(groups: Any, names: Sequence[str], owner: str) -> Groups:
    """Return the groups; every task must have one."""
    if hasattr(groups, "columns"):
        # Going over a data frame would give the names of its columns.
        groups = groups.to_numpy()
    if isinstance(groups, Mapping):
        return _from_mapping(groups, names, owner)
    if isinstance(groups, (str, bytes)) or not isinstance(groups, Iterable):
        raise parameter_error(
            "groups",
            owner,
            _EXPECTED,
            f"{groups!r}{did_you_mean(groups, ['auto'])}",
        )
    groups = list(groups)
    if groups and all(_is_task(group) for group in groups):
        return _from_labels(groups, names, owner)
    if all(isinstance(group, Iterable) for group in groups):
        members = [list(group) for group in groups]
        if any(isinstance(cell, (bool, np.bool_)) for row in members for cell in row):
            return _from_matrix(members, names, owner)
        return _from_lists(members, names, owner)
    raise parameter_error("groups", owner, _EXPECTED, repr(groups))


def _is_task(item: Any) -> bool:
    return isinstance(item, (str, bytes)) or not isinstance(item, Iterable)


def _from_labels(labels: list[Any], names: Sequence[str], owner: str) -> Groups:
    whole = all(isinstance(label, Integral) for label in labels)
    if len(labels) != len(names) or not whole:
        raise parameter_error(
            "groups", owner, f"{len(names)} integers, one per task", list_some(labels)
        )
    return Groups.of_each(
        [[t for t, other in enumerate(labels) if other == label] for label in labels]
    )


def _from_matrix(rows: list[list[Any]], names: Sequence[str], owner: str) -> Groups:
    matrix = np.array(rows)
    expected = (
        f"a matrix of {len(names)} x {len(names)} booleans, true on the diagonal: row "
        "t says what task t is learnt with"
    )
    if matrix.shape != (len(names), len(names)):
        raise parameter_error("groups", owner, expected, f"shape {matrix.shape}")
    if matrix.dtype != bool or not matrix.diagonal().all():
        raise parameter_error("groups", owner, expected, "another matrix")
    return Groups.of_each([np.flatnonzero(row).tolist() for row in matrix])


def _from_lists(groups: list[list[Any]], names: Sequence[str], owner: str) -> Groups:
    members = [
        sorted({_find(task, names, owner) for task in group}) for group in groups
    ]
    serving = np.full(len(names), -1)
    for g, group in enumerate(members):
        new = [t for t in group if serving[t] < 0]
        if not new:
            raise parameter_error(
                "groups",
                owner,
                "groups that each have a task that no group before has, since the "
                "first group that names a task predicts it",
                f"{groups[g]!r} after the others",
            )
        serving[new] = g
    _check_all(np.flatnonzero(serving < 0), names, owner)
    return Groups(members, serving)


def _from_mapping(
    groups: Mapping[Any, Any], names: Sequence[str], owner: str
) -> Groups:
    group_of: list[list[int]] = [[] for _ in names]
    for task, others in groups.items():
        t = _find(task, names, owner)
        others = [others] if _is_task(others) else others
        group_of[t] = [t, *(_find(other, names, owner) for other in others)]
    _check_all([t for t, group in enumerate(group_of) if not group], names, owner)
    return Groups.of_each(group_of)


def _find(task: Any, names: Sequence[str], owner: str) -> int:
    if isinstance(task, Integral) and int(task) in range(len(names)):
        return int(task)
    if str(task) in names:
        return list(names).index(str(task))
    raise parameter_error(
        "groups",
        owner,
        f"made of names of tasks ({list_some(names)}) or their positions",
        f"{task!r}{did_you_mean(task, names)}",
    )


def _check_all(missing: Iterable[int], names: Sequence[str], owner: str) -> None:
    left_out = [names[t] for t in missing]
    if left_out:
        expected = "such that every task has a group"
        raise parameter_error(
            "groups", owner, expected, f"none for {list_some(left_out)}"
        )
