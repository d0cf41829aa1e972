"""What a checkpoint belongs to: the parameters, the data, and where the fit started."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from sklearn_mtl.neural_network._batches import TaskData
from sklearn_mtl.neural_network._checkpoints._description import (
    describe,
    describe_rows,
    describe_tensors,
)
from sklearn_mtl.neural_network._checkpoints._state import weights_of
from sklearn_mtl.neural_network._training_run import TrainingRun

# What a fit may be gone on with another value of.
_FREE = frozenset(
    {
        "checkpoint_dir",
        "checkpoint_every",
        "data_parallel",
        "device",
        "resume",
        "verbose",
        "warm_start",
    }
)
# Rows beyond so many are not all looked at.
_MOST_ROWS = 10_000


def find_fingerprint(estimator: Any, run: TrainingRun) -> dict[str, str]:
    """Return what must be the same for a fit to be gone on with, by name."""
    given = estimator.get_params(deep=False)
    net = run.net
    return {
        "estimator": type(estimator).__name__,
        **{k: describe(v) for k, v in sorted(given.items()) if k not in _FREE},
        "the device": str(net.device),
        "the tasks": describe([run.tasks.names, run.tasks.classes]),
        **_of_data(run.train, "the training rows", "the labels"),
        **_of_data(run.valid, "the rows held out", "the labels held out"),
        "the epochs before": str(len(net.history)),
        "the first weights": describe_tensors(weights_of(net)),
    }


def _of_data(data: TaskData | None, rows: str, labels: str) -> dict[str, str]:
    if data is None:
        return {rows: "none"}
    own = {f"own{k}": own_rows for k, own_rows in enumerate(data.own_rows)}
    parts = {"targets": data.targets, "weights": data.weights, **own}
    return {
        rows: describe_rows(data.rows, _MOST_ROWS),
        labels: describe_tensors(parts),
    }


def shorten(fingerprint: Mapping[str, str]) -> str:
    """Return it as a few letters for names of files."""
    content = json.dumps(fingerprint, sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def find_differences(theirs: Mapping[str, str], ours: Mapping[str, str]) -> list[str]:
    """Return what differs, as text; consequences come last."""
    return [
        f"{name} ({theirs.get(name, 'none')} there, {ours.get(name, 'none')} now)"
        for name in {**ours, **theirs}
        if theirs.get(name) != ours.get(name)
    ]
