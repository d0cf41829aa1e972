"""Which rows each booster leaves out, to tell when it should have stopped."""

import numpy as np

from sklearn_mtl._stratification import encode_strata, stratify
from sklearn_mtl._tasks import read_targets


def draw_held_out(
    X: np.ndarray,
    encoded: np.ndarray,
    proportions: np.ndarray,
    rng: np.random.RandomState,
) -> np.ndarray:
    """Return the part of each row (n_samples,), stratified over the tasks.

    Rows with the same inputs are in the same part: what is held out has not been seen,
    and a row that is there twice is as one that weighs twice as much.
    """
    keys = np.ascontiguousarray(X).view(f"V{X.shape[1] * X.itemsize}").ravel()
    _, first, group = np.unique(keys, return_index=True, return_inverse=True)
    targets = read_targets(encoded[first], owner="boosting")
    codes = encode_strata(targets, min_count=len(proportions))
    return stratify(codes, proportions, rng)[group]
