import warnings
from collections.abc import Iterator
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.model_selection import BaseCrossValidator
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, validate_parameter_constraints
from sklearn.utils.validation import check_consistent_length

from sklearn_mtl._stratification import encode_strata, stratify
from sklearn_mtl._tasks import read_targets
from sklearn_mtl._validation import parameter_error


class MultiTaskKFold(BaseCrossValidator):
    """K-fold cross-validator that stratifies all tasks at once.

    The rows are shuffled and dealt to folds of equal size such that each label of each
    task is spread evenly over the folds, as far as labels that come together allow
    (iterative stratification [1]_, the rarest label first). Quantities are stratified
    by up to ten quantile bins. Labels may be missing: each task is spread by the labels
    it has, also where every row belongs to one task.

    Parameters
    ----------
    n_splits : int, default=5
        The number of folds, at least 2.
    random_state : int, RandomState instance or None, default=None
        Controls the shuffling. Pass an int for the same folds in every call.
    missing_label : object, default=np.nan
        One more label that means missing, such as -1. NaN, None, pd.NA and NaT always
        do.

    See Also
    --------
    multitask_train_test_split : Split once into a training and a test part.
    sklearn.model_selection.StratifiedKFold : The same for one classification task.

    Notes
    -----
    Fold sizes differ by at most one row. With one task the counts of each class differ
    by at most one too, as in :class:`~sklearn.model_selection.StratifiedKFold`; with
    several, this holds for the rarest label. A label that is rarer than there are folds
    is in as many folds as it has rows, or nearly so: scores that need it are undefined
    in the others.

    References
    ----------
    .. [1] K. Sechidis, G. Tsoumakas and I. Vlahavas, "On the Stratification of
       Multi-label Data", ECML PKDD 2011.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_mtl.model_selection import MultiTaskKFold
    >>> X = np.zeros((8, 2))
    >>> Y = np.array([[0, 0, 0, 0, 0, 0, 1, 1], [2, 2, 3, 3, np.nan, 3, 2, 3]]).T
    >>> for train, test in MultiTaskKFold(n_splits=2, random_state=0).split(X, Y):
    ...     print(Y[test].T)
    [[0. 0. 0. 1.]
     [2. 2. 3. 3.]]
    [[ 0.  0.  0.  1.]
     [ 3. nan  3.  2.]]
    """

    def __init__(
        self,
        n_splits: int = 5,
        *,
        random_state: int | np.random.RandomState | None = None,
        missing_label: Any = np.nan,
    ) -> None:
        validate_parameter_constraints(
            {
                "n_splits": [Interval(Integral, 2, None, closed="left")],
                "random_state": ["random_state"],
            },
            {"n_splits": n_splits, "random_state": random_state},
            caller_name=type(self).__name__,
        )
        self.n_splits = n_splits
        self.random_state = random_state
        self.missing_label = missing_label

    def split(
        self, X: Any, y: Any = None, groups: Any = None
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Generate the row numbers of each training and test part.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or None
            The data; only its length matters.
        y : array-like of shape (n_samples,) or (n_samples, n_tasks)
            The labels.
        groups : None
            Ignored, with a warning.

        Yields
        ------
        train : ndarray
            The rows to train on, in ascending order.
        test : ndarray
            The rows to test on, in ascending order.
        """
        if groups is not None:
            warnings.warn(
                "The groups parameter is ignored by MultiTaskKFold", stacklevel=2
            )
        targets = read_targets(
            y, missing_label=self.missing_label, owner=type(self).__name__
        )
        check_consistent_length(X, y)
        if self.n_splits > targets.n_samples:
            raise parameter_error(
                "n_splits",
                type(self).__name__,
                f"at most the number of samples (n_samples={targets.n_samples})",
                self.n_splits,
            )
        folds = stratify(
            encode_strata(targets, min_count=self.n_splits),
            np.full(self.n_splits, 1 / self.n_splits),
            check_random_state(self.random_state),
        )
        for fold in range(self.n_splits):
            yield np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of folds.

        Parameters
        ----------
        X : object, default=None
            Ignored.
        y : object, default=None
            Ignored.
        groups : object, default=None
            Ignored.

        Returns
        -------
        int
            The number of folds.
        """
        return self.n_splits
