"""What the forests have in common."""

import warnings
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import KW_ONLY, dataclass
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from joblib import effective_n_jobs
from scipy import sparse
from sklearn.base import _fit_context
from sklearn.utils import assert_all_finite, check_random_state, gen_even_slices
from sklearn.utils._param_validation import Interval, RealNotInt, StrOptions
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_is_fitted

from sklearn_mtl._scoring import DEFAULT_METRICS
from sklearn_mtl._validation import check_option, parameter_error
from sklearn_mtl.ensemble._base import BaseTaskEnsemble, LabelledRows
from sklearn_mtl.ensemble._trees._columns import TaskColumns
from sklearn_mtl.ensemble._trees._growers import make_grower
from sklearn_mtl.ensemble._trees._importances import Importances
from sklearn_mtl.ensemble._trees._node_values import NodeValues
from sklearn_mtl.ensemble._trees._settings import (
    TreeSettings,
    count_features,
    count_rows,
)
from sklearn_mtl.ensemble._trees._task_tree import add_trees, grow_tree
from sklearn_mtl.ensemble._trees._unseen_rows import UnseenRows
from sklearn_mtl.metrics import task_scores

_SPLITTERS = ("best", "random")


@dataclass(repr=False, eq=False)
class BaseMultiTaskForest(BaseTaskEnsemble):
    """Trees whose splits all tasks share; their parameters are its fields."""

    n_estimators: int = 100
    _: KW_ONLY
    splitter: str = "random"
    max_depth: int | None = None
    min_samples_split: int | float = 2
    min_samples_leaf: int | float = 1
    max_features: Any = None
    shrinkage: float = 0.0
    bootstrap: bool = False
    max_samples: int | float | None = None
    oob_score: bool = False
    task_weights: Any = None
    missing_label: Any = np.nan
    n_jobs: int | None = None
    random_state: Any = None

    _parameter_constraints = {
        "n_estimators": [Interval(Integral, 1, None, closed="left")],
        "splitter": [StrOptions(set(_SPLITTERS))],
        "max_depth": [Interval(Integral, 1, None, closed="left"), None],
        "min_samples_split": [
            Interval(Integral, 2, None, closed="left"),
            Interval(RealNotInt, 0, 1, closed="right"),
        ],
        "min_samples_leaf": [
            Interval(Integral, 1, None, closed="left"),
            Interval(RealNotInt, 0, 1, closed="neither"),
        ],
        "max_features": [
            Interval(Integral, 1, None, closed="left"),
            Interval(RealNotInt, 0, 1, closed="right"),
            StrOptions({"auto", "sqrt", "log2"}),
            None,
        ],
        "shrinkage": [Interval(Real, 0, None, closed="left")],
        "bootstrap": ["boolean"],
        "max_samples": [
            Interval(Integral, 1, None, closed="left"),
            Interval(RealNotInt, 0, 1, closed="right"),
            None,
        ],
        "oob_score": ["boolean"],
        "task_weights": ["array-like", dict, None],
        "missing_label": "no_validation",
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
    }

    def _validate_params(self) -> None:
        owner = type(self).__name__
        if isinstance(self.splitter, str):
            check_option(self.splitter, _SPLITTERS, "splitter", owner)
        super()._validate_params()
        if self.bootstrap:
            return
        for name, absent in (("oob_score", False), ("max_samples", None)):
            if (given := getattr(self, name)) != absent:
                expected = f"{absent} with bootstrap=False, as no row is left out"
                raise parameter_error(name, owner, expected, repr(given))

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Grow the trees on all tasks jointly.

        Parameters
        ----------
        X : {array-like, sparse matrix, data frame} of shape (n_samples, n_features)
            Inputs. NaN is a missing value; a sparse matrix may have none.
        y : array-like of shape (n_samples,) or (n_samples, n_tasks)
            Labels, one column per task; missing ones are NaN, None or `missing_label`.
        sample_weight : array-like of shape (n_samples,) or (n_samples, n_tasks), \
