"""What the boosting estimators have in common."""

from dataclasses import KW_ONLY, dataclass
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from joblib import effective_n_jobs
from sklearn.base import _fit_context
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_is_fitted

from sklearn_mtl._validation import import_optional
from sklearn_mtl.ensemble._base import BaseTaskEnsemble
from sklearn_mtl.ensemble._boosting._boosted_trees import BoostedTrees
from sklearn_mtl.ensemble._boosting._data import BoostingData
from sklearn_mtl.ensemble._boosting._history import History
from sklearn_mtl.ensemble._boosting._settings import BoostingSettings
from sklearn_mtl.ensemble._boosting._train import Training, train
from sklearn_mtl.ensemble._trees._importances import Importances

# The parameters that XGBoost has under the same names.
_TREE_PARAMS = (
    "learning_rate",
    "max_depth",
    "min_child_weight",
    "reg_lambda",
    "subsample",
    "colsample_bytree",
    "colsample_bynode",
    "max_bin",
)


@dataclass(repr=False, eq=False)
class BaseMultiTaskBoosting(BaseTaskEnsemble):
    """Boosted trees whose splits all tasks share; their parameters are its fields."""

    n_estimators: int = 1000
    _: KW_ONLY
    learning_rate: float = 0.1
    max_depth: int = 6
    min_child_weight: float | None = None
    reg_lambda: float = 1.0
    subsample: float = 1.0
    colsample_bytree: float = 1.0
    colsample_bynode: float | None = None
    max_bin: int | None = None
    n_directions: int | None = 1
    task_weights: Any = None
    missing_label: Any = np.nan
    early_stopping: bool = True
    n_members: int = 5
    validation_fraction: float = 0.1
    n_iter_no_change: int = 20
    n_jobs: int | None = None
    random_state: Any = None
    verbose: int = 0

    _parameter_constraints = {
        "n_estimators": [Interval(Integral, 1, None, closed="left")],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "max_depth": [Interval(Integral, 1, None, closed="left")],
        "min_child_weight": [Interval(Real, 0, None, closed="left"), None],
        "reg_lambda": [Interval(Real, 0, None, closed="left")],
        "subsample": [Interval(Real, 0, 1, closed="right")],
        "colsample_bytree": [Interval(Real, 0, 1, closed="right")],
        "colsample_bynode": [Interval(Real, 0, 1, closed="right"), None],
        "max_bin": [Interval(Integral, 2, None, closed="left"), None],
        "n_directions": [Interval(Integral, 1, None, closed="left"), None],
        "task_weights": ["array-like", dict, None],
        "missing_label": "no_validation",
        "early_stopping": ["boolean"],
        "n_members": [Interval(Integral, 1, None, closed="left")],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Boost all tasks jointly.

        Parameters
        ----------
        X : {array-like, sparse matrix, data frame} of shape (n_samples, n_features)
            Inputs. NaN is a missing value. A sparse matrix is made dense.
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
        ImportError
            If XGBoost is not installed, or too old.
        ValueError
            If a task has no label, or too few rows are left to stop early on.
        """
        owner = type(self).__name__
        # The module that came with splits and leaves from different derivatives.
        import_optional("xgboost.objective", "xgboost", owner)
        xgboost = import_optional("xgboost", "xgboost", owner)
        rows = self._read(X, y, sample_weight).with_labels()
        data = BoostingData.lay_out(rows)
        names = [rows.tasks.names[t] for t in data.outputs.order]
        history = History(names, self.verbose)
        training = train(xgboost, data, self._settings(), history)
        self.history_ = history.rows
        self._keep(training, data)
        self._keep_tasks(rows.tasks)
        return self

    def _settings(self) -> BoostingSettings:
        seed = self.random_state
        if not isinstance(seed, Integral):
            # Room for a seed of each booster.
            seed = check_random_state(seed).randint(np.iinfo(np.int32).max // 2)
        return BoostingSettings(
            n_estimators=self.n_estimators,
            tree_params={name: getattr(self, name) for name in _TREE_PARAMS},
            n_directions=self.n_directions,
            early_stopping=bool(self.early_stopping),
            n_members=self.n_members,
            validation_fraction=self.validation_fraction,
            n_iter_no_change=self.n_iter_no_change,
            n_threads=effective_n_jobs(self.n_jobs),
            seed=int(seed),
            owner=type(self).__name__,
        )

    def _keep(self, training: Training, data: BoostingData) -> None:
        """Set the fitted attributes about the trees."""
        outputs, n_rounds = data.outputs, training.n_rounds
        boosters = training.boosters if n_rounds.any() else []
        self.boosters_ = [booster.cut(n_rounds) for booster in boosters]
        self._trees = BoostedTrees(outputs, data.constants, self.boosters_, n_rounds)
        self.n_iter_ = training.n_iter
        self.best_iterations_ = outputs.for_all_tasks(n_rounds)
        importances = Importances(data.task_weights, data.X.shape[1])
        for booster in boosters:
            importances.add(booster.mean_gains(n_rounds))
        self.feature_importances_ = importances.of_features()
        of_tasks = importances.of_tasks()
        self.task_feature_importances_ = outputs.for_all_tasks(of_tasks)

    def _means(self, X: Any) -> np.ndarray:
        """Return the means of the targets, (n_samples, n_outputs)."""
        check_is_fitted(self)
        return self._trees.predict(self._check_X(X))

    def _check_X(self, X: Any, *, reset: bool = False) -> np.ndarray:
        # XGBoost would read what a sparse matrix leaves out as missing values.
        X = super()._check_X(X, reset=reset)
        return X.toarray() if hasattr(X, "toarray") else X
