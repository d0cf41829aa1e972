"""Parts of the training rows, for learning curves."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.utils import _safe_indexing

from sklearn_mtl._stratification import encode_strata, stratify
from sklearn_mtl._tasks import Targets
from sklearn_mtl._validation import parameter_error
from sklearn_mtl.model_selection._compare._repeats import Fold


def count_rows(train_sizes: Any, folds: Sequence[Fold], owner: str) -> np.ndarray:
    """Return how many rows of each fold to train on, (n_sizes, n_folds), ascending.

    The whole training part comes last, and always.
    """
    whole = np.array([len(fold.train) for fold in folds])
    if train_sizes is None:
        return whole[np.newaxis]
    sizes = np.atleast_1d(np.asarray(train_sizes))
    fractions = sizes.dtype.kind == "f"
    largest = 1 if fractions else whole.min()
    if (
        sizes.dtype.kind not in "iuf"
        or sizes.size == 0
        or not ((sizes > 0) & (sizes <= largest)).all()
    ):
        raise parameter_error(
            "train_sizes",
            owner,
            "fractions above 0 and at most 1, or numbers of rows of which a training "
            f"part has enough (up to {whole.min()})",
            repr(train_sizes),
        )
    counts = np.outer(np.unique(sizes), whole if fractions else np.ones(len(whole)))
    counts = np.maximum(counts.round().astype(int), 1)
    counts = np.vstack([counts, whole])
    distinct = np.append(np.diff(counts.mean(axis=1).round()) > 0, True)
    return counts[distinct]


def nest_rows(
    targets: Targets, rows: np.ndarray, counts: np.ndarray, rng: np.random.RandomState
) -> list[np.ndarray]:
    """Return parts of the rows with as many as given, each within the next.

    `counts` ascends to the number of all rows. Every part is stratified over the tasks.
    """
    if len(counts) == 1:
        return [rows]
    part = Targets(
        names=targets.names,
        columns=[_safe_indexing(column, rows) for column in targets.columns],
        observed=targets.observed[rows],
        one_dimensional=targets.one_dimensional,
        named=targets.named,
    )
    steps = np.diff(counts, prepend=0)
    codes = encode_strata(part, min_count=-(-len(rows) // int(counts[0])))
    step = stratify(codes, steps / len(rows), rng)
    return [rows[step <= s] for s in range(len(counts))]
