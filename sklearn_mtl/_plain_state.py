"""What an estimator has learnt as plain data, where it is stored.

Who stores estimators without pickle, as skops does, is asked to trust each class by its
name. Objects of private classes become dicts, so that the estimator's own is enough.
"""

from importlib import import_module
from typing import Any

# Private classes of what is learnt, and where they are.
_HOMES = {
    "Block": "sklearn_mtl.ensemble._boosting._outputs",
    "BoostedTrees": "sklearn_mtl.ensemble._boosting._boosted_trees",
    "LogisticLoss": "sklearn_mtl.ensemble._boosting._losses",
    "SharedWeights": "sklearn_mtl.ensemble._combining._shared_weights",
    "SoftmaxLoss": "sklearn_mtl.ensemble._boosting._losses",
    "SquaredLoss": "sklearn_mtl.ensemble._boosting._losses",
    "TaskColumns": "sklearn_mtl.ensemble._trees._columns",
    "TaskOutputs": "sklearn_mtl.ensemble._boosting._outputs",
    "TaskTree": "sklearn_mtl.ensemble._trees._task_tree",
    "Tasks": "sklearn_mtl._tasks",
}

_MARK = "class of sklearn_mtl"


class PlainStateMixin:
    """Lets an estimator be stored as plain data, by pickle and by others."""

    def __getstate__(self) -> dict[str, Any]:
        state: Any = super().__getstate__()
        return {name: pack(value) for name, value in state.items()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update({name: unpack(value) for name, value in state.items()})


def pack(value: Any) -> Any:
    """Return dicts in place of objects of private classes."""
    kind = type(value)
    if kind in (list, tuple):
        return kind(pack(one) for one in value)
    if _HOMES.get(kind.__name__) == kind.__module__:
        return {_MARK: kind.__name__, **{k: pack(v) for k, v in vars(value).items()}}
    return value


def unpack(value: Any) -> Any:
    """Return the objects that `pack` made dicts of."""
    kind = type(value)
    if kind in (list, tuple):
        return kind(unpack(one) for one in value)
    if kind is not dict or _MARK not in value:
        return value
    name = value[_MARK]
    found = object.__new__(getattr(import_module(_HOMES[name]), name))
    state = {k: unpack(v) for k, v in value.items() if k != _MARK}
    found.__dict__.update(state)
    return found