default=None
            Weights of rows or of labels. Weight 0 is the same as a missing label.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If a task has no label.

        Warns
        -----
        UserWarning
            If `oob_score` is asked for, and all trees were grown on some of the rows.
        UndefinedMetricWarning
            If all labels of a task are of such rows.
        """
        rows = self._read(X, y, sample_weight).with_labels()
        n, n_features = rows.X.shape
        columns = TaskColumns(rows.n_classes, rows.tasks.are_classification)
        node_values = NodeValues(rows, columns, self.shrinkage)
        grower = make_grower(rows, self._make_settings(n, n_features))
        trees = []
        importances = Importances(rows.task_weights, n_features)
        unseen = UnseenRows(n, columns.n_columns)
        for grown in self._parallel(return_as="generator")(
            delayed(grow_tree)(grower, node_values, rows.X, counts, seed)
            for counts, seed in self._draw(n)
        ):
            trees.append(grown.tree)
            importances.add(grown.decrease)
            if self.oob_score:
                unseen.add(grown)
        self._keep_tasks(rows.tasks)
        self._trees, self._columns = trees, columns
        self.feature_importances_ = importances.of_features()
        self.task_feature_importances_ = importances.of_tasks()
        if self.oob_score:
            self._score_unseen(unseen, rows)
        return self

    def apply(self, X: Any) -> np.ndarray:
        """Return the leaf of each tree that each row ends up in.

        Parameters
        ----------
        X : {array-like, sparse matrix, data frame} of shape (n_samples, n_features)
            Inputs.

        Returns
        -------
        ndarray of int of shape (n_samples, n_estimators)
            The numbers of the leaves, among the nodes of their tree.
        """
        check_is_fitted(self)
        X = self._check_X(X)
        return np.column_stack([tree.structure.apply(X) for tree in self._trees])

    @abstractmethod
    def _encode(self, total: np.ndarray, n_trees: np.ndarray) -> np.ndarray:
        """Return the codes of classes, or quantities, that so many trees predict."""

    def _add_trees(self, X: Any) -> np.ndarray:
        """Return what the trees predict, in their columns, added up."""
        X = self._check_X(X)
        n_blocks = min(effective_n_jobs(self.n_jobs), X.shape[0])
        blocks = self._parallel()(
            delayed(add_trees)(self._trees, X[rows], self._columns.n_columns)
            for rows in gen_even_slices(X.shape[0], n_blocks)
        )
        return np.concatenate(blocks)

    def _parallel(self, **params: Any) -> Parallel:
        # The trees are grown and walked through without the lock of the interpreter.
        return Parallel(n_jobs=self.n_jobs, require="sharedmem", **params)

    def _make_settings(self, n_rows: int, n_features: int) -> TreeSettings:
        min_samples_leaf = count_rows(self.min_samples_leaf, n_rows, 1)
        min_samples_split = count_rows(self.min_samples_split, n_rows, 2)
        return TreeSettings(
            splitter=self.splitter,
            max_features=count_features(self.max_features, n_features),
            max_depth=self.max_depth,
            min_samples_split=max(min_samples_split, 2 * min_samples_leaf),
            min_samples_leaf=min_samples_leaf,
        )

    def _draw(self, n_rows: int) -> Iterator[tuple[np.ndarray, int]]:
        """Yield, for each tree, how often it sees each row, and its seed."""
        rng = check_random_state(self.random_state)
        seeds = rng.randint(np.iinfo(np.int32).max, size=self.n_estimators)
        n_drawn = n_rows
        if isinstance(self.max_samples, Integral):
            n_drawn = int(self.max_samples)
        elif self.max_samples is not None:
            n_drawn = max(1, round(self.max_samples * n_rows))
        for seed in seeds.tolist():
            counts = np.ones(n_rows)
            if self.bootstrap:
                drawn = np.random.RandomState(seed).randint(0, n_rows, n_drawn)
                counts = np.bincount(drawn, minlength=n_rows).astype(np.float64)
            yield counts, seed

    def _score_unseen(self, unseen: UnseenRows, rows: LabelledRows) -> None:
        names = rows.tasks.names
        self.oob_score_tasks_, self.oob_score_ = dict.fromkeys(names, np.nan), np.nan
        if len(unseen.rows) < len(rows.weights):
            warnings.warn(
                f"{len(rows.weights) - len(unseen.rows)} of {len(rows.weights)} rows "
                f"are in the samples of all trees of {type(self).__name__}, and count "
                "in no out-of-bag score: more trees, or smaller samples, leave out "
                "more.",
                stacklevel=4,
            )
        if not len(unseen.rows):
            return
        self.oob_score_tasks_ = task_scores(
            DEFAULT_METRICS[self._kind],
            rows.encoded[unseen.rows],
            self._encode(unseen.total, unseen.n_trees),
            sample_weight=rows.weights[unseen.rows],
            task_names=names,
        )
        scores = [*self.oob_score_tasks_.values()]
        if not np.isnan(scores).all():
            self.oob_score_ = float(np.nanmean(scores))

    def _check_X(self, X: Any, *, reset: bool = False) -> Any:
        X = super()._check_X(X, reset=reset)
        return X if isinstance(X, np.ndarray) else _check_sparse(X)


def _check_sparse(X: Any) -> Any:
    """Return a matrix as scikit-learn's trees take it."""
    assert_all_finite(X.data, input_name="X")
    index = X.indices.astype(np.intc), X.indptr.astype(np.intc)
    return sparse.csr_matrix((X.data, *index), X.shape)
