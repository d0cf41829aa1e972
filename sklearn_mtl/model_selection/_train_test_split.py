from numbers import Integral
from typing import Any

import numpy as np
from sklearn.model_selection import ShuffleSplit
from sklearn.utils import _safe_indexing, check_random_state, indexable
from sklearn.utils._param_validation import Interval, RealNotInt, validate_params

from sklearn_mtl._stratification import encode_strata, stratify
from sklearn_mtl._tasks import read_targets

_SIZE = [
    Interval(RealNotInt, 0, 1, closed="neither"),
    Interval(Integral, 1, None, closed="left"),
    None,
]


@validate_params(
    {"test_size": _SIZE, "train_size": _SIZE, "random_state": ["random_state"]},
    prefer_skip_nested_validation=True,
)
def multitask_train_test_split(
    X: Any,
    Y: Any,
    *arrays: Any,
    test_size: float | None = None,
    train_size: float | None = None,
    random_state: int | np.random.RandomState | None = None,
    missing_label: Any = np.nan,
) -> list[Any]:
    """Split arrays into a training and a test part that stratify all tasks at once.

    The labels of each task come in the same proportions in both parts, as far as labels
    that come together allow. Labels may be missing.

    Parameters
    ----------
    X : array-like of shape (n_samples, ...)
        The data: an array, list, sparse matrix or data frame.
    Y : array-like of shape (n_samples,) or (n_samples, n_tasks)
        The labels, to stratify by.
    *arrays : sequence of array-like of shape (n_samples, ...)
        More arrays to split alike, such as sample weights.
    test_size : float or int, default=None
        The test part, as a fraction or a number of rows. By default what `train_size`
        leaves; 0.25 if that is None too.
    train_size : float or int, default=None
        The training part, as a fraction or a number of rows. By default what
        `test_size` leaves.
    random_state : int, RandomState instance or None, default=None
        Controls the shuffling. Pass an int for the same split in every call.
    missing_label : object, default=np.nan
        One more label that means missing, such as -1. NaN, None, pd.NA and NaT always
        do.

    Returns
    -------
    list
        The training and the test part of each array: ``X_train, X_test, Y_train,
        Y_test, ...``. A sparse matrix becomes CSR.

    See Also
    --------
    MultiTaskKFold : The same for cross-validation.
    sklearn.model_selection.train_test_split : Stratifies by whole rows of labels.

    Examples
    --------
    >>> from sklearn_mtl.datasets import load_digits_tasks
    >>> from sklearn_mtl.model_selection import multitask_train_test_split
    >>> X, Y = load_digits_tasks(return_X_y=True)
    >>> X_train, X_test, Y_train, Y_test = multitask_train_test_split(
    ...     X, Y, test_size=0.3, random_state=0
    ... )
    >>> X_train.shape, Y_test.shape
    ((1257, 64), (540, 3))
    >>> Y_train.mean(axis=0).round(2), Y_test.mean(axis=0).round(2)
    (array([4.49, 0.5 , 0.5 ]), array([4.49, 0.5 , 0.5 ]))
    """
    owner = "multitask_train_test_split"
    targets = read_targets(Y, missing_label=missing_label, owner=owner, name="Y")
    arrays = indexable(X, Y, *arrays)
    n = targets.n_samples
    if test_size is None and train_size is None:
        test_size = 0.25
    # scikit-learn reads the sizes, and words what is wrong with them.
    sizes = ShuffleSplit(1, test_size=test_size, train_size=train_size)
    n_train, n_test = map(len, next(sizes.split(np.empty(n))))
    rng = check_random_state(random_state)
    codes = encode_strata(targets, min_count=-(-n // min(n_train, n_test)))
    folds = stratify(codes, np.array([n_train, n_test, n - n_train - n_test]) / n, rng)
    parts = [rng.permutation(np.flatnonzero(folds == part)) for part in (0, 1)]
    return [_safe_indexing(array, part) for array in arrays for part in parts]
