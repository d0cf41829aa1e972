"""In what two networks differ, in the words of the parameters that made them so."""

from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor

Tensors = Mapping[str, Tensor]

_GIVE_ESTIMATOR = "give the fitted estimator, not its tensors, and its own are kept"
_GIVE_PRESET = "give both the same preset, or the same"


def explain_difference(own: Tensors, given: Tensors) -> tuple[str, str] | None:
    """Return what was expected of the tensors of a network, and what they are of.

    None if they differ in none of the ways that are known here. Tensors of the layers
    alone, or of the encoder alone, are compared in these.
    """
    for find, advice in _FACTS.items():
        expected, got = find(own), find(given)
        if expected is not None and got is not None and expected != got:
            return f"of a network with {expected}, as this one ({advice})", got
    return None


def _count_networks(tensors: Tensors) -> str | None:
    if not any(name.startswith("trunk.") for name in tensors):
        return None
    of_networks = [name for name in tensors if name.startswith("trunk.trunks.")]
    numbers = {name.split(".")[2] for name in of_networks}
    return f"n_networks={max(len(numbers), 1)}"


def _count_members(tensors: Tensors) -> str | None:
    for name, tensor in tensors.items():
        if name.startswith("trunk.") and name.endswith("enter.changes"):
            return f"n_members={len(tensor)}"
    return None if _count_networks(tensors) is None else "n_members=1"


def _list_columns(tensors: Tensors) -> str | None:
    categorical: Any = tensors.get("encoder.categorical", ())
    numeric = tensors.get("encoder.numeric", tensors.get("encoder.center"))
    if numeric is None:
        return None
    return f"{len(numeric)} numeric columns, categorical ones: {_list(categorical)}"


def _tell_scaling(tensors: Tensors) -> str | None:
    if _list_columns(tensors) is not None:
        return "preprocess=True"
    has_heads = any(name.startswith("heads.") for name in tensors)
    encodes = any(name.startswith("encoder.") for name in tensors)
    return "preprocess=False" if has_heads and not encodes else None


def _name_embedding(tensors: Tensors) -> str | None:
    if _list_columns(tensors) is None:
        return None
    if "encoder.embedding.columns" in tensors:
        return "encoder='piecewise_linear'"
    if "encoder.embedding.frequencies" in tensors:
        return "encoder='periodic'"
    embeds = any(name.startswith("encoder.embedding.") for name in tensors)
    return "encoder='linear_relu'" if embeds else "encoder=None"


def _list_gaps(tensors: Tensors) -> str | None:
    if _list_columns(tensors) is None:
        return None
    return f"missing values in columns: {_list(tensors.get('encoder.gaps', ()))}"


def _count_bins(tensors: Tensors) -> str | None:
    bins = tensors.get("encoder.embedding.columns")
    return None if bins is None else f"{len(bins)} bins"


def _count_categories(tensors: Tensors) -> str | None:
    prefix = "encoder.categories.weights."
    sizes = [len(t) for name, t in tensors.items() if name.startswith(prefix)]
    return f"{', '.join(map(str, sizes))} categories by column" if sizes else None


def _list(columns: Any) -> str:
    return ", ".join(str(int(column)) for column in columns) or "none"


# From what says the most to what may follow from it.
_FACTS: dict[Callable[[Tensors], str | None], str] = {
    _tell_scaling: "give both the same preprocess",
    _list_columns: "fit both on the same columns",
    _name_embedding: f"{_GIVE_PRESET} encoder",
    _count_networks: f"{_GIVE_PRESET} n_networks",
    _count_members: f"{_GIVE_PRESET} n_members",
    _list_gaps: f"{_GIVE_ESTIMATOR}, or fit it on gaps in the same columns",
    _count_bins: _GIVE_ESTIMATOR,
    _count_categories: _GIVE_ESTIMATOR,
}
